# SPDX-License-Identifier: BSD-3-Clause
"""The systems under test, all with the same face:

    start(), ready(), stop(), open(endpoints), local_ports(), reset_cycles(), cycles_per_packet()

system is the generator's word for what comes back. A system serves one generator and is stopped
before it: Debian's memif driver crashes when its peer goes away while it is being polled."""

import contextlib
import json
import re
import resource
import signal
import time

from .machine import BenchError, command
from .process import Process
from .wires import RING_LOG2

ANSWER_S = 20  # of a program whose commands share a core with others
TESTPMD_BURST = 64  # the faster one for testpmd: 257 cycles a packet with its default 32, 228 so

FILES_MAX = min(65536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])  # a recording each
DRAIN_S = 30  # for the recorder to empty the tap's ring, which holds what a trial has taped
ALONE_S = 0.05  # a trial as short may have both cores to itself: in longer ones the kernel gives
#                 those who wait their share, 50 ms of each second at once
FIGURES_S = 0.3  # until what the dataplane shows of its recorder is newer than the trial


class Testpmd:
    """dpdk-testpmd in macswap mode: the floor of what a packet costs on this wire."""

    name = "testpmd"
    system = "echo"
    modest_pps = 1e5  # that it surely holds
    breaks_when_flooded = False  # renew() makes its endpoints anew

    def __init__(self, machine, wire):
        self.machine = machine
        self.wire = wire
        self.process = None

    def start(self):
        args = self.machine.args
        cores = ["-l", f"{args.generator_core},{args.worker_core}", "--main-lcore",
                 args.generator_core]
        self.process = Process(self.machine, self.name, [
            "stdbuf", "-oL", "dpdk-testpmd", *self.machine.eal(self.name, cores, 64),
            "--vdev", self.wire.system_device(), "--", "-i", "--forward-mode=macswap",
            "--nb-cores=1", f"--burst={TESTPMD_BURST}", "--total-num-mbufs=16384", "--txd=1024",
            "--rxd=1024", "--no-mlockall"])
        self.process.line_with("Done", ANSWER_S)

    def ready(self):
        """The generator is there: begin to poll."""
        self.process.tell("set record-core-cycles on")
        self.process.tell("start")
        self.process.line_with("packet forwarding", ANSWER_S)
        time.sleep(0.2)

    def open(self, endpoints):
        """testpmd knows no endpoints."""

    def local_ports(self):
        return {}

    def reset_cycles(self):
        """Done when this returns: its commands share a core with the generator, and a trial that
        overtook them would be forgotten."""
        self.process.tell("clear fwd stats all")
        self.process.tell("show fwd stats all")
        self.process.line_with("Accumulated forward statistics", ANSWER_S)

    def cycles_per_packet(self):
        self.process.tell("show fwd stats all")
        line = self.process.line_with("CPU cycles/packet=", ANSWER_S)
        return float(re.search(r"cycles/packet=([0-9.]+)", line).group(1))

    def drops(self):
        return {}

    def late(self):
        """testpmd does not look."""

    def settle(self):
        """Nothing is left to do after a trial."""

    def stop(self):
        if self.process and self.process.alive():
            self.process.tell("stop")
            self.process.tell("quit")
            self.process.wait(10)


