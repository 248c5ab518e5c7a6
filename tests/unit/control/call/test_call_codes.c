// SPDX-License-Identifier: BSD-3-Clause
/* What agents say by their phones, and about their wrap-up. */
#include "world.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call.h"

static const char desk_yaml[] =
        "tenants:\n"
        "  - name: acme\n"
        "    codes: {ready: \"*50\", not_ready: \"*51\", wrap_up_end: \"*52\", logout: \"*53\",\n"
        "            wrap_up_extend: \"*54\"}\n"
        "    reasons: [lunch, training]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues: [{name: billing, tenant: acme, wrap_up_s: 20, wrap_up_extend_s: 40}]\n"
        "agents: [{id: \"1001\", tenant: acme, password: x, queues: [billing]}]\n"
        "numbers: [{number: \"100\", tenant: acme, queue: billing}]\n";

static struct jf_media_desc desc;

static int set_up(void **state)
{
	(void)state;
	world_begin();
	world_apply(desk_yaml);
	world_register("1001");
	desc = world_desc(JF_LAW_PCMA, 6000);
	return 0;
}

/* Its phone calls the code, hears the tone, and is hung up on. */
static void says(const char *code)
{
	struct jf_leg *leg = world_agent_invite("1001", code, &desc);

	assert_string_equal(leg->said, "answer");
	world_leg(leg, JF_LEG_CONFIRMED, 200, NULL);
	world_played();
	assert_string_equal(leg->said, "end");
	world_leg_ended(leg, JF_LEG_END_BYE_BY_US, 200);
	world_advance(100);
}

static const char *reason(void)
{
	static char text[40];
	json_t *list = jf_view_agents(world.calls, NULL, &(uint32_t){0}, UINT32_MAX);

	strcpy(text, json_string_value(json_object_get(json_array_get(list, 0), "reason")));
	json_decref(list);
	return text;
}

static void a_phone_says_what_the_agent_does(void **state)
{
	(void)state;
	assert_string_equal(world_agent_state("1001"), "ready");
	says("*512");
	assert_string_equal(world_agent_state("1001"), "not-ready");
	assert_string_equal(reason(), "training");
	assert_non_null(strstr(world.events, "\"actor\":\"phone\""));
	says("*50");
	assert_string_equal(world_agent_state("1001"), "ready");
	says("*51");
	assert_string_equal(world_agent_state("1001"), "not-ready");
	says("*53");
	assert_string_equal(world_agent_state("1001"), "logged-out");
}

static void what_is_no_code_is_refused(void **state)
{
	struct jf_leg *leg = world_agent_invite("1001", "*513", &desc);

	(void)state;
	assert_string_equal(leg->said, "reject");
	/* Not in wrap-up. */
	leg = world_agent_invite("1001", "*52", &desc);
	assert_string_equal(leg->said, "reject");
	assert_int_equal(leg->code, 480);
	assert_string_equal(world_agent_state("1001"), "ready");
}

static void a_call_is_over(void)
{
	struct jf_media_desc agent = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *caller = world_caller("100");

	world_leg(world_leg_to("1001"), JF_LEG_ANSWERED, 200, &agent);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(100);
	assert_string_equal(world_agent_state("1001"), "wrap-up");
}

static int change(enum jf_agent_change what)
{
	return jf_calls_agent_change(world.calls, "1001", what, NULL, "operator");
}

static void wrap_up_is_ended_or_made_longer(void **state)
{
	(void)state;
	a_call_is_over();
	says("*52");
	assert_string_equal(world_agent_state("1001"), "ready");
	a_call_is_over();
	assert_int_equal(change(JF_AGENT_CHANGE_WRAP_UP_EXTEND), 0);
	world_advance(25000);
	assert_string_equal(world_agent_state("1001"), "wrap-up");
	says("*54"); /* ten seconds are left of what is allowed */
	assert_int_equal(change(JF_AGENT_CHANGE_WRAP_UP_EXTEND), -EPERM);
	world_advance(25000);
	assert_string_equal(world_agent_state("1001"), "wrap-up");
	world_advance(11000);
	assert_string_equal(world_agent_state("1001"), "ready");
	assert_int_equal(change(JF_AGENT_CHANGE_WRAP_UP_EXTEND), -EPROTO);
	assert_int_equal(change(JF_AGENT_CHANGE_WRAP_UP_END), -EPROTO);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_phone_says_what_the_agent_does),
	        TEST(what_is_no_code_is_refused),
	        TEST(wrap_up_is_ended_or_made_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
