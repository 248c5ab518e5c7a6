// SPDX-License-Identifier: BSD-3-Clause
/* The parties of a call beside its caller: made when they are called, wiped when they are gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_ring.h"

int jf_call_party_create(struct jf_call *call, enum jf_media_side side,
                         struct jf_call_party **ret_party)
{
	struct jf_call_party *party = calloc(1, sizeof(*party));

	if (!party)
		return -ENOMEM;
	party->call = call;
	party->side = side;
	party->agent_ref = party->entry = jf_acd_nobody;
	*ret_party = party;
	return 0;
}

const char *jf_call_party_word(const struct jf_call_party *party)
{
	return party->kind == JF_CALL_TO_OUTSIDE ? "outside" : "agent";
}

bool jf_call_party_waits(const struct jf_call_party *party)
{
	if (!party->leg)
		return false;
	if (party == &party->call->caller)
		return party->call->unanswered;
	if (party == party->call->line)
		return !party->joined_ns;
	return party->kind == JF_CALL_TO_OUTSIDE && !party->joined_ns;
}

void jf_call_party_stop(struct jf_call_party *party)
{
	jf_loop_timer_cancel(&party->presses.timer);
	jf_loop_timer_cancel(&party->say.timer);
}

void jf_call_party_free(struct jf_call_party *party)
{
	if (!party)
		return;
	jf_call_party_stop(party);
	jf_call_outside_end(party);
	jf_call_ring_forget(party);
	json_decref(party->outside_was);
	explicit_bzero(party, sizeof(*party)); /* keys of SRTP, key presses */
	free(party);
}
