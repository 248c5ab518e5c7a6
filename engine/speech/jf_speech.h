/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What two energy tracks tell about a conversation: who spoke, when nobody did, who cut in. Energy
 * is not sentiment, and nothing here calls it so.
 *
 * One level per 20 ms frame and side (0 .. 127: -dBov; 255: nothing came). Speech is level over a
 * floor of noise that follows the line, with hangover, so that the gaps inside words count as
 * talking. The tracks hold only what the parties send: prompts and music that the engine plays to
 * them are not in there.
 *
 * The state is plain data without pointers: it may be stored in mid-call and go on elsewhere. A
 * reader of stored bytes checks jf_speech_valid first.
 */
#ifndef JF_SPEECH_H
#define JF_SPEECH_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define JF_SPEECH_FRAME_MS     20u
#define JF_SPEECH_NOTHING      255u  /* a level: no media in this frame */
#define JF_SPEECH_DEAD_AIR_MS  5000u /* silence longer than this is dead air, from its beginning */
#define JF_SPEECH_INTERRUPT_MS 1000u /* who is cut in on stops within this */
#define JF_SPEECH_SIDES        2u    /* 0 caller, 1 agent */

/* One side's voice; private to jf_speech.c. */
struct jf_speech_voice {
	uint32_t floor_q8; /* -dBov * 256 of the line's noise */
	uint16_t window_frames;
	uint8_t window_softest;
	uint8_t onset;    /* loud frames in a row, before they count as speech */
	uint8_t hangover; /* frames that still count as speech after the last loud one */
	uint8_t speaking;
	uint8_t floor_known;
	uint8_t pad[5];
};

struct jf_speech_side {
	struct jf_speech_voice voice;
	uint64_t talk_frames;
	uint64_t media_frames;  /* something came */
	uint64_t energy_frames; /* it was not digital silence */
	uint32_t run_frames;    /* of the talking in progress */
	uint32_t longest_frames;
	uint32_t turns; /* times that this side began to speak */
	uint32_t interruptions;
	uint32_t responses;
	uint32_t cut_in_frames; /* since it began while the other spoke; 0: not so */
	uint64_t response_frames;
};

struct jf_speech {
	uint32_t version;
	uint32_t last_speaker; /* who stopped last before the silence: 0, 1; 2: nobody yet */
	uint64_t frames;
	uint64_t silence_frames; /* neither spoke */
	uint64_t overtalk_frames;
	uint64_t dead_air_frames;
	uint32_t dead_airs;
	uint32_t silence_run_frames;
	struct jf_speech_side side[JF_SPEECH_SIDES];
};
static_assert(sizeof(struct jf_speech) == 192, "stored with the call: change version with it");

struct jf_speech_party {
	uint64_t talk_ms;
	double talk_share; /* of the whole time, 0 .. 1 */
	uint32_t turns;
	uint32_t interruptions; /* this side cut in, and the other stopped within a second */
	uint32_t responses;     /* this side spoke after the other had, with silence between */
	uint64_t response_ms;   /* sum of those silences; mean latency is response_ms / responses */
	uint64_t longest_ms;    /* longest talking without the other taking over */
	bool media;             /* something came at all */
	bool one_way;           /* media came for over 5 s, and never any energy */
};

struct jf_speech_result {
	uint64_t duration_ms;
	uint64_t silence_ms;
	uint64_t overtalk_ms;
	uint64_t dead_air_ms;
	uint32_t dead_airs;
	struct jf_speech_party party[JF_SPEECH_SIDES];
};

void jf_speech_init(struct jf_speech *speech);

/* Whether stored bytes can go on: of this version and in range. */
bool jf_speech_valid(const struct jf_speech *speech);

/* The next 20 ms of both sides. */
void jf_speech_step(struct jf_speech *speech, uint8_t level_caller, uint8_t level_agent);

/* As of now; may be asked at any time, changes nothing. */
void jf_speech_result(const struct jf_speech *speech, struct jf_speech_result *ret_result);

#endif
