// SPDX-License-Identifier: BSD-3-Clause
/*
 * The call as JSON: what is told of it, and the record that remains.
 *
 * Speech figures change all the time: while the call lives they stand in a row of their own, beside
 * its live row (jf_call_live.c; table CALLS, key: the call's id and an "s" behind it). Record put,
 * rows deleted: one batch.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_call_priv.h"
#include "jf_json.h"
#include "jf_call_row.h"

#define RETRY_MS 1000u
#define UTC_TEXT 40u

/* RFC 3339, to the millisecond. */
static void utc_text(uint64_t utc_ns, char ret_text[UTC_TEXT])
{
	time_t seconds = (time_t)(utc_ns / JF_NS_PER_S);
	char day[24];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(ret_text, UTC_TEXT, "%s.%03uZ", day,
	         (unsigned int)(utc_ns / JF_NS_PER_MS % 1000u));
}

json_t *jf_call_utc(uint64_t utc_ns)
{
	char text[UTC_TEXT];

	utc_text(utc_ns, text);
	return json_string(text);
}

void jf_call_put_utc(struct jf_json_writer *w, const char *key, const struct jf_call *call,
                     uint64_t at_ns)
{
	char text[UTC_TEXT];

	if (!at_ns)
		return;
	utc_text(jf_call_utc_ns(call, at_ns), text);
	jf_json_put_plain(w, key, text, strlen(text));
}

static void set_ms(json_t *json, const char *key, uint64_t ns)
{
	json_object_set_new(json, key, json_integer((json_int_t)(ns / JF_NS_PER_MS)));
}

static void set_utc(json_t *json, const char *key, const struct jf_call *call, uint64_t at_ns)
{
	if (at_ns)
		json_object_set_new(json, key, jf_call_utc(jf_call_utc_ns(call, at_ns)));
}

/* ---- Speech --------------------------------------------------------------------------------- */

static void put_party(struct jf_json_writer *w, const char *key, const struct jf_speech_party *p)
{
	jf_json_put_object(w, key);
	jf_json_put_integer(w, "talk_ms", (int64_t)p->talk_ms);
	jf_json_put_decimal(w, "talk_share", p->talk_share, 6);
	jf_json_put_integer(w, "turns", p->turns);
	jf_json_put_integer(w, "interruptions", p->interruptions);
	jf_json_put_integer(w, "responses", p->responses);
	jf_json_put_integer(w, "response_ms",
	                    p->responses ? (int64_t)(p->response_ms / p->responses) : 0);
	jf_json_put_integer(w, "longest_ms", (int64_t)p->longest_ms);
	jf_json_put_bool(w, "media", p->media);
	jf_json_put_bool(w, "one_way", p->one_way);
	jf_json_put_object_end(w);
}

static void speech_write(struct jf_json_writer *w, const struct jf_call *call, bool final,
                         uint64_t now_ns)
{
	uint64_t missed = jf_analytics_missed(call->speech) * JF_SPEECH_FRAME_MS;
	unsigned int caller = call->speech_turned;
	struct jf_speech_result r;

	jf_analytics_result(call->speech, final, now_ns, &r);
	jf_json_write(w);
	jf_json_put_integer(w, "duration_ms", (int64_t)r.duration_ms);
	jf_json_put_integer(w, "silence_ms", (int64_t)r.silence_ms);
	jf_json_put_integer(w, "overtalk_ms", (int64_t)r.overtalk_ms);
	jf_json_put_integer(w, "dead_air_ms", (int64_t)r.dead_air_ms);
	jf_json_put_integer(w, "dead_airs", r.dead_airs);
	jf_json_put_integer(w, "missed_ms", (int64_t)missed);
	put_party(w, "caller", &r.party[caller]);
	put_party(w, "agent", &r.party[!caller]);
}

char *jf_call_speech_text(const struct jf_call *call, uint64_t now_ns)
{
	struct jf_json_writer w;

	speech_write(&w, call, true, now_ns);
	return jf_json_written(&w, NULL);
}

json_t *jf_call_speech_json(const struct jf_call *call, uint64_t now_ns)
{
	struct jf_json_writer w;

	speech_write(&w, call, false, now_ns);
	return jf_json_written_tree(&w);
}

/* ---- What is told of a call ----------------------------------------------------------------- */

static uint64_t talked_ns(const struct jf_call *call, uint64_t now_ns)
{
	return call->talk_ns +
	       (call->agent->joined_ns ? jf_time_since(call->agent->joined_ns, now_ns) : 0);
}

