# SPDX-License-Identifier: BSD-3-Clause
"""The laboratory of the end-to-end tests: an engine and its peers in network namespaces of their own.

net      namespaces and the wire between them, removed whatever happens
engine   both planes on that wire, started, killed and asked with jf
sip      SIPp scenarios (the peers' signalling), a digest REGISTER, raw messages
rtp      what a peer sends and hears, to the byte
audio    tones, G.711, WAV files: an implementation apart from the engine's
"""
