# SPDX-License-Identifier: BSD-3-Clause
"""A number outside, and the trunks over which it is reached."""
from . import rtp, sip
from .scene import tone

OUTSIDE = "+3725551234"
FORWARD = "+3726000009"
GATEWAY = ("10.77.0.21", 5080)
ONE_TRUNK = "  - {name: out, to: [\"%s:%d\"], options_s: 0}\n" % GATEWAY


def directory(trunks, caps=""):
    """The usual directory, with a number that is forwarded through these trunks."""
    def edit(text):
        text = text.replace("  - name: acme\n", """  - name: acme
    %s
    outgoing: {country: "372", allow: ["+372"], deny: ["+372900"], caller: "+3726000001"}
""" % caps)
        text = text.replace("queues:\n", trunks + "queues:\n", 1)
        return text + '  - {number: "%s", tenant: acme, forward: "%s"}\n' % (FORWARD, OUTSIDE)
    return edit


def trunk(lab, name):
    return next(t for t in lab.jf("trunks") if t["name"] == name)


class Carrier:
    """Rings; after a while goes on by final(its SDP). hz: what it says as soon as it knows to whom, in
    early media too where early is true; None: nothing."""

    def __init__(self, lab, final=sip.answers, after_ms=0, hz=None, early=False):
        body = sip.sdp(GATEWAY[0], 31000)
        steps = [sip.KEEP_DIALOG, sip.respond(183, "Session Progress", body) if early
                 else sip.respond(180, "Ringing")]
        if after_ms:
            steps.append(sip.pause(after_ms))
        self.media = hz and rtp.Party(lab, "gateway", GATEWAY[0], 31000,
                                      remote_log=lab.path("gateway.messages"), **tone(hz))
        self.signalling = sip.Sipp(lab, "gateway", *GATEWAY, steps + final(body))

    def invites(self):
        return self.signalling.messages().count("\nINVITE sip:")
