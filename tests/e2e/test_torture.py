# SPDX-License-Identifier: BSD-3-Clause
"""The messages of RFC 4475, in words of our own, sent to the running engine."""
import json
import subprocess
import sys

from lab import torture
from lab.engine import Lab

STRANGER = "10.77.0.13"
# A stream waits for the rest of a body that never comes (RFC 4475 3.1.2.2).
OVER_TCP = {"clerr": "-"}


def said(lab, transport):
    """For each message: the code that came back, and that of the OPTIONS after it."""
    job = {"ip": STRANGER, "to": ["10.77.0.1", 5060], "transport": transport, "wait_s": 0.7,
           "messages": [[name, message.hex(), torture.options(name, transport, STRANGER)]
                        for name, _, message in torture.messages()]}
    done = subprocess.run(lab.net.command(lab.net.phones, sys.executable, "-c", torture.PEER),
                          input=json.dumps(job), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def expect_verdicts(transport, different):
    messages = torture.messages()
    assert len(messages) == 49 and max(len(m[2]) for m in messages) > 3000
    with Lab() as lab:
        found = said(lab, transport)
        expected = {name: [different.get(name, code), "200"] for name, code, _ in messages}
        wrong = {name: (got, expected[name]) for name, got in found.items()
                 if got != expected[name]}
        assert not wrong, wrong
        lab.assert_alive()


def test_each_gets_its_verdict_over_udp():
    """All 49, one of them in three fragments, and OPTIONS answered after each."""
    expect_verdicts("udp", {})


def test_each_gets_its_verdict_over_tcp():
    """The same by a connection for each."""
    expect_verdicts("tcp", OVER_TCP)
