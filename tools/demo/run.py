# SPDX-License-Identifier: BSD-3-Clause
"""Starts the engine on the embedded default, has demo phones place real calls with real speech, and
shows them until Ctrl-C.

usage: tools/run [--calls N] [--json] [--no-demo] [--dir D]

What it makes (processes, the interfaces jf-media and jf0, the network namespace jf-phones) it
removes again, after Ctrl-C, after an error, and after a former run that was killed.
"""
import argparse
import asyncio
import json
import os
import shutil
import signal
import sys

import calls as demo_calls
import engine as demo_engine
import flows as demo_flows
import leftovers as demo_leftovers
import screen as demo_screen

DIRECTORY = os.path.join(demo_engine.TOP, "tools", "demo", "directory")
JF = os.path.relpath(os.path.join(demo_engine.BUILD, "tools", "jf", "jf"))


def arguments():
    parser = argparse.ArgumentParser(prog="tools/run", usage=argparse.SUPPRESS,
                                     description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, metavar="N",
                        help="stop after N calls with a summary; fail if one failed")
    parser.add_argument("--json", action="store_true",
                        help="print that summary as one JSON object, on the last line")
    parser.add_argument("--no-demo", action="store_true", help="the engine alone, without phones")
    parser.add_argument("--dir", metavar="D", help="keep state, recordings and logs in D")
    options = parser.parse_args()
    if options.calls is not None and options.calls < 1:
        parser.error("--calls wants a number from 1")
    if options.no_demo and (options.calls or options.json):
        parser.error("--no-demo places no calls: neither --calls nor --json go with it")
    if options.dir:
        options.dir = os.path.abspath(options.dir)
        # The node file's limit on a path, less what is put behind it.
        if len(options.dir) > 160 or not options.dir.isprintable() or " " in options.dir:
            parser.error("--dir wants a path without blanks of at most 160 characters")
    return options


async def demo(engine, leftovers, screen, options):
    """Returns the summary, also when interrupted."""
    traffic = screen.traffic = demo_calls.Traffic(engine, leftovers, options.calls, screen.event)
    before = engine.ask("status")
    await traffic.start()
    screen.line("%d agents registered, %d callers begin"
                % (len(traffic.agents), len(traffic.callers)))
    screen.clear()
    refresh = asyncio.create_task(screen.refresh(engine))
    work = asyncio.create_task(traffic.run())
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, work.cancel)
    interrupted = False
    try:
        await work
    except asyncio.CancelledError:
        interrupted = True
    refresh.cancel()
    traffic.events.cancel()
    if interrupted and options.calls is None:
        # Those in progress are nobody's failure.
        traffic.offered = len(traffic.finished)
    return traffic.summary(before)


def wait_for_signal(engine, screen):
    screen.line("the engine runs: %s --run-dir %s    (Ctrl-C ends it)" % (JF, demo_engine.RUN_DIR))
    signals = (signal.SIGINT, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    while not signal.sigtimedwait(signals, 1):
        engine.check()


def conclude(summary, screen, options):
    calls, rtp = summary["calls"], summary["rtp"]
    if options.json:
        print(json.dumps(summary), flush=True)
    else:
        screen.line("")
        screen.line("calls       %d offered, %d answered, %d failed"
                    % (calls["offered"], calls["answered"], calls["failed"]))
        screen.line("flow        %d callers: %s" % (summary["flow"]["callers"], ", ".join(
            "%d to %s" % (n, queue) for queue, n in summary["flow"]["to"].items())))
        screen.line("transfers   %d blind, %d attended" % (summary["transfers"]["blind"],
                                                       summary["transfers"]["attended"]))
        screen.line("rtp         %d relayed, %d lost, dropped: %s"
                    % (rtp["relayed"], rtp["lost"],
                       ", ".join("%d %s" % (n, name) for name, n in rtp["dropped"].items()) or 0))
        screen.line("digits      %d" % summary["digits"])
        screen.line("recordings  %d%s" % (len(summary["recordings"]), "".join(
            "\n            %s" % r["path"] for r in summary["recordings"][-3:])))
    return 1 if calls["failed"] else 0


def work(options, leftovers, screen):
    if leftovers.of_a_former_run():
        screen.line("removed what a former run had left behind")
    engine = demo_engine.Engine(leftovers, options.dir)
    demo_engine.make_network(leftovers)
    screen.line("starting the engine with %s" % ("hugepages" if engine.huge else
                                                "--no-huge: no hugepages are free"))
    engine.start()
    try:
        demo_flows.make_prompts()
        engine.apply(DIRECTORY)
        if options.no_demo:
            wait_for_signal(engine, screen)
            return 0
        return conclude(asyncio.run(demo(engine, leftovers, screen, options)), screen, options)
    except (OSError, demo_engine.Failed):
        engine.check()  # tells more, if it is a plane that has ended
        raise


def main():
    options = arguments()
    screen = demo_screen.Screen(options.json)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        leftovers = demo_leftovers.Leftovers()
    except demo_leftovers.AnotherRun:
        print("tools/run: another run is under way on this machine", file=sys.stderr)
        return 1
    try:
        return work(options, leftovers, screen)
    except demo_engine.Failed as error:
        print("tools/run: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    finally:
        # Nothing interrupts the cleaning up.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        leftovers.remove()
        for folder in ("phones", "prompts"):
            shutil.rmtree(os.path.join(demo_engine.RUN_DIR, folder), ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
