// SPDX-License-Identifier: BSD-3-Clause
/*
 * After a restart: the live rows of the process before, compared with what the dataplane has.
 *
 * A call whose endpoints live goes on where it was: either side can hang up, a caller in the queue
 * waits on with its age. An agent that was ringing is called again, or another one is. A number
 * outside rings on, and the caller who waits for it by an unanswered INVITE hears that; where that
 * can't be taken up, the number is called anew. A call whose endpoints are gone ended while nobody
 * was here; its record says so. Times are CLOCK_MONOTONIC and mean the same in the new process;
 * after a reboot no endpoint lives, and only the wall time of the arrival is kept.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_acd_direct.h"
#include "jf_call_priv.h"
#include "jf_call_row.h"

#define TIME(field)                                                                                \
	{                                                                                          \
#field, offsetof(struct jf_call, field##_ns)                                       \
	}

const struct jf_call_row_time jf_call_row_times[] = {
        TIME(arrived),      TIME(confirmed), TIME(queued),      TIME(ended),
        TIME(first_joined), TIME(aged),      TIME(requeued),    TIME(hold_since),
        TIME(hold),         TIME(talk),      TIME(arrived_utc), TIME(left_queue),
};
const unsigned int jf_call_row_times_count =
        sizeof(jf_call_row_times) / sizeof(jf_call_row_times[0]);

/* ---- Reading a row -------------------------------------------------------------------------- */

static void text_read(const json_t *row, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(row, key));

	snprintf(ret_text, size, "%s", text ? text : "");
}

static json_int_t number_read(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static struct jf_media_ref ref_read(const json_t *row, const char *key)
{
	const json_t *ref = json_object_get(row, key);

	return (struct jf_media_ref){(uint32_t)json_integer_value(json_array_get(ref, 0)),
	                             (uint32_t)json_integer_value(json_array_get(ref, 1))};
}

static int bytes_read(const json_t *row, const char *key, void *ret_bytes, size_t length)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? jf_call_bytes_parse(text, ret_bytes, length) : -ENOENT;
}

static void party_read(const json_t *row, struct jf_call_party *party)
{
	party->endpoint = ref_read(row, "endpoint");
	party->video = ref_read(row, "video");
	party->side =
	        number_read(row, "side") == JF_MEDIA_CALLER ? JF_MEDIA_CALLER : JF_MEDIA_AGENT;
	party->transport = (uint8_t)number_read(row, "transport");
	party->negotiation = (uint32_t)number_read(row, "negotiation");
	party->mask = json_is_true(json_object_get(row, "mask"));
	party->masked_digits = (uint32_t)number_read(row, "masked_digits");
	text_read(row, "name", party->name, sizeof(party->name));
	party->dialed_ns = (uint64_t)number_read(row, "dialed_ns");
	party->rang_ns = (uint64_t)number_read(row, "rang_ns");
	party->kind = (enum jf_call_kind)((unsigned)number_read(row, "kind") % JF_CALL_KIND_COUNT);
	text_read(row, "queue", party->queue, sizeof(party->queue));
	if (bytes_read(row, "segment", &party->segment, sizeof(party->segment)) ||
	    party->segment.mode >= JF_CALL_MODE_COUNT || party->segment.came >= JF_CALL_CAME_COUNT)
		party->segment = (struct jf_call_segment){0};
	party->joined_ns = (uint64_t)number_read(row, "joined_ns");
	(void)bytes_read(row, "policy", &party->policy, sizeof(party->policy));
	(void)bytes_read(row, "keys", &party->keys, sizeof(party->keys));
	(void)bytes_read(row, "video_keys", &party->video_keys, sizeof(party->video_keys));
	party->has_desc = !bytes_read(row, "desc", &party->desc, sizeof(party->desc)) &&
	                  !bytes_read(row, "local", &party->local, sizeof(party->local)) &&
	                  party->local.codec_count == 1;
}

static void array_read(const json_t *row, const char *key, json_t **array)
{
	json_t *found = json_object_get(row, key);

	if (!json_is_array(found))
		return;
	json_decref(*array);
	*array = json_incref(found);
}

