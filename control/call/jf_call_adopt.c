// SPDX-License-Identifier: BSD-3-Clause
/*
 * After a restart: the live rows of the process before, compared with what the dataplane has.
 *
 * A call whose endpoints live goes on where it was: either side can hang up, a caller in the queue
 * waits on with its age. An agent that was ringing is called again, or another one is. A number
 * outside rings on, and who waits for it by an INVITE of its own hears that; where that can't be
 * taken up, or somebody else was called, that one is called anew. A call whose endpoints are gone
 * ended while nobody was here; its record says so. Times are CLOCK_MONOTONIC and mean the same in
 * the new process; after a reboot no endpoint lives, and only the wall time of the arrival is kept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_acd_direct.h"
#include "jf_call_adopt_priv.h"
#include "jf_call_priv.h"
#include "jf_call_row.h"

/* ---- Taking up ------------------------------------------------------------------------------ */

static struct jf_acd_ref queue_of(struct jf_call *call)
{
	return jf_routing_queue(call->calls->routing, call->tenant, call->queue_name);
}

static void speech_adopt(struct jf_call *call)
{
	struct jf_analytics *analytics = call->calls->config.analytics;
	uint8_t key[JF_CALL_ID_BYTES + 1];
	struct jf_media_ref left = call->caller.endpoint, right = call->agent->endpoint;
	void *saved = NULL;
	size_t length;

	if (!analytics)
		return;
	if (call->speech_turned) {
		left = call->agent->endpoint;
		right = call->caller.endpoint;
	}
	memcpy(key, call->id.b, JF_CALL_ID_BYTES);
	key[JF_CALL_ID_BYTES] = 's';
	if (jf_store_get(call->calls->config.store, JF_STORE_CALLS, key, sizeof(key), &saved,
	                 &length))
		saved = NULL;
	if (jf_analytics_start(analytics, left, right, call->agent->joined_ns, saved,
	                       &call->speech))
		jf_analytics_start(analytics, left, right, call->agent->joined_ns, NULL,
		                   &call->speech);
	free(saved);
}

/* The caller is an agent: by its place in a queue (jf_call_turn.c), or without. */
static void caller_claim(struct jf_call *call, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;
	struct jf_call_party *caller = &call->caller;
	struct jf_acd_ref queue = jf_routing_queue(calls->routing, call->tenant, caller->queue);
	struct jf_acd_arrival arrival = {.enqueued_ns = call->queued_ns};

	caller->agent_ref = jf_routing_agent(calls->routing, caller->name);
	if (caller->queue[0] && !jf_acd_adopt(calls->acd, queue, caller->agent_ref, &call->id,
	                                      &arrival, now_ns, &caller->entry))
		return;
	(void)jf_acd_agent_adopt(calls->acd, caller->agent_ref, &call->id, JF_ACD_TALKS, now_ns);
}

/* The caller is an agent who calls somebody. */
static int own_claim(struct jf_call *call, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;
	struct jf_acd_ref agent = jf_routing_agent(calls->routing, call->caller.name);
	int err = jf_acd_agent_dial(calls->acd, agent, &call->id, now_ns);

	if (!err)
		call->caller.agent_ref = agent;
	return err;
}

/* Its phone waits to hear of a transfer. Whom that was to rings on, or is gone: the phone has its
 * caller again, and is told why. */
static void refer_adopt(struct jf_call *call)
{
	struct jf_call_party *agent = call->agent;

	if (!jf_leg_is_referring(agent->leg))
		return;
	agent->referring = call->state == JF_CALL_TRANSFERRING;
	if (!agent->referring)
		(void)jf_leg_refer_notify(agent->leg, 503);
}

