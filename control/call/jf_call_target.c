// SPDX-License-Identifier: BSD-3-Clause
/*
 * The third party of a call: whom its agent consults, or passes the caller on to.
 *
 * An agent is claimed by name (jf_acd_direct.h). A queue is asked through an entry of its own: who
 * of its agents comes is the ACD's choice, one after the other until somebody answers. Either way
 * the party is made, claimed and given its media before the call's machine hears of it, so that
 * what cannot be done is refused while nothing has changed yet.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_acd_offer.h"
#include "jf_call_asked.h"

static bool by_queue(const struct jf_call_party *target)
{
	return target->kind == JF_CALL_TO_QUEUE;
}

/* ---- Made and called ------------------------------------------------------------------------- */

static int claim(struct jf_call *call, struct jf_call_party *target, const char *name)
{
	struct jf_calls *calls = call->calls;
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_acd_arrival arrival = {.enqueued_ns = now_ns, .priority = call->wants.priority};
	int err;

	if (by_queue(target)) {
		snprintf(target->queue, sizeof(target->queue), "%s", name);
		return jf_acd_enqueue(calls->acd,
		                      jf_routing_queue(calls->routing, call->tenant, name),
		                      &call->id, &arrival, now_ns, &target->entry);
	}
	snprintf(target->name, sizeof(target->name), "%s", name);
	if (target->kind == JF_CALL_TO_OUTSIDE)
		return 0;
	target->agent_ref = jf_routing_agent(calls->routing, name);
	err = jf_acd_agent_reserve(calls->acd, target->agent_ref, &call->id, now_ns);
	target->dialed_ns = now_ns;
	return err;
}

int jf_call_target_make(struct jf_call *call, enum jf_call_kind kind, const char *name, bool blind)
{
	struct jf_media *media = call->calls->config.media;
	struct jf_call_party *target;
	int err = jf_call_party_create(call, call->agent->side, &target);

	if (err)
		return err;
	target->kind = kind;
	target->blind = blind;
	err = jf_media_open(media, &call->id, target->side, &call->caller.endpoint, NULL,
	                    &target->endpoint);
	if (!err) {
		err = claim(call, target, name);
		if (err)
			jf_call_media_close(target);
	}
	if (err) {
		jf_call_party_free(target);
		return err == -ESTALE ? -ENOENT : err;
	}
	call->target = target;
	return 0;
}

void jf_call_target_dial(struct jf_call *call)
{
	struct jf_call_party *target = call->target;

	if (!target->name[0]) /* of the queue nobody was offered yet */
		return;
	jf_call_wait_for(call, call->ring_timeout_ms);
	jf_call_dial(target);
}

void jf_call_target_offered(struct jf_call *call, const struct jf_acd_output *output)
{
	struct jf_call_party *target = call->target;
	struct jf_acd_agent agent;

	target->agent_ref = output->agent;
	target->dialed_ns = jf_loop_now_ns();
	target->rang_ns = 0;
	target->outcome = JF_ACD_OUTCOME_FAILED;
	target->code = 0;
	if (!jf_acd_agent_get(call->calls->acd, output->agent, &agent))
		snprintf(target->name, sizeof(target->name), "%s", agent.name);
	jf_call_event(call, JF_CALL_EVENT_TARGET_OFFERED);
}

bool jf_call_target_is(const struct jf_call *call, struct jf_acd_ref entry)
{
	return call->target && jf_acd_ref_equal(call->target->entry, entry);
}

void jf_call_target_rings(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_call_party *target = call->target;

	if (by_queue(target))
		(void)jf_acd_offer_ringing(call->calls->acd, target->entry, target->agent_ref,
		                           now_ns);
	else if (target->agent_ref.index != JF_ACD_NONE)
		(void)jf_acd_agent_does(call->calls->acd, target->agent_ref, JF_ACD_RINGS, now_ns);
}

/* ---- Answered ---------------------------------------------------------------------------------
 */

static json_t *who(const struct jf_call_party *target)
{
	return json_pack("{s:s, s:s}", "target", target->name, "as",
	                 target->blind ? "transfer" : "consult");
}

