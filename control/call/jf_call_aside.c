// SPDX-License-Identifier: BSD-3-Clause
/*
 * What agent and third party say to each other: a recording of its own, from the moment when the
 * third party answers until it leaves or has the caller. The caller's file keeps what was said with
 * the caller, and no more; so either can be listened to, and given away, without the other. On the
 * left is the third party, on the right the agent; in a conference the agent is on the right of the
 * caller's file, and the third party stays here, on the left: whoever speaks is in one file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"

struct jf_call_aside {
	struct jf_call_aside *next;
	struct jf_media_ref recording;
	bool open;    /* else it is being closed */
	json_t *json; /* what is told of it: {"path", "from_ms", "left", "right"} */
};

static bool is_recorded(const struct jf_call *call)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_tenant *tenant =
	        directory ? jf_directory_tenant_find(directory, call->tenant) : NULL;

	if (!call->target || !call->target->joined_ns)
		return false;
	/* In a conference the third party speaks with the caller. */
	if (call->state == JF_CALL_CONFERENCE)
		return true;
	return (call->state == JF_CALL_CONSULT_TALKING || call->state == JF_CALL_CONSULT_ASIDE) &&
	       tenant && tenant->record_consult;
}

static struct jf_call_aside *aside_add(struct jf_call *call)
{
	struct jf_call_aside *aside = calloc(1, sizeof(*aside));

	if (!aside)
		return NULL;
	aside->next = call->asides;
	call->asides = aside;
	aside->open = true;
	return aside;
}

static void aside_free(struct jf_call *call, struct jf_call_aside *aside)
{
	struct jf_call_aside **at = &call->asides;

	while (*at != aside)
		at = &(*at)->next;
	*at = aside->next;
	json_decref(aside->json);
	free(aside);
}

/* It is over: only what is told of it remains. */
static void aside_keep(struct jf_call *call, struct jf_call_aside *aside)
{
	if (!call->consult_recordings)
		call->consult_recordings = json_array();
	json_array_append(call->consult_recordings, aside->json);
	aside_free(call, aside);
}

static void begin(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_call_party *agent = call->line ? call->line : call->agent;
	const struct jf_call_party *target = call->target;
	enum jf_media_format format = jf_call_recording_format(target, agent);
	struct jf_call_aside *aside = aside_add(call);
	char part[24], path[JF_CALL_RECORDING_PATH];
	int err = -1;

	if (!aside)
		return;
	snprintf(part, sizeof(part), "-consult-%u", ++call->n_asides);
	jf_call_recording_path(call, part, format, path);
	err = jf_media_record(call->calls->config.media, target->endpoint, format, path,
	                      &aside->recording);
	if (err) {
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "a consultation is not recorded: %s",
		       strerror(-err));
		aside_free(call, aside);
		return;
	}
	aside->json =
	        json_pack("{s:s, s:I, s:{s:s}, s:{s:s}}", "path", path, "from_ms",
	                  (json_int_t)(jf_time_since(call->first_joined_ns, now_ns) / JF_NS_PER_MS),
	                  "left", jf_call_party_word(target), target->name, "right",
	                  jf_call_party_word(call->agent), call->agent->name);
}

static struct jf_call_aside *open_one(const struct jf_call *call)
{
	return call->asides && call->asides->open ? call->asides : NULL;
}

const struct jf_media_ref *jf_call_aside_follow(struct jf_call *call, uint64_t now_ns)
{
	bool wanted = is_recorded(call);

	if (wanted && !open_one(call))
		begin(call, now_ns);
	else if (!wanted)
		(void)jf_call_aside_end(call);
	return open_one(call) ? &open_one(call)->recording : NULL;
}

bool jf_call_aside_end(struct jf_call *call)
{
	struct jf_call_aside *aside = open_one(call);

	if (!aside)
		return call->asides != NULL;
	aside->open = false;
	if (jf_media_record_end(call->calls->config.media, aside->recording)) {
		json_object_set_new(aside->json, "state", json_string("unknown"));
		aside_keep(call, aside);
	}
	return call->asides != NULL;
}

bool jf_call_aside_recorded(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_aside *aside = call->asides;
	json_t *file;

	while (aside && (aside->recording.index != event->recording.index ||
	                 aside->recording.generation != event->recording.generation))
		aside = aside->next;
	if (!aside)
		return false;
	file = jf_call_recording_json(call, aside->recording);
	json_object_update(aside->json, file);
	json_decref(file);
	aside_keep(call, aside);
	return true;
}

/* ---- Told and kept ----------------------------------------------------------------------------
 */

json_t *jf_call_asides_json(const struct jf_call *call)
{
	json_t *all = call->consult_recordings ? json_copy(call->consult_recordings) : json_array();

	for (const struct jf_call_aside *a = call->asides; a; a = a->next) {
		json_t *one = json_copy(a->json);

		json_object_set_new(one, "state", json_string(a->open ? "open" : "unknown"));
		json_array_append_new(all, one);
	}
	return all;
}

json_t *jf_call_aside_row(const struct jf_call *call)
{
	const struct jf_call_aside *a = open_one(call);

	return a ? json_pack("{s:[I, I], s:O}", "ref", (json_int_t)a->recording.index,
	                     (json_int_t)a->recording.generation, "told", a->json)
	         : NULL;
}

void jf_call_aside_adopt(struct jf_call *call, const json_t *row)
{
	const json_t *ref = json_object_get(row, "ref");
	json_t *told = json_object_get(row, "told");
	struct jf_call_aside *aside = json_is_object(told) ? aside_add(call) : NULL;

	call->n_asides = (unsigned)json_array_size(call->consult_recordings) + (aside != NULL);
	if (!aside)
		return;
	aside->recording =
	        (struct jf_media_ref){(uint32_t)json_integer_value(json_array_get(ref, 0)),
	                              (uint32_t)json_integer_value(json_array_get(ref, 1))};
	aside->json = json_copy(told);
}

void jf_call_asides_free(struct jf_call *call)
{
	while (call->asides)
		aside_free(call, call->asides);
	json_decref(call->consult_recordings);
}
