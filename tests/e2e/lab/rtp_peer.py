#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""One party's media: sends a G.711 file by RTP at 20 ms, logs every packet it hears.

Run inside the phones' namespace with one JSON argument:
  bind       [ip, port]
  audio      file of mu-law bytes to send; its end ends the sending (or it loops)
  loop       send the audio again and again
  remote     [ip, port] to send to
  remote_log SIPp's message log: the engine's SDP in it names the address to send to
  wait_ms    begin so long after the remote is known
  digits     [[event, at_ms, held_ms], ...] sent as RFC 4733 telephone-events instead of audio
  payload_type of the audio (0)
  event_type payload type of telephone-events (101)
  frame_ts   timestamp units of a frame (160)
  frame_bytes of the file in a packet (160)
  kind       which stream of the SDP this is (audio)
  ssrc, sequence, timestamp  of the first packet sent, instead of random ones
  skip       [frame, ...] numbered but not sent, as if the network had lost them
  rtcp       {"delay_ms", "lost", "jitter"}: reads RTCP on the next port, logs it to log.rtcp, and
             answers each SR 200 ms later with an RR that makes the way seem so long, and tells of
             so many packets lost and so much jitter (in units of 1/8 ms). Under SRTP with srtp.
             {"pictures_ms": [ms, ...]}: asks by PLI, so long after the first packet heard
  srtp       base 64 of its key: SRTP, under that one what it sends; under the engine's own, read from
             the SDP in remote_log, what it hears. spoil then: of each so many packets one is sent
             before itself with a byte changed, and may reach nobody
  log        file: a JSON line for each packet heard, one last line with what was sent, when it
             began, and when each key was pressed
  seconds    bound on the whole run
Ends by itself, or on SIGTERM.
"""
import json
import os
import random
import re
import select
import signal
import socket
import struct
import sys
import time

import srtp

FRAME = 160
# The engine is host 1 of each of its networks.
ENGINE_KEY = r"a=crypto:\d+ AES_CM_128_HMAC_SHA1_80 inline:(\S+)"
ENGINE_SDP = r"c=IN IP[46] (10\.\d+\.0\.1|[\da-f:]+::1)\s+(?:\w=.*\s+)*?m=%s (\d+)"


class Sender:
    def __init__(self, sock, settings):
        self.sock = sock
        self.audio = open(settings["audio"], "rb").read() if settings.get("audio") else b""
        self.loop = settings.get("loop", False)
        self.digits = settings.get("digits", [])
        self.event_type = settings.get("event_type", 101)
        self.payload_type = settings.get("payload_type", 0)
        self.frame_ts = settings.get("frame_ts", FRAME)
        self.frame_bytes = settings.get("frame_bytes", FRAME)
        self.ssrc = settings.get("ssrc", random.getrandbits(32))
        self.sequence = settings.get("sequence", random.getrandbits(16))
        self.timestamp = settings.get("timestamp", random.getrandbits(32))
        self.frame = 0
        self.sent = []
        self.pressed = []
        self.skip = set(settings.get("skip", []))
        self.spoil = settings.get("spoil", 0)
        self.srtp = srtp.Stream(settings["srtp"]) if settings.get("srtp") else None

    def done(self):
        return not self.loop and self.frame * self.frame_bytes >= len(self.audio)

    def packet(self, payload_type, marker, timestamp, payload):
        header = struct.pack("!BBHII", 0x80, marker << 7 | payload_type, self.sequence & 0xFFFF,
                             timestamp & 0xFFFFFFFF, self.ssrc)
        self.sequence += 1
        return header + payload

    def digit_now(self):
        now = self.frame * 20
        for event, at_ms, held_ms in self.digits:
            if at_ms <= now < at_ms + held_ms + 60:
                return event, at_ms, held_ms, now
        return None

    def step(self, remote):
        timestamp = self.timestamp + self.frame * self.frame_ts
        digit = self.digit_now()
        if digit:
            event, at_ms, held_ms, now = digit
            begin = timestamp - (now - at_ms) // 20 * FRAME
            if now == at_ms:
                self.pressed.append(time.monotonic())
            end = now >= at_ms + held_ms
            duration = min(now - at_ms + 20, held_ms) * 8
            payload = struct.pack("!BBH", event, end << 7 | 10, duration)
            data = self.packet(self.event_type, now == at_ms, begin, payload)
        else:
            at = self.frame * self.frame_bytes % max(1, len(self.audio))
            payload = self.audio[at:at + self.frame_bytes]
            data = self.packet(self.payload_type, self.frame == 0, timestamp, payload)
            self.sent.append(payload.hex())
        if self.srtp:
            data = self.srtp.protect(data)
        if self.spoil and self.frame % self.spoil == 0:
            self.sock.sendto(data[:20] + bytes([data[20] ^ 1]) + data[21:], tuple(remote))
        if self.frame not in self.skip:
            self.sock.sendto(data, tuple(remote))
        self.frame += 1


class Reporter:
    """The party's RTCP: one RR for each SR of the engine, some time later; requests for pictures."""
    HOLD_S = 0.2

    def __init__(self, settings, ssrc, ear):
        self.ear = ear
        self.protect = srtp.Stream(settings["srtp"]) if settings.get("srtp") else None
        self.pictures = sorted(settings["rtcp"].get("pictures_ms", []))
        self.begun = None
        self.settings = settings["rtcp"]
        self.ssrc = ssrc
        self.log = open(settings["log"] + ".rtcp", "w")
        self.sock = socket.socket(family_of(settings["bind"][0]), socket.SOCK_DGRAM)
        self.sock.bind((settings["bind"][0], settings["bind"][1] + 1))
        self.sock.setblocking(False)
        self.due = []  # (when, to, middle of the SR's NTP time, its SSRC, when it came)

    def hear(self):
        data, source = self.sock.recvfrom(2048)
        data = self.ear.opened(data, rtcp=True) or b""
        now = time.monotonic()
        self.log.write(json.dumps({"at": now, "utc": time.time(), "from": source,
                                   "packet": data.hex()}) + "\n")
        self.log.flush()
        if data[1:2] == b"\xc8" and "delay_ms" in self.settings:
            ssrc, high, low = struct.unpack("!III", data[4:16])
            middle = (high & 0xFFFF) << 16 | low >> 16
            self.due.append((now + self.HOLD_S, source, middle, ssrc, now))

    def speak(self):
        while self.due and self.due[0][0] <= time.monotonic():
            _, to, middle, ssrc, came = self.due.pop(0)
            held = time.monotonic() - came - self.settings["delay_ms"] / 1000
            block = struct.pack("!IIIIII", ssrc, self.settings["lost"] & 0xFFFFFF, 0,
                                self.settings["jitter"], middle, int(held * 65536))
            name = struct.pack("!BBHI", 0x81, 202, 3, self.ssrc) + b"\x01\x04name\0\0"
            self.send(struct.pack("!BBHI", 0x81, 201, 7, self.ssrc) + block + name, to)

    def send(self, packet, to):
        self.sock.sendto(self.protect.protect(packet, rtcp=True) if self.protect else packet, to)

    def ask(self, ssrc, source):
        """A packet of that stream was heard: is it time for a request?"""
        now = time.monotonic()
        self.begun = self.begun or now
        while self.pictures and now >= self.begun + self.pictures[0] / 1000:
            self.pictures.pop(0)
            self.send(struct.pack("!BBHI", 0x80, 201, 1, self.ssrc) +
                      struct.pack("!BBHII", 0x81, 206, 2, self.ssrc, ssrc),
                      (source[0], source[1] + 1))


