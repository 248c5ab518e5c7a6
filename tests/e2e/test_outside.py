# SPDX-License-Identifier: BSD-3-Clause
"""A number outside as the third party: conference, warm hand-over, what fails and comes back, and
the times of each segment."""
import time

from lab import parties, rtp, sip
from lab.carrier import Carrier, ONE_TRUNK, OUTSIDE, directory
from lab.engine import Lab
from lab.scene import CALLER_HZ, FIRST_HZ, MUSIC_HZ, SECOND_HZ, Scene, segments, tone


def outside_of(lab, final=sip.answers):
    return Carrier(lab, final, after_ms=800, hz=SECOND_HZ)


def near(ms, seconds, slack=900):
    return abs(ms - 1000 * seconds) < slack


def test_a_conference_with_a_number_outside_and_a_warm_hand_over():
    """Consult, join, leave: all three hear each other, then the caller stays with the outside."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        scene = Scene(lab)
        outside = outside_of(lab)
        lab.jf("consult", scene.call, OUTSIDE)
        scene.stay("ringing", 0.3)
        scene.wait_state("consult-talking")
        scene.stay("consult", 1.5)
        lab.jf("join", scene.call)
        scene.stay("conference", 1.5)
        lab.jf("leave", scene.call)
        scene.first.signalling.assert_success()
        scene.stay("handed over", 1.5)
        lab.wait_agent("1001", "ready")
        record = scene.over(outside)
        heard = scene.heard_by(caller=scene.caller, first=scene.first, outside=outside)
    assert heard["caller", "ringing"] == heard["caller", "consult"] == {MUSIC_HZ}, heard
    assert heard["first", "consult"] == {SECOND_HZ}, heard
    assert heard["outside", "consult"] == {FIRST_HZ}, heard
    assert heard["caller", "conference"] == {FIRST_HZ, SECOND_HZ}, heard
    assert heard["first", "conference"] == {CALLER_HZ, SECOND_HZ}, heard
    assert heard["outside", "conference"] == {CALLER_HZ, FIRST_HZ}, heard
    assert heard["caller", "handed over"] == {SECOND_HZ}, heard
    assert heard["outside", "handed over"] == {CALLER_HZ}, heard
    rtp.assert_continuous(scene.caller.media.packets)
    assert segments(record) == [("1001", "queue", "transferred"), (OUTSIDE, "conference", "ended")]
    first, second = record["segments"]
    # The consultation is the consulting agent's time, and to its caller a hold.
    assert near(first["consult_ms"], 3.0) and near(first["conference_ms"], 1.8), first
    assert first["hold_ms"] == 0 and second["consult_ms"] == 0, record["segments"]
    assert near(second["conference_ms"], 1.8) and near(second["talk_ms"], 1.9), second
    assert near(record["hold_ms"], 3.0), record
    assert record["outside"]["trunk"] == "out" and record["outside"]["answered"], record
    assert record["consult_recordings"][0]["left"] == {"outside": OUTSIDE}, record
    assert [list(r)[0] for r in record["recording"]["right"]] == ["agent", "outside"], record


def test_a_number_outside_that_refuses_gives_the_caller_back():
    """Blind to a busy number: the agent has its caller again, whose wait was a hold."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        scene = Scene(lab)
        outside = outside_of(lab, lambda _: sip.refuses(486, "No"))
        time.sleep(1)
        lab.jf("transfer", scene.call, OUTSIDE)
        scene.wait_state("talking")
        scene.stay("back")
        outside.signalling.assert_success()
        record = scene.over(scene.first)
        heard = [scene.heard(p, "back") for p in (scene.caller, scene.first)]
    assert heard == [{FIRST_HZ}, {CALLER_HZ}], heard
    assert segments(record) == [("1001", "queue", "ended")], record["segments"]
    assert near(record["segments"][0]["hold_ms"], 0.9), record["segments"]
    assert [(a.get("outside") or a["agent"], a["outcome"]) for a in record["attempts"]] == [
        (OUTSIDE, "busy"), ("1001", "answered")], record["attempts"]


def test_a_caller_whose_agent_left_goes_to_the_head_of_the_queue():
    """The agent leaves a transfer to the outside that fails: the next free agent has the caller."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        scene = Scene(lab)
        outside = outside_of(lab, lambda _: sip.refuses(404, "No"))
        lab.jf("transfer", scene.call, OUTSIDE)
        lab.jf("leave", scene.call)
        scene.first.signalling.assert_success()
        lab.jf("agent", "1001", "notready", "test")
        scene.wait_state("queued")
        outside.signalling.assert_success()
        scene.stay("queued")
        second = scene.second()
        lab.wait_agent("1002", "talking")
        scene.stay("served")
        record = scene.over(second)
        heard = [scene.heard(scene.caller, m[0]) for m in scene.marks]
    assert heard == [{MUSIC_HZ}, {SECOND_HZ}], heard
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "queue", "ended")]


def test_a_transfer_to_a_queue_with_a_new_age():
    """`jf transfer CALL QUEUE new`: the age counts from the transfer; kept, from the arrival."""
    ages = {}
    for policy in ("new", "kept"):
        with Lab() as lab:
            scene = Scene(lab)
            time.sleep(2)
            lab.jf("transfer", scene.call, "nobody", policy)
            scene.first.signalling.assert_success()
            ages[policy] = next(q for q in lab.jf("queues") if q["name"] == "nobody")["oldest_ms"]
            record = scene.over()
        assert segments(record) == [("1001", "queue", "transferred")], record["segments"]
    assert ages["new"] < 1500 and ages["kept"] > 2000, ages


def test_an_agent_s_own_call_to_the_outside_is_passed_on():
    """A colleague whom the agent consults takes over whom it had called, outside; the agents are on
    the right of the recording, the number on the left."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        outside = outside_of(lab)
        scene = Scene(lab, caller=False)
        scene.first = parties.Dialling(lab, "1001", OUTSIDE, **tone(FIRST_HZ))
        lab.wait_agent("1001", "talking")
        scene.call = lab.calls()[0]["id"]
        scene.stay("own", 1.5)
        second = scene.consult(hangup_after_ms=5000)
        scene.stay("consult")
        lab.jf("leave", scene.call)
        scene.first.signalling.assert_success()
        lab.wait_agent("1001", "ready")
        scene.stay("passed on")
        second.signalling.assert_success()
        outside.signalling.assert_success()
        record = lab.wait_records(1)[0]
        heard = scene.heard_by(outside=outside, second=second)
    assert heard["outside", "own"] == {FIRST_HZ}, heard
    assert heard["second", "consult"] == {FIRST_HZ}, heard
    assert heard["outside", "passed on"] == {SECOND_HZ}, heard
    assert segments(record) == [("1001", "placed", "transferred"), ("1002", "transfer", "ended")]
    assert [r["agent"] for r in record["recording"]["right"]] == ["1001", "1002"], record
    assert record["recording"]["left"][0]["outside"] == OUTSIDE, record["recording"]
