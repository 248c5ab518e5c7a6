// SPDX-License-Identifier: BSD-3-Clause
/* UPDATE both ways (RFC 3311), and who of the two has an offer open. */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_leg_update_fsm.h"

/* Lives from an offer to its answer. */
struct jf_leg_update {
	enum jf_leg_update_phase phase;
	struct sip_strans *transaction; /* of the peer's request */
	const struct sip_msg *msg;
	struct sip_request *request; /* ours */
	uint16_t code;               /* of the response to it */
	const struct jf_media_desc *media;
};

static void destructor(void *arg)
{
	struct jf_leg_update *update = arg;

	mem_deref(update->request);
	mem_deref(update->transaction);
	mem_deref((void *)update->msg);
}

/* --- whose turn it is --- */

static enum jf_leg_offering before_answer(const struct jf_leg *leg)
{
	const struct jf_leg_setup *setup = leg->setup;

	if (leg->phase >= JF_LEG_AT_OUT_CALLING)
		return setup->current && setup->current->agreed ? JF_LEG_OFFER_NONE
		                                                : JF_LEG_OFFER_OURS;
	if (setup->agreed)
		return JF_LEG_OFFER_NONE;
	return leg->has_offer ? JF_LEG_OFFER_THEIRS : JF_LEG_OFFER_OURS;
}

enum jf_leg_offering jf_leg_offering(const struct jf_leg *leg)
{
	if (leg->update)
		return leg->update->phase == JF_LEG_UPDATE_AT_OFFERED ? JF_LEG_OFFER_OURS
		                                                      : JF_LEG_OFFER_THEIRS;
	switch (leg->phase) {
	case JF_LEG_AT_IN_ANSWERED:
	case JF_LEG_AT_IN_ENDING:
	case JF_LEG_AT_REANSWERED:
		return leg->we_offered ? JF_LEG_OFFER_OURS : JF_LEG_OFFER_NONE;
	case JF_LEG_AT_REOFFERED:
		return JF_LEG_OFFER_THEIRS;
	case JF_LEG_AT_REOFFERING:
		return JF_LEG_OFFER_OURS;
	default:
		return leg->setup ? before_answer(leg) : JF_LEG_OFFER_NONE;
	}
}

/* --- the machine --- */

static int send_update(struct jf_leg *leg);

static struct jf_leg_update *begin(struct jf_leg *leg)
{
	leg->update = mem_zalloc(sizeof(*leg->update), destructor);
	return leg->update;
}

static int answer(struct jf_leg *leg)
{
	struct jf_leg_update *update = leg->update;
	char sdp[JF_SDP_TEXT_MAX], contact[128], timer[JF_LEG_TIMER_TEXT] = "";
	struct jf_sdp_session session;
	int n = jf_leg_describe(leg, &session, sdp, sizeof(sdp));

	if (n < 0)
		return n;
	leg->deal->session = session;
	leg->dialog.remote_media = leg->deal->offer;
	leg->dialog.has_remote_media = 1;
	if (leg->setup && leg->setup->current)
		leg->setup->current->media = leg->deal->offer;
	(void)jf_dialog_target(update->msg, &leg->dialog);
	if (!pl_strcmp(&update->msg->met, "UPDATE"))
		jf_leg_timer_answer(leg, update->msg, timer);
	jf_sip_contact(leg->sip, &leg->dialog.peer, contact, sizeof(contact));
	n = sip_treplyf(&update->transaction, NULL, leg->sip->stack, update->msg, false, 200, "OK",
	                "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR
	                "%sContent-Type: application/sdp\r\nContent-Length: %u\r\n\r\n%s",
	                contact, timer, (unsigned)n, sdp);
	explicit_bzero(sdp, sizeof(sdp));
	return -n;
}

static void refuse(struct jf_leg *leg, uint16_t code)
{
	struct jf_leg_update *update = leg->update;

	(void)sip_treplyf(&update->transaction, NULL, leg->sip->stack, update->msg, false, code,
	                  leg->reject_reason ? leg->reject_reason : jf_sip_reason(code),
	                  "%s" JF_SIP_EMPTY, leg->reject_headers ? leg->reject_headers : "");
	leg->reject_reason = leg->reject_headers = NULL;
}

