# SPDX-License-Identifier: BSD-3-Clause
"""Plain relay of G.711 RTP on one worker core: against testpmd macswap on the same memif wire, and
against rtpengine on the same veth wire."""

from .. import latency, plot, stages
from ..load import alternate, opened
from ..machine import say
from ..report import Report, table
from ..rtpengine import Rtpengine
from ..search import highest_lossless
from ..systems import Bench, Dataplane, Testpmd
from ..wires import Memif, Veth

name = "relay"
summary = "RTP relay on one worker core against dpdk-testpmd, and against rtpengine on veth"

FEW, MANY = 100, 100_000
SIZES = (100, 1_000, 10_000, 100_000)
LINE_RATE_PPS = 5.25e6  # 10 GbE full of 214-byte frames in each direction: 52,500 calls
VETH_ENDPOINTS = 100
LATENCY_ROUNDS = 2
SYSTEMS = {Testpmd.name: Testpmd, Dataplane.name: Dataplane}


def arguments(parser):
    parser.add_argument("--wire", choices=["copy", "zero-copy"], default="copy",
                        help="who copies packets over memif: the system under test as well "
                             "(default), or only the generator")
    parser.add_argument("--rounds", type=int, default=5,
                        help="of alternating cycle measurements (default 5)")
    parser.add_argument("--no-rtpengine", action="store_true", help="leave the veth wire out")


def search(machine, wire, system, sizes):
    """Highest rate without loss for each number of endpoints."""
    found = {}
    with Bench(machine, wire, system) as bench:
        for endpoints in sizes:
            say(f"{system.name}, {endpoints:,} endpoints: highest rate without loss")
            opened(bench, endpoints)
            found[endpoints] = highest_lossless(bench, system.name)
    return found


def rate_text(found):
    mark = "*" if found.generator_limited else "" if found.quiet else "?"
    return f"{found.pps / 1e6:.2f} {mark}".rstrip() if found.pps else "? "


class Kernel:
    """Both relays on a veth pair: what the kernel's wire lets through, on one core."""

    def __init__(self, machine):
        self.rates = {}
        self.cpu_us = {}
        for system in (Rtpengine, Dataplane):
            say(f"{system.name} on veth, {VETH_ENDPOINTS} endpoints: highest rate without loss")
            with Bench(machine, Veth(machine), system) as bench:
                opened(bench, VETH_ENDPOINTS)
                rate = highest_lossless(bench, system.name)
                self.rates[system.name] = rate
                self.cpu_us[system.name] = cpu_us_per_packet(bench, rate.pps or 1e5)

    def figures(self):
        def pps(system):
            rate = self.rates[system.name]
            return rate.pps and round(rate.pps)

        ours, theirs = pps(Dataplane), pps(Rtpengine)
        return {"ours_pps": ours, "theirs_pps": theirs,
                "ratio": ours and theirs and round(ours / theirs, 2),
                "ours_cpu_us": round(self.cpu_us[Dataplane.name], 3),
                "theirs_cpu_us": round(self.cpu_us[Rtpengine.name], 3),
                "generator_limited": self.rates[Dataplane.name].generator_limited,
                "quiet": all(rate.quiet for rate in self.rates.values())}

    def text(self):
        rows = [["on veth, 100 endpoints", "packets/s lossless", "CPU us/packet"]]
        for system in (Rtpengine.name, Dataplane.name):
            rows.append([system, rate_text(self.rates[system]).replace(" ", "") + " M",
                         f"{self.cpu_us[system]:.2f}"])
        return table(rows)


def cpu_us_per_packet(bench, pps):
    """Of the system's process, over a second at that rate."""
    bench.system.reset_cycles()
    trial = bench.trial(pps, 1)
    return bench.system.cpu_seconds_since() / max(1, trial["received"]) * 1e6


def rates(found):
    return [rate for sizes in found.values() for rate in sizes.values()]


def figures(found, cost, late, full, staged, load_pps):
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
        }
    if late:
        ours, theirs = late[Dataplane.name, MANY], late[Testpmd.name, MANY]
        f |= {
            "latency_us": late[Dataplane.name, FEW].figures(),
            "latency_us_100k": ours.figures(),
            "latency_us_p999": ours.latency_us["p999"],
            "latency_us_p999_100": late[Dataplane.name, FEW].latency_us["p999"],
            "testpmd_latency_us": late[Testpmd.name, FEW].figures(),
            "testpmd_latency_us_100k": theirs.figures(),
        }
    if full:
        f["latency_us_line_rate"] = {f"{label} {n}": one.figures()
                                     for (label, n), one in full.items()}
    return f | {
        "ratio_to_testpmd": their_few.ratio_to(ours_few),
        "ratio_to_testpmd_100k": their_many.ratio_to(ours_many),
        "ratio_100k_to_100": ours_few.ratio_to(ours_many),
        "load_mpps": round(load_pps / 1e6, 3),
        "cycles_per_packet": {n: round(cost[Dataplane.name, n].cycles, 1) for n in SIZES},
        "testpmd_cycles_per_packet": {n: round(cost[Testpmd.name, n].cycles, 1) for n in SIZES},
        "stages": {n: s["stages"] for n, s in staged.items()},
        "bytes_per_endpoint": staged[MANY]["bytes_per_endpoint"],
    }


