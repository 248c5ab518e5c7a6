// SPDX-License-Identifier: BSD-3-Clause
/* A caller handed on by commands: blind, after a consultation, and when control is killed. */
#include "transfer_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

/* 1001 consults 1002. */
static struct jf_leg *consulted(void)
{
	struct jf_leg *second;

	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "1002"), 0);
	assert_string_equal(world_call_state(), "consulting");
	assert_string_equal(world_agent_state("1001"), "consult");
	assert_true(hears_music(CALLER));
	assert_string_equal(world_endpoint(FIRST)->sound, "/ringback.wav");
	assert_string_equal(world_agent_state("1002"), "reserved");
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	assert_string_equal(world_agent_state("1002"), "ringing");
	second = world_answers("1002", SECOND);
	assert_string_equal(world_call_state(), "consult-talking");
	assert_true(world_hears(FIRST, SECOND) && world_hears(SECOND, FIRST));
	assert_true(hears_music(CALLER));
	assert_string_equal(world_agent_state("1002"), "consult");
	return second;
}

/* ---- Blind ------------------------------------------------------------------------------------
 */

static void a_blind_transfer_goes_to_who_answers(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	assert_string_equal(world_call_state(), "transferring");
	assert_string_equal(world_agent_state("1001"), "hold");
	assert_true(hears_music(CALLER));
	world_advance(3000);
	world_answers("1002", SECOND);
	assert_string_equal(first->said, "end");
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_true(world_endpoint(SECOND)->taped);
	assert_int_equal(world.recordings_open, 1); /* the same */
	world_advance(5000);
	over();
	assert_string_equal(text(world.last_record, "agent"), "1002");
	assert_string_equal(text(segment(0), "agent"), "1001");
	assert_string_equal(text(segment(0), "went"), "transferred");
	assert_int_equal(number(segment(0), "talk_ms"), 1000);
	assert_int_equal(number(segment(0), "hold_ms"), 3000);
	assert_string_equal(text(segment(1), "agent"), "1002");
	assert_string_equal(text(segment(1), "came"), "transfer");
	assert_string_equal(text(segment(1), "went"), "ended");
	assert_int_equal(number(segment(1), "talk_ms"), 5000);
	assert_int_equal(number(world.last_record, "talk_ms"), 9000);
	assert_int_equal(number(world.last_record, "hold_ms"), 3000);
	assert_non_null(strstr(world.events, "call.transferred"));
}

static void a_failed_transfer_comes_back_to_the_agent(void **state)
{
	static const struct {
		enum jf_leg_end end;
		uint16_t code;
		const char *state;
	} rows[] = {
	        {JF_LEG_END_REJECTED_BY_PEER, 486, "not-ready"},
	        {JF_LEG_END_REJECTED_BY_PEER, 603, "not-ready"},
	        {JF_LEG_END_TIMEOUT, 408, "unreachable"},
	};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
		world_leg_ended(world_leg_to("1002"), rows[i].end, rows[i].code);
		assert_string_equal(world_call_state(), "talking");
		assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
		assert_string_equal(world_agent_state("1001"), "talking");
		assert_string_equal(world_agent_state("1002"), rows[i].state);
		assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), -EBUSY);
		jf_calls_agent_change(world.calls, "1002", JF_AGENT_CHANGE_READY, NULL, "test");
	}
	/* No answer: RONA, as with any call. */
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	world_endpoint(CALLER)->last_ns = world_endpoint(FIRST)->last_ns =
	        world.now_ns + 60 * JF_NS_PER_S;
	world_leg(world_leg_to("1002"), JF_LEG_PROVISIONAL, 180, NULL);
	world_advance(15000);
	assert_string_equal(world_leg_to("1002")->said, "end");
	assert_string_equal(world_agent_state("1002"), "not-ready");
	assert_string_equal(world_call_state(), "talking");
	over();
	assert_int_equal(json_array_size(json_object_get(world.last_record, "attempts")), 5);
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 1);
}

static void whose_agent_has_gone_waits_at_the_head(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	world_leg_ended(first, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(world_call_state(), "forwarding");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(caller->said, "answer"); /* nobody hung up on it */
	assert_true(hears_music(CALLER));
	/* Another caller is served meanwhile, by 1001; then 1002 refuses. */
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 603);
	assert_string_equal(world_call_state(), "ringing");
	first = world_answers("1001", FIRST);
	assert_true(world_hears(CALLER, FIRST));
	over();
	assert_string_equal(text(segment(0), "went"), "transferred");
	assert_string_equal(text(segment(1), "came"), "queue");
}

