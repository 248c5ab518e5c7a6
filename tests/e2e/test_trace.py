# SPDX-License-Identifier: BSD-3-Clause
"""Seeing it: jf trace on real calls."""
import json
import subprocess

from lab import parties, rtp
from lab.engine import Lab, NUMBER, with_tls
from lab.phone import Phone


def call(lab):
    agent = parties.Agent(lab, "1001")
    caller = parties.Caller(lab, NUMBER, hangup_after_ms=2500,
                            audio=rtp.numbered_frames(2, 100), loop=True)
    caller.signalling.assert_success()
    agent.signalling.assert_success()
    return lab.wait_records(1)[0]["call"]


def traced(lab, *arguments):
    """What jf trace shows of the past; with --json a list."""
    done = lab.jf_raw("trace", *arguments, "--past")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()] if "--json" in arguments \
        else done.stdout


def test_ladder_shows_both_legs():
    """By call, number and agent: both legs in order, as a ladder, with SDP and quality."""
    with Lab() as lab:
        identity = call(lab)
        messages = [m["data"] for m in traced(lab, identity, "--json")
                    if m["event"] == "trace.message"]
        names = [m.get("method") or str(m["code"]) for m in messages]
        assert {m["call"] for m in messages} == {identity}, messages
        legs = {m["sip_call_id"] for m in messages}
        assert len(legs) == 2, legs
        for name, times in (("INVITE", 2), ("ACK", 2), ("BYE", 2), ("180", 1)):
            assert names.count(name) >= times, (name, names)
        assert [m["at_ms"] for m in messages] == sorted(m["at_ms"] for m in messages)
        for what in (NUMBER, "1001"):
            seen = [m["data"]["number"] for m in traced(lab, what, "--json")
                    if m["event"] == "trace.message"]
            assert set(seen) >= {m["number"] for m in messages}, what
        ladder = traced(lab, identity, "--sdp")
        assert "|--" in ladder and "INVITE" in ladder and "180 Ringing (INVITE)" in ladder, ladder
        assert "m=audio" in ladder and "caller media: MOS" in ladder, ladder
        lab.assert_alive()


def test_live_until_enough():
    """Without a name it follows what comes, and ends after --count messages or --seconds."""
    with Lab() as lab:
        follower = subprocess.Popen(
            [lab.jf_raw("trace", "--help").args[0], "--run-dir", lab.path("run"), "trace",
             "--count", "4", "--json"], stdout=subprocess.PIPE, text=True)
        call(lab)
        out, _ = follower.communicate(timeout=10)
        assert follower.returncode == 0
        lines = [json.loads(line) for line in out.splitlines()]
        assert len([m for m in lines if m["event"] == "trace.message"]) == 4, lines
        done = lab.jf_raw("trace", "nobody", "--seconds", "1")
        assert done.returncode == 0, done.stderr
        lab.assert_alive()


def test_capture_opens_in_tshark():
    """--pcap writes what tshark reads: every method and code, of TLS with --decrypted only."""
    with Lab(edit_node=with_tls) as lab:
        agent = parties.Agent(lab, "1001")
        caller = Phone(lab, number=NUMBER, transport="tls", srtp="srtp-mand")
        lab.wait_for(lambda: lab.agent_state("1001") == "talking", 15, "the call")
        lab.wait_for(lambda: any(c["state"] == "talking" for c in lab.calls()), 5, "talk")
        caller.hang_up()
        agent.signalling.assert_success()
        lab.wait_records(1)
        for flags, inside in (([], False), (["--decrypted"], True)):
            path = lab.path("trace.pcap")
            done = lab.jf_raw("trace", NUMBER, "--past", "--pcap", path, *flags)
            assert done.returncode == 0, done.stderr
            read = subprocess.run(
                ["tshark", "-r", path, "-d", "udp.port==5061,sip", "-T", "fields", "-e",
                 "sip.Method", "-e", "sip.Status-Code", "-e", "sdp.media", "-e", "ip.src",
                 "-e", "_ws.malformed"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert read.returncode == 0, read.stderr
            rows = [line.split("\t") for line in read.stdout.splitlines()]
            assert {"INVITE", "ACK", "BYE"} <= {r[0] for r in rows}, rows
            assert {"180", "200"} <= {r[1] for r in rows}, rows
            assert not any(r[4] for r in rows if len(r) > 4), rows
            assert any("10.77.0.2" == r[3] for r in rows) == inside, rows
            with open(path, "rb") as f:
                raw = f.read()
            assert b"inline:" in raw or not inside
            for piece in raw.split(b"inline:")[1:]:
                assert piece.startswith(b"xxxx"), piece[:50]
        lab.assert_alive()
