# SPDX-License-Identifier: BSD-3-Clause
"""Plain relay of G.711 RTP on one worker core against testpmd macswap on the same memif wire."""

from statistics import median

from ..machine import BenchError, say
from ..report import Report, table
from ..search import check, describe, highest_lossless, lost
from ..systems import Bench, Dataplane, Testpmd, Wire

name = "relay"
summary = "RTP relay on one worker core against dpdk-testpmd macswap, 100 and 100,000 endpoints"

FEW, MANY = 100, 100_000
LINE_RATE_PPS = 5.25e6  # 10 GbE full of 214-byte frames in each direction: 52,500 calls
# Of a trial. Short ones for the search: on a virtual machine the host takes a core away several
# times a second, for longer than any ring bridges.
WARM_UP_S, SEARCH_S, CYCLES_S = 0.3, 0.25, 0.4
WARM_UPS = 20
SAMPLES = 6  # in each round
ATTEMPTS = 2  # at an undisturbed one


def arguments(parser):
    parser.add_argument("--wire", choices=["copy", "zero-copy"], default="copy",
                        help="who copies packets over memif: the system under test as well "
                             "(default), or only the generator")
    parser.add_argument("--rounds", type=int, default=5,
                        help="of alternating cycle measurements (default 5)")


def opened(bench, endpoints):
    """Opens endpoints and shows that they relay, slowly, before anything is measured."""
    process = bench.system.process
    process.prefer()
    bench.open(endpoints)
    bench.system.reset_cycles()
    for _ in range(WARM_UPS):  # the first packets come before all next hops are known
        warm = bench.trial(1e5, WARM_UP_S)
        check(warm)
        if lost(warm) == 0:
            process.prefer(bench.system.machine.args.worker_core)
            return
    raise BenchError(f"{bench.system.name}: {lost(warm)} of {warm['sent']} packets lost at 0.1 "
                     f"Mpps with {endpoints} endpoints; dropped: {bench.system.drops() or 'none'}")


def search(machine, wire, system):
    """Highest rate without loss for each number of endpoints."""
    found = {}
    with Bench(machine, wire, system) as bench:
        for endpoints in (FEW, MANY):
            say(f"{system.name}, {endpoints:,} endpoints: highest rate without loss")
            opened(bench, endpoints)
            found[endpoints] = highest_lossless(bench, SEARCH_S, system.name)
    return found


def rate_text(found):
    mark = "*" if found.generator_limited else "" if found.quiet else "?"
    return f"{found.pps / 1e6:.2f} {mark}".rstrip() if found.pps else "? "


def sample(bench, pps):
    """Cycles a packet and latency of one trial, one that nobody disturbed if there is one."""
    for _ in range(ATTEMPTS):
        bench.system.reset_cycles()
        trial = bench.trial(pps, CYCLES_S)
        check(trial)
        cost = bench.system.cycles_per_packet()
        if not trial["disturbed"]:
            break
    return cost, trial


def cycles(machine, wire, rounds, pps):
    """Cycles a packet at one offered load, systems in turn: Cost by system and endpoints."""
    costs = {(system.name, endpoints): Cost() for system in (Testpmd, Dataplane)
             for endpoints in (FEW, MANY)}
    for n in range(rounds):
        for system in (Testpmd, Dataplane):
            with Bench(machine, wire, system) as bench:
                for endpoints in (FEW, MANY):
                    opened(bench, endpoints)
                    round_ = [sample(bench, pps) for _ in range(SAMPLES)]
                    cost = costs[system.name, endpoints].add(round_)
                    say(f"  round {n + 1}: {system.name}, {endpoints:,} endpoints: {cost:.0f} "
                        f"cycles a packet; {describe(round_[-1][1])}")
    return costs


class Cost:
    """What one system costs with one number of endpoints, by rounds."""

    def __init__(self):
        self.rounds = []
        self.trials = []

    def add(self, samples):
        """The samples of one round. Gives their median."""
        self.rounds.append(median(cost for cost, _ in samples))
        self.trials += [trial for _, trial in samples]
        return self.rounds[-1]

    @property
    def cycles(self):
        return median(self.rounds)

    @property
    def latency_us(self):
        return {p: round(median(trial["latency_us"][p] for trial in self.trials), 1)
                for p in ("p50", "p99", "p999")}

    def ratio_to(self, other):
        """Round by round, so that it holds when the machine's speed drifts; then the median."""
        return round(median(a / b for a, b in zip(self.rounds, other.rounds)), 3)


