// SPDX-License-Identifier: BSD-3-Clause
/*
 * Two agents in one call, or an agent and whom it called outside: who of the two serves.
 *
 * Whoever passes on, consults or holds is the call's agent; the other one is its caller. So an
 * agent who placed the call, or was called by a colleague, may do all that others can: where it is
 * the caller, the two change places first. They change names only; legs, media, segments and their
 * channels of the recording stay theirs.
 */
#include <string.h>

#include "jf_call_outside.h"
#include "jf_call_priv.h"

bool jf_call_party_is_agent(const struct jf_call_party *party)
{
	return party->kind != JF_CALL_TO_OUTSIDE && party->agent_ref.index != JF_ACD_NONE;
}

static void moved(struct jf_call_party *party)
{
	if (party->leg)
		jf_leg_user_set(party->leg, party);
	jf_call_outside_moved(party);
}

/* The place in a queue is of the one who answered there, whichever of the two it is now. */
static void entry_move(struct jf_call *call)
{
	struct jf_call_party *caller = &call->caller, *agent = call->agent;
	struct jf_acd_ref entry = caller->entry;

	agent->entry = call->in_acd ? call->entry : jf_acd_nobody;
	snprintf(agent->queue, sizeof(agent->queue), "%s", call->in_acd ? call->queue_name : "");
	call->entry = entry;
	call->in_acd = entry.index != JF_ACD_NONE;
	caller->entry = jf_acd_nobody;
	caller->queue[0] = '\0';
}

void jf_call_turn(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *caller = &call->caller, *agent = call->agent, other;

	jf_call_presses_flush(caller);
	jf_call_presses_flush(agent);
	/* Timers don't move. */
	jf_call_party_stop(caller);
	jf_call_party_stop(agent);
	entry_move(call);
	other = *caller;
	*caller = *agent;
	*agent = other;
	explicit_bzero(&other, sizeof(other));
	moved(caller);
	moved(agent);
	call->speech_turned = call->speech && !call->speech_turned;
	if (!call->confirmed_ns)
		call->confirmed_ns = now_ns;
}

struct jf_call_party *jf_call_serve(struct jf_call_party *party)
{
	struct jf_call *call = party->call;

	if (party != &call->caller)
		return party;
	if (!jf_call_party_is_agent(party) || !jf_call_fsm_allows(call->state, JF_CALL_EVENT_TURN))
		return NULL;
	jf_call_turn(call, jf_loop_now_ns());
	jf_call_event(call, JF_CALL_EVENT_TURN);
	return call->agent;
}
