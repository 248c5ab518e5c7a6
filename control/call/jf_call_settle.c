// SPDX-License-Identifier: BSD-3-Clause
/*
 * What follows from the state of a call alone: who hears whom, what its agents are shown to do,
 * whose clocks run. Asked after every event; what is so already is not done again.
 *
 * Who sees whom follows who hears whom. Whoever is on hold by its own phone is sent nothing. What
 * can't be decoded (opaque) is passed on as it comes; it is not mixed, and where it would hear
 * music, it hears nothing.
 */
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_call_priv.h"

enum hears {
	HEARS_UNKNOWN,
	HEARS_NOTHING,
	HEARS_MUSIC,   /* the queue's, or ringing */
	HEARS_RINGING, /* somebody else's phone */
	HEARS_STREAMS, /* one, or the sum of two */
};

/* What a party is to do: columns of the table below. */
enum listens {
	TO_NOTHING,
	TO_MUSIC,
	TO_RINGING,
	TO_CALLER,
	TO_AGENT,
	TO_TARGET,
	TO_LINE,
	TO_OTHERS, /* both */
	AS_IT_IS,
};

struct settled {
	uint8_t caller, agent, target; /* enum listens */
	uint8_t mode;                  /* of the agent's segment */
	uint8_t does, target_does;     /* enum jf_acd_doing */
	bool served;                   /* the three above apply */
	bool waits;                    /* the caller is with an agent, and hears music */
};

#define SERVED(mode, does, target_does, waits)                                                     \
	JF_CALL_MODE_##mode, JF_ACD_##does, JF_ACD_##target_does, true, waits

/* clang-format off */
static const struct settled table[JF_CALL_STATE_COUNT] = {
	[JF_CALL_CONFIRMING]     = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_CALLING]        = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_GREETING]       = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_FLOW]           = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_QUEUED]         = {TO_MUSIC, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_RINGING]        = {TO_MUSIC, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_TALKING]        = {TO_AGENT, TO_CALLER, AS_IT_IS, SERVED(TALK, TALKS, RINGS, false)},
	[JF_CALL_HELD]           = {TO_MUSIC, TO_CALLER, AS_IT_IS, SERVED(HOLD, HOLDS, RINGS, true)},
	[JF_CALL_CONSULTING]     = {TO_MUSIC, TO_RINGING, AS_IT_IS, SERVED(CONSULT, CONSULTS, RINGS, true)},
	[JF_CALL_CONSULT_TALKING] = {TO_MUSIC, TO_TARGET, TO_AGENT, SERVED(CONSULT, CONSULTS, CONSULTS, true)},
	[JF_CALL_CONSULT_ASIDE]  = {TO_AGENT, TO_CALLER, TO_MUSIC, SERVED(TALK, TALKS, CONSULTS, false)},
	[JF_CALL_CONFERENCE]     = {TO_OTHERS, TO_OTHERS, TO_OTHERS, SERVED(CONFERENCE, CONFERS, CONFERS, false)},
	[JF_CALL_TRANSFERRING]   = {TO_MUSIC, TO_RINGING, AS_IT_IS, SERVED(HOLD, HOLDS, RINGS, true)},
	[JF_CALL_FORWARDING]     = {TO_MUSIC, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, true},
	[JF_CALL_VOICEMAIL]      = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_SURVEY]         = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_LEAVING]        = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_REACHING]       = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_CONNECTING]     = {AS_IT_IS, TO_RINGING, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_LISTENING]      = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_CLOSING]        = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_WRITING]        = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
	[JF_CALL_GONE]           = {AS_IT_IS, AS_IT_IS, AS_IT_IS, 0, 0, 0, false, false},
};
/* clang-format on */

/* ---- Who hears whom -------------------------------------------------------------------------- */

const struct jf_call_party *jf_call_speaks_on(const struct jf_call *call)
{
	const struct jf_call_party *line = call->line;

	return line && line->joined_ns && !line->desc.hold ? line : call->agent;
}

static void others_of(const struct jf_call_party *party, struct jf_call_hearing *want)
{
	const struct jf_call *call = party->call;
	const struct jf_call_party *all[] = {&call->caller, jf_call_speaks_on(call), call->target};

	for (unsigned int i = 0; i < 3; i++)
		/* Who holds the line says nothing, and its phone's music is not for the others. */
		if (all[i] && all[i] != party && !all[i]->desc.hold && want->n < 2)
			want->sources[want->n++] = all[i]->endpoint;
}

