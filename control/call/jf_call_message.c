// SPDX-License-Identifier: BSD-3-Clause
/*
 * A caller leaves a message: what jf_voicemail.h decides is carried out. The message is the call's
 * recording; its row among the voicemails is put with the contact record, in one batch.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_call_treatment.h"

#define LEAST_NS (500 * JF_NS_PER_MS) /* of speech: less is no message */

static void step_do(struct jf_call *call, unsigned int does);

int jf_call_voicemail_begin(struct jf_call *call, const char *queue)
{
	const struct jf_directory_queue *to =
	        jf_call_queue_named(call, queue ? queue : call->queue_name);

	if (!to)
		return -ENOENT;
	if (jf_call_is_opaque(&call->caller))
		return -ENOTSUP;
	if (!jf_call_fsm_allows(call->state, JF_CALL_EVENT_VOICEMAIL))
		return -EPROTO;
	if (queue && strcmp(queue, call->queue_name) != 0)
		jf_call_queue_set(call, to);
	call->message = calloc(1, sizeof(*call->message));
	if (!call->message)
		return -ENOMEM;
	jf_call_event(call, JF_CALL_EVENT_VOICEMAIL);
	return 0;
}

static struct jf_voicemail_policy policy_of(const struct jf_call *call)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);

	return (struct jf_voicemail_policy){
	        .silence_ns = (t ? t->voicemail.silence_ms : 4000) * JF_NS_PER_MS,
	        .max_ns = (t ? t->voicemail.max_ms : 120000) * JF_NS_PER_MS,
	        .least_ns = LEAST_NS,
	};
}

void jf_call_message_begin(struct jf_call *call)
{
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "leaves a message for %s", call->queue_name);
	call->agent->agent_ref = jf_acd_nobody;
	step_do(call, jf_voicemail_begin(&call->message->voicemail));
}

/* ---- The recording -----------------------------------------------------------------------------
 */

static void listen(void *arg)
{
	struct jf_call *call = arg;
	struct jf_call_message *m = call->message;
	struct jf_voicemail_policy policy = policy_of(call);
	struct jf_media_levels part = {0};
	uint8_t levels[128];

	if (jf_media_levels(call->calls->config.media, call->caller.endpoint, m->next_frame, levels,
	                    sizeof(levels), &part))
		part.count = 0;
	if (part.count)
		m->next_frame = part.first + part.count;
	step_do(call,
	        jf_voicemail_levels(&m->voicemail, &policy, levels, part.count, jf_loop_now_ns()));
	if (call->state == JF_CALL_VOICEMAIL && m->voicemail.state == JF_VOICEMAIL_RECORDING)
		jf_loop_timer_start(&m->timer, JF_VOICEMAIL_LOOK_MS, listen, call);
}

static void record(struct jf_call *call)
{
	struct jf_call_message *m = call->message;
	struct jf_media_levels part = {0};
	uint8_t level;

	jf_media_silence(call->calls->config.media, call->caller.endpoint);
	call->caller.hears.kind = 0;
	jf_call_media_record(call);
	/* From the present frame on. */
	while (!jf_media_levels(call->calls->config.media, call->caller.endpoint, m->next_frame,
	                        &level, 1, &part) &&
	       part.count)
		m->next_frame = part.first + 1;
	jf_loop_timer_start(&m->timer, JF_VOICEMAIL_LOOK_MS, listen, call);
	jf_call_publish(call, "voicemail.recording", NULL);
	jf_call_row_store(call);
}

/* ---- Carrying out ------------------------------------------------------------------------------
 */

static void step_do(struct jf_call *call, unsigned int does)
{
	const struct jf_directory_treatment *t = jf_call_treatment_of(call);
	const char *beep = t && t->voicemail.beep ? t->voicemail.beep : call->calls->config.beep;

	if (does & JF_VOICEMAIL_DO_GREET)
		jf_call_say_file(&call->caller, t ? t->voicemail.greeting : NULL);
	if (does & JF_VOICEMAIL_DO_BEEP)
		jf_call_say_file(&call->caller, beep);
	if (does & JF_VOICEMAIL_DO_RECORD)
		record(call);
	if (does & JF_VOICEMAIL_DO_STOP)
		jf_call_media_record_stop(call);
	if (does & JF_VOICEMAIL_DO_THANK)
		jf_call_say_file(&call->caller, t ? t->voicemail.thanks : NULL);
	if (does & JF_VOICEMAIL_DO_HANG_UP) {
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "left a message", 0);
		jf_call_event(call, JF_CALL_EVENT_SPOKEN);
	}
}

static void happened(struct jf_call *call, enum jf_voicemail_event event)
{
	step_do(call, jf_voicemail_step(&call->message->voicemail, event, jf_loop_now_ns()));
}

void jf_call_message_said(struct jf_call *call)
{
	happened(call, JF_VOICEMAIL_EVENT_PLAYED);
}

void jf_call_message_key(struct jf_call *call, char key)
{
	if (key == '#')
		happened(call, JF_VOICEMAIL_EVENT_KEY);
}

/* The call is over, by whomever. */
void jf_call_message_end(struct jf_call *call)
{
	if (!call->message)
		return;
	jf_loop_timer_cancel(&call->message->timer);
	(void)jf_voicemail_step(&call->message->voicemail, JF_VOICEMAIL_EVENT_GONE,
	                        jf_loop_now_ns());
}

/* A process before this one was recording it: that it was begun is known, not what was said. */
void jf_call_message_adopt(struct jf_call *call)
{
	call->message = calloc(1, sizeof(*call->message));
	if (!call->message)
		return;
	call->message->voicemail.state = JF_VOICEMAIL_RECORDING;
	call->message->voicemail.recording_ns = call->has_recording ? 1 : 0;
	call->message->voicemail.talk_ns = LEAST_NS;
	call->recording_open = call->has_recording;
}

bool jf_call_message_is_kept(const struct jf_call *call)
{
	struct jf_voicemail_policy policy = policy_of(call);

	return call->message && call->has_recording &&
	       jf_voicemail_is_kept(&call->message->voicemail, &policy);
}

json_t *jf_call_message_json(const struct jf_call *call)
{
	const struct jf_call_message *m = call->message;
	bool kept;

	if (!m)
		return NULL;
	kept = jf_call_message_is_kept(call);
	return json_pack("{s:s, s:b, s:I, s:s}", "state",
	                 jf_voicemail_state_name(m->voicemail.state), "kept", kept, "talk_ms",
	                 (json_int_t)(m->voicemail.talk_ns / JF_NS_PER_MS), "ended",
	                 m->voicemail.end ? m->voicemail.end : "");
}
