/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ways of measuring energy share: the laws, and the logarithm. */
#ifndef JF_ENERGY_PRIV_H
#define JF_ENERGY_PRIV_H

#include <stdbool.h>

#include "jf_energy.h"

/* A code's magnitude is (2 * mantissa + a) * p + bias; see jf_energy.c. */
struct jf_energy_law {
	uint8_t flip;    /* makes the code's segment and mantissa plain */
	int8_t bias;     /* added */
	int8_t p[16];    /* by segment: power of two, as unsigned */
	int8_t a[16];    /* by segment */
	uint8_t silence; /* magnitude of the codes that mean nothing */
	uint8_t scale;   /* binary logarithm of full scale: a magnitude of 2^scale is 0 dBov */
};

const struct jf_energy_law *jf_energy_law_of(enum jf_law law);
unsigned jf_energy_magnitude(const struct jf_energy_law *law, uint8_t code);

/* Binary logarithm in 1/4096: of 1 + (i + 1/2) / 128; some more, so that 64 bits can be read. */
extern const uint16_t jf_energy_log2_q12[132];
#define JF_ENERGY_LOG2_OF_FRAME (7u << 12 | 1335) /* 160 is 128 * 1.25 */

/* jf_energy_frames, eight frames side by side. init: false if this CPU can't. */
bool jf_energy_lanes_init(void);
void jf_energy_frames_lanes(enum jf_law law, const uint8_t *const codes[], unsigned n,
                            uint8_t *ret_levels);

#endif
