# SPDX-License-Identifier: BSD-3-Clause
"""baresip, as it comes, as somebody's phone."""
import glob
import os
import struct
import subprocess

from .engine import AGENTS, TRUNK_IP

MODULES = "/usr/lib/baresip/modules"
VOICE_HZ = 2000


class Phone:
    """agent: registers and answers by itself, or when it is told to (manual); None: a caller at the
    trunk's address, who calls number. codec as baresip names it; srtp: its mediaenc, "" for none.
    It says a tone, voice_hz. Over TLS it takes connections if the lab's node has a certificate and
    listens is set."""

    def __init__(self, lab, agent=None, number=None, transport="udp", codec="pcmu", srtp="",
                 outbound="", manual=False, voice_hz=VOICE_HZ, listens=False):
        name = agent or "caller"
        self.home = lab.path("baresip-" + name)
        self.ip = AGENTS[agent] if agent else TRUNK_IP
        rate = 16000 if codec.startswith("g722") else 8000
        os.makedirs(self.home)
        subprocess.run(["sox", "-n", "-r", str(rate), "-c", "1", "-b", "16",
                        self.home + "/voice.wav", "synth", "60", "sine", str(voice_hz),
                        "vol", "0.3"], check=True)
        account = "<sip:%s@10.77.0.1;transport=%s>;auth_pass=secret-%s;answermode=%s;" \
                  "audio_codecs=%s;regint=%d" % (name, transport, name,
                                                 "manual" if manual else "auto", codec,
                                                 60 if agent else 0)
        if outbound: # a proxy
            account += ';outbound="%s"' % outbound
        self._write("accounts", account + (";mediaenc=" + srtp if srtp else "") + "\n")
        self._write("config", "\n".join([
            *(["sip_certificate " + self._certificate(lab)] if listens else []),
            "sip_listen %s:%d" % (self.ip, 5060 if agent else 5080), "net_interface phones",
            "module_path " + MODULES, "audio_source aufile,%s/voice.wav" % self.home,
            "audio_player aubridge,nobody", "snd_path " + self.home,
            "audio_alert aufile,%s/alert.wav" % self.home, "rtp_ports 34000-34100",
            "module g711.so", "module g722.so", "module aufile.so",
            "module aubridge.so", "module sndfile.so", "module srtp.so",
            "module account.so", "module menu.so", "module stdio.so", "module_app account.so",
            "module_app menu.so", ""]))
        command = ["baresip", "-f", self.home]
        if number:
            command += ["-e", "/dial sip:%s@10.77.0.1;transport=%s" % (number, transport)]
        self.out_path = lab.path("baresip-%s.out" % name)
        with open(self.out_path, "w") as out:
            self.process = lab.owns(subprocess.Popen(
                lab.net.command(lab.net.phones, *command), stdin=subprocess.PIPE, stdout=out,
                stderr=subprocess.STDOUT))

    def _certificate(self, lab):
        text = ""
        for part in ("node.key", "node.pem"):
            with open(lab.path(part)) as f:
                text += f.read()
        self._write("certificate.pem", text)
        return os.path.join(self.home, "certificate.pem")

    def _write(self, name, text):
        with open(os.path.join(self.home, name), "w") as f:
            f.write(text)

    def command(self, text):
        """As typed: "/accept" answers what rings, and holds what it spoke in."""
        self.process.stdin.write((text + "\n").encode())
        self.process.stdin.flush()

    def out(self):
        with open(self.out_path, errors="replace") as f:
            return f.read()

    def heard(self):
        """What it has heard so far in its call: 16-bit samples of its codec's rate."""
        path, = glob.glob(self.home + "/dump-*-dec.wav")
        with open(path, "rb") as f:
            data = f.read()[44:]
        return struct.unpack("<%dh" % (len(data) // 2), data[:len(data) // 2 * 2])

    def hang_up(self):
        """Ends its calls and itself."""
        self.process.terminate()
        self.process.wait(10)
