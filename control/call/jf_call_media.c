// SPDX-License-Identifier: BSD-3-Clause
/* The call's endpoints, recording and figures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_call_asked.h"
#include "jf_stream_json.h"

int jf_call_media_open(struct jf_call *call, const struct jf_media_address *toward)
{
	struct jf_media *media = call->calls->config.media;
	int err = jf_media_open(media, &call->id, call->caller.side, NULL, toward,
	                        &call->caller.endpoint);

	if (err)
		return err;
	/* The agent's as well: a call that is let in has room for its conversation. */
	err = jf_media_open(media, &call->id, call->agent->side, &call->caller.endpoint, NULL,
	                    &call->agent->endpoint);
	if (err)
		jf_call_media_close(&call->caller);
	return err;
}

/* Keys first: nothing passes in plain between the two. */
void jf_call_media_remote(struct jf_call_party *party)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_remote remote = jf_call_remote_make(party);
	int err = party->keys.id ? jf_media_keys(media, party->endpoint, &party->keys) : 0;

	if (err) {
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &party->call->id, "no keys: %s", strerror(-err));
		return;
	}
	jf_media_remote(media, party->endpoint, &remote);
	jf_call_video_agreed(party);
}

void jf_call_media_greet(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	struct jf_media_playlist list = {.count = 1};

	call->greeting_id = 0;
	if (call->greeting[0] && !jf_call_is_opaque(&call->caller) &&
	    !jf_media_sound(media, call->greeting, &list.sounds[0]))
		jf_media_play(media, call->caller.endpoint, &list, &call->greeting_id);
}

enum jf_media_format jf_call_recording_format(const struct jf_call_party *left,
                                              const struct jf_call_party *right)
{
	enum jf_codec l = jf_call_codec(left), r = jf_call_codec(right);

	if (l == JF_CODEC_OTHER || r == JF_CODEC_OTHER)
		return JF_MEDIA_FORMAT_PACKETS;
	if (l == JF_CODEC_G722 || r == JF_CODEC_G722)
		return JF_MEDIA_FORMAT_LINEAR;
	return l == JF_CODEC_PCMA ? JF_MEDIA_FORMAT_PCMA : JF_MEDIA_FORMAT_PCMU;
}

void jf_call_recording_path(const struct jf_call *call, const char *part,
                            enum jf_media_format format, char ret_path[JF_CALL_RECORDING_PATH])
{
	uint64_t utc_ns = jf_call_utc_ns(call, jf_loop_now_ns());
	time_t seconds = (time_t)(utc_ns / JF_NS_PER_S);
	struct tm day;

	gmtime_r(&seconds, &day);
	snprintf(ret_path, JF_CALL_RECORDING_PATH, "%04u-%02u-%02u/%s%s.%s",
	         (unsigned int)(day.tm_year + 1900) % 10000u, (unsigned int)(day.tm_mon + 1) % 100u,
	         (unsigned int)day.tm_mday % 100u, call->id_text, part,
	         format == JF_MEDIA_FORMAT_PACKETS ? "pcapng" : "wav");
}

/* A file for the call, from now on. */
static void record(struct jf_call *call, enum jf_media_format format)
{
	int err;

	jf_call_recording_path(call, "", format, call->recording_path);
	err = jf_media_record(call->calls->config.media, call->caller.endpoint, format,
	                      call->recording_path, &call->recording);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "not recorded: %s", strerror(-err));
	call->has_recording = call->recording_open = err == 0;
}

void jf_call_media_record(struct jf_call *call)
{
	record(call, jf_call_codec(&call->caller) == JF_CODEC_G722   ? JF_MEDIA_FORMAT_LINEAR
	             : jf_call_codec(&call->caller) == JF_CODEC_PCMA ? JF_MEDIA_FORMAT_PCMA
	                                                             : JF_MEDIA_FORMAT_PCMU);
	jf_call_taps_settle(call, jf_loop_now_ns());
}

bool jf_call_media_record_stop(struct jf_call *call)
{
	if (!call->recording_open)
		return false;
	if (call->recording_ending)
		return true;
	call->recording_ending = true;
	return jf_media_record_end(call->calls->config.media, call->recording) == 0;
}

