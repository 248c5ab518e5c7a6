# SPDX-License-Identifier: BSD-3-Clause
"""Calls over TCP and TLS when control is killed: their connections are gone, they are not."""
import time

from lab import parties, phone, rtp, sip, stream
from lab.carrier import FORWARD, GATEWAY, directory
from lab.engine import AGENTS, Lab, NUMBER, TRUNK_IP, with_tls
from lab.scene import segments
from test_faults import assert_nothing_lost, survive_control

FRAMES = {"caller": rtp.numbered_frames(2, 2000), "agent": rtp.numbered_frames(1, 2000)}


class Talk:
    """A caller over the transport, and an agent over UDP; or the other way round. before: what happens
    before control is killed."""

    def __init__(self, lab, who, transport, listens=True, before=lambda connection, party: None,
                 host=None, **agent):
        self.lab = lab
        self.party = stream.Party(lab, who, TRUNK_IP if who == "caller" else AGENTS["1001"],
                                  transport, listens, who == "agent" and transport == "tls",
                                  audio=FRAMES[who])
        self.party.host = host or self.party.host
        connection = self.party.connect()
        if who == "caller":
            self.agent = parties.Agent(lab, "1001", audio=FRAMES["agent"], **agent)
            self.party.call(connection, NUMBER)
            self.caller = self.party
        else:
            self.party.register(connection, "1001")
            self.caller, self.agent = parties.Caller(lab, NUMBER, audio=FRAMES["caller"]), self.party
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        before(connection, self.party)
        survive_control(lab)

    def assert_over(self, by):
        record = self.lab.wait_records(1)[0]
        assert_nothing_lost(self.lab, self.caller, self.agent, record)
        self.lab.wait_agent("1001", "ready")
        assert record["end"]["by"] == by, record["end"]


def through_a_carrier(transport):
    return directory("  - {name: out, to: [\"%s:%d\"], transport: %s, options_s: 0}\n"
                     % (GATEWAY[0], stream.PORT, transport))


def over_both(test):
    """Over TCP, and over TLS."""
    def run():
        for transport in ("tcp", "tls"):
            with Lab(edit_node=with_tls, edit_directory=through_a_carrier(transport)) as lab:
                test(lab, transport)
    run.__doc__ = test.__doc__
    return run


@over_both
def test_a_caller_hangs_up_over_a_new_connection(lab, transport):
    """Its BYE is answered, on the connection that it came on, and the agent is hung up on."""
    talk = Talk(lab, "caller", transport)
    connection = talk.party.connect()
    talk.party.in_dialog(connection, "BYE")
    assert talk.party.wait("SIP/2.0 200")[0] is connection
    talk.agent.signalling.assert_success()
    talk.assert_over("caller")


@over_both
def test_a_caller_is_hung_up_on_over_a_new_connection(lab, transport):
    """The agent hangs up: BYE to where the caller's Contact says, over a connection of ours."""
    talk = Talk(lab, "caller", transport, hangup_after_ms=6000)
    talk.party.wait("BYE sip:caller@")
    talk.agent.signalling.assert_success()
    talk.assert_over("agent")


@over_both
def test_a_caller_of_a_name_is_hung_up_on_over_a_new_connection(lab, transport):
    """Its Contact is a name, as a cloud's: BYE to where it called from, at the name's port."""
    talk = Talk(lab, "caller", transport, hangup_after_ms=6000, host="sbc.example")
    talk.party.wait("BYE sip:caller@sbc.example")
    talk.agent.signalling.assert_success()
    talk.assert_over("agent")


@over_both
def test_an_agents_phone_hangs_up_over_a_new_connection(lab, transport):
    """The same as of a caller."""
    talk = Talk(lab, "agent", transport)
    connection = talk.party.connect()
    talk.party.in_dialog(connection, "BYE")
    assert talk.party.wait("SIP/2.0 200")[0] is connection
    talk.caller.signalling.assert_success()
    talk.assert_over("agent")


@over_both
def test_an_agents_phone_is_hung_up_on_over_a_new_connection(lab, transport):
    """The caller hangs up: BYE to where the phone's Contact says."""
    talk = Talk(lab, "agent", transport)
    talk.caller.hang_up()
    talk.party.wait("BYE sip:agent@")
    talk.assert_over("caller")


