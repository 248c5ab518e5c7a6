# SPDX-License-Identifier: BSD-3-Clause
"""Pictures of what was measured: SVG files, drawn by gnuplot."""

import subprocess

from .machine import BenchError, REPO, say

OUT = REPO / "bench/out"  # where pictures go unless --out names a folder
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")  # colour-blind safe


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def block(n, points):
    return [f"$series{n} << EOD", *(f"{x} {y}" for x, y in points), "EOD"]


def lines(path, title, xlabel, ylabel, series, logx=False):
    """One line with points for each of series, {name: [(x, y), ..]}, into the SVG file path. Gives
    the path."""
    drawn = {name: points for name, points in series.items() if points}
    script = ["set terminal svg size 800,480 noenhanced background rgb 'white'",
              f"set output {quoted(str(path))}", f"set title {quoted(title)}",
              f"set xlabel {quoted(xlabel)}", f"set ylabel {quoted(ylabel)}",
              "set grid", "set key outside below", "set yrange [0:*]"]
    if logx:
        script.append("set logscale x 10")
    curves = []
    for n, (name, points) in enumerate(drawn.items()):
        script += block(n, points)
        curves.append(f"$series{n} using 1:2 with linespoints lw 2 pt 7 ps 0.6 "
                      f"lc rgb '{COLOURS[n % len(COLOURS)]}' title {quoted(name)}")
    script.append("plot " + ", ".join(curves))
    return draw(path, script)


def stacks(path, title, ylabel, bars):
    """One bar for each of bars, {name: {part: height}}, the parts on each other. Gives the path."""
    parts = list(dict.fromkeys(part for bar in bars.values() for part in bar))
    rows = [f"{quoted(name)} " + " ".join(str(bar.get(part, 0)) for part in parts)
            for name, bar in bars.items()]
    script = ["set terminal svg size 800,480 noenhanced background rgb 'white'",
              f"set output {quoted(str(path))}", f"set title {quoted(title)}",
              f"set ylabel {quoted(ylabel)}", "set style data histograms",
              "set style histogram rowstacked", "set style fill solid 0.9 border -1",
              "set boxwidth 0.6", "set grid ytics", "set key outside right invert",
              "set yrange [0:*]", "$bars << EOD", *rows, "EOD"]
    script.append("plot " + ", ".join(
        f"$bars using {n + 2}{':xtic(1)' if n == 0 else ''} title {quoted(part)}"
        for n, part in enumerate(parts)))
    return draw(path, script)


def draw(path, script):
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(["gnuplot"], input="\n".join(script) + "\n", text=True,
                              capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise BenchError(f"gnuplot: {e}") from e
    if done.returncode != 0:
        raise BenchError(f"gnuplot: {done.stderr.strip()}")
    say(f"drawn: {path}")
    return path