def text(found, cost, late, full, f):
    rows = [["", "endpoints", "Mpps lossless", "cycles/packet"]]
    for system in SYSTEMS:
        for endpoints in SIZES:
            searched = found and endpoints in found[system]
            rate = rate_text(found[system][endpoints]) if searched else ""
            rows.append([system, f"{endpoints:,}", rate, f"{cost[system, endpoints].cycles:.0f}"])
    lines = [table(rows), "",
             f"cycles at {f['load_mpps']:.2f} Mpps offered, polls that found nothing left out",
             f"testpmd's cycles to ours: {f['ratio_to_testpmd']:.2f} with {FEW:,} endpoints, "
             f"{f['ratio_to_testpmd_100k']:.2f} with {MANY:,}",
             f"ours, {FEW:,} endpoints to {MANY:,}: {f['ratio_100k_to_100']:.2f}"]
    if f.get("generator_limited"):
        lines.append("* the generator was the slower side: the system can do more")
    if not f.get("quiet", True):
        lines.append("? a lower bound: others took the cores in the trials of every higher rate")
    if late:
        lines += ["", latency.text("at 80 % of that rate", late)]
    if full:
        lines += ["", latency.text("at 10 GbE full", full)]
    return "\n".join(lines)


def draw(args, cost, staged):
    plot.lines(args.out / "relay-cycles.svg", "Relay: cycles a packet on one core, over memif",
               "endpoints, in random order", "cycles a packet",
               {system: [(n, round(cost[system, n].cycles, 1)) for n in SIZES]
                for system in SYSTEMS}, logx=True)
    plot.stacks(args.out / "relay-stages.svg", "Relay: cycles a packet by stage, without a wire",
                "cycles a packet",
                {f"{n:,} endpoints": stages.shown(s["stages"]) for n, s in staged.items()})


def measure_latency(machine, wire, found):
    """At 80 % of what each system holds."""
    loads = {(label, n): latency.LOAD * found[label][n].pps for label in SYSTEMS
             for n in (FEW, MANY) if found[label][n].pps}
    if len(loads) < 4:
        return {}
    say(f"latency at {latency.LOAD:.0%} of the rate without loss")
    return latency.measure(machine, wire, SYSTEMS, loads, LATENCY_ROUNDS)


def line_rate_latency(machine, wire, found):
    """At 10 GbE full, by each system that holds it."""
    loads = {(label, n): LINE_RATE_PPS for label in SYSTEMS for n in (FEW, MANY)
             if (found[label][n].pps or 0) > LINE_RATE_PPS}
    say(f"latency at {LINE_RATE_PPS / 1e6:.2f} Mpps")
    return latency.measure(machine, wire, SYSTEMS, loads, LATENCY_ROUNDS)


def run(machine, args):
    wire = Memif(machine, args.wire == "zero-copy")
    found, late, full, kernel, load_pps = {}, {}, {}, None, LINE_RATE_PPS
    if not args.quick:
        found = {s.name: search(machine, wire, s, (FEW, MANY)) for s in SYSTEMS.values()}
        load_pps = min([LINE_RATE_PPS, *(r.pps for r in rates(found) if r.pps)])
        late = measure_latency(machine, wire, found)
        full = line_rate_latency(machine, wire, found)
        if not args.no_rtpengine:
            kernel = Kernel(machine)
    say(f"cycles a packet at {load_pps / 1e6:.2f} Mpps, in turn")
    cost = alternate(machine, wire, SYSTEMS, SIZES, args.rounds, lambda *_: load_pps)
    staged = {n: stages.measure(machine, n, "plain") for n in SIZES}
    f = figures(found, cost, late, full, staged, load_pps) | {"wire": args.wire}
    shown = text(found, cost, late, full, f)
    if kernel:
        f["rtpengine"] = kernel.figures()
        shown += "\n\n" + kernel.text()
    draw(args, cost, staged)
    return Report(shown, f, valid=all(rate.pps for rate in rates(found)))
