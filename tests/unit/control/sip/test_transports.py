#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The transports of SIP on localhost: names, connections that behave badly, TLS, IPv6, requests too
large for UDP.

usage: test_transports.py TRANSPORT_SERVER          (prints TAP)
"""
import os
import queue
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from dns_server import A, AAAA, CNAME, SRV, DnsServer, a, aaaa, cname, srv  # noqa: E402

OPTIONS = ("OPTIONS sip:x@test SIP/2.0\r\nVia: SIP/2.0/%s 127.0.0.1:9;branch=z9hG4bK%d;rport\r\n"
           "From: <sip:a@test>;tag=1\r\nTo: <sip:x@test>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\n"
           "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n")
sequence = 0


def options(transport="TCP"):
    global sequence
    sequence += 1
    return (OPTIONS % (transport, sequence, sequence)).encode()


def free_port():
    with socket.socket() as tcp, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        tcp.bind(("127.0.0.1", 0))
        udp.bind(tcp.getsockname())
        return tcp.getsockname()[1]


class Server:
    """The stack, with orders and what it says."""

    def __init__(self, *arguments, address="127.0.0.1"):
        self.port, self.tls_port = free_port(), free_port()
        self.process = subprocess.Popen(
            [sys.argv[1], "address=" + address, "port=%d" % self.port,
             *(x.replace("TLS_PORT", str(self.tls_port)) for x in arguments)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.said = []
        threading.Thread(target=self._read, daemon=True).start()
        self.wait("ready")

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def wait(self, beginning, timeout_s=10):
        until = time.monotonic() + timeout_s
        while True:
            try:
                line = self.lines.get(timeout=max(0, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no %r; it said %r" % (beginning, self.said[-5:])) from None
            self.said.append(line)
            if line.startswith(beginning):
                return line[len(beginning):].strip()

    def order(self, text, answer, timeout_s=10):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()
        return self.wait(answer, timeout_s)

    def resolve(self, uri):
        return self.order("resolve " + uri, "resolved").split(" ")

    def stats(self):
        return {k: int(v) for k, v in (x.split("=") for x in self.order("stats", "stats").split())}

    def wait_stats(self, timeout_s=15, **wanted):
        until = time.monotonic() + timeout_s
        while True:
            stats = self.stats()
            if all(stats[k] == v for k, v in wanted.items()):
                return stats
            assert time.monotonic() < until, (wanted, stats)
            time.sleep(0.1)

    def connect(self, port=None):
        return socket.create_connection(("127.0.0.1", port or self.port), timeout=5)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        try:
            code = self.process.wait(10)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
        assert kind or code == 0, "it ended with %d: %r" % (code, self.said[-5:])


def closed_by_peer(connection, timeout_s=3):
    connection.settimeout(timeout_s)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


# ---- Names --------------------------------------------------------------------------------------

ZONE = {
    ("gw.test", A): [a("gw.test", "192.0.2.7")],
    ("gw.test", AAAA): [aaaa("gw.test", "2001:db8::7")],
    ("alias.test", A): [cname("alias.test", "gw.test"), a("gw.test", "192.0.2.7")],
    ("_sip._udp.srv.test", SRV): [srv("_sip._udp.srv.test", 20, 0, 5070, "late.test"),
                                  srv("_sip._udp.srv.test", 10, 5, 5080, "gw.test")],
    ("late.test", A): [a("late.test", "192.0.2.8")],
    ("_sip._tcp.only.test", SRV): [srv("_sip._tcp.only.test", 1, 1, 5062, "gw.test")],
    ("_sip._udp.none.test", SRV): [srv("_sip._udp.none.test", 0, 0, 5060, "")],
    ("none.test", A): [a("none.test", "192.0.2.9")],
    ("many.test", A): [a("many.test", "192.0.2.%d" % (i + 1)) for i in range(200)],
    ("brief.test", A): [a("brief.test", "192.0.2.7", ttl=0)],
    ("loop.test", A): [cname("loop.test", "pool.test"), cname("pool.test", "loop.test")],
}


def names_are_looked_up_in_the_order_of_rfc_3263():
    dns = DnsServer(ZONE)
    with Server("dns=127.0.0.1:%d" % dns.port) as server:
        assert server.resolve("sip:x@192.0.2.1") == ["udp:192.0.2.1:5060"]
        assert server.resolve("sip:x@192.0.2.1:5099;transport=tcp") == ["tcp:192.0.2.1:5099"]
        assert server.resolve("sip:gw.test:5061") == ["udp:192.0.2.7:5061"]
        assert server.resolve("sip:alias.test") == ["udp:192.0.2.7:5060"]
        assert server.resolve("sip:srv.test") == ["udp:192.0.2.7:5080", "udp:192.0.2.8:5070"]
        assert server.resolve("sip:only.test") == ["tcp:192.0.2.7:5062"]
        assert len(server.resolve("sip:many.test")) == 8
        for uri in ("sip:nobody.test", "sip:none.test", "sip:loop.test", "sip:gw.test;transport=sctp",
                    "sips:gw.test", "sip:[2001:db8::7]"):
            assert server.resolve(uri) == "No such file or directory".split(" "), uri
        assert server.resolve("tel:112") == ["no", "URI"]
    dns.close()


def answers_and_denials_are_kept():
    dns = DnsServer(ZONE)
    with Server("dns=127.0.0.1:%d" % dns.port) as server:
        for _ in range(3):
            server.resolve("sip:srv.test")
            server.resolve("sip:nobody.test")
            server.resolve("sip:brief.test")
        asked = [name for name, _ in dns.asked]
        assert asked.count("gw.test") == 1 and asked.count("nobody.test") == 1, asked
        assert asked.count("brief.test") == 1, asked
    dns.close()


def a_black_hole_costs_its_deadline_and_nothing_else():
    hole = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hole.bind(("127.0.0.1", 0))
    with Server("dns=127.0.0.1:%d" % hole.getsockname()[1]) as server:
        began = time.monotonic()
        server.process.stdin.write("resolve sip:gw.test\n")
        server.process.stdin.flush()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            for _ in range(20):
                udp.sendto(options("UDP"), ("127.0.0.1", server.port))
                assert b"200 OK" in udp.recv(4096)
        assert time.monotonic() - began < 1, "others had to wait"
        assert server.wait("resolved") in ("Connection timed out", "No route to host")
        assert 0.5 < time.monotonic() - began < 2.5
    hole.close()


def a_server_that_lies_is_not_believed():
    def lies(query, answer):
        wrong = bytes([answer[0] ^ 0xff]) + answer[1:]
        return [wrong, answer[:len(answer) // 2], b"", b"\xff" * 4000,
                answer[:2] + b"\x81\x80\x00\x01\xff\xff\x00\x00\x00\x00" + answer[12:], answer]

    dns = DnsServer({("gw.test", A): [a("gw.test", "192.0.2.7")]}, lies)
    with Server("dns=127.0.0.1:%d" % dns.port) as server:
        for _ in range(3):
            heard = server.resolve("sip:gw.test:5061")
            assert heard in (["udp:192.0.2.7:5061"], "No route to host".split(" "),
                             "Connection timed out".split(" ")), heard
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(5)
            udp.sendto(options("UDP"), ("127.0.0.1", server.port))
            assert b"200 OK" in udp.recv(4096)
    dns.close()


# ---- Connections --------------------------------------------------------------------------------

def streams_are_cut_pinged_and_closed():
    with Server() as server:
        with server.connect() as tcp:
            for piece in (b"\r\n", b"\r\n"):
                tcp.sendall(piece)
                time.sleep(0.05)
            assert tcp.recv(16) == b"\r\n"
            both = options() + options()
            for i in range(0, len(both), 50):
                tcp.sendall(both[i:i + 50])
                time.sleep(0.005)
            heard = b""
            while heard.count(b"200 OK") < 2:
                heard += tcp.recv(4096)
        with server.connect() as tcp:
            tcp.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert closed_by_peer(tcp)
        with server.connect() as tcp:
            tcp.sendall(options().replace(b"Content-Length: 0", b"Content-Length: 10485760"))
            assert closed_by_peer(tcp)
        server.wait_stats(garbage=1, too_long=1, tcp=0)


def who_listens_to_overload_control_is_told_over_streams_too():
    with Server() as server, server.connect() as tcp:
        offering = options().replace(b";branch=", b';oc;oc-algo="loss";branch=', 1)
        tcp.sendall(offering[:40])
        time.sleep(0.02)
        tcp.sendall(offering[40:] + options())
        heard = b""
        while heard.count(b"200 OK") < 2:
            heard += tcp.recv(4096)
        told, other = [part for part in heard.split(b"SIP/2.0 200 OK") if part]
        assert b';oc=0;oc-algo="loss";oc-validity=0;oc-seq=' in told, told
        assert b"oc=" not in other, other


def a_message_that_never_ends_is_not_waited_for():
    with Server() as server, server.connect() as tcp:
        began = time.monotonic()
        for byte in options()[:-2] + b"x" * 10000:
            try:
                tcp.sendall(bytes([byte]))
            except OSError:
                break
            time.sleep(0.1)
        assert time.monotonic() - began > 5
        server.wait_stats(slow=1, tcp=0)


def strangers_are_bounded_for_each_source():
    with Server("per_source=5") as server:
        held = [server.connect() for _ in range(5)]
        server.wait_stats(tcp=5, strangers=5)
        with server.connect() as sixth:
            assert closed_by_peer(sixth)
        server.wait_stats(refused=1, tcp=5)
        held.pop().close()
        server.wait_stats(tcp=4)
        with server.connect() as again:
            again.sendall(options())
            assert b"200 OK" in again.recv(4096)
        for connection in held:
            connection.close()
    with Server("per_source=1000", "max=10") as server:
        held = [server.connect() for _ in range(30)]
        server.wait_stats(accepted=30)
        stats = server.stats()
        assert stats["tcp"] <= 10 and stats["evicted"] == 30 - stats["tcp"], stats
        held[-1].sendall(options())
        assert b"200 OK" in held[-1].recv(4096), "the newest one is served"
        for connection in held:
            connection.close()
    with Server("per_source=2", "trusted=127.0.0.1") as server:
        held = [server.connect() for _ in range(10)]
        server.wait_stats(tcp=10, strangers=0, refused=0)
        for connection in held:
            connection.close()


def ipv6_is_spoken_beside_ipv4():
    with Server("address=::1") as server:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(socket.AF_INET6, kind) as six:
                six.settimeout(5)
                six.connect(("::1", server.port))
                transport = "UDP" if kind == socket.SOCK_DGRAM else "TCP"
                six.sendall(options(transport).replace(b"127.0.0.1:9", b"[2001:db8::9]:5070"))
                answer = six.recv(4096).decode()
                assert "200 OK" in answer and ";received=::1" in answer, answer
                assert ";rport=%d" % six.getsockname()[1] in answer, answer
        assert server.resolve("sip:x@[::1]") == ["udp:[::1]:5060"]
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as peer:
            peer.bind(("::1", 0))
            peer.settimeout(5)
            server.process.stdin.write("options sip:[::1]:%d 0\n" % peer.getsockname()[1])
            server.process.stdin.flush()
            request, source = peer.recvfrom(8192)
            text = request.decode()
            assert "Via: SIP/2.0/UDP [::1]:%d;" % server.port in text, text
            assert "Contact: <sip:[::1]:%d>" % server.port in text, text
            peer.sendto(reply(text), source)
            assert server.wait("answered") == "200 over UDP"


# ---- Large requests -----------------------------------------------------------------------------

def reply(text):
    head = [line for line in text.split("\r\n") if re.match("Via|From|To|Call-ID|CSeq", line)]
    return ("SIP/2.0 200 OK\r\n" + "\r\n".join(head) + "\r\nContent-Length: 0\r\n\r\n").encode()


def requests_too_large_for_udp_go_over_tcp():
    with Server() as server:
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port = free_port()
        udp.bind(("127.0.0.1", port))
        udp.settimeout(5)
        order = "options sip:127.0.0.1:%d %%d\n" % port

        def ask(size):
            server.process.stdin.write(order % size)
            server.process.stdin.flush()

        tcp = socket.create_server(("127.0.0.1", port))
        ask(200)
        request, source = udp.recvfrom(8192)
        udp.sendto(reply(request.decode()), source)
        assert server.wait("answered") == "200 over UDP"
        ask(2000)
        peer, _ = tcp.accept()
        peer.settimeout(5)
        request = b""
        while b"\r\n\r\n" not in request:
            request += peer.recv(8192)
        assert b"Via: SIP/2.0/TCP 127.0.0.1:%d;" % server.port in request, request
        peer.sendall(reply(request.decode()))
        assert server.wait("answered") == "200 over TCP"
        peer.close()
        tcp.close()
        server.wait_stats(tcp=0, moved=1, back=0)
        for times in (1, 2):  # refused: over UDP after all, and remembered
            ask(2000)
            request, source = udp.recvfrom(8192)
            assert b"Via: SIP/2.0/UDP" in request and len(request) > 2000
            udp.sendto(reply(request.decode()), source)
            assert server.wait("answered") == "200 over UDP"
            server.wait_stats(moved=2, back=1)
        udp.close()


# ---- TLS ----------------------------------------------------------------------------------------

def run(folder, *command):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def make_certificate(folder, name, signer=None):
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
           name + ".key", "-subj", "/CN=" + name]
    if not signer:
        run(folder, "openssl", "req", "-x509", "-days", "30", *key, "-out", name + ".pem")
        return
    run(folder, "openssl", "req", *key, "-out", name + ".csr")
    with open(os.path.join(folder, name + ".ext"), "w") as ext:
        ext.write("subjectAltName=DNS:%s\n" % name)
    run(folder, "openssl", "x509", "-req", "-in", name + ".csr", "-CA", signer + ".pem", "-CAkey",
        signer + ".key", "-CAcreateserial", "-days", "30", "-extfile", name + ".ext", "-out",
        name + ".pem")


def tls_options(server, version=None, certificate=None):
    """The subject that the server showed; raises when it did not answer."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if certificate:
        context.load_cert_chain(certificate + ".pem", certificate + ".key")
    with context.wrap_socket(server.connect(server.tls_port)) as tls:
        tls.sendall(options("TLS"))
        assert b"200 OK" in tls.recv(4096)
        der = tls.getpeercert(True)
    done = subprocess.run(["openssl", "x509", "-inform", "der", "-noout", "-subject"], input=der,
                          stdout=subprocess.PIPE, check=True)
    return done.stdout.decode().split("=")[-1].strip()


