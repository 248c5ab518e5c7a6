#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Sends datagrams, and collects the answers and when each was sent; run inside a namespace, job as
JSON on stdin."""
import json
import select
import socket
import sys
import time


def main():
    job = json.load(sys.stdin)
    family = socket.AF_INET6 if ":" in job["bind"][0] else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind(tuple(job["bind"]))
    answers, sent = [], []
    for message in job["messages"]:
        sent.append(time.monotonic())
        sock.sendto(bytes.fromhex(message), tuple(job["to"]))
        heard, end = [], time.monotonic() + job["wait_s"]
        while select.select([sock], [], [], max(0, end - time.monotonic()))[0]:
            data = sock.recv(65536).decode("utf-8", "replace")
            heard.append(data)
            if not data.startswith("SIP/2.0 1"):
                break
        answers.append(heard)
    json.dump({"answers": answers, "sent": sent}, sys.stdout)


if __name__ == "__main__":
    main()
