# SPDX-License-Identifier: BSD-3-Clause
"""Measuring systems at one offered load, in turn, so that ratios hold while the machine drifts."""

from collections import Counter
from statistics import median

from .machine import BenchError, say
from .search import check, describe, lost
from .systems import Bench

# Of a trial. Short ones: on a virtual machine the host takes a core away several times a second.
WARM_UP_S, CYCLES_S = 0.3, 0.1
WARM_UPS = 20
LOADED_WARM_UPS = 2  # at the load itself: each endpoint and each of the wire's buffers touched
SAMPLES = 8  # in each round
ATTEMPTS = 3  # at one whose every packet was taped


def opened(bench, endpoints):
    """Opens endpoints and shows that they relay, slowly, before anything is measured."""
    process = bench.system.process
    process.prefer()
    bench.open(endpoints)
    bench.system.reset_cycles()
    pps = min(1e5, bench.system.modest_pps)
    for _ in range(WARM_UPS):  # the first packets come before all next hops are known
        warm = bench.trial(pps, WARM_UP_S)
        check(warm)
        if lost(warm) == 0:
            process.prefer(bench.system.machine.args.worker_core)
            return
    raise BenchError(f"{bench.system.name}: {lost(warm)} of {warm['sent']} packets lost at "
                     f"{pps / 1e6:.2f} Mpps with {endpoints} endpoints; dropped: "
                     f"{bench.system.drops() or 'none'}")


def sample(bench, pps):
    """Cycles a packet and the trial that showed them. What was not taped cost nothing, so such a
    trial is made again."""
    for _ in range(ATTEMPTS):
        bench.settle()
        bench.system.reset_cycles()
        trial = bench.trial(pps, CYCLES_S)
        check(trial)
        cost = bench.system.cycles_per_packet()
        trial["drops"] = bench.system.drops()
        trial["tap_lost"] = trial["drops"].get("tap_full", 0)
        if not trial["tap_lost"]:
            break
    return cost, trial


def is_disturbed(trial):
    """By what the kernel tells, or the worker itself: others had its core for longer than the wire
    can bridge."""
    return trial["disturbed"] or (trial["late"] or {}).get("late_us", 0) > trial["bridged_us"]


def losses(trials):
    """{where: packets} of those that did not come back."""
    where = Counter()
    for trial in trials:
        if lost(trial):
            dropped = {name: n for name, n in trial["drops"].items() if name != "tap_full"}
            where["wire full: the worker did not come for them"] += trial["refused"]
            where.update(dropped)
            where["elsewhere"] += max(
                0, lost(trial) - trial["refused"] - sum(dropped.values()))
    return {name: n for name, n in where.items() if n}


class Cost:
    """What one system costs with one number of endpoints, by rounds."""

    def __init__(self):
        self.rounds = []
        self.trials = []

    def add(self, samples):
        """The samples of one round. Gives the fastest: whatever else the host does meanwhile can
        only add to a cost, by half and more for seconds at a time."""
        self.rounds.append(min(cost for cost, _ in samples))
        self.trials += [trial for _, trial in samples]
        return self.rounds[-1]

    @property
    def cycles(self):
        return min(self.rounds)

    @property
    def latency_us(self):
        quiet = [trial for trial in self.trials if not is_disturbed(trial)] or self.trials
        return {p: round(median(trial["latency_us"][p] for trial in quiet), 1)
                for p in ("p50", "p99", "p999")}

    def ratio_to(self, other):
        """Of their fastest, over all rounds: in turn, so that both had their share of quiet."""
        return round(self.cycles / other.cycles, 3)


def alternate(machine, wire, systems, sizes, rounds, pps_of):
    """{(system's label, endpoints): Cost}. systems: {label: class or function that makes one};
    pps_of(label, endpoints): the load."""
    costs = {(label, endpoints): Cost() for label in systems for endpoints in sizes}
    for n in range(rounds):
        for label, make in systems.items():
            with Bench(machine, wire, make) as bench:
                for endpoints in sizes:
                    pps = pps_of(label, endpoints)
                    opened(bench, endpoints)
                    for _ in range(LOADED_WARM_UPS):
                        sample(bench, pps)
                    round_ = [sample(bench, pps) for _ in range(SAMPLES)]
                    cost = costs[label, endpoints].add(round_)
                    say(f"  round {n + 1}: {label}, {endpoints:,} endpoints: {cost:.0f} "
                        f"cycles a packet; {describe(round_[-1][1])}")
    return costs