void jf_call_media_join(struct jf_call *call)
{
	if (!call->has_recording)
		record(call, jf_call_recording_format(&call->caller, call->agent));
	jf_call_video_record(call);
	/* What can't be decoded has no energy. */
	if (!call->speech)
		call->speech_turned = false;
	if (!call->speech && call->calls->config.analytics && !jf_call_is_opaque(&call->caller) &&
	    !jf_call_is_opaque(call->agent) &&
	    !jf_analytics_start(call->calls->config.analytics, call->caller.endpoint,
	                        call->agent->endpoint, call->agent->joined_ns, NULL, &call->speech))
		call->saved_ns = jf_loop_now_ns(); /* there is nothing to store yet */
}

void jf_call_media_close(struct jf_call_party *party)
{
	jf_call_video_close(party);
	jf_media_close(party->call->calls->config.media, party->endpoint);
}

static void put_stream(struct jf_json_writer *w, const char *key, const struct jf_call_party *party)
{
	struct jf_media_stream stream;

	if (!jf_media_stream(party->call->calls->config.media, party->endpoint, &stream))
		jf_stream_put(w, key, &stream);
}

void jf_call_media_speech_end(struct jf_call *call)
{
	uint64_t now_ns = jf_loop_now_ns();

	if (!call->speech)
		return;
	free(call->speech_figures);
	call->speech_figures = jf_call_speech_text(call, now_ns);
	jf_analytics_stop(call->speech);
	call->speech = NULL;
}

void jf_call_media_take(struct jf_call_party *party, struct jf_media_ref endpoint,
                        struct jf_media_ref video)
{
	jf_call_media_close(party);
	party->endpoint = endpoint;
	party->video = video;
	party->hears.kind = 0;
	party->tap = (struct jf_media_ref){0};
}

int jf_call_media_toward(struct jf_call_party *party, const struct jf_media_address *toward)
{
	struct jf_call *call = party->call;
	struct jf_media *media = call->calls->config.media;
	struct jf_media_ref other;
	int err;

	if (jf_media_serves(media, party->endpoint, toward))
		return 0;
	err = jf_media_open(media, &call->id, party->side, &call->caller.endpoint, toward, &other);
	if (err)
		return err;
	jf_call_media_take(party, other, (struct jf_media_ref){0});
	return 0;
}

void jf_call_media_part(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	json_t *attempt = jf_call_notes_last(&call->attempts);
	struct jf_media_stream stream;
	struct jf_media_ref fresh;

	jf_call_media_speech_end(call);
	if (attempt && !jf_media_stream(media, call->agent->endpoint, &stream))
		json_object_set_new(attempt, "stream", jf_stream_json(&stream));
	jf_call_notes_amend(&call->attempts, attempt);
	/* The next agent's stream is not to be mixed up with what the lost one may still send. */
	if (!jf_media_open(media, &call->id, call->agent->side, &call->caller.endpoint, NULL,
	                   &fresh)) {
		jf_call_media_close(call->agent);
		call->agent->endpoint = fresh;
		call->agent->has_desc = false;
		explicit_bzero(&call->agent->keys, sizeof(call->agent->keys));
		call->agent->hears.kind = 0;
		call->agent->tap = (struct jf_media_ref){0};
	} else {
		jf_media_silence(media, call->agent->endpoint);
	}
}

bool jf_call_media_finish(struct jf_call *call)
{
	struct jf_json_writer streams;
	bool wait;

	jf_call_media_speech_end(call);
	jf_json_write(&streams);
	put_stream(&streams, "caller", &call->caller);
	if (call->answered)
		put_stream(&streams, "agent", call->agent);
	wait = jf_call_video_finish(call, &streams);
	free(call->streams);
	call->streams = jf_json_written(&streams, NULL);
	wait |= jf_call_media_record_stop(call);
	wait |= jf_call_aside_end(call);
	jf_call_media_close(&call->caller);
	jf_call_media_close(call->agent);
	return wait;
}

/* ---- Who is silent -------------------------------------------------------------------------- */

