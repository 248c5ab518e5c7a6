// SPDX-License-Identifier: BSD-3-Clause
#include "jf_timeline_priv.h"

#include <string.h>

#include "jf_g711.h"
#include "jf_time.h"

#define NS_PER_SAMPLE 125000u
#define MASK          (JF_BLOCK_TICKS - 1)

/* Timestamp and arrival disagree: another time base. In the future there is room for a second. */
#define DELAY_MAX 16000
#define AHEAD_MAX 8000

#define SETTLING     8000 /* after an anchor: moved as a whole, to the millisecond */
#define SETTLED_STEP 8
#define WINDOW       32000 /* afterwards: a look at delays over 4 s .. */
#define WINDOW_COUNT 50u   /* .. and enough packets to mean something */
#define STEP         80    /* 10 ms: smaller is not worth a splice */

static_assert((JF_BLOCK_TICKS & MASK) == 0, "a power of two");
static_assert((JF_TIMELINE_BLOCKS & (JF_TIMELINE_BLOCKS - 1)) == 0, "a power of two");
static_assert(JF_TIMELINE_BEHIND + JF_BLOCK_TICKS + AHEAD_MAX + 1500 <
                      JF_TIMELINE_BLOCKS * JF_BLOCK_TICKS,
              "room for what may be placed before anything more is taken");

void jf_timeline_init(struct jf_timeline *t, struct jf_block_pool *pool,
                      const struct jf_timeline_file *file)
{
	*t = (struct jf_timeline){
	        .start_ns = file->start_ns,
	        .pool = pool,
	        .law = file->law,
	        .is_linear = file->is_linear,
	};
}

static int64_t position_at(const struct jf_timeline *t, uint64_t ns)
{
	return (int64_t)(jf_time_since(t->start_ns, ns) / NS_PER_SAMPLE);
}

/* ---- Octets in blocks ----------------------------------------------------------------------- */

static struct jf_block **slot_of(struct jf_timeline *t, int64_t position)
{
	return &t->held[(uint64_t)position / JF_BLOCK_TICKS % JF_TIMELINE_BLOCKS];
}

/* The block that position is in, silent if it is new; NULL: the buffer is full. */
static struct jf_block *block_for(struct jf_timeline *t, int64_t position)
{
	struct jf_block **slot = slot_of(t, position);

	if (!*slot) {
		*slot = jf_block_take(t->pool, position / JF_BLOCK_TICKS);
		if (*slot)
			memset((*slot)->bytes, jf_g711_silence((enum jf_law)t->law),
			       JF_BLOCK_BYTES);
	}
	return *slot;
}

static bool has_kinds(struct jf_timeline *t, struct jf_block *block)
{
	if (!block->kinds) {
		block->kinds = jf_block_take(t->pool, block->number);
		if (block->kinds)
			memset(block->kinds->bytes, JF_BLOCK_CODE, JF_BLOCK_BYTES);
	}
	return block->kinds != NULL;
}

static enum jf_block_kind kind_of(const struct jf_timeline *t, uint8_t codec)
{
	if (codec == JF_CODEC_G722)
		return JF_BLOCK_G722;
	return codec == t->law || !t->is_linear ? JF_BLOCK_CODE : JF_BLOCK_OTHER;
}

/* In at most two runs. false: not all of it, because the buffer is full. */
static bool put(struct jf_timeline *t, const struct jf_timeline_audio *a, int64_t position,
                const uint8_t *octets, uint32_t count)
{
	enum jf_block_kind kind = kind_of(t, a->codec);
	bool is_whole = true;

	while (count) {
		uint32_t at = (uint32_t)position & MASK;
		uint32_t run = JF_BLOCK_TICKS - at < count ? JF_BLOCK_TICKS - at : count;
		struct jf_block *block = block_for(t, position);
		size_t plane = (size_t)a->side * JF_BLOCK_TICKS + at;

		if (!block || (kind != JF_BLOCK_CODE && !has_kinds(t, block))) {
			is_whole = false;
		} else {
			if (kind == JF_BLOCK_CODE && a->codec != t->law)
				jf_g711_convert_block((enum jf_law)a->codec, (enum jf_law)t->law,
				                      octets, run, block->bytes + plane);
			else
				memcpy(block->bytes + plane, octets, run);
			if (block->kinds)
				memset(block->kinds->bytes + plane, kind, run);
		}
		position += run;
		octets += run;
		count -= run;
	}
	return is_whole;
}

