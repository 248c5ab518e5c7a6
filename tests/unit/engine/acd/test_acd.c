// SPDX-License-Identifier: BSD-3-Clause
#include "acd_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const struct jf_call_id no_call;

static struct jf_acd_output last; /* the last offer or wait */

static int set_up(void **state)
{
	(void)state;
	return lab_open(&(struct jf_acd_queue_options){0});
}

/* Who was offered what last, since the last look; nobody when nothing was offered. */
static struct jf_acd_ref offered_to(struct jf_acd_ref entry)
{
	struct jf_acd_ref to = jf_acd_nobody;
	struct jf_acd_output out;

	while (!jf_acd_next(acd, &out)) {
		if (out.type == JF_ACD_OFFER && jf_acd_ref_equal(out.entry, entry))
			to = out.agent;
		if (out.type == JF_ACD_OFFER || out.type == JF_ACD_WAIT)
			last = out;
	}
	return to;
}

static void the_agent_idle_for_longest_is_chosen(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e;

	(void)state;
	e = enter(10 * S);
	assert_ref_equal(offered_to(e), a);
	assert_string_equal(last.decision.rule, "longest idle");
	assert_int_equal(last.decision.candidates, 2);
	assert_int_equal(last.decision.idle_ns, 9 * S);
	assert_int_equal(jf_acd_answered(acd, e, 11 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 20 * S), 0);
	e = enter(21 * S);
	assert_ref_equal(offered_to(e), b);
}

static void a_freed_agent_takes_the_oldest_of_all_its_queues(void **state)
{
	struct jf_acd_ref other, young, old, a;

	(void)state;
	assert_int_equal(
	        jf_acd_queue_add(acd, "sales", 1, &(struct jf_acd_queue_options){0}, &other), 0);
	assert_int_equal(jf_acd_agent_add(acd, "1001", 1, true, &a), 0);
	assert_int_equal(jf_acd_member_add(acd, a, queue, 0), 0);
	assert_int_equal(jf_acd_member_add(acd, a, other, 0), 0);
	young = enter(5 * S);
	assert_int_equal(jf_acd_enqueue(acd, other, &no_call,
	                                &(struct jf_acd_arrival){.enqueued_ns = 3 * S}, 6 * S,
	                                &old),
	                 0);
	assert_ref_equal(offered_to(young), jf_acd_nobody);
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REGISTERED, 7 * S), 0);
	assert_ref_equal(offered_to(old), a);
	assert_string_equal(last.decision.rule, "head, then age");
	assert_int_equal(last.decision.waited_ns, 4 * S);
}

static void rona_sends_the_caller_on_with_its_age(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b, e = enter(10 * S), later;

	(void)state;
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_ringing(acd, e, 11 * S), 0);
	later = enter(12 * S);
	assert_int_equal(jf_acd_refused(acd, e, JF_ACD_OUTCOME_RONA, 26 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_NOT_READY);
	assert_string_equal(look(a).reason, "rona");
	assert_int_equal(counts().counters.rona, 1);
	b = agent_ready("1002", 27 * S);
	assert_ref_equal(offered_to(e), b); /* before the one who came later */
	assert_int_equal(last.decision.waited_ns, 17 * S);
	assert_ref_equal(offered_to(later), jf_acd_nobody);
}

static void who_let_it_ring_is_passed_over_while_there_are_others(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S);
	struct jf_acd_ref e1 = enter(3 * S), e2;

	(void)state;
	assert_ref_equal(offered_to(e1), a);
	e2 = enter(3 * S + 1);
	assert_ref_equal(offered_to(e2), b);
	assert_int_equal(jf_acd_answered(acd, e2, 4 * S), 0);
	assert_int_equal(jf_acd_refused(acd, e1, JF_ACD_OUTCOME_RONA, 18 * S), 0);
	assert_int_equal(jf_acd_agent_want(acd, a, JF_AGENT_WANT_READY, NULL, "operator", 19 * S),
	                 0);
	assert_ref_equal(offered_to(e1), jf_acd_nobody); /* waits for 1002, who talks */
	assert_int_equal(
	        jf_acd_agent_want(acd, b, JF_AGENT_WANT_NOT_READY, "lunch", "1002", 20 * S),
	        -EINPROGRESS);
	assert_int_equal(jf_acd_end(acd, e2, 21 * S), 0);
	assert_string_equal(look(b).reason, "lunch");
	assert_ref_equal(offered_to(e1), a); /* nobody else is at work */
	assert_true(last.decision.retried);
}

