// SPDX-License-Identifier: BSD-3-Clause
/* The call's endpoints, recording and figures. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "jf_call_priv.h"
#include "jf_stream_json.h"

int jf_call_media_open(struct jf_call *call, const struct jf_media_address *toward)
{
	struct jf_media *media = call->calls->config.media;
	int err = jf_media_open(media, &call->id, JF_MEDIA_CALLER, NULL, toward,
	                        &call->caller.endpoint);

	if (err)
		return err;
	/* The agent's as well: a call that is let in has room for its conversation. */
	err = jf_media_open(media, &call->id, JF_MEDIA_AGENT, &call->caller.endpoint, NULL,
	                    &call->agent->endpoint);
	if (err)
		jf_media_close(media, call->caller.endpoint);
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

void jf_call_media_play(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	const char *music = call->music[0] ? call->music : call->calls->config.ringback;
	struct jf_media_playlist list = {.count = 1, .loop_last = true};

	/* What nobody here can encode is silence. */
	if (jf_call_is_opaque(&call->caller)) {
		jf_media_silence(media, call->caller.endpoint);
		return;
	}
	/* Better a ringing tone than silence, if the music went missing. */
	if (!jf_media_sound(media, music, &list.sounds[0]) ||
	    !jf_media_sound(media, call->calls->config.ringback, &list.sounds[0]))
		jf_media_play(media, call->caller.endpoint, &list, NULL);
}

static enum jf_media_format format_of(const struct jf_call *call)
{
	enum jf_codec caller = jf_call_codec(&call->caller), agent = jf_call_codec(call->agent);

	if (caller == JF_CODEC_OTHER || agent == JF_CODEC_OTHER)
		return JF_MEDIA_FORMAT_PACKETS;
	if (caller == JF_CODEC_G722 || agent == JF_CODEC_G722)
		return JF_MEDIA_FORMAT_LINEAR;
	return caller == JF_CODEC_PCMA ? JF_MEDIA_FORMAT_PCMA : JF_MEDIA_FORMAT_PCMU;
}

static void record(struct jf_call *call)
{
	enum jf_media_format format = format_of(call);
	uint64_t utc_ns = jf_call_utc_ns(call, call->first_joined_ns);
	time_t seconds = (time_t)(utc_ns / JF_NS_PER_S);
	struct tm day;
	int err;

	gmtime_r(&seconds, &day);
	snprintf(call->recording_path, sizeof(call->recording_path), "%04u-%02u-%02u/%s.%s",
	         (unsigned int)(day.tm_year + 1900) % 10000u, (unsigned int)(day.tm_mon + 1) % 100u,
	         (unsigned int)day.tm_mday % 100u, call->id_text,
	         format == JF_MEDIA_FORMAT_PACKETS ? "pcapng" : "wav");
	err = jf_media_record(call->calls->config.media, call->caller.endpoint, format,
	                      call->recording_path, &call->recording);
	if (err)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "not recorded: %s", strerror(-err));
	call->has_recording = call->recording_open = err == 0;
}

void jf_call_media_join(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;

	if (!call->has_recording)
		record(call);
	if (call->recording_open) {
		jf_media_tap(media, call->caller.endpoint, &call->recording);
		jf_media_tap(media, call->agent->endpoint, &call->recording);
	}
	if (!call->caller.desc.hold)
		jf_media_join(media, call->caller.endpoint, call->agent->endpoint);
	if (!call->agent->desc.hold)
		jf_media_join(media, call->agent->endpoint, call->caller.endpoint);
	/* What can't be decoded has no energy. */
	if (!call->speech && call->calls->config.analytics && !jf_call_is_opaque(&call->caller) &&
	    !jf_call_is_opaque(call->agent) &&
	    !jf_analytics_start(call->calls->config.analytics, call->caller.endpoint,
	                        call->agent->endpoint, call->agent->joined_ns, NULL, &call->speech))
		call->saved_ns = jf_loop_now_ns(); /* there is nothing to store yet */
}

