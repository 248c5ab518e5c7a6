// SPDX-License-Identifier: BSD-3-Clause
/* Several agents asked for one caller, and several callers of one agent. */
#include "jf_acd_offer.h"

#include "acd_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define SEEN_MAX 64u

static struct jf_acd_output seen[SEEN_MAX];
static uint32_t n_seen;

static int set_up(void **state)
{
	const struct jf_acd_queue_options o = {
	        .agents_by = JF_ACD_AGENTS_BY_SIMULTANEOUS, .ring_at_once = 3, .wrap_up_ns = 5 * S};

	(void)state;
	return lab_open(&o);
}

/* What was said since the last look. */
static void look_out(void)
{
	struct jf_acd_output out;

	for (n_seen = 0; !jf_acd_next(acd, &out);)
		if (out.type != JF_ACD_AGENT_CHANGED && n_seen < SEEN_MAX)
			seen[n_seen++] = out;
}

static bool said(enum jf_acd_output_type type, struct jf_acd_ref entry, struct jf_acd_ref agent)
{
	for (uint32_t i = 0; i < n_seen; i++)
		if (seen[i].type == type && jf_acd_ref_equal(seen[i].entry, entry) &&
		    jf_acd_ref_equal(seen[i].agent, agent))
			return true;
	return false;
}

/* ---- Several agents, one caller ---------------------------------------------------------------
 */

static void the_first_answer_has_the_caller(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S),
	                  c = agent_ready("1003", 3 * S), d = agent_ready("1004", 4 * S), e;

	(void)state;
	e = enter(10 * S);
	look_out();
	assert_true(said(JF_ACD_OFFER, e, a) && said(JF_ACD_OFFER, e, b) &&
	            said(JF_ACD_OFFER, e, c));
	assert_false(said(JF_ACD_OFFER, e, d)); /* three are enough */
	assert_string_equal(seen[0].decision.rule, "simultaneous ring");
	assert_int_equal(counts().ringing, 1);
	assert_int_equal(jf_acd_offer_ringing(acd, e, c, 11 * S), 0);
	assert_int_equal(jf_acd_offer_answered(acd, e, b, 12 * S), 0);
	look_out();
	assert_true(said(JF_ACD_WITHDRAWN, e, a) && said(JF_ACD_WITHDRAWN, e, c));
	assert_false(said(JF_ACD_WITHDRAWN, e, b) || said(JF_ACD_WITHDRAWN, e, d));
	assert_int_equal(look(b).state, JF_AGENT_TALKING);
	assert_int_equal(counts().talking, 1);
	assert_int_equal(counts().ringing, 0);
	assert_int_equal(counts().counters.answered, 1);
	assert_int_equal(counts().counters.withdrawn, 2);
}

