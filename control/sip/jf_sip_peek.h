/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A look at a SIP message's bytes without parsing it: enough to tell what is urgent, to refuse it,
 * or to find it again in a trace. Pure, no allocation, one pass over the header; any bytes are
 * allowed. It never decides what a message means: who serves it parses it whole (RFC 3261 7).
 *
 * Folded lines and compact names (RFC 3261 7.3.1, 7.3.3) are understood; of a header that is there
 * twice, the first counts.
 */
#ifndef JF_SIP_PEEK_H
#define JF_SIP_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Some bytes of the message; at NULL: not there. */
struct jf_sip_span {
	const char *at;
	size_t length;
};

enum jf_sip_method {
	JF_SIP_METHOD_OTHER,
	JF_SIP_METHOD_INVITE,
	JF_SIP_METHOD_ACK,
	JF_SIP_METHOD_BYE,
	JF_SIP_METHOD_CANCEL,
	JF_SIP_METHOD_REGISTER,
	JF_SIP_METHOD_OPTIONS,
};

/* What the first element of Via says, found in one walk (RFC 3261 20.42). */
struct jf_sip_via {
	const char *end;                        /* of the element: the value's end, or a comma */
	struct jf_sip_span branch, oc, oc_algo; /* at NULL: not there, or without a value */
	bool has_rport, has_received, has_maddr, has_oc, has_oc_algo;
};

struct jf_sip_peek {
	bool request;                   /* else a response */
	enum jf_sip_method kind;        /* of a request */
	uint16_t code;                  /* of a response: 100..699 */
	struct jf_sip_span start;       /* the first line, without its end */
	struct jf_sip_span method, uri; /* of a request */
	struct jf_sip_span via;         /* value of the first Via header, the whole line's */
	struct jf_sip_via first;        /* of a request: that header's first element */
	unsigned vias;                  /* header lines of that name */
	struct jf_sip_span from, to, call_id, cseq;
	struct jf_sip_span to_tag; /* at NULL: none: not inside a dialog */
	struct jf_sip_span header; /* from after the first line to the empty line, with it */
	struct jf_sip_span body;
};

/* 0; -EBADMSG: neither a request nor a response of SIP. Spans point into bytes. */
int jf_sip_peek(const char *bytes, size_t length, struct jf_sip_peek *ret_peek);

/* The next header line at *header, which moves on; name and value without white space around.
 * false: no more. */
bool jf_sip_peek_header(struct jf_sip_span *header, struct jf_sip_span *ret_name,
                        struct jf_sip_span *ret_value);

/* Ignoring case, as header names and parameters are compared. */
bool jf_sip_span_is(struct jf_sip_span span, const char *text);

/*
 * A parameter of the first element of a header's value (Via; or From and To, where those inside <>
 * belong to the URI and don't count). at of ret_value: NULL when it has none. Quotes stay.
 */
bool jf_sip_span_parameter(struct jf_sip_span value, const char *name,
                           struct jf_sip_span *ret_value);

/* The user part of the URI in From, To or a request line's URI, at NULL: none; escapes stay. */
struct jf_sip_span jf_sip_span_user(struct jf_sip_span value);

#endif
