// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rx_stats.h"

#include "jf_rtp_worker.h"

#define WINDOW 64u

/* Begins a run at this number; the cycles start at 1, so that numbers before it have room. */
static void begin_run(struct jf_rx_stats *s, struct jf_rx_rare *rare, const struct jf_rtp *rtp)
{
	uint32_t expected = jf_rx_stats_expected(s, rare); /* of the runs before */

	s->ssrc = rtp->ssrc;
	s->highest = rare->base = UINT32_C(1) << 16 | rtp->sequence;
	rare->origin = rare->base - expected;
	s->window = 1;
	s->transit_known = false;
	s->jumped = false;
	s->started = true;
}

/*
 * A.1: two numbers in a row after a jump mean that the sender has begun anew. The first of them was
 * counted as a run of its own, of one packet, so that it is neither lost nor extra.
 */
static enum jf_rx_verdict jump(struct jf_rx_stats *s, struct jf_rx_rare *rare,
                               const struct jf_rtp *rtp)
{
	if (s->jumped && rtp->sequence == rare->jump_next) {
		begin_run(s, rare, rtp);
		return JF_RX_AHEAD;
	}
	s->jumped = true;
	rare->jump_next = (uint16_t)(rtp->sequence + 1);
	rare->origin--;
	s->transit_known = false;
	return JF_RX_JUMP;
}

/* From before the first one, by so many; further back it would only look like loss. */
static void before_first(struct jf_rx_rare *rare, uint32_t by)
{
	if (by >= WINDOW) {
		rare->origin--;
		return;
	}
	rare->base -= by;
	rare->origin -= by;
	rare->loss_runs += by > 1;
}

/* A late packet fills a run of losses, shortens it, or makes two of it. */
static void fill_run(const struct jf_rx_stats *s, struct jf_rx_rare *rare, uint32_t distance)
{
	bool next_came = s->window >> (distance - 1) & 1;
	bool last_came = distance + 1 >= WINDOW || s->window >> (distance + 1) & 1;

	if (next_came && last_came)
		rare->loss_runs -= rare->loss_runs > 0;
	else if (!next_came && !last_came)
		rare->loss_runs++;
}

static enum jf_rx_verdict behind(struct jf_rx_stats *s, struct jf_rx_rare *rare, uint32_t distance)
{
	uint32_t extended = s->highest - distance;
	bool is_before = (int32_t)(extended - rare->base) < 0;
	uint64_t bit;

	if (distance < WINDOW) {
		bit = UINT64_C(1) << distance;
		if (s->window & bit) {
			rare->duplicates++;
			return JF_RX_DUPLICATE;
		}
		if (!is_before)
			fill_run(s, rare, distance);
		s->window |= bit;
	}
	if (is_before)
		before_first(rare, rare->base - extended);
	rare->reordered++;
	return JF_RX_REORDERED;
}

enum jf_rx_verdict jf_rx_stats_update_slow(struct jf_rx_stats *s, struct jf_rx_rare *rare,
                                           const struct jf_rtp *rtp)
{
	uint32_t ahead;

	if (!s->started) {
		begin_run(s, rare, rtp);
		return JF_RX_FIRST;
	}
	if (rtp->ssrc != s->ssrc) {
		rare->ssrc_changes++;
		begin_run(s, rare, rtp);
		return JF_RX_NEW_SOURCE;
	}
	ahead = (uint16_t)(rtp->sequence - (uint16_t)s->highest);
	if (ahead > UINT16_MAX + 1u - JF_RX_MISORDER_MAX || !ahead)
		return behind(s, rare, ahead ? UINT16_MAX + 1u - ahead : 0);
	if (ahead > JF_RX_DROPOUT_MAX)
		return jump(s, rare, rtp);
	rare->loss_runs += ahead > 1;
	s->highest += ahead;
	s->window = ahead < WINDOW ? s->window << ahead | 1 : 1;
	s->jumped = false;
	return JF_RX_AHEAD;
}
