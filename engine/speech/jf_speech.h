/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What two energy tracks tell about a conversation: who spoke, when nobody did, who cut in. Energy
 * is not sentiment, and nothing here calls it so.
 *
 * One level per 20 ms frame and side (0 .. 127: -dBov; 255: nothing came). A frame is loud when it
 * is well over the noise of its line, which is followed as the softest frame of the last seconds.
 * Speech is loud frames and the gaps of up to 200 ms between them (ITU-T P.59's talk spurts); so a
 * frame is judged 220 ms after it came, and hangover adds nothing to the end of a spurt. A spurt
 * counts from its second loud frame, which makes its length right on average and clicks nothing.
 * The tracks hold only what the parties send: prompts and music that the engine plays to them are
 * not in there.
 *
 * The state is plain data without pointers: it may be stored in mid-call and go on elsewhere. A
 * reader of stored bytes checks jf_speech_valid first. Not thread-safe.
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
#define JF_SPEECH_TAKEOVER_MS  1000u /* who speaks alone for so long has taken over */
#define JF_SPEECH_SIDES        2u    /* 0 caller, 1 agent */

/* Private to jf_speech.c from here; in the open because it is stored. */
struct jf_speech_side {
	uint64_t loud;       /* bit i: the frame i before the last one was loud */
	uint8_t softest[4];  /* levels, of the last seconds; [0] of the one in progress */
	uint8_t second_left; /* frames of the second in progress that have yet to come */
	uint8_t talking;
	uint8_t pad[2];
	uint64_t talk_frames;
	uint64_t media_frames;  /* something came */
	uint64_t energy_frames; /* and it was not silence */
	uint64_t response_frames;
	uint32_t monologue_frames; /* talking since the other last took over */
	uint32_t longest_frames;
	uint32_t turns;
	uint32_t interruptions;
	uint32_t responses;
	uint32_t cut_in_frames; /* since it began while the other spoke; 0: not so */
	uint32_t alone_frames;  /* talking while the other did not, since the other last spoke */
	uint32_t pad1;
};

struct jf_speech {
	uint32_t version;
	uint32_t last_speaker; /* who spoke before the silence: 0, 1; 2: nobody, or both */
	uint64_t frames;
	uint64_t judged_frames;
	uint64_t silence_frames; /* neither spoke */
	uint64_t overtalk_frames;
	uint64_t dead_air_frames;
	uint32_t dead_airs;
	uint32_t silence_run_frames;
	struct jf_speech_side side[JF_SPEECH_SIDES];
};
static_assert(sizeof(struct jf_speech) == 216, "stored with the call: change version with it");

struct jf_speech_party {
	uint64_t talk_ms;
	double talk_share;      /* of the whole time, 0 .. 1 */
	uint32_t turns;         /* talk spurts */
	uint32_t interruptions; /* this side cut in, and the other stopped within a second */
	uint32_t responses;     /* this side spoke next after the other had stopped */
	uint64_t response_ms; /* sum of the silences before; the mean is response_ms / responses */
	uint64_t longest_ms;  /* most talking before the other took over */
	bool media;           /* something came at all */
	bool one_way;         /* media came for over 5 s, and never any energy */
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

/* As if the conversation ended now; may be asked at any time, changes nothing. */
void jf_speech_result(const struct jf_speech *speech, struct jf_speech_result *ret_result);

#endif
