// SPDX-License-Identifier: BSD-3-Clause
/* Rules, skills, calendars and customers in a directory. */
#include "directory_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TENANT "tenants: [{name: acme}]\n"

static const char whole[] =
        "tenants:\n"
        "  - name: acme\n"
        "    zone: Europe/Tallinn\n"
        "    codes: {ready: \"*50\", not_ready: \"*51\", wrap_up_end: \"*52\", logout: \"*53\"}\n"
        "    reasons: [lunch, training]\n"
        "calendars:\n"
        "  - name: office\n"
        "    tenant: acme\n"
        "    zone: Europe/Tallinn\n"
        "    week: {mon: [\"09:00-12:00\", \"13:00-17:00\"], fri: [\"22:00-06:00\"]}\n"
        "    holidays:\n"
        "      - {date: 12-24, name: Christmas Eve, open: [\"09:00-12:00\"]}\n"
        "      - {date: 2027-05-14}\n"
        "queues:\n"
        "  - name: billing\n"
        "    tenant: acme\n"
        "    agents_by: most skilled\n"
        "    calls_by: ageing priority, then age\n"
        "    ageing: 6\n"
        "    priority_cap: 700\n"
        "    age_cap_s: 600\n"
        "    short_abandon_s: 5\n"
        "    service_level: {threshold_s: 30, target: 90}\n"
        "    wrap_up_s: 20\n"
        "    wrap_up_extend_s: 60\n"
        "    last_agent_s: 15\n"
        "    requires:\n"
        "      - skills: billing>=3 and (estonian)\n"
        "      - {skills: billing, after_s: 30}\n"
        "      - {skills: \"\", after_s: 90}\n"
        "    overflow:\n"
        "      - {after_s: 60, to: sales}\n"
        "      - {length: 20, to: sales}\n"
        "      - {estimated_wait_s: 300, to: night}\n"
        "      - {no_agents: true, to: night}\n"
        "    calendar: office\n"
        "    closed: {prompt: closed.wav, queue: night, waiting: move}\n"
        "  - {name: sales, tenant: acme, wrap_up: open, closed: {forward: \"+3725551234\"}}\n"
        "  - {name: night, tenant: acme, agents_by: simultaneous ring, ring_at_once: 4}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, skills: [estonian, billing 5],\n"
        "     idle_through: [outbound, wrap-up], capacity: 2}\n"
        "numbers:\n"
        "  - {number: \"100\", tenant: acme, queue: billing, priority: 100, language: et,\n"
        "     requires: [{skills: estonian}], data: [{name: campaign, value: spring}]}\n"
        "callers:\n"
        "  - {number: \"+37255500001\", tenant: acme, name: Company 1, vip: true,\n"
        "     agent: \"1001\", agent_s: 40, data: [{name: customer, value: \"4711\"}]}\n";

static void rules_are_read(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	const struct jf_directory_queue *q = jf_directory_queue_find(d, "acme", "billing");
	const struct jf_directory_rules *r = &q->rules;

	(void)state;
	assert_int_equal(directory_lab_errors.count, 0);
	assert_int_equal(r->agents_by, JF_ACD_AGENTS_BY_MOST_SKILLED);
	assert_int_equal(r->calls_by, JF_ACD_CALLS_BY_AGEING);
	assert_int_equal(r->ageing, 6);
	assert_int_equal(r->priority_cap, 700);
	assert_int_equal(r->age_cap_ms, 600000);
	assert_int_equal(r->threshold_ms, 30000);
	assert_int_equal(r->target, 90);
	assert_int_equal(r->n_steps, 3);
	assert_string_equal(r->steps[0].skills, "billing >= 3 and estonian");
	assert_string_equal(r->steps[2].skills, "");
	assert_int_equal(r->steps[2].after_ms, 90000);
	assert_int_equal(r->n_overflow, 4);
	assert_int_equal(r->overflow[1].when, JF_ACD_OVERFLOW_BY_LENGTH);
	assert_int_equal(r->overflow[1].limit, 20);
	assert_string_equal(r->overflow[2].to->name, "night");
	assert_int_equal(r->closed.waiting, JF_ACD_CLOSING_MOVE);
	assert_string_equal(r->closed.prompt, "/srv/closed.wav");
	assert_string_equal(r->closed.queue->name, "night");
	q = jf_directory_queue_find(d, "acme", "night");
	assert_int_equal(q->rules.agents_by, JF_ACD_AGENTS_BY_SIMULTANEOUS);
	assert_int_equal(q->rules.ring_at_once, 4);
	q = jf_directory_queue_find(d, "acme", "sales");
	assert_true(q->rules.wrap_up_open);
	assert_string_equal(q->rules.closed.forward, "+3725551234");
	assert_int_equal(jf_directory_agent_find(d, "1001")->abilities.capacity, 2);
	/* Who says nothing has the usual. */
	assert_int_equal(q->rules.agents_by, JF_ACD_AGENTS_BY_IDLE);
	assert_int_equal(q->rules.ring_at_once, 0);
	assert_int_equal(q->rules.threshold_ms, 20000);
	assert_int_equal(q->rules.target, 80);
	assert_null(q->rules.calendar);
	jf_directory_destroy(d);
}

