// SPDX-License-Identifier: BSD-3-Clause
/*
 * Filters and decision for one width of vectors: meson compiles this file once for each, with the
 * instructions that it needs.
 *
 * Everything is done in the order in which spandsp does it and without fused multiply-add, so that
 * the results are its own, to the bit, in each lane of each width.
 */
#include "jf_dtmf_priv.h"

#include <emmintrin.h>
#include <string.h>

#if defined(JF_DTMF_FOR_AVX512)
#define NAME  jf_dtmf_blocks_avx512
#define LANES 16
#elif defined(JF_DTMF_FOR_AVX2)
#define NAME  jf_dtmf_blocks_avx2
#define LANES 8
#elif defined(JF_DTMF_FOR_SSE41)
#define NAME  jf_dtmf_blocks_sse41
#define LANES 4
#else
#define NAME  jf_dtmf_blocks_sse2
#define LANES 4
#endif

#define FILTERS 8u

/* 2 cos(2 pi f / 8000) in single precision: 697, 770, 852, 941 and 1209, 1336, 1477, 1633 Hz. */
static const float factors[FILTERS] = {
        0x1.b52e4ep+0f, 0x1.a53124p+0f, 0x1.919578p+0f, 0x1.7a6b9cp+0f,
        0x1.2a02b6p+0f, 0x1.fe243cp-1f, 0x1.98e47ap-1f, 0x1.2316bp-1f,
};

/* RFC 4733 section 3.2, plus one; by row and column. */
static const uint8_t digit_of[4][4] = {
        {1 + 1, 1 + 2, 1 + 3, 1 + 12},
        {1 + 4, 1 + 5, 1 + 6, 1 + 13},
        {1 + 7, 1 + 8, 1 + 9, 1 + 14},
        {1 + 10, 1 + 0, 1 + 11, 1 + 15},
};

/* What spandsp takes for a digit; powers are of samples, times the square of the block's length. */
#define THRESHOLD       171032464.0f /* -42 dBm0 */
#define NORMAL_TWIST    6.309f       /* 8 dB: low louder than high */
#define REVERSE_TWIST   2.512f       /* 4 dB */
#define RELATIVE_PEAK   6.309f       /* 8 dB */
#define SHARE_OF_ENERGY 83.868f      /* -0.85 dB, times the block's length */

/*
 * A code's bits as a float's (G.711): the exponent of its lowest step at full 16 bits, and what its
 * magnitude counts from: 132 in mu-law; in A-law 256, for the lowest exponent only.
 */
#define CODE_EXPONENT (134u << 23)
#define ULAW_BIAS     0x43040000u
#define ALAW_LOWEST   0x43800000u
#define ULAW_FLIP     0xff /* makes segment and mantissa plain, and a sign that is set negative */
#define ALAW_FLIP     0xd5

typedef float real __attribute__((vector_size(LANES * 4)));
typedef uint32_t word __attribute__((vector_size(LANES * 4)));
typedef uint8_t byte __attribute__((vector_size(LANES)));

/* How the codes of each lane are read. */
struct codes_law {
	word is_alaw, bias;
	byte flip;
};

static inline void law_of_lanes(const uint8_t *laws, struct codes_law *ret_law)
{
	for (unsigned lane = 0; lane < LANES; lane++) {
		bool is_alaw = laws[lane] == JF_LAW_PCMA;

		ret_law->is_alaw[lane] = is_alaw ? UINT32_MAX : 0;
		ret_law->bias[lane] = is_alaw ? 0 : ULAW_BIAS;
		ret_law->flip[lane] = is_alaw ? ALAW_FLIP : ULAW_FLIP;
	}
}

/*
 * Both laws are small floating-point numbers, 3 bits of exponent and 4 of mantissa, so a code
 * becomes a float by moving its bits; A-law's lowest exponent is the one below it without the
 * leading one.
 */
static inline void sample_of(const struct codes_law *law, const uint8_t *codes, real *ret_sample)
{
	byte here;
	word plain, bits, low, counted_from;
	real magnitude;

	memcpy(&here, codes, sizeof(here));
	plain = __builtin_convertvector(here ^ law->flip, word);
	bits = (plain & 0x7f) << 19 | 1u << 18;
	low = (word)(bits < 1u << 23) & law->is_alaw;
	bits += CODE_EXPONENT + (low & 1u << 23);
	counted_from = law->bias | (low & ALAW_LOWEST);
	magnitude = (real)bits - (real)counted_from;
	*ret_sample = (real)((word)magnitude ^ (plain & 0x80) << 24);
}

