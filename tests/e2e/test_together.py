# SPDX-License-Identifier: BSD-3-Clause
"""Several agents asked for one caller at once (simultaneous ring), with SIPp's phones; several
callers with one agent (capacity), with baresip."""
import time

from lab import audio, parties, rtp, sip
from lab.engine import AGENTS, Lab, NUMBER
from lab.phone import Phone, VOICE_HZ
from lab.scene import CALLER_HZ, FIRST_HZ, MUSIC_HZ, SECOND_HZ, Scene, loud, tone

ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"'


def together(text):
    """The queue rings three agents at once."""
    return text.replace("{name: sales,",
                        "{name: sales, agents_by: simultaneous ring, ring_at_once: 3,")


def lab_of(**settings):
    return Lab(edit_directory=together, **settings)


def outcomes(record):
    return {a["agent"]: a["outcome"] for a in record["attempts"]}


def reason(agent):
    """What the agent's CANCEL said of why."""
    messages = agent.signalling.messages().replace("\r\n", "\n")
    return sip.header(messages[messages.index("\nCANCEL "):].split("\n\n")[0], "Reason")


def test_three_agents_ring_and_the_first_answer_has_the_call():
    """Three phones ring at once; one answers and is heard, as it hears the caller; the others are
    cancelled as answered elsewhere, hear nothing, and are ready without blame."""
    with lab_of() as lab:
        scene = Scene(lab, caller=False)
        losers = [parties.Agent(lab, agent, sip.CANCELLED, **tone(hz))
                  for agent, hz in (("1001", FIRST_HZ), ("1003", MUSIC_HZ))]
        winner = parties.Agent(lab, "1002", answer_after_ms=1500, **tone(SECOND_HZ))
        caller = parties.Caller(lab, NUMBER, **tone(CALLER_HZ))
        for agent in AGENTS:
            lab.wait_agent(agent, "ringing")
        shown = lab.jf("call", lab.calls()[0]["id"])
        lab.wait_agent("1002", "talking")
        for loser in losers:
            loser.signalling.assert_success()
        scene.stay("talk", 1.5)
        assert lab.agent_state("1001") == "ready" and lab.agent_state("1003") == "ready"
        caller.hang_up()
        winner.signalling.assert_success()
        record = lab.wait_records(1)[0]
        queue = next(q for q in lab.jf("queues") if q["name"] == "sales")
        agents = {a["id"]: a for a in lab.jf("agents")}
        heard = {name: scene.tones_heard(party, "talk", (CALLER_HZ, FIRST_HZ, SECOND_HZ, MUSIC_HZ))
                 for name, party in (("caller", caller), ("winner", winner))}
        silent = [loser.media.finish()[0] for loser in losers]
        reasons = [reason(loser) for loser in losers]
    assert sorted(shown["ringing"]) == sorted(AGENTS), shown
    assert len(shown["decisions"]) == 1, shown["decisions"]
    decision = shown["decisions"][0]
    assert decision["rule"] == "simultaneous ring", decision
    assert sorted([decision["agent"]] + decision["also"]) == sorted(AGENTS), decision
    assert reasons == [ELSEWHERE] * 2, reasons
    assert heard == {"caller": {SECOND_HZ}, "winner": {CALLER_HZ}}, heard
    assert silent == [[], []], [len(s) for s in silent]
    assert record["agent"] == "1002" and record["outcome"] == "answered", record
    assert outcomes(record) == {"1001": "withdrawn", "1002": "answered", "1003": "withdrawn"}, record
    assert queue["offered"] == queue["answered"] == 1 and queue["rona"] == 0, queue
    assert queue["today"]["offered"] == 1, queue["today"]
    assert agents["1001"]["rona"] == 0 and agents["1001"]["offered"] == 1, agents["1001"]


def test_two_agents_who_both_answer():
    """A colleague's 200 that crosses the CANCEL gets ACK and BYE, and the first keeps the call."""
    with lab_of() as lab:
        late = parties.Agent(lab, "1001", sip.crossing(sip.sdp(AGENTS["1001"], 32000)))
        first = parties.Agent(lab, "1002", answer_after_ms=300)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(5, 50), loop=True)
        lab.wait_agent("1002", "talking")
        late.signalling.assert_success()
        time.sleep(0.5)
        assert lab.agent_state("1001") == "ready" and lab.agent_state("1002") == "talking"
        caller.hang_up()
        first.signalling.assert_success()
        record = lab.wait_records(1)[0]
    assert record["agent"] == "1002" and record["end"]["by"] == "caller", record


