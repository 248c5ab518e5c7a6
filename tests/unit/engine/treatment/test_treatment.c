// SPDX-License-Identifier: BSD-3-Clause
#include "jf_treatment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "jf_time.h"

#define S JF_NS_PER_S

static const struct jf_treatment_policy policy = {
        .first_ns = 2 * S,
        .every_ns = 30 * S,
        .position = true,
        .estimate = true,
        .n_comfort = 2,
        .callback_key = '1',
        .voicemail_key = '9',
        .confirms = true,
};

static struct jf_treatment t;

static struct jf_treatment_step due(uint64_t now_ns, uint32_t position, int wait_s)
{
	struct jf_treatment_facts facts = {
	        .position = position,
	        .estimate_known = wait_s >= 0,
	        .estimate_ns = wait_s >= 0 ? (uint64_t)wait_s * S : 0,
	};

	return jf_treatment_event(&t, &policy, JF_TREATMENT_EVENT_DUE, &facts, now_ns);
}

static enum jf_treatment_do event(enum jf_treatment_event e, uint64_t now_ns)
{
	return jf_treatment_event(&t, &policy, e, NULL, now_ns).does;
}

static enum jf_treatment_do key(char k, uint64_t now_ns)
{
	return jf_treatment_key(&t, &policy, k, now_ns).does;
}

static void keys(const char *text, uint64_t now_ns)
{
	for (; *text; text++)
		(void)key(*text, now_ns);
}

static int begin(void **state)
{
	(void)state;
	jf_treatment_begin(&t, &policy, "3726000", 0);
	return 0;
}

static void only_what_is_better_is_announced(void **state)
{
	struct jf_treatment_step step;

	(void)state;
	assert_int_equal(jf_treatment_due_ns(&t), 2 * S);
	step = due(2 * S, 3, 61);
	assert_int_equal(step.does, JF_TREATMENT_DO_ANNOUNCE);
	assert_int_equal(step.position, 3);
	assert_int_equal(step.minutes, 2); /* rounded up */
	assert_int_equal(event(JF_TREATMENT_EVENT_PLAYED, 5 * S), JF_TREATMENT_DO_MUSIC);
	assert_int_equal(jf_treatment_due_ns(&t), 32 * S);
	/* It has become worse: comfort instead, each in its turn. */
	step = due(32 * S, 4, 300);
	assert_int_equal(step.does, JF_TREATMENT_DO_COMFORT);
	assert_int_equal(step.comfort, 0);
	event(JF_TREATMENT_EVENT_PLAYED, 33 * S);
	assert_int_equal(due(62 * S, 3, 100).comfort, 1);
	event(JF_TREATMENT_EVENT_PLAYED, 63 * S);
	step = due(92 * S, 2, 100);
	assert_int_equal(step.does, JF_TREATMENT_DO_ANNOUNCE);
	assert_int_equal(step.position, 2);
	assert_int_equal(step.minutes, 0);
	event(JF_TREATMENT_EVENT_PLAYED, 93 * S);
	step = due(122 * S, 2, 50);
	assert_int_equal(step.position, 0);
	assert_int_equal(step.minutes, 1);
}

static void no_estimate_while_nobody_is_logged_in(void **state)
{
	struct jf_treatment_step step = due(2 * S, 1, -1);

	(void)state;
	assert_int_equal(step.position, 1);
	assert_int_equal(step.minutes, 0);
}

static void nothing_to_say_keeps_the_music(void **state)
{
	static const struct jf_treatment_policy quiet = {.every_ns = 10 * S, .position = true};
	struct jf_treatment_facts facts = {.position = 2};

	(void)state;
	jf_treatment_begin(&t, &quiet, NULL, S);
	assert_int_equal(jf_treatment_event(&t, &quiet, JF_TREATMENT_EVENT_DUE, &facts, S).does,
	                 JF_TREATMENT_DO_ANNOUNCE);
	jf_treatment_event(&t, &quiet, JF_TREATMENT_EVENT_PLAYED, NULL, 2 * S);
	assert_int_equal(
	        jf_treatment_event(&t, &quiet, JF_TREATMENT_EVENT_DUE, &facts, 11 * S).does,
	        JF_TREATMENT_DO_NOTHING);
	assert_int_equal(t.state, JF_TREATMENT_MUSIC);
	assert_int_equal(jf_treatment_due_ns(&t), 21 * S);
}

static void an_invitation_comes_once_and_first(void **state)
{
	struct jf_treatment_policy invites = {.first_ns = S, .invites = true};

	(void)state;
	jf_treatment_begin(&t, &invites, NULL, S);
	assert_int_equal(jf_treatment_due_ns(&t), 2 * S);
	assert_int_equal(jf_treatment_event(&t, &invites, JF_TREATMENT_EVENT_DUE, NULL, 2 * S).does,
	                 JF_TREATMENT_DO_INVITE);
	invites.invites = false;
	jf_treatment_event(&t, &invites, JF_TREATMENT_EVENT_PLAYED, NULL, 3 * S);
	assert_int_equal(jf_treatment_due_ns(&t), 0);
}

