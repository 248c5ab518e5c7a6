// SPDX-License-Identifier: BSD-3-Clause
/* A leg as plain data: stored, and taken up again by another process. */
#include "jf_leg.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "jf_leg_priv.h"

/* Requests sent between the last export and a crash must not be numbered again. */
#define CSEQ_LEAP 1000000

static void text_put(const char *from, char *ret_text, size_t size)
{
	snprintf(ret_text, size, "%s", from); /* none is longer than its field */
}

void jf_leg_state_put(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	const struct jf_sdp_session *session = jf_leg_deal_session(leg);
	const struct jf_dialog *d = &leg->dialog;

	memset(ret_state, 0, sizeof(*ret_state));
	ret_state->version = JF_LEG_STATE_VERSION;
	ret_state->incoming = d->incoming;
	ret_state->has_remote_media = d->has_remote_media;
	ret_state->peer_updates = d->peer_updates;
	ret_state->we_refresh = d->we_refresh;
	ret_state->by_contact = d->by_contact;
	ret_state->id = d->id;
	ret_state->peer = d->peer;
	ret_state->local_cseq = d->local_cseq;
	ret_state->remote_cseq = d->remote_cseq;
	text_put(d->sip_call_id, ret_state->sip_call_id, sizeof(ret_state->sip_call_id));
	text_put(d->remote_tag, ret_state->remote_tag, sizeof(ret_state->remote_tag));
	text_put(d->local_uri, ret_state->local_uri, sizeof(ret_state->local_uri));
	text_put(d->remote_uri, ret_state->remote_uri, sizeof(ret_state->remote_uri));
	text_put(d->remote_target, ret_state->remote_target, sizeof(ret_state->remote_target));
	text_put(d->routes, ret_state->routes, sizeof(ret_state->routes));
	memcpy(&ret_state->sdp, session,
	       offsetof(struct jf_sdp_session, media) +
	               session->media_count * sizeof(session->media[0]));
	ret_state->local_media = d->local_media;
	ret_state->remote_media = d->remote_media;
	ret_state->session_since_ns = d->session_since_ns;
	ret_state->session_s = d->session_s;
	jf_leg_reference_put(leg, ret_state);
}

int jf_leg_export(const struct jf_leg *leg, struct jf_leg_state *ret_state)
{
	switch (leg->phase) {
	case JF_LEG_AT_IN_ANSWERED:
	case JF_LEG_AT_ESTABLISHED:
	case JF_LEG_AT_REOFFERED:
	case JF_LEG_AT_REANSWERED:
	case JF_LEG_AT_REOFFERING:
		jf_leg_state_put(leg, ret_state);
		return 0;
	default:
		return -EPROTO;
	}
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

bool jf_leg_state_sound(const struct jf_leg_state *s)
{
	return s->version == JF_LEG_STATE_VERSION && s->id &&
	       (s->peer.family == 4 || s->peer.family == 6) &&
	       terminated(s->sip_call_id, sizeof(s->sip_call_id)) &&
	       terminated(s->remote_tag, sizeof(s->remote_tag)) &&
	       terminated(s->local_uri, sizeof(s->local_uri)) &&
	       terminated(s->remote_uri, sizeof(s->remote_uri)) &&
	       terminated(s->remote_target, sizeof(s->remote_target)) &&
	       terminated(s->routes, sizeof(s->routes)) && s->sip_call_id[0] &&
	       s->remote_target[0] && s->sdp.media_count <= JF_SDP_MEDIA_MAX &&
	       (!s->refer_code || (s->refer_code >= 100 && s->refer_code <= 699));
}

int jf_leg_state_take(struct jf_leg *leg, const struct jf_leg_state *state)
{
	struct jf_dialog *d = &leg->dialog;

	d->incoming = state->incoming;
	d->has_remote_media = state->has_remote_media;
	d->peer_updates = state->peer_updates;
	d->we_refresh = state->we_refresh;
	d->by_contact = state->by_contact;
	d->peer = state->peer;
	d->local_cseq = state->local_cseq + CSEQ_LEAP;
	d->remote_cseq = state->remote_cseq;
	d->local_media = state->local_media;
	d->remote_media = state->remote_media;
	d->session_since_ns = state->session_since_ns;
	d->session_s = state->session_s;
	leg->deal->session = state->sdp;
	if (jf_dialog_text_set(&d->sip_call_id, state->sip_call_id) ||
	    jf_dialog_text_set(&d->remote_tag, state->remote_tag) ||
	    jf_dialog_text_set(&d->local_uri, state->local_uri) ||
	    jf_dialog_text_set(&d->remote_uri, state->remote_uri) ||
	    jf_dialog_text_set(&d->remote_target, state->remote_target) ||
	    jf_dialog_text_set(&d->routes, state->routes))
		return -ENOMEM;
	return jf_leg_reference_take(leg, state);
}

int jf_leg_import(struct jf_sip *sip, const struct jf_leg_state *state, void *user,
                  struct jf_leg **ret_leg)
{
	struct jf_leg *leg;

	if (!jf_leg_state_sound(state))
		return -EINVAL;
	if (jf_leg_lookup(sip, state->id))
		return -EEXIST;
	leg = jf_leg_make(sip, state->id);
	if (!leg || jf_leg_state_take(leg, state)) {
		mem_deref(leg);
		return -ENOMEM;
	}
	leg->phase = JF_LEG_AT_ESTABLISHED;
	leg->user = user;
	jf_leg_deal_rest(leg);
	jf_leg_timer_resume(leg);
	jf_leg_reference_resume(leg);
	*ret_leg = leg;
	return 0;
}
