# SPDX-License-Identifier: BSD-3-Clause
"""Ten times the calls that one core can carry: how many are still completed, and how the rest is
told so."""

from .. import plot
from ..machine import BenchError, say
from ..report import Report, table
from ..sip_systems import Engine, SipBench

name = "overload"
summary = "ten times the calls that one core carries: completed, refused, how fast, in what memory"

QUEUES, HOLD_MS = 20, 1000
FIRST_CPS, STEP = 1600, 1.3
# Of one length: the first second of either has no calls that end, so it looks like more than lasts.
PEAK_S = FLOOD_S = 8
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


def find_peak(bench, quick):
    """Offers more until more is no longer completed: (calls a second, [(offered, completed)])."""
    if quick:
        return one(bench, QUICK_CPS, QUICK_S)["completed_cps"], []
    points, cps = [], FIRST_CPS
    while len(points) < 3 or points[-1][1] > 0.97 * points[-3][1] and len(points) < 12:
        points.append((round(cps), one(bench, cps, PEAK_S)["completed_cps"]))
        if points[-1][1] < 0.7 * cps and points[-1][1] < 1.03 * max(p[1] for p in points[:-1]):
            break
        cps *= STEP
    return max(p[1] for p in points), points


def run(machine, args):
    with SipBench(machine, Engine, QUEUES) as bench:
        peak, points = find_peak(bench, args.quick)
        before = bench.system.memory_bytes()
        flood = one(bench, peak * args.times, QUICK_S if args.quick else FLOOD_S)
        after = bench.system.memory_bytes()
        load = bench.system.jf("status")["sip_load"]
        calm = bench.trial(20, 2, HOLD_MS)
    if calm["failed"]:
        raise BenchError(f"calls fail after the flood: {calm}")
    share = flood["completed_cps"] / peak
    refusal_ms = flood["refusal_us"]["p99"] / 1e3
    rows = [["offered, calls/s", "completed/s", "of the peak", "refused", "99 % within ms",
             "BYE answered, 99 % ms", "timed out", "wrong"],
            [f"{peak * args.times:,.0f}", f"{flood['completed_cps']:,.0f}", f"{share:.0%}",
             f"{flood['refused']:,}", f"{refusal_ms:.1f}", f"{flood['close_us']['p99'] / 1e3:.1f}",
             str(flood["timed_out"]), str(flood["wrong"])]]
    if points:
        plot.lines(args.out / "overload.svg", "Overload: calls completed by calls offered",
                   "offered, calls a second", "completed, calls a second",
                   {"Jackfield": [*points, (round(peak * args.times), flood["completed_cps"])]})
    shown = table(rows) + (
        f"\n\npeak {peak:,.0f} calls a second; {(after - before) / 1e6:+.0f} MB over the flood; "
        f"afterwards {calm['completed']} of {calm['started']} calls complete at once.")
    held = share >= LEAST_SHARE and refusal_ms <= REFUSAL_MS and not flood["wrong"]
    return Report(shown, {
        "scenario": name, "peak_cps": round(peak), "offered_cps": round(peak * args.times),
        "completed_cps": round(flood["completed_cps"]), "completed_share": round(share, 3),
        "refused": flood["refused"], "refusal_ms_p99": round(refusal_ms, 2),
        "bye_ms_p99": round(flood["close_us"]["p99"] / 1e3, 2), "timed_out": flood["timed_out"],
        "wrong": flood["wrong"], "repeated": flood["repeated"], "memory_growth_bytes":
        after - before, "refused_by": load["refused"], "call_cost_us": load["call_cost_us"],
        "held": held}, valid=held or args.quick and not flood["wrong"])
