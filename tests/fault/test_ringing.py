# SPDX-License-Identifier: BSD-3-Clause
"""Control is killed while a phone rings. A number outside: the caller's INVITE and ours to the
carrier have no final response, and both go on. Agents: they ring anew."""
import time

from lab import parties, sip
from lab.carrier import Carrier, FORWARD, ONE_TRUNK, directory, trunk
from lab.engine import AGENTS, Lab, NUMBER, TRUNK_IP
from lab.phone import Phone, VOICE_HZ
from lab.scene import CALLER_HZ, times_heard, tone
from test_early import EARLY_HZ
from test_together import together

AWAY_S = 1.5


def kill_and_restart(lab, caller, provisional):
    """When the caller has heard that it rings; gives when control was there again."""
    lab.wait_for(lambda: "SIP/2.0 %d" % provisional in caller.messages(), 10, "ringing")
    before = lab.calls()[0]["id"]
    time.sleep(0.3)
    lab.kill("control")
    time.sleep(AWAY_S)
    lab.restart_control()
    again = time.monotonic()
    lab.wait_calls(1)
    assert (lab.calls()[0]["id"], lab.calls()[0]["state"]) == (before, "ringing"), lab.calls()
    return again


def test_a_number_that_rings_answers_after_a_restart():
    """The caller hears the far end all the time, is answered, both speak; one INVITE, one record."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = Carrier(lab, after_ms=6000, hz=EARLY_HZ, early=True)
        caller = parties.Caller(lab, FORWARD, **tone(CALLER_HZ))
        again = kill_and_restart(lab, caller.signalling, 183)
        assert trunk(lab, "out")["out"] == 1
        lab.wait_for(lambda: lab.calls()[0]["state"] == "talking", 10, "the answer")
        answered = time.monotonic()
        time.sleep(1.5)
        caller.hang_up()
        carrier.signalling.assert_success()
        assert carrier.invites() == 1
        record = lab.wait_records(1)[0]
        lab.wait_for(lambda: trunk(lab, "out")["out"] == 0, 5, "the trunk to be free")
        times, back = times_heard(caller.media, EARLY_HZ), times_heard(carrier.media, CALLER_HZ)
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert times[0] < again - AWAY_S and times[-1] > answered + 1 and max(gaps) < 0.3, max(gaps)
    assert len(back) > 50 and back[0] > answered - 0.5, "the far end hears before it answers"
    assert record["outcome"] == "answered" and record["outside"]["trunk"] == "out", record
    assert [a["outcome"] for a in record["outside"]["attempts"]] == ["answered"], record
    assert 5000 < record["ring_ms"] < 9500, record


def test_a_number_that_rings_refuses_after_a_restart():
    """486 after the restart: it is acknowledged, and the caller is told the same."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = Carrier(lab, lambda _: sip.refuses(486, "Busy Here"), after_ms=5000)
        steps = [sip.invite(sip.sdp(TRUNK_IP, 29000)), sip.recv_response(100, optional="true"),
                 sip.recv_response(180), sip.recv_response(486),
                 sip.ack_refusal()]
        caller = sip.Sipp(lab, "waits", TRUNK_IP, 5090, steps, service=FORWARD)
        kill_and_restart(lab, caller, 180)
        caller.assert_success()
        carrier.signalling.assert_success()
        assert carrier.invites() == 1 and caller.messages().count("SIP/2.0 180") == 2
        record = lab.wait_records(1)[0]
    assert (record["outcome"], record["end"]["sip_code"]) == ("failed", 486), record


def test_a_caller_gives_up_after_a_restart():
    """CANCEL after the restart: 487 to the caller, and the number is cancelled."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = Carrier(lab, lambda _: sip.TAKES_CANCEL)
        steps = [sip.invite(sip.sdp(TRUNK_IP, 29000)), sip.recv_response(100, optional="true"),
                 sip.recv_response(180), sip.pause(4000), sip.cancel(),
                 sip.recv_response(200), sip.recv_response(487), sip.ack_refusal()]
        caller = sip.Sipp(lab, "gives-up", TRUNK_IP, 5090, steps, service=FORWARD)
        kill_and_restart(lab, caller, 180)
        caller.assert_success()
        carrier.signalling.assert_success()
        record = lab.wait_records(1)[0]
    assert record["end"]["reason"] == "caller cancelled", record


def test_agents_who_ring_together_over_a_kill():
    """Control is killed while three agents ring for a caller: the phones are rid of the INVITEs of
    before, ring anew, one answers, the others are told that; the caller was never alone."""
    with Lab(edit_directory=together) as lab:
        others = [parties.Agent(lab, agent, sip.CANCELLED, times=2) for agent in ("1001", "1003")]
        phone = Phone(lab, "1002", manual=True)
        lab.wait_agent("1002", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(CALLER_HZ))
        for agent in AGENTS:
            lab.wait_agent(agent, "ringing")
        before = lab.calls()[0]["id"]
        time.sleep(0.5) # for the live row
        lab.kill("control")
        time.sleep(AWAY_S)
        lab.restart_control()
        for agent in AGENTS:
            lab.wait_agent(agent, "ringing")
        assert [c["id"] for c in lab.calls()] == [before], lab.calls()
        time.sleep(0.5)
        phone.command("/accept")
        lab.wait_agent("1002", "talking")
        for other in others:
            other.signalling.assert_success()
        time.sleep(2)
        caller.hang_up()
        record = lab.wait_records(1)[0]
        times = times_heard(caller.media, VOICE_HZ)
        invites = [other.signalling.messages().count("\nINVITE sip:") for other in others]
        for agent in AGENTS:
            lab.wait_agent(agent, "ready")
    assert invites == [2, 2], invites
    assert len(times) > 50, "the caller does not hear the agent"
    assert record["call"] == before and record["agent"] == "1002", record
    assert {a["agent"]: a["outcome"] for a in record["attempts"]} == {
        "1001": "withdrawn", "1002": "answered", "1003": "withdrawn"}, record
