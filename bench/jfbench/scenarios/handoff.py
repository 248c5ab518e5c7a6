# SPDX-License-Identifier: BSD-3-Clause
"""Packets that arrive at a worker that doesn't own their endpoints: what it costs the one that
receives and the one that owns, against packets that a device has steered to their owner."""

import json
from statistics import median

from .. import plot
from ..machine import command, say
from ..report import Report, table

name = "handoff"
summary = "packets handed from the worker that receives to the one that owns, against steered ones"

SIZES = (100, 1_000, 10_000, 100_000)
PACKETS = 4_000_000
MEMORY_MB = 640
PARTS = {"direct": "steered: the owner receives", "giving": "handed: the receiver's part",
         "taking": "handed: the owner's part"}


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of all sizes in turn (default 5)")


def measure(machine, endpoints):
    args = machine.args
    cores = ["-l", f"{args.worker_core},{args.generator_core}", "--main-lcore", args.worker_core]
    return json.loads(command(
        machine.program("bench/handoff/jf-bench-handoff"),
        *machine.eal("handoff", cores, MEMORY_MB), "--vdev", "net_null0", "--log-level=error",
        "--", endpoints, PACKETS))


def run(machine, args):
    rounds = []
    for n in range(args.rounds):
        rounds.append({size: measure(machine, size) for size in SIZES})
        say(f"  round {n + 1}: " + "; ".join(
            f"{size:,}: {r['direct']:.0f} direct, {r['giving']:.0f} + {r['taking']:.0f} handed"
            for size, r in rounds[-1].items()))
    cycles = {part: {size: median(r[size][part] for r in rounds) for size in SIZES}
              for part in PARTS}
    cost = {size: round(median((r[size]["giving"] + r[size]["taking"]) / r[size]["direct"]
                               for r in rounds), 2) for size in SIZES}
    rows = [["cycles a packet", *(f"{size:,} endpoints" for size in SIZES)]]
    rows += [[text, *(f"{cycles[part][size]:.0f}" for size in SIZES)]
             for part, text in PARTS.items()]
    rows.append(["both parts of a handed one to a steered one",
                 *(f"{cost[size]:.2f}" for size in SIZES)])
    plot.lines(args.out / "handoff.svg", "Hand-over between workers: cycles a packet",
               "endpoints, in random order", "cycles a packet",
               {text: [(size, cycles[part][size]) for size in SIZES]
                for part, text in PARTS.items()}, logx=True)
    figures = {"scenario": name, "cycles_per_packet": cycles, "cost_over_direct": cost,
               "lost": sum(r[size]["lost"] for r in rounds for size in SIZES)}
    shown = table(rows) + ("\n\nthe path alone: no device on either side; two cores, one worker "
                           "each, joined by the hand-over ring")
    return Report(shown, figures)
