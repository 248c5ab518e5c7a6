/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Refusing a request without keeping or parsing anything of it (RFC 3261 8.2.7): the same request
 * gets the same answer, and the ACK that follows is known by its tag. Pure; any bytes are allowed.
 *
 * It also writes what RFC 7339 has a server say about its load, into the Via of whoever offered to
 * listen (the parameter oc without a value).
 */
#ifndef JF_SIP_REFUSE_H
#define JF_SIP_REFUSE_H

#include "jf_sip_peek.h"

/* RFC 7339 4: algorithm "loss". Of 100 requests that the peer would send, so many shall not be. */
struct jf_sip_oc {
	uint8_t loss_percent; /* 0: no overload */
	uint16_t validity_ms;
	uint64_t sequence; /* grows; told as seconds and thousandths */
};

struct jf_sip_refusal {
	uint16_t code;
	const char *reason;
	const char *source_ip; /* of the request, numeric; IPv6 without brackets */
	uint16_t source_port;
	uint32_t retry_after_s; /* 0: none */
	uint64_t secret[2];     /* of the tags */
	struct jf_sip_oc oc;
};

/* Does the request say that the peer can be told how much to send, in a way that we speak? */
bool jf_sip_oc_offered(const struct jf_sip_peek *peek);

/*
 * The response to a request, with as much of its headers as there is. Its length; -EBADMSG: it has
 * no Via, or one that wants the answer elsewhere (maddr); -EMSGSIZE: more than size.
 */
int jf_sip_refuse(const struct jf_sip_peek *peek, const struct jf_sip_refusal *refusal,
                  char *ret_text, size_t size);

/*
 * Makes a response of jf_sip_refuse longer without changing what it says, by white space before its
 * last value (RFC 3261 25.1: SWS), so that several have one length and leave together (jf_udp.h).
 * text must have room for wanted. 0; -EINVAL: it is longer than that.
 */
int jf_sip_refusal_pad(char *text, size_t length, size_t wanted);

/* Where the answer goes: the source, at this port (RFC 3581 4, RFC 3261 18.2.2). */
uint16_t jf_sip_refuse_port(const struct jf_sip_peek *peek, uint16_t source_port);

/* Is it the ACK of a refusal of ours? There is nothing to do about it. */
bool jf_sip_refuse_is_ack(const struct jf_sip_peek *peek, const uint64_t secret[2]);

/*
 * A request of somebody who offered oc, with our answer to that in its Via, so that each response
 * which is made from it carries that. The new length, or -EMSGSIZE.
 */
int jf_sip_oc_write(const struct jf_sip_peek *peek, const char *bytes, size_t length,
                    const struct jf_sip_oc *oc, char *ret_text, size_t size);

/* Which transaction it belongs to, for who remembers what it said: never 0 (RFC 3261 17.2.3). */
uint64_t jf_sip_transaction_key(const struct jf_sip_peek *peek, const uint64_t secret[2]);

#endif
