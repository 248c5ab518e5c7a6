// SPDX-License-Identifier: BSD-3-Clause
/* Callers who are called back at their place, and messages that agents hear; on virtual time. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call_tasks.h"
#include "jf_time.h"

#define CUSTOMER "+37237255500001" /* as the tenant's plan reads the world's callers */

#define DIRECTORY(first)                                                                           \
	"tenants:\n"                                                                               \
	"  - {name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}\n"                      \
	"trunks:\n"                                                                                \
	"  - {name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"], to: [10.0.0.1]}\n"       \
	"queues:\n"                                                                                \
	"  - name: billing\n"                                                                      \
	"    tenant: acme\n"                                                                       \
	"    music: /moh.wav\n"                                                                    \
	"    announce: {language: en, prompts: /words, every_s: 600, first_s: 600}\n"              \
	"    leave: {callback_key: \"1\", voicemail_key: \"9\"}\n"                                 \
	"    callback: {first: " first ", attempts: 2, retry_s: 60, ring_s: 20}\n"                 \
	"    voicemail: {silence_s: 3}\n"                                                          \
	"    screen_pop: \"https://crm/?c={caller}&q={queue}&d={data.case}\"\n"                    \
	"agents:\n"                                                                                \
	"  - {id: \"1001\", tenant: acme, password: x, queues: [billing]}\n"                       \
	"numbers:\n"                                                                               \
	"  - {number: \"100\", tenant: acme, queue: billing}\n"

static struct jf_leg *answers(const char *who, uint16_t port)
{
	world_advance(1); /* where it leads is looked up */
	return world_answers(who, port);
}

static json_int_t figure(const char *name)
{
	json_t *queues = jf_view_queues(world.calls);
	json_int_t value = json_integer_value(json_object_get(json_array_get(queues, 0), name));

	json_decref(queues);
	return value;
}

/* Waits so long, then leaves its number. */
static void leaves_its_number(uint64_t after_ms)
{
	struct jf_leg *leg = world_caller("100");

	world_advance(after_ms);
	world_press(leg, '1');
	assert_string_equal(world_endpoint(4000)->said,
	                    "callback-number 3 7 2 5 5 5 0 0 0 0 1 callback-choose");
	world_played();
	world_press(leg, '1');
	assert_string_equal(world_endpoint(4000)->said, "callback-taken");
	world_played();
	assert_string_equal(leg->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "callback");
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "waiting");
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "number"), CUSTOMER);
}

static void it_keeps_its_place_and_is_called_after_the_agent(void **state)
{
	struct jf_leg *agent, *customer;

	(void)state;
	leaves_its_number(10000);
	assert_int_equal(figure("callbacks"), 1);
	assert_int_equal(figure("offered"), 1);
	assert_int_equal(figure("abandoned_queue"), 0);
	world_advance(5000);
	world_caller("100"); /* came later */
	world_advance(5000);
	world_register("1001");
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "agent-ringing");
	agent = answers("1001", 40000);
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "customer-ringing");
	assert_string_equal(world_endpoint(40000)->sound, "/ringback.wav");
	world_advance(3000);
	customer = answers(CUSTOMER, 5000);
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "talking");
	assert_int_equal(world_endpoint(5000)->hears.index, world_endpoint(40000)->ref.index);
	assert_int_equal(world_endpoint(40000)->hears.index, world_endpoint(5000)->ref.index);
	world_advance(4000);
	world_leg_ended(customer, JF_LEG_END_BYE_BY_PEER, 0);
	assert_string_equal(agent->said, "end");
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_in_range(json_integer_value(world_recorded("callback", "gross_wait_ms")), 23000,
	                23800);
	assert_in_range(json_integer_value(world_recorded("callback", "net_wait_ms")), 10000,
	                10600);
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "");
	/* Neither counted again, nor an abandon. */
	assert_int_equal(figure("offered"), 2);
	assert_int_equal(figure("answered"), 0);
	assert_int_equal(figure("abandoned_queue") + figure("abandoned_ringing"), 0);
	assert_int_equal(figure("released"), 0);
	assert_non_null(strstr(world.events, "callback.done"));
}

