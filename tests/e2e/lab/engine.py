# SPDX-License-Identifier: BSD-3-Clause
"""Both planes in the engine's namespace, with a folder of their own for all they keep."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time

from . import net as lab_net

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
BUILD = os.environ.get("JF_BUILD", os.path.join(TOP, "build"))
TRUNK_IP = "10.77.0.2"
NUMBER = "+3726000001"
OTHER_NUMBER = "+3726000002"
AGENTS = {"1001": "10.77.0.11", "1002": "10.77.0.12", "1003": "10.77.0.13"}

NODE = """# The tests' node: the embedded default in a namespace of its own.
name: test
state_dir: {folder}/state
run_dir: {folder}/run
recordings_dir: {recordings}
log_level: debug
dataplane:
  hugepages: never
  memory_mb: 256
  idle: sleep
  main_core: 0
  worker_cores: [1]
  endpoints_per_address: 64
  rtp_port_first: 20000
  recordings_max: 64
  track_frames: 1024
  ports:
    - device: "net_af_packet0,iface=jf-media"
      exception: jf0
      addresses: [10.77.0.1/16]
sip:
  address: 10.77.0.1
  udp_port: 5060
  tcp_port: 5060
  realm: jackfield
"""

DIRECTORY = """tenants:
  - name: acme
trunks:
  - {{name: carrier, tenant: acme, addresses: ["10.77.0.2/32"]}}
queues:
  - {{name: sales, tenant: acme, greeting: greeting.wav, music: music.wav, ring_timeout_s: {ring}}}
  - {{name: nobody, tenant: acme, ringback: true}}
agents:
  - {{id: "1001", tenant: acme, name: Agent 1001, password: secret-1001, queues: [sales]}}
  - {{id: "1002", tenant: acme, name: Agent 1002, password: secret-1002, queues: [sales]}}
  - {{id: "1003", tenant: acme, name: Agent 1003, password: secret-1003, queues: [sales]}}
numbers:
  - {{number: "+3726000001", tenant: acme, queue: sales}}
  - {{number: "+3726000002", tenant: acme, queue: nobody}}
