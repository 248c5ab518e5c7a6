// SPDX-License-Identifier: BSD-3-Clause
/* Small centres in a steady state; bench/run day has the large one. */
#include "jf_day.h"
#include "jf_erlang.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define SEEDS 10

static const struct jf_day_config one_queue = {
        .agents = 30,
        .queues = 1,
        .calls = 200000,
        .talk_s = 180,
        .threshold_s = 20,
        .warm_s = 3600,
};

#define POINTS 0.02

/* Each seed is as near as it should be, and all together nearer. */
static void served_as_foretold(struct jf_day_config config, double load, double formula)
{
	double mean = 0;

	config.open_s = config.calls * config.talk_s / load;
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct jf_day_result r;

		config.seed = seed;
		assert_int_equal(jf_day_run(&config, &r), 0);
		assert_true(fabs(r.service_level - formula) < POINTS);
		mean += r.service_level / SEEDS;
	}
	assert_true(fabs(mean - formula) < POINTS / 2);
}

static void the_patient_are_served_as_erlang_c_says(void **state)
{
	double load = 24.5;

	(void)state;
	served_as_foretold(one_queue, load, jf_erlang_c_service_level(30, load, 180, 20));
}

static void those_who_give_up_are_served_as_erlang_a_says(void **state)
{
	struct jf_day_config config = one_queue;
	double load = 31;
	struct jf_erlang_a a;

	(void)state;
	config.patience_s = 120;
	assert_int_equal(jf_erlang_a(30, load, 180, 120, 20, &a), 0);
	served_as_foretold(config, load, a.service_level);
}

static struct jf_day_config small_day(void)
{
	struct jf_day_config config = jf_day_large;

	config.agents = 500;
	config.queues = 4;
	config.calls = 60000;
	config.open_s = 8.4 * 3600;
	return config;
}

static void a_day_can_be_lived_again(void **state)
{
	struct jf_day_config config = small_day();
	struct jf_day_result a, b, other;

	(void)state;
	assert_int_equal(jf_day_run(&config, &a), 0);
	assert_int_equal(jf_day_run(&config, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	config.seed = 2;
	assert_int_equal(jf_day_run(&config, &other), 0);
	assert_int_not_equal(a.digest, other.digest);
}

static void nobody_is_lost_and_waits_are_foretold(void **state)
{
	struct jf_day_config config = small_day();
	struct jf_day_result r;

	(void)state;
	config.talk_s = 230; /* more than they can do at noon */
	assert_int_equal(jf_day_run(&config, &r), 0);
	assert_int_equal(r.sums.offered, config.calls);
	assert_int_equal(r.sums.offered,
	                 r.sums.answered + r.sums.abandoned + r.sums.short_abandoned);
	assert_true(r.estimates > 500);
	assert_true(r.estimate_error < 0.25);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_patient_are_served_as_erlang_c_says),
	        cmocka_unit_test(those_who_give_up_are_served_as_erlang_a_says),
	        cmocka_unit_test(a_day_can_be_lived_again),
	        cmocka_unit_test(nobody_is_lost_and_waits_are_foretold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
