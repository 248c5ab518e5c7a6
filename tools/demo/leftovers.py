# SPDX-License-Identifier: BSD-3-Clause
"""What a run has made, written down before it is made, so that it can always be removed: at the
end of the run, or by the next one if the run was killed. Only one run at a time."""
import fcntl
import json
import os
import signal
import subprocess
import time

LOCK = "/run/jackfield-run.lock"
NOTES = "/run/jackfield-run.json"


class AnotherRun(Exception):
    pass


def start_time(pid):
    """When that process started, in clock ticks since boot: with the pid it names it for ever."""
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else int(fields[19])


class Leftovers:
    def __init__(self):
        self.lock = open(LOCK, "w")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AnotherRun()
        self.notes = {"processes": [], "links": [], "namespaces": []}
        self.children = {}

    def of_a_former_run(self):
        """Removes what a killed run has left. True if there was anything."""
        try:
            with open(NOTES) as f:
                self.notes = json.load(f)
        except (OSError, ValueError):
            return False
        self.remove()
        return True

    def _write(self):
        with open(NOTES + ".new", "w") as f:
            json.dump(self.notes, f)
        os.replace(NOTES + ".new", NOTES)

    def link(self, name):
        self.notes["links"].append(name)
        self._write()

    def namespace(self, name):
        self.notes["namespaces"].append(name)
        self._write()

    def process(self, child):
        """A subprocess.Popen that ends with this run."""
        self.children[child.pid] = child
        self.notes["processes"].append([child.pid, start_time(child.pid)])
        self._write()
        return child

    def _alive(self, pid, start):
        child = self.children.get(pid)
        if child:
            return child.poll() is None
        return start is not None and start_time(pid) == start

    def _end(self, processes, wait_s):
        for number, patience in ((signal.SIGTERM, wait_s), (signal.SIGKILL, 5)):
            alive = [p for p in processes if self._alive(*p)]
            for pid, _ in alive:
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    pass
            end = time.monotonic() + patience
            while alive and time.monotonic() < end:
                time.sleep(0.02)
                alive = [p for p in alive if self._alive(*p)]
            if not alive:
                return

    def remove(self):
        """Ends the processes, the youngest first, then removes namespaces and interfaces."""
        processes = [tuple(p) for p in reversed(self.notes["processes"])]
        planes, phones = processes[-2:], processes[:-2]
        self._end(phones, 3)
        for process in planes:
            self._end([process], 5)
        for name in self.notes["links"]:
            if os.path.exists("/sys/class/net/" + name):
                quiet("ip", "link", "del", name)
        for name in self.notes["namespaces"]:
            if os.path.exists("/run/netns/" + name):
                quiet("ip", "netns", "del", name)
        if os.path.exists(NOTES):
            os.unlink(NOTES)
        self.notes = {"processes": [], "links": [], "namespaces": []}


def quiet(*command):
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
