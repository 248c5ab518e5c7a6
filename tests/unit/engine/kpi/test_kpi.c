// SPDX-License-Identifier: BSD-3-Clause
#include "jf_kpi.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define S       1000000000ull
#define QUARTER (900 * S)
#define T       (20 * S)

static struct jf_kpi_account account;

static int empty(void **state)
{
	(void)state;
	account = (struct jf_kpi_account){.interval_ns = QUARTER};
	return 0;
}

static void near(double a, double b)
{
	assert_true(fabs(a - b) < 1e-9);
}

static void service_level_is_told_three_ways(void **state)
{
	const struct jf_kpi_sums *s;
	double sl;

	(void)state;
	for (int i = 0; i < 6; i++)
		jf_kpi_call(&account, JF_KPI_END_ANSWERED, 10 * S, 15 * S, T);
	jf_kpi_call(&account, JF_KPI_END_ABANDONED, 10 * S, 20 * S, T);
	jf_kpi_call(&account, JF_KPI_END_ABANDONED, 10 * S, 40 * S, T);
	jf_kpi_call(&account, JF_KPI_END_ANSWERED, 10 * S, 50 * S, T);
	jf_kpi_call(&account, JF_KPI_END_OVERFLOWED, 10 * S, 60 * S, T);
	jf_kpi_call(&account, JF_KPI_END_SHORT, 10 * S, 11 * S, T);
	s = jf_kpi_interval(&account, 0);
	assert_true(jf_kpi_service_level(s, JF_KPI_ABANDONS_IGNORED, &sl));
	near(sl, 6.0 / 9);
	assert_true(jf_kpi_service_level(s, JF_KPI_ABANDONS_COUNTED_AGAINST, &sl));
	near(sl, 6.0 / 10);
	assert_true(jf_kpi_service_level(s, JF_KPI_ABANDONS_COUNTED_FOR, &sl));
	near(sl, 7.0 / 10);
	assert_true(jf_kpi_abandon_rate(s, &sl));
	near(sl, 2.0 / 10);
	assert_true(jf_kpi_asa_s(s, &sl));
	near(sl, (6 * 5 + 40) / 7.0);
	assert_true(jf_kpi_wait_s(s, &sl));
	near(sl, (6 * 5 + 40 + 10 + 30 + 50 + 1) / 11.0);
}

static void each_event_counts_where_it_happens(void **state)
{
	(void)state;
	/* Reached the threshold before the boundary, answered behind it. */
	jf_kpi_call(&account, JF_KPI_END_ANSWERED, QUARTER - 30 * S, QUARTER + 5 * S, T);
	assert_int_equal(jf_kpi_interval(&account, 0)->sl_reached, 1);
	assert_int_equal(jf_kpi_interval(&account, 0)->answered, 0);
	assert_int_equal(jf_kpi_interval(&account, QUARTER)->answered, 1);
	assert_int_equal(jf_kpi_interval(&account, QUARTER)->sl_answered, 0);
}

static void state_time_is_split_at_the_boundary(void **state)
{
	struct jf_kpi_sums day = {0};
	double part;

	(void)state;
	jf_kpi_spend(&account, offsetof(struct jf_kpi_sums, talk_ns), QUARTER - 100 * S,
	             2 * QUARTER + 50 * S);
	jf_kpi_spend(&account, offsetof(struct jf_kpi_sums, ready_ns), 0, 50 * S);
	assert_int_equal(jf_kpi_interval(&account, 0)->talk_ns, 100 * S);
	assert_int_equal(jf_kpi_interval(&account, QUARTER)->talk_ns, QUARTER);
	assert_int_equal(jf_kpi_interval(&account, 2 * QUARTER)->talk_ns, 50 * S);
	for (uint64_t i = 0; i < 3; i++)
		jf_kpi_add(&day, jf_kpi_interval(&account, i * QUARTER));
	assert_int_equal(day.talk_ns, QUARTER + 150 * S);
	assert_true(jf_kpi_occupancy(&day, &part));
	near(part, 1050.0 / 1100);
	assert_false(jf_kpi_aht_s(&day, &part));
}

static void the_oldest_intervals_go(void **state)
{
	(void)state;
	jf_kpi_interval(&account, 0)->answered = 1;
	assert_non_null(jf_kpi_interval(&account, JF_KPI_INTERVALS_MAX * QUARTER));
	assert_null(jf_kpi_interval(&account, 0));
	assert_int_equal(jf_kpi_interval(&account, QUARTER)->answered, 0);
	assert_int_equal(jf_kpi_interval(&account, JF_KPI_INTERVALS_MAX * QUARTER)->answered, 0);
	/* A long silence. */
	assert_non_null(jf_kpi_interval(&account, 1ull << 60));
	assert_int_equal(account.n, 1);
}

