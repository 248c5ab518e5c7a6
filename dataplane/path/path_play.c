// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sends sounds: one packet for each player that is due, in the party's codec and packet time, from
 * arrays that were encoded when the sound was loaded. A packet may hold the end of one sound and
 * the beginning of the next.
 *
 * Players stand in a wheel of lists, one for each millisecond, and come up when theirs has passed.
 * The next packet is due a packet's time after the last one was due, not after it was sent, so the
 * pace does not drift. After a stall of more than STALL_MS the packets of that time are left out,
 * as if the listener had lost them: a burst would only fill its jitter buffer.
 */
#include <errno.h>

#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "jf_time.h"
#include "path_priv.h"
#include "path_send_priv.h"

#define STALL_MS   60u
#define WAITED_MAX 100u /* packets: how long a list waits at its start for the way to open */
#define WHEEL_MASK (JF_WHEEL_SLOTS - 1)

void jf_path_wheel_add(struct jf_path *path, uint32_t index, uint32_t due_ms)
{
	struct jf_player *player = &path->parties[index].player;
	uint32_t *head = &path->wheel[due_ms & WHEEL_MASK];

	player->due_ms = due_ms;
	player->previous = JF_CONTRACT_NONE;
	player->next = *head;
	if (*head != JF_CONTRACT_NONE)
		path->parties[*head].player.previous = index;
	*head = index;
}

void jf_path_wheel_remove(struct jf_path *path, uint32_t index)
{
	struct jf_player *player = &path->parties[index].player;

	if (player->previous != JF_CONTRACT_NONE)
		path->parties[player->previous].player.next = player->next;
	else
		path->wheel[player->due_ms & WHEEL_MASK] = player->next;
	if (player->next != JF_CONTRACT_NONE)
		path->parties[player->next].player.previous = player->previous;
}

/* ---- The list ------------------------------------------------------------------------------ */

static uint16_t sound_id(const struct jf_path *path, const struct jf_player *player, uint32_t at)
{
	return at < JF_PLAYER_SOUNDS
	               ? player->sounds[at]
	               : path->long_lists[player->more - 1].sounds[at - JF_PLAYER_SOUNDS];
}

/* What is left of the present sound. There was one when PLAY came; where it was unloaded since, or
   another has its id, nothing is. */
static inline uint32_t sound_left(const struct jf_sound *sound, const struct jf_player *player)
{
	uint32_t octets = sound ? sound->packets * JF_SOUND_PACKET_SAMPLES : 0;

	return player->octet < octets ? octets - player->octet : 0;
}

int jf_path_list_begin(struct jf_path *path, struct jf_player *player,
                       const struct jf_command_play *play)
{
	struct jf_long_list *rest = NULL;
	uint16_t more = 0;

	if (play->sound_count > JF_PLAYER_SOUNDS) {
		more = path->long_lists_free;
		if (more == 0)
			return -ENOSPC;
		rest = &path->long_lists[more - 1];
		path->long_lists_free = rest->next;
	}
	*player = (struct jf_player){.count = play->sound_count,
	                             .loop_last = play->flags & JF_PLAY_LOOP_LAST,
	                             .more = more};
	for (uint32_t i = 0; i < play->sound_count; i++) {
		if (i < JF_PLAYER_SOUNDS)
			player->sounds[i] = play->sounds[i];
		else
			rest->sounds[i - JF_PLAYER_SOUNDS] = play->sounds[i];
	}
	return 0;
}

void jf_path_list_end(struct jf_path *path, struct jf_player *player)
{
	if (player->more == 0)
		return;
	path->long_lists[player->more - 1].next = path->long_lists_free;
	path->long_lists_free = player->more;
	player->more = 0;
}

/*
 * The next n octets of the list, in the party's codec; ret_octets NULL: they are left out. A list
 * that ends before is followed by silence. false: that was its end.
 */
static bool take(struct jf_path *path, struct jf_party *party, uint32_t n, uint8_t *ret_octets)
{
	struct jf_player *player = &party->player;
	bool goes_on = true;

	player->passed += n;
	while (n && goes_on) {
		const struct jf_sound *sound =
		        jf_sounds_get(path->sounds, sound_id(path, player, player->at));
		uint32_t left = sound_left(sound, player);
		uint32_t piece = n < left ? n : left;

		if (ret_octets && piece) {
			memcpy(ret_octets, jf_sound_payload(sound, party->codec) + player->octet,
			       piece);
			ret_octets += piece;
		}
		n -= piece;
		player->octet += piece;
		if (piece < left)
			break;
		player->octet = 0;
		if (player->at + 1u < player->count)
			player->at++;
		else
			goes_on = player->loop_last && sound;
	}
	if (n && ret_octets)
		memset(ret_octets, jf_sound_silence(party->codec), n);
	return goes_on;
}

