# SPDX-License-Identifier: BSD-3-Clause
"""Callers whom a flow leads to a message, a callback or a survey, with real audio both ways."""
import os
import time

from lab import audio, parties, sip
from lab.carrier import GATEWAY
from lab.engine import Lab, NUMBER

FLOW_NUMBER = "+3726000009"
CUSTOMER = "+3725550100"  # who calls in the tests
MENU_HZ, GREETING_HZ, ASK_HZ, THANKS_HZ, BEEP_HZ = 700, 500, 2100, 2500, 1000
LOUD = 1e5

PARTS = """surveys:
  - {name: after, tenant: acme, thanks: thanks.wav,
     questions: [{kind: csat, prompt: ask.wav}, {kind: nps, prompt: ask.wav}]}
flows:
  - name: ends
    tenant: acme
    language: en
    prompts: [{language: en, folder: prompts}]
    nodes:
      - name: menu
        menu: {prompts: [choose], timeout_ms: 4000, tries: 2, key: topic,
               choices: [{key: "1", next: message}, {key: "2", next: number},
                         {key: "3", next: rate}]}
        failed: bye
      - {name: message, voicemail: {queue: sales}, failed: bye}
      - {name: number, callback: {queue: sales}, failed: bye}
      - {name: rate, survey: {name: after}, failed: bye}
      - {name: bye, hangup: true}
"""
QUEUE = """music: music.wav, ring_timeout_s: 10,
     callback: {first: agent, attempts: 2, retry_s: 3, ring_s: 10},
     voicemail: {greeting: nobody.wav, thanks: thanks.wav, silence_s: 2, max_s: 20}}
"""


def edited(text):
    text = text.replace("  - name: acme\n", "  - name: acme\n"
                        "    outgoing: {country: \"372\", allow: [\"+372\"]}\n")
    text = text.replace("queues:\n", "  - {name: out, to: [\"%s:%d\"], options_s: 0}\nqueues:\n"
                        % GATEWAY, 1)
    start = text.index("greeting: greeting.wav")
    text = text[:start] + QUEUE + text[text.index("\n", start) + 1:]
    number = '  - {number: "%s", tenant: acme, flow: ends}\n' % FLOW_NUMBER
    return text.replace("numbers:\n", "numbers:\n" + number) + PARTS


def sounds(lab):
    for name, hz, ms in (("prompts/choose", MENU_HZ, 500), ("nobody", GREETING_HZ, 400),
                         ("ask", ASK_HZ, 400), ("thanks", THANKS_HZ, 300)):
        audio.write_pcm_wav(lab.path("directory/%s.wav" % name), audio.tone(hz, ms))


def engine():
    return Lab(edit_directory=edited, before_start=sounds)


def hum(seconds):
    return audio.ulaw(audio.silence(1000 * seconds))


def pressed(*keys):
    """(key, at_ms) each, as telephone-events of 100 ms."""
    return [[audio.KEYS.index(key), at_ms, 100] for key, at_ms in keys]


def octets_of(heard):
    """All that was heard of PCMU, in the order in which it came."""
    return b"".join(bytes.fromhex(p["payload"]) for p in heard if p["type"] == 0)


def heard_order(heard, *known):
    """The frequencies among those known, in the order in which they came."""
    order, samples = [], audio.linear(octets_of(heard))
    for at in range(0, len(samples) - 800, 400):
        power, hz = max((audio.power_at(samples[at:at + 800], hz), hz) for hz in known)
        if power > LOUD and (not order or order[-1] != hz):
            order.append(hz)
    return order


def queue(lab):
    return next(q for q in lab.jf("queues") if q["name"] == "sales")


def ways(record):
    return ["%s:%s" % (step["node"], step["way"]) for step in record["flow"]["path"]]


def test_a_message_left_through_a_flow_is_heard_to_the_sample():
    """A key leads to the message; the agent gets it as a contact of its own and hears every sample
    that the caller said, as it was said. Deleted, its file is gone, and the record says so."""
    speech = audio.ulaw(parties.speech_with_known_share()[0][:8000 * 3])
    with engine() as lab:
        caller = parties.Caller(lab, FLOW_NUMBER, digits=pressed(("1", 1500)),
                                audio=hum(4) + speech + hum(12))
        record = lab.wait_records(1, 40)[0]
        caller.signalling.assert_success()
        said, _ = caller.media.finish()
        message = lab.jf("voicemails")[0]
        before = queue(lab)
        phone = parties.Agent(lab, "1001")
        lab.wait_for(lambda: lab.jf("voicemails")[0]["heard"], 30, "it to be heard")
        phone.media.process.terminate()
        listened, _ = phone.media.finish()
        left, _ = audio.read_g711_stereo(lab.recording_path(record))
        lab.wait_for(lambda: not [c for c in lab.calls() if c["state"] == "listening"], 40,
                     "the agent to be done")
        deleted = lab.jf("voicemail", message["id"][:20], "delete")
        again = lab.jf_raw("voicemail", message["id"], "delete")
        remaining, kept = lab.jf("voicemails"), lab.jf("recordings")[-1]
        assert not os.path.exists(lab.recording_path(record)), "the file is still there"
    assert record["outcome"] == "voicemail" and record["voicemail"]["kept"], record
    assert ways(record) == ["menu:key", "message:end"], ways(record)
    assert record["wants"]["data"] == {"topic": "1"}, record["wants"]
    assert (message["queue"], message["number"]) == ("sales", CUSTOMER), message
    assert message["path"] == record["recording"]["path"], message
    assert heard_order(said, MENU_HZ, GREETING_HZ, BEEP_HZ, THANKS_HZ) == \
        [MENU_HZ, GREETING_HZ, BEEP_HZ, THANKS_HZ]
    assert deleted == {"id": message["id"], "done": "delete"} and remaining == [], remaining
    assert again.returncode == 1 and "no voicemail" in again.stderr, again
    assert kept["path"] == message["path"] and kept["state"] == "deleted", kept
    assert speech in left, "the file lacks what was said"
    assert speech in octets_of(listened), "the agent did not hear what was said"
    assert before["offered"] == before["answered"] == 0, before


