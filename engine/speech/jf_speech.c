// SPDX-License-Identifier: BSD-3-Clause
#include "jf_speech.h"

#define VERSION       1u
#define FRAMES(ms)    ((ms) / JF_SPEECH_FRAME_MS)
#define SECOND_FRAMES FRAMES(1000)
#define NOBODY        2u

/* Levels, in -dBov: less is louder. */
#define FLOOR_FIRST    60u /* before a line is known */
#define FLOOR_LOUDEST  35u /* a line louder than this is taken for a voice, not for noise */
#define OVER_FLOOR     10u
#define SPEECH_SOFTEST 50u
#define ENERGY_SOFTEST 80u /* what a muted telephone sends is softer */

/* Gaps up to 200 ms are part of a spurt: to the second loud frame after them, one frame more. */
#define BRIDGE_FRAMES (FRAMES(200) + 1)
#define DELAY_FRAMES  BRIDGE_FRAMES

void jf_speech_init(struct jf_speech *speech)
{
	*speech = (struct jf_speech){.version = VERSION, .last_speaker = NOBODY};
	for (unsigned i = 0; i < JF_SPEECH_SIDES; i++)
		speech->side[i].second_left = SECOND_FRAMES;
}

bool jf_speech_valid(const struct jf_speech *speech)
{
	if (speech->version != VERSION || speech->last_speaker > NOBODY ||
	    speech->judged_frames > speech->frames ||
	    speech->silence_frames + speech->overtalk_frames > speech->judged_frames ||
	    speech->dead_air_frames > speech->silence_frames)
		return false;
	for (unsigned i = 0; i < JF_SPEECH_SIDES; i++) {
		const struct jf_speech_side *s = &speech->side[i];

		if (s->talking > 1 || s->second_left < 1 || s->second_left > SECOND_FRAMES ||
		    s->talk_frames > speech->judged_frames || s->media_frames > speech->frames)
			return false;
	}
	return true;
}

/* The noise of the line: its softest frame in the last three to four seconds. */
static unsigned floor_of(const struct jf_speech_side *s)
{
	unsigned level = 0;

	for (unsigned i = 0; i < sizeof(s->softest); i++)
		if (s->softest[i] > level)
			level = s->softest[i];
	/* in its first two seconds a line is not known yet: all of it may have been a voice */
	if (!s->softest[2] && level < FLOOR_FIRST)
		level = FLOOR_FIRST;
	return level > FLOOR_LOUDEST ? level : FLOOR_LOUDEST;
}

static void hear(struct jf_speech_side *s, uint8_t level)
{
	unsigned softest_speech;

	s->loud <<= 1;
	if (level > 127)
		return;
	s->media_frames++;
	if (level < ENERGY_SOFTEST)
		s->energy_frames++;
	if (level > s->softest[0])
		s->softest[0] = level;
	softest_speech = floor_of(s) - OVER_FLOOR;
	if (softest_speech > SPEECH_SOFTEST)
		softest_speech = SPEECH_SOFTEST;
	s->loud |= level <= softest_speech;
	if (!--s->second_left) {
		s->second_left = SECOND_FRAMES;
		for (unsigned i = sizeof(s->softest) - 1; i; i--)
			s->softest[i] = s->softest[i - 1];
		s->softest[0] = 0;
	}
}

/*
 * Whether the side talks in the frame that is DELAY_FRAMES old. A spurt counts from its second loud
 * frame: a single one is a click, and speech begins and ends inside frames, so that on average
 * those at both ends make one too many.
 */
static bool talks(const struct jf_speech_side *s)
{
	const uint64_t loud = s->loud & s->loud >> 1;
	const uint64_t older = loud >> (DELAY_FRAMES + 1);
	const uint64_t newer = loud & ((UINT64_C(1) << DELAY_FRAMES) - 1);
	unsigned back, ahead;

	if (loud >> DELAY_FRAMES & 1)
		return true;
	if (!older || !newer)
		return false;
	back = (unsigned)__builtin_ctzll(older) + 1;
	ahead = DELAY_FRAMES - (63 - (unsigned)__builtin_clzll(newer));
	return back + ahead - 1 <= BRIDGE_FRAMES;
}

