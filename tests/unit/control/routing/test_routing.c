// SPDX-License-Identifier: BSD-3-Clause
#include "jf_routing.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static const char two_tenants[] =
        "tenants: [{name: acme}, {name: bolt}]\n"
        "trunks: [{name: carrier, addresses: [\"192.0.2.1/32\"]}]\n"
        "queues: [{name: help, tenant: acme}, {name: help, tenant: bolt}]\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [help]}\n"
        "  - {id: \"2001\", tenant: bolt, password: x, queues: [help]}\n"
        "numbers:\n"
        "  - {number: \"+372100\", tenant: acme, queue: help}\n"
        "  - {number: \"+372200\", tenant: bolt, queue: help}\n";

static const char one_left[] =
        "tenants: [{name: acme}]\n"
        "queues: [{name: help, tenant: acme}, {name: more, tenant: acme}]\n"
        "agents: [{id: \"1001\", tenant: acme, password: x, queues: [more]}]\n"
        "numbers: [{number: \"+372100\", tenant: acme, queue: more}]\n";

static const char moved[] = "tenants: [{name: acme}]\n"
                            "queues: [{name: help, tenant: acme}, {name: more, tenant: acme}]\n"
                            "agents:\n"
                            "  - {id: \"1001\", tenant: acme, password: x, queues: [more]}\n"
                            "  - {id: \"1002\", tenant: acme, password: x, queues: [more]}\n"
                            "  - {id: \"1003\", tenant: acme, password: x, queues: [more]}\n"
                            "numbers: [{number: \"+372100\", tenant: acme, queue: more}]\n";

static struct jf_acd *acd;
static struct jf_routing *routing;
static struct jf_directory *directory;

static struct jf_directory *parse(const char *yaml)
{
	struct jf_directory_file file = {"test.yaml", yaml, strlen(yaml)};
	struct jf_directory_options options = {.realm = "test", .base = "/"};
	struct jf_directory_errors errors;
	struct jf_directory *parsed;

	assert_int_equal(jf_directory_parse(&file, 1, &options, &parsed, &errors), 0);
	return parsed;
}

static void set(const char *yaml)
{
	struct jf_directory *coming = parse(yaml);

	assert_int_equal(jf_routing_set(routing, coming, 1), 0);
	jf_directory_destroy(directory);
	directory = coming;
}

static int set_up(void **state)
{
	(void)state;
	directory = NULL;
	assert_int_equal(jf_acd_create(&acd), 0);
	assert_int_equal(jf_routing_create(acd, &routing), 0);
	set(two_tenants);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	jf_routing_destroy(routing);
	jf_acd_destroy(acd);
	jf_directory_destroy(directory);
	return 0;
}

static void a_number_leads_to_its_tenants_queue(void **state)
{
	struct jf_route acme, bolt;

	(void)state;
	assert_int_equal(jf_routing_number(routing, "+372100", NULL, &acme), 0);
	assert_int_equal(jf_routing_number(routing, "372200", NULL, &bolt), 0);
	assert_string_equal(acme.queue->tenant, "acme");
	assert_string_equal(bolt.queue->tenant, "bolt");
	assert_false(jf_acd_ref_equal(acme.acd_queue, bolt.acd_queue));
	assert_int_equal(jf_routing_number(routing, "999", NULL, &acme), -ENOENT);
}

static void a_tenants_trunk_reaches_no_other_tenant(void **state)
{
	struct jf_route route;

	(void)state;
	assert_int_equal(jf_routing_number(routing, "+372100", "acme", &route), 0);
	assert_int_equal(jf_routing_number(routing, "+372100", "bolt", &route), -ENOENT);
}

static void a_new_directory_changes_members_in_place(void **state)
{
	struct jf_acd_ref agent = jf_routing_agent(routing, "1001"), queue;
	struct jf_acd_agent seen;
	struct jf_acd_queue in;
	uint32_t cursor = 0;

	(void)state;
	assert_int_equal(jf_acd_agent_phone(acd, agent, JF_AGENT_PHONE_REGISTERED, 1), 0);
	set(one_left);
	/* The same agent, still ready, in another queue. */
	assert_true(jf_acd_ref_equal(agent, jf_routing_agent(routing, "1001")));
	assert_int_equal(jf_acd_agent_get(acd, agent, &seen), 0);
	assert_int_equal(seen.state, JF_AGENT_READY);
	assert_int_equal(seen.n_queues, 1);
	assert_true(jf_acd_agent_queue_each(acd, agent, &cursor, &queue));
	assert_int_equal(jf_acd_queue_get(acd, queue, &in), 0);
	assert_string_equal(in.name, "more");
	assert_int_equal(jf_routing_agent(routing, "2001").index, JF_ACD_NONE);
	assert_int_equal(jf_routing_queue(routing, "bolt", "help").index, JF_ACD_NONE);
}

