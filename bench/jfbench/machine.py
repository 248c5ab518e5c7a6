# SPDX-License-Identifier: BSD-3-Clause
"""What a benchmark takes from the machine, and gives back: a folder, hugepages, a network
namespace, processes. Everything carries this process's id in its name."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

CORRECT_IN_ANY_BUILD = ("sip", "overload")  # tools/test runs their --quick with sanitizers
REPO = Path(__file__).resolve().parents[2]
HUGEPAGES = 448  # of 2 MB: generator 96, testpmd 32, the dataplane with 100,000 endpoints the rest
HUGEPAGES_SYSCTL = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages")
AUTOGROUPS = Path("/proc/sys/kernel/sched_autogroup_enabled")
HUGEPAGES_FREE = Path("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages")


class BenchError(Exception):
    """Something that the user has to know; ends the run with exit code 1."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def command(*words):
    """Runs a command to its end. Output, or BenchError with what it said."""
    try:
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=600,
                              check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        raise BenchError(f"{words[0]}: {e}") from e
    if done.returncode != 0:
        raise BenchError(f"{' '.join(str(w) for w in words)}: "
                         f"{done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def sweep():
    """Gives back what a run that was killed had taken."""
    for folder in Path("/run").glob("jfbench-*"):
        if not Path(f"/proc/{folder.name.removeprefix('jfbench-')}").exists():
            for mount in ("huge", "recordings"):
                subprocess.run(["umount", "-l", folder / mount], capture_output=True, check=False)
            shutil.rmtree(Path("/var/tmp") / folder.name, ignore_errors=True)
            for netns in (folder.name, f"{folder.name}g"):  # the generator's, on a veth wire
                subprocess.run(["ip", "netns", "del", netns], capture_output=True, check=False)
            shutil.rmtree(folder, ignore_errors=True)


class Machine:
    """A context: taken on enter, given back on exit, whatever happened between."""

    def __init__(self, args):
        self.args = args
        self.name = f"jfbench-{os.getpid()}"
        self.folder = Path("/run") / self.name
        self.huge = self.folder / "huge"
        self.netns = self.name
        self.build = args.build
        self.processes = []
        self.hugepages_before = None
        self.undo = []

    def __enter__(self):
        try:
            self.check()
            sweep()
            self.compile()
            self.folder.mkdir(mode=0o700)
            self.undo.append(lambda: shutil.rmtree(self.folder, ignore_errors=True))
            self.take_hugepages()
            self.order_threads()
            command("ip", "netns", "add", self.netns)
            self.undo.append(lambda: command("ip", "netns", "del", self.netns))
            command("ip", "-n", self.netns, "link", "set", "lo", "up")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.end()
        for undo in reversed(self.undo):
            try:
                undo()
            except BenchError as e:
                say(f"cleaning up: {e}")
        self.undo.clear()

    def check(self):
        if os.geteuid() != 0:
            raise BenchError("needs root: hugepages, a network namespace, a tap")
        cores = os.sched_getaffinity(0)
        wanted = {self.args.worker_core, self.args.generator_core}
        if len(wanted) != 2 or not wanted <= cores:
            raise BenchError(f"needs two different cores of {sorted(cores)}: one for the system "
                             "under test, one for the generator")

    def compile(self):
        """Installs and builds what is missing in build/, which tools/run shares; a folder that was
        named is taken as it is."""
        if self.build is None:
            command(REPO / "tools/deps", "--bench")
            self.build = REPO / "build"
            if not (self.build / "build.ninja").exists():
                say("configuring build/")
                command("meson", "setup", self.build, REPO, "--buildtype=release")
            say("building")
            command("ninja", "-C", self.build)
        self.build = self.build.resolve()
        if not (self.build / "build.ninja").exists():
            raise BenchError(f"{self.build} isn't a build folder")
        options = {o["name"]: o["value"] for o in json.loads(
            (self.build / "meson-info/intro-buildoptions.json").read_text())}
        plain = options["buildtype"] == "release" and options["b_sanitize"] == "none"
        if not plain and not (self.args.quick and self.args.scenario in CORRECT_IN_ANY_BUILD):
            raise BenchError(f"{self.build} isn't a plain release build, so it measures nothing")

    def program(self, path):
        found = self.build / path
        if not found.exists():
            raise BenchError(f"{found} is missing: build it first")
        return found

    def order_threads(self):
        """With autogroups the kernel shares a core between programs, whatever their threads'
        priorities; see Process.prefer."""
        before = AUTOGROUPS.read_text() if AUTOGROUPS.exists() else "0"
        if before.strip() != "0":
            AUTOGROUPS.write_text("0")
            self.undo.append(lambda: AUTOGROUPS.write_text(before))

    def take_hugepages(self):
        self.huge.mkdir()
        command("mount", "-t", "hugetlbfs", "-o", "pagesize=2M", "none", self.huge)
        self.undo.append(lambda: command("umount", "-l", self.huge))
        free = int(HUGEPAGES_FREE.read_text())
        if free >= HUGEPAGES:
            return
        before = int(HUGEPAGES_SYSCTL.read_text())
        HUGEPAGES_SYSCTL.write_text(str(before + HUGEPAGES - free))
        self.undo.append(lambda: HUGEPAGES_SYSCTL.write_text(str(before)))
        say(f"hugepages: {before} raised to {before + HUGEPAGES - free} for the run")
        if int(HUGEPAGES_FREE.read_text()) < HUGEPAGES:
            raise BenchError(f"{HUGEPAGES} free hugepages of 2 MB are needed; the kernel gave "
                             f"{int(HUGEPAGES_FREE.read_text())}")

    def eal(self, prefix, cores, memory_mb):
        """EAL arguments that every process on the wire shares."""
        return [*cores, "--single-file-segments", "--no-pci", "--no-telemetry", "--huge-dir",
                str(self.huge), "--file-prefix", f"{self.name}-{prefix}", "-m", str(memory_mb)]