def test_a_callback_left_through_a_flow_keeps_its_place():
    """A key leaves the number; whoever calls the queue afterwards comes after it."""
    with engine() as lab:
        carrier = sip.Sipp(lab, "gateway", *GATEWAY, sn="uas")
        caller = parties.Caller(lab, FLOW_NUMBER, audio=hum(20), digits=pressed(("2", 1500)))
        lab.wait_for(lambda: lab.jf("callbacks"), 15, "the number to be left")
        caller.signalling.assert_success()
        later = parties.Caller(lab, NUMBER, audio=hum(40))
        lab.wait_for(lambda: queue(lab)["waiting"] == 2, 10, "two to wait")
        left = lab.jf("callbacks")[0]
        parties.Agent(lab, "1001", hangup_after_ms=2000, times=2)
        lab.wait_for(lambda: [r for r in lab.records() if "callback" in r], 25,
                     "the callback's record")
        lab.wait_for(lambda: len(lab.records()) == 3, 15, "whoever came later to be served")
        later.signalling.assert_success()
        records = lab.records()
        assert "INVITE sip:%s@%s" % (CUSTOMER, GATEWAY[0]) in carrier.messages()
        row = queue(lab)
        gone = lab.jf("callbacks")
    asked = next(r for r in records if r["outcome"] == "callback")
    back = next(r for r in records if "callback" in r)
    assert ways(asked) == ["menu:key", "number:end"], ways(asked)
    assert asked["end"]["reason"] == "will be called back", asked
    assert left["number"] == CUSTOMER and left["queue"] == "sales", left
    assert back["outcome"] == "answered" and back["agent"] == "1001", back
    assert back["callback"]["attempts"] == 0 and back["callback"]["gross_wait_ms"] > 0, back
    assert records.index(back) == 1 and records[0]["outcome"] == "answered", records
    assert gone == [], gone
    assert (row["offered"], row["answered"]) == (1, 1), row


def test_callbacks_wait_while_their_queue_is_closed():
    """Nobody is called back while the queue is closed; when it opens the customer is; a callback
    that an operator cancels is never made."""
    with engine() as lab:
        carrier = sip.Sipp(lab, "gateway", *GATEWAY, sn="uas")
        for number in (1, 2):
            parties.Caller(lab, FLOW_NUMBER, audio=hum(20), digits=pressed(("2", 1500)))
            lab.wait_for(lambda: len(lab.jf("callbacks")) == number, 15, "the number to be left")
        lab.jf("callback", lab.jf("callbacks", "acme")[1]["id"], "cancel", "called again")
        lab.jf("queue", "sales", "close")
        closed = lab.jf("callbacks")
        parties.Agent(lab, "1001", hangup_after_ms=1000)
        time.sleep(2)
        ready, quiet = lab.agent_state("1001"), "INVITE" not in carrier.messages()
        lab.jf("queue", "sales", "open")
        lab.wait_for(lambda: [r for r in lab.records() if r["outcome"] == "answered"], 20,
                     "the callback's record")
        invites = carrier.messages().count("INVITE sip:%s" % CUSTOMER)
        left = lab.jf("callbacks")
    assert [c["state"] for c in closed] == ["closed"], closed
    assert ready == "ready" and quiet, "somebody was called while it was closed"
    assert invites == 1 and left == [], (invites, left)


def test_a_flow_that_ends_in_a_survey_keeps_the_answers():
    """Two questions by key presses; the answers are in the contact record."""
    with engine() as lab:
        caller = parties.Caller(lab, FLOW_NUMBER, audio=hum(30),
                                digits=pressed(("3", 1500), ("4", 3500), ("9", 5500)))
        record = lab.wait_records(1, 30)[0]
        caller.signalling.assert_success()
        heard, _ = caller.media.finish()
    assert ways(record) == ["menu:key", "rate:end"], ways(record)
    assert record["survey"] == {"name": "after", "complete": True,
                                "answers": [{"kind": "csat", "answer": 4},
                                            {"kind": "nps", "answer": 9}]}, record["survey"]
    assert record["end"]["reason"] == "survey over" and record["end"]["by"] == "engine", record
    assert heard_order(heard, MENU_HZ, ASK_HZ, THANKS_HZ) == [MENU_HZ, ASK_HZ, THANKS_HZ]
    assert record["outcome"] == "released", record["outcome"]