"""


def with_tls(text):
    """The node file with a certificate made for the test."""
    folder = text.split("state_dir: ")[1].split("/state\n")[0]
    key, certificate = folder + "/node.key", folder + "/node.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=10.77.0.1", "-keyout", key, "-out", certificate],
                   check=True, stderr=subprocess.DEVNULL)
    return text + "  tls_certificate: %s\n  tls_key: %s\n" % (certificate, key)


class Failed(Exception):
    pass


class Lab:
    """One engine and its peers. with Lab() as lab: ...  and both planes have to live when that ends.
    edit_node and edit_directory: change the two files; before_start: called with the lab when its
    network is there."""

    def __init__(self, recordings=None, ring_timeout_s=3, edit_node=lambda text: text,
                 edit_directory=lambda text: text, net=None, before_start=lambda lab: None):
        self.folder = tempfile.mkdtemp(prefix="jft-")
        self.recordings = recordings or os.path.join(self.folder, "recordings")
        self.ring_timeout_s = ring_timeout_s
        self.edit_node = edit_node
        self.edit_directory = edit_directory
        self.before_start = before_start
        self.net = net or lab_net.Net()
        self.owned = []
        self.planes = {}
        self.failed = False

    # -- life -----------------------------------------------------------------------------

    def __enter__(self):
        self.net.__enter__()
        try:
            for sub in ("run", "state", "recordings", "directory"):
                os.makedirs(self.path(sub), exist_ok=True)
            with open(self.path("node.yaml"), "w") as f:
                f.write(self.edit_node(NODE.format(folder=self.folder,
                                                   recordings=self.recordings)))
            self._make_directory()
            self.before_start(self)
            self.start("dataplane")
            self.start("control")
            self.wait_for(self.ready, 30, "the engine to be ready")
            self.apply()
        except BaseException:
            self.failed = True
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind, *_):
        self.failed = self.failed or kind is not None
        try:
            if not self.failed:
                self.assert_alive()
        except Failed:
            self.failed = True
            raise
        finally:
            self._end_all()

    def _end_all(self):
        for process in reversed(self.owned):
            self._end(process)
        for name in ("control", "dataplane"):
            process = self.planes.get(name)
            if process and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    code = process.wait(10)
                    if code not in (0, -signal.SIGTERM) and not self.failed:
                        self.failed = True
                        raise Failed("%s stopped with %d\n%s" % (name, code, self.log(name)[-4000:]))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.net.__exit__()
        if self.failed and os.environ.get("JF_KEEP"):
            print("# kept: " + self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, process):
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def owns(self, process):
        self.owned.append(process)
        return process

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self, name):
        with open(self.path(name + ".log"), errors="replace") as f:
            return f.read()

    # -- planes ---------------------------------------------------------------------------

    def start(self, name):
        binary = os.path.join(BUILD, name, "jf-" + name)
        out = open(self.path(name + ".log"), "a")
        # A small quarantine: memory is asserted on, not the 256 MB of freed pieces kept by default.
        environment = dict(os.environ,
                           ASAN_OPTIONS="abort_on_error=0:detect_leaks=0:quarantine_size_mb=32",
                           UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
        # setsid, so that a Ctrl-C at the test's terminal ends the planes in order, not at once.
        self.planes[name] = subprocess.Popen(
            self.net.command(self.net.engine, binary, "--config", self.path("node.yaml")),
            stdout=out, stderr=subprocess.STDOUT, env=environment, start_new_session=True)

    def kill(self, name):
        self.planes[name].kill()
        self.planes[name].wait()

    def restart_control(self):
        self.start("control")
        self.wait_for(self.ready, 30, "control to be back")

    def assert_alive(self):
        for name, process in self.planes.items():
            if process.poll() is not None:
                raise Failed("%s died with %d:\n%s" % (name, process.returncode,
                                                      self.log(name)[-6000:]))
        for name in self.planes:
            log = self.log(name)
            for word in ("AddressSanitizer", "runtime error:"):
                if word in log:
                    raise Failed("%s: %s" % (name, log[log.index(word) - 200:][:4000]))

    # -- jf -------------------------------------------------------------------------------

    def jf_raw(self, *arguments):
        binary = os.path.join(BUILD, "tools", "jf", "jf")
        return subprocess.run([binary, "--run-dir", self.path("run"), *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30)

    def jf(self, *arguments):
        done = self.jf_raw(*arguments, "--json")
        if done.returncode:
            raise Failed("jf %s: %d: %s%s" % (" ".join(arguments), done.returncode, done.stdout,
                                              done.stderr))
        return json.loads(done.stdout)

    def ready(self):
        self.assert_alive()
        done = self.jf_raw("status", "--json")
        return done.returncode == 0 and json.loads(done.stdout).get("dataplane", {}).get("alive")

    def apply(self):
        done = self.jf_raw("apply", self.path("directory"), "--yes")
        if done.returncode:
            raise Failed("jf apply: %s%s" % (done.stdout, done.stderr))

    def wait_for(self, question, seconds, what):
        """Asks until the answer is true, and gives it."""
        end = time.monotonic() + seconds
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > end:
                raise Failed("waited %g s in vain for %s" % (seconds, what))
            time.sleep(0.05)

    def calls(self):
        return self.jf("calls")

    def wait_calls(self, count, seconds=10):
        return self.wait_for(lambda: len(self.calls()) == count, seconds, "%d calls" % count)

    def records(self):
        """Contact records, newest first."""
        return self.jf("records")

    def wait_records(self, count, seconds=15):
        self.wait_for(lambda: len(self.records()) >= count, seconds, "%d records" % count)
        records = self.records()
        assert len(records) == count, "%d records, not %d" % (len(records), count)
        return records

    def media_ports(self):
        """The engine's RTP ports of the calls in progress."""
        return [int(s["local"].rsplit(":", 1)[1]) for s in self.jf("streams")]

    def recording_path(self, record):
        return os.path.join(self.recordings, record["recording"]["path"])

    def agent_state(self, agent):
        return next(a["state"] for a in self.jf("agents") if a["id"] == agent)

    def wait_agent(self, agent, state, seconds=10):
        self.wait_for(lambda: self.agent_state(agent) == state, seconds,
                      "agent %s to be %s" % (agent, state))

    # -- content --------------------------------------------------------------------------

    def _make_directory(self):
        from . import audio
        for name, hz, ms in (("greeting.wav", 1500, 400), ("music.wav", 300, 1000)):
            audio.write_pcm_wav(self.path("directory/" + name), audio.tone(hz, ms))
        with open(self.path("directory/acme.yaml"), "w") as f:
            f.write(self.edit_directory(DIRECTORY.format(ring=self.ring_timeout_s)))
