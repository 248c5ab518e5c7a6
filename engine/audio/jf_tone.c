// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tone.h"

#include <math.h>
#include <string.h>

#define CLOCK_HZ   8000.0
#define FULL_SCALE 32768.0
#define FULL_DBM0  3.14 /* of a sine of full scale: G.711 table 5 */
#define LOW_DBM0   (-9.0)
#define HIGH_DBM0  (-7.0)

static void add_sine(struct jf_tone *tone, unsigned which, double hz, double dbm0)
{
	double angle = 2 * M_PI * hz / CLOCK_HZ;
	double amplitude = FULL_SCALE * pow(10, (dbm0 - FULL_DBM0) / 20);

	tone->turn[which] = 2 * cos(angle);
	tone->now[which] = 0;
	tone->before[which] = -amplitude * sin(angle);
}

void jf_tone_key(struct jf_tone *tone, uint8_t event, uint32_t samples)
{
	static const double low_hz[4] = {697, 770, 852, 941};
	static const double high_hz[4] = {1209, 1336, 1477, 1633};
	/* row and column of 0 .. 9, *, #, A .. D */
	static const uint8_t places[16] = {0x31, 0x00, 0x01, 0x02, 0x10, 0x11, 0x12, 0x20,
	                                   0x21, 0x22, 0x30, 0x32, 0x03, 0x13, 0x23, 0x33};
	uint8_t place = places[event & 15];

	*tone = (struct jf_tone){.samples = samples};
	add_sine(tone, 0, low_hz[place >> 4], LOW_DBM0);
	add_sine(tone, 1, high_hz[place & 15], HIGH_DBM0);
}

void jf_tone_beep(struct jf_tone *tone, double hz, double dbm0, uint32_t samples)
{
	*tone = (struct jf_tone){.samples = samples};
	add_sine(tone, 0, hz, dbm0);
}

void jf_tone_end(struct jf_tone *tone, uint32_t samples)
{
	uint32_t least = tone->made + JF_TONE_RAMP_SAMPLES;

	tone->samples = samples > least ? samples : least;
}

/* How loud the tone is at its sample at: rising, full, falling. */
static double ramp(const struct jf_tone *tone, uint32_t at)
{
	uint32_t left = tone->samples - at;
	uint32_t edge = at + 1 < left ? at + 1 : left;

	return edge < JF_TONE_RAMP_SAMPLES ? (double)edge / JF_TONE_RAMP_SAMPLES : 1;
}

size_t jf_tone_make(struct jf_tone *tone, int16_t *ret_samples, size_t n)
{
	size_t i;

	for (i = 0; i < n && tone->made < tone->samples; i++) {
		double sum = 0;

		for (unsigned s = 0; s < 2; s++) {
			double next = tone->turn[s] * tone->now[s] - tone->before[s];

			sum += tone->now[s];
			tone->before[s] = tone->now[s];
			tone->now[s] = next;
		}
		ret_samples[i] = (int16_t)lrint(sum * ramp(tone, tone->made));
		tone->made++;
	}
	memset(ret_samples + i, 0, (n - i) * sizeof(*ret_samples));
	return i;
}
