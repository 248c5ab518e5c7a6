# SPDX-License-Identifier: BSD-3-Clause
"""Flows with real callers: menus by key presses, data in the record, servers, prompts that go."""
import json
import os
import subprocess
import time

from lab import audio, parties, rtp, sip
from lab.engine import BUILD, Failed, Lab, TRUNK_IP

FLOW_NUMBER = "+3726000009"
SERVER = TRUNK_IP + ":8081"

# Answers /tier/NUMBER with gold for 42..., and never answers /hang.
SERVER_PROGRAM = """
import http.server, json, sys, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print(self.path, self.headers.get("X-Key"), flush=True)
        if self.path.startswith("/hang"):
            time.sleep(30)
        tier = "gold" if self.path.startswith("/tier/42") else "none"
        body = json.dumps({"customer": {"tiers": [tier]}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(("%s", 8081), Handler).serve_forever()
""" % TRUNK_IP

FLOWS = """calendars:
  - {name: always, tenant: acme, zone: UTC, week: {mon: ["00:00-24:00"], tue: ["00:00-24:00"],
     wed: ["00:00-24:00"], thu: ["00:00-24:00"], fri: ["00:00-24:00"], sat: ["00:00-24:00"],
     sun: ["00:00-24:00"]}}
flows:
  - name: main
    tenant: acme
    language: en
    prompts: [{language: en, folder: prompts}]
    hosts: ["%s"]
    nodes:
      - {name: hours, calendar: {name: always, open: hello, closed: bye}}
      - {name: hello, play: {prompts: [hello]}, next: menu}
      - name: menu
        menu: {prompts: [choose], timeout_ms: 1500, tries: 2, key: topic,
               choices: [{key: "1", next: account}, {key: "2", next: card}, {key: "3", next: hang},
                         {key: "4", next: waits}]}
        failed: bye
      - name: account
        collect: {prompts: [account], key: account, least: 2, most: 8, end: "#"}
        next: lookup
        failed: bye
      - name: lookup
        http: {url: "http://%s/tier/{account}", deadline_ms: 3000,
               headers: [{name: X-Key, value: hush-hush}],
               take: [{key: tier, from: customer.tiers.0}]}
        next: tier
        failed: bye
      - {name: tier, branch: {cases: [{when: tier == gold, next: gold}]}, next: waits}
      - {name: gold, queue: {name: sales, requires: [{skills: gold}], priority: 9}}
      - name: card
        collect: {prompts: [card], key: card, most: 8, luhn: true, secret: true}
        next: waits
        failed: bye
      - {name: hang, http: {url: "http://%s/hang", deadline_ms: 1000}, next: bye, failed: waits}
      - {name: waits, queue: {name: nobody}}
      - {name: bye, hangup: true}
""" % (SERVER, SERVER, SERVER)


def edited(text):
    number = '  - {number: "%s", tenant: acme, flow: main}\n' % FLOW_NUMBER
    return text.replace("name: Agent 1002,", "name: Agent 1002, skills: [gold 3],").replace(
        "numbers:\n", "numbers:\n" + number) + FLOWS


def prompt(lab, name, hz, ms):
    audio.write_pcm_wav(lab.path("directory/prompts/%s.wav" % name), audio.tone(hz, ms))


def prompts(lab):
    for name, hz, ms in (("hello", 500, 200), ("choose", 700, 6000), ("account", 900, 6000),
                         ("card", 1100, 6000)):
        prompt(lab, name, hz, ms)


def engine():
    return Lab(edit_directory=edited, before_start=prompts)


def serve(lab):
    log = open(lab.path("server.log"), "w")
    process = subprocess.Popen(lab.net.command(lab.net.phones, "/usr/bin/python3", "-c",
                                               SERVER_PROGRAM), stdout=log)
    lab.owns(process)
    return lab.path("server.log")