static uint64_t held_ns(const struct jf_call *call, uint64_t now_ns)
{
	return call->hold_ns +
	       (call->hold_since_ns ? jf_time_since(call->hold_since_ns, now_ns) : 0);
}

/* Until an agent answered, or until now. */
static uint64_t waited_ns(const struct jf_call *call, uint64_t now_ns)
{
	if (!call->queued_ns)
		return 0;
	if (call->left_queue_ns && !call->first_joined_ns)
		return jf_time_since(call->queued_ns, call->left_queue_ns);
	return jf_time_since(call->queued_ns,
	                     call->first_joined_ns ? call->first_joined_ns : now_ns);
}

static void describe_times(json_t *json, const struct jf_call *call, uint64_t now_ns)
{
	uint64_t until_ns = call->ended_ns ? call->ended_ns : now_ns;
	/* The agent, but for a number outside that an agent called. */
	const struct jf_call_party *called = call->agent->dialed_ns ? call->agent : &call->caller;

	set_utc(json, "arrived_utc", call, call->arrived_ns);
	set_utc(json, "answered_utc", call, call->confirmed_ns);
	set_utc(json, "queued_utc", call, call->queued_ns);
	set_utc(json, "agent_ringing_utc", call, called->rang_ns);
	set_utc(json, "agent_answered_utc", call, call->first_joined_ns);
	set_utc(json, "ended_utc", call, call->ended_ns);
	set_ms(json, "duration_ms", jf_time_since(call->arrived_ns, until_ns));
	set_ms(json, "wait_ms", waited_ns(call, until_ns));
	set_ms(json, "talk_ms", talked_ns(call, until_ns));
	set_ms(json, "hold_ms", held_ns(call, until_ns));
	if (call->answered && called->dialed_ns)
		set_ms(json, "ring_ms", jf_time_since(called->dialed_ns, call->first_joined_ns));
}

/* How the party is spoken with; NULL before there is a description of it. */
static json_t *media_json(const struct jf_call_party *party)
{
	static const char *const transports[] = {
	        [JF_SIP_UDP] = "udp", [JF_SIP_TCP] = "tcp", [JF_SIP_TLS] = "tls"};
	json_t *json;

	if (!party->has_desc)
		return NULL;
	json = json_pack("{s:s, s:s, s:s}", "codec", jf_sdp_codec_name(&party->local, 0), "srtp",
	                 jf_srtp_suite_info(party->keys.suite)->name, "signalling",
	                 transports[party->transport <= JF_SIP_TLS ? party->transport : 0]);
	if (json && party->mask)
		json_object_set_new(json, "masked", json_true());
	if (json && party->masked_digits)
		json_object_set_new(json, "masked_digits", json_integer(party->masked_digits));
	return json;
}

static json_t *parties_json(const struct jf_call *call)
{
	return json_pack("{s:o*, s:o*, s:o*}", "caller", media_json(&call->caller), "agent",
	                 media_json(call->agent), "target",
	                 call->target ? media_json(call->target) : NULL);
}

static json_t *shown_json(const char *text)
{
	return jf_bus_text(text, strlen(text));
}

/* Where the caller was connected to, and how it came here. */
static void describe_outside(json_t *json, const struct jf_call *call)
{
	if (call->withheld)
		json_object_set_new(json, "caller_withheld", json_true());
	if (call->diverted[0])
		json_object_set_new(json, "diverted_by", shown_json(call->diverted));
	if (call->agent->kind == JF_CALL_TO_OUTSIDE)
		json_object_set_new(json, "outside", jf_call_outside_json(call->agent));
	else if (call->caller.kind == JF_CALL_TO_OUTSIDE)
		json_object_set_new(json, "outside", jf_call_outside_json(&call->caller));
}

static void describe_wants(json_t *json, const struct jf_call *call)
{
	json_t *wants = jf_call_wants_json(&call->wants, call->calls->acd);

	if (json_object_size(wants))
		json_object_set(json, "wants", wants);
	json_decref(wants);
	if (json_array_size(call->overflows))
		json_object_set(json, "overflows", call->overflows);
}

static void describe_queue(json_t *json, const struct jf_call *call)
{
	json_object_set(json, "digits", call->digits);
	describe_wants(json, call);
}

