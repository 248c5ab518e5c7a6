# SPDX-License-Identifier: BSD-3-Clause
"""Calls to the outside: SIPp as the carrier, Kamailio as a carrier's proxy, and dead ones."""
import time

from lab import parties, sip
from lab.carrier import FORWARD, GATEWAY, ONE_TRUNK, OUTSIDE, directory, trunk
from lab.engine import Lab, OTHER_NUMBER
from lab.kamailio import Kamailio, REUSING

NOBODY = "10.77.99.99"


def gateway(lab, *extra, name="gateway"):
    return sip.Sipp(lab, name, *GATEWAY, sn="uas", extra=extra)


def wait_state(lab, name, state, seconds=15):
    lab.wait_for(lambda: trunk(lab, name)["state"] == state, seconds, "%s to be %s" % (name, state))


def forwarded_over(transport, flag):
    trunks = "  - {name: out, to: [\"%s:%d\"], transport: %s, options_s: 0}\n" % (*GATEWAY, transport)
    with Lab(edit_directory=directory(trunks)) as lab:
        carrier = gateway(lab, "-t", flag)
        parties.Caller(lab, FORWARD, hangup_after_ms=1500)
        lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
        assert trunk(lab, "out")["out"] == 1
        record = lab.wait_records(1)[0]
        carrier.assert_success()
        lab.wait_for(lambda: trunk(lab, "out")["out"] == 0, 5, "the trunk to be free")
        assert trunk(lab, "out")["minutes_today"] > 0
        assert "INVITE sip:%s@%s" % (OUTSIDE, GATEWAY[0]) in carrier.messages()
    assert record["outcome"] == "answered", record
    assert record["outside"]["number"] == OUTSIDE and record["outside"]["trunk"] == "out", record
    assert record["end"]["by"] == "caller" and record["agent"] is None, record
    assert record["recording"]["state"] == "closed", record


def test_a_number_is_forwarded_over_udp():
    """A forwarded number's caller is connected to the number outside, recorded, and accounted."""
    forwarded_over("udp", "u1")


def test_a_number_is_forwarded_over_tcp():
    """The same over TCP."""
    forwarded_over("tcp", "t1")


def test_a_dead_trunk_is_left_within_two_seconds():
    """Nobody answers at the first trunk: 2 s later the second one is called; both are recorded."""
    trunks = ("  - {name: dead, to: [\"%s\"], options_s: 0}\n"
              "  - {name: out, to: [\"%s:%d\"], priority: 2, options_s: 0}\n" % (NOBODY, *GATEWAY))
    with Lab(edit_directory=directory(trunks)) as lab:
        carrier = gateway(lab)
        begin = time.monotonic()
        parties.Caller(lab, FORWARD, hangup_after_ms=4000)
        lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
        took = time.monotonic() - begin
        record = lab.wait_records(1)[0]
        carrier.assert_success()
    attempts = record["outside"]["attempts"]
    assert [a["trunk"] for a in attempts] == ["dead", "out"], attempts
    assert attempts[0]["outcome"] == "no answer" and attempts[0]["ms"] <= 2100, attempts
    assert took < 4.5, took


def test_a_name_that_no_server_answers_costs_its_deadline():
    """A trunk whose name can't be resolved is left for the next one; the loop does not wait."""
    trunks = ("  - {name: hole, to: [sbc.hole.example], options_s: 0}\n"
              "  - {name: out, to: [\"%s:%d\"], priority: 2, options_s: 0}\n" % GATEWAY)
    with Lab(edit_directory=directory(trunks)) as lab:
        carrier = gateway(lab)
        parties.Caller(lab, FORWARD, hangup_after_ms=3500)
        lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
        record = lab.wait_records(1)[0]
        carrier.assert_success()
    attempts = record["outside"]["attempts"]
    assert [a["trunk"] for a in attempts] == ["hole", "out"], attempts
    assert attempts[0]["ms"] <= 2300, attempts


REGISTERED = ("  - {name: kam, tenant: acme, to: [\"10.77.0.20:5070\"], domain: carrier.example,\n"
              "     register: {user: acme, realm: carrier.example, password: secret,\n"
              "                expires_s: 60}}\n")


