// SPDX-License-Identifier: BSD-3-Clause
/* The owner's side of a leg: what he may ask of it, and what he is told that it is. */
#include "jf_leg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jf_leg_priv.h"

void jf_leg_user_set(struct jf_leg *leg, void *user)
{
	leg->user = user;
}

void *jf_leg_user(const struct jf_leg *leg)
{
	return leg->user;
}

void jf_leg_call_id_set(struct jf_leg *leg, const struct jf_call_id *call_id)
{
	leg->call_id = *call_id;
	leg->has_call_id = true;
	jf_sip_trace_bind(leg->dialog.sip_call_id, call_id);
}

uint64_t jf_leg_id(const struct jf_leg *leg)
{
	return leg->dialog.id;
}

const char *jf_leg_state_name(const struct jf_leg *leg)
{
	return jf_leg_phase_name(leg->phase);
}

const struct jf_media_desc *jf_leg_remote_media(const struct jf_leg *leg)
{
	return leg->dialog.has_remote_media ? &leg->dialog.remote_media : NULL;
}

const char *jf_leg_end_name(enum jf_leg_end end)
{
	static const char *const names[] = {
	        [JF_LEG_END_NONE] = "none",
	        [JF_LEG_END_BYE_BY_PEER] = "hung up by peer",
	        [JF_LEG_END_BYE_BY_US] = "hung up by us",
	        [JF_LEG_END_CANCELLED_BY_PEER] = "cancelled by peer",
	        [JF_LEG_END_CANCELLED_BY_US] = "cancelled by us",
	        [JF_LEG_END_CROSSED] = "answer crossed our cancel",
	        [JF_LEG_END_REJECTED_BY_US] = "rejected by us",
	        [JF_LEG_END_REJECTED_BY_PEER] = "rejected by peer",
	        [JF_LEG_END_TIMEOUT] = "no response",
	        [JF_LEG_END_TRANSPORT] = "not sent",
	        [JF_LEG_END_NO_ACK] = "answer not acknowledged",
	        [JF_LEG_END_GONE] = "peer is gone",
	        [JF_LEG_END_BAD_ANSWER] = "answer cannot be used",
	};

	return (size_t)end < sizeof(names) / sizeof(*names) ? names[end] : "?";
}

const char *jf_leg_event_name(enum jf_leg_event_type type)
{
	static const char *const names[] = {
	        [JF_LEG_PROVISIONAL] = "provisional",
	        [JF_LEG_ANSWERED] = "answered",
	        [JF_LEG_REDIRECTED] = "redirected",
	        [JF_LEG_CONFIRMED] = "confirmed",
	        [JF_LEG_REOFFER] = "reoffer",
	        [JF_LEG_REANSWER] = "reanswer",
	        [JF_LEG_REFER] = "refer",
	        [JF_LEG_DIGIT] = "digit",
	        [JF_LEG_PICTURE] = "picture",
	        [JF_LEG_PING] = "ping",
	        [JF_LEG_CHANGED] = "changed",
	        [JF_LEG_ENDED] = "ended",
	};

	return (size_t)type < sizeof(names) / sizeof(*names) ? names[type] : "?";
}

const char *jf_leg_dump(const struct jf_leg *leg, char *ret_text, size_t size)
{
	char peer[JF_SIP_PEER_TEXT];

	snprintf(ret_text, size,
	         "leg %016" PRIx64 " %s %s %s, Call-ID %s, remote tag %s, target %s%s%s",
	         leg->dialog.id, leg->dialog.incoming ? "from" : "to",
	         jf_sip_peer_text(&leg->dialog.peer, peer), jf_leg_phase_name(leg->phase),
	         leg->dialog.sip_call_id, leg->dialog.remote_tag, leg->dialog.remote_target,
	         leg->end ? ", " : "", leg->end ? jf_leg_end_name(leg->end) : "");
	return ret_text;
}

