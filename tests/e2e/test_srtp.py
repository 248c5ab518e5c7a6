# SPDX-License-Identifier: BSD-3-Clause
"""SRTP with keys in SDP: who may have them, TLS, and baresip as caller and as agent."""
import subprocess
import time

from lab import parties, phone, sip
from lab.engine import Lab, NUMBER, TRUNK_IP, with_tls
from lab.scene import assert_heard, assert_recorded, tone

KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
OFFER = ("v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
         "m=audio 30000 RTP/{profile} 0\r\n{keys}")
SAVP = OFFER.format(ip=TRUNK_IP, profile="SAVP",
                    keys="a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:%s\r\n" % KEY)
PLAIN = OFFER.format(ip=TRUNK_IP, profile="AVP", keys="")


def invite(lab, body):
    message = sip.request("INVITE", "sip:%s@10.77.0.1" % NUMBER, TRUNK_IP, 5066, "caller",
                          "Contact: <sip:c@%s:5066>\r\nContent-Type: application/sdp\r\n"
                          % TRUNK_IP, body=body)
    return sip.exchange(lab, TRUNK_IP, 5066, [message])[0]


def trunk(policy):
    return lambda text: text.replace('addresses: ["10.77.0.2/32"]',
                                     'addresses: ["10.77.0.2/32"], ' + policy)


def test_keys_over_udp_are_refused_unless_the_node_says_otherwise():
    """RTP/SAVP over UDP is 488 with a Warning; with srtp_over_plain it is answered with a key."""
    with Lab() as lab:
        answers = invite(lab, SAVP)
        assert sip.status(answers)[-1] == 488, answers
        assert "SRTP keys are taken over TLS only" in answers[-1]
        assert lab.calls() == []
    with Lab(edit_node=lambda text: text + "  srtp_over_plain: true\n") as lab:
        answers = invite(lab, SAVP)
        assert sip.status(answers)[-1] == 200, answers
        assert "RTP/SAVP 0" in answers[-1]
        assert "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" in answers[-1]
        assert KEY not in answers[-1] and KEY not in lab.log("control")


def test_a_trunk_that_requires_srtp_refuses_plain_rtp():
    """srtp: required answers plain RTP with 488; srtp: off answers RTP/SAVP with 488."""
    with Lab(edit_node=lambda text: text + "  srtp_over_plain: true\n",
             edit_directory=trunk("srtp: required")) as lab:
        answers = invite(lab, PLAIN)
        assert sip.status(answers)[-1] == 488 and "SRTP is required" in answers[-1], answers
        assert sip.status(invite(lab, SAVP))[-1] == 200
    with Lab(edit_node=lambda text: text + "  srtp_over_plain: true\n",
             edit_directory=trunk("srtp: off")) as lab:
        assert sip.status(invite(lab, SAVP))[-1] == 488
        assert sip.status(invite(lab, PLAIN))[-1] == 200


def test_tls_is_new_enough():
    """The TLS listener speaks 1.2 and 1.3, and nothing older."""
    with Lab(edit_node=with_tls) as lab:
        for version, works in (("-tls1_3", True), ("-tls1_2", True), ("-tls1_1", False)):
            done = subprocess.run(lab.net.command(
                lab.net.phones, "openssl", "s_client", "-connect", "10.77.0.1:5061", version,
                "-cipher", "ALL:@SECLEVEL=0"), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
            connected = "Verification" in done.stdout and "Cipher is (NONE)" not in done.stdout
            assert connected == works, (version, done.stdout)


def talk(lab, caller, seconds=5):
    """The record of a conversation that is under way, and what was recorded of it."""
    lab.wait_agent("1001", "talking", 15)
    time.sleep(seconds)
    live = lab.jf("call", lab.calls()[0]["id"])
    caller.hang_up()
    record = lab.wait_records(1)[0]
    return live, record


def test_baresip_agent_over_tls_with_srtp():
    """An agent's baresip on TLS gets SRTP, the caller stays plain, and both hear each other."""
    with Lab(edit_node=with_tls) as lab:
        phone.Phone(lab, "1001", transport="tls", srtp="srtp-mand")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        lab.wait_agent("1001", "talking", 15)
        call = lab.calls()[0]["id"]
        lab.wait_for(lambda: "round_trip_ms" in lab.jf("stream", call, "agent"), 20,
                     "reports under SRTCP")
        live, record = talk(lab, caller)
        heard, _ = caller.media.finish()
        assert_recorded(lab, record, 1000, phone.VOICE_HZ)
    agent = live["parties"]["agent"]
    assert agent["signalling"] == "tls" and agent["srtp"] != "none", live["parties"]
    assert live["parties"]["caller"]["srtp"] == "none"
    assert_heard(heard, phone.VOICE_HZ)
    assert record["streams"]["agent"]["packets"] > 150, record["streams"]
    assert not record["streams"]["agent"]["drops"].get("srtp_auth"), record["streams"]
    assert record["streams"]["agent"]["srtp"] == agent["srtp"], record["streams"]


def test_baresip_caller_over_tls_with_srtp():
    """baresip calls over TLS with SRTP; the agent's phone is a plain one."""
    with Lab(edit_node=with_tls, edit_directory=trunk("srtp: required")) as lab:
        agent = parties.Agent(lab, "1001", **tone(1000))
        caller = phone.Phone(lab, number=NUMBER, transport="tls", srtp="srtp-mand")
        live, record = talk(lab, caller)
        heard, _ = agent.media.finish()
    assert live["parties"]["caller"]["srtp"] != "none", live["parties"]
    assert live["parties"]["agent"]["srtp"] == "none"
    assert_heard(heard, phone.VOICE_HZ)
    assert record["end"]["by"] == "caller", record["end"]


def test_an_agent_without_srtp_is_called_without():
    """baresip on TLS that knows no SRTP refuses it; with srtp: preferred it is called in plain."""
    with Lab(edit_node=with_tls) as lab:
        phone.Phone(lab, "1001", transport="tls")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        live, _ = talk(lab, caller, 2)
    assert live["parties"]["agent"]["srtp"] == "none", live["parties"]
    assert live["parties"]["agent"]["signalling"] == "tls"
