/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A party outside: its number dialled through the trunks that may carry it, one attempt after the
 * other, until one rings. The party sees ONE outgoing leg: provisional responses, an answer, an
 * end. Private to control/call; loop's thread.
 *
 *   jf_call_outside_dial   chooses the trunks (jf_outbound.h); from here on party->outside is set
 *   jf_call_outside_event  is asked first about each event of the party's leg; true: dealt with
 *                          (an attempt failed, the next one is under way)
 *   jf_call_outside_end    whenever the party lets go of its leg, or it has ended: what was used
 *                          is counted. Harmless when there is none
 *
 * An attempt is left when no response has come within 2 s, on 408, 500, 502, 503, 504 and on any
 * failure of transport or name; other refusals are the number's own and are told. Each attempt has
 * the policy of its trunk (media, SRTP with its fall-back, form of numbers, identity). When nothing
 * is left, or could be sent at all, the party is told JF_LEG_ENDED without a leg, from the loop.
 *
 * Toll fraud: a tenant calls whom its directory permits (outgoing: ...), within the caps of tenant
 * and trunk on calls, calls a second and minutes a day. What is refused is told as outside.refused,
 * with the reason.
 */
#ifndef JF_CALL_OUTSIDE_H
#define JF_CALL_OUTSIDE_H

#include <jansson.h>

#include "jf_leg.h"

struct jf_call_outside;
struct jf_call_party;

/* Texts are copied. */
struct jf_call_outside_request {
	const char *number;        /* as dialled: by an agent, a transfer, the directory */
	const char *caller_number; /* who calls; "" or "anonymous": outgoing.caller of the tenant */
	const char *caller_name;   /* or "" */
	bool withheld;             /* the caller wants not to be shown */
	const char *diverted;      /* the number that the caller had called, or "" */
};

/*
 * For party->call's tenant. 0: party->leg follows from the loop. -EACCES: it may not, or cannot be
 * called: ret_code is for whoever asked (403, 404, 503), party->outside is not set. -ENOMEM.
 * why (may be NULL): static text, "the number is denied".
 */
int jf_call_outside_dial(struct jf_call_party *party, const struct jf_call_outside_request *request,
                         uint16_t *ret_code, const char **ret_why);

/* The party's bytes are elsewhere now. Harmless when there is none. */
void jf_call_outside_moved(struct jf_call_party *party);

bool jf_call_outside_event(struct jf_call_party *party, const struct jf_leg_event *event);
void jf_call_outside_end(struct jf_call_party *party);

/* {"number", "trunk", "attempts": [{"trunk", "to", "at_utc", "outcome", "sip_code", "ms"}],
 * "passed_over": [{"trunk", "why"}]} so far, or when it was over; NULL: it was never outside. A
 * new reference. */
json_t *jf_call_outside_json(const struct jf_call_party *party);

/* The same for the live row, with what is needed to go on while nobody has answered. */
json_t *jf_call_outside_row(const struct jf_call_party *party);

/* After a restart, of such a row: it talks through that trunk, or that attempt is under way by the
 * party's leg, and it is counted. */
void jf_call_outside_adopt(struct jf_call_party *party, const json_t *row);

#endif
