// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tone.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_dtmf.h"

/* The power of n samples in dBm0. */
static double power_dbm0(const int16_t *samples, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * samples[i];
	return 10 * log10(sum / (double)n / (32768.0 * 32768 / 2)) + 3.14;
}

/* The power of one frequency in dBm0. */
static double line_dbm0(const int16_t *samples, size_t n, double hz)
{
	double re = 0, im = 0;

	for (size_t i = 0; i < n; i++) {
		re += samples[i] * cos(2 * M_PI * hz * (double)i / 8000);
		im += samples[i] * sin(2 * M_PI * hz * (double)i / 8000);
	}
	return 20 * log10(2 * sqrt(re * re + im * im) / (double)n / 32768) + 3.14;
}

static void levels_and_frequencies_are_those_of_q23(void **state)
{
	static int16_t samples[8000];
	struct jf_tone tone;

	(void)state;
	jf_tone_key(&tone, 5, 8000);
	assert_int_equal(jf_tone_make(&tone, samples, 8000), 8000);
	assert_true(fabs(line_dbm0(samples, 8000, 770) + 9) < 0.1);
	assert_true(fabs(line_dbm0(samples, 8000, 1336) + 7) < 0.1);
	assert_true(line_dbm0(samples, 8000, 852) < -60);
	/* nothing else: no click at either end */
	assert_true(fabs(power_dbm0(samples, 8000) - (10 * log10(pow(10, -0.9) + pow(10, -0.7)))) <
	            0.1);
	assert_true(abs(samples[0]) < 500 && abs(samples[7999]) < 1700);
	jf_tone_beep(&tone, 1400, -20, 8000);
	jf_tone_make(&tone, samples, 8000);
	assert_true(fabs(line_dbm0(samples, 8000, 1400) + 20) < 0.1);
	assert_true(fabs(power_dbm0(samples, 8000) + 20) < 0.1);
}

static void pieces_make_the_whole(void **state)
{
	int16_t whole[1000], pieces[1000];
	struct jf_tone tone;

	(void)state;
	jf_tone_key(&tone, 15, 900);
	assert_int_equal(jf_tone_make(&tone, whole, 1000), 900);
	jf_tone_key(&tone, 15, JF_TONE_ENDLESS);
	for (size_t at = 0; at < 480; at += 160)
		assert_int_equal(jf_tone_make(&tone, pieces + at, 160), 160);
	jf_tone_end(&tone, 900);
	assert_int_equal(jf_tone_make(&tone, pieces + 480, 520), 420);
	assert_memory_equal(whole, pieces, sizeof(whole));
	for (size_t i = 900; i < 1000; i++)
		assert_int_equal(whole[i], 0);
	/* let go too early: it still falls before it ends */
	jf_tone_key(&tone, 1, JF_TONE_ENDLESS);
	jf_tone_make(&tone, pieces, 500);
	jf_tone_end(&tone, 100);
	assert_int_equal(jf_tone_make(&tone, pieces, 160), JF_TONE_RAMP_SAMPLES);
}

static void collect(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	(void)token;
	if (news->kind == JF_DTMF_PRESSED)
		*(uint32_t *)user |= 1u << news->event;
}

static void every_key_is_heard_as_itself(void **state)
{
	int16_t samples[1000];
	struct jf_tone tone;

	(void)state;
	jf_dtmf_init();
	for (uint8_t event = 0; event < 16; event++) {
		struct jf_dtmf stream = {0};
		struct jf_dtmf_batch batch;
		uint32_t heard = 0;

		jf_dtmf_batch_init(&batch, collect, &heard);
		jf_tone_key(&tone, event, 400);
		jf_tone_make(&tone, samples, 1000);
		jf_dtmf_feed_linear(&batch, &stream, 0, 0, samples, 1000);
		jf_dtmf_flush(&batch);
		assert_int_equal(heard, 1u << event);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(levels_and_frequencies_are_those_of_q23),
	        cmocka_unit_test(pieces_make_the_whole),
	        cmocka_unit_test(every_key_is_heard_as_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
