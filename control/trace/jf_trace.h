/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SIP messages of the last minutes or hours, in a ring of bytes; the oldest go first. Pure: no
 * clock, no sockets; loop thread only.
 *
 * A message is copied once, when it is sent or received. Keys of SRTP (a=crypto, RFC 4568) and key
 * presses (Signal= in INFO) are blotted out in the copy: whatever reads the trace never sees them.
 * Whose message it is comes from its Call-ID; which of our calls that belongs to is told by
 * jf_trace_bind, when the leg is given its call.
 */
#ifndef JF_TRACE_H
#define JF_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_sip_why.h"

struct jf_trace_address {
	uint8_t family; /* 4 or 6 */
	uint16_t port;
	uint8_t ip[16]; /* network order, IPv4 in the first four */
};

struct jf_trace_message {
	uint64_t at_ns;
	bool sent;         /* by us */
	uint8_t transport; /* 0 UDP, 1 TCP, 2 TLS: enum jf_sip_transport */
	struct jf_trace_address from, to;
	const char *bytes;
	size_t length;
	enum jf_sip_why why; /* a response: we refuse for that; a request: it gets no answer */
};

struct jf_trace;

/* bytes: of messages, at least JF_TRACE_BYTES_MIN. -ENOMEM, -EINVAL. */
#define JF_TRACE_BYTES_MIN (1u << 17)
int jf_trace_create(size_t bytes, struct jf_trace **ret_trace);
void jf_trace_destroy(struct jf_trace *trace);

/* What is no SIP message, or longer than a sixteenth of the ring, is left out. */
void jf_trace_put(struct jf_trace *trace, const struct jf_trace_message *message);

/* Messages with that Call-ID belong to that call of ours. */
void jf_trace_bind(struct jf_trace *trace, const char *sip_call_id, const struct jf_call_id *call);

struct jf_trace_stats {
	uint64_t messages; /* now in the ring */
	uint64_t bytes;    /* that they take */
	uint64_t room;
	uint64_t put;       /* ever */
	uint64_t oldest_ns; /* 0: none */
};

struct jf_trace_stats jf_trace_stats_get(const struct jf_trace *trace);

/* --- reading --- */

#define JF_TRACE_DIALOGS_MAX 64u /* SIP dialogs that one reader follows; of more, the first */
#define JF_TRACE_WHAT_MAX    64u

/* A reader's place, plain data. */
struct jf_trace_reader {
	char what[JF_TRACE_WHAT_MAX]; /* "": everything */
	uint64_t at;                  /* the next message to look at */
	bool learning; /* which dialogs it is about: a first pass over what is there */
	uint64_t learn_until;
	uint32_t n_dialogs;
	struct {
		uint64_t key;  /* of the Call-ID */
		uint64_t told; /* messages before this place were given out */
		bool has_call;
		struct jf_call_id call;
	} dialogs[JF_TRACE_DIALOGS_MAX];
	uint64_t n_bound; /* binds that have been looked at */
	struct {
		uint64_t key;
		enum jf_sip_why why; /* it is refused again for the same */
	} seen[256];                 /* to tell a message that is sent again */
	uint64_t lost;               /* messages that were overwritten before they were read */
};

/*
 * what: a call of ours (its id, or the beginning of it, at least 6 characters), a number or an
 * agent (user of the request's URI, From or To of what begins a dialog), or a SIP Call-ID; NULL:
 * everything. All that is in the ring is read, or only what comes from now on.
 */
void jf_trace_reader_init(const struct jf_trace *trace, struct jf_trace_reader *ret_reader,
                          const char *what, bool past);

enum jf_trace_read {
	JF_TRACE_MESSAGE,
	JF_TRACE_MORE, /* none yet: the budget is used up; go on in another turn */
	JF_TRACE_END,  /* none, and nothing left to look at now */
};

struct jf_trace_found {
	struct jf_trace_message message; /* bytes are valid until the next put */
	uint64_t number;                 /* its place: grows, names it */
	bool again;                      /* a retransmission */
	bool has_call;
	struct jf_call_id call;
};

/* The next message of the reader's dialogs; *budget: messages to look at, counted down. */
enum jf_trace_read jf_trace_next(const struct jf_trace *trace, struct jf_trace_reader *reader,
                                 unsigned *budget, struct jf_trace_found *ret_found);

#endif
