// SPDX-License-Identifier: BSD-3-Clause
/*
 * A session counts frames of 20 ms from the moment of joining. Each party's track began at a time
 * of its own, so frame n of the session is frame n + (joined - start) / 20 ms of a track. A frame
 * is taken once both tracks have it; a party of which nothing comes is waited for a little, then
 * its frames count as nothing.
 */
#include "jf_analytics.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_list.h"
#include "jf_time.h"

#define FRAME_NS      (JF_SPEECH_FRAME_MS * JF_NS_PER_MS)
#define LATE_FRAMES   20u /* so long a frame is waited for: jitter, and packets of 60 ms */
#define CHUNK_FRAMES  512u
#define EVERY_NS      JF_NS_PER_S
#define SIDES         2u
#define SAVED_VERSION 1u

struct saved {
	uint32_t version;
	uint32_t frames;
	uint64_t missed;
	uint64_t joined_ns;
	struct jf_speech speech;
};
static_assert(sizeof(struct saved) == 24 + sizeof(struct jf_speech), "no holes: it is stored");
static_assert(2 * sizeof(struct saved) < JF_ANALYTICS_TEXT_MAX, "fits as hexadecimal text");

struct jf_analytics {
	struct jf_media *media;
	struct jf_list sessions; /* the one read longest ago first */
};

struct jf_analytics_session {
	struct jf_link link;
	struct jf_analytics *analytics;
	struct jf_media_ref parties[SIDES]; /* caller, agent */
	uint64_t read_ns;
	struct saved s;
};

int jf_analytics_create(struct jf_media *media, struct jf_analytics **ret_analytics)
{
	struct jf_analytics *analytics = calloc(1, sizeof(*analytics));

	if (!analytics)
		return -ENOMEM;
	analytics->media = media;
	jf_list_init(&analytics->sessions);
	*ret_analytics = analytics;
	return 0;
}

void jf_analytics_destroy(struct jf_analytics *analytics)
{
	if (!analytics)
		return;
	JF_LIST_FOR(link, &analytics->sessions)
	free(JF_CONTAINER(link, struct jf_analytics_session, link));
	free(analytics);
}

/* ---- Reading -------------------------------------------------------------------------------- */

/* The track's frame that stands beside frame 0 of the session; negative if it began later. */
static int64_t offset_of(const struct jf_analytics_session *session, uint64_t start_ns)
{
	int64_t ns = (int64_t)(session->s.joined_ns - start_ns);
	int64_t half = (int64_t)FRAME_NS / 2;

	return (ns + (ns < 0 ? -half : half)) / (int64_t)FRAME_NS;
}

/* What a party's track has for the session from its next frame on. */
struct part {
	uint32_t count; /* frames from there to the track's end, at most CHUNK_FRAMES */
	uint32_t gone;  /* the first of them that were overwritten */
	uint8_t levels[CHUNK_FRAMES];
};

static void part_read(const struct jf_analytics_session *session, unsigned side, struct part *ret)
{
	struct jf_media *media = session->analytics->media;
	struct jf_media_levels at;
	uint32_t lead = 0, asked;
	int64_t from;

	ret->count = ret->gone = 0;
	memset(ret->levels, JF_SPEECH_NOTHING, sizeof(ret->levels));
	if (jf_media_levels(media, session->parties[side], 0, ret->levels, 0, &at) || !at.start_ns)
		return;
	from = offset_of(session, at.start_ns) + session->s.frames;
	if (from < 0)
		lead = from < -(int64_t)CHUNK_FRAMES ? CHUNK_FRAMES : (uint32_t)-from;
	asked = from < 0 ? 0 : (uint32_t)from;
	if (jf_media_levels(media, session->parties[side], asked, ret->levels + lead,
	                    CHUNK_FRAMES - lead, &at))
		return;
	if (at.count && at.first > asked)
		ret->gone = lead + at.first - asked;
	ret->count = at.count ? lead + at.count : 0;
}

/* The frames that a party not heard of is not waited for any longer. */
static uint32_t overdue(const struct jf_analytics_session *session, bool final, uint64_t now_ns)
{
	uint64_t wall = jf_time_since(session->s.joined_ns, now_ns) / FRAME_NS;
	uint64_t waited = final ? 0 : LATE_FRAMES;
	uint64_t until = wall > waited ? wall - waited : 0;

	return until > session->s.frames ? (uint32_t)(until - session->s.frames) : 0;
}

