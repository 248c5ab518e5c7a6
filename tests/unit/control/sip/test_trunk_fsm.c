// SPDX-License-Identifier: BSD-3-Clause
/* Health and registration of trunks, on virtual time: milliseconds that pass at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#include "jf_trunk_fsm.h"

#define ASK_MS 2000u
#define NEVER  UINT64_MAX

/* ---- Health ---- */

/* A destination that is asked every interval_ms, and lives outside of [dead_ms, alive_ms). */
struct gate {
	enum jf_trunk_health health;
	uint64_t now_ms, interval_ms, dead_ms, alive_ms;
	uint64_t down_at_ms, up_at_ms;
	unsigned tells;
};

/* Takes an input; how long until the next question, or NEVER. */
static uint64_t input(struct gate *g, enum jf_trunk_health_input in)
{
	struct jf_trunk_health_step step = jf_trunk_health_step(g->health, in);

	if (step.next == JF_TRUNK_DOWN && g->health != JF_TRUNK_DOWN)
		g->down_at_ms = g->now_ms;
	if (step.next == JF_TRUNK_UP && g->health != JF_TRUNK_UP)
		g->up_at_ms = g->now_ms;
	g->health = step.next;
	g->tells += step.actions & JF_TRUNK_DO_TELL ? 1 : 0;
	if (step.actions & JF_TRUNK_DO_ASK_NOW)
		return 0;
	return step.actions & JF_TRUNK_DO_ASK_LATER ? g->interval_ms : NEVER;
}

static void run(struct gate *g, uint64_t until_ms)
{
	while (g->now_ms < until_ms) {
		bool dead = g->now_ms >= g->dead_ms && g->now_ms < g->alive_ms;
		uint64_t pause_ms;

		g->now_ms += dead ? ASK_MS : 20;
		pause_ms = input(g, dead ? JF_TRUNK_ON_SILENCE : JF_TRUNK_ON_ANSWER);
		assert_true(pause_ms != NEVER); /* it is asked for ever */
		g->now_ms += pause_ms;
	}
}

static void a_dead_one_is_down_within_ten_seconds_and_up_when_it_answers(void **state)
{
	(void)state;
	for (uint64_t dead_ms = 60000; dead_ms < 66000; dead_ms += 10) {
		struct gate g = {.interval_ms = 5000, .dead_ms = dead_ms, .alive_ms = 120000};

		run(&g, 180000);
		assert_int_equal(g.health, JF_TRUNK_UP);
		assert_in_range(g.down_at_ms, dead_ms, dead_ms + 10000);
		assert_in_range(g.up_at_ms, 120000, 120000 + 5000 + ASK_MS + 20);
		assert_int_equal(g.tells, 3); /* up, down, up */
	}
}

static void one_lost_answer_is_no_outage(void **state)
{
	struct gate g = {.interval_ms = 5000, .dead_ms = 60000, .alive_ms = 61000};

	(void)state;
	for (uint64_t dead_ms = 60000; dead_ms < 66000; dead_ms += 10) {
		g = (struct gate){
		        .interval_ms = 5000, .dead_ms = dead_ms, .alive_ms = dead_ms + 1999};
		run(&g, 180000);
		assert_int_equal(g.tells, 1);
		assert_int_equal(g.down_at_ms, 0);
	}
}

static void calls_tell_too(void **state)
{
	struct gate g = {.interval_ms = 5000};

	(void)state;
	assert_int_equal(input(&g, JF_TRUNK_ON_CALL_ANSWER), NEVER);
	assert_int_equal(g.health, JF_TRUNK_UP);
	/* A call without any response: asked at once. */
	assert_int_equal(input(&g, JF_TRUNK_ON_CALL_SILENCE), 0);
	assert_int_equal(g.health, JF_TRUNK_DOUBTED);
	assert_int_equal(input(&g, JF_TRUNK_ON_CALL_SILENCE), NEVER);
	assert_int_equal(g.health, JF_TRUNK_DOWN);
	/* One that is never asked may be tried again after its rest. */
	input(&g, JF_TRUNK_ON_RESTED);
	assert_int_equal(g.health, JF_TRUNK_UNKNOWN);
}

/* ---- Registration ---- */

struct registrar {
	enum jf_trunk_registration state;
	uint64_t now_ms, due_ms;
	uint32_t granted_s, failures, random;
	bool reachable;
	bool password_is_right;
	unsigned sent, proved, alarms;
	uint64_t covered_until_ms, uncovered_ms;
};

static void registration_input(struct registrar *r, enum jf_trunk_registration_input in);

static void answer(struct registrar *r, bool proof)
{
	uint64_t gap_ms = r->now_ms > r->covered_until_ms ? r->now_ms - r->covered_until_ms : 0;

	if (!r->reachable) {
		r->now_ms += 32000;
		r->failures++;
		registration_input(r, JF_TRUNK_ON_FAILED);
	} else if (!proof || !r->password_is_right) {
		registration_input(r, JF_TRUNK_ON_CHALLENGED);
	} else {
		r->uncovered_ms += gap_ms;
		r->covered_until_ms = r->now_ms + r->granted_s * 1000;
		r->failures = 0;
		registration_input(r, JF_TRUNK_ON_GRANTED);
	}
}

