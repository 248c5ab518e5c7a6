// SPDX-License-Identifier: BSD-3-Clause
#include "jf_timeline_priv.h"

#include <string.h>

#include "jf_g711.h"
#include "jf_time.h"

#define NS_PER_SAMPLE 125000u
#define MASK          (JF_TIMELINE_SAMPLES - 1)

/* Timestamp and arrival disagree: another time base. In the future there is room for a second. */
#define DELAY_MAX 16000
#define AHEAD_MAX 8000

#define SETTLING     8000 /* after an anchor: moved as a whole, to the millisecond */
#define SETTLED_STEP 8
#define WINDOW       32000 /* afterwards: a look at delays over 4 s .. */
#define WINDOW_COUNT 50u   /* .. and enough packets to mean something */
#define STEP         80    /* 10 ms: smaller is not worth a splice */

static_assert((JF_TIMELINE_SAMPLES & MASK) == 0, "a power of two");
static_assert(JF_TIMELINE_BEHIND + JF_TIMELINE_PERIOD + AHEAD_MAX + 1500 < JF_TIMELINE_SAMPLES,
              "room for what may be placed before anything more is taken");

void jf_timeline_init(struct jf_timeline *t, uint64_t start_ns, uint8_t law)
{
	memset(t, 0, offsetof(struct jf_timeline, held));
	t->start_ns = start_ns;
	t->law = law;
	memset(t->held, jf_g711_silence((enum jf_law)law), sizeof(t->held));
}

static int64_t position_at(const struct jf_timeline *t, uint64_t ns)
{
	return (int64_t)(jf_time_since(t->start_ns, ns) / NS_PER_SAMPLE);
}

static uint8_t *sample(struct jf_timeline *t, int64_t position, uint8_t side)
{
	return &t->held[2 * ((uint64_t)position & MASK) + side];
}

static void reset_window(struct jf_timeline_stream *s, int64_t now)
{
	s->window_start = now;
	s->window_delay = INT64_MAX;
	s->window_count = 0;
}

static void anchor(struct jf_timeline_stream *s, const struct jf_timeline_audio *a,
                   int64_t position, int64_t now)
{
	s->is_anchored = true;
	s->has_stray = false;
	s->ssrc = a->ssrc;
	s->timestamp = a->timestamp;
	s->position = position;
	s->anchor = position;
	s->end = position;
	reset_window(s, now);
}

/* The stream since its anchor, all of it still held, to an earlier place; delay is negative. */
static void move_whole(struct jf_timeline *t, uint8_t side, int64_t delay)
{
	struct jf_timeline_stream *s = &t->streams[side];
	uint8_t silence = jf_g711_silence((enum jf_law)t->law);

	if (s->anchor + delay < t->taken)
		delay = t->taken - s->anchor;
	for (int64_t p = s->anchor; p < s->end; p++) {
		*sample(t, p + delay, side) = *sample(t, p, side);
		*sample(t, p, side) = silence;
	}
	s->anchor += delay;
	s->end += delay;
	s->position += delay;
	t->moved++;
}

/* Looks at the packet's delay and corrects the anchor. */
static void settle(struct jf_timeline *t, uint8_t side, int64_t delay, int64_t now)
{
	struct jf_timeline_stream *s = &t->streams[side];
	bool is_whole = s->anchor >= t->taken && s->end - s->anchor <= SETTLING;

	if (is_whole && delay <= -SETTLED_STEP) {
		move_whole(t, side, delay);
		reset_window(s, now);
		return;
	}
	if (!is_whole && delay < -STEP) {
		s->position += delay;
		t->moved++;
		reset_window(s, now);
		return;
	}
	if (delay < s->window_delay)
		s->window_delay = delay;
	s->window_count++;
	if (now - s->window_start < WINDOW || s->window_count < WINDOW_COUNT)
		return;
	if (s->window_delay > STEP) {
		s->position += s->window_delay;
		t->moved++;
	}
	reset_window(s, now);
}

