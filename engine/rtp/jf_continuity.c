// SPDX-License-Identifier: BSD-3-Clause
#include "jf_continuity.h"

/* What the last packet before a switch is taken to have held: the usual 20 ms. */
#define PACKET_TS 160u

void jf_continuity_init(struct jf_continuity *c, uint32_t ssrc_out, uint16_t seq_first,
                        uint32_t ts_first)
{
	*c = (struct jf_continuity){
	        .ssrc_out = ssrc_out,
	        .seq_high = (uint32_t)seq_first - 1,
	        .ts_high = ts_first,
	        .state = JF_CONTINUITY_FRESH,
	};
}

bool jf_continuity_begin_part(struct jf_continuity *c, const struct jf_rtp *rtp, uint32_t now_ts)
{
	if (c->state == JF_CONTINUITY_FLOWING && rtp->ssrc == c->ssrc_in &&
	    rtp->sequence != c->jump_next) {
		c->jump_next = (uint16_t)(rtp->sequence + 1);
		return false;
	}
	if (c->state != JF_CONTINUITY_FRESH) {
		uint32_t elapsed = now_ts - c->at_high;

		c->ts_high += elapsed > PACKET_TS ? elapsed : PACKET_TS;
	}
	c->seq_high++;
	c->seq_first = c->seq_high;
	c->seq_offset = c->seq_high - rtp->sequence;
	c->ts_offset = c->ts_high - rtp->timestamp;
	c->ssrc_in = rtp->ssrc;
	c->at_high = now_ts;
	c->state = JF_CONTINUITY_FLOWING;
	return true;
}