static struct jf_call_hearing wanted(const struct jf_call_party *party, enum listens to)
{
	const struct jf_call *call = party->call;
	struct jf_call_hearing want;

	memset(&want, 0, sizeof(want)); /* compared as bytes */
	want.kind = HEARS_STREAMS;
	want.n = 1;
	if (party->desc.hold)
		to = TO_NOTHING;
	switch (to) {
	case TO_CALLER:
		want.sources[0] = call->caller.endpoint;
		break;
	case TO_AGENT:
		want.sources[0] = call->agent->endpoint;
		break;
	case TO_TARGET:
		want.sources[0] = call->target->endpoint;
		break;
	case TO_OTHERS:
		want.n = 0;
		others_of(party, &want);
		break;
	case TO_LINE:
		want.sources[0] = call->line->endpoint;
		break;
	case TO_MUSIC:
	case TO_RINGING:
		want.kind = to == TO_MUSIC ? HEARS_MUSIC : HEARS_RINGING;
		want.n = 0;
		break;
	default:
		want.kind = HEARS_NOTHING;
		want.n = 0;
		break;
	}
	return want;
}

static void play(struct jf_call_party *party, const char *music)
{
	struct jf_media *media = party->call->calls->config.media;
	const char *ringback = party->call->calls->config.ringback;
	struct jf_media_playlist list = {.count = 1, .loop_last = true};

	/* What nobody here can encode is silence. */
	if (jf_call_is_opaque(party)) {
		jf_media_silence(media, party->endpoint);
		return;
	}
	/* Better a ringing tone than silence, if the music went missing. */
	if (!jf_media_sound(media, music, &list.sounds[0]) ||
	    !jf_media_sound(media, ringback, &list.sounds[0]))
		jf_media_play(media, party->endpoint, &list, NULL);
}

static void mix(struct jf_call_party *party, const struct jf_call_hearing *want)
{
	struct jf_media_mix row = {.count = want->n};

	memcpy(row.sources, want->sources, want->n * sizeof(row.sources[0]));
	jf_media_mix(party->call->calls->config.media, party->endpoint, &row);
}

static void hear(struct jf_call_party *party, enum listens to)
{
	const struct jf_call *call = party->call;
	struct jf_media *media = call->calls->config.media;
	struct jf_call_hearing want = wanted(party, to);

	if (to == AS_IT_IS || memcmp(&want, &party->hears, sizeof(want)) == 0)
		return;
	/* What is being said to it comes before the music, not before a voice. */
	if (want.kind == HEARS_MUSIC && jf_call_says(party))
		return;
	jf_call_say_drop(party);
	party->hears = want;
	if (want.kind == HEARS_MUSIC)
		play(party, call->music[0] ? call->music : call->calls->config.ringback);
	else if (want.kind == HEARS_RINGING)
		play(party, call->calls->config.ringback);
	else if (want.n == 1)
		jf_media_join(media, party->endpoint, want.sources[0]);
	else if (want.n > 1)
		mix(party, &want);
	else
		jf_media_silence(media, party->endpoint);
}

