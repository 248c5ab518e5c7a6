// SPDX-License-Identifier: BSD-3-Clause
/*
 * Conversations made of levels: what happens when is known to the frame. A spurt counts from its
 * second frame, so each is EDGE shorter than what was made.
 */
#include "jf_speech.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TALK  20
#define NOISE 65
#define MUTE  127
#define NONE  JF_SPEECH_NOTHING
#define EDGE  20

static struct jf_speech speech;
static struct jf_speech_result result;

static int fresh(void **state)
{
	(void)state;
	jf_speech_init(&speech);
	return 0;
}

static void both(unsigned ms, uint8_t caller, uint8_t agent)
{
	for (unsigned i = 0; i < ms / JF_SPEECH_FRAME_MS; i++)
		jf_speech_step(&speech, caller, agent);
}

static const struct jf_speech_result *now(void)
{
	jf_speech_result(&speech, &result);
	return &result;
}

static void talk_is_counted_to_the_frame(void **state)
{
	(void)state;
	both(1000, NOISE, NOISE);
	both(2000, TALK, NOISE);
	both(1000, NOISE, NOISE);
	both(500, NOISE, TALK);
	both(500, TALK, TALK);
	assert_int_equal(now()->duration_ms, 5000);
	assert_int_equal(now()->party[0].talk_ms, 2500 - 2 * EDGE);
	assert_int_equal(now()->party[1].talk_ms, 1000 - EDGE);
	assert_int_equal(now()->overtalk_ms, 500 - EDGE);
	assert_int_equal(now()->silence_ms, 2000 + 2 * EDGE);
	assert_true(now()->party[0].talk_share > 0.491 && now()->party[0].talk_share < 0.493);
}

static void gaps_inside_words_are_talk_and_pauses_are_not(void **state)
{
	(void)state;
	both(400, TALK, MUTE);
	both(200, NOISE, MUTE);
	both(400, TALK, MUTE);
	assert_int_equal(now()->party[0].talk_ms, 1000 - EDGE);
	assert_int_equal(now()->party[0].turns, 1);
	both(220, NOISE, MUTE);
	both(400, TALK, MUTE);
	assert_int_equal(now()->party[0].talk_ms, 1400 - 2 * EDGE);
	assert_int_equal(now()->party[0].turns, 2);
}

static void lost_packets_inside_a_word_do_not_cut_it(void **state)
{
	(void)state;
	both(200, TALK, NONE);
	both(100, NONE, NONE);
	both(200, TALK, NONE);
	assert_int_equal(now()->party[0].talk_ms, 500 - EDGE);
	assert_false(now()->party[1].media);
}

static void a_click_is_no_word(void **state)
{
	(void)state;
	both(500, NOISE, NOISE);
	both(20, 5, NOISE);
	both(500, NOISE, NOISE);
	assert_int_equal(now()->party[0].talk_ms, 0);
}

static void the_floor_follows_a_noisy_line(void **state)
{
	uint64_t before;

	(void)state;
	/* a street: the noise itself is as loud as a soft voice */
	both(6000, 42, MUTE);
	before = now()->party[0].talk_ms;
	both(1000, TALK, MUTE);
	both(4000, 42, MUTE);
	assert_int_equal(now()->party[0].talk_ms - before, 1000 - EDGE);
	/* taken for a voice only until it is known */
	assert_true(before <= 2100);
}

static void a_soft_voice_on_a_quiet_line_is_heard(void **state)
{
	(void)state;
	both(3000, 75, MUTE);
	both(1000, 45, MUTE);
	both(1000, 75, MUTE);
	assert_int_equal(now()->party[0].talk_ms, 1000 - EDGE);
}

static void silence_over_five_seconds_is_dead_air(void **state)
{
	(void)state;
	both(1000, TALK, NOISE);
	both(5000 - EDGE, NOISE, NOISE);
	both(1000, TALK, NOISE);
	assert_int_equal(now()->dead_airs, 0);
	both(7000 - EDGE, NOISE, NOISE);
	both(1000, NOISE, TALK);
	assert_int_equal(now()->dead_airs, 1);
	assert_int_equal(now()->dead_air_ms, 7000);
	assert_int_equal(now()->silence_ms, 12000 + EDGE);
}

