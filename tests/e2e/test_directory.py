# SPDX-License-Identifier: BSD-3-Clause
"""The directory as operations keep it: applied, refused, exported."""
import json
import os
import re
import subprocess
import time

from lab import parties, sip
from lab.engine import BUILD, Lab, NUMBER, TRUNK_IP


def mistaken(lab, old, new):
    """A folder with the lab's directory, one thing in it changed."""
    folder = lab.path("mistaken")
    write_changed(lab, folder, old, new)
    return folder


def write_changed(lab, folder, old="", new=""):
    """The lab's directory into another folder, its sounds where they were, one thing changed."""
    os.makedirs(folder, exist_ok=True)
    with open(lab.path("directory/acme.yaml")) as f:
        text = f.read()
    assert old in text
    with open(folder + "/acme.yaml", "w") as f:
        f.write(text.replace(old, new, 1).replace(": greeting.wav", ": " + lab.path("directory/greeting.wav"))
                .replace(": music.wav", ": " + lab.path("directory/music.wav")))


def is_sanitized():
    with open(os.path.join(BUILD, "control", "jf-control"), "rb") as f:
        return b"__asan_init" in f.read()


# libcyaml makes room for one agent after the other, and each time AddressSanitizer copies them all.
MANY = 2000 if is_sanitized() else 21000
JF = os.path.join(BUILD, "tools", "jf", "jf")


def with_many(lab, word, count=MANY):
    """A folder with the lab's directory and so many agents beside its own."""
    folder = lab.path("many-" + word)
    write_changed(lab, folder)
    with open(folder + "/many.yaml", "w") as f:
        f.write("agents:\n" + "".join(
            '  - {id: "%d", tenant: acme, name: %s %d, password: secret-%d, queues: [sales]}\n'
            % (20000 + i, word, i, i) for i in range(count)))
    return folder


def apply_beside(lab, folder):
    """jf apply, running."""
    with open(lab.path("applied"), "w") as out:
        return lab.owns(subprocess.Popen([JF, "--run-dir", lab.path("run"), "apply", folder,
                                          "--yes"], stdout=out, stderr=subprocess.STDOUT))


def cpu_ms(lab):
    """What control has run for, all of its threads."""
    with open("/proc/%d/stat" % lab.planes["control"].pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


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


def test_many_agents_are_applied_beside_a_call():
    """21,000 agents come, change, are exported and go while a call lives: no turn of the loop takes
    1 % of all that. (2,000 with sanitizers.)"""
    with Lab() as lab:
        caller = parties.Caller(lab, NUMBER)
        lab.wait_calls(1)
        call = lab.calls()[0]["id"]
        start_ms = cpu_ms(lab)
        for word, changed in (("Agent", "added"), ("Person", "changed")):
            folder = with_many(lab, word)
            changes = lab.jf("apply", folder, "--yes")["changes"]
            assert [c["change"] for c in changes] == [changed] * MANY, changes[:2]
            assert lab.jf_raw("export").stdout.count(word) >= MANY
        assert len(lab.jf("apply", lab.path("directory"), "--yes")["changes"]) == MANY
        took_ms = cpu_ms(lab) - start_ms
        loop = lab.jf("status")["loop"]
        print("# longest turn ran %.1f ms of %.0f ms, %d long ones" % (
            loop["longest_turn_ran_ms"], took_ms, loop["long_turns"]))
        assert loop["longest_turn_ran_ms"] < took_ms / 100, loop
        assert [c["id"] for c in lab.calls()] == [call], lab.calls()
        caller.hang_up()
        lab.wait_records(1)


def apply_against(lab, folder, other):
    """jf apply of folder, and other looked at meanwhile, until one of the two is refused: which."""
    applying = apply_beside(lab, folder)
    while applying.poll() is None:
        done = lab.jf_raw("apply", other, "--dry-run")
        if done.returncode:
            assert "another apply is under way" in done.stderr, done
            assert applying.wait(30) == 0, open(lab.path("applied")).read()[-500:]
            return other
    assert "another apply is under way" in open(lab.path("applied")).read()
    return folder


def test_one_apply_at_a_time():
    """A second apply while one is under way is refused in clear words, and does it no harm."""
    with Lab() as lab:
        many, other = with_many(lab, "Agent"), with_many(lab, "Other", 10)
        # The short one may be there first.
        assert other in (apply_against(lab, many, other) for _ in range(5))
        assert lab.jf_raw("export").stdout.count("name: \"Agent ") == MANY + 3


def test_a_kill_amid_an_apply_leaves_one_directory_or_the_other():
    """Control killed at any moment of an apply comes back with the whole former directory or the
    whole new one."""
    with Lab() as lab:
        for word in ("Agent", "Person"):
            start = time.monotonic()
            done = lab.jf_raw("apply", with_many(lab, word), "--yes")
            assert done.returncode == 0, done.stderr
            took = time.monotonic() - start
        now, seen = "Person", []
        for part in (0.2, 0.5, 0.8, 0.95):
            coming = "Agent" if now == "Person" else "Person"
            applying = apply_beside(lab, lab.path("many-" + coming))
            time.sleep(part * took)
            lab.kill("control")
            applying.wait(30)
            lab.restart_control()
            exported = lab.jf_raw("export")
            names = re.findall(r"name: \"?(Agent|Person) \d+\"?", exported.stdout)
            assert len(names) >= MANY and len(set(names[-MANY:])) == 1, (part, len(names), exported)
            now = names[-1]
            seen.append(now)
        print("# after each kill: %s" % " ".join(seen))


def test_events_are_seen_while_they_happen():
    """jf events shows a call from its arrival to its end, in order, one JSON object a line."""
    with Lab() as lab:
        with open(lab.path("events"), "w") as out:
            listener = lab.owns(subprocess.Popen(
                [JF, "--run-dir", lab.path("run"), "events",
                 "call.", "--json"], stdout=out))
        time.sleep(0.5)
        uac = sip.Sipp(lab, "uac", TRUNK_IP, 5090, sn="uac", service=NUMBER, extra=["-d", "1500"])
        uac.assert_success()
        record = lab.wait_records(1)[0]
        time.sleep(0.3)
        assert listener.poll() is None
        with open(lab.path("events")) as f:
            events = [json.loads(line) for line in f]
    seen = [e["event"] for e in events]
    assert seen[0] == "call.arrived" and seen[-1] == "call.ended", seen
    assert "call.queued" in seen, seen
    assert events[-1]["data"]["call"] == record["call"], events[-1]