/* What it left, and what it answered. */
static void describe_treatment(json_t *json, const struct jf_call *call)
{
	json_t *message = jf_call_message_json(call), *survey = jf_call_survey_json(call);
	json_t *task = jf_call_task_describe(call, jf_loop_now_ns());

	if (task)
		json_object_set_new(json,
		                    call->task_outcome && !strcmp(call->task_outcome, "delivered")
		                            ? "delivers"
		                            : "callback",
		                    task);

	if (message)
		json_object_set_new(json, "voicemail", message);
	if (survey)
		json_object_set_new(json, "survey", survey);
}

/* But for what is noted, and without the parts that only an ended call has. */
static json_t *describe(const struct jf_call *call, uint64_t now_ns)
{
	json_t *json =
	        json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:s}", "id", call->id_text, "node",
	                  call->calls->config.node, "tenant", call->tenant, "trunk", call->trunk,
	                  "number", jf_bus_text(call->number, strlen(call->number)), "caller",
	                  shown_json(jf_call_caller_shown(call)), "caller_name",
	                  shown_json(jf_call_caller_name_shown(call)), "queue", call->queue_name);
	bool agent = call->agent->kind != JF_CALL_TO_OUTSIDE &&
	             (call->answered || call->agent->agent_ref.index != JF_ACD_NONE);
	const char *team;

	if (!json)
		return NULL;
	json_object_set_new(json, "agent", agent ? json_string(call->agent->name) : json_null());
	team = agent ? jf_call_agent_team(call->calls, call->agent->name) : NULL;
	if (team)
		json_object_set_new(json, "team", json_string(team));
	describe_times(json, call, now_ns);
	describe_queue(json, call);
	if (call->placed_by[0])
		json_object_set_new(json, "placed_by", json_string(call->placed_by));
	if (call->n_asides)
		json_object_set_new(json, "consult_recordings", jf_call_asides_json(call));
	json_object_set_new(json, "parties", parties_json(call));
	describe_outside(json, call);
	describe_treatment(json, call);
	jf_call_intake_describe(call, json);
	json_object_set_new(json, "flow", jf_call_flow_json(call));
	return json;
}

static void put_noted(struct jf_json_writer *w, const struct jf_call *call, uint64_t now_ns)
{
	jf_call_notes_put(w, "decisions", &call->decisions);
	jf_call_notes_put(w, "attempts", &call->attempts);
	jf_call_segments_put(w, call, now_ns);
}

json_t *jf_call_describe(const struct jf_call *call, uint64_t now_ns)
{
	json_t *head = describe(call, now_ns);
	struct jf_json_writer w;

	if (!head)
		return NULL;
	jf_json_write(&w);
	jf_json_put_members(&w, head);
	put_noted(&w, call, now_ns);
	json_decref(head);
	return jf_json_written_tree(&w);
}

json_t *jf_call_describe_kept(const struct jf_call *call)
{
	json_t *json = json_object();

	describe_queue(json, call);
	if (call->placed_by[0])
		json_object_set_new(json, "placed_by", json_string(call->placed_by));
	describe_outside(json, call);
	describe_treatment(json, call);
	json_object_set_new(json, "flow", jf_call_flow_json(call));
	jf_call_intake_describe(call, json);
	jf_call_intake_store(call, json);
	return json;
}

/* ---- The record ----------------------------------------------------------------------------- */

static json_t *end_json(const struct jf_call *call)
{
	static const char *const by[] = {
	        [JF_CALL_BY_NOBODY] = "engine",
	        [JF_CALL_BY_CALLER] = "caller",
	        [JF_CALL_BY_AGENT] = "agent",
	        [JF_CALL_BY_ENGINE] = "engine",
	};
	json_t *json = json_pack("{s:s, s:s}", "by", by[call->ended_by], "reason",
	                         call->end_reason ? call->end_reason : "");

	if (json && call->end_code)
		json_object_set_new(json, "sip_code", json_integer(call->end_code));
	return json;
}

/* What the call keeps as trees, and what is made for the record. */
static json_t *record_head(const struct jf_call *call)
{
	json_t *json = describe(call, call->ended_ns);

	if (!json)
		return NULL;
	json_object_del(json, "id");
	json_object_set_new(json, "call", json_string(call->id_text));
	json_object_set_new(json, "caller", shown_json(call->caller_number));
	json_object_set_new(json, "caller_name", shown_json(call->caller_name));
	json_object_set_new(json, "outcome", json_string(jf_call_outcome(call)));
	json_object_set_new(json, "end", end_json(call));
	if (call->sound)
		json_object_set(json, "recording", call->sound);
	else if (call->has_recording)
		json_object_set_new(
		        json, "recording",
		        json_pack("{s:s, s:s}", "path", call->recording_path, "state", "unknown"));
	if (call->has_recording)
		json_object_set(json_object_get(json, "recording"), "right", call->right_channel);
	if (json_array_size(call->left_channel))
		json_object_set(json_object_get(json, "recording"), "left", call->left_channel);
	if (call->pictures)
		json_object_set(json, "video", call->pictures);
	return json;
}

