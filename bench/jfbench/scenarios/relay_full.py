# SPDX-License-Identifier: BSD-3-Clause
"""The relay with everything that every stream of a contact centre gets: receive statistics, energy
and a tap for the recording, against the plain relay."""

from .. import plot, stages
from ..load import LOADED_WARM_UPS, alternate, is_disturbed, losses
from ..machine import BenchError, say
from ..report import Report, table
from ..systems import Dataplane
from ..wires import Memif

name = "relay-full"
summary = "relay with statistics, energy and tap on every stream against the plain relay"

FEW, MANY = 100, 100_000
SIZES = (100, 10_000, 100_000)
# 80,000 streams of 50 packets a second. A load that all of them carry without loss even where memif's
# copies cost 230 cycles a packet: a lost packet makes its stream's next one dearer, and one that was
# not taped cheaper.
LOAD_PPS = 4.0e6
FEATURED = 2  # endpoints that have services beside others without


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=3, help="of alternating measurements")
    parser.add_argument("--load", type=float, default=LOAD_PPS / 1e6, metavar="MPPS",
                        help="offered (default 4.0)")


def plain(machine, wire):
    return Dataplane(machine, wire)


def measured(machine, wire):
    return Dataplane(machine, wire, ("--measured",))


def full(machine, wire):
    return Dataplane(machine, wire, ("--measured", "--taped"), TAPED)


def one_full(machine, wire):
    return Dataplane(machine, wire, ("--measured", "--taped", "--only", FEATURED), TAPED)


TAPED = {"recordings_max": MANY // 2}
SYSTEMS = {"relay": plain, "measured": measured, "relay-full": full, "one call of it": one_full}


def figures(cost, staged, pps):
    def ratio(label, n):
        return cost["relay", n].ratio_to(cost[label, n])

    return {
        "scenario": name,
        "load_mpps": round(pps / 1e6, 3),
        "ratio_to_relay": ratio("relay-full", MANY),
        "ratio_to_relay_by_endpoints": {n: ratio("relay-full", n) for n in SIZES},
        "measured_ratio_to_relay": ratio("measured", MANY),
        "others_ratio_to_relay": ratio("one call of it", MANY),
        "cycles_per_packet": {label: {n: round(cost[label, n].cycles, 1) for n in SIZES}
                              for label in SYSTEMS},
        "latency_us": {label: cost[label, MANY].latency_us for label in SYSTEMS},
        "stages": {services: s["stages"] for services, s in staged.items()},
        "bytes_per_endpoint": staged["full"]["bytes_per_endpoint"],
    }


def text(cost, f):
    rows = [["", *(f"{n:,} endpoints" for n in SIZES), "of relay", "p50 us", "p99 us", "p99.9 us"]]
    for label in SYSTEMS:
        rows.append([label, *(f"{cost[label, n].cycles:.0f}" for n in SIZES),
                     f"{cost['relay', MANY].ratio_to(cost[label, MANY]):.2f}",
                     *(f"{cost[label, MANY].latency_us[p]:.1f}" for p in ("p50", "p99", "p999"))])
    return "\n".join([
        table(rows), "",
        f"cycles a packet on one worker core at {f['load_mpps']:.2f} Mpps, polls that found "
        f"nothing left out, after {LOADED_WARM_UPS} trials to warm up; \"of relay\" and latency (there and back) with 100,000 endpoints",
        "measured: statistics and energy; relay-full: and every call recorded; one call of it: "
        f"{FEATURED} endpoints have all of that, the others nothing",
        *(f"lost in {f['losses'][n]} {what}trials: {shown(f['losses'][of])}" for what, of, n in
          (("", "all", "trials"), ("undisturbed ", "undisturbed", "undisturbed_trials")))])


def shown(losses_):
    return ", ".join(f"{n:,} ({where})" for where, n in losses_.items()) or "nothing"


def run(machine, args):
    pps = args.load * 1e6
    say(f"cycles a packet at {args.load:.2f} Mpps, in turn")
    cost = alternate(machine, Memif(machine), SYSTEMS, SIZES, args.rounds, lambda *_: pps)
    trials = [trial for c in cost.values() for trial in c.trials]
    quiet = [trial for trial in trials if not is_disturbed(trial)]
    lost = {"undisturbed": losses(quiet), "undisturbed_trials": len(quiet),
            "all": losses(trials), "trials": len(trials)}
    staged = {services: stages.measure(machine, MANY, services)
              for services in ("plain", "measured", "full", "lossy")}
    tap_lost = sum(trial["tap_lost"] for trial in trials)
    if tap_lost:
        raise BenchError(f"{tap_lost} packets were not taped, so what taping costs is not known: "
                         "the recorder, on the generator's core, did not keep up")
    f = figures(cost, staged, pps) | {"losses": lost, "lost": sum(lost["undisturbed"].values()),
                                        "tap_lost": tap_lost}
    plot.lines(args.out / "relay-full-cycles.svg",
               "Relay with every stream measured and taped: cycles a packet on one core",
               "endpoints, in random order", "cycles a packet",
               {label: [(n, round(cost[label, n].cycles, 1)) for n in SIZES]
                for label in SYSTEMS}, logx=True)
    plot.stacks(args.out / "relay-full-stages.svg",
                "Cycles a packet by stage, 100,000 endpoints, without a wire", "cycles a packet",
                {services: stages.shown(s["stages"]) for services, s in staged.items()})
    return Report(text(cost, f), f)
