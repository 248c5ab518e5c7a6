// SPDX-License-Identifier: BSD-3-Clause
/*
 * Mixing, as it goes on. jf_path_mix_in enters and leaves with verified RTP packets, unchanged, and
 * copies the audio of sources of mixes to their jitter buffers. jf_path_mix_out makes packets of
 * its own: each millisecond it serves one of 20 phases, first its inputs (a frame out of the jitter
 * buffer, decoded, its gaps concealed), then its rows (sum, encode, send).
 *
 * After a stall of more than STALL_MS the frames of that time are left out; the timestamps show it.
 */
#include "jf_mix.h"

#include <stddef.h>
#include <string.h>
#include <rte_prefetch.h>

#include "jf_path.h"
#include "jf_pcm.h"
#include "jf_rtp_worker.h"
#include "jf_time.h"
#include "path_mix_priv.h"
#include "path_priv.h"
#include "path_send_priv.h"

#define STALL_MS      60u
#define TICKS_A_MS    JF_JITTER_MS_TICKS
#define QUIET_POWER   4000u /* about -55 dBov: nobody hears a frame more or less of it */
#define FRAMES_UNTOLD 50u   /* a second */
#define TOTAL_WORTH   4u    /* sources, from which on a total is cheaper than a sum for each row */

/* ---- What comes in ------------------------------------------------------------------------- */

void jf_mix_input_tell(struct jf_path *path, struct jf_mix_input *input)
{
	const struct jf_jitter_counts *counts = &input->jitter.counts;
	struct jf_slot_mix *slot;

	input->untold = 0;
	if (input->endpoint == JF_CONTRACT_NONE)
		return;
	slot = &path->slots[input->endpoint].mix;
	slot->late += counts->late - input->told_late;
	slot->lost += counts->missing - input->told_missing;
	slot->concealed_ms += input->concealed_ms;
	slot->depth_ms = jf_jitter_delay(&input->jitter) / TICKS_A_MS;
	input->told_late = counts->late;
	input->told_missing = counts->missing;
	input->concealed_ms = 0;
}

void jf_mix_input_begin(struct jf_mix_input *input, uint8_t codec)
{
	input->untold = 0;
	input->concealed_ms = input->told_late = input->told_missing = 0;
	input->codec = codec;
	input->other = UINT8_MAX;
	input->quiet = input->silent = true;
	jf_jitter_init(&input->jitter);
	jf_plc_init(&input->plc, codec == JF_CODEC_G722 ? 16 : 8);
	jf_g722_decoder_init(&input->decoder, JF_G722_WIDE);
	memset(&input->resample, 0, sizeof(input->resample));
}

void jf_path_mix_in(struct jf_path *path, struct jf_burst *burst)
{
	const uint32_t now_ts = jf_rtp_ts_of_ns(path->now_ns);

	for (uint16_t i = 0; i < burst->n_rtp; i++) {
		const struct jf_packet *packet = &burst->rtp[i];
		const struct jf_party *party = &path->parties[packet->index];
		struct jf_mix_input *input;

		if (!(packet->endpoint->flags & JF_ENDPOINT_MIXED) ||
		    packet->kind != JF_PACKET_AUDIO || !jf_codec_is_sound(party->codec))
			continue;
		input = jf_mix_input(path->mix, party->mix_input);
		if (unlikely(input->codec != party->codec)) {
			jf_mix_input_tell(path, input);
			jf_mix_input_begin(input, party->codec);
		}
		jf_jitter_put(&input->jitter, packet->rtp.ssrc, packet->rtp.timestamp,
		              packet->rtp.marker, now_ts, packet->udp + packet->rtp.payload_offset,
		              packet->rtp.payload_length);
	}
}

static void decode(struct jf_mix_input *input, const uint8_t *octets, size_t n, int16_t *samples)
{
	if (input->codec == JF_CODEC_G722)
		jf_g722_decode(&input->decoder, octets, n, samples);
	else
		jf_pcm_from_g711((enum jf_law)input->codec, octets, n, samples);
}

/* Milliseconds from ms on that are all there, or all missing. */
static uint32_t run_of(uint32_t present, uint32_t ms)
{
	uint32_t rest = present >> ms;
	uint32_t run =
	        (uint32_t)__builtin_ctz((rest & 1 ? ~rest : rest) | 1u << (JF_MIX_PHASES - ms));

	return run;
}

