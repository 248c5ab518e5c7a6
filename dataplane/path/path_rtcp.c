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

/* The stream that the packet's sender hears, if the packet's receiver is who sends it. */
static const struct jf_continuity *reverse_of(const struct jf_path *path,
                                              const struct jf_packet *packet)
{
	const struct jf_party *party = &path->parties[packet->index];

	if (party->hears != JF_HEARS_ENDPOINT || party->source != packet->endpoint->listener)
		return NULL;
	return &path->endpoints[party->source].continuity;
}

static uint8_t refuse(const struct jf_path *path, const struct jf_packet *packet,
                      const uint8_t *frame)
{
	const struct jf_endpoint *endpoint = packet->endpoint;

	if (!path->parties[packet->index].open)
		return JF_DROP_NO_ENDPOINT;
	if (!(endpoint->flags & JF_ENDPOINT_REMOTE) || endpoint->rtcp_port_be == 0 ||
	    !jf_frame_is_from(frame, endpoint->remote_ip_be, endpoint->rtcp_port_be))
		return JF_DROP_SOURCE_MISMATCH;
	if (jf_rtcp_check(frame + JF_HEADER_BYTES, packet->length))
		return JF_DROP_MALFORMED_RTCP;
	return JF_VERDICT_RELAY;
}

static uint8_t relay(struct jf_path *path, struct jf_packet *packet, uint8_t *frame)
{
	struct jf_endpoint *endpoint = packet->endpoint;
	struct rte_mbuf *mbuf = packet->mbuf;
	uint16_t from_be, to_be;
	size_t length;

	if (endpoint->verdict != JF_VERDICT_RELAY && endpoint->verdict != JF_DROP_NOT_SENDING)
		return endpoint->verdict;
	to_be = path->endpoints[endpoint->listener].rtcp_port_be;
	if (to_be == 0)
		return JF_DROP_NO_REMOTE;
	if (!path->parties[endpoint->listener].has_neighbour)
		return JF_DROP_NO_NEIGHBOUR;
	if (jf_rtcp_relay(frame + JF_HEADER_BYTES, packet->length, &endpoint->continuity,
	                  reverse_of(path, packet), &length))
		return JF_DROP_NO_STREAM;
	jf_frame_address(frame, endpoint->header, endpoint->header_sum, (uint16_t)length);
	from_be = __builtin_bswap16((uint16_t)(load16be(frame + UDP_AT) + 1));
	memcpy(frame + UDP_AT, &from_be, 2);
	memcpy(frame + UDP_TARGET_AT, &to_be, 2);
	mbuf->data_len = (uint16_t)(JF_HEADER_BYTES + length);
	mbuf->pkt_len = mbuf->data_len;
	return JF_VERDICT_RELAY;
}

void jf_path_rtcp(struct jf_path *path, struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtcp; i++) {
		struct jf_packet *packet = &burst->rtcp[i];
		uint8_t *frame = rte_pktmbuf_mtod(packet->mbuf, uint8_t *);
		struct jf_slot *slot = &path->slots[packet->index];
		uint8_t verdict = refuse(path, packet, frame);

		if (verdict == JF_VERDICT_RELAY) {
			jf_seq_write_begin(&slot->rx.seq);
			slot->rx.rtcp_packets++;
			jf_seq_write_end(&slot->rx.seq);
			verdict = relay(path, packet, frame);
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
		jf_path_send(path, packet->endpoint->out_port, packet->mbuf);
	}
	burst->n_rtcp = 0;
}
