// SPDX-License-Identifier: BSD-3-Clause
#include "jf_plc.h"

#include <stdbool.h>
#include <string.h>

#define PITCH_MIN_MS 5u /* 200 Hz; shorter periods are found as multiples */
#define WINDOW_MS    20u
#define LOUD_MS      10u /* of a gap, before it fades */
#define GONE_MS      60u
#define BLEND_MS     4u

#define SEARCH_KHZ 8u
#define FADE_Q15   (32768 / (int)((GONE_MS - LOUD_MS) * SEARCH_KHZ)) /* a sample at 8 kHz */
#define SEARCHED   (JF_PLC_HISTORY_MS * SEARCH_KHZ)
#define WINDOW     (WINDOW_MS * SEARCH_KHZ)

/* From a to b in steps, of which there is a power of two: 1 or BLEND_MS milliseconds. */
static inline int16_t mixed(int32_t a, int32_t b, size_t step, size_t steps)
{
	return (int16_t)((a * (int32_t)(steps - step) + b * (int32_t)step) >>
	                 __builtin_ctz((unsigned)steps));
}

void jf_plc_init(struct jf_plc *plc, unsigned khz)
{
	memset(plc, 0, sizeof(*plc));
	plc->khz = (uint16_t)khz;
}

static size_t history_length(const struct jf_plc *plc)
{
	return (size_t)JF_PLC_HISTORY_MS * plc->khz;
}

static void remember(struct jf_plc *plc, const int16_t *samples, size_t n)
{
	size_t length = history_length(plc);

	if (n >= length) {
		memcpy(plc->history, samples + n - length, length * sizeof(*samples));
		return;
	}
	memmove(plc->history, plc->history + n, (length - n) * sizeof(*samples));
	memcpy(plc->history + length - n, samples, n * sizeof(*samples));
}

/* The history at 8 kHz: for a pitch, averages of two do. */
static void halve(const struct jf_plc *plc, int16_t *ret_line)
{
	if (plc->khz == SEARCH_KHZ) {
		memcpy(ret_line, plc->history, SEARCHED * sizeof(*ret_line));
		return;
	}
	for (size_t i = 0; i < SEARCHED; i++)
		ret_line[i] = (int16_t)((plc->history[2 * i] + plc->history[2 * i + 1]) / 2);
}

/*
 * The lag at which the last 20 ms look most like what was before them: the correlation squared,
 * over the energy there, is largest. Only at the first missing sample of a gap.
 */
static uint16_t find_pitch(const struct jf_plc *plc)
{
	const size_t lag_min = PITCH_MIN_MS * SEARCH_KHZ, lag_max = JF_PLC_PITCH_MS * SEARCH_KHZ;
	int16_t line[SEARCHED];
	const int16_t *now = line + SEARCHED - WINDOW;
	size_t best = lag_max;
	float most = 0;
	int64_t energy = 0;

	halve(plc, line);
	for (size_t i = 0; i < WINDOW; i++)
		energy += (int32_t)now[i - lag_min] * now[i - lag_min];
	for (size_t lag = lag_min; lag <= lag_max; lag++) {
		int64_t sum = 0;
		float likeness;

		for (size_t i = 0; i < WINDOW; i++)
			sum += (int32_t)now[i] * now[(ptrdiff_t)i - (ptrdiff_t)lag];
		likeness = sum > 0 ? (float)sum * (float)sum / ((float)energy + 1) : 0;
		if (likeness > most) {
			most = likeness;
			best = lag;
		}
		if (lag < lag_max) { /* the window's energy, one sample further back */
			int32_t in = now[-(ptrdiff_t)lag - 1];
			int32_t out = now[(ptrdiff_t)WINDOW - 1 - (ptrdiff_t)lag];

			energy += (int64_t)in * in - (int64_t)out * out;
		}
	}
	return (uint16_t)(best * (plc->khz / SEARCH_KHZ));
}

/* One period whose end leads to its beginning. */
static void make_cycle(struct jf_plc *plc)
{
	const int16_t *end = plc->history + history_length(plc);
	size_t blend = (size_t)BLEND_MS * plc->khz;

	plc->pitch = find_pitch(plc);
	plc->at = 0;
	memcpy(plc->cycle, end - plc->pitch, plc->pitch * sizeof(*end));
	for (size_t i = 0; i < blend; i++) {
		size_t at = plc->pitch - blend + i;

		plc->cycle[at] = mixed(plc->cycle[at], *(end - 2 * plc->pitch + at), i, blend);
	}
}

/* What the gap would hold from here on. */
static void synthesize(struct jf_plc *plc, int16_t *ret_samples, size_t n)
{
	const uint32_t loud = LOUD_MS * plc->khz, gone = GONE_MS * plc->khz;
	const int32_t step_q15 = plc->khz == SEARCH_KHZ ? FADE_Q15 : FADE_Q15 / 2;

	for (size_t i = 0; i < n; i++) {
		int32_t sample = plc->cycle[plc->at];

		if (++plc->at == plc->pitch)
			plc->at = 0;
		if (plc->filled >= gone)
			sample = 0;
		else if (plc->filled >= loud)
			sample = sample * ((int32_t)(gone - plc->filled) * step_q15) >> 15;
		plc->filled += plc->filled < gone;
		ret_samples[i] = (int16_t)sample;
	}
}

/* The cycle follows what was heard last, so that no step is heard where the gap begins. */
static void begin_gap(struct jf_plc *plc, int16_t *samples, size_t n)
{
	const int16_t *last = plc->history + history_length(plc) - 1;
	size_t blend = (size_t)BLEND_MS * plc->khz;

	if (blend > n)
		blend = plc->khz; /* one millisecond there is always */
	for (size_t i = 0; i < blend; i++)
		samples[i] = mixed(*(last - i), samples[i], i, blend);
}

void jf_plc_fill(struct jf_plc *plc, int16_t *ret_samples, size_t n)
{
	bool first = plc->filled == 0;

	if (first)
		make_cycle(plc);
	synthesize(plc, ret_samples, n);
	if (first)
		begin_gap(plc, ret_samples, n);
	plc->blend_next = 0;
	remember(plc, ret_samples, n);
}

bool jf_plc_is_over(const struct jf_plc *plc)
{
	return plc->filled >= GONE_MS * plc->khz;
}

void jf_plc_skip(struct jf_plc *plc)
{
	plc->blend_next = 1;
}

void jf_plc_heard(struct jf_plc *plc, int16_t *samples, size_t n)
{
	if (plc->filled || plc->blend_next) {
		int16_t instead[BLEND_MS * JF_PLC_KHZ_MAX];
		size_t blend = (size_t)BLEND_MS * plc->khz;

		if (blend > n)
			blend = plc->khz;
		if (plc->filled == 0)
			make_cycle(plc);
		synthesize(plc, instead, blend);
		for (size_t i = 0; i < blend; i++)
			samples[i] = mixed(instead[i], samples[i], i, blend);
		plc->filled = 0;
		plc->blend_next = 0;
	}
	remember(plc, samples, n);
}
