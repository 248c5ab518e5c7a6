// SPDX-License-Identifier: BSD-3-Clause
/* Several agents asked for one caller: simultaneous ring, as its parties see it. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

static const char together[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues:\n"
        "  - {name: billing, tenant: acme, music: /moh.wav, agents_by: simultaneous ring,\n"
        "     ring_at_once: 3, screen_pop: \"https://crm/{agent}\"}\n"
        "  - {name: sales, tenant: acme}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1003\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1004\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1005\", tenant: acme, password: x, queues: [sales]}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"200\", tenant: acme, queue: sales}\n";

static const char *const agents[] = {"1001", "1002", "1003"};

/* Three agents ring for a caller; 1001 is the one who is idle for longest. */
static struct jf_leg *three_ring(struct jf_leg *ret_legs[3])
{
	struct jf_leg *caller;

	for (unsigned i = 0; i < 3; i++) {
		world_register(agents[i]);
		world_advance(1000);
	}
	caller = world_caller("100");
	for (unsigned i = 0; i < 3; i++) {
		ret_legs[i] = world_leg_to(agents[i]);
		assert_non_null(ret_legs[i]);
		assert_string_equal(ret_legs[i]->said, "invite");
		world_leg(ret_legs[i], JF_LEG_PROVISIONAL, 180, NULL);
		assert_string_equal(world_agent_state(agents[i]), "ringing");
	}
	return caller;
}

static void answers(struct jf_leg *leg, uint16_t port)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, port);

	world_leg(leg, JF_LEG_ANSWERED, 200, &desc);
}

static void assert_cancelled(const struct jf_leg *leg, bool elsewhere)
{
	assert_string_equal(leg->said, "end");
	assert_int_equal(leg->code, elsewhere ? 200 : 0);
	assert_string_equal(leg->why, elsewhere ? "Call completed elsewhere" : "");
}

/* "1001 withdrawn, 1002 answered": who was rung, and what became of it. */
static const char *attempts(void)
{
	static char text[200];
	json_t *attempt;
	size_t i, n = 0;

	text[0] = '\0';
	json_array_foreach(json_object_get(world.last_record, "attempts"), i, attempt)
	{
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s", i ? ", " : "",
		                      json_string_value(json_object_get(attempt, "agent")),
		                      json_string_value(json_object_get(attempt, "outcome")));
	}
	return text;
}

static unsigned open_endpoints(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < WORLD_ENDPOINTS; i++)
		n += world.endpoints[i].open;
	return n;
}

static void all_ring_and_the_first_answer_has_the_call(void **state)
{
	struct jf_leg *caller, *legs[3];

	(void)state;
	world_register("1004");
	world_advance(1000);
	assert_int_equal(
	        jf_calls_agent_change(world.calls, "1004", JF_AGENT_CHANGE_NOT_READY, "", "test"),
	        0);
	caller = three_ring(legs);
	assert_string_equal(world_call_state(), "ringing");
	/* Each of them sees who calls. */
	for (unsigned i = 0; i < 3; i++) {
		char url[40];

		snprintf(url, sizeof(url), "https://crm/%s", agents[i]);
		assert_non_null(strstr(world.events, url));
	}
	world_advance(4000);
	answers(legs[1], 5000);
	assert_string_equal(world_call_state(), "talking");
	assert_cancelled(legs[0], true);
	assert_cancelled(legs[2], true);
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_string_equal(world_agent_state("1003"), "ready");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	assert_int_equal(world_endpoint(5000)->hears.index, world_endpoint(4000)->ref.index);
	assert_true(world_endpoint(4000)->taped && world_endpoint(5000)->taped);
	assert_int_equal(open_endpoints(), 2);
	world_leg_ended(legs[0], JF_LEG_END_CANCELLED_BY_US, 487);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(legs[1]->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("agent", NULL), "1002");
	assert_string_equal(attempts(), "1001 withdrawn, 1003 withdrawn, 1002 answered");
	assert_int_equal(json_integer_value(json_object_get(world.last_record, "ring_ms")), 4000);
	assert_int_equal(open_endpoints(), 0);
}

/* One decision, with everybody who rings; the queue counts one caller. */
static void the_decision_names_all_of_them(void **state)
{
	struct jf_leg *legs[3];
	json_t *decisions, *queues, *also;

	(void)state;
	world_register("1004"); /* idle for longest: it rings, and 1003 does not */
	world_advance(1000);
	for (unsigned i = 0; i < 3; i++) {
		world_register(agents[i]);
		world_advance(1000);
	}
	legs[0] = world_caller("100");
	legs[1] = world_leg_to("1004");
	assert_null(world_leg_to("1003"));
	answers(legs[1], 5000);
	world_leg_ended(legs[0], JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	decisions = json_object_get(world.last_record, "decisions");
	assert_int_equal(json_array_size(decisions), 1);
	decisions = json_array_get(decisions, 0);
	assert_string_equal(json_string_value(json_object_get(decisions, "rule")),
	                    "simultaneous ring");
	assert_string_equal(json_string_value(json_object_get(decisions, "agent")), "1004");
	also = json_object_get(decisions, "also");
	assert_int_equal(json_array_size(also), 2);
	assert_string_equal(json_string_value(json_array_get(also, 0)), "1001");
	assert_string_equal(json_string_value(json_array_get(also, 1)), "1002");
	assert_non_null(strstr(json_string_value(json_object_get(decisions, "text")),
	                       "; also 1001; also 1002"));
	queues = jf_view_queues(world.calls);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(queues, 0), "offered")),
	                 1);
	json_decref(queues);
}

