# SPDX-License-Identifier: BSD-3-Clause
"""What calls are placed through, all with the same face:

    start(), register(generator), settle(), records(), cpu_s(), stop()

and the generator that places them. Everything SIP is on the loopback of the machine's namespace:
callers, agents and the server have an address each."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .machine import BenchError, command
from .process import Process
from .systems import FILES_MAX, Dataplane
from .wires import Veth

SERVER, CALLERS, AGENTS = "10.78.0.1", "10.78.0.2", "10.78.0.3"
FIRST_AGENT, FIRST_NUMBER, PASSWORD = 100_000, 2_000, "bench"
AGENTS_OF_QUEUE = 210


def threads_cpu_s(pid):
    """Of all threads that the process has now."""
    ran = 0
    for stat in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            ran += int(stat.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            continue
    return ran / 1e9


def on_core(machine, core, words):
    """In the namespace, on that core, and still our child: each of these becomes the next."""
    return ["ip", "netns", "exec", machine.netns, "prlimit", f"--nofile={FILES_MAX}", "taskset", "-c",
            core, *words]


class Direct:
    """Nobody: callers reach the agents themselves. What the wire and the generator take."""

    name = "direct"
    server = AGENTS

    def __init__(self, machine, queues):
        """queues: so many numbers are called."""

    def start(self):
        pass

    def register(self, generator):
        pass

    def settle(self):
        pass

    def records(self):
        return None

    def cpu_s(self):
        return 0

    def stop(self):
        pass


KAMAILIO = """# A stateful proxy that stays in the dialog, and nothing more.
debug=-1
log_stderror=yes
children=1
auto_aliases=no
disable_tcp=yes
listen=udp:{server}:5060
mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib64/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {{
	if (!mf_process_maxfwd_header("10")) {{
		sl_send_reply("483", "Too Many Hops");
		exit;
	}}
	if (has_totag()) {{
		if (loose_route() || t_check_trans()) {{
			t_relay();
		}}
		exit;
	}}
	if (is_method("INVITE")) {{
		record_route();
	}}
	$du = "sip:{agents}:5060";
	t_relay();
}}
"""


class Kamailio:
    """Debian's, as a stateful proxy of the same calls: it makes no legs of its own, knows no agents
    and no media, and writes nothing down, so it is the ceiling."""

    name = "Kamailio"
    server = SERVER

    def __init__(self, machine, queues):
        self.machine = machine
        self.process = None

    def start(self):
        config = self.machine.folder / "kamailio.cfg"
        config.write_text(KAMAILIO.format(server=SERVER, agents=AGENTS))
        run = self.machine.folder / "kamailio"
        run.mkdir(exist_ok=True)
        self.process = Process(self.machine, "kamailio", on_core(
            self.machine, self.machine.args.worker_core,
            ["kamailio", "-DD", "-E", "-m", 1024, "-M", 32, "-f", config, "-Y", run]))
        until = time.monotonic() + 20
        while not listening(self.machine):
            if not self.process.alive() or time.monotonic() > until:
                raise self.process.broken("did not start")
            time.sleep(0.1)

    def register(self, generator):
        pass

    def settle(self):
        pass

    def records(self):
        return None

    def processes(self):
        children = subprocess.run(["pgrep", "-P", str(self.process.child.pid)],
                                  capture_output=True, text=True, check=False).stdout.split()
        return [self.process.child.pid, *children]

    def cpu_s(self):
        return sum(threads_cpu_s(pid) for pid in self.processes())

    def stop(self):
        if self.process:
            self.process.end()


def listening(machine):
    sockets = command("ip", "netns", "exec", machine.netns, "ss", "-Huln", f"src {SERVER}:5060")
    return bool(sockets.strip())


class Engine:
    """Both planes: control has the core under test, with its writer; the dataplane's worker shares
    the other one with the generator, asleep unless there is a command."""

    name = "Jackfield"
    server = SERVER

    def __init__(self, machine, queues):
        core = machine.args.generator_core
        self.machine = machine
        self.queues = queues
        self.agents = queues * AGENTS_OF_QUEUE
        self.process = None
        self.state = Path("/var/tmp") / machine.name  # a disk: records are to be durable
        self.recordings = machine.folder / "recordings"  # memory: the disk is the records'
        self.wire = Veth(machine)  # nobody is at its other end
        self.dataplane = Dataplane(machine, self.wire, settings={
            "idle": "sleep", "worker_cores": [core], "recordings_max": 24_000}, node={
            "state_dir": str(self.state), "recordings_dir": str(self.recordings),
            "log_level": "warning", "sip": {"address": SERVER, "tcp_port": 0}})

    def directory(self):
        queues = [f"q{n}" for n in range(self.queues)]
        folder = self.machine.folder / "directory"
        folder.mkdir(exist_ok=True)
        lines = ["tenants:", "  - {name: acme}", "trunks:",
                 f'  - {{name: carrier, tenant: acme, addresses: ["{CALLERS}/32"]}}', "queues:"]
        lines += [f"  - {{name: {q}, tenant: acme, ringback: true}}" for q in queues]
        lines.append("numbers:")
        lines += [f'  - {{number: "{FIRST_NUMBER + n}", tenant: acme, queue: {q}}}'
                  for n, q in enumerate(queues)]
        (folder / "directory.yaml").write_text("\n".join(lines) + "\n")
        for n, q in enumerate(queues):
            first = FIRST_AGENT + n * AGENTS_OF_QUEUE
            agents = [f'  - {{id: "{agent}", tenant: acme, password: {PASSWORD}, queues: [{q}]}}'
                      for agent in range(first, first + AGENTS_OF_QUEUE)]
            (folder / f"agents-{q}.yaml").write_text("\n".join(["agents:", *agents]) + "\n")
        return folder

    def start(self):
        self.state.mkdir(mode=0o700)
        self.machine.undo.append(lambda: shutil.rmtree(self.state, ignore_errors=True))
        self.recordings.mkdir(exist_ok=True)
        command("mount", "-t", "tmpfs", "-o", "size=4g", "none", self.recordings)
        self.machine.undo.append(lambda: unmount(self.recordings))
        self.wire.lay()
        self.dataplane.start()
        self.process = Process(self.machine, "control", on_core(
            self.machine, self.machine.args.worker_core,
            [self.machine.program("control/jf-control"), "--config",
             self.machine.folder / "node.yaml"]))
        self.wait("to be ready", 30, lambda: self.jf("status")["dataplane"]["alive"])
        command(*self.jf_words(), "apply", self.directory(), "--yes")

    def jf_words(self):
        return [self.machine.program("tools/jf/jf"), "--run-dir", self.dataplane.run_dir]

    def jf(self, *words):
        return json.loads(command(*self.jf_words(), "--json", *words))

    def wait(self, what, seconds, done):
        until = time.monotonic() + seconds
        while True:
            try:
                if done():
                    return
                reason = ""
            except BenchError as e:
                reason = str(e)
            if not self.process.alive():
                raise self.process.broken("ended")
            if time.monotonic() > until:
                raise self.process.broken(f"{seconds} s were too short {what} {reason}")
            time.sleep(0.1)

    def register(self, generator):
        generator.ask(f"register {FIRST_AGENT} {self.agents} {PASSWORD}", 120)

    def records(self):
        """Contact records on disk."""
        return self.jf("status")["store"]["records"]

    def settle(self):
        """Until all calls are over and all records durable. Their recordings go: a dozen floods are
        more than there is memory for, and a full disk is another test."""
        def idle():
            status = self.jf("status")
            return status["calls"]["now"] == 0 and status["store"]["waiting"] == 0

        self.wait("until all calls were over", 60, idle)
        for recording in self.recordings.rglob("*.wav"):
            recording.unlink(missing_ok=True)

    def cpu_s(self):
        return threads_cpu_s(self.process.child.pid)

    def memory_bytes(self):
        """Of control, private and not backed by a file: the store's map is the page cache's."""
        for line in Path(f"/proc/{self.process.child.pid}/status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1]) * 1024
        raise self.process.broken("has no RssAnon")

    def stop(self):
        if self.process:
            self.process.end(20)
        self.dataplane.stop()
        unmount(self.recordings)
        shutil.rmtree(self.state, ignore_errors=True)


def unmount(folder):
    subprocess.run(["umount", "-l", folder], capture_output=True, check=False)


class SipGenerator:
    """jf-bench-sip, on the core that isn't under test."""

    def __init__(self, machine, system, queues):
        self.process = Process(machine, "generator", on_core(
            machine, machine.args.generator_core,
            [machine.program("bench/sip/jf-bench-sip"), CALLERS, AGENTS, system.server,
             FIRST_NUMBER, queues]))

    def ask(self, order, seconds):
        self.process.tell(order)
        answer = json.loads(self.process.line(seconds))
        if "error" in answer:
            raise self.process.broken(answer["error"])
        return answer

    def trial(self, cps, seconds, hold_ms=0):
        return self.ask(f"trial {cps:.1f} {seconds} {hold_ms}", seconds + 60)

    def flood(self, cps, seconds, hold_ms=0):
        return self.ask(f"flood {cps:.1f} {seconds} {hold_ms}", seconds + 90)

    def stop(self):
        if self.process.alive():
            self.process.tell("quit")
            self.process.wait(5)


