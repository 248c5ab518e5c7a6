# SPDX-License-Identifier: BSD-3-Clause
"""Callers who wait, leave a message or their number, and are asked how it was."""
import os
import time

from lab import audio, parties, sip
from lab.engine import Lab, NUMBER

GATEWAY = ("10.77.0.21", 5080)
CUSTOMER = "+3725550100"  # who calls in the tests
PLACE_HZ, WAIT_HZ, NUMBER_HZ, MUSIC_HZ, GREETING_HZ, VOICE_HZ, AGENT_HZ, ASK_HZ = (
    900, 1200, 1750, 300, 500, 700, 1100, 2100)
LOUD = 1e5
TENS = [20, 30, 40, 50, 60, 70, 80, 90]
WORDS = {
    PLACE_HZ: ["queue-youarenext", "queue-thereare", "queue-callswaiting"],
    WAIT_HZ: ["queue-holdtime", "minute", "minutes"],
    NUMBER_HZ: ["callback-number", "callback-choose", "callback-enter", "callback-wrong",
                "callback-taken"] + ["digits/%d" % n for n in list(range(20)) + TENS],
}
QUEUE = """music: music.wav, ring_timeout_s: 10,
     announce: {position: true, estimated_wait: true, first_s: 1, every_s: 5, language: en,
                prompts: words},
     leave: {callback_key: "1", voicemail_key: "9"},
     callback: {first: %s, attempts: 2, retry_s: 3, ring_s: 10},
     voicemail: {greeting: nobody.wav, silence_s: 2, max_s: 20}, survey: after,
     screen_pop: "https://crm.example/?from={caller}&queue={queue}"}
"""
SURVEY = """surveys:
  - {name: after, tenant: acme, thanks: thanks.wav, questions: [{kind: csat, prompt: ask.wav}]}
"""


def write(path, hz, ms):
    audio.write_pcm_wav(path, audio.tone(hz, ms))


def prompts(lab):
    folder = lab.path("directory/")
    for hz, names in WORDS.items():
        for name in names:
            write(folder + "words/en/%s.wav" % name, hz, 200)
    write(folder + "nobody.wav", GREETING_HZ, 400)
    write(folder + "ask.wav", ASK_HZ, 400)
    write(folder + "thanks.wav", ASK_HZ, 200)


def directory(first="agent", asks=True):
    def edit(text):
        text = text.replace("  - name: acme\n", "  - name: acme\n"
                            "    outgoing: {country: \"372\", allow: [\"+372\"]}\n")
        text = text.replace("queues:\n", "  - {name: out, to: [\"%s:%d\"], options_s: 0}\n"
                            % GATEWAY + SURVEY + "queues:\n", 1)
        start = text.index("greeting: greeting.wav")
        end = text.index("\n", start) + 1
        queue_text = QUEUE % first
        if not asks:
            queue_text = queue_text.replace(", survey: after", "")
        return text[:start] + queue_text + text[end:]
    return edit


def lab_made(first="agent", asks=True):
    return Lab(edit_directory=directory(first, asks), before_start=prompts)


def words(seconds, then_ms=0):
    """So long of talk with pauses, as tones, then nothing."""
    one = audio.tone(VOICE_HZ, 600) + audio.silence(400)
    return audio.ulaw(one * seconds + audio.silence(then_ms))


def hum(seconds):
    return audio.ulaw(audio.silence(1000 * seconds))


def agent(lab, **settings):
    return parties.Agent(lab, "1001", audio=audio.ulaw(audio.tone(AGENT_HZ, 1000)), loop=True,
                         **settings)


def heard_order(packets):
    """The frequencies heard, in the order in which they came."""
    order = []
    samples = []
    for p in packets:
        if p["type"] == 0:
            samples += audio.linear(bytes.fromhex(p["payload"]))
    for at in range(0, len(samples) - 800, 800):
        part = samples[at:at + 800]
        power, hz = max((audio.power_at(part, hz), hz) for hz in (
            PLACE_HZ, WAIT_HZ, NUMBER_HZ, MUSIC_HZ, GREETING_HZ, AGENT_HZ, ASK_HZ, 1000))
        if power > LOUD and (not order or order[-1] != hz):
            order.append(hz)
    return order


