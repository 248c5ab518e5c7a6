// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters and leaves: verified RTP packets, unchanged. Audio of endpoints with a tap is copied to
 * the recorder, as it came, whoever listens; where the recording is one of packets, all of them. A
 * full ring costs the recording a packet, and so does a worker that is short of buffers: both are
 * counted there and here; the listener hears it all the same.
 *
 * The recorder is shown it by the next poll, when the lines that were streamed past the cache have
 * long arrived: to wait for that here would cost as much as the copying.
 */
#include "jf_path.h"
#include "path_priv.h"

static void lost(struct jf_path *path, const struct jf_packet *packet, enum jf_drop reason)
{
	path->counters->drops[reason]++;
	jf_slot_drop(&path->slots[packet->index], reason);
}

static void tap(struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_endpoint *endpoint = packet->endpoint;
	struct jf_tap_piece piece = {
	        .recording = endpoint->tap,
	        .side = endpoint->tap_side,
	        .codec = path->slots[packet->index].rx.track.codec,
	        .length = packet->rtp.payload_length,
	        .ssrc = packet->rtp.ssrc,
	        .timestamp = packet->rtp.timestamp,
	        .arrival_ns = path->now_ns,
	        .payload = packet->udp + packet->rtp.payload_offset,
	};

	if (unlikely(endpoint->tap_packets)) {
		piece.codec = JF_CODEC_OTHER;
		piece.payload = packet->udp;
		piece.length = packet->length;
	} else if (packet->kind != JF_PACKET_AUDIO || piece.length == 0) {
		return;
	}
	if (unlikely(path->shed >= JF_SHED_RECORDINGS)) {
		jf_tap_lose(path->tap, piece.recording, piece.side);
		lost(path, packet, JF_DROP_SHED);
	} else if (likely(jf_tap_write(path->tap, &piece))) {
		path->counters->taped++;
	} else {
		lost(path, packet, JF_DROP_TAP_FULL);
	}
}

void jf_path_tap(struct jf_path *path, struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtp; i++)
		if (burst->rtp[i].endpoint->flags & JF_ENDPOINT_TAP)
			tap(path, &burst->rtp[i]);
}
