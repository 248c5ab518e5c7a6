# SPDX-License-Identifier: BSD-3-Clause
"""The search for the highest rate without loss, against systems whose limit is known."""

import contextlib
import io
import itertools
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from jfbench.machine import BenchError  # noqa: E402
from jfbench.report import table  # noqa: E402
from jfbench.search import BUFFERED, RESOLUTION, highest_lossless, lost, offered_pps, trial_seconds  # noqa: E402


class SimulatedBench:
    """Loses what is above its limit, and a burst whenever somebody else has its core."""

    def __init__(self, limit_pps, generator_pps=20e6, disturbances=(), bad_frames=0,
                 collapse_pps=1e12):
        self.limit_pps = limit_pps
        self.collapse_pps = collapse_pps
        self.generator_pps = generator_pps
        self.disturbances = iter(disturbances)
        self.bad_frames = bad_frames
        self.trials = 0

    def trial(self, pps, seconds):
        self.trials += 1
        disturbed = next(self.disturbances, False)
        offered = min(pps, self.generator_pps)
        if offered > self.collapse_pps:
            return self.answer(pps, seconds, offered, 0, disturbed)
        missing = max(0, offered - self.limit_pps) * seconds + (20000 if disturbed else 0)
        sent = int(offered * seconds)
        return self.answer(pps, seconds, offered, sent - int(missing), disturbed)

    def answer(self, pps, seconds, offered, received, disturbed):
        return {"asked_pps": pps, "seconds": seconds, "sent": int(offered * seconds),
                "received": received, "wrong": self.bad_frames, "ssrc": 0,
                "timestamps": 0, "reordered": 0, "latency_us": {"p99": 10.0},
                "disturbed": disturbed, "away_us": 2000.0 if disturbed else 10.0}


def search(bench):
    with contextlib.redirect_stderr(io.StringIO()):
        return highest_lossless(bench, "simulated")


class Search(unittest.TestCase):
    def test_finds_the_limit_of_the_system(self):
        for limit in (0.9e6, 4.71e6, 6.3e6):
            found = search(SimulatedBench(limit, generator_pps=9e6))
            self.assertEqual(lost(found.trial), 0)
            self.assertLessEqual(found.pps, limit)
            self.assertGreater(found.pps, 0.96 * limit)
            self.assertFalse(found.generator_limited)
            self.assertTrue(found.quiet)

    def test_a_system_that_a_flood_takes_down_has_a_limit_too(self):
        found = search(SimulatedBench(0.15e6, generator_pps=0.7e6, collapse_pps=0.3e6))
        self.assertLessEqual(found.pps, 0.15e6)
        self.assertGreater(found.pps, 0.96 * 0.15e6)

    def test_says_when_the_generator_is_the_slower_side(self):
        found = search(SimulatedBench(12e6, generator_pps=8e6))
        self.assertTrue(found.generator_limited)
        self.assertGreater(found.pps, 7.8e6)

    def test_a_disturbed_trial_is_run_again(self):
        often = itertools.cycle([True, True, False])
        found = search(SimulatedBench(5.5e6, generator_pps=9e6, disturbances=often))
        self.assertGreater(found.pps, 0.96 * 5.5e6)
        self.assertTrue(found.quiet)

    def test_a_machine_that_is_never_quiet_gives_nothing(self):
        found = search(SimulatedBench(5.5e6, disturbances=itertools.repeat(True)))
        self.assertIsNone(found.pps)
        self.assertFalse(found.quiet)

    def test_what_was_found_among_the_noise_is_a_lower_bound(self):
        noise = itertools.chain([False] * 5, itertools.repeat(True))
        found = search(SimulatedBench(5.5e6, generator_pps=9e6, disturbances=noise))
        self.assertEqual(lost(found.trial), 0)
        self.assertLessEqual(found.pps, 5.5e6)
        self.assertFalse(found.quiet)

    def test_a_system_that_always_loses_ends_the_run(self):
        with self.assertRaisesRegex(BenchError, "any rate"):
            search(SimulatedBench(0))

    def test_a_wrong_frame_ends_the_run(self):
        with self.assertRaisesRegex(BenchError, "bad"):
            search(SimulatedBench(5e6, bad_frames=1))

    def test_a_trial_is_long_enough_to_overflow_what_is_buffered(self):
        for pps in (0.2e6, 1e6, 5e6, 8e6):
            excess = RESOLUTION * pps * trial_seconds(pps)
            self.assertGreater(excess, min(4 * BUFFERED, RESOLUTION * pps) - 1)
            self.assertGreaterEqual(trial_seconds(pps), 0.1)

    def test_the_search_is_bounded(self):
        bench = SimulatedBench(1e6, generator_pps=9e6)
        search(bench)
        self.assertLess(bench.trials, 60)


class Table(unittest.TestCase):
    def test_columns_are_aligned(self):
        self.assertEqual(table([["", "n"], ["first", "1"], ["b", "1,000"]]),
                         "           n\n-----  -----\nfirst      1\nb      1,000")


if __name__ == "__main__":
    unittest.main()