/* Static text again: only reasons that this process can give are kept. */
static const char *reason_read(const json_t *row)
{
	static const char *const reasons[] = {
	        "caller hung up",
	        "caller cancelled",
	        "our answer was not acknowledged",
	        "caller vanished",
	        "agent hung up",
	        "waited too long",
	        "the queue is closed",
	        "a feature code",
	        "the queue was removed",
	        "no media",
	        "no queue to wait in",
	        "nobody to come back to",
	        "not reached",
	        "the number outside does not answer",
	        "the number outside may not be called",
	        "the number outside was not reached",
	        "the number outside was lost",
	        "the number outside hung up",
	        "left a message",
	        "survey over",
	        "will be called back",
	        "the flow ended",
	        "the flow was removed",
	};
	const char *text = json_string_value(json_object_get(row, "end_reason"));

	for (unsigned int i = 0; text && i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (!strcmp(text, reasons[i]))
			return reasons[i];
	return NULL;
}

static void call_read(struct jf_call *call, const json_t *row)
{
	const json_t *times = json_object_get(row, "times_ns");

	for (unsigned int i = 0; i < jf_call_row_times_count; i++)
		*(uint64_t *)(void *)((char *)call + jf_call_row_times[i].offset) =
		        (uint64_t)number_read(times, jf_call_row_times[i].name);
	text_read(row, "tenant", call->tenant, sizeof(call->tenant));
	text_read(row, "trunk", call->trunk, sizeof(call->trunk));
	text_read(row, "number", call->number, sizeof(call->number));
	text_read(row, "caller", call->caller_number, sizeof(call->caller_number));
	text_read(row, "caller_name", call->caller_name, sizeof(call->caller_name));
	text_read(row, "diverted_by", call->diverted, sizeof(call->diverted));
	text_read(row, "placed_by", call->placed_by, sizeof(call->placed_by));
	text_read(row, "forward", call->forward, sizeof(call->forward));
	call->told_closed = json_is_true(json_object_get(row, "told_closed"));
	text_read(row, "flow_name", call->flow_name, sizeof(call->flow_name));
	text_read(row, "flow_node", call->flow_node, sizeof(call->flow_node));
	call->path = json_incref(json_object_get(json_object_get(row, "flow"), "path"));
	call->withheld = json_is_true(json_object_get(row, "withheld"));
	jf_call_intake_read(call, row);
	text_read(row, "queue", call->queue_name, sizeof(call->queue_name));
	text_read(row, "greeting", call->greeting, sizeof(call->greeting));
	text_read(row, "music", call->music, sizeof(call->music));
	text_read(row, "recording_path", call->recording_path, sizeof(call->recording_path));
	call->has_recording = json_object_get(row, "recording_ref") != NULL;
	call->recording = ref_read(row, "recording_ref");
	call->video_recording = ref_read(row, "video_ref");
	call->pictures = json_incref(json_object_get(row, "video"));
	call->ring_timeout_ms = (uint32_t)number_read(row, "ring_timeout_ms");
	call->answered = json_is_true(json_object_get(row, "was_answered"));
	call->end_code = (uint16_t)number_read(row, "end_code");
	call->end_reason = reason_read(row);
	call->ended_by = call->end_reason ? (enum jf_call_by)(number_read(row, "ended_by") & 3)
	                                  : JF_CALL_BY_NOBODY;
	array_read(row, "decisions", &call->decisions);
	array_read(row, "attempts", &call->attempts);
	array_read(row, "digits", &call->digits);
	array_read(row, "segments_over", &call->segments);
	array_read(row, "right_channel", &call->right_channel);
	array_read(row, "left_channel", &call->left_channel);
	array_read(row, "consult_recordings", &call->consult_recordings);
	jf_call_aside_adopt(call, json_object_get(row, "aside"));
	array_read(row, "overflows", &call->overflows);
	jf_call_wants_read(&call->wants, call->calls->acd,
	                   jf_routing_tenant_number(call->calls->routing, call->tenant),
	                   json_object_get(row, "wants"));
	call->speech_turned = json_is_true(json_object_get(row, "speech_turned"));
	call->at_head = json_is_true(json_object_get(row, "at_head"));
	if (json_object_get(row, "callback")) {
		call->task_was = json_incref(json_object_get(row, "callback"));
		call->task_outcome = "unreached";
	}
	call->survey_was = json_incref(json_object_get(row, "survey"));
	call->survey_invited = json_is_true(json_object_get(row, "survey_invited"));
	call->survey_accepted = json_is_true(json_object_get(row, "survey_accepted"));
	call->streams = json_incref(json_object_get(row, "streams"));
	call->speech_figures = json_incref(json_object_get(row, "speech"));
	party_read(json_object_get(row, "party_caller"), &call->caller);
	party_read(json_object_get(row, "party_agent"), call->agent);
}

static enum jf_call_state state_read(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "state"));

	for (unsigned int s = 0; name && s < JF_CALL_STATE_COUNT; s++)
		if (!strcmp(name, jf_call_state_name((enum jf_call_state)s)))
			return (enum jf_call_state)s;
	return JF_CALL_GONE;
}