static void sweep_party(struct jf_call_party *party, uint64_t since_ns, uint64_t silent_ns,
                        uint64_t now_ns)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_media_stream stream;
	uint64_t last_ns = since_ns, linked_ns;

	if (!party->leg || !party->has_desc || party->pinging)
		return;
	/* Without a link nobody can be heard, and nobody asked. */
	if (!jf_media_linked(media, party->endpoint, &linked_ns))
		return;
	if (linked_ns > last_ns)
		last_ns = linked_ns;
	/* One who is not to send now is asked as rarely as a silent caller. */
	if (party->desc.direction == JF_SDP_RECVONLY || party->desc.direction == JF_SDP_INACTIVE)
		silent_ns = JF_CALL_CALLER_SILENT_NS;
	if (!jf_media_stream(media, party->endpoint, &stream)) {
		if (stream.last_ns > last_ns)
			last_ns = stream.last_ns;
		if (stream.rtcp_last_ns > last_ns) /* it sends nothing, but it is there */
			last_ns = stream.rtcp_last_ns;
	}
	if (party->pinged_ns > last_ns)
		last_ns = party->pinged_ns;
	if (jf_time_since(last_ns, now_ns) > silent_ns)
		jf_call_ping(party,
		             party == &party->call->caller ? JF_CALL_CALLER_PING_MS
		                                           : JF_CALL_AGENT_PING_MS,
		             now_ns);
}

void jf_call_sweep(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_call_party *agent = call->agent, *target = call->target;

	/* Without a dataplane everybody is silent. */
	if (call->state >= JF_CALL_CLOSING || !jf_media_is_up(call->calls->config.media))
		return;
	if (call->confirmed_ns)
		sweep_party(&call->caller, call->confirmed_ns, JF_CALL_CALLER_SILENT_NS, now_ns);
	if (jf_call_state_is_served(call->state))
		sweep_party(call->agent, agent->joined_ns,
		            agent->desc.hold || agent->outside ? JF_CALL_CALLER_SILENT_NS
		                                               : JF_CALL_AGENT_SILENT_NS,
		            now_ns);
	if (target && target->joined_ns)
		sweep_party(call->target, target->joined_ns,
		            target->desc.hold || target->outside ? JF_CALL_CALLER_SILENT_NS
		                                                 : JF_CALL_AGENT_SILENT_NS,
		            now_ns);
	if (call->speech && jf_time_since(call->saved_ns, now_ns) > JF_CALL_SAVE_NS)
		jf_call_speech_store(call);
}

/* ---- Events --------------------------------------------------------------------------------- */

json_t *jf_call_recording_json(const struct jf_call *call, struct jf_media_ref recording)
{
	static const char *const states[] = {
	        [JF_MEDIA_RECORDING_OPEN] = "open",
	        [JF_MEDIA_RECORDING_CLOSED] = "closed",
	        [JF_MEDIA_RECORDING_FAILED] = "failed",
	};
	struct jf_media_recording r;
	json_t *json;

	if (jf_media_recording(call->calls->config.media, recording, &r))
		return NULL;
	json = json_pack("{s:s, s:I, s:s, s:{s:I, s:I}, s:{s:I, s:I}}", "path", r.path,
	                 "duration_ms", (json_int_t)r.duration_ms, "state", states[r.state], "lost",
	                 "caller", (json_int_t)r.lost[JF_MEDIA_CALLER], "agent",
	                 (json_int_t)r.lost[JF_MEDIA_AGENT], "late", "caller",
	                 (json_int_t)r.late[JF_MEDIA_CALLER], "agent",
	                 (json_int_t)r.late[JF_MEDIA_AGENT]);
	if (r.started_ns)
		json_object_set_new(json, "started_utc",
		                    jf_call_utc(jf_call_utc_ns(call, r.started_ns)));
	if (r.error)
		json_object_set_new(json, "error", json_string(strerror(-r.error)));
	return json;
}

static void recorded(struct jf_call *call, const struct jf_media_event *event)
{
	if (!jf_call_aside_recorded(call, event)) {
		call->recording_open = false;
		json_decref(call->sound);
		call->sound = jf_call_recording_json(call, call->recording);
	}
	if (event->error)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "recording failed: %s",
		       strerror(-event->error));
	if (call->state == JF_CALL_CLOSING && !call->recording_open && !call->asides &&
	    !call->video_recording_open)
		jf_call_event(call, JF_CALL_EVENT_RECORDED);
}

