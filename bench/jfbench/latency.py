# SPDX-License-Identifier: BSD-3-Clause
"""Latency at a load: many short trials, looked at together, without those in which somebody else
had a core. How many these are is shown, beside how often a loop that does nothing loses the same
core: nothing of the system's own can hide behind the machine."""

import json
import signal
import time
from collections import Counter
from statistics import quantiles

from .load import opened
from .machine import say
from .process import Process
from .report import table
from .search import check, lost
from .systems import Bench

TRIALS, TRIAL_S = 30, 0.03  # of each system with each number of endpoints, in each round
WARM_MS = 10  # of each trial: a worker that had nothing to do has cold caches at first
QUIET_MS = 3  # after the last packet of a trial
WARM_UPS = 4  # trials at the load itself: every buffer of the wire has been touched
LOAD = 0.8  # of the highest rate without loss
JUMP_MAX = 2000  # packets of a stream
LATE_US = 100  # JF_POLL_LATE_NS: taken away for longer, a core has been lost
SLOW = 1.2  # times what the fastest tenth takes, and the core is slow: the machine works for others
PERCENTILES = {"p50": 0.5, "p99": 0.99, "p999": 0.999}


class Absences:
    """How often and for how long a core was taken away."""

    def __init__(self):
        self.seconds = self.late_us = self.longest_us = 0.0
        self.late = self.windows = self.windows_late = 0

    def add(self, late, seconds):
        """late: late, late_us and, where it is known, longest_us, of a window of seconds."""
        self.seconds += seconds
        self.windows += 1
        self.windows_late += late["late"] > 0
        self.late += late["late"]
        self.late_us += late["late_us"]
        self.longest_us = max(self.longest_us, late.get("longest_us", 0))

    def figures(self):
        return {"windows": self.windows, "windows_late": self.windows_late,
                "late_per_s": round(self.late / self.seconds, 1) if self.windows else None,
                "late_share": round(self.late_us / 1e6 / self.seconds, 5) if self.windows else None}

    def text(self):
        f = self.figures()
        return (f"{f['late_per_s']:.1f} times a second, {f['late_share']:.2%} of the time, in "
                f"{self.windows_late} of {self.windows} windows")


def merge(histogram, pairs):
    for us, count in pairs:
        histogram[us] = histogram.get(us, 0) + count


def percentile(histogram, share):
    """histogram: {highest us of a bucket: count}. None of nothing."""
    wanted = share * sum(histogram.values())
    seen = 0
    for us in sorted(histogram):
        seen += histogram[us]
        if seen >= wanted:
            return round(us, 1)
    return None


class Yardstick:
    """How fast the worker's core was: what the same burst of copies took, again and again."""

    def __init__(self):
        self.ns = []

    def is_slow(self, *ns):
        return max(ns) > SLOW * quantiles(self.ns, n=10)[0]


class Latency:
    """Of one system with one number of endpoints."""

    def __init__(self, load_pps, yardstick):
        self.load_pps = load_pps
        self.yardstick = yardstick
        self.trials = []  # each with what the idle loop saw before and after it
        self.worker = Absences()  # as the system's worker tells it, if it does
        self.control = Absences()  # of the idle loop

    def add(self, trial, before, after):
        self.trials.append((trial, before, after))
        self.yardstick.ns += [before["after_ns"], after["before_ns"]]
        if trial["late"]:
            self.worker.add(trial["late"], trial["late"]["seconds"])
        self.control.add(after, TRIAL_S)

    def disturbed_by(self, trial, before, after):
        """What the machine did to a trial, or None. As far as it can be known: what the system's
        worker doesn't tell, the kernel may."""
        if trial["generator_away_us"] > LATE_US:
            return "generator's core away"
        if (trial["late"] and trial["late"]["late"]) or trial["waited_us"] > LATE_US:
            return "worker's core away"
        if self.yardstick.is_slow(before["after_ns"], after["before_ns"]):
            return "worker's core slow"
        return None

    def histograms(self):
        """Of the undisturbed trials, and of all."""
        quiet, all_ = {}, {}
        for trial, before, after in self.trials:
            merge(all_, trial["histogram"])
            if not self.disturbed_by(trial, before, after):
                merge(quiet, trial["histogram"])
        return quiet, all_

    @property
    def latency_us(self):
        quiet, _ = self.histograms()
        return {name: percentile(quiet, share) for name, share in PERCENTILES.items()}

    def figures(self):
        disturbed = Counter(filter(None, (self.disturbed_by(*each) for each in self.trials)))
        ideal = {}
        for _, _, after in self.trials:
            merge(ideal, after["histogram"])
        return {"load_mpps": round(self.load_pps / 1e6, 3), **self.latency_us,
                "p999_of_all_trials": percentile(self.histograms()[1], PERCENTILES["p999"]),
                "ideal_p999": percentile(ideal, PERCENTILES["p999"]),
                "trials": len(self.trials), "undisturbed": len(self.trials) - disturbed.total(),
                "disturbed": dict(disturbed),
                "lost": sum(lost(each[0]) for each in self.trials if not self.disturbed_by(*each)),
                "worker_away": self.worker.figures() if self.worker.windows else None,
                "idle_loop_away": self.control.figures()}


