// SPDX-License-Identifier: BSD-3-Clause
#include "jf_resample.h"

#include <string.h>

#define TAPS JF_RESAMPLE_TAPS
#define HALF (TAPS / 2)

/*
 * Kaiser window, beta 5.6; in 1/16384, times two for what inserting zeros halves. The taps at even
 * distances from the middle are zero, which is what half-band means, and the middle is one half.
 * The magnitudes' sum keeps any input within 32 bits.
 */
static const int16_t taps[TAPS] = {-17,   41,   -81,   142,   -232,  360,   -542, 802,
                                   -1196, 1868, -3343, 10390, 10390, -3343, 1868, -1196,
                                   802,   -542, 360,   -232,  142,   -81,   41,   -17};

static inline int16_t saturate(int32_t sample)
{
	return (int16_t)(sample > INT16_MAX ? INT16_MAX : sample < INT16_MIN ? INT16_MIN : sample);
}

/* The sum over TAPS samples from at on. */
static inline int32_t filtered(const int16_t *at)
{
	int32_t sum = 0;

	for (size_t t = 0; t < TAPS; t++)
		sum += taps[t] * at[t];
	return sum;
}

void jf_resample_up(struct jf_resample *state, const int16_t *narrow, size_t n, int16_t *ret_wide)
{
	int16_t line[TAPS + JF_RESAMPLE_MOST];

	memcpy(line, state->past, sizeof(state->past));
	memcpy(line + TAPS, narrow, n * sizeof(*narrow));
	for (size_t i = 0; i < n; i++) {
		ret_wide[2 * i] = line[i + HALF];
		ret_wide[2 * i + 1] = saturate((filtered(line + i + 1) + (1 << 13)) >> 14);
	}
	memcpy(state->past, line + n, sizeof(state->past));
}

void jf_resample_down(struct jf_resample *state, const int16_t *wide, size_t n, int16_t *ret_narrow)
{
	int16_t odd[TAPS + JF_RESAMPLE_MOST], even[HALF + JF_RESAMPLE_MOST];

	memcpy(odd, state->past, sizeof(state->past));
	memcpy(even, state->middle, sizeof(state->middle));
	for (size_t i = 0; i < n; i++) {
		even[HALF + i] = wide[2 * i];
		odd[TAPS + i] = wide[2 * i + 1];
	}
	for (size_t i = 0; i < n; i++)
		ret_narrow[i] = saturate((filtered(odd + i) + even[i] * 16384 + (1 << 14)) >> 15);
	memcpy(state->past, odd + n, sizeof(state->past));
	memcpy(state->middle, even + n, sizeof(state->middle));
}
