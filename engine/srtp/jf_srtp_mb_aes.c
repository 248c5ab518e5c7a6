// SPDX-License-Identifier: BSD-3-Clause
/*
 * Counter mode on four blocks in a register, three registers at once, and GHASH in four lanes.
 *
 * GHASH (NIST SP 800-38D section 6.4) is a polynomial in the hash key H. Its blocks are dealt out
 * to four lanes, so that each lane goes by H^4 and only at the end the lanes by H^4, H^3, H^2 and
 * H: four powers are enough, one line, whatever the packet's length. Bits stand the other way round
 * than the processor multiplies, so products come out one bit too low; a power is kept shifted by
 * that one bit.
 */
#include <strings.h>

#include "jf_srtp_mb_wide.h"

#define VECTORS   3u /* 192 octets: a packet of 20 ms is one run */
#define ROUNDS(s) (is_256((s)->suite) ? 14u : 10u)

bool mb_wide_usable(const IMB_MGR *mgr)
{
	const uint64_t features = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ | IMB_FEATURE_VAES |
	                          IMB_FEATURE_VPCLMULQDQ;

	__builtin_cpu_init();
	return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
	       __builtin_cpu_supports("avx512dq") && (mgr->features & features) == features;
}

/* ---- Counter mode (RFC 3711 section 4.1.1, RFC 7714 section 8) --------------------------------
 */

static inline __m128i round_key(const struct stream *s, unsigned round)
{
	return _mm_load_si128((const __m128i *)(s->round_keys + (size_t)16 * round));
}

/* rounds: a constant, for loops that unroll. first: the number of the first block. */
WIDE static inline __attribute__((always_inline)) void cipher(const struct stream *s,
                                                              unsigned rounds, __m128i iv,
                                                              int first, uint8_t *bytes,
                                                              uint32_t length)
{
	/* a block's number goes to the last four octets of its counter, which are zeros or, with
	   AES-CM, of which it needs two */
	const __m512i place = _mm512_broadcast_i32x4(
	        _mm_set_epi8(0, 1, 2, 3, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1));
	const __m512i begin = _mm512_broadcast_i32x4(_mm_xor_si128(iv, round_key(s, 0)));
	__m512i number = _mm512_set_epi32(0, 0, 0, first + 3, 0, 0, 0, first + 2, 0, 0, 0,
	                                  first + 1, 0, 0, 0, first);

	for (uint32_t at = 0; at < length; at += VECTORS * LINE) {
		__m512i v[VECTORS];

		for (unsigned i = 0; i < VECTORS; i++) {
			v[i] = _mm512_xor_si512(begin, _mm512_shuffle_epi8(number, place));
			number = _mm512_add_epi32(number, _mm512_set1_epi32(4));
		}
		for (unsigned round = 1; round < rounds; round++) {
			__m512i key = _mm512_broadcast_i32x4(round_key(s, round));

			for (unsigned i = 0; i < VECTORS; i++)
				v[i] = _mm512_aesenc_epi128(v[i], key);
		}
		for (unsigned i = 0; i < VECTORS; i++) {
			__m512i key = _mm512_broadcast_i32x4(round_key(s, rounds));
			uint32_t done = at + i * LINE;
			__mmask64 mask = lanes_of(done, length);
			__m512i text = _mm512_maskz_loadu_epi8(mask, bytes + done);

			v[i] = _mm512_aesenclast_epi128(v[i], key);
			_mm512_mask_storeu_epi8(bytes + done, mask, _mm512_xor_si512(text, v[i]));
		}
	}
}

WIDE void mb_wide_cipher(const struct work *work)
{
	const struct stream *s = work->stream;
	uint8_t *payload = work->packet->bytes + work->header;
	uint32_t length = work->body - work->header;
	__m128i iv;
	int first;

	if (is_gcm(s->suite)) {
		iv = gcm_iv(s->salt, work->ssrc, work->index);
		first = 2; /* 1 encrypts the tag */
	} else {
		iv = cm_iv(s->salt, work->ssrc, work->index);
		first = 0;
	}
	if (is_256(s->suite))
		cipher(s, 14, iv, first, payload, length);
	else
		cipher(s, 10, iv, first, payload, length);
}

/* ---- GHASH ----------------------------------------------------------------------------------- */

WIDE static inline __m512i reversed(__m512i blocks)
{
	return _mm512_shuffle_epi8(blocks,
	                           _mm512_broadcast_i32x4(_mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
	                                                               10, 11, 12, 13, 14, 15)));
}