class IdleLoop:
    """jf-bench-spin on the worker's core while the system under test stands still."""

    def __init__(self, machine):
        self.core = machine.args.worker_core
        self.process = Process(machine, "idle loop",
                               [machine.program("bench/spin/jf-bench-spin"), self.core])

    def look(self, bench, pps, seconds, endpoints):
        """While the generator is as busy as in a trial, but for jumps of sequence numbers that
        a receiver would take for another stream (RFC 3550, A.1)."""
        system = bench.system.process.child
        system.send_signal(signal.SIGSTOP)
        try:
            with self.process.first_on(self.core):
                self.process.tell(f"{seconds} {WARM_MS / 1000} {LOAD}")
                bench.generator.trial(min(pps, JUMP_MAX * endpoints / seconds), seconds, QUIET_MS)
                return json.loads(self.process.line(seconds + 5))
        finally:
            system.send_signal(signal.SIGCONT)
            time.sleep(0.01)


def measure(machine, wire, systems, loads, rounds):
    """{(label, endpoints): Latency} for the loads of {(label, endpoints): packets a second}, the
    systems of {label: class} in turn."""
    yardstick = Yardstick()
    found = {key: Latency(pps, yardstick) for key, pps in loads.items()}
    idle = IdleLoop(machine)
    for n in range(rounds):
        for label, make in systems.items():
            with Bench(machine, wire, make) as bench:
                for endpoints in (size for name, size in loads if name == label):
                    one = found[label, endpoints]
                    opened(bench, endpoints)
                    trials(bench, idle, endpoints, one)
                    say(f"  round {n + 1}: {label}, {endpoints:,} endpoints: {describe(one)}")
    idle.process.end()
    return found


def trials(bench, idle, endpoints, one):
    for _ in range(WARM_UPS):
        check(bench.trial(one.load_pps, TRIAL_S, QUIET_MS, WARM_MS))
    before = idle.look(bench, one.load_pps, TRIAL_S, endpoints)
    for _ in range(TRIALS):
        trial = bench.trial(one.load_pps, TRIAL_S, QUIET_MS, WARM_MS)
        check(trial)
        after = idle.look(bench, one.load_pps, TRIAL_S, endpoints)
        one.add(trial, before, after)
        before = after
    bench.trial(one.load_pps, TRIAL_S)  # takes from the wire what stood there meanwhile


def describe(one):
    f = one.figures()
    return (f"{f['load_mpps']:.2f} Mpps, p99.9 {f['p999']} us in {f['undisturbed']} undisturbed of "
            f"{f['trials']} trials, {f['p999_of_all_trials']} us in all")


def text(load, found):
    """For the terminal: what was left out, and whether that is the machine's."""
    rows = [[load, "endpoints", "Mpps", "p50 us", "p99 us", "p99.9 us",
             "undisturbed trials", "p99.9 us of all", "of an ideal relay"]]
    away = []
    for (label, endpoints), one in found.items():
        f = one.figures()
        rows.append([label, f"{endpoints:,}", f"{f['load_mpps']:.2f}",
                     *(str(f[p]) for p in (*PERCENTILES,)),
                     f"{f['undisturbed']} of {f['trials']}",
                     str(f["p999_of_all_trials"]), str(f["ideal_p999"])])
        what = ", ".join(f"{by}: {n}" for by, n in f["disturbed"].items())
        away.append(f"{label}, {endpoints:,} endpoints: disturbed trials: {what or 'none'}; "
                    f"packets lost in the others: {f['lost']}")
        if one.worker.windows:
            away.append(f"  the worker's core was away {one.worker.text()}")
        away.append(f"  from a loop that does nothing, between the trials: {one.control.text()}")
    return "\n".join([
        table(rows), "",
        f"away: for more than {LATE_US} us at once (testpmd: as far as the kernel knows); slow: "
        f"bursts of copies took {SLOW} times as long as the fastest tenth before or after the trial",
        f"an ideal relay: nothing holds it up but that the core is away, at {LOAD:.0%} of what it "
        "can do, between the trials, with no window left out", *away])
