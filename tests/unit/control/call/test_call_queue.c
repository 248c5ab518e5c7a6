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

static int set_up(void **state)
{
	(void)state;
	world_begin();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	world_end();
	return 0;
}

static const char *record(const char *key)
{
	return json_string_value(json_object_get(world.last_record, key));
}

static struct jf_acd_ref queue(const char *name)
{
	return jf_routing_queue(world.calls->routing, "acme", name);
}

/* From sales, which nobody serves, to billing after five seconds. */
static void overflow_by_wait(void)
{
	struct jf_acd_overflow rule = {JF_ACD_OVERFLOW_BY_WAIT, 5 * JF_NS_PER_S, queue("billing")};

	assert_int_equal(jf_acd_overflow_set(world.calls->acd, queue("sales"), &rule, 1), 0);
}

static void a_caller_who_overflows_hears_and_gets_the_other_queue(void **state)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller, *agent;
	const json_t *hop;

	(void)state;
	overflow_by_wait();
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
	assert_string_equal(record("queue"), "billing");
	hop = json_array_get(json_object_get(world.last_record, "overflows"), 0);
	assert_string_equal(json_string_value(json_object_get(hop, "from")), "sales");
	assert_string_equal(json_string_value(json_object_get(hop, "to")), "billing");
	/* The age goes along. */
	assert_true(json_integer_value(json_object_get(world.last_record, "wait_ms")) >= 5000);
}

static void a_restart_finds_an_overflowed_caller_where_it_was(void **state)
{
	(void)state;
	overflow_by_wait();
	world_caller("200");
	world_advance(6000);
	world_restart();
	assert_string_equal(world_call_state(), "queued");
	assert_non_null(strstr(world_row(), "\"queue\":\"billing\""));
	assert_non_null(strstr(world_row(), "\"from\":\"sales\""));
}

static void a_queue_that_closes_lets_its_callers_go(void **state)
{
	struct jf_leg *caller;

	(void)state;
	caller = world_caller("200");
	assert_int_equal(jf_acd_queue_close(world.calls->acd, queue("sales"),
	                                    JF_ACD_CLOSING_RELEASE, jf_acd_nobody, world.now_ns),
	                 0);
	jf_agents_drain(world.calls);
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(record("outcome"), "released");
	assert_string_equal(json_string_value(json_object_get(
	                            json_object_get(world.last_record, "end"), "reason")),
	                    "the queue closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup_teardown(
	                a_caller_who_overflows_hears_and_gets_the_other_queue, set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_restart_finds_an_overflowed_caller_where_it_was,
	                                        set_up, tear_down),
	        cmocka_unit_test_setup_teardown(a_queue_that_closes_lets_its_callers_go, set_up,
	                                        tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
