/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From packets to the energy track: one byte of level for each 20 ms frame of a stream, in a ring
 * of bytes, frame i at [i & mask]. Packets may be of any length (10, 20, 30, 60 ms); what is left
 * over waits for the next one. Frames for which nothing came hold JF_TRACK_EMPTY. Levels go to the
 * ring eight at a time, so that a worker touches its cache line for every eighth packet only.
 *
 * Frames stand where the timestamps put them, as long as these agree with the clock: after a jump
 * of over half a second that the clock doesn't confirm, and after jf_track_resync, the arrival
 * time decides. So tracks that began at known times stay side by side, whatever the sources do.
 *
 * Owned by one worker, which publishes frames and the start after pushing.
 */
#ifndef JF_TRACK_H
#define JF_TRACK_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "jf_law.h"

#define JF_TRACK_FRAME_SAMPLES 160u
#define JF_TRACK_EMPTY         255u
#define JF_TRACK_GROUP         8u /* levels that go to the ring at once */

/*
 * All of its state but the ring, so that it can lie where other processes read it. In two parts:
 * what a whole frame that follows needs, and the rest.
 */
struct jf_track {
	uint32_t frames;                /* so many are complete */
	uint32_t next_ts;               /* the timestamp that follows without a gap */
	uint8_t recent[JF_TRACK_GROUP]; /* levels of the group in the making: frame i at [i % 8] */
	uint8_t law;                    /* enum jf_law */
	uint8_t codec;                  /* the owner's: not read here */
	bool started : 1;
	bool resync : 1;
	bool within : 1; /* rest.filled is not 0 */
	uint8_t pad;
};
static_assert(sizeof(struct jf_track) == 20, "with statistics and a counter: one cache line");

struct jf_track_rest {
	uint64_t sum;      /* of the frame in the making */
	uint32_t mask;     /* of the ring, which has mask + 1 bytes */
	uint32_t start_ts; /* when frame 0 began: RTP clock (jf_rtp_ts_of_ns) */
	uint16_t filled;   /* samples of the frame in the making that are behind us */
	uint16_t heard;    /* those of them that came */
	uint32_t pad;
};
static_assert(sizeof(struct jf_track_rest) == 24, "room in the slot");

/* The latest of frames complete ones; frames is not 0. */
static inline uint8_t jf_track_latest(const struct jf_track *track)
{
	return track->recent[(track->frames - 1) % JF_TRACK_GROUP];
}

/* The level of a frame: one of the last mask + 1 complete ones. levels: the ring. */
static inline uint8_t jf_track_level(const struct jf_track *track, const uint8_t *levels,
                                     uint32_t mask, uint32_t frame)
{
	return frame < track->frames / JF_TRACK_GROUP * JF_TRACK_GROUP
	               ? levels[frame & mask]
	               : track->recent[frame % JF_TRACK_GROUP];
}

/* frames: of the ring, a power of two. */
void jf_track_init(struct jf_track *track, struct jf_track_rest *rest, uint32_t frames,
                   enum jf_law law);

/* Another source, SSRC or law: the next packet is placed by its arrival. */
static inline void jf_track_resync(struct jf_track *track, enum jf_law law)
{
	track->resync = true;
	track->law = (uint8_t)law;
}

/*
 * The short way, for bursts: one whole frame of n codes that follows, as nearly all packets are.
 * Who asks takes it (take), and gives its level later (append), before anything else is pushed
 * there; several may be under way.
 */
static inline bool jf_track_follows(const struct jf_track *track, uint32_t timestamp, size_t n)
{
	return track->started && !track->resync && timestamp == track->next_ts &&
	       n == JF_TRACK_FRAME_SAMPLES && !track->within;
}

static inline void jf_track_take(struct jf_track *track)
{
	track->next_ts += JF_TRACK_FRAME_SAMPLES;
}

static inline void jf_track_append(struct jf_track *track, uint8_t *levels, uint32_t mask,
                                   uint8_t level)
{
	track->recent[track->frames++ % JF_TRACK_GROUP] = level;
	if (track->frames % JF_TRACK_GROUP == 0)
		memcpy(levels + ((track->frames - JF_TRACK_GROUP) & mask), track->recent,
		       JF_TRACK_GROUP);
}

/*
 * Takes one packet's payload into the ring levels: n codes, the first at timestamp, arrived at
 * now_ts (RTP clock). A duplicate or late packet changes nothing: its frames are written. At most
 * 64 KB of the ring are written, however long the gap.
 */
struct jf_track_packet {
	const uint8_t *codes;
	uint32_t n;
	uint32_t timestamp, now_ts;
};
void jf_track_push(struct jf_track *track, struct jf_track_rest *rest, uint8_t *levels,
                   const struct jf_track_packet *packet);

#endif
