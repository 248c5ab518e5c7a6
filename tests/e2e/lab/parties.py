# SPDX-License-Identifier: BSD-3-Clause
"""A caller and an agent: SIPp for the signalling, an RTP party for the media."""
import subprocess

from . import audio, rtp, sip, srtp
from .engine import AGENTS, TRUNK_IP

VIDEO_BYTES = 1200  # of a packet
SPEECH = "/usr/share/asterisk/sounds/en_US_f_Allison/vm-options.wav"


def keyed(port, secure, media):
    """The settings of a party's media at that port, with its key where it has one."""
    return {**media, "srtp": srtp.key_of(str(port))} if secure else media


def video_of(lab, name, ip, port, frames, **settings):
    """A party's pictures, beside its sound. frames: numbered ones of VIDEO_BYTES; None: it has none."""
    return frames and rtp.Party(lab, name + "-video", ip, port, kind="video", audio=frames,
                                payload_type=sip.VIDEO_TYPE, frame_bytes=VIDEO_BYTES, frame_ts=1800,
                                wait_ms=500, remote_log=lab.path(name + ".messages"), **settings)


class Caller:
    """Calls a number and stays until hang_up(), the other side's BYE, or hangup_after_ms; or goes by
    steps, a list or a function of its SDP.
    sends_from: its media is at that address instead of its SDP's, as behind a NAT. secure: SRTP."""

    count = 0

    def __init__(self, lab, number, steps=None, hangup_after_ms=None, formats="0 101",
                 transport=(), media_ip=TRUNK_IP, sends_from=None, video=None, secure=False,
                 feedback=("nack pli",), video_rtcp=None, **media):
        Caller.count += 1
        name = "caller%d" % Caller.count
        self.lab = lab
        self.rtp_port = 30000 + 2 * (Caller.count % 400)
        port = 5100 + Caller.count % 400
        self.video_port = self.rtp_port + 1000 if video else None
        body = sip.sdp(media_ip, self.rtp_port, formats, video_port=self.video_port,
                       srtp_tag=1 if secure else None, feedback=feedback)
        settings = {"spoil": media.pop("spoil", 0)}
        settings.update({"rtcp": video_rtcp} if video_rtcp else {})
        self.video = video_of(lab, name, media_ip, self.video_port, video,
                              **keyed(self.video_port, secure, settings))
        self.media = rtp.Party(lab, name, sends_from or media_ip, self.rtp_port,
                               remote_log=lab.path(name + ".messages"),
                               **keyed(self.rtp_port, secure, media)) if media else None
        if callable(steps):
            steps = steps(body)
        steps = steps or self.usual_steps(body, hangup_after_ms)
        self.signalling = sip.Sipp(lab, name, TRUNK_IP, port, steps, service=number,
                                   extra=["-cp", str(8000 + Caller.count % 400), *transport])
        self.control_port = 8000 + Caller.count % 400

    @staticmethod
    def usual_steps(body, hangup_after_ms):
        steps = [sip.invite(body),
                 sip.recv_response(100, optional="true"), sip.recv_response(180, optional="true"),
                 sip.recv_response(183, optional="true"),
                 sip.recv_response(200, rrs="true"), sip.in_dialog("ACK", 1)]
        if hangup_after_ms is None:
            return steps + [sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]
        return steps + [sip.pause(hangup_after_ms), sip.in_dialog("BYE", 2), sip.recv_response(200)]

    def hang_up(self):
        """The caller's own BYE, put together from the dialog as SIPp logged it."""
        dialog = self.dialog()
        answers = sip.exchange(self.lab, TRUNK_IP, 5999, [dialog.request("BYE", 2)])
        assert sip.status(answers[0]) == [200], answers
        self.signalling.process.terminate()
        self.signalling.process.wait()

    def dialog(self):
        return Dialog(self.signalling.messages())


class Dialog:
    """The caller's side of a dialog, read from the 200 in SIPp's message log."""

    def __init__(self, log):
        start = log.rindex("SIP/2.0 200")
        self.answer = log[start:].replace("\r\n", "\n")
        self.target = sip.header(self.answer, "Contact").strip("<>").split(">")[0].lstrip("<")

    def request(self, method, cseq, body="", content_type="application/sdp"):
        import uuid
        extra = "Content-Type: %s\r\n" % content_type if body else ""
        return ("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s:5999;branch=z9hG4bK%s\r\n"
                "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %d %s\r\nMax-Forwards: 70\r\n"
                "Contact: <sip:caller@%s:5999>\r\n%sContent-Length: %d\r\n\r\n%s"
                % (method, self.target, TRUNK_IP, uuid.uuid4().hex,
                   sip.header(self.answer, "From"), sip.header(self.answer, "To"),
                   sip.header(self.answer, "Call-ID"), cseq, method, TRUNK_IP, extra,
                   len(body), body))


