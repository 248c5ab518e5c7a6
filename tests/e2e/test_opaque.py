# SPDX-License-Identifier: BSD-3-Clause
"""What passes as it came, and parties that are elsewhere than they say."""
import time

from lab import parties, rtp
from lab.engine import Lab, NUMBER


def test_a_codec_nobody_knows_passes_as_it_came():
    """G.729 only: silence in the queue, then the agent gets every byte; kept as packets."""
    frames = rtp.numbered_frames(5, 400)
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", formats="18", payload_type=18,
                              audio=rtp.numbered_frames(6, 400), loop=True)
        caller = parties.Caller(lab, NUMBER, formats="18", payload_type=18, audio=frames)
        lab.wait_agent("1001", "talking", 15)
        time.sleep(3)
        caller.hang_up()
        heard, sent = agent.media.finish()
        record = lab.wait_records(1)[0]
        lab.assert_alive()
    assert rtp.stretch_of([frames[i:i + 160].hex() for i in range(0, len(frames), 160)],
                          rtp.audio_of(heard, 18)) > 100
    rtp.assert_continuous(heard)
    assert record["parties"]["caller"]["codec"] == "G729", record["parties"]
    assert record["recording"]["path"].endswith(".pcapng"), record["recording"]
    assert "speech" not in record


def test_a_caller_behind_a_nat_is_learned():
    """nat: learn on the trunk: media from another port than the SDP names is heard, and answered."""
    def learn(text):
        return text.replace('addresses: ["10.77.0.2/32"]', 'addresses: ["10.77.0.2/32"], nat: learn')
    frames = rtp.numbered_frames(5, 400)
    for edit, heard_at_all in ((learn, True), (lambda text: text, False)):
        with Lab(edit_directory=edit) as lab:
            agent = parties.Agent(lab, "1001")
            caller = parties.Caller(lab, NUMBER)
            media = rtp.Party(lab, "elsewhere", "10.77.0.2", caller.rtp_port + 1000, audio=frames,
                              remote_log=lab.path("caller%d.messages" % parties.Caller.count))
            lab.wait_agent("1001", "talking", 15)
            time.sleep(3)
            caller.hang_up()
            to_agent, _ = agent.media.finish()
            to_caller, _ = media.finish()
            lab.wait_records(1)
            lab.assert_alive()
        known = {frames[i:i + 160].hex() for i in range(0, len(frames), 160)}
        assert (len(known & set(rtp.audio_of(to_agent))) > 50) == heard_at_all
        assert (len(to_caller) > 50) == heard_at_all, len(to_caller)
