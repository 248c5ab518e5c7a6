# SPDX-License-Identifier: BSD-3-Clause
"""An outsider who has found a call's ports: it is heard by nobody, and hears nothing."""
import json
import os
import subprocess
import time

from lab import parties, rtp
from lab.engine import AGENTS, Lab, NUMBER, TRUNK_IP

HERE = os.path.dirname(__file__)
SPRAYED = rtp.numbered_frames(77, 1)
OUTSIDER = ["10.77.0.20", 31000]
FRAMES = 250
# What each party's stream is: the sprayer guesses it right.
STREAMS = {"caller": {"ssrc": 0xCA11, "sequence": 1000, "timestamp": 160000},
           "agent": {"ssrc": 0xA9E7, "sequence": 2000, "timestamp": 320000}}


def learn(text):
    text = text.replace('addresses: ["10.77.0.2/32"]', 'addresses: ["10.77.0.2/32"], nat: learn')
    return text.replace("password: secret-1001,", "password: secret-1001, nat: learn,")


def spray(lab, sources, ports, ip="10.77.0.1"):
    """Thousands of packets within 3 s, from each source to each port and the RTCP port beside it."""
    job = {"from": sources, "to": [[ip, p + odd] for p in ports for odd in (0, 1)], "packets": 500,
           "seconds": 3, "payload": SPRAYED.hex(),
           "guess": [[s["ssrc"], s["sequence"] + 60, s["timestamp"] + 60 * 160]
                     for s in STREAMS.values()]}
    done = subprocess.run(lab.net.command(lab.net.phones, "/usr/bin/python3",
                                          os.path.join(HERE, "lab", "sprayer.py")),
                          input=json.dumps(job), stdout=subprocess.PIPE, text=True, timeout=30)
    return json.loads(done.stdout)


def assert_untouched(talked, heard, late):
    """Every frame of the other party, in order, and nothing of the outsider's; late: but for those
    that were said before it was known where the listener is."""
    payloads = rtp.audio_of(heard)
    assert SPRAYED.hex() not in payloads, "the sprayer is heard"
    hits = rtp.stretch_of(talked["sent"], payloads)
    assert talked["sent"][-1] in payloads and FRAMES - late <= hits <= FRAMES, hits
    rtp.assert_continuous(heard)


def call_under_spray(lab, caller_at, agent_at, also_from, late):
    """A call whose parties send from caller_at and agent_at; when they talk the spray begins."""
    agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, FRAMES), wait_ms=1500,
                          sends_from=agent_at, **STREAMS["agent"])
    caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, FRAMES), wait_ms=1500,
                            sends_from=caller_at, **STREAMS["caller"])
    lab.wait_agent("1001", "talking", 15)
    time.sleep(2.5)
    before = lab.jf("status")["rtp"]["dropped"].get("source_mismatch", 0)
    sprayed = spray(lab, [OUTSIDER, [caller_at, 31001], [agent_at, 31002],
                          *also_from(caller, agent)], lab.media_ports())
    after = lab.jf("status")["rtp"]["dropped"]["source_mismatch"]
    time.sleep(3)
    caller.hang_up()
    heard_by_caller, caller_sent = caller.media.finish()
    heard_by_agent, agent_sent = agent.media.finish()
    record = lab.wait_records(1)[0]
    assert sprayed["sent"] >= 6000 and sprayed["heard"] == 0, sprayed
    assert after - before >= 0.9 * sprayed["sent"], (before, after, sprayed)
    assert_untouched(caller_sent, heard_by_agent, late)
    assert_untouched(agent_sent, heard_by_caller, late)
    for side in ("caller", "agent"):
        assert record["streams"][side]["lost"] == 0, record["streams"]


def test_a_sprayed_call_is_whole():
    """Packets from elsewhere, SSRC and numbers guessed right: none is heard, none is answered."""
    with Lab() as lab:
        call_under_spray(lab, TRUNK_IP, AGENTS["1001"], lambda caller, agent: [], late=0)


def test_a_sprayed_call_behind_nats_is_whole():
    """nat: learn, both parties at another address than their SDPs': learned, and then locked, even
    against who sends from the SDPs' addresses."""
    with Lab(edit_directory=learn) as lab:
        call_under_spray(lab, "10.77.0.25", "10.77.0.26",
                         lambda caller, agent: [[TRUNK_IP, caller.rtp_port],
                                                [AGENTS["1001"], agent.rtp_port]], late=50)


def test_the_spray_bites_on_a_relay_that_learns_from_anyone():
    """The same spray on a relay that sends to whoever sent last: the sprayer is heard, and hears."""
    with Lab() as lab:
        lab.owns(subprocess.Popen(
            lab.net.command(lab.net.phones, "/usr/bin/python3",
                            os.path.join(HERE, "lab", "naive_relay.py"), "10.77.0.28", 40000,
                            40010)))
        time.sleep(0.5)
        talkers = [rtp.Party(lab, name, ip, 30000, audio=rtp.numbered_frames(3, FRAMES),
                             remote=["10.77.0.28", port], **STREAMS[name])
                   for name, ip, port in (("caller", TRUNK_IP, 40000),
                                          ("agent", AGENTS["1001"], 40010))]
        time.sleep(1)
        sprayed = spray(lab, [OUTSIDER], [40000, 40010], ip="10.77.0.28")
        heard = [talker.finish()[0] for talker in talkers]
    assert sprayed["heard"] > 50, sprayed
    assert any(SPRAYED.hex() in rtp.audio_of(h) for h in heard)