static int step(struct jf_leg *leg, enum jf_leg_update_input input, uint16_t code,
                const struct jf_media_desc *media)
{
	struct jf_leg_context gone = {.code = code};
	enum jf_leg_update_phase next;
	uint32_t actions;
	int err = -EPROTO;

	if (leg->update)
		err = jf_leg_update_fsm_step(leg->update->phase, input, &next, &actions);
	if (err)
		return err;
	leg->update->phase = next;
	if (actions & JF_LEG_UPDATE_DO_ANSWER)
		err = answer(leg);
	if (err) { /* what the owner accepted cannot be said */
		jf_sip_why_note(JF_SIP_WHY_OFFER);
		refuse(leg, 488);
	}
	if (actions & JF_LEG_UPDATE_DO_REFUSE)
		refuse(leg, code);
	if ((actions & JF_LEG_UPDATE_DO_SEND) && send_update(leg)) {
		next = JF_LEG_UPDATE_AT_IDLE;
		actions = JF_LEG_UPDATE_DO_LATER;
	}
	if (next == JF_LEG_UPDATE_AT_IDLE)
		leg->update = mem_deref(leg->update);
	if (actions & JF_LEG_UPDATE_DO_LATER)
		jf_leg_send_reinvite_later(leg);
	if (actions & JF_LEG_UPDATE_DO_GONE)
		(void)jf_leg_step(leg, code == 481 ? JF_LEG_ON_GONE : JF_LEG_ON_LAPSED, &gone);
	if (actions & JF_LEG_UPDATE_TELL_REOFFER)
		jf_leg_tell(leg, JF_LEG_REOFFER, 0, media);
	if (actions & JF_LEG_UPDATE_TELL_REANSWER)
		jf_leg_tell(leg, JF_LEG_REANSWER, code, media);
	if (input == JF_LEG_UPDATE_ON_SUCCESS || input == JF_LEG_UPDATE_ON_ACCEPT)
		jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
	jf_leg_deal_rest(leg);
	return err;
}

void jf_leg_update_drop(struct jf_leg *leg)
{
	if (leg->update && leg->update->phase == JF_LEG_UPDATE_AT_ASKED) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)step(leg, JF_LEG_UPDATE_ON_REFUSE, 481, NULL);
	}
	leg->update = mem_deref(leg->update);
}

/* --- the peer's --- */

void jf_leg_reply_retry(struct jf_leg *leg, const struct sip_msg *msg)
{
	jf_sip_why_note(JF_SIP_WHY_CROSSING);
	(void)sip_treplyf(NULL, NULL, leg->sip->stack, msg, false, 500, "Server Internal Error",
	                  "Retry-After: %u\r\n" JF_SIP_EMPTY, rand_u16() % 11);
}

/* What comes when an offer is open already (RFC 3311 5.2, RFC 3261 14.2). */
bool jf_leg_refuse_crossing(struct jf_leg *leg, const struct sip_msg *msg)
{
	enum jf_leg_offering open = jf_leg_offering(leg);

	if (open == JF_LEG_OFFER_OURS) {
		jf_sip_why_note(JF_SIP_WHY_CROSSING);
		(void)sip_treply(NULL, leg->sip->stack, msg, 491, "Request Pending");
	} else if (open == JF_LEG_OFFER_THEIRS) {
		jf_leg_reply_retry(leg, msg);
	}
	return open != JF_LEG_OFFER_NONE;
}

void jf_leg_serve_offer(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_sdp_refusal refusal;

	if (jf_leg_refuse_crossing(leg, msg))
		return;
	if (leg->detached) {
		jf_sip_why_note(JF_SIP_WHY_STATE);
		(void)sip_treply(NULL, leg->sip->stack, msg, 488, jf_sip_reason(488));
		return;
	}
	if (jf_leg_read_offer(leg, msg, &refusal)) {
		jf_leg_refuse_offer(leg->sip, msg, &refusal);
		return;
	}
	if (!begin(leg) ||
	    sip_strans_alloc(&leg->update->transaction, leg->sip->stack, msg, NULL, NULL)) {
		leg->update = mem_deref(leg->update);
		jf_sip_why_note(JF_SIP_WHY_INTERNAL);
		(void)sip_treply(NULL, leg->sip->stack, msg, 500, jf_sip_reason(500));
		return;
	}
	leg->update->msg = mem_ref((void *)msg);
	(void)step(leg, JF_LEG_UPDATE_ON_PEER_OFFER, 0, &leg->deal->offer);
}