/* Without endpoint, address or keys there is no conversation, and in no case one in plain instead;
 * the rest costs a sound or the recording. An address is taken even where there is no room left to
 * look for tones in its audio. */
static bool is_fatal(const struct jf_media_event *event)
{
	return !strcmp(event->command, "open") || !strcmp(event->command, "keys") ||
	       (!strcmp(event->command, "remote") && event->error != -ENOSPC);
}

static void failed(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_party *asked = jf_call_asked_at(call, event->endpoint);

	jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "media refused %s: %s", event->command,
	       strerror(-event->error));
	if (asked) {
		if (is_fatal(event))
			jf_call_asked_failed(asked);
		return;
	}
	/* Music that the dataplane cannot load: rather the ringing tone than silence. */
	if (!strcmp(event->command, "play") && call->state == JF_CALL_GREETING) {
		call->greeting[0] = '\0';
		jf_call_event(call, jf_call_greeted(call));
		return;
	}
	if (!strcmp(event->command, "play") && jf_call_say_failed(call, event))
		return;
	if (!strcmp(event->command, "play") && call->music[0]) {
		call->music[0] = '\0';
		jf_call_party_at(call, event->endpoint)->hears.kind = 0;
		jf_call_settle(call, jf_loop_now_ns());
	}
	/* The card number is not to be said while somebody still hears its keys. */
	if (!strcmp(event->command, "mask"))
		jf_call_publish(call, "call.mask_failed", NULL);
	if (is_fatal(event) && call->state < JF_CALL_CLOSING) {
		jf_call_end_refuse(call, "no media", 503, JF_SIP_WHY_MEDIA);
		jf_call_event(call, JF_CALL_EVENT_RELEASE);
	}
}

/* Calls stay: their media goes on when the link is back. */
static void link_changed(struct jf_calls *calls, const struct jf_media_event *event)
{
	struct jf_media_port port;

	if (jf_media_port(calls->config.media, event->port, &port))
		return;
	jf_log(JF_LOG_MEDIA, event->link_up ? JF_LOG_NOTICE : JF_LOG_ERROR, NULL,
	       "port %s: link %s", port.name, event->link_up ? "up" : "down");
	jf_bus_publish(calls->config.bus, "port.link",
	               json_pack("{s:s, s:s, s:b}", "port", port.name, "device", port.device, "up",
	                         event->link_up));
}

void jf_calls_media_handler(const struct jf_media_event *event, void *arg)
{
	struct jf_calls *calls = arg;
	struct jf_call *call;

	if (event->type == JF_MEDIA_GONE || event->type == JF_MEDIA_BACK) {
		jf_log(JF_LOG_MEDIA, JF_LOG_NOTICE, NULL, "dataplane %s",
		       event->type == JF_MEDIA_GONE ? "gone" : "back");
		jf_bus_publish(calls->config.bus,
		               event->type == JF_MEDIA_GONE ? "dataplane.gone" : "dataplane.back",
		               json_pack("{s:b}", "fresh", event->fresh));
		return;
	}
	if (event->type == JF_MEDIA_LOAD) {
		jf_bus_publish(calls->config.bus, "dataplane.load",
		               json_pack("{s:s, s:b, s:b}", "shed",
		                         jf_media_shed_name(event->load.shed), "disk_is_slow",
		                         event->load.disk_is_slow, "workers_are_late",
		                         event->load.workers_are_late));
		return;
	}
	if (event->type == JF_MEDIA_LINK) {
		link_changed(calls, event);
		return;
	}
	call = jf_call_find(calls, &event->call);
	if (!call || jf_call_video_event(call, event))
		return;
	if (event->type == JF_MEDIA_DIGIT)
		jf_call_digit_media(call, event);
	else if (event->type == JF_MEDIA_RECORDED)
		recorded(call, event);
	else if (event->type == JF_MEDIA_PLAYED && call->state == JF_CALL_GREETING &&
	         event->play_id == call->greeting_id)
		jf_call_event(call, jf_call_greeted(call));
	else if (event->type == JF_MEDIA_PLAYED)
		(void)jf_call_say_played(call, event);
	else if (event->type == JF_MEDIA_FAILED)
		failed(call, event);
}
