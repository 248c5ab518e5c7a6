# SPDX-License-Identifier: BSD-3-Clause
"""Mixing: what a party of a conference costs for each 20 ms, from RTP in to RTP out, against plain
loops over samples that do nothing but decode, sum for each listener and encode."""

import json
from statistics import median

from .. import plot
from ..machine import command, say
from ..report import Report, table

name = "mix"
summary = "conferences of 2 to 25 parties, and of 3 until a core is full, against plain scalar loops"

FRAME_NS = 20e6
PARTIES = (2, 3, 4, 6, 8, 12, 16, 25)  # 25: a party hears 24 others at most
CONFERENCES = (1, 10, 100, 1_000, 3_000, 6_000, 12_000)  # of 3: caller, agent, supervisor
TOGETHER = 300  # parties, while their number in a conference is what changes
MEMORY_MB = 768
FRAMES = 100


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="of all sizes in turn (default 5)")


def measure(machine, conferences, parties, codec="pcmu"):
    frames = max(10, min(FRAMES, 400_000 // (conferences * parties)))
    found = json.loads(command(
        machine.program("bench/mix/jf-bench-mix"),
        *machine.eal("mix", ["-l", machine.args.worker_core], MEMORY_MB), "--vdev", "net_null0",
        "--log-level=error", "--", conferences, parties, frames, codec))
    found["speedup"] = found["ns_scalar"] / found["ns_party_frame"]
    return found


def one_round(machine):
    found = {("parties", n): measure(machine, max(1, TOGETHER // n), n) for n in PARTIES}
    found |= {("conferences", n): measure(machine, n, 3) for n in CONFERENCES}
    found["g722"] = measure(machine, 10, 3, "g722")
    return found


def run(machine, args):
    rounds = []
    for n in range(args.rounds):
        rounds.append(one_round(machine))
        say(f"  round {n + 1}: " + "; ".join(
            f"{size} parties: {rounds[-1]['parties', size]['ns_party_frame']:.0f} ns"
            for size in PARTIES))

    def middle(key, figure):
        return round(median(r[key][figure] for r in rounds), 2)

    wrong = sum(found["drops"] + max(0, found["expected"] - found["sent"])
                for r in rounds for found in r.values())
    by_size = {n: middle(("parties", n), "ns_party_frame") for n in PARTIES}
    scalar = {n: middle(("parties", n), "ns_scalar") for n in PARTIES}
    speedup = {n: middle(("parties", n), "speedup") for n in PARTIES}
    by_count = {n: middle(("conferences", n), "ns_party_frame") for n in CONFERENCES}
    # at most what the first size that is too much for a core costs lets through
    fitting = [n for n in CONFERENCES if n * 3 * by_count[n] <= FRAME_NS]
    beyond = [n for n in CONFERENCES if n not in fitting]
    per_core = max(3 * fitting[-1], int(FRAME_NS / by_count[beyond[0]]) if beyond else 0)
    rows = [["parties in a conference", *(str(n) for n in PARTIES)],
            ["ns for a party and frame", *(f"{by_size[n]:.0f}" for n in PARTIES)],
            ["plain loops", *(f"{scalar[n]:.0f}" for n in PARTIES)],
            ["faster by", *(f"{speedup[n]:.1f}" for n in PARTIES)]]
    counts = [["conferences of 3", *(f"{n:,}" for n in CONFERENCES)],
              ["ns for a party and frame", *(f"{by_count[n]:.0f}" for n in CONFERENCES)],
              ["of a core", *(f"{n * 3 * by_count[n] / FRAME_NS:.0%}" for n in CONFERENCES)]]
    plot.lines(args.out / "mix.svg", "Mixing: nanoseconds for a party and frame of 20 ms",
               "parties in a conference", "ns",
               {"Jackfield, from RTP in to RTP out": list(by_size.items()),
                "plain loops: decode, sum, encode": list(scalar.items())})
    plot.lines(args.out / "mix-conferences.svg", "Mixing: many conferences of three on one core",
               "conferences", "ns for a party and frame",
               {"Jackfield": list(by_count.items())}, logx=True)
    figures = {"scenario": name, "parties_per_core": per_core, "ns_per_party_frame": by_size,
               "speedup_over_scalar": speedup, "ns_by_conferences_of_3": by_count,
               "ns_g722": middle("g722", "ns_party_frame"),
               "kernels": rounds[0]["parties", 2]["kernels"], "wrong": wrong}
    shown = (table(rows) + "\n\n" + table(counts) +
             f"\n\n{per_core:,} parties a core in conferences of three; a party of G.722 costs "
             f"{figures['ns_g722'] / 1000:.1f} us; the path alone, no device")
    return Report(shown, figures)
