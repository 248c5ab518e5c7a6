# SPDX-License-Identifier: BSD-3-Clause
"""What passes as it came, and parties that are elsewhere than they say."""
import os
import subprocess
import time

from lab import parties, rtp, sip
from lab.engine import Lab, NUMBER


def packets_of(path, ports, payload_type):
    """The payloads of that type in a capture, as tshark reads it; ports that RTP is sent to."""
    as_rtp = [word for port in ports for word in ("-d", "udp.port==%d,rtp" % port)]
    done = subprocess.run(["tshark", "-r", path, *as_rtp, "-Y", "rtp.p_type == %d" % payload_type,
                           "-T", "fields", "-e", "rtp.payload"], stdout=subprocess.PIPE, text=True,
                          timeout=60, check=True)
    return [line.replace(":", "") for line in done.stdout.split()]


def assert_passed(sent, heard, payload_type):
    """A second and more of what was sent came, in order, each byte of it; one stream."""
    assert rtp.stretch_of(sent["sent"], rtp.audio_of(heard, payload_type)) >= 150
    rtp.assert_continuous(heard)
    assert {p["type"] for p in heard} == {payload_type}


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
    assert_passed(caller_sent, heard_by_agent, payload_type)
    assert_passed(agent_sent, heard_by_caller, payload_type)
    assert {p["ts"] - q["ts"] & 0xFFFFFFFF for p, q in zip(heard_by_agent[1:], heard_by_agent)} \
        == {frame_ts}
    assert {party["codec"] for party in record["parties"].values()} == {codec}, record["parties"]
    assert record["recording"]["path"].endswith(".pcapng"), record["recording"]
    assert "speech" not in record
    kept = set(packets_of(lab.recording_path(record), ports, payload_type))
    for sent in (caller_sent, agent_sent):
        assert len(kept & set(sent["sent"])) >= 150, "not on the recording: %d" % len(kept)
    lab.assert_alive()
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


def test_video_passes_beside_the_sound():
    """H.264 of both: each byte reaches the other while the two speak, none before; kept as packets
    in a file of its own; whoever has no video is spoken with as ever."""
    caller_frames, agent_frames = (rtp.numbered_frames(seed, 400, parties.VIDEO_BYTES)
                                   for seed in (7, 8))
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", video=agent_frames)
        caller = parties.Caller(lab, NUMBER, video=caller_frames,
                                audio=rtp.numbered_frames(5, 400))
        lab.wait_agent("1001", "talking", 15)
        time.sleep(5)
        ports = [*lab.media_ports(), caller.video_port, agent.video_port]
        offer = agent.signalling.messages()
        caller.hang_up()
        heard_by_agent, caller_sent = agent.media.finish()[0], caller.media.finish()[1]
        seen_by_agent, agent_showed = agent.video.finish()
        seen_by_caller, caller_showed = caller.video.finish()
        record = lab.wait_records(1)[0]
        path = os.path.join(lab.recordings, record["video"]["path"])
        kept = set(packets_of(path, ports, sip.VIDEO_TYPE))
        lab.assert_alive()
    assert "profile-level-id=42e01f;packetization-mode=1" in offer, offer
    assert rtp.stretch_of(caller_sent["sent"], rtp.audio_of(heard_by_agent)) >= 150
    assert_passed(caller_showed, seen_by_agent, sip.VIDEO_TYPE)
    assert_passed(agent_showed, seen_by_caller, sip.VIDEO_TYPE)
    for showed in (caller_showed, agent_showed):
        assert len(kept & set(showed["sent"])) >= 150, "not on the recording: %d" % len(kept)
    assert record["recording"]["path"].endswith(".wav"), record["recording"]
    assert record["streams"]["caller_video"]["packets"] > 150, record["streams"]


def test_video_of_one_side_is_let_in_and_goes_nowhere():
    """The agent's phone has none: the two speak, and the caller's pictures cost nothing else."""
    frames = rtp.numbered_frames(7, 400, parties.VIDEO_BYTES)
    with Lab() as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, video=frames, audio=rtp.numbered_frames(5, 400))
        lab.wait_agent("1001", "talking", 15)
        time.sleep(3)
        caller.hang_up()
        heard, sent = agent.media.finish()[0], caller.media.finish()[1]
        seen, _ = caller.video.finish()
        record = lab.wait_records(1)[0]
        lab.assert_alive()
    assert rtp.stretch_of(sent["sent"], rtp.audio_of(heard)) >= 100
    assert not seen and "video" not in record, record


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
            lab.assert_alive()
        known = {frames[i:i + 160].hex() for i in range(0, len(frames), 160)}
        assert (len(known & set(rtp.audio_of(to_agent))) > 50) == heard_at_all
        assert (len(to_caller) > 50) == heard_at_all, len(to_caller)
