// SPDX-License-Identifier: BSD-3-Clause
/*
 * Session timers (RFC 4028): a call whose peer has silently gone ends by itself. The interval and
 * who refreshes are agreed anew in each INVITE, re-INVITE and UPDATE. We refresh by UPDATE where
 * the peer allows it, else by a re-INVITE that changes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "jf_leg_priv.h"
#include "jf_loop.h"
#include "jf_sip_headers.h"
#include "jf_time.h"

#define SESSION_FLOOR_S 4  /* of whoever answers with less */
#define MARGIN_S        32 /* before the end, the call is given up (section 10) */
#define RETRY_MS        10000

static void step(struct jf_leg *leg, enum jf_leg_timer_input input, uint64_t retry_ms);

/* --- time --- */

static uint64_t left_ms(const struct jf_leg *leg)
{
	uint64_t past_ms =
	        jf_time_since(leg->dialog.session_since_ns, jf_loop_now_ns()) / JF_NS_PER_MS;
	uint64_t whole_ms = leg->dialog.session_s * 1000ull;

	return past_ms < whole_ms ? whole_ms - past_ms : 0;
}

static void on_timer(void *arg)
{
	struct jf_leg *leg = arg;

	if (leg->timer_phase == JF_LEG_TIMER_AT_OURS && left_ms(leg))
		step(leg, JF_LEG_TIMER_ON_DUE, 0);
	else
		step(leg, JF_LEG_TIMER_ON_EXPIRED, 0);
}

/* From the begin of the interval on: also for what a process before has agreed. */
static void start(struct jf_leg *leg)
{
	uint32_t margin_s = leg->dialog.session_s / 3;
	uint64_t before_end_ms = 0, left = left_ms(leg);

	if (margin_s > MARGIN_S)
		margin_s = MARGIN_S;
	if (leg->timer_phase == JF_LEG_TIMER_AT_OURS)
		before_end_ms = leg->dialog.session_s * 500ull;
	else if (leg->timer_phase == JF_LEG_TIMER_AT_THEIRS)
		before_end_ms = margin_s * 1000ull;
	tmr_start(&leg->session_timer, left > before_end_ms ? left - before_end_ms : 0, on_timer,
	          leg);
}

/* --- refreshing --- */

static void on_update_response(int err, const struct sip_msg *msg, void *arg)
{
	uint16_t code = err || !msg ? 408 : msg->scode;
	struct jf_leg *leg = arg;

	if (code < 200)
		return;
	if (code < 300) {
		jf_leg_timer_agreed(leg, msg);
	} else if (code == 408 || code == 481) {
		step(leg, JF_LEG_TIMER_ON_EXPIRED, 0);
	} else if (code == 422 && jf_leg_timer_raise(leg, msg)) {
		step(leg, JF_LEG_TIMER_ON_FAILED, 0);
	} else if (code == 405 || code == 501) {
		leg->dialog.peer_updates = 0;
		step(leg, JF_LEG_TIMER_ON_FAILED, 0);
	} else {
		step(leg, JF_LEG_TIMER_ON_FAILED, RETRY_MS);
	}
}

static void refresh(struct jf_leg *leg)
{
	char timer[JF_LEG_TIMER_TEXT];
	struct jf_dialog_request request = {
	        .method = "UPDATE",
	        .headers = jf_leg_timer_offer(leg, timer),
	        .with_contact = true,
	};

	if (leg->dialog.peer_updates) {
		request.cseq = ++leg->dialog.local_cseq;
		if (jf_leg_send(leg, &request, &leg->refresh_request, on_update_response))
			step(leg, JF_LEG_TIMER_ON_FAILED, RETRY_MS);
	} else if (jf_leg_reinvite_unchanged(leg)) {
		step(leg, JF_LEG_TIMER_ON_FAILED, RETRY_MS); /* another offer is open */
	}
}

void jf_leg_timer_failed(struct jf_leg *leg)
{
	step(leg, JF_LEG_TIMER_ON_FAILED, RETRY_MS);
}

/* --- the machine --- */

static void step(struct jf_leg *leg, enum jf_leg_timer_input input, uint64_t retry_ms)
{
	struct jf_leg_context lapsed = {.code = 408};
	enum jf_leg_timer_phase next;
	uint32_t actions;

	if (jf_leg_timer_fsm_step(leg->timer_phase, input, &next, &actions))
		return;
	leg->timer_phase = next;
	if (actions & JF_LEG_TIMER_DO_STOP) {
		tmr_cancel(&leg->session_timer);
		leg->refresh_request = mem_deref(leg->refresh_request);
	}
	if (actions & JF_LEG_TIMER_DO_START)
		start(leg);
	if (actions & JF_LEG_TIMER_DO_RETRY)
		tmr_start(&leg->session_timer, retry_ms, on_timer, leg);
	if (actions & JF_LEG_TIMER_DO_REFRESH)
		refresh(leg);
	if (actions & JF_LEG_TIMER_DO_LAPSE)
		(void)jf_leg_step(leg, JF_LEG_ON_LAPSED, &lapsed);
}

void jf_leg_timer_stop(struct jf_leg *leg)
{
	step(leg, JF_LEG_TIMER_ON_STOP, 0);
}

