// SPDX-License-Identifier: BSD-3-Clause
/* What callers ask for, who suits it, where they go otherwise, and why they wait. */
#include "jf_acd_explain.h"
#include "jf_acd_flow.h"
#include "jf_acd_skill.h"

#include "acd_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct jf_call_id nobodys;
static struct jf_acd_ref other;

static int set_up(void **state)
{
	(void)state;
	return lab_open(&(struct jf_acd_queue_options){0}) ||
	       jf_acd_queue_add(acd, "other", 1, &(struct jf_acd_queue_options){0}, &other);
}

static uint32_t asks(const char *expression)
{
	struct jf_acd_skill_error error;
	uint32_t requirement;

	assert_int_equal(jf_acd_requirement(acd, 1, expression, &requirement, &error), 0);
	return requirement;
}

static struct jf_acd_ref agent(const char *name, unsigned int billing, unsigned int estonian,
                               uint64_t now_ns)
{
	struct jf_acd_skill_level levels[2];
	struct jf_acd_ref a;
	uint32_t n = 0;

	assert_int_equal(jf_acd_skill(acd, 1, "billing", &levels[n].skill), 0);
	levels[n].level = (uint8_t)billing;
	n += billing > 0;
	assert_int_equal(jf_acd_skill(acd, 1, "estonian", &levels[n].skill), 0);
	levels[n].level = (uint8_t)estonian;
	n += estonian > 0;
	assert_int_equal(jf_acd_agent_add(acd, name, 1, true, &a), 0);
	assert_int_equal(jf_acd_agent_skills_set(acd, a, levels, n, now_ns), 0);
	assert_int_equal(jf_acd_member_add(acd, a, queue, now_ns), 0);
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REGISTERED, now_ns), 0);
	return a;
}

static void one_expression_is_one_number(void **state)
{
	uint32_t r = asks("billing>=3 and(estonian or  russian > 4)");

	(void)state;
	assert_string_equal(jf_acd_requirement_text(acd, r),
	                    "billing >= 3 and (estonian or russian >= 5)");
	assert_int_equal(asks(jf_acd_requirement_text(acd, r)), r);
	assert_int_equal(asks("((billing >= 3)) and (estonian or russian >= 5)"), r);
	assert_int_not_equal(asks("billing >= 4 and (estonian or russian >= 5)"), r);
	assert_int_equal(asks("  "), JF_ACD_ANYONE);
	assert_string_equal(jf_acd_requirement_text(acd, asks("not (a and b) or c != 2")),
	                    "not (a and b) or c != 2");
}

