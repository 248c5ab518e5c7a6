# SPDX-License-Identifier: BSD-3-Clause
"""Far more calls than the engine carries."""
import json
import os
import subprocess
import threading

from lab import parties, rtp, sip
from lab.engine import AGENTS, BUILD, Lab, NUMBER, TRUNK_IP

AGENT_IP, FIRST, COUNT, FLOODED = "10.77.0.13", 200000, 60, 7000
CALLS_A_SECOND, SECONDS = 6000, 3


def with_flood(text):
    """A queue of agents that answer at once, all at one address."""
    agents = "".join('  - {id: "%d", tenant: acme, password: bench, queues: [flood]}\n' % (FIRST + n)
                     for n in range(COUNT))
    text = text.replace("agents:\n", "  - {name: flood, tenant: acme, ringback: true}\nagents:\n" + agents)
    return text + '  - {number: "%d", tenant: acme, queue: flood}\n' % FLOODED


def many_endpoints(text):
    return text.replace("endpoints_per_address: 64", "endpoints_per_address: 2000")


class Flood:
    """bench's generator: callers at the trunk's address, agents at theirs."""

    def __init__(self, lab):
        self.process = lab.owns(subprocess.Popen(
            lab.net.command(lab.net.phones, os.path.join(BUILD, "bench/sip/jf-bench-sip"), TRUNK_IP,
                            AGENT_IP, "10.77.0.1", FLOODED, 1),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def ask(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def memory_kb(lab):
    with open("/proc/%d/status" % lab.planes["control"].pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def traced(lab):
    """The messages that jf trace has."""
    lines = map(json.loads, lab.jf_raw("trace", "--past", "--json").stdout.splitlines())
    return [line["data"] for line in lines if line["event"] == "trace.message"]


def test_flood_of_calls():
    """Calls go on being completed, the others are told 503, memory holds, then all is well again."""
    with Lab(edit_directory=with_flood, edit_node=many_endpoints) as lab:
        events = lab.owns(subprocess.Popen(
            [lab.jf_raw("--version").args[0], "--run-dir", lab.path("run"), "events", "sip.overload",
             "--json"], stdout=subprocess.PIPE, text=True))
        flood = Flood(lab)
        registered = flood.ask("register %d %d bench" % (FIRST, COUNT))
        assert registered.get("registered") == COUNT, registered
        before = memory_kb(lab)
        result = flood.ask("flood %d %d 200" % (CALLS_A_SECOND, SECONDS))
        shown = lab.jf("status")
        status = shown["sip_load"]
        assert result["refused"] > 0 and result["refused_code"] == 503, (result, status)
        assert result["completed"] > 0 and result["wrong"] == 0, (result, status)
        # Of all of them on a machine of its own (bench/run overload), of half on a shared one.
        assert result["refusal_us"]["p50"] < 100_000, result
        # at the door, and by the calls' own layer where all endpoints are in use
        counted = sum(status["refused"].values()) + shown["calls"]["refused"]
        assert counted >= result["refused"], (result, shown)
        assert memory_kb(lab) - before < 300_000, (before, memory_kb(lab))
        whys = {m.get("why") for m in traced(lab) if m.get("code") == 503}
        assert whys and whys <= {"overload", "waited", "queue", "ports"}, whys
        lab.wait_for(lambda: lab.jf("status")["sip_load"]["state"] == "normal", 10, "calm")
        if status["overloads"]:  # a quick machine runs out of media ports first
            for state in ("overload", "normal"):
                told = json.loads(events.stdout.readline())
                assert told["data"]["state"] == state, told
        lab.wait_for(lambda: not lab.calls(), 15, "the end of the flood's calls")
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1500,
                                audio=rtp.numbered_frames(2, 100), loop=True)
        caller.signalling.assert_success()
        agent.signalling.assert_success()


def test_flood_of_strangers():
    """Registrations and calls of nobody we know leave nothing behind, and hurt nobody else."""
    source = AGENTS["1002"]
    with Lab() as lab:
        before = memory_kb(lab)
        messages = [sip.request(method, "sip:%s@10.77.0.1" % NUMBER, source, 5066, "mallory%d" % n,
                                "Contact: <sip:m@%s:5066>\r\n" % source)
                    for n in range(3000) for method in ("REGISTER", "INVITE")]
        sender = threading.Thread(target=sip.exchange, args=(lab, source, 5066, messages, 0))
        sender.start()
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1500,
                                audio=rtp.numbered_frames(2, 100), loop=True)
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        sender.join(60)
        status = lab.jf("status")
        assert memory_kb(lab) - before < 100_000, (before, memory_kb(lab))
        assert len(lab.records()) == 1
    assert status["calls"]["now"] <= 1, status
