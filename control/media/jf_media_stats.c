// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_time.h"

#define JITTER_SCALE 16.0
#define MS_PER_S     1000.0
#define US_PER_MS    1000.0

static_assert((unsigned)JF_DROP_COUNT <= JF_MEDIA_DROPS, "every drop has its place");
static_assert(JF_MEDIA_ADDRESSES_MAX == JF_CONTRACT_ADDRESSES_MAX &&
                      JF_MEDIA_PORTS_MAX == JF_CONTRACT_PORTS_MAX,
              "all ports fit");
static_assert(JF_MEDIA_PLAYLIST_MAX == JF_CONTRACT_PLAYLIST_MAX, "lists fit");
static_assert(JF_MEDIA_NO_TYPE == JF_PAYLOAD_TYPE_NONE, "the same word for none");
static_assert(JF_MEDIA_MIX_MAX == JF_CONTRACT_MIX_MAX, "mixes fit");
static_assert(JF_MEDIA_KEYFRAME_PLI == JF_KEYFRAME_PLI &&
                      JF_MEDIA_KEYFRAME_FIR == JF_KEYFRAME_FIR &&
                      JF_MEDIA_KEYFRAME_INFO == JF_KEYFRAME_INFO,
              "ways to ask for a picture agree");
static_assert(JF_MEDIA_SEND_DIGITS_MAX == JF_CONTRACT_SEND_DIGITS, "key presses fit");
static_assert((int)JF_MEDIA_DIGITS_NONE == (int)JF_DIGITS_NONE &&
                      (int)JF_MEDIA_DIGITS_EVENT == (int)JF_DIGITS_EVENT &&
                      (int)JF_MEDIA_DIGITS_INBAND == (int)JF_DIGITS_INBAND,
              "forms of digits agree");
static_assert((int)JF_MEDIA_CALLER == (int)JF_SIDE_CALLER &&
                      (int)JF_MEDIA_AGENT == (int)JF_SIDE_AGENT,
              "sides agree");

const char *jf_media_drop_name(unsigned drop)
{
	return drop < JF_DROP_COUNT ? jf_drop_name((enum jf_drop)drop) : NULL;
}

bool jf_media_slot_is_ours(const struct jf_media *media, uint32_t index,
                           struct jf_slot_identity *ret_identity)
{
	if (!media->memory)
		return false;
	jf_contract_read_identity(&media->contract.slots[index], ret_identity);
	return ret_identity->generation == media->endpoints[index].generation &&
	       ret_identity->state == JF_SLOT_OPEN;
}

static const char *hears_name(uint8_t hears)
{
	switch (hears) {
	case JF_MEDIA_HEARS_STREAM:
		return "stream";
	case JF_MEDIA_HEARS_MIX:
		return "mix";
	case JF_MEDIA_HEARS_LIST:
	case JF_MEDIA_HEARS_AS_FOUND:
		return "sound";
	default:
		return "nothing";
	}
}

static uint8_t level_latest(const struct jf_media *media, uint32_t index)
{
	const struct jf_track *track = &media->contract.slots[index].rx.track;

	/* A frame torn by the worker's next write is a frame too old: good enough for a display. */
	return track->frames ? jf_track_latest(track) : JF_TRACK_NOTHING;
}

static void reports_fill(const struct jf_slot *slot, uint32_t clock_hz, struct jf_media_stream *ret)
{
	struct jf_slot_rtcp rtcp;

	jf_contract_read_rtcp(slot, &rtcp);
	ret->rtcp_received = rtcp.received;
	ret->rtcp_sent = rtcp.sent;
	ret->rtcp_last_ns = rtcp.last_ns;
	ret->keyframes_asked = rtcp.keyframes_asked;
	ret->keyframes_told = rtcp.keyframes_told;
	if (rtcp.known & JF_RTCP_ROUND_TRIP)
		ret->round_trip_ms = rtcp.round_trip_us / US_PER_MS;
	if (!(rtcp.known & JF_RTCP_REMOTE))
		return;
	ret->remote_reported = true;
	ret->remote_lost = rtcp.remote_lost > 0 ? (uint64_t)rtcp.remote_lost : 0;
	if (clock_hz)
		ret->remote_jitter_ms = rtcp.remote_jitter_ts * MS_PER_S / clock_hz;
}

static void learned_fill(const struct jf_slot_identity *identity, struct jf_media_stream *ret)
{
	if (identity->latch != JF_LATCH_LOCKED)
		return;
	ret->learned = true;
	ret->remote = (struct jf_media_address){.family = identity->remote_family,
	                                        .port = identity->rtp_port};
	memcpy(ret->remote.ip, identity->remote_ip, sizeof(ret->remote.ip));
}

