# SPDX-License-Identifier: BSD-3-Clause
"""Agents' phones: how they are found, asked and called."""
import time

from lab import kamailio, linphone, parties, rtp, sip
from lab.engine import AGENTS, Lab, NUMBER
from lab.phone import Phone
from lab.scene import talk_with_a_phone, tone
from test_ipv6 import AGENT as AGENT6, dual_stack


def registration(lab, agent="1001"):
    return next(row for row in lab.jf("registrations") if row["agent"] == agent)


def test_a_phone_behind_a_nat_is_asked_for_a_sign_of_life():
    """A phone whose Contact isn't where it registers from gets OPTIONS; silent, it is shown as
    unreachable and stays registered; another is left alone."""
    def impatient(text):
        return text + "  keepalive_s: 5\n"
    with Lab(edit_node=impatient) as lab:
        assert sip.register(lab, "1001", "secret-1001", AGENTS["1001"],
                            contact="192.168.9.9:5060") == 200
        assert sip.register(lab, "1002", "secret-1002", AGENTS["1002"]) == 200
        phone = sip.Sipp(lab, "phone", AGENTS["1001"], 5060,
                         [sip.recv_request("OPTIONS"),
                          sip.respond(200, "OK", contact=False)], extra=["-m", "2"])
        other = sip.Sipp(lab, "other", AGENTS["1002"], 5060, [sip.recv_request("OPTIONS")])
        phone.assert_success(20)
        shown = registration(lab)
        assert shown["nat"] and shown["state"] == "registered", shown
        assert shown["source"] == "udp:10.77.0.11:5060", shown
        assert "192.168.9.9" in shown["contact"], shown
        lab.wait_for(lambda: registration(lab)["state"] == "unreachable", 20, "it to be missed")
        agent = next(a for a in lab.jf("agents") if a["id"] == "1001")
        assert agent["contacts"] == 1 and agent["contacts_unreachable"] == 1, agent
        assert registration(lab, "1002")["state"] == "registered"
        assert other.messages() == "", other.messages()


def digest(which, agent="1001"):
    def edit(text):
        return text.replace("password: secret-%s," % agent,
                            "password: secret-%s, digest: %s," % (agent, which))
    return edit


def test_digest_sha256_as_an_agent_has_it():
    """An agent of SHA-256 is asked for it and for nothing else, one of any for both; who answers
    with MD5, in another realm or a second time with the same answer, isn't let in."""
    def edit(text):
        return digest("any", "1002")(digest("SHA-256")(text))
    uri, ip = "sip:10.77.0.1", AGENTS["1001"]
    extra = "Contact: <sip:1001@%s:5060>\r\nExpires: 300\r\n" % ip

    def attempt(cseq, authorization=""):
        message = sip.request("REGISTER", uri, ip, 5060, "1001", extra + authorization,
                              "replayed", cseq)
        return sip.exchange(lab, ip, 5060, [message])[0][-1]
    with Lab(edit_directory=edit) as lab:
        asked = attempt(1)
        assert sip.challenge_of(asked, "MD5") is None, asked
        challenge = sip.challenge_of(asked, "SHA-256")
        good = sip.authorization(challenge, "1001", "secret-1001", "REGISTER", uri, "SHA-256")
        weak = sip.authorization(challenge, "1001", "secret-1001", "REGISTER", uri, "MD5")
        elsewhere = sip.authorization(challenge.replace("jackfield", "elsewhere"), "1001",
                                      "secret-1001", "REGISTER", uri, "SHA-256")
        assert sip.status([attempt(2, weak)]) == [401]
        assert sip.status([attempt(3, elsewhere)]) == [401]
        assert not lab.jf("registrations")
        assert sip.status([attempt(4, good)]) == [200]
        replayed = attempt(5, good)
        assert sip.status([replayed]) == [401] and "stale=true" in replayed, replayed
        wrong = sip.authorization(challenge, "1001", "guess", "REGISTER", uri, "SHA-256")
        assert sip.status([attempt(6, wrong)]) == [403]
        for algorithm in ("MD5", "SHA-256"):
            assert sip.register(lab, "1002", "secret-1002", AGENTS["1002"],
                                algorithm=algorithm) == 200
        assert sip.register(lab, "1003", "secret-1003", AGENTS["1003"]) == 200
    assert asked.count("WWW-Authenticate") == 1


def linphone_is_called(transport, which, algorithm):
    with Lab(edit_directory=digest(which)) as lab:
        phone = linphone.Phone(lab, "1001", transport, algorithm)
        lab.wait_for(lambda: lab.agent_state("1001") == "ready", 15, "linphonec: " + phone.out())
        assert "linphone" in registration(lab)["user_agent"].lower(), registration(lab)
        talk_with_a_phone(lab)


@linphone.when_there
def test_linphonec_registers_with_sha256_and_takes_a_call():
    """linphonec proves itself with SHA-256, is called, talks, and is recorded."""
    linphone_is_called("udp", "SHA-256", "SHA-256")


@linphone.when_there
def test_linphonec_over_tcp_has_the_choice():
    """linphonec over TCP, asked for SHA-256 or MD5, takes one, is called over its connection."""
    linphone_is_called("tcp", "any", "MD5")


def second_phone(lab, steps, port=5062, rtp_port=32100, q="", ip=AGENTS["1001"], **media):
    """Another phone of agent 1001's."""
    assert sip.register(lab, "1001", "secret-1001", ip, port,
                            parameters=q) == 200
    party = rtp.Party(lab, "second", ip, rtp_port, remote_log=lab.path("second.messages"),
                      **(media or {"audio": rtp.numbered_frames(9, 50), "loop": True}))
    return sip.Sipp(lab, "second", ip, port, steps), party


