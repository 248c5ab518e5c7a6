// SPDX-License-Identifier: BSD-3-Clause
/* HMAC-SHA1 of 16 packets side by side, one in each 32-bit lane. */
#include "jf_srtp_mb_wide.h"

/* ---- SHA-1 (FIPS 180-4 section 6.1) ------------------------------------------------------------
 */

/* Row r of 16 words goes to lane r of 16 vectors. */
WIDE static inline void transpose(const uint8_t *const rows[LANES], __m512i ret_words[16])
{
	__m512i a[16], b[16];

	for (unsigned i = 0; i < 16; i++)
		a[i] = _mm512_loadu_si512(rows[i]);
	for (unsigned i = 0; i < 16; i += 2) {
		b[i] = _mm512_unpacklo_epi32(a[i], a[i + 1]);
		b[i + 1] = _mm512_unpackhi_epi32(a[i], a[i + 1]);
	}
	for (unsigned i = 0; i < 16; i += 4) {
		a[i] = _mm512_unpacklo_epi64(b[i], b[i + 2]);
		a[i + 1] = _mm512_unpackhi_epi64(b[i], b[i + 2]);
		a[i + 2] = _mm512_unpacklo_epi64(b[i + 1], b[i + 3]);
		a[i + 3] = _mm512_unpackhi_epi64(b[i + 1], b[i + 3]);
	}
	/* a[4 * r + c]: word c of each quarter, of rows 4 * r to 4 * r + 3 */
	for (unsigned c = 0; c < 4; c++) {
		__m512i low01 = _mm512_shuffle_i32x4(a[c], a[4 + c], 0x44);
		__m512i high01 = _mm512_shuffle_i32x4(a[c], a[4 + c], 0xee);
		__m512i low23 = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0x44);
		__m512i high23 = _mm512_shuffle_i32x4(a[8 + c], a[12 + c], 0xee);

		ret_words[c] = _mm512_shuffle_i32x4(low01, low23, 0x88);
		ret_words[4 + c] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
		ret_words[8 + c] = _mm512_shuffle_i32x4(high01, high23, 0x88);
		ret_words[12 + c] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
	}
}

/* One round; a to e change places by name. chosen: the truth table of the round's function. */
#define ROUND(a, b, c, d, e, t, chosen)                                                            \
	do {                                                                                       \
		e = _mm512_add_epi32(                                                              \
		        _mm512_add_epi32(e, _mm512_add_epi32(k, w[(t)&15])),                       \
		        _mm512_add_epi32(_mm512_rol_epi32(a, 5),                                   \
		                         _mm512_ternarylogic_epi32(b, c, d, chosen)));             \
		b = _mm512_rol_epi32(b, 30);                                                       \
	} while (0)

/* What stands 16 rounds later in the place of w[t]. */
#define SCHEDULE(t)                                                                                \
	do {                                                                                       \
		__m512i three = _mm512_ternarylogic_epi32(w[(t)&15], w[((t) + 2) & 15],            \
		                                          w[((t) + 8) & 15], 0x96);                \
                                                                                                   \
		w[(t)&15] = _mm512_rol_epi32(_mm512_xor_si512(three, w[((t) + 13) & 15]), 1);      \
	} while (0)

#define FIVE(t, chosen, step)                                                                      \
	do {                                                                                       \
		step(t);                                                                           \
		ROUND(a, b, c, d, e, t, chosen);                                                   \
		step((t) + 1);                                                                     \
		ROUND(e, a, b, c, d, (t) + 1, chosen);                                             \
		step((t) + 2);                                                                     \
		ROUND(d, e, a, b, c, (t) + 2, chosen);                                             \
		step((t) + 3);                                                                     \
		ROUND(c, d, e, a, b, (t) + 3, chosen);                                             \
		step((t) + 4);                                                                     \
		ROUND(b, c, d, e, a, (t) + 4, chosen);                                             \
	} while (0)

#define AS_READ(t) (void)0
#define FROM_16(t)                                                                                 \
	do {                                                                                       \
		if ((t) >= 16)                                                                     \
			SCHEDULE(t);                                                               \
	} while (0)

#define CHOICE   0xca /* b ? c : d */
#define PARITY   0x96
#define MAJORITY 0xe8