static void a_target_that_answers_after_the_agent_went_has_the_caller(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	assert_int_equal(world_order(JF_CALL_ORDER_LEAVE, NULL), 0);
	assert_string_equal(first->said, "end");
	assert_string_equal(world_call_state(), "forwarding");
	world_answers("1002", SECOND);
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	assert_string_equal(world_agent_state("1002"), "talking");
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(text(json_object_get(world.last_record, "end"), "by"), "agent");
	assert_string_equal(world_agent_state("1002"), "ready");
}

static void an_agent_may_take_the_caller_back(void **state)
{
	struct jf_leg *second;

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	second = world_leg_to("1002");
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), -EPROTO); /* one at a time */
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "1002"), -EPROTO);
	assert_int_equal(world_order(JF_CALL_ORDER_BACK, NULL), 0);
	assert_string_equal(second->said, "end");
	assert_string_equal(world_call_state(), "talking");
	assert_string_equal(world_agent_state("1002"), "ready");
	/* Its answer crossed our CANCEL: it gets a BYE, and nobody hears of it. */
	world_leg_ended(second, JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_agent_state("1002"), "ready");
	over();
	assert_string_equal(
	        text(json_array_get(json_object_get(world.last_record, "attempts"), 0), "outcome"),
	        "withdrawn");
}

static void a_queue_takes_the_caller_at_once_with_its_age(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "nobody"), -ENOENT);
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "queue:1002"), -ENOENT);
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "sales"), 0);
	assert_string_equal(first->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_endpoint(CALLER)->sound, "/ringback.wav");
	world_endpoint(CALLER)->last_ns = world.now_ns + 100 * JF_NS_PER_S;
	/* Sales lets nobody wait for longer than 60 s; the 3 s before don't count. */
	world_advance(59500);
	assert_string_equal(world_call_state(), "queued");
	world_advance(1500);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(text(world.last_record, "queue"), "sales");
	assert_string_equal(text(segment(0), "went"), "transferred");
	assert_string_equal(text(world.last_record, "outcome"), "answered");
}

/* ---- Consulting --------------------------------------------------------------------------------
 */

static void a_consultation_ends_in_a_transfer(void **state)
{
	struct jf_leg *second = consulted();

	(void)state;
	world_advance(4000);
	assert_int_equal(world_order(JF_CALL_ORDER_SWAP, NULL), 0);
	assert_string_equal(world_call_state(), "consult-aside");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER) &&
	            hears_music(SECOND));
	assert_string_equal(world_agent_state("1001"), "talking");
	world_advance(2000);
	assert_int_equal(world_order(JF_CALL_ORDER_SWAP, NULL), 0);
	assert_true(world_hears(FIRST, SECOND) && hears_music(CALLER));
	world_advance(1000);
	assert_int_equal(world_order(JF_CALL_ORDER_LEAVE, NULL), 0);
	assert_string_equal(first->said, "end");
	assert_string_equal(second->said, "invite"); /* untouched */
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	world_advance(6000);
	over();
	assert_int_equal(number(segment(0), "talk_ms"), 3000);
	assert_int_equal(number(segment(0), "consult_ms"), 5000);
	assert_int_equal(number(segment(1), "talk_ms"), 6000);
	assert_int_equal(number(segment(1), "consult_ms"), 0); /* it's the consulting agent's */
	assert_int_equal(number(world.last_record, "hold_ms"), 5000);
}

static void all_three_speak_then_the_agent_leaves(void **state)
{
	(void)state;
	consulted();
	assert_int_equal(world_order(JF_CALL_ORDER_JOIN, NULL), 0);
	assert_string_equal(world_call_state(), "conference");
	assert_true(world_hears(CALLER, FIRST) && world_hears(CALLER, SECOND));
	assert_true(world_hears(FIRST, CALLER) && world_hears(FIRST, SECOND));
	assert_true(world_hears(SECOND, CALLER) && world_hears(SECOND, FIRST));
	assert_int_equal(world_endpoint(CALLER)->mix.count, 2);
	assert_string_equal(world_agent_state("1001"), "conference");
	assert_string_equal(world_agent_state("1002"), "conference");
	assert_int_equal(world_order(JF_CALL_ORDER_SWAP, NULL), -EPROTO);
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "sales"), -EPROTO);
	world_advance(7000);
	world_leg_ended(first, JF_LEG_END_BYE_BY_PEER, 200); /* its phone hangs up: the same */
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	assert_int_equal(world_endpoint(CALLER)->mix.count, 0);
	assert_string_equal(world_agent_state("1001"), "ready");
	world_advance(1000);
	over();
	assert_int_equal(number(segment(0), "conference_ms"), 7000);
	assert_string_equal(text(segment(1), "came"), "conference");
	assert_int_equal(number(segment(1), "conference_ms"), 7000);
	assert_int_equal(number(segment(1), "talk_ms"), 1000);
	assert_string_equal(
	        text(json_array_get(json_object_get(json_object_get(world.last_record, "recording"),
	                                            "right"),
	                            1),
	             "agent"),
	        "1002");
}

