// SPDX-License-Identifier: BSD-3-Clause
/*
 * What changes between bursts: who hears what. The way to a party is path_way.c's.
 *
 * A listener's way (header, verdict, payload types) and the numbering of its stream lie with its
 * source, so that a relayed packet needs nothing else. Here, and only here, they are put there and
 * taken back. One worker owns both endpoints.
 */
#include <errno.h>

#include "jf_path.h"
#include "jf_transcode.h"
#include "path_priv.h"

int jf_path_init(struct jf_path *path, struct jf_contract *contract, uint16_t worker,
                 struct jf_endpoint *endpoints, struct jf_party *parties)
{
	const struct jf_contract_shape *shape = &contract->header->shape;
	int result = 0;

	path->endpoints = endpoints;
	path->traffic = contract->traffic + worker * JF_CONTRACT_PORTS_MAX;
	path->parties = parties;
	path->contract = contract;
	path->slots = contract->slots;
	path->tracks = contract->tracks;
	path->track_frames = shape->track_frames;
	path->counters = &contract->workers[worker];
	path->worker = worker;
	path->n_workers = (uint16_t)shape->n_workers;
	path->port_first = shape->port_first;
	path->endpoints_per_address = shape->endpoints_per_address;
	path->endpoints_per_worker = contract->endpoints_per_worker;
	path->place_first = worker * path->endpoints_per_worker;
	path->place_count = path->endpoints_per_worker;
	path->asking = JF_CONTRACT_NONE;
	for (uint32_t i = JF_LONG_LISTS; i > 0; i--) {
		path->long_lists[i - 1].next = path->long_lists_free;
		path->long_lists_free = (uint16_t)i;
	}
	for (uint32_t i = 0; i < JF_WHEEL_SLOTS; i++)
		path->wheel[i] = JF_CONTRACT_NONE;
	for (uint32_t i = 0; i < JF_ROUND_SLOTS; i++)
		path->round[i] = JF_CONTRACT_NONE;
	for (uint32_t i = 0; i < contract->n_endpoints; i++) {
		if (jf_contract_worker_of(contract, i) != worker)
			continue;
		endpoints[i].listener = JF_CONTRACT_NONE;
		endpoints[i].verdict = JF_DROP_NOT_JOINED;
	}
	for (uint32_t p = 0; !result && p < JF_NODE_PORTS_MAX; p++)
		result = jf_address_map_make(shape, (uint8_t)p, &path->addresses[p]);
	return result;
}

struct jf_continuity *jf_path_continuity(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];

	return party->hears == JF_HEARS_ENDPOINT ? &path->endpoints[party->source].continuity
	                                         : &party->continuity;
}

uint8_t jf_path_way_verdict(const struct jf_path *path, uint32_t index)
{
	const struct jf_party *party = &path->parties[index];

	if (!(path->endpoints[index].flags & JF_ENDPOINT_REMOTE))
		return JF_DROP_NO_REMOTE;
	if (!(party->direction & JF_DIRECTION_SEND))
		return JF_DROP_NOT_SENDING;
	return party->has_neighbour ? JF_VERDICT_RELAY : JF_DROP_NO_NEIGHBOUR;
}

/* What packets to that endpoint's remote need. */
static uint16_t how_to(const struct jf_endpoint *endpoint)
{
	return (endpoint->flags & JF_ENDPOINT_SRTP ? JF_ENDPOINT_SRTP_OUT : 0) |
	       (endpoint->flags & JF_ENDPOINT_V6 ? JF_ENDPOINT_V6_OUT : 0);
}

struct jf_outgoing jf_path_way(const struct jf_path *path, uint32_t listener)
{
	const struct jf_party *party = &path->parties[listener];

	return (struct jf_outgoing){
	        .header = &party->header,
	        .listener = listener,
	        .how = how_to(&path->endpoints[listener]),
	        .port = party->out_port,
	};
}

