// SPDX-License-Identifier: BSD-3-Clause
#include "jf_energy.h"
#include "jf_energy_priv.h"

#include <immintrin.h>

/*
 * A code's magnitude is (2 * mantissa + a) * p - bias, where p and a depend on its segment only.
 * With p and a looked up in a register, and pairs (m, -bias) and (p, 1) side by side, one
 * multiply-add of bytes gives the magnitude and one of 16-bit words its square. Four squares of at
 * most 8,031^2 < 2^26 go into a 32-bit sum, so SUMS_MAX vectors are added before it is widened.
 */
#define SUMS_MAX 15u

static const struct jf_energy_law mu_law = {
        .flip = 0xff,
        .bias = -33,
        .p = {1, 2, 4, 8, 16, 32, 64, (int8_t)128},
        .a = {33, 33, 33, 33, 33, 33, 33, 33},
        .silence = 0,
        .scale = 13,
};

static const struct jf_energy_law a_law = {
        .flip = 0x55,
        .bias = 0,
        .p = {1, 1, 2, 4, 8, 16, 32, 64},
        .a = {1, 33, 33, 33, 33, 33, 33, 33},
        .silence = 1,
        .scale = 12,
};

const struct jf_energy_law *jf_energy_law_of(enum jf_law law)
{
	return law == JF_LAW_PCMA ? &a_law : &mu_law;
}

unsigned jf_energy_magnitude(const struct jf_energy_law *law, uint8_t code)
{
	unsigned plain = (code ^ law->flip) & 0x7f;

	return (2 * (plain & 15) + (unsigned)law->a[plain >> 4]) * (uint8_t)law->p[plain >> 4] +
	       (unsigned)law->bias;
}

static uint64_t add_plain(const struct jf_energy_law *law, const uint8_t *codes, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned m = jf_energy_magnitude(law, codes[i]);

		sum += m * m;
	}
	return sum;
}

static uint64_t sum_plain(enum jf_law law, const uint8_t *codes, size_t n)
{
	return add_plain(jf_energy_law_of(law), codes, n);
}

/*
 * All widths have one shape: whole vectors in runs of at most SUMS_MAX, then what is left. The
 * 32-bit sums are of 2 * 2 squares a vector, each below 2^26.
 */
__attribute__((target("sse4.1"))) static uint64_t sum_sse(enum jf_law which, const uint8_t *codes,
                                                          size_t n)
{
	const struct jf_energy_law *law = jf_energy_law_of(which);
	const __m128i flip = _mm_set1_epi8((char)law->flip), low = _mm_set1_epi8(15);
	const __m128i seven = _mm_set1_epi8(7), one = _mm_set1_epi8(1);
	const __m128i bias = _mm_set1_epi8(law->bias), zero = _mm_setzero_si128();
	const __m128i ps = _mm_loadu_si128((const void *)law->p);
	const __m128i as = _mm_loadu_si128((const void *)law->a);
	__m128i total = zero;
	size_t at = 0;

	while (n - at >= 16) {
		__m128i sums = zero;

		for (unsigned i = 0; i < SUMS_MAX && n - at >= 16; i++, at += 16) {
			__m128i c =
			        _mm_xor_si128(_mm_loadu_si128((const void *)(codes + at)), flip);
			__m128i segment = _mm_and_si128(_mm_srli_epi16(c, 4), seven);
			__m128i mantissa = _mm_and_si128(c, low);
			__m128i p = _mm_shuffle_epi8(ps, segment);
			__m128i m = _mm_add_epi8(_mm_add_epi8(mantissa, mantissa),
			                         _mm_shuffle_epi8(as, segment));
			__m128i x = _mm_maddubs_epi16(_mm_unpacklo_epi8(p, one),
			                              _mm_unpacklo_epi8(m, bias));
			__m128i y = _mm_maddubs_epi16(_mm_unpackhi_epi8(p, one),
			                              _mm_unpackhi_epi8(m, bias));

			sums = _mm_add_epi32(
			        sums, _mm_add_epi32(_mm_madd_epi16(x, x), _mm_madd_epi16(y, y)));
		}
		total = _mm_add_epi64(total, _mm_unpacklo_epi32(sums, zero));
		total = _mm_add_epi64(total, _mm_unpackhi_epi32(sums, zero));
	}
	return (uint64_t)_mm_extract_epi64(total, 0) + (uint64_t)_mm_extract_epi64(total, 1) +
	       add_plain(law, codes + at, n - at);
}

