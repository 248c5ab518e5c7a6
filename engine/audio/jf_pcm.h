/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Arithmetic on 16-bit samples for mixers: G.711 to samples and back as jf_g711.h has it, sums in
 * 32 bits with a gain, and back to 16 bits with saturation.
 *
 * Call jf_pcm_init once before threads start: it picks the fastest way that this CPU has. Until
 * then the plain one works. All ways give the same results.
 */
#ifndef JF_PCM_H
#define JF_PCM_H

#include <stddef.h>
#include <stdint.h>

#include "jf_law.h"

#define JF_PCM_GAIN_ONE 8192 /* a factor of 1; the largest is just below 4, 12 dB */

void jf_pcm_init(void);

struct jf_pcm_way {
	const char *name;
	int usable; /* on this CPU */
	/* n codes to n samples */
	void (*from_g711)(enum jf_law law, const uint8_t *codes, size_t n, int16_t *ret_samples);
	/* n samples to n codes, as jf_g711_encode */
	void (*to_g711)(enum jf_law law, const int16_t *samples, size_t n, uint8_t *ret_codes);
	/* sum += samples * gain / JF_PCM_GAIN_ONE; room for 8,000 of full scale at 12 dB */
	void (*add)(int32_t *sum, const int16_t *samples, size_t n, int32_t gain);
	/* ret = sum - own * gain / JF_PCM_GAIN_ONE, saturated; own NULL: nothing is taken off */
	void (*finish)(const int32_t *sum, const int16_t *own, size_t n, int32_t gain,
	               int16_t *ret_samples);
};

/* The one that was picked. */
extern const struct jf_pcm_way *jf_pcm;

/* All of them, for tests and benchmarks. */
const struct jf_pcm_way *jf_pcm_ways(size_t *ret_count);

/* The factor of -60 .. 12 dB; beyond, of the nearer end. */
int32_t jf_pcm_gain(int db);

/* The mean of squares, by a shift: n is a power of two of samples, or as if it were the next. */
uint32_t jf_pcm_power(const int16_t *samples, size_t n);

static inline void jf_pcm_from_g711(enum jf_law law, const uint8_t *codes, size_t n,
                                    int16_t *ret_samples)
{
	jf_pcm->from_g711(law, codes, n, ret_samples);
}

static inline void jf_pcm_to_g711(enum jf_law law, const int16_t *samples, size_t n,
                                  uint8_t *ret_codes)
{
	jf_pcm->to_g711(law, samples, n, ret_codes);
}

#endif
