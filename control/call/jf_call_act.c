// SPDX-License-Identifier: BSD-3-Clause
/* The actions of the call's machine, carried out in the order of their bits. */
#include <errno.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_acd_offer.h"
#include "jf_call_asked.h"

static void joined(struct jf_call *call, uint64_t now_ns)
{
	jf_loop_timer_cancel(&call->timer);
	jf_call_caller_answer(call, now_ns);
	if (!call->agent->joined_ns) {
		call->agent->joined_ns = now_ns;
		if (!call->first_joined_ns) {
			call->first_joined_ns = now_ns;
			call->calls->totals.answered++;
		}
		call->answered = true;
		call->at_head = false;
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "%s %s answered",
		       jf_call_party_word(call->agent), call->agent->name);
		jf_call_publish(call, "call.answered", NULL);
		if (call->task)
			jf_call_task_store(call->task);
	}
	jf_call_segment_begin(call->agent, JF_CALL_CAME_QUEUE, now_ns);
	jf_call_media_join(call);
}

/* The caller is an agent. */
static void caller_release(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *caller = &call->caller;
	struct jf_acd *acd = call->calls->acd;

	if (caller->entry.index != JF_ACD_NONE)
		(void)jf_acd_end(acd, caller->entry, now_ns);
	else if (caller->agent_ref.index != JF_ACD_NONE)
		(void)jf_acd_agent_release(acd, caller->agent_ref, now_ns);
	caller->entry = caller->agent_ref = jf_acd_nobody;
}

static void finish(struct jf_call *call, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;

	jf_loop_timer_cancel(&call->timer);
	jf_call_say_drop(&call->caller);
	jf_call_message_end(call);
	jf_call_survey_end(call);
	jf_call_segment_end(call->agent, "ended", now_ns);
	if (call->hold_since_ns)
		call->hold_ns += jf_time_since(call->hold_since_ns, now_ns);
	call->hold_since_ns = 0;
	call->ended_ns = now_ns;
	calls->totals.ended += !call->task;
	calls->totals.failed += !strcmp(jf_call_outcome(call), "failed");
	jf_call_segment_end(&call->caller, "ended", now_ns);
	call->agent->agent_ref = jf_acd_nobody;
	caller_release(call, now_ns);
	if (call->caller.leg) {
		jf_leg_detach(call->caller.leg);
		call->caller.leg = NULL;
	}
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "ended: %s", call->end_reason);
	jf_call_task_over(call, now_ns);
	jf_call_wait_for(call, jf_call_media_finish(call) ? JF_CALL_RECORD_MS : 0);
}

/* An agent in a call of no queue. */
static void act_on_agent(struct jf_call *call, uint64_t actions, uint64_t now_ns)
{
	if (actions & JF_CALL_DO_ACD_VANISHED)
		(void)jf_acd_agent_lost(call->calls->acd, call->agent->agent_ref, now_ns);
	if (actions & JF_CALL_DO_ACD_END)
		(void)jf_acd_agent_release(call->calls->acd, call->agent->agent_ref, now_ns);
	if (actions & JF_CALL_DO_ACD_VANISHED)
		call->agent->agent_ref = jf_acd_nobody;
}

static void act_on_acd(struct jf_call *call, uint64_t actions, uint64_t now_ns)
{
	struct jf_acd *acd = call->calls->acd;

	if (!call->in_acd) {
		act_on_agent(call, actions, now_ns);
		return;
	}
	if (actions & JF_CALL_DO_ACD_RINGS)
		jf_acd_offer_ringing(acd, call->entry, call->agent->agent_ref, now_ns);
	if (actions & JF_CALL_DO_ACD_ANSWERED)
		jf_acd_offer_answered(acd, call->entry, call->agent->agent_ref, now_ns);
	if (actions & JF_CALL_DO_ACD_REFUSED) {
		jf_call_callback_refused(call);
		call->agent->agent_ref = jf_acd_nobody;
		jf_acd_refused(acd, call->entry, call->agent->outcome, now_ns);
	}
	if (actions & JF_CALL_DO_ACD_VANISHED) {
		call->agent->agent_ref = jf_acd_nobody;
		call->at_head = true;
		jf_acd_vanished(acd, call->entry, now_ns);
	}
	if (actions & (JF_CALL_DO_ACD_ABANDONED | JF_CALL_DO_ACD_RELEASED)) {
		call->in_acd = false;
		/* The agent of a message that calls its caller back has answered already. */
		if (jf_acd_leave(acd, call->entry, actions & JF_CALL_DO_ACD_ABANDONED, now_ns) ==
		    -EPROTO)
			jf_acd_end(acd, call->entry, now_ns);
	}
	if (actions & (JF_CALL_DO_ACD_VOICEMAIL | JF_CALL_DO_ACD_CALLBACK)) {
		call->in_acd = false;
		call->left_queue_ns = now_ns;
		jf_acd_exit(acd, call->entry,
		            actions & JF_CALL_DO_ACD_CALLBACK ? JF_ACD_EXIT_CALLBACK
		                                              : JF_ACD_EXIT_VOICEMAIL,
		            now_ns);
	}
	if (actions & JF_CALL_DO_ACD_END) {
		call->in_acd = false;
		jf_acd_end(acd, call->entry, now_ns);
	}
}

