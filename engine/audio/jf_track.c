// SPDX-License-Identifier: BSD-3-Clause
#include "jf_track.h"

#include <string.h>

#include "jf_energy.h"

#define FRAME    JF_TRACK_FRAME_SAMPLES
#define LATE_TS  8000 /* behind by less: reordered or repeated; by more: the sender began anew */
#define TRUST_TS 4000 /* timestamps and clock may differ by so much */

/* Both parts and the ring, for the long way. */
struct whole {
	struct jf_track *track;
	struct jf_track_rest *rest;
	uint8_t *levels;
};

void jf_track_init(struct jf_track *track, struct jf_track_rest *rest, uint32_t frames,
                   enum jf_law law)
{
	*track = (struct jf_track){.law = (uint8_t)law};
	*rest = (struct jf_track_rest){.mask = frames - 1};
}

static void append(const struct whole *w, uint8_t level)
{
	jf_track_append(w->track, w->levels, w->rest->mask, level);
}

static void fill(const struct whole *w, uint32_t filled)
{
	w->rest->filled = (uint16_t)filled;
	w->track->within = filled != 0;
}

static void close_frame(const struct whole *w)
{
	struct jf_track_rest *rest = w->rest;

	append(w, rest->heard ? jf_energy_level(w->track->law, rest->sum, rest->heard)
	                      : JF_TRACK_EMPTY);
	rest->sum = 0;
	rest->heard = 0;
	fill(w, 0);
}

/* count frames for which nothing came; only the ring's last mask + 1 of them are written. */
static void emit_empty(const struct whole *w, uint32_t count)
{
	struct jf_track *track = w->track;
	uint32_t mask = w->rest->mask, size = mask + 1, groups, write, at, to_end;

	for (; count && track->frames % JF_TRACK_GROUP; count--)
		append(w, JF_TRACK_EMPTY);
	groups = count / JF_TRACK_GROUP * JF_TRACK_GROUP;
	write = groups < size ? groups : size;
	at = (track->frames + groups - write) & mask;
	to_end = size - at < write ? size - at : write;
	memset(w->levels + at, JF_TRACK_EMPTY, to_end);
	memset(w->levels, JF_TRACK_EMPTY, write - to_end);
	track->frames += groups;
	for (count -= groups; count; count--)
		append(w, JF_TRACK_EMPTY);
}

static void skip(const struct whole *w, uint32_t samples)
{
	uint32_t room = FRAME - w->rest->filled;

	if (samples < room) {
		fill(w, w->rest->filled + samples);
		return;
	}
	if (w->rest->filled) {
		close_frame(w);
		samples -= room;
	}
	emit_empty(w, samples / FRAME);
	fill(w, samples % FRAME);
}

/* Where a packet belongs that does not follow the one before. false: behind what is written. */
static bool place(const struct whole *w, uint32_t timestamp, uint32_t heard_ts)
{
	struct jf_track *track = w->track;
	uint32_t written = track->frames * FRAME + w->rest->filled;
	int32_t by_clock = (int32_t)(heard_ts - w->rest->start_ts - written);
	int32_t by_sender = (int32_t)(timestamp - track->next_ts);
	int32_t apart = (int32_t)((uint32_t)by_sender - (uint32_t)by_clock);

	if (!track->resync && by_sender < 0 && by_sender > -LATE_TS)
		return false;
	if (!track->resync && by_sender > 0 && apart < TRUST_TS && apart > -TRUST_TS) {
		skip(w, (uint32_t)by_sender);
	} else if (by_clock > 0) {
		/* to whole frames, so that packets and frames go on side by side */
		skip(w, ((uint32_t)by_clock + FRAME / 2) / FRAME * FRAME);
	}
	track->resync = false;
	return true;
}

static void take_codes(const struct whole *w, const uint8_t *codes, uint32_t n)
{
	struct jf_track_rest *rest = w->rest;

	while (n) {
		uint32_t room = FRAME - rest->filled;
		uint32_t take = n < room ? n : room;

		rest->sum += jf_energy_sum(w->track->law, codes, take);
		rest->heard = (uint16_t)(rest->heard + take);
		fill(w, rest->filled + take);
		if (rest->filled == FRAME)
			close_frame(w);
		codes += take;
		n -= take;
	}
}

void jf_track_push(struct jf_track *track, struct jf_track_rest *rest, uint8_t *levels,
                   const struct jf_track_packet *packet)
{
	const struct whole w = {track, rest, levels};
	uint32_t timestamp = packet->timestamp, n = packet->n;
	/* the first sample was heard so long before the packet was complete */
	uint32_t heard_ts = packet->now_ts - n;

	if (jf_track_follows(track, timestamp, n)) {
		jf_track_take(track);
		append(&w, jf_energy_level(track->law,
		                           jf_energy_sum(track->law, packet->codes, FRAME), FRAME));
		return;
	}
	if (!track->started) {
		track->started = true;
		track->resync = false;
		rest->start_ts = heard_ts;
	} else if (track->resync || timestamp != track->next_ts) {
		if (!place(&w, timestamp, heard_ts))
			return;
	}
	track->next_ts = timestamp + n;
	take_codes(&w, packet->codes, n);
}