/* In conversation: the agent talks again, or holds. */
static int conversation_adopt(struct jf_call *call, enum jf_call_state state, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;
	struct jf_acd_ref agent = jf_routing_agent(calls->routing, call->agent->name);
	struct jf_acd_ref queue = call->caller.queue[0] ? jf_acd_nobody : queue_of(call);
	struct jf_acd_arrival arrival = jf_call_arrival(call, call->queue_name, call->queued_ns);
	int err = jf_acd_adopt(calls->acd, queue, agent, &call->id, &arrival, now_ns, &call->entry);

	/* Of no queue; or queue or agent went from the directory meanwhile: it goes on without. */
	call->in_acd = err == 0;
	if (err)
		err = jf_acd_agent_adopt(calls->acd, agent, &call->id, JF_ACD_TALKS, now_ns);
	if (call->caller.name[0] && call->caller.kind != JF_CALL_TO_OUTSIDE)
		caller_claim(call, now_ns);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "talks outside of the ACD: %s",
		       strerror(-err));
	call->agent->agent_ref = agent;
	call->state = state;
	call->recording_open = call->has_recording;
	call->video_recording_open = call->video_recording.generation != 0;
	speech_adopt(call);
	jf_call_settle(call, now_ns);
	refer_adopt(call);
	return 0;
}

static int waiting_adopt(struct jf_call *call, uint64_t now_ns)
{
	struct jf_acd_arrival arrival;

	arrival = jf_call_arrival(call, call->queue_name, call->aged_ns ? call->aged_ns : now_ns);
	arrival.restored = true;
	arrival.at_head = call->at_head;
	arrival.answered_before = call->answered;
	call->queue = queue_of(call);
	call->state = JF_CALL_QUEUED;
	call->aged_ns = arrival.enqueued_ns;
	if (!call->queued_ns)
		call->queued_ns = call->aged_ns;
	if (!call->confirmed_ns)
		call->confirmed_ns = now_ns;
	jf_call_settle(call, now_ns);
	if (jf_acd_enqueue(call->calls->acd, call->queue, &call->id, &arrival, now_ns,
	                   &call->entry))
		return -ENOENT;
	call->in_acd = true;
	jf_call_intake_moved(call, JF_CALL_CONFIRMING);
	return 0;
}

/* What there is to say of a call that did not survive. */
static void lose(struct jf_call *call, const json_t *row, bool same_boot)
{
	uint64_t stored_ns = (uint64_t)jf_call_row_number(row, "stored_ns");

	jf_call_end_note(call, JF_CALL_BY_ENGINE, "lost at restart", 0);
	if (!call->ended_ns)
		call->ended_ns = same_boot ? jf_loop_now_ns() : stored_ns;
	if (call->ended_ns < call->arrived_ns)
		call->ended_ns = call->arrived_ns;
	jf_call_segment_end(call->agent, "ended", call->ended_ns);
	if (call->hold_since_ns)
		call->hold_ns += jf_time_since(call->hold_since_ns, call->ended_ns);
	call->hold_since_ns = 0;
	call->state = JF_CALL_WRITING;
	jf_call_intake_moved(call, JF_CALL_CONFIRMING);
	call->calls->totals.ended++;
	call->calls->totals.failed += !strcmp(jf_call_outcome(call), "failed");
	jf_log(JF_LOG_CALL, JF_LOG_NOTICE, &call->id, "ended: %s", call->end_reason);
	jf_call_record_write(call);
}

static void drop_media(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;

	jf_call_leg_end(&call->caller, 0, NULL);
	jf_call_leg_end(call->agent, 0, NULL);
	jf_call_target_let_go(call);
	if (call->has_recording)
		jf_media_record_end(media, call->recording);
	(void)jf_call_aside_end(call);
	if (call->video_recording.generation)
		jf_media_record_end(media, call->video_recording);
	jf_call_media_close(&call->caller);
	jf_call_media_close(call->agent);
}

/* The number outside that the caller is being connected to rings on. */
static bool outside_rings(struct jf_call *call, const json_t *row, uint64_t now_ns)
{
	if (call->agent->kind != JF_CALL_TO_OUTSIDE || jf_call_leg_adopt(call->agent, row))
		return false;
	call->state = JF_CALL_RINGING;
	jf_call_outside_adopt(call->agent, json_object_get(row, "outside"));
	jf_call_ring_adopt(call->agent, now_ns);
	jf_call_settle(call, now_ns);
	return true;
}

/* Whom an agent's own call, or one that was passed on, is for rings on. Where there is somewhere to
 * come back to that is where it goes, and who was called is called off. */
