/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Two bounded memories of strangers, pure, of fixed size; when full, what was not touched for
 * longest goes first.
 *
 * Sources: how many requests an address may send, by a token bucket each. Verdicts: what was said
 * to a transaction that has no state, so that its retransmission hears the same.
 */
#ifndef JF_SIP_SOURCES_H
#define JF_SIP_SOURCES_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_sip_why.h"

struct jf_sip_sources;

/* -ENOMEM. rate: requests a second; burst: how many at once after a rest. Both above 0. */
int jf_sip_sources_create(uint32_t rate, uint32_t burst, const uint64_t secret[2],
                          struct jf_sip_sources **ret_sources);
void jf_sip_sources_destroy(struct jf_sip_sources *sources);

/* One more request of that address (16 bytes, IPv4 in the first four): is it within its rate? */
bool jf_sip_sources_take(struct jf_sip_sources *sources, const uint8_t ip[16], uint64_t now_ns);

/* Has it sent more lately than a phone or two do? */
bool jf_sip_sources_loud(struct jf_sip_sources *sources, const uint8_t ip[16], uint64_t now_ns);

enum jf_sip_verdict {
	JF_SIP_VERDICT_NONE, /* not known, or too long ago */
	JF_SIP_VERDICT_SERVED,
	JF_SIP_VERDICT_REFUSED,
};

#define JF_SIP_VERDICT_S 32 /* 64 * T1: nothing is sent again after that (RFC 3261 17.1.1.2) */

struct jf_sip_verdicts;

int jf_sip_verdicts_create(struct jf_sip_verdicts **ret_verdicts);
void jf_sip_verdicts_destroy(struct jf_sip_verdicts *verdicts);

/* key: jf_sip_transaction_key. */
void jf_sip_verdicts_serve(struct jf_sip_verdicts *verdicts, uint64_t key, uint64_t now_ns);

/* why: one of the door's. */
void jf_sip_verdicts_refuse(struct jf_sip_verdicts *verdicts, uint64_t key, enum jf_sip_why why,
                            uint64_t now_ns);

/* ret_why: of what was refused; NONE otherwise. */
enum jf_sip_verdict jf_sip_verdicts_get(const struct jf_sip_verdicts *verdicts, uint64_t key,
                                        enum jf_sip_why *ret_why, uint64_t now_ns);

#endif