static void mistakes_are_pointed_at(void **state)
{
	static const struct {
		const char *text;
		uint32_t column;
	} wrong[] = {
	        {"billing and", 12},  {"and billing", 1},    {"billing estonian", 9},
	        {"(billing", 9},      {"billing >= 11", 12}, {"billing >= x", 12},
	        {"billing > 10", 11}, {"billing & x", 9},    {"not", 4},
	};
	struct jf_acd_skill_error error;
	char deep[200];
	uint32_t r;

	(void)state;
	for (unsigned int i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(jf_acd_requirement(acd, 1, wrong[i].text, &r, &error), -EINVAL);
		assert_int_equal(error.column, wrong[i].column);
	}
	memset(deep, '(', sizeof(deep) - 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(jf_acd_requirement(acd, 1, deep, &r, &error), -E2BIG);
}

static void only_who_suits_is_offered_the_call(void **state)
{
	struct jf_acd_ref a = agent("1001", 2, 0, 1 * S), b = agent("1002", 5, 3, 2 * S), e;
	struct jf_acd_arrival arrival = {.n_steps = 1};

	(void)state;
	arrival.steps[0].requirement = asks("billing >= 3 and estonian");
	e = enter_as(&nobodys, arrival, 3 * S);
	assert_ref_equal(offered(e), b);
	/* 1001 learns: who waits for that gets it. */
	e = enter_as(&nobodys, arrival, 4 * S);
	assert_ref_equal(offered(e), jf_acd_nobody);
	struct jf_acd_skill_level learnt[2] = {{.level = 4}, {.level = 1}};

	assert_int_equal(jf_acd_skill(acd, 1, "billing", &learnt[0].skill), 0);
	assert_int_equal(jf_acd_skill(acd, 1, "estonian", &learnt[1].skill), 0);
	assert_int_equal(jf_acd_agent_skills_set(acd, a, learnt, 2, 5 * S), 0);
	assert_ref_equal(offered(e), a);
}

static void what_is_asked_for_relaxes(void **state)
{
	struct jf_acd_ref a = agent("1001", 2, 0, 1 * S), expert = agent("1002", 9, 0, 1 * S), e;
	struct jf_acd_arrival arrival = {.n_steps = 2, .steps = {{0}, {.after_ns = 30 * S}}};

	(void)state;
	arrival.steps[0].requirement = asks("billing >= 8");
	assert_int_equal(
	        jf_acd_agent_want(acd, expert, JF_AGENT_WANT_NOT_READY, "lunch", "1002", 2 * S), 0);
	e = enter_as(&nobodys, arrival, 3 * S);
	assert_ref_equal(offered(e), jf_acd_nobody);
	assert_int_equal(jf_acd_next_due_ns(acd), 33 * S);
	jf_acd_tick(acd, 33 * S);
	assert_ref_equal(offered(e), a);
	assert_int_equal(jf_acd_end(acd, e, 34 * S), -EPROTO);
	assert_int_equal(jf_acd_leave(acd, e, true, 34 * S), 0);
	/* Nobody logged in could meet the first step: skipped at once. */
	assert_int_equal(
	        jf_acd_agent_want(acd, expert, JF_AGENT_WANT_LOGGED_OUT, NULL, "1002", 35 * S), 0);
	e = enter_as(&nobodys, arrival, 36 * S);
	assert_ref_equal(offered(e), a);
}

static void a_call_is_kept_for_an_agent_for_a_while(void **state)
{
	struct jf_acd_ref a = agent("1001", 1, 0, 1 * S), b = agent("1002", 1, 0, 2 * S), first, e;

	(void)state;
	first = enter_as(&nobodys, (struct jf_acd_arrival){.preferred = b, .prefer_ns = 20 * S},
	                 3 * S);
	assert_ref_equal(offered(first), b);
	e = enter_as(&nobodys, (struct jf_acd_arrival){.preferred = b, .prefer_ns = 20 * S}, 4 * S);
	assert_ref_equal(offered(e), jf_acd_nobody);
	jf_acd_tick(acd, 24 * S);
	assert_ref_equal(offered(e), a);
}

static void a_vip_goes_first_but_not_for_ever(void **state)
{
	struct jf_acd_queue_options o = {.calls_by = JF_ACD_CALLS_BY_PRIORITY,
	                                 .age_cap_ns = 60 * S};
	struct jf_acd_ref old, vip, late, a;

	(void)state;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	old = enter_as(&nobodys, (struct jf_acd_arrival){0}, 10 * S);
	vip = enter_as(&nobodys, (struct jf_acd_arrival){.priority = 100}, 20 * S);
	a = agent("1001", 1, 0, 30 * S);
	assert_ref_equal(offered(vip), a);
	late = enter_as(&nobodys, (struct jf_acd_arrival){.priority = 100}, 65 * S);
	jf_acd_tick(acd, 70 * S);
	assert_int_equal(jf_acd_answered(acd, vip, 71 * S), 0);
	assert_int_equal(jf_acd_end(acd, vip, 72 * S), 0);
	assert_ref_equal(offered(old), a);
	assert_ref_equal(offered(late), jf_acd_nobody);
}

static void callers_overflow_with_their_age_and_both_count(void **state)
{
	struct jf_acd_overflow rule = {JF_ACD_OVERFLOW_BY_WAIT, 30 * S, other};
	struct jf_acd_ref busy = agent("1001", 1, 0, 1 * S), e, a;
	struct jf_acd_queue q;

	(void)state;
	assert_int_equal(jf_acd_overflow_set(acd, queue, &rule, 1), 0);
	assert_ref_equal(offered(enter_as(&nobodys, (struct jf_acd_arrival){0}, 2 * S)), busy);
	e = enter_as(&nobodys, (struct jf_acd_arrival){0}, 3 * S);
	jf_acd_tick(acd, 33 * S);
	assert_int_equal(jf_acd_queue_get(acd, queue, &q), 0);
	assert_int_equal(q.counters.overflowed_out, 1);
	assert_int_equal(jf_acd_queue_get(acd, other, &q), 0);
	assert_int_equal(q.counters.overflowed_in, 1);
	assert_int_equal(q.oldest_ns, 3 * S);
	assert_int_equal(jf_acd_agent_add(acd, "2001", 1, true, &a), 0);
	assert_int_equal(jf_acd_member_add(acd, a, other, 34 * S), 0);
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REGISTERED, 34 * S), 0);
	assert_ref_equal(offered(e), a);
}