def state(lab):
    calls = lab.calls()
    return calls[0]["state"] if calls else ""


def queue(lab, name="sales"):
    return next(q for q in lab.jf("queues") if q["name"] == name)


def assert_counts(row):
    """SEMANTICS: whoever was offered is somewhere, once."""
    assert row["offered"] == (row["answered"] + row["abandoned_queue"] + row["abandoned_ringing"] +
                              row["abandoned_short"] + row["released"] + row["callbacks"] +
                              row["voicemails"] + row.get("overflowed_out", 0) + row["waiting"]), row


def test_place_is_announced_and_music_goes_on():
    """The place is said once, nothing about the wait while nobody is logged in, then music; an
    agent who logs in is connected at once."""
    with lab_made() as lab:
        caller = parties.Caller(lab, NUMBER, audio=hum(20))
        lab.wait_for(lambda: state(lab) == "queued", 5, "the caller to wait")
        time.sleep(4)
        agent(lab)
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        caller.hang_up()
        heard, _ = caller.media.finish()
        lab.wait_records(1)
        assert_counts(queue(lab))
    order = heard_order(heard)
    assert order == [MUSIC_HZ, PLACE_HZ, MUSIC_HZ, AGENT_HZ], order


def test_voicemail_is_left_and_heard():
    """A key, a greeting, a beep, a message that silence ends; an agent hears it on its phone."""
    with lab_made() as lab:
        caller = parties.Caller(lab, NUMBER, audio=hum(3) + words(6, 10000),
                                digits=[[9, 1500, 100]])
        record = lab.wait_records(1, 40)[0]
        caller.signalling.assert_success()
        heard, _ = caller.media.finish()
        message = lab.jf("voicemails")[0]
        left, _ = audio.read_g711_stereo(lab.recording_path(record))
        phone = agent(lab)
        lab.wait_for(lambda: state(lab) == "listening", 10, "the agent to hear it")
        lab.wait_for(lambda: lab.jf("voicemails")[0]["heard"], 20, "it to be heard")
        listened, _ = phone.media.finish()
        row = queue(lab)
    assert record["outcome"] == "voicemail" and record["voicemail"]["ended"] == "silence", record
    assert message["path"] == record["recording"]["path"], message
    assert message["queue"] == "sales" and message["number"] == CUSTOMER, message
    assert audio.power_at(audio.linear(left[:8000]), VOICE_HZ) > LOUD, "nothing was recorded"
    assert len(left) < 8000 * 12, "silence did not end it: %d" % len(left)
    assert heard_order(heard)[-2:] == [GREETING_HZ, 1000], heard_order(heard)
    samples = [s for p in listened if p["type"] == 0
               for s in audio.linear(bytes.fromhex(p["payload"]))]
    powers = [audio.power_at(samples[at:at + 800], VOICE_HZ) for at in range(0, len(samples) - 800, 800)]
    assert sum(power > LOUD for power in powers) >= 15, "the agent's phone did not play it"
    assert_counts(row)
    assert row["voicemails"] == 1, row


