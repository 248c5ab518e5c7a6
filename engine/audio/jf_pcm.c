// SPDX-License-Identifier: BSD-3-Clause
#include "jf_pcm.h"

#include "jf_g711.h"

/*
 * Each kernel is one loop without branches, written for the compiler's vectoriser and compiled for
 * each width of vectors that CPUs have. Magnitudes, segments and biases are those of jf_g711.c.
 */
#define KERNEL static inline __attribute__((always_inline))

#define ULAW_BIAS 33

KERNEL void decode_ulaw(const uint8_t *restrict codes, size_t n, int16_t *restrict samples)
{
	for (size_t i = 0; i < n; i++) {
		int plain = codes[i] ^ 0xff;
		int magnitude = ((2 * (plain & 15) + ULAW_BIAS) << (plain >> 4 & 7)) - ULAW_BIAS;
		int negative = -(plain >> 7);

		samples[i] = (int16_t)(((4 * magnitude) ^ negative) - negative);
	}
}

KERNEL void decode_alaw(const uint8_t *restrict codes, size_t n, int16_t *restrict samples)
{
	for (size_t i = 0; i < n; i++) {
		int plain = codes[i] ^ 0x55;
		int segment = plain >> 4 & 7;
		int above = segment > 0; /* the lowest two segments have one step */
		int magnitude = (2 * (plain & 15) + 1 + 32 * above) << (segment - above);
		int negative = (plain >> 7) - 1;

		samples[i] = (int16_t)(((8 * magnitude) ^ negative) - negative);
	}
}

KERNEL void encode_ulaw(const int16_t *restrict samples, size_t n, uint8_t *restrict codes)
{
	for (size_t i = 0; i < n; i++) {
		int negative = samples[i] >> 15;
		int steps = ((samples[i] ^ negative) - negative) >> 2;
		int v = (steps > 8158 ? 8158 : steps) + ULAW_BIAS;
		int segment = (v > 63) + (v > 127) + (v > 255) + (v > 511) + (v > 1023) +
		              (v > 2047) + (v > 4095);
		int code = segment << 4 | (v >> (segment + 1) & 15);

		codes[i] = (uint8_t)(~code ^ (negative & 0x80));
	}
}

KERNEL void encode_alaw(const int16_t *restrict samples, size_t n, uint8_t *restrict codes)
{
	for (size_t i = 0; i < n; i++) {
		int negative = samples[i] >> 15;
		int steps = ((samples[i] ^ negative) - negative) >> 3;
		int v = steps > 4095 ? 4095 : steps;
		int rise = (v > 63) + (v > 127) + (v > 255) + (v > 511) + (v > 1023) + (v > 2047);
		/* the lowest two segments are one range of 64 */
		int segment = rise + (v > 31);
		int code = segment << 4 | (v >> (rise + 1) & 15);

		codes[i] = (uint8_t)(code ^ 0xd5 ^ (negative & 0x80));
	}
}

KERNEL void add_kernel(int32_t *restrict sum, const int16_t *restrict samples, size_t n,
                       int32_t gain)
{
	for (size_t i = 0; i < n; i++)
		sum[i] += samples[i] * gain >> 13;
}

KERNEL void finish_kernel(const int32_t *restrict sum, const int16_t *restrict own, size_t n,
                          int32_t gain, int16_t *restrict samples)
{
	for (size_t i = 0; i < n; i++) {
		int32_t v = sum[i] - (own ? own[i] * gain >> 13 : 0);

		samples[i] = (int16_t)(v > INT16_MAX ? INT16_MAX : v < INT16_MIN ? INT16_MIN : v);
	}
}

