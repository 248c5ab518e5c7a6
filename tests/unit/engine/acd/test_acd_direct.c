// SPDX-License-Identifier: BSD-3-Clause
/* Agents in calls that no queue chose them for, and callers who pass from one agent to another. */
#include "jf_acd_direct.h"

#include "acd_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static const struct jf_call_id call = {{1}}, another = {{2}};

static struct jf_acd_ref first, second;

static int set_up(void **state)
{
	(void)state;
	assert_int_equal(lab_open(&(struct jf_acd_queue_options){.wrap_up_ns = 5 * S}), 0);
	first = agent_ready("1001", 0);
	second = agent_ready("1002", 0);
	return 0;
}

static const char *state_of(struct jf_acd_ref a)
{
	return jf_agent_state_name(look(a).state);
}

/* A caller with the first agent, from 10 s on. */
static struct jf_acd_ref conversation(void)
{
	struct jf_acd_ref e = enter_as(&call, (struct jf_acd_arrival){0}, 10 * S);

	assert_true(jf_acd_ref_equal(offered(e), first));
	assert_int_equal(jf_acd_answered(acd, e, 10 * S), 0);
	assert_string_equal(state_of(first), "talking");
	return e;
}

static void a_reserved_agent_is_nobody_elses(void **state)
{
	struct jf_acd_ref e;

	(void)state;
	assert_int_equal(jf_acd_agent_reserve(acd, first, &call, 1 * S), 0);
	assert_int_equal(jf_acd_agent_reserve(acd, first, &another, 1 * S), -EBUSY);
	assert_string_equal(state_of(first), "reserved");
	e = enter_as(&another, (struct jf_acd_arrival){0}, 2 * S);
	assert_true(jf_acd_ref_equal(offered(e), second));
	assert_int_equal(jf_acd_agent_remove(acd, first, 2 * S), -EBUSY);
	/* Not needed after all: as before, without blame, and still the one idle for longest. */
	assert_int_equal(jf_acd_agent_release(acd, first, 3 * S), 0);
	assert_string_equal(state_of(first), "ready");
	assert_int_equal(look(first).idle_since_ns, 0);
	assert_int_equal(jf_acd_agent_release(acd, first, 3 * S), -EPROTO);
}

static void who_waits_gets_the_released_agent(void **state)
{
	struct jf_acd_ref a, b;

	(void)state;
	assert_int_equal(jf_acd_agent_reserve(acd, first, &call, 1 * S), 0);
	a = enter_as(&another, (struct jf_acd_arrival){0}, 2 * S);
	b = enter_as(&another, (struct jf_acd_arrival){0}, 2 * S);
	assert_true(jf_acd_ref_equal(offered(a), second));
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_RINGS, 2 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_TALKS, 3 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_CONSULTS, 3 * S), 0);
	assert_string_equal(state_of(first), "consult");
	assert_int_equal(jf_acd_agent_release(acd, first, 7 * S), 0);
	assert_true(jf_acd_ref_equal(offered(b), first));
	/* Asked by a colleague: nobody's consult time but the colleague's, and no wrap-up. */
	assert_int_equal(look(first).counters.assist_ns, 4 * S);
	assert_int_equal(look(first).counters.consult_ns, 0);
	assert_int_equal(look(first).counters.consults, 0);
}

static void a_vain_call_has_the_consequences_of_an_offer(void **state)
{
	static const struct {
		enum jf_acd_outcome outcome;
		const char *state, *reason;
	} rows[] = {
	        {JF_ACD_OUTCOME_RONA, "not-ready", "rona"},
	        {JF_ACD_OUTCOME_BUSY, "not-ready", "busy"},
	        {JF_ACD_OUTCOME_UNREACHABLE, "unreachable", "no answer from the phone"},
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(jf_acd_agent_reserve(acd, second, &call, 1 * S), 0);
		assert_int_equal(jf_acd_agent_refused(acd, second, rows[i].outcome, 2 * S), 0);
		assert_string_equal(state_of(second), rows[i].state);
		assert_string_equal(look(second).reason, rows[i].reason);
		jf_acd_agent_want(acd, second, JF_AGENT_WANT_READY, "", "test", 3 * S);
	}
	assert_int_equal(look(second).counters.rona, 1);
	assert_int_equal(counts().counters.rona, 0);
	assert_int_equal(jf_acd_agent_reserve(acd, second, &call, 4 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, second, JF_ACD_TALKS, 4 * S), 0);
	assert_int_equal(jf_acd_agent_lost(acd, second, 5 * S), 0);
	assert_string_equal(state_of(second), "unreachable");
}

static void after_its_own_call_an_agent_is_what_it_was(void **state)
{
	(void)state;
	jf_acd_agent_want(acd, first, JF_AGENT_WANT_NOT_READY, "lunch", "test", 1 * S);
	assert_int_equal(jf_acd_agent_dial(acd, first, &call, 2 * S), 0);
	assert_string_equal(state_of(first), "dialing");
	assert_int_equal(jf_acd_agent_dial(acd, first, &call, 2 * S), -EBUSY);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_TALKS, 4 * S), 0);
	assert_int_equal(jf_acd_agent_release(acd, first, 9 * S), 0);
	assert_string_equal(state_of(first), "not-ready");
	assert_string_equal(look(first).reason, "lunch");
	assert_int_equal(look(first).counters.dialing_ns, 2 * S);
	assert_int_equal(jf_acd_agent_dial(acd, second, &call, 2 * S), 0);
	assert_int_equal(jf_acd_agent_release(acd, second, 3 * S), 0);
	assert_string_equal(state_of(second), "ready");
	jf_acd_agent_want(acd, second, JF_AGENT_WANT_LOGGED_OUT, "", "test", 4 * S);
	assert_int_equal(jf_acd_agent_dial(acd, second, &call, 5 * S), -EPERM);
}

