// SPDX-License-Identifier: BSD-3-Clause
/* A leg's life: making, finding, storing, and carrying out what its machine says. */
#include "jf_leg.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jf_log.h"
#include "jf_sip_priv.h"

/* Requests sent between the last export and a crash must not be numbered again. */
#define CSEQ_LEAP 1000000

static void destructor(void *arg)
{
	struct jf_leg *leg = arg;

	hash_unlink(&leg->he);
	leg->sip->stats.legs--;
	tmr_cancel(&leg->end_timer);
	tmr_cancel(&leg->reinvite_timer);
	jf_leg_success_stop(leg);
	jf_leg_requests_drop(leg);
	jf_leg_invite_release(leg);
	mem_deref(leg->transaction);
	/* Keys of SRTP in what was described. */
	explicit_bzero(&leg->dialog, sizeof(leg->dialog));
	explicit_bzero(&leg->offer, sizeof(leg->offer));
	explicit_bzero(&leg->reoffer, sizeof(leg->reoffer));
}

struct jf_leg *jf_leg_make(struct jf_sip *sip, uint64_t id)
{
	struct jf_leg *leg = mem_zalloc(sizeof(*leg), destructor);

	if (!leg)
		return NULL;
	leg->sip = sip;
	hash_append(sip->legs, (uint32_t)id, &leg->he, leg);
	sip->stats.legs++;
	leg->dialog.id = id;
	return leg;
}

static bool same_id(struct le *le, void *arg)
{
	const struct jf_leg *leg = le->data;

	return leg->dialog.id == *(uint64_t *)arg;
}

static struct jf_leg *lookup(const struct jf_sip *sip, uint64_t id)
{
	return list_ledata(hash_lookup(sip->legs, (uint32_t)id, same_id, &id));
}

struct jf_leg *jf_leg_find(const struct jf_sip *sip, uint64_t id)
{
	struct jf_leg *leg = lookup(sip, id);

	return leg && !leg->detached ? leg : NULL;
}

struct jf_leg *jf_leg_match(const struct jf_sip *sip, const struct pl *local_tag,
                            const struct pl *call_id)
{
	struct jf_leg *leg;

	if (local_tag->l != 16)
		return NULL;
	leg = lookup(sip, pl_x64(local_tag));
	return leg && !pl_strcmp(call_id, leg->dialog.sip_call_id) ? leg : NULL;
}

void jf_legs_flush(struct jf_sip *sip)
{
	hash_flush(sip->legs);
}

/* --- telling the owner --- */

void jf_leg_tell(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
                 const struct jf_media_desc *media)
{
	struct jf_leg_event event = {.type = type, .code = code, .media = media};

	if (type == JF_LEG_ENDED)
		event.end = leg->end;
	if (!leg->detached)
		leg->sip->handler->leg_event(leg, &event, leg->sip->arg);
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

	jf_leg_success_stop(leg);
	jf_leg_requests_drop(leg);
	jf_leg_invite_release(leg);
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
		jf_leg_success_stop(leg);
	if (actions & JF_LEG_DO_REPLY_BYE)
		(void)sip_treply(NULL, stack, msg, 200, "OK");
	if (actions & JF_LEG_DO_REPLY_180)
		err = jf_leg_reply(leg, 180);
	if (actions & JF_LEG_DO_REPLY_2XX)
		err = jf_leg_reply_success(leg);
	if (actions & JF_LEG_DO_REPLY_REJECT)
		err = jf_leg_reply(leg, context->code);
	if (actions & JF_LEG_DO_REPLY_487)
		(void)jf_leg_reply(leg, 487);
	if (actions & JF_LEG_DO_REPLY_491)
		(void)sip_treply(NULL, stack, msg, 491, "Request Pending");
	if (actions & JF_LEG_DO_REPLY_500)
		(void)sip_treplyf(NULL, NULL, stack, msg, false, 500, "Server Internal Error",
		                  "Retry-After: %u\r\n" JF_SIP_EMPTY, rand_u16() % 11);
	if (actions & JF_LEG_DO_REPLY_481)
		(void)sip_treply(NULL, stack, msg, 481, "Call/Transaction Does Not Exist");
	return err;
}

