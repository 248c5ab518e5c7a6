# SPDX-License-Identifier: BSD-3-Clause
"""Feature codes: what an agent says of itself by calling a number from its phone (baresip)."""
import glob
import struct

from lab import audio, parties, sip
from lab.engine import AGENTS, Lab, NUMBER
from lab.phone import Phone

BEEP_HZ = 1000
CODES = """tenants:
  - name: acme
    codes: {ready: "*50", not_ready: "*51", wrap_up_end: "*52", logout: "*53", wrap_up_extend: "*54"}
    reasons: [lunch, training]
  - {name: bolt, codes: {ready: "*60", not_ready: "*61"}}
"""


def with_codes(text):
    return CODES + text.split("tenants:\n  - name: acme\n")[1].replace(
        "name: sales, tenant: acme,", "name: sales, tenant: acme, wrap_up_s: 8, "
        "wrap_up_extend_s: 30,")


def agent(lab, number="1001"):
    return next(a for a in lab.jf("agents") if a["id"] == number)


def heard(phone):
    """What the phone heard in its latest call that heard anything."""
    paths = sorted(glob.glob(phone.home + "/dump-*-dec.wav"))
    data = open(paths[-1], "rb").read()[44:] if paths else b""
    return struct.unpack("<%dh" % (len(data) // 2), data[:len(data) // 2 * 2])


def beeps(samples, block=400):
    """The strongest 50 ms of the tone."""
    return max([audio.power_at(samples[at:at + block], BEEP_HZ)
                for at in range(0, len(samples) - block, block)] or [0])


def says(lab, phone, code):
    """Calls the code, hears the tone, and is hung up on."""
    before = lab.jf("status")["calls"]["ended"]
    phone.command("/dial sip:%s@10.77.0.1" % code)
    lab.wait_for(lambda: lab.jf("status")["calls"]["ended"] > before, 10, code + " to be over")
    lab.wait_for(lambda: beeps(heard(phone)) > 1e5, 5, "the tone after " + code)


def is_told_no(lab, phone, code):
    """Calls it, and is refused."""
    before = phone.out().count("404 Not Found")
    phone.command("/dial sip:%s@10.77.0.1" % code)
    lab.wait_for(lambda: phone.out().count("404 Not Found") > before, 10, code + " to be refused")


def test_a_phone_says_what_its_agent_does():
    """Codes for not ready with and without a reason, ready and logged out: each is confirmed by a
    tone, shown at once, and noted as said by the phone."""
    with Lab(edit_directory=with_codes) as lab:
        phone = Phone(lab, "1001")
        lab.wait_agent("1001", "ready", 15)
        said = []
        for code in ("*512", "*50", "*51", "*511", "*53"):
            says(lab, phone, code)
            row = agent(lab)
            said.append((code, row["state"], row["reason"], row["actor"]))
        records = lab.wait_records(5)
    assert said == [("*512", "not-ready", "training", "phone"), ("*50", "ready", "", "phone"),
                    ("*51", "not-ready", "", "phone"), ("*511", "not-ready", "lunch", "phone"),
                    ("*53", "logged-out", "", "phone")], said
    assert {r["outcome"] for r in records} == {"released"}, records
    assert {r["end"]["reason"] for r in records} == {"a feature code"}, records


def test_a_wrap_up_is_extended_and_ended_by_the_phone():
    """After a call the wrap-up goes on by its code, and is over by the other."""
    with Lab(edit_directory=with_codes) as lab:
        phone = Phone(lab, "1001")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER)
        lab.wait_agent("1001", "talking")
        caller.hang_up()
        lab.wait_agent("1001", "wrap-up")
        phone.command("/hangupall")
        says(lab, phone, "*54")
        extended = agent(lab)
        lab.wait_for(lambda: agent(lab)["since_ms"] > 9000, 15, "the first 8 s to be over")
        still = agent(lab)["state"]
        says(lab, phone, "*52")
        over = agent(lab)
    assert extended["state"] == still == "wrap-up", (extended, still)
    assert (over["state"], over["actor"]) == ("ready", "phone"), over


def test_what_is_no_code_changes_nothing():
    """A wrong code, a reason that there is not, and the code of another tenant are refused with
    404; a wrap-up can't be ended where there is none."""
    with Lab(edit_directory=with_codes) as lab:
        phone = Phone(lab, "1001")
        lab.wait_agent("1001", "ready", 15)
        before = agent(lab)
        for code in ("*59", "*519", "*5", "*5000", "*60"):
            is_told_no(lab, phone, code)
        phone.command("/dial sip:*52@10.77.0.1")
        lab.wait_for(lambda: "480 Temporarily Unavailable" in phone.out(), 10, "a 480")
        after = agent(lab)
    assert after["state"] == "ready" and after["since_ms"] > before["since_ms"], (before, after)


def test_only_the_agent_itself_says_so():
    """From a phone that is not registered a code needs the agent's password: with it the agent is
    ready as soon as it registers; with another one nothing happens."""
    with Lab(edit_directory=with_codes) as lab:
        ip, uri = AGENTS["1002"], "sip:*50@10.77.0.1"
        extra = "Contact: <sip:1002@%s:5060>\r\nContent-Type: application/sdp\r\n" % ip
        body = "".join(line.strip() + "\r\n" for line in sip.sdp(ip, 32000).strip().splitlines())

        def attempt(cseq, user, proof=""):
            message = sip.request("INVITE", uri, ip, 5060, user, extra + proof, "code%s" % user,
                                  cseq, body)
            return sip.exchange(lab, ip, 5060, [message])[0]
        asked = attempt(1, "1002")
        challenge = sip.challenge_of(asked[-1], "MD5")
        wrong = attempt(2, "1002", sip.authorization(challenge, "1002", "guess", "INVITE", uri))
        before = agent(lab, "1002")
        # Whose it is, is said by the password: not by the name in From.
        other = attempt(1, "1003")
        lent = attempt(2, "1003", sip.authorization(sip.challenge_of(other[-1], "MD5"), "1002",
                                                    "secret-1002", "INVITE", uri))
        right = attempt(3, "1002", sip.authorization(challenge, "1002", "secret-1002", "INVITE",
                                                     uri))
        after = agent(lab, "1002")
        third = agent(lab, "1003")
    assert sip.status([asked[-1]]) == [401], asked
    assert sip.status([wrong[-1]]) == [403], wrong
    assert before["state"] == "logged-out" and not before["actor"], before
    assert sip.status([right[-1]]) == [200], right
    assert after["state"] in ("logged-out", "unreachable") and not after["registered"], after
    assert third["state"] == "logged-out", (third, lent)