static void who_was_consulted_may_leave_again(void **state)
{
	struct jf_leg *second = consulted();

	(void)state;
	world_leg_ended(second, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
	assert_string_equal(world_agent_state("1002"), "ready");
	second = consulted();
	assert_int_equal(world_order(JF_CALL_ORDER_JOIN, NULL), 0);
	assert_int_equal(world_order(JF_CALL_ORDER_BACK, NULL), 0);
	assert_string_equal(second->said, "end");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
	over();
	assert_int_equal(json_array_size(json_object_get(world.last_record, "segments")), 2);
	assert_string_equal(text(segment(0), "agent"), "1002");
	assert_string_equal(text(segment(0), "went"), "left");
}

static void a_caller_who_hangs_up_ends_the_consultation(void **state)
{
	struct jf_leg *second = consulted();

	(void)state;
	over();
	assert_string_equal(first->said, "end");
	assert_string_equal(second->said, "end");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "ready");
}

/* Its phone is pinged, and doesn't answer. */
static void vanish(struct jf_leg *leg, uint16_t port)
{
	for (unsigned int i = 0; i < 40 && !leg->pinged; i++) {
		for (unsigned int e = 0; e < WORLD_ENDPOINTS; e++)
			if (world.endpoints[e].remote.rtp.port != port)
				world.endpoints[e].last_ns = world.now_ns;
		world_advance(100);
	}
	assert_true(leg->pinged);
	world_leg(leg, JF_LEG_PING, 408, NULL);
}

static void an_agent_lost_while_it_consults_leaves_the_caller_to_the_colleague(void **state)
{
	(void)state;
	consulted();
	vanish(first, FIRST);
	assert_string_equal(world_agent_state("1001"), "unreachable");
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	over();
	assert_string_equal(text(segment(0), "went"), "vanished");
}

static void an_agent_lost_before_the_answer_loses_no_caller(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "1002"), 0);
	vanish(first, FIRST);
	assert_string_equal(world_call_state(), "forwarding");
	assert_string_equal(world_agent_state("1001"), "unreachable");
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(world_call_state(), "queued");
	world_advance(10500); /* 1002's phone is free again */
	world_answers("1002", SECOND);
	assert_true(world_hears(CALLER, SECOND));
	over();
}

static void a_lost_colleague_is_unreachable_and_the_caller_stays(void **state)
{
	struct jf_leg *second = consulted();

	(void)state;
	vanish(second, SECOND);
	assert_string_equal(world_agent_state("1002"), "unreachable");
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
	over();
}

static void a_queue_can_be_consulted(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "billing"), 0);
	assert_string_equal(world_agent_state("1002"), "reserved");
	/* The first one refuses; nobody else is there: the agent waits. */
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 603);
	assert_string_equal(world_call_state(), "consulting");
	world_register("1003");
	world_answers("1003", SECOND);
	assert_string_equal(world_call_state(), "consult-talking");
	assert_true(world_hears(FIRST, SECOND));
	assert_int_equal(world_order(JF_CALL_ORDER_LEAVE, NULL), 0);
	assert_string_equal(world_agent_state("1003"), "talking");
	assert_string_equal(world_agent_state("1001"), "ready");
	over();
	assert_string_equal(world_agent_state("1003"), "ready");
}

static void who_asks_a_queue_and_goes_leaves_the_caller_there(void **state)
{
	(void)state;
	jf_calls_agent_change(world.calls, "1002", JF_AGENT_CHANGE_NOT_READY, "lunch", "test");
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "billing"), 0);
	assert_string_equal(world_call_state(), "consulting");
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "sales"), -EPROTO);
	world_leg_ended(first, JF_LEG_END_BYE_BY_PEER, 200);
	/* Of that queue 1001 is the only one at work: it is called again. */
	assert_string_equal(world_call_state(), "ringing");
	world_answers("1001", FIRST);
	over();
}