static void do_requests(struct jf_leg *leg, uint32_t actions, const struct jf_leg_context *context)
{
	if (actions & JF_LEG_DO_ACK)
		jf_leg_send_ack(leg, context->msg);
	if (actions & JF_LEG_DO_CANCEL)
		sip_request_cancel(leg->invite_request);
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
		jf_leg_tell(leg, JF_LEG_PROVISIONAL, code, NULL);
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
	err = do_replies(leg, step.actions, context);
	do_requests(leg, step.actions, context);
	if (step.next == JF_LEG_AT_ENDED) {
		if (!was_ended)
			finish(leg);
		return 0;
	}
	if (err)
		return jf_leg_step(leg, JF_LEG_ON_UNSENT, NULL) ? err : 0;
	if ((step.next == JF_LEG_AT_ENDING || step.next == JF_LEG_AT_IN_ENDING) && !leg->detached)
		tmr_start(&leg->end_timer, 0, tell_ended, leg);
	do_tell(leg, step.actions, context);
	return 0;
}

/* --- the owner's side --- */

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
	        [JF_LEG_CONFIRMED] = "confirmed",
	        [JF_LEG_REOFFER] = "reoffer",
	        [JF_LEG_REANSWER] = "reanswer",
	        [JF_LEG_DIGIT] = "digit",
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

static bool legs_media_usable(const struct jf_media_desc *local)
{
	return (local->family == 4 || local->family == 6) && jf_sdp_has_address(local) &&
	       local->rtp_port && local->codec_count && local->codec_count <= JF_SDP_CODECS;
}

/* The codec that is to be answered must be one of the offer's. */
static bool fits_offer(const struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (!legs_media_usable(local))
		return false;
	if (!leg->has_offer)
		return true;
	return jf_sdp_codec_find(&leg->offer, local, 0) >= 0;
}

int jf_leg_answer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (leg->phase != JF_LEG_AT_IN_TRYING && leg->phase != JF_LEG_AT_IN_RINGING)
		return -EPROTO;
	if (!fits_offer(leg, local))
		return -EINVAL;
	leg->dialog.local_media = *local;
	return jf_leg_step(leg, JF_LEG_ON_ANSWER, NULL);
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
	if (leg->phase != JF_LEG_AT_REOFFERED)
		return -EPROTO;
	if (!fits_offer(leg, local))
		return -EINVAL;
	leg->dialog.local_media = *local;
	return jf_leg_step(leg, JF_LEG_ON_ACCEPT, NULL);
}

int jf_leg_refuse(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers)
{
	struct jf_leg_context context = {.code = code ? code : 488};

	leg->reject_reason = reason;
	leg->reject_headers = headers;
	return jf_leg_step(leg, JF_LEG_ON_REFUSE, &context);
}

int jf_leg_reoffer(struct jf_leg *leg, const struct jf_media_desc *local)
{
	if (!legs_media_usable(local))
		return -EINVAL;
	if (tmr_isrunning(&leg->reinvite_timer)) {
		leg->reoffer = *local; /* the one that waits is replaced */
		return 0;
	}
	if (leg->phase == JF_LEG_AT_REOFFERED || leg->phase == JF_LEG_AT_REANSWERED ||
	    leg->phase == JF_LEG_AT_REOFFERING)
		return -EBUSY;
	leg->reoffer = *local;
	return jf_leg_step(leg, JF_LEG_ON_REOFFER, NULL);
}

/* --- outgoing --- */

