/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A capture file of messages (libpcap's format, link type 101: IP as it is): each message as one
 * UDP datagram between its addresses, whatever it came by, as Wireshark and sngrep read it.
 */
#ifndef JF_TOOL_PCAP_H
#define JF_TOOL_PCAP_H

#include <stdio.h>

#include <jansson.h>

/* 0 or a negative errno. */
int jf_tool_pcap_begin(FILE *file);

/* message: the data of trace.message, with its bytes. 0; -EBADMSG: it isn't one; or of the file. */
int jf_tool_pcap_message(FILE *file, const json_t *message);

#endif