static void take_frame(struct jf_mix_input *input, uint32_t now_ts)
{
	uint32_t rate = input->codec == JF_CODEC_G722 ? JF_G722_WIDE : JF_G722_NARROW;
	int16_t *samples = rate == JF_G722_WIDE ? input->wide : input->narrow;
	struct jf_jitter_frame frame;

	jf_jitter_take(&input->jitter, now_ts, input->quiet, &frame);
	if (frame.skipped)
		jf_plc_skip(&input->plc);
	for (uint32_t ms = 0, run; ms < JF_JITTER_FRAME_MS; ms += run) {
		int16_t *at = samples + ms * TICKS_A_MS * rate;

		run = run_of(frame.present, ms);
		if (frame.present >> ms & 1) {
			decode(input, frame.octets + ms * TICKS_A_MS, run * TICKS_A_MS, at);
			jf_plc_heard(&input->plc, at, run * TICKS_A_MS * rate);
		} else {
			input->concealed_ms += jf_plc_is_over(&input->plc) ? 0 : run;
			jf_plc_fill(&input->plc, at, run * TICKS_A_MS * rate);
		}
	}
	input->silent = frame.present == 0 && jf_plc_is_over(&input->plc);
	input->quiet = input->silent || jf_pcm_power(samples, JF_MIX_NARROW * rate) < QUIET_POWER;
	input->other += input->other < UINT8_MAX;
}

/* The input's present frame at the rate of a row. */
static const int16_t *samples_of(struct jf_mix_input *input, bool wide)
{
	bool is_wide = input->codec == JF_CODEC_G722;

	if (is_wide != wide && input->other) {
		if (input->other > 1) /* nobody wanted the frame before this one */
			memset(&input->resample, 0, sizeof(input->resample));
		if (wide)
			jf_resample_up(&input->resample, input->narrow, JF_MIX_NARROW, input->wide);
		else
			jf_resample_down(&input->resample, input->wide, JF_MIX_NARROW,
			                 input->narrow);
		input->other = 0;
	}
	return wide ? input->wide : input->narrow;
}

/* ---- What goes out ------------------------------------------------------------------------- */

void jf_mix_row_begin(struct jf_mix_row *row, uint8_t codec)
{
	row->codec = codec;
	row->filled = 0;
	jf_g722_encoder_init(&row->encoder, JF_G722_WIDE);
}

/* From one gain to another in the course of a frame. */
static void add_moving(int32_t *sum, const int16_t *samples, size_t n, int32_t from, int32_t to)
{
	/* n is 160 or 320 */
	const int32_t step_q16 = (to - from) * (n == JF_MIX_NARROW ? 65536 / 160 : 65536 / 320);
	int32_t gain_q16 = from << 16;

	for (size_t i = 0; i < n; i++, gain_q16 += step_q16)
		sum[i] += samples[i] * (gain_q16 >> 16) >> 13;
}

static void add_parts(struct jf_mix *mix, struct jf_mix_row *row, bool wide, int32_t *sum)
{
	size_t n = wide ? JF_MIX_WIDE : JF_MIX_NARROW;

	for (uint8_t p = 0; p < row->count; p++) {
		struct jf_mix_part *part = &row->parts[p];
		struct jf_mix_input *input = jf_mix_input(mix, part->input);

		if (input->silent)
			continue;
		if (unlikely(part->gain != part->target))
			add_moving(sum, samples_of(input, wide), n, part->gain, part->target);
		else
			jf_pcm->add(sum, samples_of(input, wide), n, part->gain);
	}
}

/* The gains are where they were going; who was leaving is gone. */
static void settle(struct jf_path *path, struct jf_mix_row *row)
{
	for (uint8_t p = row->count; p-- > 0;) {
		row->parts[p].gain = row->parts[p].target;
		if (row->parts[p].leaving)
			jf_mix_part_remove(path, row, p);
	}
	row->moving = false;
}

/* The listener's own voice, which the total has and the row hasn't. NULL: it is silent. */
static const int16_t *own_voice(struct jf_path *path, const struct jf_mix_row *row, bool wide)
{
	uint16_t own = path->parties[row->listener].mix_input;

	if (own == 0 || jf_mix_input(path->mix, own)->silent)
		return NULL;
	return samples_of(jf_mix_input(path->mix, own), wide);
}