/* One octet to an earlier place; where it was is silence then. */
static void move(struct jf_timeline *t, uint8_t side, int64_t from, int64_t to)
{
	const size_t plane = (size_t)side * JF_BLOCK_TICKS;
	uint8_t octet = jf_g711_silence((enum jf_law)t->law), kind = JF_BLOCK_CODE;
	struct jf_block *block = *slot_of(t, from);

	if (block) {
		uint8_t *at = &block->bytes[plane + ((uint32_t)from & MASK)];
		uint8_t silence = octet;

		octet = *at;
		*at = silence;
		if (block->kinds) {
			kind = block->kinds->bytes[plane + ((uint32_t)from & MASK)];
			block->kinds->bytes[plane + ((uint32_t)from & MASK)] = JF_BLOCK_CODE;
		}
	}
	block = block_for(t, to);
	if (!block || (kind != JF_BLOCK_CODE && !has_kinds(t, block)))
		return;
	block->bytes[plane + ((uint32_t)to & MASK)] = octet;
	if (block->kinds)
		block->kinds->bytes[plane + ((uint32_t)to & MASK)] = kind;
}

/* ---- Where it belongs ----------------------------------------------------------------------- */

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

	if (s->anchor + delay < t->taken)
		delay = t->taken - s->anchor;
	for (int64_t p = s->anchor; p < s->end; p++)
		move(t, side, p, p + delay);
	s->anchor += delay;
	s->end += delay;
	s->position += delay;
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
		reset_window(s, now);
		return;
	}
	if (delay < s->window_delay)
		s->window_delay = delay;
	s->window_count++;
	if (now - s->window_start < WINDOW || s->window_count < WINDOW_COUNT)
		return;
	if (s->window_delay > STEP)
		s->position += s->window_delay;
	reset_window(s, now);
}

/* A packet far off its place. */
static void place_stray(struct jf_timeline *t, const struct jf_timeline_audio *a, int64_t now)
{
	struct jf_timeline_stream *s = &t->streams[a->side];
	int32_t step = (int32_t)(a->timestamp - s->stray_timestamp);

	if (s->has_stray && step >= -AHEAD_MAX && step <= AHEAD_MAX) {
		anchor(s, a, now, now); /* two that agree with each other: a new time base */
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

void jf_timeline_place(struct jf_timeline *t, const struct jf_timeline_audio *a)
{
	struct jf_timeline_stream *s = &t->streams[a->side];
	int64_t position = find_position(t, a);
	int64_t last = t->taken + (int64_t)(JF_TIMELINE_BLOCKS * JF_BLOCK_TICKS);
	int64_t from = position < t->taken ? t->taken : position;
	int64_t to = position + a->length > last ? last : position + a->length;

	if (position < t->taken)
		t->late[a->side]++;
	if (from < to && !put(t, a, from, a->payload + (from - position), (uint32_t)(to - from)))
		t->lost[a->side]++;
	if (to > s->end)
		s->end = to;
	if (from < s->anchor && from < to) /* overtaken by the first one */
		s->anchor = from;
}

void jf_timeline_prefetch(const struct jf_timeline *t, uint8_t side)
{
	uint64_t at = (uint64_t)t->streams[side].end;
	const struct jf_block *block = t->held[at / JF_BLOCK_TICKS % JF_TIMELINE_BLOCKS];
	const uint8_t *next;

	if (!block)
		return;
	next = block->bytes + (size_t)side * JF_BLOCK_TICKS + (at & MASK);
	__builtin_prefetch(next, 1);
	__builtin_prefetch(next + 64, 1);
	__builtin_prefetch(next + 128, 1);
}

bool jf_timeline_due(const struct jf_timeline *t, uint64_t now_ns)
{
	return position_at(t, now_ns) - t->taken >= JF_TIMELINE_BEHIND + (int64_t)JF_BLOCK_TICKS;
}

struct jf_block *jf_timeline_take(struct jf_timeline *t)
{
	struct jf_block **slot = slot_of(t, t->taken);
	struct jf_block *block = *slot;

	*slot = NULL;
	t->taken += JF_BLOCK_TICKS;
	return block;
}

int64_t jf_timeline_end(const struct jf_timeline *t, uint64_t end_ns)
{
	int64_t end = position_at(t, end_ns);

	for (int side = 0; side < 2; side++)
		if (t->streams[side].end > end)
			end = t->streams[side].end;
	return end;
}
