// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: verified RTP packets. Leaves: the same, without malformed telephone-events (RFC 4733) and
 * without those that the listener gets as tones.
 *
 * Each key press goes to the endpoint's slot once, with a hint to control; its duration grows there
 * as long as packets say so. A listener that takes presses in the form in which they come gets the
 * packets themselves; for one that takes them in the other form its dialler is told.
 *
 * Touches nothing of parties that send events but their party; of those with an ear two lines of
 * it.
 */
#include <errno.h>
#include <stdlib.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "jf_time.h"
#include "path_digits_priv.h"
#include "path_priv.h"

#define AHEAD      8u   /* packets whose ears are fetched */
#define SAME_MS    400u /* an event and a tone of one key within this are one press */
#define OCTETS_MAX 480u /* of G.722, decoded at a time */

/* ---- A press ------------------------------------------------------------------------------ */

static void keep_press(struct jf_path *path, uint32_t index, uint8_t event, uint32_t duration_ts)
{
	struct jf_slot *slot = &path->slots[index];
	struct jf_slot_presses *digits = &slot->digits;
	uint32_t number = digits->count;

	jf_seq_write_begin(&digits->seq);
	digits->kept[number % JF_CONTRACT_DIGITS_KEPT] = (struct jf_slot_press){
	        .event = event,
	        .masked = (path->endpoints[index].flags & JF_ENDPOINT_MASK) != 0,
	        .duration_ts = (uint16_t)RTE_MIN(duration_ts, (uint32_t)UINT16_MAX),
	        .at_ms = (uint32_t)((path->now_ns - slot->identity.opened_ns) / JF_NS_PER_MS),
	};
	digits->count = number + 1;
	jf_seq_write_end(&digits->seq);
	jf_path_emit(path, JF_EVENT_DIGIT, index, event, number);
}

static void keep_duration(struct jf_path *path, uint32_t index, uint32_t duration_ts)
{
	struct jf_slot_presses *digits = &path->slots[index].digits;

	if (digits->count == 0)
		return;
	jf_seq_write_begin(&digits->seq);
	digits->kept[(digits->count - 1) % JF_CONTRACT_DIGITS_KEPT].duration_ts =
	        (uint16_t)RTE_MIN(duration_ts, (uint32_t)UINT16_MAX);
	jf_seq_write_end(&digits->seq);
}

/* Who hears the party's presses in another form than this, in which they come; or nobody. */
static uint32_t other_form(const struct jf_path *path, uint32_t index, enum jf_digit_form form)
{
	const struct jf_endpoint *endpoint = &path->endpoints[index];
	uint8_t takes;

	if (endpoint->listener == JF_CONTRACT_NONE || endpoint->flags & JF_ENDPOINT_MASK)
		return JF_CONTRACT_NONE;
	takes = path->parties[endpoint->listener].tx_digits;
	return takes != form && takes != JF_DIGITS_NONE ? endpoint->listener : JF_CONTRACT_NONE;
}

/* Whether the party has just said the same in the other form. */
static bool said_before(struct jf_path *path, uint32_t index, uint8_t event, bool by_event)
{
	uint16_t handle = path->parties[index].ear;
	uint64_t now_ms = path->now_ns / JF_NS_PER_MS;
	struct jf_ear *ear;

	if (!handle)
		return false;
	ear = jf_ear(path, handle);
	if (ear->pressed == event + 1 && ear->by_event != by_event &&
	    now_ms - ear->pressed_ms < SAME_MS)
		return true;
	ear->pressed = event + 1;
	ear->by_event = by_event;
	ear->pressed_ms = now_ms;
	return false;
}

static void pressed(struct jf_path *path, uint32_t index, enum jf_digit_form form, uint8_t event,
                    uint8_t volume, uint32_t duration_ts)
{
	uint32_t listener = other_form(path, index, form);

	keep_press(path, index, event, duration_ts);
	if (listener != JF_CONTRACT_NONE)
		jf_dialler_press(path, listener, event, volume);
}

