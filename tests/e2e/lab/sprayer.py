#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""An outsider who sprays RTP at ports that it has found. Run in the phones' namespace, job as JSON
on stdin: {"from": [[ip, port], ...], "to": [[ip, port], ...], "packets": each from each to each,
"payload": hex, "seconds": how long, "guess": [[ssrc, sequence, timestamp], ...]}.

Well-formed packets of payload type 0 with one payload that nobody else sends. Half of them continue
a stream that is guessed right: the SSRC and the numbers that the true party is using. Gives
{"sent": n, "heard": n} as JSON, heard being what came back to any of its sockets.
"""
import json
import select
import socket
import struct
import sys
import time


def main():
    job = json.load(sys.stdin)
    payload = bytes.fromhex(job["payload"])
    sockets = []
    for address in job["from"]:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(tuple(address))
        sock.setblocking(False)
        sockets.append(sock)
    guesses = job.get("guess", [])
    start, sent, heard = time.monotonic(), 0, 0
    for i in range(job["packets"]):
        ssrc, sequence, timestamp = guesses[i // 2 % len(guesses)] if guesses and i & 1 else (
            0x5EED, 0, 0)
        data = struct.pack("!BBHII", 0x80, 0, sequence + i & 0xFFFF,
                           timestamp + 160 * i & 0xFFFFFFFF, ssrc) + payload
        for sock in sockets:
            for to in job["to"]:
                sock.sendto(data, tuple(to))
                sent += 1
        due = start + job["seconds"] * (i + 1) / job["packets"]
        while True:
            ready = select.select(sockets, [], [], max(0, due - time.monotonic()))[0]
            for sock in ready:
                sock.recv(2048)
                heard += 1
            if time.monotonic() >= due:
                break
    json.dump({"sent": sent, "heard": heard}, sys.stdout)


if __name__ == "__main__":
    main()