__attribute__((target("avx2"))) static uint64_t sum_avx2(enum jf_law which, const uint8_t *codes,
                                                         size_t n)
{
	const struct jf_energy_law *law = jf_energy_law_of(which);
	const __m256i flip = _mm256_set1_epi8((char)law->flip), low = _mm256_set1_epi8(15);
	const __m256i seven = _mm256_set1_epi8(7), one = _mm256_set1_epi8(1);
	const __m256i bias = _mm256_set1_epi8(law->bias), zero = _mm256_setzero_si256();
	const __m256i ps = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)law->p));
	const __m256i as = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)law->a));
	__m256i total = zero;
	__m128i half;
	size_t at = 0;

	while (n - at >= 32) {
		__m256i sums = zero;

		for (unsigned i = 0; i < SUMS_MAX && n - at >= 32; i++, at += 32) {
			__m256i c = _mm256_xor_si256(_mm256_loadu_si256((const void *)(codes + at)),
			                             flip);
			__m256i segment = _mm256_and_si256(_mm256_srli_epi16(c, 4), seven);
			__m256i mantissa = _mm256_and_si256(c, low);
			__m256i p = _mm256_shuffle_epi8(ps, segment);
			__m256i m = _mm256_add_epi8(_mm256_add_epi8(mantissa, mantissa),
			                            _mm256_shuffle_epi8(as, segment));
			__m256i x = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(p, one),
			                                 _mm256_unpacklo_epi8(m, bias));
			__m256i y = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(p, one),
			                                 _mm256_unpackhi_epi8(m, bias));

			sums = _mm256_add_epi32(sums, _mm256_add_epi32(_mm256_madd_epi16(x, x),
			                                               _mm256_madd_epi16(y, y)));
		}
		total = _mm256_add_epi64(total, _mm256_unpacklo_epi32(sums, zero));
		total = _mm256_add_epi64(total, _mm256_unpackhi_epi32(sums, zero));
	}
	half = _mm_add_epi64(_mm256_castsi256_si128(total), _mm256_extracti128_si256(total, 1));
	return (uint64_t)_mm_extract_epi64(half, 0) + (uint64_t)_mm_extract_epi64(half, 1) +
	       add_plain(law, codes + at, n - at);
}

/*
 * With AVX-512 VBMI a register pair looks up all 128 magnitudes at once (the sign bit is no part of
 * the index): low and high bytes, side by side they are the words. Filled by jf_energy_init.
 */
static _Alignas(64) uint8_t vbmi_low[2][128], vbmi_high[2][128];

__attribute__((target("avx512f,avx512bw,avx512vbmi"))) static uint64_t
sum_vbmi(enum jf_law which, const uint8_t *codes, size_t n)
{
	const unsigned table = which == JF_LAW_PCMA;
	const __m512i low0 = _mm512_load_si512(vbmi_low[table]);
	const __m512i low1 = _mm512_load_si512(vbmi_low[table] + 64);
	const __m512i high0 = _mm512_load_si512(vbmi_high[table]);
	const __m512i high1 = _mm512_load_si512(vbmi_high[table] + 64);
	const __m512i zero = _mm512_setzero_si512();
	__m512i total = zero;

	while (n) {
		__m512i sums = zero;

		for (unsigned i = 0; i < SUMS_MAX && n; i++) {
			size_t take = n < 64 ? n : 64;
			__mmask64 have = UINT64_MAX >> (64 - take);
			__m512i c = _mm512_maskz_loadu_epi8(have, codes);
			/* where there is no code the magnitude is 0 */
			__m512i low = _mm512_maskz_permutex2var_epi8(have, low0, c, low1);
			__m512i high = _mm512_maskz_permutex2var_epi8(have, high0, c, high1);
			__m512i x = _mm512_unpacklo_epi8(low, high);
			__m512i y = _mm512_unpackhi_epi8(low, high);

			sums = _mm512_add_epi32(sums, _mm512_add_epi32(_mm512_madd_epi16(x, x),
			                                               _mm512_madd_epi16(y, y)));
			codes += take;
			n -= take;
		}
		total = _mm512_add_epi64(total, _mm512_unpacklo_epi32(sums, zero));
		total = _mm512_add_epi64(total, _mm512_unpackhi_epi32(sums, zero));
	}
	return (uint64_t)_mm512_reduce_add_epi64(total);
}

uint64_t (*jf_energy_sum)(enum jf_law law, const uint8_t *codes, size_t n) = sum_plain;