def both_versions_and_new_certificates_without_a_restart():
    with tempfile.TemporaryDirectory(prefix="jf-tls-") as folder:
        for name in ("old", "new"):
            make_certificate(folder, name)
        path = os.path.join(folder, "")
        run(folder, "cp", "old.pem", "node.pem")
        run(folder, "cp", "old.key", "node.key")
        with Server("tls_port=TLS_PORT", "certificate=%snode.pem" % path,
                    "key=%snode.key" % path) as server:
            assert tls_options(server, ssl.TLSVersion.TLSv1_2) == "old"
            assert tls_options(server, ssl.TLSVersion.TLSv1_3) == "old"
            stats = server.wait_stats(tls=0)
            assert stats["tls_1_2"] == 1 and stats["tls_1_3"] == 1, stats
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(server.connect(server.tls_port)) as kept:
                kept.sendall(options("TLS"))
                assert b"200 OK" in kept.recv(4096)
                run(folder, "cp", "new.pem", "node.pem")
                assert server.order("reload", "reload") == "Invalid argument"
                assert "node.key" in server.order("certificate", "certificate")
                assert tls_options(server) == "old", "the key is not the certificate's"
                run(folder, "cp", "new.key", "node.key")
                assert server.order("reload", "reload") == "Success"
                assert server.order("certificate", "certificate") == "new good"
                assert tls_options(server) == "new"
                kept.sendall(options("TLS"))
                assert b"200 OK" in kept.recv(4096), "a connection goes on"
            run(folder, "cp", "old.key", "node.key")
            run(folder, "cp", "old.pem", "node.pem")
            server.wait("log", 25)
            assert tls_options(server) == "old", "files that change are read by themselves"
            with server.connect(server.tls_port) as raw:
                raw.sendall(options())
                assert closed_by_peer(raw)
            server.wait_stats(tls_failed=1)


