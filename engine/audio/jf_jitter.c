// SPDX-License-Identifier: BSD-3-Clause
#include "jf_jitter.h"

#include <string.h>

#define FRAME        ((int32_t)JF_JITTER_FRAME_TICKS)
#define MS(ms)       ((int32_t)((ms)*JF_JITTER_MS_TICKS))
#define MARGIN       MS(5)
#define HYSTERESIS   MS(5)
#define FIRST_SPREAD MS(20) /* of a stream that nothing is known about */
#define PATIENCE     250u   /* frames */
#define PAUSE        5u     /* frames without a packet: nobody hears it when the delay changes */
#define FEW          25u    /* packets in a window, of which not even one is left out */
#define NEVER        (INT32_MIN / 2)
#define RING_MASK    (JF_JITTER_RING_TICKS - 1)

/* Frames, rounded up. */
static int32_t frames_of(int32_t ticks)
{
	return ticks > 0 ? (ticks + FRAME - 1) / FRAME : -(-ticks / FRAME);
}

static int32_t larger(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t smaller(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

void jf_jitter_init(struct jf_jitter *jitter)
{
	memset(jitter, 0, sizeof(*jitter));
}

static int32_t wanted(const struct jf_jitter *jitter)
{
	return larger(jitter->second, jitter->before) + MARGIN;
}

static int32_t earliest(const struct jf_jitter *jitter)
{
	return smaller(jitter->least, jitter->least_before);
}

uint32_t jf_jitter_delay(const struct jf_jitter *jitter)
{
	return jitter->flowing ? (uint32_t)(jitter->delay - earliest(jitter)) : 0;
}

/* ---- Milliseconds that are there ----------------------------------------------------------- */

static void mark(struct jf_jitter *jitter, uint32_t place)
{
	uint32_t ms = (place & RING_MASK) / JF_JITTER_MS_TICKS;

	jitter->present[ms / 64] |= UINT64_C(1) << ms % 64;
}

/* Whether the millisecond was there; it is not any more. */
static bool unmark(struct jf_jitter *jitter, uint32_t place)
{
	uint32_t ms = (place & RING_MASK) / JF_JITTER_MS_TICKS;
	uint64_t bit = UINT64_C(1) << ms % 64;
	bool was = jitter->present[ms / 64] & bit;

	jitter->present[ms / 64] &= ~bit;
	return was;
}

/* ---- The stream, and how deep it is kept ---------------------------------------------------- */

static void begin_window(struct jf_jitter *jitter)
{
	jitter->most = jitter->second = NEVER;
	jitter->least = INT32_MAX;
	jitter->packets = jitter->frames = 0;
}

/*
 * The first octet will begin a frame: the next one, and as many later as the stream before it
 * needed.
 */
static void begin_stream(struct jf_jitter *jitter, uint32_t ssrc, uint32_t timestamp,
                         uint32_t now_ts)
{
	bool known = jitter->flowing;
	int32_t spread = known ? wanted(jitter) - MARGIN - earliest(jitter) : FIRST_SPREAD;
	int32_t need = 0;

	if (!known && (int32_t)(jitter->next_ts - now_ts) <= 0)
		jitter->next_ts = now_ts;
	need = (int32_t)(now_ts - jitter->next_ts);
	jitter->counts.restarted += known;
	memset(jitter->present, 0, sizeof(jitter->present));
	begin_window(jitter);
	jitter->ssrc = ssrc;
	jitter->origin = timestamp;
	jitter->zero_ts = jitter->next_ts;
	jitter->before = need + spread;
	jitter->least_before = need;
	jitter->delay = frames_of(wanted(jitter)) * FRAME;
	jitter->delay = larger(smaller(jitter->delay, MS(JF_JITTER_DELAY_MAX_MS)), 0);
	jitter->next_place = 0 - (uint32_t)jitter->delay;
	jitter->flowing = true;
	jitter->jumped = false;
	jitter->patience = 0;
}

static void move_delay(struct jf_jitter *jitter, int32_t frames)
{
	int32_t most = earliest(jitter) + MS(JF_JITTER_DELAY_MAX_MS);

	while (frames > 0 && jitter->delay + frames * FRAME > most)
		frames--;
	jitter->delay += frames * FRAME;
	if (frames > 0) /* what is left out by a smaller one, the next frame passes */
		jitter->next_place -= (uint32_t)(frames * FRAME);
	jitter->counts.grown += frames > 0;
	jitter->counts.shrunk += frames < 0;
	jitter->patience = 0;
}

static void measure(struct jf_jitter *jitter, int32_t need)
{
	if (need > jitter->most) {
		jitter->second = jitter->most;
		jitter->most = need;
	} else if (need > jitter->second) {
		jitter->second = need;
	}
	jitter->least = smaller(jitter->least, need);
	jitter->packets++;
}

static void end_window(struct jf_jitter *jitter)
{
	if (jitter->packets == 0) {
		jitter->frames = 0;
		return; /* what was known is still the best guess */
	}
	jitter->before = jitter->packets < FEW ? jitter->most : jitter->second;
	jitter->least_before = jitter->least;
	begin_window(jitter);
}

/* What the packet needs: how far its clock is behind that of its place, counted from its frame. */
static int32_t need_of(const struct jf_jitter *jitter, uint32_t place, uint32_t now_ts)
{
	/* the frame that begins at or before its place; their places are 0, 160, ... of the delay
	 */
	uint32_t within = (place + (1u << 31) / JF_JITTER_FRAME_TICKS * JF_JITTER_FRAME_TICKS) %
	                  JF_JITTER_FRAME_TICKS;

	return (int32_t)(now_ts - jitter->zero_ts - (place - within));
}

/* Copies what is not late and has room. */
static void store(struct jf_jitter *jitter, uint32_t place, const uint8_t *octets, size_t n)
{
	int32_t late = (int32_t)(jitter->next_place - place);
	int32_t room;

	if (late > 0) {
		late = (late + MS(1) - 1) / MS(1) * MS(1);
		jitter->counts.late++;
		if ((size_t)late >= n)
			return;
		place += (uint32_t)late;
		octets += late;
		n -= (size_t)late;
	}
	room = (int32_t)(jitter->next_place + JF_JITTER_RING_TICKS - place);
	if (room <= 0 || (size_t)room < n) {
		jitter->counts.early++;
		if (room <= 0)
			return;
		n = (size_t)room;
	}
	for (size_t at = 0; at + JF_JITTER_MS_TICKS <= n; at += JF_JITTER_MS_TICKS) {
		memcpy(jitter->ring + ((place + at) & RING_MASK), octets + at, JF_JITTER_MS_TICKS);
		mark(jitter, place + (uint32_t)at);
	}
}

/* Whether the packet is where the clock says. If not twice on end, a stream begins with it. */
static bool agrees(struct jf_jitter *jitter, int32_t need)
{
	int32_t off = need - jitter->delay;

	if (off <= MS(JF_JITTER_JUMP_MS) && off >= -MS(JF_JITTER_JUMP_MS)) {
		jitter->jumped = false;
		return true;
	}
	return false;
}

static bool is_confirmed(struct jf_jitter *jitter, int32_t need)
{
	int32_t off = need - jitter->jump;
	bool confirmed = jitter->jumped && off <= MS(100) && off >= -MS(100);

	jitter->jumped = true;
	jitter->jump = need;
	return confirmed;
}

void jf_jitter_put(struct jf_jitter *jitter, uint32_t ssrc, uint32_t timestamp, bool marker,
                   uint32_t now_ts, const uint8_t *octets, size_t n)
{
	uint32_t place;
	int32_t need;

	jitter->counts.packets++;
	if (!jitter->flowing || ssrc != jitter->ssrc)
		begin_stream(jitter, ssrc, timestamp, now_ts);
	/* whole milliseconds, whatever it begins with: only the first octet of a stream is exact */
	place = (timestamp - jitter->origin) & ~(JF_JITTER_MS_TICKS - 1);
	need = need_of(jitter, place, now_ts);
	if (!agrees(jitter, need)) {
		if (!is_confirmed(jitter, need))
			return;
		begin_stream(jitter, ssrc, timestamp, now_ts);
		place = 0;
		need = need_of(jitter, place, now_ts);
	}
	measure(jitter, need);
	if (wanted(jitter) > jitter->delay || jitter->idle >= PAUSE || (marker && jitter->idle))
		move_delay(jitter, frames_of(wanted(jitter) - jitter->delay));
	jitter->idle = 0;
	store(jitter, place, octets, n);
}

/* Too deep, by a frame at least, and now is a good moment. */
static bool may_shrink(struct jf_jitter *jitter, bool quiet)
{
	if (jitter->delay > earliest(jitter) + MS(JF_JITTER_DELAY_MAX_MS))
		return true;
	if (jitter->delay - FRAME < wanted(jitter) + HYSTERESIS) {
		jitter->patience = 0;
		return false;
	}
	return quiet || ++jitter->patience > PATIENCE;
}

void jf_jitter_take(struct jf_jitter *jitter, uint32_t now_ts, bool quiet,
                    struct jf_jitter_frame *ret_frame)
{
	uint32_t place;

	ret_frame->present = 0;
	ret_frame->skipped = false;
	jitter->next_ts = now_ts + JF_JITTER_FRAME_TICKS;
	if (!jitter->flowing)
		return;
	if (++jitter->frames >= JF_JITTER_WINDOW_FRAMES)
		end_window(jitter);
	if (may_shrink(jitter, quiet))
		move_delay(jitter, -1);
	place = (now_ts - jitter->zero_ts - (uint32_t)jitter->delay) & ~(JF_JITTER_MS_TICKS - 1);
	/* what the clock has passed: a frame left out, or a mixer that was late */
	for (uint32_t passed = 0;
	     (int32_t)(place - jitter->next_place) > 0 && passed < JF_JITTER_RING_TICKS;
	     passed += JF_JITTER_MS_TICKS, jitter->next_place += JF_JITTER_MS_TICKS)
		ret_frame->skipped |= unmark(jitter, jitter->next_place);
	for (uint32_t ms = 0; ms < JF_JITTER_FRAME_MS; ms++) {
		uint32_t at = place + ms * JF_JITTER_MS_TICKS;

		if (!unmark(jitter, at))
			continue;
		ret_frame->present |= 1u << ms;
		memcpy(ret_frame->octets + ms * JF_JITTER_MS_TICKS, jitter->ring + (at & RING_MASK),
		       JF_JITTER_MS_TICKS);
	}
	jitter->next_place = place + JF_JITTER_FRAME_TICKS;
	jitter->counts.missing += ret_frame->present != JF_JITTER_WHOLE && jitter->idle == 0;
	if (ret_frame->present)
		jitter->idle = 0;
	else if (jitter->idle < UINT16_MAX)
		jitter->idle++;
}
