# SPDX-License-Identifier: BSD-3-Clause
"""The search for the highest rate of calls, against systems whose limit is known."""

import contextlib
import io
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "bench"))

from jfbench.sip_search import ATTEMPTS, TOLERANCE, highest  # noqa: E402


class Simulated:
    """Refuses what is above its limit, and sends something twice in the trials named."""

    def __init__(self, limit_cps, disturbed=()):
        self.limit_cps = limit_cps
        self.disturbed = disturbed
        self.trials = 0

    def __call__(self, cps):
        self.trials += 1
        failed = int(cps > self.limit_cps)
        return {"failed": failed, "refused": failed, "refused_code": 503, "timed_out": 0,
                "wrong": 0, "repeated": int(self.trials in self.disturbed),
                "completed": round(3 * cps), "cpu_us": 500,
                "dial_us": {"p50": 1000, "p99": 3000}}


class Search(unittest.TestCase):
    def highest(self, simulated):
        with contextlib.redirect_stderr(io.StringIO()):
            return highest(simulated)[0]

    def test_finds_the_limit_from_below(self):
        for limit in (401, 777, 1500, 5000, 12345):
            found = self.highest(Simulated(limit))
            self.assertLessEqual(found, limit)
            self.assertGreater(found, limit / (1 + TOLERANCE) ** 2)

    def test_a_limit_below_the_first_rate_is_found_too(self):
        found = self.highest(Simulated(150))
        self.assertLessEqual(found, 150)
        self.assertGreater(found, 140)

    def test_what_was_sent_twice_once_is_tried_again(self):
        self.assertGreater(self.highest(Simulated(1500, disturbed={1, 4, 7})), 1400)

    def test_nothing_works(self):
        simulated = Simulated(0)
        self.assertEqual(self.highest(simulated), 0)
        self.assertLess(simulated.trials, 8 * ATTEMPTS)


unittest.main()