/* columns: byte t of each of JF_DTMF_LANES streams side by side, from the first of LANES on. */
static inline void filter(const uint8_t *columns, const uint8_t *laws, real ret_power[FILTERS],
                          real *ret_energy)
{
	real now[FILTERS], before[FILTERS], energy = {0};
	struct codes_law law = {0};

	law_of_lanes(laws, &law);
#pragma GCC unroll 8
	for (unsigned f = 0; f < FILTERS; f++)
		now[f] = before[f] = (real){0};
	for (unsigned t = 0; t < JF_DTMF_BLOCK; t++) {
		real x;

		sample_of(&law, columns + t * JF_DTMF_LANES, &x);
		energy += x * x;
#pragma GCC unroll 8
		for (unsigned f = 0; f < FILTERS; f++) {
			real next = (factors[f] * now[f] + x) - before[f];

			before[f] = now[f];
			now[f] = next;
		}
	}
#pragma GCC unroll 8
	for (unsigned f = 0; f < FILTERS; f++) {
		real turned = factors[f] * now[f];
		real last = turned - before[f];
		real power = (last * last + now[f] * now[f]) - turned * last;

		ret_power[f] = power + power;
	}
	*ret_energy = energy;
}

/* The greatest of four. */
static inline void greatest(const real power[4], real *ret_best)
{
	real best = power[0];

#pragma GCC unroll 3
	for (unsigned f = 1; f < 4; f++) {
		word more = (word)(power[f] > best);

		best = (real)((more & (word)power[f]) | (~more & (word)best));
	}
	*ret_best = best;
}

/* Of a block whose two tones have so much power together: -dBm0; a full sine has 3.14 dBm0. */
static uint8_t volume_of(float power)
{
	const int32_t full_log2_q16 = (int32_t)(42.345 * 65536); /* (2^15 * 102)^2 / 2 */
	uint32_t bits;
	int32_t below_db;

	/* a float's bits are nearly its binary logarithm; 3.01 dB are a power of two */
	memcpy(&bits, &power, sizeof(bits));
	below_db = (full_log2_q16 - (int32_t)((bits >> 7) - (127u << 16))) * 3 / 65536 - 3;
	return (uint8_t)(below_db < 0 ? 0 : below_db > 63 ? 63 : below_db);
}

static inline void decide(const real power[FILTERS], const real *energy, uint8_t *ret_digits,
                          uint8_t *ret_volumes)
{
	real low, high, sum;
	word near = {0}, hit;

	greatest(power, &low);
	greatest(power + 4, &high);
	/* how many are not far below the best of their group, as a number below zero; the two best
	 * themselves are among them */
#pragma GCC unroll 8
	for (unsigned f = 0; f < FILTERS; f++)
		near += (word)(power[f] * RELATIVE_PEAK > (f < 4 ? low : high));
	sum = low + high;
	hit = (word)(low >= THRESHOLD) & (word)(high >= THRESHOLD) &
	      (word)(high < low * REVERSE_TWIST) & (word)(high * NORMAL_TWIST > low) &
	      (word)(near == 0u - 2) & (word)(sum > *energy * SHARE_OF_ENERGY);
	for (unsigned lane = 0; lane < LANES; lane++) {
		unsigned row = 0, column = 0;

		ret_digits[lane] = ret_volumes[lane] = 0;
		if (!hit[lane])
			continue;
		for (unsigned f = 1; f < 4; f++) {
			row = power[f][lane] == low[lane] ? f : row;
			column = power[4 + f][lane] == high[lane] ? f : column;
		}
		ret_digits[lane] = digit_of[row][column];
		ret_volumes[lane] = volume_of(sum[lane]);
	}
}

/* A square of 16 rows becomes 16 columns, from byte t of the rows on. */
static inline void turn(const uint8_t rows[JF_DTMF_LANES][JF_DTMF_ROW], unsigned t,
                        uint8_t columns[JF_DTMF_ROW][JF_DTMF_LANES])
{
	__m128i from[JF_DTMF_LANES], to[JF_DTMF_LANES];

	for (unsigned i = 0; i < JF_DTMF_LANES; i++)
		from[i] = _mm_load_si128((const void *)(rows[i] + t));
		/* weaving the second half into the first is a quarter of the turn */
#pragma GCC unroll 4
	for (unsigned times = 0; times < 4; times++) {
#pragma GCC unroll 8
		for (unsigned i = 0; i < 8; i++) {
			to[2 * i] = _mm_unpacklo_epi8(from[i], from[i + 8]);
			to[2 * i + 1] = _mm_unpackhi_epi8(from[i], from[i + 8]);
		}
#pragma GCC unroll 16
		for (unsigned i = 0; i < JF_DTMF_LANES; i++)
			from[i] = to[i];
	}
	for (unsigned i = 0; i < JF_DTMF_LANES; i++)
		_mm_store_si128((void *)columns[t + i], from[i]);
}

void NAME(const uint8_t rows[JF_DTMF_LANES][JF_DTMF_ROW], const uint8_t laws[JF_DTMF_LANES],
          uint32_t count, uint8_t ret_digits[JF_DTMF_LANES], uint8_t ret_volumes[JF_DTMF_LANES])
{
	_Alignas(64) uint8_t columns[JF_DTMF_ROW][JF_DTMF_LANES];

	for (unsigned t = 0; t < JF_DTMF_ROW; t += JF_DTMF_LANES)
		turn(rows, t, columns);
	for (unsigned lane = 0; lane < count; lane += LANES) {
		real power[FILTERS], energy;

		filter(columns[0] + lane, laws + lane, power, &energy);
		decide(power, &energy, ret_digits + lane, ret_volumes + lane);
	}
}
