// SPDX-License-Identifier: BSD-3-Clause
/* What agents do by phone: REFER, and a second line. */
#include "transfer_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

/* ---- By phone ----------------------------------------------------------------------------------
 */

static void a_phone_refers_the_caller(void **state)
{
	(void)state;
	world_leg_refer(first, "9999", 0);
	assert_int_equal(first->refer_code, 202);
	assert_int_equal(first->notified, 404);
	assert_string_equal(world_call_state(), "talking");
	world_leg_refer(caller, "1002", 0); /* callers hand nobody on */
	assert_int_equal(caller->refer_code, 603);
	world_leg_refer(first, "1002", 0);
	assert_string_equal(world_call_state(), "transferring");
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	assert_int_equal(first->notified, 180);
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_int_equal(first->notified, 486);
	assert_string_equal(world_call_state(), "talking");
	world_register("1003");
	world_leg_refer(first, "1003", 0);
	world_answers("1003", SECOND);
	assert_int_equal(first->notified, 200);
	assert_string_equal(first->said, "end");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	over();
}

static void a_phone_is_told_that_a_restart_ended_its_transfer(void **state)
{
	(void)state;
	world_leg_refer(first, "1002", 0);
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	world_restart();
	assert_int_equal(first->notified, 503);
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
	world_leg_refer(first, "1002", 0);
	world_answers("1002", SECOND);
	assert_int_equal(first->notified, 200);
	over();
}

static void a_phone_refers_the_caller_to_a_queue(void **state)
{
	(void)state;
	world_leg_refer(first, "200", 0); /* a number of ours */
	assert_int_equal(first->notified, 200);
	assert_string_equal(first->said, "end");
	assert_string_equal(world_call_state(), "queued");
	over();
	assert_string_equal(text(world.last_record, "queue"), "sales");
}

#define LINE 7000

/* 1001 holds the caller and calls 1002 on its second line. */
static struct jf_leg *second_line(struct jf_leg **ret_second)
{
	struct jf_media_desc held = world_desc(JF_LAW_PCMA, FIRST);
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, LINE);
	struct jf_leg *line;

	held.direction = JF_SDP_SENDONLY;
	held.hold = 1;
	world_leg(first, JF_LEG_REOFFER, 0, &held);
	assert_string_equal(world_call_state(), "held");
	line = world_agent_invite("1001", "1002", &offer);
	assert_string_equal(world_call_state(), "consulting");
	assert_true(hears_music(CALLER));
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	assert_string_equal(line->said, "ring");
	*ret_second = world_answers("1002", SECOND);
	assert_string_equal(line->said, "answer");
	assert_true(world_hears(LINE, SECOND) && world_hears(SECOND, LINE) && hears_music(CALLER));
	assert_string_equal(world_agent_state("1001"), "consult");
	return line;
}

static void an_attended_transfer_by_phone(void **state)
{
	struct jf_media_desc held = world_desc(JF_LAW_PCMA, LINE), talks = held;
	struct jf_leg *second, *line = second_line(&second);

	(void)state;
	/* It speaks with the caller again, and holds its colleague; then the other way. */
	held.hold = 1;
	held.direction = JF_SDP_SENDONLY;
	world_leg(line, JF_LEG_REOFFER, 0, &held);
	assert_true(hears_music(SECOND));
	talks = world_desc(JF_LAW_PCMA, FIRST);
	world_leg(first, JF_LEG_REOFFER, 0, &talks);
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER) &&
	            hears_music(SECOND));
	assert_string_equal(world_call_state(), "consult-aside");
	assert_string_equal(world_agent_state("1001"), "talking");
	world_leg_refer(first, "1002", 12345); /* no line of its own */
	assert_int_equal(first->refer_code, 603);
	world_leg_refer(first, "1002", line->id);
	assert_int_equal(first->refer_code, 202);
	assert_int_equal(first->notified, 200);
	assert_string_equal(first->said, "end");
	assert_string_equal(line->said, "end");
	assert_string_equal(second->said, "invite");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	assert_string_equal(world_agent_state("1001"), "ready");
	over();
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 2);
}

static void the_second_line_hung_up_gives_the_caller_back(void **state)
{
	struct jf_leg *second, *line = second_line(&second);

	(void)state;
	world_leg_ended(line, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(second->said, "end");
	assert_string_equal(world_call_state(), "held"); /* as its phone left it */
	assert_true(hears_music(CALLER));
	assert_string_equal(world_agent_state("1002"), "ready");
	line = second_line(&second);
	world_leg_ended(second, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(line->said, "end");
	assert_string_equal(world_call_state(), "held");
	over();
}

static void a_second_line_is_refused_with_what_the_target_said(void **state)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, LINE);
	struct jf_leg *line = world_agent_invite("1001", "1002", &offer);

	(void)state;
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(line->said, "reject");
	assert_int_equal(line->code, 486);
	assert_string_equal(world_call_state(), "talking");
	line = world_agent_invite("1001", "1002", &offer); /* not ready now */
	assert_int_equal(line->code, 486);
	line = world_agent_invite("1001", "4711", &offer);
	assert_int_equal(line->code, 404);
	over();
}

static void both_lines_survive_a_restart(void **state)
{
	struct jf_leg *second, *line = second_line(&second);

	(void)state;
	world_restart();
	assert_string_equal(world_call_state(), "consult-talking");
	assert_true(world_hears(LINE, SECOND) && world_hears(SECOND, LINE) && hears_music(CALLER));
	world_leg_refer(first, "1002", line->id);
	assert_string_equal(line->said, "end");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	over();
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
	static const struct CMUnitTest tests[] = {
	        T(a_phone_refers_the_caller),
	        T(a_phone_is_told_that_a_restart_ended_its_transfer),
	        T(a_phone_refers_the_caller_to_a_queue),
	        T(an_attended_transfer_by_phone),
	        T(the_second_line_hung_up_gives_the_caller_back),
	        T(a_second_line_is_refused_with_what_the_target_said),
	        T(both_lines_survive_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
