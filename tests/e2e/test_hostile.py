# SPDX-License-Identifier: BSD-3-Clause
"""What peers put into their messages: nothing of it goes through to the other side, and nothing of it
harms who looks at it."""
import json
import subprocess
import time

from lab import parties, sip
from lab.engine import AGENTS, BUILD, Lab, NUMBER, TRUNK_IP

SMUGGLED = "smuggled"
# With blanks before the colon, in the compact form, twice: all of it is valid (RFC 3261 7.3.1).
HEADERS = """X-Foo : {0}
      X-Foo\t: {0}
      Subject : {0}
      s : {0}
      Call-Info : <http://{0}.example/>
      Alert-Info : <http://{0}.example/ring.wav>
      P-Asserted-Identity : <sip:{0}@example.com>
      Diversion : <sip:{0}@example.com>
      Remote-Party-ID : <sip:{0}@example.com>
      Record-Route-X : {0}
      Reason : SIP;cause=600;text="{0}"
      Authorization : Digest username="{0}"
      """.format(SMUGGLED)


def laden(message):
    return message.replace("Max-Forwards: 70", HEADERS + "Max-Forwards: 70", 1)


def laden_response(message):
    return message.replace("[last_Record-Route:]", HEADERS + "[last_Record-Route:]", 1)


def received(signalling):
    """What came, without what it sent itself."""
    parts = signalling.messages().split("-----------------------------------------------")
    return "".join(p for p in parts if " received " in p.split("\n\n")[0])


def test_no_header_is_smuggled_through():
    """Requests, answers and requests in the dialog of either side, laden: the other sees none."""
    body = sip.sdp(AGENTS["1001"], 32000)
    answers = [sip.KEEP_DIALOG, laden_response(sip.respond(180, "Ringing")),
               laden_response(sip.respond(200, "OK", body)), sip.recv_request("ACK"),
               sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]

    def calls(offer):
        return [laden(sip.invite(offer)), sip.recv_response(100, optional="true"),
                sip.recv_response(200, rrs="true"), laden(sip.in_dialog("ACK", 1)),
                sip.pause(2000), laden(sip.in_dialog("BYE", 2)), sip.recv_response(200)]
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", answers)
        caller = parties.Caller(lab, NUMBER, calls)
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        record = lab.wait_records(1)[0]
        told = received(agent.signalling) + received(caller.signalling)
        shown = json.dumps(lab.jf("call", record["call"])) + json.dumps(record)
        log = lab.log("control")
    assert record["outcome"] == "answered" and record["agent"] == "1001", record
    assert "INVITE sip:1001@" in told and "SIP/2.0 200 OK" in told
    assert SMUGGLED not in told, told
    assert SMUGGLED not in shown + log, shown


ESC, C1, BIDI, NUL = b"\x1b[31m\x07", b"\x9b31m", "‮".encode(), b"\0"
SCRIPT = b"<script>alert(1)</script>"
NASTY = [ESC, C1, "\xc2\x9b31m".encode("latin-1"), BIDI, NUL, SCRIPT, b"\x7f", b"\r\r", b"\\\x1b]0;x\x07"]


def invite(n, name=b"x", user=b"+3725550100", call_id=b"c", agent=b"y", headers=b"", body=None):
    body = sip.sdp(TRUNK_IP, 29000).replace("\n      ", "\r\n").encode() if body is None else body
    return (b"INVITE sip:%s@10.77.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s:5097;branch=z9hG4bKh%d\r\n"
            b"From: \"%s\" <sip:%s@%s>;tag=h%d\r\nTo: <sip:%s@10.77.0.1>\r\n"
            b"Call-ID: %s-%d\r\nCSeq: 1 INVITE\r\nContact: <sip:x@%s:5097>\r\nMax-Forwards: 70\r\n"
            b"User-Agent: %s\r\n%sContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s"
            % (NUMBER.encode(), TRUNK_IP.encode(), n, name, user, TRUNK_IP.encode(), n,
               NUMBER.encode(), call_id, n, TRUNK_IP.encode(), agent, headers, len(body), body))


def invites():
    """One with each of them in each field that is shown somewhere."""
    n = 0
    for nasty in NASTY:
        for fields in ({"name": b"a" + nasty}, {"user": b"b" + nasty}, {"call_id": b"c" + nasty},
                       {"agent": b"d" + nasty}, {"headers": b"X-E: " + nasty + b"\r\n"},
                       {"body": b"v=0\r\no=" + nasty + b" 1 1 IN IP4 %s\r\ns=%s\r\nc=IN IP4 %s\r\n"
                        b"t=0 0\r\nm=audio 29000 RTP/AVP 0\r\na=x:%s\r\n"
                        % (TRUNK_IP.encode(), nasty, TRUNK_IP.encode(), nasty)}):
            n += 1
            yield invite(n, **fields)


def harmful(shown):
    """Bytes that a terminal would obey: controls of ASCII and of C1, and marks that turn the text."""
    return [c for c in shown if (ord(c) < 0x20 and c not in "\n\t") or 0x7f <= ord(c) < 0xa0 or
            0x202a <= ord(c) <= 0x202e or 0x2066 <= ord(c) <= 0x2069 or ord(c) == 0xfffd]


def test_what_is_shown_is_harmless():
    """Control characters, escapes and scripts in names, users, Call-IDs, User-Agents, any header and
    SDP: in listings, a call, its trace, events and the log, for people and as JSON, none gets out."""
    with Lab() as lab:
        events = subprocess.Popen([BUILD + "/tools/jf/jf", "--run-dir", lab.path("run"), "events"],
                                  stdout=subprocess.PIPE)
        lab.owns(events)
        time.sleep(0.3)
        sip.exchange(lab, TRUNK_IP, 5097, list(invites()), wait_s=0.02)
        code = sip.exchange(lab, AGENTS["1001"], 5060, [
            sip.request("REGISTER", "sip:10.77.0.1", AGENTS["1001"], 5060, "1001",
                        "User-Agent: evil\x1b[31m\r\nContact: <sip:1001@10.77.0.11>\r\n")])
        assert code, "no answer at all"
        lab.wait_for(lambda: len(lab.calls()) >= 10, 10, "calls of some of them")
        identities = [c["id"] for c in lab.calls()]
        shown = {}
        for command in (["calls"], ["queues"], ["agents"], ["registrations"], ["status"],
                        ["trunks"], ["trace", "--past", "--sdp"], ["trace", NUMBER, "--past"],
                        *(["call", i] for i in identities),
                        *(["trace", i, "--past", "--sdp"] for i in identities[:3])):
            for form in ([], ["--json"]):
                done = lab.jf_raw(*command, *form)
                assert done.returncode == 0, (command, done.stderr)
                shown[" ".join(command + form)] = done.stdout
        events.terminate()
        shown["events"] = events.communicate(timeout=10)[0].decode("utf-8", "replace")
        shown["log"] = lab.log("control")
    assert "call.arrived" in shown["events"]
    assert len(shown["trace --past --sdp"]) > 5000
    assert "<script>" in shown["trace --past --sdp --json"]
    for what, text in shown.items():
        assert not harmful(text), (what, [text[max(0, text.index(c) - 80):text.index(c) + 40]
                                          for c in set(harmful(text))])
