# SPDX-License-Identifier: BSD-3-Clause
"""The command line of bench/run."""

import argparse
import json
import signal
import sys
from pathlib import Path

from .machine import BenchError, Machine
from .plot import OUT
from .scenarios import SCENARIOS

EXAMPLES = """examples:
  bench/run                          what there is
  bench/run relay                    the whole measurement, about four minutes
  bench/run relay --json             the same; the last line is one JSON object
  bench/run relay --quick            cycles a packet only, to see whether a change helped
  bench/run relay --wire zero-copy   a wire that costs the system under test no copies
  bench/run relay --build build/x    binaries of another build
  bench/run relay-full --out DIR     plots (SVG) go to DIR instead of bench/out
  bench/run srtp --rounds 1          one round instead of three: quicker, less certain

Needs root, two cores, and 1 GB of 2 MB hugepages, which are taken by sysctl and given back. Nothing
else should run on the machine. Missing packages are installed, and build/ is built."""


def parser():
    p = argparse.ArgumentParser(
        prog="bench/run", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    sub = p.add_subparsers(dest="scenario", metavar="SCENARIO")
    for scenario in SCENARIOS:
        s = sub.add_parser(scenario.name, help=scenario.summary, description=scenario.summary)
        s.add_argument("--json", action="store_true", help="end with one JSON object on one line")
        s.add_argument("--quick", action="store_true",
                       help="leave the search for the highest rate out: for development, also on "
                            "a machine that isn't quiet")
        s.add_argument("--out", type=Path, default=OUT, metavar="DIR",
                       help="where the plots go (default bench/out)")
        s.add_argument("--build", type=Path, help="build folder (default: build, made if it "
                                                  "is not there)")
        s.add_argument("--worker-core", type=int, default=1,
                       help="of the system under test (default 1)")
        s.add_argument("--generator-core", type=int, default=0,
                       help="of the generator, and of everything that is idle (default 0)")
        scenario.arguments(s)
        s.set_defaults(run=scenario.run)
    return p


def list_scenarios():
    for scenario in SCENARIOS:
        print(f"{scenario.name:12} {scenario.summary}")
    print("\nbench/run SCENARIO measures; bench/run --help shows examples.")


def interrupted(signum, _frame):
    raise BenchError(f"stopped by {signal.Signals(signum).name}")


def main(argv):
    args = parser().parse_args(argv)
    if not args.scenario:
        list_scenarios()
        return 0
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    try:
        with Machine(args) as machine:
            report = args.run(machine, args)
    except (BenchError, KeyboardInterrupt) as e:
        print(f"bench/run: {str(e) or 'stopped'}", file=sys.stderr)
        return 1
    print(report.text)
    if args.json:
        print(json.dumps(report.figures))
    sys.stdout.flush()
    return 0 if report.valid else 1