class Dataplane:
    """jf-dataplane with one worker, its endpoints opened through the contract."""

    name = "jackfield"
    system = "relay"
    modest_pps = 1e5
    breaks_when_flooded = False

    def __init__(self, machine, wire, services=(), settings=None, node=None):
        """services: options of jf-bench-ctl open. settings: of the node file's dataplane. node: of
        the node file."""
        self.machine = machine
        self.wire = wire
        self.services = services
        self.settings = {"idle": "spin", "worker_cores": [machine.args.worker_core],
                         "recordings_max": 100, "track_frames": 64} | (settings or {})
        self.process = None
        self.run_dir = machine.folder / "jf"
        self.node = {"state_dir": str(self.run_dir)} | (node or {})
        self.before = None
        self.generation = 0

    def node_file(self):
        args = self.machine.args
        node = self.machine.folder / "node.yaml"
        eal = ["--single-file-segments", "--huge-dir", str(self.machine.huge)]
        settings = "\n".join(f"  {key}: {json.dumps(value)}"
                             for key, value in self.settings.items())
        top = "\n".join(f"{key}: {json.dumps(value)}" for key, value in self.node.items())
        node.write_text(f"""name: bench
run_dir: {self.run_dir}
{top}
dataplane:
  hugepages: required
  main_core: {args.generator_core}
  eal_args: {json.dumps(eal)}
  endpoints_per_address: 25000
  rtp_port_first: 10000
{settings}
  ports:
    - device: "{self.wire.system_device()}"
      exception: jf0
      mac: "02:4a:46:00:00:01"
      addresses: [10.77.0.1/16, 10.77.0.2/16, 10.77.0.3/16, 10.77.0.4/16]
""")
        return node

    def start(self):
        self.run_dir.mkdir(exist_ok=True)
        (self.run_dir / "contract").unlink(missing_ok=True)
        # In the namespace from the start: the process is our child, so its id is the one we signal.
        self.process = Process(self.machine, self.name, [
            "ip", "netns", "exec", self.machine.netns, "prlimit", f"--nofile={FILES_MAX}",
            self.machine.program("dataplane/jf-dataplane"), "--config", self.node_file()])
        until = time.monotonic() + 30
        while not (self.run_dir / "contract").exists():
            if not self.process.alive():
                raise self.process.broken("did not start")
            if time.monotonic() > until:
                raise self.process.broken("no contract after 30 s")
            time.sleep(0.05)
        self.generation = 0
        ip = ("ip", "-n", self.machine.netns)
        command(*ip, "neigh", "replace", "10.77.255.254", "lladdr", "02:4a:46:00:00:fe", "dev",
                "jf0", "nud", "permanent")
        command(*ip, "route", "replace", "198.18.0.0/15", "via", "10.77.255.254", "dev", "jf0")

    def ready(self):
        pass

    def control(self, *words):
        return json.loads(command(self.machine.program("bench/ctl/jf-bench-ctl"), "--contract",
                                  self.run_dir / "contract", *words))

    def open(self, endpoints):
        self.generation += 1
        self.control("open", endpoints, "--generation", self.generation, *self.services)

    def local_ports(self):
        """As planned."""
        return {}

    def reset_cycles(self):
        self.before = self.control("counters")

    def cycles_per_packet(self):
        after = self.control("counters")
        packets = after["rx_packets"] - self.before["rx_packets"]
        cycles = after["busy_cycles"] - self.before["busy_cycles"]
        if packets == 0:
            raise BenchError("the dataplane counted no packets")
        return cycles / packets

    def settle(self):
        """Until the recorder has taken all that was taped; it has the generator's core meanwhile."""
        if "--taped" in self.services:
            time.sleep(FIGURES_S)
        until = time.monotonic() + DRAIN_S
        while "--taped" in self.services and self.control("counters")["recorder_ring_bytes"]:
            if time.monotonic() > until:
                raise BenchError(f"the recorder is not done with a trial after {DRAIN_S} s")
            time.sleep(0.05)

    def cpu_seconds_since(self):
        """The worker's, of polls that found something."""
        after = self.control("counters")
        return (after["busy_cycles"] - self.before["busy_cycles"]) / after["tsc_hz"]

    def late(self):
        """How often its worker was kept from its core for more than 100 us, since it began, and
        for how long in all; at: of now."""
        counters = self.control("counters")
        return {"late": counters["polls_late"], "at": time.monotonic(),
                "late_us": counters["late_cycles"] / counters["tsc_hz"] * 1e6}

    def drops(self):
        """By name, since reset_cycles."""
        after = self.control("counters")["drops"]
        before = self.before["drops"]
        return {k: v - before.get(k, 0) for k, v in after.items() if v > before.get(k, 0)}

    def stop(self):
        if self.process and self.process.alive():
            self.process.child.send_signal(signal.SIGTERM)
            self.process.wait(10)