/* From now on the party is sent what arrives at source: its slot says so instead of counting. */
static void follow_source(struct jf_path *path, uint32_t index, uint32_t source)
{
	struct jf_slot_tx_kept *tx = &path->slots[index].tx;
	const struct jf_slot *from = &path->slots[source];

	if (tx->source == source)
		return;
	jf_seq_write_begin(&tx->seq);
	tx->source = source;
	tx->packets -= jf_rx_stats_packets(&from->rx.stats, &from->rx_rare.stats);
	tx->octets -= jf_rx_stats_octets(&from->rx.stats, &from->rx_rare.stats);
	jf_seq_write_end(&tx->seq);
}

static void unfollow_source(struct jf_path *path, uint32_t index)
{
	struct jf_slot_tx_kept *tx = &path->slots[index].tx;
	const struct jf_slot *from;

	if (tx->source == JF_CONTRACT_NONE)
		return;
	from = &path->slots[tx->source];
	jf_seq_write_begin(&tx->seq);
	tx->source = JF_CONTRACT_NONE;
	tx->packets += jf_rx_stats_packets(&from->rx.stats, &from->rx_rare.stats);
	tx->octets += jf_rx_stats_octets(&from->rx.stats, &from->rx_rare.stats);
	jf_seq_write_end(&tx->seq);
}

/* How audio of the source becomes the listener's: its payload type there, or the NONE value. */
static uint8_t prepare_transcoding(struct jf_path *path, uint32_t listener)
{
	const struct jf_party *to = &path->parties[listener];
	struct jf_party *from = &path->parties[to->source];
	struct jf_endpoint *source = &path->endpoints[to->source];
	int result =
	        jf_transcoders_need(path->transcoders, from->codec, to->codec, &from->transcoder);

	source->flags &= (uint16_t)~JF_ENDPOINT_TRANSCODE;
	if (from->codec == to->codec)
		return to->tx_audio_type;
	if (result || !jf_transcode_is_possible(from->codec, to->codec))
		return JF_PAYLOAD_TYPE_NONE;
	source->flags |= JF_ENDPOINT_TRANSCODE;
	return to->tx_audio_type;
}

/* Puts the way to the listener where its packets arrive. */
static void prepare_source(struct jf_path *path, uint32_t listener)
{
	const struct jf_party *to = &path->parties[listener];
	struct jf_endpoint *source = &path->endpoints[to->source];

	source->listener = listener;
	source->verdict = to->dialler ? JF_DROP_DIGIT : jf_path_way_verdict(path, listener);
	source->out_audio_type = prepare_transcoding(path, listener);
	source->out_event_type = to->tx_event_type;
	source->out_port = to->out_port;
	source->flags &= ~(JF_ENDPOINT_STATISTICS | JF_ENDPOINT_OUT_HOW);
	source->flags |= how_to(&path->endpoints[listener]);
	source->flags |=
	        (path->parties[to->source].services | to->services) & JF_ENDPOINT_STATISTICS;
	source->header = to->header;
	if (to->services & JF_ENDPOINT_STATISTICS && source->verdict == JF_VERDICT_RELAY)
		follow_source(path, listener, to->source);
	else
		unfollow_source(path, listener);
}

/* Takes the party's stream back from its source, which goes on without a listener. */
static void leave_source(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];

	if (party->hears == JF_HEARS_ENDPOINT) {
		struct jf_endpoint *source = &path->endpoints[party->source];

		party->continuity = source->continuity;
		source->listener = JF_CONTRACT_NONE;
		source->verdict = JF_DROP_NOT_JOINED;
		source->flags &= ~(JF_ENDPOINT_STATISTICS | JF_ENDPOINT_OUT_HOW);
		source->flags &= (uint16_t)~JF_ENDPOINT_TRANSCODE;
		source->flags |= path->parties[party->source].services & JF_ENDPOINT_STATISTICS;
		jf_transcoders_release(path->transcoders, &path->parties[party->source].transcoder);
		unfollow_source(path, index);
	} else if (party->hears == JF_HEARS_SOUND) {
		jf_path_wheel_remove(path, index);
		jf_path_list_end(path, &party->player);
	} else if (party->hears == JF_HEARS_MIX) {
		jf_path_mix_leave(path, index);
	}
	if (!party->dialler) /* else a press goes on through the change */
		jf_continuity_switch(&party->continuity);
	party->hears = JF_HEARS_NOTHING;
	party->play_done = false;
}