/* A side that began while the other spoke has interrupted it if the other stops soon after. */
static void judge_cut_in(struct jf_speech_side *s, bool now, const struct jf_speech_side *other,
                         bool other_now)
{
	if (now && !s->talking && other->talking && other_now) {
		s->cut_in_frames = 1;
	} else if (s->cut_in_frames) {
		if (!now || ++s->cut_in_frames > FRAMES(JF_SPEECH_INTERRUPT_MS) + 1) {
			s->cut_in_frames = 0;
		} else if (!other_now) {
			s->interruptions++;
			s->cut_in_frames = 0;
		}
	}
}

static void judge_side(struct jf_speech *speech, unsigned side, bool now, bool other_now)
{
	struct jf_speech_side *s = &speech->side[side];
	struct jf_speech_side *other = &speech->side[!side];

	judge_cut_in(s, now, other, other_now);
	if (other_now)
		s->alone_frames = 0;
	if (!now)
		return;
	if (!s->talking) {
		s->turns++;
		/* after the other's last word: in silence, or at once as it stopped */
		if (!other_now && (other->talking || speech->last_speaker == !side)) {
			s->responses++;
			s->response_frames += speech->silence_run_frames;
		}
	}
	s->talk_frames++;
	if (!other_now && ++s->alone_frames >= FRAMES(JF_SPEECH_TAKEOVER_MS))
		other->monologue_frames = 0;
	s->monologue_frames++;
	if (s->monologue_frames > s->longest_frames)
		s->longest_frames = s->monologue_frames;
}

static void judge_silence(struct jf_speech *speech)
{
	const uint32_t dead = FRAMES(JF_SPEECH_DEAD_AIR_MS);

	speech->silence_frames++;
	speech->silence_run_frames++;
	if (speech->silence_run_frames == dead + 1) {
		speech->dead_airs++;
		speech->dead_air_frames += dead;
	}
	if (speech->silence_run_frames > dead)
		speech->dead_air_frames++;
}

/* Accounts for the frame that is DELAY_FRAMES old. */
static void judge(struct jf_speech *speech)
{
	struct jf_speech_side *caller = &speech->side[0], *agent = &speech->side[1];
	const bool c = talks(caller), a = talks(agent);

	speech->judged_frames++;
	judge_side(speech, 0, c, a);
	judge_side(speech, 1, a, c);
	if (c && a)
		speech->overtalk_frames++;
	if (!c && !a) {
		judge_silence(speech);
	} else {
		speech->silence_run_frames = 0;
		speech->last_speaker = c && a ? NOBODY : a;
	}
	caller->talking = c;
	agent->talking = a;
}

void jf_speech_step(struct jf_speech *speech, uint8_t level_caller, uint8_t level_agent)
{
	hear(&speech->side[0], level_caller);
	hear(&speech->side[1], level_agent);
	speech->frames++;
	if (speech->frames > DELAY_FRAMES)
		judge(speech);
}

/* Judges what is still waiting for its 220 ms. */
static void drain(struct jf_speech *speech)
{
	uint64_t end = speech->frames + DELAY_FRAMES;

	for (uint64_t frame = speech->frames + 1; frame <= end; frame++) {
		speech->side[0].loud <<= 1;
		speech->side[1].loud <<= 1;
		if (frame > DELAY_FRAMES)
			judge(speech);
	}
}

static uint64_t ms_of(uint64_t frames)
{
	return frames * JF_SPEECH_FRAME_MS;
}

void jf_speech_result(const struct jf_speech *speech, struct jf_speech_result *ret_result)
{
	struct jf_speech end = *speech;

	drain(&end);
	*ret_result = (struct jf_speech_result){
	        .duration_ms = ms_of(end.frames),
	        .silence_ms = ms_of(end.silence_frames),
	        .overtalk_ms = ms_of(end.overtalk_frames),
	        .dead_air_ms = ms_of(end.dead_air_frames),
	        .dead_airs = end.dead_airs,
	};
	for (unsigned i = 0; i < JF_SPEECH_SIDES; i++) {
		const struct jf_speech_side *s = &end.side[i];

		ret_result->party[i] = (struct jf_speech_party){
		        .talk_ms = ms_of(s->talk_frames),
		        .talk_share = end.frames ? (double)s->talk_frames / (double)end.frames : 0,
		        .turns = s->turns,
		        .interruptions = s->interruptions,
		        .responses = s->responses,
		        .response_ms = ms_of(s->response_frames),
		        .longest_ms = ms_of(s->longest_frames),
		        .media = s->media_frames > 0,
		        .one_way = ms_of(s->media_frames) > 5000 && !s->energy_frames,
		};
	}
}