static bool target_rings(struct jf_call *call, const json_t *row, enum jf_call_state state,
                         uint64_t now_ns)
{
	bool own = state == JF_CALL_CALLING;

	if ((!own && state != JF_CALL_FORWARDING) ||
	    !jf_call_target_adopt(call, row, state, now_ns))
		return false;
	if (call->queue_name[0] || call->flow_name[0] || (own && own_claim(call, now_ns))) {
		jf_loop_timer_cancel(&call->timer);
		jf_call_target_let_go(call);
		return false;
	}
	call->state = state;
	jf_call_settle(call, now_ns);
	return true;
}

/* While several rang, another one's took its place, and that was not stored any more. */
static int agent_endpoint_adopt(struct jf_call *call, const json_t *row, enum jf_call_state state)
{
	int err = jf_call_endpoint_adopt(call->agent, row);

	if (err == -ENOENT && !jf_call_state_is_served(state))
		err = jf_media_open(call->calls->config.media, &call->id, call->agent->side,
		                    &call->caller.endpoint, NULL, &call->agent->endpoint);
	return err;
}

static int parties_adopt(struct jf_call *call, const json_t *caller, const json_t *agent,
                         enum jf_call_state state)
{
	int err = jf_call_endpoint_adopt(&call->caller, caller);

	if (!err)
		err = agent_endpoint_adopt(call, agent, state);
	if (!err)
		err = jf_call_leg_adopt(&call->caller, caller);
	if (err)
		return err;
	call->unanswered = !json_object_get(caller, "leg");
	jf_leg_credentials_set(call->caller.leg,
	                       jf_call_trunk_credentials(call->calls->trunks, call->trunk));
	return 0;
}

static int call_adopt(struct jf_call *call, const json_t *row, uint64_t now_ns)
{
	const json_t *caller = json_object_get(row, "party_caller");
	const json_t *agent = json_object_get(row, "party_agent");
	enum jf_call_state state = jf_call_row_state(row);
	int err = parties_adopt(call, caller, agent, state);

	if (err)
		return err;
	if (state == JF_CALL_RINGING && outside_rings(call, agent, now_ns))
		return 0;
	if (target_rings(call, row, state, now_ns))
		return 0;
	if (!jf_call_state_is_served(state)) {
		call->at_head |= state == JF_CALL_FORWARDING;
		if (state >= JF_CALL_VOICEMAIL && state <= JF_CALL_LEAVING)
			call->left = (uint8_t)state;
		return 0; /* with those who wait, when all who talk are known */
	}
	err = jf_call_leg_adopt(call->agent, agent);
	if (err)
		return err;
	jf_call_outside_adopt(&call->caller, json_object_get(caller, "outside"));
	jf_call_outside_adopt(call->agent, json_object_get(agent, "outside"));
	/* Whom the agent called was not there yet, or is gone: the caller is the agent's again. */
	if (state > JF_CALL_HELD && !jf_call_target_adopt(call, row, state, now_ns))
		state = call->agent->desc.hold ? JF_CALL_HELD : JF_CALL_TALKING;
	return conversation_adopt(call, state, now_ns);
}

struct adopting {
	struct jf_calls *calls;
	uint8_t last[JF_CALL_ID_BYTES + 1];
	size_t last_length;
	json_t *rows; /* [id text, row] */
};

static bool row_take(const void *key, size_t key_length, const void *value, size_t value_length,
                     void *arg)
{
	struct adopting *a = arg;
	struct jf_call_id id;
	char text[JF_CALL_ID_TEXT];
	json_t *row;

	a->last_length = key_length < sizeof(a->last) ? key_length : sizeof(a->last);
	memcpy(a->last, key, a->last_length);
	if (key_length != JF_CALL_ID_BYTES)
		return true;
	memcpy(id.b, key, sizeof(id.b));
	jf_call_id_text(&id, text);
	row = json_loadb(value, value_length, 0, NULL);
	if (row && jf_call_row_number(row, "version") == JF_CALL_ROW_VERSION)
		json_array_append_new(a->rows, json_pack("[s, o]", text, row));
	else
		json_decref(row);
	return true;
}

