// SPDX-License-Identifier: BSD-3-Clause
/*
 * The live row that a restarted process finds (table CALLS, key: the call's id): everything but the
 * speech figures (jf_call_row.c). jf_call_adopt.c reads it. Made with each state of a call, so
 * written straight on as text, but for what the call keeps as trees.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_call_row.h"
#include "jf_json.h"

static void put_ref(struct jf_json_writer *w, const char *key, struct jf_media_ref ref)
{
	jf_json_put_integers(w, key, (int64_t[]){ref.index, ref.generation}, 2);
}

static void put_bytes(struct jf_json_writer *w, const char *key, const void *bytes, size_t length)
{
	char *text = jf_call_bytes_text(bytes, length);
	size_t digits = text ? strlen(text) : 0;

	if (!text) {
		w->failed = true;
		return;
	}
	jf_json_put_plain(w, key, text, digits);
	explicit_bzero(text, digits);
	free(text);
}

static void put_new(struct jf_json_writer *w, const char *key, json_t *json)
{
	jf_json_put_tree(w, key, json);
	json_decref(json);
}

/* From outside: any bytes. */
static void put_foreign(struct jf_json_writer *w, const char *key, const char *text)
{
	put_new(w, key, jf_bus_text(text, strlen(text)));
}

/* ---- A party -------------------------------------------------------------------------------- */

/* Its INVITE, before the answer. */
static void put_early(struct jf_json_writer *w, const struct jf_leg *leg)
{
	struct jf_leg_early *early = calloc(1, sizeof(*early));

	if (early && !jf_leg_early_export(leg, early))
		put_bytes(w, "early", early, sizeof(*early));
	if (early)
		explicit_bzero(early, sizeof(*early));
	free(early);
}

static void put_leg(struct jf_json_writer *w, const struct jf_call_party *party)
{
	struct jf_leg_state *state = calloc(1, sizeof(*state));

	if (state && party->leg && !jf_leg_export(party->leg, state))
		put_bytes(w, "leg", state, sizeof(*state));
	else if (jf_call_party_waits(party))
		put_early(w, party->leg);
	if (state)
		explicit_bzero(state, sizeof(*state));
	free(state);
}

static void put_media(struct jf_json_writer *w, const struct jf_call_party *party)
{
	struct jf_media *media = party->call->calls->config.media;

	put_ref(w, "endpoint", party->endpoint);
	jf_json_put_integer(w, "digits", jf_media_digits(media, party->endpoint));
	jf_json_put_integer(w, "negotiation", party->negotiation);
	jf_json_put_bool(w, "mask", party->mask);
	jf_json_put_integer(w, "masked_digits", party->masked_digits);
	jf_json_put_integer(w, "side", party->side);
	if (party->video.generation)
		put_ref(w, "video", party->video);
	if (party->has_desc) {
		put_bytes(w, "desc", &party->desc, sizeof(party->desc));
		put_bytes(w, "local", &party->local, sizeof(party->local));
	}
	/* A new dataplane must be told them even by a new process: they are as safe as the store's
	 * files, which nobody else can read. */
	if (party->keys.id)
		put_bytes(w, "keys", &party->keys, sizeof(party->keys));
	if (party->video_keys.id)
		put_bytes(w, "video_keys", &party->video_keys, sizeof(party->video_keys));
}

static void put_party(struct jf_json_writer *w, const char *key, const struct jf_call_party *party)
{
	jf_json_put_object(w, key);
	jf_json_put_integer(w, "transport", party->transport);
	put_bytes(w, "policy", &party->policy, sizeof(party->policy));
	jf_json_put_text(w, "name", party->name);
	jf_json_put_integer(w, "kind", party->kind);
	jf_json_put_text(w, "queue", party->queue);
	put_bytes(w, "segment", &party->segment, sizeof(party->segment));
	jf_json_put_integer(w, "dialed_ns", (int64_t)party->dialed_ns);
	jf_json_put_integer(w, "rang_ns", (int64_t)party->rang_ns);
	jf_json_put_integer(w, "joined_ns", (int64_t)party->joined_ns);
	if (party->outside)
		put_new(w, "outside", jf_call_outside_row(party));
	put_media(w, party);
	put_leg(w, party);
	jf_json_put_object_end(w);
}

static void put_parties(struct jf_json_writer *w, const struct jf_call *call)
{
	put_party(w, "party_caller", &call->caller);
	put_party(w, "party_agent", call->agent);
	/* An agent's phone that has not answered yet leaves nothing to take up. */
	if (call->target && (call->target->joined_ns || jf_call_party_waits(call->target)))
		put_party(w, "party_target", call->target);
	if (call->line && (call->line->joined_ns || jf_call_party_waits(call->line)))
		put_party(w, "party_line", call->line);
	put_new(w, "rings", jf_call_rung_row(call));
}

