# SPDX-License-Identifier: BSD-3-Clause
"""A child process that is ordered about by lines."""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from .machine import BenchError


PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


def die_with_parent():
    """In the child: nothing outlives a driver that was killed."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Process:
    """Standard error goes to a log in the machine's folder; its end is shown when it breaks."""

    def __init__(self, machine, name, words):
        self.name = name
        self.log = machine.folder / f"{name}.log"
        self.pending = b""
        with self.log.open("wb") as log:
            self.child = subprocess.Popen(
                [str(w) for w in words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent)
        machine.processes.append(self)
        self.prefer()

    def prefer(self, core=None):
        """Whatever else runs on these cores comes second: best effort. With a core, the threads
        pinned to it come first and the process's others, such as the recorder's, run only when
        nobody else wants their core, so that they don't disturb the generator."""
        try:
            for task in map(int, os.listdir(f"/proc/{self.child.pid}/task")):
                if core is None or os.sched_getaffinity(task) == {core}:
                    os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))
                    os.setpriority(os.PRIO_PROCESS, task, -20)
                else:
                    os.sched_setscheduler(task, os.SCHED_IDLE, os.sched_param(0))
        except OSError:
            pass

    @contextlib.contextmanager
    def first_on(self, core):
        """Meanwhile its threads pinned to the core have it, whatever else is to run there: best
        effort. Not for long: the kernel's own threads wait as well."""
        try:
            tasks = [task for task in map(int, os.listdir(f"/proc/{self.child.pid}/task"))
                     if os.sched_getaffinity(task) == {core}]
            for task in tasks:
                os.sched_setscheduler(task, os.SCHED_FIFO, os.sched_param(1))
        except OSError:
            tasks = []
        try:
            yield
        finally:
            for task in tasks:
                with contextlib.suppress(OSError):
                    os.sched_setscheduler(task, os.SCHED_OTHER, os.sched_param(0))

    def waited_ns(self):
        """How long its busiest thread has been kept from its core by others, since it began.
        0 where the kernel doesn't tell."""
        busiest = (0, 0)
        for stat in Path(f"/proc/{self.child.pid}/task").glob("*/schedstat"):
            try:
                ran, waited, _ = map(int, stat.read_text().split())
            except (OSError, ValueError):
                continue
            busiest = max(busiest, (ran, waited))
        return busiest[1]

    def broken(self, what):
        tail = self.log.read_text(errors="replace").strip().splitlines()[-5:]
        return BenchError("\n  ".join([f"{self.name}: {what}", *tail]))

    def tell(self, line):
        try:
            self.child.stdin.write(line.encode() + b"\n")
            self.child.stdin.flush()
        except OSError as e:
            raise self.broken(f"gone ({e})") from e

    def line(self, seconds):
        """The next line of output, or BenchError after that time."""
        until = time.monotonic() + seconds
        while b"\n" not in self.pending:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.child.stdout], [], [], left)[0]:
                raise self.broken(f"no answer in {seconds:.0f} s")
            part = os.read(self.child.stdout.fileno(), 65536)
            if not part:
                raise self.broken("ended")
            self.pending += part
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode(errors="replace")

    def line_with(self, text, seconds):
        until = time.monotonic() + seconds
        while True:
            line = self.line(max(0.1, until - time.monotonic()))
            if text in line:
                return line

    def alive(self):
        return self.child.poll() is None

    def end(self, seconds=5):
        """SIGTERM, and SIGKILL where that doesn't help. Harmless when it has ended."""
        if self.alive():
            self.child.send_signal(signal.SIGTERM)
        self.wait(seconds)

    def wait(self, seconds):
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
        for stream in (self.child.stdin, self.child.stdout):
            try:
                stream.close()
            except OSError:
                pass