static void held(struct jf_path *path, uint32_t index, enum jf_digit_form form,
                 uint32_t duration_ts, bool over)
{
	uint32_t listener = other_form(path, index, form);

	keep_duration(path, index, duration_ts);
	if (listener != JF_CONTRACT_NONE)
		jf_dialler_hold(path, listener, duration_ts, over);
}

/* ---- Events ------------------------------------------------------------------------------- */

/* Why the packet goes no further, or JF_VERDICT_RELAY. */
static uint8_t receive(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_telev_rx *rx = &path->parties[packet->index].telev;
	struct jf_telev telev;
	enum jf_telev_news news;

	if (jf_telev_parse(packet->udp + packet->rtp.payload_offset, packet->rtp.payload_length,
	                   &telev))
		return JF_DROP_MALFORMED_EVENT;
	news = jf_telev_receive(rx, packet->rtp.ssrc, packet->rtp.timestamp, &telev);
	if (news == JF_TELEV_PRESSED && !said_before(path, packet->index, rx->event, true)) {
		pressed(path, packet->index, JF_DIGITS_EVENT, rx->event, telev.volume,
		        rx->duration_ts);
		if (rx->ended)
			held(path, packet->index, JF_DIGITS_EVENT, rx->duration_ts, true);
	} else if (news == JF_TELEV_HELD) {
		held(path, packet->index, JF_DIGITS_EVENT, rx->duration_ts, rx->ended);
	}
	return other_form(path, packet->index, JF_DIGITS_EVENT) == JF_CONTRACT_NONE
	               ? JF_VERDICT_RELAY
	               : JF_DROP_DIGIT;
}

/* ---- Tones -------------------------------------------------------------------------------- */

/* For the batch of ears: token is the endpoint. */
static void heard(void *user, uint32_t index, const struct jf_dtmf_news *news)
{
	struct jf_path *path = user;
	struct jf_ear *ear = jf_ear(path, path->parties[index].ear);

	if (ear->mask && news->kind != JF_DTMF_RELEASED)
		jf_mask_quiet(&path->digits->masks[ear->mask - 1],
		              news->begin_ts - 2 * JF_DTMF_BLOCK,
		              news->begin_ts + news->duration_ts + JF_DTMF_BLOCK);
	if (!(path->endpoints[index].flags & JF_ENDPOINT_INBAND) || news->kind == JF_DTMF_HEARD)
		return;
	if (news->kind == JF_DTMF_PRESSED) {
		ear->counts = !said_before(path, index, news->event, false);
		if (ear->counts)
			pressed(path, index, JF_DIGITS_INBAND, news->event, news->volume,
			        news->duration_ts);
	} else if (ear->counts) {
		held(path, index, JF_DIGITS_INBAND, news->duration_ts,
		     news->kind == JF_DTMF_RELEASED);
	}
}

static void listen_to(struct jf_path *path, const struct jf_packet *packet)
{
	const struct jf_party *party = &path->parties[packet->index];
	struct jf_dtmf_batch *batch = &path->digits->batch;
	const uint8_t *octets = packet->udp + packet->rtp.payload_offset;
	struct jf_ear *ear = jf_ear(path, party->ear);
	uint32_t timestamp = packet->rtp.timestamp;
	size_t n = packet->rtp.payload_length;
	int16_t samples[OCTETS_MAX];

	if (likely(party->codec != JF_CODEC_G722)) {
		jf_dtmf_feed(batch, &ear->dtmf, packet->index, timestamp, (enum jf_law)party->codec,
		             octets, n);
		return;
	}
	while (n) {
		size_t take = RTE_MIN(n, (size_t)OCTETS_MAX);

		jf_g722_decode(&ear->decoder, octets, take, samples);
		jf_dtmf_feed_linear(batch, &ear->dtmf, packet->index, timestamp, samples, take);
		octets += take;
		timestamp += (uint32_t)take;
		n -= take;
	}
}

static inline bool has_sound_to_hear(const struct jf_path *path, const struct jf_packet *packet)
{
	return packet->endpoint->flags & (JF_ENDPOINT_INBAND | JF_ENDPOINT_MASK) &&
	       packet->kind == JF_PACKET_AUDIO && path->parties[packet->index].ear;
}

