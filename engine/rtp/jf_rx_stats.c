// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rx_stats.h"

#include "jf_rtp_worker.h"

#define WINDOW 64u

/* Begins a run at this number; the cycles start at 1, so that numbers before it have room. */
static void begin_run(struct jf_rx_stats *s, const struct jf_rtp *rtp)
{
	s->ssrc = rtp->ssrc;
	s->highest = s->base = UINT32_C(1) << 16 | rtp->sequence;
	s->window = 1;
	s->transit_known = false;
	s->jumped = false;
}

/*
 * A.1: two numbers in a row after a jump mean that the sender has begun anew. The first of them was
 * counted as a run of its own, of one packet, so that it is neither lost nor extra.
 */
static enum jf_rx_verdict jump(struct jf_rx_stats *s, const struct jf_rtp *rtp)
{
	if (s->jumped && rtp->sequence == s->jump_next) {
		s->expected_before += s->highest - s->base + 1;
		begin_run(s, rtp);
		return JF_RX_AHEAD;
	}
	s->jumped = true;
	s->jump_next = (uint16_t)(rtp->sequence + 1);
	s->expected_before++;
	s->transit_known = false;
	return JF_RX_JUMP;
}

static enum jf_rx_verdict behind(struct jf_rx_stats *s, uint32_t distance)
{
	uint32_t extended = s->highest - distance;
	uint64_t bit;

	if (distance < WINDOW) {
		bit = UINT64_C(1) << distance;
		if (s->window & bit) {
			s->duplicates++;
			return JF_RX_DUPLICATE;
		}
		s->window |= bit;
	}
	if ((int32_t)(extended - s->base) < 0) {
		/* from before the first one; further back it would only look like loss */
		if (s->base - extended < WINDOW)
			s->base = extended;
		else
			s->expected_before++;
	}
	s->reordered++;
	return JF_RX_REORDERED;
}

enum jf_rx_verdict jf_rx_stats_update_slow(struct jf_rx_stats *s, const struct jf_rtp *rtp)
{
	uint32_t ahead;

	if (!s->started) {
		s->started = true;
		begin_run(s, rtp);
		return JF_RX_FIRST;
	}
	if (rtp->ssrc != s->ssrc) {
		s->expected_before += s->highest - s->base + 1;
		s->ssrc_changes++;
		begin_run(s, rtp);
		return JF_RX_NEW_SOURCE;
	}
	ahead = (uint16_t)(rtp->sequence - (uint16_t)s->highest);
	if (ahead > UINT16_MAX + 1u - JF_RX_MISORDER_MAX || !ahead)
		return behind(s, ahead ? UINT16_MAX + 1u - ahead : 0);
	if (ahead > JF_RX_DROPOUT_MAX)
		return jump(s, rtp);
	s->highest += ahead;
	s->window = ahead < WINDOW ? s->window << ahead | 1 : 1;
	s->jumped = false;
	return JF_RX_AHEAD;
}
