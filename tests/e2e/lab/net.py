# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces for one test run: the engine's and the phones', joined by a veth pair.

Names carry the pid of the run, so that several runs stand side by side, and what a run that was
killed has left behind can be told and removed by the next one.
"""
import contextlib
import os
import re
import signal
import subprocess
import sys

PREFIX = "jft"
VLAN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "vlan.py")
ENGINE_IP = "10.77.0.1"
ENGINE_IP6 = "2001:db8:77::1"
PREFIX_LENGTH = 16


def sh(*args, check=True):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if check and done.returncode:
        raise RuntimeError("%s: %s" % (" ".join(args), done.stdout.strip()))
    return done.stdout


def remove(namespace):
    """With the processes in it, which would go on in a namespace that no one finds any more."""
    for pid in sh("ip", "netns", "pids", namespace, check=False).split():
        with contextlib.suppress(ProcessLookupError, ValueError):
            os.kill(int(pid), signal.SIGKILL)
    sh("ip", "netns", "del", namespace, check=False)


def sweep_leftovers():
    """Removes the namespaces of runs whose process is gone."""
    for name in re.findall(r"^(%s\d+[a-z])\b" % PREFIX, sh("ip", "netns", "list"), re.M):
        pid = int(re.search(r"\d+", name).group())
        if not os.path.exists("/proc/%d" % pid):
            remove(name)


class Net:
    """with Net() as net: net.engine and net.phones are namespaces with a wire between them."""

    def __init__(self):
        self.engine = "%s%de" % (PREFIX, os.getpid())
        self.phones = "%s%dp" % (PREFIX, os.getpid())

    def __enter__(self):
        sweep_leftovers()
        self.__exit__()
        try:
            self._make()
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for name in (self.engine, self.phones):
            if os.path.exists("/run/netns/" + name):
                remove(name)

    def _make(self):
        for name in (self.engine, self.phones):
            sh("ip", "netns", "add", name)
            sh("ip", "-n", name, "link", "set", "lo", "up")
        sh("ip", "-n", self.engine, "link", "add", "jf-media", "type", "veth",
           "peer", "name", "phones", "netns", self.phones)
        for name, device in ((self.engine, "jf-media"), (self.phones, "phones")):
            sh("ip", "netns", "exec", name, "sysctl", "-qw",
               "net.ipv6.conf.%s.disable_ipv6=1" % device)
            # Checksums left to a device that isn't there would reach the other side unfinished.
            sh("ip", "netns", "exec", name, "ethtool", "-K", device, "tx", "off", check=False)
        sh("ip", "-n", self.engine, "link", "set", "jf-media", "arp", "off", "up")
        sh("ip", "-n", self.phones, "link", "set", "phones", "up")
        for host in range(2, 30):
            sh("ip", "-n", self.phones, "addr", "add", "10.77.0.%d/%d" % (host, PREFIX_LENGTH),
               "dev", "phones")

    def give_ipv6(self, *addresses):
        """The phones' side of a wire on which the engine has ENGINE_IP6."""
        sh("ip", "netns", "exec", self.phones, "sysctl", "-qw",
           "net.ipv6.conf.phones.disable_ipv6=0")
        for address in addresses:
            sh("ip", "-n", self.phones, "addr", "add", address + "/64", "dev", "phones", "nodad")

    def add_side(self, device, vlan, address):
        """Another wire of the engine, device there, with one VLAN; the phones' end has address and
        answers from it the way that a request came. The process is to be ended by who gets it."""
        wire, tap = "w-" + device, "v%d" % vlan
        sh("ip", "-n", self.engine, "link", "add", device, "type", "veth",
           "peer", "name", wire, "netns", self.phones)
        for name, end in ((self.engine, device), (self.phones, wire)):
            sh("ip", "netns", "exec", name, "sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % end)
            sh("ip", "netns", "exec", name, "ethtool", "-K", end, "tx", "off", check=False)
        sh("ip", "-n", self.engine, "link", "set", device, "arp", "off", "up")
        sh("ip", "-n", self.phones, "link", "set", wire, "up")
        process = subprocess.Popen(
            self.command(self.phones, sys.executable, VLAN, wire, "%d:%s:%s" % (vlan, tap, address)),
            stdout=subprocess.PIPE)
        process.stdout.readline()
        return process, tap

    def command(self, namespace, *args):
        return ["ip", "netns", "exec", namespace, *map(str, args)]
