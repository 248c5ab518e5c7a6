# SPDX-License-Identifier: BSD-3-Clause
"""Both planes on the embedded default: the wire to the phones' namespace, the node file, start."""
import ctypes
import json
import os
import re
import socket
import subprocess
import time

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.join(TOP, "build")
RUN_DIR = "/run/jackfield"
MEDIA, EXCEPTION, PHONES_LINK, NAMESPACE = "jf-media", "jf0", "phones", "jf-phones"
PHONES_IP = "10.77.0.2"
ENGINE_IP = "10.77.0.1"


class Failed(Exception):
    pass


def sh(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Failed("%s: %s" % (" ".join(command), done.stdout.strip()))


def make_network(leftovers):
    """jf-media, in this namespace, is the engine's port; the phones are at its other end."""
    for name in (MEDIA, EXCEPTION):
        if os.path.exists("/sys/class/net/" + name):
            raise Failed("there is an interface %s already, and it isn't this run's: ip link del %s"
                         % (name, name))
    if os.path.exists("/run/netns/" + NAMESPACE):
        raise Failed("there is a network namespace %s already, and it isn't this run's: "
                     "ip netns del %s" % (NAMESPACE, NAMESPACE))
    leftovers.namespace(NAMESPACE)
    leftovers.link(MEDIA)
    leftovers.link(EXCEPTION)
    sh("ip", "netns", "add", NAMESPACE)
    sh("ip", "link", "add", MEDIA, "type", "veth", "peer", "name", PHONES_LINK, "netns", NAMESPACE)
    # The kernel's own stack keeps out of jf-media: no ARP, no addresses, no IPv6. What is for the
    # kernel comes to it through jf0, which the dataplane makes.
    sh("ip", "link", "set", MEDIA, "arp", "off", "addrgenmode", "none")
    with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % MEDIA, "w") as f:
        f.write("1")
    sh("ip", "netns", "exec", NAMESPACE, "sysctl", "-qw",
       "net.ipv6.conf.%s.disable_ipv6=1" % PHONES_LINK)
    # A veth leaves checksums to a device that isn't there; the engine would see them unfinished.
    sh("ethtool", "-K", MEDIA, "tx", "off")
    sh("ip", "netns", "exec", NAMESPACE, "ethtool", "-K", PHONES_LINK, "tx", "off")
    sh("ip", "-n", NAMESPACE, "addr", "add", PHONES_IP + "/16", "dev", PHONES_LINK)
    sh("ip", "-n", NAMESPACE, "link", "set", "lo", "up")
    sh("ip", "-n", NAMESPACE, "link", "set", PHONES_LINK, "up")
    sh("ip", "link", "set", MEDIA, "up")


def in_phones_namespace(make):
    """Calls make() with this thread in the phones' namespace, for a socket there."""
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open("/run/netns/" + NAMESPACE, os.O_RDONLY)
    try:
        if libc.setns(there, 0x40000000):
            raise OSError(ctypes.get_errno(), "setns")
        return make()
    finally:
        libc.setns(home, 0x40000000)
        os.close(there)
        os.close(home)


def free_hugepages_mb():
    with open("/proc/meminfo") as f:
        values = dict(re.findall(r"^(\w+):\s+(\d+)", f.read(), re.M))
    return int(values.get("HugePages_Free", 0)) * int(values.get("Hugepagesize", 0)) // 1024


def make_certificate():
    """For TLS between the demo's own phones and engine: made anew in each run, signed by nobody."""
    key, certificate = os.path.join(RUN_DIR, "node.key"), os.path.join(RUN_DIR, "node.pem")
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
       "-nodes", "-days", "30", "-subj", "/CN=" + ENGINE_IP, "-keyout", key, "-out", certificate)
    return {"tls_certificate": certificate, "tls_key": key}


