// SPDX-License-Identifier: BSD-3-Clause
/* The parties of a call of the process before: their endpoints, and their legs, answered or not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_call_adopt_priv.h"
#include "jf_call_priv.h"
#include "jf_call_row.h"

int jf_call_endpoint_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_media_remote remote = {.rtp = {.family = 4}};
	struct jf_media_kept kept = {
	        .keys = party->keys.id ? &party->keys : NULL,
	        .mask = party->mask,
	        .digits = (uint32_t)jf_call_row_number(row, "digits"),
	};

	if (party->has_desc) {
		remote = jf_call_remote_make(party);
		kept.remote = &remote;
	}
	jf_call_video_adopt(party);
	return jf_media_adopt(party->call->calls->config.media, party->endpoint, &kept);
}

static int established_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_leg_state *state = calloc(1, sizeof(*state));
	int err = -ENOMEM;

	if (state)
		err = jf_call_row_bytes(row, "leg", state, sizeof(*state));
	if (!err)
		err = jf_leg_import(party->call->calls->config.sip, state, party, &party->leg);
	if (!err)
		jf_leg_call_id_set(party->leg, &party->call->id);
	if (state)
		explicit_bzero(state, sizeof(*state));
	free(state);
	return err;
}

/* It is not answered yet. What it has described was for early media. */
static int early_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_leg_early *early = calloc(1, sizeof(*early));
	int err = -ENOMEM;

	if (early)
		err = jf_call_row_bytes(row, "early", early, sizeof(*early));
	if (!err)
		err = jf_leg_early_import(party->call->calls->config.sip, early, party,
		                          &party->leg);
	if (!err) {
		jf_leg_call_id_set(party->leg, &party->call->id);
		party->early = party->has_desc && (!early->dialog.incoming || early->described);
		if (!early->dialog.incoming)
			party->offered = early->dialog.local_media;
	}
	if (early)
		explicit_bzero(early, sizeof(*early));
	free(early);
	return err;
}

int jf_call_leg_adopt(struct jf_call_party *party, const json_t *row)
{
	int err = established_adopt(party, row);

	return err == -ENOENT ? early_adopt(party, row) : err;
}

void jf_call_target_let_go(struct jf_call *call)
{
	jf_call_line_close(call, 0);
	if (!call->target)
		return;
	jf_call_leg_end(call->target, 0, NULL);
	jf_call_media_close(call->target);
	jf_call_party_free(call->target);
	call->target = NULL;
}

/* A number outside is nobody's. */
static void target_claim(struct jf_call *call, enum jf_call_state state, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;
	struct jf_call_party *target = call->target;
	enum jf_acd_doing doing = state == JF_CALL_CONFERENCE ? JF_ACD_CONFERS : JF_ACD_CONSULTS;
	struct jf_acd_ref queue = jf_routing_queue(calls->routing, call->tenant, target->queue);
	struct jf_acd_arrival arrival = {.enqueued_ns = target->dialed_ns};
	int err;

	target->entry = jf_acd_nobody;
	if (target->kind == JF_CALL_TO_OUTSIDE)
		return;
	target->agent_ref = jf_routing_agent(calls->routing, target->name);
	if (target->kind == JF_CALL_TO_QUEUE)
		err = jf_acd_adopt(calls->acd, queue, target->agent_ref, &call->id, &arrival,
		                   now_ns, &target->entry);
	else
		err = jf_acd_agent_adopt(calls->acd, target->agent_ref, &call->id, doing, now_ns);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "%s talks outside of the ACD: %s",
		       target->name, strerror(-err));
}

/* The agent's second line; without it the first one serves both. */
static void line_adopt(struct jf_call *call, const json_t *row)
{
	const json_t *saved = json_object_get(row, "party_line");

	if (!saved || jf_call_party_create(call, JF_MEDIA_AGENT, &call->line))
		return;
	jf_call_party_read(saved, call->line);
	if (jf_call_endpoint_adopt(call->line, saved) || jf_call_leg_adopt(call->line, saved))
		jf_call_line_close(call, 0);
}

void jf_call_ring_adopt(struct jf_call_party *party, uint64_t now_ns)
{
	struct jf_call *call = party->call;
	uint64_t rings_ms = jf_time_since(party->dialed_ns, now_ns) / JF_NS_PER_MS;

	jf_call_wait_for(call,
	                 rings_ms < call->ring_timeout_ms ? call->ring_timeout_ms - rings_ms : 0);
}

bool jf_call_target_adopt(struct jf_call *call, const json_t *row, enum jf_call_state state,
                          uint64_t now_ns)
{
	const json_t *saved = json_object_get(row, "party_target");
	bool there = saved && !jf_call_party_create(call, JF_MEDIA_AGENT, &call->target);

	line_adopt(call, row);
	if (there) {
		jf_call_party_read(saved, call->target);
		there = !jf_call_endpoint_adopt(call->target, saved) &&
		        !jf_call_leg_adopt(call->target, saved);
	}
	if (!there) {
		jf_call_target_let_go(call);
		return false;
	}
	jf_call_outside_adopt(call->target, json_object_get(saved, "outside"));
	target_claim(call, state, now_ns);
	if (!call->target->joined_ns)
		jf_call_ring_adopt(call->target, now_ns);
	return true;
}
