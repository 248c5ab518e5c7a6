// SPDX-License-Identifier: BSD-3-Clause
/* Where the party is, what it speaks, and the way there. */
#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>

#include "command_priv.h"

#define NEIGHBOURS_A_POLL 16u

void jf_command_ask_neighbour(struct jf_path *path, uint32_t index)
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
		if (jf_command_is_mine(path, answers[i].endpoint))
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
		jf_command_ask_neighbour(path, index);
	}
}

static bool is_unicast(const uint8_t ip[4])
{
	return ip[0] != 0 && ip[0] != 127 && ip[0] < 224;
}

static bool is_packet_time(uint8_t ms)
{
	return ms == 10 || ms == 20 || ms == 30 || ms == 40 || ms == 60;
}

static int check_remote(const struct jf_command_remote *remote)
{
	if (remote->family == 6)
		return -ENOTSUP;
	if (remote->family != 4 || remote->direction & ~(JF_DIRECTION_SEND | JF_DIRECTION_RECV))
		return -EINVAL;
	if (!jf_codec_is_sound(remote->codec))
		return -EINVAL;
	if (remote->rtp_port == 0)
		return 0;
	if (!is_unicast(remote->ip) || remote->rx_audio_type > 127 || remote->tx_audio_type > 127)
		return -EINVAL;
	if (remote->rx_event_type > 127 && remote->rx_event_type != JF_PAYLOAD_TYPE_NONE)
		return -EINVAL;
	if (remote->tx_event_type > 127 && remote->tx_event_type != JF_PAYLOAD_TYPE_NONE)
		return -EINVAL;
	if (remote->rx_digits > JF_DIGITS_INBAND || remote->tx_digits > JF_DIGITS_INBAND)
		return -EINVAL;
	if (remote->rx_event_type == remote->rx_audio_type ||
	    remote->tx_event_type == remote->tx_audio_type)
		return -EINVAL;
	return is_packet_time(remote->ptime_ms) ? 0 : -EINVAL;
}

int jf_command_remote(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_remote *remote = &command->remote;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	uint16_t rtp_port_be = rte_cpu_to_be_16(remote->rtp_port);
	uint32_t ip_be;
	bool moved;
	int result = check_remote(remote);

	if (result)
		return result;
	memcpy(&ip_be, remote->ip, sizeof(ip_be));
	if (remote->rtp_port == 0)
		ip_be = 0;
	moved = ip_be != endpoint->remote_ip_be || rtp_port_be != endpoint->rtp_port_be;
	party->direction = remote->direction;
	if (party->codec != remote->codec)
		jf_track_resync(&path->slots[index].track.state, remote->codec);
	party->codec = remote->codec;
	path->slots[index].track.codec = remote->codec;
	/* without one its energy is not known, which is no reason to refuse the call */
	if (endpoint->flags & JF_ENDPOINT_ENERGY)
		jf_transcoders_need(path->transcoders, party->codec, JF_CODEC_PCMU, &party->meter);
	party->tx_audio_type = remote->tx_audio_type;
	party->tx_event_type = remote->tx_event_type;
	party->ptime_ms = remote->ptime_ms;
	party->rx_digits = remote->rx_digits;
	party->tx_digits = remote->tx_digits;
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
		jf_command_ask_neighbour(path, index);
	}
	if (endpoint->rtcp_port_be)
		jf_path_round_enter(path, index);
	else
		jf_path_round_leave(path, index);
	result = jf_path_digits_set(path, index, endpoint->flags & JF_ENDPOINT_MASK);
	jf_command_tap_flow(path, index);
	jf_path_way_changed(path, index);
	jf_path_publish(path, index);
	return result;
}