static void agents_numbers_and_customers_are_read(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	const struct jf_directory_agent *agent = jf_directory_agent_find(d, "1001");
	const struct jf_directory_number *number = jf_directory_number_find(d, "100");
	const struct jf_directory_caller *caller;
	const struct jf_directory_desk *desk = &jf_directory_tenant_find(d, "acme")->desk;

	(void)state;
	assert_int_equal(agent->abilities.n_skills, 2);
	assert_string_equal(agent->abilities.skills[0].name, "billing");
	assert_int_equal(agent->abilities.skills[0].level, 5);
	assert_int_equal(agent->abilities.skills[1].level, 1);
	assert_int_equal(agent->abilities.idle_through,
	                 JF_ACD_IDLE_THROUGH_WRAPUP | JF_ACD_IDLE_THROUGH_OUTBOUND);
	assert_int_equal(number->wants.priority, 100);
	assert_string_equal(number->wants.language, "et");
	assert_string_equal(number->wants.steps[0].skills, "estonian");
	assert_string_equal(number->wants.data[0].value, "spring");
	caller = jf_directory_caller_find(d, "acme", "37255500001");
	assert_non_null(caller);
	assert_ptr_equal(caller, jf_directory_caller_find(d, "acme", "+37255500001"));
	assert_null(jf_directory_caller_find(d, "other", "37255500001"));
	assert_true(caller->vip);
	assert_int_equal(caller->wants.priority, JF_DIRECTORY_VIP_PRIORITY);
	assert_string_equal(caller->agent, "1001");
	assert_int_equal(caller->agent_ms, 40000);
	assert_string_equal(desk->zone_name, "Europe/Tallinn");
	assert_string_equal(desk->codes.not_ready, "*51");
	assert_null(desk->codes.wrap_up_extend);
	assert_int_equal(desk->n_reasons, 2);
	assert_string_equal(desk->reasons[1], "training");
	jf_directory_destroy(d);
}

/* 2027-01-04 is a Monday; Tallinn is two hours ahead then. */
#define MONDAY_MIDNIGHT_UTC 1799013600

static void calendars_are_of_their_time_zone(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);
	const struct jf_calendar *c = &jf_directory_calendar_find(d, "acme", "office")->hours;

	(void)state;
	assert_false(jf_calendar_at(c, MONDAY_MIDNIGHT_UTC + 9 * 3600 - 1).is_open);
	assert_true(jf_calendar_at(c, MONDAY_MIDNIGHT_UTC + 9 * 3600).is_open);
	assert_false(jf_calendar_at(c, MONDAY_MIDNIGHT_UTC + 12 * 3600).is_open);
	assert_true(jf_calendar_at(c, MONDAY_MIDNIGHT_UTC + 13 * 3600).is_open);
	/* From Friday evening into Saturday. */
	assert_true(jf_calendar_at(c, MONDAY_MIDNIGHT_UTC + (5 * 24 + 3) * 3600).is_open);
	assert_null(jf_directory_calendar_find(d, "acme", "offic"));
	jf_directory_destroy(d);
}

static void an_export_makes_no_difference(void **state)
{
	struct jf_directory *d = directory_lab_make(whole);

	(void)state;
	free(directory_lab_export(d));
	jf_directory_destroy(d);
}

