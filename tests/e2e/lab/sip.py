# SPDX-License-Identifier: BSD-3-Clause
"""Signalling of the tests' parties: SIPp runs the scenarios, a few raw messages go by hand."""
import hashlib
import json
import os
import re
import subprocess
import uuid

from . import srtp
from .net import ENGINE_IP, ENGINE_IP6

RAW = os.path.join(os.path.dirname(__file__), "raw_udp.py")

SDP = """v=0
      o=party 1 {version} IN {family} {media_ip}
      s=-
      c=IN {family} {media_ip}
      t=0 0
      m=audio {media_port} {profile} {formats}
      {attributes}"""


MAPPED = {"101": ["a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-16"],
          "111": ["a=rtpmap:111 opus/48000/2", "a=fmtp:111 useinbandfec=1"]}


VIDEO_TYPE = 97


def keys_of(port, tag):
    """The profile, and the line of keys, of the stream at that port; tag None: it has none."""
    if tag is None:
        return "RTP/AVP", []
    return "RTP/SAVP", ["a=crypto:%d AES_CM_128_HMAC_SHA1_80 inline:%s"
                        % (tag, srtp.key_of(str(port)))]


def sdp(media_ip, media_port, formats="0 101", direction="sendrecv", version=1, video_port=None,
        srtp_tag=None, feedback=("nack pli",)):
    """video_port: H.264 beside the audio; srtp_tag: both under SRTP, as srtp.key_of(port);
    feedback: how its encoder is asked for a whole picture."""
    profile, keys = keys_of(media_port, srtp_tag)
    attributes = keys + [line for f in formats.split() for line in MAPPED.get(f, [])] + ["a=" + direction]
    if video_port:
        video_profile, keys = keys_of(video_port, srtp_tag)
        attributes += ["m=video %d %s %d" % (video_port, video_profile, VIDEO_TYPE), *keys,
                       "a=rtpmap:%d H264/90000" % VIDEO_TYPE,
                       *["a=rtcp-fb:%d %s" % (VIDEO_TYPE, way) for way in feedback],
                       "a=fmtp:%d profile-level-id=42e01f;packetization-mode=1" % VIDEO_TYPE]
    return SDP.format(media_ip=media_ip, family="IP6" if ":" in media_ip else "IP4", media_port=media_port, formats=formats,
                      profile=profile, version=version, attributes="\n      ".join(attributes))


def engine_of(ip):
    """The engine's address of the same family."""
    return ENGINE_IP6 if ":" in ip else ENGINE_IP


def host(ip):
    return "[%s]" % ip if ":" in ip else ip


def send(text):
    return "<send retrans=\"500\"><![CDATA[\n      %s\n]]></send>" % text


def send_once(text):
    return "<send><![CDATA[\n      %s\n]]></send>" % text


def recv_response(code, **attributes):
    extra = "".join(' %s="%s"' % item for item in attributes.items())
    return '<recv response="%s"%s></recv>' % (code, extra)


def recv_request(method, **attributes):
    extra = "".join(' %s="%s"' % item for item in attributes.items())
    return '<recv request="%s"%s></recv>' % (method, extra)


def pause(ms):
    return '<pause milliseconds="%d"/>' % ms


def with_body(text, body):
    if not body:
        return text + "\n      Content-Length: 0\n"
    return (text + "\n      Content-Type: application/sdp\n      Content-Length: [len]\n\n      " +
            body)


def invite(body):
    return send(with_body("""INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: "Caller" <sip:+3725550100@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 INVITE
      Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
      Max-Forwards: 70""", body))


def in_dialog(method, cseq, body=None, cseq_method=None):
    """A caller's request after the answer; the peer's To tag is SIPp's [peer_tag_param]."""
    text = with_body("""{method} [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: "Caller" <sip:+3725550100@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: {cseq} {cseq_method}
      [routes]
      Contact: <sip:caller@[local_ip]:[local_port];transport=[transport]>
      Max-Forwards: 70""".format(method=method, cseq=cseq, cseq_method=cseq_method or method), body)
    return (send_once if method == "ACK" else send)(text)


def cancel():
    return send("""CANCEL sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      [last_Via:]
      From: "Caller" <sip:+3725550100@[local_ip]:[local_port]>;tag=[pid]c[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>
      Call-ID: [call_id]
      CSeq: 1 CANCEL
      Max-Forwards: 70
      Content-Length: 0
""")


def ack_refusal():
    """A caller's ACK of what was no 2xx."""
    return send_once("""ACK sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      CSeq: 1 ACK
      Max-Forwards: 70
      Content-Length: 0
""")