static void the_customer_first(void **state)
{
	struct jf_leg *customer;

	(void)state;
	world_apply(DIRECTORY("customer"));
	leaves_its_number(1000);
	world_register("1001");
	assert_string_equal(world_call_state(), "reaching");
	assert_string_equal(world_agent_state("1001"), "reserved");
	assert_null(world_leg_to("1001"));
	customer = answers(CUSTOMER, 5000);
	assert_string_equal(world_endpoint(5000)->sound, "/moh.wav");
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "agent-ringing");
	answers("1001", 40000);
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(customer, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
}

static void who_is_not_reached_is_tried_again_then_given_up(void **state)
{
	(void)state;
	leaves_its_number(1000);
	world_register("1001");
	for (unsigned int attempt = 0; attempt < 2; attempt++) {
		struct jf_leg *agent = answers("1001", 40000), *customer;

		world_advance(1);
		customer = world_leg_to(CUSTOMER);
		world_leg(customer, JF_LEG_PROVISIONAL, 180, NULL);
		if (attempt == 0)
			world_advance(21000); /* rings in vain */
		else
			world_leg_ended(customer, JF_LEG_END_REJECTED_BY_PEER, 486);
		assert_string_equal(agent->said, "end");
		assert_string_equal(world_agent_state("1001"), "ready"); /* no blame */
		world_advance(100);
		assert_string_equal(world_recorded_text("outcome", NULL), "unreached");
		if (attempt == 0) {
			assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "retry");
			assert_string_equal(world_task(JF_TASKS_CALLBACKS, "last"),
			                    "the customer does not answer");
			world_advance(61000);
		}
	}
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "");
	assert_non_null(strstr(world.events, "callback.failed"));
	assert_int_equal(figure("abandoned_queue") + figure("abandoned_ringing"), 0);
}

static void an_agent_who_does_not_wait_costs_no_attempt(void **state)
{
	struct jf_leg *agent;

	(void)state;
	leaves_its_number(1000);
	world_register("1001");
	agent = answers("1001", 40000);
	world_advance(1);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	assert_string_equal(world_leg_to(CUSTOMER)->said, "end");
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "waiting");
	assert_string_equal(world_agent_state("1001"), "not-ready");
	jf_calls_agent_change(world.calls, "1001", JF_AGENT_CHANGE_READY, NULL, "test");
	answers("1001", 40000);
	answers(CUSTOMER, 5000);
	assert_string_equal(world_call_state(), "talking");
}

static void it_survives_a_restart_with_its_age(void **state)
{
	(void)state;
	leaves_its_number(10000);
	world_restart();
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "waiting");
	world_register("1001");
	answers("1001", 40000);
	answers(CUSTOMER, 5000);
	assert_string_equal(world_call_state(), "talking");
	world_advance(1000);
	world_restart(); /* in conversation: it is not called a second time */
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(world_leg_to("1001"), JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_in_range(json_integer_value(world_recorded("callback", "gross_wait_ms")), 10000,
	                11000);
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "state"), "");
}

static void another_number_is_entered(void **state)
{
	struct jf_leg *leg = world_caller("100");

	(void)state;
	world_press(leg, '1');
	world_press(leg, '2');
	assert_string_equal(world_endpoint(4000)->said, "callback-enter");
	for (const char *key = "5551234#"; *key; key++)
		world_press(leg, *key);
	assert_string_equal(world_endpoint(4000)->said,
	                    "callback-number 5 5 5 1 2 3 4 callback-choose");
	world_press(leg, '1');
	assert_string_equal(world_task(JF_TASKS_CALLBACKS, "number"), "+3725551234");
}

