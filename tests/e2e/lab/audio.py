# SPDX-License-Identifier: BSD-3-Clause
"""G.711 and WAV for the tests, written apart from the engine's so that it can judge them."""
import math
import os
import struct
import wave


def _ulaw_encode_one(sample):
    """ITU-T G.711 mu-law of one 16-bit sample."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | (magnitude >> (exponent + 3)) & 15) & 0xFF


def _ulaw_decode_one(byte):
    byte = ~byte & 0xFF
    magnitude = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -magnitude if byte & 0x80 else magnitude


_DECODE = [_ulaw_decode_one(b) for b in range(256)]
_ENCODE = bytes(_ulaw_encode_one(s) for s in range(-32768, 32768))


def ulaw(samples):
    return bytes(_ENCODE[max(-32768, min(32767, int(s))) + 32768] for s in samples)


def linear(payload):
    return [_DECODE[b] for b in payload]


def tone(hz, ms, amplitude=8000, rate=8000):
    return [amplitude * math.sin(2 * math.pi * hz * i / rate) for i in range(rate * ms // 1000)]


def silence(ms):
    return [0] * (8 * ms)


def power_at(samples, hz, rate=8000):
    """Goertzel: the mean power of one frequency in a block of samples."""
    w = 2 * math.pi * hz / rate
    c, s1, s2 = 2 * math.cos(w), 0.0, 0.0
    for x in samples:
        s1, s2 = x + c * s1 - s2, s1
    n = max(1, len(samples))
    return (s1 * s1 + s2 * s2 - c * s1 * s2) / (n * n) * 2


KEYS = "0123456789*#ABCD"  # by RFC 4733 event
_ROWS, _COLUMNS = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
_PAD = "123A456B789C*0#D"


def key_tones(key):
    """The two frequencies of a key (ITU-T Q.23)."""
    at = _PAD.index(key)
    return _ROWS[at // 4], _COLUMNS[at % 4]


def key_tone(key, ms, amplitude=4000):
    low, high = key_tones(key)
    return [a + b for a, b in zip(tone(low, ms, amplitude), tone(high, ms, amplitude))]


def key_power(samples):
    """The most that any pair of a row and a column has in a block."""
    return min(max(power_at(samples, hz) for hz in _ROWS),
               max(power_at(samples, hz) for hz in _COLUMNS))


def keys_in(samples, block=120, least=3, threshold=5e5):
    """[(key, ms)] of the tones in audio: at least so many blocks (of 15 ms) of the same key."""
    found, run = [], [None, 0]
    for at in range(0, len(samples), block):
        part = samples[at:at + block]
        powers = [max((power_at(part, hz), hz) for hz in group) for group in (_ROWS, _COLUMNS)]
        key = None
        if min(powers)[0] > threshold:
            key = _PAD[_ROWS.index(powers[0][1]) * 4 + _COLUMNS.index(powers[1][1])]
        if key != run[0]:
            if run[0] and run[1] >= least:
                found.append((run[0], run[1] * block // 8))
            run = [key, 0]
        run[1] += 1
    return found


def onsets(samples, hz, block=40, threshold=1e5):
    """Sample numbers where a tone begins: the first block of each stretch with power at hz."""
    found, on = [], False
    for at in range(0, len(samples) - block, block):
        loud = power_at(samples[at:at + block], hz) > threshold
        if loud and not on:
            found.append(at)
        on = loud
    return found


def write_pcm_wav(path, samples):
    """A mono 16-bit WAV at 8 kHz; its folder is made."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with wave.open(path, "wb") as w:
        w.setnchannels(1)
        w.setsampwidth(2)
        w.setframerate(8000)
        w.writeframes(struct.pack("<%dh" % len(samples), *map(int, samples)))


def read_pcm_wav(path):
    """Samples of a mono 16-bit WAV at 8 kHz."""
    with wave.open(path) as w:
        assert (w.getnchannels(), w.getsampwidth(), w.getframerate()) == (1, 2, 8000), path
        raw = w.readframes(w.getnframes())
    return list(struct.unpack("<%dh" % (len(raw) // 2), raw))


def read_g711_stereo(path):
    """(left, right) payload bytes of a stereo mu-law WAV, by its own header only."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:4] == b"RIFF" and data[8:12] == b"WAVE", "not a WAV: %r" % data[:12]
    at, form = 12, None
    while at + 8 <= len(data):
        tag, size = data[at:at + 4], struct.unpack("<I", data[at + 4:at + 8])[0]
        if tag == b"fmt ":
            form = struct.unpack("<HHIIHH", data[at + 8:at + 24])
        if tag == b"data":
            assert form and form[0] == 7 and form[1] == 2 and form[2] == 8000, form
            body = data[at + 8:at + 8 + size]
            assert len(body) == size, "header promises %d bytes, file has %d" % (size, len(body))
            return body[0::2], body[1::2]
        at += 8 + size + size % 2
    raise AssertionError("no data chunk in " + path)
