// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sends key presses to a party, as events or as tones, packet by packet at its ptime. Whatever the
 * party hears is held back from the first packet to the last: events and tones go out in the same
 * stream (jf_continuity.h) as one more source of it, so numbers go on by one and timestamps with
 * the time.
 *
 * A press whose end is not known yet (it is being held by the other party) goes on until it is, or
 * until nothing was heard of it for SILENT_MS. It begins here when it was recognised there, and
 * lasts as long as it did there.
 */
#include <errno.h>

#include "jf_g711.h"
#include "jf_rtp_worker.h"
#include "jf_time.h"
#include "path_digits_priv.h"
#include "path_priv.h"
#include "path_send_priv.h"

#define TS_A_MS       8u
#define STALL_MS      60u             /* behind by more, the packets of that time are left out */
#define SILENT_MS     300u            /* an open press of which nothing more is heard is over */
#define SHORTEST_TS   (40u * TS_A_MS) /* what any receiver takes for a press (Q.24) */
#define BETWEEN_MS    40u             /* presses that wait for each other */
#define END_MS        10u             /* between the three packets that end a press */
#define OWN_VOLUME    9u              /* -dBm0; of a command's */
#define PACKET_TS_MAX 480u

/* ---- Its presses -------------------------------------------------------------------------- */

static uint64_t ms_of(const struct jf_path *path)
{
	return path->now_ns / JF_NS_PER_MS;
}

static struct jf_press *last_press(struct jf_dialler *dialler)
{
	return &dialler->presses[(dialler->first + dialler->count - 1u) % JF_CONTRACT_SEND_DIGITS];
}

/* Whether the party can be sent that key in its media. */
static bool takes(const struct jf_party *party, uint8_t event)
{
	if (party->tx_digits == JF_DIGITS_EVENT)
		return party->tx_event_type != JF_PAYLOAD_TYPE_NONE;
	return party->tx_digits == JF_DIGITS_INBAND && jf_codec_is_sound(party->codec) &&
	       event < JF_TELEV_EVENT_MAX;
}

/* The party's dialler, a new one if it has none. NULL: none is left. */
static struct jf_dialler *dialler_of(struct jf_path *path, uint32_t listener)
{
	struct jf_party *party = &path->parties[listener];
	struct jf_digits *digits = path->digits;
	struct jf_dialler *dialler;
	uint16_t handle = party->dialler;

	if (handle)
		return jf_dialler(path, handle);
	handle = digits ? digits->free_dialler : 0;
	if (!handle)
		return NULL;
	dialler = jf_dialler(path, handle);
	digits->free_dialler = dialler->next;
	*dialler = (struct jf_dialler){
	        .listener = listener,
	        .ssrc = jf_path_random(path),
	        .sequence = (uint16_t)jf_path_random(path),
	        .form = party->tx_digits,
	        .codec = party->codec,
	        .ptime_ms = party->ptime_ms,
	        .start_ms = ms_of(path),
	        .due_ms = ms_of(path),
	};
	if (party->codec == JF_CODEC_G722 && party->tx_digits == JF_DIGITS_INBAND) {
		jf_g722_encoder_init(&dialler->encoder, JF_G722_NARROW);
		/* silence first: its decoder has adapted to another encoder */
		dialler->rest_until_ms = dialler->start_ms + JF_G722_ADAPT_TS / TS_A_MS;
	}
	digits->active[digits->n_active++] = handle;
	party->dialler = handle;
	jf_path_way_changed(path, listener); /* its source is held back */
	return dialler;
}

void jf_dialler_free(struct jf_path *path, uint32_t listener)
{
	struct jf_party *party = &path->parties[listener];
	struct jf_digits *digits = path->digits;
	uint16_t handle = party->dialler;
	uint32_t i = 0;

	if (!handle)
		return;
	while (digits->active[i] != handle)
		i++;
	digits->active[i] = digits->active[--digits->n_active];
	jf_dialler(path, handle)->next = digits->free_dialler;
	digits->free_dialler = handle;
	party->dialler = 0;
	jf_continuity_switch(jf_path_continuity(path, listener));
	jf_path_way_changed(path, listener);
}

void jf_dialler_refit(struct jf_path *path, uint32_t listener)
{
	const struct jf_party *party = &path->parties[listener];
	const struct jf_dialler *dialler;

	if (!party->dialler)
		return;
	dialler = jf_dialler(path, party->dialler);
	if (dialler->form == party->tx_digits && dialler->codec == party->codec &&
	    dialler->ptime_ms == party->ptime_ms && takes(party, 0))
		return;
	path->counters->drops[JF_DROP_NO_DIALLER] += dialler->count;
	jf_dialler_free(path, listener);
}

static void add(struct jf_dialler *dialler, const struct jf_press *press)
{
	dialler->count++;
	*last_press(dialler) = *press;
}