static void row_adopt(struct jf_calls *calls, const char *id_text, const json_t *row,
                      uint64_t now_ns)
{
	const char *boot = json_string_value(json_object_get(row, "boot"));
	bool same_boot = boot && !strcmp(boot, calls->boot_id);
	enum jf_call_state state = jf_call_row_state(row);
	struct jf_call_id id;
	struct jf_call *call;

	if (jf_call_id_parse(id_text, &id))
		return;
	call = jf_call_make(calls, &id);
	if (!call)
		return;
	jf_call_row_read(call, row);
	jf_call_rung_cancel(calls, row);
	call->row_stored = true;
	call->state = JF_CALL_CONFIRMING;
	/* It was over, only its record was not written. */
	if (state >= JF_CALL_CLOSING || !same_boot || call_adopt(call, row, now_ns)) {
		drop_media(call);
		lose(call, row, same_boot);
		return;
	}
	calls->totals.offered++;
	calls->totals.answered += call->answered;
}

/* It was alone with the engine: what it has left or answered is kept, the rest is not said. */
static void alone_adopt(struct jf_call *call, uint64_t now_ns)
{
	call->state = (enum jf_call_state)call->left;
	if (!call->confirmed_ns)
		call->confirmed_ns = now_ns;
	if (call->state == JF_CALL_VOICEMAIL)
		jf_call_message_adopt(call);
	jf_call_end_note(call, JF_CALL_BY_ENGINE, "lost at restart", 0);
	jf_call_event(call, JF_CALL_EVENT_RELEASE);
}

/* An agent's own call that nobody has answered: whom it calls is called anew. */
static void own_call_anew(struct jf_call *call, uint64_t now_ns)
{
	char name[JF_CALL_TEXT_MAX];
	enum jf_call_kind kind;
	int err = jf_call_aim(call, call->number, &kind, name);

	if (!err)
		err = own_claim(call, now_ns);
	if (!err)
		err = jf_call_target_make(call, kind, name, true);
	if (!err) {
		jf_call_event(call, JF_CALL_EVENT_OWN_CALL);
		return;
	}
	jf_call_end_refuse(call, "lost at restart", 480, JF_SIP_WHY_RESTART);
	jf_call_event(call, JF_CALL_EVENT_RELEASE);
}

static void adopt_waiting(struct jf_calls *calls, uint64_t now_ns)
{
	JF_LIST_FOR(link, &calls->calls)
	{
		struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		if (call->state == JF_CALL_CONFIRMING && call->left) {
			alone_adopt(call, now_ns);
			continue;
		}
		if (call->state == JF_CALL_CONFIRMING && call->unanswered && call->placed_by[0]) {
			own_call_anew(call, now_ns);
			continue;
		}
		if (call->state == JF_CALL_CONFIRMING &&
		    (call->forward[0] || call->flow_name[0] ||
		     (call->told_closed && !call->queued_ns))) {
			call->state = JF_CALL_GREETING; /* dialled, asked or sent on, anew */
			if (!call->confirmed_ns && !call->unanswered)
				call->confirmed_ns = now_ns;
			jf_call_event(call, jf_call_greeted(call));
			continue;
		}
		if (call->state != JF_CALL_CONFIRMING || !waiting_adopt(call, now_ns))
			continue;
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "the queue was removed", 0);
		jf_call_event(call, JF_CALL_EVENT_RELEASE);
	}
}

int jf_calls_adopt(struct jf_calls *calls)
{
	struct adopting a = {.calls = calls, .rows = json_array()};
	struct jf_store_page page = {.limit = 500};
	uint64_t now_ns = jf_loop_now_ns();
	json_t *pair;
	size_t i;
	int n;

	if (!a.rows)
		return -ENOMEM;
	do {
		n = jf_store_scan(calls->config.store, JF_STORE_CALLS, &page, row_take, &a);
		page.after = a.last;
		page.after_length = a.last_length;
	} while (n == (int)page.limit);
	json_array_foreach(a.rows, i, pair) row_adopt(
	        calls, json_string_value(json_array_get(pair, 0)), json_array_get(pair, 1), now_ns);
	if (json_array_size(a.rows))
		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, NULL, "%zu calls were in progress, %u go on",
		       json_array_size(a.rows), calls->n_calls);
	json_decref(a.rows);
	adopt_waiting(calls, now_ns);
	return n < 0 ? n : 0;
}
