# SPDX-License-Identifier: BSD-3-Clause
"""What each side hears, and what is kept of it."""
import time

from lab import audio, parties, rtp
from lab.engine import Lab, NUMBER


def test_bytes_reach_the_other_side_unchanged():
    """The caller's payload reaches the agent unchanged and in order, and the other way round."""
    caller_audio, agent_audio = rtp.numbered_frames(1, 250), rtp.numbered_frames(2, 250)
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=agent_audio, wait_ms=1500)
        caller = parties.Caller(lab, NUMBER, audio=caller_audio, wait_ms=1500)
        lab.wait_agent("1001", "talking")
        time.sleep(7)
        caller.hang_up()
        heard_by_caller, caller_sent = caller.media.finish()
        heard_by_agent, agent_sent = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert rtp.stretch_of(caller_sent["sent"], rtp.audio_of(heard_by_agent)) == 250
    assert rtp.stretch_of(agent_sent["sent"], rtp.audio_of(heard_by_caller)) == 250
    rtp.assert_continuous(heard_by_agent)
    rtp.assert_continuous(heard_by_caller)  # through greeting, music and the agent
    greeting = [audio.power_at(audio.linear(bytes.fromhex(frame)), 1500) > 1e5
                for frame in rtp.audio_of(heard_by_caller)[:20]]
    assert all(greeting), "the greeting of 400 ms was cut: %s" % greeting
    assert record["streams"]["caller"]["lost"] == 0 and record["streams"]["agent"]["lost"] == 0, record


def test_recording_holds_caller_left_and_agent_right_aligned():
    """Tones sent at known moments stand in the recording within 20 ms, each on its side."""
    beeps = (audio.tone(1000, 200) + audio.silence(800)) * 5
    boops = (audio.tone(2000, 200) + audio.silence(800)) * 5
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=audio.ulaw(boops), loop=True)
        caller = parties.Caller(lab, NUMBER, audio=audio.ulaw(beeps), loop=True, wait_ms=100)
        lab.wait_agent("1001", "talking")
        time.sleep(6)
        caller.hang_up()
        _, caller_sent = caller.media.finish()
        _, agent_sent = agent.media.finish()
        record = lab.wait_records(1)[0]
        left, right = audio.read_g711_stereo(lab.recording_path(record))
    left, right = audio.linear(left), audio.linear(right)
    left_at, right_at = audio.onsets(left, 1000), audio.onsets(right, 2000)
    assert len(left_at) >= 4 and len(right_at) >= 4, (left_at, right_at)
    for side, own, other in ((left, 1000, 2000), (right, 2000, 1000)):
        assert audio.power_at(side, other) < 0.01 * audio.power_at(side, own), "sides are mixed up"
    # What really happened: both parties begin with a tone, and repeat every second from then on.
    real = parties.phase_ms((agent_sent["start"] - caller_sent["start"]) * 1000)
    kept = parties.phase_ms((right_at[-1] - left_at[-1]) / 8)
    assert parties.circular_distance(real, kept) <= 20, (real, kept)
    for at in (left_at, right_at):
        for a, b in zip(at[1:], at[2:]):  # the first may have begun before the recording
            assert abs(b - a - 8000) <= 160, at


def test_digits_arrive_once_each():
    """Telephone-events arrive as digits once each, and reach the agent."""
    digits = [[1, 1000, 100], [5, 1400, 100], [5, 1800, 100], [11, 2200, 400], [0, 3000, 60]]
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, 400))
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 400), digits=digits,
                                wait_ms=1500)
        lab.wait_agent("1001", "talking")
        time.sleep(7)
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert "".join(d["digit"] for d in record["digits"]) == "155#0", record["digits"]
    events = [p for p in heard if p["type"] == 101]
    assert len({p["ts"] for p in events}) == 5, "five presses have five timestamps"


def test_talk_share_of_known_speech():
    """Talk share measured from a file with a known share of speech is within 5 % of the truth."""
    speech, share = parties.speech_with_known_share()
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=audio.ulaw(audio.silence(1000)), loop=True)
        caller = parties.Caller(lab, NUMBER, audio=audio.ulaw(speech), loop=True, wait_ms=100)
        lab.wait_agent("1001", "talking")
        time.sleep(12)
        caller.hang_up()
        record = lab.wait_records(1)[0]
    measured = record["speech"]["caller"]["talk_share"]
    assert abs(measured - share) <= 0.05, (measured, share)
    assert record["speech"]["agent"]["talk_share"] <= 0.01, record["speech"]


def test_media_from_elsewhere_is_not_relayed():
    """RTP from an address that is not the one in the SDP is not relayed, and counted."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, 300))
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 300), wait_ms=100)
        lab.wait_agent("1001", "talking")
        port = lab.media_ports()[0]
        intruder_audio = rtp.numbered_frames(3, 100)
        intruders = [rtp.Party(lab, "intruder%d" % i, "10.77.0.20", 31000 + i,
                               audio=intruder_audio, remote=["10.77.0.1", p])
                     for i, p in enumerate(lab.media_ports())]
        time.sleep(3)
        heard_by_intruders = [i.finish()[0] for i in intruders]
        drops = lab.jf("status")["rtp"]["dropped"]
        caller.hang_up()
        heard, _ = agent.media.finish()
        heard_by_caller, _ = caller.media.finish()
        lab.wait_records(1)
    sprayed = {intruder_audio[i:i + 160].hex() for i in range(0, len(intruder_audio), 160)}
    assert not sprayed & set(rtp.audio_of(heard)) and not sprayed & set(rtp.audio_of(heard_by_caller))
    assert not any(heard_by_intruders), "something was sent to the sprayer"
    assert drops.get("source_mismatch", 0) >= 100, drops
