// SPDX-License-Identifier: BSD-3-Clause
/* A live row of the process before, read into the call that it was. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

void jf_call_row_text(const json_t *row, const char *key, char *ret_text, size_t size)
{
	const char *text = json_string_value(json_object_get(row, key));

	snprintf(ret_text, size, "%s", text ? text : "");
}

json_int_t jf_call_row_number(const json_t *row, const char *key)
{
	return json_integer_value(json_object_get(row, key));
}

static struct jf_media_ref ref_read(const json_t *row, const char *key)
{
	const json_t *ref = json_object_get(row, key);

	return (struct jf_media_ref){(uint32_t)json_integer_value(json_array_get(ref, 0)),
	                             (uint32_t)json_integer_value(json_array_get(ref, 1))};
}

int jf_call_row_bytes(const json_t *row, const char *key, void *ret_bytes, size_t length)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? jf_call_bytes_parse(text, ret_bytes, length) : -ENOENT;
}

void jf_call_party_read(const json_t *row, struct jf_call_party *party)
{
	party->endpoint = ref_read(row, "endpoint");
	party->video = ref_read(row, "video");
	party->side = jf_call_row_number(row, "side") == JF_MEDIA_CALLER ? JF_MEDIA_CALLER
	                                                                 : JF_MEDIA_AGENT;
	party->transport = (uint8_t)jf_call_row_number(row, "transport");
	party->negotiation = (uint32_t)jf_call_row_number(row, "negotiation");
	party->mask = json_is_true(json_object_get(row, "mask"));
	party->masked_digits = (uint32_t)jf_call_row_number(row, "masked_digits");
	jf_call_row_text(row, "name", party->name, sizeof(party->name));
	party->dialed_ns = (uint64_t)jf_call_row_number(row, "dialed_ns");
	party->rang_ns = (uint64_t)jf_call_row_number(row, "rang_ns");
	party->kind =
	        (enum jf_call_kind)((unsigned)jf_call_row_number(row, "kind") % JF_CALL_KIND_COUNT);
	jf_call_row_text(row, "queue", party->queue, sizeof(party->queue));
	if (jf_call_row_bytes(row, "segment", &party->segment, sizeof(party->segment)) ||
	    party->segment.mode >= JF_CALL_MODE_COUNT || party->segment.came >= JF_CALL_CAME_COUNT)
		party->segment = (struct jf_call_segment){0};
	party->joined_ns = (uint64_t)jf_call_row_number(row, "joined_ns");
	(void)jf_call_row_bytes(row, "policy", &party->policy, sizeof(party->policy));
	(void)jf_call_row_bytes(row, "keys", &party->keys, sizeof(party->keys));
	(void)jf_call_row_bytes(row, "video_keys", &party->video_keys, sizeof(party->video_keys));
	party->has_desc = !jf_call_row_bytes(row, "desc", &party->desc, sizeof(party->desc)) &&
	                  !jf_call_row_bytes(row, "local", &party->local, sizeof(party->local)) &&
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

/* What was written there, as text again. */
static void written_read(const json_t *row, const char *key, char **text)
{
	free(*text);
	*text = jf_json_text(json_object_get(row, key), NULL);
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

static void texts_read(struct jf_call *call, const json_t *row)
{
	jf_call_row_text(row, "tenant", call->tenant, sizeof(call->tenant));
	jf_call_row_text(row, "trunk", call->trunk, sizeof(call->trunk));
	jf_call_row_text(row, "number", call->number, sizeof(call->number));
	jf_call_row_text(row, "caller", call->caller_number, sizeof(call->caller_number));
	jf_call_row_text(row, "caller_name", call->caller_name, sizeof(call->caller_name));
	jf_call_row_text(row, "diverted_by", call->diverted, sizeof(call->diverted));
	jf_call_row_text(row, "placed_by", call->placed_by, sizeof(call->placed_by));
	jf_call_row_text(row, "forward", call->forward, sizeof(call->forward));
	jf_call_row_text(row, "flow_name", call->flow_name, sizeof(call->flow_name));
	jf_call_row_text(row, "flow_node", call->flow_node, sizeof(call->flow_node));
	jf_call_row_text(row, "queue", call->queue_name, sizeof(call->queue_name));
	jf_call_row_text(row, "greeting", call->greeting, sizeof(call->greeting));
	jf_call_row_text(row, "music", call->music, sizeof(call->music));
	jf_call_row_text(row, "recording_path", call->recording_path, sizeof(call->recording_path));
}

static void lists_read(struct jf_call *call, const json_t *row)
{
	jf_call_notes_read(&call->decisions, json_object_get(row, "decisions"));
	jf_call_notes_read(&call->attempts, json_object_get(row, "attempts"));
	jf_call_notes_read(&call->segments, json_object_get(row, "segments_over"));
	array_read(row, "digits", &call->digits);
	array_read(row, "right_channel", &call->right_channel);
	array_read(row, "left_channel", &call->left_channel);
	array_read(row, "consult_recordings", &call->consult_recordings);
	array_read(row, "overflows", &call->overflows);
}

void jf_call_row_read(struct jf_call *call, const json_t *row)
{
	const json_t *times = json_object_get(row, "times_ns");

	for (unsigned int i = 0; i < jf_call_row_times_count; i++)
		*(uint64_t *)(void *)((char *)call + jf_call_row_times[i].offset) =
		        (uint64_t)jf_call_row_number(times, jf_call_row_times[i].name);
	texts_read(call, row);
	lists_read(call, row);
	call->told_closed = json_is_true(json_object_get(row, "told_closed"));
	call->path = json_incref(json_object_get(json_object_get(row, "flow"), "path"));
	call->withheld = json_is_true(json_object_get(row, "withheld"));
	jf_call_intake_read(call, row);
	call->has_recording = json_object_get(row, "recording_ref") != NULL;
	call->recording = ref_read(row, "recording_ref");
	call->video_recording = ref_read(row, "video_ref");
	call->pictures = json_incref(json_object_get(row, "video"));
	call->ring_timeout_ms = (uint32_t)jf_call_row_number(row, "ring_timeout_ms");
	call->answered = json_is_true(json_object_get(row, "was_answered"));
	call->end_code = (uint16_t)jf_call_row_number(row, "end_code");
	call->end_reason = reason_read(row);
	call->ended_by = call->end_reason
	                         ? (enum jf_call_by)(jf_call_row_number(row, "ended_by") & 3)
	                         : JF_CALL_BY_NOBODY;
	jf_call_aside_adopt(call, json_object_get(row, "aside"));
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
	written_read(row, "streams", &call->streams);
	written_read(row, "speech", &call->speech_figures);
	jf_call_party_read(json_object_get(row, "party_caller"), &call->caller);
	jf_call_party_read(json_object_get(row, "party_agent"), call->agent);
}

enum jf_call_state jf_call_row_state(const json_t *row)
{
	const char *name = json_string_value(json_object_get(row, "state"));

	for (unsigned int s = 0; name && s < JF_CALL_STATE_COUNT; s++)
		if (!strcmp(name, jf_call_state_name((enum jf_call_state)s)))
			return (enum jf_call_state)s;
	return JF_CALL_GONE;
}
