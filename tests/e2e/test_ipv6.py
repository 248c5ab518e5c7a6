# SPDX-License-Identifier: BSD-3-Clause
"""Everything over IPv6: signalling by SIPp over UDP and TCP, the phone's registration, media."""
from lab import rtp, sip
from lab.engine import Lab, NUMBER

CALLER, AGENT = "2001:db8:77::2", "2001:db8:77::11"


def dual_stack(text):
    return text.replace("[10.77.0.1/16]", '[10.77.0.1/16, "2001:db8:77::1/64"]').replace(
        "  address: 10.77.0.1\n", '  addresses: [10.77.0.1, "2001:db8:77::1"]\n')


def trunk_on_ipv6(text):
    return text.replace('addresses: ["10.77.0.2/32"]', 'addresses: ["%s/128"]' % CALLER)


def called_over(flag):
    sounds = [rtp.numbered_frames(i, 200) for i in range(2)]
    with Lab(edit_node=dual_stack, edit_directory=trunk_on_ipv6,
             before_start=lambda lab: lab.net.give_ipv6(CALLER, AGENT)) as lab:
        assert sip.register(lab, "1001", "secret-1001", AGENT) == 200
        shown = lab.jf("registrations")[0]
        assert shown["source"] == "udp:[%s]:5060" % AGENT and not shown["nat"], shown
        agent_media = rtp.Party(lab, "agent", AGENT, 32000, audio=sounds[1], wait_ms=1000,
                                remote_log=lab.path("phone.messages"))
        phone = sip.Sipp(lab, "phone", AGENT, 5060, [
            sip.KEEP_DIALOG, sip.respond(180, "Ringing"), sip.pause(100),
            sip.respond(200, "OK", sip.sdp(AGENT, 32000)), sip.recv_request("ACK"),
            sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")])
        caller_media = rtp.Party(lab, "caller", CALLER, 31000, audio=sounds[0], wait_ms=1000,
                                 remote_log=lab.path("caller.messages"))
        caller = sip.Sipp(lab, "caller", CALLER, 5070, [
            sip.invite(sip.sdp(CALLER, 31000)), sip.recv_response(100, optional="true"),
            sip.recv_response(180, optional="true"), sip.recv_response(200, rrs="true"),
            sip.in_dialog("ACK", 1), sip.pause(7000), sip.in_dialog("BYE", 2),
            sip.recv_response(200)], service=NUMBER, extra=["-t", flag])
        lab.wait_agent("1001", "talking")
        streams = {s["side"]: s for s in lab.jf("streams")}
        caller.assert_success()
        phone.assert_success()
        record = lab.wait_records(1)[0]
        heard_by_agent, heard_by_caller = agent_media.finish()[0], caller_media.finish()[0]
    assert record["outcome"] == "answered", record
    for side in ("caller", "agent"):
        assert streams[side]["local"].startswith("[2001:db8:77::1]:"), streams
    for sent, heard in ((sounds[0], heard_by_agent), (sounds[1], heard_by_caller)):
        frames = [sent[i:i + 160].hex() for i in range(0, len(sent), 160)]
        assert rtp.stretch_of(frames, rtp.audio_of(heard)) == 200


def test_a_call_over_udp():
    """A trunk and a phone on IPv6: registered, called over UDP, both hear each other whole."""
    called_over("u1")


def test_a_call_over_tcp():
    """The same with the trunk on TCP."""
    called_over("t1")
