# SPDX-License-Identifier: BSD-3-Clause
"""The messages of RFC 4475, in words of our own, sent to the running engine."""
from lab import torture
from lab.engine import Lab

STRANGER = "10.77.0.13"
# A stream waits for the rest of a body that never comes (RFC 4475 3.1.2.2).
OVER_TCP = {"clerr": "-"}


def expect_verdicts(transport, different):
    messages = torture.messages()
    assert len(messages) == 49 and max(len(m[2]) for m in messages) > 3000
    with Lab() as lab:
        found = torture.told(lab, transport, STRANGER, [[m[0], m[2]] for m in messages])
        expected = {name: different.get(name, code) for name, code, _ in messages}
        wrong = {name: (got, expected[name]) for name, got in found.items()
                 if got != expected[name]}
        assert not wrong, wrong


def test_each_gets_its_verdict_over_udp():
    """All 49, one of them in three fragments, and OPTIONS answered after each."""
    expect_verdicts("udp", {})


def test_each_gets_its_verdict_over_tcp():
    """The same by a connection for each."""
    expect_verdicts("tcp", OVER_TCP)
