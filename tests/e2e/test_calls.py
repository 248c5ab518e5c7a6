# SPDX-License-Identifier: BSD-3-Clause
"""Calls and their ends, with SIPp on both sides."""
import time

from lab import parties, rtp, sip
from lab.engine import AGENTS, Lab, NUMBER, OTHER_NUMBER, TRUNK_IP


def test_sipp_uac_reaches_a_queue():
    """SIPp's own unmodified uac scenario reaches a queue, is answered, and hangs up."""
    with Lab() as lab:
        uac = sip.Sipp(lab, "uac", TRUNK_IP, 5090, sn="uac", service=NUMBER,
                       extra=["-d", "1500", "-m", "3", "-r", "3"])
        uac.assert_success()
        records = lab.wait_records(3)
        lab.wait_calls(0)
    assert {r["queue"] for r in records} == {"sales"}
    assert {r["end"]["by"] for r in records} == {"caller"}, records


def test_sipp_uac_over_tcp():
    """The same over TCP."""
    with Lab() as lab:
        uac = sip.Sipp(lab, "uac", TRUNK_IP, 5090, sn="uac", service=NUMBER,
                       extra=["-d", "1000", "-t", "t1"])
        uac.assert_success()
        lab.wait_records(1)


def test_unknown_number_is_404():
    """An unknown number is answered 404."""
    with Lab() as lab:
        steps = [sip.invite(sip.sdp(TRUNK_IP, 30000)), sip.recv_response(100, optional="true"),
                 sip.recv_response(404), sip.in_dialog("ACK", 1)]
        parties.Caller(lab, "+3729999999", steps).signalling.assert_success()
        assert lab.calls() == []


def test_untrusted_source_is_refused():
    """An INVITE from an address that is no trunk's is challenged and leaves nothing behind."""
    with Lab() as lab:
        answers = sip.exchange(lab, "10.77.0.20", 5066, [sip.request(
            "INVITE", "sip:%s@10.77.0.1" % NUMBER, "10.77.0.20", 5066, "mallory",
            "Contact: <sip:m@10.77.0.20:5066>\r\nContent-Type: application/sdp\r\n",
            body="v=0\r\no=- 1 1 IN IP4 10.77.0.20\r\ns=-\r\nc=IN IP4 10.77.0.20\r\nt=0 0\r\n"
                 "m=audio 30000 RTP/AVP 0\r\n")])[0]
        assert sip.status(answers)[-1] == 401, answers
        assert lab.calls() == []


def test_what_cannot_be_served_gets_the_right_refusal():
    """No common codec 488, broken SDP 400, wrong type 415, unknown extension 420, no hops 483."""
    base = ("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n".format(ip=TRUNK_IP))
    good = base + "m=audio 30000 RTP/AVP 0\r\n"
    sdp = "Content-Type: application/sdp\r\n"
    contact = "Contact: <sip:c@%s:5066>\r\n" % TRUNK_IP
    cases = [
        (488, contact + sdp, base + "m=audio 30000 RTP/AVP 13\r\na=rtpmap:13 CN/8000\r\n"),
        (488, contact + sdp, base + "m=audio 30000 RTP/SAVP 0\r\n"),
        (400, contact + sdp, "v=0\r\nthis is not SDP"),
        (415, contact + "Content-Type: text/plain\r\n", "hello"),
        (420, contact + sdp + "Require: teleportation\r\n", good),
    ]
    with Lab() as lab:
        for code, extra, body in cases:
            message = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5066, "caller",
                                  extra, body=body)
            answers = sip.exchange(lab, TRUNK_IP, 5066, [message])[0]
            assert sip.status(answers)[-1] == code, (code, answers)
        message = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5066, "caller",
                              contact + sdp, body=good).replace("Forwards: 70", "Forwards: 0")
        answers = sip.exchange(lab, TRUNK_IP, 5066, [message])[0]
        assert sip.status(answers)[-1] == 483, answers
        message = sip.request("PUBLISH", "sip:10.77.0.1", TRUNK_IP, 5066, "caller")
        assert sip.status(sip.exchange(lab, TRUNK_IP, 5066, [message])[0])[-1] in (405, 501)
        message = sip.request("OPTIONS", "sip:10.77.0.1", TRUNK_IP, 5066, "caller")
        assert sip.status(sip.exchange(lab, TRUNK_IP, 5066, [message])[0])[-1] == 200
        assert lab.calls() == []