void jf_path_hear_nothing(struct jf_path *path, uint32_t index)
{
	leave_source(path, index);
	jf_path_publish(path, index);
}

int jf_path_can_hear(const struct jf_path *path, uint32_t index, uint32_t source)
{
	const struct jf_party *from = &path->parties[source];

	if (!jf_transcode_has_state(from->codec, path->parties[index].codec) || from->transcoder)
		return 0;
	return jf_transcoders_are_free(path->transcoders) ? 0 : -ENOSPC;
}

void jf_path_hear_endpoint(struct jf_path *path, uint32_t index, uint32_t source)
{
	struct jf_party *party = &path->parties[index];
	uint32_t before = path->endpoints[source].listener;

	if (before == index)
		return;
	if (before != JF_CONTRACT_NONE)
		jf_path_hear_nothing(path, before);
	leave_source(path, index);
	party->hears = JF_HEARS_ENDPOINT;
	party->source = source;
	path->endpoints[source].continuity = party->continuity;
	prepare_source(path, index);
	jf_path_publish(path, index);
}

int jf_path_hear_sounds(struct jf_path *path, uint32_t index, const struct jf_command_play *play)
{
	struct jf_party *party = &path->parties[index];
	struct jf_player list;
	int result = jf_path_list_begin(path, &list, play);

	if (result)
		return result;
	leave_source(path, index);
	party->hears = JF_HEARS_SOUND;
	party->player = list;
	party->play_id = play->play_id;
	jf_path_wheel_add(path, index, path->wheel_ms + 1);
	jf_path_publish(path, index);
	return 0;
}

void jf_path_played(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];

	leave_source(path, index);
	party->play_done = true;
	jf_path_publish(path, index);
	jf_path_emit(path, JF_EVENT_PLAYED, index, party->play_id, 0);
}

void jf_path_way_changed(struct jf_path *path, uint32_t index)
{
	uint32_t listener = path->endpoints[index].listener;

	if (path->parties[index].hears == JF_HEARS_ENDPOINT)
		prepare_source(path, index);
	if (listener != JF_CONTRACT_NONE)
		prepare_source(path, listener);
}

void jf_path_publish(struct jf_path *path, uint32_t index)
{
	const struct jf_party *party = &path->parties[index];
	const struct jf_endpoint *endpoint = &path->endpoints[index];
	const struct jf_ip remote = jf_path_remote(path, index);
	struct jf_slot *slot = &path->slots[index];
	struct jf_slot_identity *identity = &slot->identity;
	bool hears_endpoint = party->hears == JF_HEARS_ENDPOINT;

	jf_seq_write_begin(&identity->seq);
	identity->state = party->open ? JF_SLOT_OPEN : JF_SLOT_FREE;
	identity->side = party->side;
	identity->hears = party->hears;
	identity->codec = party->codec;
	identity->suite = path->keys ? path->keys[index].suite : JF_SRTP_NONE;
	identity->masked = (path->endpoints[index].flags & JF_ENDPOINT_MASK) != 0;
	identity->hears_index = hears_endpoint ? party->source : JF_CONTRACT_NONE;
	identity->hears_generation =
	        hears_endpoint ? path->slots[party->source].identity.generation : 0;
	identity->play_id = party->play_id;
	identity->mix_id = party->mix_id;
	identity->tap = endpoint->tap;
	identity->direction = party->direction;
	identity->latch = party->latch;
	identity->remote_family = remote.family;
	identity->rtp_port = __builtin_bswap16(endpoint->rtp_port_be);
	identity->rtcp_port = __builtin_bswap16(endpoint->rtcp_port_be);
	memcpy(identity->remote_ip, remote.bytes, sizeof(identity->remote_ip));
	identity->play_done = party->play_done;
	jf_seq_write_end(&identity->seq);
}
