// SPDX-License-Identifier: BSD-3-Clause
#include "jf_render_priv.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "jf_g711.h"

#define PIECE JF_RESAMPLE_MOST /* ticks at a time */

void jf_render_init(struct jf_render *render, uint8_t law, bool is_linear)
{
	*render = (struct jf_render){.law = law, .is_linear = is_linear};
}

static void interleave(const uint8_t *left, const uint8_t *right, uint32_t n, uint8_t *out)
{
	uint32_t i = 0;

#ifdef __SSE2__
	for (; i + 16 <= n; i += 16) {
		__m128i l = _mm_loadu_si128((const __m128i *)(left + i));
		__m128i r = _mm_loadu_si128((const __m128i *)(right + i));

		_mm_storeu_si128((__m128i *)(out + 2 * i), _mm_unpacklo_epi8(l, r));
		_mm_storeu_si128((__m128i *)(out + 2 * i + 16), _mm_unpackhi_epi8(l, r));
	}
#endif
	for (; i < n; i++) {
		out[2 * i] = left[i];
		out[2 * i + 1] = right[i];
	}
}

static void decode_g722(struct jf_render_side *side, enum jf_g722_rate rate, const uint8_t *octets,
                        uint32_t n, int16_t *ret_samples)
{
	if (!side->has_decoder)
		jf_g722_decoder_init(&side->decoder, rate);
	side->has_decoder = true;
	jf_g722_decode(&side->decoder, octets, n, ret_samples);
}

/* One kind's octets as samples, 16,000 a second. n is at most PIECE. */
static void to_wide(struct jf_render *render, int side, enum jf_block_kind kind,
                    const uint8_t *octets, uint32_t n, int16_t *ret_wide)
{
	struct jf_render_side *s = &render->sides[side];
	int16_t narrow[PIECE];
	uint8_t law = render->law;

	if (kind == JF_BLOCK_G722) {
		decode_g722(s, JF_G722_WIDE, octets, n, ret_wide);
		return;
	}
	if (kind == JF_BLOCK_OTHER)
		law = law == JF_LAW_PCMU ? JF_LAW_PCMA : JF_LAW_PCMU;
	jf_g711_decode_block((enum jf_law)law, octets, n, narrow);
	jf_resample_up(&s->up, narrow, n, ret_wide);
}

/* As codes of the file's law. */
static void to_codes(struct jf_render *render, int side, enum jf_block_kind kind,
                     const uint8_t *octets, uint32_t n, uint8_t *ret_codes)
{
	int16_t narrow[PIECE];

	if (kind != JF_BLOCK_G722) {
		memcpy(ret_codes, octets, n);
		return;
	}
	decode_g722(&render->sides[side], JF_G722_NARROW, octets, n, narrow);
	jf_g711_encode_block((enum jf_law)render->law, narrow, n, ret_codes);
}

/* How many octets from at on are of the same kind, at most PIECE. */
static uint32_t run_of(const uint8_t *kinds, uint32_t at, uint32_t ticks)
{
	uint32_t most = ticks - at < PIECE ? ticks - at : PIECE;
	uint32_t n = 1;

	if (!kinds)
		return most;
	while (n < most && kinds[at + n] == kinds[at])
		n++;
	return n;
}

static void render_side(struct jf_render *render, const struct jf_block *block, int side,
                        uint32_t ticks, uint8_t *out)
{
	const size_t plane = (size_t)side * JF_BLOCK_TICKS;
	const uint8_t *kinds = block && block->kinds ? block->kinds->bytes + plane : NULL;
	uint8_t silence[PIECE], codes[PIECE];
	int16_t wide[2 * PIECE];
	uint32_t n;

	memset(silence, jf_g711_silence((enum jf_law)render->law), sizeof(silence));
	for (uint32_t at = 0; at < ticks; at += n) {
		const uint8_t *octets = block ? block->bytes + plane + at : silence;
		enum jf_block_kind kind = kinds ? (enum jf_block_kind)kinds[at] : JF_BLOCK_CODE;

		n = run_of(kinds, at, ticks);
		if (render->is_linear) {
			to_wide(render, side, kind, octets, n, wide);
			for (uint32_t i = 0; i < 2 * n; i++)
				memcpy(out + 4 * (2 * (size_t)at + i) + 2 * side, &wide[i], 2);
		} else {
			to_codes(render, side, kind, octets, n, codes);
			for (uint32_t i = 0; i < n; i++)
				out[2 * ((size_t)at + i) + (size_t)side] = codes[i];
		}
	}
}

void jf_render_block(struct jf_render *render, const struct jf_block *block, uint32_t ticks,
                     uint8_t *ret_bytes)
{
	if (!render->is_linear && block && !block->kinds) { /* the usual one */
		interleave(block->bytes, block->bytes + JF_BLOCK_TICKS, ticks, ret_bytes);
		return;
	}
	if (!render->is_linear && !block) {
		memset(ret_bytes, jf_g711_silence((enum jf_law)render->law), 2 * (size_t)ticks);
		return;
	}
	for (int side = 0; side < 2; side++)
		render_side(render, block, side, ticks, ret_bytes);
}
