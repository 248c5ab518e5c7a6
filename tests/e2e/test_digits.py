# SPDX-License-Identifier: BSD-3-Clause
"""Key presses in every form, from one side to the other, and card numbers that nobody hears."""
import struct
import time

from lab import audio, parties, rtp, sip
from lab.engine import AGENTS, Lab, NUMBER

CARD = "4929175038264*#1"


def hum(ms):
    """Something to hear that is no key."""
    return audio.tone(300, ms, 600)


def dialled(keys, begin_ms, tone_ms=100, pause_ms=100):
    """A hum, then keys as tones, one after the other, then a hum again."""
    samples = hum(begin_ms)
    for key in keys:
        samples += audio.key_tone(key, tone_ms) + hum(pause_ms)
    return audio.ulaw(samples + hum(3000))


def heard_samples(heard, payload_type=0):
    return [s for frame in rtp.audio_of(heard, payload_type)
            for s in audio.linear(bytes.fromhex(frame))]


def presses(heard, event_type=101):
    """[(key, ms)] of the telephone-events; asserts what RFC 4733 says of their packets."""
    found = {}
    for packet in heard:
        if packet["type"] == event_type:
            event, flags, duration = struct.unpack("!BBH", bytes.fromhex(packet["payload"]))
            found.setdefault(packet["ts"], []).append(
                (event, flags >> 7, duration, packet["marker"], packet["at"]))
    for reports in found.values():
        assert len({r[0] for r in reports}) == 1, "two events with one timestamp"
        assert [r[3] for r in reports] == [1] + [0] * (len(reports) - 1), "marker: first only"
        assert [r[1] for r in reports] == [0] * (len(reports) - 3) + [1] * 3, "the end three times"
        durations = [r[2] for r in reports]
        assert durations == sorted(durations), durations
    return [(audio.KEYS[r[0][0]], r[-1][2] / 8) for r in found.values()]


def plain_agent(lab, **media):
    """An agent whose phone has no telephone-events."""
    body = sip.sdp(AGENTS["1001"], 32000, "0")
    return parties.Agent(lab, "1001", steps=parties.Agent.usual_steps(body, 100, None), **media)


def test_tones_of_a_caller_without_events_reach_the_agent_as_events():
    """Tones in the audio become events of the same length, once each, and leave the audio."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=audio.ulaw(hum(1000)), loop=True)
        caller = parties.Caller(lab, NUMBER, formats="0", audio=dialled("159#0", 1500),
                                wait_ms=1500)
        lab.wait_agent("1001", "talking")
        time.sleep(6)
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    found = presses(heard)
    assert "".join(key for key, _ in found) == "159#0", found
    assert all(80 <= ms <= 120 for _, ms in found), found
    assert "".join(d["digit"] for d in record["digits"]) == "159#0", record["digits"]
    assert not audio.keys_in(heard_samples(heard)), "the agent hears tones as well"
    rtp.assert_continuous(heard)


def test_events_reach_an_agent_without_events_as_tones():
    """Events become tones of the same length in the audio; no event is sent."""
    digits = [[1, 1500, 100], [5, 1800, 100], [5, 2100, 200], [11, 2600, 300], [0, 3200, 60]]
    with Lab() as lab:
        agent = plain_agent(lab, audio=audio.ulaw(hum(1000)), loop=True)
        caller = parties.Caller(lab, NUMBER, audio=audio.ulaw(hum(6000)), digits=digits,
                                wait_ms=1500)
        lab.wait_agent("1001", "talking")
        time.sleep(6)
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert {p["type"] for p in heard} == {0}
    found = audio.keys_in(heard_samples(heard))
    assert "".join(key for key, _ in found) == "155#0", found
    for (_, ms), (_, _, held_ms) in zip(found, digits):
        assert abs(ms - held_ms) <= 45, (found, digits)
    assert "".join(d["digit"] for d in record["digits"]) == "155#0", record["digits"]
    rtp.assert_continuous(heard)


def check_masked(formats, **media):
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=audio.ulaw(hum(1000)), loop=True)
        caller = parties.Caller(lab, NUMBER, formats=formats, wait_ms=1500, **media)
        lab.wait_agent("1001", "talking")
        call = lab.calls()[0]["id"]
        lab.jf("mask", call, "on")
        time.sleep(8)
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
        left, _ = audio.read_g711_stereo(lab.recording_path(record))
        logs = "".join(lab.log(name) for name in ("control", "dataplane"))
    kept = audio.linear(left)
    heard_audio = heard_samples(heard)
    assert not presses(heard), "the agent is sent events"
    for name, samples in (("agent", heard_audio), ("recording", kept)):
        powers = [audio.key_power(samples[at:at + 80]) for at in range(0, len(samples) - 80, 80)]
        assert max(powers) < 2e3, "%s: a tone of power %.0f" % (name, max(powers))
    assert audio.power_at(heard_audio[-8000:], 300) > 1e4, "the voice is gone too"
    assert not record["digits"], record["digits"]
    assert CARD not in str(record) and CARD not in logs
    rtp.assert_continuous(heard)
    return record


def test_a_masked_card_number_in_tones_is_heard_by_nobody():
    """No part of a tone reaches the agent or the recording; the record has the count only."""
    check_masked("0", audio=dialled(CARD, 2500, 60, 60))


def test_a_masked_card_number_in_tones_beside_events_is_heard_by_nobody():
    """A phone that negotiated events and sends tones all the same is masked as well."""
    check_masked("0 101", audio=dialled(CARD, 2500, 45, 50))


def test_a_masked_card_number_in_events_is_heard_by_nobody():
    """No event reaches the agent, no key the record."""
    digits = [[audio.KEYS.index(key), 2500 + 160 * i, 60] for i, key in enumerate(CARD)]
    check_masked("0 101", audio=audio.ulaw(hum(7000)), digits=digits)
