// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: RTP packets that verify let through and, under SRTP, unprotect found authentic. Leaves:
 * the same, without those of endpoints that have just learned that their remote is elsewhere.
 *
 * A party behind a NAT is not where its SDP says. Where control allows it (JF_LATCH_LEARN), the
 * first valid packet of a negotiation, of a payload type that was agreed on, tells where it is: its
 * source becomes the remote, for good until the next negotiation. So an outsider can win only by
 * guessing the port before the party's first packet, and under SRTP not at all; afterwards nothing
 * that it sends is heard, and nothing goes to it. Only endpoints whose remote was not heard yet or
 * is to be learned come here.
 *
 * The first packet of a remote also tells to which link address it can be answered, until the
 * kernel has (jf_neigh.h).
 */
#include "jf_path.h"
#include "jf_telev.h"
#include "path_priv.h"

static void learn(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_endpoint *endpoint = packet->endpoint;
	struct jf_party *party = &path->parties[packet->index];
	const struct jf_ip before = jf_path_remote(path, packet->index);
	const struct jf_ip ip = jf_path_source_of(packet);
	uint16_t port_be = load16(packet->udp - 8);

	endpoint->flags &= ~JF_ENDPOINT_LEARN;
	party->latch = JF_LATCH_LOCKED;
	if (!jf_ip_equal(&ip, &before) || port_be != endpoint->rtp_port_be) {
		jf_path_set_remote(path, packet->index, &ip, port_be);
		jf_path_way_changed(path, packet->index);
	}
	if (!jf_ip_equal(&ip, &before))
		jf_path_set_rtcp_port(path, packet->index, 0); /* until its RTCP tells */
	jf_path_publish(path, packet->index);
	jf_path_emit(path, JF_EVENT_LATCHED, packet->index, 0, __builtin_bswap16(port_be));
}

/* Of a payload type that was negotiated, and well-formed as such. */
static bool is_agreed(const struct jf_packet *packet)
{
	struct jf_telev telev;

	if (packet->kind == JF_PACKET_AUDIO)
		return true;
	if (packet->kind == JF_PACKET_EVENT)
		return jf_telev_parse(packet->udp + packet->rtp.payload_offset,
		                      packet->rtp.payload_length, &telev) == 0;
	return false;
}

static bool can_be_answered(const struct jf_packet *packet)
{
	const struct jf_ip ip = jf_path_source_of(packet);

	return jf_ip_is_host(&ip) && load16(packet->udp - 8) != 0;
}

/* false: it is not what could teach, or from elsewhere than what was learned a moment ago. */
static bool is_first(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_endpoint *endpoint = packet->endpoint;

	if (endpoint->flags & JF_ENDPOINT_LEARN) {
		if (!is_agreed(packet) || !can_be_answered(packet))
			return false;
		learn(path, packet);
	} else if (!jf_packet_is_from_remote(path, packet, endpoint->rtp_port_be)) {
		return false;
	}
	if (!path->parties[packet->index].has_neighbour)
		jf_path_learn_neighbour(path, packet);
	if (!(endpoint->flags & JF_ENDPOINT_HEARD)) {
		endpoint->flags |= JF_ENDPOINT_HEARD;
		jf_path_emit(path, JF_EVENT_MEDIA, packet->index, 0, 0);
	}
	return true;
}

void jf_path_latch(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];

		if (!is_first(path, packet)) {
			jf_path_drop(path, packet->mbuf, packet->index, JF_DROP_SOURCE_MISMATCH);
			continue;
		}
		if (kept != i)
			burst->rtp[kept] = *packet;
		kept++;
	}
	burst->n_rtp = kept;
}
