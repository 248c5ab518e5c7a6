// SPDX-License-Identifier: BSD-3-Clause
/* Teams: who is in them, which queues they serve, and what is wrong with them. */
#include "directory_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TENANTS "tenants: [{name: acme}, {name: bolt}]\n"
#define TEAMS   "teams: [{name: day, tenant: acme}, {name: day, tenant: bolt}]\n"
#define AGENT   "  - {id: \"1001\", tenant: acme, password: x, "

static const char everything[] =
        TENANTS TEAMS "queues:\n"
                      "  - {name: billing, tenant: acme, teams: [day]}\n"
                      "  - {name: sales, tenant: acme}\n"
                      "  - {name: support, tenant: acme, teams: [day]}\n"
                      "  - {name: support, tenant: bolt, teams: [day]}\n"
                      "agents:\n" AGENT "team: day, queues: [sales, support]}\n"
                      "  - {id: \"1002\", tenant: acme, password: x, team: day}\n"
                      "  - {id: \"1003\", tenant: acme, password: x, queues: [sales]}\n";

static void a_team_serves_the_queues_that_name_it(void **state)
{
	struct jf_directory *d = directory_lab_make(everything);
	const struct jf_directory_agent *agent;
	const struct jf_directory_team *day;

	(void)state;
	day = jf_directory_team_find(d, "acme", "day");
	assert_int_equal(day->n_queues, 2);
	assert_ptr_not_equal(day, jf_directory_team_find(d, "bolt", "day"));
	assert_null(jf_directory_team_find(d, "acme", "night"));
	agent = jf_directory_agent_find(d, "1001");
	assert_ptr_equal(agent->team, day);
	/* Its own first; the one that it names itself as well is there once. */
	assert_int_equal(agent->n_own_queues, 2);
	assert_int_equal(agent->n_queues, 3);
	assert_string_equal(agent->queues[2]->name, "billing");
	assert_int_equal(jf_directory_agent_find(d, "1002")->n_queues, 2);
	assert_null(jf_directory_agent_find(d, "1003")->team);
	assert_int_equal(jf_directory_queue_find(d, "acme", "billing")->n_agents, 2);
	assert_int_equal(jf_directory_queue_find(d, "acme", "sales")->n_agents, 2);
	assert_int_equal(jf_directory_queue_find(d, "bolt", "support")->n_agents, 0);
	jf_directory_destroy(d);
}

static void an_export_makes_the_same(void **state)
{
	struct jf_directory *d = directory_lab_make(everything), *again;
	char *text = directory_lab_export(d);

	(void)state;
	again = directory_lab_make(text);
	assert_int_equal(jf_directory_agent_find(again, "1001")->n_own_queues, 2);
	free(text);
	jf_directory_destroy(again);
	jf_directory_destroy(d);
}

static void what_changes_is_told_where_it_was_said(void **state)
{
	struct jf_directory *d = directory_lab_make(everything), *after;
	struct jf_directory_diff *diff;

	(void)state;
	after = directory_lab_make(
	        TENANTS "teams: [{name: day, tenant: acme}, {name: late, tenant: acme}]\n"
	                "queues:\n"
	                "  - {name: billing, tenant: acme, teams: [late, day]}\n"
	                "  - {name: sales, tenant: acme}\n"
	                "  - {name: support, tenant: acme, teams: [day]}\n"
	                "  - {name: support, tenant: bolt}\n"
	                "agents:\n" AGENT "team: late, queues: [sales, support]}\n"
	                "  - {id: \"1002\", tenant: acme, password: x, team: day}\n"
	                "  - {id: \"1003\", tenant: acme, password: x, queues: [sales]}\n");
	assert_int_equal(jf_directory_compare(d, after, &diff), 0);
	assert_int_equal(diff->count, 5);
	assert_string_equal(diff->list[0].kind, "team");
	assert_string_equal(diff->list[0].name, "acme/late");
	assert_int_equal(diff->list[0].type, JF_DIRECTORY_ADDED);
	assert_string_equal(diff->list[1].name, "bolt/day");
	assert_int_equal(diff->list[1].type, JF_DIRECTORY_REMOVED);
	assert_string_equal(diff->list[2].name, "acme/billing");
	assert_string_equal(diff->list[2].fields, "teams");
	assert_string_equal(diff->list[3].name, "bolt/support");
	assert_string_equal(diff->list[4].name, "1001");
	assert_string_equal(diff->list[4].fields, "team");
	free(diff);
	jf_directory_destroy(after);
	jf_directory_destroy(d);
}

static void mistakes_are_told_where_they_stand(void **state)
{
	static const struct {
		const char *text, *message;
		uint32_t line, column;
	} cases[] = {
	        {TENANTS "teams: [{name: day, tenant: none}]\n", "no tenant \"none\"", 2, 29},
	        {TENANTS "teams: [{name: day}]\n", "tenant", 2, 0},
	        {TENANTS "teams: [{name: a b, tenant: acme}]\n", "letters, digits", 2, 16},
	        {TENANTS "teams:\n  - {name: day, tenant: acme}\n  - {name: day, tenant: acme}\n",
	         "there already", 4, 12},
	        {TENANTS TEAMS "agents:\n" AGENT "team: night}\n", "has no team \"night\"", 4, 0},
	        /* Another tenant's. */
	        {TENANTS "teams: [{name: day, tenant: bolt}]\nagents:\n" AGENT "team: day}\n",
	         "tenant \"acme\" has no team \"day\"", 4, 0},
	        {TENANTS TEAMS "queues:\n  - {name: q, tenant: acme, teams: [night]}\n",
	         "has no team \"night\"", 4, 37},
	        {TENANTS TEAMS "queues:\n  - {name: q, tenant: acme, teams: [day, day]}\n",
	         "there twice", 4, 42},
	        {TENANTS "teams: [{name: day, tenant: acme, supervisor: \"1001\"}]\n", "supervisor",
	         2, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		directory_lab_expect(cases[i].text, cases[i].line, cases[i].column,
		                     cases[i].message);
}

/* As many as the schema takes in one list, and one more of the team's. */
static void an_agent_serves_so_many_at_most(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fprintf(out, TENANTS TEAMS "queues:\n  - {name: more, tenant: acme, teams: [day]}\n");
	for (unsigned i = 0; i < JF_DIRECTORY_MEMBERSHIPS_MAX; i++)
		fprintf(out, "  - {name: q%u, tenant: acme}\n", i);
	fprintf(out, "agents:\n" AGENT "team: day, queues: [q0");
	for (unsigned i = 1; i < JF_DIRECTORY_MEMBERSHIPS_MAX; i++)
		fprintf(out, ", q%u", i);
	fprintf(out, "]}\n");
	fclose(out);
	assert_null(directory_lab_parse(text));
	assert_non_null(strstr(directory_lab_errors.list[0].message, "257 queues"));
	free(text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_team_serves_the_queues_that_name_it),
	        cmocka_unit_test(an_export_makes_the_same),
	        cmocka_unit_test(what_changes_is_told_where_it_was_said),
	        cmocka_unit_test(mistakes_are_told_where_they_stand),
	        cmocka_unit_test(an_agent_serves_so_many_at_most),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