static void agree(struct jf_leg *leg, uint32_t seconds, bool we_refresh)
{
	bool changes = leg->dialog.session_s || seconds;

	leg->dialog.session_s = seconds;
	leg->dialog.we_refresh = we_refresh;
	leg->dialog.session_since_ns = jf_loop_now_ns();
	jf_leg_timer_resume(leg);
	if (changes && leg->phase == JF_LEG_AT_ESTABLISHED)
		jf_leg_tell(leg, JF_LEG_CHANGED, 0, NULL);
}

void jf_leg_timer_resume(struct jf_leg *leg)
{
	step(leg,
	     !leg->dialog.session_s   ? JF_LEG_TIMER_ON_NONE
	     : leg->dialog.we_refresh ? JF_LEG_TIMER_ON_OURS
	                              : JF_LEG_TIMER_ON_THEIRS,
	     0);
}

/* --- headers --- */

static bool read_expires(const struct sip_msg *msg, enum sip_hdrid id,
                         struct jf_sip_session_expires *ret_expires)
{
	const struct sip_hdr *header = sip_msg_hdr(msg, id);

	if (!header && id == SIP_HDR_SESSION_EXPIRES)
		header = sip_msg_xhdr(msg, "x"); /* its short name */
	return header && !jf_sip_session_expires_parse(header->val.p, header->val.l, ret_expires);
}

const char *jf_leg_timer_offer(const struct jf_leg *leg, char ret_text[JF_LEG_TIMER_TEXT])
{
	uint32_t seconds = leg->dialog.session_s ? leg->dialog.session_s : leg->sip->session_s;
	char least[32] = "";

	if (seconds < leg->session_min_s)
		seconds = leg->session_min_s;
	if (leg->session_min_s > JF_LEG_SESSION_MIN_S)
		snprintf(least, sizeof(least), "Min-SE: %u\r\n", leg->session_min_s);
	snprintf(ret_text, JF_LEG_TIMER_TEXT, "Session-Expires: %u%s\r\n%s", seconds,
	         !leg->dialog.session_s   ? ""
	         : leg->dialog.we_refresh ? ";refresher=uac"
	                                  : ";refresher=uas",
	         least);
	return ret_text;
}

bool jf_leg_timer_raise(struct jf_leg *leg, const struct sip_msg *response)
{
	struct jf_sip_session_expires least;

	if (!read_expires(response, SIP_HDR_MIN_SE, &least) ||
	    least.seconds <= leg->session_min_s || least.seconds > UINT16_MAX)
		return false;
	leg->session_min_s = least.seconds;
	return true;
}

void jf_leg_timer_agreed(struct jf_leg *leg, const struct sip_msg *success)
{
	struct jf_sip_session_expires expires = {.seconds = 0};

	if (!read_expires(success, SIP_HDR_SESSION_EXPIRES, &expires))
		expires.seconds = 0;
	else if (expires.seconds < SESSION_FLOOR_S)
		expires.seconds = SESSION_FLOOR_S;
	agree(leg, expires.seconds, expires.refresher != JF_SIP_REFRESHER_UAS);
}

bool jf_leg_timer_refuse(struct jf_sip *sip, const struct sip_msg *request)
{
	struct jf_sip_session_expires expires;

	if (!read_expires(request, SIP_HDR_SESSION_EXPIRES, &expires) ||
	    expires.seconds >= sip->session_min_s ||
	    !sip_msg_hdr_has_value(request, SIP_HDR_SUPPORTED, "timer"))
		return false;
	jf_sip_why_note(JF_SIP_WHY_SESSION);
	(void)sip_treplyf(NULL, NULL, sip->stack, request, false, 422, jf_sip_reason(422),
	                  "Min-SE: %u\r\n" JF_SIP_EMPTY, sip->session_min_s);
	return true;
}

void jf_leg_timer_answer(struct jf_leg *leg, const struct sip_msg *request,
                         char ret_text[JF_LEG_TIMER_TEXT])
{
	bool can = sip_msg_hdr_has_value(request, SIP_HDR_SUPPORTED, "timer") ||
	           sip_msg_hdr_has_value(request, SIP_HDR_REQUIRE, "timer");
	struct jf_sip_session_expires expires = {.seconds = 0}, least;
	bool we_refresh = leg->dialog.session_s && leg->dialog.we_refresh;

	ret_text[0] = '\0';
	if (!read_expires(request, SIP_HDR_SESSION_EXPIRES, &expires)) {
		expires.seconds = can ? leg->sip->session_s : 0;
		if (can && read_expires(request, SIP_HDR_MIN_SE, &least) &&
		    least.seconds > expires.seconds)
			expires.seconds = least.seconds;
	} else {
		/* Of one that can't be told (section 9). */
		if (expires.seconds < leg->sip->session_min_s)
			expires.seconds = leg->sip->session_min_s;
		if (expires.refresher != JF_SIP_REFRESHER_NONE)
			we_refresh = expires.refresher == JF_SIP_REFRESHER_UAS;
	}
	we_refresh = we_refresh || !can;
	agree(leg, expires.seconds, we_refresh);
	if (expires.seconds)
		snprintf(ret_text, JF_LEG_TIMER_TEXT, "Session-Expires: %u;refresher=%s\r\n%s",
		         expires.seconds, we_refresh ? "uas" : "uac",
		         we_refresh ? "" : "Require: timer\r\n");
}