static void slot_fill(const struct jf_media *media, uint32_t index, struct jf_media_stream *ret)
{
	const struct jf_slot *slot = &media->contract.slots[index];
	struct jf_slot_rx rx;
	struct jf_slot_tx tx;

	jf_contract_read_rx(slot, &rx);
	jf_contract_read_tx(&media->contract, index, &tx);
	ret->packets = rx.packets;
	ret->octets = rx.octets;
	ret->lost = jf_slot_rx_lost(&rx);
	ret->duplicates = rx.duplicates;
	ret->reordered = rx.reordered;
	ret->loss_runs = rx.loss_runs;
	if (rx.clock_hz)
		ret->jitter_ms = rx.jitter_ts_q4 / JITTER_SCALE * MS_PER_S / rx.clock_hz;
	ret->first_ns = rx.first_ns;
	ret->last_ns = rx.last_ns;
	ret->ssrc = rx.ssrc;
	ret->ssrc_changes = rx.ssrc_changes;
	ret->tx_packets = tx.packets;
	ret->tx_octets = tx.octets;
	ret->tx_played = tx.played;
	ret->level = level_latest(media, index);
	jf_contract_read_drops(slot, ret->drops);
	ret->buffer_late = slot->mix.late;
	ret->buffer_lost = slot->mix.lost;
	ret->buffer_concealed_ms = slot->mix.concealed_ms;
	ret->buffer_depth_ms = slot->mix.depth_ms;
	reports_fill(slot, rx.clock_hz, ret);
}

static void carried_add(const struct jf_media_stream *carried, struct jf_media_stream *ret)
{
	if (!ret->packets)
		ret->jitter_ms = carried->jitter_ms;
	if (!ret->last_ns)
		ret->last_ns = carried->last_ns;
	if (carried->first_ns)
		ret->first_ns = carried->first_ns;
	ret->packets += carried->packets;
	ret->octets += carried->octets;
	ret->lost += carried->lost;
	ret->duplicates += carried->duplicates;
	ret->reordered += carried->reordered;
	ret->ssrc_changes += carried->ssrc_changes;
	ret->loss_runs += carried->loss_runs;
	ret->rtcp_received += carried->rtcp_received;
	ret->rtcp_sent += carried->rtcp_sent;
	ret->remote_lost += carried->remote_lost;
	ret->buffer_late += carried->buffer_late;
	ret->buffer_lost += carried->buffer_lost;
	ret->buffer_concealed_ms += carried->buffer_concealed_ms;
	ret->keyframes_asked += carried->keyframes_asked;
	ret->keyframes_told += carried->keyframes_told;
	if (!ret->rtcp_last_ns)
		ret->rtcp_last_ns = carried->rtcp_last_ns;
	if (ret->round_trip_ms < 0)
		ret->round_trip_ms = carried->round_trip_ms;
	if (!ret->remote_reported) {
		ret->remote_reported = carried->remote_reported;
		ret->remote_jitter_ms = carried->remote_jitter_ms;
	}
	ret->tx_packets += carried->tx_packets;
	ret->tx_octets += carried->tx_octets;
	ret->tx_played += carried->tx_played;
	for (unsigned i = 0; i < JF_MEDIA_DROPS; i++)
		ret->drops[i] += carried->drops[i];
}

int jf_media_stream(const struct jf_media *media, struct jf_media_ref endpoint,
                    struct jf_media_stream *ret_stream)
{
	const struct jf_media_endpoint *e = jf_media_endpoint_at(media, endpoint);
	struct jf_slot_identity identity;

	if (!e)
		return -ESTALE;
	*ret_stream = (struct jf_media_stream){
	        .endpoint = endpoint,
	        .call = e->call,
	        .side = (enum jf_media_side)e->side,
	        .codec = e->has_remote ? e->remote.codec : JF_CODEC_PCMU,
	        .suite = e->locks ? e->locks->keys.suite : JF_SRTP_NONE,
	        .masked = e->mask,
	        .worker = endpoint.index % media->shape.endpoints_per_address /
	                  (media->shape.endpoints_per_address / media->n_workers),
	        .mos_min = e->mos_min,
	        .round_trip_ms = -1,
	        .level = JF_TRACK_NOTHING,
	        .hears = hears_name(e->hears),
	};
	(void)jf_media_local(media, endpoint, &ret_stream->local);
	if (e->has_remote) {
		ret_stream->remote = ret_stream->signalled = e->remote.rtp;
		ret_stream->learns = e->remote.learn;
	}
	if (jf_media_slot_is_ours(media, endpoint.index, &identity)) {
		slot_fill(media, endpoint.index, ret_stream);
		learned_fill(&identity, ret_stream);
	}
	if (e->carried)
		carried_add(e->carried, ret_stream);
	return 0;
}

void jf_media_endpoint_carry(struct jf_media *media, uint32_t index)
{
	struct jf_media_endpoint *e = &media->endpoints[index];
	struct jf_media_stream stream;

	/* Without memory the figures begin anew; the call goes on. */
	if (jf_media_stream(media, (struct jf_media_ref){index, e->generation}, &stream))
		return;
	if (!e->carried)
		e->carried = malloc(sizeof(*e->carried));
	if (e->carried)
		*e->carried = stream;
}

