# SPDX-License-Identifier: BSD-3-Clause
"""Network ports: what the operator is shown of them, and links that come and go."""
import subprocess
import time

from lab import engine, net, parties, rtp
from lab.engine import Lab, NUMBER


def set_link(lab, up):
    subprocess.run(["ip", "-n", lab.net.engine, "link", "set", "jf-media",
                    "up" if up else "down"], check=True)


def test_ports_are_shown():
    """jf ports shows link, traffic, addresses, the kernel's side and neighbours of each port."""
    with Lab() as lab:
        port = lab.jf("ports")[0]
    assert port["link"] == "up" and port["addresses"] == ["10.77.0.1/16"], port
    assert port["steering"] == "one worker" and port["exception"] == "jf0 up", port
    assert port["driver"] == "net_af_packet" and port["queues"] == {"rx": 1, "tx": 1}, port


AGENTS_SIDE = """    - device: "net_af_packet1,iface=jf-agents"
      name: agents
      vlan: 200
      exception: jf1
      addresses: [10.78.0.1/24]
sip:
"""


def test_carriers_and_agents_on_sides_of_their_own():
    """A call from the carriers' wire to an agent in a VLAN on another one: each is told the address
    of its side, hears the other, and what comes by the wrong wire is dropped by name."""
    sounds = [rtp.numbered_frames(i, 250) for i in range(2)]
    network = net.Net()
    usual, engine.AGENTS["1001"] = engine.AGENTS["1001"], "10.78.0.11"
    try:
        with Lab(net=network, edit_node=lambda text: text.replace("sip:\n", AGENTS_SIDE),
                 before_start=lambda lab: lab.owns(agents_side(network))) as lab:
            agent = parties.Agent(lab, "1001", audio=sounds[1], wait_ms=1500)
            caller = parties.Caller(lab, NUMBER, audio=sounds[0], wait_ms=1500)
            lab.wait_agent("1001", "talking")
            streams = {s["side"]: s for s in lab.jf("streams")}
            port = int(streams["agent"]["local"].rsplit(":", 1)[1])
            stranger = rtp.Party(lab, "stranger", "10.77.0.20", 31000, remote=["10.78.0.1", port],
                                 audio=rtp.numbered_frames(9, 10))
            lab.wait_for(lambda: lab.jf("status")["rtp"]["dropped"].get("wrong_port", 0) >= 10, 10,
                         "packets by the wrong wire to be counted")
            stranger.finish()
            time.sleep(7)
            ports = lab.jf("ports")
            caller.hang_up()
            heard_by_agent, heard_by_caller = agent.media.finish()[0], caller.media.finish()[0]
            lab.wait_records(1)
    finally:
        engine.AGENTS["1001"] = usual
    assert streams["caller"]["local"].startswith("10.77.0.1:"), streams
    assert streams["agent"]["local"].startswith("10.78.0.1:"), streams
    assert [p["name"] for p in ports] == ["port0", "agents"] and ports[1]["vlan"] == 200, ports
    assert ports[1]["addresses"] == ["10.78.0.1/24"] and ports[1]["exception"] == "jf1 up", ports
    assert ports[1]["neighbours_known"] == 1 and ports[1]["received"] > 250, ports
    for sent, heard in ((sounds[0], heard_by_agent), (sounds[1], heard_by_caller)):
        frames = [sent[i:i + 160].hex() for i in range(0, len(sent), 160)]
        assert rtp.stretch_of(frames, rtp.audio_of(heard)) == 250
        rtp.assert_continuous(heard)


def agents_side(network):
    """The agents' wire and how the phones answer on it: from their address the way it came."""
    process, tap = network.add_side("jf-agents", 200, "10.78.0.11/24")
    net.sh("ip", "-n", network.phones, "rule", "add", "from", "10.78.0.0/24", "lookup", "78")
    net.sh("ip", "-n", network.phones, "route", "add", "default", "via", "10.78.0.1", "dev", tap,
           "table", "78")
    # The caller's side knows the way there, too: a stranger may try it.
    net.sh("ip", "-n", network.phones, "route", "add", "10.78.0.1/32", "via", "10.77.0.1", "dev",
           "phones", "table", "79")
    net.sh("ip", "-n", network.phones, "rule", "add", "from", "10.77.0.20", "lookup", "79")
    return process


def two_workers(text):
    return text.replace("worker_cores: [1]", "worker_cores: [0, 1]")


