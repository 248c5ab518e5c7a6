// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters and leaves: verified RTP packets, unchanged. Receive statistics (RFC 3550 appendix A) and
 * the energy of audio are kept where control reads them: in the first line of the endpoint's slot,
 * in place, and in its track. Each only where the endpoint has the service.
 *
 * The energy of whole frames, which nearly all packets are, is measured for the burst at once.
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
	struct jf_slot_rx_kept *slots[JF_BURST_MAX];
	uint8_t *levels[JF_BURST_MAX];
	const uint8_t *codes[JF_BURST_MAX];
};

static void measure_frames(struct jf_path *path, struct frames *frames)
{
	const uint32_t mask = path->track_frames - 1;
	uint8_t levels[JF_BURST_MAX];

	jf_energy_frames(frames->law, frames->codes, frames->n, levels);
	for (uint16_t i = 0; i < frames->n; i++) {
		struct jf_slot_rx_kept *rx = frames->slots[i];

		jf_seq_write_begin(&rx->seq);
		jf_track_append(&rx->track, frames->levels[i], mask, levels[i]);
		jf_seq_write_end(&rx->seq);
	}
	frames->n = 0;
}

/* What came before on its track stands there. */
static void settle(struct jf_path *path, struct frames *frames, const struct jf_slot_rx_kept *rx)
{
	for (uint16_t i = 0; i < frames->n; i++)
		if (frames->slots[i] == rx) {
			measure_frames(path, frames);
			return;
		}
}

/* Any other packet: of another length, after a gap, the first one, G.722. */
static void push_energy(struct jf_path *path, const struct jf_packet *packet, uint32_t now_ts)
{
	struct jf_slot *slot = &path->slots[packet->index];
	bool started = slot->rx.track.started;
	uint8_t metered[METERED_MAX];
	struct jf_track_packet pushed = {
	        .codes = packet->udp + packet->rtp.payload_offset,
	        .n = packet->rtp.payload_length,
	        .timestamp = packet->rtp.timestamp,
	        .now_ts = now_ts,
	};

	if (unlikely(slot->rx.track.codec == JF_CODEC_G722))
		pushed.codes = meter(path, packet, metered);
	if (unlikely(!pushed.codes))
		return;
	jf_seq_write_begin(&slot->rx.seq);
	jf_track_push(&slot->rx.track, &slot->rx_rare.track, levels_of(path, packet->index),
	              &pushed);
	if (unlikely(!started && slot->rx.track.started))
		slot->rx_rare.track_ns = path->now_ns - packet->rtp.payload_length * SAMPLE_NS;
	jf_seq_write_end(&slot->rx.seq);
}

/* Receive statistics, while the slot is open to be written. */
static inline void count(struct jf_path *path, const struct jf_packet *packet, struct jf_slot *slot,
                         uint32_t now_ts)
{
	enum jf_rx_verdict news;

	if (unlikely(packet->endpoint->flags & JF_ENDPOINT_CLOCK))
		now_ts = jf_path_now_ts(path, packet->index);
	news = jf_rx_stats_update(&slot->rx.stats, &slot->rx_rare.stats, &packet->rtp, now_ts,
	                          packet->kind == JF_PACKET_AUDIO);
	if (unlikely(news == JF_RX_FIRST))
		slot->rx_rare.first_ns = path->now_ns;
	slot->rx.stats.last_tick = jf_slot_tick(path->now_ns);
	if (unlikely(news == JF_RX_NEW_SOURCE))
		jf_track_resync(&slot->rx.track, jf_endpoint_law(packet->endpoint));
}

/* Takes the packet's frame, which follows, along to the end of the burst. */
static inline void gather(struct jf_path *path, const struct jf_packet *packet,
                          struct jf_slot_rx_kept *rx, struct frames *frames)
{
	uint8_t *levels = levels_of(path, packet->index);
	uint16_t n = frames->n++;

	/* where its level goes, if it completes a group of levels */
	if (unlikely(rx->track.frames % JF_TRACK_GROUP == JF_TRACK_GROUP - 1))
		rte_prefetch0(levels + (rx->track.frames & (path->track_frames - 1)));
	frames->slots[n] = rx;
	frames->levels[n] = levels;
	frames->codes[n] = packet->udp + packet->rtp.payload_offset;
}

/*
 * A packet that doesn't follow the one before needs the rest of its slot and its track. Without
 * this it would cost three times as much as others, so that a worker that has lost packets for
 * being late would lose more of them.
 */
static void fetch_rest(const struct jf_path *path, const struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];
		const struct jf_slot *slot = &path->slots[packet->index];

		if (!(packet->endpoint->flags & JF_ENDPOINT_STATISTICS) ||
		    likely(packet->rtp.sequence == (uint16_t)(slot->rx.stats.highest + 1)))
			continue;
		rte_prefetch0(&slot->rx_rare);
		rte_prefetch0((const uint8_t *)(&slot->rx_rare + 1) - 1);
		rte_prefetch0(levels_of(path, packet->index) +
		              (slot->rx.track.frames & (path->track_frames - 1)));
	}
}

void jf_path_measure(struct jf_path *path, struct jf_burst *burst)
{
	const uint32_t now_ts = jf_rtp_ts_of_ns(path->now_ns);
	struct frames frames[2]; /* mu-law, A-law; their arrays are not to be cleared */

	frames[0].n = frames[1].n = 0;
	frames[0].law = JF_LAW_PCMU;
	frames[1].law = JF_LAW_PCMA;
	fetch_rest(path, burst);
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];
		struct jf_slot *slot = &path->slots[packet->index];
		struct jf_track *track = &slot->rx.track;
		uint16_t flags = packet->endpoint->flags;
		bool has_energy = flags & JF_ENDPOINT_ENERGY && packet->kind == JF_PACKET_AUDIO;
		bool follows;

		if (!has_energy && !(flags & JF_ENDPOINT_STATISTICS))
			continue;
		jf_seq_write_begin(&slot->rx.seq);
		if (flags & JF_ENDPOINT_STATISTICS)
			count(path, packet, slot, now_ts);
		follows =
		        has_energy && track->codec != JF_CODEC_G722 &&
		        jf_track_follows(track, packet->rtp.timestamp, packet->rtp.payload_length);
		if (likely(follows))
			jf_track_take(track);
		jf_seq_write_end(&slot->rx.seq);
		if (likely(follows)) {
			gather(path, packet, &slot->rx, &frames[track->law == JF_LAW_PCMA]);
		} else if (has_energy) {
			settle(path, &frames[0], &slot->rx);
			settle(path, &frames[1], &slot->rx);
			push_energy(path, packet, now_ts);
		}
	}
	measure_frames(path, &frames[0]);
	measure_frames(path, &frames[1]);
}
