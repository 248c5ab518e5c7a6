/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a receiver knows of a stream of RTP packets: RFC 3550 appendices A.1 (sequence numbers), A.3
 * (loss) and A.8 (jitter), summed over all SSRCs that the stream had. In two parts, because a
 * worker keeps them for many streams: what every packet changes, and what only disorder does.
 * Owned by the endpoint's worker. jf_rx_stats_update is in jf_rtp_worker.h.
 *
 * Differences to appendix A.1: the source was authenticated by its address, so its first packet
 * counts (no probation); numbers before the first one are taken as reordered as long as they are
 * within 64; duplicates are told apart within the last 64 numbers.
 */
#ifndef JF_RX_STATS_H
#define JF_RX_STATS_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define JF_RX_DROPOUT_MAX  3000 /* A.1: further ahead than this is a jump */
#define JF_RX_MISORDER_MAX 100  /* A.1: further behind than this is a jump */

struct jf_rx_stats {
	uint64_t window;       /* bit i: number highest - i has come */
	uint32_t packets;      /* all, duplicates included: the low half */
	uint32_t octets;       /* their payload: the low half */
	uint32_t ssrc;         /* the present one */
	uint32_t highest;      /* extended: cycles << 16 | sequence */
	uint32_t jitter_ts_q4; /* A.8: timestamp units * 16 */
	uint32_t transit;      /* A.8: of the last packet that was measured */
	uint32_t last_tick;    /* when the last one came, as the owner counts: not read here */
	bool started;
	bool transit_known;
	bool jumped;
	uint8_t pad;
};
static_assert(sizeof(struct jf_rx_stats) == 40, "with a track and a counter: one cache line");

struct jf_rx_rare {
	uint32_t packets_high; /* of the sums, what doesn't fit into stats */
	uint32_t octets_high;
	uint32_t origin; /* highest + 1 - origin packets should have come, in all */
	uint32_t base;   /* extended; the lowest number of the present run */
	uint32_t duplicates;
	uint32_t reordered; /* came after a higher number */
	uint32_t loss_runs; /* runs of consecutive numbers that did not come: for burst loss */
	uint16_t ssrc_changes;
	uint16_t jump_next; /* what would confirm the jump that was seen */
};
static_assert(sizeof(struct jf_rx_rare) == 32, "room in the slot");

enum jf_rx_verdict {
	JF_RX_FIRST,      /* the first packet of all */
	JF_RX_NEW_SOURCE, /* the first of another SSRC */
	JF_RX_AHEAD,      /* the highest number so far, in order or after a loss */
	JF_RX_REORDERED,  /* late, for the first time */
	JF_RX_DUPLICATE,  /* came before */
	JF_RX_JUMP,       /* far away: a stray, or the first of a new run */
};

/* All zeros, both parts, is a valid state: nothing received. */

static inline uint64_t jf_rx_stats_packets(const struct jf_rx_stats *s,
                                           const struct jf_rx_rare *rare)
{
	return (uint64_t)rare->packets_high << 32 | s->packets;
}

static inline uint64_t jf_rx_stats_octets(const struct jf_rx_stats *s,
                                          const struct jf_rx_rare *rare)
{
	return (uint64_t)rare->octets_high << 32 | s->octets;
}

/* Packets that should have come, by their numbers (A.3). */
static inline uint32_t jf_rx_stats_expected(const struct jf_rx_stats *s,
                                            const struct jf_rx_rare *rare)
{
	return s->started ? s->highest + 1 - rare->origin : 0;
}

/* Never below zero. */
static inline uint32_t jf_rx_stats_lost(const struct jf_rx_stats *s, const struct jf_rx_rare *rare)
{
	uint64_t unique = jf_rx_stats_packets(s, rare) - rare->duplicates;
	uint32_t expected = jf_rx_stats_expected(s, rare);

	return expected > unique ? (uint32_t)(expected - unique) : 0;
}

#endif