static void a_closed_queue_lets_nobody_in(void **state)
{
	struct jf_acd_ref e = enter_as(&nobodys, (struct jf_acd_arrival){0}, 1 * S), refused;
	struct jf_acd_output out;
	unsigned int closed = 0;

	(void)state;
	assert_int_equal(
	        jf_acd_queue_close(acd, queue, JF_ACD_CLOSING_RELEASE, jf_acd_nobody, 2 * S), 0);
	while (!jf_acd_next(acd, &out))
		closed += out.type == JF_ACD_CLOSED && jf_acd_ref_equal(out.entry, e);
	assert_int_equal(closed, 1);
	assert_int_equal(jf_acd_enqueue(acd, queue, &(struct jf_call_id){{0}},
	                                &(struct jf_acd_arrival){.enqueued_ns = 3 * S}, 3 * S,
	                                &refused),
	                 -EPERM);
	assert_int_equal(jf_acd_queue_open(acd, queue), 0);
	(void)enter_as(&nobodys, (struct jf_acd_arrival){0}, 4 * S);
}

static void wrap_up_counts_as_idle_where_that_is_said(void **state)
{
	struct jf_acd_queue_options o = {.wrap_up_ns = 30 * S, .wrap_up_extend_ns = 20 * S};
	struct jf_acd_ref a = agent("1001", 1, 0, 1 * S), e;
	struct jf_acd_agent seen;

	(void)state;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	assert_int_equal(jf_acd_agent_idle_set(acd, a, JF_ACD_IDLE_THROUGH_WRAPUP), 0);
	e = enter_as(&nobodys, (struct jf_acd_arrival){0}, 2 * S);
	assert_int_equal(jf_acd_answered(acd, e, 3 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 10 * S), 0);
	assert_int_equal(jf_acd_wrapup_extend(acd, a, 60 * S, 15 * S), 0);
	assert_int_equal(jf_acd_wrapup_extend(acd, a, 1 * S, 16 * S), -EPERM);
	assert_int_equal(jf_acd_next_due_ns(acd), 60 * S);
	jf_acd_tick(acd, 60 * S);
	assert_int_equal(jf_acd_agent_get(acd, a, &seen), 0);
	assert_int_equal(seen.state, JF_AGENT_READY);
	assert_int_equal(seen.idle_since_ns, 10 * S);
}

static void it_is_told_why_somebody_waits(void **state)
{
	struct jf_acd_arrival arrival = {.n_steps = 1};
	struct jf_acd_ref busy = agent("1001", 5, 0, 1 * S), e, first;
	struct jf_acd_explanation x;

	(void)state;
	arrival.steps[0].requirement = asks("billing >= 3");
	(void)agent("1002", 1, 0, 1 * S);
	assert_int_equal(jf_acd_agent_want(acd, agent("1003", 9, 0, 1 * S), JF_AGENT_WANT_NOT_READY,
	                                   "lunch", "1003", 2 * S),
	                 0);
	assert_ref_equal(offered(enter_as(&nobodys, arrival, 3 * S)), busy);
	e = enter_as(&nobodys, arrival, 4 * S);
	assert_int_equal(jf_acd_queue_first(acd, queue, 5 * S, &first), 0);
	assert_ref_equal(first, e);
	assert_int_equal(jf_acd_explain(acd, e, 9 * S, &x), 0);
	assert_true(x.waiting);
	assert_int_equal(x.waited_ns, 5 * S);
	assert_string_equal(jf_acd_requirement_text(acd, x.requirement), "billing >= 3");
	assert_int_equal(x.members, 3);
	assert_int_equal(x.counts[JF_ACD_WHY_NOT_BUSY], 1);
	assert_int_equal(x.counts[JF_ACD_WHY_NOT_NOT_READY], 1);
	assert_int_equal(x.counts[JF_ACD_WHY_NOT_LACKS_SKILL], 1);
	assert_int_equal(x.n, 3);
	assert_ref_equal(x.agents[0].agent, busy);
	assert_int_equal(x.agents[0].score, 5);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, lab_close)
	static const struct CMUnitTest tests[] = {
	        T(one_expression_is_one_number),
	        T(mistakes_are_pointed_at),
	        T(only_who_suits_is_offered_the_call),
	        T(what_is_asked_for_relaxes),
	        T(a_call_is_kept_for_an_agent_for_a_while),
	        T(a_vip_goes_first_but_not_for_ever),
	        T(callers_overflow_with_their_age_and_both_count),
	        T(a_closed_queue_lets_nobody_in),
	        T(wrap_up_counts_as_idle_where_that_is_said),
	        T(it_is_told_why_somebody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
