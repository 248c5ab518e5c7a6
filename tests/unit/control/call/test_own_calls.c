// SPDX-License-Identifier: BSD-3-Clause
/* Agents' own calls, to a colleague, a queue or a number outside, and what they may do with them.
 */
#include "transfer_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call.h"

#define LINE    7000
#define OUTSIDE 8000
#define NUMBER  "+3725551234"

static const char directory[] = WORLD_DIRECTORY(
        ", outgoing: {country: \"372\", allow: [\"+372\"], caller: \"+3726000000\"}",
        ", to: [10.0.0.1]");

static struct jf_media_desc described(uint16_t port, bool hold)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, port);

	desc.hold = hold;
	if (hold)
		desc.direction = JF_SDP_SENDONLY;
	return desc;
}

static void holds(struct jf_leg *leg, uint16_t port, bool hold)
{
	struct jf_media_desc desc = described(port, hold);

	world_leg(leg, JF_LEG_REOFFER, 0, &desc);
}

/* 1001 and 1002 are ready, and nobody is in a call. */
static int idle(void **state)
{
	set_up(state);
	over();
	world_apply(directory);
	return 0;
}

static struct jf_leg *calls(const char *number, uint16_t port)
{
	struct jf_media_desc offer = described(port, false);

	return world_agent_invite("1001", number, &offer);
}

static void acknowledges(struct jf_leg *own)
{
	assert_string_equal(own->said, "answer");
	world_leg(own, JF_LEG_CONFIRMED, 0, NULL);
	assert_string_equal(world_call_state(), "talking");
}

/* 1001 talks with NUMBER. */
static struct jf_leg *talks_outside(struct jf_leg **ret_outside)
{
	struct jf_leg *own = calls(NUMBER, LINE);

	world_advance(1);
	assert_string_equal(world_call_state(), "calling");
	*ret_outside = world_answers(NUMBER, OUTSIDE);
	acknowledges(own);
	assert_true(world_hears(LINE, OUTSIDE) && world_hears(OUTSIDE, LINE));
	world_advance(2000);
	return own;
}

static struct jf_leg *talks_with_colleague(struct jf_leg **ret_colleague)
{
	struct jf_leg *own = calls("1002", LINE);

	*ret_colleague = world_answers("1002", SECOND);
	acknowledges(own);
	world_advance(2000);
	return own;
}

static void nobody_is_left(void)
{
	world_advance(11000);
	assert_int_equal(jf_calls_count(world.calls), 0);
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "ready");
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		assert_false(world.endpoints[i].open);
}

/* ---- Over a restart --------------------------------------------------------------------------
 */

static void a_number_that_an_agent_calls_rings_on(void **state)
{
	struct jf_leg *own = calls(NUMBER, LINE), *outside;

	(void)state;
	world_advance(1);
	outside = world_leg_to(NUMBER);
	world_leg(outside, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_advance(100);
	assert_string_equal(world_call_state(), "calling");
	assert_string_equal(world_agent_state("1001"), "dialing");
	assert_ptr_equal(world_leg_to(NUMBER), outside);
	(void)world_answers(NUMBER, OUTSIDE);
	acknowledges(own);
	assert_true(world_hears(LINE, OUTSIDE) && world_hears(OUTSIDE, LINE));
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 0);
	nobody_is_left();
}

static void a_colleague_whom_an_agent_calls_is_called_anew(void **state)
{
	struct jf_leg *own = calls("1002", LINE), *rang = world_leg_to("1002");

	(void)state;
	world_leg(rang, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_advance(100);
	assert_string_equal(world_call_state(), "calling");
	assert_ptr_not_equal(world_leg_to("1002"), rang);
	(void)world_answers("1002", SECOND);
	acknowledges(own);
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 0);
	nobody_is_left();
}