def respond(code, reason, body=None, tag="[pid]a[call_number]", contact=True):
    lines = """SIP/2.0 %d %s
      [last_Via:]
      [last_From:]
      [last_To:];tag=%s
      [last_Call-ID:]
      [last_CSeq:]
      [last_Record-Route:]""" % (code, reason, tag)
    if contact:
        lines += "\n      Contact: <sip:agent@[local_ip]:[local_port];transport=[transport]>"
    text = with_body(lines, body)
    # Only a 2xx to INVITE is retransmitted by the core; SIPp does so with retrans.
    return (send if code == 200 and body else send_once)(text)


def respond_in_dialog(code, reason, body=None):
    text = with_body("""SIP/2.0 %d %s
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:agent@[local_ip]:[local_port];transport=[transport]>""" % (code, reason), body)
    return send_once(text)


# The side that was called keeps its tag in the To of the INVITE, so its own requests turn the
# headers of the dialog round; SIPp keeps them for us.
KEEP_DIALOG = """<recv request="INVITE" crlf="true" rrs="true">
    <action>
      <ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/>
      <ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/>
      <ereg regexp="sip:[^>;]*" search_in="hdr" header="Contact:" assign_to="3"/>
    </action>
  </recv>
  <Reference variables="1,2,3"/>"""


# A phone's answer to its INVITE when a CANCEL was the last that SIPp heard: the CANCEL's headers, with
# the INVITE's method.
ANSWER_TO_INVITE = """SIP/2.0 {code}
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]a[call_number]
      [last_Call-ID:]
      CSeq: [cseq] INVITE
      Contact: <sip:agent@[local_ip]:[local_port];transport=[transport]>"""
RINGS = [KEEP_DIALOG, respond(180, "Ringing")]
TAKES_CANCEL = [
    recv_request("CANCEL"), respond(200, "OK", contact=False),
    send_once(with_body(ANSWER_TO_INVITE.format(code="487 Request Terminated"), None)),
    recv_request("ACK")]
CANCELLED = RINGS + TAKES_CANCEL


def answers(body):
    """Has answered, stays until it is hung up on."""
    return [respond(200, "OK", body), recv_request("ACK"), recv_request("BYE"),
            respond_in_dialog(200, "OK")]


def crossing(body):
    """Rings, and its answer crosses the CANCEL."""
    return RINGS + [
        recv_request("CANCEL"),
        send_once(with_body(ANSWER_TO_INVITE.format(code="200 OK"), body)),
        recv_request("ACK"), recv_request("BYE"), respond_in_dialog(200, "OK")]


def refuses(code, reason):
    return [respond(code, reason), recv_request("ACK")]


def agent_request(method, cseq, body=None, tag="[pid]a[call_number]"):
    text = with_body("""{method} [$3] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From:[$2];tag={tag}
      To:[$1]
      [last_Call-ID:]
      CSeq: {cseq} {method}
      Contact: <sip:agent@[local_ip]:[local_port];transport=[transport]>
      Max-Forwards: 70""".format(method=method, cseq=cseq, tag=tag), body)
    return (send_once if method == "ACK" else send)(text)


def scenario(name, *steps):
    return ('<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="%s">\n  %s\n</scenario>\n'
            % (name, "\n  ".join(steps)))


class Sipp:
    """One SIPp process with a scenario of ours, or with a built-in one (sn)."""

    def __init__(self, lab, name, ip, port, steps=None, sn=None, service="service", extra=()):
        self.lab, self.name = lab, name
        arguments = ["sipp", host(engine_of(ip)) + ":5060", "-i", ip, "-p", port, "-s", service,
                     "-m", "1", "-nostdin", "-timeout", "60s", "-timeout_error",
                     "-trace_err", "-error_file", lab.path(name + ".errors"),
                     "-trace_msg", "-message_file", lab.path(name + ".messages")]
        if steps:
            path = lab.path(name + ".xml")
            with open(path, "w") as f:
                f.write(scenario(name, *steps))
            arguments += ["-sf", path]
        else:
            arguments += ["-sn", sn]
        self.out = open(lab.path(name + ".out"), "w")
        self.process = subprocess.Popen(lab.net.command(lab.net.phones, *arguments, *extra),
                                        stdout=self.out, stderr=subprocess.STDOUT, cwd=lab.folder)
        lab.owns(self.process)

    def wait(self, seconds=40):
        """Waits for the end; the exit code is SIPp's (0: the scenario went as written)."""
        return self.process.wait(seconds)

    def messages(self):
        try:
            with open(self.lab.path(self.name + ".messages"), errors="replace") as f:
                return f.read()
        except FileNotFoundError:
            return ""

    def assert_success(self, seconds=40):
        code = self.wait(seconds)
        assert code == 0, "%s: SIPp exits with %d\n%s" % (self.name, code, self.messages()[-6000:])