bool jf_media_next(const struct jf_media *media, uint32_t *cursor,
                   struct jf_media_ref *ret_endpoint, struct jf_call_id *ret_call)
{
	for (uint32_t i = *cursor; i < media->n_endpoints; i++) {
		const struct jf_media_endpoint *e = &media->endpoints[i];

		if (e->use != JF_MEDIA_USED)
			continue;
		*ret_endpoint = (struct jf_media_ref){i, e->generation};
		*ret_call = e->call;
		*cursor = i + 1;
		return true;
	}
	*cursor = media->n_endpoints;
	return false;
}

size_t jf_media_streams(const struct jf_media *media, uint32_t *cursor,
                        struct jf_media_stream *ret_list, size_t room)
{
	size_t count = 0;
	uint32_t i = *cursor;

	for (; i < media->n_endpoints && count < room; i++) {
		struct jf_media_ref ref = {i, media->endpoints[i].generation};

		if (media->endpoints[i].use == JF_MEDIA_USED &&
		    !jf_media_stream(media, ref, &ret_list[count]))
			count++;
	}
	*cursor = i;
	return count;
}

int jf_media_levels(const struct jf_media *media, struct jf_media_ref endpoint, uint32_t from,
                    uint8_t *ret_levels, uint32_t room, struct jf_media_levels *ret_part)
{
	struct jf_slot_identity identity;
	struct jf_track_part part;

	if (!jf_media_endpoint_at(media, endpoint))
		return -ESTALE;
	*ret_part = (struct jf_media_levels){.first = from};
	if (!jf_media_slot_is_ours(media, endpoint.index, &identity))
		return 0;
	part = jf_contract_read_track(&media->contract, endpoint.index, from, ret_levels, room);
	*ret_part = (struct jf_media_levels){part.first, part.count, part.start_ns};
	return 0;
}

/* ---- Totals --------------------------------------------------------------------------------- */

void jf_media_endpoint_account(struct jf_media *media, uint32_t index)
{
	struct jf_media_endpoint *e = &media->endpoints[index];
	struct jf_slot_identity identity;
	struct jf_slot_rx rx;
	uint64_t lost;

	if (!jf_media_slot_is_ours(media, index, &identity))
		return;
	jf_contract_read_rx(&media->contract.slots[index], &rx);
	lost = jf_slot_rx_lost(&rx);
	jf_media_endpoint_rate(media, index, &rx);
	/* Unsigned and modulo 2^64: a late packet makes lost smaller. */
	media->past.received += rx.packets - e->counted_packets;
	media->past.lost += lost - e->counted_lost;
	e->counted_packets = rx.packets;
	e->counted_lost = lost;
}

static void workers_add(const struct jf_media *media, struct jf_media_totals *totals)
{
	for (uint32_t w = 0; w <= media->n_workers; w++) {
		const struct jf_worker_counters *c = &media->contract.workers[w];

		totals->rx_packets += c->rx_packets;
		totals->tx_packets += c->tx_packets;
		totals->relayed_rtp += c->relayed_rtp;
		totals->rtcp_received += c->rtcp_received;
		totals->rtcp_sent += c->rtcp_sent;
		totals->played += c->played;
		totals->mixed += c->mixed;
		totals->taped += c->taped;
		totals->handed_over += c->handed_over;
		totals->events_lost += c->events_lost;
		totals->invariants += c->invariants;
		jf_media_late_add(c, totals);
		for (unsigned i = 0; i < JF_MEDIA_DROPS; i++)
			totals->drops[i] += c->drops[i];
	}
}

void jf_media_workers_account(struct jf_media *media)
{
	workers_add(media, &media->past);
}

static uint64_t commands_waiting(const struct jf_media *media)
{
	uint64_t count = 0;

	for (uint32_t w = 0; w < media->n_workers; w++) {
		JF_LIST_FOR(link, &media->workers[w].dirty_endpoints)
		count++;
		JF_LIST_FOR(file_link, &media->workers[w].dirty_files)
		count++;
	}
	return count;
}

void jf_media_totals(const struct jf_media *media, uint64_t now_ns,
                     struct jf_media_totals *ret_totals)
{
	struct jf_media_totals t = media->past;

	t.up = media->up;
	t.workers = media->n_workers;
	t.endpoints = media->n_endpoints;
	t.endpoints_open = media->endpoints_used;
	t.recordings = media->n_files;
	t.recordings_open = media->files_used;
	t.digits = media->digits;
	t.commands_refused = media->refused_commands;
	t.commands_waiting = commands_waiting(media);
	if (media->memory) {
		t.pid = media->contract.header->pid;
		t.beat_age_ns = jf_time_since(
		        atomic_load_explicit(&media->contract.header->dataplane_beat_ns,
		                             memory_order_acquire),
		        now_ns);
		workers_add(media, &t);
		jf_media_load_totals(media, &t);
	}
	*ret_totals = t;
}
