# SPDX-License-Identifier: BSD-3-Clause
"""Seeing it: jf trace on real calls."""
import json
import subprocess

from lab import parties, rtp, sip, torture
from lab.carrier import FORWARD, GATEWAY, directory
from lab.engine import Lab, NUMBER, TRUNK_IP, with_tls
from lab.phone import Phone
from test_trunks import gateway


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


def dissected(path, *fields):
    """What tshark takes for SIP in the file, with no help: a row of these fields for each message."""
    wanted = [part for f in fields for part in ("-e", f)]
    read = subprocess.run(["tshark", "-r", path, "-Y", "sip", "-T", "fields", *wanted],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert read.returncode == 0, read.stderr
    return [line.split("\t") for line in read.stdout.splitlines()]


def complaints(path):
    """Of tshark's, about segments and checksums."""
    bad = "tcp.analysis.flags || _ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0"
    read = subprocess.run(["tshark", "-r", path, "-o", "tcp.check_checksum:TRUE", "-Y", bad],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return read.stdout


def test_capture_opens_in_tshark():
    """--pcap writes what tshark takes for SIP by itself: UDP, TCP, and TLS with --decrypted only."""
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
            rows = dissected(path, "sip.Method", "sip.Status-Code", "sdp.media", "ip.src",
                             "tcp.port")
            assert {"INVITE", "ACK", "BYE"} <= {r[0] for r in rows}, rows
            assert {"180", "200"} <= {r[1] for r in rows}, rows
            assert any("10.77.0.2" == r[3] for r in rows) == inside, rows
            assert any("5061" in r[4] for r in rows) == inside, rows
            assert not complaints(path)
            with open(path, "rb") as f:
                raw = f.read()
            assert b"inline:" in raw or not inside
            for piece in raw.split(b"inline:")[1:]:
                assert piece.startswith(b"xxxx"), piece[:50]


def test_capture_of_a_call_by_tcp_is_a_connection():
    """A call by TCP: a handshake, segments in order, every message whole; tshark has no complaint."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1000, transport=("-t", "t1"))
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        call_id = lab.wait_records(1)[0]["call"]
        path = lab.path("trace.pcap")
        done = lab.jf_raw("trace", call_id, "--past", "--pcap", path)
        assert done.returncode == 0, done.stderr
        rows = dissected(path, "sip.Method", "sip.Status-Code", "tcp.port", "udp.port")
        by_tcp = [r[0] or r[1] for r in rows if r[2]]
        assert by_tcp[0] == "INVITE" and {"200", "ACK", "BYE"} <= set(by_tcp), rows
        assert any(r[3] for r in rows), rows
        assert not complaints(path)


def events(lab, what):
    return [m["data"] for m in traced(lab, what, "--json") if m["event"] == "trace.message"]


def test_refusals_at_the_door_are_traced():
    """A stranger's call, and one beyond the node's cap on calls, stand in the trace."""
    with Lab(edit_node=lambda text: text + "  calls_max: 1\n") as lab:
        stranger = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, "10.77.0.13", 5060, "someone")
        answers = sip.exchange(lab, "10.77.0.13", 5060, [stranger])
        seen = events(lab, "someone")
        assert seen[0]["method"] == "INVITE" and seen[0]["from"] == "10.77.0.13:5060", seen
        assert {m["code"] for m in seen if "code" in m} == set(sip.status(answers[0])), seen
        assert seen[1]["why"] == "trunk-unknown", seen
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 100), loop=True)
        lab.wait_calls(1)
        refused = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5070, "carrier")
        assert 503 in sip.status(sip.exchange(lab, TRUNK_IP, 5070, [refused])[0])
        seen = events(lab, "carrier")
        assert [m.get("method") or m["code"] for m in seen[:2]] == ["INVITE", 503], seen
        assert seen[1]["sent"] and seen[1]["to"] == TRUNK_IP + ":5070", seen
        assert seen[1]["why"] == "calls" and "why" not in seen[0], seen
        caller.hang_up()


def test_refusals_over_tcp_are_traced():
    """What a stranger on TCP is refused for before it is parsed, and a call beyond the cap."""
    with Lab(edit_node=lambda text: text + "  calls_max: 1\n") as lab:
        odd = sip.request("INVITE", "<sip:%s@10.77.0.1>" % NUMBER, "10.77.0.13", 5060, "someone",
                          call_id="odd").replace("/UDP", "/TCP")
        stranger = "10.77.0.13"
        assert torture.told(lab, "tcp", stranger, [["odd", odd.encode()]])["odd"] == "400"
        seen = events(lab, "odd")
        assert [m.get("method") or m["code"] for m in seen] == ["INVITE", 400], seen
        assert seen[1]["sent"] and seen[1]["to"].startswith(stranger), seen
        assert seen[1]["transport"] == "tcp" and "Bad Request-URI" in json.dumps(seen[1]), seen
        assert seen[1]["why"] == "malformed", seen
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 100), loop=True)
        lab.wait_calls(1)
        late = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5060, "carrier",
                           call_id="late").replace("/UDP", "/TCP")
        assert torture.told(lab, "tcp", TRUNK_IP, [["late", late.encode()]])["late"] == "503"
        seen = events(lab, "late")
        assert [m.get("method") or m["code"] for m in seen][:2] == ["INVITE", 503], seen
        assert seen[1]["why"] == "calls", seen
        caller.hang_up()


def refusal_of(lab, number, caller, code):
    """The refusal of a call to that number in the trace, which the ladder shows too."""
    body = "".join(line.strip() + "\r\n" for line in sip.sdp(TRUNK_IP, 31900).splitlines())
    extra = "Contact: <sip:%s@%s:5070>\r\nContent-Type: application/sdp\r\n" % (caller, TRUNK_IP)
    invite = sip.request("INVITE", "sip:%s@10.77.0.1" % number, TRUNK_IP, 5070, caller, extra,
                         body=body)
    answers = sip.exchange(lab, TRUNK_IP, 5070, [invite])[0]
    assert code in sip.status(answers), answers
    refused = [m for m in events(lab, caller) if m.get("code") == code]
    assert refused, events(lab, caller)
    # Sent until it is acknowledged, for the same reason each time; nobody outside is told.
    assert len({m["why"] for m in refused}) == 1, refused
    assert not any(refused[0]["why"] in a or "\nReason:" in a for a in answers), answers
    assert "refused: " + refused[0]["why"] in traced(lab, caller)
    return refused[0]["why"]


def test_why_a_call_was_refused():
    """A number that nobody has, one that is denied, a trunk at its cap: each has its own word."""
    trunks = "  - {name: out, to: [\"%s:%d\"], options_s: 0, caps: {calls: 1}}\n" % GATEWAY
    denied = "+3726000008"

    def edit(text):
        return directory(trunks)(text) + (
            '  - {number: "%s", tenant: acme, forward: "+3729001234"}\n' % denied)
    with Lab(edit_directory=edit) as lab:
        gateway(lab)
        assert refusal_of(lab, "+3729999999", "lost", 404) == "number-unknown"
        assert refusal_of(lab, denied, "fraud", 403) == "number-denied"
        first = parties.Caller(lab, FORWARD)
        lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
        assert refusal_of(lab, FORWARD, "second", 503) == "trunk-calls"
        log = lab.log("control")
        assert "(number-unknown)" in log and "(trunk-calls)" in log, log
        first.hang_up()
