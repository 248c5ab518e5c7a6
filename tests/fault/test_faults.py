# SPDX-License-Identifier: BSD-3-Clause
"""Faults as they come: killed processes, a full disk."""
import os
import subprocess
import time

from lab import audio, parties, phone, rtp, sip
from lab.engine import Lab, NUMBER, TRUNK_IP, with_tls
from lab.scene import assert_heard, tone


def call_in_progress(lab, **agent_options):
    agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(1, 2000), **agent_options)
    caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 2000))
    lab.wait_agent("1001", "talking")
    time.sleep(1)
    return caller, agent


def survive_control(lab):
    """Kills control in mid-call; media must not notice. Gives the live call after the restart."""
    before = lab.calls()[0]["id"]
    lab.kill("control")
    time.sleep(2)
    lab.restart_control()
    lab.wait_calls(1)
    assert lab.calls()[0]["id"] == before, lab.calls()
    time.sleep(1)


def assert_nothing_lost(lab, caller, agent, record):
    heard_by_agent, caller_sent = agent.media.finish()[0], caller.media.finish()[1]
    frames = rtp.stretch_of(caller_sent["sent"], rtp.audio_of(heard_by_agent))
    assert frames >= 150, frames
    rtp.assert_continuous(heard_by_agent)
    assert record["streams"]["caller"]["lost"] == 0 and record["streams"]["agent"]["lost"] == 0, record
    left, right = audio.read_g711_stereo(lab.recording_path(record))
    silence = left.count(0xFF) / len(left)
    assert len(left) >= 8000 * 4 and silence < 0.05, (len(left), silence)


def test_control_killed_caller_hangs_up():
    """kill -9 of control: no packet lost, the recording goes on, the caller can hang up after it."""
    with Lab() as lab:
        caller, agent = call_in_progress(lab)
        survive_control(lab)
        caller.hang_up()
        agent.signalling.assert_success()
        record = lab.wait_records(1)[0]
        assert_nothing_lost(lab, caller, agent, record)
        time.sleep(1)
        assert len(lab.records()) == 1
    assert record["end"]["by"] == "caller", record


def test_control_killed_agent_hangs_up():
    """The same, and the agent hangs up after it."""
    with Lab() as lab:
        caller, agent = call_in_progress(lab, hangup_after_ms=6000)
        survive_control(lab)
        agent.signalling.assert_success()
        caller.signalling.assert_success()
        record = lab.wait_records(1)[0]
        assert_nothing_lost(lab, caller, agent, record)
    assert record["end"]["by"] == "agent", record


def test_video_survives_control():
    """kill -9 of control in a call with video under SRTP: pictures go on, and their recording is
    closed."""
    def frames(seed):
        return rtp.numbered_frames(seed, 1000, parties.VIDEO_BYTES)
    with Lab(edit_node=lambda text: text + "  srtp_over_plain: true\n") as lab:
        agent = parties.Agent(lab, "1001", video=frames(3), secure=True,
                              audio=rtp.numbered_frames(1, 2000))
        caller = parties.Caller(lab, NUMBER, video=frames(4), secure=True,
                                audio=rtp.numbered_frames(2, 2000))
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        survive_control(lab)
        caller.hang_up()
        showed, seen = caller.video.finish()[1], agent.video.finish()[0]
        record = lab.wait_records(1)[0]
    assert rtp.stretch_of(showed["sent"], rtp.audio_of(seen, sip.VIDEO_TYPE)) >= 150
    assert record["video"]["state"] == "closed", record["video"]
    assert record["video"]["lost"] == {"caller": 0, "agent": 0}, record["video"]


def test_state_survives_a_restart():
    """Agents, queues, directory and records are there after kill -9, without a new REGISTER."""
    with Lab() as lab:
        caller, agent = call_in_progress(lab)
        caller.hang_up()
        lab.wait_records(1)
        lab.jf("agent", "1001", "notready", "lunch")
        before = lab.jf("queues")[0]["name"], lab.records()[0]["call"]
        time.sleep(0.5)
        lab.kill("control")
        lab.restart_control()
        after = lab.jf("queues")[0]["name"], lab.records()[0]["call"]
        agent = next(a for a in lab.jf("agents") if a["id"] == "1001")
    assert before == after
    assert (agent["state"], agent["reason"]) == ("not-ready", "lunch"), agent


def test_queued_caller_survives_a_restart():
    """A caller who waits keeps the place and the age, and is served after the restart."""
    with Lab() as lab:
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(2, 2000))
        lab.wait_calls(1)
        time.sleep(2)
        lab.kill("control")
        time.sleep(1)
        lab.restart_control()
        lab.wait_calls(1)
        parties.Agent(lab, "1001", audio=rtp.numbered_frames(1, 500))
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        caller.hang_up()
        record = lab.wait_records(1)[0]
    assert record["wait_ms"] >= 3000, record


