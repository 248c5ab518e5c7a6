# SPDX-License-Identifier: BSD-3-Clause
"""The messages of tests/torture/rfc4475.txt, and what the engine says to each of them."""
import json
import os
import re
import subprocess
import sys

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "torture", "rfc4475.txt")

# Sends each on its own and prints the last status code that came, "-" for none; then OPTIONS.
PEER = r"""
import json, select, socket, sys, time
job = json.load(sys.stdin)

def codes(text):
    return [l[8:11] for l in text.split("\r\n") if l.startswith("SIP/2.0 ") and l[8] != "1"]

def hear(socks):
    text, end = "", time.monotonic() + job["wait_s"]
    while not codes(text):
        ready = select.select(socks, [], [], max(0, end - time.monotonic()))[0]
        data = ready and ready[0].recv(65536)
        if not data:
            break
        text += data.decode("latin-1")
    return (codes(text) or ["-"])[0]

def tcp(message):
    with socket.create_connection(tuple(job["to"]), source_address=(job["ip"], 0)) as sock:
        sock.sendall(message)
        return hear([sock])

def udp(message):
    udp.socks[0].sendto(message, tuple(job["to"]))
    return hear(udp.socks)

udp.socks = []
for port in (5060, 5050, 5070):  # where their Vias want the answers
    udp.socks.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    udp.socks[-1].bind((job["ip"], port))
said = {}
for name, message, options in job["messages"]:
    send = {"udp": udp, "tcp": tcp}[job["transport"]]
    said[name] = [send(bytes.fromhex(message)), send(options.encode())]
print(json.dumps(said))
"""


def _plain(line):
    out = b""
    for piece in re.finditer(r"\\x(..)|\\\{(\d+):([^}]*)\}|\\(\\)|([^\\]+)", line):
        byte, times, text, backslash, plain = piece.groups()
        if byte:
            out += bytes([int(byte, 16)])
        else:
            out += (text * int(times) if times else backslash or plain).encode()
    return out


def messages():
    """name, what a stranger is told ("-": nothing), bytes."""
    found = []
    with open(PATH, encoding="utf-8") as f:
        for line in f:
            line = line.rstrip("\n")
            if line.startswith("== "):
                name, _, _, stranger, _, _ = (part.strip() for part in line[3:].split("|"))
                found.append([name, stranger, b""])
            elif found:
                found[-1][2] += _plain(line) + b"\r\n"
    return found


def options(name, transport, ip):
    return ("OPTIONS sip:10.77.0.1 SIP/2.0\r\nVia: SIP/2.0/{0} {1}:5060;branch=z9hG4bKafter{2}{0}"
            "\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:h>\r\nCall-ID: after-{2}-{0}\r\n"
            "CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").format(
                transport.upper(), ip, name)


def told(lab, transport, ip, named):
    """Sends each of [name, bytes] from ip; gives by name the last status code that came back, "-"
    for none. Each is followed by an OPTIONS, which must be answered."""
    job = {"ip": ip, "to": ["10.77.0.1", 5060], "transport": transport, "wait_s": 0.7,
           "messages": [[name, message.hex(), options(name, transport, ip)]
                        for name, message in named]}
    done = subprocess.run(lab.net.command(lab.net.phones, sys.executable, "-c", PEER),
                          input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    said = json.loads(done.stdout)
    for name, (_, after) in said.items():
        assert after == "200", "OPTIONS after %s: %s" % (name, after)
    return {name: code for name, (code, _) in said.items()}