static void changes_are_told_by_field(void **state)
{
	static const char other[] = TENANT
	        "queues:\n"
	        "  - {name: billing, tenant: acme, requires: [{skills: a}], short_abandon_s: 3}\n"
	        "  - {name: sales, tenant: acme, overflow: [{after_s: 5, to: billing}]}\n"
	        "agents: [{id: \"1\", tenant: acme, password: x, skills: [a 2]}]\n"
	        "callers: [{number: \"200\", tenant: acme, vip: true}]\n"
	        "calendars: [{name: o, tenant: acme, zone: UTC, week: {sun: [\"08:00-24:00\"]}}]\n";
	struct jf_directory *a =
	        directory_lab_make(TENANT "queues:\n"
	                                  "  - {name: billing, tenant: acme}\n"
	                                  "  - {name: sales, tenant: acme}\n"
	                                  "agents: [{id: \"1\", tenant: acme, password: x}]\n"
	                                  "callers: [{number: \"200\", tenant: acme}]\n"
	                                  "calendars: [{name: o, tenant: acme, zone: UTC}]\n");
	struct jf_directory *b = directory_lab_make(other);
	static const char *const told[][2] = {
	        {"acme/billing", "short_abandon_s, requires"},
	        {"acme/sales", "overflow"},
	        {"1", "skills"},
	        {"acme/o", "week"},
	        {"acme/200", "priority, vip"},
	};
	struct jf_directory_diff *diff;

	(void)state;
	assert_int_equal(jf_directory_compare(a, b, &diff), 0);
	assert_int_equal(diff->count, 5);
	for (size_t i = 0; i < diff->count; i++) {
		assert_string_equal(diff->list[i].name, told[i][0]);
		assert_string_equal(diff->list[i].fields, told[i][1]);
	}
	free(diff);
	jf_directory_destroy(a);
	jf_directory_destroy(b);
}

struct mistake {
	const char *yaml;
	unsigned line, column;
	const char *message;
};

#define QUEUE(rest) TENANT "queues:\n  - {name: q, tenant: acme, " rest "}\n"
#define TWO(a, b)                                                                                  \
	TENANT "queues:\n  - {name: a, tenant: acme, " a "}\n  - {name: b, tenant: acme, " b "}\n"