static void vain_offers_are_told_apart(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), e = enter(2 * S);

	(void)state;
	assert_int_equal(jf_acd_refused(acd, e, JF_ACD_OUTCOME_BUSY, 3 * S), 0);
	assert_string_equal(look(a).reason, "busy");
	assert_int_equal(jf_acd_next_due_ns(acd), 3 * S + JF_ACD_BUSY_BACKOFF_NS);
	(void)offered_to(e);
	jf_acd_tick(acd, 3 * S + JF_ACD_BUSY_BACKOFF_NS);
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_refused(acd, e, JF_ACD_OUTCOME_UNREACHABLE, 14 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_UNREACHABLE);
	(void)offered_to(e);
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REFRESHED, 15 * S), 0);
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_refused(acd, e, JF_ACD_OUTCOME_REJECTED, 16 * S), 0);
	assert_string_equal(look(a).reason, "rejected");
	assert_int_equal(jf_acd_agent_phone(acd, a, JF_AGENT_PHONE_REFRESHED, 17 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_NOT_READY);
	assert_int_equal(counts().counters.busy, 1);
	assert_int_equal(counts().counters.unreachable, 1);
	assert_int_equal(counts().counters.rejected, 1);
	assert_int_equal(counts().counters.rona, 0);
}

static void a_caller_who_hangs_up_blames_nobody(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e;

	(void)state;
	e = enter(5 * S);
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_ringing(acd, e, 6 * S), 0);
	assert_int_equal(jf_acd_leave(acd, e, true, 9 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	assert_int_equal(look(a).idle_since_ns, 1 * S);
	assert_int_equal(counts().counters.abandoned_ringing, 1);
	assert_int_equal(counts().counters.longest_wait_ns, 4 * S);
	assert_int_equal(jf_acd_leave(acd, e, true, 9 * S), -ESTALE);
	e = enter(10 * S);
	assert_ref_equal(offered_to(e), a); /* still before 1002 */
	(void)b;
}

static void a_vanished_agents_caller_goes_to_the_head(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b, e = enter(100 * S), old;

	(void)state;
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_answered(acd, e, 101 * S), 0);
	assert_int_equal(jf_acd_enqueue(acd, queue, &no_call,
	                                &(struct jf_acd_arrival){.enqueued_ns = 50 * S}, 102 * S,
	                                &old),
	                 0);
	assert_int_equal(jf_acd_vanished(acd, e, 110 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_UNREACHABLE);
	b = agent_ready("1002", 111 * S);
	assert_ref_equal(offered_to(e), b);
	assert_int_equal(jf_acd_answered(acd, e, 112 * S), 0);
	assert_int_equal(counts().counters.offered, 2);
	assert_int_equal(counts().counters.answered, 1);
	assert_int_equal(counts().counters.vanished, 1);
}

static void wrap_up_ends_by_time_or_by_word(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), e;
	struct jf_acd_queue_options o = {.wrap_up_ns = 30 * S};

	(void)state;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	e = enter(2 * S);
	assert_int_equal(jf_acd_answered(acd, e, 3 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 10 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_WRAPUP);
	assert_int_equal(jf_acd_next_due_ns(acd), 40 * S);
	jf_acd_tick(acd, 39 * S);
	assert_int_equal(look(a).state, JF_AGENT_WRAPUP);
	jf_acd_tick(acd, 40 * S);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	assert_int_equal(look(a).idle_since_ns, 40 * S);
	assert_int_equal(look(a).counters.wrapup_ns, 30 * S);
	e = enter(50 * S);
	assert_int_equal(jf_acd_answered(acd, e, 51 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 60 * S), 0);
	assert_int_equal(jf_acd_agent_want(acd, a, JF_AGENT_WANT_READY, NULL, "1001", 61 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_READY);
	assert_int_equal(jf_acd_next_due_ns(acd), 0);
}

static void a_removed_queue_keeps_its_callers_until_they_are_done(void **state)
{
	struct jf_acd_ref e = enter(1 * S), refused, a;
	struct jf_acd_queue q;

	(void)state;
	assert_int_equal(jf_acd_queue_remove(acd, queue), 0);
	assert_int_equal(jf_acd_enqueue(acd, queue, &no_call,
	                                &(struct jf_acd_arrival){.enqueued_ns = 2 * S}, 2 * S,
	                                &refused),
	                 -EPERM);
	a = agent_ready("1001", 3 * S);
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_answered(acd, e, 4 * S), 0);
	assert_int_equal(jf_acd_agent_remove(acd, a, 4 * S), -EBUSY);
	assert_int_equal(jf_acd_end(acd, e, 5 * S), 0);
	assert_int_equal(jf_acd_queue_get(acd, queue, &q), -ESTALE);
	assert_int_equal(look(a).n_queues, 0);
	assert_int_equal(jf_acd_agent_remove(acd, a, 6 * S), 0);
}

static void options_that_order_nobody_leave_everybody_in_place(void **state)
{
	struct jf_acd_queue_options o = {.max_wait_ns = 60 * S};
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e, f;

	(void)state;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	o.wrap_up_ns = 30 * S;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	e = enter(3 * S);
	assert_ref_equal(offered_to(e), a);
	assert_int_equal(jf_acd_answered(acd, e, 4 * S), 0);
	assert_int_equal(jf_acd_queue_remove(acd, queue), 0);
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0); /* as it was */
	f = enter(5 * S);
	assert_ref_equal(offered_to(f), b);
	assert_int_equal(jf_acd_end(acd, e, 10 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_WRAPUP);
}

static void who_waits_too_long_is_reported_once(void **state)
{
	struct jf_acd_queue_options o = {.max_wait_ns = 60 * S, .short_abandon_ns = 5 * S};
	struct jf_acd_output out;
	struct jf_acd_ref e;

	(void)state;
	assert_int_equal(jf_acd_queue_set(acd, queue, &o), 0);
	e = enter(1 * S);
	(void)offered_to(e);
	jf_acd_tick(acd, 61 * S);
	assert_int_equal(jf_acd_next(acd, &out), 0);
	assert_int_equal(out.type, JF_ACD_EXPIRED);
	assert_ref_equal(out.entry, e);
	jf_acd_tick(acd, 70 * S);
	assert_int_equal(jf_acd_next(acd, &out), -EAGAIN);
	assert_int_equal(jf_acd_leave(acd, e, false, 61 * S), 0);
	assert_int_equal(counts().counters.released, 1);
	e = enter(100 * S);
	assert_int_equal(jf_acd_leave(acd, e, true, 102 * S), 0);
	assert_int_equal(counts().counters.abandoned_short, 1);
}

static void a_restart_keeps_who_is_ready_and_who_talks(void **state)
{
	struct jf_acd_ref a = agent_ready("1001", 1 * S), b = agent_ready("1002", 2 * S), e, e2,
	                  back;
	const struct jf_acd_arrival arrival = {.enqueued_ns = 3 * S};
	struct jf_acd_agent_saved saved[2];
	struct jf_acd *old = acd;

	(void)state;
	e = enter(3 * S);
	assert_int_equal(jf_acd_answered(acd, e, 4 * S), 0);
	assert_int_equal(jf_acd_agent_want(acd, a, JF_AGENT_WANT_NOT_READY, "lunch", "1001", 5 * S),
	                 -EINPROGRESS);
	assert_int_equal(jf_acd_agent_save(acd, a, &saved[0]), 0);
	assert_int_equal(jf_acd_agent_save(acd, b, &saved[1]), 0);
	assert_int_equal(set_up(NULL), 0);
	jf_acd_destroy(old);
	assert_int_equal(jf_acd_agent_add(acd, "1001", 1, true, &a), 0);
	assert_int_equal(jf_acd_agent_add(acd, "1002", 1, true, &b), 0);
	assert_int_equal(jf_acd_member_add(acd, a, queue, 9 * S), 0);
	assert_int_equal(jf_acd_member_add(acd, b, queue, 9 * S), 0);
	assert_int_equal(jf_acd_agent_restore(acd, a, &saved[0], 9 * S), 0);
	assert_int_equal(jf_acd_agent_restore(acd, b, &saved[1], 9 * S), 0);
	assert_int_equal(jf_acd_adopt(acd, queue, a, &no_call, &arrival, 9 * S, &back), 0);
	assert_int_equal(jf_acd_adopt(acd, queue, a, &no_call, &arrival, 9 * S, &e2), -EBUSY);
	assert_int_equal(look(a).state, JF_AGENT_TALKING);
	assert_int_equal(look(b).idle_since_ns, 2 * S);
	assert_int_equal(jf_acd_end(acd, back, 10 * S), 0);
	assert_int_equal(look(a).state, JF_AGENT_NOT_READY);
	assert_string_equal(look(a).reason, "lunch");
	e2 = enter(11 * S);
	assert_ref_equal(offered_to(e2), b);
}

static void tenants_do_not_mix(void **state)
{
	struct jf_acd_ref a;

	(void)state;
	assert_int_equal(jf_acd_agent_add(acd, "2001", 2, true, &a), 0);
	assert_int_equal(jf_acd_member_add(acd, a, queue, 0), -EINVAL);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, lab_close)
	static const struct CMUnitTest tests[] = {
	        T(the_agent_idle_for_longest_is_chosen),
	        T(a_freed_agent_takes_the_oldest_of_all_its_queues),
	        T(rona_sends_the_caller_on_with_its_age),
	        T(who_let_it_ring_is_passed_over_while_there_are_others),
	        T(vain_offers_are_told_apart),
	        T(a_caller_who_hangs_up_blames_nobody),
	        T(a_vanished_agents_caller_goes_to_the_head),
	        T(wrap_up_ends_by_time_or_by_word),
	        T(a_removed_queue_keeps_its_callers_until_they_are_done),
	        T(options_that_order_nobody_leave_everybody_in_place),
	        T(who_waits_too_long_is_reported_once),
	        T(a_restart_keeps_who_is_ready_and_who_talks),
	        T(tenants_do_not_mix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