@over_both
def test_a_phone_that_takes_no_connection_registers_over_a_new_one(lab, transport):
    """As behind a NAT: BYE goes over the connection that it has registered on meanwhile."""
    talk = Talk(lab, "agent", transport, listens=False)
    connection = talk.party.connect()
    talk.party.register(connection, "1001")
    talk.caller.hang_up()
    assert talk.party.wait("BYE sip:agent@")[0] is connection
    talk.assert_over("caller")


@over_both
def test_a_caller_that_takes_no_connection_is_heard_of_over_a_new_one(lab, transport):
    """A request in the dialog tells where it is: BYE goes over that connection."""
    talk = Talk(lab, "caller", transport, listens=False, hangup_after_ms=6000)
    connection = talk.party.connect()
    talk.party.in_dialog(connection, "OPTIONS")
    talk.party.wait("SIP/2.0 200")
    assert talk.party.wait("BYE sip:caller@")[0] is connection
    talk.agent.signalling.assert_success()
    talk.assert_over("agent")


@over_both
def test_a_phone_that_referred_is_told_over_a_new_connection(lab, transport):
    """Its transfer rings when control is killed: NOTIFY with 503 reaches it, and it has its caller."""
    def refer(connection, phone):
        parties.Agent(lab, "1002", sip.CANCELLED)
        phone.in_dialog(connection, "REFER", ("Refer-To", "<sip:1002@10.77.0.1>"))
        lab.wait_for(lambda: any("SIP/2.0 180" in m for _, m in phone.heard), 5, "it to be told 180")
    talk = Talk(lab, "agent", transport, before=refer)
    notify = lab.wait_for(lambda: [c for c in talk.party.heard if "SIP/2.0 503" in c[1]], 5, "503")[0]
    assert "terminated;reason=noresource" in notify[1] and not notify[0].closed, notify
    talk.caller.hang_up()
    assert talk.party.wait("BYE sip:agent@")[0] is notify[0]
    record = lab.wait_records(1)[0]
    assert segments(record) == [("1001", "queue", "ended")], record["segments"]


class Baresip:
    """With baresip as the agent's phone; control is killed while it talks."""

    def __init__(self, lab, transport):
        self.lab = lab
        srtp = "srtp-mand" if transport == "tls" else ""
        self.phone = phone.Phone(lab, "1001", transport=transport, srtp=srtp, listens=True)
        lab.wait_agent("1001", "ready", 15)
        self.caller = parties.Caller(lab, NUMBER, audio=FRAMES["caller"])
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        survive_control(lab)

    def assert_over(self, by):
        record = self.lab.wait_records(1)[0]
        self.lab.wait_agent("1001", "ready")
        assert record["end"]["by"] == by, record["end"]


@over_both
def test_baresip_is_hung_up_on_after_a_restart(lab, transport):
    """Its Contact in the call is its end of the connection that is gone; where it registered that
    it listens, it hears the BYE."""
    talk = Baresip(lab, transport)
    talk.caller.hang_up()
    lab.wait_for(lambda: "session closed" in talk.phone.out(), 5, "baresip's end of the call")
    talk.assert_over("caller")


@over_both
def test_baresip_hangs_up_after_a_restart(lab, transport):
    """Over a connection that it opens for that."""
    talk = Baresip(lab, transport)
    talk.phone.command("/hangup")
    talk.caller.signalling.assert_success()
    talk.assert_over("agent")


@over_both
def test_a_carrier_is_hung_up_on_over_a_new_connection(lab, transport):
    """A number outside was connected: BYE to where the carrier's Contact says."""
    carrier = stream.Party(lab, "carrier", GATEWAY[0], transport, secure=transport == "tls",
                           audio=FRAMES["agent"])
    caller = parties.Caller(lab, FORWARD, audio=FRAMES["caller"])
    lab.wait_for(lambda: lab.calls() and lab.calls()[0]["state"] == "talking", 10, "an answer")
    time.sleep(2)
    survive_control(lab)
    caller.hang_up()
    carrier.wait("BYE sip:carrier@")
    record = lab.wait_records(1)[0]
    assert_nothing_lost(lab, caller, carrier, record)
    assert record["end"]["by"] == "caller", record["end"]