class Agent:
    """Registers and answers its phone (steps: how); waits for the BYE."""

    def __init__(self, lab, agent, steps=None, answer_after_ms=100, hangup_after_ms=None,
                 times=1, formats="0 101", sends_from=None, video=None, secure=False, feedback=("nack pli",),
                 video_rtcp=None, **media):
        # A phone that sends nothing and answers no OPTIONS is taken for gone: this one talks.
        media = media or {"audio": rtp.numbered_frames(9, 50), "loop": True}
        self.lab, self.ip = lab, AGENTS[agent]
        code = sip.register(lab, agent, "secret-" + agent, self.ip)
        assert code == 200, "REGISTER of %s: %d" % (agent, code)
        self.rtp_port = 32000
        name = "agent" + agent
        self.media = rtp.Party(lab, name, sends_from or self.ip, self.rtp_port,
                               remote_log=lab.path(name + ".messages"),
                               **keyed(self.rtp_port, secure, media)) if media else None
        self.video_port = self.rtp_port + 1000 if video else None
        self.video = video_of(lab, name, self.ip, self.video_port, video,
                              **keyed(self.video_port, secure,
                                      {"rtcp": video_rtcp} if video_rtcp else {}))
        # The engine offers this suite under its second tag.
        body = sip.sdp(self.ip, self.rtp_port, formats, video_port=self.video_port,
                       srtp_tag=2 if secure else None, feedback=feedback)
        steps = steps or self.usual_steps(body, answer_after_ms, hangup_after_ms)
        self.signalling = sip.Sipp(lab, name, self.ip, 5060, steps,
                                   extra=["-m", str(times)])
        lab.wait_for(lambda: lab.agent_state(agent) not in ("logged-out", "unreachable"), 10,
                     "agent %s to be there" % agent)

    @staticmethod
    def usual_steps(body, answer_after_ms, hangup_after_ms):
        steps = [sip.KEEP_DIALOG, sip.respond(180, "Ringing"), sip.pause(answer_after_ms),
                 sip.respond(200, "OK", body), sip.recv_request("ACK")]
        if hangup_after_ms is None:
            return steps + [sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]
        return steps + [sip.pause(hangup_after_ms), sip.agent_request("BYE", 1),
                        sip.recv_response(200)]


class Dialling:
    """An agent's phone that registers and calls number itself; waits for the BYE."""

    INVITE = """INVITE sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:{agent}@[remote_ip]>;tag=[pid]d[call_number]
      To: <sip:[service]@[remote_ip]>
      Call-ID: [call_id]
      CSeq: {cseq} INVITE
      Contact: <sip:{agent}@[local_ip]:[local_port];transport=[transport]>
      {authentication}Max-Forwards: 70"""
    ACK = """ACK {uri} SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:{agent}@[remote_ip]>;tag=[pid]d[call_number]
      To: <sip:[service]@[remote_ip]>[peer_tag_param]
      Call-ID: [call_id]
      CSeq: {cseq} ACK
      Max-Forwards: 70
      Content-Length: 0
"""

    def __init__(self, lab, agent, number, **media):
        self.ip = AGENTS[agent]
        assert sip.register(lab, agent, "secret-" + agent, self.ip) == 200
        name = "dials" + agent
        self.media = rtp.Party(lab, name, self.ip, 32000,
                               remote_log=lab.path(name + ".messages"), **media)
        body = sip.sdp(self.ip, 32000)
        proof = "[authentication username=%s password=secret-%s]\n      " % (agent, agent)
        steps = [self._invite(agent, 1, "", body), sip.recv_response(100, optional="true"),
                 sip.recv_response(401, auth="true"),
                 self._ack(agent, 1, "sip:[service]@[remote_ip]:[remote_port]"),
                 self._invite(agent, 2, proof, body), sip.recv_response(100, optional="true"),
                 sip.recv_response(180, optional="true"), sip.recv_response(183, optional="true"),
                 sip.recv_response(200, rrs="true"), self._ack(agent, 2, "[next_url]"),
                 sip.recv_request("BYE"), sip.respond_in_dialog(200, "OK")]
        self.signalling = sip.Sipp(lab, name, self.ip, 5060, steps, service=number,
                                   extra=["-auth_uri", "%s@10.77.0.1:5060" % number])

    def _invite(self, agent, cseq, proof, body):
        return sip.send(sip.with_body(self.INVITE.format(agent=agent, cseq=cseq,
                                                         authentication=proof), body))

    def _ack(self, agent, cseq, uri):
        return sip.send_once(self.ACK.format(agent=agent, cseq=cseq, uri=uri))


def phase_ms(ms, period=1000):
    return ms % period


def circular_distance(a, b, period=1000):
    return min((a - b) % period, (b - a) % period)


def speech_with_known_share():
    """Real speech cut to stretches without pauses, then as much silence: its share is known."""
    raw = subprocess.run(["sox", SPEECH, "-t", "s16", "-r", "8000", "-c", "1", "-",
                          "silence", "-l", "1", "0.05", "1%", "-1", "0.1", "1%"],
                         stdout=subprocess.PIPE, check=True).stdout
    import struct
    samples = list(struct.unpack("<%dh" % (len(raw) // 2), raw))
    talk = samples[:8000 * 3]
    quiet = audio.silence(3000)
    return talk + quiet, len(talk) / (len(talk) + len(quiet))