static void hold_by_phone_goes_on_in_a_conference(void **state)
{
	struct jf_media_desc held = world_desc(JF_LAW_PCMA, FIRST), back = held;

	(void)state;
	consulted();
	assert_int_equal(world_order(JF_CALL_ORDER_JOIN, NULL), 0);
	held.direction = JF_SDP_SENDONLY;
	held.hold = 1;
	world_leg(first, JF_LEG_REOFFER, 0, &held);
	assert_string_equal(world_call_state(), "conference");
	assert_true(world_hears(CALLER, SECOND) && !world_hears(CALLER, FIRST) &&
	            world_hears(SECOND, CALLER));
	world_leg(first, JF_LEG_REOFFER, 0, &back);
	assert_true(world_hears(CALLER, SECOND) && world_hears(CALLER, FIRST));
	/* Held when the colleague goes: the caller hears music. */
	world_leg(first, JF_LEG_REOFFER, 0, &held);
	assert_int_equal(world_order(JF_CALL_ORDER_BACK, NULL), 0);
	assert_string_equal(world_call_state(), "held");
	assert_true(hears_music(CALLER));
	over();
}

/* ---- Killed --------------------------------------------------------------------------------- */

static void a_conference_survives_a_restart(void **state)
{
	struct jf_leg *second = consulted();

	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_JOIN, NULL), 0);
	world_advance(1000);
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		world.endpoints[i].mix.count = 0; /* a new dataplane would not know */
	world_restart();
	assert_string_equal(world_call_state(), "conference");
	assert_string_equal(world_agent_state("1001"), "conference");
	assert_string_equal(world_agent_state("1002"), "conference");
	assert_int_equal(world_endpoint(CALLER)->mix.count, 2);
	world_advance(1000);
	assert_int_equal(world_order(JF_CALL_ORDER_LEAVE, NULL), 0);
	assert_true(world_hears(CALLER, SECOND) && world_hears(SECOND, CALLER));
	world_leg_ended(second, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_int_equal(number(segment(0), "conference_ms"), 2000);
	assert_int_equal(number(segment(1), "conference_ms"), 2000);
	assert_string_equal(world_agent_state("1002"), "ready");
}

static void whom_the_agent_called_is_forgotten_at_a_restart(void **state)
{
	(void)state;
	assert_int_equal(world_order(JF_CALL_ORDER_CONSULT, "1002"), 0);
	world_restart();
	assert_string_equal(world_call_state(), "talking");
	assert_true(world_hears(CALLER, FIRST) && world_hears(FIRST, CALLER));
	assert_string_equal(world_agent_state("1002"), "ready");
	assert_int_equal(world_order(JF_CALL_ORDER_TRANSFER, "1002"), 0);
	assert_int_equal(world_order(JF_CALL_ORDER_LEAVE, NULL), 0);
	world_restart();
	/* Nobody's: at the head of the queue, and somebody takes it. */
	assert_string_equal(world_call_state(), "ringing");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_int_equal(world.records, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
	static const struct CMUnitTest tests[] = {
	        T(a_blind_transfer_goes_to_who_answers),
	        T(a_failed_transfer_comes_back_to_the_agent),
	        T(whose_agent_has_gone_waits_at_the_head),
	        T(a_target_that_answers_after_the_agent_went_has_the_caller),
	        T(an_agent_may_take_the_caller_back),
	        T(a_queue_takes_the_caller_at_once_with_its_age),
	        T(a_consultation_ends_in_a_transfer),
	        T(all_three_speak_then_the_agent_leaves),
	        T(who_was_consulted_may_leave_again),
	        T(a_caller_who_hangs_up_ends_the_consultation),
	        T(an_agent_lost_while_it_consults_leaves_the_caller_to_the_colleague),
	        T(an_agent_lost_before_the_answer_loses_no_caller),
	        T(a_lost_colleague_is_unreachable_and_the_caller_stays),
	        T(a_queue_can_be_consulted),
	        T(who_asks_a_queue_and_goes_leaves_the_caller_there),
	        T(hold_by_phone_goes_on_in_a_conference),
	        T(a_conference_survives_a_restart),
	        T(whom_the_agent_called_is_forgotten_at_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