static void who_comes_again_within_a_week_was_not_helped(void **state)
{
	const uint64_t day = 24 * 3600 * 1000000000ull;
	struct jf_kpi_contact contacts[] = {
	        {1, 10 * day}, {2, 10 * day}, {1, 12 * day}, {3, 11 * day},
	        {2, 18 * day}, {3, 18 * day}, {4, 27 * day},
	};
	double fcr;

	(void)state;
	/* 1 came again after two days, 3 after exactly seven; 2 after eight; 4 may still come. */
	assert_true(jf_kpi_fcr(contacts, 7, 7 * day, 30 * day, &fcr));
	assert_true(fcr > 0.6666 && fcr < 0.6667); /* 1's second, both of 2, 3's second of six */
	assert_false(jf_kpi_fcr(contacts, 0, 7 * day, 30 * day, &fcr));
	assert_false(jf_kpi_fcr(&(struct jf_kpi_contact){1, 29 * day}, 1, 7 * day, 30 * day, &fcr));
}

static void abandons_are_counted_by_their_class(void **state)
{
	const struct jf_kpi_sums *s;

	(void)state;
	jf_kpi_call(&account, JF_KPI_END_ABANDONED, 10 * S, 50 * S, T);
	jf_kpi_call(&account, JF_KPI_END_ABANDONED_RINGING, 10 * S, 15 * S, T);
	jf_kpi_call(&account, JF_KPI_END_ABANDONED_RINGING, 10 * S, 50 * S, T);
	s = jf_kpi_interval(&account, 0);
	assert_int_equal(s->offered, 3);
	assert_int_equal(s->abandoned, 3);
	assert_int_equal(s->abandoned_ringing, 2);
	assert_int_equal(s->sl_abandoned, 1);
	assert_int_equal(s->sl_reached, 2);
}

/* Whatever becomes of a caller before any queue: it arrived, and is counted once. */
static void who_leaves_the_intake_is_counted_once(void **state)
{
	struct jf_kpi_sums s = {0};
	double part;

	(void)state;
	assert_false(jf_kpi_containment_rate(&s, &part));
	for (unsigned int way = 0; way < JF_KPI_WAY_COUNT; way++) {
		jf_kpi_left_intake(&s, (enum jf_kpi_way)way);
		assert_int_equal(s.arrived, way + 1);
		assert_int_equal(s.queued + s.contained + s.abandoned_ivr + s.abandoned_ringing +
		                         s.transferred + s.callbacks + s.voicemails + s.released,
		                 s.arrived);
	}
	assert_int_equal(s.abandoned + s.offered + s.left, 0);
	assert_true(jf_kpi_containment_rate(&s, &part));
	near(part, 1.0 / 8);
	assert_true(jf_kpi_intake_abandon_rate(&s, &part));
	near(part, 2.0 / 8);
}

static void answers_of_surveys_make_figures(void **state)
{
	struct jf_kpi_sums s = {.csat_n = 3, .csat_top = 2, .nps_n = 4, .nps_promoters = 1};
	double figure;

	(void)state;
	assert_true(jf_kpi_csat(&s, &figure));
	near(figure, 2.0 / 3);
	s.nps_detractors = 2;
	assert_true(jf_kpi_nps(&s, &figure));
	near(figure, -1.0 / 4);
	assert_false(jf_kpi_ces(&s, &figure));
	s.ces_n = 2;
	s.ces_sum = 9;
	assert_true(jf_kpi_ces(&s, &figure));
	near(figure, 4.5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(service_level_is_told_three_ways, empty),
	        cmocka_unit_test_setup(each_event_counts_where_it_happens, empty),
	        cmocka_unit_test_setup(state_time_is_split_at_the_boundary, empty),
	        cmocka_unit_test_setup(the_oldest_intervals_go, empty),
	        cmocka_unit_test_setup(abandons_are_counted_by_their_class, empty),
	        cmocka_unit_test(who_leaves_the_intake_is_counted_once),
	        cmocka_unit_test(answers_of_surveys_make_figures),
	        cmocka_unit_test(who_comes_again_within_a_week_was_not_helped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