def write_node(folder, path):
    """tools/demo/node.yaml with this machine's cores, memory, a certificate, and --dir's folder."""
    with open(os.path.join(TOP, "tools", "demo", "node.yaml")) as f:
        text = f.read()
    cores = sorted(os.sched_getaffinity(0))
    need_mb = int(re.search(r"^\s+memory_mb: (\d+)", text, re.M).group(1))
    huge = free_hugepages_mb() >= need_mb + 64
    values = {"run_dir": RUN_DIR, "hugepages": "required" if huge else "never",
              "main_core": cores[0], "worker_cores": "[%d]" % cores[1 % len(cores)]}
    if folder:
        values["state_dir"] = os.path.join(folder, "state")
        values["recordings_dir"] = os.path.join(folder, "recordings")
    for key, value in values.items():
        text = re.sub(r"^(\s*%s:).*$" % key, lambda m: "%s %s" % (m.group(1), value), text,
                      flags=re.M)
    for key, value in make_certificate().items():
        text = re.sub(r"^(\s*)# %s: .*$" % key, lambda m: "%s%s: %s" % (m.group(1), key, value),
                      text, flags=re.M)
    with open(path, "w") as f:
        f.write(text)
    recordings = re.search(r"^recordings_dir: (.*)$", text, re.M).group(1)
    return {"huge": huge, "recordings": recordings}


class Engine:
    def __init__(self, leftovers, folder):
        self.leftovers = leftovers
        os.makedirs(RUN_DIR, mode=0o755, exist_ok=True)
        self.logs = os.path.join(folder, "log") if folder else os.path.join(RUN_DIR, "log")
        os.makedirs(self.logs, exist_ok=True)
        self.node_file = os.path.join(RUN_DIR, "node.yaml")
        facts = write_node(folder, self.node_file)
        self.huge, self.recordings = facts["huge"], facts["recordings"]
        self.planes = {}

    def start(self):
        for name in ("dataplane", "control"):
            self._start_plane(name)
        self._wait("the engine to be ready", 40, self._ready)

    def _start_plane(self, name):
        binary = os.path.join(BUILD, name, "jf-" + name)
        # A session of its own: Ctrl-C at the terminal is for this script, which ends all in order.
        with open(os.path.join(self.logs, name + ".log"), "w") as log:
            child = subprocess.Popen([binary, "--config", self.node_file], stdout=log,
                                     stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                     start_new_session=True)
        self.planes[name] = self.leftovers.process(child)

    def _ready(self):
        try:
            return self.ask("status")["dataplane"]["alive"]
        except (OSError, KeyError, Failed):
            return False

    def check(self):
        """Raises if a plane has ended by itself."""
        for name, child in self.planes.items():
            if child.poll() is not None:
                raise Failed("jf-%s ended with %d:\n%s" % (name, child.returncode, self.tail(name)))

    def tail(self, name):
        with open(os.path.join(self.logs, name + ".log"), errors="replace") as f:
            return "".join("    " + line for line in f.readlines()[-15:])

    def _wait(self, what, seconds, done):
        end = time.monotonic() + seconds
        while not done():
            self.check()
            if time.monotonic() > end:
                raise Failed("waited %d s for %s\ndataplane:\n%scontrol:\n%s"
                             % (seconds, what, self.tail("dataplane"), self.tail("control")))
            time.sleep(0.1)

    @staticmethod
    def connect():
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(10)
        connection.connect(os.path.join(RUN_DIR, "control.sock"))
        return connection

    def ask(self, command, **args):
        """One command on the command socket; its data."""
        with self.connect() as connection, connection.makefile("rw") as lines:
            json.dump({"command": command, "args": args}, lines)
            lines.write("\n")
            lines.flush()
            answer = json.loads(lines.readline() or "{}")
        if not answer.get("ok"):
            raise Failed("%s: %s" % (command, answer.get("error", {}).get("message", "no answer")))
        return answer["data"]

    def apply(self, folder):
        sh(os.path.join(BUILD, "tools", "jf", "jf"), "--run-dir", RUN_DIR, "apply", folder, "--yes")