def test_wrong_password_and_unknown_agent_look_alike():
    """Wrong password or unknown agent: the same 403 after the challenge, in the same time."""
    with Lab() as lab:
        took = {}
        for agent in ("1001", "9999"):
            took[agent] = []
            for _ in range(15):
                start = time.monotonic()
                assert sip.register(lab, agent, "wrong", AGENTS["1001"]) == 403
                took[agent].append(time.monotonic() - start)
                for who in (agent, AGENTS["1001"]):
                    lab.jf("unlock", who)
        assert sip.register(lab, "1001", "secret-1001", AGENTS["1001"]) == 200
    known, unknown = (sorted(took[a])[7] for a in ("1001", "9999"))
    assert abs(known - unknown) < 0.05, took


def test_who_guesses_is_not_listened_to():
    """After some wrong passwords whoever answers a challenge is told 503 for a while; jf shows it
    and takes it back. Another agent at another address is not touched."""
    with Lab() as lab:
        told = [sip.register(lab, "1001", "wrong", AGENTS["1001"]) for _ in range(19)]
        assert told[:10] == [403] * 10 and 503 in told, told
        assert "1001" in {row["account"] for row in lab.jf("lockouts")}
        assert sip.register(lab, "1002", "secret-1002", AGENTS["1002"]) == 200
        lab.jf("unlock", "1001")
        assert sip.register(lab, "1001", "secret-1001", AGENTS["1001"]) == 200
        assert "1001" not in {row["account"] for row in lab.jf("lockouts")}


def test_either_side_can_hang_up():
    """BYE from the caller ends the agent's leg, BYE from the agent ends the caller's."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(1, 200), loop=True)
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=2500,
                                audio=rtp.numbered_frames(2, 200), loop=True)
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        agent = parties.Agent(lab, "1002", hangup_after_ms=1500,
                              audio=rtp.numbered_frames(1, 200), loop=True)
        lab.jf("agent", "1001", "notready", "test")
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 200), loop=True)
        agent.signalling.assert_success()
        caller.signalling.assert_success()
        newest, oldest = lab.wait_records(2)
        lab.wait_calls(0)
    assert (oldest["end"]["by"], oldest["agent"]) == ("caller", "1001"), oldest
    assert (newest["end"]["by"], newest["agent"]) == ("agent", "1002"), newest


def test_busy_and_reject_go_to_the_next_agent():
    """An agent who is busy or rejects is passed over; the next one gets the caller."""
    for code, reason in ((486, "Busy Here"), (603, "Decline"), (480, "Temporarily Unavailable")):
        with Lab() as lab:
            first = parties.Agent(lab, "1001", [sip.KEEP_DIALOG, *sip.refuses(code, reason)])
            time.sleep(0.1)
            second = parties.Agent(lab, "1002")
            caller = parties.Caller(lab, NUMBER, hangup_after_ms=3000)
            first.signalling.assert_success()
            second.signalling.assert_success()
            caller.signalling.assert_success()
            record = lab.wait_records(1)[0]
        assert record["agent"] == "1002", record
        tried = [(a["agent"], a.get("sip_code")) for a in record["attempts"]]
        assert tried[0] == ("1001", code), tried


def test_no_answer_redirects():
    """RONA: the leg is cancelled, the agent becomes NotReady(RONA), the next one gets the caller."""
    with Lab(ring_timeout_s=1) as lab:
        first = parties.Agent(lab, "1001", sip.CANCELLED)
        time.sleep(0.1)
        second = parties.Agent(lab, "1002")
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=4000)
        first.signalling.assert_success()
        second.signalling.assert_success()
        caller.signalling.assert_success()
        record = lab.wait_records(1)[0]
        rona = next(a for a in lab.jf("agents") if a["id"] == "1001")
    assert record["agent"] == "1002", record
    assert (rona["state"], rona["reason"].lower()) == ("not-ready", "rona"), rona


def test_caller_gives_up_while_the_agent_rings():
    """The caller's BYE while the agent rings cancels the agent, who stays ready."""
    with Lab(ring_timeout_s=20) as lab:
        agent = parties.Agent(lab, "1001", sip.CANCELLED)
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1500)
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        record = lab.wait_records(1)[0]
        lab.wait_agent("1001", "ready")
    assert (record["outcome"], record["attempts"][0]["agent"]) == ("abandoned", "1001"), record


def test_agents_200_crossing_the_cancel_gets_a_bye():
    """When the agent's 200 crosses the CANCEL, it gets ACK and BYE, and the agent no blame."""
    with Lab(ring_timeout_s=20) as lab:
        agent = parties.Agent(lab, "1001", sip.crossing(sip.sdp(AGENTS["1001"], 32000)))
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=1500)
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        lab.wait_records(1)
        lab.wait_agent("1001", "ready")


