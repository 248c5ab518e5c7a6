# SPDX-License-Identifier: BSD-3-Clause
"""Decisions of the ACD: a freed agent looks for a call, a call looks for an agent. Ours against a
linear scan over members for each waiting call, and against SQL; all three over the same trace, and
a decision that differs ends the run."""

import json
from statistics import median

from .. import plot
from ..machine import command, say
from ..report import Report, table

name = "acd"
summary = "decisions of the ACD, against a linear scan and against SQL"

SIZES = (100, 1_000, 10_000, 100_000)  # agents, and as many callers
AGENTS, SKILLS, QUEUES, WAITING = 10_000, 500, 200, 50_000
DECISIONS = 1_000_000
PEER_DECISIONS = 2_000
SEED = 1


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=5,
                        help="of the measurement at 10,000 agents (default 5)")


def measure(machine, agents, waiting, decisions, peers):
    # huge pages, as the dataplane has them
    return json.loads(command("env", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1",
                              "taskset", "-c", machine.args.worker_core,
                              machine.program("bench/acd/jf-bench-acd"), agents, SKILLS, QUEUES,
                              waiting, decisions, peers, SEED))


def mean(figures, key):
    """Of both situations: half of the decisions each."""
    return (figures["calls_waiting"][key] + figures["agents_waiting"][key]) / 2


def worst(figures, key):
    return max(figures["calls_waiting"][key], figures["agents_waiting"][key])


def draw(out, sizes):
    series = {"ours": [(n, mean(f, "ns")) for n, f in sizes.items()],
              "ours, 99th percentile": [(n, worst(f, "p99_us") * 1000) for n, f in sizes.items()]}
    plot.lines(out / "acd.svg", "ACD: nanoseconds a decision", "agents, and as many callers waiting",
               "ns a decision", series, logx=True)
    series["linear scan"] = [(n, mean(f, "scan_ns")) for n, f in sizes.items()]
    series["SQL"] = [(n, mean(f, "sql_ns")) for n, f in sizes.items()]
    plot.lines(out / "acd-peers.svg", "ACD: nanoseconds a decision, beside the peers",
               "agents, and as many callers waiting", "ns a decision", series, logx=True)


def growth(sizes):
    """How many times dearer a decision is in the largest centre than in the smallest, which is
    a thousand times smaller: flat is 1, what a list costs is 1,000."""
    if not sizes:
        return {}
    small, large = sizes[SIZES[0]], sizes[SIZES[-1]]
    return {f"growth{suffix}": round(mean(large, key) / mean(small, key), 1)
            for suffix, key in (("", "ns"), ("_scan", "scan_ns"), ("_sql", "sql_ns"))}


def run(machine, args):
    rounds = []
    for n in range(1 if args.quick else args.rounds):
        rounds.append(measure(machine, AGENTS, WAITING, DECISIONS, 0))
        say(f"  round {n + 1}: {1e9 / mean(rounds[-1], 'ns'):,.0f} decisions a second")
    say("beside a scan and SQL")
    peers = measure(machine, AGENTS, WAITING, DECISIONS // 10, PEER_DECISIONS)
    sizes = {}
    for n in () if args.quick else SIZES:
        # The peers' part of the largest takes minutes and shows nothing new.
        sizes[n] = measure(machine, n, n, DECISIONS, PEER_DECISIONS if n <= 10_000 else 200)
        say(f"  {n:,} agents: {mean(sizes[n], 'ns'):.0f} ns a decision")
    if sizes:
        draw(args.out, sizes)
    best = min(rounds, key=lambda r: mean(r, "ns"))
    rows = [["agents", "callers", "ours ns", "p99 us", "scan ns", "SQL ns", "scan/ours", "SQL/ours"]]
    for n, f in [*sizes.items(), (AGENTS, peers)]:
        rows.append([f"{n:,}", f"{f['waiting']:,}", f"{mean(f, 'ns'):.0f}",
                     f"{worst(f, 'p99_us'):.2f}", f"{mean(f, 'scan_ns'):,.0f}",
                     f"{mean(f, 'sql_ns'):,.0f}", f"{mean(f, 'scan_ns') / mean(f, 'ns'):,.0f}",
                     f"{mean(f, 'sql_ns') / mean(f, 'ns'):,.0f}"])
    figures = {
        "scenario": name,
        "decisions_per_s": round(1e9 / mean(best, "ns")),
        "decisions_per_s_median": round(median(1e9 / mean(r, "ns") for r in rounds)),
        "disturbed": max(r[s]["disturbed"] for r in rounds
                         for s in ("calls_waiting", "agents_waiting")),
        "p99_us": worst(best, "p99_us"),
        "bytes_per_waiting_call": best["bytes_per_waiting_call"],
        "speedup_over_scan": round(mean(peers, "scan_ns") / mean(peers, "ns"), 1),
        "speedup_over_sql": round(mean(peers, "sql_ns") / mean(peers, "ns"), 1),
        **growth(sizes),
        "ns_by_agents": {n: round(mean(f, "ns"), 1) for n, f in sizes.items()},
    }
    shown = "\n".join([
        f"{AGENTS:,} agents, {SKILLS} skills, {QUEUES} queues, {WAITING:,} callers waiting; one core",
        f"{figures['decisions_per_s']:,} decisions a second in the fastest of {len(rounds)} rounds "
        f"(others use the caches), {figures['decisions_per_s_median']:,} in the median one",
        f"{100 * figures['disturbed']:.0f} % of the decisions at worst, beside which somebody else had "
        "the core, do not count",
        f"99th percentile {figures['p99_us']:.2f} us, "
        f"{figures['bytes_per_waiting_call']} bytes a waiting call", "", table(rows)])
    if sizes:
        shown += (f"\n\n{SIZES[-1] // SIZES[0]:,} times as many agents and callers: a decision costs "
                  f"{figures['growth']} times as much, by a scan {figures['growth_scan']}, by SQL "
                  f"{figures['growth_sql']}")
    return Report(shown, figures)
