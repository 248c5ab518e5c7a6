// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters and leaves: verified RTP packets, unchanged. Audio of endpoints with a tap is copied to
 * the recorder, as it came, whoever listens. A full ring costs the recording a packet, which is
 * counted there and here; the listener hears it all the same.
 */
#include "jf_path.h"
#include "path_priv.h"

static void tap(struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_slot_track *track = &path->slots[packet->index].track;
	const struct jf_tap_audio audio = {
	        .recording = track->tap,
	        .side = track->tap_side,
	        .law = (uint8_t)jf_endpoint_law(packet->endpoint),
	        .length = packet->rtp.payload_length,
	        .ssrc = packet->rtp.ssrc,
	        .timestamp = packet->rtp.timestamp,
	        .arrival_ns = path->now_ns,
	        .payload = packet->udp + packet->rtp.payload_offset,
	};

	if (audio.length == 0)
		return;
	if (likely(jf_tap_audio(path->tap, &audio))) {
		path->counters->taped++;
		return;
	}
	if (!jf_tap_is_open(path->tap, audio.recording))
		return; /* it has ended; the tap goes when control says so */
	path->counters->drops[JF_DROP_TAP_FULL]++;
	jf_slot_drop(&path->slots[packet->index], JF_DROP_TAP_FULL);
}

void jf_path_tap(struct jf_path *path, struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];

		if (packet->endpoint->flags & JF_ENDPOINT_TAP && packet->kind == JF_PACKET_AUDIO)
			tap(path, packet);
	}
}
