# SPDX-License-Identifier: BSD-3-Clause
"""What a party sends and hears, to the byte (the process is rtp_peer.py)."""
import json
import os
import random
import subprocess

PEER = os.path.join(os.path.dirname(__file__), "rtp_peer.py")


def numbered_frames(seed, count, size=160):
    """Frames of so many bytes, no two alike, so that order and bytes can be proved."""
    dice = random.Random(seed)
    return b"".join(dice.randbytes(size) for _ in range(count))


class Party:
    def __init__(self, lab, name, ip, port, **settings):
        self.log = lab.path("%s.rtp" % name)
        audio = settings.get("audio")
        if isinstance(audio, (bytes, bytearray)):
            settings["audio"] = lab.path("%s.ulaw" % name)
            with open(settings["audio"], "wb") as f:
                f.write(audio)
        settings = {"bind": [ip, port], "log": self.log, "seconds": 60, **settings}
        self.process = subprocess.Popen(
            lab.net.command(lab.net.phones, "/usr/bin/python3", PEER, json.dumps(settings)))
        lab.owns(self.process)

    def reports(self):
        """The RTCP packets that came so far, if the party listens to them."""
        with open(self.log + ".rtcp") as f:
            return [json.loads(line) for line in f]

    def asked(self):
        """When it was asked by RTCP for a whole picture of what it sends, and how: PLI or FIR."""
        found = []
        for report in self.reports():
            packet = bytes.fromhex(report["packet"])
            while packet:
                length = 4 + 4 * int.from_bytes(packet[2:4], "big")
                if packet[1] == 206:
                    at = 8 if packet[0] & 31 == 1 else 12
                    found.append({"at": report["at"], "way": {1: "PLI", 4: "FIR"}[packet[0] & 31],
                                  "ssrc": int.from_bytes(packet[at:at + 4], "big")})
                packet = packet[length:]
        return found

    def finish(self):
        """Stops it; gives (packets heard, what was sent)."""
        self.process.terminate()
        self.process.wait(10)
        with open(self.log) as f:
            lines = [json.loads(line) for line in f]
        assert not any("refused" in line for line in lines), "it was sent what is not authentic"
        return lines[:-1], lines[-1]


def audio_of(heard, payload_type=0):
    return [p["payload"] for p in heard if p["type"] == payload_type]


def assert_continuous(heard):
    """One SSRC, and sequence numbers without a jump, from the first packet to the last."""
    assert heard, "nothing was heard"
    assert len({p["ssrc"] for p in heard}) == 1, "SSRC changed"
    for a, b in zip(heard, heard[1:]):
        step = (b["seq"] - a["seq"]) & 0xFFFF
        assert step == 1, "sequence jumps by %d at %d" % (step, b["seq"])


def stretch_of(needle, haystack):
    """How many frames of needle stand in haystack, in order and without a gap, from its first hit."""
    if not haystack or not needle:
        return 0
    known = {frame: i for i, frame in enumerate(needle)}
    hits = [known[f] for f in haystack if f in known]
    for a, b in zip(hits, hits[1:]):
        assert b == a + 1, "frame %d is followed by %d" % (a, b)
    return len(hits)


def packets_of(path, ports, payload_type):
    """The payloads of that type in a capture, as tshark reads it; ports that RTP is sent to."""
    as_rtp = [word for port in ports for word in ("-d", "udp.port==%d,rtp" % port)]
    done = subprocess.run(["tshark", "-r", path, *as_rtp, "-Y", "rtp.p_type == %d" % payload_type,
                           "-T", "fields", "-e", "rtp.payload"], stdout=subprocess.PIPE, text=True,
                          timeout=60, check=True)
    return [line.replace(":", "") for line in done.stdout.split()]


def assert_passed(sent, heard, payload_type):
    """A second and more of what was sent came, in order, each byte of it; one stream."""
    assert stretch_of(sent["sent"], audio_of(heard, payload_type)) >= 150
    assert_continuous(heard)
    assert {p["type"] for p in heard} == {payload_type}
