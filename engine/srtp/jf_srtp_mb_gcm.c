// SPDX-License-Identifier: BSD-3-Clause
/*
 * AES-GCM (NIST SP 800-38D, RFC 7714) of one packet: GHASH in four lanes, and with it, for a packet
 * as nearly all are, counter mode in the same go.
 *
 * GHASH (section 6.4) is a polynomial in the hash key H. Its blocks are dealt out to four lanes, so
 * that each lane goes by H^4 and only at the end the lanes by H^4, H^3, H^2 and H: four powers are
 * enough, one line, whatever the packet's length. Bits stand the other way round than the processor
 * multiplies, so products come out one bit too low; a power is kept shifted by that one bit.
 */
#include <strings.h>

#include "jf_srtp_mb_wide.h"

#define ROUNDS(s) (is_256((s)->suite) ? 14u : 10u)

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

/* The tag of an encrypted packet of any length. */
WIDE static __m128i tag_of(const struct work *work)
{
	const struct stream *s = work->stream;
	const __m128i reverse = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	__m128i hash = ghash(s, work->packet->bytes, work->header, work->body - work->header);
	__m128i first = _mm_insert_epi32(gcm_iv(s->salt, work->ssrc, work->index),
	                                 (int)__builtin_bswap32(1), 3);

	return _mm_xor_si128(encrypt(s, first), _mm_shuffle_epi8(hash, reverse));
}

/* ---- Packets as nearly all are ----------------------------------------------------------------
 *
 * A header of 12 octets and a payload of up to 160: with the lengths at most 12 blocks, which are
 * three registers. The header's block stands where the first counter's goes, which encrypts the
 * tag, so that each block of the payload stands by its own part of the key stream. Shorter packets
 * stand at the end, where the lengths are the last block; what is before them is zeros.
 */

#define VECTORS       3u
#define SHORT_BLOCKS  10u
#define SHORT_PAYLOAD (16u * SHORT_BLOCKS)
#define INLINE        static inline __attribute__((always_inline))

/* A packet laid out on registers. */
struct laid {
	uint8_t *at;                /* what the first register's first octet would be */
	uint32_t length;            /* of the payload */
	uint32_t skipped;           /* blocks before the header's */
	__mmask16 header[VECTORS];  /* words of its block */
	__mmask64 read[VECTORS];    /* octets of header and payload */
	__mmask64 payload[VECTORS]; /* octets of the payload */
};

/* length: a constant where it matters, so that all of this is. */
WIDE INLINE struct laid lay(uint8_t *payload, uint32_t length)
{
	struct laid laid = {.length = length, .skipped = SHORT_BLOCKS - (length + 15) / 16};
	int64_t begin = 16 * (int64_t)laid.skipped;

	laid.at = payload - 16 - begin;
	for (unsigned i = 0; i < VECTORS; i++) {
		int64_t from = (int64_t)(LINE * i) - begin;

		laid.read[i] = lanes_of(from - 4, RTP_HEADER_SIZE + length);
		laid.payload[i] = lanes_of(from - 16, length);
		laid.header[i] = laid.skipped / 4 == i ? (__mmask16)(0xfu << 4 * (laid.skipped % 4))
		                                       : (__mmask16)0;
	}
	return laid;
}

/* rounds: a constant. What stands before the header's block is not used. */
WIDE INLINE void key_stream(const struct stream *s, unsigned rounds, __m128i iv,
                            const struct laid *laid, __m512i ret_v[VECTORS])
{
#define NUMBER(n)                                                                                  \
	{                                                                                          \
		0, 0, 0, (uint32_t)(n) << 24                                                       \
	}
	static const _Alignas(64) uint32_t numbers[2 * 4 * VECTORS][4] = {[4 * VECTORS] = NUMBER(1),
	                                                                  NUMBER(2),
	                                                                  NUMBER(3),
	                                                                  NUMBER(4),
	                                                                  NUMBER(5),
	                                                                  NUMBER(6),
	                                                                  NUMBER(7),
	                                                                  NUMBER(8),
	                                                                  NUMBER(9),
	                                                                  NUMBER(10),
	                                                                  NUMBER(11),
	                                                                  NUMBER(12)};
#undef NUMBER
	const uint32_t *number = numbers[4 * VECTORS - laid->skipped];
	const __m512i begin = _mm512_broadcast_i32x4(_mm_xor_si128(iv, round_key(s, 0)));

	for (unsigned i = 0; i < VECTORS; i++)
		ret_v[i] = _mm512_xor_si512(begin, _mm512_loadu_si512(number + (size_t)16 * i));
	for (unsigned round = 1; round < rounds; round++) {
		__m512i key = _mm512_broadcast_i32x4(round_key(s, round));

		for (unsigned i = 0; i < VECTORS; i++)
			ret_v[i] = _mm512_aesenc_epi128(ret_v[i], key);
	}
	for (unsigned i = 0; i < VECTORS; i++)
		ret_v[i] = _mm512_aesenclast_epi128(ret_v[i],
		                                    _mm512_broadcast_i32x4(round_key(s, rounds)));
}