/* One after the other, in whatever way the sums are made. */
static void frames_by_sums(enum jf_law law, const uint8_t *const codes[], unsigned n,
                           uint8_t *ret_levels)
{
	for (unsigned i = 0; i < n; i++)
		ret_levels[i] = jf_energy_level(law, jf_energy_sum(law, codes[i], JF_ENERGY_FRAME),
		                                JF_ENERGY_FRAME);
}

void (*jf_energy_frames)(enum jf_law law, const uint8_t *const codes[], unsigned n,
                         uint8_t *ret_levels) = frames_by_sums;

/* Slowest first. */
static struct jf_energy_way ways[] = {
        {"plain", sum_plain, 1},
        {"sse4.1", sum_sse, 0},
        {"avx2", sum_avx2, 0},
        {"avx512vbmi", sum_vbmi, 0},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

void jf_energy_init(void)
{
	for (unsigned code = 0; code < 128; code++) {
		for (unsigned table = 0; table < 2; table++) {
			unsigned m = jf_energy_magnitude(table ? &a_law : &mu_law, (uint8_t)code);

			vbmi_low[table][code] = (uint8_t)m;
			vbmi_high[table][code] = (uint8_t)(m >> 8);
		}
	}
	__builtin_cpu_init();
	ways[1].usable = __builtin_cpu_supports("sse4.1") != 0;
	ways[2].usable = __builtin_cpu_supports("avx2") != 0;
	ways[3].usable = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
	for (size_t i = 0; i < WAYS; i++)
		if (ways[i].usable)
			jf_energy_sum = ways[i].sum;
	if (jf_energy_lanes_init())
		jf_energy_frames = jf_energy_frames_lanes;
}

const struct jf_energy_way *jf_energy_ways(size_t *ret_count)
{
	*ret_count = WAYS;
	return ways;
}

const uint16_t jf_energy_log2_q12[132] = {
        23,   69,   114,  159,  204,  249,  293,  336,  380,  423,  466,  508,  551,  593,  634,
        675,  716,  757,  798,  838,  878,  918,  957,  996,  1035, 1074, 1112, 1150, 1188, 1226,
        1263, 1300, 1337, 1374, 1410, 1446, 1483, 1518, 1554, 1589, 1624, 1659, 1694, 1729, 1763,
        1797, 1831, 1865, 1899, 1932, 1965, 1998, 2031, 2064, 2096, 2128, 2161, 2192, 2224, 2256,
        2287, 2319, 2350, 2381, 2411, 2442, 2472, 2503, 2533, 2563, 2593, 2622, 2652, 2681, 2711,
        2740, 2769, 2798, 2826, 2855, 2883, 2911, 2940, 2968, 2995, 3023, 3051, 3078, 3106, 3133,
        3160, 3187, 3214, 3241, 3267, 3294, 3320, 3346, 3373, 3399, 3424, 3450, 3476, 3502, 3527,
        3552, 3578, 3603, 3628, 3653, 3678, 3702, 3727, 3751, 3776, 3800, 3824, 3849, 3873, 3896,
        3920, 3944, 3968, 3991, 4015, 4038, 4061, 4084,
};

/* Binary logarithm of v, not 0, in 1/4096. */
static uint32_t log2_of(uint64_t v)
{
	unsigned top = 63u - (unsigned)__builtin_clzll(v);
	uint64_t mantissa = top >= 7 ? v >> (top - 7) : v << (7 - top);

	return top << 12 | jf_energy_log2_q12[mantissa & 127];
}

uint8_t jf_energy_level(enum jf_law which, uint64_t sum, uint32_t n)
{
	const struct jf_energy_law *law = jf_energy_law_of(which);
	uint32_t loudest, loudness, below;

	if (sum <= (uint64_t)n * law->silence)
		return JF_ENERGY_SILENCE;
	/* of a packet of 20 ms the compiler knows it */
	loudest = (n == JF_ENERGY_FRAME ? JF_ENERGY_LOG2_OF_FRAME : log2_of(n)) +
	          (2u * law->scale << 12);
	loudness = log2_of(sum);
	if (loudness >= loudest)
		return 0;
	/* 10 log10(2) is 12,330 in 1/4096: now in dB / 2^24, rounded */
	below = (uint32_t)(((uint64_t)(loudest - loudness) * 12330 + (1u << 23)) >> 24);
	return below < JF_ENERGY_SILENCE ? (uint8_t)below : JF_ENERGY_SILENCE - 1;
}
