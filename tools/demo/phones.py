# SPDX-License-Identifier: BSD-3-Clause
"""The demo's phones: baresip processes in the phones' namespace, each with real speech to say.

Agents register and answer by themselves: 1001 as phones were for twenty years, 1002 over TLS with
SRTP, 1003 over TLS with SRTP and G.722. Callers dial, press keys in the flow, talk once an agent is
there, press keys again, and hang up; every third call the agent hangs up instead.
"""
import asyncio
import json
import os
import socket
import subprocess

import engine as demo_engine

AGENTS = ["1001", "1002", "1003"]
PLAIN, SECURE = "", ";mediaenc=srtp-mand"
# Transport, codecs, SRTP, and the sample rate of what it says.
AGENT_PHONES = [("udp", "PCMU,PCMA", PLAIN, 8000), ("tls", "PCMU,PCMA", SECURE, 8000),
                ("tls", "G722", SECURE, 16000)]
CALLERS = ["+37255500001", "+37255500002", "+37255500003", "+37255500004"]
NUMBERS = ["+3726000001", "+3726000002"]
SPEECH = "/usr/share/asterisk/sounds/en_US_f_Allison/"
# What each says; espeak-ng's voices differ from the recorded one.
AGENT_SAYS = ["basic-pbx-ivr-main", "conf-adminmenu-18", "priv-callee-options"]
CALLER_SAYS = [
    ("en+m3", "Hello. I have a question about my last invoice. It is forty two euros more than the "
              "month before, and I don't see what for. My customer number ends with seven five."),
    ("en+f2", "Good morning. The new router has arrived, but there is no light on it at all. I have "
              "tried another socket already, and another cable, and nothing happened."),
    ("en+m7", "Yes, hi. I would like to move my contract to another address. We are moving on the "
              "first of next month. Can you tell me what it costs, and how long it takes?"),
    ("en+f4", "Hello, I called yesterday about a refund. Your colleague said that it would be there "
              "today. It isn't. Could you have a look, please? I can give you the number."),
]
KEYS = ["1", "42", "7#", "905"]
SIP_PORT, CONTROL_PORT = 5060, 4440

CONFIG = """sip_listen {ip}:{sip_port}
net_interface {ip}
rtp_ports 20000-39998
audio_source aufile,{speech}
audio_player aufile,/dev/null
audio_alert aufile,/dev/null
audio_buffer 20-160
call_max_calls 8
module_path /usr/lib/baresip/modules
module g711.so
module g722.so
module srtp.so
module aufile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen {ip}:{control_port}
"""


def make_speech(path, say, rate):
    """A minute of speech, mono: say once and again, with pauses between."""
    if isinstance(say, tuple):
        voice, text = say
        once = path + ".once.wav"
        demo_engine.sh("espeak-ng", "-v", voice, "-s", "150", "-w", once, text)
    else:
        once = SPEECH + say + ".wav"
    demo_engine.sh("sox", once, "-r", str(rate), "-c", "1", "-b", "16", path, "pad", "0.3", "0.7",
                   "repeat", "5", "trim", "0", "60")


class Phone:
    """One baresip: its process, and its control connection."""

    def __init__(self, folder, index, account, say, rate=8000):
        self.folder = os.path.join(folder, account.split("@")[0].strip("<").replace("sip:", ""))
        self.index = index
        os.makedirs(self.folder, exist_ok=True)
        speech = os.path.join(self.folder, "says.wav")
        make_speech(speech, say, rate)
        values = {"ip": demo_engine.PHONES_IP, "sip_port": SIP_PORT + 2 * index, "speech": speech,
                  "control_port": CONTROL_PORT + index}
        for name, text in (("config", CONFIG.format(**values)), ("accounts", account + "\n"),
                           ("contacts", "")):
            with open(os.path.join(self.folder, name), "w") as f:
                f.write(text)
        self.closed = asyncio.Event()

    def start(self, leftovers):
        with open(os.path.join(self.folder, "log"), "w") as log:
            leftovers.process(subprocess.Popen(
                ["ip", "netns", "exec", demo_engine.NAMESPACE, "baresip", "-f", self.folder],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True))

    async def connect(self):
        for _ in range(100):
            connection = demo_engine.in_phones_namespace(socket.socket)
            try:
                connection.connect((demo_engine.PHONES_IP, CONTROL_PORT + self.index))
                break
            except OSError:
                connection.close()
                await asyncio.sleep(0.1)
        else:
            raise demo_engine.Failed("the phone in %s did not start" % self.folder)
        connection.setblocking(False)
        self.reader, self.writer = await asyncio.open_connection(sock=connection)
        asyncio.create_task(self._listen())

    async def _listen(self):
        """Netstrings with JSON: only the end of a call matters here."""
        try:
            while True:
                length = int((await self.reader.readuntil(b":"))[:-1])
                message = json.loads(await self.reader.readexactly(length))
                await self.reader.readexactly(1)
                if message.get("type") == "CALL_CLOSED":
                    self.closed.set()
        except (asyncio.IncompleteReadError, ConnectionError, ValueError):
            self.closed.set()

    async def command(self, name, params=""):
        text = json.dumps({"command": name, "params": params})
        self.writer.write(("%d:%s," % (len(text), text)).encode())
        await self.writer.drain()


class Agent(Phone):
    def __init__(self, folder, index):
        name = AGENTS[index]
        transport, codecs, srtp, rate = AGENT_PHONES[index]
        super().__init__(folder, index, "<sip:%s@%s;transport=%s>;auth_user=%s;auth_pass=demo-%s;"
                         "answermode=auto;regint=60;audio_codecs=%s%s"
                         % (name, demo_engine.ENGINE_IP, transport, name, name, codecs, srtp),
                         AGENT_SAYS[index], rate)


class Caller(Phone):
    def __init__(self, folder, index):
        self.number = CALLERS[index]
        # Half of them offer PCMU first, half PCMA.
        codecs = "PCMU,PCMA" if index % 2 == 0 else "PCMA,PCMU"
        super().__init__(folder, len(AGENTS) + index, "<sip:%s@%s>;regint=0;audio_codecs=%s"
                         % (self.number, demo_engine.ENGINE_IP, codecs), CALLER_SAYS[index])
