// SPDX-License-Identifier: BSD-3-Clause
#include "jf_command.h"

#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>

#define NEIGHBOURS_A_POLL 16u

/* ---- Which endpoint ----------------------------------------------------------------------- */

/* Later in the order in which control hands generations out, which wraps. */
static bool is_newer(uint32_t generation, uint32_t than)
{
	return (int32_t)(generation - than) > 0;
}

static bool is_mine(const struct jf_path *path, uint32_t index)
{
	return index < path->contract->n_endpoints &&
	       jf_contract_worker_of(path->contract, index) == path->worker;
}

/* 0 if the reference is to an endpoint that is open now. */
static int find_open(const struct jf_path *path, const struct jf_endpoint_ref *ref)
{
	uint32_t known;

	if (!is_mine(path, ref->index) || ref->generation == 0)
		return -EINVAL;
	known = path->endpoints[ref->index].generation;
	if (ref->generation == known)
		return path->parties[ref->index].open ? 0 : -ESTALE;
	return known && !is_newer(ref->generation, known) ? -ESTALE : -ENOENT;
}

/* ---- The way to the remote ---------------------------------------------------------------- */

static void ask_neighbour(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];
	uint32_t ip_be = path->endpoints[index].remote_ip_be;
	struct jf_neigh_request request = {
	        .endpoint = index,
	        .generation = path->endpoints[index].generation,
	        .port = party->port,
	};

	if (ip_be)
		request.remote = jf_ip_of(4, (const uint8_t *)&ip_be);

	if (party->wants_neighbour || jf_neigh_ask(path->neigh, path->worker, &request) == 0)
		return;
	party->wants_neighbour = true;
	party->asking_next = path->asking;
	path->asking = index;
}

void jf_command_neighbours(struct jf_path *path)
{
	struct jf_neigh_answer answers[NEIGHBOURS_A_POLL];
	uint32_t n = jf_neigh_take(path->neigh, path->worker, answers, NEIGHBOURS_A_POLL);
	uint32_t waiting = path->asking;

	for (uint32_t i = 0; i < n; i++)
		if (is_mine(path, answers[i].endpoint))
			jf_path_set_neighbour(path, &answers[i]);
	path->asking = JF_CONTRACT_NONE;
	for (uint32_t tries = 0; waiting != JF_CONTRACT_NONE; tries++) {
		uint32_t index = waiting;

		if (tries == NEIGHBOURS_A_POLL) {
			/* the rest stays as it is, before those that came back */
			uint32_t last = waiting;

			while (path->parties[last].asking_next != JF_CONTRACT_NONE)
				last = path->parties[last].asking_next;
			path->parties[last].asking_next = path->asking;
			path->asking = waiting;
			return;
		}
		waiting = path->parties[index].asking_next;
		path->parties[index].wants_neighbour = false;
		ask_neighbour(path, index);
	}
}

