// SPDX-License-Identifier: BSD-3-Clause
/*
 * The worst stretch of a stream: ten seconds in a row that were hardly to be understood are what a
 * caller remembers, and they vanish in the mean over half an hour.
 */
#include "jf_emodel.h"
#include "jf_media_priv.h"
#include "jf_time.h"

#define WINDOW_NS    (10 * JF_NS_PER_S)
#define JITTER_SCALE 16.0
#define MS_PER_S     1000.0
#define US_PER_MS    1000.0

static void rate(struct jf_media *media, uint32_t index, const struct jf_slot_rx *rx)
{
	struct jf_media_endpoint *e = &media->endpoints[index];
	struct jf_emodel_counts counts = {
	        .expected = rx->expected - e->window.expected,
	        .lost = jf_slot_rx_lost(rx) - e->window.lost,
	        .loss_runs = rx->loss_runs - e->window.loss_runs,
	};
	struct jf_emodel_rating rating;
	struct jf_slot_rtcp rtcp;

	/* Without losses a stretch is no worse than the one before: the common case costs nothing.
	 */
	if (e->mos_min > 0 && counts.lost == 0)
		return;
	if (rx->clock_hz)
		counts.jitter_ms = rx->jitter_ts_q4 / JITTER_SCALE * MS_PER_S / rx->clock_hz;
	jf_contract_read_rtcp(&media->contract.slots[index], &rtcp);
	if (rtcp.known & JF_RTCP_ROUND_TRIP)
		counts.round_trip_ms = rtcp.round_trip_us / US_PER_MS;
	if (jf_emodel_rate_counts(e->remote.codec, &counts, &rating) &&
	    (e->mos_min == 0 || rating.mos < e->mos_min))
		e->mos_min = rating.mos;
}

void jf_media_endpoint_rate(struct jf_media *media, uint32_t index, const struct jf_slot_rx *rx)
{
	struct jf_media_window *window = &media->endpoints[index].window;
	uint32_t lost = jf_slot_rx_lost(rx);

	if (!media->endpoints[index].has_remote || rx->packets == 0)
		return;
	if (window->since_ns && jf_time_since(window->since_ns, media->now_ns) < WINDOW_NS)
		return;
	/* After a new dataplane, or when a late packet undid a loss, there is nothing to compare.
	 */
	if (window->since_ns && rx->expected >= window->expected && lost >= window->lost &&
	    rx->loss_runs >= window->loss_runs)
		rate(media, index, rx);
	*window = (struct jf_media_window){
	        .since_ns = media->now_ns,
	        .expected = rx->expected,
	        .lost = lost,
	        .loss_runs = rx->loss_runs,
	};
}