void jf_dialler_press(struct jf_path *path, uint32_t listener, uint8_t event, uint8_t volume)
{
	const struct jf_press press = {
	        .event = event, .volume = volume, .open = true, .pause_ts = BETWEEN_MS * TS_A_MS};
	struct jf_dialler *dialler;

	if (!takes(&path->parties[listener], event))
		return;
	dialler = dialler_of(path, listener);
	if (!dialler || dialler->count == JF_CONTRACT_SEND_DIGITS) {
		path->counters->drops[JF_DROP_NO_DIALLER]++;
		return;
	}
	dialler->heard_ms = ms_of(path);
	add(dialler, &press);
}

void jf_dialler_hold(struct jf_path *path, uint32_t listener, uint32_t duration_ts, bool over)
{
	uint16_t handle = path->parties[listener].dialler;
	struct jf_dialler *dialler;
	struct jf_press *press;

	if (!handle)
		return;
	dialler = jf_dialler(path, handle);
	press = last_press(dialler);
	if (dialler->count == 0 || !press->open)
		return;
	press->duration_ts = RTE_MAX(duration_ts, SHORTEST_TS);
	press->open = !over;
	dialler->heard_ms = ms_of(path);
}

int jf_path_digits_send(struct jf_path *path, uint32_t index,
                        const struct jf_command_digits *digits)
{
	struct jf_party *party = &path->parties[index];
	struct jf_dialler *dialler;

	if (party->digits_id == digits->digits_id)
		return 0;
	for (uint8_t i = 0; i < digits->count; i++)
		if (!takes(party, digits->events[i]))
			return -ENOTSUP;
	dialler = dialler_of(path, index);
	if (!dialler || dialler->count + digits->count > JF_CONTRACT_SEND_DIGITS)
		return -ENOSPC;
	for (uint8_t i = 0; i < digits->count; i++)
		add(dialler, &(struct jf_press){
		                     .event = digits->events[i],
		                     .volume = OWN_VOLUME,
		                     .duration_ts = digits->duration_ms * TS_A_MS,
		                     .pause_ts = digits->pause_ms * TS_A_MS,
		                     .last = i + 1 == digits->count,
		                     .digits_id = digits->digits_id,
		             });
	party->digits_id = digits->digits_id;
	return 0;
}

/* ---- Their packets ------------------------------------------------------------------------ */

