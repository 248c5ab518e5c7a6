# SPDX-License-Identifier: BSD-3-Clause
"""Agents' phones: how they are found, asked and called."""
from lab import sip
from lab.engine import AGENTS, Lab


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
        lab.assert_alive()
