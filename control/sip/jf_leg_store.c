// SPDX-License-Identifier: BSD-3-Clause
/* A leg as plain data: stored, and taken up again by another process. */
#include "jf_leg.h"

#include <errno.h>
#include <string.h>

#include "jf_leg_priv.h"

/* Requests sent between the last export and a crash must not be numbered again. */
#define CSEQ_LEAP 1000000

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

	if ((state->version != JF_LEG_STATE_VERSION && state->version != 2) || !state->id ||
	    (state->peer.family != 4 && state->peer.family != 6) ||
	    !terminated(state->sip_call_id, sizeof(state->sip_call_id)) ||
	    !terminated(state->remote_tag, sizeof(state->remote_tag)) ||
	    !terminated(state->local_uri, sizeof(state->local_uri)) ||
	    !terminated(state->remote_uri, sizeof(state->remote_uri)) ||
	    !terminated(state->remote_target, sizeof(state->remote_target)) ||
	    !terminated(state->routes, sizeof(state->routes)) || !state->sip_call_id[0] ||
	    !state->remote_target[0] || state->sdp.media_count > JF_SDP_MEDIA_MAX)
		return -EINVAL;
	if (jf_leg_lookup(sip, state->id))
		return -EEXIST;
	leg = jf_leg_make(sip, state->id);
	if (!leg)
		return -ENOMEM;
	leg->phase = JF_LEG_AT_ESTABLISHED;
	leg->user = user;
	leg->dialog = *state;
	leg->dialog.version = JF_LEG_STATE_VERSION;
	leg->dialog.local_cseq += CSEQ_LEAP;
	jf_leg_timer_resume(leg);
	*ret_leg = leg;
	return 0;
}