def test_calls_on_two_workers():
    """Calls on both workers have their audio whole, whichever worker received it; it is counted."""
    sounds = [rtp.numbered_frames(i, 300) for i in range(4)]
    with Lab(edit_node=two_workers) as lab:
        agents = [parties.Agent(lab, "100%d" % (1 + i), audio=sounds[2 + i], wait_ms=1500)
                  for i in range(2)]
        callers = [parties.Caller(lab, NUMBER, audio=sounds[i], wait_ms=1500) for i in range(2)]
        for agent in ("1001", "1002"):
            lab.wait_agent(agent, "talking")
        streams = lab.jf("streams")
        # Each stranger's flow goes to a worker by a hash: some surely to the one that must hand on.
        strangers = [rtp.Party(lab, "stranger%d" % i, "10.77.0.20", 31000 + i,
                               audio=rtp.numbered_frames(9, 3),
                               remote=["10.77.0.1", lab.media_ports()[i % 4]]) for i in range(24)]
        lab.wait_for(lambda: lab.jf("status")["rtp"]["dropped"].get("source_mismatch", 0) >= 72, 10,
                     "the strangers' packets to be counted")
        port = lab.jf("ports")[0]
        status = lab.jf("status")
        for stranger in strangers:
            stranger.finish()
        time.sleep(7)
        for caller in callers:
            caller.hang_up()
        heard = [p.media.finish()[0] for p in callers + agents]
        records = lab.wait_records(2)
    assert sorted(s["worker"] for s in streams) == [0, 0, 1, 1], streams
    assert port["steering"] == "queues" and port["queues"] == {"rx": 2, "tx": 2}, port
    assert status["dataplane"]["workers"] == 2, status
    assert status["rtp"]["handed_over"] > 0 and "not_mine" not in status["rtp"]["dropped"], status
    assert status["rtp"]["dropped"]["source_mismatch"] == 72, status
    for record in records:
        for side in ("caller", "agent"):
            assert record["streams"][side]["lost"] == 0, record
    for packets in heard:
        rtp.assert_continuous(packets)
    frames = [[s[i:i + 160].hex() for i in range(0, len(s), 160)] for s in sounds]
    for side in (0, 2):  # callers heard agents, and the other way round
        played = {i: rtp.stretch_of(frames[(side + 2) % 4 + k], rtp.audio_of(heard[side + i]))
                  for i in range(2) for k in range(2)
                  if rtp.stretch_of(frames[(side + 2) % 4 + k], rtp.audio_of(heard[side + i]))}
        assert played == {0: 300, 1: 300}, played


def test_a_call_survives_a_link_that_goes_away():
    """The link of the media port goes down for two seconds during a call: audio resumes."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, 500), wait_ms=500)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 500), wait_ms=500)
        lab.wait_agent("1001", "talking")
        time.sleep(2)
        set_link(lab, False)
        lab.wait_for(lambda: lab.jf("ports")[0]["link"] == "down", 5, "the link to be down")
        time.sleep(1.5)
        set_link(lab, True)
        lab.wait_for(lambda: lab.jf("ports")[0]["link"] == "up", 5, "the link to be up")
        before = lab.jf("streams")
        time.sleep(2)
        after = lab.jf("streams")
        calls = lab.jf("calls")
        port = lab.jf("ports")[0]
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert [c["state"] for c in calls] == ["talking"], calls
    assert port["link_changes"] == 2, port
    for a, b in zip(before, after):
        assert b["packets"] - a["packets"] >= 50 and b["sent"] - a["sent"] >= 50, (a, b)
    assert record["outcome"] == "answered", record
    assert len({p["ssrc"] for p in heard}) == 1, "to the listener it is one stream"


def give_ipv6(lab):
    lab.net.give_ipv6("2001:db8:77::2")


def test_a_caller_with_media_over_ipv6():
    """A caller whose SDP says IN IP6 talks to an agent on IPv4: both hear each other whole."""
    sounds = [rtp.numbered_frames(i, 250) for i in range(2)]
    with Lab(before_start=give_ipv6,
             edit_node=lambda text: text.replace("[10.77.0.1/16]",
                                                 '[10.77.0.1/16, "2001:db8:77::1/64"]')) as lab:
        agent = parties.Agent(lab, "1001", audio=sounds[1], wait_ms=1500)
        caller = parties.Caller(lab, NUMBER, audio=sounds[0], wait_ms=1500,
                                media_ip="2001:db8:77::2")
        lab.wait_agent("1001", "talking")
        streams = {s["side"]: s for s in lab.jf("streams")}
        time.sleep(7)
        caller.hang_up()
        heard_by_agent, heard_by_caller = agent.media.finish()[0], caller.media.finish()[0]
        lab.wait_records(1)
    assert streams["caller"]["local"].startswith("[2001:db8:77::1]:"), streams
    assert streams["agent"]["local"].startswith("10.77.0.1:"), streams
    for sent, heard in ((sounds[0], heard_by_agent), (sounds[1], heard_by_caller)):
        frames = [sent[i:i + 160].hex() for i in range(0, len(sent), 160)]
        assert rtp.stretch_of(frames, rtp.audio_of(heard)) == 250
        rtp.assert_continuous(heard)
