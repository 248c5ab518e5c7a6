// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define DO(x) JF_CALL_DO_##x

static struct jf_call_step step(enum jf_call_state s, enum jf_call_event e)
{
	return jf_call_fsm_step(s, e);
}

static void every_state_answers_every_event(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_CALL_STATE_COUNT; s++)
		for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++) {
			struct jf_call_step r = step(s, e);

			assert_in_range(r.next, 0, JF_CALL_STATE_COUNT - 1);
			if (r.actions & DO(WONDER)) {
				assert_int_equal(r.next, s);
				assert_int_equal(r.actions, DO(WONDER));
			}
		}
}

/* What a peer or a timer can do at any time is never wondered at in a call that lives. */
static void parties_may_leave_at_any_time(void **state)
{
	static const enum jf_call_event any_time[] = {
	        JF_CALL_EVENT_CALLER_ENDED, JF_CALL_EVENT_CALLER_VANISHED, JF_CALL_EVENT_RELEASE};

	(void)state;
	for (unsigned int s = 0; s < JF_CALL_GONE; s++)
		for (unsigned int i = 0; i < 3; i++) {
			struct jf_call_step r = step(s, any_time[i]);

			assert_false(r.actions & DO(WONDER));
			if (s < JF_CALL_CLOSING) {
				assert_int_equal(r.next, JF_CALL_CLOSING);
				assert_true(r.actions & DO(FINISH));
			}
		}
}

/* Whoever is in the queue or with an agent when the call ends leaves it, once. */
static void closing_leaves_the_acd(void **state)
{
	const unsigned int leaves = DO(ACD_ABANDONED) | DO(ACD_RELEASED) | DO(ACD_END);

	(void)state;
	for (unsigned int s = JF_CALL_QUEUED; s <= JF_CALL_HELD; s++)
		for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++) {
			struct jf_call_step r = step(s, e);
			unsigned int how = r.actions & leaves;

			if (r.next != JF_CALL_CLOSING)
				assert_int_equal(how, 0);
			else
				assert_true(how && !(how & (how - 1)));
		}
}

/* An agent's leg never outlives the state that needs it. */
static void the_agents_leg_is_ended_with_the_call(void **state)
{
	(void)state;
	assert_true(step(JF_CALL_RINGING, JF_CALL_EVENT_CALLER_ENDED).actions & DO(CANCEL_AGENT));
	assert_true(step(JF_CALL_RINGING, JF_CALL_EVENT_RING_TIMEOUT).actions & DO(CANCEL_AGENT));
	assert_true(step(JF_CALL_TALKING, JF_CALL_EVENT_CALLER_ENDED).actions & DO(HANG_UP_AGENT));
	assert_true(step(JF_CALL_HELD, JF_CALL_EVENT_CALLER_ENDED).actions & DO(HANG_UP_AGENT));
	assert_true(step(JF_CALL_TALKING, JF_CALL_EVENT_AGENT_ENDED).actions & DO(HANG_UP_CALLER));
}

static void a_lost_agent_costs_the_caller_nothing(void **state)
{
	struct jf_call_step r = step(JF_CALL_TALKING, JF_CALL_EVENT_AGENT_VANISHED);

	(void)state;
	assert_int_equal(r.next, JF_CALL_QUEUED);
	assert_true(r.actions & DO(ACD_VANISHED));
	assert_true(r.actions & DO(MUSIC));
	assert_false(r.actions & DO(HANG_UP_CALLER));
}

static void names_are_distinct(void **state)
{
	(void)state;
	for (unsigned int a = 0; a < JF_CALL_STATE_COUNT; a++)
		for (unsigned int b = a + 1; b < JF_CALL_STATE_COUNT; b++)
			assert_string_not_equal(jf_call_state_name(a), jf_call_state_name(b));
	for (unsigned int e = 0; e < JF_CALL_EVENT_COUNT; e++)
		assert_string_not_equal(jf_call_event_name(e), "?");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_state_answers_every_event),
	        cmocka_unit_test(parties_may_leave_at_any_time),
	        cmocka_unit_test(closing_leaves_the_acd),
	        cmocka_unit_test(the_agents_leg_is_ended_with_the_call),
	        cmocka_unit_test(a_lost_agent_costs_the_caller_nothing),
	        cmocka_unit_test(names_are_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