def test_recording_is_readable_after_the_dataplane_is_killed():
    """kill -9 of the dataplane in mid-call leaves a recording that any player reads."""
    with Lab() as lab:
        call_in_progress(lab)
        time.sleep(3)
        path = lab.recording_path(lab.jf("call", lab.calls()[0]["id"]))
        lab.kill("dataplane")
        left, right = audio.read_g711_stereo(path)
        soxi = subprocess.run(["soxi", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True)
        lab.kill("control")
        lab.planes.clear()
    assert len(left) >= 8000 * 2, len(left)
    assert soxi.returncode == 0 and "WARN" not in soxi.stdout, soxi.stdout


def test_dataplane_comes_back():
    """A new dataplane is programmed again from what control holds: both sides hear each other."""
    with Lab() as lab:
        caller, agent = call_in_progress(lab)
        before = {s["side"]: s["packets"] for s in lab.jf("streams")}
        lab.kill("dataplane")
        time.sleep(1)
        lab.start("dataplane")
        lab.wait_for(lab.ready, 20, "the dataplane to be back")
        back = time.monotonic()

        def flows():
            now = {s["side"]: s["packets"] for s in lab.jf("streams")}
            return all(now.get(side, 0) >= before[side] + 150 for side in before)

        lab.wait_for(flows, 20, "three seconds of media both ways")
        caller.hang_up()
        heard_by_agent, _ = agent.media.finish()
        heard_by_caller, _ = caller.media.finish()
        record = lab.wait_records(1)[0]
    for heard in (heard_by_agent, heard_by_caller):
        late = [p for p in heard if p["at"] > back]
        assert len(late) >= 100, len(late)
    assert record["end"]["by"] == "caller", record
    for side in ("caller", "agent"):  # the figures are of the whole call
        stream = record["streams"][side]
        assert stream["packets"] >= before[side] + 100 and 1 < stream["mos"] <= 4.5, (before, stream)


def test_full_disk_degrades_the_recording_not_the_call():
    """A full disk fails the recording, visibly; audio goes on and the record says so."""
    folder = "/tmp/jft-small-%d" % os.getpid()
    os.makedirs(folder)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], check=True)
    try:
        with Lab(recordings=folder) as lab:
            caller, agent = call_in_progress(lab)
            time.sleep(5)
            caller.hang_up()
            heard, _ = agent.media.finish()
            _, sent = caller.media.finish()
            record = lab.wait_records(1)[0]
        assert rtp.stretch_of(sent["sent"], rtp.audio_of(heard)) >= 200
        assert record["recording"]["state"] == "failed", record["recording"]
        assert "space" in record["recording"].get("error", "").lower(), record["recording"]
    finally:
        subprocess.run(["umount", folder], check=True)
        os.rmdir(folder)


class SlowDisk:
    """A file system of its own, for recordings, that can be made to stand still."""

    def __init__(self):
        self.folder = "/tmp/jft-slow-%d" % os.getpid()
        self.image = self.folder + ".img"
        self.frozen = False

    def __enter__(self):
        os.makedirs(self.folder)
        with open(self.image, "wb") as f:
            f.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self.image], check=True)
        subprocess.run(["mount", "-o", "loop", self.image, self.folder], check=True)
        return self

    def freeze(self, on):
        subprocess.run(["fsfreeze", "-f" if on else "-u", self.folder], check=True)
        self.frozen = on

    def __exit__(self, *_):
        if self.frozen:
            self.freeze(False)
        subprocess.run(["umount", self.folder], check=True)
        os.unlink(self.image)
        os.rmdir(self.folder)


def test_disk_that_stands_still_costs_nothing():
    """The recordings' disk stands still for 8 s, over the end of the call: nothing is missing."""
    with SlowDisk() as disk, Lab(recordings=disk.folder) as lab:
        try:
            caller, agent = call_in_progress(lab)
            time.sleep(3)
            disk.freeze(True)
            time.sleep(5)
            used = lab.jf("status")["recorder"]["buffer_used_bytes"]
            caller.hang_up()
            time.sleep(3)
        finally:
            disk.freeze(False)
        agent.signalling.assert_success()
        record = lab.wait_records(1)[0]
        assert_nothing_lost(lab, caller, agent, record)
        recording = record["recording"]
        left, _ = audio.read_g711_stereo(lab.recording_path(record))
    assert used >= 3 * 32768, used
    assert recording["state"] == "closed", recording
    assert recording["lost"] == {"caller": 0, "agent": 0}, recording
    assert len(left) >= 8000 * 8, len(left)


