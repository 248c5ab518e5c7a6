# SPDX-License-Identifier: BSD-3-Clause
"""Network ports: what the operator is shown of them, and links that come and go."""
import subprocess
import time

from lab import parties, rtp
from lab.engine import Lab, NUMBER


def set_link(lab, up):
    subprocess.run(["ip", "-n", lab.net.engine, "link", "set", "jf-media",
                    "up" if up else "down"], check=True)


def test_ports_are_shown():
    """jf ports shows link, traffic, addresses, the kernel's side and neighbours of each port."""
    with Lab() as lab:
        port = lab.jf("ports")[0]
        lab.assert_alive()
    assert port["link"] == "up" and port["addresses"] == ["10.77.0.1/16"], port
    assert port["steering"] == "one worker" and port["exception"] == "jf0 up", port
    assert port["driver"] == "net_af_packet" and port["queues"] == {"rx": 1, "tx": 1}, port


def test_a_call_survives_a_link_that_goes_away():
    """The link of the media port goes down for two seconds during a call: audio resumes."""
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, 500), wait_ms=500)
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 500), wait_ms=500)
        lab.wait_agent("1001", "talking")
        time.sleep(2)
        set_link(lab, False)
        lab.wait_for(lambda: lab.jf("ports")[0]["link"] == "down", 5, "the link to be down")
        time.sleep(1.5)
        set_link(lab, True)
        lab.wait_for(lambda: lab.jf("ports")[0]["link"] == "up", 5, "the link to be up")
        before = lab.jf("streams")
        time.sleep(2)
        after = lab.jf("streams")
        calls = lab.jf("calls")
        port = lab.jf("ports")[0]
        caller.hang_up()
        heard, _ = agent.media.finish()
        record = lab.wait_records(1)[0]
        lab.assert_alive()
    assert [c["state"] for c in calls] == ["talking"], calls
    assert port["link_changes"] == 2, port
    for a, b in zip(before, after):
        assert b["packets"] - a["packets"] >= 50 and b["sent"] - a["sent"] >= 50, (a, b)
    assert record["outcome"] == "answered", record
    assert len({p["ssrc"] for p in heard}) == 1, "to the listener it is one stream"
