# SPDX-License-Identifier: BSD-3-Clause
"""What of many trials counts for latency, and what is said about the rest."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from jfbench.latency import Latency, Yardstick, percentile, text  # noqa: E402

FAST_NS, SLOW_NS = 900, 1300


def trial(us, late=0, generator_away_us=30.0, waited_us=0.0, missing=0):
    return {"histogram": [[5.0, 990], [us, 10]], "sent": 1000, "received": 1000 - missing,
            "generator_away_us": generator_away_us, "waited_us": waited_us,
            "late": {"late": late, "late_us": 150.0 * late, "seconds": 0.05}}


def window(ns=FAST_NS, late=0):
    return {"late": late, "late_us": 200.0 * late, "longest_us": 200.0 * late, "before_ns": ns,
            "after_ns": ns, "histogram": [[1, 20000], [60, 100]]}


def latency_of(*trials):
    one = Latency(7e6, Yardstick())
    for each, before, after in trials:
        one.add(each, before, after)
    return one


class LatencyOfTrials(unittest.TestCase):
    def test_percentiles_are_of_all_undisturbed_trials_together(self):
        one = latency_of(*[(trial(40.0), window(), window())] * 20,
                         (trial(90.0), window(), window()))
        self.assertEqual(one.latency_us, {"p50": 5.0, "p99": 5.0, "p999": 40.0})
        self.assertEqual(one.figures()["undisturbed"], 21)

    def test_what_the_machine_did_is_left_out_and_counted_by_name(self):
        quiet = [(trial(40.0), window(), window())] * 20
        one = latency_of(*quiet,
                         (trial(500.0, late=1), window(), window()),
                         (trial(500.0, generator_away_us=140.0), window(), window()),
                         (trial(500.0, waited_us=300.0), window(), window()),
                         (trial(500.0), window(SLOW_NS), window()),
                         (trial(500.0), window(), window(SLOW_NS)))
        f = one.figures()
        self.assertEqual(f["p999"], 40.0)
        self.assertEqual(f["p999_of_all_trials"], 500.0)
        self.assertEqual((f["trials"], f["undisturbed"]), (25, 20))
        self.assertEqual(f["disturbed"], {"worker's core away": 2, "generator's core away": 1,
                                          "worker's core slow": 2})

    def test_a_stall_that_nobody_else_had_shows(self):
        """Late in every trial, while the idle loop on the same core never is."""
        one = latency_of(*[(trial(500.0, late=2), window(), window())] * 20)
        f = one.figures()
        self.assertIsNone(f["p999"])
        self.assertEqual(f["worker_away"]["late_per_s"], 40.0)
        self.assertEqual(f["idle_loop_away"]["late_per_s"], 0.0)
        self.assertIn("0 of 20", text("load", {("relay", 100): one}))

    def test_losses_of_undisturbed_trials_are_told(self):
        one = latency_of((trial(40.0, missing=7), window(), window()),
                         (trial(40.0, missing=900, late=1), window(), window()))
        self.assertEqual(one.figures()["lost"], 7)

    def test_a_percentile_of_nothing_is_none(self):
        self.assertIsNone(percentile({}, 0.5))
        self.assertEqual(percentile({1.0: 999, 9.0: 1}, 0.999), 1.0)
        self.assertEqual(percentile({1.0: 998, 9.0: 2}, 0.999), 9.0)


if __name__ == "__main__":
    unittest.main()
