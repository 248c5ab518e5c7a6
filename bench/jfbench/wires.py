# SPDX-License-Identifier: BSD-3-Clause
"""What is between the system under test and the generator:

    prepare(), lay(), await_first(process), system_device(), generator_device(), in_generator_net()
"""

import time

from .machine import command

RING_LOG2 = 11  # descriptors in each direction


class Memif:
    """Shared memory between system and generator. By default the generator owns the memory and
    works in place, and the system copies each packet in and out: the faster of the two for the
    generator. zero-copy turns that round."""

    by_kernel = False

    def __init__(self, machine, zero_copy=False):
        self.socket = machine.folder / "wire"
        self.generator_first = zero_copy  # the server of a memif makes the socket
        self.zero_copy = zero_copy

    def device(self, zero_copy_side):
        role = "client,zero-copy=yes" if zero_copy_side else "server"
        return (f"net_memif0,role={role},socket={self.socket},socket-abstract=no,bsize=2048,"
                f"rsize={RING_LOG2}")

    def system_device(self):
        return self.device(self.zero_copy)

    def generator_device(self):
        return self.device(not self.zero_copy)

    def in_generator_net(self):
        return []

    def lay(self):
        self.socket.unlink(missing_ok=True)

    def await_first(self, process):
        for _ in range(200):
            if self.socket.exists():
                return
            if not process.alive():
                break
            time.sleep(0.05)
        raise process.broken("did not open the wire")


class Veth:
    """A veth pair: the system's end in the machine's namespace, where a kernel with sockets can be
    the system as well as a driver of ours; the generator's in one of its own."""

    by_kernel = True  # whose threads move packets
    generator_first = False

    def __init__(self, machine, driver="net_af_packet"):
        self.driver = driver
        self.ns = machine.netns
        self.generator_ns = f"{machine.netns}g"
        self.machine = machine

    def device(self, iface):
        if self.driver == "net_af_xdp":
            return f"net_af_xdp0,iface={iface},busy_budget=0"
        return f"{self.driver}0,iface={iface},framecnt=4096"

    def system_device(self):
        return self.device("wire")

    def generator_device(self):
        return "net_af_packet0,iface=wire,framesz=512,framecnt=8192"

    def in_generator_net(self):
        return ["ip", "netns", "exec", self.generator_ns]

    def lay(self):
        self.take_up()
        command("ip", "netns", "add", self.generator_ns)
        self.machine.undo.append(self.take_up)
        command("ip", "-n", self.ns, "link", "add", "wire", "type", "veth", "peer", "name", "wire",
                "netns", self.generator_ns)
        for ns in (self.ns, self.generator_ns):
            command("ip", "netns", "exec", ns, "sysctl", "-qw",
                    "net.ipv6.conf.wire.disable_ipv6=1")
            command("ip", "netns", "exec", ns, "ethtool", "-K", "wire", "tx", "off", "tso", "off",
                    "gso", "off", "gro", "off")
            command("ip", "-n", ns, "link", "set", "wire", "arp", "off", "up")

    def take_up(self):
        """Gone with its namespace, as with the run when that is killed."""
        if command("ip", "netns", "list").find(self.generator_ns) >= 0:
            command("ip", "netns", "del", self.generator_ns)
            time.sleep(0.3)  # the kernel takes the pair away a little later

    def await_first(self, process):
        """The pair is there; nothing has to be made by the one for the other."""