def family_of(ip):
    return socket.AF_INET6 if ":" in ip else socket.AF_INET


def section_of(settings):
    """Where the engine's latest SDP wants this party's media, and what it says of it, or None."""
    try:
        with open(settings["remote_log"], errors="replace") as log:
            text = log.read()
    except (KeyError, FileNotFoundError):
        return None
    found = list(re.finditer(ENGINE_SDP % settings.get("kind", "audio"), text))
    if not found:
        return None
    said = text[found[-1].end():].split("\nm=")[0].split("\n---")[0]
    return [found[-1][1], int(found[-1][2])], said


def remote_of(settings):
    if settings.get("remote"):
        return settings["remote"]
    section = section_of(settings)
    return section and section[0]


class Ear:
    """What is heard, opened if it is SRTP; what can't be opened is logged as refused."""

    def __init__(self, settings):
        self.settings = settings
        self.keys = {}

    def opened(self, data, rtcp=False):
        if not self.settings.get("srtp"):
            return data
        section = section_of(self.settings)
        key = re.search(ENGINE_KEY, section[1])[1]
        if key not in self.keys:
            self.keys[key] = srtp.Stream(key, inbound=True)
        return self.keys[key].unprotect(data, rtcp)


def hear(sock, log, ear, reporter):
    data, source = sock.recvfrom(2048)
    data = ear.opened(data)
    if data is None:
        log.write(json.dumps({"refused": True, "at": time.monotonic()}) + "\n")
        return
    first, second, sequence, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
    log.write(json.dumps({"at": time.monotonic(), "from": source, "type": second & 0x7F,
                          "marker": second >> 7, "seq": sequence, "ts": timestamp, "ssrc": ssrc,
                          "payload": data[12:].hex()}) + "\n")
    if reporter:
        reporter.ask(ssrc, source)


def main():
    settings = json.loads(sys.argv[1])
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(1))
    sock = socket.socket(family_of(settings["bind"][0]), socket.SOCK_DGRAM)
    sock.bind(tuple(settings["bind"]))
    log = open(settings["log"] + ".part", "w")
    sender, ear = Sender(sock, settings), Ear(settings)
    reporter = Reporter(settings, sender.ssrc, ear) if "rtcp" in settings else None
    remote = None
    end = time.monotonic() + settings["seconds"]
    start = None
    while not stopped and time.monotonic() < end:
        if remote is None:
            remote = remote_of(settings)
            if remote:
                start = time.monotonic() + settings.get("wait_ms", 0) / 1000
        sending = start is not None and not sender.done()
        due = start + sender.frame * 0.02 if sending else time.monotonic() + 0.02
        sockets = [sock] + ([reporter.sock] if reporter else [])
        ready = select.select(sockets, [], [], max(0, due - time.monotonic()))[0]
        if reporter:
            reporter.speak()
        if reporter and reporter.sock in ready:
            reporter.hear()
        if sock in ready:
            hear(sock, log, ear, reporter)
        elif sending and not ready:
            sender.step(remote)
    log.write(json.dumps({"sent": sender.sent, "ssrc": sender.ssrc, "packets": sender.frame,
                          "start": start, "pressed": sender.pressed}) + "\n")
    log.close()
    os.rename(settings["log"] + ".part", settings["log"])


if __name__ == "__main__":
    main()
