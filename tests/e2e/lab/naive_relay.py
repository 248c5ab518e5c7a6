#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A relay as it should not be: each of its two ports sends to whoever sent there last. Tests of what
outsiders can do run against it too, to show that they bite. usage: naive_relay.py IP PORT PORT"""
import select
import socket
import sys


def main():
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for sock, port in zip(sockets, sys.argv[2:4]):
        sock.bind((sys.argv[1], int(port)))
    last = [None, None]
    while True:
        for sock in select.select(sockets, [], [])[0]:
            side = sockets.index(sock)
            data, last[side] = sock.recvfrom(2048)
            if last[1 - side]:
                sockets[1 - side].sendto(data, last[1 - side])


if __name__ == "__main__":
    main()
