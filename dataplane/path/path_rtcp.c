// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: packets to RTCP ports. Leaves: nothing. RTCP ends here: what a party reports about its
 * leg goes to its slot and to our next report on that leg (path_round.c), never to another party.
 * What it asks of the one that it sees, we ask of that one (path_keyframe.c).
 *
 * The source must be the RTCP address of the SDP; of a remote that was learned (path_latch.c), its
 * first RTCP from the learned address tells the port, which is locked then. RTCP flows whatever the
 * media direction is (RFC 3264 section 5.1). It comes every few seconds for each stream, so nothing
 * here is hot.
 */
#include <errno.h>

#include "jf_path.h"
#include "jf_rtcp.h"
#include "path_priv.h"

static bool is_from_right_port(const struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	uint16_t port_be = load16(packet->udp - 8);

	if (port_be == 0)
		return false;
	if (path->parties[packet->index].rtcp_learns && !(endpoint->flags & JF_ENDPOINT_LEARN))
		return jf_packet_is_from_remote(path, packet, port_be); /* from any */
	return jf_packet_is_from_remote(path, packet, endpoint->rtcp_port_be);
}

/* The packet is what it should be: if its port was to be learned, it is. */
static void lock(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_party *party = &path->parties[packet->index];

	if (!party->rtcp_learns || packet->endpoint->flags & JF_ENDPOINT_LEARN)
		return;
	party->rtcp_learns = false;
	jf_path_set_rtcp_port(path, packet->index, load16(packet->udp - 8));
	jf_path_publish(path, packet->index);
}

static uint8_t refuse(struct jf_path *path, struct jf_packet *packet, struct jf_rtcp *ret_rtcp)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	uint32_t ssrc = jf_path_continuity(path, packet->index)->ssrc_out;

	if (!path->parties[packet->index].open)
		return JF_DROP_NO_ENDPOINT;
	if (!(endpoint->flags & JF_ENDPOINT_REMOTE) || !is_from_right_port(path, packet))
		return JF_DROP_SOURCE_MISMATCH;
	if (endpoint->flags & JF_ENDPOINT_SRTP) {
		uint8_t verdict = jf_path_unprotect_rtcp(path, packet);

		if (verdict != JF_VERDICT_RELAY)
			return verdict;
	}
	switch (jf_rtcp_read(packet->udp, packet->length, ssrc, ret_rtcp)) {
	case 0:
		return JF_VERDICT_RELAY;
	case -ENOMSG:
		return JF_DROP_NO_REPORT;
	default:
		return JF_DROP_MALFORMED_RTCP;
	}
}

static void take(struct jf_path *path, uint32_t index, const struct jf_rtcp *rtcp)
{
	struct jf_slot_rtcp *slot = &path->slots[index].rtcp;
	struct jf_round *round = &path->parties[index].round;
	uint32_t now_middle = jf_rtcp_middle(jf_path_ntp(path));

	/* Our block is about the stream that comes now; an SR about another one isn't its LSR. */
	if (rtcp->has_sender && rtcp->ssrc == path->slots[index].rx.stats.ssrc) {
		round->last_sr_middle = jf_rtcp_middle(rtcp->sender.ntp);
		round->last_sr_at_middle = now_middle;
	}
	jf_seq_write_begin(&slot->seq);
	slot->received++;
	slot->last_ns = path->now_ns;
	slot->keyframes_asked += rtcp->wants_keyframe;
	if (rtcp->has_block) {
		slot->remote_lost = rtcp->block.lost;
		slot->remote_fraction = rtcp->block.fraction;
		slot->remote_jitter_ts = rtcp->block.jitter_ts;
		slot->known |= JF_RTCP_REMOTE;
		if (jf_rtcp_round_trip_us(&rtcp->block, now_middle, &slot->round_trip_us))
			slot->known |= JF_RTCP_ROUND_TRIP;
	}
	jf_seq_write_end(&slot->seq);
	path->counters->rtcp_received++;
	if (rtcp->wants_keyframe && path->parties[index].hears == JF_HEARS_ENDPOINT)
		jf_path_keyframe_want(path, path->parties[index].source);
}

void jf_path_rtcp(struct jf_path *path, struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtcp; i++) {
		struct jf_packet *packet = &burst->rtcp[i];
		struct jf_rtcp rtcp;
		uint8_t verdict = refuse(path, packet, &rtcp);

		if (verdict != JF_VERDICT_RELAY) {
			jf_path_drop(path, packet->mbuf, packet->index, verdict);
			continue;
		}
		lock(path, packet);
		take(path, packet->index, &rtcp);
		rte_pktmbuf_free(packet->mbuf);
	}
	burst->n_rtcp = 0;
}
