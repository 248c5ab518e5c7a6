# SPDX-License-Identifier: BSD-3-Clause
"""Media before the answer: what a number outside says while it is called reaches who waits."""
import time

from lab import parties, rtp, sip
from lab.carrier import Carrier, FORWARD, ONE_TRUNK, directory
from lab.engine import Lab, TRUNK_IP
from lab.scene import CALLER_HZ, times_heard, tone

EARLY_HZ = 900


def prack():
    """PRACK for the 183 (RFC 3262), whose RSeq it names."""
    take = """<recv response="183" rrs="true">
    <action><ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="9"/></action>
  </recv>"""
    text = sip.in_dialog("PRACK", 2).replace("Max-Forwards: 70",
                                             "Max-Forwards: 70\n      RAck: [$9] 1 INVITE")
    return [take, text, sip.recv_response(200)]


def invite(body):
    return "\n  ".join([sip.invite(body).replace("Max-Forwards: 70", "Max-Forwards: 70\n"
                                                 "      Supported: 100rel"),
                        sip.recv_response(100, optional="true")])


def carrier_of(lab, final):
    """It speaks at once, and 1.5 s later says the final response."""
    return Carrier(lab, final, after_ms=1500, hz=EARLY_HZ, early=True)


def heard(party, hz):
    """The first and last time that it heard the tone."""
    times = times_heard(party, hz)
    return (times[0], times[-1]) if times else (0, 0)


def test_a_caller_hears_the_far_end_before_it_answers():
    """183 with SDP from the trunk: a reliable 183 to the caller (100rel, PRACK), who hears it."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = carrier_of(lab, sip.answers)
        end = [sip.recv_response(200, rrs="true"), sip.in_dialog("ACK", 1), sip.pause(1500),
               sip.in_dialog("BYE", 3), sip.recv_response(200)]
        caller = parties.Caller(lab, FORWARD, lambda body: [invite(body), *prack(), *end],
                                **tone(CALLER_HZ))
        lab.wait_for(lambda: "SIP/2.0 183" in caller.signalling.messages(), 5, "the 183")
        time.sleep(0.3)
        assert lab.calls()[0]["state"] == "ringing"
        lab.wait_for(lambda: lab.calls()[0]["state"] == "talking", 5, "the answer")
        answered = time.monotonic()
        caller.signalling.assert_success()
        carrier.signalling.assert_success()
        told = caller.signalling.messages()
        first, last = heard(caller.media, EARLY_HZ)
        back, _ = heard(carrier.media, CALLER_HZ)
        record = lab.wait_records(1)[0]
    assert "Require: 100rel" in told, told[:3000]
    assert 0 < first < answered - 0.8 and last > answered + 0.8, (first, last, answered)
    assert back > answered - 0.3, "the far end hears the caller before it answers"
    assert record["outcome"] == "answered" and 1000 < record["talk_ms"] < 2500, record


def test_an_announcement_is_heard_and_the_refusal_told():
    """The far end speaks and refuses: the caller hears it, and gets the same final response."""
    with Lab(edit_directory=directory(ONE_TRUNK)) as lab:
        carrier = carrier_of(lab, lambda _: sip.refuses(404, "Not Found"))
        steps = [sip.invite(sip.sdp(TRUNK_IP, 29000)), sip.recv_response(100, optional="true"),
                 sip.recv_response(183), sip.recv_response(404), sip.ack_refusal()]
        media = rtp.Party(lab, "early", TRUNK_IP, 29000, remote_log=lab.path("refused.messages"),
                          **tone(CALLER_HZ))
        caller = sip.Sipp(lab, "refused", TRUNK_IP, 5090, steps, service=FORWARD)
        caller.assert_success()
        carrier.signalling.assert_success()
        first, last = heard(media, EARLY_HZ)
        record = lab.wait_records(1)[0]
    assert last - first > 0.8, (first, last)
    assert (record["outcome"], record["end"]["sip_code"]) == ("failed", 404), record
