// SPDX-License-Identifier: BSD-3-Clause
#include "jf_transcode.h"

#include "jf_g711.h"
#include "jf_pcm.h"

#define PIECE 160u /* octets that are samples at a time */

void jf_transcode_init(struct jf_transcode *transcode, enum jf_codec from, enum jf_codec to)
{
	transcode->from = (uint8_t)from;
	transcode->to = (uint8_t)to;
	if (from == to)
		return;
	if (from == JF_CODEC_G722)
		jf_g722_decoder_init(&transcode->decoder, JF_G722_NARROW);
	else if (to == JF_CODEC_G722)
		jf_g722_encoder_init(&transcode->encoder, JF_G722_NARROW);
}

void jf_transcode_run(struct jf_transcode *transcode, uint8_t *octets, size_t n)
{
	enum jf_codec from = transcode->from, to = transcode->to;
	int16_t samples[PIECE];

	if (from == to)
		return;
	if (!jf_transcode_has_state(from, to)) {
		jf_g711_convert_block((enum jf_law)from, (enum jf_law)to, octets, n, octets);
		return;
	}
	for (size_t at = 0; at < n; at += PIECE) {
		size_t take = n - at < PIECE ? n - at : PIECE;

		if (from == JF_CODEC_G722) {
			jf_g722_decode(&transcode->decoder, octets + at, take, samples);
			jf_pcm_to_g711((enum jf_law)to, samples, take, octets + at);
		} else {
			jf_pcm_from_g711((enum jf_law)from, octets + at, take, samples);
			jf_g722_encode(&transcode->encoder, samples, take, octets + at);
		}
	}
}
