/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tones: key presses (ITU-T Q.23: low group at -9 dBm0, high group at -7 dBm0) and beeps. They rise
 * and fall within JF_TONE_RAMP_SAMPLES, so they do not click.
 *
 * A tone is made piece by piece, and may be begun before its length is known.
 */
#ifndef JF_TONE_H
#define JF_TONE_H

#include <stddef.h>
#include <stdint.h>

#define JF_TONE_RAMP_SAMPLES 12u /* 1.5 ms at 8 kHz */
#define JF_TONE_ENDLESS      UINT32_MAX

struct jf_tone {
	/* two sines by recursion: next = turn * now - before */
	double turn[2], now[2], before[2];
	uint32_t made;    /* samples so far */
	uint32_t samples; /* in all; JF_TONE_ENDLESS until jf_tone_end */
};

/* event: RFC 4733 section 3.2, 0 .. 15. samples at 8 kHz, or JF_TONE_ENDLESS. */
void jf_tone_key(struct jf_tone *tone, uint8_t event, uint32_t samples);

/* hz above 0 and below 4000; dbm0 at most 3. */
void jf_tone_beep(struct jf_tone *tone, double hz, double dbm0, uint32_t samples);

/* It lasts for so many samples in all; never less than what was made and a ramp. */
void jf_tone_end(struct jf_tone *tone, uint32_t samples);

/* The next n samples, silence after its end. How many of them belong to the tone. */
size_t jf_tone_make(struct jf_tone *tone, int16_t *ret_samples, size_t n);

#endif
