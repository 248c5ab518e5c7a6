// SPDX-License-Identifier: BSD-3-Clause
#include "jf_emodel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct jf_emodel_rating rate(enum jf_codec codec, double delay_ms, double loss,
                                    double burst_ratio)
{
	const struct jf_emodel_input input = {.codec = codec,
	                                      .concealed = true,
	                                      .delay_ms = delay_ms,
	                                      .loss = loss,
	                                      .burst_ratio = burst_ratio};
	struct jf_emodel_rating rating;

	assert_true(jf_emodel_rate(&input, &rating));
	return rating;
}

#define assert_about(value, about, within)                                                         \
	assert_float_equal((float)(value), (float)(about), (float)(within))

/* G.107 section 7.7: all defaults give 93.2; annex B: which is 4.41. */
static void the_default_is_the_published_one(void **state)
{
	struct jf_emodel_rating rating = rate(JF_CODEC_PCMA, 0, 0, 1);

	(void)state;
	assert_about(rating.r, 93.2, 0.05);
	assert_about(rating.mos, 4.41, 0.005);
	assert_false(rating.wideband);
}

/* G.107 table B.1: the lower limits of its five categories of quality. */
static void scores_follow_annex_b(void **state)
{
	(void)state;
	assert_about(jf_emodel_mos(90), 4.34, 0.005);
	assert_about(jf_emodel_mos(80), 4.03, 0.01);
	assert_about(jf_emodel_mos(70), 3.60, 0.005);
	assert_about(jf_emodel_mos(60), 3.10, 0.005);
	assert_about(jf_emodel_mos(50), 2.58, 0.005);
	assert_about(jf_emodel_mos(0), 1, 0);
	assert_about(jf_emodel_mos(-7), 1, 0);
	assert_about(jf_emodel_mos(100), 4.5, 0);
	assert_about(jf_emodel_mos(120), 4.5, 0);
	for (double r = 1; r < 100; r++)
		assert_true(jf_emodel_mos(r) >= 1 && jf_emodel_mos(r) >= jf_emodel_mos(r - 1));
}

/*
 * Delay by the equations of section 7.4, worked out beside this. Up to 150 ms hardly anything is
 * lost, above 177 ms it falls quickly (as figure 2 of G.114 has it).
 */
static void delay_costs_what_the_equations_say(void **state)
{
	(void)state;
	assert_about(rate(JF_CODEC_PCMU, 50, 0, 1).r, 91.76, 0.01);
	assert_about(rate(JF_CODEC_PCMU, 100, 0, 1).r, 90.66, 0.01);
	assert_about(rate(JF_CODEC_PCMU, 150, 0, 1).r, 89.54, 0.01);
	assert_about(rate(JF_CODEC_PCMU, 200, 0, 1).r, 85.81, 0.01);
	assert_about(rate(JF_CODEC_PCMU, 300, 0, 1).r, 72.67, 0.01);
	assert_about(rate(JF_CODEC_PCMU, 400, 0, 1).r, 62.25, 0.01);
}

/* G.113 table I.2 (1999): Ie of G.711 with concealment at random loss, by listening. */
static void random_loss_costs_about_what_g113_found(void **state)
{
	static const struct {
		double loss, ie;
	} found[] = {{0.01, 5}, {0.02, 7}, {0.03, 10}, {0.05, 15}, {0.07, 20}, {0.1, 25}};
	double best = rate(JF_CODEC_PCMU, 0, 0, 1).r;

	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++)
		assert_about(best - rate(JF_CODEC_PCMU, 0, found[i].loss, 1).r, found[i].ie, 2.5);
}

/* Equation 7-29: 95 Ppl / (Ppl / BurstR + Bpl). */
static void bursts_cost_more_than_random_loss(void **state)
{
	double best = rate(JF_CODEC_PCMU, 0, 0, 1).r;
	const struct jf_emodel_input bare = {
	        .codec = JF_CODEC_PCMU, .loss = 0.01, .burst_ratio = 1};
	struct jf_emodel_rating rating;

	(void)state;
	assert_about(best - rate(JF_CODEC_PCMU, 0, 0.02, 1).r, 190 / 27.1, 0.001);
	assert_about(best - rate(JF_CODEC_PCMU, 0, 0.02, 2).r, 190 / 26.1, 0.001);
	assert_about(best - rate(JF_CODEC_PCMU, 0, 0.02, 8).r, 190 / 25.35, 0.001);
	/* beyond the range of the model: its ends */
	assert_about(rate(JF_CODEC_PCMU, 0, 0.02, 50).r, rate(JF_CODEC_PCMU, 0, 0.02, 8).r, 0);
	assert_about(rate(JF_CODEC_PCMU, 0, 0.02, 0.2).r, rate(JF_CODEC_PCMU, 0, 0.02, 1).r, 0);
	assert_true(jf_emodel_rate(&bare, &rating));
	assert_about(best - rating.r, 95 / 5.3, 0.001);
	assert_about(rate(JF_CODEC_PCMU, 500, 1, 8).mos, 1, 0);
	assert_true(rate(JF_CODEC_PCMU, 500, 1, 8).r >= 0);
}