/* ---- The call ------------------------------------------------------------------------------- */

static void put_times(struct jf_json_writer *w, const struct jf_call *call)
{
	jf_json_put_object(w, "times_ns");
	for (unsigned int i = 0; i < jf_call_row_times_count; i++) {
		const char *at = (const char *)call + jf_call_row_times[i].offset;

		jf_json_put_integer(w, jf_call_row_times[i].name,
		                    (int64_t) * (const uint64_t *)(const void *)at);
	}
	jf_json_put_object_end(w);
}

/* Who calls whom, where the caller is to come, and what it hears until then. */
static void put_way(struct jf_json_writer *w, const struct jf_call *call)
{
	jf_json_put_text(w, "tenant", call->tenant);
	jf_json_put_text(w, "trunk", call->trunk);
	put_foreign(w, "number", call->number);
	put_foreign(w, "caller", call->caller_number);
	put_foreign(w, "caller_name", call->caller_name);
	jf_json_put_bool(w, "withheld", call->withheld);
	jf_json_put_text(w, "queue", call->queue_name);
	jf_json_put_text(w, "forward", call->forward);
	jf_json_put_text(w, "flow_name", call->flow_name);
	jf_json_put_text(w, "flow_node", call->flow_node);
	jf_json_put_text(w, "greeting", call->greeting);
	jf_json_put_text(w, "music", call->music);
	jf_json_put_integer(w, "ring_timeout_ms", call->ring_timeout_ms);
}

/* Who served, and what was recorded. */
static void put_files(struct jf_json_writer *w, const struct jf_call *call)
{
	jf_call_notes_put(w, "decisions", &call->decisions);
	jf_call_notes_put(w, "attempts", &call->attempts);
	jf_call_notes_put(w, "segments_over", &call->segments);
	jf_json_put_tree(w, "right_channel", call->right_channel);
	jf_json_put_tree(w, "left_channel", call->left_channel);
	jf_json_put_tree(w, "consult_recordings", call->consult_recordings);
	/* The one that goes on by itself. */
	if (call->asides)
		put_new(w, "aside", jf_call_aside_row(call));
	if (call->has_recording) {
		put_ref(w, "recording_ref", call->recording);
		jf_json_put_text(w, "recording_path", call->recording_path);
	}
	if (call->pictures) {
		jf_json_put_tree(w, "video", call->pictures);
		put_ref(w, "video_ref", call->video_recording);
	}
	jf_json_put_written(w, "streams", call->streams);
	jf_json_put_written(w, "speech", call->speech_figures);
	jf_json_put_bool(w, "speech_turned", call->speech_turned);
}

static void put_state(struct jf_json_writer *w, const struct jf_call *call)
{
	jf_json_put_text(w, "state", jf_call_state_name(call->state));
	jf_json_put_bool(w, "was_answered", call->answered);
	jf_json_put_integer(w, "ended_by", call->ended_by);
	jf_json_put_text(w, "end_reason", call->end_reason ? call->end_reason : "");
	jf_json_put_integer(w, "end_code", call->end_code);
	jf_json_put_bool(w, "told_closed", call->told_closed || call->turned_away);
	jf_json_put_bool(w, "at_head", call->at_head);
	jf_json_put_bool(w, "survey_invited", call->survey_invited);
	jf_json_put_bool(w, "survey_accepted", call->survey_accepted);
}

static char *row_text(const struct jf_call *call, size_t *ret_length)
{
	json_t *kept = jf_call_describe_kept(call);
	struct jf_json_writer w;

	jf_json_write(&w);
	jf_json_put_integer(&w, "version", JF_CALL_ROW_VERSION);
	jf_json_put_text(&w, "boot", call->calls->boot_id);
	jf_json_put_integer(&w, "stored_ns", (int64_t)jf_loop_now_ns());
	put_state(&w, call);
	put_times(&w, call);
	put_way(&w, call);
	jf_json_put_members(&w, kept);
	put_files(&w, call);
	put_parties(&w, call);
	json_decref(kept);
	return jf_json_written(&w, ret_length);
}

void jf_call_row_put(struct jf_call *call, struct jf_store_batch *batch)
{
	size_t length;
	char *text = row_text(call, &length);

	if (!text) {
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "not stored: %s", strerror(ENOMEM));
		return;
	}
	jf_store_batch_put(batch, JF_STORE_CALLS, call->id.b, JF_CALL_ID_BYTES, text, length);
	call->row_stored = true;
	explicit_bzero(text, length);
	free(text);
}
