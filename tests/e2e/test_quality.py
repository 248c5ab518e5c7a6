# SPDX-License-Identifier: BSD-3-Clause
"""What is measured of each leg's media, against what was done to it."""
import json
import math
import os
import random
import signal
import subprocess

from lab import parties, rtp
from lab.engine import BUILD, Lab, NUMBER

FRAMES = 3000


def g107(delay_ms, loss, burst_ratio, bpl=25.1):
    """R of ITU-T G.107 with its default values; written from the Recommendation, as ours was."""
    ro, no = 94.7688, -61.1792
    idle_x = (ro - 10.5 * 117 * (2 * delay_ms + 1) ** -0.25) / 2
    terv = 65 - 40 * math.log10((1 + delay_ms / 10) / (1 + delay_ms / 150))
    echo = (-1.5 * (no - 2) - (80 + 2.5 * (terv - 14))) / 2
    x = max(0, math.log2(delay_ms / 100))
    impairments = (
        0.4400 + 0.9735                                               # loudness, quantising
        + echo + math.sqrt(echo ** 2 + 100) - 1                       # the talker's echo
        + idle_x + math.sqrt(idle_x ** 2 + 169)                       # the listener's
        + 25 * ((1 + x ** 6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)
        + 95 * 100 * loss / (100 * loss / min(8, max(1, burst_ratio)) + bpl))
    return ro - impairments


def mos(r):
    return 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6


def lost_before(skip, packets):
    """Of frames left out: how many, and in how many runs, before the last of so many packets."""
    kept = [i for i in range(FRAMES) if i not in skip][:packets]
    lost = sorted(i for i in skip if i < kept[-1])
    return len(lost), sum(1 for i in lost if i - 1 not in skip)


def assert_measured(stream, skip, delay_ms):
    lost, runs = lost_before(skip, stream["packets"])
    expected = stream["packets"] + lost
    burst_ratio = lost / runs * (1 - lost / expected)
    assert (stream["lost"], stream["loss_runs"]) == (lost, runs), stream
    assert abs(stream["loss"] - lost / expected) < 0.0001, stream
    assert abs(stream["burst_ratio"] - burst_ratio) < 0.01, (stream, burst_ratio)
    assert delay_ms - 2 <= stream["round_trip_ms"] <= delay_ms + 30, stream
    one_way = stream["round_trip_ms"] / 2 + 40 + 2 * stream["jitter_ms"]
    r = g107(one_way, lost / expected, burst_ratio)
    assert abs(stream["r_factor"] - r) < 0.2 and abs(stream["mos"] - mos(r)) < 0.02, (stream, r)
    assert 1 <= stream["mos_min"] <= stream["mos"] and stream["mos_scale"] == "narrowband", stream


def watch(lab, *arguments):
    """The first two answers of a command that is repeated; a Ctrl-C ends it in order."""
    command = [os.path.join(BUILD, "tools", "jf", "jf"), "--run-dir", lab.path("run"), *arguments,
               "--watch", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as jf:
        answers = [json.loads(jf.stdout.readline()) for _ in range(2)]
        jf.send_signal(signal.SIGINT)
        assert jf.wait(5) == 0
    return answers


def decoded(lab, reports):
    """The packets as tshark sees them."""
    with open(lab.path("rtcp.txt"), "w") as f:
        for report in reports:
            packet = bytes.fromhex(report["packet"])
            f.write("000000 %s\n" % " ".join("%02x" % b for b in packet))
    subprocess.run(["text2pcap", "-q", "-u", "20001,30001", lab.path("rtcp.txt"),
                    lab.path("rtcp.pcap")], check=True, stderr=subprocess.DEVNULL)
    shown = subprocess.run(["tshark", "-r", lab.path("rtcp.pcap"), "-d", "udp.port==30001,rtcp",
                            "-T", "json", "--no-duplicate-keys"], check=True, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return [p["_source"]["layers"] for p in json.loads(shown)]


def values(tree, key):
    """All values under that key, wherever it stands."""
    found = []
    for k, v in tree.items() if isinstance(tree, dict) else enumerate(tree):
        if k == key:
            found += v if isinstance(v, list) else [v]
        elif isinstance(v, (dict, list)):
            found += values(v, key)
    return found


def test_loss_bursts_round_trip_and_mos_are_what_they_are():
    """Random and burst loss, round trip and MOS of each leg are those computed beside it."""
    dice = random.Random(7)
    random_loss = {i for i in range(5, FRAMES) if dice.random() < 0.05}
    bursts = {i + k for i in range(50, FRAMES, 120) for k in range(5)}
    with Lab() as lab:
        agent = parties.Agent(lab, "1001", audio=rtp.numbered_frames(2, 50), loop=True,
                              wait_ms=1500, skip=sorted(bursts),
                              rtcp={"delay_ms": 40, "lost": 0, "jitter": 0})
        caller = parties.Caller(lab, NUMBER, audio=rtp.numbered_frames(1, 50), loop=True,
                                wait_ms=1500, skip=sorted(random_loss),
                                rtcp={"delay_ms": 150, "lost": 10, "jitter": 80})
        lab.wait_agent("1001", "talking")
        call = lab.calls()[0]["id"]
        lab.wait_for(lambda: "round_trip_ms" in lab.jf("stream", call, "caller") and
                     "round_trip_ms" in lab.jf("stream", call, "agent"), 15, "the round trips")
        lab.wait_for(lambda: lab.jf("stream", call, "caller")["packets"] > 700, 20, "14 s of it")
        live = lab.jf("stream", call, "caller")
        shown = lab.jf_raw("stream", live["local"]).stdout
        watched = watch(lab, "stream", call, "agent")
        both = lab.jf("stream", call)
        unknown = lab.jf_raw("stream", "10.77.0.1:9")
        caller.hang_up()
        caller_reports, agent_reports = caller.media.reports(), agent.media.reports()
        caller.media.finish()
        _, agent_sent = agent.media.finish()
        record = lab.wait_records(1)[0]
        drops = lab.jf("status")["rtp"]
        packets = decoded(lab, caller_reports + agent_reports)
    assert watched[1]["packets"] > watched[0]["packets"] + 30, watched
    streams = record["streams"]
    assert_measured(live, random_loss, 150)
    assert_measured(streams["caller"], random_loss, 150)
    assert_measured(streams["agent"], bursts, 40)
    assert streams["agent"]["burst_ratio"] > 3 and streams["caller"]["burst_ratio"] < 1.5, streams
    assert streams["caller"]["reported"]["lost"] == 10, streams["caller"]
    assert streams["caller"]["reported"]["jitter_ms"] == 10, streams["caller"]
    assert 4 < streams["caller"]["reported"]["mos"] < 4.4, streams["caller"]
    assert live["remote"].startswith("10.77.0.2:") and live["call"] == call, live
    assert "round_trip_ms" in shown and unknown.returncode, (shown, unknown)
    assert set(both) == {"caller", "agent"} and both["caller"]["local"] == live["local"], both
    assert drops["rtcp_received"] >= 4 and drops["rtcp_sent"] >= 4, drops
    # Our reports, as others read them.
    assert len(caller_reports) >= 3 and len(agent_reports) >= 2, (caller_reports, agent_reports)
    assert not [p for p in packets if values(p, "_ws.malformed")], packets
    assert all(len(values(p, "rtcp.sdes.text")) == 1 for p in packets), packets
    last = packets[-1]
    assert int(values(last, "rtcp.ssrc.identifier")[0], 0) == agent_sent["ssrc"], last
    assert int(values(last, "rtcp.ssrc.cum_nr")[0]) >= 5, last
    for report in caller_reports + agent_reports:  # NTP time is the wall clock's
        packet = bytes.fromhex(report["packet"])
        if packet[1] == 200:
            seconds = int.from_bytes(packet[8:12], "big") - 2208988800
            assert abs(seconds - report["utc"]) < 3, report
