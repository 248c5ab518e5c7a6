# SPDX-License-Identifier: BSD-3-Clause
"""A conference of three real phones: baresip calls, linphonec has two lines, baresip is consulted."""
import time

from lab import audio
from lab.engine import Lab, NUMBER
from lab.linphone import when_there
from lab.phone import Phone
from lab.scene import CALLER_HZ, FIRST_HZ, MUSIC_HZ, SECOND_HZ, loud, segments
from test_attended import Desk

ALL = (CALLER_HZ, FIRST_HZ, SECOND_HZ, MUSIC_HZ)


def together(phones, seconds=2.5):
    """For a while; what each of them hears at its end."""
    time.sleep(0.7 + seconds)
    heard = [phone.heard()[-8000:] for phone in phones]
    assert all(len(samples) == 8000 for samples in heard)
    return [loud(samples, ALL) for samples in heard]


@when_there
def test_three_phones_hear_each_other_and_two_stay():
    """Consulted on linphonec's second line, joined by `jf join`: each hears the two others. When
    linphonec hangs up both lines the others stay together."""
    with Lab(ring_timeout_s=10) as lab:
        desk = Desk(lab, calls=False, voice_hz=FIRST_HZ)
        second = Phone(lab, "1002", voice_hz=SECOND_HZ)
        lab.wait_agent("1002", "ready", 15)
        lab.jf("agent", "1002", "notready", "desk")  # the queue's call is linphonec's
        caller = Phone(lab, number=NUMBER, voice_hz=CALLER_HZ)
        lab.wait_agent("1001", "talking", 15)
        lab.jf("agent", "1002", "ready")
        desk.dial("1002")
        desk.wait_state("consult-talking")
        phones = [caller, second]
        consult = together(phones)
        lab.jf("join", lab.calls()[0]["id"])
        desk.wait_state("conference")
        recording = desk.phone.record("conference")
        conference = together(phones)
        desk.phone.tell("terminate all")
        lab.wait_agent("1002", "talking")
        lab.wait_agent("1001", "ready")
        left = together(phones)
        caller.hang_up()
        record = lab.wait_records(1)[0]
        second.hang_up()
        at_the_desk = loud(audio.read_pcm_wav(recording)[-12000:-4000], ALL)
    assert consult == [{MUSIC_HZ}, {FIRST_HZ}], consult
    assert conference == [{FIRST_HZ, SECOND_HZ}, {CALLER_HZ, FIRST_HZ}], conference
    assert at_the_desk == {CALLER_HZ, SECOND_HZ}, at_the_desk
    assert left == [{SECOND_HZ}, {CALLER_HZ}], left
    assert segments(record) == [("1001", "queue", "transferred"), ("1002", "conference", "ended")]
