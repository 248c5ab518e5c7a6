// SPDX-License-Identifier: BSD-3-Clause
/* The leg's machine: flows of RFC 3261, and what must hold of every row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "jf_leg_fsm.h"

#define INPUTS(...) ((const enum jf_leg_input[]){__VA_ARGS__, JF_LEG_INPUT_COUNT})

struct outcome {
	enum jf_leg_phase phase;
	enum jf_leg_end end;
	uint32_t actions; /* of all steps together */
	uint32_t last;    /* of the last step */
};

static struct outcome play(enum jf_leg_phase from, const enum jf_leg_input *inputs)
{
	struct outcome o = {.phase = from};
	struct jf_leg_step step;

	for (; *inputs != JF_LEG_INPUT_COUNT; inputs++) {
		if (jf_leg_fsm_step(o.phase, *inputs, &step))
			fail_msg("%s in phase %s", jf_leg_input_name(*inputs),
			         jf_leg_phase_name(o.phase));
		o.phase = step.next;
		o.actions |= step.actions;
		o.last = step.actions;
		if (step.end)
			o.end = step.end;
	}
	return o;
}

static void incoming_call_answered_and_hung_up(void **state)
{
	struct outcome o;

	(void)state;
	o = play(JF_LEG_AT_IN_TRYING, INPUTS(JF_LEG_ON_RING, JF_LEG_ON_ANSWER, JF_LEG_ON_ACK));
	assert_int_equal(o.phase, JF_LEG_AT_ESTABLISHED);
	assert_true(o.last & JF_LEG_TELL_CONFIRMED);
	assert_true(o.last & JF_LEG_DO_STOP_2XX);
	o = play(o.phase, INPUTS(JF_LEG_ON_BYE));
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
	assert_int_equal(o.end, JF_LEG_END_BYE_BY_PEER);
	assert_int_equal(o.last, JF_LEG_DO_REPLY_BYE);
}

static void cancel_before_answer_is_487(void **state)
{
	struct outcome o = play(JF_LEG_AT_IN_TRYING, INPUTS(JF_LEG_ON_RING, JF_LEG_ON_CANCEL));

	(void)state;
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
	assert_int_equal(o.end, JF_LEG_END_CANCELLED_BY_PEER);
	assert_int_equal(o.last, JF_LEG_DO_REPLY_487);
}

static void cancel_after_our_answer_changes_nothing(void **state)
{
	struct jf_leg_step step;

	(void)state;
	assert_int_equal(jf_leg_fsm_step(JF_LEG_AT_IN_ANSWERED, JF_LEG_ON_CANCEL, &step), -EPROTO);
}

static void bye_waits_for_the_ack(void **state)
{
	struct outcome o = play(JF_LEG_AT_IN_TRYING, INPUTS(JF_LEG_ON_ANSWER, JF_LEG_ON_END));

	(void)state;
	assert_false(o.actions & JF_LEG_DO_BYE);
	o = play(o.phase, INPUTS(JF_LEG_ON_ACK));
	assert_true(o.last & JF_LEG_DO_BYE);
	assert_int_equal(o.phase, JF_LEG_AT_ENDING);
	o = play(o.phase, INPUTS(JF_LEG_ON_BYE_DONE));
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
}

static void lost_ack_ends_with_bye(void **state)
{
	struct outcome o = play(JF_LEG_AT_IN_TRYING, INPUTS(JF_LEG_ON_ANSWER, JF_LEG_ON_NO_ACK));

	(void)state;
	assert_true(o.last & JF_LEG_DO_BYE);
	assert_int_equal(o.end, JF_LEG_END_NO_ACK);
	/* ... but when the peer hangs up, the ACK is not missed */
	o = play(JF_LEG_AT_IN_ANSWERED, INPUTS(JF_LEG_ON_BYE));
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
	assert_int_equal(o.end, JF_LEG_END_BYE_BY_PEER);
}

static void our_cancel_that_crosses_the_answer(void **state)
{
	struct outcome o = play(JF_LEG_AT_OUT_CALLING,
	                        INPUTS(JF_LEG_ON_PROVISIONAL, JF_LEG_ON_END, JF_LEG_ON_SUCCESS));

	(void)state;
	assert_true(o.actions & JF_LEG_DO_CANCEL);
	assert_int_equal(o.last, JF_LEG_DO_ACK | JF_LEG_DO_BYE);
	assert_int_equal(o.end, JF_LEG_END_CROSSED);
	assert_false(o.actions & JF_LEG_TELL_ANSWERED);
	o = play(JF_LEG_AT_OUT_CANCELLING, INPUTS(JF_LEG_ON_PROVISIONAL, JF_LEG_ON_FAILURE));
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
}

static void answer_that_cannot_be_used_is_acknowledged_and_hung_up(void **state)
{
	struct outcome o = play(JF_LEG_AT_OUT_PROCEEDING, INPUTS(JF_LEG_ON_SUCCESS_BAD));

	(void)state;
	assert_int_equal(o.last, JF_LEG_DO_ACK | JF_LEG_DO_BYE);
	assert_int_equal(o.end, JF_LEG_END_BAD_ANSWER);
}

static void lost_ack_of_ours_is_sent_again(void **state)
{
	struct outcome o =
	        play(JF_LEG_AT_OUT_PROCEEDING, INPUTS(JF_LEG_ON_SUCCESS, JF_LEG_ON_SUCCESS));

	(void)state;
	assert_int_equal(o.last, JF_LEG_DO_ACK);
	assert_int_equal(o.phase, JF_LEG_AT_ESTABLISHED);
}

