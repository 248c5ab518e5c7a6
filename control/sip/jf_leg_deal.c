// SPDX-License-Identifier: BSD-3-Clause
/*
 * What offer and answer need, held only while something is negotiated: a call lasts minutes and is
 * negotiated for milliseconds, and there are tens of thousands of calls.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "jf_leg_priv.h"

static void destructor(void *arg)
{
	explicit_bzero(arg, sizeof(struct jf_leg_deal));
}

static size_t length_of(const struct jf_sdp_session *session)
{
	return offsetof(struct jf_sdp_session, media) +
	       session->media_count * sizeof(session->media[0]);
}

struct jf_leg_deal *jf_leg_deal_open(struct jf_leg *leg)
{
	if (leg->deal)
		return leg->deal;
	leg->deal = mem_zalloc(sizeof(*leg->deal), destructor);
	if (leg->deal && leg->sdp_kept)
		memcpy(&leg->deal->session, leg->sdp_kept, length_of(leg->sdp_kept));
	return leg->deal;
}

const struct jf_sdp_session *jf_leg_deal_session(const struct jf_leg *leg)
{
	return leg->deal ? &leg->deal->session : leg->sdp_kept;
}

int jf_leg_deal_keep(struct jf_leg *leg, const struct jf_sdp_session *session)
{
	size_t length = length_of(session);
	struct jf_sdp_session *kept = mem_alloc(length, NULL);

	if (!kept)
		return -ENOMEM;
	memcpy(kept, session, length);
	mem_deref(leg->sdp_kept);
	leg->sdp_kept = kept;
	return 0;
}

void jf_leg_deal_rest(struct jf_leg *leg)
{
	if (!leg->deal || leg->telling || leg->phase != JF_LEG_AT_ESTABLISHED || leg->update ||
	    tmr_isrunning(&leg->reinvite_timer))
		return;
	if (!jf_leg_deal_keep(leg, &leg->deal->session))
		leg->deal = mem_deref(leg->deal);
}

void jf_leg_deal_drop(struct jf_leg *leg)
{
	leg->deal = mem_deref(leg->deal);
	leg->sdp_kept = mem_deref(leg->sdp_kept);
}