static void act_on_legs(struct jf_call *call, uint64_t actions, uint64_t now_ns)
{
	if (actions & JF_CALL_DO_HANG_UP_CALLER) {
		/* Without a code nobody else has said no. */
		jf_sip_why_note(call->end_code ? call->end_why : JF_SIP_WHY_STATE);
		jf_call_leg_end(&call->caller, call->end_code, NULL);
		jf_sip_why_note(JF_SIP_WHY_NONE); /* it had an answer: nothing was refused */
	}
	if (actions & JF_CALL_DO_HANG_UP_AGENT)
		jf_call_leg_end(call->agent, 0, NULL);
	if (actions & JF_CALL_DO_CANCEL_AGENT) {
		bool rona = call->state == JF_CALL_QUEUED;

		jf_call_asked_end(call, rona, now_ns);
		jf_call_leg_cancel(call->agent,
		                   rona ? JF_CALL_CANCEL_RONA : JF_CALL_CANCEL_GIVEN_UP);
	}
	if (actions & JF_CALL_DO_HANG_UP_TARGET)
		jf_call_target_hang_up(call);
	if (actions & JF_CALL_DO_NOTE_ATTEMPT)
		jf_call_attempt_note(call->agent, now_ns);
}

/* Who is with the caller changes. */
static void act_on_hands(struct jf_call *call, uint64_t actions, uint64_t now_ns)
{
	if (actions & JF_CALL_DO_PASS_ON)
		jf_call_pass_on(call, now_ns);
	if (actions & JF_CALL_DO_PART) {
		jf_call_segment_end(call->agent, "vanished", now_ns);
		jf_call_media_part(call);
	}
	if (actions & JF_CALL_DO_DROP_TARGET)
		jf_call_target_drop(call, actions & JF_CALL_DO_BLAME_TARGET, now_ns);
	else if (actions & JF_CALL_DO_BLAME_TARGET)
		jf_call_target_refused(call, now_ns);
	if (actions & JF_CALL_DO_TAKE_OVER)
		jf_call_target_take_over(call, now_ns);
	if (actions & JF_CALL_DO_RETURN)
		jf_call_return(call, now_ns);
	if (actions & JF_CALL_DO_REQUEUE)
		jf_call_requeue(call, now_ns);
}

void jf_call_act(struct jf_call *call, uint64_t actions, uint64_t now_ns)
{
	jf_call_refer_tell(call, actions);
	act_on_legs(call, actions, now_ns);
	act_on_hands(call, actions, now_ns);
	if (actions & JF_CALL_DO_GREET)
		jf_call_media_greet(call);
	if (actions & JF_CALL_DO_FLOW)
		jf_call_flow_begin(call);
	if (actions & JF_CALL_DO_ENQUEUE)
		jf_call_enqueue(call, now_ns);
	if (actions & JF_CALL_DO_DIAL) {
		jf_call_wait_for(call, call->ring_timeout_ms);
		jf_call_dial(call->agent);
	}
	if (actions & JF_CALL_DO_DIAL_TARGET)
		jf_call_target_dial(call);
	if (actions & JF_CALL_DO_JOIN)
		joined(call, now_ns);
	if (actions & JF_CALL_DO_TARGET_JOINED)
		jf_call_target_joined(call, now_ns);
	if (actions & JF_CALL_DO_ACD_REFUSED) {
		jf_loop_timer_cancel(&call->timer);
		jf_call_row_store(call); /* nobody rings any more */
	}
	act_on_acd(call, actions, now_ns);
	if (actions & JF_CALL_DO_TARGET_RINGS)
		jf_call_target_rings(call, now_ns);
	if (actions & JF_CALL_DO_REACH)
		jf_call_callback_reach(call);
	if (actions & JF_CALL_DO_LISTEN)
		jf_call_listen_begin(call, now_ns);
	if (actions & JF_CALL_DO_VOICEMAIL)
		jf_call_message_begin(call);
	if (actions & JF_CALL_DO_SURVEY)
		jf_call_survey_ask(call, now_ns);
	if (actions & JF_CALL_DO_LAST_WORD)
		jf_call_wait_speak(call, "callback-taken", NULL);
	if (actions & JF_CALL_DO_FINISH)
		finish(call, now_ns);
	jf_call_wait_settle(call, now_ns);
	jf_call_settle(call, now_ns);
	if (actions & JF_CALL_DO_STORE)
		jf_call_row_store(call);
	if (actions & JF_CALL_DO_WRITE) {
		jf_loop_timer_cancel(&call->timer);
		jf_call_record_write(call);
	}
}
