/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where audio belongs in a recording: no files, no clock. Positions are ticks of 8,000 a second
 * since the recording began; each is one octet of a side, whatever the codec. Octets are put into
 * blocks of the recorder's buffer (jf_block_priv.h), silence where nothing came; a block that is
 * old enough is taken away to be written. Where the buffer has no block left, what arrives is lost
 * and counted, and its place stays silent.
 *
 * A packet can arrive later than it was sent but not earlier. So of all packets of a stream the one
 * that came earliest, measured against its timestamp, tells best where the stream belongs; "delay"
 * below is arrival minus the place by timestamp, and an anchor is right when its smallest delay is
 * 0. During the first second after an anchor nothing of it has been taken away yet, and the whole
 * stream is moved when an earlier packet shows that the first ones were late.
 */
#ifndef JF_TIMELINE_PRIV_H
#define JF_TIMELINE_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_block_priv.h"
#include "jf_contract.h"

#define JF_TIMELINE_RATE   8000u
#define JF_TIMELINE_BLOCKS 4u   /* held at once; a power of two */
#define JF_TIMELINE_BEHIND 8000 /* ticks that wait for packets out of order */

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
	struct jf_block_pool *pool;
	int64_t taken;    /* ticks taken away: a multiple of JF_BLOCK_TICKS */
	uint8_t law;      /* of silence, and of G.711 in the file */
	bool is_linear;   /* the file holds samples: the other law is kept as it is */
	uint32_t lost[2]; /* packets for which there was no block; by enum jf_side */
	uint32_t late[2]; /* packets of which something came too late */
	struct jf_timeline_stream streams[2];
	struct jf_block *held[JF_TIMELINE_BLOCKS]; /* by number; NULL: nothing came */
};

struct jf_timeline_audio {
	uint8_t side;
	uint8_t codec; /* enum jf_codec; one that is sound */
	uint16_t length;
	uint32_t ssrc;
	uint32_t timestamp;
	uint64_t arrival_ns;
	const uint8_t *payload;
};

struct jf_timeline_file {
	uint64_t start_ns;
	uint8_t law; /* enum jf_law */
	bool is_linear;
};
void jf_timeline_init(struct jf_timeline *t, struct jf_block_pool *pool,
                      const struct jf_timeline_file *file);

/* The caller first takes away what is due at arrival_ns (jf_timeline_due). */
void jf_timeline_place(struct jf_timeline *t, const struct jf_timeline_audio *audio);

/* Brings the place of the side's next packet nearer. */
void jf_timeline_prefetch(const struct jf_timeline *t, uint8_t side);

/* Whether the oldest block is complete. */
bool jf_timeline_due(const struct jf_timeline *t, uint64_t now_ns);

/* Takes it away: now the caller's. NULL: silence. */
struct jf_block *jf_timeline_take(struct jf_timeline *t);

/* How long the recording is, in ticks, when it ends at end_ns. */
int64_t jf_timeline_end(const struct jf_timeline *t, uint64_t end_ns);

#endif
