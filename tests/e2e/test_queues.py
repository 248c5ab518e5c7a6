# SPDX-License-Identifier: BSD-3-Clause
"""Queues with rules: VIPs, skills and their relaxation, overflow, opening hours, and what is told
of it all. Callers come through the trunk with SIPp, agents answer with theirs."""
import re
import time

from lab import parties, sip
from lab.engine import Lab

QUEUES = """tenants:
  - name: acme
    zone: Europe/Tallinn
    codes: {{ready: "*50", not_ready: "*51", wrap_up_end: "*52", logout: "*53"}}
    reasons: [lunch, training]
trunks:
  - {{name: carrier, tenant: acme, addresses: ["10.77.0.2/32"]}}
calendars:
  - {{name: never, tenant: acme, zone: Europe/Tallinn}}
queues:
  - {{name: sales, tenant: acme, music: music.wav, ring_timeout_s: {ring},
      calls_by: "priority, then age", service_level: {{threshold_s: 3, target: 90}}}}
  - {{name: gold, tenant: acme, ring_timeout_s: {ring},
      requires: [{{skills: gold >= 3}}, {{skills: gold, after_s: 3}}]}}
  - {{name: over, tenant: acme, overflow: [{{after_s: 2, to: sales}}]}}
  - {{name: day, tenant: acme, calendar: never, closed: {{prompt: greeting.wav, queue: sales}}}}
  - {{name: shut, tenant: acme, calendar: never}}
agents:
  - {{id: "1001", tenant: acme, password: secret-1001, queues: [sales, gold], skills: [gold 2]}}
  - {{id: "1002", tenant: acme, password: secret-1002, queues: [sales, gold], skills: [gold 5]}}
  - {{id: "1003", tenant: acme, password: secret-1003, queues: [sales], skills: [estonian]}}
numbers:
  - {{number: "+3726000001", tenant: acme, queue: sales}}
  - {{number: "+3726000002", tenant: acme, queue: gold}}
  - {{number: "+3726000003", tenant: acme, queue: over}}
  - {{number: "+3726000004", tenant: acme, queue: day}}
  - {{number: "+3726000005", tenant: acme, queue: shut}}
  - {{number: "+3726000006", tenant: acme, queue: sales, language: et,
      requires: [{{skills: estonian}}], data: [{{name: campaign, value: spring}}]}}
callers:
  - {{number: "+37255500099", tenant: acme, name: Company 99, vip: true}}
"""
SALES, GOLD, OVER, DAY, SHUT, ESTONIAN = ["+372600000%d" % i for i in range(1, 7)]


def lab_of():
    return Lab(ring_timeout_s=3,
               edit_directory=lambda text: QUEUES.format(ring=3))


def caller_as(lab, number, caller):
    """A caller with a number of its own."""
    def steps(body):
        return [step.replace("+3725550100", caller) if isinstance(step, str) else step
                for step in parties.Caller.usual_steps(body, None)]
    return parties.Caller(lab, number, steps=steps)


def call(lab, number=None):
    """The call to that number, as jf shows it."""
    for row in lab.calls():
        if number is None or row["number"] == number:
            return lab.jf("call", row["id"])
    return None


def wait_queue(lab, number, queue, seconds=8):
    lab.wait_for(lambda: (call(lab, number) or {}).get("queue") == queue, seconds,
                 "the call to be in " + queue)


def today(lab, queue):
    return next(q for q in lab.jf("queues") if q["name"] == queue)["today"]


def test_vip_first():
    """Who is a VIP by its customer record goes before those who came earlier."""
    with lab_of() as lab:
        ordinary = parties.Caller(lab, SALES)
        lab.wait_calls(1)
        time.sleep(0.3)
        vip = caller_as(lab, SALES, "37255500099")
        lab.wait_calls(2)
        lab.wait_for(lambda: all(c["state"] == "queued" for c in lab.calls()), 5, "both to wait")
        first = lab.jf("explain", "sales")["first"]
        agent = parties.Agent(lab, "1001")
        lab.wait_agent("1001", "talking")
        talking = [c for c in lab.calls() if c["state"] == "talking"]
        shown = lab.jf("call", talking[0]["id"])
        vip.hang_up()
        lab.wait_records(1)
        ordinary.signalling.process.terminate()
        assert agent
    assert [c["caller"].lstrip("+") for c in talking] == ["37255500099"], talking
    assert shown["wants"] == {"priority": 500, "vip": True}, shown["wants"]
    assert first["priority"] == 500 and first["why"] == {"logged out": 3}, first