static void a_number_that_an_agent_calls_and_that_refuses_is_told(void **state)
{
	struct jf_leg *own = calls(NUMBER, LINE), *outside;

	(void)state;
	world_advance(1);
	outside = world_leg_to(NUMBER);
	world_leg(outside, JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(100);
	world_restart();
	world_leg_ended(outside, JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(own->said, "end");
	assert_int_equal(own->code, 486);
	nobody_is_left();
}

/* ---- Calling ------------------------------------------------------------------------------------
 */

static void an_agent_calls_a_colleague(void **state)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, LINE);
	struct jf_leg *own, *second;

	(void)state;
	over();
	own = world_agent_invite("1001", "1002", &offer);
	assert_string_equal(world_call_state(), "calling");
	assert_string_equal(world_agent_state("1001"), "dialing");
	assert_string_equal(world_agent_state("1002"), "reserved");
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	assert_string_equal(own->said, "ring");
	second = world_answers("1002", SECOND);
	assert_string_equal(own->said, "answer");
	world_leg(own, JF_LEG_CONFIRMED, 0, NULL);
	assert_true(world_hears(LINE, SECOND) && world_hears(SECOND, LINE));
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_string_equal(world_agent_state("1002"), "talking");
	world_restart();
	assert_string_equal(world_call_state(), "talking");
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_string_equal(world_agent_state("1002"), "talking");
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(second->said, "end");
	world_advance(100);
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "ready");
	assert_string_equal(text(world.last_record, "placed_by"), "1001");
	assert_string_equal(text(world.last_record, "outcome"), "answered");
	assert_string_equal(text(segment(0), "came"), "colleague");
	assert_string_equal(text(segment(1), "came"), "placed");
	assert_string_equal(text(segment(1), "agent"), "1001");
}

static void an_own_call_that_fails_says_why(void **state)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, LINE);
	struct jf_leg *own;

	(void)state;
	over();
	own = world_agent_invite("1001", "4711", &offer);
	assert_int_equal(own->code, 404);
	assert_int_equal(own->refused_for, JF_SIP_WHY_NUMBER);
	own = world_agent_invite("1001", "1003", &offer);
	assert_int_equal(own->code, 486);
	assert_int_equal(own->refused_for, JF_SIP_WHY_BUSY);
	assert_int_equal(world_agent_invite("1001", "1001", &offer)->code, 486);
	assert_int_equal(jf_calls_count(world.calls), 0);
	assert_string_equal(world_agent_state("1001"), "ready");
	own = world_agent_invite("1001", "1002", &offer);
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(own->said, "end");
	assert_int_equal(own->code, 486);
	assert_int_equal(own->refused_for, JF_SIP_WHY_NONE); /* the colleague has refused it */
	assert_string_equal(world_agent_state("1001"), "ready");
	world_advance(11000);
	own = world_agent_invite("1001", "1002", &offer);
	world_leg_ended(own, JF_LEG_END_CANCELLED_BY_PEER, 487);
	assert_string_equal(world_leg_to("1002")->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "ready");
	world_advance(100);
	assert_int_equal(world.records, 3);
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		assert_false(world.endpoints[i].open);
}

static void an_agent_calls_a_queue(void **state)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, LINE);
	struct jf_leg *own;

	(void)state;
	over();
	own = world_agent_invite("1001", "100", &offer);
	assert_string_equal(world_call_state(), "calling");
	world_answers("1002", SECOND);
	assert_string_equal(own->said, "answer");
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(text(world.last_record, "queue"), "billing");
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void an_agent_hears_what_the_number_outside_says_early(void **state)
{
	struct jf_media_desc early = described(OUTSIDE, false);
	struct jf_leg *own = calls(NUMBER, LINE);

	(void)state;
	world_advance(1);
	world_leg(world_leg_to(NUMBER), JF_LEG_PROVISIONAL, 183, &early);
	assert_string_equal(own->said, "early");
	assert_true(world_hears(LINE, OUTSIDE));
	assert_false(world_hears(OUTSIDE, LINE));
	world_leg_ended(world_leg_to(NUMBER), JF_LEG_END_REJECTED_BY_PEER, 404);
	assert_string_equal(own->said, "end");
	assert_int_equal(own->code, 404);
	nobody_is_left();
}

/* ---- Who called passes on -----------------------------------------------------------------------
 */

static void a_call_outside_is_recorded_and_accounted(void **state)
{
	struct jf_leg *outside, *own = talks_outside(&outside);

	(void)state;
	assert_string_equal(outside->from_user, "+3726000000");
	assert_true(world_endpoint(LINE)->taped && world_endpoint(OUTSIDE)->taped);
	holds(own, LINE, true);
	assert_string_equal(world_call_state(), "held");
	assert_string_equal(world_agent_state("1001"), "hold");
	world_advance(3000);
	holds(own, LINE, false);
	assert_true(world_hears(OUTSIDE, LINE));
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(own->said, "end");
	nobody_is_left();
	assert_string_equal(text(world.last_record, "outcome"), "answered");
	assert_string_equal(text(world.last_record, "agent"), "1001");
	assert_string_equal(text(world.last_record, "placed_by"), "1001");
	assert_string_equal(text(json_object_get(world.last_record, "outside"), "number"), NUMBER);
	assert_string_equal(text(json_object_get(world.last_record, "end"), "reason"),
	                    "the number outside hung up");
	assert_string_equal(text(segment(0), "agent"), "1001");
	assert_string_equal(text(segment(0), "came"), "placed");
	assert_int_equal(number(segment(0), "hold_ms"), 3000);
	assert_int_equal(number(segment(0), "talk_ms"), 2000);
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 1);
}

