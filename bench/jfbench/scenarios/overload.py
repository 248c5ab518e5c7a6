# SPDX-License-Identifier: BSD-3-Clause
"""Ten times the calls that one core can carry: how many are still completed, and how the rest is
told so."""

from statistics import median

from .. import plot
from ..machine import BenchError, say
from ..report import Report, table
from ..sip_systems import Engine, SipBench

name = "overload"
summary = "ten times the calls that one core carries: completed, refused, how fast, in what memory"

QUEUES, HOLD_MS = 20, 1000
FIRST_CPS, STEP = 1600, 1.3
# Of a flood and of a look at the peak: the first second of either has no calls that end.
TRIAL_S = 8
ROUNDS = 5  # of a flood between two looks at the peak: the machine drifts
QUICK_CPS, QUICK_S = 200, 2
LEAST_SHARE, REFUSAL_MS = 0.9, 100


def arguments(parser):
    parser.add_argument("--times", type=float, default=10,
                        help="of the peak is offered (default 10)")


def one(bench, cps, seconds):
    """A flood, with what is completed of it in a second."""
    bench.system.settle()
    flood = bench.generator.flood(cps, seconds, HOLD_MS)
    flood["completed_cps"] = flood["completed"] / seconds
    say(f"    {cps:,.0f} calls/s offered: {flood['completed_cps']:,.0f} completed, "
        f"{flood['refused']:,} refused in {flood['refusal_us']['p99'] / 1e3:.1f} ms (99 %), "
        f"{flood['timed_out']} timed out, {flood['wrong']} wrong, {flood['repeated']} sent again")
    return flood


def find_peak(bench):
    """Offers more until more is no longer completed: [(offered, completed)]."""
    points, cps = [], FIRST_CPS
    while len(points) < 3 or points[-1][1] > 0.97 * points[-3][1] and len(points) < 12:
        points.append((round(cps), one(bench, cps, TRIAL_S)["completed_cps"]))
        if points[-1][1] < 0.7 * cps and points[-1][1] < 1.03 * max(p[1] for p in points[:-1]):
            break
        cps *= STEP
    return points


class Round:
    """A flood, and what is completed at the peak right before and after it."""

    def __init__(self, flood, before, after):
        self.flood = flood
        self.peak = (before + after) / 2
        self.share = self.flood["completed_cps"] / self.peak
        self.refusal_ms = self.flood["refusal_us"]["p99"] / 1e3

    def row(self):
        flood = self.flood
        return [f"{self.peak:,.0f}", f"{flood['completed_cps']:,.0f}", f"{self.share:.1%}",
                f"{flood['refused']:,}", f"{self.refusal_ms:.1f}",
                f"{flood['close_us']['p99'] / 1e3:.1f}", str(flood["timed_out"]),
                str(flood["wrong"])]


def find_shares(bench, points, args):
    """The rounds. The peak of the search is the highest of several, so it is looked at again."""
    offered, highest = max(points, key=lambda point: point[1])
    seconds = QUICK_S if args.quick else TRIAL_S
    rounds, before = [], one(bench, offered, seconds)["completed_cps"]
    for _ in range(1 if args.quick else ROUNDS):
        flood = one(bench, highest * args.times, seconds)
        after = one(bench, offered, seconds)["completed_cps"]
        rounds.append(Round(flood, before, after))
        before = after
    return rounds


HEAD = ["completed/s at the peak", "in the flood", "of the peak", "refused", "99 % within ms",
        "BYE answered, 99 % ms", "timed out", "wrong"]


def run(machine, args):
    with SipBench(machine, Engine, QUEUES) as bench:
        points = find_peak(bench) if not args.quick else [
            (QUICK_CPS, one(bench, QUICK_CPS, QUICK_S)["completed_cps"])]
        before = bench.system.memory_bytes()
        rounds = find_shares(bench, points, args)
        after = bench.system.memory_bytes()
        load = bench.system.jf("status")["sip_load"]
        calm = bench.trial(20, 2, HOLD_MS)
    if calm["failed"]:
        raise BenchError(f"calls fail after the flood: {calm}")
    offered = max(peak for _, peak in points) * args.times
    completed = median(r.flood["completed_cps"] for r in rounds)
    share = median(r.share for r in rounds)
    refusal_ms = max(r.refusal_ms for r in rounds)
    wrong = sum(r.flood["wrong"] for r in rounds)
    if not args.quick:
        plot.lines(args.out / "overload.svg", "Overload: calls completed by calls offered",
                   "offered, calls a second", "completed, calls a second",
                   {"Jackfield": [*points, (round(offered), completed)]})
    shown = table([HEAD, *(r.row() for r in rounds)]) + (
        f"\n\n{offered:,.0f} calls a second offered; in the median {share:.1%} of the peak before "
        f"and after it; {(after - before) / 1e6:+.0f} MB over all of it; afterwards "
        f"{calm['completed']} of {calm['started']} calls complete at once.")
    held = share >= LEAST_SHARE and refusal_ms <= REFUSAL_MS and not wrong
    return Report(shown, {
        "scenario": name, "peak_cps": round(median(r.peak for r in rounds)),
        "offered_cps": round(offered), "completed_cps": round(completed),
        "completed_share": round(share, 3), "shares": [round(r.share, 3) for r in rounds],
        "refused": sum(r.flood["refused"] for r in rounds),
        "refusal_ms_p99": round(refusal_ms, 2),
        "bye_ms_p99": round(max(r.flood["close_us"]["p99"] for r in rounds) / 1e3, 2),
        "timed_out": sum(r.flood["timed_out"] for r in rounds), "wrong": wrong,
        "repeated": sum(r.flood["repeated"] for r in rounds),
        "memory_growth_bytes": after - before, "refused_by": load["refused"],
        "call_cost_us": load["call_cost_us"], "held": held},
        valid=held or args.quick and not wrong)