static void nobody_answers_and_all_are_told(void **state)
{
	struct jf_leg *caller, *legs[3];

	(void)state;
	caller = three_ring(legs);
	world_advance(15000);
	for (unsigned i = 0; i < 3; i++) {
		assert_cancelled(legs[i], false);
		assert_string_equal(world_agent_state(agents[i]), "not-ready");
	}
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	/* Whose 200 crossed our CANCEL did answer, whichever of them it was. */
	world_leg_ended(legs[2], JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_call_state(), "ringing");
	answers(world_leg_to("1003"), 5000);
	assert_string_equal(world_agent_state("1003"), "talking");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(attempts(), "1002 rona, 1003 rona, 1001 rona, 1003 answered");
}

static void who_rejects_is_left_out_and_the_others_ring_on(void **state)
{
	struct jf_leg *caller, *legs[3];

	(void)state;
	caller = three_ring(legs);
	world_leg_ended(legs[0], JF_LEG_END_REJECTED_BY_PEER, 603); /* who stands for them all */
	world_leg_ended(legs[2], JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(world_call_state(), "ringing");
	assert_string_equal(world_agent_state("1001"), "not-ready");
	assert_string_equal(world_agent_state("1002"), "ringing");
	assert_int_equal(open_endpoints(), 2);
	world_advance(14000);
	answers(legs[1], 5000);
	assert_string_equal(world_agent_state("1002"), "talking");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(attempts(), "1001 rejected, 1003 busy, 1002 answered");
}

static void when_all_refuse_the_caller_waits_with_its_age(void **state)
{
	struct jf_leg *legs[3];

	(void)state;
	three_ring(legs);
	for (unsigned i = 0; i < 3; i++)
		world_leg_ended(legs[i], JF_LEG_END_REJECTED_BY_PEER, 603);
	assert_string_equal(world_call_state(), "queued");
	world_advance(2000);
	world_register("1004");
	assert_string_equal(world_call_state(), "ringing");
	answers(world_leg_to("1004"), 5000);
	assert_string_equal(world_call_state(), "talking");
}

/* Its 200 was on its way: its leg deals with that, and nobody else hears of it. */
static void a_second_answer_comes_too_late(void **state)
{
	struct jf_leg *legs[3];

	(void)state;
	three_ring(legs);
	answers(legs[2], 5000);
	world_leg_ended(legs[0], JF_LEG_END_CROSSED, 200);
	assert_string_equal(world_call_state(), "talking");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_agent_state("1003"), "talking");
}

static void what_was_not_offered_is_no_answer_for_the_others(void **state)
{
	struct jf_media_desc other = world_desc(JF_CODEC_OTHER, 5100);
	struct jf_leg *legs[3];

	(void)state;
	three_ring(legs);
	world_leg(legs[1], JF_LEG_ANSWERED, 200, &other);
	assert_string_equal(legs[1]->said, "end");
	assert_int_equal(legs[1]->code, 488);
	assert_string_equal(world_agent_state("1002"), "not-ready");
	assert_string_equal(world_call_state(), "ringing");
	answers(legs[0], 5000);
	assert_string_equal(world_agent_state("1001"), "talking");
	assert_cancelled(legs[2], true);
}

static void a_caller_who_hangs_up_leaves_nobody_ringing(void **state)
{
	struct jf_leg *caller, *legs[3];

	(void)state;
	caller = three_ring(legs);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	for (unsigned i = 0; i < 3; i++) {
		assert_cancelled(legs[i], false); /* this one they did miss */
		assert_string_equal(world_agent_state(agents[i]), "ready");
	}
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "abandoned");
	assert_string_equal(attempts(), "1002 caller left, 1003 caller left, 1001 caller left");
	assert_int_equal(open_endpoints(), 0);
}

static void those_who_are_free_again_ring_for_the_next_caller(void **state)
{
	struct jf_leg *legs[3], *next;

	(void)state;
	three_ring(legs);
	next = world_caller("100");
	assert_non_null(next);
	answers(legs[0], 5000);
	/* The first of them rings for the one who waited, and the other one stays free: it was not
	 * free when that was decided. */
	assert_ptr_not_equal(world_leg_to("1002"), legs[1]);
	assert_string_equal(world_leg_to("1002")->said, "invite");
	answers(world_leg_to("1002"), 6000);
	assert_string_equal(world_agent_state("1002"), "talking");
}

