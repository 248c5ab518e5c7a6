// SPDX-License-Identifier: BSD-3-Clause
/* Callers in queues that pass them on, close, and ask for skills. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_acd_flow.h"
#include "jf_call_priv.h"

/* Sales, which nobody serves, overflows to billing; a VIP, and a number that asks for a skill. */
static const char busy_yaml[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues:\n"
        "  - {name: billing, tenant: acme, music: /moh.wav,\n"
        "     calls_by: \"priority, then age\"}\n"
        "  - {name: sales, tenant: acme, overflow: [{after_s: 5, to: billing}]}\n"
        "  - {name: gold, tenant: acme,\n"
        "     requires: [{skills: gold >= 3}, {skills: gold, after_s: 10}]}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing, gold],\n"
        "     skills: [estonian, gold 2]}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [billing, gold],\n"
        "     skills: [gold 4]}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"101\", tenant: acme, queue: billing, language: et, priority: 5,\n"
        "     requires: [{skills: estonian}], data: [{name: campaign, value: spring}]}\n"
        "  - {number: \"200\", tenant: acme, queue: sales}\n"
        "  - {number: \"300\", tenant: acme, queue: gold}\n"
        "callers:\n"
        "  - {number: \"+37255500001\", tenant: acme, vip: true,\n"
        "     data: [{name: customer, value: \"4711\"}]}\n";

static void a_caller_who_overflows_hears_and_gets_the_other_queue(void **state)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller, *agent;
	const json_t *hop;

	(void)state;
	world_apply(busy_yaml);
	caller = world_caller("200");
	assert_string_equal(world_endpoint(4000)->sound, "/ringback.wav");
	world_advance(4000);
	assert_null(strstr(world.events, "call.overflowed"));
	world_advance(1100);
	assert_non_null(strstr(world.events, "call.overflowed"));
	assert_string_equal(world_endpoint(4000)->sound, "/moh.wav");
	assert_non_null(strstr(world_row(), "\"queue\":\"billing\""));
	world_register("1001");
	agent = world_leg_to("1001");
	assert_string_equal(agent->from_name, "billing");
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(world_recorded_text("queue", NULL), "billing");
	hop = json_array_get(json_object_get(world.last_record, "overflows"), 0);
	assert_string_equal(json_string_value(json_object_get(hop, "from")), "sales");
	assert_string_equal(json_string_value(json_object_get(hop, "to")), "billing");
	/* The age goes along. */
	assert_true(json_integer_value(json_object_get(world.last_record, "wait_ms")) >= 5000);
}

static void a_restart_finds_an_overflowed_caller_where_it_was(void **state)
{
	(void)state;
	world_apply(busy_yaml);
	world_caller("200");
	world_advance(6000);
	world_restart();
	assert_string_equal(world_call_state(), "queued");
	assert_non_null(strstr(world_row(), "\"queue\":\"billing\""));
	assert_non_null(strstr(world_row(), "\"from\":\"sales\""));
}

static const char last_yaml[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues: [{name: billing, tenant: acme, last_agent_s: 30}]\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [billing]}\n"
        "numbers: [{number: \"100\", tenant: acme, queue: billing}]\n";

/* 1002 has been idle for longer, but 1001 had this caller; when 1001 is busy, the caller waits for
 * it as long as the queue says, and is anyone's then. */
static void a_caller_is_kept_for_the_agent_who_had_it_last(void **state)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller, *agent;

	(void)state;
	world_apply(last_yaml);
	world_register("1001");
	world_advance(1000);
	world_register("1002");
	caller = world_caller("100");
	agent = world_leg_to("1001");
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(world_recorded_text("agent", NULL), "1001");

	caller = world_caller("100");
	assert_ptr_not_equal(world_leg_to("1001"), agent);
	assert_null(world_leg_to("1002"));
	agent = world_leg_to("1001");
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);

	world_caller("100");
	world_advance(29000);
	assert_null(world_leg_to("1002"));
	world_advance(2000);
	assert_non_null(world_leg_to("1002"));
}

static void a_queue_that_closes_lets_its_callers_go(void **state)
{
	struct jf_acd_ref sales;
	struct jf_leg *caller;

	(void)state;
	caller = world_caller("200");
	sales = jf_routing_queue(world.calls->routing, "acme", "sales");
	assert_int_equal(jf_acd_queue_close(world.calls->acd, sales, JF_ACD_CLOSING_RELEASE,
	                                    jf_acd_nobody, world.now_ns),
	                 0);
	jf_agents_drain(world.calls);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "released");
	assert_string_equal(json_string_value(json_object_get(
	                            json_object_get(world.last_record, "end"), "reason")),
	                    "the queue is closed");
}

static const json_t *wants(void)
{
	static json_t *row;

	json_decref(row);
	row = json_loads(world_row(), 0, NULL);
	return json_object_get(row, "wants");
}

static void a_number_asks_for_a_skill_and_brings_data(void **state)
{

	(void)state;
	world_apply(busy_yaml);
	world_register("1002");
	world_caller("101");
	world_advance(100);
	/* 1002 is ready, and has not got it. */
	assert_string_equal(world_call_state(), "queued");
	assert_int_equal(json_object_size(json_object_get(wants(), "data")), 2);
	assert_string_equal(json_string_value(json_object_get(wants(), "language")), "et");
	world_restart();
	world_register("1002");
	world_advance(100);
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(
	        json_string_value(json_object_get(json_object_get(wants(), "data"), "campaign")),
	        "spring");
	world_register("1001");
	world_advance(100);
	assert_string_equal(world_call_state(), "ringing");
	assert_string_equal(world_agent_state("1001"), "reserved");
}

static void a_customer_record_makes_a_vip(void **state)
{
	(void)state;
	world_apply(busy_yaml);
	world_caller("101");
	world_advance(100);
	assert_true(json_is_true(json_object_get(wants(), "vip")));
	assert_int_equal(json_integer_value(json_object_get(wants(), "priority")),
	                 JF_DIRECTORY_VIP_PRIORITY);
	assert_string_equal(
	        json_string_value(json_object_get(json_object_get(wants(), "data"), "customer")),
	        "4711");
	/* What the number asks for stands. */
	assert_int_equal(json_array_size(json_object_get(wants(), "requires")), 1);
}

static void a_queue_asks_for_less_with_time(void **state)
{
	(void)state;
	world_apply(busy_yaml);
	world_register("1001");
	/* The one who has it is at a break: it may come back. */
	world_register("1002");
	assert_int_equal(jf_calls_agent_change(world.calls, "1002", JF_AGENT_CHANGE_NOT_READY,
	                                       "lunch", "test"),
	                 0);
	world_caller("300");
	world_advance(9000);
	assert_string_equal(world_call_state(), "queued");
	world_advance(1100);
	assert_string_equal(world_call_state(), "ringing");
	assert_string_equal(world_agent_state("1001"), "reserved");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(a_caller_who_overflows_hears_and_gets_the_other_queue, NULL),
	        WORLD_TEST(a_caller_is_kept_for_the_agent_who_had_it_last, NULL),
	        WORLD_TEST(a_restart_finds_an_overflowed_caller_where_it_was, NULL),
	        WORLD_TEST(a_queue_that_closes_lets_its_callers_go, NULL),
	        WORLD_TEST(a_number_asks_for_a_skill_and_brings_data, NULL),
	        WORLD_TEST(a_customer_record_makes_a_vip, NULL),
	        WORLD_TEST(a_queue_asks_for_less_with_time, NULL),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