def keys(text, begin_ms, every_ms=300):
    """Telephone-events of 100 ms, one after the other."""
    return [[audio.KEYS.index(k), begin_ms + i * every_ms, 100] for i, k in enumerate(text)]


def call(lab, text, begin_ms=1500, **media):
    return parties.Caller(lab, FLOW_NUMBER, audio=audio.ulaw(audio.tone(300, 1000, 500)), loop=True,
                          digits=keys(text, begin_ms), **media)


def path_of(record):
    return " ".join("%s:%s" % (s["node"], s["way"]) for s in record["flow"]["path"])


def test_a_menu_and_a_server_lead_to_the_agent_with_the_skill():
    """Keys choose, digits are collected, a server knows the customer, and the agent with the skill
    gets the call; what was collected is in the record."""
    with engine() as lab:
        log = serve(lab)
        agents = [parties.Agent(lab, a) for a in ("1001", "1002")]
        caller = call(lab, "14200#")
        lab.wait_agent("1002", "talking", 15)
        live = lab.jf("call", lab.calls()[0]["id"])
        caller.hang_up()
        record = lab.wait_records(1)[0]
        for agent in agents:
            agent.media.finish()
        asked = open(log).read()
        control = lab.log("control")
    assert "/tier/4200 hush-hush" in asked, asked
    assert record["agent"] == "1002" and record["outcome"] == "answered", record
    assert record["wants"]["data"] == {"topic": "1", "account": "4200", "tier": "gold"}, record["wants"]
    assert path_of(record) == path_of(live)
    assert path_of(record).startswith("hours:open hello:next menu:key account:next lookup:next "
                                      "tier:"), path_of(record)
    assert "hush-hush" not in control, "a secret header is in the log"


def parts_with(heard, hz):
    """When each packet came that has so much of that tone in it."""
    return [p["at"] for p in heard if p["type"] == 0 and
            audio.power_at(audio.linear(bytes.fromhex(p["payload"])), hz) > 1e5]


def assert_barge_in(heard, pressed):
    """The menu was heard before the key, and less than 100 ms after it; then the next question."""
    menu, account = parts_with(heard, 700), parts_with(heard, 900)
    late_ms = (menu[-1] - pressed) * 1000 if menu else None
    assert menu and menu[0] < pressed - 0.5, "the menu was not heard before the key"
    assert account and menu[-1] < account[0], "the next question was not heard"
    assert late_ms < 100, "%.0f ms" % late_ms
    rtp.assert_continuous(heard)
    print("# barge-in: %.0f ms" % late_ms)


def test_a_key_stops_the_prompt_within_100_ms():
    """Barge-in: the prompt ends at most 100 ms after the key's first packet."""
    with engine() as lab:
        caller = call(lab, "1", begin_ms=2500)
        lab.wait_for(lambda: lab.jf("flows")[0]["callers"] == 1, 10, "a caller inside")
        drawn = lab.jf_raw("flow", "main").stdout
        time.sleep(4)
        caller.hang_up()
        heard, sent = caller.media.finish()
        lab.wait_records(1)
    assert_barge_in(heard, sent["pressed"][0])
    assert "|- key 1 -> account (collect: account)" in drawn, drawn
    assert "[1 inside]" in drawn, drawn


def test_a_key_by_info_stops_the_prompt_within_100_ms():
    """The same of a key that comes by SIP INFO."""
    with engine() as lab:
        caller = call(lab, "", begin_ms=0)
        lab.wait_for(lambda: lab.jf("flows")[0]["at"].get("menu") == 1, 10, "the menu")
        time.sleep(1)
        sent = []
        sip.exchange(lab, TRUNK_IP, 5999, [caller.dialog().request(
            "INFO", 2, "Signal=1\r\nDuration=160\r\n", "application/dtmf-relay")], sent=sent)
        time.sleep(1)
        bye = caller.dialog().request("BYE", 3)
        assert sip.status(sip.exchange(lab, TRUNK_IP, 5999, [bye])[0]) == [200]
        caller.signalling.process.terminate()
        heard, _ = caller.media.finish()
        record = lab.wait_records(1)[0]
    assert_barge_in(heard, sent[0])
    assert path_of(record).startswith("hours:open hello:next menu:key account:"), path_of(record)


