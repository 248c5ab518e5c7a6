# SPDX-License-Identifier: BSD-3-Clause
"""Transfers by a real phone (linphonec) that fail or are given up: it is told why, by NOTIFY, and
speaks with its caller again, each hearing the other."""
import time

from lab import audio, parties, sip
from lab.engine import AGENTS, Lab
from lab.linphone import when_there
from lab.phone import VOICE_HZ
from lab.scene import CALLER_HZ, MUSIC_HZ, loud, segments
from test_attended import Desk


def refusing(lab, code, reason, rings_ms=500):
    """1002's phone rings and refuses."""
    return parties.Agent(lab, "1002", [*sip.RINGS, sip.pause(rings_ms), *sip.refuses(code, reason)])


def ringing(lab):
    """1002's phone rings until it is cancelled."""
    return parties.Agent(lab, "1002", sip.CANCELLED)


def told(desk):
    """The status lines that the phone was notified of, in order."""
    notified = [part.split("SIP/2.0 ") for part in desk.phone.log().split("\nNOTIFY sip:")[1:]
                if "message/sipfrag" in part]
    return [part[1].splitlines()[0].strip() for part in notified if len(part) > 1]


def assert_back(lab, desk, resume=False):
    """The agent has its caller: both hear each other; gives the record."""
    if resume:
        desk.phone.tell("resume 1")
    desk.wait_state("talking")
    time.sleep(0.7)  # linphonec records no stream that is not there yet
    recording = desk.phone.record("back")
    desk.stay("back", 2.0)
    record = desk.over()
    lab.wait_agent("1001", "ready")
    heard = audio.read_pcm_wav(recording)
    assert len(heard) > 12000, len(heard)
    assert loud(heard[-12000:-4000], (CALLER_HZ, MUSIC_HZ)) == {CALLER_HZ}
    assert desk.heard(desk.caller, "back") == {VOICE_HZ}
    assert segments(record) == [("1001", "queue", "ended")], record["segments"]
    return record


def blind(target, prepare, lines, **settings):
    """REFER to the target; the phone is told these lines."""
    with Lab(**{"ring_timeout_s": 10, **settings}) as lab:
        desk = Desk(lab)
        phone = prepare(lab) if prepare else None
        desk.phone.tell("transfer sip:%s@10.77.0.1" % target)
        lab.wait_for(lambda: lines[-1] in told(desk), 10, "the NOTIFY of " + lines[-1])
        if phone:
            phone.signalling.assert_success()
        record = assert_back(lab, desk)
        assert told(desk) == lines, told(desk)
    return record


@when_there
def test_linphonec_refers_to_a_busy_colleague():
    """486: notified of that, and back."""
    record = blind("1002", lambda lab: refusing(lab, 486, "Busy Here"),
                   ["100 Trying", "180 Ringing", "486 Busy Here"])
    assert ("1002", "busy") in [(a["agent"], a["outcome"]) for a in record["attempts"]], record


@when_there
def test_linphonec_refers_to_a_colleague_who_declines():
    """603: the same."""
    record = blind("1002", lambda lab: refusing(lab, 603, "Decline"),
                   ["100 Trying", "180 Ringing", "603 Decline"])
    assert ("1002", "rejected") in [(a["agent"], a["outcome"]) for a in record["attempts"]], record


@when_there
def test_linphonec_refers_to_nobody():
    """A number that is nobody's: 404, at once."""
    blind("4711", None, ["100 Trying", "404 Not Found"])


@when_there
def test_linphonec_refers_to_a_phone_that_is_not_there():
    """Registered, and silent: given up after the ring time."""
    def prepare(lab):
        assert sip.register(lab, "1002", "secret-1002", AGENTS["1002"]) == 200
    blind("1002", prepare, ["100 Trying", "480 Temporarily Unavailable"], ring_timeout_s=2)


@when_there
def test_a_transfer_by_linphonec_is_given_up():
    """`jf back` while the colleague's phone rings: that is cancelled, and the caller comes back."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        second = ringing(lab)
        desk.phone.tell("transfer sip:1002@10.77.0.1")
        lab.wait_for(lambda: "180 Ringing" in told(desk), 5, "the colleague's phone to ring")
        lab.jf("back", lab.calls()[0]["id"])
        second.signalling.assert_success()
        assert_back(lab, desk)
        assert told(desk)[-1].split()[0] in ("480", "487"), told(desk)
        assert lab.agent_state("1002") == "ready"


@when_there
def test_the_caller_gives_up_while_linphonec_transfers():
    """The caller hangs up while the colleague's phone rings: all of it ends."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        second = ringing(lab)
        desk.phone.tell("transfer sip:1002@10.77.0.1")
        lab.wait_for(lambda: "180 Ringing" in told(desk), 5, "the colleague's phone to ring")
        record = desk.over(second)
        lab.wait_agent("1001", "ready")
        lab.wait_agent("1002", "ready")
    assert record["end"]["by"] == "caller", record["end"]


@when_there
def test_linphonec_gives_up_a_consultation():
    """The second line is hung up while it rings: the colleague's phone is cancelled."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        second = ringing(lab)
        desk.dial("1002")
        desk.wait_state("consulting")
        lab.wait_agent("1002", "ringing")
        desk.phone.tell("terminate 2")
        second.signalling.assert_success()
        assert_back(lab, desk, resume=True)


@when_there
def test_the_colleague_whom_linphonec_consults_refuses():
    """Busy while it rings on the second line: that line is told so, the first goes on."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab)
        second = refusing(lab, 486, "Busy Here")
        desk.dial("1002")
        second.signalling.assert_success()
        lab.wait_for(lambda: "SIP/2.0 486" in desk.phone.log(), 5, "the refusal")
        time.sleep(0.5)  # for linphonec, which resumes nothing before
        assert_back(lab, desk, resume=True)