static void cutting_in_is_interrupting_only_if_the_other_stops(void **state)
{
	(void)state;
	both(2000, TALK, NOISE);
	both(600, TALK, TALK); /* the agent cuts in, the caller gives way */
	both(2000, NOISE, TALK);
	assert_int_equal(now()->party[1].interruptions, 1);
	both(300, TALK, TALK); /* "mhm": the agent goes on */
	both(2000, NOISE, TALK);
	both(1500, TALK, TALK); /* gives way too late to be called so */
	both(1000, TALK, NOISE);
	assert_int_equal(now()->party[0].interruptions, 0);
	assert_int_equal(now()->party[1].interruptions, 1);
}

static void latency_is_the_silence_before_the_answer(void **state)
{
	(void)state;
	both(1000, TALK, NOISE);
	both(800, NOISE, NOISE);
	both(1000, NOISE, TALK);
	both(400, NOISE, NOISE);
	both(1000, NOISE, TALK); /* goes on: no response */
	both(1000, TALK, NOISE); /* at once */
	assert_int_equal(now()->party[1].responses, 1);
	assert_int_equal(now()->party[1].response_ms, 800 + EDGE);
	assert_int_equal(now()->party[0].responses, 1);
	assert_int_equal(now()->party[0].response_ms, EDGE);
}

static void a_monologue_lasts_until_the_other_takes_over(void **state)
{
	(void)state;
	both(10000, TALK, NOISE);
	both(1000, NOISE, NOISE);
	both(300, NOISE, TALK); /* "yes?" */
	both(300, NOISE, NOISE);
	both(5000, TALK, NOISE);
	both(2000, NOISE, TALK);
	both(3000, TALK, NOISE);
	assert_int_equal(now()->party[0].longest_ms, 15000 - 2 * EDGE);
	/* "yes?" was the beginning of nothing: the caller took over from it */
	assert_int_equal(now()->party[1].longest_ms, 2000 - EDGE);
}

static void media_without_energy_is_one_way(void **state)
{
	(void)state;
	both(4000, TALK, MUTE);
	assert_false(now()->party[1].one_way);
	both(2000, TALK, MUTE);
	assert_true(now()->party[1].one_way);
	assert_false(now()->party[0].one_way);
	both(20, TALK, 60);
	assert_false(now()->party[1].one_way);
}

static void asking_changes_nothing_and_state_goes_on_elsewhere(void **state)
{
	struct jf_speech stored;

	(void)state;
	srand(7);
	for (int i = 0; i < 20000; i++) {
		jf_speech_step(&speech, (uint8_t)(rand() % 128), (uint8_t)(rand() % 128));
		if (i == 5000) {
			now();
			stored = speech;
			assert_true(jf_speech_valid(&stored));
			memset(&speech, 0xaa, sizeof(speech));
			assert_false(jf_speech_valid(&speech));
			speech = stored;
		}
	}
	now();
	assert_int_equal(result.party[0].talk_ms + result.party[1].talk_ms + result.silence_ms -
	                         result.overtalk_ms,
	                 result.duration_ms);
	assert_true(jf_speech_valid(&speech));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(talk_is_counted_to_the_frame, fresh),
	        cmocka_unit_test_setup(gaps_inside_words_are_talk_and_pauses_are_not, fresh),
	        cmocka_unit_test_setup(lost_packets_inside_a_word_do_not_cut_it, fresh),
	        cmocka_unit_test_setup(a_click_is_no_word, fresh),
	        cmocka_unit_test_setup(the_floor_follows_a_noisy_line, fresh),
	        cmocka_unit_test_setup(a_soft_voice_on_a_quiet_line_is_heard, fresh),
	        cmocka_unit_test_setup(silence_over_five_seconds_is_dead_air, fresh),
	        cmocka_unit_test_setup(cutting_in_is_interrupting_only_if_the_other_stops, fresh),
	        cmocka_unit_test_setup(latency_is_the_silence_before_the_answer, fresh),
	        cmocka_unit_test_setup(a_monologue_lasts_until_the_other_takes_over, fresh),
	        cmocka_unit_test_setup(media_without_energy_is_one_way, fresh),
	        cmocka_unit_test_setup(asking_changes_nothing_and_state_goes_on_elsewhere, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
