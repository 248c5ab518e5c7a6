/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture file of messages (libpcap's format, link type 101: IP as it is), as Wireshark and
 * sngrep read it. What came by UDP is a datagram. What came by TCP, or in clear out of TLS, is a
 * segment of a connection between the same addresses: it opens with a handshake of its own before
 * the first message seen, and sequence numbers go on from there, so that it is followed as any
 * other.
 */
#ifndef JF_TOOL_PCAP_H
#define JF_TOOL_PCAP_H

#include <stdio.h>

#include <jansson.h>

struct jf_tool_pcap;

/* Takes over the file, which it closes. 0 or a negative errno: the file stays the caller's. */
int jf_tool_pcap_open(FILE *file, struct jf_tool_pcap **ret_pcap);

/* message: the data of trace.message, with its bytes. 0; -EBADMSG: it isn't one; -EIO; -ENOMEM. */
int jf_tool_pcap_message(struct jf_tool_pcap *pcap, const json_t *message);

/* 0 or -EIO: it is not whole. */
int jf_tool_pcap_close(struct jf_tool_pcap *pcap);

#endif
