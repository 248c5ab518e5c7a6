// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets to RTP ports, with their endpoints. Leaves: those that are RTP and come from the
 * address and port that the endpoint's SDP names, with their headers parsed.
 *
 * Strict: an unknown source is dropped, whatever it sends. Touches line 0 of the endpoint; fetches
 * what the services need for those who have them.
 */
#include <string.h>
#include <rte_prefetch.h>

#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "path_priv.h"

static enum jf_drop why_refused(const struct jf_path *path, const struct jf_packet *packet)
{
	return path->parties[packet->index].open ? JF_DROP_SOURCE_MISMATCH : JF_DROP_NO_ENDPOINT;
}

static inline uint8_t kind_of(const struct jf_endpoint *endpoint, uint8_t payload_type)
{
	if (likely(payload_type == endpoint->rx_audio_type))
		return JF_PACKET_AUDIO;
	return payload_type == endpoint->rx_event_type ? JF_PACKET_EVENT : JF_PACKET_OTHER;
}

/* What the services of the endpoint will write, early enough for 100,000 of them. */
static inline void fetch_services(const struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	struct jf_slot *slot = &path->slots[packet->index];

	if (endpoint->flags & JF_ENDPOINT_STATISTICS)
		rte_prefetch0(&slot->rx);
	if (endpoint->flags & (JF_ENDPOINT_ENERGY | JF_ENDPOINT_TAP))
		rte_prefetch0(&slot->track);
}

void jf_path_verify(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[kept];
		struct jf_endpoint *endpoint;

		if (kept != i)
			*packet = burst->rtp[i];
		endpoint = packet->endpoint;
		if (unlikely(!jf_udp_is_from_v4(packet->udp, endpoint->remote_ip_be,
		                                endpoint->rtp_port_be) ||
		             !(endpoint->flags & JF_ENDPOINT_REMOTE))) {
			jf_path_drop(path, packet->mbuf, packet->index, why_refused(path, packet));
			continue;
		}
		if (unlikely(jf_rtp_parse_fast(packet->udp, packet->length, &packet->rtp))) {
			jf_path_drop(path, packet->mbuf, packet->index, JF_DROP_MALFORMED_RTP);
			continue;
		}
		if (endpoint->flags & JF_ENDPOINT_SERVICES)
			fetch_services(path, packet);
		if (unlikely(!(endpoint->flags & JF_ENDPOINT_HEARD))) {
			endpoint->flags |= JF_ENDPOINT_HEARD;
			jf_path_emit(path, JF_EVENT_MEDIA, packet->index, 0, 0);
		}
		packet->kind = kind_of(endpoint, packet->rtp.payload_type);
		burst->any_event |= packet->kind == JF_PACKET_EVENT;
		burst->any_flags |= endpoint->flags;
		kept++;
	}
	burst->n_rtp = kept;
}