static void registration_input(struct registrar *r, enum jf_trunk_registration_input in)
{
	struct jf_trunk_registration_step step = jf_trunk_registration_step(r->state, in);

	r->state = step.next;
	r->random = r->random * 1664525u + 1013904223u;
	r->alarms += step.actions & JF_TRUNK_DO_ALARM ? 1 : 0;
	if (step.actions & JF_TRUNK_DO_REFRESH)
		r->due_ms = r->now_ms + jf_trunk_refresh_ms(r->granted_s, r->random >> 8);
	if (step.actions & JF_TRUNK_DO_RETRY)
		r->due_ms = r->now_ms + jf_trunk_retry_ms(r->failures, r->random >> 8);
	if (step.actions & JF_TRUNK_DO_RETRY_RARELY)
		r->due_ms = r->now_ms + jf_trunk_refused_retry_ms(r->random >> 8);
	if (step.actions & JF_TRUNK_DO_SEND) {
		r->sent++;
		answer(r, false);
	}
	if (step.actions & JF_TRUNK_DO_PROVE) {
		r->proved++;
		answer(r, true);
	}
}

static void registration_run(struct registrar *r, uint64_t until_ms)
{
	while (r->due_ms < until_ms) {
		r->now_ms = r->now_ms > r->due_ms ? r->now_ms : r->due_ms;
		registration_input(r, JF_TRUNK_ON_DUE);
	}
	r->now_ms = until_ms;
}

static void it_is_refreshed_before_it_expires(void **state)
{
	(void)state;
	for (uint32_t granted_s = 10; granted_s < 4000; granted_s = granted_s * 3 / 2) {
		struct registrar r = {
		        .granted_s = granted_s, .reachable = true, .password_is_right = true};

		registration_input(&r, JF_TRUNK_ON_START);
		assert_int_equal(r.state, JF_TRUNK_REGISTRATION_REGISTERED);
		registration_run(&r, 86400000);
		assert_int_equal(r.uncovered_ms, 0);
		assert_true(r.sent >= 86400 / granted_s);
		assert_true(r.sent <= 86400 * 10 / 4 / granted_s + 1);
	}
}

static void an_outage_is_bridged_with_growing_pauses(void **state)
{
	struct registrar r = {.granted_s = 600, .reachable = true, .password_is_right = true};
	unsigned sent;

	(void)state;
	registration_input(&r, JF_TRUNK_ON_START);
	registration_run(&r, 3600000);
	r.reachable = false;
	sent = r.sent;
	registration_run(&r, 2 * 3600000);
	assert_in_range(r.sent - sent, 15, 60); /* an hour: neither hammered nor forgotten */
	r.reachable = true;
	registration_run(&r, 2 * 3600000 + 160000);
	assert_int_equal(r.state, JF_TRUNK_REGISTRATION_REGISTERED);
	assert_int_equal(r.alarms, 0);
}

static void a_wrong_password_is_an_alarm_and_not_tried_again_soon(void **state)
{
	struct registrar r = {.granted_s = 600, .reachable = true};

	(void)state;
	registration_input(&r, JF_TRUNK_ON_START);
	assert_int_equal(r.state, JF_TRUNK_REGISTRATION_REFUSED);
	assert_int_equal(r.proved, 1);
	assert_int_equal(r.alarms, 1);
	registration_run(&r, 3600000);
	assert_in_range(r.proved, 4, 7);
}

static void nothing_happens_out_of_turn(void **state)
{
	(void)state;
	for (int s = 0; s < JF_TRUNK_REGISTRATION_COUNT; s++) {
		for (int in = 0; in < JF_TRUNK_REGISTRATION_INPUT_COUNT; in++) {
			struct jf_trunk_registration_step step =
			        jf_trunk_registration_step((enum jf_trunk_registration)s,
			                                   (enum jf_trunk_registration_input)in);

			if (in == JF_TRUNK_ON_STOP)
				assert_int_equal(step.next, JF_TRUNK_REGISTRATION_OFF);
			if ((int)step.next == JF_TRUNK_REGISTRATION_OFF)
				assert_true(in == JF_TRUNK_ON_STOP ||
				            s == JF_TRUNK_REGISTRATION_OFF);
		}
	}
}

static void pauses_grow_to_a_bound_and_are_spread(void **state)
{
	(void)state;
	for (uint32_t failures = 1; failures < 40; failures++)
		for (uint32_t random = 0; random < 100000; random += 997) {
			uint32_t ms = jf_trunk_retry_ms(failures, random);

			assert_in_range(ms, 1000, 120000);
			if (failures == 1)
				assert_in_range(ms, 1000, 2000);
			if (failures > 7)
				assert_in_range(ms, 60000, 120000);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_dead_one_is_down_within_ten_seconds_and_up_when_it_answers),
	        cmocka_unit_test(one_lost_answer_is_no_outage),
	        cmocka_unit_test(calls_tell_too),
	        cmocka_unit_test(it_is_refreshed_before_it_expires),
	        cmocka_unit_test(an_outage_is_bridged_with_growing_pauses),
	        cmocka_unit_test(a_wrong_password_is_an_alarm_and_not_tried_again_soon),
	        cmocka_unit_test(nothing_happens_out_of_turn),
	        cmocka_unit_test(pauses_grow_to_a_bound_and_are_spread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
