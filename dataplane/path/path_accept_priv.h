/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What becomes of a packet that is known to come from the endpoint's remote: in plain RTP once its
 * address is the right one, under SRTP once it is authentic as well.
 */
#ifndef PATH_ACCEPT_PRIV_H
#define PATH_ACCEPT_PRIV_H

#include <rte_prefetch.h>

#include "jf_path.h"
#include "jf_rtp_worker.h"

static inline uint8_t kind_of(const struct jf_endpoint *endpoint, uint8_t payload_type)
{
	if (likely(payload_type == endpoint->rx_audio_type))
		return JF_PACKET_AUDIO;
	return payload_type == endpoint->rx_event_type ? JF_PACKET_EVENT : JF_PACKET_OTHER;
}

/* Reads the header. false: it isn't RTP, and the packet is gone. */
static inline bool jf_path_accept(struct jf_path *path, struct jf_burst *burst,
                                  struct jf_packet *packet)
{
	struct jf_endpoint *endpoint = packet->endpoint;

	if (unlikely(jf_rtp_parse_fast(packet->udp, packet->length, &packet->rtp))) {
		jf_path_drop(path, packet->mbuf, packet->index, JF_DROP_MALFORMED_RTP);
		return false;
	}
	if (endpoint->flags & JF_ENDPOINT_SERVICES) {
		burst->n_served++;
		if (!path->fetches_slots)
			rte_prefetch1(&path->slots[packet->index].rx);
	}
	burst->any_first |=
	        (endpoint->flags & (JF_ENDPOINT_HEARD | JF_ENDPOINT_LEARN)) != JF_ENDPOINT_HEARD;
	packet->kind = kind_of(endpoint, packet->rtp.payload_type);
	burst->any_event |= packet->kind == JF_PACKET_EVENT;
	burst->any_flags |= endpoint->flags;
	return true;
}

#endif
