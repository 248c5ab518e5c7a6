// SPDX-License-Identifier: BSD-3-Clause
/* An endpoint's beginning and end. */
#include <errno.h>
#include <string.h>

#include "command_priv.h"

static void close_endpoint(struct jf_path *path, uint32_t index)
{
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];

	if (endpoint->listener != JF_CONTRACT_NONE)
		jf_path_hear_nothing(path, endpoint->listener);
	jf_path_hear_nothing(path, index);
	jf_path_mix_close(path, index);
	jf_transcoders_release(path->transcoders, &party->meter);
	jf_path_digits_close(path, index);
	endpoint->remote_ip_be = 0;
	endpoint->rtp_port_be = endpoint->rtcp_port_be = 0;
	endpoint->flags = 0;
	jf_command_forget_keys(path, index);
	jf_path_round_leave(path, index);
	jf_path_ask_neighbour(path, index); /* there is none: forget it */
	endpoint->tap.index = JF_CONTRACT_NONE;
	party->open = false;
	jf_path_publish(path, index);
	path->counters->endpoints_open--;
}

/* Clears what stands behind a group's sequence counter. */
#define CLEAR(group)                                                                               \
	do {                                                                                       \
		jf_seq_write_begin(&(group)->seq);                                                 \
		memset((uint8_t *)(group) + sizeof(jf_seq), 0, sizeof(*(group)) - sizeof(jf_seq)); \
		jf_seq_write_end(&(group)->seq);                                                   \
	} while (0)

static void reset_slot(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_open *open = &command->open;
	uint32_t index = command->endpoint.index, generation = command->endpoint.generation;
	struct jf_slot *slot = &path->slots[index];

	jf_seq_write_begin(&slot->rx.seq);
	memset((uint8_t *)&slot->rx + sizeof(jf_seq), 0, sizeof(slot->rx) - sizeof(jf_seq));
	memset(&slot->rx_rare, 0, sizeof(slot->rx_rare));
	slot->rx_rare.clock_hz = JF_RTP_CLOCK_HZ;
	jf_track_init(&slot->rx.track, &slot->rx_rare.track, path->track_frames, JF_LAW_PCMU);
	jf_seq_write_end(&slot->rx.seq);
	CLEAR(&slot->tx);
	slot->tx.source = JF_CONTRACT_NONE;
	slot->tx.ssrc = path->parties[index].continuity.ssrc_out;
	CLEAR(&slot->rtcp);
	CLEAR(&slot->digits);
	memset(slot->drops, 0, sizeof(slot->drops));
	memset(&slot->mix, 0, sizeof(slot->mix));
	CLEAR(&slot->identity);
	slot->identity.generation = generation;
	slot->identity.call = open->call;
	slot->identity.opened_ns = path->now_ns;
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
	endpoint->listener = endpoint->tap.index = JF_CONTRACT_NONE;
	endpoint->verdict = JF_DROP_NOT_JOINED;
	endpoint->flags = (open->without & JF_SERVICE_STATISTICS ? 0 : JF_ENDPOINT_STATISTICS) |
	                  (open->without & JF_SERVICE_ENERGY ? 0 : JF_ENDPOINT_ENERGY);
	memset(party, 0, sizeof(*party));
	party->wants_neighbour = wants_neighbour; /* it stands in path->asking all the same */
	party->asking_next = asking_next;
	party->open = true;
	party->side = open->side;
	party->services = (uint8_t)endpoint->flags;
	party->port = path->port_of_address[index / path->endpoints_per_address];
	party->ptime_ms = 20;
	jf_continuity_init(&party->continuity, jf_path_random(path),
	                   (uint16_t)(jf_path_random(path) & 0x7fff), jf_path_random(path));
	reset_slot(path, command);
	jf_path_publish(path, index);
	path->counters->endpoints_open++;
}

int jf_command_open(struct jf_path *path, const struct jf_command *command)
{
	uint32_t index = command->endpoint.index, generation = command->endpoint.generation;
	const struct jf_command_open *open = &command->open;
	const struct jf_party *party;
	uint32_t known;

	if (!jf_command_is_mine(path, index) || generation == 0 || open->side > JF_SIDE_AGENT ||
	    open->without & ~(JF_SERVICE_STATISTICS | JF_SERVICE_ENERGY))
		return -EINVAL;
	party = &path->parties[index];
	known = path->slots[index].identity.generation;
	if (generation == known && party->open)
		return party->side == open->side &&
		                       jf_call_id_equal(&path->slots[index].identity.call,
		                                        &open->call)
		               ? 0
		               : -EINVAL;
	if (known && !jf_command_is_newer(generation, known))
		return -ESTALE;
	if (party->open) /* control has lost track of it */
		close_endpoint(path, index);
	open_endpoint(path, command);
	return 0;
}

int jf_command_close(struct jf_path *path, const struct jf_command *command)
{
	int result = jf_command_find_open(path, &command->endpoint);

	if (result == 0)
		close_endpoint(path, command->endpoint.index);
	else if (result == -ENOENT ||
	         (result == -ESTALE &&
	          command->endpoint.generation ==
	                  path->slots[command->endpoint.index].identity.generation))
		result = 0; /* it is closed */
	return result;
}
