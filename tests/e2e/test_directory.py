# SPDX-License-Identifier: BSD-3-Clause
"""The directory as operations keep it: applied, refused, exported."""
import json
import os
import subprocess
import time

from lab import parties, sip
from lab.engine import BUILD, Lab, NUMBER, TRUNK_IP


def mistaken(lab, old, new):
    """A folder with the lab's directory, one thing in it changed."""
    folder = lab.path("mistaken")
    os.makedirs(folder, exist_ok=True)
    with open(lab.path("directory/acme.yaml")) as f:
        text = f.read()
    assert old in text
    with open(folder + "/acme.yaml", "w") as f:
        f.write(text.replace(old, new, 1).replace(": greeting.wav", ": ../directory/greeting.wav")
                .replace(": music.wav", ": ../directory/music.wav"))
    return folder


def test_a_mistake_is_told_with_its_place_and_nothing_is_applied():
    """A YAML mistake is reported with file, line and column, and nothing is applied."""
    cases = [
        ("queue: nobody}", "queue: nowhere}", "acme.yaml:14:"),  # no such queue
        ("ring_timeout_s: 3", "ring_timeout_s: soon", "acme.yaml:6:"),  # not a number
        ("10.77.0.2/32", "10.77.0.2/99", "acme.yaml:4:"),  # no such network
        ("tenants:", "tenants: [", "acme.yaml:"),  # not YAML
        ("name: Agent 1001", "nickname: x", "acme.yaml:9:"),  # no such key
    ]
    with Lab() as lab:
        before = lab.jf_raw("export").stdout
        for old, new, place in cases:
            done = lab.jf_raw("apply", mistaken(lab, old, new), "--yes")
            assert done.returncode == 1, (new, done)
            assert place in done.stdout + done.stderr, (new, place, done)
            assert lab.jf_raw("export").stdout == before, new
        lab.assert_alive()


def test_export_applies_without_a_difference():
    """What is exported can be applied again, changes nothing, and holds no password."""
    with Lab() as lab:
        folder = lab.path("exported")
        assert lab.jf_raw("export", folder).returncode == 0
        text = "".join(open(os.path.join(folder, name)).read() for name in os.listdir(folder))
        assert "secret-" not in text and "ha1" in text
        done = lab.jf_raw("apply", folder, "--yes", "--json")
        assert done.returncode == 0, done
        assert json.loads(done.stdout)["changes"] == [], done.stdout
        lab.assert_alive()


def test_a_number_is_live_at_once():
    """A number added with jf apply is answered without a restart, one removed is unknown."""
    with Lab() as lab:
        lab.jf_raw("apply", mistaken(lab, NUMBER, "+3726000009"), "--yes")
        uac = sip.Sipp(lab, "uac", TRUNK_IP, 5090, sn="uac", service="+3726000009",
                       extra=["-d", "300"])
        uac.assert_success()
        steps = [sip.invite(sip.sdp(TRUNK_IP, 30000)), sip.recv_response(100, optional="true"),
                 sip.recv_response(404), sip.in_dialog("ACK", 1)]
        parties.Caller(lab, NUMBER, steps).signalling.assert_success()
        lab.assert_alive()


def test_events_are_seen_while_they_happen():
    """jf events shows a call from its arrival to its end, in order, one JSON object a line."""
    with Lab() as lab:
        with open(lab.path("events"), "w") as out:
            listener = lab.owns(subprocess.Popen(
                [os.path.join(BUILD, "tools", "jf", "jf"), "--run-dir", lab.path("run"), "events",
                 "call.", "--json"], stdout=out))
        time.sleep(0.5)
        uac = sip.Sipp(lab, "uac", TRUNK_IP, 5090, sn="uac", service=NUMBER, extra=["-d", "1500"])
        uac.assert_success()
        record = lab.wait_records(1)[0]
        time.sleep(0.3)
        assert listener.poll() is None
        with open(lab.path("events")) as f:
            events = [json.loads(line) for line in f]
        lab.assert_alive()
    seen = [e["event"] for e in events]
    assert seen[0] == "call.arrived" and seen[-1] == "call.ended", seen
    assert "call.queued" in seen, seen
    assert events[-1]["data"]["call"] == record["call"], events[-1]
