/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The jitter buffer of one input of a mixer. Packets go in as they come, of any length; the mixer
 * takes 20 ms at its own pace. Octets stand where their timestamps put them, so reordered packets
 * are in place and duplicates harm nothing. One octet is one tick of 8,000 Hz: G.711 and G.722.
 *
 * How deep it is: a packet needs as much delay as lies between when it could have come at the
 * earliest and when it came. What is wanted is the most that any packet of the last 2 to 4 seconds
 * needed, but for one in each 2 seconds, and a margin of 5 ms. The delay grows at once, when a
 * packet needs more; it shrinks when it was too long for as long as that, where it is not heard:
 * at the beginning of a talk spurt, while the caller says that it is quiet, or, after 5 seconds in
 * which it never was, anyway. It moves by whole frames, so that packets of 20 ms stay frames. The
 * same two movements follow a sender whose clock runs slower or faster. Longer than
 * JF_JITTER_DELAY_MAX_MS it never gets: what comes later than that is lost.
 *
 * Another SSRC, or a timestamp that has moved by over JF_JITTER_JUMP_MS against the clock for two
 * packets on end, begins anew; the delay that was wanted stays. A sender that pauses (silence
 * suppression) goes on where its timestamps say, without a loss.
 *
 * Fixed memory, owned by one worker, no division, no allocation.
 */
#ifndef JF_JITTER_H
#define JF_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JF_JITTER_MS_TICKS      8u
#define JF_JITTER_FRAME_TICKS   160u /* 20 ms: what is taken at a time */
#define JF_JITTER_FRAME_MS      20u
#define JF_JITTER_RING_TICKS    2048u /* 256 ms; a power of two */
#define JF_JITTER_DELAY_MAX_MS  180u
#define JF_JITTER_JUMP_MS       500u
#define JF_JITTER_WINDOW_FRAMES 100u /* 2 s */

/* Since jf_jitter_init. */
struct jf_jitter_counts {
	uint32_t packets;
	uint32_t late;      /* came when their time was over, whole or in part */
	uint32_t early;     /* further ahead than there is room for */
	uint32_t missing;   /* frames within a talk spurt that lacked at least a millisecond */
	uint32_t grown;     /* times that the delay was made longer */
	uint32_t shrunk;    /* and shorter */
	uint32_t restarted; /* SSRC changed, or timestamps jumped */
};

struct jf_jitter {
	uint32_t ssrc;
	uint32_t origin;  /* timestamp of the stream's first octet: place 0 */
	uint32_t zero_ts; /* clock at which place 0 is played with a delay of 0 */
	uint32_t next_ts; /* clock of the next frame */

	/* Ticks, since or against zero_ts: small numbers. */
	int32_t delay;        /* a place is played at zero_ts + place + delay */
	int32_t most, second; /* largest needs of this window */
	int32_t before;       /* what the window before wanted */
	int32_t least;        /* smallest need of this window */
	int32_t least_before; /* and of the one before */
	uint16_t packets;     /* in this window */
	uint16_t frames;      /* so far in this window */
	uint16_t patience;    /* frames for which it was too deep and never quiet */
	uint16_t idle;        /* frames on end that had nothing, while that is few */
	int32_t jump;         /* the need of a packet that may be the first after a jump */
	uint32_t next_place;  /* everything before it was taken */
	bool flowing;         /* has a stream */
	bool jumped;

	struct jf_jitter_counts counts;
	uint64_t present[JF_JITTER_RING_TICKS / JF_JITTER_MS_TICKS / 64]; /* a bit a millisecond */
	uint8_t ring[JF_JITTER_RING_TICKS];
};

/* What one frame holds: bit i: millisecond i came. */
struct jf_jitter_frame {
	uint32_t present;
	bool skipped; /* something before it was left out on purpose: blend (jf_plc_skip) */
	uint8_t octets[JF_JITTER_FRAME_TICKS];
};
#define JF_JITTER_WHOLE ((1u << JF_JITTER_FRAME_MS) - 1)

void jf_jitter_init(struct jf_jitter *jitter);

/*
 * One packet's payload, n octets. now_ts: the mixer's clock in ticks, between two frames that of
 * arrival. marker: the packet begins a talk spurt (RFC 3551 section 4.1).
 */
void jf_jitter_put(struct jf_jitter *jitter, uint32_t ssrc, uint32_t timestamp, bool marker,
                   uint32_t now_ts, const uint8_t *octets, size_t n);

/*
 * The next 20 ms. now_ts: the mixer's clock, JF_JITTER_FRAME_TICKS on since the last call. quiet:
 * the frame before was so soft that nobody hears a little less or more of it.
 */
void jf_jitter_take(struct jf_jitter *jitter, uint32_t now_ts, bool quiet,
                    struct jf_jitter_frame *ret_frame);

/* How long the earliest packets of the last seconds wait, in ticks. */
uint32_t jf_jitter_delay(const struct jf_jitter *jitter);

#endif
