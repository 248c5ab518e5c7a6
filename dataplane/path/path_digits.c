// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: verified RTP packets. Leaves: the same, without malformed telephone-events (RFC 4733).
 * Each key press goes to the endpoint's slot once, with a hint to control; its duration grows there
 * as long as packets say so. The packets themselves go on to the listener like audio.
 */
#include "jf_path.h"
#include "jf_time.h"
#include "path_priv.h"

static void press(struct jf_path *path, uint32_t index, const struct jf_telev_rx *rx)
{
	struct jf_slot *slot = &path->slots[index];
	struct jf_slot_presses *digits = &slot->digits;
	uint32_t number = digits->count;

	jf_seq_write_begin(&digits->seq);
	digits->kept[number % JF_CONTRACT_DIGITS_KEPT] = (struct jf_slot_press){
	        .event = rx->event,
	        .duration_ts = (uint16_t)RTE_MIN(rx->duration_ts, (uint32_t)UINT16_MAX),
	        .at_ms = (uint32_t)((path->now_ns - slot->identity.opened_ns) / JF_NS_PER_MS),
	};
	digits->count = number + 1;
	jf_seq_write_end(&digits->seq);
	jf_path_emit(path, JF_EVENT_DIGIT, index, rx->event, number);
}

static void hold(struct jf_path *path, uint32_t index, const struct jf_telev_rx *rx)
{
	struct jf_slot_presses *digits = &path->slots[index].digits;

	if (digits->count == 0)
		return;
	jf_seq_write_begin(&digits->seq);
	digits->kept[(digits->count - 1) % JF_CONTRACT_DIGITS_KEPT].duration_ts =
	        (uint16_t)RTE_MIN(rx->duration_ts, (uint32_t)UINT16_MAX);
	jf_seq_write_end(&digits->seq);
}

/* false: malformed. */
static bool receive(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_telev_rx *rx = &path->parties[packet->index].telev;
	struct jf_telev telev;

	if (jf_telev_parse(packet->udp + packet->rtp.payload_offset, packet->rtp.payload_length,
	                   &telev))
		return false;
	switch (jf_telev_receive(rx, packet->rtp.ssrc, packet->rtp.timestamp, &telev)) {
	case JF_TELEV_PRESSED:
		press(path, packet->index, rx);
		break;
	case JF_TELEV_HELD:
		hold(path, packet->index, rx);
		break;
	case JF_TELEV_NOTHING:
	case JF_TELEV_IGNORED:
		break;
	}
	return true;
}

void jf_path_digits(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];

		if (packet->kind == JF_PACKET_EVENT && !receive(path, packet)) {
			jf_path_drop_measured(path, packet, JF_DROP_MALFORMED_EVENT);
			continue;
		}
		if (kept != i)
			burst->rtp[kept] = *packet;
		kept++;
	}
	burst->n_rtp = kept;
}
