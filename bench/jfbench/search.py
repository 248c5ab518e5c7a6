# SPDX-License-Identifier: BSD-3-Clause
"""RFC 2544 section 26.1: the highest rate without loss."""

from .machine import BenchError, say

RESOLUTION = 0.03  # of the rate: the search ends when the bounds are that close
FAIR_TRIALS = 5  # a rate fails when so many undisturbed trials of it lose packets
TRIALS_MAX = 50  # disturbed ones included
BUFFERED = 4096  # packets that the wire and what is behind it may hold, both ways
TRIAL_S = 0.1, 1.0  # shortest, longest
SHORT_OF = 0.97  # a generator that offers less than this of what was asked is the slower side
HOPELESS = 0.02  # a share of lost packets, beyond what the disturbance explains, that needs no more
LOWEST_PPS = 1e5
FLOODS, FLOOD_S = 3, 0.25


class Found:
    """The highest rate at which a trial lost nothing: trial is None where there was none.

    generator_limited: the generator could not offer more. quiet: every rate above it was judged by
    undisturbed trials; otherwise it is a lower bound, and the system may be able to do more."""

    def __init__(self, trial, generator_limited, quiet):
        self.trial = trial
        self.pps = offered_pps(trial) if trial else None
        self.generator_limited = generator_limited
        self.quiet = quiet


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


def holds(trial):
    return lost(trial) == 0 and not limited(trial)


def is_hopeless(trial):
    explained = 3 * trial["away_us"] / 1e6 / trial["seconds"]
    return lost(trial) > (HOPELESS + explained) * trial["sent"]


def trial_seconds(pps):
    """Long enough that what is offered beyond the resolution overflows all buffers four times, and
    no longer: on a virtual machine the host takes a core away several times a second."""
    shortest, longest = TRIAL_S
    return min(longest, max(shortest, 4 * BUFFERED / (RESOLUTION * pps)))


def attempt(bench, pps, label):
    """Trials of one rate until one holds, or enough undisturbed ones don't. Gives the one that
    came nearest, and whether that says something about the system."""
    best, fair = None, 0
    for _ in range(TRIALS_MAX):
        trial = bench.trial(pps, trial_seconds(pps))
        check(trial)
        say(f"  {label}: {describe(trial)}")
        if best is None or (lost(trial), -offered_pps(trial)) < (lost(best), -offered_pps(best)):
            best = trial
        fair += not trial["disturbed"]
        if holds(trial) or fair == FAIR_TRIALS or is_hopeless(trial):
            return best, True
    return best, False


def most_offered(bench, label):
    """The best of a few trials in which the generator sends all that it can."""
    floods = [bench.trial(20e6, FLOOD_S) for _ in range(FLOODS)]
    for flood in floods:
        check(flood)
    best = max(floods, key=offered_pps)
    say(f"  {label}: {describe(best)}, all that the generator has")
    return best


def highest_lossless(bench, label):
    flood = most_offered(bench, label)
    top = offered_pps(flood)
    low, high, best, quiet = 0.0, top, None, True
    # a system that collapses under a flood begins at the lowest rate
    rate = min(high, max(flood["received"] / flood["seconds"], LOWEST_PPS))
    while rate >= LOWEST_PPS and high - low > RESOLUTION * high:
        trial, judged = attempt(bench, rate, label)
        if lost(trial) == 0 and (best is None or offered_pps(trial) > offered_pps(best)):
            best = trial
        if holds(trial):
            low = rate
        else:
            high = rate
            quiet = quiet and judged
        rate = (low + high) / 2 if low else high * 0.85
    if best is None and quiet:
        raise BenchError(f"{label}: loses packets at any rate")
    return Found(best, limited(flood) and low > (1 - 3 * RESOLUTION) * top, quiet)