static void an_agent_hears_a_message(void **state)
{
	char said[200];
	struct jf_leg *agent;

	(void)state;
	world_caller_leaves_a_message();
	assert_non_null(strstr(world.events, "voicemail.left"));
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "path"), world_recording_path());
	world_register("1001");
	agent = answers("1001", 40000);
	assert_string_equal(world_call_state(), "listening");
	assert_non_null(
	        strstr(world_endpoint(40000)->sound, world_task(JF_TASKS_VOICEMAILS, "path")));
	snprintf(said, sizeof(said), "%s", world_endpoint(40000)->sound);
	world_played();
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "delivered");
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "state"), "heard");
	assert_string_equal(world_call_state(), "");
	world_restart();
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "state"), "heard");
	assert_string_equal(world_call_state(), "");
	assert_string_equal(world.forgotten, said);
}

static void who_left_a_message_is_called_back(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_caller_leaves_a_message();
	world_register("1001");
	agent = answers("1001", 40000);
	world_press(agent, '2');
	assert_string_equal(world_call_state(), "connecting");
	answers(CUSTOMER, 5000);
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(world_recorded_text("outcome", NULL), "answered");
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "state"), "heard");
}

/* What the last event of a topic holds. */
static json_t *event(const char *topic)
{
	const char *at = strstr(world.events, topic), *next = at;
	json_t *line;

	while (next && (next = strstr(next + 1, topic)))
		at = next;
	while (at && strncmp(at, "{\"event\"", 8) != 0)
		at--;
	line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
	return line;
}

static void the_agent_is_told_who_rings(void **state)
{
	struct jf_leg *agent;
	json_t *line;
	const json_t *data;

	(void)state;
	world_register("1001");
	for (unsigned int i = 0; i < 12; i++) { /* more than are held */
		world_caller("100");
		agent = answers("1001", 40000);
		world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
		world_advance(100);
		if (i < 11)
			world.events[0] = '\0';
	}
	line = event("call.screen_pop");
	data = json_object_get(line, "data");
	assert_string_equal(json_string_value(json_object_get(data, "agent")), "1001");
	assert_string_equal(json_string_value(json_object_get(data, "url")),
	                    "https://crm/?c=37255500001&q=billing&d=");
	assert_int_equal(json_array_size(json_object_get(data, "contacts")), 5);
	json_decref(line);
	world_identity = (struct jf_identity){.privacy = JF_PRIVACY_ID};
	world_caller("100");
	world.events[0] = '\0';
	answers("1001", 40000);
	line = event("call.screen_pop");
	assert_null(strstr(world.events, "55500001"));
	assert_int_equal(
	        json_array_size(json_object_get(json_object_get(line, "data"), "contacts")), 0);
	json_decref(line);
	world_identity = (struct jf_identity){0};
}

static void a_message_is_deleted(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_caller_leaves_a_message();
	world_register("1001");
	agent = answers("1001", 40000);
	world_press(agent, '3');
	assert_string_equal(agent->said, "end");
	world_advance(100);
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "state"), "");
}

static void half_a_message_is_not_heard(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_caller_leaves_a_message();
	world_register("1001");
	agent = answers("1001", 40000);
	world_advance(500);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(100);
	assert_string_equal(world_task(JF_TASKS_VOICEMAILS, "state"), "retry");
	world_advance(31000);
	assert_string_equal(world_call_state(), "ringing");
}

int main(void)
{
#define TEST(name) WORLD_TEST(name, DIRECTORY("agent"))
	static const struct CMUnitTest tests[] = {
	        TEST(it_keeps_its_place_and_is_called_after_the_agent),
	        TEST(the_customer_first),
	        TEST(who_is_not_reached_is_tried_again_then_given_up),
	        TEST(an_agent_who_does_not_wait_costs_no_attempt),
	        TEST(it_survives_a_restart_with_its_age),
	        TEST(another_number_is_entered),
	        TEST(an_agent_hears_a_message),
	        TEST(who_left_a_message_is_called_back),
	        TEST(a_message_is_deleted),
	        TEST(the_agent_is_told_who_rings),
	        TEST(half_a_message_is_not_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