def callback(first):
    with lab_made(first, asks=False) as lab:
        carrier = sip.Sipp(lab, "gateway", *GATEWAY, sn="uas")
        # 1: a callback; 1: to the number that was read out.
        caller = parties.Caller(lab, NUMBER, audio=hum(30), digits=[[1, 3000, 100], [1, 11500, 100]])
        lab.wait_for(lambda: lab.jf("callbacks"), 25, "the number to be left")
        caller.signalling.assert_success()
        later = parties.Caller(lab, NUMBER, audio=hum(40))
        lab.wait_for(lambda: queue(lab)["waiting"] == 2, 10, "two to wait")
        time.sleep(0.3)  # rows are stored a moment later
        lab.kill("control")
        lab.restart_control()
        left = lab.jf("callbacks")[0]
        agent(lab, hangup_after_ms=3000, times=2)
        lab.wait_for(lambda: lab.jf("callbacks") == [] or
                     lab.jf("callbacks")[0]["state"] == "talking", 15, "the customer to answer")
        lab.wait_for(lambda: len(lab.records()) >= 2, 20, "the callback's record")
        record = next(r for r in lab.records() if "callback" in r)
        asked = next(r for r in lab.records() if r["outcome"] == "callback")
        assert "INVITE sip:%s@%s" % (CUSTOMER, GATEWAY[0]) in carrier.messages()
        lab.wait_for(lambda: any(c["state"] in ("talking", "ringing") for c in lab.calls()), 15,
                     "whoever came later to be served")
        row = queue(lab)
        later.signalling.process.terminate()
    assert left["number"] == CUSTOMER and left["state"] == "waiting", left
    assert asked["end"]["reason"] == "will be called back", asked
    assert record["outcome"] == "answered" and record["agent"] == "1001", record
    assert record["callback"]["gross_wait_ms"] > record["callback"]["net_wait_ms"], record
    assert record["callback"]["gross_wait_ms"] > asked["wait_ms"], (record, asked)
    assert row["abandoned_queue"] + row["abandoned_ringing"] == 0, row


def test_callback_is_taken_at_its_place():
    """The number is read out and confirmed; the callback goes before who came later, the agent
    first, over a restart of control."""
    callback("agent")


def test_callback_calls_the_customer_first():
    """The same, and the agent's phone rings when the customer is there."""
    callback("customer")


def test_survey_is_answered():
    """When the agent hangs up the caller is asked, answers by a key, and the answer is kept."""
    with lab_made() as lab:
        agent(lab, hangup_after_ms=1500)
        caller = parties.Caller(lab, NUMBER, audio=hum(30), digits=[[5, 4500, 100]])
        record = lab.wait_records(1, 25)[0]
        caller.signalling.assert_success()
        heard, _ = caller.media.finish()
        row = queue(lab)
    assert record["survey"]["answers"] == [{"kind": "csat", "answer": 5}], record
    assert record["end"]["by"] == "agent" and record["outcome"] == "answered", record
    assert row["today"]["csat"] == 100.0 and row["today"]["surveys"] == 1, row
    assert heard_order(heard)[-2:] == [AGENT_HZ, ASK_HZ], heard_order(heard)


def test_screen_pop_tells_the_agent_who_rings():
    """As the phone rings: the caller, its page with escaped values, and the contact before."""
    import json
    import subprocess
    with lab_made(asks=False) as lab:
        events = lab.owns(subprocess.Popen(
            [os.path.join(os.environ.get("JF_BUILD", "build"), "tools/jf/jf"), "--run-dir",
             lab.path("run"), "events", "--json"], stdout=open(lab.path("events"), "w")))
        time.sleep(0.5)
        agent(lab, hangup_after_ms=1000, times=2)
        for number in (1, 2):
            caller = parties.Caller(lab, NUMBER, audio=hum(20))
            lab.wait_records(number)
            caller.signalling.assert_success()
        events.terminate()
        events.wait()
        with open(lab.path("events")) as f:
            lines = [json.loads(line) for line in f if "call.screen_pop" in line]
        first, second = lab.records()[1]["call"], lab.records()[0]["call"]
    pops = [line["data"] for line in lines]
    assert [p["call"] for p in pops] == [first, second], pops
    assert pops[0]["contacts"] == [] and pops[0]["agent"] == "1001", pops
    assert [c["call"] for c in pops[1]["contacts"]] == [first], pops
    assert pops[1]["url"] == "https://crm.example/?from=%2B3725550100&queue=sales", pops
