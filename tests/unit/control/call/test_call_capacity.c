// SPDX-License-Identifier: BSD-3-Clause
/* Several calls of one agent at once: what its phone and its callers see of it. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char two_at_once[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues: [{name: billing, tenant: acme, music: /moh.wav, wrap_up_s: 10}]\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing], capacity: 2}\n"
        "  - {id: \"1002\", tenant: acme, password: x}\n"
        "numbers: [{number: \"100\", tenant: acme, queue: billing}]\n";

static int set_up(void **state)
{
	(void)state;
	world_begin();
	world_apply(two_at_once);
	world_register("1001");
	return 0;
}

/* A caller at that port, to number 100. */
static struct jf_leg *caller_at(uint16_t port)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, port);

	return world_caller_with(&offer);
}

/* By the phone. */
static void hold(struct jf_leg *leg, uint16_t port, bool held)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, port);

	desc.direction = held ? JF_SDP_SENDONLY : JF_SDP_SENDRECV;
	desc.hold = held;
	world_leg(leg, JF_LEG_REOFFER, 0, &desc);
	assert_string_equal(leg->said, "accept");
}

static void assert_joined(uint16_t a, uint16_t b)
{
	assert_int_equal(world_endpoint(a)->hears.index, world_endpoint(b)->ref.index);
	assert_int_equal(world_endpoint(b)->hears.index, world_endpoint(a)->ref.index);
	assert_true(world_endpoint(a)->hears.generation && world_endpoint(b)->hears.generation);
}

static json_t *agent_shown(void)
{
	json_t *all = jf_view_agents(world.calls, NULL, &(uint32_t){0}, UINT32_MAX),
	       *one = json_incref(json_array_get(all, 0));

	json_decref(all);
	return one;
}

/* Two callers with the agent: the first held, the second spoken with. */
static void two_calls(struct jf_leg *ret_callers[2], struct jf_leg *ret_legs[2])
{
	ret_callers[0] = caller_at(4000);
	ret_legs[0] = world_answers("1001", 5000);
	world_advance(2000);
	ret_callers[1] = caller_at(4100);
	hold(ret_legs[0], 5000, true);
	ret_legs[1] = world_answers("1001", 5100);
	assert_ptr_not_equal(ret_legs[0], ret_legs[1]);
}

static void a_second_call_rings_while_the_first_is_up(void **state)
{
	struct jf_leg *callers[2], *legs[2];
	json_t *shown;

	(void)state;
	callers[0] = caller_at(4000);
	legs[0] = world_answers("1001", 5000);
	assert_joined(4000, 5000);
	callers[1] = caller_at(4100);
	legs[1] = world_leg_to("1001");
	assert_string_equal(legs[1]->said, "invite");
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4000, 5000); /* nothing is touched before the agent does something */
	hold(legs[0], 5000, true);
	assert_string_equal(world_agent_state("1001"), "hold");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	world_answers("1001", 5100);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4100, 5100);
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	shown = agent_shown();
	assert_int_equal(json_integer_value(json_object_get(shown, "capacity")), 2);
	assert_int_equal(json_array_size(json_object_get(shown, "calls")), 2);
	json_decref(shown);
	/* Two are as many as it gets. */
	caller_at(4200);
	assert_ptr_equal(world_leg_to("1001"), legs[1]);
	assert_string_equal(world_endpoint(4200)->sound, "/moh.wav");
	world_leg_ended(callers[1], JF_LEG_END_BYE_BY_PEER, 200);
	assert_ptr_not_equal(world_leg_to("1001"), legs[1]);
	(void)callers;
}

static void each_call_ends_by_itself(void **state)
{
	struct jf_leg *callers[2], *legs[2];

	(void)state;
	two_calls(callers, legs);
	world_advance(3000);
	world_leg_ended(legs[1], JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(callers[1]->said, "end");
	assert_string_equal(callers[0]->said, "answer");
	assert_string_equal(world_agent_state("1001"), "hold");
	hold(legs[0], 5000, false);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4000, 5000);
	world_advance(100);
	assert_int_equal(world.records, 1);
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "talk_ms")), 3000);
	/* Its work is wrapped up once, after the last. */
	world_leg_ended(callers[0], JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(legs[0]->said, "end");
	assert_string_equal(world_agent_state("1001"), "wrap-up");
	world_advance(100);
	assert_int_equal(world.records, 2);
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "hold_ms")), 3000);
	world_advance(10000);
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void swapping_is_the_phones_business(void **state)
{
	struct jf_leg *callers[2], *legs[2];

	(void)state;
	two_calls(callers, legs);
	hold(legs[1], 5100, true);
	assert_string_equal(world_agent_state("1001"), "hold");
	hold(legs[0], 5000, false);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4000, 5000);
	assert_string_equal(world_endpoint(4100)->sound, "/moh.wav");
	/* What happens in the call that is held does not make it held. */
	world_leg_digit(callers[1], '5');
	world_advance(1000);
	assert_string_equal(world_agent_state("1001"), "talking");
}