static void a_queue_that_is_gone_keeps_its_callers(void **state)
{
	struct jf_acd_arrival arrival = {.enqueued_ns = 1};
	struct jf_acd_ref queue = jf_routing_queue(routing, "bolt", "help"), entry;
	struct jf_acd_queue seen;
	struct jf_route route;

	(void)state;
	assert_int_equal(jf_acd_enqueue(acd, queue, &(struct jf_call_id){{0}}, &arrival, 1, &entry),
	                 0);
	set(one_left);
	assert_int_equal(jf_acd_queue_get(acd, queue, &seen), 0);
	assert_int_equal(seen.waiting, 1);
	assert_int_equal(jf_routing_number(routing, "+372200", NULL, &route), -ENOENT);
	/* It comes back before the caller left: the same queue, the same place. */
	set(two_tenants);
	assert_true(jf_acd_ref_equal(queue, jf_routing_queue(routing, "bolt", "help")));
	set(one_left);
	assert_int_equal(jf_acd_leave(acd, entry, true, 2), 0);
	assert_int_equal(jf_acd_queue_get(acd, queue, &seen), -ESTALE);
	/* And once more, as a new one. */
	set(two_tenants);
	assert_int_equal(jf_routing_number(routing, "+372200", NULL, &route), 0);
	assert_int_equal(jf_acd_queue_get(acd, route.acd_queue, &seen), 0);
}

static void an_agent_who_talks_leaves_when_the_call_is_over(void **state)
{
	struct jf_acd_ref agent = jf_routing_agent(routing, "2001"), entry;
	struct jf_acd_arrival arrival = {.enqueued_ns = 1};
	struct jf_acd_agent seen;

	(void)state;
	assert_int_equal(jf_acd_agent_phone(acd, agent, JF_AGENT_PHONE_REGISTERED, 1), 0);
	assert_int_equal(jf_acd_enqueue(acd, jf_routing_queue(routing, "bolt", "help"),
	                                &(struct jf_call_id){{0}}, &arrival, 1, &entry),
	                 0);
	assert_int_equal(jf_acd_answered(acd, entry, 2), 0);
	set(one_left);
	assert_int_equal(jf_acd_agent_get(acd, agent, &seen), 0);
	assert_int_equal(seen.state, JF_AGENT_TALKING);
	assert_int_equal(jf_acd_end(acd, entry, 3), 0);
	jf_routing_sweep(routing, 3);
	assert_int_equal(jf_acd_agent_get(acd, agent, &seen), -ESTALE);
}

/* The only queue that an agent is a member of. */
static const char *queue_of(struct jf_acd_ref agent)
{
	static struct jf_acd_queue in;
	struct jf_acd_ref queue;
	uint32_t cursor = 0;

	assert_true(jf_acd_agent_queue_each(acd, agent, &cursor, &queue));
	assert_int_equal(jf_acd_queue_get(acd, queue, &in), 0);
	assert_false(jf_acd_agent_queue_each(acd, agent, &cursor, &queue));
	return in.name;
}

static void nobody_is_found_as_the_former_directory_had_him(void **state)
{
	struct jf_acd_ref former = jf_routing_agent(routing, "1001"), gone;
	struct jf_directory *coming = parse(moved);
	struct jf_route route;
	unsigned steps = 0;

	(void)state;
	gone = jf_routing_agent(routing, "2001");
	assert_int_equal(jf_routing_begin(routing, coming, 2), 0);
	/* Calls are served by it already; agents who are looked for are as it has them. */
	assert_int_equal(jf_routing_number(routing, "+372200", NULL, &route), -ENOENT);
	assert_int_equal(jf_routing_number(routing, "+372100", NULL, &route), 0);
	assert_string_equal(route.queue->name, "more");
	assert_string_equal(queue_of(former), "help");
	assert_true(jf_acd_ref_equal(former, jf_routing_agent(routing, "1001")));
	assert_string_equal(queue_of(former), "more");
	assert_string_equal(queue_of(jf_routing_agent(routing, "1003")), "more");
	while (jf_routing_step(routing, 1, 3) > 0)
		steps++;
	assert_true(steps >= 3);
	assert_string_equal(queue_of(jf_routing_agent(routing, "1002")), "more");
	assert_int_equal(jf_routing_agent(routing, "2001").index, JF_ACD_NONE);
	assert_int_equal(jf_acd_agent_get(acd, gone, &(struct jf_acd_agent){0}), -ESTALE);
	assert_int_equal(jf_routing_queue(routing, "bolt", "help").index, JF_ACD_NONE);
	jf_directory_destroy(directory);
	directory = coming;
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
	        T(a_number_leads_to_its_tenants_queue),
	        T(a_tenants_trunk_reaches_no_other_tenant),
	        T(a_new_directory_changes_members_in_place),
	        T(a_queue_that_is_gone_keeps_its_callers),
	        T(an_agent_who_talks_leaves_when_the_call_is_over),
	        T(nobody_is_found_as_the_former_directory_had_him),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