def exchange(lab, ip, port, messages, wait_s=1.0, sent=None):
    """Sends raw datagrams from ip:port one after the other; gives the answers to each as text, and
    appends to sent (a list) when each was."""
    job = {"bind": [ip, port], "to": [engine_of(ip), 5060], "wait_s": wait_s,
           "messages": [m.hex() if isinstance(m, bytes) else m.encode().hex() for m in messages]}
    done = subprocess.run(lab.net.command(lab.net.phones, "/usr/bin/python3", RAW),
                          input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout)
    if sent is not None:
        sent += told["sent"]
    return told["answers"]


def status(answers):
    """Status codes among the answers."""
    return [int(m.group(1)) for m in (re.match(r"SIP/2.0 (\d+)", a) for a in answers) if m]


def header(message, name):
    found = re.search(r"^%s\s*:\s*(.*)$" % re.escape(name), message, re.I | re.M)
    return found.group(1).strip() if found else None


def request(method, uri, ip, port, user, extra="", call_id=None, cseq=1, body=""):
    call_id = call_id or uuid.uuid4().hex
    return ("{method} {uri} SIP/2.0\r\n"
            "Via: SIP/2.0/UDP {ip}:{port};branch=z9hG4bK{branch}\r\n"
            "From: <sip:{user}@10.77.0.1>;tag={tag}\r\n"
            "To: <sip:{user}@10.77.0.1>\r\n"
            "Call-ID: {call_id}\r\nCSeq: {cseq} {method}\r\nMax-Forwards: 70\r\n"
            "{extra}Content-Length: {length}\r\n\r\n{body}").format(
                method=method, uri=uri, ip=host(ip), port=port, user=user, branch=uuid.uuid4().hex,
                tag=uuid.uuid4().hex[:8], call_id=call_id, cseq=cseq, extra=extra,
                length=len(body), body=body)


def challenge_of(answer, algorithm):
    """The challenge with that algorithm among those of a 401; None: there is none."""
    found = [c for c in re.findall(r"^WWW-Authenticate: (.*)$", answer.replace("\r", ""), re.M)
             if "algorithm=%s," % algorithm in c]
    return found[0] if found else None


def authorization(challenge, user, password, method, uri, algorithm="MD5"):
    """RFC 7616 with qop=auth, as a phone computes it."""
    digest = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm]
    realm = re.search(r'realm="([^"]*)"', challenge).group(1)
    nonce = re.search(r'nonce="([^"]*)"', challenge).group(1)
    cnonce, nc = uuid.uuid4().hex[:16], "00000001"

    def hashed(*parts):
        return digest(":".join(parts).encode()).hexdigest()
    ha1, ha2 = hashed(user, realm, password), hashed(method, uri)
    response = hashed(ha1, nonce, nc, cnonce, "auth", ha2)
    return ('Authorization: Digest username="%s", realm="%s", nonce="%s", uri="%s", '
            'response="%s", algorithm=%s, qop=auth, nc=%s, cnonce="%s"\r\n'
            % (user, realm, nonce, uri, response, algorithm, nc, cnonce))


def register(lab, agent, password, ip, port=5060, expires=300, contact=None, algorithm="MD5",
             parameters=""):
    """REGISTER as a phone does it, with one challenge. Gives the final status code. contact: what
    it takes for its address, where a NAT is before it; parameters: of the Contact header."""
    uri, call_id = "sip:10.77.0.1", uuid.uuid4().hex
    extra = "Contact: <sip:%s@%s>%s\r\nExpires: %d\r\n" % (
        agent, contact or "%s:%d" % (host(ip), port), parameters, expires)
    first = exchange(lab, ip, port, [request("REGISTER", uri, ip, port, agent, extra, call_id)])[0]
    assert status(first) == [401], first
    challenge = challenge_of(first[0], algorithm)
    assert challenge, "%s isn't offered: %s" % (algorithm, first[0])
    extra += authorization(challenge, agent, password, "REGISTER", uri, algorithm)
    second = exchange(lab, ip, port,
                      [request("REGISTER", uri, ip, port, agent, extra, call_id, 2)])[0]
    return status(second)[-1]
