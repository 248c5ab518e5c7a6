/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One listener hears one continuous stream, whatever it is made of: prompt, music, one agent, then
 * another. A continuity holds how the present source's packets are numbered in that stream.
 *
 *   jf_continuity_init     once, when the listener's stream begins
 *   jf_continuity_switch   whenever another source takes over; the next packet begins its part
 *   jf_continuity_map      every packet (in jf_rtp_worker.h); also notices a changed SSRC or a jump
 *
 * At the beginning of a part, sequence goes on by one and the timestamp by the time that has
 * passed, and the marker is set. Within a part, out = in + offset: the source's losses and
 * reordering stay visible, nothing is hidden. A late packet from before the beginning of its part
 * would take a number that another source has used; map says so and it is not sent. A source that
 * jumps without changing its SSRC begins a part with the second packet of its new run (RFC 3550
 * appendix A.1); the first may be a stray and is not sent.
 *
 * Owned by one worker.
 */
#ifndef JF_CONTINUITY_H
#define JF_CONTINUITY_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_rtp.h"

enum jf_continuity_state {
	JF_CONTINUITY_FRESH,    /* nothing sent */
	JF_CONTINUITY_SWITCHED, /* the next packet begins a part */
	JF_CONTINUITY_FLOWING,
};

struct jf_continuity {
	uint32_t ssrc_out;   /* the listener's stream, for good */
	uint32_t ssrc_in;    /* the present source */
	uint32_t ts_offset;  /* out = in + offset */
	uint32_t seq_offset; /* the same for extended numbers; its low half for packets */
	uint32_t seq_first;  /* extended number, out, of the first packet of this part */
	uint32_t seq_high;   /* highest sent, extended */
	uint32_t ts_high;    /* its timestamp, out, and when that one was first sent, RTP clock */
	uint32_t at_high;
	uint16_t jump_next; /* in; what would confirm the jump that was seen */
	uint8_t state;      /* enum jf_continuity_state */
};

/* How one packet goes out. */
struct jf_rtp_out {
	uint32_t ssrc;
	uint32_t timestamp;
	uint16_t sequence;
	bool marker; /* set it, or leave the source's when false */
};

/*
 * ssrc_out, seq_first and ts_first should be random (RFC 3550 section 5.1); seq_first below 2^15
 * keeps far from the first wrap (RFC 3711 section 3.3.1).
 */
void jf_continuity_init(struct jf_continuity *c, uint32_t ssrc_out, uint16_t seq_first,
                        uint32_t ts_first);

/* Another source takes over. Harmless before the first packet, and when repeated. */
static inline void jf_continuity_switch(struct jf_continuity *c)
{
	if (c->state == JF_CONTINUITY_FLOWING)
		c->state = JF_CONTINUITY_SWITCHED;
}

/*
 * Begins a part with this packet; for jf_continuity_map. false: not yet, because it may be a stray.
 */
bool jf_continuity_begin_part(struct jf_continuity *c, const struct jf_rtp *rtp, uint32_t now_ts);

#endif
