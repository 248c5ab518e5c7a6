// SPDX-License-Identifier: BSD-3-Clause
#include "jf_gen_histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct jf_gen_histogram h;

static int empty(void **state)
{
	(void)state;
	jf_gen_histogram_reset(&h);
	return 0;
}

static void nothing_added_is_zero(void **state)
{
	(void)state;
	assert_int_equal(jf_gen_histogram_at(&h, 500), 0);
	assert_int_equal(jf_gen_histogram_at(&h, 1000), 0);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t v = 1; v <= 60; v++)
		jf_gen_histogram_add(&h, v);
	assert_int_equal(jf_gen_histogram_at(&h, 500), 30);
	assert_int_equal(jf_gen_histogram_at(&h, 1000), 60);
}

static void percentiles_are_within_their_error(void **state)
{
	const uint32_t asked[] = {1, 500, 900, 990, 999, 1000};

	(void)state;
	for (uint64_t v = 1; v <= 1000000; v++)
		jf_gen_histogram_add(&h, v);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		uint64_t truth = asked[i] * UINT64_C(1000);
		uint64_t got = jf_gen_histogram_at(&h, asked[i]);

		assert_true(got >= truth);
		assert_true(got <= truth + truth / 60);
	}
}

static void one_straggler_shows_at_the_end_only(void **state)
{
	(void)state;
	for (int i = 0; i < 9999; i++)
		jf_gen_histogram_add(&h, 20);
	jf_gen_histogram_add(&h, 5000000);
	assert_int_equal(jf_gen_histogram_at(&h, 999), 20);
	assert_int_equal(jf_gen_histogram_at(&h, 1000), 5000000);
}

static void values_beyond_the_range_are_kept_as_the_highest(void **state)
{
	(void)state;
	jf_gen_histogram_add(&h, UINT64_MAX);
	jf_gen_histogram_add(&h, UINT64_C(1) << 50);
	assert_true(jf_gen_histogram_at(&h, 1000) == UINT64_MAX);
	assert_int_equal(h.count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(nothing_added_is_zero, empty),
	        cmocka_unit_test_setup(small_values_are_exact, empty),
	        cmocka_unit_test_setup(percentiles_are_within_their_error, empty),
	        cmocka_unit_test_setup(one_straggler_shows_at_the_end_only, empty),
	        cmocka_unit_test_setup(values_beyond_the_range_are_kept_as_the_highest, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
