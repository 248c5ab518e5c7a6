# SPDX-License-Identifier: BSD-3-Clause
"""Teams, names that several tenants have, and where callers are lost: as jf shows them."""
import time

from lab import parties
from lab.engine import Lab, NUMBER

DIRECTORY = """tenants: [{name: acme}, {name: bolt}]
trunks:
  - {name: carrier, addresses: ["10.77.0.2/32"]}
teams:
  - {name: day, tenant: acme}
  - {name: night, tenant: acme}
  - {name: day, tenant: bolt}
queues:
  - {name: sales, tenant: acme, teams: [day], greeting: greeting.wav, music: music.wav}
  - {name: sales, tenant: bolt, teams: [day]}
agents:
  - {id: "1001", tenant: acme, password: secret-1001, team: day}
  - {id: "1002", tenant: acme, password: secret-1002, team: night}
  - {id: "1003", tenant: bolt, password: secret-1003, team: day}
numbers:
  - {number: "+3726000001", tenant: acme, queue: sales}
"""


def told(done):
    assert done.returncode != 0, done.stdout
    return done.stderr + done.stdout


def sums(rows, key):
    return sum(row[key] for row in rows)


def counted(lab, whose, **figure):
    """The accounts once they say so: they are shown when they are stored, some 20 ms later."""
    (key, value), = figure.items()

    def rows():
        found = lab.jf("kpi", whose)
        return found if sums(found, key) == value else None
    return lab.wait_for(rows, 5, "%s of %s: %d" % (key, whose, value))


def test_a_team_serves_is_listed_and_has_figures():
    """A team serves the queue that names it; its agents, their figures and the records are found by
    it, tenants apart; a restart keeps the figures, and another team is another's."""
    with Lab(edit_directory=lambda text: DIRECTORY) as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER)
        lab.wait_agent("1001", "talking")
        during = {(t["tenant"], t["name"]): t for t in lab.jf("teams")}
        mine = [a["id"] for a in lab.jf("agents", "--team", "acme/day")]
        several = told(lab.jf_raw("agents", "--team", "day"))
        nobody = told(lab.jf_raw("agents", "--team", "late"))
        time.sleep(1)
        caller.hang_up()
        record = lab.wait_records(1)[0]
        lab.wait_agent("1001", "ready")
        counted(lab, "team:acme/day", handled=1)
        lab.kill("control")
        lab.restart_control()
        after = {(t["tenant"], t["name"]): t for t in lab.jf("teams")}
        rows = lab.jf("kpi", "team:acme/day")
        assert agent
    assert mine == ["1001"], mine
    assert "acme/day, bolt/day" in several, several
    assert "there is no team late" in nobody, nobody
    day, other = during["acme", "day"], during["bolt", "day"]
    assert (day["members"], day["logged_in"], day["talking"]) == (1, 1, 1), day
    assert (other["members"], other["logged_in"], other["talking"]) == (1, 0, 0), other
    assert record["team"] == record["segments"][0]["team"] == "day", record
    assert after["acme", "day"]["today"]["handled"] == 1, after
    assert after["acme", "day"]["today"]["aht_ms"] >= 1000, after
    assert after["acme", "night"]["today"]["handled"] == 0, after
    assert sums(rows, "handled") == 1, rows


def test_callers_are_counted_where_they_are_lost():
    """Who hangs up in the greeting, who in the queue and who while a phone rings are told apart, in
    records and in jf kpi; a queue that two tenants have is asked for by tenant/queue."""
    with Lab(edit_directory=lambda text: DIRECTORY) as lab:
        greeted = parties.Caller(lab, NUMBER, hangup_after_ms=50)
        greeted.signalling.assert_success()
        waiting = parties.Caller(lab, NUMBER)
        lab.wait_for(lambda: any(c["state"] == "queued" for c in lab.calls()), 10, "it to wait")
        unclear = told(lab.jf_raw("explain", "sales"))
        first = lab.jf("explain", "acme/sales")["first"]
        theirs = lab.jf("explain", "bolt/sales")
        waiting.hang_up()
        lab.wait_records(2)
        agent = parties.Agent(lab, "1001", answer_after_ms=20000)
        ringing = parties.Caller(lab, NUMBER)
        lab.wait_agent("1001", "ringing")
        ringing.hang_up()
        places = [r["abandoned_in"] for r in reversed(lab.wait_records(3))]
        queue = counted(lab, "acme/sales", offered=2)
        tenant = counted(lab, "tenant:acme", queued=2)
        assert agent
    assert places == ["ivr", "queue", "ringing"], places
    assert "acme/sales, bolt/sales" in unclear, unclear
    assert first["why"] == {"logged out": 1} and "first" not in theirs, (first, theirs)
    assert (sums(tenant, "arrived"), sums(tenant, "abandoned_ivr"), sums(tenant, "queued")) == (
        3, 1, 2), tenant
    assert (sums(queue, "offered"), sums(queue, "abandoned_queue"),
            sums(queue, "abandoned_ringing")) == (2, 1, 1), queue
