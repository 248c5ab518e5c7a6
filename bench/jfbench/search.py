# SPDX-License-Identifier: BSD-3-Clause
"""RFC 2544 section 26.1: the highest rate without loss."""

from .machine import BenchError, say

RESOLUTION = 0.02  # of the rate: the search ends when the bounds are that close
FAIR_TRIALS = 3  # a rate fails when so many undisturbed trials of it lose packets
TRIALS_MAX = 12  # disturbed ones included
FINAL_STEP = 0.97
FINAL_STEPS = 12
SHORT_OF = 0.97  # a generator that offers less than this of what was asked is the slower side
HOPELESS = 0.02  # a share of lost packets that needs no second trial


class Unquiet(BenchError):
    """Other programs took the cores: no rate above that of best, a trial or None, was judged."""

    best = None


def lost(trial):
    return trial["sent"] - trial["received"]


def offered_pps(trial):
    return trial["sent"] / trial["seconds"]


def limited(trial):
    """The generator couldn't offer what was asked for."""
    return offered_pps(trial) < SHORT_OF * trial["asked_pps"]


def check(trial):
    """What came back must be right whatever the rate; a loss is a result, a wrong frame an error."""
    for what in ("wrong", "ssrc", "timestamps", "reordered"):
        if trial[what]:
            raise BenchError(f"{trial[what]} frames came back bad ({what}) at "
                             f"{trial['asked_pps'] / 1e6:.2f} Mpps")


def describe(trial):
    text = (f"{offered_pps(trial) / 1e6:5.2f} Mpps offered, {lost(trial):7} lost, p99 "
            f"{trial['latency_us']['p99']:7.1f} us")
    if trial["disturbed"]:
        text += f" (others had a core for {trial['away_us'] / 1e3:.1f} ms)"
    return text


def attempt(bench, pps, seconds, label):
    """Trials of one rate until one loses nothing, or enough undisturbed ones do. The best one."""
    best, fair = None, 0
    for _ in range(TRIALS_MAX):
        trial = bench.trial(pps, seconds)
        check(trial)
        say(f"  {label}: {describe(trial)}")
        if best is None or lost(trial) < lost(best):
            best = trial
        fair += not trial["disturbed"]
        hopeless = not trial["disturbed"] and lost(trial) > HOPELESS * trial["sent"]
        if lost(trial) == 0 or fair == FAIR_TRIALS or hopeless:
            return best
    raise Unquiet(f"{label}: other programs took a core in each of {TRIALS_MAX} trials; a loss would "
                  "be theirs. Run it on a quiet machine")


def bisect(bench, high, rate, seconds, label):
    """The trial at the highest rate that holds for some seconds; rate is the first guess."""
    low, best = 0.0, None
    try:
        while high - low > RESOLUTION * high:
            trial = attempt(bench, rate, seconds, label)
            if lost(trial) == 0:
                low, best = rate, trial
            else:
                high = rate
            rate = (low + high) / 2 if low else high * 0.85
            if rate < 1e5:
                raise BenchError(f"{label}: loses packets at any rate")
    except Unquiet as e:
        e.best = best
        raise
    return best


def highest_lossless(bench, seconds, final_seconds, label):
    """The trial at the highest rate without loss, and whether the generator set the limit. Unquiet
    when others disturbed too many trials."""
    flood = bench.trial(20e6, seconds)
    check(flood)
    say(f"  {label}: {describe(flood)}, all that the generator has")
    high = offered_pps(flood)
    best = bisect(bench, high, min(high, flood["received"] / flood["seconds"]), seconds, label)
    rate = best["asked_pps"]
    for _ in range(FINAL_STEPS):
        try:
            final = attempt(bench, rate, final_seconds, f"{label}, long trial")
        except Unquiet as e:
            e.best = best
            raise
        if lost(final) == 0:
            return final, limited(flood) and rate > (1 - 3 * RESOLUTION) * high
        rate *= FINAL_STEP
    raise BenchError(f"{label}: holds {best['asked_pps'] / 1e6:.2f} Mpps for {seconds} s, but not "
                     f"{rate / 1e6:.2f} for {final_seconds} s")
