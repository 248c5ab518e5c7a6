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

REGISTER = """
  <send retrans="500"><![CDATA[
    REGISTER sip:[remote_ip] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:1001@[remote_ip]>;tag=[call_number]
    To: <sip:1001@[remote_ip]>
    Call-ID: [call_id]
    CSeq: %d REGISTER
    Contact: <sip:1001@[local_ip]:[local_port]>
    %sMax-Forwards: 70
    Expires: 300
    Content-Length: 0

  ]]></send>
"""


def register(password, response):
    """The scenario of a phone that registers with that password and gets that response."""
    proof = "[authentication username=1001 password=%s]\n    " % password
    return ('<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="register">' +
            REGISTER % (1, "") + '  <recv response="401" auth="true"></recv>' +
            REGISTER % (2, proof) + '  <recv response="%s"></recv>\n</scenario>\n' % response)


SDP = """v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio 6000 RTP/AVP 0
"""

# In the dialog, by the caller: HEADERS and BODY are put in.
REQUEST = """
  <send retrans="500"><![CDATA[
    METHOD sip:127.0.0.1:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:caller@[local_ip]>;tag=[call_number]
    To: <sip:early@[remote_ip]>[peer_tag_param]
    Call-ID: [call_id]
    CSeq: NUMBER METHOD
    Contact: <sip:caller@[local_ip]:[local_port]>
    Max-Forwards: 70
    HEADERS
    Content-Length: [len]

    BODY
  ]]></send>
"""


def request(method, number, headers="X-Test: 1", body=""):
    if body:
        headers += "\n    Content-Type: application/sdp"
    text = REQUEST.replace("METHOD", method).replace("NUMBER", str(number))
    return text.replace("HEADERS", headers).replace("BODY", body)


# The caller: reliable early media, UPDATE, REFER with its NOTIFYs, and its BYE.
CALLER = ("""<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="caller">
  <send retrans="500"><![CDATA[
    INVITE sip:early@[remote_ip]:[remote_port] SIP/2.0
    Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
    From: <sip:caller@[local_ip]>;tag=[call_number]
    To: <sip:early@[remote_ip]>
    Call-ID: [call_id]
    CSeq: 1 INVITE
    Contact: <sip:caller@[local_ip]:[local_port]>
    Allow: INVITE, ACK, BYE, UPDATE, PRACK, NOTIFY
    Supported: 100rel, timer
    Session-Expires: 90;refresher=uac
    Max-Forwards: 70
    Content-Type: application/sdp
    Content-Length: [len]

    """ + SDP + """
  ]]></send>
  <recv response="100" optional="true"></recv>
  <recv response="180" optional="true"></recv>
  <recv response="183"><action>
    <ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" check_it="true" assign_to="rseq"/>
  </action></recv>
""" + request("PRACK", 2, "RAck: [$rseq] 1 INVITE") + """
  <recv response="200"></recv>
  <recv response="200"><action>
    <ereg regexp="90;refresher=uac" search_in="hdr" header="Session-Expires:" check_it="true"
          assign_to="interval"/>
  </action></recv>
  <Reference variables="interval"/>
""" + request("ACK", 1).replace(' retrans="500"', "") + request("UPDATE", 3, body=SDP) + """
  <recv response="200"></recv>
""" + request("REFER", 4, "Refer-To: sip:1002@127.0.0.1") + """
  <recv response="202"></recv>
  <recv request="NOTIFY"></recv>
""" + "NOTIFIED" + """
  <recv request="NOTIFY"><action>
    <ereg regexp="SIP/2.0 200" search_in="body" check_it="true" assign_to="frag"/>
  </action></recv>
  <Reference variables="frag"/>
""" + "NOTIFIED" + request("BYE", 5) + """
  <recv response="200"></recv>
</scenario>
""").replace("NOTIFIED", """
  <send><![CDATA[
    SIP/2.0 200 OK
    [last_Via:]
    [last_From:]
    [last_To:]
    [last_Call-ID:]
    [last_CSeq:]
    Content-Length: 0

  ]]></send>
""")


def reply(code, headers="X-Test: 1", body="", retrans=""):
    if body:
        headers += "\n    Content-Type: application/sdp"
    return """
  <send%s><![CDATA[
    SIP/2.0 %s Reply
    [last_Via:]
    [last_From:]
    [last_To:];tag=phone[call_number]
    [last_Call-ID:]
    [last_CSeq:]
    Contact: <sip:1001@[local_ip]:[local_port]>
    Allow: INVITE, ACK, BYE, UPDATE, PRACK
    %s
    Content-Length: [len]

    %s
  ]]></send>
""" % (retrans, code, headers, body)