/* Taken apart meanwhile: what it does not get is not missing in its stream when that goes on. */
void jf_call_media_hush(struct jf_call_party *party, bool hush)
{
	struct jf_call *call = party->call;
	struct jf_media *media = call->calls->config.media;
	bool caller = party->side == JF_MEDIA_CALLER;

	if (hush)
		jf_media_silence(media, party->endpoint);
	else if (call->state == JF_CALL_TALKING || (call->state == JF_CALL_HELD && !caller))
		jf_media_join(media, party->endpoint,
		              caller ? call->agent->endpoint : call->caller.endpoint);
	else if (caller && call->state < JF_CALL_CLOSING && call->confirmed_ns)
		jf_call_media_play(call);
}

static json_t *stream_json(struct jf_call *call, struct jf_media_ref endpoint)
{
	struct jf_media_stream stream;

	if (jf_media_stream(call->calls->config.media, endpoint, &stream))
		return NULL;
	return jf_stream_json(&stream);
}

static void speech_end(struct jf_call *call)
{
	uint64_t now_ns = jf_loop_now_ns();

	if (!call->speech)
		return;
	json_decref(call->speech_figures);
	call->speech_figures = jf_call_speech_json(call->speech, true, now_ns);
	jf_analytics_stop(call->speech);
	call->speech = NULL;
}

int jf_call_media_toward_agent(struct jf_call *call, const struct jf_media_address *toward)
{
	struct jf_media *media = call->calls->config.media;
	struct jf_media_ref other;
	int err;

	if (jf_media_serves(media, call->agent->endpoint, toward))
		return 0;
	err = jf_media_open(media, &call->id, JF_MEDIA_AGENT, &call->caller.endpoint, toward,
	                    &other);
	if (err)
		return err;
	jf_media_close(media, call->agent->endpoint);
	call->agent->endpoint = other;
	return 0;
}

void jf_call_media_part(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	size_t n = json_array_size(call->attempts);
	struct jf_media_ref fresh;

	speech_end(call);
	if (n)
		json_object_set_new(json_array_get(call->attempts, n - 1), "stream",
		                    stream_json(call, call->agent->endpoint));
	/* The next agent's stream is not to be mixed up with what the lost one may still send. */
	if (!jf_media_open(media, &call->id, JF_MEDIA_AGENT, &call->caller.endpoint, NULL,
	                   &fresh)) {
		jf_media_close(media, call->agent->endpoint);
		call->agent->endpoint = fresh;
	} else {
		jf_media_silence(media, call->agent->endpoint);
	}
}

bool jf_call_media_finish(struct jf_call *call)
{
	struct jf_media *media = call->calls->config.media;
	bool wait = false;

	speech_end(call);
	json_decref(call->streams);
	call->streams = json_object();
	json_object_set_new(call->streams, "caller", stream_json(call, call->caller.endpoint));
	if (call->answered)
		json_object_set_new(call->streams, "agent",
		                    stream_json(call, call->agent->endpoint));
	if (call->recording_open) {
		jf_media_tap(media, call->caller.endpoint, NULL);
		jf_media_tap(media, call->agent->endpoint, NULL);
		wait = jf_media_record_end(media, call->recording) == 0;
	}
	jf_media_close(media, call->caller.endpoint);
	jf_media_close(media, call->agent->endpoint);
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
		             party->side == JF_MEDIA_AGENT ? JF_CALL_AGENT_PING_MS
		                                           : JF_CALL_CALLER_PING_MS,
		             now_ns);
}

void jf_call_sweep(struct jf_call *call, uint64_t now_ns)
{
	bool connected = call->state == JF_CALL_TALKING || call->state == JF_CALL_HELD;

	/* Without a dataplane everybody is silent. */
	if (call->state >= JF_CALL_CLOSING || !jf_media_is_up(call->calls->config.media))
		return;
	if (call->confirmed_ns)
		sweep_party(&call->caller, call->confirmed_ns, JF_CALL_CALLER_SILENT_NS, now_ns);
	if (connected)
		sweep_party(call->agent, call->agent->joined_ns,
		            call->state == JF_CALL_HELD ? JF_CALL_CALLER_SILENT_NS
		                                        : JF_CALL_AGENT_SILENT_NS,
		            now_ns);
	if (call->speech && jf_time_since(call->saved_ns, now_ns) > JF_CALL_SAVE_NS)
		jf_call_speech_store(call);
}