/* ---- Packets ------------------------------------------------------------------------------- */

static uint32_t packet_octets(const struct jf_party *party)
{
	return (uint32_t)party->ptime_ms * (JF_RTP_CLOCK_HZ / 1000);
}

/* false: the list came to its end. */
static bool send_packet(struct jf_path *path, uint32_t index, struct rte_mbuf *mbuf)
{
	struct jf_party *party = &path->parties[index];
	struct jf_player *player = &party->player;
	const struct jf_rtp rtp = {
	        .ssrc = party->play_id,
	        .sequence = (uint16_t)player->sent,
	        .timestamp = player->passed,
	};
	uint32_t octets = packet_octets(party);
	struct jf_outgoing outgoing = jf_path_way(path, index);
	struct jf_rtp_out out;
	bool goes_on;

	/* A list's own numbers never go back, so map never finds them late. */
	if (!jf_continuity_map(&party->continuity, &rtp, jf_rtp_ts_of_ns(path->now_ns), &out)) {
		path->counters->invariants++;
		out = (struct jf_rtp_out){0};
	}
	outgoing.mbuf = mbuf;
	outgoing.udp = rte_pktmbuf_mtod(mbuf, uint8_t *);
	outgoing.length = (uint16_t)(JF_RTP_HEADER_SIZE + octets);
	outgoing.udp[0] = 0x80;
	jf_rtp_number(outgoing.udp, party->tx_audio_type, out.marker, &out);
	goes_on = take(path, party, octets, outgoing.udp + JF_RTP_HEADER_SIZE);
	jf_path_send_rtp(path, &outgoing);
	jf_slot_sent(&path->slots[index], (uint16_t)octets, true);
	path->counters->played++;
	player->sent++;
	return goes_on;
}

/* One packet's time of one player. false: the list came to its end. */
static bool play_packet(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];
	struct jf_player *player = &party->player;
	uint8_t verdict = jf_path_way_verdict(path, index);
	struct rte_mbuf *mbuf;

	if (party->dialler) /* a key press goes first */
		return take(path, party, packet_octets(party), NULL);
	if (verdict == JF_VERDICT_RELAY && !jf_codec_is_sound(party->codec))
		verdict = JF_DROP_NOT_DECODABLE;
	if (verdict != JF_VERDICT_RELAY) {
		if (player->passed == 0 && player->waited < WAITED_MAX) {
			player->waited++;
			return true;
		}
		jf_path_drop(path, NULL, index, verdict);
		return take(path, party, packet_octets(party), NULL);
	}
	mbuf = rte_pktmbuf_alloc(path->pool);
	if (unlikely(!mbuf)) {
		jf_path_drop(path, NULL, index, JF_DROP_NO_BUFFER);
		return take(path, party, packet_octets(party), NULL);
	}
	return send_packet(path, index, mbuf);
}

static inline bool is_before(uint32_t ms, uint32_t than)
{
	return (int32_t)(ms - than) < 0;
}

static void serve(struct jf_path *path, uint32_t index, uint32_t now_ms)
{
	struct jf_party *party = &path->parties[index];
	struct jf_player *player = &party->player;
	uint32_t due_ms = player->due_ms;
	bool goes_on = true;

	jf_path_wheel_remove(path, index);
	while (goes_on && is_before(due_ms + STALL_MS, now_ms)) {
		goes_on = player->passed == 0 || take(path, party, packet_octets(party), NULL);
		due_ms += party->ptime_ms;
	}
	while (goes_on && !is_before(now_ms, due_ms)) {
		goes_on = play_packet(path, index);
		due_ms += party->ptime_ms;
	}
	/* In the wheel again in either case: jf_path_played takes it out as any change does. */
	jf_path_wheel_add(path, index, due_ms);
	if (!goes_on)
		jf_path_played(path, index);
}

void jf_path_play(struct jf_path *path)
{
	uint32_t now_ms = (uint32_t)(path->now_ns / JF_NS_PER_MS);
	uint32_t ms = path->wheel_ms;

	if (!is_before(ms, now_ms))
		return;
	if (now_ms - ms > JF_WHEEL_SLOTS)
		ms = now_ms - JF_WHEEL_SLOTS;
	/* Served players go to a later slot, or past now_ms, so no list is walked twice in a turn.
	 */
	path->wheel_ms = now_ms;
	while (ms != now_ms) {
		uint32_t index = path->wheel[++ms & WHEEL_MASK];

		while (index != JF_CONTRACT_NONE) {
			uint32_t next = path->parties[index].player.next;

			if (!is_before(now_ms, path->parties[index].player.due_ms))
				serve(path, index, now_ms);
			index = next;
		}
	}
}
