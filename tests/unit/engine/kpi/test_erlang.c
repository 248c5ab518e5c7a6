// SPDX-License-Identifier: BSD-3-Clause
#include "jf_erlang.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define near(a, b, by) assert_true(fabs((a) - (b)) <= (by))

/* The tables of Erlang B that every textbook has: 1 % and 5 % lost. */
static void erlang_b_is_that_of_the_tables(void **state)
{
	(void)state;
	near(jf_erlang_b(10, 4.461), 0.01, 1e-5);
	near(jf_erlang_b(20, 12.031), 0.01, 1e-5);
	near(jf_erlang_b(100, 84.064), 0.01, 1e-5);
	near(jf_erlang_b(10, 6.2157), 0.05, 1e-5);
	near(jf_erlang_b(1, 1), 0.5, 1e-12);
}

/* 100 calls in half an hour of 3 minutes each, 14 agents: the worked example of callcentrehelper's
 * "Erlang C formula". */
static void erlang_c_is_that_of_the_worked_example(void **state)
{
	(void)state;
	near(jf_erlang_c(14, 10), 0.174, 5e-4);
	near(jf_erlang_c_service_level(14, 10, 180, 20), 0.888, 5e-4);
	near(jf_erlang_c_asa(14, 10, 180), 7.8, 0.05);
	assert_true(jf_erlang_c(10, 10) == 1);
	assert_true(jf_erlang_c_service_level(10, 11, 180, 20) == 0);
	assert_true(isinf(jf_erlang_c_asa(10, 10, 180)));
}

/* 48 calls a minute of 1 minute each, 50 agents, patience 2 minutes: the table in Garnett,
 * Mandelbaum and Reiman, "Designing a Call Center with Impatient Customers" (2002). */
static void erlang_a_is_that_of_garnett_mandelbaum_and_reiman(void **state)
{
	struct jf_erlang_a a;

	(void)state;
	assert_int_equal(jf_erlang_a(50, 48, 60, 120, 12.5, &a), 0);
	near(a.abandons, 0.031, 5e-4);
	near(a.wait_s, 3.7, 0.05);
	near(a.occupancy, 0.93, 5e-3);
	near(jf_erlang_c_asa(50, 48, 60), 20.8, 0.1);
}

/* With endless patience it is Erlang C. */
static void erlang_a_of_the_patient_is_erlang_c(void **state)
{
	struct jf_erlang_a a;

	(void)state;
	assert_int_equal(jf_erlang_a(14, 10, 180, 1e9, 20, &a), 0);
	near(a.service_level, jf_erlang_c_service_level(14, 10, 180, 20), 1e-6);
	near(a.waits, jf_erlang_c(14, 10), 1e-6);
	near(a.wait_s, jf_erlang_c_asa(14, 10, 180), 1e-4);
}

static void erlang_a_holds_for_too_much_load(void **state)
{
	struct jf_erlang_a a;

	(void)state;
	assert_int_equal(jf_erlang_a(100, 200, 240, 60, 1e6, &a), 0);
	near(a.abandons, 0.5, 1e-3);
	near(a.service_level, 1 - a.abandons, 1e-6); /* within all the time there is */
	assert_int_equal(jf_erlang_a(0, 1, 1, 1, 1, &a), -EINVAL);
}

static void as_few_agents_as_reach_the_goal(void **state)
{
	struct jf_erlang_goal goal = {
	        .load = 10, .handling_s = 180, .threshold_s = 20, .part = 0.8};
	struct jf_erlang_a a;
	uint32_t patient, impatient, n;

	(void)state;
	assert_int_equal(jf_erlang_agents_for(&goal, &patient), 0);
	assert_int_equal(patient, 14); /* the worked example above */
	goal.patience_s = 120;
	assert_int_equal(jf_erlang_agents_for(&goal, &impatient), 0);
	assert_true(impatient < patient);
	assert_int_equal(jf_erlang_a(impatient, 10, 180, 120, 20, &a), 0);
	assert_true(a.service_level >= 0.8);
	assert_int_equal(jf_erlang_a(impatient - 1, 10, 180, 120, 20, &a), 0);
	assert_true(a.service_level < 0.8);
	goal = (struct jf_erlang_goal){.load = 1e6, .handling_s = 180, .part = 0.8};
	assert_int_equal(jf_erlang_agents_for(&goal, &n), -ERANGE);
	goal = (struct jf_erlang_goal){.load = 10, .handling_s = 180, .part = 1};
	assert_int_equal(jf_erlang_agents_for(&goal, &n), -EINVAL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(erlang_b_is_that_of_the_tables),
	        cmocka_unit_test(erlang_c_is_that_of_the_worked_example),
	        cmocka_unit_test(erlang_a_is_that_of_garnett_mandelbaum_and_reiman),
	        cmocka_unit_test(erlang_a_of_the_patient_is_erlang_c),
	        cmocka_unit_test(erlang_a_holds_for_too_much_load),
	        cmocka_unit_test(as_few_agents_as_reach_the_goal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
