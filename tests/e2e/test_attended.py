# SPDX-License-Identifier: BSD-3-Clause
"""What agents do with two lines of a real phone (linphonec): consult, swap, transfer attended by
REFER with Replaces, get refused, and all of it in calls that they placed themselves."""
import time

from lab import linphone, parties
from lab.engine import Lab, NUMBER
from lab.phone import VOICE_HZ
from lab.scene import CALLER_HZ, MUSIC_HZ, SECOND_HZ, Scene, segments, tone

HERTZ = (CALLER_HZ, SECOND_HZ, MUSIC_HZ, VOICE_HZ)


class Desk(Scene):
    """1001 with linphonec; 1002 answers with a tone; a caller, unless it places a call itself."""

    def __init__(self, lab, calls=True, **phone):
        super().__init__(lab, caller=False)
        self.phone = linphone.Phone(lab, "1001", **phone)
        lab.wait_for(lambda: lab.agent_state("1001") == "ready", 15, self.phone.out())
        if calls:
            self.caller = parties.Caller(lab, NUMBER, **tone(CALLER_HZ))
            lab.wait_agent("1001", "talking")

    def dial(self, user):
        """On a second line if there is a call already, which waits."""
        if self.lab.calls():
            self.phone.tell("pause")
            self.wait_state("held")
            self.paused = 1
        self.phone.tell("call sip:%s@10.77.0.1" % user)

    def turn_to(self, line, state):
        """Holds the line that it speaks on, and takes up the other."""
        self.phone.tell("pause")
        self.lab.wait_for(lambda: self.phone.out().count("is now paused") > self.paused, 5,
                          "the line on hold")
        self.paused = self.phone.out().count("is now paused")
        self.phone.tell("resume %d" % line)
        self.wait_state(state)

    def heard(self, party, name):
        return self.tones_heard(party, name, HERTZ)


def consulting(desk):
    second = desk.second()
    desk.dial("1002")
    desk.wait_state("consult-talking")
    desk.stay("consult", 1.5)
    return second


@linphone.when_there
def test_linphonec_consults_swaps_and_transfers():
    """Second line, swap by hold and resume, REFER with Replaces: each hears whom it should."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        second = consulting(desk)
        desk.turn_to(1, "consult-aside")
        desk.stay("aside", 1.5)
        desk.turn_to(2, "consult-talking")
        desk.phone.tell("transfer 1 --to-call 2")
        lab.wait_agent("1002", "talking")
        desk.stay("transferred", 1.5)
        record = desk.over(second)
        heard = desk.heard_by(caller=desk.caller, second=second)
        lab.wait_agent("1001", "ready")
    assert heard["caller", "consult"] == {MUSIC_HZ}, heard
    assert heard["second", "consult"] == {VOICE_HZ}, heard
    assert heard["caller", "aside"] == {VOICE_HZ}, heard
    assert heard["second", "aside"] == {MUSIC_HZ}, heard
    assert heard["caller", "transferred"] == {SECOND_HZ}, heard
    assert heard["second", "transferred"] == {CALLER_HZ}, heard
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "transfer", "ended")]
    assert record["segments"][0]["consult_ms"] > 1000, record["segments"]
    assert record["consult_recordings"][0]["left"] == {"agent": "1002"}, record


@linphone.when_there
def test_a_consultation_that_fails_leaves_the_caller_with_linphonec():
    """Who is consulted declines: the second line is refused, and the first one goes on."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        desk.dial("1002")  # logged out
        lab.wait_for(lambda: "refused: 486" in lab.log("control"), 5, "the refusal")
        time.sleep(1)  # for linphonec to see it, which resumes nothing before
        desk.phone.tell("resume 1")
        desk.wait_state("talking")
        desk.stay("back", 1.5)
        record = desk.over()
        heard = desk.heard(desk.caller, "back")
    assert heard == {VOICE_HZ}, heard
    assert segments(record) == [("1001", "queue", "ended")], record


@linphone.when_there
def test_linphonec_passes_on_a_call_that_it_placed():
    """An own call to a colleague, then REFER to a third: the two others talk, all is recorded."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab, calls=False)
        second = desk.second()
        desk.dial("1002")
        lab.wait_agent("1002", "talking")
        desk.stay("own", 1.5)
        third = parties.Agent(lab, "1003", hangup_after_ms=3500, **tone(CALLER_HZ))
        desk.phone.tell("transfer sip:1003@10.77.0.1")
        lab.wait_agent("1003", "talking")
        lab.wait_agent("1001", "ready")
        desk.stay("passed on", 1.5)
        third.signalling.assert_success()
        second.signalling.assert_success()
        record = lab.wait_records(1)[0]
        heard = desk.heard_by(second=second, third=third)
    assert heard["second", "own"] == {VOICE_HZ}, heard
    assert heard["second", "passed on"] == {CALLER_HZ}, heard
    assert heard["third", "passed on"] == {SECOND_HZ}, heard
    assert record["placed_by"] == "1001" and record["outcome"] == "answered", record
    assert [s[:2] for s in segments(record)] == [
        ("1001", "placed"), ("1003", "transfer"), ("1002", "colleague")], record["segments"]
    assert record["recording"]["state"] == "closed", record
