// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters and leaves: verified RTP packets, unchanged. Receive statistics (RFC 3550 appendix A) go
 * to the endpoint's line 2 and from there to its slot; the energy of audio goes to its track.
 * Each only where the endpoint has the service.
 */
#include <rte_prefetch.h>

#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "path_priv.h"

#define AHEAD 8 /* packets whose place in the track is fetched */

/* Frame 0 began when its first sample was spoken, so that packets of 60 ms stand beside 20 ms. */
#define SAMPLE_NS (UINT64_C(1000000000) / JF_RTP_CLOCK_HZ)

static inline void publish_rx(const struct jf_path *path, const struct jf_endpoint *endpoint,
                              struct jf_slot_rx *rx)
{
	const struct jf_rx_stats *stats = &endpoint->stats;

	jf_seq_write_begin(&rx->seq);
	rx->ssrc = stats->ssrc;
	rx->packets = stats->packets;
	rx->octets = stats->octets;
	rx->expected = jf_rx_stats_expected(stats);
	rx->duplicates = stats->duplicates;
	rx->reordered = stats->reordered;
	rx->jitter_ts_q4 = stats->jitter_ts_q4;
	rx->ssrc_changes = stats->ssrc_changes;
	if (unlikely(rx->first_ns == 0))
		rx->first_ns = path->now_ns;
	rx->last_ns = path->now_ns;
	jf_seq_write_end(&rx->seq);
}

static void push_energy(struct jf_path *path, const struct jf_packet *packet, uint32_t now_ts)
{
	struct jf_track *track = &path->parties[packet->index].track;
	struct jf_slot_track *slot = &path->slots[packet->index].track;
	bool started = track->started;

	jf_track_push(track, packet->rtp.timestamp, now_ts,
	              packet->udp + packet->rtp.payload_offset, packet->rtp.payload_length);
	jf_seq_write_begin(&slot->seq);
	if (!started && track->started)
		slot->start_ns = path->now_ns - packet->rtp.payload_length * SAMPLE_NS;
	slot->frames = track->frames;
	jf_seq_write_end(&slot->seq);
}

/* The byte that the packet's energy will be written to, or one beside it. */
static inline void fetch_level(const struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_track *track = &path->parties[packet->index].track;

	if (packet->endpoint->flags & JF_ENDPOINT_ENERGY)
		rte_prefetch0(&track->levels[track->frames & track->mask]);
}

static void measure_energy(struct jf_path *path, struct jf_burst *burst, uint32_t now_ts)
{
	for (uint16_t i = 0; i < burst->n_rtp && i < AHEAD; i++)
		fetch_level(path, &burst->rtp[i]);
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];

		if (i + AHEAD < burst->n_rtp)
			fetch_level(path, &burst->rtp[i + AHEAD]);
		if (packet->endpoint->flags & JF_ENDPOINT_ENERGY && packet->kind == JF_PACKET_AUDIO)
			push_energy(path, packet, now_ts);
	}
}

void jf_path_measure(struct jf_path *path, struct jf_burst *burst)
{
	const uint32_t now_ts = jf_rtp_ts_of_ns(path->now_ns);

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		struct jf_endpoint *endpoint = packet->endpoint;
		enum jf_rx_verdict news;

		if (!(endpoint->flags & JF_ENDPOINT_STATISTICS))
			continue;
		news = jf_rx_stats_update(&endpoint->stats, &packet->rtp, now_ts,
		                          packet->kind == JF_PACKET_AUDIO);
		publish_rx(path, endpoint, &path->slots[packet->index].rx);
		if (unlikely(news == JF_RX_NEW_SOURCE))
			jf_track_resync(&path->parties[packet->index].track,
			                jf_endpoint_law(endpoint));
	}
	if (burst->any_flags & JF_ENDPOINT_ENERGY)
		measure_energy(path, burst, now_ts);
}
