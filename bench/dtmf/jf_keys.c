// SPDX-License-Identifier: BSD-3-Clause
#include "jf_keys.h"

#include <math.h>
#include <stdlib.h>
#include <spandsp.h>

#include "jf_dtmf.h"

#define FULL_SCALE_DBM0 3.14 /* of a sine */
#define PACKET          160u

/* ---- Signals ------------------------------------------------------------------------------ */

static const double low_hz[16] = {941, 697, 697, 697, 770, 770, 770, 852,
                                  852, 852, 941, 941, 697, 770, 852, 941};
static const double high_hz[16] = {1336, 1209, 1336, 1477, 1209, 1336, 1477, 1209,
                                   1336, 1477, 1209, 1477, 1633, 1633, 1633, 1633};

struct jf_keys_signal jf_keys_make(size_t room)
{
	struct jf_keys_signal signal = {
	        .samples = malloc(room * sizeof(int16_t)), .room = room, .random = 7};

	if (!signal.samples)
		abort();
	return signal;
}

void jf_keys_free(struct jf_keys_signal *signal)
{
	free(signal->samples);
}

double jf_keys_uniform(struct jf_keys_signal *signal)
{
	signal->random = signal->random * 1664525u + 1013904223u;
	return (double)(signal->random >> 8) / (1u << 24);
}

static double amplitude(double dbm0)
{
	return 32768.0 * pow(10, (dbm0 - FULL_SCALE_DBM0) / 20);
}

/* Gaussian enough: the sum of twelve numbers. */
static double hiss(struct jf_keys_signal *signal)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += jf_keys_uniform(signal);
	return sum;
}

void jf_keys_add(struct jf_keys_signal *signal, int event, const struct jf_keys_tone *tone,
                 double ms)
{
	double low = amplitude(tone->low_dbm0), high = amplitude(tone->high_dbm0);
	double noise = amplitude(tone->noise_dbm0) / sqrt(2), dial = amplitude(tone->dial_dbm0);
	size_t n = (size_t)(ms * 8);

	for (size_t i = 0; i < n && signal->n < signal->room; i++) {
		double t = 2 * M_PI * (double)signal->n / 8000, v = 0;

		if (event >= 0)
			v = low * sin(low_hz[event] * (1 + tone->shift) * t) +
			    high * sin(high_hz[event] * (1 + tone->shift) * t);
		if (tone->noise_dbm0 > JF_KEYS_QUIET)
			v += noise * hiss(signal);
		if (tone->dial_dbm0 > JF_KEYS_QUIET)
			v += dial * (sin(350 * t) + sin(440 * t));
		signal->samples[signal->n++] = (int16_t)fmax(-32768, fmin(32767, lrint(v)));
	}
}

void jf_keys_dial(struct jf_keys_signal *signal, const struct jf_keys_tone *tone, double ms,
                  double pause_ms)
{
	jf_keys_add(signal, -1, tone, 83);
	for (int event = 0; event < 16; event++) {
		jf_keys_add(signal, event, tone, ms);
		jf_keys_add(signal, -1, tone, pause_ms);
	}
	jf_keys_add(signal, -1, tone, 200);
}

/* ---- What is found in them ---------------------------------------------------------------- */

struct finder {
	struct jf_keys_found *found;
	size_t n, room;
	char key; /* spandsp: which is being pressed, since when; now */
	uint32_t since, now;
};

static void find(struct finder *finder, char key, uint32_t begin, uint32_t duration)
{
	if (finder->n < finder->room)
		finder->found[finder->n] = (struct jf_keys_found){key, begin, duration};
	finder->n++;
}

/* A press is reported at the end of its second block, its end two blocks late. */
static void spandsp_heard(void *user, int key, int level, int duration)
{
	struct finder *finder = user;

	(void)level;
	finder->now += (uint32_t)duration;
	if (finder->key)
		find(finder, finder->key, finder->since, (uint32_t)duration);
	finder->key = (char)key;
	finder->since = finder->now - 2 * JF_DTMF_BLOCK;
}

size_t jf_keys_by_spandsp(const int16_t *samples, size_t n, struct jf_keys_found *ret, size_t room)
{
	struct finder finder = {.found = ret, .room = room};
	dtmf_rx_state_t *rx = dtmf_rx_init(NULL, NULL, NULL);

	if (!rx)
		abort();
	dtmf_rx_set_realtime_callback(rx, spandsp_heard, &finder);
	for (size_t at = 0; at < n; at += PACKET)
		dtmf_rx(rx, samples + at, (int)(n - at < PACKET ? n - at : PACKET));
	dtmf_rx_free(rx);
	return finder.n;
}

static void we_heard(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	(void)token;
	if (news->kind == JF_DTMF_RELEASED)
		find(user, JF_KEYS[news->event], news->begin_ts, news->duration_ts);
}

size_t jf_keys_by_us(enum jf_law law, const uint8_t *codes, size_t n, struct jf_keys_found *ret,
                     size_t room)
{
	struct finder finder = {.found = ret, .room = room};
	struct jf_dtmf stream = {0};
	struct jf_dtmf_batch batch;

	jf_dtmf_batch_init(&batch, we_heard, &finder);
	for (size_t at = 0; at < n; at += PACKET)
		jf_dtmf_feed(&batch, &stream, 0, (uint32_t)at, law, codes + at,
		             n - at < PACKET ? n - at : PACKET);
	jf_dtmf_flush(&batch);
	return finder.n;
}
