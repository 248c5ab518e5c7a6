// SPDX-License-Identifier: BSD-3-Clause
#include "jf_g722.h"

#include <assert.h>

#define SPANDSP_EXPOSE_INTERNAL_STRUCTURES
#include <spandsp.h>

#define BITS_A_SECOND 64000

static_assert(sizeof(g722_decode_state_t) <= sizeof(struct jf_g722_decoder), "room for the state");
static_assert(sizeof(g722_encode_state_t) <= sizeof(struct jf_g722_encoder), "room for the state");

static int options_of(enum jf_g722_rate rate)
{
	return rate == JF_G722_NARROW ? G722_SAMPLE_RATE_8000 : 0;
}

void jf_g722_decoder_init(struct jf_g722_decoder *decoder, enum jf_g722_rate rate)
{
	g722_decode_init((void *)decoder->state, BITS_A_SECOND, options_of(rate));
}

void jf_g722_encoder_init(struct jf_g722_encoder *encoder, enum jf_g722_rate rate)
{
	g722_encode_init((void *)encoder->state, BITS_A_SECOND, options_of(rate));
}

void jf_g722_decode(struct jf_g722_decoder *decoder, const uint8_t *octets, size_t n,
                    int16_t *ret_samples)
{
	g722_decode((void *)decoder->state, ret_samples, octets, (int)n);
}

void jf_g722_encode(struct jf_g722_encoder *encoder, const int16_t *samples, size_t n,
                    uint8_t *ret_octets)
{
	g722_encode_state_t *state = (void *)encoder->state;

	g722_encode(state, ret_octets, samples, (int)(state->eight_k ? n : 2 * n));
}