#define WAY(name, target)                                                                          \
	target static void name##_from_g711(enum jf_law law, const uint8_t *codes, size_t n,       \
	                                    int16_t *ret_samples)                                  \
	{                                                                                          \
		if (law == JF_LAW_PCMA)                                                            \
			decode_alaw(codes, n, ret_samples);                                        \
		else                                                                               \
			decode_ulaw(codes, n, ret_samples);                                        \
	}                                                                                          \
	target static void name##_to_g711(enum jf_law law, const int16_t *samples, size_t n,       \
	                                  uint8_t *ret_codes)                                      \
	{                                                                                          \
		if (law == JF_LAW_PCMA)                                                            \
			encode_alaw(samples, n, ret_codes);                                        \
		else                                                                               \
			encode_ulaw(samples, n, ret_codes);                                        \
	}                                                                                          \
	target static void name##_add(int32_t *sum, const int16_t *samples, size_t n,              \
	                              int32_t gain)                                                \
	{                                                                                          \
		if (gain == JF_PCM_GAIN_ONE)                                                       \
			add_kernel(sum, samples, n, JF_PCM_GAIN_ONE);                              \
		else                                                                               \
			add_kernel(sum, samples, n, gain);                                         \
	}                                                                                          \
	target static void name##_finish(const int32_t *sum, const int16_t *own, size_t n,         \
	                                 int32_t gain, int16_t *ret_samples)                       \
	{                                                                                          \
		if (own)                                                                           \
			finish_kernel(sum, own, n, gain, ret_samples);                             \
		else                                                                               \
			finish_kernel(sum, NULL, n, gain, ret_samples);                            \
	}

/* Table and call a sample: what G.711 without vectors does best. */
static void plain_from_g711(enum jf_law law, const uint8_t *codes, size_t n, int16_t *ret_samples)
{
	jf_g711_decode_block(law, codes, n, ret_samples);
}

static void plain_to_g711(enum jf_law law, const int16_t *samples, size_t n, uint8_t *ret_codes)
{
	jf_g711_encode_block(law, samples, n, ret_codes);
}

static void plain_add(int32_t *sum, const int16_t *samples, size_t n, int32_t gain)
{
	add_kernel(sum, samples, n, gain);
}

static void plain_finish(const int32_t *sum, const int16_t *own, size_t n, int32_t gain,
                         int16_t *ret_samples)
{
	if (own)
		finish_kernel(sum, own, n, gain, ret_samples);
	else
		finish_kernel(sum, NULL, n, gain, ret_samples);
}

WAY(sse, __attribute__((target("sse4.2"))))
WAY(avx2, __attribute__((target("avx2"))))
WAY(avx512, __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))))

#define ROW(name, text)                                                                            \
	{                                                                                          \
		text, 0, name##_from_g711, name##_to_g711, name##_add, name##_finish               \
	}

/* Slowest first. */
static struct jf_pcm_way ways[] = {
        ROW(plain, "plain"),
        ROW(sse, "sse4.2"),
        ROW(avx2, "avx2"),
        ROW(avx512, "avx512"),
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

const struct jf_pcm_way *jf_pcm = &ways[0];

void jf_pcm_init(void)
{
	__builtin_cpu_init();
	ways[0].usable = 1;
	ways[1].usable = __builtin_cpu_supports("sse4.2") != 0;
	ways[2].usable = __builtin_cpu_supports("avx2") != 0;
	ways[3].usable = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	                 __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
	for (size_t w = 0; w < WAYS; w++)
		if (ways[w].usable)
			jf_pcm = &ways[w];
}

const struct jf_pcm_way *jf_pcm_ways(size_t *ret_count)
{
	*ret_count = WAYS;
	return ways;
}

/* 8192 * 10^(dB / 20) for -60 .. 12 dB */
static const int16_t gains[] = {
        8,     9,     10,    12,    13,    15,    16,    18,   21,   23,   26,    29,    33,
        37,    41,    46,    52,    58,    65,    73,    82,   92,   103,  116,   130,   146,
        163,   183,   206,   231,   259,   291,   326,   366,  411,  461,  517,   580,   651,
        730,   819,   919,   1031,  1157,  1298,  1457,  1635, 1834, 2058, 2309,  2591,  2907,
        3261,  3659,  4106,  4607,  5169,  5799,  6507,  7301, 8192, 9192, 10313, 11572, 12983,
        14568, 16345, 18340, 20577, 23088, 25905, 29066, 32613};

int32_t jf_pcm_gain(int db)
{
	return gains[db < -60 ? 0 : db > 12 ? 72 : db + 60];
}

uint32_t jf_pcm_power(const int16_t *samples, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (uint32_t)(samples[i] * samples[i]);
	return n < 2 ? (uint32_t)sum : (uint32_t)(sum >> (64 - __builtin_clzll(n - 1)));
}
