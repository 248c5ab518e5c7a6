// SPDX-License-Identifier: BSD-3-Clause
/* Our requests in the dialog: re-INVITE, BYE, OPTIONS, and what comes back. */
#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"

/* --- re-INVITE --- */

static void on_reinvite_success(struct jf_leg *leg, const struct sip_msg *msg)
{
	struct jf_leg_context context = {.msg = msg, .code = msg->scode};
	struct pl body = jf_sip_body(msg);
	struct jf_sdp_refusal refusal;
	struct jf_media_desc answer;
	enum jf_leg_input input = JF_LEG_ON_RE_SUCCESS;

	(void)jf_dialog_target(msg, &leg->dialog);
	jf_dialog_capabilities(msg, &leg->dialog);
	jf_leg_timer_agreed(leg, msg);
	if (jf_sip_is_sdp(msg) && !jf_sdp_read_answer(body.p, body.l, &leg->deal->session,
	                                              &leg->deal->reoffer, &answer, &refusal)) {
		if (leg->refreshing &&
		    memcmp(&leg->dialog.remote_media, &answer, sizeof(answer)) == 0)
			input = JF_LEG_ON_RE_REFRESHED;
		leg->dialog.local_media = leg->deal->reoffer;
		leg->dialog.remote_media = answer;
		leg->dialog.has_remote_media = 1;
		context.media = &leg->dialog.remote_media;
	} else {
		context.code = 488;
	}
	(void)jf_leg_step(leg, input, &context);
}

static void not_refreshed(struct jf_leg *leg)
{
	(void)jf_leg_step(leg, JF_LEG_ON_RE_NOT_REFRESHED, NULL);
	jf_leg_timer_failed(leg);
}

static void on_reinvite_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_leg *leg = arg;
	struct jf_leg_context context = {.msg = msg};

	if (msg && msg->scode < 200)
		return;
	context.code = err || !msg ? (err == ETIMEDOUT ? 408 : 503) : msg->scode;
	if (context.code < 300)
		on_reinvite_success(leg, msg);
	else if (context.code == 491 || (context.code == 422 && jf_leg_timer_raise(leg, msg)))
		(void)jf_leg_step(leg, JF_LEG_ON_RE_GLARE, &context);
	else if (context.code == 481)
		(void)jf_leg_step(leg, JF_LEG_ON_GONE, &context);
	else if (context.code == 408) /* it may be there after all: BYE (12.2.1.2) */
		(void)jf_leg_step(leg, JF_LEG_ON_LAPSED, &context);
	else if (leg->refreshing)
		not_refreshed(leg);
	else
		(void)jf_leg_step(leg, JF_LEG_ON_RE_FAILURE, &context);
}

static void reinvite_unsent(void *arg)
{
	struct jf_leg_context context = {.code = 503};
	struct jf_leg *leg = arg;

	if (leg->refreshing)
		not_refreshed(leg);
	else
		(void)jf_leg_step(leg, JF_LEG_ON_RE_FAILURE, &context);
}

void jf_leg_send_reinvite(struct jf_leg *leg)
{
	char sdp[JF_SDP_TEXT_MAX], timer[JF_LEG_TIMER_TEXT];
	struct jf_dialog_request request = {
	        .method = "INVITE",
	        .cseq = ++leg->dialog.local_cseq,
	        .headers = jf_leg_timer_offer(leg, timer),
	        .body = sdp,
	        .body_type = "application/sdp",
	        .with_contact = true,
	};
	int n;

	/* What is said again is of the same version (RFC 3264 section 8). */
	if (leg->refreshing && leg->deal->session.version && !leg->dialog.remote_media.hold)
		leg->deal->session.version--;
	n = jf_sdp_write_offer(&leg->deal->session, &leg->deal->reoffer, sdp, sizeof(sdp));
	if (n < 0 || jf_leg_send(leg, &request, &leg->invite_request, on_reinvite_response))
		tmr_start(&leg->reinvite_timer, 0, reinvite_unsent, leg);
}