/* A packet far off its place. */
static void place_stray(struct jf_timeline *t, const struct jf_timeline_audio *a, int64_t now)
{
	struct jf_timeline_stream *s = &t->streams[a->side];
	int32_t step = (int32_t)(a->timestamp - s->stray_timestamp);

	if (s->has_stray && step >= -AHEAD_MAX && step <= AHEAD_MAX) {
		anchor(s, a, now, now); /* two that agree with each other: a new time base */
		t->moved++;
		return;
	}
	s->has_stray = true;
	s->stray_timestamp = a->timestamp;
}

/* Where the packet's first sample goes. */
static int64_t find_position(struct jf_timeline *t, const struct jf_timeline_audio *a)
{
	struct jf_timeline_stream *s = &t->streams[a->side];
	int64_t now = position_at(t, a->arrival_ns);
	int64_t delay, position;

	if (!s->is_anchored || s->ssrc != a->ssrc)
		anchor(s, a, now, now);
	position = s->position + (int32_t)(a->timestamp - s->timestamp);
	delay = now - position;
	if (delay > DELAY_MAX || delay < -AHEAD_MAX) {
		place_stray(t, a, now);
		return now;
	}
	s->has_stray = false;
	settle(t, a->side, delay, now);
	position = s->position + (int32_t)(a->timestamp - s->timestamp);
	if (position > s->position) { /* keeps the difference of timestamps small */
		s->position = position;
		s->timestamp = a->timestamp;
	}
	return position;
}

/* One side's samples into the ring, in at most two runs. */
static void put(struct jf_timeline *t, const struct jf_timeline_audio *a, int64_t position,
                const uint8_t *codes, uint32_t count)
{
	const uint8_t *convert = jf_g711_convert_table((enum jf_law)a->law, (enum jf_law)t->law);

	while (count) {
		uint32_t at = (uint32_t)position & MASK;
		uint32_t run = JF_TIMELINE_SAMPLES - at < count ? JF_TIMELINE_SAMPLES - at : count;
		uint8_t *out = &t->held[2 * (size_t)at + a->side];

		for (uint32_t i = 0; i < run; i++)
			out[2 * (size_t)i] = convert[codes[i]];
		position += run;
		codes += run;
		count -= run;
	}
}

void jf_timeline_place(struct jf_timeline *t, const struct jf_timeline_audio *a)
{
	struct jf_timeline_stream *s = &t->streams[a->side];
	int64_t position = find_position(t, a);
	int64_t last = t->taken + JF_TIMELINE_SAMPLES;
	int64_t from = position < t->taken ? t->taken : position;
	int64_t to = position + a->length > last ? last : position + a->length;

	if (position < t->taken)
		t->late[a->side]++;
	if (from < to)
		put(t, a, from, a->payload + (from - position), (uint32_t)(to - from));
	if (to > s->end)
		s->end = to;
	if (from < s->anchor && from < to) /* overtaken by the first one */
		s->anchor = from;
}

uint32_t jf_timeline_due(const struct jf_timeline *t, uint64_t now_ns)
{
	int64_t due = position_at(t, now_ns) - JF_TIMELINE_BEHIND - t->taken;

	return due < JF_TIMELINE_PERIOD ? 0 : due > INT32_MAX ? INT32_MAX : (uint32_t)due;
}

uint64_t jf_timeline_rest(const struct jf_timeline *t, uint64_t end_ns)
{
	int64_t end = position_at(t, end_ns);

	for (int side = 0; side < 2; side++)
		if (t->streams[side].end > end)
			end = t->streams[side].end;
	return end > t->taken ? (uint64_t)(end - t->taken) : 0;
}

uint32_t jf_timeline_peek(const struct jf_timeline *t, uint32_t samples, const uint8_t **ret_bytes)
{
	uint32_t at = (uint32_t)t->taken & MASK;
	uint32_t to_end = JF_TIMELINE_SAMPLES - at;

	*ret_bytes = &t->held[2 * (size_t)at];
	return samples < to_end ? samples : to_end;
}

void jf_timeline_taken(struct jf_timeline *t, uint32_t samples)
{
	uint32_t at = (uint32_t)t->taken & MASK;

	memset(&t->held[2 * (size_t)at], jf_g711_silence((enum jf_law)t->law), 2 * (size_t)samples);
	t->taken += samples;
}