/* An agent whose phone can't be called, be it the first, is no reason for the others not to ring.
 */
static void whose_phone_is_gone_holds_up_nobody(void **state)
{
	struct jf_leg *leg;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		world_register(agents[i]);
		world_advance(1000);
	}
	world_unreachable = "1001";
	world_caller("100");
	world_unreachable = NULL;
	world_advance(1);
	assert_string_equal(world_agent_state("1001"), "unreachable");
	assert_string_equal(world_call_state(), "ringing");
	leg = world_leg_to("1003");
	world_advance(14000);
	assert_string_equal(leg->said, "invite");
	world_advance(1000);
	assert_cancelled(leg, false);
	assert_string_equal(world_agent_state("1003"), "not-ready");
}

static void after_a_kill_all_ring_anew_for_the_caller(void **state)
{
	struct jf_leg *legs[3];

	(void)state;
	three_ring(legs);
	world_advance(5000);
	world_restart();
	assert_string_equal(world_call_state(), "ringing");
	for (unsigned i = 0; i < 3; i++) {
		/* The INVITE of before rings for nobody. */
		assert_string_equal(legs[i]->said, "end");
		assert_ptr_not_equal(world_leg_to(agents[i]), legs[i]);
		assert_string_equal(world_leg_to(agents[i])->said, "invite");
	}
	answers(world_leg_to("1002"), 5000);
	assert_string_equal(world_agent_state("1002"), "talking");
	world_advance(1000);
	assert_int_equal(open_endpoints(), 2);
	world_restart();
	assert_string_equal(world_call_state(), "talking");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(5000)->ref.index);
}

/* Killed between the answer and the row that says so. */
static void a_kill_at_the_answer_loses_no_caller(void **state)
{
	struct jf_leg *legs[3];

	(void)state;
	three_ring(legs);
	world_advance(5000);
	world.store_full = true;
	answers(legs[1], 5000);
	world_restart();
	world.store_full = false;
	assert_string_equal(world_call_state(), "ringing");
	answers(world_leg_to("1001"), 6000);
	assert_string_equal(world_call_state(), "talking");
	assert_int_equal(world_endpoint(4000)->hears.index, world_endpoint(6000)->ref.index);
}

/* An agent of another queue asks this one: all ring for it, and the first is whom it speaks with.
 */
static void a_queue_that_is_consulted_rings_together(void **state)
{
	struct jf_call_order order = {
	        .what = JF_CALL_ORDER_CONSULT, .target = "queue:billing", .actor = "test"};
	struct jf_leg *caller, *serves, *legs[3];
	json_t *calls;
	struct jf_call_id id;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		world_register(agents[i]);
	world_register("1005");
	caller = world_caller("200");
	serves = world_leg_to("1005");
	answers(serves, 5000);
	calls = jf_view_calls(world.calls, NULL, 10, NULL);
	assert_int_equal(
	        jf_call_id_parse(json_string_value(json_object_get(json_array_get(calls, 0), "id")),
	                         &id),
	        0);
	json_decref(calls);
	assert_int_equal(jf_calls_order(world.calls, &id, &order), 0);
	for (unsigned i = 0; i < 3; i++) {
		legs[i] = world_leg_to(agents[i]);
		assert_string_equal(legs[i]->said, "invite");
	}
	world_leg_ended(legs[0], JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_string_equal(world_call_state(), "consulting");
	answers(legs[2], 6000);
	assert_string_equal(world_call_state(), "consult-talking");
	assert_cancelled(legs[1], true);
	assert_string_equal(world_agent_state("1002"), "ready");
	assert_string_equal(world_agent_state("1003"), "consult");
	order.what = JF_CALL_ORDER_LEAVE;
	assert_int_equal(jf_calls_order(world.calls, &id, &order), 0);
	assert_string_equal(world_agent_state("1003"), "talking");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	assert_string_equal(legs[2]->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("agent", NULL), "1003");
}

int main(void)
{
#define T(f) WORLD_TEST(f, together)
	static const struct CMUnitTest tests[] = {
	        T(all_ring_and_the_first_answer_has_the_call),
	        T(the_decision_names_all_of_them),
	        T(nobody_answers_and_all_are_told),
	        T(who_rejects_is_left_out_and_the_others_ring_on),
	        T(when_all_refuse_the_caller_waits_with_its_age),
	        T(a_second_answer_comes_too_late),
	        T(what_was_not_offered_is_no_answer_for_the_others),
	        T(a_caller_who_hangs_up_leaves_nobody_ringing),
	        T(those_who_are_free_again_ring_for_the_next_caller),
	        T(whose_phone_is_gone_holds_up_nobody),
	        T(after_a_kill_all_ring_anew_for_the_caller),
	        T(a_kill_at_the_answer_loses_no_caller),
	        T(a_queue_that_is_consulted_rings_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