/* A phone without call waiting: nobody is to blame, and the caller gets the agent afterwards. */
static void a_phone_that_takes_one_call_refuses_the_other(void **state)
{
	struct jf_leg *first, *caller;

	(void)state;
	first = caller_at(4000);
	world_answers("1001", 5000);
	caller = caller_at(4100);
	world_leg_ended(world_leg_to("1001"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(world_agent_state("1001"), "talking");
	world_advance(15000);
	assert_string_equal(caller->said, "answer");
	assert_string_equal(world_endpoint(4100)->sound, "/moh.wav");
	world_leg_ended(first, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(10100); /* wrap-up */
	world_answers("1001", 5100);
	assert_joined(4100, 5100);
}

static void a_second_call_not_answered_goes_back_without_blame(void **state)
{
	struct jf_leg *second;

	(void)state;
	caller_at(4000);
	world_answers("1001", 5000);
	caller_at(4100);
	second = world_leg_to("1001");
	world_advance(15000);
	assert_string_equal(second->said, "end");
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4000, 5000);
	world_leg_ended(second, JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_agent_state("1001"), "talking");
}

/* Its phone holds what it speaks in, and calls a colleague: about that caller. */
static void who_calls_a_colleague_consults_about_the_call_held_last(void **state)
{
	struct jf_media_desc offer = world_desc(JF_LAW_PCMA, 5200);
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 6000);
	struct jf_leg *callers[2], *legs[2], *line;

	(void)state;
	world_register("1002");
	two_calls(callers, legs);
	world_advance(1000);
	hold(legs[1], 5100, true);
	line = world_agent_invite("1001", "1002", &offer);
	assert_string_not_equal(line->said, "reject");
	assert_string_equal(world_agent_state("1001"), "consult");
	world_leg(world_leg_to("1002"), JF_LEG_ANSWERED, 200, &desc);
	assert_string_equal(line->said, "answer");
	assert_joined(5200, 6000);
	/* The consulted one's caller is the second: it goes on with whoever stays. */
	world_leg_ended(legs[1], JF_LEG_END_BYE_BY_PEER, 200);
	assert_joined(4100, 6000);
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	assert_string_equal(world_agent_state("1001"), "hold");
}

static void a_phone_that_is_lost_loses_both_callers_to_the_queue(void **state)
{
	struct jf_leg *callers[2], *legs[2];

	(void)state;
	two_calls(callers, legs);
	world_leg_ended(legs[1], JF_LEG_END_GONE, 408);
	assert_string_equal(world_endpoint(4100)->sound, "/moh.wav");
	assert_string_equal(world_agent_state("1001"), "hold");
	world_leg_ended(legs[0], JF_LEG_END_GONE, 408);
	assert_string_equal(world_agent_state("1001"), "unreachable");
	assert_string_equal(callers[0]->said, "answer");
	assert_string_equal(callers[1]->said, "answer");
}

static void both_calls_live_on_after_a_kill(void **state)
{
	struct jf_leg *callers[2], *legs[2];

	(void)state;
	two_calls(callers, legs);
	world_advance(1000);
	world_restart();
	assert_int_equal(jf_calls_count(world.calls), 2);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_joined(4100, 5100);
	world_leg_ended(legs[1], JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(callers[1]->said, "end");
	assert_string_equal(world_agent_state("1001"), "hold");
	hold(legs[0], 5000, false);
	assert_joined(4000, 5000);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, world_tear_down)
	static const struct CMUnitTest tests[] = {
	        T(a_second_call_rings_while_the_first_is_up),
	        T(each_call_ends_by_itself),
	        T(swapping_is_the_phones_business),
	        T(a_phone_that_takes_one_call_refuses_the_other),
	        T(a_second_call_not_answered_goes_back_without_blame),
	        T(who_calls_a_colleague_consults_about_the_call_held_last),
	        T(a_phone_that_is_lost_loses_both_callers_to_the_queue),
	        T(both_calls_live_on_after_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
