// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets to RTCP ports. Leaves: nothing; each is on its way to who listens to the
 * endpoint, rewritten to the numbers of the listener's stream, or dropped by name.
 *
 * The source must be the RTCP address of the SDP. RTCP flows whatever the media direction is
 * (RFC 3264 section 5.1). It comes every few seconds for each stream, so nothing here is hot.
 */
#include "jf_path.h"
#include "jf_rtcp.h"
#include "path_priv.h"
#include "path_send_priv.h"

/* The stream that the packet's sender hears, if the packet's receiver is who sends it. */
static const struct jf_continuity *reverse_of(const struct jf_path *path,
                                              const struct jf_packet *packet)
{
	const struct jf_party *party = &path->parties[packet->index];

	if (party->hears != JF_HEARS_ENDPOINT || party->source != packet->endpoint->listener)
		return NULL;
	return &path->endpoints[party->source].continuity;
}

static uint8_t refuse(const struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_endpoint *endpoint = packet->endpoint;

	if (!path->parties[packet->index].open)
		return JF_DROP_NO_ENDPOINT;
	if (!(endpoint->flags & JF_ENDPOINT_REMOTE) || endpoint->rtcp_port_be == 0 ||
	    !jf_udp_is_from_v4(packet->udp, endpoint->remote_ip_be, endpoint->rtcp_port_be))
		return JF_DROP_SOURCE_MISMATCH;
	if (jf_rtcp_check(packet->udp, packet->length))
		return JF_DROP_MALFORMED_RTCP;
	return JF_VERDICT_RELAY;
}

static uint8_t relay(struct jf_path *path, struct jf_packet *packet)
{
	struct jf_endpoint *endpoint = packet->endpoint;
	struct jf_outgoing out;
	uint16_t to_be;
	size_t length;

	if (endpoint->verdict != JF_VERDICT_RELAY && endpoint->verdict != JF_DROP_NOT_SENDING)
		return endpoint->verdict;
	to_be = path->endpoints[endpoint->listener].rtcp_port_be;
	if (to_be == 0)
		return JF_DROP_NO_REMOTE;
	if (!path->parties[endpoint->listener].has_neighbour)
		return JF_DROP_NO_NEIGHBOUR;
	if (jf_rtcp_relay(packet->udp, packet->length, &endpoint->continuity,
	                  reverse_of(path, packet), &length))
		return JF_DROP_NO_STREAM;
	out = jf_path_way(path, endpoint->listener);
	out.mbuf = packet->mbuf;
	out.udp = packet->udp;
	out.length = (uint16_t)length;
	out.rtcp_port_be = to_be;
	jf_path_send_rtp(path, &out);
	return JF_VERDICT_RELAY;
}

void jf_path_rtcp(struct jf_path *path, struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtcp; i++) {
		struct jf_packet *packet = &burst->rtcp[i];
		struct jf_slot *slot = &path->slots[packet->index];
		uint8_t verdict = refuse(path, packet);

		if (verdict == JF_VERDICT_RELAY) {
			jf_seq_write_begin(&slot->rx.seq);
			slot->rx.rtcp_packets++;
			jf_seq_write_end(&slot->rx.seq);
			verdict = relay(path, packet);
		}
		if (verdict != JF_VERDICT_RELAY) {
			jf_path_drop(path, packet->mbuf, packet->index, verdict);
			continue;
		}
		slot = &path->slots[packet->endpoint->listener];
		jf_seq_write_begin(&slot->tx.seq);
		slot->tx.rtcp_packets++;
		jf_seq_write_end(&slot->tx.seq);
		path->counters->relayed_rtcp++;
	}
	burst->n_rtcp = 0;
}
