// SPDX-License-Identifier: BSD-3-Clause
/*
 * Levels of eight frames of 160 codes at once, with AVX-512 VBMI and VNNI.
 *
 * A magnitude has 13 bits: l + 128 * h, both below 128, each looked up for 64 codes at a time. Its
 * square is l * l + 256 * l * h + 16384 * h * h, and sums of four such products of bytes are what
 * VNNI adds up. The last 32 codes of two frames share a vector. Then eight sums are made of eight
 * vectors by a tree, and eight levels of them, so that nothing is done for one frame alone.
 */
#include "jf_energy_priv.h"

#include <immintrin.h>

#define LANES 8u
#define FOR_LANES                                                                                  \
	__attribute__((target("avx512f,avx512bw,avx512cd,avx512vbmi,avx512vnni"),                  \
	               always_inline)) static inline

/* By law and code without its sign. */
static _Alignas(64) uint8_t low[2][128], high[2][128];

bool jf_energy_lanes_init(void)
{
	for (unsigned law = 0; law < 2; law++) {
		for (unsigned code = 0; code < 128; code++) {
			unsigned m = jf_energy_magnitude(
			        jf_energy_law_of(law ? JF_LAW_PCMA : JF_LAW_PCMU), (uint8_t)code);

			low[law][code] = m & 127;
			high[law][code] = (uint8_t)(m >> 7);
		}
	}
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
	       __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}

struct tables {
	__m512i low[2], high[2];
};

/* Of so few codes that no 32-bit sum overflows: 12 of at most 8,031^2 in each. */
struct products {
	__m512i ll, lh, hh;
};

FOR_LANES void add(const struct tables *t, __m512i codes, struct products *sum)
{
	__m512i l = _mm512_permutex2var_epi8(t->low[0], codes, t->low[1]);
	__m512i h = _mm512_permutex2var_epi8(t->high[0], codes, t->high[1]);

	sum->ll = _mm512_dpbusd_epi32(sum->ll, l, l);
	sum->lh = _mm512_dpbusd_epi32(sum->lh, l, h);
	sum->hh = _mm512_dpbusd_epi32(sum->hh, h, h);
}

FOR_LANES __m512i squares(const struct products *sum)
{
	return _mm512_add_epi32(sum->ll, _mm512_add_epi32(_mm512_slli_epi32(sum->lh, 8),
	                                                  _mm512_slli_epi32(sum->hh, 14)));
}

FOR_LANES __m512i first_128(const struct tables *t, const uint8_t *codes)
{
	struct products sum = {_mm512_setzero_si512(), _mm512_setzero_si512(),
	                       _mm512_setzero_si512()};

	add(t, _mm512_loadu_si512(codes), &sum);
	add(t, _mm512_loadu_si512(codes + 64), &sum);
	return squares(&sum);
}

/* 32-bit sums added up in pairs. */
FOR_LANES __m512i widen(__m512i v)
{
	return _mm512_add_epi64(_mm512_srli_epi64(v, 32),
	                        _mm512_and_si512(v, _mm512_set1_epi64(UINT32_MAX)));
}

/* Two frames: sums of the one in even lanes, of the other in odd ones. */
FOR_LANES __m512i two(const struct tables *t, const uint8_t *a, const uint8_t *b)
{
	struct products sum = {_mm512_setzero_si512(), _mm512_setzero_si512(),
	                       _mm512_setzero_si512()};
	__m512i sums_a = first_128(t, a), sums_b = first_128(t, b), rest;

	add(t,
	    _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256((const void *)(a + 128))),
	                       _mm256_loadu_si256((const void *)(b + 128)), 1),
	    &sum);
	rest = squares(&sum);
	sums_a = widen(_mm512_mask_add_epi32(sums_a, 0x00ff, sums_a, rest));
	sums_b = widen(_mm512_mask_add_epi32(sums_b, 0xff00, sums_b, rest));
	return _mm512_add_epi64(_mm512_unpacklo_epi64(sums_a, sums_b),
	                        _mm512_unpackhi_epi64(sums_a, sums_b));
}

/* Neighbouring quarters added up: those of a, then those of b. */
FOR_LANES __m512i merge(__m512i a, __m512i b)
{
	return _mm512_add_epi64(_mm512_shuffle_i64x2(a, b, 0x88), _mm512_shuffle_i64x2(a, b, 0xdd));
}

FOR_LANES __m512i sum_lanes(const struct tables *t, const uint8_t *const f[LANES])
{
	return merge(merge(two(t, f[0], f[1]), two(t, f[2], f[3])),
	             merge(two(t, f[4], f[5]), two(t, f[6], f[7])));
}

/* jf_energy_level in each lane. */
FOR_LANES __m512i levels_of(const struct jf_energy_law *law, __m512i sums)
{
	const __m512i silence = _mm512_set1_epi64(JF_ENERGY_FRAME * law->silence);
	const __m512i loudest =
	        _mm512_set1_epi64(JF_ENERGY_LOG2_OF_FRAME + (2u * law->scale << 12));
	__m512i zeros = _mm512_lzcnt_epi64(sums);
	__m512i mantissa = _mm512_and_si512(_mm512_srli_epi64(_mm512_sllv_epi64(sums, zeros), 56),
	                                    _mm512_set1_epi64(127));
	__m512i fraction = _mm512_and_si512(
	        _mm512_i64gather_epi64(mantissa, (const void *)jf_energy_log2_q12, 2),
	        _mm512_set1_epi64(UINT16_MAX));
	__m512i loudness = _mm512_or_si512(
	        _mm512_slli_epi64(_mm512_sub_epi64(_mm512_set1_epi64(63), zeros), 12), fraction);
	__m512i below =
	        _mm512_max_epi64(_mm512_sub_epi64(loudest, loudness), _mm512_setzero_si512());

	below = _mm512_srli_epi64(
	        _mm512_add_epi64(_mm512_mul_epu32(below, _mm512_set1_epi64(12330)),
	                         _mm512_set1_epi64(1 << 23)),
	        24);
	below = _mm512_min_epi64(below, _mm512_set1_epi64(JF_ENERGY_SILENCE - 1));
	return _mm512_mask_mov_epi64(below, _mm512_cmple_epu64_mask(sums, silence),
	                             _mm512_set1_epi64(JF_ENERGY_SILENCE));
}

__attribute__((target("avx512f,avx512bw,avx512cd,avx512vbmi,avx512vnni"))) void
jf_energy_frames_lanes(enum jf_law which, const uint8_t *const codes[], unsigned n,
                       uint8_t *ret_levels)
{
	const struct jf_energy_law *law = jf_energy_law_of(which);
	const unsigned table = which == JF_LAW_PCMA;
	const struct tables t = {
	        .low = {_mm512_load_si512(low[table]), _mm512_load_si512(low[table] + 64)},
	        .high = {_mm512_load_si512(high[table]), _mm512_load_si512(high[table] + 64)},
	};

	for (unsigned at = 0; at < n; at += LANES) {
		unsigned take = n - at < LANES ? n - at : LANES;
		const uint8_t *lanes[LANES];

		for (unsigned i = 0; i < LANES; i++) /* what is missing is measured twice */
			lanes[i] = codes[i < take ? at + i : at];
		_mm512_mask_cvtepi64_storeu_epi8(ret_levels + at, (__mmask8)((1u << take) - 1),
		                                 levels_of(law, sum_lanes(&t, lanes)));
	}
}
