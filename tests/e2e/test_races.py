# SPDX-License-Identifier: BSD-3-Clause
"""What is lost or comes twice, by real peers: an ACK, a second answer from behind a proxy that forks.
(Glare needs an offer of the engine's: it is in tests/unit/control/sip.)"""
import time

from lab import audio, parties, sip
from lab.carrier import Carrier, FORWARD, GATEWAY, ONE_TRUNK, OUTSIDE, directory, trunk
from lab.engine import Lab, NUMBER
from lab.scene import CALLER_HZ, SECOND_HZ, loud, tone


def test_an_ack_that_is_lost():
    """The caller's ACK comes late: our 200 is sent again until then, and the call is the same one."""
    def steps(body):
        return [sip.invite(body), sip.recv_response(100, optional="true"), sip.recv_response(200, rrs="true"),
                sip.pause(2500), sip.in_dialog("ACK", 1), sip.pause(2000), sip.in_dialog("BYE", 2),
                sip.recv_response(200)]
    with Lab() as lab:
        agent = parties.Agent(lab, "1001")
        caller = parties.Caller(lab, NUMBER, steps)
        lab.wait_agent("1001", "talking")
        caller.signalling.assert_success()
        agent.signalling.assert_success()
        answers = caller.signalling.messages().count("SIP/2.0 200 OK")
        records = lab.wait_records(1)
    assert answers >= 4, answers  # after 0.5, 1 and 2 s, and that of the BYE
    assert len(records) == 1 and records[0]["outcome"] == "answered", records


# Another branch of the fork: same transaction, another tag and Contact (RFC 3261 13.2.2.4).
OTHER_ANSWER = """SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      To: <sip:{number}@{ip}>;tag=other[pid]
      [last_Call-ID:]
      CSeq: 1 INVITE
      Contact: <sip:other@[local_ip]:[local_port]>"""


def test_two_answers_from_behind_a_proxy_that_forks():
    """Two phones of the number outside answer: the first has the call, the second gets ACK and BYE."""
    other = sip.send_once(sip.with_body(OTHER_ANSWER.format(number=OUTSIDE, ip=GATEWAY[0]),
                                        sip.sdp(GATEWAY[0], 31100)))

    def both_answer(body):
        return [sip.respond(200, "OK", body), sip.recv_request("ACK"), other,
                sip.recv_request("ACK"), sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK"),
                sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = Carrier(lab, both_answer, hz=SECOND_HZ).signalling
        caller = parties.Caller(lab, FORWARD, **tone(CALLER_HZ))
        lab.wait_for(lambda: "BYE sip:other@" in carrier.messages(), 10, "the BYE of the second")
        time.sleep(1.5)
        assert lab.calls()[0]["state"] == "talking" and trunk(lab, "out")["out"] == 1
        caller.hang_up()
        carrier.assert_success()
        record = lab.wait_records(1)[0]
        heard = [p for p in caller.media.finish()[0] if p["type"] == 0][-50:]
        said = carrier.messages()
    assert "ACK sip:other@" in said and "BYE sip:agent@" in said, said[-3000:]
    samples = audio.linear(b"".join(bytes.fromhex(p["payload"]) for p in heard))
    assert loud(samples) == {SECOND_HZ}
    assert record["outcome"] == "answered", record
