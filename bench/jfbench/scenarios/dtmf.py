# SPDX-License-Identifier: BSD-3-Clause
"""In-band DTMF in G.711: our detector, many streams in vector lanes, against a plain loop over
spandsp's, which is the oracle: speed, the same answers on a battery, false keys in speech."""

import json
from pathlib import Path
from statistics import median

from .. import plot
from ..machine import BenchError, command, say
from ..report import Report, table

name = "dtmf"
summary = "in-band DTMF, against a plain loop over spandsp's detector"

SIZES = (100, 1_000, 10_000, 100_000)
SOUNDS = Path("/usr/share/asterisk/sounds")
HOUR_S = 3600
VOICES = ("en-us", "en-gb", "de", "es", "fr", "pt-br", "it", "pl")
TEXT = ("Thank you for calling. Your call is important to us, and an agent will be with you as soon "
        "as possible. If you know the extension of the person, please say it now. Our opening hours "
        "are from nine in the morning until six in the evening, Monday to Friday, and from ten to "
        "two on Saturday. Seven hundred and ninety people have asked for the same thing today. ")


def arguments(parser):
    parser.add_argument("--rounds", type=int, default=3, help="of all sizes in turn (default 3)")


def seconds(path):
    return path.stat().st_size / 2 / 8000


def hour_of_speech(machine):
    """Prompts as they are, then slower and softer, then synthetic voices until the hour is full."""
    prompts = sorted(SOUNDS.rglob("*.wav"))
    if not prompts:
        raise BenchError(f"no speech under {SOUNDS}: install asterisk-core-sounds-en-wav")
    raw = ("-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1")
    parts = []
    for effects in ((), ("tempo", "0.87", "gain", "-9")):
        parts.append(machine.folder / f"prompts-{len(parts)}.raw")
        command("sox", *prompts, *raw, parts[-1], *effects)
    for voice in VOICES * 20:
        if sum(map(seconds, parts)) >= HOUR_S:
            break
        spoken = machine.folder / "spoken.wav"
        command("espeak-ng", "-v", voice, "-s", 110 + 12 * len(parts) % 80, "-w", spoken, TEXT * 3)
        parts.append(machine.folder / f"spoken-{len(parts)}.raw")
        command("sox", spoken, *raw, parts[-1], "gain", "-3")
    speech = machine.folder / "speech.raw"
    speech.write_bytes(b"".join(part.read_bytes() for part in parts)[:HOUR_S * 8000 * 2])
    for part in parts:
        part.unlink()
    if seconds(speech) < HOUR_S:
        raise BenchError(f"only {seconds(speech):.0f} s of speech could be made")
    return speech


def measure(machine, *words):
    # huge pages for both, as the dataplane has them
    return json.loads(command("env", "GLIBC_TUNABLES=glibc.malloc.hugetlb=1",
                              "taskset", "-c", machine.args.worker_core,
                              machine.program("bench/dtmf/jf-bench-dtmf"), *words))


def speeds(machine, rounds, speech):
    found = {size: [] for size in SIZES}
    for n in range(rounds):
        for size in SIZES:
            found[size].append(measure(machine, "speed", size, speech))
        say(f"  round {n + 1}: " + "; ".join(f"{size:,}: {found[size][-1]['speedup']:.1f} times"
                                             for size in SIZES))
    return found


def draw(out, rounds, ways):
    ns = {"spandsp, a plain loop": [(size, median(r["spandsp_ns"] for r in rounds[size]))
                                    for size in SIZES]}
    for way in ways:
        ns[way] = [(size, median(r["ways_ns"][way] for r in rounds[size])) for size in SIZES]
    plot.lines(out / "dtmf.svg", "In-band DTMF: nanoseconds a packet of 20 ms",
               "streams, in random order; packets in cache", "ns a packet", ns, logx=True)
    return ns


def run(machine, args):
    say("making an hour of speech")
    speech = hour_of_speech(machine)
    rounds = speeds(machine, args.rounds, speech)
    ways = list(rounds[SIZES[0]][0]["ways_ns"])
    ns = draw(args.out, rounds, ways)
    say("battery: twist, frequency, level, noise, dial tone, length")
    battery = measure(machine, "battery")
    false = measure(machine, "speech", speech)
    speedup = {size: round(median(r["speedup"] for r in rounds[size]), 2) for size in SIZES}
    rows = [["ns a packet", *(f"{size:,} streams" for size in SIZES)]]
    rows += [[label, *(f"{value:.0f}" for _, value in points)] for label, points in ns.items()]
    rows.append([f"spandsp to {ways[-1]}", *(f"{speedup[size]:.1f}" for size in SIZES)])
    answers = [["battery", "sent", "spandsp", "ours", "the same"]]
    answers += [[case, *(f"{b[key]:,}" for key in ("sent", "spandsp", "ours", "same"))]
                for case, b in battery.items()]
    figures = {
        "scenario": name,
        "speedup_over_spandsp": min(speedup.values()),
        "speedup_by_streams": speedup,
        "agreement": round(battery["all"]["agreement"], 6),
        "battery": battery,
        "ns_per_frame": {way: dict(points) for way, points in ns.items()},
        "speech_s": false["seconds"],
        "false_digits": {"ours": false["found"]["ours"], "spandsp": false["found"]["spandsp"]},
    }
    shown = "\n".join([
        table(rows), "", table(answers), "",
        f"false keys in {false['seconds'] / 3600:.1f} h of speech, in both laws: "
        f"{false['found']['ours']} ours, {false['found']['spandsp']} spandsp's"])
    return Report(shown, figures)