/* ---- Events --------------------------------------------------------------------------------- */

static json_t *recording_json(const struct jf_call *call)
{
	static const char *const states[] = {
	        [JF_MEDIA_RECORDING_OPEN] = "open",
	        [JF_MEDIA_RECORDING_CLOSED] = "closed",
	        [JF_MEDIA_RECORDING_FAILED] = "failed",
	};
	struct jf_media_recording r;
	json_t *json;

	if (jf_media_recording(call->calls->config.media, call->recording, &r))
		return NULL;
	json = json_pack(
	        "{s:s, s:I, s:s, s:{s:I, s:I}, s:{s:I, s:I}}", "path",
	        r.path[0] ? r.path : call->recording_path, "duration_ms", (json_int_t)r.duration_ms,
	        "state", states[r.state], "lost", "caller", (json_int_t)r.lost[JF_MEDIA_CALLER],
	        "agent", (json_int_t)r.lost[JF_MEDIA_AGENT], "late", "caller",
	        (json_int_t)r.late[JF_MEDIA_CALLER], "agent", (json_int_t)r.late[JF_MEDIA_AGENT]);
	if (r.started_ns)
		json_object_set_new(json, "started_utc",
		                    jf_call_utc(jf_call_utc_ns(call, r.started_ns)));
	if (r.error)
		json_object_set_new(json, "error", json_string(strerror(-r.error)));
	return json;
}

static void recorded(struct jf_call *call, const struct jf_media_event *event)
{
	call->recording_open = false;
	json_decref(call->sound);
	call->sound = recording_json(call);
	if (event->error)
		jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "recording failed: %s",
		       strerror(-event->error));
	if (call->state == JF_CALL_CLOSING)
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
	jf_log(JF_LOG_CALL, JF_LOG_ERROR, &call->id, "media refused %s: %s", event->command,
	       strerror(-event->error));
	/* Music that the dataplane cannot load: rather the ringing tone than silence. */
	if (!strcmp(event->command, "play") && call->state == JF_CALL_GREETING) {
		call->greeting[0] = '\0';
		jf_call_event(call, JF_CALL_EVENT_GREETED);
		return;
	}
	if (!strcmp(event->command, "play") && call->music[0]) {
		call->music[0] = '\0';
		if (call->state == JF_CALL_QUEUED || call->state == JF_CALL_RINGING ||
		    call->state == JF_CALL_HELD)
			jf_call_media_play(call);
	}
	/* The card number is not to be said while somebody still hears its keys. */
	if (!strcmp(event->command, "mask"))
		jf_call_publish(call, "call.mask_failed", NULL);
	if (is_fatal(event) && call->state < JF_CALL_CLOSING) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "no media", 503);
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
		               json_pack("{s:s, s:b}", "shed", jf_media_shed_name(event->load.shed),
		                         "disk_is_slow", event->load.disk_is_slow));
		return;
	}
	if (event->type == JF_MEDIA_LINK) {
		link_changed(calls, event);
		return;
	}
	call = jf_call_find(calls, &event->call);
	if (!call)
		return;
	if (event->type == JF_MEDIA_DIGIT)
		jf_call_digit_media(call, event);
	else if (event->type == JF_MEDIA_RECORDED)
		recorded(call, event);
	else if (event->type == JF_MEDIA_PLAYED && call->state == JF_CALL_GREETING &&
	         event->play_id == call->greeting_id)
		jf_call_event(call, JF_CALL_EVENT_GREETED);
	else if (event->type == JF_MEDIA_FAILED)
		failed(call, event);
}