/* Whether the row can be had from a total, which is then there. */
static bool has_total(struct jf_path *path, struct jf_mix_row *row, bool wide)
{
	struct jf_mix *mix = path->mix;
	struct jf_mix_total *total = &mix->total;
	const struct jf_mix_row *next = row->next ? jf_mix_row(mix, row->next) : NULL;
	size_t n = wide ? JF_MIX_WIDE : JF_MIX_NARROW;
	const int16_t *own;

	if (row->signature == 0 || row->moving || row->count < TOTAL_WORTH)
		return false;
	if (total->signature == row->signature && total->wide == wide)
		return true;
	if (!next || next->signature != row->signature)
		return false; /* nobody else would use it */
	total->signature = row->signature;
	total->wide = wide;
	memset(total->sum, 0, n * sizeof(total->sum[0]));
	add_parts(mix, row, wide, total->sum);
	own = own_voice(path, row, wide);
	if (own)
		jf_pcm->add(total->sum, own, n, JF_PCM_GAIN_ONE);
	return true;
}

static void encode(struct jf_mix_row *row, const int16_t *samples)
{
	uint8_t *at = row->octets + row->filled;

	if (row->codec == JF_CODEC_G722)
		jf_g722_encode(&row->encoder, samples, JF_MIX_NARROW, at);
	else
		jf_pcm_to_g711((enum jf_law)row->codec, samples, JF_MIX_NARROW, at);
	row->filled += JF_MIX_NARROW;
}

/* One packet of the row's first octets. */
static void send_packet(struct jf_path *path, struct jf_mix_row *row, uint32_t octets)
{
	struct jf_party *party = &path->parties[row->listener];
	const struct jf_rtp rtp = {
	        .ssrc = row->ssrc, .sequence = row->sequence, .timestamp = row->octets_ts};
	uint8_t verdict = jf_path_way_verdict(path, row->listener);
	struct jf_outgoing outgoing;
	struct jf_rtp_out out;
	struct rte_mbuf *mbuf;

	if (party->dialler) /* a key press goes first */
		return;
	if (verdict != JF_VERDICT_RELAY) {
		jf_path_drop(path, NULL, row->listener, verdict);
		return;
	}
	mbuf = rte_pktmbuf_alloc(path->pool);
	if (unlikely(!mbuf)) {
		jf_path_drop(path, NULL, row->listener, JF_DROP_NO_BUFFER);
		return;
	}
	/* A row's own numbers never go back, so map never finds them late. */
	if (!jf_continuity_map(&party->continuity, &rtp, jf_rtp_ts_of_ns(path->now_ns), &out)) {
		path->counters->invariants++;
		rte_pktmbuf_free(mbuf);
		return;
	}
	row->sequence++;
	outgoing = jf_path_way(path, row->listener);
	outgoing.mbuf = mbuf;
	outgoing.udp = rte_pktmbuf_mtod(mbuf, uint8_t *);
	outgoing.length = (uint16_t)(JF_RTP_HEADER_SIZE + octets);
	outgoing.udp[0] = 0x80;
	jf_rtp_number(outgoing.udp, party->tx_audio_type, out.marker, &out);
	memcpy(outgoing.udp + JF_RTP_HEADER_SIZE, row->octets, octets);
	jf_path_send_rtp(path, &outgoing);
	jf_slot_sent(&path->slots[row->listener], (uint16_t)octets, false);
	path->counters->mixed++;
}

static void send_first(struct jf_path *path, struct jf_mix_row *row, uint32_t octets)
{
	send_packet(path, row, octets);
	row->filled -= octets;
	row->octets_ts += octets;
	memmove(row->octets, row->octets + octets, row->filled);
}