static void wideband_has_its_own_scale(void **state)
{
	struct jf_emodel_rating rating = rate(JF_CODEC_G722, 0, 0, 1);
	struct jf_emodel_rating lossy = rate(JF_CODEC_G722, 0, 0.01, 1);

	(void)state;
	assert_true(rating.wideband);
	assert_about(rating.r, 116, 0.5);
	assert_about(rating.mos, jf_emodel_mos(116 / 1.29), 0.01);
	assert_about(rating.r - lossy.r, 82 / 5.3, 0.001);
}

static void what_is_not_known_is_not_rated(void **state)
{
	const struct jf_emodel_input input = {.codec = JF_CODEC_OTHER, .burst_ratio = 1};
	struct jf_emodel_rating rating = {.r = 4711};

	(void)state;
	assert_false(jf_emodel_rate(&input, &rating));
	assert_about(rating.r, 4711, 0);
}

static void a_burst_ratio_is_one_for_random_loss(void **state)
{
	uint64_t lost = 0, runs = 0;
	uint32_t seed = 1;
	bool before = false;

	(void)state;
	for (unsigned i = 0; i < 1000000; i++) {
		bool now;

		seed = seed * 1664525 + 1013904223;
		now = seed >> 16 < 65536 / 10;
		lost += now;
		runs += now && !before;
		before = now;
	}
	assert_about(jf_emodel_burst_ratio(1000000, lost, runs), 1, 0.02);
	/* always four in a row, one in ten lost: 4 x 0.9 */
	assert_about(jf_emodel_burst_ratio(1000, 100, 25), 3.6, 0.0001);
	assert_about(jf_emodel_burst_ratio(1000, 0, 0), 1, 0);
	assert_about(jf_emodel_burst_ratio(0, 0, 0), 1, 0);
	assert_about(jf_emodel_burst_ratio(10, 20, 1), 1, 0);
}

static void delay_is_made_of_its_parts(void **state)
{
	(void)state;
	assert_about(jf_emodel_delay_ms(0, 0, 20), 40, 0);
	assert_about(jf_emodel_delay_ms(100, 5, 20), 100, 0);
}

static void counts_are_rated_as_a_telephone_hears_them(void **state)
{
	const struct jf_emodel_counts bursts = {
	        .expected = 1000, .lost = 20, .loss_runs = 5, .jitter_ms = 5, .round_trip_ms = 100};
	const struct jf_emodel_counts nothing = {.expected = 0};
	struct jf_emodel_rating rating = {.r = 4711};

	(void)state;
	assert_true(jf_emodel_rate_counts(JF_CODEC_PCMA, &bursts, &rating));
	/* 50 + 20 + 20 + 10 ms; four in a row, less what is usual at random */
	assert_about(rating.r, rate(JF_CODEC_PCMA, 100, 0.02, 4 * 0.98).r, 0.0001);
	assert_false(jf_emodel_rate_counts(JF_CODEC_PCMA, &nothing, &rating));
	assert_false(jf_emodel_rate_counts(JF_CODEC_OTHER, &bursts, &rating));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_default_is_the_published_one),
	        cmocka_unit_test(scores_follow_annex_b),
	        cmocka_unit_test(delay_costs_what_the_equations_say),
	        cmocka_unit_test(random_loss_costs_about_what_g113_found),
	        cmocka_unit_test(bursts_cost_more_than_random_loss),
	        cmocka_unit_test(wideband_has_its_own_scale),
	        cmocka_unit_test(what_is_not_known_is_not_rated),
	        cmocka_unit_test(a_burst_ratio_is_one_for_random_loss),
	        cmocka_unit_test(delay_is_made_of_its_parts),
	        cmocka_unit_test(counts_are_rated_as_a_telephone_hears_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
