/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * G.722 at 64 kbit/s: one octet is two samples at 16,000 Hz. Each way can also work at 8,000 Hz,
 * one sample an octet and half the cost: the upper band is then left out, and what narrowband can
 * carry is unchanged. Samples are 16 bit, of the scale of jf_g711.h.
 *
 * The codec is adaptive: each stream and direction has a state of its own, of fixed size and
 * without pointers, which may be copied. It adapts itself again within milliseconds after a loss.
 * No allocation; may be called by a worker.
 */
#ifndef JF_G722_H
#define JF_G722_H

#include <stddef.h>
#include <stdint.h>

enum jf_g722_rate {
	JF_G722_NARROW = 1, /* samples an octet: 8,000 Hz */
	JF_G722_WIDE = 2,   /* 16,000 Hz */
};

struct jf_g722_decoder {
	_Alignas(8) uint8_t state[176];
};

struct jf_g722_encoder {
	_Alignas(8) uint8_t state[176];
};

void jf_g722_decoder_init(struct jf_g722_decoder *decoder, enum jf_g722_rate rate);
void jf_g722_encoder_init(struct jf_g722_encoder *encoder, enum jf_g722_rate rate);

/* n octets to n * rate samples. */
void jf_g722_decode(struct jf_g722_decoder *decoder, const uint8_t *octets, size_t n,
                    int16_t *ret_samples);

/* n * rate samples to n octets. */
void jf_g722_encode(struct jf_g722_encoder *encoder, const int16_t *samples, size_t n,
                    uint8_t *ret_octets);

#endif
