// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets that come from the right address, those of endpoints with SRTP unread. Leaves:
 * those in plain as they were; of SRTP those that are authentic and new, in plain, their headers
 * parsed. Plain RTP to an endpoint with SRTP has no tag of its key and goes no further.
 *
 * The whole burst is one run through the transform, across streams; packets keep their order.
 * Touches the endpoint's keys: 16 bytes here, and what jf_srtp.h says. Bursts without SRTP don't
 * come here at all.
 */
#include "jf_path.h"
#include "path_accept_priv.h"

static enum jf_drop drop_of(uint8_t verdict)
{
	switch (verdict) {
	case JF_SRTP_REPLAY:
		return JF_DROP_SRTP_REPLAY;
	case JF_SRTP_MALFORMED:
		return JF_DROP_MALFORMED_RTP;
	default:
		return JF_DROP_SRTP_AUTH;
	}
}

void jf_path_unprotect(struct jf_path *path, struct jf_burst *burst)
{
	struct jf_srtp_packet packets[JF_BURST_MAX];
	uint16_t n = 0, kept = 0, done = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];

		if (packet->endpoint->flags & JF_ENDPOINT_SRTP)
			rte_prefetch0(&path->keys[packet->index]);
	}
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];

		if (!(packet->endpoint->flags & JF_ENDPOINT_SRTP))
			continue;
		packets[n++] = (struct jf_srtp_packet){
		        .bytes = packet->udp,
		        .stream = path->keys[packet->index].rx,
		        .length = packet->length,
		};
	}
	jf_srtp_unprotect_burst(path->srtp, packets, n);
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[kept];

		if (kept != i)
			*packet = burst->rtp[i];
		if (packet->endpoint->flags & JF_ENDPOINT_SRTP) {
			const struct jf_srtp_packet *plain = &packets[done++];

			if (unlikely(plain->verdict != JF_SRTP_OK)) {
				jf_path_drop(path, packet->mbuf, packet->index,
				             drop_of(plain->verdict));
				continue;
			}
			packet->length = plain->length;
			if (unlikely(!jf_path_accept(path, burst, packet)))
				continue;
		}
		kept++;
	}
	burst->n_rtp = kept;
}

uint8_t jf_path_unprotect_rtcp(struct jf_path *path, struct jf_packet *packet)
{
	struct jf_srtp_packet plain = {
	        .bytes = packet->udp,
	        .stream = path->keys[packet->index].rx,
	        .length = packet->length,
	};

	if (jf_srtp_unprotect_rtcp(path->srtp, &plain) == JF_SRTP_OK) {
		packet->length = plain.length;
		return JF_VERDICT_RELAY;
	}
	return plain.verdict == JF_SRTP_MALFORMED ? JF_DROP_MALFORMED_RTCP : drop_of(plain.verdict);
}
