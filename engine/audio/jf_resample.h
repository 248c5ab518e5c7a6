/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between 8,000 and 16,000 Hz, sample by sample without a seam: a half-band filter of 47 taps, flat
 * to 3,400 Hz and below -60 dB from 4,600 Hz. It delays by 24 samples of 16,000 Hz (1.5 ms). Each
 * stream and direction has a state; zeroed it is one that has heard silence.
 */
#ifndef JF_RESAMPLE_H
#define JF_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#define JF_RESAMPLE_TAPS 24u  /* that are not zero, beside the one in the middle */
#define JF_RESAMPLE_MOST 160u /* samples at 8,000 Hz in a call */

struct jf_resample {
	int16_t past[JF_RESAMPLE_TAPS]; /* at 8,000 Hz; the odd ones on the way down */
	int16_t middle[JF_RESAMPLE_TAPS / 2];
};

/* n samples at 8,000 Hz, at most JF_RESAMPLE_MOST, to 2 n at 16,000 Hz. */
void jf_resample_up(struct jf_resample *state, const int16_t *narrow, size_t n, int16_t *ret_wide);

/* 2 n samples at 16,000 Hz to n at 8,000 Hz. */
void jf_resample_down(struct jf_resample *state, const int16_t *wide, size_t n,
                      int16_t *ret_narrow);

#endif