class SipBench:
    """One system with its agents registered, and one generator: a context."""

    def __init__(self, machine, make_system, queues):
        self.system = make_system(machine, queues)
        self.machine = machine
        self.queues = queues
        self.generator = None

    def __enter__(self):
        for address in (SERVER, CALLERS, AGENTS):
            command("ip", "-n", self.machine.netns, "addr", "replace", f"{address}/32", "dev", "lo")
        self.system.start()
        self.generator = SipGenerator(self.machine, self.system, self.queues)
        self.system.register(self.generator)
        return self

    def __exit__(self, *_):
        if self.generator:
            self.generator.stop()
        self.system.stop()

    def trial(self, cps, seconds, hold_ms=0):
        """One trial, with cpu_us: of the system, for each call that was completed."""
        self.system.settle()
        records, before = self.system.records(), self.system.cpu_s()
        trial = self.generator.trial(cps, seconds, hold_ms)
        self.system.settle()
        trial["cpu_us"] = (self.system.cpu_s() - before) * 1e6 / max(1, trial["completed"])
        trial["failed"] = trial["refused"] + trial["timed_out"] + trial["wrong"]
        if records is not None and not trial["failed"]:
            written = self.system.records() - records
            if written != trial["completed"]:
                raise BenchError(f"{written} contact records of {trial['completed']} calls")
        return trial
