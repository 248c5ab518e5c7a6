/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The part of engine/rtp that a worker runs for every packet: no call, no division, no branch that
 * an orderly stream takes in two ways. Manuals are in jf_rtp.h, jf_rx_stats.h, jf_continuity.h.
 */
#ifndef JF_RTP_WORKER_H
#define JF_RTP_WORKER_H

#include "jf_continuity.h"
#include "jf_rtp.h"
#include "jf_rx_stats.h"

static inline uint16_t jf_rtp_load16(const uint8_t *at)
{
	uint16_t v;

	__builtin_memcpy(&v, at, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t jf_rtp_load32(const uint8_t *at)
{
	uint32_t v;

	__builtin_memcpy(&v, at, sizeof(v));
	return __builtin_bswap32(v);
}

/* jf_rtp_parse, inline for the plain 12-byte header that nearly every packet has. */
static inline int jf_rtp_parse_fast(const uint8_t *packet, size_t length, struct jf_rtp *ret_rtp)
{
	if (__builtin_expect(length < JF_RTP_HEADER_SIZE || packet[0] != 0x80 || length > 65535, 0))
		return jf_rtp_parse(packet, length, ret_rtp);
	ret_rtp->timestamp = jf_rtp_load32(packet + 4);
	ret_rtp->ssrc = jf_rtp_load32(packet + 8);
	ret_rtp->sequence = jf_rtp_load16(packet + 2);
	ret_rtp->payload_offset = JF_RTP_HEADER_SIZE;
	ret_rtp->payload_length = (uint16_t)(length - JF_RTP_HEADER_SIZE);
	ret_rtp->payload_type = packet[1] & 0x7f;
	ret_rtp->marker = packet[1] >> 7;
	return 0;
}

/* The rarer ways of jf_rx_stats_update: everything but the next number of the same source. */
enum jf_rx_verdict jf_rx_stats_update_slow(struct jf_rx_stats *s, struct jf_rx_rare *rare,
                                           const struct jf_rtp *rtp);

/* A.8. A transit that moves by over a second is a jump of the sender's clock, not jitter. */
static inline void jf_rx_stats_jitter(struct jf_rx_stats *s, uint32_t timestamp, uint32_t now_ts)
{
	uint32_t transit = now_ts - timestamp;
	int32_t d = (int32_t)(transit - s->transit);
	uint32_t distance = d < 0 ? 0 - (uint32_t)d : (uint32_t)d;

	s->transit = transit;
	if (__builtin_expect(!s->transit_known || distance > JF_RTP_CLOCK_HZ, 0)) {
		s->transit_known = true;
		return;
	}
	s->jitter_ts_q4 += distance - ((s->jitter_ts_q4 + 8) >> 4);
}

/*
 * Counts one valid packet from the right source. now_ts: when it came (jf_rtp_ts_of_ns). timed:
 * whether its timestamp says when it was sent; not so for telephone-events, whose timestamp stands
 * still (RFC 4733 section 2.2).
 */
static inline enum jf_rx_verdict jf_rx_stats_update(struct jf_rx_stats *s, struct jf_rx_rare *rare,
                                                    const struct jf_rtp *rtp, uint32_t now_ts,
                                                    bool timed)
{
	enum jf_rx_verdict verdict = JF_RX_AHEAD;

	s->packets++;
	s->octets += rtp->payload_length;
	if (__builtin_expect(s->packets == 0, 0))
		rare->packets_high++;
	if (__builtin_expect(s->octets < rtp->payload_length, 0))
		rare->octets_high++;
	if (__builtin_expect(s->started && rtp->ssrc == s->ssrc &&
	                             rtp->sequence == (uint16_t)(s->highest + 1),
	                     1)) {
		s->highest++;
		s->window = s->window << 1 | 1;
	} else {
		verdict = jf_rx_stats_update_slow(s, rare, rtp);
		if (verdict == JF_RX_DUPLICATE)
			return verdict;
	}
	if (timed)
		jf_rx_stats_jitter(s, rtp->timestamp, now_ts);
	return verdict;
}

/*
 * Numbers one packet of the present source for the listener. now_ts: RTP clock. false: it is late
 * from before its part began, or a stray, and must not be sent; *ret_out is untouched.
 */
static inline bool jf_continuity_map(struct jf_continuity *c, const struct jf_rtp *rtp,
                                     uint32_t now_ts, struct jf_rtp_out *ret_out)
{
	uint16_t sequence = (uint16_t)(rtp->sequence + c->seq_offset);
	int16_t ahead = (int16_t)(uint16_t)(sequence - c->seq_high);
	uint32_t timestamp = rtp->timestamp + c->ts_offset;

	if (__builtin_expect(c->state != JF_CONTINUITY_FLOWING || rtp->ssrc != c->ssrc_in ||
	                             ahead > JF_RX_DROPOUT_MAX || ahead < -JF_RX_MISORDER_MAX,
	                     0)) {
		if (!jf_continuity_begin_part(c, rtp, now_ts))
			return false;
		*ret_out = (struct jf_rtp_out){.ssrc = c->ssrc_out,
		                               .timestamp = c->ts_high,
		                               .sequence = (uint16_t)c->seq_high,
		                               .marker = true};
		return true;
	}
	if (__builtin_expect(ahead > 0, 1)) {
		c->seq_high += (uint32_t)ahead;
		/* a telephone-event's timestamp stands still: the time counts from its first packet
		 */
		if (timestamp != c->ts_high) {
			c->ts_high = timestamp;
			c->at_high = now_ts;
		}
	} else if ((uint32_t)-ahead > c->seq_high - c->seq_first) {
		return false;
	}
	*ret_out = (struct jf_rtp_out){
	        .ssrc = c->ssrc_out, .timestamp = timestamp, .sequence = sequence};
	return true;
}

#endif