/* What its answer means for the ACD and its own clock. */
static void answered(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *target = call->target;

	jf_loop_timer_cancel(&call->timer);
	if (target->joined_ns)
		return;
	target->joined_ns = now_ns;
	if (by_queue(target))
		(void)jf_acd_offer_answered(call->calls->acd, target->entry, target->agent_ref,
		                            now_ns);
	else if (target->agent_ref.index != JF_ACD_NONE)
		(void)jf_acd_agent_does(call->calls->acd, target->agent_ref, JF_ACD_TALKS, now_ns);
}

void jf_call_target_joined(struct jf_call *call, uint64_t now_ns)
{
	answered(call, now_ns);
	jf_call_line_answer(call, now_ns);
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s consults %s", call->agent->name,
	       call->target->name);
	jf_call_publish(call, "call.consulting", who(call->target));
}

/* The caller's place in the ACD is the target's from now on. */
static void acd_take_over(struct jf_call *call, struct jf_call_party *target, uint64_t now_ns)
{
	struct jf_acd *acd = call->calls->acd;

	if (call->in_acd && call->agent_lost)
		(void)jf_acd_passed_on(acd, call->entry, true, now_ns);
	else if (!call->in_acd && call->agent_lost)
		(void)jf_acd_agent_lost(acd, call->agent->agent_ref, now_ns);
	else if (!call->in_acd)
		(void)jf_acd_agent_release(acd, call->agent->agent_ref, now_ns);
	if (by_queue(target)) {
		/* Answered in its own right: the place is the one that it had there. */
		if (call->in_acd) {
			(void)jf_acd_passed_on(acd, call->entry, false, now_ns);
			(void)jf_acd_end(acd, call->entry, now_ns);
		}
		call->entry = target->entry;
		call->in_acd = true;
		snprintf(call->queue_name, sizeof(call->queue_name), "%s", target->queue);
	} else if (call->in_acd && target->agent_ref.index != JF_ACD_NONE) {
		(void)jf_acd_taken_over(acd, call->entry, target->agent_ref, now_ns);
	} else if (call->in_acd) { /* to somebody outside: the caller is the ACD's no more */
		(void)jf_acd_passed_on(acd, call->entry, false, now_ns);
		(void)jf_acd_end(acd, call->entry, now_ns);
		call->in_acd = false;
	}
	target->entry = jf_acd_nobody;
}

/* Whom an agent called has answered. Of a colleague it is the caller until it acts; somebody
 * outside is the caller, and it the agent who serves. */
static void own_begin(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *placer = &call->caller;

	if (call->agent->kind == JF_CALL_TO_OUTSIDE) {
		jf_call_turn(call, now_ns);
		placer = call->agent;
	} else {
		jf_call_segment_begin(call->agent, JF_CALL_CAME_COLLEAGUE, now_ns);
	}
	jf_call_segment_begin(placer, JF_CALL_CAME_PLACED, now_ns);
}

void jf_call_target_take_over(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *former = call->agent, *target = call->target;
	bool first = !former->name[0]; /* nobody had it before: an agent's own call, or a flow's */
	bool own = first && call->placed_by[0];
	json_t *told = json_pack("{s:s, s:s, s:s}", "from", former->name, "to", target->name, "how",
	                         target->blind             ? "blind"
	                         : target->segment.from_ns ? "conference"
	                                                   : "consult");

	answered(call, now_ns);
	jf_call_caller_answer(call, now_ns);
	jf_call_line_close(call, 0);
	jf_call_attempt_note(target, now_ns);
	target->joined_ns = now_ns; /* with the caller */
	jf_call_segment_end(former, call->agent_lost ? "vanished" : "transferred", now_ns);
	acd_take_over(call, target, now_ns);
	call->agent = target;
	call->target = NULL;
	if (own)
		own_begin(call, now_ns);
	else
		jf_call_segment_begin(target, JF_CALL_CAME_TRANSFER, now_ns);
	if (first)
		call->agent->joined_ns = 0; /* with the join that follows */
	jf_call_media_close(former);
	jf_call_party_free(former);
	if (own) {
		json_decref(told);
		return;
	}
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "transferred to %s", target->name);
	jf_call_publish(call, "call.transferred", told);
}

