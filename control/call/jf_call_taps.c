// SPDX-License-Identifier: BSD-3-Clause
/*
 * Who is heard in which file, by the state of the call alone: the caller's, or the one of what
 * agent and third party say to each other (jf_call_aside.c). Asked after every event.
 */
#include <string.h>

#include "jf_call_priv.h"

enum into {
	NOWHERE,
	CALL,  /* the caller's file, on the party's side of it */
	ASIDE, /* the other one: the third party on the left, the agent on the right */
};

/* By whom the agent speaks with, not by what it hears: on hold there is nobody. */
static enum into of_agent(const struct jf_call *call, const struct jf_call_party *speaks)
{
	switch (call->state) {
	case JF_CALL_TALKING:
	case JF_CALL_HELD:
	case JF_CALL_CONSULTING:
	case JF_CALL_TRANSFERRING:
	case JF_CALL_CONSULT_ASIDE:
		return CALL;
	case JF_CALL_CONSULT_TALKING: /* with two lines the first one is the caller's */
		return call->line ? CALL : ASIDE;
	case JF_CALL_CONFERENCE:
		return speaks == call->agent ? CALL : NOWHERE;
	default:
		return NOWHERE;
	}
}

static enum into of_line(const struct jf_call *call, const struct jf_call_party *speaks)
{
	if (call->state == JF_CALL_CONFERENCE)
		return speaks == call->line ? CALL : NOWHERE;
	return call->line->joined_ns ? ASIDE : NOWHERE;
}

static void side_note(struct jf_call *call, const struct jf_call_party *party, uint64_t now_ns)
{
	if (party->side == JF_MEDIA_AGENT)
		jf_call_channel_note(&call->right_channel, party, now_ns);
	else if (party->name[0]) /* else it is the caller of them all */
		jf_call_channel_note(&call->left_channel, party, now_ns);
}

static void tap(struct jf_call_party *party, enum into into, const struct jf_media_ref *aside,
                uint64_t now_ns)
{
	struct jf_call *call = party->call;
	const struct jf_media_ref none = {0}, *to = NULL;
	enum jf_media_side side = party->side;

	if (into == CALL && call->recording_open && !call->recording_ending)
		to = &call->recording;
	else if (into == ASIDE)
		to = aside;
	if (into == ASIDE)
		side = party == call->target ? JF_MEDIA_CALLER : JF_MEDIA_AGENT;
	if (!memcmp(&party->tap, to ? to : &none, sizeof(party->tap)))
		return;
	party->tap = to ? *to : none;
	jf_media_tap(call->calls->config.media, party->endpoint, side, to);
	if (to == &call->recording)
		side_note(call, party == call->line ? call->agent : party, now_ns);
}

void jf_call_taps_settle(struct jf_call *call, uint64_t now_ns)
{
	const struct jf_media_ref *aside = jf_call_aside_follow(call, now_ns);
	const struct jf_call_party *speaks = jf_call_speaks_on(call);

	tap(&call->caller, CALL, aside, now_ns);
	tap(call->agent, of_agent(call, speaks), aside, now_ns);
	if (call->line)
		tap(call->line, of_line(call, speaks), aside, now_ns);
	if (call->target)
		tap(call->target, call->target->joined_ns ? ASIDE : NOWHERE, aside, now_ns);
}
