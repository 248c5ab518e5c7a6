/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Every SIP message that is sent or received, as it is on the wire (inside of TLS: in clear), for
 * whoever keeps a trace. What is refused or dropped before the stack (jf_sip_admit.h) is among them
 * up to JF_SIP_TRACE_DOOR_MAX messages a second: a flood would push out all else. Loop thread only.
 */
#ifndef JF_SIP_TRACE_H
#define JF_SIP_TRACE_H

#include "jf_leg.h"
#include "jf_sip_why.h"

#define JF_SIP_TRACE_DOOR_MAX 50u

struct jf_sip_traced {
	bool sent;
	struct jf_sip_peer from, to;
	const char *bytes;
	size_t length;
	enum jf_sip_why why; /* a response: we refuse for that; a request: it gets no answer */
};

/* Neither may call the stack. */
struct jf_sip_tracer {
	void (*message)(const struct jf_sip_traced *message, void *arg);
	/* A leg with this Call-ID belongs to that call. */
	void (*bind)(const char *sip_call_id, const struct jf_call_id *call, void *arg);
	void *arg;
};

/* What the next response refuses its request for, to be said just before it is sent. Forgotten when
 * something else comes in, so that one that was not sent leaves nothing behind. */
void jf_sip_why_note(enum jf_sip_why why);

/* Outlives the stack; NULL: none. One stack at a time. */
void jf_sip_trace_set(struct jf_sip *sip, const struct jf_sip_tracer *tracer);

#endif
