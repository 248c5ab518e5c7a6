# SPDX-License-Identifier: BSD-3-Clause
"""The SRTP transform, by suite: ipsec-mb against libsrtp2 in the same run, streams in random
order. The transform alone; what it costs on top of a relay is not measured here."""

import json
from statistics import median

from .. import plot
from ..machine import command, say
from ..report import Report, table

name = "srtp"
summary = "SRTP protect and unprotect, each suite, against libsrtp2"

SIZES = (100, 2_000, 10_000, 100_000)
PACKETS = {"ipsec-mb": 640_000, "libsrtp2": 32_000}
AT = 2_000  # streams, of the figure speedup_over_libsrtp2


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=3, help="of both in turn (default 3)")


def measure(machine, backend, streams):
    done = json.loads(command(machine.program("bench/srtp/jf-bench-srtp"), backend, streams,
                              PACKETS[backend]))
    return {suite: ns["protect"] + ns["unprotect"] for suite, ns in done.items()}


def run(machine, args):
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
    rows = [["protect and unprotect, ns", *(f"{size:,}" for size in SIZES), f"libsrtp2 {AT:,}",
             "times"]]
    rows += [[s, *(f"{ns[s][size]:.0f}" for size in SIZES), f"{peer[s]:.0f}", f"{speedup[s]:.1f}"]
             for s in suites]
    plot.lines(args.out / "srtp.svg", "SRTP: protect and unprotect", "streams, in random order",
               "ns a packet", {s: [(size, ns[s][size]) for size in SIZES] for s in suites},
               logx=True)
    figures = {"scenario": name,
               "suites": {s: {"ns_per_packet": ns[s], "libsrtp2_ns_per_packet": peer[s],
                              "speedup_over_libsrtp2": speedup[s]} for s in suites}}
    return Report(table(rows), figures)
