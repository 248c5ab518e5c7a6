/* SPDX-License-Identifier: BSD-3-Clause */
/* What writing and reading the ring share. Places grow without end; modulo size they are in it. */
#ifndef JF_TRACE_PRIV_H
#define JF_TRACE_PRIV_H

#include "jf_trace.h"

#define JF_TRACE_ALIGN 128u /* of records, so that the gap before the ring's end holds a header */
#define JF_TRACE_BINDS 65536u

struct jf_trace_record {
	uint32_t size;   /* with this header, aligned */
	uint32_t length; /* 0: the gap before the end */
	uint64_t at_ns;
	uint64_t key; /* of the Call-ID */
	struct jf_trace_address from, to;
	bool sent;
	uint8_t transport;
	uint8_t why;
	bool begins; /* a request outside of any dialog */
	char bytes[];
};

struct jf_trace_bind {
	uint64_t key;
	struct jf_call_id call;
};

struct jf_trace {
	char *ring;
	size_t size;
	uint64_t head, tail;
	uint64_t messages, put;
	struct jf_trace_bind *binds; /* a ring, too */
	uint64_t n_binds;
};

_Static_assert(sizeof(struct jf_trace_record) <= JF_TRACE_ALIGN, "a gap holds a header");

struct jf_trace_record *jf_trace_record_at(const struct jf_trace *trace, uint64_t place);

uint64_t jf_trace_key(const char *text, size_t length);

#endif