def rates(found):
    return [rate for sizes in found.values() for rate in sizes.values()]


def figures(found, cost, load_pps):
    ours_few, ours_many = cost[Dataplane.name, FEW], cost[Dataplane.name, MANY]
    their_few, their_many = cost[Testpmd.name, FEW], cost[Testpmd.name, MANY]

    def mpps(system, endpoints):
        pps = found[system.name][endpoints].pps
        return pps and round(pps / 1e6, 3)

    f = {"scenario": name}
    if found:
        f |= {
            "mpps": mpps(Dataplane, FEW),
            "mpps_100k": mpps(Dataplane, MANY),
            "testpmd_mpps": mpps(Testpmd, FEW),
            "testpmd_mpps_100k": mpps(Testpmd, MANY),
            "generator_limited": any(rate.generator_limited for rate in rates(found)),
            "quiet": all(rate.quiet for rate in rates(found)),
            "trial_s": SEARCH_S,
        }
    return f | {
        "ratio_to_testpmd": their_few.ratio_to(ours_few),
        "ratio_to_testpmd_100k": their_many.ratio_to(ours_many),
        "ratio_100k_to_100": ours_few.ratio_to(ours_many),
        "load_mpps": round(load_pps / 1e6, 3),
        "cycles_per_packet": round(ours_few.cycles, 1),
        "cycles_per_packet_100k": round(ours_many.cycles, 1),
        "testpmd_cycles_per_packet": round(their_few.cycles, 1),
        "testpmd_cycles_per_packet_100k": round(their_many.cycles, 1),
        "latency_us": ours_few.latency_us,
        "latency_us_100k": ours_many.latency_us,
        "testpmd_latency_us": their_few.latency_us,
        "testpmd_latency_us_100k": their_many.latency_us,
    }


def text(found, cost, f):
    rows = [["", "endpoints", "Mpps lossless", "cycles/packet", "p50 us", "p99 us", "p99.9 us"]]
    for system in (Testpmd.name, Dataplane.name):
        for endpoints in (FEW, MANY):
            c = cost[system, endpoints]
            rate = rate_text(found[system][endpoints]) if found else "not searched"
            rows.append([system, f"{endpoints:,}", rate, f"{c.cycles:.0f}",
                         *(f"{c.latency_us[p]:.1f}" for p in ("p50", "p99", "p999"))])
    lines = [table(rows), "",
             f"cycles and latency (there and back) at {f['load_mpps']:.2f} Mpps offered; polls "
             "that found nothing left out",
             f"testpmd's cycles to ours: {f['ratio_to_testpmd']:.2f} with {FEW:,} endpoints, "
             f"{f['ratio_to_testpmd_100k']:.2f} with {MANY:,}",
             f"ours, {FEW:,} endpoints to {MANY:,}: {f['ratio_100k_to_100']:.2f}"]
    if f.get("generator_limited"):
        lines.append("* the generator was the slower side: the system can do more")
    if not f.get("quiet", True):
        lines.append("? a lower bound: others took the cores in the trials of every higher rate")
    return "\n".join(lines)


def run(machine, args):
    wire = Wire(machine, args.wire == "zero-copy")
    found, load_pps, rounds = {}, LINE_RATE_PPS, args.rounds
    if not args.quick:
        found = {s.name: search(machine, wire, s) for s in (Testpmd, Dataplane)}
        load_pps = min([LINE_RATE_PPS, *(r.pps for r in rates(found) if r.pps)])
    say(f"cycles a packet at {load_pps / 1e6:.2f} Mpps, in turn")
    cost = cycles(machine, wire, rounds, load_pps)
    f = figures(found, cost, load_pps) | {"wire": args.wire}
    return Report(text(found, cost, f), f, valid=all(rate.pps for rate in rates(found)))
