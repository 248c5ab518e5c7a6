// SPDX-License-Identifier: BSD-3-Clause
/* A leg's life: making, finding, and carrying out what its machine says. */
#include "jf_leg.h"

#include <errno.h>
#include <string.h>

#include "jf_log.h"
#include "jf_leg_priv.h"

static void destructor(void *arg)
{
	struct jf_leg *leg = arg;

	hash_unlink(&leg->he);
	leg->sip->stats.legs--;
	tmr_cancel(&leg->end_timer);
	tmr_cancel(&leg->reinvite_timer);
	jf_leg_resend_stop(&leg->success);
	leg->setup = mem_deref(leg->setup);
	jf_leg_requests_drop(leg);
	jf_leg_timer_stop(leg);
	jf_leg_update_drop(leg);
	jf_leg_reference_drop(leg);
	leg->prover = mem_deref(leg->prover);
	mem_deref(leg->proof);
	jf_leg_invite_release(leg);
	mem_deref(leg->transaction);
	jf_leg_deal_drop(leg);
	jf_dialog_close(&leg->dialog);
}

struct jf_leg *jf_leg_make(struct jf_sip *sip, uint64_t id)
{
	struct jf_leg *leg = mem_zalloc(sizeof(*leg), destructor);

	if (!leg)
		return NULL;
	leg->sip = sip;
	hash_append(sip->legs, (uint32_t)id, &leg->he, leg);
	sip->stats.legs++;
	leg->session_min_s = sip->session_min_s;
	if (jf_dialog_init(&leg->dialog) || !jf_leg_deal_open(leg))
		return mem_deref(leg);
	leg->dialog.id = id;
	return leg;
}

static void setup_destructor(void *arg)
{
	struct jf_leg_setup *setup = arg;

	tmr_cancel(&setup->first_timer);
	tmr_cancel(&setup->ring_timer);
	for (unsigned i = 0; i < setup->branch_count; i++)
		mem_deref(setup->branches[i]);
	mem_deref(setup->from_name);
	mem_deref(setup->headers);
	mem_deref(setup->routes);
	mem_deref(setup->pending);
	jf_leg_resend_stop(&setup->provisional);
}

struct jf_leg_setup *jf_leg_setup_make(struct jf_leg *leg)
{
	leg->setup = mem_zalloc(sizeof(*leg->setup), setup_destructor);
	return leg->setup;
}

static bool same_id(struct le *le, void *arg)
{
	const struct jf_leg *leg = le->data;

	return leg->dialog.id == *(uint64_t *)arg;
}

struct jf_leg *jf_leg_lookup(const struct jf_sip *sip, uint64_t id)
{
	return list_ledata(hash_lookup(sip->legs, (uint32_t)id, same_id, &id));
}

struct jf_leg *jf_leg_find(const struct jf_sip *sip, uint64_t id)
{
	struct jf_leg *leg = jf_leg_lookup(sip, id);

	return leg && !leg->detached ? leg : NULL;
}

struct jf_leg *jf_leg_match(const struct jf_sip *sip, const struct pl *local_tag,
                            const struct pl *call_id)
{
	struct jf_leg *leg;

	if (local_tag->l != 16)
		return NULL;
	leg = jf_leg_lookup(sip, pl_x64(local_tag));
	return leg && !pl_strcmp(call_id, leg->dialog.sip_call_id) ? leg : NULL;
}

/* With the request the library would send a CANCEL: but the next process goes on with it. */
static bool let_ring(struct le *le, void *arg)
{
	struct jf_leg *leg = le->data;
	struct jf_sip *sip = arg;

	sip->transports->mute =
	        leg->setup && leg->setup->pending &&
	        (leg->phase == JF_LEG_AT_OUT_CALLING || leg->phase == JF_LEG_AT_OUT_PROCEEDING);
	if (sip->transports->mute)
		leg->invite_request = mem_deref(leg->invite_request);
	sip->transports->mute = false;
	return false;
}

void jf_legs_flush(struct jf_sip *sip)
{
	if (sip->transports) {
		(void)hash_apply(sip->legs, let_ring, sip);
		sip->transports->cancel = NULL; /* it looks for legs */
	}
	hash_flush(sip->legs);
}

/* --- telling the owner --- */

void jf_leg_tell(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
                 const struct jf_media_desc *media)
{
	struct jf_leg_event event = {.type = type, .code = code, .media = media};

	if (type == JF_LEG_ENDED)
		event.end = leg->end;
	jf_leg_tell_event(leg, &event);
}

void jf_leg_tell_event(struct jf_leg *leg, const struct jf_leg_event *event)
{
	if (leg->detached)
		return;
	leg->telling++; /* what it is told of stays until it returns */
	leg->sip->handler->leg_event(leg, event, leg->sip->arg);
	leg->telling--;
	jf_leg_deal_rest(leg);
}

/* The owner is told as soon as the fate is sealed; a BYE, or the ACK that it must wait for, may go
 * on without him. */
static void tell_ended(void *arg)
{
	struct jf_leg *leg = arg;

	jf_leg_tell(leg, JF_LEG_ENDED, leg->end_code, NULL);
	leg->detached = true;
	if (leg->phase == JF_LEG_AT_ENDED)
		mem_deref(leg);
}

/* Nothing goes on any more but the last event, from the loop. */
static void finish(struct jf_leg *leg)
{
	char text[256];

	jf_leg_resend_stop(&leg->success);
	jf_leg_requests_drop(leg);
	jf_leg_update_drop(leg);
	jf_leg_reference_drop(leg);
	jf_leg_invite_release(leg);
	leg->setup = mem_deref(leg->setup);
	tmr_cancel(&leg->reinvite_timer);
	jf_log(JF_LOG_SIP, JF_LOG_INFO, leg->has_call_id ? &leg->call_id : NULL, "%s",
	       jf_leg_dump(leg, text, sizeof(text)));
	tmr_start(&leg->end_timer, 0, tell_ended, leg);
}

