// SPDX-License-Identifier: BSD-3-Clause
/* Where the party is, what it speaks, and the way there. */
#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>

#include "command_priv.h"

#define NEIGHBOURS_A_POLL 16u
#define KEYFRAMES_ALL     (JF_KEYFRAME_PLI | JF_KEYFRAME_FIR | JF_KEYFRAME_INFO)
#define CLOCK_HZ_MAX      1000000u

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
		jf_path_ask_neighbour(path, index);
	}
}

static bool is_packet_time(uint8_t ms)
{
	return ms == 10 || ms == 20 || ms == 30 || ms == 40 || ms == 60;
}

static bool is_type(uint8_t type)
{
	return type < 128;
}

static bool is_type_or_none(uint8_t type)
{
	return type < 128 || type == JF_PAYLOAD_TYPE_NONE;
}

static int check_types(const struct jf_command_remote *remote)
{
	if (!is_type(remote->rx_audio_type) || !is_type(remote->tx_audio_type) ||
	    !is_type_or_none(remote->rx_event_type) || !is_type_or_none(remote->tx_event_type) ||
	    remote->rx_event_type == remote->rx_audio_type ||
	    remote->tx_event_type == remote->tx_audio_type || remote->keyframes > KEYFRAMES_ALL ||
	    remote->rx_digits > JF_DIGITS_INBAND || remote->tx_digits > JF_DIGITS_INBAND)
		return -EINVAL;
	return 0;
}

/* ret_ip: of family 0 where there is no remote. */
static int check_remote(const struct jf_path *path, const struct jf_command *command,
                        struct jf_ip *ret_ip)
{
	const struct jf_command_remote *remote = &command->remote;
	struct jf_ip ip = {0};

	if (remote->family != jf_path_family(path, command->endpoint.index) ||
	    remote->direction & ~(JF_DIRECTION_SEND | JF_DIRECTION_RECV) ||
	    remote->latch > JF_LATCH_LEARN)
		return -EINVAL;
	if (remote->codec != JF_CODEC_OTHER &&
	    (!jf_codec_is_sound(remote->codec) || remote->clock_hz != JF_RTP_CLOCK_HZ))
		return -EINVAL;
	if (remote->clock_hz == 0 || remote->clock_hz > CLOCK_HZ_MAX)
		return -EINVAL;
	if (remote->rtp_port) {
		ip = jf_ip_of(remote->family, remote->ip);
		if (check_types(remote) || !jf_ip_is_host(&ip) || !is_packet_time(remote->ptime_ms))
			return -EINVAL;
	}
	*ret_ip = ip;
	return 0;
}

/* Where it is: as told, unless it was learned in this negotiation. */
static void place(struct jf_path *path, const struct jf_command *command, const struct jf_ip *ip)
{
	const struct jf_command_remote *remote = &command->remote;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	const struct jf_ip before = jf_path_remote(path, index);
	uint16_t port_be = rte_cpu_to_be_16(remote->rtp_port);
	bool learns = remote->latch == JF_LATCH_LEARN && ip->family;

	if (learns && party->latch == JF_LATCH_LOCKED && party->negotiation == remote->negotiation)
		return;
	party->negotiation = remote->negotiation;
	party->latch = learns ? JF_LATCH_WAITING : JF_LATCH_NONE;
	party->rtcp_learns = learns;
	endpoint->flags &= ~JF_ENDPOINT_LEARN;
	endpoint->flags |= learns ? JF_ENDPOINT_LEARN : 0;
	if (!jf_ip_equal(&before, ip) || port_be != endpoint->rtp_port_be)
		jf_path_set_remote(path, index, ip, port_be);
	jf_path_set_rtcp_port(path, index, ip->family ? rte_cpu_to_be_16(remote->rtcp_port) : 0);
}

/* What it speaks. */
static void speak(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_remote *remote = &command->remote;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	struct jf_slot *slot = &path->slots[index];
	bool is_sound = jf_codec_is_sound(remote->codec);

	if (party->codec != remote->codec) /* G.722 is metered as mu-law */
		jf_track_resync(&slot->rx.track,
		                remote->codec == JF_CODEC_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU);
	if (slot->rx_rare.clock_hz != remote->clock_hz) {
		jf_seq_write_begin(&slot->rx.seq);
		slot->rx_rare.clock_hz = remote->clock_hz;
		slot->rx.stats.transit_known = false;
		slot->rx.stats.jitter_ts_q4 = 0;
		jf_seq_write_end(&slot->rx.seq);
		jf_path_continuity(path, index)->at_high = jf_path_now_ts(path, index);
	}
	party->codec = remote->codec;
	slot->rx.track.codec = remote->codec;
	party->tx_audio_type = remote->tx_audio_type;
	party->tx_event_type = remote->tx_event_type;
	party->keyframes = remote->keyframes & KEYFRAMES_ALL;
	party->ptime_ms = remote->ptime_ms;
	party->rx_digits = remote->rx_digits;
	party->tx_digits = remote->tx_digits;
	endpoint->rx_audio_type = remote->rx_audio_type;
	endpoint->rx_event_type = remote->rx_event_type;
	endpoint->flags &= ~(JF_ENDPOINT_PCMA | JF_ENDPOINT_CLOCK | JF_ENDPOINT_ENERGY);
	endpoint->flags |= remote->codec == JF_CODEC_PCMA ? JF_ENDPOINT_PCMA : 0;
	endpoint->flags |= remote->clock_hz != JF_RTP_CLOCK_HZ ? JF_ENDPOINT_CLOCK : 0;
	endpoint->flags |= is_sound ? party->services & JF_ENDPOINT_ENERGY : 0;
	/* without one its energy is not known, which is no reason to refuse the call */
	if (endpoint->flags & JF_ENDPOINT_ENERGY)
		jf_transcoders_need(path->transcoders, party->codec, JF_CODEC_PCMU, &party->meter);
}

int jf_command_remote(struct jf_path *path, const struct jf_command *command)
{
	uint32_t index = command->endpoint.index;
	struct jf_ip ip;
	int result = check_remote(path, command, &ip);

	if (result)
		return result;
	path->parties[index].direction = command->remote.direction;
	speak(path, command);
	place(path, command, &ip);
	result = jf_path_digits_set(path, index, path->endpoints[index].flags & JF_ENDPOINT_MASK);
	jf_command_tap_flow(path, index);
	jf_path_way_changed(path, index);
	jf_path_publish(path, index);
	return result;
}
