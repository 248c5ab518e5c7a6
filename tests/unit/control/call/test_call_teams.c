// SPDX-License-Identifier: BSD-3-Clause
/* Teams: whom they consist of, what they serve, and where they are told of. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                       \
	"tenants: [{name: acme}, {name: bolt}]\n"                                                  \
	"trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"                 \
	"teams: [{name: day, tenant: acme}, {name: night, tenant: acme},\n"                        \
	"        {name: day, tenant: bolt}]\n"                                                     \
	"queues: [{name: billing, tenant: acme, teams: [day]}]\n"                                  \
	"numbers: [{number: \"100\", tenant: acme, queue: billing}]\n"                             \
	"agents:\n"                                                                                \
	"  - {id: \"1002\", tenant: acme, password: x, team: night}\n"                             \
	"  - {id: \"1003\", tenant: bolt, password: x, team: day}\n"

static const char first[] = HEAD "  - {id: \"1001\", tenant: acme, password: x, team: day}\n";
static const char moved[] = HEAD "  - {id: \"1001\", tenant: acme, password: x, team: night}\n";

/* "1001 1002": in that team; NULL: all. Asked for in pages of one. */
static const char *agents_of(const char *tenant, const char *team)
{
	struct jf_view_name name = {tenant, team};
	static char text[100];
	uint32_t cursor = 0;
	size_t length = 0;

	text[0] = '\0';
	do {
		json_t *list = jf_view_agents(world.calls, team ? &name : NULL, &cursor, 1);
		const json_t *one = json_array_get(list, 0);

		assert_true(json_array_size(list) == 1 || !cursor);
		if (one)
			length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
			                           length ? " " : "",
			                           json_string_value(json_object_get(one, "id")));
		json_decref(list);
	} while (cursor);
	return text;
}

static int team_figure(const char *tenant, const char *team, const char *key)
{
	json_t *list = jf_view_teams(world.calls), *one;
	int value = -1;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (!strcmp(json_string_value(json_object_get(one, "tenant")), tenant) &&
		    !strcmp(json_string_value(json_object_get(one, "name")), team))
			value = (int)json_integer_value(json_object_get(one, key));
	}
	json_decref(list);
	return value;
}

static void agents_are_listed_by_their_team(void **state)
{
	(void)state;
	assert_string_equal(agents_of(NULL, NULL), "1001 1002 1003");
	assert_string_equal(agents_of("acme", "day"), "1001");
	assert_string_equal(agents_of("bolt", "day"), "1003");
	assert_string_equal(agents_of("acme", "late"), "");
	world_apply(moved);
	assert_string_equal(agents_of("acme", "day"), "");
	assert_string_equal(agents_of("acme", "night"), "1001 1002");
}

static void a_team_shows_what_its_agents_do(void **state)
{
	(void)state;
	assert_int_equal(team_figure("acme", "day", "members"), 1);
	assert_int_equal(team_figure("acme", "day", "logged_in"), 0);
	world_register("1001");
	world_register("1003");
	assert_int_equal(team_figure("acme", "day", "logged_in"), 1);
	assert_int_equal(team_figure("acme", "day", "talking"), 0);
	world_caller("100");
	world_answers("1001", 5000);
	assert_int_equal(team_figure("acme", "day", "talking"), 1);
	assert_int_equal(team_figure("bolt", "day", "talking"), 0);
	assert_int_equal(team_figure("bolt", "day", "logged_in"), 1);
	assert_int_equal(team_figure("acme", "night", "logged_in"), 0);
}

/* Its team serves the queue, and is told of in events and in the record: as it was then. */
static void who_served_is_told_with_the_team(void **state)
{
	struct jf_leg *caller, *agent;
	const json_t *segment;

	(void)state;
	world_register("1001");
	assert_non_null(strstr(world.events, "\"team\":\"day\""));
	caller = world_caller("100");
	agent = world_answers("1001", 5000);
	world_advance(5000);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 200);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_US, 200);
	world_advance(1000);
	assert_non_null(world.last_record);
	assert_string_equal(json_string_value(json_object_get(world.last_record, "team")), "day");
	segment = json_array_get(json_object_get(world.last_record, "segments"), 0);
	assert_string_equal(json_string_value(json_object_get(segment, "agent")), "1001");
	assert_string_equal(json_string_value(json_object_get(segment, "team")), "day");
}

/* It goes to another team in mid-call: nobody of that serves the queue, and the call goes on. */
static void an_agent_who_is_moved_keeps_its_call(void **state)
{
	struct jf_leg *agent;

	(void)state;
	world_register("1001");
	world_caller("100");
	agent = world_answers("1001", 5000);
	world_apply(moved);
	assert_string_equal(world_call_state(), "talking");
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 200);
	world_advance(1000);
	assert_string_equal(world_agent_state("1001"), "ready");
	world_caller("100");
	world_advance(1000);
	assert_string_equal(world_agent_state("1001"), "ready");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        WORLD_TEST(agents_are_listed_by_their_team, first),
	        WORLD_TEST(a_team_shows_what_its_agents_do, first),
	        WORLD_TEST(who_served_is_told_with_the_team, first),
	        WORLD_TEST(an_agent_who_is_moved_keeps_its_call, first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