/* ---- No longer --------------------------------------------------------------------------------
 */

void jf_call_target_hang_up(struct jf_call *call)
{
	struct jf_call_party *target = call->target;

	if (!target)
		return;
	jf_call_asked_end(call, false, jf_loop_now_ns());
	target->withdrawn = !target->joined_ns && target->leg;
	if (target->joined_ns)
		jf_call_leg_end(target, 0, NULL);
	else
		jf_call_leg_cancel(target, JF_CALL_CANCEL_GIVEN_UP);
}

enum jf_call_event jf_call_target_failed(struct jf_call *call)
{
	const struct jf_call_party *target = call->target;

	if (call->state == JF_CALL_CALLING && !by_queue(target) && target->code >= 400)
		jf_call_end_refuse(call, "not reached", target->code, target->why);
	else if (call->state == JF_CALL_CALLING && !by_queue(target))
		jf_call_end_refuse(call, "not reached", 480,
		                   target->why ? target->why : JF_SIP_WHY_NOT_REACHED);
	if (call->state == JF_CALL_FORWARDING && call->flow)
		return JF_CALL_EVENT_FLOW;
	return by_queue(call->target) ? JF_CALL_EVENT_TARGET_REFUSED : JF_CALL_EVENT_TARGET_FAILED;
}

void jf_call_target_timed_out(struct jf_call *call)
{
	jf_call_asked_end(call, true, jf_loop_now_ns());
	jf_call_leg_cancel(call->target, JF_CALL_CANCEL_RONA);
	call->target->outcome = JF_ACD_OUTCOME_RONA;
	call->target->why = JF_SIP_WHY_NO_ANSWER;
	jf_call_event(call, jf_call_target_failed(call));
}

/* One agent of the queue did not answer: the ACD has been asked for the next. */
void jf_call_target_refused(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *target = call->target;

	jf_loop_timer_cancel(&call->timer);
	jf_call_attempt_note(target, now_ns);
	target->agent_ref = jf_acd_nobody;
	target->name[0] = '\0';
	jf_call_row_store(call); /* nobody rings any more */
	(void)jf_acd_refused(call->calls->acd, target->entry, target->outcome, now_ns);
}

static void acd_drop(struct jf_call *call, bool blame, uint64_t now_ns)
{
	struct jf_call_party *target = call->target;
	struct jf_acd *acd = call->calls->acd;

	if (by_queue(target)) {
		if (target->joined_ns && blame)
			(void)jf_acd_passed_on(acd, target->entry, true, now_ns);
		if (target->joined_ns)
			(void)jf_acd_end(acd, target->entry, now_ns);
		else
			(void)jf_acd_leave(acd, target->entry, false, now_ns);
	} else if (target->agent_ref.index != JF_ACD_NONE) {
		if (!blame)
			(void)jf_acd_agent_release(acd, target->agent_ref, now_ns);
		else if (target->joined_ns)
			(void)jf_acd_agent_lost(acd, target->agent_ref, now_ns);
		else
			(void)jf_acd_agent_refused(acd, target->agent_ref, target->outcome, now_ns);
	}
}

void jf_call_target_drop(struct jf_call *call, bool blame, uint64_t now_ns)
{
	struct jf_call_party *target = call->target;

	if (!target)
		return;
	jf_loop_timer_cancel(&call->timer);
	if (call->state == JF_CALL_CLOSING)
		jf_call_end_refuse(call, "not reached", 480, JF_SIP_WHY_NOT_REACHED);
	jf_call_line_close(call, target->code);
	if (target->name[0])
		jf_call_attempt_note(target, now_ns);
	jf_call_segment_end(target, blame ? "vanished" : "left", now_ns);
	acd_drop(call, blame, now_ns);
	jf_call_publish(call, target->joined_ns ? "call.target_left" : "call.target_failed",
	                who(target));
	jf_call_media_close(target);
	call->target = NULL;
	jf_call_party_free(target);
}