# The phone: reliable early media, PRACK, an answer without SDP whose session we must refresh.
PHONE = """<?xml version="1.0" encoding="ISO-8859-1" ?>
<scenario name="phone">
  <recv request="INVITE"><action>
    <ereg regexp=".*" search_in="hdr" header="Via:" assign_to="via"/>
    <ereg regexp="100rel" search_in="hdr" header="Supported:" check_it="true" assign_to="rel"/>
  </action></recv>
  <Reference variables="rel"/>
""" + reply(183, "Require: 100rel\n    RSeq: 100", SDP) + """
  <recv request="PRACK"><action>
    <ereg regexp="100 1 INVITE" search_in="hdr" header="RAck:" check_it="true" assign_to="rack"/>
  </action></recv>
  <Reference variables="rack"/>
""" + reply(200).replace(";tag=phone[call_number]", "") + reply(
    200, "Session-Expires: 4;refresher=uac", retrans=' retrans="500"').replace(
        "[last_Via:]", "Via:[$via]").replace("[last_CSeq:]", "CSeq: 1 INVITE").replace(
            ";tag=phone[call_number]", "") + """
  <recv request="ACK"></recv>
  <recv request="UPDATE"></recv>
""" + reply(200, "Require: timer\n    Session-Expires: 4;refresher=uac").replace(
    ";tag=phone[call_number]", "") + """
  <recv request="BYE"></recv>
""" + reply(200).replace(";tag=phone[call_number]", "") + """
</scenario>
"""


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))
        return udp.getsockname()[1]


class Peers:
    def __init__(self, program, folder, *arguments):
        self.program, self.folder = program, folder
        self.port = free_port()
        self.log_path = os.path.join(folder, "server-%d.log" % self.port)
        self.server = subprocess.Popen([program, "127.0.0.1", str(self.port), *arguments],
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
            xml.write(register(password, response))
        return path

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as xml:
            xml.write(text)
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


def caller_takes_early_media_updates_and_refers(peers):
    peers.sipp("-sf", peers.write("caller.xml", CALLER), "-m", "10", "-r", "10")


def phone_sends_early_media_and_is_refreshed(peers):
    port = free_port()
    done = subprocess.run(peers.sipp_command(port, "-sf", peers.scenario("pw-1001", "200"), "-m",
                                             "1"), cwd=peers.folder, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, timeout=30)
    assert done.returncode == 0, "the phone could not register"
    phone = subprocess.Popen(peers.sipp_command(port, "-sf", peers.write("phone.xml", PHONE),
                                                "-m", "2", "-trace_err"), cwd=peers.folder,
                             stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        time.sleep(0.5)
        peers.sipp("-sn", "uac", "-s", "1001", "-m", "2", "-r", "2", "-d", "3000")
        assert phone.wait(20) == 0, "the phone saw something that it did not expect:\n" + "".join(
            open(os.path.join(peers.folder, name), errors="replace").read()
            for name in os.listdir(peers.folder) if name.endswith("_errors.log"))
    finally:
        if phone.poll() is None:
            phone.kill()
            phone.wait()


def options_are_answered(peers):
    subprocess.run(["sipsak", "-s", "sip:x@127.0.0.1:%d" % peers.port], check=True, timeout=20,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def what_came_while_it_started_is_served(peers):
    """Calls that stood in the socket for longer than a call may wait in line."""
    late = Peers(peers.program, peers.folder, "600")
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.bind(("127.0.0.1", 0))
            caller.settimeout(5)
            for number in range(20):
                caller.sendto(("INVITE sip:busy@127.0.0.1 SIP/2.0\r\n"
                               "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bKlate%d\r\n"
                               "From: <sip:a@h>;tag=1\r\nTo: <sip:busy@h>\r\n"
                               "Contact: <sip:a@127.0.0.1:%d>\r\nCall-ID: late-%d\r\n"
                               "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
                               % (caller.getsockname()[1], number, caller.getsockname()[1],
                                  number)).encode(), ("127.0.0.1", late.port))
            told = set()
            while len(told) < 20:
                text = caller.recv(65536).decode()
                assert text[8:11] in ("100", "486"), text
                if text[8:11] == "486":
                    told.add(text.split("late-")[1].split("\r")[0])
    finally:
        late.server.kill()
        late.server.wait()


def server_stops_with_nothing_left(peers):
    assert peers.stop() == 0, peers.log()[-2000:]
    assert " legs 0," in peers.log(), peers.log()[-500:]


TESTS = [uac_over_udp, uac_over_tcp, wrong_password_is_forbidden, phone_registers_and_is_called,
         caller_takes_early_media_updates_and_refers, phone_sends_early_media_and_is_refreshed,
         options_are_answered, what_came_while_it_started_is_served,
         server_stops_with_nothing_left]


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
