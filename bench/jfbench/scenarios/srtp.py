# SPDX-License-Identifier: BSD-3-Clause
"""SRTP by suite: the transform on ipsec-mb against libsrtp2 in the same run, streams in random
order; and what a relay costs that has it on both legs, over one that has none."""

import json
from statistics import median

from .. import plot, stages
from ..load import alternate
from ..machine import command, say
from ..report import Report, table
from ..systems import Dataplane
from ..wires import Memif

name = "srtp"
summary = "SRTP protect and unprotect, each suite, against libsrtp2"

SIZES = (100, 2_000, 10_000, 100_000)
PACKETS = {"ipsec-mb": 640_000, "libsrtp2": 32_000}
AT = 2_000  # streams, of the figure speedup_over_libsrtp2, and endpoints of cost_over_relay
RELAY_PPS = 2e6


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=3, help="of both in turn (default 3)")


def measure(machine, backend, streams):
    done = json.loads(command(machine.program("bench/srtp/jf-bench-srtp"), backend, streams,
                              PACKETS[backend]))
    return {suite: ns["protect"] + ns["unprotect"] for suite, ns in done.items()}


def relay_cycles(machine, args):
    """Of a plain packet over memif, the device's part included: the cost that SRTP comes on top
    of."""
    cost = alternate(machine, Memif(machine), {"relay": Dataplane}, (AT,), args.rounds,
                     lambda *_: RELAY_PPS)
    return cost["relay", AT].cycles


def path_cycles(machine, args, services):
    """Of the path alone, which is where SRTP is."""
    return median(stages.measure(machine, AT, services)["cycles"] for _ in range(args.rounds))


def run(machine, args):
    relay = relay_cycles(machine, args)
    plain = path_cycles(machine, args, "plain")
    rounds = []
    for n in range(args.rounds):
        ours = {size: measure(machine, "ipsec-mb", size) for size in SIZES}
        theirs = measure(machine, "libsrtp2", AT)
        rounds.append((ours, theirs))
        say(f"  round {n + 1} of {args.rounds}")
    suites = list(rounds[0][1])
    ns = {s: {size: round(median(r[0][size][s] for r in rounds), 1) for size in SIZES}
          for s in suites}
    peer = {s: round(median(r[1][s] for r in rounds), 1) for s in suites}
    speedup = {s: round(median(r[1][s] / r[0][AT][s] for r in rounds), 2) for s in suites}
    added = {s: path_cycles(machine, args, s) - plain for s in suites}
    over = {s: round((relay + added[s]) / relay, 2) for s in suites}
    rows = [["protect and unprotect, ns", *(f"{size:,}" for size in SIZES), f"libsrtp2 {AT:,}",
             "times", "cycles added", "of relay"]]
    rows += [[s, *(f"{ns[s][size]:.0f}" for size in SIZES), f"{peer[s]:.0f}", f"{speedup[s]:.1f}",
              f"{added[s]:.0f}", f"{over[s]:.2f}"] for s in suites]
    note = (f"\n\nof relay: a packet with SRTP on both legs to a plain one of {relay:.0f} cycles over "
            f"memif, {AT:,} endpoints; what is added was measured on the path without a wire")
    plot.lines(args.out / "srtp.svg", "SRTP: protect and unprotect", "streams, in random order",
               "ns a packet", {s: [(size, ns[s][size]) for size in SIZES] for s in suites},
               logx=True)
    figures = {"scenario": name, "relay_cycles_per_packet": round(relay, 1)}
    figures |= {s: {"speedup_over_libsrtp2": speedup[s], "cost_over_relay": over[s],
                    "cycles_added": round(added[s], 1), "ns_per_packet": ns[s],
                    "libsrtp2_ns_per_packet": peer[s]} for s in suites}
    return Report(table(rows) + note, figures)