def test_garbage_changes_nothing():
    """Malformed SIP and RTP during a call: counted or refused, never a crash, the call goes on."""
    import random
    dice = random.Random(7)
    options = sip.request("OPTIONS", "sip:10.77.0.1", "10.77.0.21", 5077, "x")
    junk = [b"\r\n\r\n", b"\0" * 40, b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:a SIP/2.0\r\n\r\n"]
    for _ in range(300):
        text = bytearray(options.encode())
        for _ in range(dice.randint(1, 12)):
            text[dice.randrange(len(text))] = dice.randrange(256)
        junk.append(bytes(text))
    with Lab() as lab:
        caller, agent = call_in_progress(lab)
        sip.exchange(lab, "10.77.0.21", 5077, junk, wait_s=0.01)
        answers = sip.exchange(lab, "10.77.0.21", 5077, [options])
        assert sip.status(answers[0])[-1] == 200
        port = lab.media_ports()[0]
        script = ("import socket,random\nr=random.Random(3)\ns=socket.socket(2,2)\n"
                  "s.bind(('%s',31999))\n"
                  "for i in range(2000): s.sendto(r.randbytes(r.randint(0,300)),"
                  "('10.77.0.1',%d+i%%2))" % (TRUNK_IP, port))
        subprocess.run(lab.net.command(lab.net.phones, "/usr/bin/python3", "-c", script),
                       check=True)
        caller.hang_up()
        assert_nothing_lost_enough(agent, caller)
        lab.wait_records(1)


def assert_nothing_lost_enough(agent, caller):
    heard, _ = agent.media.finish()
    _, sent = caller.media.finish()
    assert rtp.stretch_of(sent["sent"], rtp.audio_of(heard)) >= 50


def test_srtp_survives_both_planes():
    """kill -9 of control, then of the dataplane: SRTP goes on under its keys."""
    with Lab(edit_node=with_tls) as lab:
        phone.Phone(lab, "1001", transport="tls", srtp="srtp-mand")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        lab.wait_agent("1001", "talking")
        time.sleep(1)
        survive_control(lab)
        before = lab.jf("call", lab.calls()[0]["id"])["parties"]["agent"]["srtp"]
        lab.kill("dataplane")
        lab.start("dataplane")
        lab.wait_for(lab.ready, 20, "the dataplane to be back")
        time.sleep(4)
        after = lab.jf("call", lab.calls()[0]["id"])["parties"]["agent"]["srtp"]
        heard, _ = caller.media.finish()
        caller.hang_up()
        lab.wait_records(1)
    assert before == after != "none", (before, after)
    assert_heard(heard, phone.VOICE_HZ)


def heard_after(party, at):
    """The payloads that a party heard since then, and what it sent."""
    heard, sent = party.media.finish()
    return [p["payload"] for p in heard if p["at"] > at], sent["sent"]


def test_srtp_past_its_first_roll_over_survives_the_dataplane():
    """Both legs' SRTP have rolled over when the dataplane is killed, twice: what libsrtp2 sends is
    heard on, and libsrtp2 opens whatever it is sent, at both ends."""
    frames = {name: rtp.numbered_frames(seed, 3000) for seed, name in ((21, "agent"), (22, "caller"))}
    with Lab(edit_node=lambda text: text + "  srtp_over_plain: true\n") as lab:
        agent = parties.Agent(lab, "1001", secure=True, audio=frames["agent"], sequence=65500)
        caller = parties.Caller(lab, NUMBER, secure=True, audio=frames["caller"], sequence=65480)
        lab.wait_agent("1001", "talking")
        time.sleep(2)
        for pause_s in (7, 1):  # the counter was noted; it was not yet, by the second one
            time.sleep(pause_s)
            lab.kill("dataplane")
            lab.start("dataplane")
            lab.wait_for(lab.ready, 20, "the dataplane to be back")
        time.sleep(1)
        back = time.monotonic()
        time.sleep(3)
        by_agent, agent_sent = heard_after(agent, back)
        by_caller, caller_sent = heard_after(caller, back)
        caller.hang_up()
        record = lab.wait_records(1)[0]
    assert rtp.stretch_of(caller_sent, by_agent) >= 50, len(by_agent)
    assert rtp.stretch_of(agent_sent, by_caller) >= 50, len(by_caller)
    for side in ("caller", "agent"):
        assert not record["streams"][side]["drops"].get("srtp_auth"), record["streams"]
