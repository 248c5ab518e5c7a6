// SPDX-License-Identifier: BSD-3-Clause
#include "jf_agent_fsm.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct jf_agent_step step(enum jf_agent_state s, enum jf_agent_event e)
{
	return jf_agent_fsm_step(s, e);
}

static void every_state_answers_every_event(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		for (unsigned int e = 0; e < JF_AGENT_EVENT_COUNT; e++) {
			struct jf_agent_step r = step(s, e);

			assert_in_range(r.next, 0, JF_AGENT_STATE_COUNT - 1);
			if (r.actions & JF_AGENT_DO_REFUSE)
				assert_int_equal(r.next, s);
		}
}

static void only_a_ready_agent_can_be_claimed(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++) {
		struct jf_agent_step r = step(s, JF_AGENT_EVENT_CLAIM);

		assert_int_equal(!(r.actions & JF_AGENT_DO_REFUSE), s == JF_AGENT_READY);
	}
}

static void what_is_asked_for_in_a_call_waits_for_its_end(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++) {
		bool pends = step(s, JF_AGENT_EVENT_WANT_NOT_READY).actions & JF_AGENT_DO_PEND;

		assert_int_equal(pends, jf_agent_state_engaged(s));
	}
}

static void each_vain_offer_has_its_own_consequence(void **state)
{
	static const struct {
		enum jf_agent_event event;
		enum jf_agent_state next;
		const char *reason;
	} rows[] = {
	        {JF_AGENT_EVENT_RONA, JF_AGENT_NOT_READY, "rona"},
	        {JF_AGENT_EVENT_BUSY, JF_AGENT_NOT_READY, "busy"},
	        {JF_AGENT_EVENT_REJECT, JF_AGENT_NOT_READY, "rejected"},
	        {JF_AGENT_EVENT_UNAVAILABLE, JF_AGENT_NOT_READY, "unavailable"},
	        {JF_AGENT_EVENT_NO_REACH, JF_AGENT_UNREACHABLE, "no answer from the phone"},
	        {JF_AGENT_EVENT_FAIL, JF_AGENT_NOT_READY, "phone error"},
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jf_agent_step r = step(JF_AGENT_RINGING, rows[i].event);

		assert_int_equal(r.next, rows[i].next);
		assert_string_equal(r.reason, rows[i].reason);
	}
	assert_true(step(JF_AGENT_RESERVED, JF_AGENT_EVENT_BUSY).actions & JF_AGENT_DO_BACKOFF);
	assert_int_equal(step(JF_AGENT_RINGING, JF_AGENT_EVENT_CALLER_LEFT).next, JF_AGENT_READY);
	assert_true(step(JF_AGENT_RINGING, JF_AGENT_EVENT_CALLER_LEFT).actions &
	            JF_AGENT_DO_KEEP_IDLE);
}

static void a_refresh_does_not_undo_a_logout(void **state)
{
	(void)state;
	assert_int_equal(step(JF_AGENT_LOGGED_OUT, JF_AGENT_EVENT_REFRESH).next,
	                 JF_AGENT_LOGGED_OUT);
	assert_true(step(JF_AGENT_LOGGED_OUT, JF_AGENT_EVENT_LOGIN).actions & JF_AGENT_DO_AUTO);
	assert_int_equal(step(JF_AGENT_UNREACHABLE, JF_AGENT_EVENT_REFRESH).next, JF_AGENT_READY);
}

static void names_go_both_ways(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++) {
		enum jf_agent_state back;

		assert_int_equal(jf_agent_state_parse(jf_agent_state_name(s), &back), 0);
		assert_int_equal(back, s);
	}
	for (unsigned int e = 0; e < JF_AGENT_EVENT_COUNT; e++)
		assert_true(strcmp(jf_agent_event_name(e), "?") != 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_state_answers_every_event),
	        cmocka_unit_test(only_a_ready_agent_can_be_claimed),
	        cmocka_unit_test(what_is_asked_for_in_a_call_waits_for_its_end),
	        cmocka_unit_test(each_vain_offer_has_its_own_consequence),
	        cmocka_unit_test(a_refresh_does_not_undo_a_logout),
	        cmocka_unit_test(names_go_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
