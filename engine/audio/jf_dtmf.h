/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Key presses found in audio: DTMF (ITU-T Q.23, Q.24) on many streams at once.
 *
 * The detector is that of spandsp's dtmf_rx, and finds the same in every block: 102 samples
 * through eight Goertzel filters, then level (-42 dBm0), twist (8 dB normal, 4 dB reverse), peak
 * against its neighbours (8 dB) and share of the whole energy (-0.85 dB); two blocks that agree are
 * a press, two that don't are its end. Filters begin anew with each block, so a block is a job of
 * its own: blocks of up to JF_DTMF_LANES streams go side by side through the lanes of the vector
 * unit. What a stream keeps between packets is the beginning of a block, as codes.
 *
 *   jf_dtmf_feed    every packet of audio, in order of arrival
 *   jf_dtmf_flush   once at the end of a burst: runs what is left
 *
 * What is heard comes to the batch's function, stream by stream in order, before flush returns. A
 * digit of at least 40 ms is known at the latest 306 samples after it began.
 *
 * Call jf_dtmf_init once before threads start: it picks the fastest way this CPU has (AVX-512,
 * AVX2, SSE4.1, SSE2), all of which give the same, to the bit. A batch belongs to one thread, a
 * stream to one batch's.
 */
#ifndef JF_DTMF_H
#define JF_DTMF_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_law.h"

#define JF_DTMF_BLOCK 102u /* samples, at 8 kHz */
#define JF_DTMF_LANES 16u
#define JF_DTMF_ROW   112u /* a block, padded to whole vectors */

/* After samples missing for so long a press is over. */
#define JF_DTMF_GAP_MAX 320u

/* One stream: all zeros before the first packet. Timestamps are the stream's own (RTP). */
struct jf_dtmf {
	_Alignas(64) uint32_t next_ts; /* of the first sample not seen */
	uint32_t begin_ts;             /* of the press */
	uint32_t end_ts;               /* of the press, so far */
	uint32_t heard_ts;             /* of the last block that heard anything */
	uint8_t digit;                 /* of the press, 1 + event; 0: none */
	uint8_t last;                  /* in the last block, 1 + event; 0: none */
	uint8_t fill;                  /* codes of the next block that are here already */
	uint8_t law;                   /* theirs; enum jf_law */
	uint8_t known;                 /* next_ts is set */
	uint8_t codes[JF_DTMF_BLOCK - 1];
};
static_assert(sizeof(struct jf_dtmf) == 128, "two cache lines");

enum jf_dtmf_kind {
	JF_DTMF_HEARD,    /* one block only, and no press is known: speech does this now and then */
	JF_DTMF_PRESSED,  /* a press is certain; it began before this block */
	JF_DTMF_HELD,     /* it goes on */
	JF_DTMF_RELEASED, /* it is over, and has been since begin_ts + duration_ts */
};

struct jf_dtmf_news {
	uint32_t begin_ts;    /* of the first block of the press, or of the block that was heard */
	uint32_t duration_ts; /* whole blocks from there */
	uint8_t kind;         /* enum jf_dtmf_kind */
	uint8_t event;        /* RFC 4733 section 3.2, 0 .. 15 */
	uint8_t volume;       /* of the block, -dBm0, 0 .. 63; 0 when released */
};

typedef void jf_dtmf_heard(void *user, uint32_t token, const struct jf_dtmf_news *news);

/* Working memory of one thread, and who is told. */
struct jf_dtmf_batch {
	_Alignas(64) uint8_t rows[JF_DTMF_LANES][JF_DTMF_ROW];
	struct {
		struct jf_dtmf *stream;
		uint32_t begin_ts;
		uint32_t token;
	} jobs[JF_DTMF_LANES];
	uint8_t laws[JF_DTMF_LANES]; /* enum jf_law */
	uint32_t count;
	jf_dtmf_heard *heard;
	void *user;
};

void jf_dtmf_init(void);

/* heard must not call back into the batch. */
void jf_dtmf_batch_init(struct jf_dtmf_batch *batch, jf_dtmf_heard *heard, void *user);

/*
 * n samples from timestamp on; token comes back with what is heard. Where samples are missing
 * before them the block begins anew, and a press is over once that is JF_DTMF_GAP_MAX; what is
 * late is not looked at.
 */
void jf_dtmf_feed(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                  uint32_t timestamp, enum jf_law law, const uint8_t *codes, size_t n);

/* The same of linear samples, 16 bit at 8 kHz: looked at as mu-law. */
void jf_dtmf_feed_linear(struct jf_dtmf_batch *batch, struct jf_dtmf *stream, uint32_t token,
                         uint32_t timestamp, const int16_t *samples, size_t n);

void jf_dtmf_flush(struct jf_dtmf_batch *batch);

/* What blocks of G.711 hold, one in each row; laws for all lanes. Of the first count lanes: 1 +
 * event or 0, and volume (-dBm0) where there is an event. */
typedef void jf_dtmf_blocks(const uint8_t rows[JF_DTMF_LANES][JF_DTMF_ROW],
                            const uint8_t laws[JF_DTMF_LANES], uint32_t count,
                            uint8_t ret_digits[JF_DTMF_LANES], uint8_t ret_volumes[JF_DTMF_LANES]);

/* The ways, slowest first, for tests and benchmarks; init picks the last usable one. */
struct jf_dtmf_way {
	const char *name;
	jf_dtmf_blocks *blocks;
	int usable; /* on this CPU */
};
const struct jf_dtmf_way *jf_dtmf_ways(size_t *ret_count);

/* Makes flush use it; for tests and benchmarks. */
void jf_dtmf_use(const struct jf_dtmf_way *way);

#endif