/* Lane by lane, modulo x^128 + x^7 + x^2 + x + 1; b with the bit that is missing. */
WIDE static inline __m512i multiply(__m512i a, __m512i b)
{
	const __m512i modulus =
	        _mm512_broadcast_i32x4(_mm_set_epi64x((long long)UINT64_C(0xc200000000000000), 1));
	__m512i low = _mm512_clmulepi64_epi128(a, b, 0x00);
	__m512i high = _mm512_clmulepi64_epi128(a, b, 0x11);
	__m512i middle = _mm512_xor_si512(_mm512_clmulepi64_epi128(a, b, 0x01),
	                                  _mm512_clmulepi64_epi128(a, b, 0x10));

	/* the lowest 64 bits, and then those above, go up to where they are the same */
	middle = _mm512_ternarylogic_epi64(middle, _mm512_shuffle_epi32(low, 0x4e),
	                                   _mm512_clmulepi64_epi128(modulus, low, 0x01), 0x96);
	return _mm512_ternarylogic_epi64(high, _mm512_shuffle_epi32(middle, 0x4e),
	                                 _mm512_clmulepi64_epi128(modulus, middle, 0x01), 0x96);
}

/* One block. */
WIDE static inline __m128i encrypt(const struct stream *s, __m128i block)
{
	unsigned rounds = ROUNDS(s);

	block = _mm_xor_si128(block, round_key(s, 0));
	for (unsigned round = 1; round < rounds; round++)
		block = _mm_aesenc_si128(block, round_key(s, round));
	return _mm_aesenclast_si128(block, round_key(s, rounds));
}

WIDE void mb_wide_powers(struct stream *s)
{
	__m512i h = reversed(_mm512_castsi128_si512(encrypt(s, _mm_setzero_si128()))), power;
	uint64_t words[2], top;

	_mm_storeu_si128((__m128i *)words, _mm512_castsi512_si128(h));
	top = words[1] >> 63;
	words[1] = words[1] << 1 | words[0] >> 63;
	words[0] <<= 1;
	words[1] ^= top * UINT64_C(0xc200000000000000);
	words[0] ^= top;
	h = power = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)words));
	explicit_bzero(words, sizeof(words));
	for (unsigned i = GHASH_POWERS; i-- > 0;) {
		_mm_store_si128((__m128i *)s->powers[i], _mm512_castsi512_si128(power));
		power = multiply(power, h);
	}
}

/* The header, the payload, each filled up to whole blocks, and their lengths in bits. */
WIDE static inline __m128i ghash(const struct stream *s, const uint8_t *bytes, uint32_t header,
                                 uint32_t length)
{
	const __m512i powers = _mm512_load_si512(s->powers);
	const __m512i fourth = _mm512_shuffle_i32x4(powers, powers, 0);
	uint32_t headers = (header + 15) / 16, blocks = headers + (length + 15) / 16 + 1;
	uint32_t vectors = (blocks + 3) / 4;
	/* lanes before the first block are zeros, which change nothing */
	int64_t at = -(int64_t)(16 * (4 * vectors - blocks));
	__m512i sum = _mm512_setzero_si512(), lengths;
	__m256i half;

	for (uint32_t i = 0; i < vectors; i++, at += LINE) {
		int64_t payload = at - 16 * (int64_t)headers;
		__m512i v = _mm512_maskz_loadu_epi8(lanes_of(payload, length),
		                                    bytes + header + payload);

		if (at < (int64_t)header)
			v = _mm512_or_si512(
			        v, _mm512_maskz_loadu_epi8(lanes_of(at, header), bytes + at));
		v = reversed(v);
		if (i + 1 < vectors) {
			sum = multiply(_mm512_xor_si512(sum, v), fourth);
			continue;
		}
		lengths = _mm512_maskz_broadcast_i32x4(
		        0xf000, _mm_set_epi64x((long long)8 * header, (long long)8 * length));
		sum = multiply(_mm512_ternarylogic_epi64(sum, v, lengths, 0x96), powers);
	}
	half = _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
	return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

WIDE void mb_wide_gcm_tag(struct work *work)
{
	const struct stream *s = work->stream;
	const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i hash = ghash(s, work->packet->bytes, work->header, work->body - work->header);
	__m128i first = _mm_insert_epi32(gcm_iv(s->salt, work->ssrc, work->index),
	                                 (int)__builtin_bswap32(1), 3);

	_mm_storeu_si128((__m128i *)work->tag,
	                 _mm_xor_si128(encrypt(s, first), _mm_shuffle_epi8(hash, reverse)));
}
