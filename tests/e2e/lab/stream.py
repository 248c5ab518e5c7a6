# SPDX-License-Identifier: BSD-3-Clause
"""A party over TCP or TLS that is told when to connect, and on which connection to say what."""
import contextlib
import ctypes
import re
import select
import socket
import ssl
import threading
import time
import uuid

from . import parties, rtp, sip
from .engine import Failed

PORTS = {"tcp": 5060, "tls": 5061}
PORT = 5070  # a party's own
RTP_PORT = 30500
CLONE_NEWNET = 0x40000000


def socket_in(namespace):
    """A socket belongs to the namespace that its thread is in when it is made."""
    made = []

    def make():
        with open("/run/netns/" + namespace) as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), namespace)
        made.append(socket.socket())
    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


class Connection:
    """Reads messages until it is closed; answers requests as the party does."""

    def __init__(self, party, sock):
        self.party, self.sock, self.closed = party, sock, False
        self.lock = threading.Lock()  # of TLS: one thread at a time
        sock.settimeout(0.05)
        threading.Thread(target=self._read, daemon=True).start()

    def send(self, text):
        self.party.note("sent", text)
        with self.lock:
            self.sock.sendall(text.encode())

    def _receive(self):
        """What is there to be read may be TLS's own, and nothing for us."""
        while True:
            if not (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending()):
                select.select([self.sock], [], [])
            with self.lock, contextlib.suppress(TimeoutError):
                return self.sock.recv(65536)

    def _read(self):
        data = b""
        try:
            while chunk := self._receive():
                data = (data + chunk).lstrip(b"\r\n")
                while b"\r\n\r\n" in data:
                    head, rest = data.split(b"\r\n\r\n", 1)
                    length = int(sip.header(head.decode(), "Content-Length"))
                    if len(rest) < length:
                        break
                    self.party.took(self, (head + b"\r\n\r\n" + rest[:length]).decode())
                    data = rest[length:].lstrip(b"\r\n")
        except OSError:
            pass
        self.closed = True