static inline void fetch_ear(const struct jf_path *path, const struct jf_packet *packet)
{
	if (has_sound_to_hear(path, packet)) {
		const struct jf_ear *ear = jf_ear(path, path->parties[packet->index].ear);

		rte_prefetch0(&ear->dtmf);
		rte_prefetch0((const uint8_t *)&ear->dtmf + 64);
	}
}

static void listen_to_all(struct jf_path *path, const struct jf_burst *burst)
{
	for (uint16_t i = 0; i < burst->n_rtp; i++)
		if (burst->rtp[i].endpoint->flags & (JF_ENDPOINT_INBAND | JF_ENDPOINT_MASK))
			rte_prefetch0(&path->parties[burst->rtp[i].index].ear);
	for (uint16_t i = 0; i < burst->n_rtp && i < AHEAD; i++)
		fetch_ear(path, &burst->rtp[i]);
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		if (i + AHEAD < burst->n_rtp)
			fetch_ear(path, &burst->rtp[i + AHEAD]);
		if (has_sound_to_hear(path, &burst->rtp[i]))
			listen_to(path, &burst->rtp[i]);
	}
	jf_dtmf_flush(&path->digits->batch);
}

void jf_path_digits(struct jf_path *path, struct jf_burst *burst)
{
	uint16_t kept = 0;

	if (burst->any_flags & (JF_ENDPOINT_INBAND | JF_ENDPOINT_MASK))
		listen_to_all(path, burst);
	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		struct jf_packet *packet = &burst->rtp[i];
		uint8_t verdict = JF_VERDICT_RELAY;

		if (unlikely(packet->kind == JF_PACKET_EVENT))
			verdict = receive(path, packet);
		if (unlikely(verdict != JF_VERDICT_RELAY)) {
			jf_path_drop_measured(path, packet, verdict);
			continue;
		}
		if (kept != i)
			burst->rtp[kept] = *packet;
		kept++;
	}
	burst->n_rtp = kept;
}

/* ---- What hangs on a party ---------------------------------------------------------------- */

static uint16_t take_ear(struct jf_digits *digits)
{
	uint16_t handle = digits->free_ear;

	if (handle) {
		struct jf_ear *ear = &digits->ears[handle - 1];

		digits->free_ear = ear->next;
		memset(ear, 0, sizeof(*ear));
	}
	return handle;
}

static uint16_t take_mask(struct jf_digits *digits)
{
	uint16_t handle = digits->free_mask;

	if (handle)
		digits->free_mask = digits->masks[handle - 1].next;
	return handle;
}

static void give_mask(struct jf_digits *digits, struct jf_ear *ear)
{
	if (!ear->mask)
		return;
	digits->masks[ear->mask - 1].next = digits->free_mask;
	digits->free_mask = ear->mask;
	ear->mask = 0;
}

static void give_ear(struct jf_digits *digits, struct jf_party *party)
{
	struct jf_ear *ear;

	if (!party->ear)
		return;
	ear = &digits->ears[party->ear - 1];
	give_mask(digits, ear);
	ear->next = digits->free_ear;
	digits->free_ear = party->ear;
	party->ear = 0;
}

/* What the ear knows was said in another codec. */
static void begin_ear(struct jf_digits *digits, struct jf_ear *ear, uint8_t codec)
{
	if (ear->codec == codec && ear->begun)
		return;
	ear->codec = codec;
	ear->begun = true;
	memset(&ear->dtmf, 0, sizeof(ear->dtmf));
	if (codec == JF_CODEC_G722)
		jf_g722_decoder_init(&ear->decoder, JF_G722_NARROW);
	if (ear->mask)
		jf_mask_begin(&digits->masks[ear->mask - 1], codec);
}

