# SPDX-License-Identifier: BSD-3-Clause
"""What passes as it came, and parties that are elsewhere than they say."""
import time

from lab import parties, rtp
from lab.engine import Lab, NUMBER


def call_opaque(lab, payload_type, codec, frame_ts):
    """Both know one codec, which the engine doesn't; each sends numbered frames in it."""
    media = {"formats": str(payload_type), "payload_type": payload_type, "frame_ts": frame_ts,
             "wait_ms": 500}
    agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(6, 400), **media)
    caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(5, 400), **media)
    lab.wait_agent("1001", "talking", 15)
    time.sleep(5)
    ports = [*lab.media_ports(), caller.rtp_port, agent.rtp_port]
    offer = agent.signalling.messages()
    caller.hang_up()
    heard_by_agent, agent_sent = agent.media.finish()
    heard_by_caller, caller_sent = caller.media.finish()
    record = lab.wait_records(1)[0]
    rtp.assert_passed(caller_sent, heard_by_agent, payload_type)
    rtp.assert_passed(agent_sent, heard_by_caller, payload_type)
    assert {p["ts"] - q["ts"] & 0xFFFFFFFF for p, q in zip(heard_by_agent[1:], heard_by_agent)} \
        == {frame_ts}
    assert {party["codec"] for party in record["parties"].values()} == {codec}, record["parties"]
    assert record["recording"]["path"].endswith(".pcapng"), record["recording"]
    assert "speech" not in record
    kept = set(rtp.packets_of(lab.recording_path(record), ports, payload_type))
    for sent in (caller_sent, agent_sent):
        assert len(kept & set(sent["sent"])) >= 150, "not on the recording: %d" % len(kept)
    return offer


def test_g729_passes_as_it_came():
    """G.729 only: both hear every byte; kept as packets, which tshark reads; the record says so."""
    with Lab() as lab:
        call_opaque(lab, 18, "G729", 160)


def test_opus_passes_as_it_came():
    """Opus only, with a clock of 48 kHz; the agent is told its parameters as the caller has them."""
    with Lab() as lab:
        offer = call_opaque(lab, 111, "opus", 960)
    assert "opus/48000/2" in offer and "useinbandfec=1" in offer, offer


def test_a_caller_behind_a_nat_is_learned():
    """nat: learn on the trunk: media from another port than the SDP names is heard, and answered."""
    def learn(text):
        return text.replace('addresses: ["10.77.0.2/32"]', 'addresses: ["10.77.0.2/32"], nat: learn')
    frames = rtp.numbered_frames(5, 400)
    for edit, heard_at_all in ((learn, True), (lambda text: text, False)):
        with Lab(edit_directory=edit) as lab:
            agent = parties.Agent(lab, "1001")
            caller = parties.Caller(lab, NUMBER)
            media = rtp.Party(lab, "elsewhere", "10.77.0.2", caller.rtp_port + 1000, audio=frames,
                              remote_log=lab.path("caller%d.messages" % parties.Caller.count))
            lab.wait_agent("1001", "talking", 15)
            time.sleep(3)
            caller.hang_up()
            to_agent, _ = agent.media.finish()
            to_caller, _ = media.finish()
            lab.wait_records(1)
        known = {frames[i:i + 160].hex() for i in range(0, len(frames), 160)}
        assert (len(known & set(rtp.audio_of(to_agent))) > 50) == heard_at_all
        assert (len(to_caller) > 50) == heard_at_all, len(to_caller)
