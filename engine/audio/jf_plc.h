/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet-loss concealment for one stream of samples at 8,000 or 16,000 Hz, after ITU-T G.711
 * appendix I: what is missing is made of the last pitch period, repeated, loud for 10 ms and gone
 * after 60 ms; the ends are blended. Nothing is delayed: the beginning of a gap is blended with the
 * mirrored end of what was heard, instead of by holding back 3.75 ms.
 *
 * Every sample of the stream goes through, in order, whole milliseconds at a time: either
 * jf_plc_heard with what came or jf_plc_fill for what did not. Fixed size, no allocation; may be
 * called by a worker. Zeroed is not initialised: call jf_plc_init.
 */
#ifndef JF_PLC_H
#define JF_PLC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_PLC_HISTORY_MS 35u /* a window of 20 ms, the longest period of 15 ms before it */
#define JF_PLC_PITCH_MS   15u
#define JF_PLC_KHZ_MAX    16u

struct jf_plc {
	uint32_t filled;     /* samples of the present gap */
	uint16_t khz;        /* 8 or 16 */
	uint16_t pitch;      /* samples */
	uint16_t at;         /* in cycle: the next sample */
	uint16_t blend_next; /* the next samples heard don't follow those before them */
	int16_t cycle[JF_PLC_PITCH_MS * JF_PLC_KHZ_MAX];
	int16_t history[JF_PLC_HISTORY_MS * JF_PLC_KHZ_MAX]; /* the oldest first */
};

void jf_plc_init(struct jf_plc *plc, unsigned khz);

/* n samples came. After a gap their beginning is blended with what would have been filled in. */
void jf_plc_heard(struct jf_plc *plc, int16_t *samples, size_t n);

/* n samples did not come. */
void jf_plc_fill(struct jf_plc *plc, int16_t *ret_samples, size_t n);

/* Whether the present gap is so long that it is silence by now. */
bool jf_plc_is_over(const struct jf_plc *plc);

/*
 * What comes next was spoken later than it seems: something was left out on purpose. Its beginning
 * is blended like that after a gap, so that it doesn't click.
 */
void jf_plc_skip(struct jf_plc *plc);

#endif
