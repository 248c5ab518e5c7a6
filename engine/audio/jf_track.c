// SPDX-License-Identifier: BSD-3-Clause
#include "jf_track.h"

#include <string.h>

#include "jf_energy.h"

#define FRAME    JF_TRACK_FRAME_SAMPLES
#define LATE_TS  8000 /* behind by less: reordered or repeated; by more: the sender began anew */
#define TRUST_TS 4000 /* timestamps and clock may differ by so much */

void jf_track_init(struct jf_track *track, uint32_t frames, enum jf_law law)
{
	*track = (struct jf_track){.mask = frames - 1, .law = (uint8_t)law};
}

static void close_frame(struct jf_track *track, uint8_t *levels)
{
	jf_track_append(track, levels,
	                track->heard ? jf_energy_level(track->law, track->sum, track->heard)
	                             : JF_TRACK_EMPTY);
	track->sum = 0;
	track->filled = track->heard = 0;
}

/* count frames for which nothing came; only the ring's last mask + 1 of them are written. */
static void emit_empty(struct jf_track *track, uint8_t *levels, uint32_t count)
{
	uint32_t size = track->mask + 1, groups, write, at, to_end;

	for (; count && track->frames % JF_TRACK_GROUP; count--)
		jf_track_append(track, levels, JF_TRACK_EMPTY);
	groups = count / JF_TRACK_GROUP * JF_TRACK_GROUP;
	write = groups < size ? groups : size;
	at = (track->frames + groups - write) & track->mask;
	to_end = size - at < write ? size - at : write;
	memset(levels + at, JF_TRACK_EMPTY, to_end);
	memset(levels, JF_TRACK_EMPTY, write - to_end);
	track->frames += groups;
	for (count -= groups; count; count--)
		jf_track_append(track, levels, JF_TRACK_EMPTY);
}

static void skip(struct jf_track *track, uint8_t *levels, uint32_t samples)
{
	uint32_t rest = FRAME - track->filled;

	if (samples < rest) {
		track->filled = (uint16_t)(track->filled + samples);
		return;
	}
	if (track->filled) {
		close_frame(track, levels);
		samples -= rest;
	}
	emit_empty(track, levels, samples / FRAME);
	track->filled = (uint16_t)(samples % FRAME);
}

/* Where a packet belongs that does not follow the one before. false: behind what is written. */
static bool place(struct jf_track *track, uint8_t *levels, uint32_t timestamp, uint32_t heard_ts)
{
	uint32_t written = track->frames * FRAME + track->filled;
	int32_t by_clock = (int32_t)(heard_ts - track->start_ts - written);
	int32_t by_sender = (int32_t)(timestamp - track->next_ts);
	int32_t apart = (int32_t)((uint32_t)by_sender - (uint32_t)by_clock);

	if (!track->resync && by_sender < 0 && by_sender > -LATE_TS)
		return false;
	if (!track->resync && by_sender > 0 && apart < TRUST_TS && apart > -TRUST_TS) {
		skip(track, levels, (uint32_t)by_sender);
	} else if (by_clock > 0) {
		/* to whole frames, so that packets and frames go on side by side */
		skip(track, levels, ((uint32_t)by_clock + FRAME / 2) / FRAME * FRAME);
	}
	track->resync = false;
	return true;
}

void jf_track_push(struct jf_track *track, uint8_t *levels, uint32_t timestamp, uint32_t now_ts,
                   const uint8_t *codes, size_t n)
{
	/* the first sample was heard so long before the packet was complete */
	uint32_t heard_ts = now_ts - (uint32_t)n;

	if (jf_track_follows(track, timestamp, n)) {
		jf_track_take(track);
		jf_track_append(track, levels,
		                jf_energy_level(track->law, jf_energy_sum(track->law, codes, FRAME),
		                                FRAME));
		return;
	}
	if (!track->started) {
		track->started = true;
		track->resync = false;
		track->start_ts = heard_ts;
	} else if (track->resync || timestamp != track->next_ts) {
		if (!place(track, levels, timestamp, heard_ts))
			return;
	}
	track->next_ts = timestamp + (uint32_t)n;
	while (n) {
		size_t room = (size_t)(FRAME - track->filled);
		size_t take = n < room ? n : room;

		track->sum += jf_energy_sum(track->law, codes, take);
		track->heard = (uint16_t)(track->heard + take);
		track->filled = (uint16_t)(track->filled + take);
		if (track->filled == FRAME)
			close_frame(track, levels);
		codes += take;
		n -= take;
	}
}
