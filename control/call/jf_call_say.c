// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the engine says to a party, once, instead of what it hears otherwise: a list of sounds whose
 * end is told. What can't be played, because a prompt has gone or the codec is none of ours, ends
 * at once, from the loop, and raises an alarm: prompt.missing.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_call_priv.h"

static void nothing_to_say(void *arg)
{
	struct jf_call_party *party = arg;

	party->say.pending = false;
	jf_call_said(party);
}

void jf_call_say(struct jf_call_party *party, const struct jf_media_playlist *list)
{
	struct jf_media *media = party->call->calls->config.media;
	struct jf_call_say *say = &party->say;

	jf_call_say_drop(party);
	say->err = 0;
	say->pending = true;
	party->hears.kind = 0;
	if (!list->count || jf_call_is_opaque(party) ||
	    jf_media_play(media, party->endpoint, list, &say->play_id)) {
		say->play_id = 0;
		jf_loop_timer_start(&say->timer, 0, nothing_to_say, party);
	}
}

void jf_call_say_file(struct jf_call_party *party, const char *path)
{
	struct jf_media_playlist list = {.count = 0};
	int err = path && path[0]
	                  ? jf_media_sound(party->call->calls->config.media, path, &list.sounds[0])
	                  : -ENOENT;

	if (!err)
		list.count = 1;
	else if (path && path[0])
		jf_call_prompt_missing(party->call, path, err);
	jf_call_say(party, &list);
	party->say.err = err;
}

bool jf_call_says(const struct jf_call_party *party)
{
	return party->say.pending;
}

void jf_call_say_drop(struct jf_call_party *party)
{
	party->say.pending = false;
	party->say.play_id = 0;
	jf_loop_timer_cancel(&party->say.timer);
}

bool jf_call_say_played(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_party *party = jf_call_party_at(call, event->endpoint);

	if (!party->say.pending || !party->say.play_id || event->play_id != party->say.play_id)
		return false;
	jf_call_say_drop(party);
	jf_call_said(party);
	return true;
}

/* The dataplane could not load any sound of it. */
bool jf_call_say_failed(struct jf_call *call, const struct jf_media_event *event)
{
	struct jf_call_party *party = jf_call_party_at(call, event->endpoint);

	if (!party->say.pending)
		return false;
	jf_call_prompt_missing(call, "of an announcement", event->error);
	party->say.err = event->error;
	jf_call_say_drop(party);
	jf_call_said(party);
	return true;
}

/* Nothing more is said: what comes now depends on what it was about. */
void jf_call_said(struct jf_call_party *party)
{
	struct jf_call *call = party->call;

	party->hears.kind = 0;
	switch (call->state) {
	case JF_CALL_QUEUED:
	case JF_CALL_RINGING:
		jf_call_wait_said(call);
		break;
	case JF_CALL_FLOW:
		jf_call_flow_said(call);
		break;
	case JF_CALL_VOICEMAIL:
		jf_call_message_said(call);
		break;
	case JF_CALL_LISTENING:
		jf_call_listen_said(call);
		break;
	case JF_CALL_SURVEY:
		jf_call_survey_said(call);
		break;
	case JF_CALL_LEAVING:
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "will be called back", 0);
		jf_call_event(call, JF_CALL_EVENT_SPOKEN);
		break;
	default:
		break;
	}
}
