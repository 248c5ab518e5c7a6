/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key presses as a laboratory sends them, with everything that a line can do to them, and what
 * spandsp and we find in them. For the benchmark and the tests of the detector.
 */
#ifndef JF_KEYS_H
#define JF_KEYS_H

#include <stddef.h>
#include <stdint.h>

#include "jf_law.h"

#define JF_KEYS "0123456789*#ABCD" /* by event */

/* Linear audio at 8 kHz, made piece by piece. */
struct jf_keys_signal {
	int16_t *samples;
	size_t n, room;
	uint32_t random; /* state */
};

#define JF_KEYS_QUIET (-200.0)

struct jf_keys_tone {
	double low_dbm0, high_dbm0;
	double shift;      /* of both frequencies: 0.01 is a percent */
	double noise_dbm0; /* white; JF_KEYS_QUIET: none */
	double dial_dbm0;  /* 350 and 440 Hz beside it */
};

/* Aborts when there is no memory. Freed by jf_keys_free. */
struct jf_keys_signal jf_keys_make(size_t room);
void jf_keys_free(struct jf_keys_signal *signal);

/* 0 .. 1, of the signal's own sequence. */
double jf_keys_uniform(struct jf_keys_signal *signal);

/* A press of event, or with an event below 0 a pause with the same noise. */
void jf_keys_add(struct jf_keys_signal *signal, int event, const struct jf_keys_tone *tone,
                 double ms);

/* All sixteen, each for so long and with such a pause, silence before and behind. */
void jf_keys_dial(struct jf_keys_signal *signal, const struct jf_keys_tone *tone, double ms,
                  double pause_ms);

struct jf_keys_found {
	char key;
	uint32_t begin, duration; /* samples, whole blocks */
};

/* Of n samples or codes; how many there are, at most room of which are written. */
size_t jf_keys_by_spandsp(const int16_t *samples, size_t n, struct jf_keys_found *ret, size_t room);
size_t jf_keys_by_us(enum jf_law law, const uint8_t *codes, size_t n, struct jf_keys_found *ret,
                     size_t room);

#endif
