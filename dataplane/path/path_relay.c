// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: verified RTP packets. Leaves: nothing; each is on its way to who listens, or dropped by
 * name. The packet is changed in place: payload type, sequence, timestamp and SSRC become those of
 * the listener's stream, and the prebuilt header goes before it. The payload stays as it came,
 * whatever it is. Only where their codecs differ is
 * it made anew, in its place and of the same length (path_transcode.c).
 *
 * Touches lines 0 and 1 of the endpoint at which the packet arrived, and nothing of the listener:
 * what it is sent is told by what arrives here (struct jf_slot_tx_kept).
 */
#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "path_priv.h"
#include "path_send_priv.h"

/* Why the packet can't go out, or JF_VERDICT_RELAY; its payload type there. */
static inline uint8_t verdict_of(const struct jf_packet *packet, uint8_t *ret_type)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	uint8_t type;

	if (unlikely(endpoint->verdict != JF_VERDICT_RELAY))
		return endpoint->verdict;
	type = likely(packet->kind == JF_PACKET_AUDIO)   ? endpoint->out_audio_type
	       : likely(packet->kind == JF_PACKET_EVENT) ? endpoint->out_event_type
	                                                 : JF_PAYLOAD_TYPE_NONE;
	if (unlikely(type == JF_PAYLOAD_TYPE_NONE))
		return packet->kind == JF_PACKET_AUDIO ? JF_DROP_NOT_DECODABLE
		                                       : JF_DROP_UNKNOWN_PAYLOAD_TYPE;
	*ret_type = type;
	return JF_VERDICT_RELAY;
}

void jf_path_relay(struct jf_path *path, struct jf_burst *burst)
{
	const uint32_t now_ts = jf_rtp_ts_of_ns(path->now_ns);
	uint16_t relayed = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		struct jf_endpoint *endpoint = packet->endpoint;
		uint32_t ts = unlikely(endpoint->flags & JF_ENDPOINT_CLOCK)
		                      ? jf_path_now_ts(path, packet->index)
		                      : now_ts;
		struct jf_rtp_out out;
		uint8_t type = 0;
		uint8_t verdict = verdict_of(packet, &type);

		if (likely(verdict == JF_VERDICT_RELAY) &&
		    unlikely(!jf_continuity_map(&endpoint->continuity, &packet->rtp, ts, &out)))
			verdict = JF_DROP_LATE;
		if (unlikely(verdict != JF_VERDICT_RELAY)) {
			if (verdict == JF_DROP_NOT_JOINED && endpoint->flags & JF_ENDPOINT_MIXED) {
				rte_pktmbuf_free(packet->mbuf); /* those who mix it hear it */
				continue;
			}
			jf_path_drop_measured(path, packet, verdict);
			continue;
		}
		if (unlikely(endpoint->flags & JF_ENDPOINT_TRANSCODE) &&
		    packet->kind == JF_PACKET_AUDIO)
			jf_path_transcode(path, packet);
		jf_rtp_number(packet->udp, type, out.marker || packet->rtp.marker, &out);
		jf_path_send_rtp(path, &(struct jf_outgoing){
		                               .mbuf = packet->mbuf,
		                               .udp = packet->udp,
		                               .header = &endpoint->header,
		                               .listener = endpoint->listener,
		                               .length = packet->length,
		                               .how = endpoint->flags & JF_ENDPOINT_OUT_HOW,
		                               .port = endpoint->out_port,
		                       });
		relayed++;
	}
	path->counters->relayed_rtp += relayed;
	burst->n_rtp = 0;
}