def two_phones(first_steps, second_steps, q=""):
    """Two phones of agent 1001's, and a caller; gives the record of a call that was answered by
    the second, and hung up by the caller."""
    with Lab() as lab:
        first = parties.Agent(lab, "1001", first_steps)
        second, _ = second_phone(lab, second_steps, q=q)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        lab.wait_agent("1001", "talking")
        first.signalling.assert_success()
        time.sleep(0.5)
        caller.hang_up()
        second.assert_success()
        record = lab.wait_records(1)[0]
        lab.wait_agent("1001", "ready")
    assert record["agent"] == "1001" and record["outcome"] == "answered", record
    assert len(record["attempts"]) == 1, record


SECOND_BODY = sip.sdp(AGENTS["1001"], 32100)


def test_all_phones_of_an_agent_ring_and_the_first_that_answers_has_the_call():
    """Two phones ring at once; one answers, the other is cancelled; the call goes on as any."""
    two_phones(sip.CANCELLED, parties.Agent.usual_steps(SECOND_BODY, 500, None))


def test_two_phones_that_both_answer():
    """A phone whose 200 crosses the CANCEL gets ACK and BYE, and the other keeps the call."""
    two_phones(sip.crossing(sip.sdp(AGENTS["1001"], 32000)),
               parties.Agent.usual_steps(SECOND_BODY, 500, None))


def test_a_busy_phone_does_not_speak_for_the_other():
    """One phone is busy: the other rings on, and takes the call."""
    two_phones([sip.KEEP_DIALOG, *sip.refuses(486, "Busy Here")], parties.Agent.usual_steps(SECOND_BODY, 500, None))


def test_a_phone_of_lower_q_is_called_when_the_others_fail():
    """The phone with q=0.5 is called after the one with q=1 has failed."""
    two_phones([sip.KEEP_DIALOG, *sip.refuses(500, "Broken")], parties.Agent.usual_steps(SECOND_BODY, 500, None),
               q=";q=0.5")


def call_of_both_families(first_steps, second_steps, answers):
    """Agent 1001 has a phone on IPv4 and one on IPv6, which ring at once; who answers is heard."""
    sounds = {4: rtp.numbered_frames(4, 200), 6: rtp.numbered_frames(6, 200)}
    with Lab(edit_node=dual_stack, before_start=lambda lab: lab.net.give_ipv6(AGENT6)) as lab:
        first = parties.Agent(lab, "1001", first_steps, audio=sounds[4], loop=True)
        second, second_media = second_phone(lab, second_steps, ip=AGENT6, audio=sounds[6],
                                            loop=True)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 100), loop=True)
        lab.wait_agent("1001", "talking")
        time.sleep(3)
        local = [s["local"] for s in lab.jf("streams") if s["side"] == "agent"]
        caller.hang_up()
        heard = rtp.audio_of(caller.media.finish()[0])
        first.signalling.assert_success()
        second.assert_success()
        lab.wait_records(1)
        lab.wait_agent("1001", "ready")
        lab.wait_for(lambda: not lab.media_ports(), 5, "all media to be closed")
        assert lab.jf("status")["dataplane"]["endpoints_open"] == 0
    assert len(local) == 1 and local[0].startswith("[" if answers == 6 else "10."), local
    frames = [sounds[answers][i:i + 160].hex() for i in range(0, len(sounds[answers]), 160)]
    assert rtp.stretch_of(frames, heard) > 80


def test_phones_of_both_address_families_ring_and_ipv6_answers():
    """Each is offered an address of ours that it can reach; the one on IPv6 has the call."""
    call_of_both_families(sip.CANCELLED, parties.Agent.usual_steps(sip.sdp(AGENT6, 32100), 500, None),
                          6)


def test_phones_of_both_address_families_ring_and_ipv4_answers():
    """The same with the one on IPv4: what the other was offered is closed."""
    call_of_both_families(None, sip.CANCELLED, 4)


def test_who_declines_on_one_phone_declines_on_all():
    """603 on one phone: the other is cancelled, and the agent has rejected the call."""
    with Lab() as lab:
        first = parties.Agent(lab, "1001", sip.CANCELLED)
        second, _ = second_phone(lab, sip.RINGS + [sip.pause(500), sip.respond(603, "Decline"),
                                               sip.recv_request("ACK")])
        caller = parties.Caller(lab, NUMBER, hangup_after_ms=3000)
        first.signalling.assert_success()
        second.assert_success()
        caller.signalling.assert_success()
        record = lab.wait_records(1)[0]
    assert record["attempts"][0]["outcome"] == "rejected", record


def test_a_phone_behind_an_edge_proxy_is_called_by_its_path():
    """baresip registers through Kamailio, which puts itself in the Path (RFC 3327); calls take that
    as their route, and the whole dialog goes through the proxy. So do our OPTIONS: a phone that
    vanishes behind it is missed."""
    with Lab(edit_node=lambda text: text + "  keepalive_s: 5\n") as lab:
        kamailio.Kamailio(lab, config=kamailio.EDGE)
        phone = Phone(lab, "1001", outbound="sip:10.77.0.20:5070;transport=udp")
        lab.wait_agent("1001", "ready", 15)
        shown = registration(lab)
        assert "10.77.0.20:5070" in shown["path"] and ";lr" in shown["path"], shown
        assert shown["source"] == "udp:10.77.0.20:5070", shown
        talk_with_a_phone(lab, 3)
        time.sleep(8)
        assert registration(lab)["state"] == "registered", registration(lab)
        phone.process.kill()
        lab.wait_for(lambda: registration(lab)["state"] == "unreachable", 20, "it to be missed")