def test_a_caller_waits_when_nobody_is_there():
    """Nobody logged in: the caller hears ringback, keeps its place, and can leave."""
    with Lab() as lab:
        caller = parties.Caller(lab, OTHER_NUMBER, audio=rtp.numbered_frames(1, 200), loop=True)
        lab.wait_calls(1)
        time.sleep(3)
        assert lab.jf("queues")[1]["waiting"] == 1 or lab.jf("queues")[0]["waiting"] == 1
        caller.hang_up()
        heard, _ = caller.media.finish()
        record = lab.wait_records(1)[0]
    assert len(rtp.audio_of(heard)) >= 100, "no ringback"
    rtp.assert_continuous(heard)
    assert (record["outcome"], record["attempts"]) == ("abandoned", []), record


def test_cancel_that_comes_after_our_answer():
    """A CANCEL that crosses our 200 changes nothing (RFC 3261 9.2): the caller's BYE ends the call."""
    body = ("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
            "m=audio 30000 RTP/AVP 0\r\n").format(ip=TRUNK_IP)
    invite = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5999, "+3725550100",
                         "Contact: <sip:c@%s:5999>\r\nContent-Type: application/sdp\r\n" % TRUNK_IP,
                         body=body)
    head = invite.split("Contact:")[0]
    cancel = head.replace("INVITE", "CANCEL") + "Content-Length: 0\r\n\r\n"
    with Lab() as lab:
        answers = sip.exchange(lab, TRUNK_IP, 5999, [invite, cancel], wait_s=2)
        assert sip.status(answers[0])[-1] == 200, answers
        assert set(sip.status(answers[1])) & {200, 481}, answers
        dialog = parties.Dialog(answers[0][-1])
        answers = sip.exchange(lab, TRUNK_IP, 5999,
                               [dialog.request("ACK", 1), dialog.request("BYE", 2)], wait_s=1)
        assert 200 in sip.status(answers[1]), answers
        record = lab.wait_records(1)[0]
        lab.wait_calls(0)
    assert record["end"]["by"] == "caller", record


def test_hold_and_resume():
    """A re-INVITE with sendonly is answered recvonly; the other side hears music; then on again."""
    with Lab() as lab:
        agent_frames = rtp.numbered_frames(1, 900)
        agent = parties.Agent(lab, "1001", audio=agent_frames)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 900))
        lab.wait_agent("1001", "talking")
        time.sleep(1.5)
        dialog = caller.dialog()
        body = ("v=0\r\no=party 1 2 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
                "m=audio {port} RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na={d}\r\n")
        texts = []
        for cseq, direction, stay in ((2, "sendonly", 2), (3, "sendrecv", 2)):
            sdp = body.format(ip=TRUNK_IP, port=caller.rtp_port, d=direction)
            answers = sip.exchange(lab, TRUNK_IP, 5999, [dialog.request("INVITE", cseq, sdp)])[0]
            assert sip.status(answers)[-1] == 200, answers
            texts.append(answers[-1])
            sip.exchange(lab, TRUNK_IP, 5999, [dialog.request("ACK", cseq)], wait_s=0.1)
            time.sleep(stay)
        answers = sip.exchange(lab, TRUNK_IP, 5999, [dialog.request("BYE", 4)])[0]
        assert sip.status(answers) == [200], answers
        heard_by_agent, _ = agent.media.finish()
        heard_by_caller, _ = caller.media.finish()
        lab.wait_records(1)
    assert "a=recvonly" in texts[0], texts[0]
    assert "a=sendrecv" in texts[1] or "a=recvonly" not in texts[1], texts[1]
    rtp.assert_continuous(heard_by_agent)
    rtp.assert_continuous(heard_by_caller)


def test_agent_gone_without_bye():
    """An agent's phone that vanishes is noticed within 5 s; the caller goes back to the queue."""
    with Lab() as lab:
        first = parties.Agent(lab, "1001", audio=rtp.numbered_frames(1, 900), loop=True)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 900), loop=True)
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        first.signalling.process.kill()
        first.media.process.kill()
        gone = time.monotonic()
        lab.wait_for(lambda: lab.agent_state("1001") != "talking", 8, "the loss to be noticed")
        noticed = time.monotonic() - gone
        second = parties.Agent(lab, "1002", audio=rtp.numbered_frames(3, 900), loop=True)
        lab.wait_agent("1002", "talking")
        time.sleep(1)
        caller.hang_up()
        record = lab.wait_records(1)[0]
        second.media.finish()
    assert noticed <= 5.5, noticed
    assert record["agent"] == "1002", record
