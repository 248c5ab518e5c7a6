# SPDX-License-Identifier: BSD-3-Clause
"""Calls a second through the engine's SIP and call control, beside Kamailio as a stateful proxy of
the same calls."""

import time
from statistics import median

from .. import plot
from ..machine import BenchError, say
from ..report import Report, table
from ..sip_search import describe, good, highest
from ..sip_systems import Direct, Engine, Kamailio, SipBench

name = "sip"
summary = "complete calls a second on one core, their cost, delay and memory; beside Kamailio"

SYSTEMS = (Kamailio, Engine)
QUEUES = 20  # of 210 agents: as many calls are up as begin in a second
TRIAL_S, HOLD_MS = 3, 1000
PERCENTILES = ("p50", "p90", "p99", "p999")
DELAY_S = 40  # at half of the highest rate: longer than transactions live (RFC 3261 17)
AFTERWARDS_S = 8  # the same, of a server that has just been over its highest rate
QUICK_CPS, QUICK_S = 100, 2
# 200 calls in each of 100 queues, and ten agents to spare in each.
HELD, HELD_QUEUES, HELD_CPS = 20_000, 100, 800
QUICK_HELD, QUICK_HELD_QUEUES, QUICK_HELD_CPS = 200, 1, 100


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=2,
                        help="of the systems in turn (default 2)")
    parser.add_argument("--cps", type=float,
                        help="leave the search out and take this for the highest rate")


class Outcome:
    """What one system showed, by rounds."""

    def __init__(self):
        self.peaks, self.cpu_us, self.delays, self.trials = [], [], [], []
        self.delays_afterwards = []

    @property
    def cps(self):
        return median(self.peaks)

    def delay_ms(self, percentile):
        """Median over the rounds, at half of the highest rate."""
        return median(d[percentile] for d in self.delays) / 1e3


def measure(bench, args, outcome):
    """One round of one system: its highest rate, and the delay at half of that."""
    def run_trial(cps):
        return bench.trial(cps, TRIAL_S, HOLD_MS)

    if args.quick or args.cps:
        peak, trials = (args.cps or 2 * QUICK_CPS), []
    else:
        peak, trials = highest(run_trial)
    if not peak:
        raise BenchError(f"{bench.system.name}: calls fail at any rate: {describe(trials[-1][1])}")
    half = bench.trial(peak / 2, QUICK_S if args.quick else AFTERWARDS_S, HOLD_MS)
    say(f"    {peak / 2:,.0f} calls/s, half of the highest, after the search: {describe(half)}")
    if half["failed"] and args.quick:
        raise BenchError(f"{bench.system.name}: {describe(half)}")
    outcome.peaks.append(peak)
    outcome.trials += [t for t in trials if good(t[1])]
    outcome.delays_afterwards.append(half["dial_us"])
    outcome.cpu_us.append(min((t["cpu_us"] for cps, t in trials if cps == peak and good(t)),
                              default=half["cpu_us"]))


def measure_delay(bench, args, outcome):
    """At half of the rate that was found, of a server that began with it."""
    cps = outcome.peaks[-1] / 2
    half = bench.trial(cps, QUICK_S if args.quick else DELAY_S, HOLD_MS)
    say(f"    {cps:,.0f} calls/s, half of the highest: {describe(half)}")
    outcome.delays.append(half["dial_us"])


def direct_delay(machine, cps, seconds):
    """What the generator and the wire take of the delay. What is added is counted from its median,
    so that it is not made to look smaller by their own worst moments."""
    with SipBench(machine, Direct, QUEUES) as bench:
        outcome = Outcome()
        outcome.delays.append(bench.trial(cps, seconds, HOLD_MS)["dial_us"])
        return outcome


def held_bytes(machine, quick):
    """Control's memory for a call that is up, with that many of them."""
    calls, queues, cps = ((QUICK_HELD, QUICK_HELD_QUEUES, QUICK_HELD_CPS) if quick else
                          (HELD, HELD_QUEUES, HELD_CPS))
    with SipBench(machine, Engine, queues) as bench:
        before = bench.system.memory_bytes()
        held = bench.generator.ask(f"hold {cps} {calls}", calls / cps + 60)
        time.sleep(1)  # rows and recordings follow
        after = bench.system.memory_bytes()
        if held["up"] != calls:
            raise BenchError(f"only {held['up']} of {calls} calls could be held: {held}")
        say(f"  {calls:,} calls held: {before / 1e6:.0f} MB before, {after / 1e6:.0f} MB after")
        bench.generator.ask(f"release {cps}", calls / cps + 60)
        bench.system.settle()
    return (after - before) / calls


def delays_of(outcome):
    return [f"{outcome.delay_ms(p):.1f}" for p in PERCENTILES]


def rows_of(outcomes, direct, bytes_per_call):
    rows = [["", "calls/s", "us of CPU a call", "delay ms: 50 %", "90 %", "99 %", "99.9 %",
             "KB a held call"]]
    for system, o in outcomes.items():
        rows.append([system, f"{o.cps:,.0f}", f"{median(o.cpu_us):.0f}",
                     *delays_of(o),
                     f"{bytes_per_call / 1024:.1f}" if system == Engine.name else ""])
    rows.append(["no server", "", "", *delays_of(direct), ""])
    return rows


def run(machine, args):
    outcomes = {s.name: Outcome() for s in SYSTEMS}
    for n in range(1 if args.quick else args.rounds):
        for system in SYSTEMS:
            say(f"  round {n + 1}: {system.name}")
            with SipBench(machine, system, 1 if args.quick else QUEUES) as bench:
                measure(bench, args, outcomes[system.name])
            with SipBench(machine, system, 1 if args.quick else QUEUES) as bench:
                measure_delay(bench, args, outcomes[system.name])
    engine, kamailio = outcomes[Engine.name], outcomes[Kamailio.name]
    direct = direct_delay(machine, engine.cps / 2, QUICK_S)
    direct_ms = direct.delay_ms("p50")
    bytes_per_call = held_bytes(machine, args.quick)
    if not args.quick and not args.cps:
        plot.lines(args.out / "sip.svg", "Post-dial delay by calls a second, one core",
                   "calls a second", "99th percentile in ms",
                   {s: sorted((round(cps), t["dial_us"]["p99"] / 1e3) for cps, t in o.trials)
                    for s, o in outcomes.items()})
    added_ms = engine.delay_ms("p99") - direct_ms
    afterwards_ms = median(d["p99"] for d in engine.delays_afterwards) / 1e3
    shown = table(rows_of(outcomes, direct, bytes_per_call)) + (
        f"\n\ndelay: from the caller's INVITE to the agent's on the wire, at half of the highest "
        f"rate. Jackfield adds {added_ms:.1f} ms at the 99th percentile to the {direct_ms:.2f} ms "
        f"that it takes without a server (50 %); {afterwards_ms:.1f} ms in the first "
        f"{AFTERWARDS_S} s after the search, which floods it."
        f"\nKamailio proxies: one dialog instead of two, no agents, no media, nothing written.")
    return Report(shown, {
        "scenario": name, "cps": round(engine.cps), "cpu_us_per_call":
        round(median(engine.cpu_us), 1), "bytes_per_held_call": round(bytes_per_call),
        "pdd_added_ms_p99": round(added_ms, 2),
        "pdd_after_search_ms_p99": round(afterwards_ms, 2), "kamailio_cps": round(kamailio.cps),
        "kamailio_cpu_us_per_call": round(median(kamailio.cpu_us), 1),
        "pdd_ms": {p: round(engine.delay_ms(p), 2) for p in PERCENTILES},
        "measured_peak": not args.quick and not args.cps})