def certificates_of_peers_are_verified():
    with tempfile.TemporaryDirectory(prefix="jf-tls-") as folder:
        make_certificate(folder, "ca")
        for name in ("node.test", "phone.test"):
            make_certificate(folder, name, "ca")
        make_certificate(folder, "stranger.test")
        path = os.path.join(folder, "")
        tls = ["tls_port=TLS_PORT", "certificate=%snode.test.pem" % path,
               "key=%snode.test.key" % path, "ca=%sca.pem" % path]
        with Server(*tls, "client=require") as server:
            assert tls_options(server, certificate=path + "phone.test") == "node.test"
            for certificate in (None, path + "stranger.test"):
                try:
                    tls_options(server, certificate=certificate)
                    raise AssertionError("%s was let in" % certificate)
                except (ssl.SSLError, OSError):
                    pass
            # As a client: we show ours, and want theirs to be for the name that we looked up.
            dns = DnsServer({(name, A): [a(name, "127.0.0.1")]
                             for name in ("node.test", "other.test")})
            with Server(*tls, "dns=127.0.0.1:%d" % dns.port) as us:
                order = "options sips:x@%%s:%d 0" % server.tls_port
                assert us.order(order % "node.test", "answered") == "200 over TLS"
            with Server(*tls, "dns=127.0.0.1:%d" % dns.port) as us:
                us.order(order % "other.test", "unanswered")
                assert any("no TLS with" in line for line in us.said), us.said
            dns.close()


TESTS = [names_are_looked_up_in_the_order_of_rfc_3263, answers_and_denials_are_kept,
         a_black_hole_costs_its_deadline_and_nothing_else, a_server_that_lies_is_not_believed,
         streams_are_cut_pinged_and_closed,
         who_listens_to_overload_control_is_told_over_streams_too,
         a_message_that_never_ends_is_not_waited_for,
         strangers_are_bounded_for_each_source, ipv6_is_spoken_beside_ipv4,
         requests_too_large_for_udp_go_over_tcp,
         both_versions_and_new_certificates_without_a_restart, certificates_of_peers_are_verified]


def main():
    failed = 0
    print("1..%d" % len(TESTS))
    for number, test in enumerate(TESTS, 1):
        try:
            test()
            print("ok %d - %s" % (number, test.__name__), flush=True)
        except Exception as error:
            failed += 1
            print("not ok %d - %s" % (number, test.__name__))
            print("# %s: %s" % (type(error).__name__, str(error).replace("\n", "\n# ")), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
