/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where one SIP message ends and the next begins in a stream (RFC 3261 18.3), and the keepalives
 * between them (RFC 5626 4.4.1, 5.4). Pure, no allocation, any bytes; each byte is looked at once,
 * however small the pieces are that it comes in.
 *
 * A stream that is no SIP is told so as early as its first line allows: its connection is closed,
 * for nothing after it can be trusted to be a beginning. So it is after a head that does not say
 * how long its body is; whoever sent that can be told why.
 */
#ifndef JF_SIP_FRAME_H
#define JF_SIP_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#define JF_SIP_FRAME_HEAD_MAX 16384u /* start line and header, with the empty line */
#define JF_SIP_FRAME_BODY_MAX 16384u

enum jf_sip_frame_kind {
	JF_SIP_FRAME_MORE,     /* what is there is no whole message yet */
	JF_SIP_FRAME_MESSAGE,  /* ret_used bytes are one */
	JF_SIP_FRAME_PING,     /* two CRLF: the peer wants one back */
	JF_SIP_FRAME_PONG,     /* one CRLF */
	JF_SIP_FRAME_ENDLESS,  /* ret_used bytes are a head without one clear Content-Length */
	JF_SIP_FRAME_GARBAGE,  /* no SIP */
	JF_SIP_FRAME_TOO_LONG, /* a head or a body beyond the limits above */
};

/* Of one stream, between calls. Zeros: the beginning. */
struct jf_sip_frame {
	size_t scanned; /* of the unfinished message */
	size_t length;  /* of it, when its header is known; else 0 */
	bool start_line_seen;
	bool after_crlf;
};

/* bytes: what is not used yet, from the beginning of the unfinished message on. ret_used: to be
 * taken away, 0 unless a message, ping, pong or such a head. */
enum jf_sip_frame_kind jf_sip_frame_next(struct jf_sip_frame *frame, const char *bytes,
                                         size_t length, size_t *ret_used);

#endif
