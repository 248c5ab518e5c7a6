#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Interfaces for the VLANs of a device, on kernels without them: one tap for each tag.

usage: vlan.py DEVICE ID:NAME[:ADDRESS/LENGTH] ...      (root, in the namespace of the device)

Makes the taps, says "ready", and carries frames between them and the device until it is ended.
"""
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454ca, 0x0002, 0x1000
SOL_PACKET, PACKET_AUXDATA, VLAN_VALID = 263, 8, 1 << 4
PACKET_OUTGOING = 4


def open_tap(name):
    fd = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TAP | IFF_NO_PI))
    return fd


def set_up(name, addresses):
    for command in [["link", "set", name, "up"]] + [["addr", "add", a, "dev", name]
                                                    + (["nodad"] if ":" in a else [])
                                                    for a in addresses]:
        subprocess.run(["ip", *command], check=True)
    subprocess.run(["ethtool", "-K", name, "tx", "off"], stdout=subprocess.DEVNULL)


def tag_of(frame, ancillary):
    """The VLAN, 0 for none, and the frame without its tag."""
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, tci = struct.unpack_from("=I", data)[0], struct.unpack_from("=H", data, 16)[0]
            if status & VLAN_VALID:
                return tci & 0xfff, frame
    if frame[12:14] == b"\x81\x00":
        return struct.unpack_from("!H", frame, 14)[0] & 0xfff, frame[:12] + frame[16:]
    return 0, frame


def main():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
    wire.bind((sys.argv[1], 3))
    taps = {}
    for text in sys.argv[2:]:
        vlan, name, *address = text.split(":", 2)
        taps[int(vlan)] = open_tap(name)
        set_up(name, address)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("ready", flush=True)
    while True:
        for ready in select.select([wire, *taps.values()], [], [])[0]:
            try:
                if ready is wire:
                    frame, ancillary, _, sender = wire.recvmsg(65536, 256)
                    vlan, frame = tag_of(frame, ancillary)
                    if sender[2] != PACKET_OUTGOING and vlan in taps:
                        os.write(taps[vlan], frame)
                    continue
                frame = os.read(ready, 65536)
                vlan = next(v for v, fd in taps.items() if fd == ready)
                wire.send(frame[:12] + struct.pack("!HH", 0x8100, vlan) + frame[12:])
            except OSError:
                pass  # the device is down: frames are lost, as on a wire


if __name__ == "__main__":
    main()