static void a_caller_changes_hands(void **state)
{
	struct jf_acd_ref e = conversation();

	(void)state;
	assert_int_equal(jf_acd_agent_asks(acd, first), 0);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_CONSULTS, 12 * S), 0);
	assert_int_equal(jf_acd_agent_reserve(acd, second, &call, 12 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, second, JF_ACD_TALKS, 13 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_CONFERS, 20 * S), 0);
	assert_int_equal(jf_acd_agent_does(acd, second, JF_ACD_CONFERS, 20 * S), 0);
	assert_string_equal(state_of(second), "conference");
	assert_int_equal(jf_acd_taken_over(acd, e, second, 25 * S), 0);
	assert_string_equal(state_of(first), "wrap-up");
	assert_string_equal(state_of(second), "talking");
	assert_int_equal(look(first).counters.consults, 1);
	assert_int_equal(look(first).counters.consult_ns, 8 * S);
	assert_int_equal(look(first).counters.conference_ns, 5 * S);
	assert_int_equal(look(first).counters.transferred_out, 1);
	assert_int_equal(look(second).counters.transferred_in, 1);
	assert_int_equal(counts().counters.transferred_out, 1);
	assert_int_equal(counts().counters.transferred_in, 1);
	assert_int_equal(counts().counters.answered, 1);
	assert_int_equal(counts().talking, 1);
	/* The entry is the second one's now. */
	assert_int_equal(jf_acd_agent_release(acd, second, 26 * S), -EPROTO);
	assert_int_equal(jf_acd_end(acd, e, 30 * S), 0);
	assert_string_equal(state_of(second), "wrap-up");
	assert_int_equal(counts().talking, 0);
}

static void a_caller_nobody_takes_waits_at_the_head(void **state)
{
	struct jf_acd_ref e = conversation(), waiting;

	(void)state;
	assert_int_equal(jf_acd_agent_reserve(acd, second, &call, 12 * S), 0);
	assert_int_equal(jf_acd_returned(acd, e, 12 * S), -EPROTO);
	assert_int_equal(jf_acd_passed_on(acd, e, false, 13 * S), 0);
	assert_string_equal(state_of(first), "wrap-up");
	assert_int_equal(jf_acd_held(acd, e, true, 13 * S), -EPROTO);
	assert_int_equal(jf_acd_leave(acd, e, true, 13 * S), -EPROTO);
	waiting = enter_as(&another, (struct jf_acd_arrival){0}, 9 * S);
	assert_int_equal(jf_acd_agent_refused(acd, second, JF_ACD_OUTCOME_BUSY, 14 * S), 0);
	assert_int_equal(jf_acd_returned(acd, e, 14 * S), 0);
	assert_true(jf_acd_ref_equal(offered(e), jf_acd_nobody));
	jf_acd_tick(acd, 18 * S);
	assert_true(jf_acd_ref_equal(offered(e), first));
	assert_int_equal(counts().waiting, 1);
	assert_int_equal(jf_acd_leave(acd, waiting, true, 20 * S), 0);
}

static void a_caller_may_go_while_it_changes_hands(void **state)
{
	struct jf_acd_ref e = conversation();

	(void)state;
	assert_int_equal(jf_acd_passed_on(acd, e, false, 13 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 14 * S), 0);
	assert_int_equal(counts().talking, 0);
	assert_string_equal(state_of(first), "wrap-up");
	/* Only who was reserved for the same call may take one over. */
	e = enter_as(&call, (struct jf_acd_arrival){0}, 15 * S);
	assert_int_equal(jf_acd_answered(acd, e, 15 * S), 0);
	jf_acd_tick(acd, 30 * S);
	assert_int_equal(jf_acd_agent_reserve(acd, first, &another, 30 * S), 0);
	assert_int_equal(jf_acd_taken_over(acd, e, first, 31 * S), -EPROTO);
	assert_string_equal(state_of(second), "talking");
}

static void both_are_found_again_after_a_restart(void **state)
{
	const struct jf_acd_arrival arrival = {.enqueued_ns = 1 * S};
	struct jf_acd_ref e;

	(void)state;
	assert_int_equal(jf_acd_adopt(acd, queue, first, &call, &arrival, 5 * S, &e), 0);
	assert_int_equal(jf_acd_agent_does(acd, first, JF_ACD_CONFERS, 5 * S), 0);
	assert_int_equal(jf_acd_agent_adopt(acd, second, &call, JF_ACD_CONFERS, 5 * S), 0);
	assert_int_equal(jf_acd_agent_adopt(acd, second, &call, JF_ACD_CONFERS, 5 * S), -EBUSY);
	assert_string_equal(state_of(second), "conference");
	assert_int_equal(jf_acd_taken_over(acd, e, second, 6 * S), 0);
	assert_int_equal(jf_acd_end(acd, e, 7 * S), 0);
	assert_string_equal(state_of(second), "wrap-up");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, lab_close)
	static const struct CMUnitTest tests[] = {
	        T(a_reserved_agent_is_nobody_elses),
	        T(who_waits_gets_the_released_agent),
	        T(a_vain_call_has_the_consequences_of_an_offer),
	        T(after_its_own_call_an_agent_is_what_it_was),
	        T(a_caller_changes_hands),
	        T(a_caller_nobody_takes_waits_at_the_head),
	        T(a_caller_may_go_while_it_changes_hands),
	        T(both_are_found_again_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