static void make_frame(struct jf_path *path, struct jf_mix_row *row, uint32_t now_ts)
{
	const struct jf_party *party = &path->parties[row->listener];
	uint32_t octets = (uint32_t)party->ptime_ms * TICKS_A_MS;
	bool wide;
	int32_t sum[JF_MIX_WIDE];
	int16_t samples[JF_MIX_WIDE];
	size_t n;

	if (unlikely(row->codec != party->codec))
		jf_mix_row_begin(row, party->codec);
	wide = row->codec == JF_CODEC_G722;
	n = wide ? JF_MIX_WIDE : JF_MIX_NARROW;
	if (has_total(path, row, wide)) {
		jf_pcm->finish(path->mix->total.sum, own_voice(path, row, wide), n, JF_PCM_GAIN_ONE,
		               samples);
	} else {
		memset(sum, 0, n * sizeof(sum[0]));
		add_parts(path->mix, row, wide, sum);
		jf_pcm->finish(sum, NULL, n, 0, samples);
	}
	if (unlikely(row->moving))
		settle(path, row);
	/* a rest that doesn't go on here, after a stall or from a longer packet time, is over */
	if (row->octets_ts + row->filled != now_ts || row->filled > JF_MIX_OCTETS_MAX)
		row->filled = 0;
	if (row->filled == 0)
		row->octets_ts = now_ts;
	encode(row, samples);
	if (row->filled >= octets)
		send_first(path, row, octets);
	if (octets < JF_MIX_NARROW && row->filled >= octets)
		path->mix->halves[(row->phase + octets / TICKS_A_MS) % JF_MIX_PHASES] = true;
}

/* ---- Whose turn it is ---------------------------------------------------------------------- */

/* The second packets of rows of 10 ms, whose frames were made 10 ms ago. */
static void send_halves(struct jf_path *path, uint32_t phase)
{
	const uint32_t before = (phase + JF_MIX_PHASES / 2) % JF_MIX_PHASES;
	struct jf_mix *mix = path->mix;

	mix->halves[phase] = false;
	for (uint16_t r = mix->phase_rows[before]; r; r = jf_mix_row(mix, r)->next) {
		struct jf_mix_row *row = jf_mix_row(mix, r);
		uint32_t octets = (uint32_t)path->parties[row->listener].ptime_ms * TICKS_A_MS;

		if (octets < JF_MIX_NARROW && row->filled >= octets)
			send_first(path, row, octets);
	}
}

static inline void fetch(const void *from, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += 64)
		rte_prefetch0((const uint8_t *)from + at);
}

/* What take_frame will touch for nearly every input, while another one is decoded. */
static inline void fetch_input(struct jf_mix *mix, uint16_t handle)
{
	const struct jf_mix_input *input;

	if (handle == 0)
		return;
	input = jf_mix_input(mix, handle);
	fetch(&input->jitter, offsetof(struct jf_jitter, ring));
	fetch(&input->plc, offsetof(struct jf_plc, cycle));
	fetch(input->plc.history, JF_PLC_HISTORY_MS * TICKS_A_MS * sizeof(int16_t));
	fetch(input->narrow, sizeof(input->narrow));
}

static inline void fetch_row(struct jf_mix *mix, uint16_t handle)
{
	const struct jf_mix_row *row;

	if (handle == 0)
		return;
	row = jf_mix_row(mix, handle);
	fetch(row, offsetof(struct jf_mix_row, parts) + 4 * sizeof(row->parts[0]));
	fetch(row->octets, JF_MIX_NARROW);
}

static void serve(struct jf_path *path, uint32_t phase, uint32_t now_ts)
{
	struct jf_mix *mix = path->mix;

	if (mix->halves[phase])
		send_halves(path, phase);
	for (uint16_t i = mix->phase_inputs[phase]; i;) {
		struct jf_mix_input *input = jf_mix_input(mix, i);

		i = input->next;
		fetch_input(mix, i);
		take_frame(input, now_ts);
		if (unlikely(++input->untold >= FRAMES_UNTOLD))
			jf_mix_input_tell(path, input);
	}
	mix->total.signature = 0;
	for (uint16_t r = mix->phase_rows[phase]; r;) {
		struct jf_mix_row *row = jf_mix_row(mix, r);

		r = row->next;
		fetch_row(mix, r);
		make_frame(path, row, now_ts);
	}
}

void jf_path_mix_out(struct jf_path *path)
{
	uint64_t now_ms = path->now_ns / JF_NS_PER_MS;
	struct jf_mix *mix = path->mix;

	if (!mix || now_ms <= mix->ms)
		return;
	if (now_ms - mix->ms > STALL_MS)
		mix->ms = now_ms - JF_MIX_PHASES;
	while (mix->ms < now_ms) {
		mix->ms++;
		serve(path, (uint32_t)(mix->ms % JF_MIX_PHASES), (uint32_t)mix->ms * TICKS_A_MS);
	}
}