class Party:
    """At ip:port, which takes connections if listens, and which its Contact names. Answers every
    INVITE with its SDP, and every other request with 200. secure: SRTP, as somebody who is called
    agrees on it. audio: as of rtp.Party."""

    def __init__(self, lab, name, ip, transport, listens=True, secure=False, **media):
        self.lab, self.ip, self.name, self.transport = lab, ip, name, transport
        self.port = PORT
        self.heard = []  # (connection, message)
        self.lock = threading.Lock()
        self.log = lab.path(name + ".messages")
        open(self.log, "w").close()
        # The engine offers this suite under its second tag.
        body = sip.sdp(ip, RTP_PORT, srtp_tag=2 if secure else None)
        self.body = re.sub(r"\n\s*", "\r\n", body) + "\r\n"
        self.media = rtp.Party(lab, name, ip, RTP_PORT, remote_log=self.log,
                               **parties.keyed(RTP_PORT, secure, media))
        self.cseq = 1
        self.host = ip  # of its Contact
        if listens:
            self._listen()

    def _listen(self):
        listener = socket_in(self.lab.net.phones)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self.ip, self.port))
        listener.listen()

        def accept():
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if self.transport == "tls":
                context.load_cert_chain(self.lab.path("node.pem"), self.lab.path("node.key"))
            while True:
                sock = listener.accept()[0]
                if self.transport == "tls":
                    sock = context.wrap_socket(sock, server_side=True)
                Connection(self, sock)
        threading.Thread(target=accept, daemon=True).start()

    def connect(self):
        """A new connection to the engine, from any port."""
        sock = socket_in(self.lab.net.phones)
        sock.bind((self.ip, 0))
        sock.connect((sip.ENGINE_IP, PORTS[self.transport]))
        if self.transport == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            sock = context.wrap_socket(sock)
        return Connection(self, sock)

    def note(self, what, text):
        with self.lock, open(self.log, "a") as log:
            log.write("%s %.3f\n%s\n" % (what, time.monotonic(), text))

    def took(self, connection, message):
        self.note("received", message)
        method = message.split(" ", 1)[0]
        if method == "INVITE":
            connection.send(self._answer(message, 200, self.body))
            self.dialog = (message, sip.header(message, "To") + ";tag=" + self.name,
                           sip.header(message, "From"))
        elif method not in ("ACK", "SIP/2.0"):
            connection.send(self._answer(message, 200))
        self.heard.append((connection, message))

    def _answer(self, request, code, body=""):
        to = sip.header(request, "To")
        names = [("To", to if ";tag=" in to else to + ";tag=" + self.name)] + [
            (name, sip.header(request, name)) for name in ("Via", "From", "Call-ID", "CSeq")]
        return "SIP/2.0 %d OK\r\n%s" % (code, self._end(names, body))

    def _end(self, headers, body):
        headers = headers + [("Contact", self.contact())]
        headers += [("Content-Type", "application/sdp")] if body else []
        return "".join("%s: %s\r\n" % header for header in headers) + (
            "Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def contact(self):
        return "<sip:%s@%s:%d;transport=%s>" % (self.name, self.host, self.port, self.transport)

    def wait(self, beginning, seconds=10):
        """The first message that begins so and was not waited for yet: (its connection, it)."""
        def found():
            return next((i for i in self.heard if i[1].startswith(beginning)), None)
        try:
            item = self.lab.wait_for(found, seconds, "%r at %s" % (beginning, self.name))
        except Failed as failure:
            with open(self.log) as log:
                raise Failed("%s:\n%s" % (failure, log.read()[-4000:])) from None
        self.heard.remove(item)
        return item

    def request(self, connection, method, uri, headers, body=""):
        self.cseq += 1
        via = "SIP/2.0/%s %s:%d;branch=z9hG4bK%s" % (self.transport.upper(), self.ip, self.port,
                                                    uuid.uuid4().hex)
        headers = [("Via", via), ("Max-Forwards", "70"), *headers,
                   ("CSeq", "%d %s" % (self.cseq, method))]
        connection.send("%s %s SIP/2.0\r\n%s" % (method, uri, self._end(headers, body)))

    # -- as an agent's phone ----------------------------------------------------------------

    def register(self, connection, agent):
        who, call_id = "<sip:%s@10.77.0.1>" % agent, uuid.uuid4().hex
        headers = [("From", who + ";tag=r"), ("To", who), ("Call-ID", call_id), ("Expires", "300")]
        self.request(connection, "REGISTER", "sip:10.77.0.1", headers)
        challenge = sip.challenge_of(self.wait("SIP/2.0 401")[1], "MD5")
        proof = sip.authorization(challenge, agent, "secret-" + agent, "REGISTER", "sip:10.77.0.1")
        headers.append(tuple(proof.strip().split(": ", 1)))
        self.request(connection, "REGISTER", "sip:10.77.0.1", headers)
        self.wait("SIP/2.0 200")

    # -- as a caller ------------------------------------------------------------------------

    def call(self, connection, number):
        uri = "sip:%s@10.77.0.1" % number
        self.request(connection, "INVITE", uri, [
            ("From", "<sip:+3725550100@%s>;tag=%s" % (self.ip, self.name)), ("To", "<%s>" % uri),
            ("Call-ID", uuid.uuid4().hex)], self.body)
        answer = self.wait("SIP/2.0 200")[1]
        self.dialog = (answer, sip.header(answer, "From"), sip.header(answer, "To"))
        self.cseq -= 1
        self.in_dialog(connection, "ACK")

    # -- as either --------------------------------------------------------------------------

    def in_dialog(self, connection, method, *headers):
        theirs, local, remote = self.dialog
        uri = re.search(r"<(.*?)>", sip.header(theirs, "Contact")).group(1)
        self.request(connection, method, uri, [
            ("From", local), ("To", remote), ("Call-ID", sip.header(theirs, "Call-ID")), *headers])