/* One packet into the listener's stream; timestamp is the dialler's own. */
static void send_packet(struct jf_path *path, struct jf_dialler *dialler, uint8_t type,
                        const struct jf_rtp *rtp, const uint8_t *payload)
{
	uint32_t index = dialler->listener;
	uint8_t verdict = jf_path_way_verdict(path, index);
	struct rte_mbuf *mbuf = NULL;
	struct jf_outgoing outgoing;
	struct jf_rtp_out out;

	if (likely(verdict == JF_VERDICT_RELAY)) {
		mbuf = rte_pktmbuf_alloc(path->pool);
		verdict = JF_DROP_NO_BUFFER;
	}
	if (unlikely(!mbuf)) {
		jf_path_drop(path, NULL, index, verdict);
		return;
	}
	/* its own numbers never go back, so map never finds them late */
	if (!jf_continuity_map(jf_path_continuity(path, index), rtp, jf_rtp_ts_of_ns(path->now_ns),
	                       &out)) {
		path->counters->invariants++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	outgoing = jf_path_way(path, index);
	outgoing.mbuf = mbuf;
	outgoing.udp = rte_pktmbuf_mtod(mbuf, uint8_t *);
	outgoing.length = JF_RTP_HEADER_SIZE + rtp->payload_length;
	outgoing.udp[0] = 0x80;
	jf_rtp_number(outgoing.udp, type, out.marker || rtp->marker, &out);
	memcpy(outgoing.udp + JF_RTP_HEADER_SIZE, payload, rtp->payload_length);
	jf_path_send_rtp(path, &outgoing);
	jf_slot_sent(&path->slots[index], rtp->payload_length, false);
}

/* What a packet of the present moment, or of an event that began at a moment, is numbered. */
static struct jf_rtp number(struct jf_dialler *dialler, uint32_t timestamp, uint16_t length)
{
	return (struct jf_rtp){
	        .ssrc = dialler->ssrc,
	        .sequence = dialler->sequence++,
	        .timestamp = timestamp,
	        .payload_length = length,
	};
}

static uint32_t own_ts(const struct jf_dialler *dialler, uint64_t ms)
{
	return (uint32_t)(ms - dialler->start_ms) * TS_A_MS;
}

/* The next packet of the first press, as an event. Whether the press is over with it. */
static bool send_event(struct jf_path *path, struct jf_dialler *dialler)
{
	const struct jf_press *press = &dialler->presses[dialler->first];
	uint32_t held_ts =
	        (uint32_t)(dialler->due_ms - dialler->begin_ms + dialler->ptime_ms) * TS_A_MS;
	bool over = !press->open && held_ts >= press->duration_ts;
	struct jf_telev_packet packet;
	uint8_t payload[JF_TELEV_SIZE];
	struct jf_rtp rtp;

	if (over)
		held_ts = RTE_MAX(press->duration_ts, dialler->held_ts);
	dialler->held_ts = held_ts;
	if (!jf_telev_tx_next(&dialler->telev, held_ts, over, &packet))
		return true;
	jf_telev_write(&packet.telev, payload);
	rtp = number(dialler, packet.timestamp, sizeof(payload));
	rtp.marker = packet.marker;
	send_packet(path, dialler, path->parties[dialler->listener].tx_event_type, &rtp, payload);
	dialler->due_ms += over ? END_MS : dialler->ptime_ms;
	return dialler->telev.ends == JF_TELEV_ENDS;
}

/* A packet's time of sound: of the tone, or of nothing. Whether it ends in it. */
static bool send_sound(struct jf_path *path, struct jf_dialler *dialler, struct jf_tone *tone)
{
	const struct jf_party *party = &path->parties[dialler->listener];
	uint16_t n = (uint16_t)(dialler->ptime_ms * TS_A_MS);
	int16_t samples[PACKET_TS_MAX] = {0};
	uint8_t octets[PACKET_TS_MAX];
	bool over = true;
	struct jf_rtp rtp;

	if (tone) {
		over = jf_tone_make(tone, samples, n) < n || tone->made == tone->samples;
		dialler->held_ts = tone->made;
	}
	if (party->codec == JF_CODEC_G722)
		jf_g722_encode(&dialler->encoder, samples, n, octets);
	else
		jf_g711_encode_block((enum jf_law)party->codec, samples, n, octets);
	rtp = number(dialler, own_ts(dialler, dialler->due_ms), n);
	send_packet(path, dialler, party->tx_audio_type, &rtp, octets);
	dialler->due_ms += dialler->ptime_ms;
	return over;
}

/* ---- Their time --------------------------------------------------------------------------- */

static void begin_press(struct jf_dialler *dialler)
{
	const struct jf_press *press = &dialler->presses[dialler->first];

	dialler->begun = true;
	dialler->begin_ms = dialler->due_ms;
	dialler->held_ts = 0;
	jf_telev_tx_begin(&dialler->telev, press->event, press->volume,
	                  own_ts(dialler, dialler->begin_ms));
	jf_tone_key(&dialler->tone, press->event, JF_TONE_ENDLESS);
}

/* The first press has been sent. false: it was the last one. */
static bool end_press(struct jf_path *path, struct jf_dialler *dialler)
{
	const struct jf_press *press = &dialler->presses[dialler->first];

	if (press->last)
		jf_path_emit(path, JF_EVENT_DIGITS_SENT, dialler->listener, press->digits_id, 0);
	dialler->begun = false;
	dialler->rest_until_ms = dialler->begin_ms + (dialler->held_ts + press->pause_ts) / TS_A_MS;
	dialler->first = (uint8_t)((dialler->first + 1) % JF_CONTRACT_SEND_DIGITS);
	dialler->count--;
	return dialler->count > 0;
}

/* What is due at due_ms. false: nothing is left to send. */
static bool serve(struct jf_path *path, struct jf_dialler *dialler)
{
	bool tones = dialler->form == JF_DIGITS_INBAND;
	struct jf_press *press = &dialler->presses[dialler->first];

	if (dialler->count == 0)
		return false;
	if (!dialler->begun && dialler->due_ms < dialler->rest_until_ms) {
		if (tones)
			send_sound(path, dialler, NULL);
		else
			dialler->due_ms = dialler->rest_until_ms;
		return true;
	}
	if (!dialler->begun)
		begin_press(dialler);
	if (press->open && dialler->due_ms > dialler->heard_ms + SILENT_MS) {
		press->duration_ts = RTE_MAX(press->duration_ts, SHORTEST_TS);
		press->open = false;
	}
	if (tones && !press->open && dialler->tone.samples == JF_TONE_ENDLESS)
		jf_tone_end(&dialler->tone, press->duration_ts);
	if (tones ? send_sound(path, dialler, &dialler->tone) : send_event(path, dialler))
		return end_press(path, dialler);
	return true;
}

void jf_path_digits_out(struct jf_path *path)
{
	struct jf_digits *digits = path->digits;
	uint64_t now_ms;

	if (likely(!digits || digits->n_active == 0))
		return;
	now_ms = ms_of(path);
	/* from the end, because who is done leaves his place to the last one */
	for (uint32_t i = digits->n_active; i-- > 0;) {
		struct jf_dialler *dialler = jf_dialler(path, digits->active[i]);
		bool goes_on = true;

		if (now_ms > dialler->due_ms + STALL_MS)
			dialler->due_ms = now_ms;
		while (goes_on && dialler->due_ms <= now_ms)
			goes_on = serve(path, dialler);
		if (!goes_on)
			jf_dialler_free(path, dialler->listener);
	}
}
