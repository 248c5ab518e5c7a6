# SPDX-License-Identifier: BSD-3-Clause
"""Legs that differ: codecs, and forms of key presses."""
import time
import wave

from lab import parties, phone, rtp, sip
from lab.engine import Lab, NUMBER, TRUNK_IP
from lab.scene import assert_heard, tone


def agent_with(policy):
    return lambda text: text.replace("password: secret-1001,", "password: secret-1001, %s," % policy)


def test_a_g722_phone_talks_with_a_pcmu_caller():
    """baresip with G.722 only and a caller with PCMU only hear each other; wideband recording."""
    with Lab(edit_directory=agent_with("codecs: [G722]")) as lab:
        phone.Phone(lab, "1001", codec="g722")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        lab.wait_agent("1001", "talking", 15)
        time.sleep(5)
        caller.hang_up()
        heard, _ = caller.media.finish()
        record = lab.wait_records(1)[0]
        with wave.open(lab.recording_path(record)) as w:
            rate, channels, width = w.getframerate(), w.getnchannels(), w.getsampwidth()
    codecs = {side: party["codec"] for side, party in record["parties"].items()}
    assert codecs == {"caller": "PCMU", "agent": "G722"}, codecs
    assert (rate, channels, width) == (16000, 2, 2)
    assert_heard(heard, phone.VOICE_HZ)


def events_of(heard):
    """The keys of the telephone-events heard, one for each press."""
    presses = []
    for p in heard:
        if p["type"] == 101 and (not presses or presses[-1][0] != p["ts"]):
            presses.append((p["ts"], int(p["payload"][:2], 16)))
    return [key for _, key in presses]


def test_a_key_press_by_info_reaches_the_agent_once():
    """INFO becomes a telephone-event for the agent, and one digit in the record."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 200), loop=True)
        lab.wait_agent("1001", "talking", 15)
        time.sleep(0.5)
        info = caller.dialog().request("INFO", 2, "Signal=5\r\nDuration=160\r\n",
                                       "application/dtmf-relay")
        answers = sip.exchange(lab, TRUNK_IP, 5999, [info])[0]
        assert sip.status(answers) == [200], answers
        time.sleep(1.5)
        bye = caller.dialog().request("BYE", 3)
        assert sip.status(sip.exchange(lab, TRUNK_IP, 5999, [bye])[0]) == [200]
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert events_of(heard) == [5], events_of(heard)
    assert [(d["digit"], d["side"]) for d in record["digits"]] == [("5", "caller")], record


def test_masked_key_presses_reach_nobody():
    """jf mask: the agent hears no key press, the record counts them and names none."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 200), loop=True,
                                digits=[[4, 3500, 100], [2, 5000, 100]])
        lab.wait_agent("1001", "talking", 15)
        call = lab.calls()[0]["id"]
        assert lab.jf("mask", call, "on")["masking"] == "on"
        lab.wait_for(lambda: lab.jf("call", call)["parties"]["caller"].get("masked_digits") == 2,
                     10, "two masked digits")
        log, live = lab.log("control"), lab.jf("call", call)
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
    assert events_of(heard) == [], events_of(heard)
    assert record["digits"] == [] and live["digits"] == []
    assert record["parties"]["caller"]["masked_digits"] == 2
    assert "call.digit" not in log