int jf_path_digits_set(struct jf_path *path, uint32_t index, bool masked)
{
	struct jf_party *party = &path->parties[index];
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_digits *digits = path->digits;
	bool sound = jf_codec_is_sound(party->codec);
	bool inband = sound && party->rx_digits == JF_DIGITS_INBAND;
	bool needs_mask = sound && masked;
	struct jf_ear *ear;

	jf_dialler_refit(path, index);
	if ((inband || needs_mask) && !party->ear && !(digits && digits->free_ear))
		return -ENOSPC;
	if (needs_mask && !(party->ear && jf_ear(path, party->ear)->mask) && !digits->free_mask)
		return -ENOSPC;
	endpoint->flags &= ~(JF_ENDPOINT_INBAND | JF_ENDPOINT_MASK);
	endpoint->flags |= (inband ? JF_ENDPOINT_INBAND : 0) | (masked ? JF_ENDPOINT_MASK : 0);
	if (!inband && !needs_mask) {
		give_ear(digits, party);
		return 0;
	}
	if (!party->ear)
		party->ear = take_ear(digits);
	ear = jf_ear(path, party->ear);
	if (!needs_mask) {
		give_mask(digits, ear);
	} else if (!ear->mask) {
		ear->mask = take_mask(digits);
		jf_mask_begin(&digits->masks[ear->mask - 1], party->codec);
	}
	begin_ear(digits, ear, party->codec);
	return 0;
}

void jf_path_digits_close(struct jf_path *path, uint32_t index)
{
	if (!path->digits)
		return;
	jf_dialler_free(path, index);
	give_ear(path->digits, &path->parties[index]);
}

/* ---- Pools -------------------------------------------------------------------------------- */

static uint32_t at_most(uint32_t n)
{
	return RTE_MIN(n, (uint32_t)JF_DIGITS_ROOM_MAX);
}

struct jf_digits_room jf_digits_room_for(uint32_t endpoints)
{
	const uint32_t least = 64;

	return (struct jf_digits_room){
	        .ears = at_most(endpoints),
	        .masks = at_most(RTE_MIN(endpoints, least + endpoints / 16)),
	        .diallers = at_most(RTE_MIN(endpoints, least + endpoints / 16)),
	};
}

uint64_t jf_digits_bytes(const struct jf_digits_room *room)
{
	return sizeof(struct jf_digits) + (uint64_t)room->ears * sizeof(struct jf_ear) +
	       (uint64_t)room->masks * sizeof(struct jf_mask) +
	       (uint64_t)room->diallers * (sizeof(struct jf_dialler) + sizeof(uint16_t));
}

int jf_digits_create(const struct jf_digits_room *room, struct jf_digits **ret_digits)
{
	struct jf_digits *digits = rte_zmalloc("jf_digits", sizeof(*digits), 64);

	if (!digits)
		return -ENOMEM;
	digits->ears = rte_zmalloc("jf_ears", room->ears * sizeof(*digits->ears), 64);
	digits->masks = rte_zmalloc("jf_masks", room->masks * sizeof(*digits->masks), 64);
	digits->diallers =
	        rte_zmalloc("jf_diallers", room->diallers * sizeof(*digits->diallers), 64);
	digits->active = rte_zmalloc("jf_dialling", room->diallers * sizeof(*digits->active), 64);
	if (!digits->ears || !digits->masks || !digits->diallers || !digits->active) {
		jf_digits_destroy(digits);
		return -ENOMEM;
	}
	/* each list from the first place on */
	for (uint32_t i = room->ears; i > 0; i--) {
		digits->ears[i - 1].next = digits->free_ear;
		digits->free_ear = (uint16_t)i;
	}
	for (uint32_t i = room->masks; i > 0; i--) {
		digits->masks[i - 1].next = digits->free_mask;
		digits->free_mask = (uint16_t)i;
	}
	for (uint32_t i = room->diallers; i > 0; i--) {
		digits->diallers[i - 1].next = digits->free_dialler;
		digits->free_dialler = (uint16_t)i;
	}
	*ret_digits = digits;
	return 0;
}

void jf_digits_attach(struct jf_digits *digits, struct jf_path *path)
{
	jf_dtmf_batch_init(&digits->batch, heard, path);
	path->digits = digits;
}

void jf_digits_destroy(struct jf_digits *digits)
{
	if (!digits)
		return;
	rte_free(digits->ears);
	rte_free(digits->masks);
	rte_free(digits->diallers);
	rte_free(digits->active);
	rte_free(digits);
}