/* text: header and encrypted payload, zeros around them. */
WIDE INLINE __m128i short_tag(const struct stream *s, const struct laid *laid,
                              const __m512i text[VECTORS], const __m512i keys[VECTORS])
{
	/* the header's 12 octets stand at the end of their block, and should at its beginning */
	const __m512i reverse = _mm512_broadcast_i32x4(
	        _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
	const __m512i reverse_header = _mm512_broadcast_i32x4(
	        _mm_set_epi8(4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1));
	const __m512i powers = _mm512_load_si512(s->powers);
	const __m512i fourth = _mm512_shuffle_i32x4(powers, powers, 0);
	__m512i sum = _mm512_maskz_broadcast_i32x4(
	        0xf000, _mm_set_epi64x(8 * RTP_HEADER_SIZE, (long long)8 * laid->length));
	__m512i ahead = _mm512_setzero_si512(), first = _mm512_setzero_si512();
	__m256i half;

	for (unsigned i = 0; i < VECTORS; i++) {
		__m512i order = reverse, v;

		if (laid->header[i]) {
			order = _mm512_mask_mov_epi32(reverse, laid->header[i], reverse_header);
			first = _mm512_maskz_mov_epi32(laid->header[i], keys[i]);
		}
		v = _mm512_xor_si512(ahead, _mm512_shuffle_epi8(text[i], order));
		if (i + 1 < VECTORS)
			ahead = multiply(v, fourth);
		else
			sum = multiply(_mm512_xor_si512(sum, v), powers);
	}
	sum = _mm512_xor_si512(_mm512_shuffle_epi8(sum, reverse), first);
	half = _mm256_xor_si256(_mm512_castsi512_si256(sum), _mm512_extracti64x4_epi64(sum, 1));
	return _mm_xor_si128(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* Without a branch on where they differ. */
WIDE INLINE bool is_same(__m128i tag, const uint8_t *given)
{
	__m128i differ = _mm_xor_si128(tag, _mm_loadu_si128((const __m128i *)given));

	return _mm_testz_si128(differ, differ);
}

WIDE INLINE bool open_short(const struct work *work, unsigned rounds, uint32_t length)
{
	const struct stream *s = work->stream;
	uint8_t *payload = work->packet->bytes + RTP_HEADER_SIZE;
	struct laid laid = lay(payload, length);
	__m512i keys[VECTORS], text[VECTORS];

	key_stream(s, rounds, gcm_iv(s->salt, work->ssrc, work->index), &laid, keys);
	for (unsigned i = 0; i < VECTORS; i++)
		text[i] = _mm512_maskz_loadu_epi8(laid.read[i], laid.at + (size_t)LINE * i);
	if (__builtin_expect(!is_same(short_tag(s, &laid, text, keys), payload + length), 0))
		return false;
	for (unsigned i = 0; i < VECTORS; i++)
		_mm512_mask_storeu_epi8(laid.at + (size_t)LINE * i, laid.payload[i],
		                        _mm512_xor_si512(text[i], keys[i]));
	return true;
}

WIDE INLINE void seal_short(const struct work *work, unsigned rounds, uint32_t length)
{
	const struct stream *s = work->stream;
	uint8_t *payload = work->packet->bytes + RTP_HEADER_SIZE;
	struct laid laid = lay(payload, length);
	__m512i keys[VECTORS], text[VECTORS];

	key_stream(s, rounds, gcm_iv(s->salt, work->ssrc, work->index), &laid, keys);
	for (unsigned i = 0; i < VECTORS; i++) {
		text[i] = _mm512_maskz_loadu_epi8(laid.read[i], laid.at + (size_t)LINE * i);
		text[i] =
		        _mm512_xor_si512(text[i], _mm512_maskz_mov_epi8(laid.payload[i], keys[i]));
		_mm512_mask_storeu_epi8(laid.at + (size_t)LINE * i, laid.payload[i], text[i]);
	}
	_mm_storeu_si128((__m128i *)(payload + length), short_tag(s, &laid, text, keys));
}

#define OF_20_MS(work) ((work)->body == RTP_HEADER_SIZE + SHORT_PAYLOAD)

WIDE bool mb_wide_gcm_open(const struct work *work)
{
	uint32_t length = work->body - work->header;
	bool long_key = is_256(work->stream->suite);

	if (work->header != RTP_HEADER_SIZE || length > SHORT_PAYLOAD) {
		if (!is_same(tag_of(work), work->packet->bytes + work->body))
			return false;
		mb_wide_cipher(work);
		return true;
	}
	if (OF_20_MS(work))
		return long_key ? open_short(work, 14, SHORT_PAYLOAD)
		                : open_short(work, 10, SHORT_PAYLOAD);
	return long_key ? open_short(work, 14, length) : open_short(work, 10, length);
}

WIDE void mb_wide_gcm_seal(const struct work *work)
{
	uint32_t length = work->body - work->header;
	bool long_key = is_256(work->stream->suite);

	if (work->header != RTP_HEADER_SIZE || length > SHORT_PAYLOAD) {
		mb_wide_cipher(work);
		_mm_storeu_si128((__m128i *)(work->packet->bytes + work->body), tag_of(work));
	} else if (OF_20_MS(work)) {
		if (long_key)
			seal_short(work, 14, SHORT_PAYLOAD);
		else
			seal_short(work, 10, SHORT_PAYLOAD);
	} else if (long_key) {
		seal_short(work, 14, length);
	} else {
		seal_short(work, 10, length);
	}
}