static void the_others_are_free_without_blame(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e;

	(void)state;
	e = enter(10 * S);
	assert_int_equal(jf_acd_offer_answered(acd, e, b, 12 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	assert_int_equal(look(a).idle_since_ns, 1 * S);
	assert_int_equal(look(a).n_calls, 0);
	assert_int_equal(look(a).counters.withdrawn, 1);
	assert_int_equal(look(a).counters.rona + look(a).counters.caller_left, 0);
	/* Its 200 was on its way: too late. */
	assert_int_equal(jf_acd_offer_answered(acd, e, a, 12 * S), -EPROTO);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	look_out();
	e = enter(13 * S);
	look_out();
	assert_true(said(JF_ACD_OFFER, e, a));
}

static void who_does_not_take_it_leaves_it_to_the_others(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), c, e;
	uint32_t cursor = 0;

	(void)state;
	e = enter(10 * S);
	look_out();
	assert_int_equal(jf_acd_offer_refused(acd, e, a, JF_ACD_OUTCOME_REJECTED, 11 * S), 0);
	look_out();
	assert_int_equal(n_seen, 0);
	assert_string_equal(look(a).reason, "rejected");
	c = agent_ready("1003", 12 * S);
	look_out();
	assert_int_equal(n_seen, 0); /* it rings already */
	assert_true(jf_acd_offer_each(acd, e, &cursor, &a));
	assert_true(jf_acd_ref_equal(a, b));
	assert_false(jf_acd_offer_each(acd, e, &cursor, &a));
	assert_int_equal(jf_acd_offer_refused(acd, e, b, JF_ACD_OUTCOME_RONA, 20 * S), 0);
	look_out();
	assert_true(said(JF_ACD_OFFER, e, c)); /* nobody rang any more: it looked again */
	assert_false(said(JF_ACD_OFFER, e, b));
	assert_int_equal(counts().counters.rona, 1);
	assert_int_equal(counts().counters.rejected, 1);
}

static void a_caller_who_hangs_up_frees_all(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e;

	(void)state;
	e = enter(10 * S);
	assert_int_equal(jf_acd_leave(acd, e, true, 15 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	assert_int_equal(look(b).state, JF_AGENT_READY);
	assert_int_equal(look(b).idle_since_ns, 2 * S);
	assert_int_equal(look(a).counters.caller_left, 1);
	assert_int_equal(counts().counters.abandoned_ringing, 1);
	assert_int_equal(jf_acd_offer_answered(acd, e, a, 15 * S), -ESTALE);
}

static void the_freed_take_the_next_caller_at_once(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e, next;

	(void)state;
	e = enter(10 * S);
	next = enter(11 * S);
	look_out();
	assert_false(said(JF_ACD_OFFER, next, a) || said(JF_ACD_OFFER, next, b));
	assert_int_equal(jf_acd_offer_answered(acd, e, a, 12 * S), 0);
	look_out();
	assert_true(said(JF_ACD_OFFER, next, b));
}

/* ---- Several callers, one agent ---------------------------------------------------------------
 */

static struct jf_acd_ref two_at_once(const char *name, uint64_t now_ns)
{
	struct jf_acd_ref a = agent_ready(name, now_ns);

	assert_int_equal(jf_acd_agent_capacity_set(acd, a, 2, now_ns), 0);
	return a;
}

static void capacity_is_as_much_as_an_agent_gets(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second, third, e;
	uint32_t cursor = 0;

	(void)state;
	first = enter(10 * S);
	second = enter(11 * S);
	look_out();
	assert_true(said(JF_ACD_OFFER, first, a));
	assert_false(said(JF_ACD_OFFER, second, a)); /* it rings for one at a time */
	assert_int_equal(jf_acd_answered(acd, first, 12 * S), 0);
	look_out();
	assert_true(said(JF_ACD_OFFER, second, a));
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
	assert_int_equal(jf_acd_answered(acd, second, 13 * S), 0);
	third = enter(14 * S);
	look_out();
	assert_false(said(JF_ACD_OFFER, third, a));
	assert_int_equal(look(a).n_calls, 2);
	while (jf_acd_agent_entry_each(acd, a, &cursor, &e))
		assert_true(jf_acd_ref_equal(e, first) || jf_acd_ref_equal(e, second));
	assert_int_equal(cursor, 2);
	assert_int_equal(jf_acd_end(acd, first, 20 * S), 0);
	look_out();
	assert_true(said(JF_ACD_OFFER, third, a));
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
}

static void its_state_is_that_of_its_calls_together(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	second = enter(12 * S);
	assert_int_equal(jf_acd_held(acd, first, true, 13 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_HOLD);
	assert_int_equal(jf_acd_answered(acd, second, 14 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
	assert_int_equal(jf_acd_end(acd, second, 20 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_HOLD); /* the first still holds */
	assert_int_equal(jf_acd_held(acd, first, false, 21 * S), 0);
	assert_int_equal(jf_acd_end(acd, first, 30 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_WRAPUP); /* once, after the last */
	assert_int_equal(look(a).counters.talk_ns, (3 + 6 + 9) * S);
	assert_int_equal(look(a).counters.hold_ns, (1 + 1) * S);
	assert_int_equal(look(a).counters.ringing_ns, 0); /* it talked meanwhile */
	jf_acd_tick(acd, 35 * S);
	assert_int_equal(counts().counters.handled, 2);
	assert_int_equal(counts().counters.handled_ns, (6 + 25) * S);
}

static void the_free_go_before_those_with_room(void **state)
{
	struct jf_acd_ref busy = two_at_once("1001", 1 * S), idle, first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	idle = agent_ready("1002", 11 * S);
	look_out();
	second = enter(12 * S);
	look_out();
	assert_true(said(JF_ACD_OFFER, second, idle));
	assert_true(jf_acd_ref_equal(seen[0].agent, idle));
	assert_true(said(JF_ACD_OFFER, second, busy)); /* both ring */
}

static void another_call_not_taken_is_no_blame(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	second = enter(12 * S);
	look_out();
	assert_int_equal(jf_acd_refused(acd, second, JF_ACD_OUTCOME_RONA, 27 * S), 0);
	look_out();
	assert_false(said(JF_ACD_OFFER, second, a));
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
	assert_false(look(a).has_pending);
	assert_int_equal(jf_acd_end(acd, first, 30 * S), 0);
	jf_acd_tick(acd, 35 * S);
	look_out();
	assert_true(said(JF_ACD_OFFER, second, a)); /* free again */
}

static void a_call_that_rings_goes_on_ringing_after_the_other(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	second = enter(12 * S);
	assert_int_equal(jf_acd_ringing(acd, second, 13 * S), 0);
	assert_int_equal(jf_acd_end(acd, first, 14 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_RINGING);
	assert_int_equal(jf_acd_answered(acd, second, 15 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
}

static void who_vanishes_in_one_call_gets_no_other(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	second = enter(12 * S);
	assert_int_equal(jf_acd_answered(acd, second, 13 * S), 0);
	look_out();
	assert_int_equal(jf_acd_vanished(acd, first, 14 * S), 0);
	look_out();
	assert_false(said(JF_ACD_OFFER, first, a));
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
	assert_int_equal(jf_acd_vanished(acd, second, 15 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_UNREACHABLE);
	assert_int_equal(counts().waiting, 2);
}

static void a_break_asked_for_lets_no_more_in(void **state)
{
	struct jf_acd_ref a = two_at_once("1001", 1 * S), first, second;

	(void)state;
	first = enter(10 * S);
	assert_int_equal(jf_acd_answered(acd, first, 10 * S), 0);
	assert_int_equal(
	        jf_acd_agent_want(acd, a, JF_AGENT_WANT_NOT_READY, "lunch", "1001", 11 * S),
	        -EINPROGRESS);
	second = enter(12 * S);
	look_out();
	assert_false(said(JF_ACD_OFFER, second, a));
	assert_int_equal(jf_acd_agent_want(acd, a, JF_AGENT_WANT_READY, "", "1001", 13 * S), 0);
	look_out();
	assert_true(said(JF_ACD_OFFER, second, a));
	assert_int_equal(jf_acd_agent_remove(acd, a, 14 * S), -EBUSY);
	assert_int_equal(jf_acd_agent_capacity_set(acd, a, 0, 14 * S), -EINVAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, lab_close)
	static const struct CMUnitTest tests[] = {
	        T(the_first_answer_has_the_caller),
	        T(the_others_are_free_without_blame),
	        T(who_does_not_take_it_leaves_it_to_the_others),
	        T(a_caller_who_hangs_up_frees_all),
	        T(the_freed_take_the_next_caller_at_once),
	        T(capacity_is_as_much_as_an_agent_gets),
	        T(its_state_is_that_of_its_calls_together),
	        T(the_free_go_before_those_with_room),
	        T(another_call_not_taken_is_no_blame),
	        T(a_call_that_rings_goes_on_ringing_after_the_other),
	        T(who_vanishes_in_one_call_gets_no_other),
	        T(a_break_asked_for_lets_no_more_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