static void who_was_called_outside_is_passed_on(void **state)
{
	struct jf_leg *outside, *own = talks_outside(&outside), *second;

	(void)state;
	world_leg_refer(own, "1002", 0);
	assert_int_equal(own->refer_code, 202);
	assert_string_equal(world_call_state(), "transferring");
	assert_string_equal(world_leg_to("1002")->from_user, NUMBER);
	second = world_answers("1002", SECOND);
	assert_int_equal(own->notified, 200);
	assert_string_equal(own->said, "end");
	assert_true(world_hears(OUTSIDE, SECOND) && world_hears(SECOND, OUTSIDE));
	assert_string_equal(world_agent_state("1001"), "ready");
	world_restart();
	assert_string_equal(world_call_state(), "talking");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "talking");
	world_leg_ended(second, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(outside->said, "end");
	nobody_is_left();
	assert_string_equal(text(world.last_record, "placed_by"), "1001");
	assert_string_equal(text(segment(0), "went"), "transferred");
	assert_string_equal(text(segment(1), "agent"), "1002");
	assert_string_equal(text(segment(1), "came"), "transfer");
}

static void a_consultation_in_a_call_outside_by_the_second_line(void **state)
{
	struct jf_media_desc offer = described(7100, false);
	struct jf_leg *outside, *own = talks_outside(&outside), *line;

	(void)state;
	holds(own, LINE, true);
	line = world_agent_invite("1001", "1002", &offer);
	assert_string_equal(world_call_state(), "consulting");
	world_answers("1002", SECOND);
	assert_true(world_hears(7100, SECOND) && world_hears(SECOND, 7100));
	world_leg_refer(own, "1002", line->id);
	assert_int_equal(own->notified, 200);
	assert_string_equal(own->said, "end");
	assert_string_equal(line->said, "end");
	assert_true(world_hears(OUTSIDE, SECOND) && world_hears(SECOND, OUTSIDE));
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	nobody_is_left();
	assert_int_equal(number(segment(0), "consult_ms"), 0);
}

static void a_conference_with_somebody_outside_called_by_the_agent(void **state)
{
	struct jf_call_order consult = {
	        .what = JF_CALL_ORDER_CONSULT, .target = "1002", .actor = "test"};
	struct jf_call_order join = {.what = JF_CALL_ORDER_JOIN, .actor = "test"};
	struct jf_leg *outside, *own = talks_outside(&outside);
	struct jf_call_id id = world_endpoint(LINE)->call;

	(void)state;
	assert_int_equal(jf_calls_order(world.calls, &id, &consult), 0);
	world_answers("1002", SECOND);
	assert_int_equal(jf_calls_order(world.calls, &id, &join), 0);
	assert_true(world_hears(OUTSIDE, LINE) && world_hears(OUTSIDE, SECOND));
	assert_true(world_hears(SECOND, LINE) && world_hears(SECOND, OUTSIDE));
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 200); /* the others stay together */
	assert_true(world_hears(OUTSIDE, SECOND) && world_hears(SECOND, OUTSIDE));
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 200);
	nobody_is_left();
}

static void either_of_two_agents_may_pass_the_other_on(void **state)
{
	struct jf_leg *colleague, *own = talks_with_colleague(&colleague);

	(void)state;
	world_register("1003");
	world_leg_refer(own, "1003", 0); /* who called goes */
	assert_int_equal(own->refer_code, 202);
	assert_string_equal(world_call_state(), "transferring");
	assert_true(hears_music(SECOND) || world_endpoint(SECOND)->sound[0]);
	world_answers("1003", FIRST);
	assert_string_equal(own->said, "end");
	assert_true(world_hears(SECOND, FIRST) && world_hears(FIRST, SECOND));
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_string_equal(world_agent_state("1003"), "talking");
	world_leg_refer(colleague, "1001", 0); /* who was called goes */
	assert_string_equal(world_call_state(), "transferring");
	world_answers("1001", LINE);
	assert_string_equal(colleague->said, "end");
	assert_true(world_hears(LINE, FIRST) && world_hears(FIRST, LINE));
	world_leg_ended(world_leg_to("1003"), JF_LEG_END_BYE_BY_PEER, 200);
	nobody_is_left();
	assert_string_equal(world_agent_state("1003"), "ready");
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 4);
}

