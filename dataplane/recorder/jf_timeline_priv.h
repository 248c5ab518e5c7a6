/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where audio belongs in a recording: pure, no files, no clock. Positions are samples of 8,000 a
 * second since the recording began. The last JF_TIMELINE_SAMPLES of both sides are held,
 * interleaved as in the file, silence where nothing came; what is old enough is taken away to be
 * written.
 *
 * A packet can arrive later than it was sent but not earlier. So of all packets of a stream the one
 * that came earliest, measured against its timestamp, tells best where the stream belongs; "delay"
 * below is arrival minus the place by timestamp, and an anchor is right when its smallest delay is
 * 0. During the first second after an anchor nothing of it has been written yet, and the whole
 * stream is moved when an earlier packet shows that the first ones were late.
 */
#ifndef JF_TIMELINE_PRIV_H
#define JF_TIMELINE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_contract.h"

#define JF_TIMELINE_RATE    8000u
#define JF_TIMELINE_SAMPLES 32768u /* a power of two */
#define JF_TIMELINE_BEHIND  8000   /* samples that wait for packets out of order */
#define JF_TIMELINE_PERIOD  8000   /* taken away at least this often */

struct jf_timeline_stream {
	bool is_anchored;
	bool has_stray;
	uint32_t ssrc;
	uint32_t timestamp; /* stands at position */
	int64_t position;
	int64_t anchor;           /* position of the first sample since the anchor */
	int64_t end;              /* after the last one placed */
	int64_t window_start;     /* of the present look at delays */
	int64_t window_delay;     /* smallest in it */
	uint32_t window_count;    /* packets in it */
	uint32_t stray_timestamp; /* one packet far off its place: a broken one, or a new time base
	                           */
};

struct jf_timeline {
	uint64_t start_ns;
	uint64_t late[2]; /* packets of which something came too late; by enum jf_side */
	uint64_t moved;   /* times that a stream was placed anew */
	int64_t taken;    /* samples taken away: the file's length */
	uint8_t law;
	struct jf_timeline_stream streams[2];
	uint8_t held[2 * JF_TIMELINE_SAMPLES];
};

struct jf_timeline_audio {
	uint8_t side;
	uint8_t law;
	uint16_t length;
	uint32_t ssrc;
	uint32_t timestamp;
	uint64_t arrival_ns;
	const uint8_t *payload;
};

void jf_timeline_init(struct jf_timeline *t, uint64_t start_ns, uint8_t law);

/* The caller first takes away what is due at arrival_ns (jf_timeline_due). */
void jf_timeline_place(struct jf_timeline *t, const struct jf_timeline_audio *audio);

/* Samples that can be taken away now; 0 unless it is worth it (JF_TIMELINE_PERIOD). */
uint32_t jf_timeline_due(const struct jf_timeline *t, uint64_t now_ns);

/* Samples to take away when the recording ends at end_ns. May be more than are held at once: take
 * in parts. */
uint64_t jf_timeline_rest(const struct jf_timeline *t, uint64_t end_ns);

/*
 * The oldest samples as one piece of interleaved bytes: as many as asked for, less where the ring
 * ends. Gives how many; after they are written, jf_timeline_taken makes room.
 */
uint32_t jf_timeline_peek(const struct jf_timeline *t, uint32_t samples, const uint8_t **ret_bytes);
void jf_timeline_taken(struct jf_timeline *t, uint32_t samples);

#endif