void jf_leg_serve_update(struct jf_leg *leg, const struct sip_msg *msg)
{
	char contact[128], timer[JF_LEG_TIMER_TEXT];

	if (leg->phase >= JF_LEG_AT_ENDING) {
		jf_sip_why_note(JF_SIP_WHY_NO_DIALOG);
		(void)sip_treply(NULL, leg->sip->stack, msg, 481, jf_sip_reason(481));
		return;
	}
	if (jf_leg_timer_refuse(leg->sip, msg))
		return;
	if (jf_sip_body(msg).l) {
		jf_leg_serve_offer(leg, msg);
		return;
	}
	if (leg->update && leg->update->phase == JF_LEG_UPDATE_AT_ASKED) {
		jf_leg_reply_retry(leg, msg); /* one after the other */
		return;
	}
	(void)jf_dialog_target(msg, &leg->dialog);
	jf_leg_timer_answer(leg, msg, timer);
	jf_sip_contact(leg->sip, &leg->dialog.peer, contact, sizeof(contact));
	(void)sip_treplyf(NULL, NULL, leg->sip->stack, msg, false, 200, "OK",
	                  "Contact: <%s>\r\n" JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR
	                  "%s" JF_SIP_EMPTY,
	                  contact, timer);
}

bool jf_leg_update_asked(const struct jf_leg *leg)
{
	return leg->update && leg->update->phase == JF_LEG_UPDATE_AT_ASKED;
}

int jf_leg_update_accept(struct jf_leg *leg)
{
	return step(leg, JF_LEG_UPDATE_ON_ACCEPT, 0, NULL);
}

int jf_leg_update_refuse(struct jf_leg *leg, uint16_t code)
{
	return step(leg, JF_LEG_UPDATE_ON_REFUSE, code, NULL);
}

/* --- ours --- */

static void on_success(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct pl body = jf_sip_body(msg);
	struct jf_sdp_refusal refusal;
	struct jf_media_desc answered;

	(void)jf_dialog_target(msg, &leg->dialog);
	jf_leg_timer_agreed(leg, msg);
	if (!jf_sip_is_sdp(msg) || jf_sdp_read_answer(body.p, body.l, &leg->deal->session,
	                                              &leg->deal->reoffer, &answered, &refusal)) {
		(void)step(leg, JF_LEG_UPDATE_ON_FAILURE, 488, NULL);
		return;
	}
	leg->dialog.local_media = leg->deal->reoffer;
	leg->dialog.remote_media = answered;
	leg->dialog.has_remote_media = 1;
	if (leg->setup && leg->setup->current)
		leg->setup->current->media = answered;
	(void)step(leg, JF_LEG_UPDATE_ON_SUCCESS, msg->scode, &leg->dialog.remote_media);
}

static void on_response(int err, const struct sip_msg *msg, void *arg)
{
	uint16_t code = err || !msg ? (err == ETIMEDOUT ? 408 : 503) : msg->scode;
	struct jf_leg *leg = arg;

	if (code < 200)
		return;
	if (code < 300)
		on_success(leg, msg);
	else if (code == 491)
		(void)step(leg, JF_LEG_UPDATE_ON_GLARE, code, NULL);
	else if (code == 481 || code == 408)
		(void)step(leg, JF_LEG_UPDATE_ON_GONE, code, NULL);
	else
		(void)step(leg, JF_LEG_UPDATE_ON_FAILURE, code, NULL);
}

static int send_update(struct jf_leg *leg)
{
	char sdp[JF_SDP_TEXT_MAX], timer[JF_LEG_TIMER_TEXT];
	struct jf_dialog_request request = {
	        .method = "UPDATE",
	        .cseq = ++leg->dialog.local_cseq,
	        .headers = jf_leg_timer_offer(leg, timer),
	        .body = sdp,
	        .body_type = "application/sdp",
	        .with_contact = true,
	};
	int n = jf_sdp_write_offer(&leg->deal->session, &leg->deal->reoffer, sdp, sizeof(sdp));

	if (n >= 0)
		n = jf_leg_send(leg, &request, &leg->update->request, on_response);
	explicit_bzero(sdp, sizeof(sdp));
	return n;
}

int jf_leg_update_offer(struct jf_leg *leg)
{
	if (jf_leg_offering(leg) != JF_LEG_OFFER_NONE)
		return -EBUSY;
	if (!leg->dialog.peer_updates)
		return -EPROTO;
	if (!begin(leg))
		return -ENOMEM;
	return step(leg, JF_LEG_UPDATE_ON_OFFER, 0, NULL);
}
