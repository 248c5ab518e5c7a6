# SPDX-License-Identifier: BSD-3-Clause
"""Control is killed while a phone (linphonec) waits to be told what became of its REFER."""
import time

from lab import sip
from lab.carrier import Carrier, ONE_TRUNK, OUTSIDE, directory
from lab.engine import Lab
from lab.linphone import when_there
from lab.scene import segments
from test_attended import Desk
from test_refer import assert_back, ringing, told


def kill_while_referring(lab, desk):
    """The phone has been told that it rings."""
    lab.wait_for(lambda: "180 Ringing" in told(desk), 5, "the target to ring")
    time.sleep(0.5)  # for the live row
    lab.kill("control")
    time.sleep(1.5)
    lab.restart_control()


@when_there
def test_a_transfer_to_a_colleague_fails_at_a_restart():
    """The colleague's phone stops ringing, the phone that transferred is told 503, and each hears
    the other again."""
    with Lab(ring_timeout_s=20) as lab:
        desk = Desk(lab)
        second = ringing(lab)
        desk.phone.tell("transfer sip:1002@10.77.0.1")
        kill_while_referring(lab, desk)
        second.signalling.assert_success()
        lab.wait_for(lambda: "503 Service Unavailable" in told(desk), 5, "the last NOTIFY")
        assert_back(lab, desk)
        assert told(desk) == ["100 Trying", "180 Ringing", "503 Service Unavailable"], told(desk)
        assert "terminated;reason=noresource" in desk.phone.log()


def to_a_number_outside(lab, final):
    desk = Desk(lab)
    carrier = Carrier(lab, final, after_ms=6000)
    desk.phone.tell("transfer sip:%s@10.77.0.1" % OUTSIDE)
    kill_while_referring(lab, desk)
    desk.wait_state("transferring")
    return desk, carrier


@when_there
def test_a_number_outside_answers_after_a_restart():
    """It rings on, answers, and has the caller; the phone that transferred is told 200 and is free."""
    with Lab(edit_directory=directory(ONE_TRUNK), ring_timeout_s=20) as lab:
        desk, carrier = to_a_number_outside(lab, sip.answers)
        desk.wait_state("talking")
        lab.wait_for(lambda: "200 OK" in told(desk), 5, "the last NOTIFY")
        lab.wait_agent("1001", "ready")
        time.sleep(1)
        record = desk.over(carrier)
        assert carrier.invites() == 1
        assert told(desk) == ["100 Trying", "180 Ringing", "200 OK"], told(desk)
    assert segments(record) == [("1001", "queue", "transferred"), (OUTSIDE, "transfer", "ended")]


@when_there
def test_a_number_outside_refuses_after_a_restart():
    """The phone that transferred is told 486, and each hears the other again."""
    with Lab(edit_directory=directory(ONE_TRUNK), ring_timeout_s=20) as lab:
        desk, carrier = to_a_number_outside(lab, lambda _: sip.refuses(486, "Busy Here"))
        lab.wait_for(lambda: "486 Busy Here" in told(desk), 10, "the last NOTIFY")
        carrier.signalling.assert_success()
        assert_back(lab, desk)
        assert told(desk) == ["100 Trying", "180 Ringing", "486 Busy Here"], told(desk)
