// SPDX-License-Identifier: BSD-3-Clause
/* Queues that are closed, by their calendar or by somebody. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call.h"

static const char doors_yaml[] =
        "tenants: [{name: acme}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "calendars: [{name: never, tenant: acme, zone: UTC}]\n"
        "queues:\n"
        "  - {name: billing, tenant: acme, greeting: /hello.wav, music: /moh.wav,\n"
        "     closed: {prompt: /closed.wav, waiting: release}}\n"
        "  - {name: day, tenant: acme, calendar: never, closed: {prompt: /closed.wav,\n"
        "     queue: night}}\n"
        "  - {name: night, tenant: acme, music: /night.wav}\n"
        "  - {name: shut, tenant: acme, calendar: never}\n"
        "  - {name: move, tenant: acme, closed: {queue: night, waiting: move}}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n"
        "  - {number: \"200\", tenant: acme, queue: day}\n"
        "  - {number: \"300\", tenant: acme, queue: shut}\n"
        "  - {number: \"400\", tenant: acme, queue: move}\n";

static int shut(const char *queue, bool is_shut)
{
	struct jf_queue_order order = {"acme", queue, is_shut, "test", "operator"};

	return jf_calls_queue_shut(world.calls, &order, NULL, NULL);
}

static void out_of_hours_the_prompt_is_heard_then_the_other_queue(void **state)
{
	(void)state;
	world_caller_greeted("200");
	assert_string_equal(world_endpoint(4000)->sound, "/closed.wav");
	world_played();
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_endpoint(4000)->sound, "/night.wav");
	world_advance(100);
	assert_non_null(strstr(world_row(), "\"queue\":\"night\""));
	assert_non_null(strstr(world_row(), "\"why\":\"closed\""));
}

static void with_nothing_to_say_the_caller_is_let_go(void **state)
{
	struct jf_leg *caller = world_caller("300");

	(void)state;
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("end", "reason"), "the queue is closed");
	assert_string_equal(json_string_value(json_object_get(world.last_record, "outcome")),
	                    "released");
	/* It was in no queue. */
	assert_null(json_object_get(world.last_record, "queued_utc"));
}

static void whoever_waits_when_it_is_closed_is_told_and_let_go(void **state)
{
	struct jf_leg *caller = world_caller("100");

	(void)state;
	assert_int_equal(shut("billing", true), 0);
	assert_int_equal(shut("billing", true), -EALREADY);
	assert_string_equal(world_endpoint(4000)->sound, "/closed.wav");
	assert_string_not_equal(caller->said, "end");
	world_played();
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("end", "reason"), "the queue is closed");
	assert_non_null(strstr(world.events, "\"queue.closed\""));
}

static void whoever_waits_may_be_moved(void **state)
{
	(void)state;
	world_caller("400");
	assert_int_equal(shut("move", true), 0);
	assert_string_equal(world_call_state(), "queued");
	assert_string_equal(world_endpoint(4000)->sound, "/night.wav");
}

static void closing_survives_a_restart_and_ends_when_somebody_opens(void **state)
{
	struct jf_leg *caller;

	(void)state;
	assert_int_equal(shut("nowhere", true), -ENOENT);
	assert_int_equal(shut("billing", true), 0);
	world_restart();
	caller = world_caller_greeted("100");
	assert_string_equal(world_endpoint(4000)->sound, "/closed.wav");
	world_played();
	assert_string_equal(caller->said, "end");
	world_advance(100);
	assert_int_equal(shut("billing", false), 0);
	world_caller_greeted("100");
	assert_string_equal(world_endpoint(4000)->sound, "/hello.wav");
	world_played();
	assert_string_equal(world_call_state(), "queued");
	assert_non_null(strstr(world.events, "\"queue.opened\""));
}

static void whoever_heard_the_prompt_goes_on_after_a_restart(void **state)
{
	(void)state;
	world_caller_greeted("200");
	world_advance(100);
	world_restart();
	assert_string_equal(world_call_state(), "queued");
	world_advance(100);
	assert_non_null(strstr(world_row(), "\"queue\":\"night\""));
}

#define TEST(name) WORLD_TEST(name, doors_yaml)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(out_of_hours_the_prompt_is_heard_then_the_other_queue),
	        TEST(with_nothing_to_say_the_caller_is_let_go),
	        TEST(whoever_waits_when_it_is_closed_is_told_and_let_go),
	        TEST(whoever_waits_may_be_moved),
	        TEST(closing_survives_a_restart_and_ends_when_somebody_opens),
	        TEST(whoever_heard_the_prompt_goes_on_after_a_restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