def test_who_rejects_is_left_out_and_nobody_answers_in_time():
    """One agent rejects, two ring on to the timeout: each has its own outcome, and the caller, who
    hangs up then, was waiting."""
    with lab_of(ring_timeout_s=2) as lab:
        rejects = parties.Agent(lab, "1001", [sip.KEEP_DIALOG, *sip.refuses(603, "Decline")])
        rest = [parties.Agent(lab, agent, sip.CANCELLED) for agent in ("1002", "1003")]
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=3500)
        rejects.signalling.assert_success()
        lab.wait_agent("1001", "not-ready")
        assert lab.agent_state("1002") == "ringing", lab.agent_state("1002")
        for agent in rest:
            agent.signalling.assert_success()
        lab.wait_agent("1002", "not-ready")
        lab.wait_agent("1003", "not-ready")
        shown = {a["id"]: a["reason"] for a in lab.jf("agents")}
        caller.signalling.assert_success()
        record = lab.wait_records(1)[0]
        reasons = [reason(agent) for agent in rest]
    assert reasons == [None, None], reasons
    assert shown == {"1001": "rejected", "1002": "rona", "1003": "rona"}, shown
    assert outcomes(record) == {"1001": "rejected", "1002": "rona", "1003": "rona"}, record
    assert record["outcome"] == "abandoned", record


def test_a_caller_who_hangs_up_while_several_ring():
    """All phones are cancelled, without a word of somewhere else: this call they did miss."""
    with lab_of() as lab:
        rest = [parties.Agent(lab, agent, sip.CANCELLED) for agent in AGENTS]
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1500)
        for agent in rest:
            agent.signalling.assert_success()
        caller.signalling.assert_success()
        for agent in AGENTS:
            lab.wait_agent(agent, "ready")
        record = lab.wait_records(1)[0]
        reasons = [reason(agent) for agent in rest]
    assert reasons == [None] * 3, reasons
    assert record["outcome"] == "abandoned" and set(outcomes(record).values()) == {"caller left"}


def test_baresip_with_two_callers_at_once():
    """An agent of capacity 2: a second call rings at its phone while it talks; answered, the phone
    holds the first, whose caller hears music; each is heard and recorded for itself, and ends by
    itself."""
    def two_at_once(text):
        return text.replace("password: secret-1001,", "password: secret-1001, capacity: 2,")
    with Lab(edit_directory=two_at_once) as lab:
        scene = Scene(lab, caller=False)
        phone = Phone(lab, "1001", manual=True)
        lab.wait_agent("1001", "ready", 15)
        first = parties.Caller(lab, NUMBER, **tone(CALLER_HZ))
        lab.wait_agent("1001", "ringing")
        phone.command("/accept")
        lab.wait_agent("1001", "talking")
        second = parties.Caller(lab, NUMBER, **tone(FIRST_HZ))
        lab.wait_for(lambda: [c["state"] for c in lab.calls()] == ["talking", "ringing"], 5,
                     "the second call to ring: " + phone.out()[-500:])
        scene.stay("rings")
        shown = next(a for a in lab.jf("agents") if a["id"] == "1001")
        phone.command("/accept")
        lab.wait_for(lambda: [c["state"] for c in lab.calls()] == ["held", "talking"], 5,
                     "the first call to be held: " + phone.out()[-500:])
        assert lab.agent_state("1001") == "talking"
        scene.stay("both", 2)
        second.hang_up()
        # baresip takes the other one back by itself.
        lab.wait_for(lambda: [c["state"] for c in lab.calls()] == ["talking"], 5,
                     "the first call to go on: " + phone.out()[-500:])
        scene.stay("again")
        first.hang_up()
        records = {r["arrived_utc"]: r for r in lab.wait_records(2)}
        records = [records[key] for key in sorted(records)]
        tones = (CALLER_HZ, FIRST_HZ, MUSIC_HZ, VOICE_HZ)
        heard = [scene.tones_heard(first, name, tones) for name in ("rings", "both", "again")]
        heard_second = scene.tones_heard(second, "both", tones)
        sides = [audio.read_g711_stereo(lab.recording_path(r)) for r in records]
        lab.wait_agent("1001", "ready")
    assert shown["capacity"] == 2 and len(shown["calls"]) == 2, shown
    assert heard == [{VOICE_HZ}, {MUSIC_HZ}, {VOICE_HZ}], heard
    assert heard_second == {VOICE_HZ}, heard_second
    assert [r["agent"] for r in records] == ["1001", "1001"], records
    assert records[0]["hold_ms"] >= 2000 and records[1]["hold_ms"] == 0, records
    for (left, right), hz in zip(sides, (CALLER_HZ, FIRST_HZ)):
        assert loud(audio.linear(left[4000:12000]), tones) == {hz}, hz
        assert loud(audio.linear(right[4000:12000]), tones) == {VOICE_HZ}, hz