static void whoever_holds_its_colleague_lets_it_hear_music(void **state)
{
	struct jf_leg *colleague, *own = talks_with_colleague(&colleague);

	(void)state;
	holds(own, LINE, true);
	assert_string_equal(world_agent_state("1001"), "hold");
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_true(world_endpoint(SECOND)->sound[0]);
	holds(own, LINE, false);
	assert_true(world_hears(SECOND, LINE));
	holds(colleague, SECOND, true);
	assert_string_equal(world_agent_state("1002"), "hold");
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_true(world_endpoint(LINE)->sound[0]);
	world_restart();
	assert_string_equal(world_call_state(), "held");
	holds(colleague, SECOND, false);
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(colleague->said, "end");
	nobody_is_left();
}

static void who_called_a_queue_may_pass_on_whoever_answered(void **state)
{
	struct jf_call_order transfer = {
	        .what = JF_CALL_ORDER_TRANSFER, .target = "1003", .agent = "1001", .actor = "test"};
	struct jf_leg *own = calls("100", LINE), *second;
	struct jf_call_id id;

	(void)state;
	second = world_answers("1002", SECOND);
	acknowledges(own);
	world_register("1003");
	id = world_endpoint(LINE)->call;
	transfer.agent = "1003";
	assert_int_equal(jf_calls_order(world.calls, &id, &transfer), -EPERM);
	transfer.agent = "1001";
	assert_int_equal(jf_calls_order(world.calls, &id, &transfer), 0);
	world_answers("1003", FIRST);
	assert_string_equal(own->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "talking");
	world_restart();
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_string_equal(world_agent_state("1003"), "talking");
	world_leg_ended(second, JF_LEG_END_BYE_BY_PEER, 200);
	nobody_is_left();
	assert_string_equal(text(world.last_record, "queue"), "billing");
}

static void who_fails_to_answer_leaves_the_two_together(void **state)
{
	struct jf_leg *outside, *own = talks_outside(&outside);

	(void)state;
	world_leg_refer(own, "1002", 0);
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_int_equal(own->notified, 486);
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(LINE, OUTSIDE) && world_hears(OUTSIDE, LINE));
	assert_string_equal(world_agent_state("1001"), "talking");
	world_leg_ended(own, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(outside->said, "end");
	nobody_is_left();
	assert_string_equal(text(json_object_get(world.last_record, "end"), "by"), "agent");
}

static void a_phone_that_makes_no_offer_gets_ours(void **state)
{
	struct jf_media_desc answer = described(LINE, false);
	struct jf_leg *own = world_agent_invite("1001", NUMBER, NULL), *outside, *line;

	(void)state;
	world_advance(1);
	assert_string_equal(world_call_state(), "calling");
	outside = world_answers(NUMBER, OUTSIDE);
	assert_string_equal(own->said, "answer");
	assert_true(own->local.codec_count > 0);
	world_leg(own, JF_LEG_CONFIRMED, 0, &answer);
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(LINE, OUTSIDE) && world_hears(OUTSIDE, LINE));
	/* its second line too */
	line = world_agent_invite("1001", "1002", NULL);
	world_advance(1);
	(void)world_answers("1002", SECOND);
	assert_string_equal(line->said, "answer");
	answer = described(LINE + 2, false);
	world_leg(line, JF_LEG_CONFIRMED, 0, &answer);
	assert_true(world_hears(LINE + 2, SECOND) && world_hears(SECOND, LINE + 2));
	world_leg_ended(outside, JF_LEG_END_BYE_BY_PEER, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
#define I(f) cmocka_unit_test_setup_teardown(f, idle, world_tear_down)
	static const struct CMUnitTest tests[] = {
	        T(an_agent_calls_a_colleague),
	        T(an_own_call_that_fails_says_why),
	        T(an_agent_calls_a_queue),
	        I(a_number_that_an_agent_calls_rings_on),
	        I(a_colleague_whom_an_agent_calls_is_called_anew),
	        I(a_number_that_an_agent_calls_and_that_refuses_is_told),
	        I(an_agent_hears_what_the_number_outside_says_early),
	        I(a_call_outside_is_recorded_and_accounted),
	        I(who_was_called_outside_is_passed_on),
	        I(a_consultation_in_a_call_outside_by_the_second_line),
	        I(a_conference_with_somebody_outside_called_by_the_agent),
	        I(either_of_two_agents_may_pass_the_other_on),
	        I(whoever_holds_its_colleague_lets_it_hear_music),
	        I(who_called_a_queue_may_pass_on_whoever_answered),
	        I(who_fails_to_answer_leaves_the_two_together),
	        I(a_phone_that_makes_no_offer_gets_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