def test_skills_by_number_and_relaxation():
    """A number asks for a skill; a queue asks for less after a while, and the record says so."""
    with lab_of() as lab:
        parties.Agent(lab, "1001")
        lab.jf("agent", "1001", "ready")
        code = sip.register(lab, "1002", "secret-1002", "10.77.0.12")
        assert code == 200
        lab.jf("agent", "1002", "notready", "lunch")
        caller = parties.Caller(lab, GOLD)
        lab.wait_calls(1)
        lab.wait_for(lambda: call(lab, GOLD)["state"] == "queued", 5, "it to wait")
        why = {a["agent"]: a["why"] for a in lab.jf("explain", "gold")["first"]["agents"]}
        lab.wait_agent("1001", "talking")
        caller.hang_up()
        record = lab.wait_records(1)[0]
        estonian = parties.Caller(lab, ESTONIAN)
        lab.wait_for(lambda: (call(lab, ESTONIAN) or {}).get("state") == "queued", 5, "it to wait")
        shown = call(lab, ESTONIAN)
        lab.kill("control")
        lab.restart_control()
        lab.wait_for(lambda: (call(lab, ESTONIAN) or {}).get("state") == "queued", 10, "it again")
        kept = call(lab, ESTONIAN)
        agent = parties.Agent(lab, "1003")
        lab.wait_agent("1003", "talking")
        estonian.hang_up()
        lab.wait_records(2)
        assert agent
    assert why == {"1001": "lacks what it asks for", "1002": "not ready"}, why
    chosen = record["decisions"][-1]
    assert (chosen["agent"], chosen["step"], chosen["asked_for"]) == ("1001", 2, "gold"), chosen
    assert record["wait_ms"] >= 3000, record["wait_ms"]
    assert shown["wants"] == kept["wants"], (shown["wants"], kept["wants"])
    assert kept["wants"]["data"] == {"campaign": "spring"}, kept["wants"]
    assert kept["wants"]["language"] == "et", kept["wants"]


def test_overflow_and_figures():
    """After its wait a caller goes to the other queue with its age, and both queues tell it."""
    with lab_of() as lab:
        caller = parties.Caller(lab, OVER)
        lab.wait_calls(1)
        wait_queue(lab, OVER, "sales")
        agent = parties.Agent(lab, "1001")
        lab.wait_agent("1001", "talking")
        caller.hang_up()
        record = lab.wait_records(1)[0]
        lab.wait_for(lambda: today(lab, "sales")["handled"] == 1, 5, "the segment to be counted")
        over, sales = today(lab, "over"), today(lab, "sales")
        rows = lab.jf("kpi", "sales")
        lab.kill("control")
        lab.restart_control()
        again = today(lab, "sales")
        assert agent
    assert [(o["from"], o["to"], o["why"]) for o in record["overflows"]] == [
        ("over", "sales", "overflow")], record["overflows"]
    assert (over["offered"], over["overflowed"], over["answered"]) == (1, 1, 0), over
    assert (sales["offered"], sales["answered"]) == (1, 1), sales
    assert 2000 <= sales["asa_ms"] <= 8000 and sales["aht_ms"] >= 0, sales
    assert sum(r["answered"] for r in rows) == 1, rows
    for name in ("offered", "answered", "handled", "asa_ms", "sl_against"):
        assert again[name] == sales[name], (name, sales, again)


def test_closed_by_calendar_and_by_hand():
    """Out of hours the other queue takes the caller, or nobody; by hand at once, until opened."""
    with lab_of() as lab:
        doors = {q["name"]: q["door"] for q in lab.jf("queues")}
        night = parties.Caller(lab, DAY)
        wait_queue(lab, DAY, "sales")
        night.hang_up()
        lab.wait_records(1)
        turned = parties.Caller(lab, SHUT)
        turned.signalling.assert_success()
        lab.wait_records(2)
        lab.jf("queue", "sales", "close", "fire")
        lab.kill("control")
        lab.restart_control()
        late = parties.Caller(lab, SALES)
        late.signalling.assert_success()
        lab.wait_records(3)
        lab.jf("queue", "sales", "open")
        waiting = parties.Caller(lab, SALES)
        wait_queue(lab, SALES, "sales")
        lab.wait_for(lambda: call(lab, SALES)["state"] == "queued", 5, "it to wait")
        waiting.hang_up()
        ends = {r["number"]: (r["outcome"], r["end"]["reason"]) for r in lab.wait_records(4)}
    assert doors["day"] == doors["shut"] == "out of hours" and doors["sales"] == "open", doors
    assert ends[SHUT] == ("released", "the queue is closed"), ends


def test_refused_rules_leave_the_directory():
    """A mistake in a rule is told with its place, and what runs goes on."""
    with lab_of() as lab:
        path = lab.path("directory/acme.yaml")
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace("after_s: 2, to: sales", "after_s: 2, to: nowhere"))
        result = lab.jf_raw("apply", lab.path("directory"), "--yes")
        with open(path, "w") as f:
            f.write(text)
        names = {q["name"] for q in lab.jf("queues")}
    told = result.stderr if isinstance(result.stderr, str) else result.stderr.decode()
    assert result.returncode != 0 and re.search(r":\d+:\d+: .*nowhere", told), told
    assert "over" in names, names


def test_rona_keeps_its_age():
    """Who lets it ring is not ready any more; the caller goes on to the next with its age."""
    with lab_of() as lab:
        rings = [sip.KEEP_DIALOG, sip.respond(180, "Ringing"), sip.recv_request("CANCEL"),
                 sip.pause(200)]
        silent = parties.Agent(lab, "1001", steps=rings)
        caller = parties.Caller(lab, SALES)
        lab.wait_agent("1001", "not-ready")
        taker = parties.Agent(lab, "1003")
        lab.wait_agent("1003", "talking")
        rona = next(a for a in lab.jf("agents") if a["id"] == "1001")
        caller.hang_up()
        record = lab.wait_records(1)[0]
        assert silent and taker
    assert rona["reason"] == "rona", rona
    assert [a["outcome"] for a in record["attempts"]][0] == "rona", record["attempts"]
    assert record["wait_ms"] >= 3000, record
