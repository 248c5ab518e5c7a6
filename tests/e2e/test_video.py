# SPDX-License-Identifier: BSD-3-Clause
"""Pictures beside the sound: as they came, in plain and under SRTP (the peers' by libsrtp2)."""
import os
import time

from lab import parties, rtp, sip
from lab.engine import Lab, NUMBER


def frames_of(seed, count=400):
    return rtp.numbered_frames(seed, count, parties.VIDEO_BYTES)


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
        kept = set(rtp.packets_of(path, ports, sip.VIDEO_TYPE))
    assert "profile-level-id=42e01f;packetization-mode=1" in offer, offer
    assert rtp.stretch_of(caller_sent["sent"], rtp.audio_of(heard_by_agent)) >= 150
    rtp.assert_passed(caller_showed, seen_by_agent, sip.VIDEO_TYPE)
    rtp.assert_passed(agent_showed, seen_by_caller, sip.VIDEO_TYPE)
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
    assert rtp.stretch_of(sent["sent"], rtp.audio_of(heard)) >= 100
    assert not seen and "video" not in record, record


def secure(text):
    return text + "  srtp_over_plain: true\n"


def agents_without_srtp(text):
    return text.replace("queues: [sales]}", "queues: [sales], srtp: off}")


def show_each_other(lab, agent_secure, **caller_settings):
    """A call with pictures both ways, the caller's side under SRTP; the record, what was kept of it
    readable, and (what the caller showed, what the agent saw)."""
    agent = parties.Agent(lab, "1001", video=frames_of(8), secure=agent_secure,
                          audio=rtp.numbered_frames(9, 400))
    caller = parties.Caller(lab, NUMBER, video=frames_of(7), secure=True,
                            audio=rtp.numbered_frames(5, 400), **caller_settings)
    lab.wait_agent("1001", "talking", 15)
    time.sleep(5)
    ports = [*lab.media_ports(), caller.video_port, agent.video_port]
    caller.hang_up()
    heard_by_agent, caller_sent = agent.media.finish()[0], caller.media.finish()[1]
    seen_by_agent, agent_showed = agent.video.finish()
    seen_by_caller, caller_showed = caller.video.finish()
    record = lab.wait_records(1)[0]
    kept = set(rtp.packets_of(os.path.join(lab.recordings, record["video"]["path"]), ports,
                              sip.VIDEO_TYPE))
    assert rtp.stretch_of(caller_sent["sent"], rtp.audio_of(heard_by_agent)) >= 150
    rtp.assert_passed(caller_showed, seen_by_agent, sip.VIDEO_TYPE)
    rtp.assert_passed(agent_showed, seen_by_caller, sip.VIDEO_TYPE)
    for showed in (caller_showed, agent_showed):
        assert len(kept & set(showed["sent"])) >= 150, "not readable on the recording"
    for log in ("control", "dataplane"):
        assert "inline:" not in lab.log(log), "a key is in the log"
    return record, caller_showed, seen_by_agent


def test_video_of_a_leg_with_srtp_passes_to_one_without():
    """Sound and pictures of the caller under SRTP, the agent's in plain: each byte arrives both ways
    and is readable on the recording; pictures with a byte changed reach nobody and are counted."""
    with Lab(edit_node=secure, edit_directory=agents_without_srtp) as lab:
        record, showed, seen = show_each_other(lab, False, spoil=5)
    assert set(rtp.audio_of(seen, sip.VIDEO_TYPE)) <= set(showed["sent"])
    streams = record["streams"]
    assert streams["caller_video"]["srtp"] == "AES_CM_128_HMAC_SHA1_80", streams
    assert "srtp" not in streams["agent_video"], streams
    assert streams["caller_video"]["drops"]["srtp_auth"] >= 30, streams["caller_video"]
    assert "srtp_auth" not in streams["agent_video"]["drops"], streams["agent_video"]


def test_video_under_srtp_of_both_legs():
    """Both under SRTP, each under keys of its own: what one shows the other sees, to the byte."""
    with Lab(edit_node=secure) as lab:
        record, _, _ = show_each_other(lab, True)
    for side in ("caller_video", "agent_video"):
        assert record["streams"][side]["srtp"] == "AES_CM_128_HMAC_SHA1_80", record["streams"]
        assert not record["streams"][side]["drops"].get("srtp_auth"), record["streams"]


def test_a_request_for_a_picture_reaches_who_is_seen():
    """A new viewer makes the engine ask for a whole picture; a PLI of the agent's reaches the caller
    under SRTCP, as an FIR where it takes only that, about its SSRC, at most twice a second; of an
    agent whose phone takes neither, it is asked by INFO; all of it is counted."""
    asks = [1000 + 20 * i for i in range(50)]  # for a second
    with Lab(edit_node=secure, edit_directory=agents_without_srtp) as lab:
        agent = parties.Agent(lab, "1001", video=frames_of(8), feedback=(),
                              video_rtcp={"pictures_ms": asks})
        caller = parties.Caller(lab, NUMBER, video=frames_of(7), secure=True, feedback=["ccm fir"],
                                audio=rtp.numbered_frames(5, 400),
                                video_rtcp={"pictures_ms": [2000]})
        lab.wait_agent("1001", "talking", 15)
        time.sleep(6)
        asked = caller.video.asked()
        by_info = agent.signalling.messages().count("<picture_fast_update/>")
        caller.hang_up()
        first = caller.video.finish()[1]
        record = lab.wait_records(1)[0]
    assert 3 <= len(asked) <= 5, asked
    assert {(one["way"], one["ssrc"]) for one in asked} == {("FIR", first["ssrc"])}, asked
    assert asked[0]["at"] - first["start"] < 1.5, (asked, first["start"])
    assert all(b["at"] - a["at"] > 0.4 for a, b in zip(asked, asked[1:])), asked
    assert by_info >= 2, "by INFO, when the call began and when the caller asked: %d" % by_info
    streams = record["streams"]
    assert streams["caller_video"]["keyframes_told"] == len(asked), streams["caller_video"]
    assert streams["caller_video"]["keyframes_asked"] == 1, streams["caller_video"]
    assert streams["agent_video"]["keyframes_asked"] == len(asks), streams["agent_video"]
