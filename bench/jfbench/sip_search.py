# SPDX-License-Identifier: BSD-3-Clause
"""The highest rate of calls at which none fails."""

from .machine import say

FIRST_CPS = 400
STEP = 1.3
TOLERANCE = 0.03
ATTEMPTS = 2  # at a rate: a virtual machine's host may take a core away for half a second


def good(trial):
    """Every call came up and ended, and nothing had to be sent twice, so nobody waited 500 ms."""
    return trial["failed"] == 0 and trial["repeated"] == 0


def describe(trial):
    dial = trial["dial_us"]
    text = (f"{trial['completed']} calls, {trial['cpu_us']:.0f} us of CPU each, post-dial delay "
            f"{dial['p50'] / 1e3:.1f} ms, 99 %: {dial['p99'] / 1e3:.1f} ms")
    if trial["failed"]:
        text += (f"; FAILED: {trial['refused']} refused ({trial['refused_code']}), "
                 f"{trial['timed_out']} timed out, {trial['wrong']} wrong")
    if trial["repeated"]:
        text += f"; {trial['repeated']} messages sent again"
    return text


def attempt(run_trial, cps, trials):
    """A good trial at that rate, or None. All trials are kept in trials, [(cps, trial)]."""
    for _ in range(ATTEMPTS):
        trial = run_trial(cps)
        trials.append((cps, trial))
        say(f"    {cps:,.0f} calls/s: {describe(trial)}")
        if good(trial):
            return trial
    return None


def highest(run_trial, first_cps=FIRST_CPS):
    """(highest rate at which a trial was good, all trials). The rate is 0 if none was. Steps up
    until the first that fails, then halves what is between."""
    trials = []
    held, failed, cps = 0, None, first_cps
    while cps > first_cps / 16:
        if attempt(run_trial, cps, trials):
            held = cps
        else:
            failed = cps
        if failed is None:
            cps *= STEP
        elif not held:
            cps /= 2
        elif failed / held > 1 + TOLERANCE:
            cps = (held * failed) ** 0.5
        else:
            break
    return held, trials
