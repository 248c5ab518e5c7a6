// SPDX-License-Identifier: BSD-3-Clause
#include "jf_plc.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define FRAME_MS 20u

static const unsigned rates[] = {8, 16};

/* A voice of f0 Hz with its harmonics, as vowels are. */
static int16_t voiced(double f0, unsigned khz, uint32_t i)
{
	double t = i / (1000.0 * khz), sum = 0;

	for (int h = 1; h <= 6; h++)
		sum += sin(2 * M_PI * f0 * h * t + h) / h;
	return (int16_t)lrint(5000 * sum);
}

static double rms(const int16_t *samples, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += (double)samples[i] * samples[i];
	return sqrt(sum / (double)n);
}

/* The largest step from one sample to the next. */
static int steepest(const int16_t *samples, size_t n)
{
	int most = 0;

	for (size_t i = 1; i < n; i++)
		if (abs(samples[i] - samples[i - 1]) > most)
			most = abs(samples[i] - samples[i - 1]);
	return most;
}

/* 10 frames of voice of which from, from + 1, ... are filled in. */
static void play(double f0, unsigned khz, unsigned from, unsigned gone, int16_t *ret_heard)
{
	unsigned frame = FRAME_MS * khz;
	struct jf_plc plc;

	jf_plc_init(&plc, khz);
	for (unsigned f = 0; f < 10; f++) {
		int16_t *out = ret_heard + f * frame;

		for (uint32_t i = 0; i < frame; i++)
			out[i] = voiced(f0, khz, f * frame + i);
		if (f >= from && f < from + gone)
			jf_plc_fill(&plc, out, frame);
		else
			jf_plc_heard(&plc, out, frame);
	}
}

static void what_came_passes_untouched(void **state)
{
	int16_t heard[200 * 16];

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		play(150, rates[r], 10, 0, heard);
		for (uint32_t i = 0; i < 200 * rates[r]; i++)
			assert_int_equal(heard[i], voiced(150, rates[r], i));
	}
}

static void a_lost_frame_of_a_voice_sounds_like_the_voice(void **state)
{
	int16_t heard[200 * 16];

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		unsigned frame = FRAME_MS * rates[r];

		for (double f0 = 70; f0 < 390; f0 += 7) {
			double loudness, before, error = 0;

			play(f0, rates[r], 5, 1, heard);
			before = rms(heard + 4 * frame, frame);
			loudness = rms(heard + 5 * frame, frame);
			assert_true(loudness > 0.6 * before && loudness < 1.2 * before);
			/* the first 10 ms, past the blend, are nearly what was lost */
			for (unsigned i = 4 * rates[r]; i < 10 * rates[r]; i++) {
				double d =
				        heard[5 * frame + i] - voiced(f0, rates[r], 5 * frame + i);

				error += d * d;
			}
			error = sqrt(error / (6 * rates[r]));
			assert_true(error < 0.5 * before);
		}
	}
}

static void neither_end_of_a_gap_clicks(void **state)
{
	int16_t heard[200 * 16];

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		for (double f0 = 70; f0 < 390; f0 += 7) {
			for (unsigned gone = 1; gone <= 4; gone++) {
				int usual, most;

				play(f0, rates[r], 10, 0, heard);
				usual = steepest(heard, 200 * rates[r]);
				play(f0, rates[r], 4, gone, heard);
				most = steepest(heard, 200 * rates[r]);
				assert_true(most <= usual * 3 / 2);
			}
		}
	}
}

static void a_long_gap_fades_to_silence(void **state)
{
	int16_t heard[200 * 16];

	(void)state;
	for (size_t r = 0; r < 2; r++) {
		unsigned frame = FRAME_MS * rates[r];

		play(120, rates[r], 3, 5, heard);
		assert_true(rms(heard + 4 * frame, frame) < 0.8 * rms(heard + 3 * frame, frame));
		for (unsigned i = 6 * frame; i < 8 * frame; i++)
			assert_int_equal(heard[i], 0);
		assert_true(rms(heard + 9 * frame, frame) > 3000);
	}
}

static void a_gap_at_the_beginning_is_silence(void **state)
{
	struct jf_plc plc;
	int16_t samples[160];

	(void)state;
	jf_plc_init(&plc, 8);
	jf_plc_fill(&plc, samples, 160);
	for (unsigned i = 0; i < 160; i++)
		assert_int_equal(samples[i], 0);
}

static void a_gap_within_a_frame_is_filled(void **state)
{
	struct jf_plc plc;
	int16_t line[8 * 200];

	(void)state;
	jf_plc_init(&plc, 8);
	for (unsigned i = 0; i < 8 * 200; i++)
		line[i] = voiced(200, 8, i);
	for (unsigned ms = 0; ms < 200; ms++) {
		if (ms % 40 == 39)
			jf_plc_fill(&plc, line + 8 * ms, 8);
		else
			jf_plc_heard(&plc, line + 8 * ms, 8);
	}
	assert_true(rms(line + 800, 800) > 3000);
	assert_true(steepest(line, 8 * 200) < 12000);
}

static void what_is_left_out_on_purpose_does_not_click(void **state)
{
	int16_t heard[2 * 160];
	struct jf_plc plc;
	int usual;

	(void)state;
	for (unsigned skip = 1; skip < 160; skip += 3) {
		jf_plc_init(&plc, 8);
		for (unsigned f = 0; f < 4; f++) {
			int16_t *out = heard + f % 2 * 160;

			for (unsigned i = 0; i < 160; i++)
				out[i] = voiced(110, 8, f * 160 + i + (f == 3 ? skip : 0));
			usual = steepest(out, 160);
			if (f == 3)
				jf_plc_skip(&plc);
			jf_plc_heard(&plc, out, 160);
		}
		assert_true(steepest(heard, 320) <= 3 * usual / 2);
	}
}

static void the_loudest_samples_stay_in_range(void **state)
{
	struct jf_plc plc;
	int16_t samples[320];

	(void)state;
	srand(1);
	jf_plc_init(&plc, 16);
	for (unsigned f = 0; f < 500; f++) {
		for (unsigned i = 0; i < 320; i++)
			samples[i] = rand() % 2 ? INT16_MAX : INT16_MIN;
		if (rand() % 3)
			jf_plc_heard(&plc, samples, 320);
		else
			jf_plc_fill(&plc, samples, 320);
	}
	assert_true(rms(samples, 320) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_came_passes_untouched),
	        cmocka_unit_test(a_lost_frame_of_a_voice_sounds_like_the_voice),
	        cmocka_unit_test(neither_end_of_a_gap_clicks),
	        cmocka_unit_test(a_long_gap_fades_to_silence),
	        cmocka_unit_test(a_gap_at_the_beginning_is_silence),
	        cmocka_unit_test(a_gap_within_a_frame_is_filled),
	        cmocka_unit_test(what_is_left_out_on_purpose_does_not_click),
	        cmocka_unit_test(the_loudest_samples_stay_in_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
