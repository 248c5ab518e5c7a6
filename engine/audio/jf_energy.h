/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How loud a stretch of G.711 is: sum of squares of its samples, and level in -dBov as RFC 6464
 * section 3 has it: 0 is a square wave of full scale, 126 the softest, 127 digital silence (every
 * code one that its law has for nothing: 0xff and 0x7f in mu-law, 0xd5 and 0x55 in A-law).
 *
 * Call jf_energy_init once before threads start: it picks the fastest way this CPU has (AVX-512
 * VBMI, AVX2, SSE4.1, plain), all of which give the same sums. Until then the plain one works.
 */
#ifndef JF_ENERGY_H
#define JF_ENERGY_H

#include <stddef.h>
#include <stdint.h>

#include "jf_law.h"

#define JF_ENERGY_SILENCE 127u
#define JF_ENERGY_FRAME   160u /* codes in 20 ms */

void jf_energy_init(void);

/*
 * Sum of squares of n codes in units of the law's own least step: 14-bit mu-law values (at most
 * 8,031), 13-bit A-law values (1 .. 4,032). Sums of adjacent stretches add up. No division.
 */
extern uint64_t (*jf_energy_sum)(enum jf_law law, const uint8_t *codes, size_t n);

/*
 * The level of such a sum over n codes, 0 .. 127, rounded; within 0.55 dB of exact. n 0 is silence.
 * No division, no logarithm.
 */
uint8_t jf_energy_level(enum jf_law law, uint64_t sum, uint32_t n);

/*
 * The levels of n frames of JF_ENERGY_FRAME codes each, as jf_energy_sum and jf_energy_level give
 * them. For bursts: eight frames of different streams are measured at once where the CPU can
 * (AVX-512 VNNI), which is twice as fast as one after the other.
 */
extern void (*jf_energy_frames)(enum jf_law law, const uint8_t *const codes[], unsigned n,
                                uint8_t *ret_levels);

/* The ways of jf_energy_sum, for tests and benchmarks; at most 4. */
struct jf_energy_way {
	const char *name;
	uint64_t (*sum)(enum jf_law law, const uint8_t *codes, size_t n);
	int usable; /* on this CPU */
};
const struct jf_energy_way *jf_energy_ways(size_t *ret_count);

#endif
