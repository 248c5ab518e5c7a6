// SPDX-License-Identifier: BSD-3-Clause
/* Counter mode on four blocks in a register, three registers at once. */
#include "jf_srtp_mb_wide.h"

#define VECTORS 3u /* 192 octets: a packet of 20 ms is one run */

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