class Generator:
    """jf-bench-gen on the other end of the wire."""

    def __init__(self, machine, wire):
        self.machine = machine
        self.wire = wire
        self.process = None

    def start(self):
        cores = ["-l", self.machine.args.generator_core]
        self.process = Process(self.machine, "generator", [
            *self.wire.in_generator_net(), self.machine.program("bench/gen/jf-bench-gen"),
            *self.machine.eal("generator", cores, 128),
            "--vdev", self.wire.generator_device()])

    def ready(self):
        self.answer(20)

    def answer(self, seconds):
        answer = json.loads(self.process.line(seconds))
        if "error" in answer:
            raise self.process.broken(answer["error"])
        return answer

    def plan(self, system, endpoints):
        self.process.tell(f"plan {system} {endpoints}")
        self.answer(10)

    def local(self, endpoint, port):
        self.process.tell(f"local {endpoint} {port}")
        self.answer(10)

    def trial(self, pps, seconds, quiet_ms=20, warm_ms=0):
        """quiet_ms: without a packet, and what was under way has come. warm_ms: at the begin, which
        don't count for latency."""
        self.process.tell(f"trial {pps:.0f} {seconds} {quiet_ms} {warm_ms}")
        return self.answer(seconds + 10)

    def stop(self):
        if self.process and self.process.alive():
            self.process.tell("quit")
            self.process.wait(5)


class Bench:
    """One system and one generator on a wire: a context."""

    def __init__(self, machine, wire, make_system):
        self.wire = wire
        self.system = make_system(machine, wire)
        self.generator = Generator(machine, wire)

    def __enter__(self):
        sides = [self.system, self.generator]
        if self.wire.generator_first:
            sides.reverse()
        self.wire.lay()
        for side in sides:
            side.start()
            if side is sides[0]:
                self.wire.await_first(side.process)
        self.generator.ready()
        self.system.ready()
        return self

    def __exit__(self, *_):
        self.system.stop()
        self.generator.stop()

    def open(self, endpoints):
        self.system.open(endpoints)
        self.generator.plan(self.system.system, endpoints)
        self.tell_ports()

    def tell_ports(self):
        for endpoint, port in self.system.local_ports().items():
            self.generator.local(endpoint, port)

    def settle(self):
        """Between trials: the generator, which polls its end of the wire, leaves its core."""
        process = self.system.process
        self.generator.process.child.send_signal(signal.SIGSTOP)
        try:
            process.prefer()
            self.system.settle()
        finally:
            process.prefer(self.system.machine.args.worker_core)
            self.generator.process.child.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def alone(self, seconds):
        """Meanwhile system and generator come before everything else, if that is short and the
        kernel has no part in it: in operation a worker's core is its own, too."""
        args = self.system.machine.args
        if self.wire.by_kernel or seconds > ALONE_S:
            yield
            return
        with self.system.process.first_on(args.worker_core), \
                self.generator.process.first_on(args.generator_core):
            yield

    def trial(self, pps, seconds, quiet_ms=20, warm_ms=0):
        """One trial. away_us: for how long others had one of the two cores (the worker's in all,
        the generator's at worst); disturbed: for longer than the wire's rings can bridge at that
        rate, so a loss says nothing about the system. late: what the worker itself has noticed."""
        with self.alone(seconds):
            late = self.system.late()
            waited_ns = self.system.process.waited_ns()
            trial = self.generator.trial(pps, seconds, quiet_ms, warm_ms)
            waited_ns = self.system.process.waited_ns() - waited_ns
            now = self.system.late()
        trial["late"] = late and {"late": now["late"] - late["late"],
                                  "late_us": now["late_us"] - late["late_us"],
                                  "seconds": now["at"] - late["at"]}
        trial["generator_away_us"], trial["waited_us"] = trial["away_us"], waited_ns / 1e3
        trial["away_us"] = max(trial["away_us"], trial["waited_us"])
        trial["bridged_us"] = (1 << RING_LOG2) * trial["seconds"] / trial["sent"] * 1e6
        trial["disturbed"] = trial["away_us"] > trial["bridged_us"]
        if not self.system.process.alive():
            raise self.system.process.broken("ended during a trial")
        if self.system.breaks_when_flooded and trial["received"] < trial["sent"]:
            self.system.renew()
            self.tell_ports()
        return trial
