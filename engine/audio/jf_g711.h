/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * G.711: codes to 16-bit linear samples and back, and from one law to the other, by table. Full
 * scale is 32,124 (mu-law) and 32,256 (A-law): 14- and 13-bit values, left-justified.
 */
#ifndef JF_G711_H
#define JF_G711_H

#include <stddef.h>
#include <stdint.h>

#include "jf_law.h"

/* 256 samples, indexed by code. */
const int16_t *jf_g711_decode_table(enum jf_law law);

/*
 * 256 codes of law to, indexed by code of law from: as by way of the sample, except that the sign
 * of zero is kept. The identity when both are the same.
 */
const uint8_t *jf_g711_convert_table(enum jf_law from, enum jf_law to);

/* By the decision levels of G.711 tables 1a and 2a; louder than full scale becomes full scale. */
uint8_t jf_g711_encode(enum jf_law law, int16_t sample);

void jf_g711_decode_block(enum jf_law law, const uint8_t *codes, size_t n, int16_t *ret_samples);
void jf_g711_encode_block(enum jf_law law, const int16_t *samples, size_t n, uint8_t *ret_codes);

/* ret_codes may be codes. */
void jf_g711_convert_block(enum jf_law from, enum jf_law to, const uint8_t *codes, size_t n,
                           uint8_t *ret_codes);

/* What a gap is filled with: the code of +0 (mu-law), of the least positive value (A-law). */
static inline uint8_t jf_g711_silence(enum jf_law law)
{
	return law == JF_LAW_PCMA ? 0xd5 : 0xff;
}

#endif
