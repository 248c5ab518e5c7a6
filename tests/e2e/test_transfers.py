# SPDX-License-Identifier: BSD-3-Clause
"""Transfers, consultations and conferences: who hears whom, and what the record tells."""
import time

from lab import audio, parties, rtp, sip
from lab.engine import AGENTS, Lab
from lab.scene import CALLER_HZ, FIRST_HZ, LOUD, MUSIC_HZ, SECOND_HZ, Scene, seconds_of, segments, tone


def test_blind_transfer():
    """Blind: the caller hears music while the target rings, then the target; one recording."""
    with Lab(ring_timeout_s=10) as lab:
        scene = Scene(lab)
        second = scene.second(answer_after_ms=1500)
        lab.jf("transfer", scene.call, "1002")
        assert lab.agent_state("1001") == "hold"
        scene.stay("calling", 0.8)
        lab.wait_agent("1002", "talking")
        scene.stay("talking")
        scene.first.signalling.assert_success()
        record = scene.over(second)
        heard = scene.heard_by(caller=scene.caller, second=second)
        left, right = audio.read_g711_stereo(lab.recording_path(record))
    assert heard["caller", "calling"] == {MUSIC_HZ}, heard
    assert heard["caller", "talking"] == {SECOND_HZ}, heard
    assert heard["second", "talking"] == {CALLER_HZ}, heard
    rtp.assert_continuous(scene.caller.media.packets)
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "transfer", "ended")]
    assert [r["agent"] for r in record["recording"]["right"]] == ["1001", "1002"], record
    seconds = len(right) // 8000
    assert audio.power_at(audio.linear(right[:8000]), FIRST_HZ) > LOUD
    assert audio.power_at(audio.linear(right[(seconds - 1) * 8000:]), SECOND_HZ) > LOUD
    assert audio.power_at(audio.linear(left[(seconds - 1) * 8000:]), CALLER_HZ) > LOUD


def test_attended_transfer():
    """Consult, swap, swap back, leave: each hears whom it speaks with, the one aside hears music."""
    with Lab(ring_timeout_s=10) as lab:
        scene = Scene(lab)
        second = scene.consult()
        assert lab.agent_state("1002") == "consult"
        scene.stay("consult", 2.2)
        lab.jf("swap", scene.call)
        scene.stay("aside", 2.2)
        lab.jf("swap", scene.call)
        lab.jf("leave", scene.call)
        scene.stay("transferred", 2.2)
        scene.first.signalling.assert_success()
        record = scene.over(second)
        heard = scene.heard_by(caller=scene.caller, first=scene.first, second=second)
        consult = record["consult_recordings"][0]
        aside, main = seconds_of(lab, consult), seconds_of(lab, record["recording"])
    assert heard["caller", "consult"] == {MUSIC_HZ}, heard
    assert heard["first", "consult"] == {SECOND_HZ}, heard
    assert heard["second", "consult"] == {FIRST_HZ}, heard
    assert heard["caller", "aside"] == {FIRST_HZ}, heard
    assert heard["first", "aside"] == {CALLER_HZ}, heard
    assert heard["second", "aside"] == {MUSIC_HZ}, heard
    assert heard["caller", "transferred"] == {SECOND_HZ}, heard
    assert heard["second", "transferred"] == {CALLER_HZ}, heard
    rtp.assert_continuous(scene.caller.media.packets)
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "transfer", "ended")]
    assert 1000 <= record["segments"][0]["consult_ms"] <= 6000, record["segments"]
    # What the two said is in a file of its own, and the caller's has none of it.
    assert (consult["left"], consult["right"]) == ({"agent": "1002"}, {"agent": "1001"}), consult
    assert ({SECOND_HZ}, {FIRST_HZ}) in aside and ({SECOND_HZ}, set()) in aside, aside
    assert all(CALLER_HZ not in left | right for left, right in aside), aside
    assert ({CALLER_HZ}, {FIRST_HZ}) in main and ({CALLER_HZ}, set()) in main, main
    assert ({CALLER_HZ}, {SECOND_HZ}) in main, main
    assert record["segments"][1]["consult_ms"] == 0, record["segments"]


def test_conference_and_warm_hand_over():
    """In a conference each hears the two others; when the agent hangs up the others stay."""
    with Lab(ring_timeout_s=10) as lab:
        scene = Scene(lab)
        second = scene.consult()
        lab.jf("join", scene.call)
        assert {lab.agent_state(a) for a in ("1001", "1002")} == {"conference"}
        scene.stay("conference", 3.0)  # whole seconds of it, in the file too
        lab.jf("leave", scene.call)
        scene.first.signalling.assert_success()
        lab.wait_agent("1002", "talking")
        scene.stay("after", 2.0)
        record = scene.over(second)
        heard = scene.heard_by(caller=scene.caller, first=scene.first, second=second)
        agents = {a["id"]: a for a in lab.jf("agents")}
        aside, main = (seconds_of(lab, r) for r in
                       (record["consult_recordings"][0], record["recording"]))
        listed = [r.get("consulted") for r in lab.jf("recordings")]
    assert heard["caller", "conference"] == {FIRST_HZ, SECOND_HZ}, heard
    assert heard["first", "conference"] == {CALLER_HZ, SECOND_HZ}, heard
    assert heard["second", "conference"] == {CALLER_HZ, FIRST_HZ}, heard
    assert heard["caller", "after"] == {SECOND_HZ}, heard
    assert heard["second", "after"] == {CALLER_HZ}, heard
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "conference", "ended")]
    assert (agents["1001"]["transferred_out"], agents["1002"]["transferred_in"]) == (1, 1), agents
    assert agents["1001"]["transfer_rate"] == 1.0, agents
    # Each voice of the conference is in one file: the third party's where the consultation is.
    assert ({CALLER_HZ}, {FIRST_HZ}) in main and ({CALLER_HZ}, {SECOND_HZ}) in main, main
    assert all(MUSIC_HZ not in left | right for left, right in aside + main), (aside, main)
    assert ({SECOND_HZ}, set()) in aside and listed == [None, "1002"], (aside, listed)


