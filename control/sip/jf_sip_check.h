/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a message must be before anything is made of it: the SIP library's parser is generous, and
 * where two readers disagree about a message, one of them is being lied to. Pure, on the bytes as
 * they came, one pass; the verdicts are those of RFC 4475.
 *
 * Checked: line ends, control characters, names and folding of headers; the start line; of Via,
 * From, To, Call-ID, CSeq, Contact, Max-Forwards and Content-Length that they are there as often as
 * they may be, and their form. Not checked: headers that nobody here reads, and bodies.
 */
#ifndef JF_SIP_CHECK_H
#define JF_SIP_CHECK_H

#include "jf_slice.h"

enum jf_sip_check_verdict {
	JF_SIP_CHECK_SERVE,
	JF_SIP_CHECK_REFUSE, /* a request: code and reason */
	JF_SIP_CHECK_DROP,   /* a response, an ACK, or nothing that an answer could be made of */
};

/* The Via's branch that RFC 2543 did not have yet is made up, the same for the same transaction. */
#define JF_SIP_CHECK_BRANCH_MAX 40

struct jf_sip_check {
	enum jf_sip_check_verdict verdict;
	uint16_t code;
	const char *reason;
	bool request;
	/* The topmost Via has no branch: where it goes, and what; 0: it has one */
	size_t branch_at;
	char branch[JF_SIP_CHECK_BRANCH_MAX];
};

/* stream: of TCP or TLS, where a length is what divides messages. */
void jf_sip_check(const char *bytes, size_t length, bool stream, struct jf_sip_check *ret_check);

#endif
