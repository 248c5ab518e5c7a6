# SPDX-License-Identifier: BSD-3-Clause
"""A name server on 127.0.0.1 that answers from a table, and lies when it is told to."""
import socket
import struct
import threading

A, CNAME, AAAA, SRV = 1, 5, 28, 33


def encode(name):
    return b"".join(bytes([len(p)]) + p.encode() for p in name.rstrip(".").split(".") if p) + b"\0"


def record(name, kind, data, ttl=300):
    return encode(name) + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def a(name, ip, ttl=300):
    return record(name, A, socket.inet_aton(ip), ttl)


def aaaa(name, ip, ttl=300):
    return record(name, AAAA, socket.inet_pton(socket.AF_INET6, ip), ttl)


def cname(name, target):
    return record(name, CNAME, encode(target))


def srv(name, priority, weight, port, target, ttl=300):
    return record(name, SRV, struct.pack(">HHH", priority, weight, port) + encode(target), ttl)


class DnsServer:
    """zone: {(name, type): [records]}. A name that isn't there does not exist. lie: called with
    (query, answer), gives the datagrams that are sent instead."""

    def __init__(self, zone, lie=None):
        self.zone, self.lie, self.asked = zone, lie, []
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.port = self.udp.getsockname()[1]
        self.tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(8)
        for serve in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=serve, daemon=True).start()

    def answer(self, query, limit):
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind = struct.unpack(">H", query[at + 1:at + 3])[0]
        name = ".".join(name).lower()
        self.asked.append((name, kind))
        records = self.zone.get((name, kind), [])
        known = any(key[0] == name for key in self.zone)
        body = query[12:at + 5] + b"".join(records)
        cut = len(body) + 12 > limit
        flags = 0x8180 | (0x0200 if cut else 0) | (0 if known else 3)
        if cut:
            body, records = query[12:at + 5], []
        return query[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + body

    def _serve_udp(self):
        while True:
            try:
                query, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            answer = self.answer(query, 1232)
            for datagram in self.lie(query, answer) if self.lie else [answer]:
                self.udp.sendto(datagram, peer)

    def _serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            with peer:
                peer.settimeout(3)
                try:
                    size = struct.unpack(">H", peer.recv(2, socket.MSG_WAITALL))[0]
                    answer = self.answer(peer.recv(size, socket.MSG_WAITALL), 65535)
                    peer.sendall(struct.pack(">H", len(answer)) + answer)
                    peer.recv(1)
                except (OSError, struct.error):
                    pass

    def close(self):
        self.udp.close()
        self.tcp.close()