def test_failed_transfer_comes_back():
    """Nobody answers: the caller is the agent's again, and the target is not ready (RONA)."""
    with Lab(ring_timeout_s=1) as lab:
        scene = Scene(lab)
        scene.second(answer_after_ms=20000)
        lab.jf("transfer", scene.call, "1002")
        scene.wait_state("talking")
        scene.stay("back")
        refused = lab.jf_raw("transfer", scene.call, "1002")
        rona = next(a for a in lab.jf("agents") if a["id"] == "1002")
        record = scene.over(scene.first)
        heard = [scene.heard(p, "back") for p in (scene.caller, scene.first)]
    assert heard == [{FIRST_HZ}, {CALLER_HZ}], heard
    assert (rona["state"], rona["reason"]) == ("not-ready", "rona"), rona
    assert refused.returncode == 1 and "not ready" in refused.stderr, refused
    assert [(a["agent"], a["outcome"]) for a in record["attempts"]] == [
        ("1002", "rona"), ("1001", "answered")], record["attempts"]


def test_the_agent_hangs_up_before_the_target_fails():
    """The transferring agent has gone and the target refuses: the caller waits at the head."""
    with Lab(ring_timeout_s=1) as lab:
        scene = Scene(lab)
        scene.second(answer_after_ms=20000)
        lab.jf("transfer", scene.call, "1002")
        lab.jf("leave", scene.call)
        scene.first.signalling.assert_success()
        lab.jf("agent", "1001", "notready", "test")
        scene.wait_state("queued")
        third = parties.Agent(lab, "1003", **tone(SECOND_HZ))
        lab.wait_agent("1003", "talking")
        scene.stay("third")
        record = scene.over(third)
        heard = scene.heard(scene.caller, "third")
    assert heard == {SECOND_HZ}, heard
    assert segments(record) == [("1001", "queue", "transferred"), ("1003", "queue", "ended")]


def test_transfer_to_a_queue():
    """To a queue: the agent is free at once, the caller waits there with the age it has."""
    with Lab() as lab:
        scene = Scene(lab)
        time.sleep(1)
        lab.jf("transfer", scene.call, "nobody")
        scene.first.signalling.assert_success()
        lab.wait_agent("1001", "ready")
        queue = next(q for q in lab.jf("queues") if q["name"] == "nobody")
        record = scene.over()
    assert queue["waiting"] == 1 and queue["oldest_ms"] > 1000, queue
    assert (record["queue"], segments(record)) == ("nobody", [("1001", "queue", "transferred")])


def test_a_phone_refers_the_caller():
    """A blind REFER (RFC 3515) by the agent's phone: 202, NOTIFY of how it goes, then our BYE."""
    refer = sip.agent_request("REFER", 1).replace(
        "Max-Forwards: 70", "Refer-To: <sip:1002@10.77.0.1>\n      Max-Forwards: 70")
    answer = parties.Agent.usual_steps(sip.sdp(AGENTS["1001"], 32000), 100, None)[:-2]
    steps = answer + [sip.pause(1500), refer, sip.recv_response(202)]
    for _ in ("100", "180", "200"):
        steps += [sip.recv_request("NOTIFY"), sip.respond_in_dialog(200, "OK")]
    steps += [sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]
    with Lab(ring_timeout_s=10) as lab:
        scene = Scene(lab, steps)
        second = scene.second(answer_after_ms=500)
        lab.wait_agent("1002", "talking")
        scene.stay("referred")
        scene.first.signalling.assert_success()
        record = scene.over(second)
        heard = [scene.heard(p, "referred") for p in (scene.caller, second)]
        told = scene.first.signalling.messages()
    assert heard == [{SECOND_HZ}, {CALLER_HZ}], heard
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "transfer", "ended")]
    for line in ("SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200 OK"):
        assert "message/sipfrag" in told and line in told, told[-3000:]


def test_control_killed_in_a_conference():
    """kill -9 of control in a conference: it goes on, is adopted, and can be taken apart."""
    with Lab(ring_timeout_s=10) as lab:
        scene = Scene(lab)
        second = scene.consult()
        lab.jf("join", scene.call)
        time.sleep(0.5)
        lab.kill("control")
        scene.stay("dead")
        lab.restart_control()
        assert lab.calls()[0]["state"] == "conference"
        assert {lab.agent_state(a) for a in ("1001", "1002")} == {"conference"}
        scene.stay("adopted")
        lab.jf("leave", scene.call)
        scene.stay("after")
        record = scene.over(second)
        heard = {when: scene.heard(scene.caller, when) for when in ("dead", "adopted", "after")}
    assert heard["dead"] == heard["adopted"] == {FIRST_HZ, SECOND_HZ}, heard
    assert heard["after"] == {SECOND_HZ}, heard
    rtp.assert_continuous(scene.caller.media.packets)
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "conference", "ended")]
