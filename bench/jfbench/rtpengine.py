# SPDX-License-Identifier: BSD-3-Clause
"""rtpengine from Debian's package as a system under test: in user space, one media thread, calls
made by its "ng" protocol as a SIP proxy would make them.

A stream whose socket overflowed is not relayed by this version any more, at whatever rate. So calls
are made anew after each trial with losses, or every rate after the first flood would fail."""

import ctypes
import os
import re
import socket
import threading
import time
from pathlib import Path

from .machine import BenchError, command
from .process import Process

ADDRESS = "10.77.0.1"
NG_PORT = 2223
PORTS = (10000, 60000)  # that it hands out
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def remote(endpoint):
    """The socket of an endpoint's party: jf_bench_plan_remote in C."""
    place, host = endpoint % 100, 1 + endpoint // 100
    return f"198.18.{host >> 8}.{host & 255}", 20000 + 2 * place


def bencode(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencode(k) + bencode(v) for k, v in sorted(value.items())) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    text = value.encode()
    return b"%d:%s" % (len(text), text)


def socket_in(netns):
    """A UDP socket of another network namespace: only the thread that makes it goes there."""
    made = []

    def make():
        with open(f"/run/netns/{netns}", "rb") as ns:
            if LIBC.setns(ns.fileno(), CLONE_NEWNET):
                return
        made.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if not made:
        raise BenchError(f"cannot enter the network namespace {netns}")
    return made[0]


class Rtpengine:
    name = "rtpengine"
    system = "relay"
    modest_pps = 2e4
    breaks_when_flooded = True

    def __init__(self, machine, wire):
        self.machine = machine
        self.wire = wire
        self.process = None
        self.ports = {}
        self.before = None
        self.calls = 0
        self.times = 0
        self.ng = None

    def start(self):
        ip = ("ip", "-n", self.machine.netns)
        command(*ip, "link", "set", "wire", "down")
        command(*ip, "link", "set", "wire", "address", "02:4a:46:00:00:01", "up")
        command(*ip, "address", "add", f"{ADDRESS}/16", "dev", "wire")
        command(*ip, "neigh", "replace", "10.77.255.254", "lladdr", "02:4a:46:00:00:fe", "dev",
                "wire", "nud", "permanent")
        command(*ip, "route", "replace", "198.18.0.0/15", "via", "10.77.255.254", "dev", "wire")
        self.process = Process(self.machine, self.name, [
            "ip", "netns", "exec", self.machine.netns, "taskset", "-c",
            self.machine.args.worker_core, "rtpengine", "--foreground", "--log-stderr",
            "--log-level=3", "--table=-1", f"--interface={ADDRESS}",
            f"--listen-ng=127.0.0.1:{NG_PORT}", "--num-threads=1", "--endpoint-learning=off",
            f"--port-min={PORTS[0]}", f"--port-max={PORTS[1]}", "--timeout=3600",
            f"--pidfile={self.machine.folder}/rtpengine.pid"])
        self.ng = socket_in(self.machine.netns)
        self.ng.settimeout(1)
        self.ng.connect(("127.0.0.1", NG_PORT))

    def ready(self):
        for _ in range(50):
            try:
                if b"pong" in self.ask({"command": "ping"}):
                    return
            except OSError:
                time.sleep(0.1)
        raise self.process.broken("doesn't answer")

    def ask(self, request):
        self.calls += 1
        cookie = b"%d" % self.calls
        self.ng.send(cookie + b" " + bencode(request))
        while True:
            answer = self.ng.recv(65536)
            if answer.startswith(cookie + b" "):
                return answer

    def describe(self, endpoint):
        ip, port = remote(endpoint)
        return (f"v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
                f"m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n")

    def port_in(self, answer):
        found = re.search(rb"m=audio (\d+) ", answer)
        if b"6:result2:ok" not in answer or not found:
            raise BenchError(f"rtpengine: {answer.decode(errors='replace')[:300]}")
        return int(found.group(1))

    def open(self, endpoints):
        for caller in range(0, endpoints, 2):
            if caller in self.ports:
                continue
            call = {"call-id": f"bench-{caller}-{self.times}", "from-tag": "a", "ICE": "remove",
                    "flags": ["trust-address"]}
            offered = self.ask(call | {"command": "offer", "sdp": self.describe(caller)})
            answered = self.ask(call | {"command": "answer", "to-tag": "b",
                                        "sdp": self.describe(caller + 1)})
            self.ports[caller + 1] = self.port_in(offered)  # where the callee sends to
            self.ports[caller] = self.port_in(answered)

    def renew(self):
        """The same calls again, on other ports."""
        endpoints = len(self.ports)
        for caller in range(0, endpoints, 2):
            self.ask({"command": "delete", "call-id": f"bench-{caller}-{self.times}",
                      "from-tag": "a", "delete-delay": "0"})
        self.times += 1
        self.ports = {}
        self.open(endpoints)

    def local_ports(self):
        return self.ports

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.child.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def reset_cycles(self):
        self.before = self.cpu_seconds()

    def cpu_seconds_since(self):
        return self.cpu_seconds() - self.before

    def late(self):
        """rtpengine does not look."""

    def drops(self):
        return {}

    def stop(self):
        if self.ng:
            self.ng.close()
        if self.process and self.process.alive():
            self.process.end()
