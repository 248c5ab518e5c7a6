// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters and leaves: verified RTP packets, unchanged. Receive statistics (RFC 3550 appendix A) and
 * the energy of audio are kept where control reads them: in the endpoint's slot, in place, a line
 * each, and in its track. Each only where the endpoint has the service.
 *
 * The first loop touches one line a packet and fetches the byte of the track for what follows; the
 * energy of whole frames, which nearly all packets are, is measured for the burst at once.
 */
#include <rte_prefetch.h>

#include "jf_energy.h"
#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "path_priv.h"

/* Frame 0 began when its first sample was spoken, so that packets of 60 ms stand beside 20 ms. */
#define SAMPLE_NS (UINT64_C(1000000000) / JF_RTP_CLOCK_HZ)

static inline uint8_t *levels_of(const struct jf_path *path, uint32_t index)
{
	return path->tracks + (size_t)index * path->track_frames;
}

#define METERED_MAX 1500u /* octets of a packet */

/*
 * G.722 as mu-law, of which the energy is measured. Gives where it is, or NULL: there was no
 * transcoder left for the stream, so its track stays empty.
 */
static const uint8_t *meter(struct jf_path *path, const struct jf_packet *packet,
                            uint8_t codes[METERED_MAX])
{
	uint16_t handle = path->parties[packet->index].meter;
	uint32_t n = packet->rtp.payload_length;

	if (handle == 0 || n > METERED_MAX)
		return NULL;
	memcpy(codes, packet->udp + packet->rtp.payload_offset, n);
	jf_transcoders_run(path->transcoders, handle, JF_CODEC_G722, JF_CODEC_PCMU, codes, n);
	return codes;
}

/*
 * Frames that follow in their tracks, of one law: gathered in the order they came, then measured
 * side by side.
 */
struct frames {
	enum jf_law law;
	uint16_t n;
	struct jf_slot_track *slots[JF_BURST_MAX];
	uint8_t *levels[JF_BURST_MAX];
	const uint8_t *codes[JF_BURST_MAX];
};

static inline void gather(struct jf_path *path, const struct jf_packet *packet,
                          struct frames *frames)
{
	struct jf_slot_track *slot = &path->slots[packet->index].track;

	jf_seq_write_begin(&slot->seq);
	jf_track_take(&slot->state);
	jf_seq_write_end(&slot->seq);
	frames->slots[frames->n] = slot;
	frames->levels[frames->n] = levels_of(path, packet->index);
	frames->codes[frames->n++] = packet->udp + packet->rtp.payload_offset;
}

static void measure_frames(struct frames *frames)
{
	uint8_t levels[JF_BURST_MAX];

	jf_energy_frames(frames->law, frames->codes, frames->n, levels);
	for (uint16_t i = 0; i < frames->n; i++) {
		struct jf_slot_track *slot = frames->slots[i];

		jf_seq_write_begin(&slot->seq);
		jf_track_append(&slot->state, frames->levels[i], levels[i]);
		jf_seq_write_end(&slot->seq);
	}
	frames->n = 0;
}

/* What came before on its track stands there. */
static void settle(struct frames *frames, const struct jf_slot_track *slot)
{
	for (uint16_t i = 0; i < frames->n; i++)
		if (frames->slots[i] == slot) {
			measure_frames(frames);
			return;
		}
}

/* Any other packet: of another length, after a gap, the first one, G.722. */
static void push_energy(struct jf_path *path, const struct jf_packet *packet, uint32_t now_ts)
{
	struct jf_slot_track *slot = &path->slots[packet->index].track;
	bool started = slot->state.started;
	const uint8_t *codes = packet->udp + packet->rtp.payload_offset;
	uint8_t metered[METERED_MAX];

	if (unlikely(slot->codec == JF_CODEC_G722))
		codes = meter(path, packet, metered);
	if (unlikely(!codes))
		return;
	jf_seq_write_begin(&slot->seq);
	jf_track_push(&slot->state, levels_of(path, packet->index), packet->rtp.timestamp, now_ts,
	              codes, packet->rtp.payload_length);
	if (unlikely(!started && slot->state.started))
		slot->start_ns = path->now_ns - packet->rtp.payload_length * SAMPLE_NS;
	jf_seq_write_end(&slot->seq);
}

static void measure_energy(struct jf_path *path, struct jf_burst *burst, uint32_t now_ts)
{
	struct frames mu_law, a_law; /* their arrays are not to be cleared */

	mu_law.n = a_law.n = 0;
	mu_law.law = JF_LAW_PCMU;
	a_law.law = JF_LAW_PCMA;
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		const struct jf_slot_track *slot = &path->slots[packet->index].track;

		if (!(packet->endpoint->flags & JF_ENDPOINT_ENERGY) ||
		    packet->kind != JF_PACKET_AUDIO)
			continue;
		if (likely(jf_track_follows(&slot->state, packet->rtp.timestamp,
		                            packet->rtp.payload_length) &&
		           slot->codec != JF_CODEC_G722)) {
			gather(path, packet, slot->state.law == JF_LAW_PCMA ? &a_law : &mu_law);
			continue;
		}
		settle(&mu_law, slot);
		settle(&a_law, slot);
		push_energy(path, packet, now_ts);
	}
	measure_frames(&mu_law);
	measure_frames(&a_law);
}

static inline void count(struct jf_path *path, struct jf_packet *packet, uint32_t now_ts)
{
	struct jf_slot *slot = &path->slots[packet->index];
	enum jf_rx_verdict news;

	if (unlikely(packet->endpoint->flags & JF_ENDPOINT_CLOCK))
		now_ts = jf_path_now_ts(path, packet->index);
	jf_seq_write_begin(&slot->rx.seq);
	news = jf_rx_stats_update(&slot->rx.stats, &slot->rx_rare.stats, &packet->rtp, now_ts,
	                          packet->kind == JF_PACKET_AUDIO);
	if (unlikely(news == JF_RX_FIRST))
		slot->rx_rare.first_ns = path->now_ns;
	slot->rx.last_ns = path->now_ns;
	jf_seq_write_end(&slot->rx.seq);
	if (unlikely(news == JF_RX_NEW_SOURCE))
		jf_track_resync(&slot->track.state, jf_endpoint_law(packet->endpoint));
}

void jf_path_measure(struct jf_path *path, struct jf_burst *burst)
{
	const uint32_t now_ts = jf_rtp_ts_of_ns(path->now_ns);

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		uint16_t flags = packet->endpoint->flags;

		if (flags & JF_ENDPOINT_ENERGY) {
			const struct jf_track *track = &path->slots[packet->index].track.state;

			/* where the packet's energy goes, if it completes a group of levels */
			if (unlikely(track->frames % JF_TRACK_GROUP == JF_TRACK_GROUP - 1))
				rte_prefetch0(levels_of(path, packet->index) +
				              (track->frames & track->mask));
		}
		if (flags & JF_ENDPOINT_STATISTICS)
			count(path, packet, now_ts);
	}
	if (burst->any_flags & JF_ENDPOINT_ENERGY)
		measure_energy(path, burst, now_ts);
}
