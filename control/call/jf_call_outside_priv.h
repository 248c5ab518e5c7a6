/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of a party outside share. */
#ifndef JF_CALL_OUTSIDE_PRIV_H
#define JF_CALL_OUTSIDE_PRIV_H

#include "jf_call_priv.h"
#include "jf_outbound.h"
#include "jf_sip_resolve.h"

#define JF_CALL_OUTSIDE_PEERS 2u /* addresses tried of one destination */

struct jf_call_outside {
	struct jf_call_party *party;
	char number[JF_NUMBER_MAX]; /* E.164 or short */
	char caller[JF_CALL_TEXT_MAX], name[JF_CALL_TEXT_MAX], diverted[JF_CALL_TEXT_MAX];
	bool withheld;

	/* trunks left to try: by name, the directory may be another one meanwhile */
	char trunks[JF_OUTBOUND_MAX][JF_CALL_TEXT_MAX];
	unsigned n_trunks, trunk, uri, peer, n_peers;
	struct jf_sip_peer peers[JF_SIP_RESOLVED_MAX];
	struct jf_sip_query *query;
	struct jf_loop_timer timer; /* nothing is left: the party is told from the loop */

	bool begun; /* counted at the present trunk, ... */
	bool tenant_begun, answered;
	uint64_t tried_ns;
	uint16_t code; /* of the last attempt */
	/* Why nothing more was tried; NONE: the last one was refused by its peer. */
	enum jf_sip_why why;
	json_t *attempts, *passed_over;
};

static inline struct jf_call_trunks *jf_call_outside_trunks(const struct jf_call_outside *o)
{
	return o->party->call->calls->trunks;
}

/* The present one, or "". */
static inline const char *jf_call_outside_trunk(const struct jf_call_outside *o)
{
	return o->trunk < o->n_trunks ? o->trunks[o->trunk] : "";
}

/* jf_call_outside.c */
struct jf_call_outside *jf_call_outside_make(struct jf_call_party *party); /* NULL: no memory */
/* Goes on from o->trunk and o->uri, until something is under way or nothing is left. */
void jf_call_outside_next(struct jf_call_outside *o);

/* jf_call_outside_keep.c: what is used, at a trunk or by a tenant */
void jf_call_outside_count_begin(struct jf_call_outside *o, enum jf_call_usage_of of,
                                 const char *name);
void jf_call_outside_count_answered(struct jf_call_outside *o, enum jf_call_usage_of of,
                                    const char *name);
void jf_call_outside_count_end(struct jf_call_outside *o, enum jf_call_usage_of of,
                               const char *name);

#endif
