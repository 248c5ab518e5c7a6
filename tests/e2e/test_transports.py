# SPDX-License-Identifier: BSD-3-Clause
"""What an operator sees of SIP's transports, and a certificate that is replaced."""
import re
import signal
import subprocess
import time

from lab import phone
from lab.engine import Lab, with_tls


def shown_subject(lab):
    done = subprocess.run(lab.net.command(lab.net.phones, "openssl", "s_client", "-connect",
                                          "10.77.0.1:5061"), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20, text=True)
    return re.search(r"subject=CN = (\S+)", done.stdout).group(1)


def replace_certificate(lab, subject, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days), "-subj",
                    "/CN=" + subject, "-keyout", lab.path("node.key"), "-out",
                    lab.path("node.pem")], check=True, stderr=subprocess.DEVNULL)


def test_a_certificate_is_replaced_while_a_phone_stays_connected():
    """jf reload-tls and SIGHUP take a new certificate, a broken one is refused and the old one
    stays, jf status warns before it expires; a phone's connection goes on all the while."""
    with Lab(edit_node=with_tls) as lab:
        phone.Phone(lab, "1001", transport="tls", srtp="srtp-mand")
        lab.wait_agent("1001", "ready", 15)
        before = lab.jf("connections")
        assert [row["state"] for row in before] == ["known"], before
        assert before[0]["tls"] in ("1.2", "1.3"), before
        assert "expires" in lab.jf("status")["transports"]["warning"]
        replace_certificate(lab, "second.test", 90)
        assert lab.jf("reload-tls")["subject"] == "second.test"
        assert shown_subject(lab) == "second.test"
        assert "warning" not in lab.jf("status")["transports"]
        replace_certificate(lab, "third.test", 90)
        lab.planes["control"].send_signal(signal.SIGHUP)
        lab.wait_for(lambda: shown_subject(lab) == "third.test", 5, "the third certificate")
        with open(lab.path("node.pem"), "w") as broken:
            broken.write("no certificate\n")
        refused = lab.jf_raw("reload-tls")
        assert refused.returncode != 0 and "node.pem" in refused.stdout + refused.stderr, refused
        assert shown_subject(lab) == "third.test"
        listeners = {row["transport"]: row for row in lab.jf("transports")}
        assert set(listeners) == {"udp", "tcp", "tls"}, listeners
        assert listeners["tls"]["subject"] == "third.test" and "error" in listeners["tls"]
        assert "older" in lab.jf("status")["transports"]["warning"]
        after = [row for row in lab.jf("connections") if row["state"] == "known"]
        assert [row["id"] for row in after] == [before[0]["id"]], (before, after)


def test_a_phone_on_tls_is_called_over_its_own_connection():
    """Calls to a phone on TLS go over the connection that it registered on, and none is opened."""
    with Lab(edit_node=with_tls) as lab:
        from lab import parties
        phone.Phone(lab, "1001", transport="tls", srtp="srtp-mand")
        lab.wait_agent("1001", "ready", 15)
        caller = parties.Caller(lab, "+3726000001")
        lab.wait_agent("1001", "talking", 15)
        time.sleep(1)
        caller.hang_up()
        lab.wait_records(1)
        transports = lab.jf("status")["transports"]
        assert transports["opened"] == 0 and transports["tls"] == 1, transports