static bool is_unicast(const uint8_t ip[4])
{
	return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

static int check_remote(const struct jf_command_remote *remote)
{
	if (remote->family == 6)
		return -ENOTSUP;
	if (remote->family != 4 || remote->direction & ~(JF_DIRECTION_SEND | JF_DIRECTION_RECV))
		return -EINVAL;
	if (remote->codec != JF_LAW_PCMU && remote->codec != JF_LAW_PCMA)
		return -EINVAL;
	if (remote->rtp_port == 0)
		return 0;
	if (!is_unicast(remote->ip) || remote->rx_audio_type > 127 || remote->tx_audio_type > 127)
		return -EINVAL;
	if (remote->rx_event_type > 127 && remote->rx_event_type != JF_PAYLOAD_TYPE_NONE)
		return -EINVAL;
	if (remote->tx_event_type > 127 && remote->tx_event_type != JF_PAYLOAD_TYPE_NONE)
		return -EINVAL;
	if (remote->rx_event_type == remote->rx_audio_type ||
	    remote->tx_event_type == remote->tx_audio_type)
		return -EINVAL;
	return remote->ptime_ms == 20 ? 0 : -ENOTSUP;
}

static int do_remote(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_remote *remote = &command->remote;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	uint16_t rtp_port_be = rte_cpu_to_be_16(remote->rtp_port);
	uint32_t ip_be;
	bool moved;
	int result = find_open(path, &command->endpoint);

	if (result == 0)
		result = check_remote(remote);
	if (result)
		return result;
	memcpy(&ip_be, remote->ip, sizeof(ip_be));
	if (remote->rtp_port == 0)
		ip_be = 0;
	moved = ip_be != endpoint->remote_ip_be || rtp_port_be != endpoint->rtp_port_be;
	party->direction = remote->direction;
	if (party->law != remote->codec)
		jf_track_resync(&party->track, remote->codec);
	party->law = remote->codec;
	party->tx_audio_type = remote->tx_audio_type;
	party->tx_event_type = remote->tx_event_type;
	endpoint->rx_audio_type = remote->rx_audio_type;
	endpoint->rx_event_type = remote->rx_event_type;
	endpoint->remote_ip_be = ip_be;
	endpoint->rtp_port_be = rtp_port_be;
	endpoint->rtcp_port_be = ip_be ? rte_cpu_to_be_16(remote->rtcp_port) : 0;
	endpoint->flags &= ~(JF_ENDPOINT_REMOTE | JF_ENDPOINT_PCMA);
	endpoint->flags |= ip_be ? JF_ENDPOINT_REMOTE : 0;
	endpoint->flags |= remote->codec == JF_LAW_PCMA ? JF_ENDPOINT_PCMA : 0;
	if (moved) {
		jf_path_set_remote(path, index, ip_be, rtp_port_be);
		ask_neighbour(path, index);
	}
	jf_path_way_changed(path, index);
	jf_path_publish(path, index);
	return 0;
}

/* ---- Being there -------------------------------------------------------------------------- */

static void close_endpoint(struct jf_path *path, uint32_t index)
{
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];

	if (endpoint->listener != JF_CONTRACT_NONE)
		jf_path_hear_nothing(path, endpoint->listener);
	jf_path_hear_nothing(path, index);
	endpoint->remote_ip_be = 0;
	endpoint->rtp_port_be = endpoint->rtcp_port_be = 0;
	endpoint->flags = 0;
	ask_neighbour(path, index); /* remote 0: forget it */
	party->tap.index = JF_CONTRACT_NONE;
	party->open = false;
	jf_path_publish(path, index);
	path->counters->endpoints_open--;
}

static void reset_slot(struct jf_slot *slot)
{
	jf_seq_write_begin(&slot->rx.seq);
	memset((uint8_t *)&slot->rx + sizeof(jf_seq), 0, sizeof(slot->rx) - sizeof(jf_seq));
	jf_seq_write_end(&slot->rx.seq);
	jf_seq_write_begin(&slot->tx.seq);
	memset((uint8_t *)&slot->tx + sizeof(jf_seq), 0, sizeof(slot->tx) - sizeof(jf_seq));
	jf_seq_write_end(&slot->tx.seq);
	jf_seq_write_begin(&slot->track.seq);
	memset((uint8_t *)&slot->track + sizeof(jf_seq), 0, sizeof(slot->track) - sizeof(jf_seq));
	jf_seq_write_end(&slot->track.seq);
	jf_seq_write_begin(&slot->digits.seq);
	memset((uint8_t *)&slot->digits + sizeof(jf_seq), 0, sizeof(slot->digits) - sizeof(jf_seq));
	jf_seq_write_end(&slot->digits.seq);
	memset(slot->drops, 0, sizeof(slot->drops));
}

static void open_endpoint(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_open *open = &command->open;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	bool wants_neighbour = party->wants_neighbour;
	uint32_t asking_next = party->asking_next;

	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->generation = command->endpoint.generation;
	endpoint->listener = JF_CONTRACT_NONE;
	endpoint->verdict = JF_DROP_NOT_JOINED;
	endpoint->flags = (open->without & JF_SERVICE_STATISTICS ? 0 : JF_ENDPOINT_STATISTICS) |
	                  (open->without & JF_SERVICE_ENERGY ? 0 : JF_ENDPOINT_ENERGY);
	memset(party, 0, sizeof(*party));
	party->wants_neighbour = wants_neighbour; /* it stands in path->asking all the same */
	party->asking_next = asking_next;
	party->call = open->call;
	party->open = true;
	party->side = open->side;
	party->port = path->port_of_address[index / path->endpoints_per_address];
	party->tap.index = JF_CONTRACT_NONE;
	party->opened_ns = path->now_ns;
	jf_continuity_init(&party->continuity, jf_path_random(path),
	                   (uint16_t)(jf_path_random(path) & 0x7fff), jf_path_random(path));
	reset_slot(&path->slots[index]);
	jf_track_init(&party->track, jf_contract_track(path->contract, index),
	              path->contract->header->shape.track_frames, JF_LAW_PCMU);
	jf_path_publish(path, index);
	path->counters->endpoints_open++;
}