def test_card_numbers_are_nowhere():
    """Digits of a secret node are in no record, event, log or live row; nor is a wrong try."""
    secret = "79927398"  # its check digit is right
    with engine() as lab:
        events = open(lab.path("events"), "w+")
        listener = subprocess.Popen([os.path.join(BUILD, "tools/jf/jf"), "--run-dir",
                                     lab.path("run"), "events", "--json"], stdout=events)
        lab.owns(listener)
        caller = call(lab, "2" + secret)
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody" or
                              c["state"] == "queued"], 15, "the queue")
        live = json.dumps(lab.jf("call", lab.calls()[0]["id"]))
        caller.hang_up()
        record = lab.wait_records(1)[0]
        control = lab.log("control")
        time.sleep(0.3)
        events.seek(0)
        told = events.read()
    assert "call.flow" in told, told
    assert "call.digit" not in told, told
    for where in (live, json.dumps(record), control, told):
        assert secret not in where, where
    assert record["digits"] == [], record["digits"]
    assert [s.get("input") for s in record["flow"]["path"] if s["node"] == "card"] == ["****"]
    assert "card" not in record["wants"]["data"], record["wants"]


def test_a_server_that_hangs_is_left_at_the_deadline():
    """The fallback comes at the deadline, and the loop was never held."""
    with engine() as lab:
        serve(lab)
        caller = call(lab, "3")
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody"], 15, "the queue")
        loop = lab.jf("status")["loop"]
        caller.hang_up()
        record = lab.wait_records(1)[0]
    step = [s for s in record["flow"]["path"] if s["node"] == "hang"][0]
    assert step["way"] == "deadline" and 1000 <= step["ms"] < 1100, step
    assert loop["longest_turn_ms"] < 500, loop


def hello_before_menu(heard):
    menu = parts_with(heard, 700)
    assert menu, "the menu was not heard"
    return [at for at in parts_with(heard, 500) if at < menu[0]]


def test_a_prompt_that_disappears_plays_nothing():
    """A prompt that is gone is not heard, and raises an alarm; the caller goes on to the menu. There
    again it is heard, and the alarm is over."""
    with engine() as lab:
        gone = lab.path("directory/prompts/hello.wav")
        os.rename(gone, gone + ".away")
        told = open(lab.path("events"), "w+")
        lab.owns(subprocess.Popen([os.path.join(BUILD, "tools/jf/jf"), "--run-dir",
                                   lab.path("run"), "events", "--json"], stdout=told))
        time.sleep(0.5)
        first = call(lab, "4")
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody"], 15, "the queue")
        alarm = lab.jf("status").get("prompts_missing", [])
        first.hang_up()
        silent, _ = first.media.finish()
        os.rename(gone + ".away", gone)
        calm = lab.jf("status").get("prompts_missing", [])
        second = call(lab, "4", begin_ms=2500)
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody"], 15, "the queue")
        second.hang_up()
        heard, _ = second.media.finish()
        records = lab.wait_records(2)
        told.seek(0)
        events = [json.loads(line) for line in told]
    assert not hello_before_menu(silent), "the prompt that is gone was heard"
    assert hello_before_menu(heard), "the prompt that is there again was not heard"
    for record in records:
        assert path_of(record).startswith("hours:open hello:next menu:key"), path_of(record)
    missing = [e["data"] for e in events if e["event"] == "prompt.missing"]
    assert [m["path"] for m in missing] == [gone] and missing[0]["error"], missing
    assert [a["path"] for a in alarm] == [gone] and calm == [], (alarm, calm)


def apply_with(lab, change):
    path = lab.path("directory/acme.yaml")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(change(text))


