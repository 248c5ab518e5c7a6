// SPDX-License-Identifier: BSD-3-Clause
/*
 * Before the answer: what is told to whoever waits for it by an INVITE of its own (a caller who is
 * connected to a number outside, an agent who calls), and media that come early (RFC 3960): the far
 * end's ringing, an announcement that the number isn't in service. They pass one way only: nobody
 * is spoken to who has not answered.
 *
 * Where the waiting leg can't be given early media it is told that it rings, as before. An agent
 * who transfers or consults, and a caller who is passed on, have media already: they hear it too.
 */
#include <string.h>

#include "jf_call_priv.h"

/* Whose INVITE is not answered before that party answers; NULL: nobody's. */
static struct jf_call_party *waiting_for(const struct jf_call_party *party)
{
	struct jf_call *call = party->call;

	if (party == call->target && call->line)
		return call->line;
	return call->unanswered ? &call->caller : NULL;
}

struct jf_call_party *jf_call_early_of(struct jf_call *call)
{
	if (call->target)
		return call->target->early && !call->target->joined_ns ? call->target : NULL;
	return call->state == JF_CALL_RINGING && call->agent->early ? call->agent : NULL;
}

static void early_take(struct jf_call_party *party, const struct jf_media_desc *media)
{
	/* Later responses of the same branch bring the same again. */
	if (party->early && !memcmp(&party->desc, media, sizeof(*media)))
		return;
	if (jf_call_agree(party, &party->offered, media))
		return;
	jf_call_media_remote(party);
	party->early = true;
}

void jf_call_progress(struct jf_call_party *party, const struct jf_media_desc *media)
{
	struct jf_call_party *waiting = waiting_for(party);

	/* Agents' phones ring, and their callers hear music. */
	if (media && (waiting || party->kind == JF_CALL_TO_OUTSIDE))
		early_take(party, media);
	if (jf_call_party_waits(party))
		jf_call_row_store(party->call);
	if (!waiting || !waiting->leg || waiting->joined_ns || waiting->early)
		return;
	waiting->early = party->early && waiting->has_desc &&
	                 !jf_leg_ring_early(waiting->leg, &waiting->local);
	if (!waiting->early)
		(void)jf_leg_ring(waiting->leg);
}

/* Another attempt: what the former one said is over. */
void jf_call_early_forget(struct jf_call_party *party)
{
	party->has_desc = false;
	if (!party->early)
		return;
	party->early = false;
	jf_call_settle(party->call, jf_loop_now_ns());
}

int jf_call_party_answer(struct jf_call_party *party)
{
	int security, err;

	if (party->has_desc)
		return jf_leg_answer(party->leg, &party->local);
	security = jf_call_policy_offer(&party->policy);
	if (security < 0)
		return security;
	err = jf_call_offer_make(party, (enum jf_call_security)security, &party->offered);
	return err ? err : jf_leg_answer(party->leg, &party->offered);
}

void jf_call_caller_answer(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *caller = &call->caller;

	if (!call->unanswered || !caller->leg || jf_call_party_answer(caller))
		return;
	call->unanswered = false;
	caller->joined_ns = now_ns;
}