int jf_leg_reinvite_unchanged(struct jf_leg *leg)
{
	if (leg->phase != JF_LEG_AT_ESTABLISHED || leg->update ||
	    tmr_isrunning(&leg->reinvite_timer))
		return -EBUSY;
	if (!jf_leg_deal_open(leg))
		return -EBUSY;
	leg->deal->reoffer = leg->dialog.local_media;
	leg->refreshing = true;
	return jf_leg_step(leg, JF_LEG_ON_REOFFER, NULL);
}

static void reinvite_again(void *arg)
{
	struct jf_leg *leg = arg;

	/* UPDATE where the dialog is still early. */
	if (leg->phase < JF_LEG_AT_ESTABLISHED) {
		if (jf_leg_update_offer(leg) == -EBUSY)
			tmr_start(&leg->reinvite_timer, 1000, reinvite_again, leg);
		return;
	}
	if (jf_leg_step(leg, JF_LEG_ON_REOFFER, NULL) && leg->phase != JF_LEG_AT_ENDING)
		tmr_start(&leg->reinvite_timer, 1000, reinvite_again, leg);
}

/* The side that made the Call-ID waits 2.1 to 4 s, the other up to 2 s, in steps of 10 ms. */
void jf_leg_send_reinvite_later(struct jf_leg *leg)
{
	uint64_t pause_ms =
	        leg->dialog.incoming ? rand_u16() % 200 * 10u : 2100 + rand_u16() % 190 * 10u;

	tmr_start(&leg->reinvite_timer, pause_ms, reinvite_again, leg);
}

/* --- BYE --- */

static void on_bye_response(int err, const struct sip_msg *msg, void *arg)
{
	struct jf_leg *leg = arg;

	if (msg && msg->scode < 200)
		return;
	if (err && err != ETIMEDOUT && !leg->bye_again) {
		leg->bye_again = true;
		jf_leg_send_bye(leg);
		return;
	}
	(void)jf_leg_step(leg, JF_LEG_ON_BYE_DONE, NULL);
}

void jf_leg_send_bye(struct jf_leg *leg)
{
	struct jf_dialog_request request = {
	        .method = "BYE",
	        .cseq = ++leg->dialog.local_cseq,
	        .again = leg->bye_again,
	};
	int err = jf_leg_send(leg, &request, &leg->bye_request, on_bye_response);

	if (err && !leg->bye_again) {
		leg->bye_again = true;
		jf_leg_send_bye(leg);
	} else if (err) {
		(void)jf_leg_step(leg, JF_LEG_ON_BYE_DONE, NULL);
	}
}

/* --- OPTIONS as a ping --- */

static void ping_done(struct jf_leg *leg, uint16_t code)
{
	struct jf_leg_context context = {.code = code};

	tmr_cancel(&leg->ping_timer);
	if (code == 481)
		(void)jf_leg_step(leg, JF_LEG_ON_GONE, &context);
	else
		jf_leg_tell(leg, JF_LEG_PING, code, NULL);
}

static void on_ping_response(int err, const struct sip_msg *msg, void *arg)
{
	if (msg && msg->scode < 200)
		return;
	ping_done(arg, err || !msg ? 408 : msg->scode);
}

static void on_ping_timeout(void *arg)
{
	struct jf_leg *leg = arg;

	leg->ping_request = mem_deref(leg->ping_request);
	ping_done(leg, 408);
}

int jf_leg_ping(struct jf_leg *leg, unsigned timeout_ms)
{
	struct jf_dialog_request request = {
	        .method = "OPTIONS",
	        .headers = "Accept: application/sdp\r\n",
	};
	int err;

	if (leg->phase < JF_LEG_AT_ESTABLISHED || leg->phase > JF_LEG_AT_REOFFERING)
		return -EPROTO;
	if (leg->ping_request || tmr_isrunning(&leg->ping_timer))
		return -EBUSY;
	request.cseq = ++leg->dialog.local_cseq;
	err = jf_leg_send(leg, &request, &leg->ping_request, on_ping_response);
	if (!err)
		tmr_start(&leg->ping_timer, timeout_ms, on_ping_timeout, leg);
	return err;
}

void jf_leg_requests_drop(struct jf_leg *leg)
{
	tmr_cancel(&leg->ping_timer);
	leg->ping_request = mem_deref(leg->ping_request);
	leg->bye_request = mem_deref(leg->bye_request);
	leg->invite_request = mem_deref(leg->invite_request);
}
