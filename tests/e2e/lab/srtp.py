# SPDX-License-Identifier: BSD-3-Clause
"""SRTP of a test's party by libsrtp2: somebody else's reading of RFC 3711, AES_CM_128_HMAC_SHA1_80.

Key and salt of a stream are base 64 as in a=crypto (RFC 4568)."""
import base64
import ctypes
import hashlib

ANY_INBOUND, ANY_OUTBOUND = 2, 3
WINDOW = 128
TRAILER = 144  # SRTP_MAX_TRAILER_LEN


class _Suite(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in
                ("cipher", "cipher_key", "auth", "auth_key", "auth_tag", "services")]


class _Policy(ctypes.Structure):
    _fields_ = [("kind", ctypes.c_int), ("ssrc", ctypes.c_uint), ("rtp", _Suite), ("rtcp", _Suite),
                ("key", ctypes.c_char_p), ("keys", ctypes.c_void_p),
                ("num_keys", ctypes.c_ulong), ("ekt", ctypes.c_void_p),
                ("window", ctypes.c_ulong), ("allow_repeat", ctypes.c_int),
                ("encrypted_headers", ctypes.c_void_p), ("n_encrypted", ctypes.c_int),
                ("next", ctypes.c_void_p)]


def key_of(name):
    """A key and salt of its own for whatever has that name."""
    return base64.b64encode(hashlib.sha256(name.encode()).digest()[:30]).decode()


def _library():
    library = ctypes.CDLL("libsrtp2.so.1")
    if not getattr(_library, "begun", False):
        assert library.srtp_init() == 0
        _library.begun = True
    return library


class Stream:
    """One direction: protects, or (inbound) unprotects, RTP and RTCP."""

    def __init__(self, key, inbound=False):
        self.library = _library()
        self.key = base64.b64decode(key)
        assert len(self.key) == 30, key
        policy = _Policy(kind=ANY_INBOUND if inbound else ANY_OUTBOUND, key=self.key,
                         window=WINDOW)
        for suite in (policy.rtp, policy.rtcp):
            self.library.srtp_crypto_policy_set_rtp_default(ctypes.byref(suite))
        self.session = ctypes.c_void_p()
        assert self.library.srtp_create(ctypes.byref(self.session), ctypes.byref(policy)) == 0

    def _run(self, function, packet):
        data = ctypes.create_string_buffer(packet, len(packet) + TRAILER)
        length = ctypes.c_int(len(packet))
        if function(self.session, data, ctypes.byref(length)):
            return None
        return data.raw[:length.value]

    def protect(self, packet, rtcp=False):
        return self._run(self.library.srtp_protect_rtcp if rtcp else self.library.srtp_protect,
                         packet)

    def unprotect(self, packet, rtcp=False):
        """None: not authentic, or a replay."""
        return self._run(self.library.srtp_unprotect_rtcp if rtcp else self.library.srtp_unprotect,
                         packet)