static void glare(void **state)
{
	struct outcome o =
	        play(JF_LEG_AT_ESTABLISHED, INPUTS(JF_LEG_ON_REOFFER, JF_LEG_ON_REINVITE));

	(void)state;
	assert_int_equal(o.last, JF_LEG_DO_REPLY_491);
	o = play(o.phase, INPUTS(JF_LEG_ON_RE_GLARE));
	assert_int_equal(o.last, JF_LEG_DO_REINVITE_LATER);
	assert_int_equal(o.phase, JF_LEG_AT_ESTABLISHED);
	o = play(o.phase, INPUTS(JF_LEG_ON_REOFFER, JF_LEG_ON_RE_SUCCESS));
	assert_true(o.last & JF_LEG_TELL_REANSWER);
	/* one at a time */
	o = play(JF_LEG_AT_ESTABLISHED, INPUTS(JF_LEG_ON_REINVITE, JF_LEG_ON_REINVITE));
	assert_int_equal(o.last, JF_LEG_DO_REPLY_500);
}

static void hold_refused_leaves_the_call_as_it_was(void **state)
{
	struct outcome o =
	        play(JF_LEG_AT_ESTABLISHED, INPUTS(JF_LEG_ON_REINVITE, JF_LEG_ON_REFUSE));

	(void)state;
	assert_int_equal(o.phase, JF_LEG_AT_ESTABLISHED);
	assert_int_equal(o.end, JF_LEG_END_NONE);
}

static void byes_that_cross(void **state)
{
	struct outcome o = play(JF_LEG_AT_ESTABLISHED, INPUTS(JF_LEG_ON_END, JF_LEG_ON_BYE));

	(void)state;
	assert_int_equal(o.last, JF_LEG_DO_REPLY_BYE);
	o = play(o.phase, INPUTS(JF_LEG_ON_BYE_DONE));
	assert_int_equal(o.phase, JF_LEG_AT_ENDED);
}

static void every_row_keeps_the_rules(void **state)
{
	const uint32_t on_invite = JF_LEG_DO_REPLY_180 | JF_LEG_DO_REPLY_2XX |
	                           JF_LEG_DO_REPLY_REJECT | JF_LEG_DO_REPLY_487;
	const uint32_t tell = JF_LEG_TELL_PROVISIONAL | JF_LEG_TELL_ANSWERED |
	                      JF_LEG_TELL_CONFIRMED | JF_LEG_TELL_REOFFER | JF_LEG_TELL_REANSWER |
	                      JF_LEG_TELL_CHANGED;

	(void)state;
	for (int p = 0; p < JF_LEG_PHASE_COUNT; p++) {
		struct jf_leg_step step;

		/* Whatever goes on, it can be ended. */
		assert_int_equal(jf_leg_fsm_step(p, JF_LEG_ON_END, &step), 0);
		for (int i = 0; i < JF_LEG_INPUT_COUNT; i++) {
			if (jf_leg_fsm_step(p, i, &step))
				continue;
			if (step.actions & on_invite) /* there is an INVITE to reply to */
				assert_true(p == JF_LEG_AT_IN_TRYING || p == JF_LEG_AT_IN_RINGING ||
				            p == JF_LEG_AT_REOFFERED);
			if (p == JF_LEG_AT_ENDED) {
				assert_int_equal(step.next, JF_LEG_AT_ENDED);
				assert_int_equal(step.actions, 0);
			}
			if (step.next == JF_LEG_AT_ENDED) /* the ended event is the last */
				assert_false(step.actions & tell);
			if (i == JF_LEG_ON_BYE)
				assert_true(step.actions & JF_LEG_DO_REPLY_BYE);
			if (i == JF_LEG_ON_SUCCESS || i == JF_LEG_ON_RE_SUCCESS)
				assert_true(step.actions & JF_LEG_DO_ACK);
			if (step.actions & JF_LEG_DO_BYE)
				assert_int_equal(step.next, JF_LEG_AT_ENDING);
			/* What waits for ACK is stopped when that phase is left. */
			if ((p == JF_LEG_AT_IN_ANSWERED || p == JF_LEG_AT_IN_ENDING ||
			     p == JF_LEG_AT_REANSWERED) &&
			    step.next != JF_LEG_AT_IN_ANSWERED &&
			    step.next != JF_LEG_AT_IN_ENDING && step.next != JF_LEG_AT_REANSWERED)
				assert_true(step.actions & JF_LEG_DO_STOP_2XX);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(incoming_call_answered_and_hung_up),
	        cmocka_unit_test(cancel_before_answer_is_487),
	        cmocka_unit_test(cancel_after_our_answer_changes_nothing),
	        cmocka_unit_test(bye_waits_for_the_ack),
	        cmocka_unit_test(lost_ack_ends_with_bye),
	        cmocka_unit_test(our_cancel_that_crosses_the_answer),
	        cmocka_unit_test(answer_that_cannot_be_used_is_acknowledged_and_hung_up),
	        cmocka_unit_test(lost_ack_of_ours_is_sent_again),
	        cmocka_unit_test(glare),
	        cmocka_unit_test(hold_refused_leaves_the_call_as_it_was),
	        cmocka_unit_test(byes_that_cross),
	        cmocka_unit_test(every_row_keeps_the_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
