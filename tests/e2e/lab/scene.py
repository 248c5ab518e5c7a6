# SPDX-License-Identifier: BSD-3-Clause
"""A caller, the agent who serves it, and third parties: each sends a tone of its own."""
import time

from . import audio, parties
from .engine import NUMBER
from .phone import VOICE_HZ

CALLER_HZ, FIRST_HZ, SECOND_HZ, MUSIC_HZ = 700, 1100, 1900, 300
TONES = (CALLER_HZ, FIRST_HZ, SECOND_HZ, MUSIC_HZ)
LOUD = 2e5


def tone(hz):
    """A second of it, whole periods, to be repeated."""
    return {"audio": audio.ulaw(audio.tone(hz, 1000)), "loop": True}


def loud(samples, tones=TONES):
    """Which of the tones are in it."""
    return {hz for hz in tones if audio.power_at(samples, hz) > LOUD}


def times_heard(party, hz):
    """When packets with the tone came, in seconds of its clock."""
    return [p["at"] for p in party.finish()[0] if p["type"] == 0 and
            audio.power_at(audio.linear(bytes.fromhex(p["payload"])), hz) > LOUD]


def assert_heard(heard, hz):
    """A party was sent the tone, to the end of its call."""
    last = b"".join(bytes.fromhex(p["payload"]) for p in heard[-60:-10])
    assert audio.power_at(audio.linear(last), hz) > 1e5, "no %d Hz is heard" % hz


def assert_recorded(lab, record, left_hz, right_hz):
    """In the middle of the recording, at 8000 Hz, each side says its tone."""
    left, right = audio.read_g711_stereo(lab.recording_path(record))
    middle = slice(len(left) // 2, len(left) // 2 + 8000)
    assert audio.power_at(audio.linear(left[middle]), left_hz) > 1e5, "no %d Hz left" % left_hz
    assert audio.power_at(audio.linear(right[middle]), right_hz) > 1e5, "no %d Hz right" % right_hz


def talk_with_a_phone(lab, seconds=4):
    """A caller and the phone of 1001, which answers by itself and says VOICE_HZ: each hears the
    other, and both are recorded. The record."""
    caller = parties.Caller(lab, NUMBER, **tone(1000))
    lab.wait_agent("1001", "talking")
    time.sleep(seconds)
    caller.hang_up()
    heard, _ = caller.media.finish()
    record = lab.wait_records(1)[0]
    lab.wait_agent("1001", "ready")
    assert record["agent"] == "1001" and record["outcome"] == "answered", record
    assert_heard(heard, VOICE_HZ)
    assert_recorded(lab, record, 1000, VOICE_HZ)
    return record


class Scene:
    """A caller with the agent 1001; 1002 joins in when it is called. caller=False: nobody calls."""

    def __init__(self, lab, steps=None, caller=True):
        self.lab = lab
        self.marks = []
        if not caller:
            return
        self.first = parties.Agent(lab, "1001", steps, **tone(FIRST_HZ))
        self.caller = parties.Caller(lab, NUMBER, **tone(CALLER_HZ))
        lab.wait_agent("1001", "talking")
        self.call = lab.calls()[0]["id"]

    def second(self, **settings):
        return parties.Agent(self.lab, "1002", **settings, **tone(SECOND_HZ))

    def consult(self, **settings):
        """1002, whom 1001 consults; they talk."""
        second = self.second(**settings)
        self.lab.jf("consult", self.call, "1002")
        self.wait_state("consult-talking")
        return second

    def over(self, *others):
        """The caller hangs up, which ends the others' part; the record."""
        self.caller.hang_up()
        for other in others:
            other.signalling.assert_success()
        return self.lab.wait_records(1)[0]

    def stay(self, name, seconds=1.0):
        """A stretch of time in which the parties are as the name says."""
        time.sleep(0.3)
        begin = time.monotonic()
        time.sleep(seconds)
        self.marks.append((name, begin, time.monotonic()))

    def wait_state(self, state):
        self.lab.wait_for(lambda: self.lab.calls()[0]["state"] == state, 5, "the call to be " + state)

    def heard(self, party, name):
        """The frequencies that the party heard in that stretch."""
        return self.tones_heard(party, name, TONES)

    def heard_by(self, **parties):
        """{(party, stretch): the frequencies heard}, of all stretches."""
        return {(name, mark[0]): self.heard(party, mark[0]) for mark in self.marks
                for name, party in parties.items()}

    def tones_heard(self, party, name, tones):
        media = getattr(party, "media", party)
        if not hasattr(media, "packets"):
            media.packets = media.finish()[0]
        _, begin, end = next(m for m in self.marks if m[0] == name)
        samples = []
        for p in media.packets:
            if begin <= p["at"] <= end and p["type"] == 0:
                samples += audio.linear(bytes.fromhex(p["payload"]))
        return loud(samples, tones) if samples else set()


def segments(record):
    return [(s.get("agent") or s["outside"], s["came"], s["went"]) for s in record["segments"]]


def seconds_of(lab, recording):
    """[(tones on the left, tones on the right)] of each whole second of a recording."""
    left, right = audio.read_g711_stereo(lab.recording_path({"recording": recording}))
    return [tuple(loud(audio.linear(side[at:at + 8000])) for side in (left, right))
            for at in range(0, len(left) - 7999, 8000)]
