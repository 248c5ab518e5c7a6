# SPDX-License-Identifier: BSD-3-Clause
"""baresip, as it comes, as an agent's phone."""
from lab import parties, phone
from lab.engine import Lab, NUMBER
from lab.scene import talk_with_a_phone, tone


def test_baresip_registers_is_called_talks_and_is_recorded():
    """baresip registers, is called, talks, and stands on the right of the recording."""
    with Lab() as lab:
        phone.Phone(lab, "1001")
        lab.wait_agent("1001", "ready", 15)
        record = talk_with_a_phone(lab, 5)
    assert record["end"]["by"] == "caller", record


def test_baresip_and_the_engine_report_to_each_other():
    """baresip's RTCP is read: round trip, and what it gets of what the engine sends."""
    with Lab() as lab:
        phone.Phone(lab, "1001")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, NUMBER, **tone(1000))
        lab.wait_agent("1001", "talking")
        call = lab.calls()[0]["id"]
        stream = lab.wait_for(lambda: (s := lab.jf("stream", call, "agent")) and
                              "round_trip_ms" in s and "reported" in s and s, 20, "a round trip")
        caller.hang_up()
        record = lab.wait_records(1)[0]
    stream_at_end = record["streams"]["agent"]
    assert 0 <= stream["round_trip_ms"] < 60, stream
    assert stream["reported"]["loss"] == 0 and stream["reported"]["jitter_ms"] < 30, stream
    assert stream_at_end["mos"] > 4.2 and stream_at_end["reported"]["mos"] > 4.2, stream_at_end
    # What it opens the way with before its first report, a lone APP, is nothing malformed.
    assert "malformed_rtcp" not in stream_at_end["drops"], stream_at_end