struct jf_call_party *jf_call_party_at(struct jf_call *call, struct jf_media_ref endpoint)
{
	if (endpoint.index == call->agent->endpoint.index)
		return call->agent;
	if (call->target && endpoint.index == call->target->endpoint.index)
		return call->target;
	if (call->line && endpoint.index == call->line->endpoint.index)
		return call->line;
	return &call->caller;
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* The caller's time with an agent, but with music. */
static void wait_clock(struct jf_call *call, bool waits, uint64_t now_ns)
{
	if (waits && !call->hold_since_ns) {
		call->hold_since_ns = now_ns;
	} else if (!waits && call->hold_since_ns) {
		call->hold_ns += jf_time_since(call->hold_since_ns, now_ns);
		call->hold_since_ns = 0;
	}
}

/* What an agent does in this call; it may have others. entry: its place here, or jf_acd_nobody. */
static void does(const struct jf_call_party *party, struct jf_acd_ref entry, enum jf_acd_doing what,
                 uint64_t now_ns)
{
	struct jf_acd *acd = party->call->calls->acd;

	if (entry.index != JF_ACD_NONE)
		(void)jf_acd_entry_does(acd, entry, what, now_ns);
	else if (party->agent_ref.index != JF_ACD_NONE)
		(void)jf_acd_agent_does(acd, party->agent_ref, what, now_ns);
}

/* An agent, too: what the other one does is not its own doing. */
static void caller_settle(struct jf_call *call, uint64_t now_ns)
{
	bool confers = call->state == JF_CALL_CONFERENCE;

	if (!jf_call_party_is_agent(&call->caller))
		return;
	jf_call_segment_mode(&call->caller, confers ? JF_CALL_MODE_CONFERENCE : JF_CALL_MODE_TALK,
	                     now_ns);
	does(&call->caller, call->caller.entry, confers ? JF_ACD_CONFERS : JF_ACD_TALKS, now_ns);
}

static void agents_settle(struct jf_call *call, const struct settled *s, uint64_t now_ns)
{
	if (!s->served)
		return;
	jf_call_segment_mode(call->agent, (enum jf_call_mode)s->mode, now_ns);
	caller_settle(call, now_ns);
	does(call->agent, call->in_acd ? call->entry : jf_acd_nobody, (enum jf_acd_doing)s->does,
	     now_ns);
	if (!call->target || !call->target->joined_ns)
		return;
	if (call->state == JF_CALL_CONFERENCE)
		jf_call_segment_begin(call->target, JF_CALL_CAME_CONFERENCE, now_ns);
	jf_call_segment_mode(call->target,
	                     call->state == JF_CALL_CONFERENCE ? JF_CALL_MODE_CONFERENCE
	                                                       : JF_CALL_MODE_HOLD,
	                     now_ns);
	does(call->target, call->target->entry, (enum jf_acd_doing)s->target_does, now_ns);
}

/* With a line for each of the two it is the phone that says, by holding them, whom the agent
 * speaks with. */
static void hear_by_line(struct jf_call *call)
{
	struct jf_call_party *agent = call->agent, *line = call->line, *target = call->target;

	if (call->state == JF_CALL_CONFERENCE) {
		bool by_line = jf_call_speaks_on(call) == line;

		hear(&call->caller, TO_OTHERS);
		hear(target, TO_OTHERS);
		hear(line, by_line ? TO_OTHERS : TO_NOTHING);
		hear(agent, by_line ? TO_NOTHING : TO_OTHERS);
		return;
	}
	hear(&call->caller, agent->desc.hold ? TO_MUSIC : TO_AGENT);
	hear(agent, TO_CALLER);
	if (target && target->early && !target->joined_ns)
		hear(line, TO_TARGET);
	if (!target || !target->joined_ns)
		return;
	hear(target, line->desc.hold ? TO_MUSIC : TO_LINE);
	hear(line, TO_TARGET);
}

static enum listens caller_listens(struct jf_call *call, const struct settled *s)
{
	const struct jf_call_party *early = jf_call_early_of(call);

	if (!call->confirmed_ns && !call->caller.early)
		return AS_IT_IS;
	if (early && early == call->agent)
		return TO_AGENT;
	if (early && (call->unanswered || call->state == JF_CALL_FORWARDING))
		return TO_TARGET;
	/* What came early came of an attempt that failed. */
	return call->unanswered ? TO_RINGING : (enum listens)s->caller;
}

static void hear_by_state(struct jf_call *call, const struct settled *s)
{
	const struct jf_call_party *early = jf_call_early_of(call);

	hear(&call->caller, caller_listens(call, s));
	hear(call->agent, s->agent == TO_RINGING && early ? TO_TARGET : (enum listens)s->agent);
	if (call->target && call->target->joined_ns)
		hear(call->target, (enum listens)s->target);
}

void jf_call_settle(struct jf_call *call, uint64_t now_ns)
{
	const struct settled *s = &table[call->state];

	jf_call_flow_settle(call);
	if (call->state >= JF_CALL_CLOSING)
		return;
	wait_clock(call, s->waits, now_ns);
	agents_settle(call, s, now_ns);
	jf_call_taps_settle(call, now_ns);
	if (call->line)
		hear_by_line(call);
	else
		hear_by_state(call, s);
	jf_call_video_settle(call);
}