static uint32_t more_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* Up to CHUNK_FRAMES further frames; 0 when there are none. */
static uint32_t chunk_step(struct jf_analytics_session *session, bool final, uint64_t now_ns)
{
	struct part caller, agent;
	uint32_t late = overdue(session, final, now_ns);
	uint32_t count, gone;

	part_read(session, 0, &caller);
	part_read(session, 1, &agent);
	gone = more_of(caller.gone, agent.gone);
	if (gone) {
		session->s.missed += gone;
		session->s.frames += gone;
		return gone;
	}
	count = more_of(caller.count, late);
	if (more_of(agent.count, late) < count)
		count = more_of(agent.count, late);
	if (count > CHUNK_FRAMES)
		count = CHUNK_FRAMES;
	for (uint32_t i = 0; i < count; i++)
		jf_speech_step(&session->s.speech, caller.levels[i], agent.levels[i]);
	session->s.frames += count;
	return count;
}

static void session_read(struct jf_analytics_session *session, bool final, uint64_t now_ns)
{
	while (chunk_step(session, final, now_ns))
		;
}

void jf_analytics_poll(struct jf_analytics *analytics, uint64_t now_ns)
{
	struct jf_link *link;

	while ((link = jf_list_first(&analytics->sessions))) {
		struct jf_analytics_session *session =
		        JF_CONTAINER(link, struct jf_analytics_session, link);

		if (jf_time_since(session->read_ns, now_ns) < EVERY_NS)
			return;
		session_read(session, false, now_ns);
		session->read_ns = now_ns;
		jf_list_remove(link);
		jf_list_append(&analytics->sessions, link);
	}
}

/* ---- Sessions ------------------------------------------------------------------------------- */

static int hex_value(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int saved_read(const char *text, struct saved *ret)
{
	struct saved s;
	uint8_t *bytes = (uint8_t *)&s;

	if (strlen(text) != 2 * sizeof(s))
		return -EINVAL;
	for (size_t i = 0; i < sizeof(s); i++) {
		int high = hex_value(text[2 * i]);
		int low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	if (s.version != SAVED_VERSION || !jf_speech_valid(&s.speech))
		return -EINVAL;
	*ret = s;
	return 0;
}

int jf_analytics_start(struct jf_analytics *analytics, struct jf_media_ref caller,
                       struct jf_media_ref agent, uint64_t joined_ns, const char *saved,
                       struct jf_analytics_session **ret_session)
{
	struct jf_analytics_session *session = calloc(1, sizeof(*session));
	int result = 0;

	if (!session)
		return -ENOMEM;
	session->analytics = analytics;
	session->parties[0] = caller;
	session->parties[1] = agent;
	session->s.version = SAVED_VERSION;
	session->s.joined_ns = joined_ns;
	jf_speech_init(&session->s.speech);
	if (saved)
		result = saved_read(saved, &session->s);
	if (result) {
		free(session);
		return result;
	}
	/* Read at the next poll already; so the list stays in order. */
	jf_list_prepend(&analytics->sessions, &session->link);
	*ret_session = session;
	return 0;
}

void jf_analytics_stop(struct jf_analytics_session *session)
{
	if (!session)
		return;
	jf_list_remove(&session->link);
	free(session);
}

void jf_analytics_result(struct jf_analytics_session *session, bool final, uint64_t now_ns,
                         struct jf_speech_result *ret_result)
{
	if (final)
		session_read(session, true, now_ns);
	jf_speech_result(&session->s.speech, ret_result);
}

uint64_t jf_analytics_missed(const struct jf_analytics_session *session)
{
	return session->s.missed;
}

void jf_analytics_save(const struct jf_analytics_session *session,
                       char ret_text[JF_ANALYTICS_TEXT_MAX])
{
	const uint8_t *bytes = (const uint8_t *)&session->s;

	for (size_t i = 0; i < sizeof(session->s); i++)
		snprintf(ret_text + 2 * i, 3, "%02x", bytes[i]);
}