/* ---- Taking up ------------------------------------------------------------------------------ */

static int endpoint_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_media_remote remote = {.rtp = {.family = 4}};
	struct jf_media_kept kept = {
	        .keys = party->keys.id ? &party->keys : NULL,
	        .mask = party->mask,
	        .digits = (uint32_t)number_read(row, "digits"),
	};

	if (party->has_desc) {
		remote = jf_call_remote_make(party);
		kept.remote = &remote;
	}
	jf_call_video_adopt(party);
	return jf_media_adopt(party->call->calls->config.media, party->endpoint, &kept);
}

static int leg_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_leg_state *state = calloc(1, sizeof(*state));
	int err = -ENOMEM;

	if (state)
		err = bytes_read(row, "leg", state, sizeof(*state));
	if (!err)
		err = jf_leg_import(party->call->calls->config.sip, state, party, &party->leg);
	if (!err)
		jf_leg_call_id_set(party->leg, &party->call->id);
	free(state);
	return err;
}

/* It is not answered yet. What it has described was for early media. */
static int early_adopt(struct jf_call_party *party, const json_t *row)
{
	struct jf_leg_early *early = calloc(1, sizeof(*early));
	int err = -ENOMEM;

	if (early)
		err = bytes_read(row, "early", early, sizeof(*early));
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

static int caller_adopt(struct jf_call *call, const json_t *row)
{
	int err = leg_adopt(&call->caller, row);

	if (err == -ENOENT) {
		err = early_adopt(&call->caller, row);
		call->unanswered = !err;
	}
	if (!err)
		jf_leg_credentials_set(call->caller.leg,
		                       jf_call_trunk_credentials(call->calls->trunks, call->trunk));
	return err;
}

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
	uint64_t stored_ns = (uint64_t)number_read(row, "stored_ns");

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

static void target_let_go(struct jf_call *call)
{
	jf_call_line_close(call, 0);
	if (!call->target)
		return;
	jf_call_leg_end(call->target, 0, NULL);
	jf_call_media_close(call->target);
	jf_call_party_free(call->target);
	call->target = NULL;
}

static void drop_media(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;

	jf_call_leg_end(&call->caller, 0, NULL);
	jf_call_leg_end(call->agent, 0, NULL);
	target_let_go(call);
	if (call->has_recording)
		jf_media_record_end(media, call->recording);
	(void)jf_call_aside_end(call);
	if (call->video_recording.generation)
		jf_media_record_end(media, call->video_recording);
	jf_call_media_close(&call->caller);
	jf_call_media_close(call->agent);
}

static void target_claim(struct jf_call *call, enum jf_call_state state, uint64_t now_ns)
{
	struct jf_calls *calls = call->calls;
	struct jf_call_party *target = call->target;
	enum jf_acd_doing doing = state == JF_CALL_CONFERENCE ? JF_ACD_CONFERS : JF_ACD_CONSULTS;
	struct jf_acd_ref queue = jf_routing_queue(calls->routing, call->tenant, target->queue);
	struct jf_acd_arrival arrival = {.enqueued_ns = target->dialed_ns};
	int err;

	target->agent_ref = jf_routing_agent(calls->routing, target->name);
	target->entry = jf_acd_nobody;
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
static void line_adopt(struct jf_call *call, const json_t *saved)
{
	if (!saved || jf_call_party_create(call, JF_MEDIA_AGENT, &call->line))
		return;
	party_read(saved, call->line);
	if (endpoint_adopt(call->line, saved) || leg_adopt(call->line, saved))
		jf_call_line_close(call, 0);
}

/* The third party, if it had answered. Whether it is still there. */
static bool target_adopt(struct jf_call *call, const json_t *row, enum jf_call_state state,
                         uint64_t now_ns)
{
	const json_t *saved = json_object_get(row, "party_target");

	if (!saved || jf_call_party_create(call, JF_MEDIA_AGENT, &call->target))
		return false;
	party_read(saved, call->target);
	if (endpoint_adopt(call->target, saved) || leg_adopt(call->target, saved)) {
		target_let_go(call);
		return false;
	}
	target_claim(call, state, now_ns);
	line_adopt(call, json_object_get(row, "party_line"));
	return true;
}

/* The number outside that the caller is being connected to rings on. */
static bool outside_rings(struct jf_call *call, const json_t *row, uint64_t now_ns)
{
	uint64_t rings_ms = jf_time_since(call->agent->dialed_ns, now_ns) / JF_NS_PER_MS;

	if (call->agent->kind != JF_CALL_TO_OUTSIDE || early_adopt(call->agent, row))
		return false;
	jf_call_outside_adopt(call->agent, json_object_get(row, "outside"));
	call->state = JF_CALL_RINGING;
	jf_call_wait_for(call,
	                 rings_ms < call->ring_timeout_ms ? call->ring_timeout_ms - rings_ms : 0);
	jf_call_settle(call, now_ns);
	return true;
}

/* While several rang, another one's took its place, and that was not stored any more. */
static int agent_endpoint_adopt(struct jf_call *call, const json_t *row, enum jf_call_state state)
{
	int err = endpoint_adopt(call->agent, row);

	if (err == -ENOENT && !jf_call_state_is_served(state))
		err = jf_media_open(call->calls->config.media, &call->id, call->agent->side,
		                    &call->caller.endpoint, NULL, &call->agent->endpoint);
	return err;
}

static int call_adopt(struct jf_call *call, const json_t *row, uint64_t now_ns)
{
	const json_t *caller = json_object_get(row, "party_caller");
	const json_t *agent = json_object_get(row, "party_agent");
	enum jf_call_state state = state_read(row);
	int err = endpoint_adopt(&call->caller, caller);

	if (!err)
		err = agent_endpoint_adopt(call, agent, state);
	if (!err)
		err = caller_adopt(call, caller);
	if (err)
		return err;
	if (state == JF_CALL_RINGING && outside_rings(call, agent, now_ns))
		return 0;
	if (!jf_call_state_is_served(state)) {
		call->at_head |= state == JF_CALL_FORWARDING;
		if (state >= JF_CALL_VOICEMAIL && state <= JF_CALL_LEAVING)
			call->left = (uint8_t)state;
		return 0; /* with those who wait, when all who talk are known */
	}
	err = leg_adopt(call->agent, agent);
	if (err)
		return err;
	jf_call_outside_adopt(&call->caller, json_object_get(caller, "outside"));
	jf_call_outside_adopt(call->agent, json_object_get(agent, "outside"));
	/* Whom the agent called was not there yet, or is gone: the caller is the agent's again. */
	if (state > JF_CALL_HELD && !target_adopt(call, row, state, now_ns))
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
	if (row && number_read(row, "version") == JF_CALL_ROW_VERSION)
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
	enum jf_call_state state = state_read(row);
	struct jf_call_id id;
	struct jf_call *call;

	if (jf_call_id_parse(id_text, &id))
		return;
	call = jf_call_make(calls, &id);
	if (!call)
		return;
	call_read(call, row);
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

static void adopt_waiting(struct jf_calls *calls, uint64_t now_ns)
{
	JF_LIST_FOR(link, &calls->calls)
	{
		struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		if (call->state == JF_CALL_CONFIRMING && call->left) {
			alone_adopt(call, now_ns);
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
