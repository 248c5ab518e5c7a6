# SPDX-License-Identifier: BSD-3-Clause
"""A simulated day of a centre of 5,000 agents, twice, on the ACD itself: seconds, whether both days
were the same to the byte, service level, and how good the announced waits were. Small centres that
fit their assumptions are held against Erlang C and Erlang A: each of ten seeds, a steady state of
600,000 calls, within two points."""

import json

from ..machine import BenchError, command, say
from ..report import Report, table

name = "day"
summary = "a simulated day of 5,000 agents and 1,000,000 calls; Erlang C and A"

SEEDS = 10
POINTS = 2  # that no seed may be off a formula


def arguments(parser):
    parser.add_argument("--seed", type=int, default=1, help="of the day (default 1)")


def measure(machine, *words):
    return json.loads(command("taskset", "-c", machine.args.worker_core,
                              machine.program("bench/day/jf-bench-day"), *words))


def run(machine, args):
    days = []
    for n in range(2):
        days.append(measure(machine, "day", args.seed))
        say(f"  day {n + 1}: {days[-1]['seconds']:.1f} s, digest {days[-1]['digest']}")
    if days[0]["digest"] != days[1]["digest"]:
        raise BenchError("two days of one seed differ")
    erlang = {} if args.quick else {way: measure(machine, f"erlang-{way}", SEEDS) for way in "ca"}
    day = min(days, key=lambda d: d["seconds"])
    figures = {
        "scenario": name,
        "offered": day["offered"],
        "abandon_rate": day["abandon_rate"],
        "asa_s": day["asa_s"],
        "occupancy": day["occupancy"],
        "estimates": day["estimates"],
        "estimate_error": day["estimate_error"],
        **{f"erlang_{way}_points_off": round(100 * e["difference"], 2)
           for way, e in erlang.items()},
        **{f"erlang_{way}_worst_seed_points_off": round(100 * e["worst_seed"], 2)
           for way, e in erlang.items()},
        "seconds": day["seconds"],
        "digest": day["digest"],
        "service_level": day["service_level"],
    }
    rows = [["service level in 20 s", "formula", "simulated", "worst seed off by"]]
    rows += [[f"Erlang {way.upper()}, mean of {SEEDS} seeds", f"{100 * e['formula']:.1f} %",
              f"{100 * e['simulated']:.1f} %", f"{100 * e['worst_seed']:.1f} points"]
             for way, e in erlang.items()]
    shown = [f"{day['offered']:,} calls, 5,000 agents: {day['seconds']:.1f} s, twice the same",
             f"service level {100 * day['service_level']:.1f} % in 20 s, ASA {day['asa_s']:.1f} s, "
             f"abandoned {100 * day['abandon_rate']:.1f} %, "
             f"occupancy {100 * day['occupancy']:.1f} %",
             f"announced waits: median error {100 * day['estimate_error']:.1f} % over "
             f"{day['estimates']:,} waits of more than 30 s"]
    if erlang:
        shown += ["", table(rows)]
    agree = all(100 * e["worst_seed"] <= POINTS for e in erlang.values())
    if not agree:
        shown.append(f"not valid: a seed is more than {POINTS} points off its formula")
    return Report("\n".join(shown), figures, valid=agree)
