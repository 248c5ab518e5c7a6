// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sends sounds: one packet of 20 ms for each player that is due, from arrays that were encoded when
 * the sound was loaded.
 *
 * Players stand in a wheel of lists, one for each millisecond, and come up when theirs has passed.
 * The next packet is due 20 ms after the last one was due, not after it was sent, so the pace does
 * not drift. After a stall of more than STALL_MS the packets of that time are left out, as if the
 * listener had lost them: a burst would only fill its jitter buffer.
 */
#include "jf_path.h"
#include "jf_rtp_worker.h"
#include "jf_time.h"
#include "path_priv.h"
#include "path_send_priv.h"

#define PACKET_MS  20u
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

/* There is one: PLAY saw to it, and sounds stay. */
static inline const struct jf_sound *sound_of(const struct jf_path *path,
                                              const struct jf_player *player)
{
	return jf_sounds_get(path->sounds, player->sounds[player->at]);
}

static inline enum jf_law law_of(const struct jf_party *party)
{
	return party->codec == JF_CODEC_PCMA ? JF_LAW_PCMA : JF_LAW_PCMU;
}

/* The next packet of the list. false: there is none. */
static bool advance(const struct jf_path *path, struct jf_player *player)
{
	player->passed++;
	if (++player->packet < sound_of(path, player)->packets)
		return true;
	player->packet = 0;
	if (player->at + 1u < player->count) {
		player->at++;
		return true;
	}
	return player->loop_last;
}

static void send_packet(struct jf_path *path, uint32_t index, struct rte_mbuf *mbuf)
{
	struct jf_party *party = &path->parties[index];
	struct jf_player *player = &party->player;
	const uint8_t *payload = jf_sound_payload(sound_of(path, player), law_of(party)) +
	                         player->packet * JF_SOUND_PACKET_SAMPLES;
	const struct jf_rtp rtp = {
	        .ssrc = party->play_id,
	        .sequence = (uint16_t)player->sent,
	        .timestamp = player->passed * JF_SOUND_PACKET_SAMPLES,
	};
	uint16_t length = JF_RTP_HEADER_SIZE + JF_SOUND_PACKET_SAMPLES;
	struct jf_outgoing outgoing = jf_path_way(path, index);
	struct jf_rtp_out out;

	/* A list's own numbers never go back, so map never finds them late. */
	if (!jf_continuity_map(&party->continuity, &rtp, jf_rtp_ts_of_ns(path->now_ns), &out)) {
		path->counters->invariants++;
		out = (struct jf_rtp_out){0};
	}
	outgoing.mbuf = mbuf;
	outgoing.udp = rte_pktmbuf_mtod(mbuf, uint8_t *);
	outgoing.length = length;
	outgoing.udp[0] = 0x80;
	jf_rtp_number(outgoing.udp, party->tx_audio_type, out.marker, &out);
	memcpy(outgoing.udp + JF_RTP_HEADER_SIZE, payload, JF_SOUND_PACKET_SAMPLES);
	jf_path_send_rtp(path, &outgoing);
	jf_slot_sent(&path->slots[index], JF_SOUND_PACKET_SAMPLES, true);
	path->counters->played++;
	player->sent++;
}

/* One packet's time of one player. false: the list came to its end. */
static bool play_packet(struct jf_path *path, uint32_t index)
{
	struct jf_player *player = &path->parties[index].player;
	uint8_t verdict = jf_path_way_verdict(path, index);
	struct rte_mbuf *mbuf;

	if (verdict != JF_VERDICT_RELAY) {
		if (player->passed == 0 && player->waited < WAITED_MAX) {
			player->waited++;
			return true;
		}
		path->counters->drops[verdict]++;
		jf_slot_drop(&path->slots[index], verdict);
		return advance(path, player);
	}
	mbuf = rte_pktmbuf_alloc(path->pool);
	if (unlikely(!mbuf)) {
		path->counters->drops[JF_DROP_NO_BUFFER]++;
		jf_slot_drop(&path->slots[index], JF_DROP_NO_BUFFER);
		return advance(path, player);
	}
	send_packet(path, index, mbuf);
	return advance(path, player);
}

static inline bool is_before(uint32_t ms, uint32_t than)
{
	return (int32_t)(ms - than) < 0;
}

static void serve(struct jf_path *path, uint32_t index, uint32_t now_ms)
{
	struct jf_player *player = &path->parties[index].player;
	uint32_t due_ms = player->due_ms;
	bool goes_on = true;

	jf_path_wheel_remove(path, index);
	while (goes_on && is_before(due_ms + STALL_MS, now_ms)) {
		goes_on = player->passed == 0 || advance(path, player);
		due_ms += PACKET_MS;
	}
	while (goes_on && !is_before(now_ms, due_ms)) {
		goes_on = play_packet(path, index);
		due_ms += PACKET_MS;
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