int jf_leg_create(struct jf_sip *sip, const struct jf_leg_target *target,
                  const struct jf_media_desc *local, void *user, struct jf_leg **ret_leg)
{
	char from_user[JF_SIP_NAME_MAX], from_name[JF_SIP_NAME_MAX], to_user[JF_SIP_NAME_MAX];
	struct pl uri_text;
	struct uri uri;
	struct jf_leg *leg;
	int err = 0;

	pl_set_str(&uri_text, target->uri);
	if (uri_decode(&uri, &uri_text) ||
	    !jf_sip_scheme_fits(&uri.scheme, jf_sip_transp(target->peer.transport)) ||
	    target->peer.family != 4 || !target->peer.port || !legs_media_usable(local))
		return -EINVAL;
	if (target->peer.transport > JF_SIP_TLS || !sip->port[target->peer.transport])
		return -EPROTONOSUPPORT;
	leg = jf_leg_make(sip, rand_u64() | 1);
	if (!leg)
		return -ENOMEM;
	leg->phase = JF_LEG_AT_OUT_CALLING;
	leg->user = user;
	leg->dialog.version = JF_LEG_STATE_VERSION;
	leg->dialog.peer = target->peer;
	leg->dialog.local_cseq = 1;
	leg->dialog.local_media = *local;
	leg->dialog.sdp.id = rand_u32() >> 1;
	jf_sip_user_make(target->from_user, from_user, sizeof(from_user));
	jf_sip_user_make(target->to_user, to_user, sizeof(to_user));
	jf_sip_display_make(target->from_name, from_name, sizeof(from_name));
	(void)re_snprintf(leg->dialog.sip_call_id, sizeof(leg->dialog.sip_call_id),
	                  "%016llx%016llx", rand_u64(), rand_u64());
	snprintf(leg->dialog.local_uri, sizeof(leg->dialog.local_uri), "sip:%s@%s", from_user,
	         sip->address);
	snprintf(leg->dialog.remote_uri, sizeof(leg->dialog.remote_uri), "sip:%s@%s", to_user,
	         sip->address);
	err = jf_sip_exact_copy(&uri_text, leg->dialog.remote_target,
	                        sizeof(leg->dialog.remote_target));
	if (!err)
		err = jf_leg_send_invite(leg, from_name, target->headers);
	if (err) {
		mem_deref(leg);
		return err;
	}
	*ret_leg = leg;
	return 0;
}

/* --- storing and restoring --- */

int jf_leg_export(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	switch (leg->phase) {
	case JF_LEG_AT_IN_ANSWERED:
	case JF_LEG_AT_ESTABLISHED:
	case JF_LEG_AT_REOFFERED:
	case JF_LEG_AT_REANSWERED:
	case JF_LEG_AT_REOFFERING:
		*ret_state = leg->dialog;
		return 0;
	default:
		return -EPROTO;
	}
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

int jf_leg_import(struct jf_sip *sip, const struct jf_leg_state *state, void *user,
                  struct jf_leg **ret_leg)
{
	struct jf_leg *leg;

	if (state->version != JF_LEG_STATE_VERSION || !state->id || state->peer.family != 4 ||
	    !terminated(state->sip_call_id, sizeof(state->sip_call_id)) ||
	    !terminated(state->remote_tag, sizeof(state->remote_tag)) ||
	    !terminated(state->local_uri, sizeof(state->local_uri)) ||
	    !terminated(state->remote_uri, sizeof(state->remote_uri)) ||
	    !terminated(state->remote_target, sizeof(state->remote_target)) ||
	    !terminated(state->routes, sizeof(state->routes)) || !state->sip_call_id[0] ||
	    !state->remote_target[0] || state->sdp.media_count > JF_SDP_MEDIA_MAX)
		return -EINVAL;
	if (lookup(sip, state->id))
		return -EEXIST;
	leg = jf_leg_make(sip, state->id);
	if (!leg)
		return -ENOMEM;
	leg->phase = JF_LEG_AT_ESTABLISHED;
	leg->user = user;
	leg->dialog = *state;
	leg->dialog.local_cseq += CSEQ_LEAP;
	*ret_leg = leg;
	return 0;
}
