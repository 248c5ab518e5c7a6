// SPDX-License-Identifier: BSD-3-Clause
#include "jf_g711.h"

/*
 * All tables are constant expressions, so they need no start-up. Magnitudes are in the law's own
 * least step: mu-law 0 .. 8,031 (14 bits with sign), A-law 1 .. 4,032 (13 bits).
 */
#define ULAW_BIAS      33
#define MANTISSA(c)    ((c)&15)
#define SEGMENT(c)     ((c) >> 4 & 7)
#define ULAW_STEPS(c)  (((2 * MANTISSA(~(c)) + ULAW_BIAS) << SEGMENT(~(c))) - ULAW_BIAS)
#define ALAW_RISE(c)   (SEGMENT(c) ? SEGMENT(c) - 1 : 0)
#define ALAW_STEPS1(c) ((2 * MANTISSA(c) + (SEGMENT(c) ? 33 : 1)) << ALAW_RISE(c))
#define ALAW_STEPS(c)  ALAW_STEPS1((c) ^ 0x55)

/* The sign bit is set for positive values, in either law. */
#define ULAW_LINEAR(c) ((c)&0x80 ? 4 * ULAW_STEPS(c) : -4 * ULAW_STEPS(c))
#define ALAW_LINEAR(c) ((c)&0x80 ? 8 * ALAW_STEPS(c) : -8 * ALAW_STEPS(c))

/* The code of a magnitude of m 14-bit steps; decision levels of G.711 table 2a. */
#define BIASED(m)     ((m) > 8158 ? 8158 + ULAW_BIAS : (m) + ULAW_BIAS)
#define TOP(v)        (31 - __builtin_clz((unsigned)(v)))
#define ULAW_CODE1(v) (~((TOP(v) - 5) << 4 | ((v) >> (TOP(v) - 4) & 15)) & 0x7f)
#define ULAW_CODE(m)  ULAW_CODE1(BIASED(m))

/* The same for m 13-bit steps; table 1a. */
#define CAPPED(m)     ((m) > 4095 ? 4095 : (m))
#define ALAW_TOP(v)   (TOP((v) | 64) - 4)
#define ALAW_CODE1(v) (((v) < 64 ? (v) >> 1 : ALAW_TOP(v) << 4 | ((v) >> ALAW_TOP(v) & 15)) ^ 0x55)
#define ALAW_CODE(m)  ALAW_CODE1(CAPPED(m))

/* Between the laws, by magnitude; positive stays positive. */
#define ULAW_ALAW(c) (((c)&0x80) | ALAW_CODE(ULAW_STEPS(c) / 2))
#define ALAW_ULAW(c) (((c)&0x80) | ULAW_CODE(ALAW_STEPS(c) * 2))

#define IDENTITY(c) (c)

#define ROW4(f, c)  f(c), f((c) + 1), f((c) + 2), f((c) + 3)
#define ROW16(f, c) ROW4(f, c), ROW4(f, (c) + 4), ROW4(f, (c) + 8), ROW4(f, (c) + 12)
#define ROW64(f, c) ROW16(f, c), ROW16(f, (c) + 16), ROW16(f, (c) + 32), ROW16(f, (c) + 48)
#define TABLE(f)    ROW64(f, 0), ROW64(f, 64), ROW64(f, 128), ROW64(f, 192)

static const int16_t ulaw_linear[256] = {TABLE(ULAW_LINEAR)};
static const int16_t alaw_linear[256] = {TABLE(ALAW_LINEAR)};
static const uint8_t ulaw_alaw[256] = {TABLE(ULAW_ALAW)};
static const uint8_t alaw_ulaw[256] = {TABLE(ALAW_ULAW)};
static const uint8_t identity[256] = {TABLE(IDENTITY)};

const int16_t *jf_g711_decode_table(enum jf_law law)
{
	return law == JF_LAW_PCMA ? alaw_linear : ulaw_linear;
}

const uint8_t *jf_g711_convert_table(enum jf_law from, enum jf_law to)
{
	if (from == to)
		return identity;
	return from == JF_LAW_PCMA ? alaw_ulaw : ulaw_alaw;
}

uint8_t jf_g711_encode(enum jf_law law, int16_t sample)
{
	uint8_t sign = sample < 0 ? 0 : 0x80;
	int magnitude = sample < 0 ? -(int)sample : sample;

	if (law == JF_LAW_PCMA)
		return (uint8_t)(sign | ALAW_CODE(magnitude >> 3));
	return (uint8_t)(sign | ULAW_CODE(magnitude >> 2));
}

void jf_g711_decode_block(enum jf_law law, const uint8_t *codes, size_t n, int16_t *ret_samples)
{
	const int16_t *table = jf_g711_decode_table(law);

	for (size_t i = 0; i < n; i++)
		ret_samples[i] = table[codes[i]];
}

void jf_g711_encode_block(enum jf_law law, const int16_t *samples, size_t n, uint8_t *ret_codes)
{
	for (size_t i = 0; i < n; i++)
		ret_codes[i] = jf_g711_encode(law, samples[i]);
}

void jf_g711_convert_block(enum jf_law from, enum jf_law to, const uint8_t *codes, size_t n,
                           uint8_t *ret_codes)
{
	const uint8_t *table = jf_g711_convert_table(from, to);

	for (size_t i = 0; i < n; i++)
		ret_codes[i] = table[codes[i]];
}
