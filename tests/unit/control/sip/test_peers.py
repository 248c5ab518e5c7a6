#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Real peers in front of the SIP stack, on 127.0.0.1: SIPp as caller over UDP and TCP, as a phone
that registers and is called, and sipsak.

usage: test_peers.py SIP_SERVER          (prints TAP)
"""
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

REGISTER = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="register">
  <send retrans="500"><![CDATA[
    REGISTER sip:[remote_ip] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:1001@[remote_ip]>;tag=[call_number]
    To: <sip:1001@[remote_ip]>
    Call-ID: [call_id]
    CSeq: 1 REGISTER
    Contact: <sip:1001@[local_ip]:[local_port]>
    Max-Forwards: 70
    Expires: 300
    Content-Length: 0

  ]]></send>
  <recv response="401" auth="true"></recv>
  <send retrans="500"><![CDATA[
    REGISTER sip:[remote_ip] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:1001@[remote_ip]>;tag=[call_number]
    To: <sip:1001@[remote_ip]>
    Call-ID: [call_id]
    CSeq: 2 REGISTER
    Contact: <sip:1001@[local_ip]:[local_port]>
    [authentication username=1001 password=PASSWORD]
    Max-Forwards: 70
    Expires: 300
    Content-Length: 0

  ]]></send>
  <recv response="RESPONSE"></recv>
</scenario>
"""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


class Peers:
    def __init__(self, program, folder):
        self.folder = folder
        self.port = free_port()
        self.log_path = os.path.join(folder, "server.log")
        self.server = subprocess.Popen([program, "127.0.0.1", str(self.port)],
                                       stdout=open(self.log_path, "w"), stderr=subprocess.STDOUT)
        self.wait_for("ready")

    def log(self):
        with open(self.log_path, errors="replace") as log:
            return log.read()

    def wait_for(self, text):
        until = time.monotonic() + 10
        while text not in self.log():
            if time.monotonic() > until:
                raise AssertionError("the server never said %r:\n%s" % (text, self.log()[-2000:]))
            time.sleep(0.05)

    def sipp_command(self, port, *arguments):
        return ["sipp", "127.0.0.1:%d" % self.port, "-i", "127.0.0.1", "-p", str(port),
                "-nostdin", *arguments]

    def sipp(self, *arguments):
        done = subprocess.run(self.sipp_command(free_port(), *arguments), cwd=self.folder,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        if done.returncode:
            raise AssertionError("sipp %s: %d\n%s" % (" ".join(arguments), done.returncode,
                                                      done.stdout[-3000:].decode("latin-1")))

    def scenario(self, password, response):
        path = os.path.join(self.folder, "register-%s.xml" % response)
        with open(path, "w") as xml:
            xml.write(REGISTER.replace("PASSWORD", password).replace("RESPONSE", response))
        return path

    def stop(self):
        self.server.send_signal(signal.SIGTERM)
        return self.server.wait(10)


def uac_over_udp(peers):
    peers.sipp("-sn", "uac", "-m", "50", "-r", "50", "-d", "100")


def uac_over_tcp(peers):
    peers.sipp("-sn", "uac", "-t", "t1", "-m", "20", "-r", "20", "-d", "100")


def wrong_password_is_forbidden(peers):
    peers.sipp("-sf", peers.scenario("guess", "403"), "-m", "1")


def phone_registers_and_is_called(peers):
    port = free_port()
    done = subprocess.run(peers.sipp_command(port, "-sf", peers.scenario("pw-1001", "200"), "-m",
                                             "1"), cwd=peers.folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 0, "the phone could not register"
    peers.wait_for("registration 0 1001")
    phone = subprocess.Popen(peers.sipp_command(port, "-sn", "uas", "-m", "5"), cwd=peers.folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        peers.sipp("-sn", "uac", "-s", "1001", "-m", "5", "-r", "5", "-d", "200")
        assert phone.wait(20) == 0, "the phone saw something that it did not expect"
    finally:
        if phone.poll() is None:
            phone.kill()
            phone.wait()


def options_are_answered(peers):
    subprocess.run(["sipsak", "-s", "sip:x@127.0.0.1:%d" % peers.port], check=True, timeout=20,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def server_stops_with_nothing_left(peers):
    assert peers.stop() == 0, peers.log()[-2000:]
    assert " legs 0," in peers.log(), peers.log()[-500:]


TESTS = [uac_over_udp, uac_over_tcp, wrong_password_is_forbidden, phone_registers_and_is_called,
         options_are_answered, server_stops_with_nothing_left]


def main():
    failed = 0
    print("1..%d" % len(TESTS))
    with tempfile.TemporaryDirectory(prefix="jf-sip-peers-") as folder:
        peers = Peers(sys.argv[1], folder)
        try:
            for number, test in enumerate(TESTS, 1):
                try:
                    test(peers)
                    print("ok %d - %s" % (number, test.__name__), flush=True)
                except Exception as error:
                    failed += 1
                    print("not ok %d - %s" % (number, test.__name__))
                    print("# " + str(error).replace("\n", "\n# "), flush=True)
        finally:
            if peers.server.poll() is None:
                peers.server.kill()
                peers.server.wait()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
