# SPDX-License-Identifier: BSD-3-Clause
"""Plain relay of G.711 RTP on one worker core against testpmd macswap on the same memif wire."""

from statistics import median

from ..machine import BenchError, say
from ..report import Report, table
from ..search import check, highest_lossless, lost, offered_pps
from ..systems import Bench, Dataplane, Testpmd, Wire

name = "relay"
summary = "RTP relay on one worker core against dpdk-testpmd macswap, 100 and 100,000 endpoints"

FEW, MANY = 100, 100_000
LINE_RATE_PPS = 5.25e6  # 10 GbE full of 214-byte frames in each direction: 52,500 calls
WARM_UP_S = 0.5


def arguments(parser):
    parser.add_argument("--wire", choices=["copy", "zero-copy"], default="copy",
                        help="who copies packets over memif: the system under test as well "
                             "(default), or only the generator")
    parser.add_argument("--rounds", type=int, default=3,
                        help="of alternating cycle measurements (default 3)")


def opened(bench, endpoints, seconds=WARM_UP_S):
    """Opens endpoints and shows that they relay, slowly, before anything is measured."""
    bench.open(endpoints)
    bench.system.reset_cycles()
    warm = None
    for _ in range(3):  # the first packets may come before the next hop is known
        warm = bench.trial(1e5, seconds)
        check(warm)
        if lost(warm) == 0:
            return
    raise BenchError(f"{bench.system.name}: {lost(warm)} of {warm['sent']} packets lost at 0.1 "
                     f"Mpps with {endpoints} endpoints; dropped: {bench.system.drops() or 'none'}")


def search(machine, wire, args, system, sizes):
    """Highest rate without loss for each number of endpoints."""
    found = {}
    seconds, final_seconds = (0.5, 1) if args.quick else (2, 6)
    with Bench(machine, wire, system) as bench:
        for endpoints in sizes:
            say(f"{system.name}, {endpoints:,} endpoints: highest rate without loss")
            opened(bench, endpoints)
            found[endpoints] = highest_lossless(bench, seconds, final_seconds, system.name)
    return found


def cycles(machine, wire, args, pps):
    """Cycles a packet at one offered load, systems in turn. Medians by system and endpoints."""
    samples = {}
    seconds = 0.3 if args.quick else 1
    for n in range(1 if args.quick else args.rounds):
        for system in (Testpmd, Dataplane):
            with Bench(machine, wire, system) as bench:
                for endpoints in (FEW, MANY):
                    opened(bench, endpoints)
                    for _ in range(3):
                        bench.system.reset_cycles()
                        trial = bench.trial(pps, seconds)
                        check(trial)
                        cost = bench.system.cycles_per_packet()
                        samples.setdefault((system.name, endpoints), []).append(
                            (cost, trial["latency_us"]))
                    say(f"  round {n + 1}: {system.name}, {endpoints:,} endpoints: "
                        f"{cost:.0f} cycles a packet at {offered_pps(trial) / 1e6:.2f} Mpps")
    return {key: (median(c for c, _ in values),
                  {p: median(latency[p] for _, latency in values) for p in ("p50", "p99", "p999")})
            for key, values in samples.items()}


def figures(found, cost, load_pps):
    def mpps(system, endpoints):
        return offered_pps(found[system][endpoints][0]) / 1e6

    ours, theirs = Dataplane.name, Testpmd.name
    few, many = cost[ours, FEW], cost[ours, MANY]
    return {
        "scenario": name,
        "mpps": round(mpps(ours, FEW), 3),
        "mpps_100k": round(mpps(ours, MANY), 3),
        "testpmd_mpps": round(mpps(theirs, FEW), 3),
        "testpmd_mpps_100k": round(mpps(theirs, MANY), 3),
        "ratio_to_testpmd": round(cost[theirs, FEW][0] / few[0], 3),
        "ratio_to_testpmd_100k": round(cost[theirs, MANY][0] / many[0], 3),
        "ratio_100k_to_100": round(few[0] / many[0], 3),
        "cycles_per_packet": round(few[0], 1),
        "cycles_per_packet_100k": round(many[0], 1),
        "testpmd_cycles_per_packet": round(cost[theirs, FEW][0], 1),
        "testpmd_cycles_per_packet_100k": round(cost[theirs, MANY][0], 1),
        "load_mpps": round(load_pps / 1e6, 3),
        "latency_us": few[1],
        "latency_us_100k": many[1],
        "testpmd_latency_us": cost[theirs, FEW][1],
        "generator_limited": any(found[s][n][1] for s in found for n in found[s]),
    }


def text(found, cost, f):
    rows = [["", "endpoints", "Mpps lossless", "cycles/packet", "p50 us", "p99 us", "p99.9 us"]]
    for system in (Testpmd.name, Dataplane.name):
        for endpoints in (FEW, MANY):
            trial, limit = found[system][endpoints]
            c, latency = cost[system, endpoints]
            rows.append([system, f"{endpoints:,}",
                         f"{offered_pps(trial) / 1e6:.2f}{' *' if limit else ''}", f"{c:.0f}",
                         *(f"{latency[p]:.1f}" for p in ("p50", "p99", "p999"))])
    lines = [table(rows), "",
             f"cycles and latency at {f['load_mpps']:.2f} Mpps offered, polls that found nothing "
             "left out; latency there and back",
             f"of testpmd's cycles: {f['ratio_to_testpmd']:.2f} with {FEW:,} endpoints, "
             f"{f['ratio_to_testpmd_100k']:.2f} with {MANY:,}; {MANY:,} to {FEW:,}: "
             f"{f['ratio_100k_to_100']:.2f}"]
    if f["generator_limited"]:
        lines.append("* the generator was the slower side: the system can do more")
    return "\n".join(lines)


def run(machine, args):
    wire = Wire(machine, args.wire == "zero-copy")
    found = {s.name: search(machine, wire, args, s, (FEW, MANY)) for s in (Testpmd, Dataplane)}
    slowest = min(offered_pps(t) for sizes in found.values() for t, _ in sizes.values())
    load_pps = min(LINE_RATE_PPS, 0.95 * slowest)
    say(f"cycles a packet at {load_pps / 1e6:.2f} Mpps, in turn")
    cost = cycles(machine, wire, args, load_pps)
    f = figures(found, cost, load_pps)
    f["wire"] = args.wire
    return Report(text(found, cost, f), f)