static int do_open(struct jf_path *path, const struct jf_command *command)
{
	uint32_t index = command->endpoint.index, generation = command->endpoint.generation;
	const struct jf_command_open *open = &command->open;
	const struct jf_party *party;
	uint32_t known;

	if (!is_mine(path, index) || generation == 0 || open->side > JF_SIDE_AGENT ||
	    open->without & ~(JF_SERVICE_STATISTICS | JF_SERVICE_ENERGY))
		return -EINVAL;
	party = &path->parties[index];
	known = path->endpoints[index].generation;
	if (generation == known && party->open)
		return party->side == open->side && jf_call_id_equal(&party->call, &open->call)
		               ? 0
		               : -EINVAL;
	if (known && !is_newer(generation, known))
		return -ESTALE;
	if (party->open) /* control has lost track of it */
		close_endpoint(path, index);
	open_endpoint(path, command);
	return 0;
}

static int do_close(struct jf_path *path, const struct jf_command *command)
{
	int result = find_open(path, &command->endpoint);

	if (result == 0)
		close_endpoint(path, command->endpoint.index);
	else if (result == -ENOENT ||
	         (result == -ESTALE && command->endpoint.generation ==
	                                       path->endpoints[command->endpoint.index].generation))
		result = 0; /* it is closed */
	return result;
}

/* ---- What it hears, and where what arrives goes --------------------------------------------- */

static int do_join(struct jf_path *path, const struct jf_command *command)
{
	int result = find_open(path, &command->endpoint);

	if (result == 0)
		result = find_open(path, &command->join.source);
	if (result == 0)
		jf_path_hear_endpoint(path, command->endpoint.index, command->join.source.index);
	return result;
}

static int do_play(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_play *play = &command->play;
	uint32_t index = command->endpoint.index;
	struct jf_party *party;
	struct jf_player list = {.count = play->sound_count,
	                         .loop_last = play->flags & JF_PLAY_LOOP_LAST};
	int result = find_open(path, &command->endpoint);

	if (result)
		return result;
	if (play->sound_count > JF_CONTRACT_PLAYLIST_MAX || play->flags & ~JF_PLAY_LOOP_LAST)
		return -EINVAL;
	for (uint32_t i = 0; i < list.count; i++) {
		list.sounds[i] = jf_sounds_get(path->sounds, play->sounds[i]);
		if (!list.sounds[i])
			return -ENOENT;
	}
	party = &path->parties[index];
	if (party->play_id == play->play_id && (party->hears == JF_HEARS_SOUND || party->play_done))
		return 0;
	party->play_id = play->play_id;
	if (list.count)
		jf_path_hear_sounds(path, index, &list);
	else
		jf_path_hear_nothing(path, index);
	return 0;
}

static int do_tap(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_tap *tap = &command->tap;
	uint32_t index = command->endpoint.index;
	int result = find_open(path, &command->endpoint);

	if (result)
		return result;
	if (tap->side > JF_SIDE_AGENT)
		return -EINVAL;
	if (tap->recording.index == JF_CONTRACT_NONE) {
		path->endpoints[index].flags &= ~JF_ENDPOINT_TAP;
	} else if (jf_tap_is_open(path->tap, tap->recording)) {
		path->endpoints[index].flags |= JF_ENDPOINT_TAP;
	} else {
		return -ENOENT;
	}
	path->parties[index].tap = tap->recording;
	path->parties[index].tap_side = tap->side;
	jf_path_publish(path, index);
	return 0;
}

int jf_command_execute(struct jf_path *path, const struct jf_command *command)
{
	switch (command->type) {
	case JF_COMMAND_OPEN:
		return do_open(path, command);
	case JF_COMMAND_REMOTE:
		return do_remote(path, command);
	case JF_COMMAND_JOIN:
		return do_join(path, command);
	case JF_COMMAND_PLAY:
		return do_play(path, command);
	case JF_COMMAND_TAP:
		return do_tap(path, command);
	case JF_COMMAND_RECORD:
		return jf_tap_record(path->tap, &command->record, path->now_ns);
	case JF_COMMAND_RECORD_END:
		return jf_tap_record_end(path->tap, command->record_end.recording, path->now_ns);
	case JF_COMMAND_CLOSE:
		return do_close(path, command);
	default:
		return -EINVAL; /* SOUND is for the service thread */
	}
}

uint32_t jf_command_poll(struct jf_path *path, uint32_t most)
{
	struct jf_command command;
	uint32_t n = 0;

	while (n < most && jf_contract_take_command(path->contract, path->worker, &command) == 0) {
		const struct jf_answer answer = {
		        .request = command.request,
		        .type = command.type,
		        .endpoint = command.endpoint,
		        .result = jf_command_execute(path, &command),
		};

		/* Control posts no more than there is room for answers. */
		if (jf_contract_answer(path->contract, path->worker, &answer))
			path->counters->invariants++;
		n++;
	}
	return n;
}