/* --- the machine --- */

static uint16_t end_code(enum jf_leg_end end, const struct jf_leg_context *context)
{
	if (context && context->code)
		return context->code;
	switch (end) {
	case JF_LEG_END_TIMEOUT:
	case JF_LEG_END_NO_ACK:
		return 408;
	case JF_LEG_END_TRANSPORT:
		return 503;
	case JF_LEG_END_GONE:
		return 481;
	case JF_LEG_END_BAD_ANSWER:
		return 488;
	case JF_LEG_END_CANCELLED_BY_PEER:
	case JF_LEG_END_CANCELLED_BY_US:
		return 487;
	default:
		return 200;
	}
}

static int do_replies(struct jf_leg *leg, uint32_t actions, const struct jf_leg_context *context)
{
	struct sip *stack = leg->sip->stack;
	const struct sip_msg *msg = context ? context->msg : NULL;
	int err = 0;

	if (actions & JF_LEG_DO_STOP_2XX)
		jf_leg_resend_stop(&leg->success);
	if (actions & JF_LEG_DO_REPLY_BYE)
		(void)sip_treply(NULL, stack, msg, 200, "OK");
	if (actions & JF_LEG_DO_REPLY_180)
		err = jf_leg_provide(leg, 180, false);
	if (actions & JF_LEG_DO_REPLY_183)
		err = jf_leg_provide(leg, 183, true);
	if (actions & JF_LEG_DO_REPLY_2XX)
		err = jf_leg_reply_success(leg);
	if (actions & JF_LEG_DO_REPLY_REJECT)
		err = jf_leg_reply(leg, context->code);
	if (actions & JF_LEG_DO_REPLY_487)
		(void)jf_leg_reply(leg, 487);
	if (actions & JF_LEG_DO_REPLY_491) {
		jf_sip_why_note(JF_SIP_WHY_CROSSING);
		(void)sip_treply(NULL, stack, msg, 491, "Request Pending");
	}
	if (actions & JF_LEG_DO_REPLY_500)
		jf_leg_reply_retry(leg, msg);
	if (actions & JF_LEG_DO_REPLY_481) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)sip_treply(NULL, stack, msg, 481, "Call/Transaction Does Not Exist");
	}
	return err;
}

static void do_requests(struct jf_leg *leg, uint32_t actions, const struct jf_leg_context *context)
{
	if (actions & JF_LEG_DO_ACK)
		jf_leg_send_ack(leg, context->msg);
	if (actions & JF_LEG_DO_CANCEL)
		jf_leg_send_cancel(leg);
	if (actions & JF_LEG_DO_REINVITE)
		jf_leg_send_reinvite(leg);
	if (actions & JF_LEG_DO_REINVITE_LATER)
		jf_leg_send_reinvite_later(leg);
	if (actions & JF_LEG_DO_BYE)
		jf_leg_send_bye(leg);
}

static void do_tell(struct jf_leg *leg, uint32_t actions, const struct jf_leg_context *context)
{
	const struct jf_media_desc *media = context ? context->media : NULL;
	uint16_t code = context ? context->code : 0;

	if (actions & JF_LEG_TELL_PROVISIONAL)
		jf_leg_tell(leg, JF_LEG_PROVISIONAL, code, media);
	if (actions & JF_LEG_TELL_ANSWERED)
		jf_leg_tell(leg, JF_LEG_ANSWERED, code, media);
	if (actions & JF_LEG_TELL_CONFIRMED)
		jf_leg_tell(leg, JF_LEG_CONFIRMED, code, media);
	if (actions & JF_LEG_TELL_REOFFER)
		jf_leg_tell(leg, JF_LEG_REOFFER, code, media);
	if (actions & JF_LEG_TELL_REANSWER)
		jf_leg_tell(leg, JF_LEG_REANSWER, code, media);
	if (actions & JF_LEG_TELL_CHANGED)
		jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
}

int jf_leg_step(struct jf_leg *leg, enum jf_leg_input input, const struct jf_leg_context *context)
{
	struct jf_leg_step step;
	int err = jf_leg_fsm_step(leg->phase, input, &step);
	bool was_ended = leg->phase == JF_LEG_AT_ENDED;

	if (err)
		return err;
	leg->phase = step.next;
	if (step.end != JF_LEG_END_NONE) {
		leg->end = step.end;
		leg->end_code = end_code(step.end, context);
	}
	if (step.next == JF_LEG_AT_IN_ENDING || step.next >= JF_LEG_AT_ENDING) {
		jf_leg_timer_stop(leg);
		jf_leg_prack_stop(leg);
	}
	err = do_replies(leg, step.actions, context);
	do_requests(leg, step.actions, context);
	if (step.next == JF_LEG_AT_ENDED) {
		if (!was_ended)
			finish(leg);
		return 0;
	}
	if (step.next >= JF_LEG_AT_ESTABLISHED)
		leg->setup = mem_deref(leg->setup);
	if (err)
		return jf_leg_step(leg, JF_LEG_ON_UNSENT, NULL) ? err : 0;
	if ((step.next == JF_LEG_AT_ENDING || step.next == JF_LEG_AT_IN_ENDING ||
	     (step.actions & JF_LEG_TELL_ENDED)) &&
	    !leg->detached)
		tmr_start(&leg->end_timer, 0, tell_ended, leg);
	do_tell(leg, step.actions, context);
	jf_leg_deal_rest(leg);
	return 0;
}