void jf_leg_end(struct jf_leg *leg, uint16_t code, const char *reason)
{
	struct jf_leg_context context = {.code = code ? code : 480};

	leg->reject_reason = reason;
	leg->reject_headers = NULL;
	if (leg->setup) {
		leg->setup->cancel_code = code;
		leg->setup->cancel_reason = reason;
	}
	/* What is not answered yet is rejected with the code; other ends have codes of their own.
	 */
	if (leg->phase == JF_LEG_AT_IN_TRYING || leg->phase == JF_LEG_AT_IN_RINGING)
		(void)jf_leg_step(leg, JF_LEG_ON_END, &context);
	else
		(void)jf_leg_step(leg, JF_LEG_ON_END, NULL);
}

void jf_leg_detach(struct jf_leg *leg)
{
	leg->detached = true;
	leg->user = NULL;
}

int jf_leg_ring(struct jf_leg *leg)
{
	return jf_leg_step(leg, JF_LEG_ON_RING, NULL);
}

static bool fits_offer(const struct jf_leg *leg, const struct jf_media_desc *local);

int jf_leg_ring_early(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if ((leg->phase != JF_LEG_AT_IN_TRYING && leg->phase != JF_LEG_AT_IN_RINGING) ||
	    (!leg->has_offer && !leg->setup->peer_pracks))
		return -EPROTO;
	if (!fits_offer(leg, local))
		return -EINVAL;
	if (!leg->setup->described)
		leg->dialog.local_media = *local;
	return jf_leg_step(leg, JF_LEG_ON_RING_EARLY, NULL);
}

bool jf_leg_media_usable(const struct jf_media_desc *local)
{
	return (local->family == 4 || local->family == 6) && jf_sdp_has_address(local) &&
	       local->rtp_port && local->codec_count && local->codec_count <= JF_SDP_CODECS;
}

/* The codec that is to be answered must be one of the offer's. */
static bool fits_offer(const struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (!jf_leg_media_usable(local))
		return false;
	if (!leg->has_offer)
		return true;
	return jf_sdp_codec_find(&leg->deal->offer, local, 0) >= 0;
}

int jf_leg_answer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (leg->phase != JF_LEG_AT_IN_TRYING && leg->phase != JF_LEG_AT_IN_RINGING)
		return -EPROTO;
	if (!fits_offer(leg, local))
		return -EINVAL;
	if (!leg->setup->described)
		leg->dialog.local_media = *local;
	return jf_leg_prack_answer(leg);
}

int jf_leg_reject(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	struct jf_leg_context context = {.code = code};

	if (code < 300 || code > 699)
		return -EINVAL;
	leg->reject_reason = reason;
	leg->reject_headers = headers;
	return jf_leg_step(leg, JF_LEG_ON_REJECT, &context);
}

int jf_leg_accept(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (leg->phase != JF_LEG_AT_REOFFERED && !jf_leg_update_asked(leg))
		return -EPROTO;
	if (!fits_offer(leg, local))
		return -EINVAL;
	leg->dialog.local_media = *local;
	if (jf_leg_update_asked(leg))
		return jf_leg_update_accept(leg);
	return jf_leg_step(leg, JF_LEG_ON_ACCEPT, NULL);
}

int jf_leg_refuse(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	struct jf_leg_context context = {.code = code ? code : 488};

	leg->reject_reason = reason;
	leg->reject_headers = headers;
	if (jf_leg_update_asked(leg))
		return jf_leg_update_refuse(leg, context.code);
	return jf_leg_step(leg, JF_LEG_ON_REFUSE, &context);
}

int jf_leg_reoffer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (!jf_leg_media_usable(local))
		return -EINVAL;
	if (!jf_leg_deal_open(leg))
		return -ENOMEM;
	if (tmr_isrunning(&leg->reinvite_timer)) {
		leg->deal->reoffer = *local; /* the one that waits is replaced */
		return 0;
	}
	if (leg->phase == JF_LEG_AT_REOFFERED || leg->phase == JF_LEG_AT_REANSWERED ||
	    leg->phase == JF_LEG_AT_REOFFERING || leg->update)
		return -EBUSY;
	leg->deal->reoffer = *local;
	leg->refreshing = false;
	if (leg->phase == JF_LEG_AT_IN_RINGING || leg->phase == JF_LEG_AT_OUT_PROCEEDING)
		return jf_leg_update_offer(leg) ? -EPROTO : 0;
	return jf_leg_step(leg, JF_LEG_ON_REOFFER, NULL);
}