MISTAKES = [  # what is written instead of what, where it is refused, and why
    ("next: menu}", "next: nowhere}", "next: nowhere", 6, "there is no node"),
    ("next: gold}]}, next: waits}", "next: waits}]}, next: waits}", "{name: gold, queue", 0,
     'no way leads to "gold"'),
    ("play: {prompts: [hello]}, next: menu}", "play: {prompts: [gone]}, next: menu}",
     "[gone]", 1, "gone.wav: No such file"),
    ("{name: bye, hangup: true}", "{name: bye, set: {values: [{key: x, to: y}]}, next: hours}",
     "{name: hours,", 0, "its tries never end"),
]


def test_a_flow_with_a_mistake_is_refused_whole():
    """With file, line and column of each kind of mistake; the running one goes on."""
    with engine() as lab:
        path = lab.path("directory/acme.yaml")
        with open(path) as f:
            good = f.read()
        refusals = []
        for old, new, *_ in MISTAKES:
            assert old in good, old
            with open(path, "w") as f:
                f.write(good.replace(old, new))
            refusals.append((lab.jf_raw("apply", lab.path("directory"), "--yes"), f.name))
        caller = call(lab, "4")
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody"], 15, "the queue")
        caller.hang_up()
        lab.wait_records(1)
    for (refused, name), (old, new, where, behind, why) in zip(refusals, MISTAKES):
        before = good.replace(old, new).split(where)[0]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n") + behind
        said = refused.stdout + refused.stderr
        assert refused.returncode == 1, (refused.returncode, said)
        assert "acme.yaml:%d:%d: " % (line, column) in said and why in said, (line, column, said)


def test_another_flow_leaves_callers_inside_alone():
    """A flow with a mistake is refused with its line while callers inside go on; a good one is for
    those who come after."""
    with engine() as lab:
        caller = call(lab, "4", begin_ms=5000)
        lab.wait_for(lambda: [c for c in lab.calls() if c["state"] == "in-flow"], 10, "the flow")
        apply_with(lab, lambda text: text.replace("next: menu}", "next: nowhere}"))
        try:
            lab.apply()
            raise AssertionError("a flow with a way to nowhere was applied")
        except Failed as refusal:
            line = open(lab.path("directory/acme.yaml")).read().split("next: nowhere")[0].count("\n")
            assert "acme.yaml:%d:" % (line + 1) in str(refusal), refusal
            assert "nowhere" in str(refusal)
        apply_with(lab, lambda text: text.replace("next: nowhere}", "next: menu}")
                   .replace('{key: "4", next: waits}', '{key: "4", next: bye}'))
        lab.apply()
        assert lab.calls()[0]["state"] == "in-flow"
        lab.wait_for(lambda: [c for c in lab.calls() if c["queue"] == "nobody"], 15,
                     "the queue, as the flow was when the caller came")
        caller.hang_up()
        call(lab, "4")
        records = lab.wait_records(2)
    assert records[0]["end"]["reason"] == "the flow ended", records[0]["end"]


def test_a_caller_in_a_flow_survives_a_restart():
    """Control is killed and starts again: the caller is at its last menu, with its data."""
    with engine() as lab:
        caller = call(lab, "1", begin_ms=1500)
        lab.wait_for(lambda: [c for c in lab.calls() if lab.jf("call", c["id"]).get("flow", {})
                              .get("node") == "account"], 10, "the question")
        time.sleep(0.3)  # its row is stored a moment after the call moves
        lab.kill("control")
        lab.restart_control()
        live = lab.jf("call", lab.calls()[0]["id"])
        caller.hang_up()
        record = lab.wait_records(1)[0]
    assert live["state"] == "in-flow" and live["flow"]["node"] == "account", live["flow"]
    assert record["wants"]["data"]["topic"] == "1", record["wants"]
    assert record["outcome"] == "abandoned", record["outcome"]