static void an_offer_is_not_held_up(void **state)
{
	(void)state;
	due(2 * S, 3, 60);
	assert_int_equal(event(JF_TREATMENT_EVENT_OFFERED, 3 * S), JF_TREATMENT_DO_NOTHING);
	assert_int_equal(event(JF_TREATMENT_EVENT_PLAYED, 4 * S), JF_TREATMENT_DO_MUSIC);
	assert_int_equal(jf_treatment_due_ns(&t), 0);
	assert_int_equal(key('9', 5 * S),
	                 JF_TREATMENT_DO_NOTHING); /* somebody is about to answer */
	/* Not answered: the interval goes on, and what was due meanwhile does not come at once. */
	assert_int_equal(event(JF_TREATMENT_EVENT_BACK, 40 * S), JF_TREATMENT_DO_NOTHING);
	assert_int_equal(jf_treatment_due_ns(&t), 70 * S);
}

static void an_offer_ends_a_question(void **state)
{
	(void)state;
	key('1', S);
	assert_int_equal(event(JF_TREATMENT_EVENT_OFFERED, 2 * S), JF_TREATMENT_DO_MUSIC);
	assert_int_equal(t.state, JF_TREATMENT_ASIDE);
}

static void a_callback_to_the_callers_number(void **state)
{
	(void)state;
	assert_int_equal(key('1', S), JF_TREATMENT_DO_READ_NUMBER);
	assert_true(jf_treatment_asks(&t));
	assert_int_equal(key('1', 2 * S), JF_TREATMENT_DO_TAKE_CALLBACK);
	assert_string_equal(t.number, "3726000");
	assert_int_equal(key('1', 3 * S), JF_TREATMENT_DO_NOTHING);
}

static void a_callback_to_another_number(void **state)
{
	(void)state;
	key('1', S);
	assert_int_equal(key('2', 2 * S), JF_TREATMENT_DO_ASK_NUMBER);
	keys("55", 3 * S);
	assert_int_equal(key('#', 4 * S), JF_TREATMENT_DO_SAY_WRONG);
	keys("99", 5 * S);
	assert_int_equal(key('*', 5 * S), JF_TREATMENT_DO_ASK_NUMBER);
	keys("5551234", 6 * S);
	assert_int_equal(key('#', 7 * S), JF_TREATMENT_DO_READ_NUMBER);
	assert_string_equal(t.number, "5551234");
	assert_int_equal(key('1', 8 * S), JF_TREATMENT_DO_TAKE_CALLBACK);
}

static void a_hidden_caller_enters_its_number(void **state)
{
	(void)state;
	jf_treatment_begin(&t, &policy, NULL, 0);
	assert_int_equal(key('1', S), JF_TREATMENT_DO_ASK_NUMBER);
	keys("0123456789012345678901234567890123456789", 2 * S); /* more than there is room for */
	assert_int_equal(t.n_digits, JF_TREATMENT_NUMBER_MAX - 1);
}

static void a_question_without_keys_is_dropped(void **state)
{
	(void)state;
	key('1', S);
	assert_true(jf_treatment_due_ns(&t) > 30 * S); /* it is being asked */
	event(JF_TREATMENT_EVENT_PLAYED, S);
	assert_int_equal(jf_treatment_due_ns(&t), 9 * S);
	assert_int_equal(due(8 * S, 1, 1).does, JF_TREATMENT_DO_NOTHING);
	assert_int_equal(due(9 * S, 1, 1).does, JF_TREATMENT_DO_MUSIC);
	assert_int_equal(t.state, JF_TREATMENT_MUSIC);
	assert_true(jf_treatment_due_ns(&t) > 9 * S);
}

static void voicemail_even_from_an_announcement(void **state)
{
	(void)state;
	due(2 * S, 3, 60);
	assert_int_equal(key('5', 3 * S), JF_TREATMENT_DO_NOTHING);
	assert_int_equal(key('9', 3 * S), JF_TREATMENT_DO_TAKE_VOICEMAIL);
	assert_int_equal(t.state, JF_TREATMENT_LEFT);
}

static void every_state_takes_every_event(void **state)
{
	(void)state;
	for (unsigned int s = 0; s < JF_TREATMENT_STATE_COUNT; s++)
		for (unsigned int e = 0; e < JF_TREATMENT_EVENT_COUNT; e++) {
			begin(NULL);
			t.state = (enum jf_treatment_state)s;
			event((enum jf_treatment_event)e, 100 * S);
			assert_in_range(t.state, 0, JF_TREATMENT_STATE_COUNT - 1);
			/* Who has left does not come back. */
			assert_true(s != JF_TREATMENT_LEFT || t.state == JF_TREATMENT_LEFT);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(only_what_is_better_is_announced, begin),
	        cmocka_unit_test_setup(no_estimate_while_nobody_is_logged_in, begin),
	        cmocka_unit_test_setup(nothing_to_say_keeps_the_music, begin),
	        cmocka_unit_test_setup(an_invitation_comes_once_and_first, begin),
	        cmocka_unit_test_setup(an_offer_is_not_held_up, begin),
	        cmocka_unit_test_setup(an_offer_ends_a_question, begin),
	        cmocka_unit_test_setup(a_callback_to_the_callers_number, begin),
	        cmocka_unit_test_setup(a_callback_to_another_number, begin),
	        cmocka_unit_test_setup(a_hidden_caller_enters_its_number, begin),
	        cmocka_unit_test_setup(a_question_without_keys_is_dropped, begin),
	        cmocka_unit_test_setup(voicemail_even_from_an_announcement, begin),
	        cmocka_unit_test_setup(every_state_takes_every_event, begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
