// SPDX-License-Identifier: BSD-3-Clause
/* Who is called, with what, and how a call to somebody is given up. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_asked.h"
#include "jf_call_ring.h"

/* ---- Calling -------------------------------------------------------------------------------- */

void jf_call_forward_failed(struct jf_call *call, const char *why, uint16_t code)
{
	jf_call_end_refuse(call, why, code, call->agent->why);
	jf_call_event(call, JF_CALL_EVENT_OUTSIDE_FAILED);
}

static void dial_failed(void *arg)
{
	struct jf_call_party *party = arg;
	struct jf_call *call = party->call;

	party->outcome = JF_ACD_OUTCOME_UNREACHABLE;
	if (jf_call_asked_refused(party))
		jf_call_wait_for(call,
		                 call->ring_timeout_ms); /* the others', which has just begun */
	else if (party == call->target)
		jf_call_event(call, jf_call_target_failed(call));
	else if (party->kind == JF_CALL_TO_OUTSIDE)
		jf_call_forward_failed(call, "the number outside may not be called", party->code);
	else
		jf_call_event(call, JF_CALL_EVENT_REFUSED);
}

/* Its number stands in its name. */
static void call_outside(struct jf_call_party *party)
{
	struct jf_call *call = party->call;
	bool own = call->caller.name[0]; /* an agent's call shows the tenant's number */
	struct jf_call_outside_request request = {
	        .number = party->name,
	        .caller_number = own ? "" : call->caller_number,
	        .caller_name = own ? "" : call->caller_name,
	        .withheld = call->withheld,
	        .diverted = own ? "" : call->number,
	};

	party->dialed_ns = jf_loop_now_ns();
	party->code = 503;
	party->outcome = JF_ACD_OUTCOME_UNREACHABLE;
	if (jf_call_outside_dial(party, &request, &party->code, NULL))
		jf_loop_timer_start(&call->timer, 0, dial_failed, party);
}

void jf_call_dial(struct jf_call_party *party)
{
	jf_call_early_forget(party);
	party->pinging = false;
	party->pinged_ns = 0;
	party->why = JF_SIP_WHY_NONE;
	if (party->kind == JF_CALL_TO_OUTSIDE) {
		call_outside(party);
		return;
	}
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &party->call->id, "calls agent %s", party->name);
	jf_call_ring_begin(party);
	if (!party->leg)
		jf_loop_timer_start(&party->call->timer, 0, dial_failed, party);
}

/* ---- No longer ------------------------------------------------------------------------------- */

void jf_call_leg_end(struct jf_call_party *party, uint16_t code, const char *reason)
{
	jf_call_outside_end(party);
	jf_call_ring_cancel(party, JF_CALL_CANCEL_GIVEN_UP);
	if (!party->leg)
		return;
	jf_leg_end(party->leg, code, reason);
	jf_leg_detach(party->leg);
	party->leg = NULL;
}

void jf_call_ghost_make(struct jf_call_party *party, struct jf_leg *leg, enum jf_call_cancel why)
{
	struct jf_call *call = party->call;
	struct jf_call_ghost *ghost;

	if (why == JF_CALL_CANCEL_ELSEWHERE)
		jf_leg_end(leg, 200, "Call completed elsewhere");
	else
		jf_leg_end(leg, 0, NULL);
	ghost = calloc(1, sizeof(*ghost));
	if (!ghost) {
		jf_leg_detach(leg);
		return;
	}
	ghost->calls = call->calls;
	ghost->agent = party->agent_ref;
	ghost->rona = why == JF_CALL_CANCEL_RONA;
	ghost->party.leg = leg;
	jf_leg_user_set(leg, &ghost->party);
	jf_list_append(&call->calls->ghosts, &ghost->link);
}

void jf_call_leg_cancel(struct jf_call_party *party, enum jf_call_cancel why)
{
	struct jf_leg *leg = party->leg;

	jf_call_outside_end(party);
	jf_call_ring_cancel(party, why);
	if (!leg)
		return;
	if (why == JF_CALL_CANCEL_RONA) {
		party->outcome = JF_ACD_OUTCOME_RONA;
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &party->call->id, "agent %s does not answer",
		       party->name);
	}
	party->leg = NULL;
	jf_call_ghost_make(party, leg, why);
}

/* A cancelled leg is over. Whoever answered while we cancelled did answer. */
void jf_call_ghost_ended(struct jf_call_ghost *ghost, const struct jf_leg_event *event)
{
	struct jf_calls *calls = ghost->calls;
	struct jf_acd_agent agent;

	if (event->end == JF_LEG_END_CROSSED && ghost->rona &&
	    !jf_acd_agent_get(calls->acd, ghost->agent, &agent) &&
	    agent.state == JF_AGENT_NOT_READY && !strcmp(agent.reason, "rona"))
		jf_acd_agent_want(calls->acd, ghost->agent, JF_AGENT_WANT_READY, NULL, "call",
		                  jf_loop_now_ns());
	jf_list_remove(&ghost->link);
	free(ghost);
	jf_agents_drain(calls);
}

/* RFC 3261 section 21, as practice uses it: see jf_acd.h for what follows for the agent. */
enum jf_acd_outcome jf_call_outcome_of(const struct jf_leg_event *event)
{
	switch (event->end) {
	case JF_LEG_END_TIMEOUT:
	case JF_LEG_END_TRANSPORT:
	case JF_LEG_END_GONE:
		return JF_ACD_OUTCOME_UNREACHABLE;
	case JF_LEG_END_REJECTED_BY_PEER:
		break;
	default:
		return JF_ACD_OUTCOME_FAILED;
	}
	switch (event->code) {
	case 486:
	case 600:
		return JF_ACD_OUTCOME_BUSY;
	case 603:
	case 403:
		return JF_ACD_OUTCOME_REJECTED;
	case 480:
		return JF_ACD_OUTCOME_UNAVAILABLE;
	case 408:
	case 410:
	case 404:
	case 503:
		return JF_ACD_OUTCOME_UNREACHABLE;
	default:
		return JF_ACD_OUTCOME_FAILED;
	}
}
