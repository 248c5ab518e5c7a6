# SPDX-License-Identifier: BSD-3-Clause
"""linphonec, as it comes, as an agent's phone: it speaks SHA-256."""
import os
import shutil
import subprocess

from .engine import AGENTS
from .phone import VOICE_HZ

CONFIG = """[sip]
bind_address={ip}
sip_port={port}
sip_tcp_port={port}
sip_tls_port=0
guess_hostname=0
contact="{agent}" <sip:{agent}@{ip}>
register_only_when_network_is_up=0
ping_with_options=0
media_encryption=none
default_proxy=0
verify_server_certs=0
verify_server_cn=0
[rtp]
bind_address={ip}
audio_rtp_port=33000
[net]
mtu=1300
[sound]
echocancellation=0
[auth_info_0]
username={agent}
passwd=secret-{agent}
realm=jackfield
algorithm={algorithm}
[proxy_0]
reg_proxy=<sip:10.77.0.1;transport={transport}>
reg_identity=sip:{agent}@10.77.0.1
reg_expires=60
reg_sendregister=1
publish=0
"""


def when_there(test):
    """A test that is skipped where linphonec is not installed."""
    def run():
        if shutil.which("linphonec"):
            test()
        else:
            print("# skipped: linphone-cli is not installed (tools/deps --test)")
    run.__doc__ = test.__doc__
    return run


class Phone:
    """Registers, answers by itself, and plays a tone."""

    def __init__(self, lab, agent, transport="udp", algorithm="MD5", port=5060,
                 voice_hz=VOICE_HZ):
        self.home = lab.path("linphone-" + agent)
        os.makedirs(os.path.join(self.home, ".local/share/linphone"))
        # It registers only where it sees a way to everywhere.
        subprocess.run(["ip", "-n", lab.net.phones, "route", "replace", "default", "dev",
                        "phones", "src", AGENTS[agent]], check=True)
        config = os.path.join(self.home, "linphonerc")
        with open(config, "w") as f:
            f.write(CONFIG.format(ip=AGENTS[agent], agent=agent, transport=transport, port=port,
                                  algorithm=algorithm))
        voice = os.path.join(self.home, "voice.wav")
        subprocess.run(["sox", "-n", "-r", "8000", "-c", "1", "-b", "16", voice, "synth", "60",
                        "sine", str(voice_hz), "vol", "0.3"], check=True)
        self.out_path = os.path.join(self.home, "out")
        with open(self.out_path, "w") as out:
            self.process = lab.owns(subprocess.Popen(
                lab.net.command(lab.net.phones, "linphonec", "-a", "-d", "4", "-l",
                                os.path.join(self.home, "log"), "-c", config),
                stdin=subprocess.PIPE, stdout=out, stderr=subprocess.STDOUT, text=True,
                env=dict(os.environ, HOME=self.home)))
        self.tell("soundcard use files")
        self.tell("play " + voice)

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def out(self):
        with open(self.out_path, errors="replace") as f:
            return f.read()

    def log(self):
        """All that it did, SIP included."""
        with open(os.path.join(self.home, "log"), errors="replace") as f:
            return f.read()

    def record(self, name):
        """From now on what it hears goes to that file, whose path is given."""
        path = os.path.join(self.home, name + ".wav")
        self.tell("record " + path)
        return path