/* With what the call keeps as text: the most of it, and read from memory in one go. */
static char *record_text(const struct jf_call *call, const json_t *head)
{
	struct jf_json_writer w;

	if (!head)
		return NULL;
	jf_json_write(&w);
	jf_json_put_members(&w, head);
	put_noted(&w, call, call->ended_ns);
	jf_json_put_written(&w, "streams", call->streams);
	jf_json_put_written(&w, "speech", call->speech_figures);
	return jf_json_written(&w, NULL);
}

static void speech_key(const struct jf_call *call, uint8_t ret_key[JF_CALL_ID_BYTES + 1])
{
	memcpy(ret_key, call->id.b, JF_CALL_ID_BYTES);
	ret_key[JF_CALL_ID_BYTES] = 's';
}

/* A record on its way: the call may be freed only when it came back. */
struct writing {
	struct jf_call *call;
	char *record;
};

/* The record as everybody may see it. */
static void tell_ended(const struct jf_call *call, const char *record)
{
	struct jf_bus *bus = call->calls->config.bus;
	json_t *event;

	if (!call->withheld) {
		jf_bus_publish_text(bus, "call.ended", record);
		return;
	}
	if (jf_bus_skip(bus))
		return;
	event = json_loads(record, 0, NULL);
	json_object_set_new(event, "caller", shown_json(jf_call_caller_shown(call)));
	json_object_set_new(event, "caller_name", shown_json(jf_call_caller_name_shown(call)));
	jf_bus_publish(bus, "call.ended", event);
}

static void written(int result, void *arg)
{
	struct writing *w = arg;
	struct jf_call *call = w->call;

	if (result && result != -EEXIST)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "record not written: %s",
		       strerror(-result));
	else if (!result)
		tell_ended(call, w->record);
	free(w->record);
	free(w);
	if (!result)
		jf_call_message_stored(call);
	jf_call_event(call, JF_CALL_EVENT_WRITTEN);
}

static void retry(void *arg)
{
	jf_call_record_write(arg);
}

/* The record put and the rows deleted. 0, -ENOMEM, or of jf_store_batch_commit. */
static int record_put(struct jf_call *call, const json_t *head, struct writing *w)
{
	uint8_t key[JF_CALL_ID_BYTES + 1];
	struct jf_store_batch *batch;

	if (!w || !w->record)
		return -ENOMEM;
	speech_key(call, key);
	batch = jf_store_batch_begin(call->calls->config.store);
	jf_store_batch_put_once(batch, JF_STORE_RECORDS, call->id.b, JF_CALL_ID_BYTES, w->record,
	                        strlen(w->record));
	if (call->row_stored) {
		jf_store_batch_delete(batch, JF_STORE_CALLS, call->id.b, JF_CALL_ID_BYTES);
		jf_store_batch_delete(batch, JF_STORE_CALLS, key, sizeof(key));
	}
	jf_call_message_put(call, batch);
	jf_call_contact_put(call, head, batch);
	return jf_store_batch_commit(batch, written, w);
}

void jf_call_record_write(struct jf_call *call)
{
	struct writing *w = calloc(1, sizeof(*w));
	json_t *head = record_head(call);
	int err;

	jf_list_remove(&call->row_link);
	if (w)
		*w = (struct writing){call, record_text(call, head)};
	err = record_put(call, head, w);
	json_decref(head);
	if (!err)
		return;
	if (w)
		free(w->record);
	free(w);
	jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "record waits for the store: %s",
	       strerror(-err));
	jf_loop_timer_start(&call->timer, RETRY_MS, retry, call);
}

void jf_call_speech_store(struct jf_call *call)
{
	char text[JF_ANALYTICS_TEXT_MAX];
	uint8_t key[JF_CALL_ID_BYTES + 1];

	speech_key(call, key);
	jf_analytics_save(call->speech, text);
	jf_store_put(call->calls->config.store, JF_STORE_CALLS, key, sizeof(key), text,
	             strlen(text));
	call->saved_ns = jf_loop_now_ns();
}