static const struct mistake mistakes[] = {
        {QUEUE("agents_by: longest"), 3, 40, "one of: longest idle; most skilled"},
        {QUEUE("calls_by: luck"), 3, 39, "one of: head, then age; priority"},
        {QUEUE("ageing: 6"), 3, 37, "go together"},
        {QUEUE("calls_by: \"ageing priority, then age\""), 3, 39, "go together"},
        {QUEUE("agents_by: simultaneous ring, ring_at_once: 11"), 3, 73, "11: from 1 to 10"},
        {QUEUE("ring_at_once: 3"), 3, 43, "goes with \"simultaneous ring\""},
        {TENANT "agents:\n  - {id: a, tenant: acme, password: x, capacity: 9}\n", 3, 50,
         "9: from 1 to 8 calls at once"},
        {QUEUE("priority_cap: 1001"), 3, 43, "1001: from 0 to 1000"},
        {QUEUE("wrap_up: short"), 3, 38, "fixed or open"},
        {QUEUE("wrap_up: open, wrap_up_s: 5"), 3, 55, "no end of its own"},
        {QUEUE("service_level: {target: 101}"), 3, 53, "101: from 1 to 100"},
        {QUEUE("requires: [{skills: \"a >=\"}]"), 3, 49, "at its character"},
        {QUEUE("requires: [{skills: a}, {skills: b}]"), 3, 53, "later than the step"},
        {QUEUE("requires: [{skills: a, after_s: 3}]"), 3, 61, "asked for at once"},
        {QUEUE("overflow: [{after_s: 5, to: nowhere}]"), 3, 57, "has no queue \"nowhere\""},
        {TWO("overflow: [{to: b}]", "wrap_up_s: 1"), 3, 40, "one of after_s"},
        {QUEUE("overflow: [{after_s: 5, to: q}]"), 3, 39, "a circle"},
        {TWO("overflow: [{length: 5, to: b}]", "overflow: [{after_s: 5, to: a}]"), 4, 39,
         "\"a\" overflows to this queue: a circle"},
        {TWO("closed: {queue: b}", "closed: {queue: a}"), 3, 45, "in a circle"},
        {QUEUE("closed: {waiting: move}"), 3, 47, "no queue to move to"},
        {QUEUE("closed: {waiting: sing}"), 3, 47, "serve, release or move"},
        {QUEUE("calendar: none"), 3, 39, "has no calendar \"none\""},
        {TENANT "calendars: [{name: c, tenant: acme, zone: Europe/Tartu}]\n", 2, 43,
         "no time zone of the IANA database"},
        {TENANT "calendars: [{name: c, tenant: acme, zone: ../../etc/passwd}]\n", 2, 43,
         "no time zone of the IANA database"},
        {TENANT "calendars:\n  - {name: c, tenant: acme, zone: UTC,\n"
                "     week: {mon: [\"9:00-17:00\"]}}\n",
         4, 18, "a span such as"},
        {TENANT "calendars:\n  - {name: c, tenant: acme, zone: UTC,\n"
                "     week: {mon: [\"09:00-17:00\", \"16:00-18:00\"]}}\n",
         4, 18, "rise and lie apart"},
        {TENANT "calendars:\n  - {name: c, tenant: acme, zone: UTC,\n"
                "     holidays: [{date: 2027-02-29}]}\n",
         4, 24, "a date such as"},
        {TENANT "agents: [{id: \"1\", tenant: acme, password: x, skills: [a 11]}]\n", 2, 56,
         "from 1 to 10"},
        {TENANT "agents: [{id: \"1\", tenant: acme, password: x, skills: [a, a 2]}]\n", 2, 59,
         "is there twice"},
        {TENANT "agents: [{id: \"1\", tenant: acme, password: x, idle_through: [lunch]}]\n", 2, 62,
         "wrap-up, break"},
        {TENANT "callers: [{number: \"1a\", tenant: acme}]\n", 2, 20, "2 to 15 digits"},
        {TENANT "callers: [{number: \"100\", tenant: acme, agent: \"7\"}]\n", 2, 48,
         "has no agent \"7\""},
        {TENANT "callers: [{number: \"100\", tenant: acme}, {number: \"+100\", tenant: "
                "acme}]\n",
         2, 51, "is there already"},
        {"tenants: [{name: acme, codes: {ready: \"50\"}}]\n", 1, 39, "such as *50"},
        {"tenants: [{name: acme, codes: {ready: \"*511\", not_ready: \"*51\"}}]\n", 1, 58,
         "the same as codes.ready"},
};

static void mistakes_are_told_where_they_stand(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++)
		directory_lab_expect(mistakes[i].yaml, mistakes[i].line, mistakes[i].column,
		                     mistakes[i].message);
}

static void skills_that_nobody_has_are_warned_of(void **state)
{
	struct jf_directory *d = directory_lab_parse(
	        TENANT
	        "queues:\n"
	        "  - {name: q, tenant: acme, requires: [{skills: \"a >= 3 and not gold\"}]}\n"
	        "agents: [{id: \"1\", tenant: acme, password: x, skills: [a 2]}]\n");

	(void)state;
	assert_non_null(d);
	assert_int_equal(directory_lab_errors.count, 1);
	assert_int_equal(directory_lab_errors.warnings, 1);
	assert_true(directory_lab_errors.list[0].is_warning);
	assert_int_equal(directory_lab_errors.list[0].line, 3);
	assert_int_equal(directory_lab_errors.list[0].column, 49);
	assert_string_equal(directory_lab_errors.list[0].message,
	                    "no agent has the skill \"gold\"");
	jf_directory_destroy(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rules_are_read),
	        cmocka_unit_test(agents_numbers_and_customers_are_read),
	        cmocka_unit_test(calendars_are_of_their_time_zone),
	        cmocka_unit_test(an_export_makes_no_difference),
	        cmocka_unit_test(changes_are_told_by_field),
	        cmocka_unit_test(mistakes_are_told_where_they_stand),
	        cmocka_unit_test(skills_that_nobody_has_are_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