def test_calls_out_and_in_through_a_registration():
    """Kamailio asks who we are: registered, calls out are let through, calls in arrive; asked for
    each request in the dialog too. A trunk that is taken out of the directory unregisters."""
    with Lab(edit_directory=directory(REGISTERED)) as lab:
        Kamailio(lab)
        lab.wait_for(lambda: trunk(lab, "kam").get("registration") == "registered", 20,
                     "the registration")
        wait_state(lab, "kam", "up")
        carrier = gateway(lab)
        parties.Caller(lab, FORWARD, hangup_after_ms=1500)
        record = lab.wait_records(1)[0]
        carrier.assert_success()
        assert record["outcome"] == "answered", record
        one = lab.jf("trunk", "kam")
        assert one["destinations"][0]["round_trip_ms"] > 0 and one["expires_ms"] > 0, one
        assert "secret" not in str(one)
        # From outside, by the proxy, to the user that we are registered as.
        body = sip.sdp(GATEWAY[0], 31000)
        steps = [sip.invite(body).replace("INVITE sip:[service]@[remote_ip]:[remote_port]",
                                          "INVITE sip:acme@10.77.0.20:5070", 1),
                 sip.recv_response(100, optional="true"), sip.recv_response(180, optional="true"),
                 sip.recv_response(200, rrs="true"), sip.in_dialog("ACK", 1), sip.pause(800),
                 sip.in_dialog("BYE", 2), sip.recv_response(200)]
        caller = sip.Sipp(lab, "outside", *GATEWAY, steps, service=OTHER_NUMBER,
                          extra=["-rsa", "10.77.0.20:5070"])
        caller.assert_success()
        assert lab.wait_records(2)[0]["trunk"] == "kam"
        with open(lab.path("directory/acme.yaml")) as f:
            text = f.read()
        with open(lab.path("directory/acme.yaml"), "w") as f:
            f.write(text.replace(REGISTERED, ""))
        lab.apply()
        time.sleep(1)
        unknown = [sip.invite(body).replace("INVITE sip:[service]@[remote_ip]:[remote_port]",
                                            "INVITE sip:acme@10.77.0.20:5070", 1),
                   sip.recv_response(100, optional="true"), sip.recv_response(404)]
        sip.Sipp(lab, "unknown", GATEWAY[0], GATEWAY[1] + 1, unknown, service=OTHER_NUMBER,
                 extra=["-rsa", "10.77.0.20:5070"]).assert_success()


def test_a_trunk_on_tcp_calls_over_the_connection_that_we_opened():
    """Our requests offer the connection (RFC 5923: alias): Kamailio's calls come over it."""
    trunks = '  - {name: kam, to: ["10.77.0.20:5070"], transport: tcp, options_s: 5, ' \
             'addresses: ["10.77.0.20/32"]}\n'
    with Lab(edit_directory=directory(trunks)) as lab:
        Kamailio(lab, config=REUSING)
        wait_state(lab, "kam", "up", 20)
        before = lab.jf("connections")
        assert len(before) == 1, before
        body = sip.sdp(GATEWAY[0], 31000)
        steps = [sip.invite(body), sip.recv_response(100, optional="true"),
                 sip.recv_response(180, optional="true"), sip.recv_response(200, rrs="true"),
                 sip.in_dialog("ACK", 1), sip.pause(500), sip.in_dialog("BYE", 2),
                 sip.recv_response(200)]
        sip.Sipp(lab, "outside", *GATEWAY, steps, service=OTHER_NUMBER,
                 extra=["-rsa", "10.77.0.20:5070"]).assert_success()
        assert lab.wait_records(1)[0]["trunk"] == "kam"
        after = lab.jf("connections")
        assert [row["id"] for row in after] == [row["id"] for row in before], (before, after)


def test_a_trunk_goes_down_within_ten_seconds_and_comes_back():
    """Killed, it is down within 10 s and calls are refused at once; back, it is up again."""
    with Lab(edit_directory=directory(REGISTERED)) as lab:
        kamailio = Kamailio(lab)
        wait_state(lab, "kam", "up", 20)
        kamailio.kill()
        begin = time.monotonic()
        wait_state(lab, "kam", "down", 12)
        assert time.monotonic() - begin <= 10.5
        parties.Caller(lab, FORWARD)
        record = lab.wait_records(1)[0]
        assert record["outcome"] == "failed" and record["duration_ms"] < 1500, record
        Kamailio(lab)
        wait_state(lab, "kam", "up", 10)


def test_a_registration_survives_a_restart():
    """A new process goes on with the registration of the one before, without a new one at once."""
    with Lab(edit_directory=directory(REGISTERED)) as lab:
        Kamailio(lab)
        lab.wait_for(lambda: trunk(lab, "kam").get("registration") == "registered", 20,
                     "the registration")
        time.sleep(0.5)
        lab.kill("control")
        lab.restart_control()
        one = trunk(lab, "kam")
        assert one["registration"] == "registered" and one["expires_ms"] > 20000, one


def test_caps_hold():
    """With one call permitted, a second one is refused with an event, and the first goes on."""
    with Lab(edit_directory=directory(ONE_TRUNK, "caps: {calls: 1}")) as lab:
        gateway(lab)
        first = parties.Caller(lab, FORWARD)
        lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
        parties.Caller(lab, FORWARD)
        record = lab.wait_records(1)[0]
        assert record["outcome"] == "failed", record
        assert record["end"]["reason"] == "the number outside may not be called", record
        assert [c["state"] for c in lab.calls()] == ["talking"]
        first.hang_up()
        lab.wait_records(2)