/* One block of each lane into its state. w: the block's words, used up. */
WIDE static inline void compress(__m512i state[5], __m512i w[16], __mmask16 lanes)
{
	__m512i a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
	__m512i k = _mm512_set1_epi32(0x5a827999);

	FIVE(0, CHOICE, AS_READ);
	FIVE(5, CHOICE, AS_READ);
	FIVE(10, CHOICE, AS_READ);
	FIVE(15, CHOICE, FROM_16);
	k = _mm512_set1_epi32(0x6ed9eba1);
	FIVE(20, PARITY, SCHEDULE);
	FIVE(25, PARITY, SCHEDULE);
	FIVE(30, PARITY, SCHEDULE);
	FIVE(35, PARITY, SCHEDULE);
	k = _mm512_set1_epi32((int)0x8f1bbcdc);
	FIVE(40, MAJORITY, SCHEDULE);
	FIVE(45, MAJORITY, SCHEDULE);
	FIVE(50, MAJORITY, SCHEDULE);
	FIVE(55, MAJORITY, SCHEDULE);
	k = _mm512_set1_epi32((int)0xca62c1d6);
	FIVE(60, PARITY, SCHEDULE);
	FIVE(65, PARITY, SCHEDULE);
	FIVE(70, PARITY, SCHEDULE);
	FIVE(75, PARITY, SCHEDULE);
	state[0] = _mm512_mask_add_epi32(state[0], lanes, state[0], a);
	state[1] = _mm512_mask_add_epi32(state[1], lanes, state[1], b);
	state[2] = _mm512_mask_add_epi32(state[2], lanes, state[2], c);
	state[3] = _mm512_mask_add_epi32(state[3], lanes, state[3], d);
	state[4] = _mm512_mask_add_epi32(state[4], lanes, state[4], e);
}

/* ---- HMAC -------------------------------------------------------------------------------------
 */

/* What one lane hashes: whole blocks of the packet where they are, then its end, padded. */
struct lane {
	const uint8_t *bytes;
	uint32_t whole, blocks;
};

/* ret_end: the octets after the whole blocks, the roll-over counter, and SHA-1's padding. */
WIDE static inline void set_lane(const struct work *work, struct lane *ret_lane,
                                 uint8_t ret_end[2 * LINE])
{
	uint32_t whole = work->body / LINE, rest = work->body % LINE;
	uint32_t ends = rest + 4 + 1 + 8 <= LINE ? 1 : 2;
	const uint8_t *bytes = work->packet->bytes;
	/* the key's block was hashed before */
	uint64_t bits = UINT64_C(8) * (LINE + work->body + 4);

	_mm512_store_si512(ret_end, _mm512_maskz_loadu_epi8((UINT64_C(1) << rest) - 1,
	                                                    bytes + (size_t)whole * LINE));
	_mm512_store_si512(ret_end + LINE, _mm512_setzero_si512());
	jf_srtp_store32(ret_end + rest, (uint32_t)(work->index >> 16));
	ret_end[rest + 4] = 0x80;
	jf_srtp_store32(ret_end + (size_t)ends * LINE - 4, (uint32_t)bits);
	*ret_lane = (struct lane){.bytes = bytes, .whole = whole, .blocks = whole + ends};
}

WIDE void mb_wide_hash(struct work *const *works, uint32_t n)
{
	static_assert(offsetof(struct stream, outer) == LINE + SHA1_SIZE, "words 5 to 9 of a line");
	const __m512i swap = _mm512_broadcast_i32x4(
	        _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3));
	_Alignas(64) uint8_t ends[LANES][2 * LINE];
	_Alignas(64) uint32_t out[3][LANES];
	const uint8_t *rows[LANES];
	struct lane lanes[LANES];
	__m512i w[16], state[5], outer[5];
	uint32_t blocks = 0;

	for (uint32_t i = 0; i < LANES; i++) {
		if (i < n) {
			set_lane(works[i], &lanes[i], ends[i]);
			rows[i] = works[i]->stream->inner;
			blocks = lanes[i].blocks > blocks ? lanes[i].blocks : blocks;
		} else {
			lanes[i] = (struct lane){0};
			rows[i] = rows[0];
		}
	}
	transpose(rows, w);
	for (unsigned i = 0; i < 5; i++) {
		state[i] = w[i];
		outer[i] = w[5 + i];
	}
	for (uint32_t block = 0; block < blocks; block++) {
		__mmask16 mask = 0;

		for (uint32_t i = 0; i < LANES; i++) {
			bool more = block < lanes[i].blocks;

			mask = (__mmask16)(mask | (unsigned)more << i);
			rows[i] = block < lanes[i].whole
			                  ? lanes[i].bytes + (size_t)block * LINE
			                  : ends[more ? i : 0] +
			                            (more ? (size_t)(block - lanes[i].whole) * LINE
			                                  : 0);
		}
		transpose(rows, w);
		for (unsigned i = 0; i < 16; i++)
			w[i] = _mm512_shuffle_epi8(w[i], swap);
		compress(state, w, mask);
	}
	for (unsigned i = 0; i < 16; i++)
		w[i] = i < 5 ? state[i] : _mm512_setzero_si512();
	w[5] = _mm512_set1_epi32((int)0x80000000);
	w[15] = _mm512_set1_epi32(8 * (LINE + SHA1_SIZE));
	compress(outer, w, 0xffff);
	for (unsigned i = 0; i < 3; i++)
		_mm512_store_si512(out[i], _mm512_shuffle_epi8(outer[i], swap));
	for (uint32_t i = 0; i < n; i++)
		for (unsigned word = 0; word < 3; word++)
			memcpy(works[i]->tag + (size_t)4 * word, &out[word][i], 4);
}
