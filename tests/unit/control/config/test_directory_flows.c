// SPDX-License-Identifier: BSD-3-Clause
/* Flows as they are written: every mistake at its line, and what is exported makes the same. */
#include "directory_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define HEAD                                                                                       \
	"tenants: [{name: acme}]\n"                                                                \
	"queues: [{name: billing, tenant: acme}]\n"                                                \
	"agents: [{id: \"1001\", tenant: acme, password: x, skills: [gold 3]}]\n"                  \
	"calendars: [{name: office, tenant: acme, zone: UTC, week: {mon: [\"09:00-17:00\"]}}]\n"   \
	"flows:\n"                                                                                 \
	"  - name: main\n"                                                                         \
	"    tenant: acme\n"                                                                       \
	"    language: en\n"                                                                       \
	"    prompts: [{language: en, folder: prompts/en}, {language: de, folder: /p/de}]\n"       \
	"    hosts: [\"crm.example:8443\"]\n"                                                      \
	"    nodes:\n"
#define FIRST_LINE 12u /* of the nodes */

static const char everything[] = HEAD
        "      - {name: hello, play: {prompts: [welcome], whole: true}, next: topic}\n"
        "      - name: topic\n"
        "        menu: {prompts: [choose], silence: [nothing], invalid: [wrong], tries: 2,\n"
        "               timeout_ms: 4000, key: topic, fresh: true,\n"
        "               choices: [{key: \"1\", next: account}, {key: \"#\", next: hours}]}\n"
        "        failed: operator\n"
        "      - name: account\n"
        "        collect: {prompts: [enter], key: account, least: 4, most: 8, end: \"#\",\n"
        "                  luhn: true, from: 1000, to: 99999999, secret: true,\n"
        "                  timeout_ms: 6000, digit_timeout_ms: 2500, tries: 3}\n"
        "        next: lookup\n"
        "        failed: operator\n"
        "      - name: lookup\n"
        "        http: {method: POST, url: \"https://crm.example:8443/a/{account}\",\n"
        "               body: '{\"a\": \"{account}\"}', deadline_ms: 1500,\n"
        "               headers: [{name: Authorization, value: Bearer x}],\n"
        "               take: [{key: tier, from: customer.tier}]}\n"
        "        next: told\n"
        "        failed: operator\n"
        "      - {name: told, say: {prompts: [{prompt: balance}, {amount: \"{tier}\", \n"
        "            currency: eur}, {digits: \"{account}\"}]}, next: put}\n"
        "      - {name: put, set: {values: [{key: language, to: de}]}, next: tier}\n"
        "      - {name: tier, branch: {cases: [{when: tier == gold, next: gold}]}, next: more}\n"
        "      - {name: hours, calendar: {name: office, open: who, closed: message}}\n"
        "      - {name: who, caller: {vip: gold, known: later}, next: desk}\n"
        "      - {name: gold, queue: {name: billing, requires: [{skills: gold >= 3},\n"
        "            {skills: gold, after_s: 30}], priority: 800, language: de}, failed: bye}\n"
        "      - {name: desk, transfer: {to: \"agent:1001\"}}\n"
        "      - {name: message, voicemail: {queue: billing}}\n"
        "      - {name: later, callback: {queue: billing, number: \"{account}\"}}\n"
        "      - {name: more, flow: {name: cards}}\n"
        "      - {name: operator, queue: {name: billing}}\n"
        "      - {name: bye, hangup: true}\n"
        "  - {name: cards, tenant: acme, language: en, prompts: [{language: en, folder: /p}],\n"
        "     nodes: [{name: out, transfer: {to: \"outside:+3726001000\"}}]}\n"
        "numbers: [{number: \"6001\", tenant: acme, flow: main}]\n";

static void what_was_written_is_found(void **state)
{
	struct jf_directory *d = directory_lab_make(everything);
	const struct jf_ivr_flow *flow;
	const struct jf_ivr_node *node;

	(void)state;
	flow = jf_directory_number_find(d, "6001")->flow;
	assert_string_equal(flow->name, "main");
	assert_string_equal(flow->prompts[0].folder, "/srv/prompts/en");
	assert_string_equal(flow->prompts[1].folder, "/p/de");
	node = jf_ivr_node_find(flow, "topic");
	assert_int_equal(node->kind, JF_IVR_MENU);
	assert_true(node->fresh && !node->whole);
	assert_int_equal(node->input.tries, 2);
	assert_int_equal(node->n_ways, 3);
	node = jf_ivr_node_find(flow, "account");
	assert_true(node->input.secret && node->input.luhn && node->input.has_range);
	assert_int_equal(node->input.digit_ms, 2500);
	node = jf_ivr_node_find(flow, "gold");
	assert_int_equal(node->queue.n_steps, 2);
	assert_int_equal(node->queue.steps[1].after_ms, 30000);
	assert_int_equal(node->queue.priority, 800);
	node = jf_ivr_node_find(flow, "lookup");
	assert_string_equal(node->http.headers[0].value, "Bearer x");
	jf_directory_destroy(d);
}

static void an_export_makes_the_same(void **state)
{
	struct jf_directory *d = directory_lab_make(everything);

	(void)state;
	free(directory_lab_export(d));
	jf_directory_destroy(d);
}

static void a_change_names_the_nodes(void **state)
{
	struct jf_directory *d = directory_lab_make(everything), *other;
	struct jf_directory_diff *diff;
	char *text = strdup(everything), *at;

	(void)state;
	at = strstr(text, "tries: 2");
	at[7] = '5';
	at = strstr(text, "Bearer x");
	at[7] = 'y';
	other = directory_lab_make(text);
	assert_int_equal(jf_directory_compare(d, other, &diff), 0);
	assert_int_equal(diff->count, 1);
	assert_string_equal(diff->list[0].kind, "flow");
	assert_string_equal(diff->list[0].name, "acme/main");
	assert_string_equal(diff->list[0].fields, "topic, lookup");
	free(diff);
	free(text);
	jf_directory_destroy(other);
	jf_directory_destroy(d);
}

/* One mistake, at that line of the nodes (from 0) and column. */
static void expect(const char *nodes, uint32_t line, uint32_t column, const char *message)
{
	char text[4096];

	snprintf(text, sizeof(text), "%s%s", HEAD, nodes);
	directory_lab_expect(text, FIRST_LINE + line, column, message);
	assert_int_equal(directory_lab_errors.count, 1);
}

#define BYE "      - {name: bye, hangup: true}\n"

static void mistakes_are_where_they_are(void **state)
{
	(void)state;
	expect("      - {name: a, play: {prompts: [x]}, next: b}\n" BYE, 0, 47,
	       "there is no node \"b\"");
	expect("      - {name: a, hangup: true}\n" BYE, 1, 9, "no way leads to \"bye\"");
	expect("      - {name: a, play: {prompts: [x]}, next: b}\n"
	       "      - {name: b, play: {prompts: [y]}, next: a}\n",
	       0, 9, "a loop without input: a, b");
	expect("      - name: a\n"
	       "        menu: {prompts: [x], choices: [{key: \"1\", next: bye}]}\n" BYE,
	       0, 9, "a menu needs \"failed\"");
	expect("      - {name: a, queue: {name: sales}}\n", 0, 33, "no such queue");
	expect("      - {name: a, queue: {name: billing, requires: [{skills: gold >}]}}\n", 0, 62,
	       "gold >");
	expect("      - {name: a, calendar: {name: x, open: bye, closed: bye}}\n" BYE, 0, 36,
	       "no such calendar");
	expect("      - {name: a, transfer: {to: \"agent:9\"}}\n", 0, 34, "no such agent");
	expect("      - {name: a, survey: {name: after}}\n", 0, 34, "no such survey");
	expect("      - {name: a, play: {prompts: [x]}, hangup: true, next: a}\n", 0, 9,
	       "one of play, say");
	expect("      - {name: a, say: {prompts: [{currency: eur}]}, next: bye}\n" BYE, 0, 35,
	       "one of prompt, number");
	expect("      - {name: a, http: {url: \"http://other/\"}, next: bye, failed: bye}\n" BYE, 0,
	       31, "\"other\" is not among the flow's hosts");
}

/* Each that no way leads to; circles of one node, of questions that nobody asks the caller, and
 * over another flow. */
static void nodes_that_none_or_too_many_ways_lead_to(void **state)
{
	(void)state;
	expect("      - {name: a, hangup: true}\n"
	       "      - name: left\n"
	       "        menu: {prompts: [x], choices: [{key: \"1\", next: left}]}\n"
	       "        failed: a\n",
	       1, 9, "no way leads to \"left\"");
	expect("      - {name: a, set: {values: [{key: k, to: v}]}, next: a}\n", 0, 9,
	       "a loop without input: a");
	expect("      - {name: a, calendar: {name: office, open: b, closed: bye}}\n"
	       "      - {name: b, caller: {vip: a}, next: bye}\n" BYE,
	       0, 9, "a loop without input: a, b");
	expect("      - {name: a, queue: {name: billing}, failed: a}\n", 0, 9,
	       "a loop without input: a");
	expect("      - {name: a, flow: {name: other}}\n"
	       "  - {name: other, tenant: acme, language: en, prompts: [{language: en,\n"
	       "     folder: /p}], nodes: [{name: b, flow: {name: main}}]}\n",
	       0, 9, "a loop without input");
	/* A menu that waits for keys is none. */
	jf_directory_destroy(directory_lab_parse(
	        HEAD "      - name: a\n"
	             "        menu: {prompts: [x], choices: [{key: \"1\", next: a}]}\n"
	             "        failed: bye\n" BYE));
	assert_int_equal(directory_lab_errors.count, 0);
}

static void prompts_have_to_be_there(void **state)
{
	(void)state;
	directory_lab_missing = "en/wrong.wav";
	expect("      - name: a\n"
	       "        menu:\n"
	       "          prompts: [choose]\n"
	       "          invalid: [other, wrong]\n"
	       "          choices: [{key: \"1\", next: bye}]\n"
	       "        failed: bye\n" BYE,
	       3, 28, "/srv/prompts/en/wrong.wav: No such file");
	expect("      - {name: a, play: {prompts: [hello, wrong]}, next: bye}\n" BYE, 0, 43,
	       "/srv/prompts/en/wrong.wav: No such file");
	expect("      - {name: a, say: {prompts: [{prompt: wrong}]}, next: bye}\n" BYE, 0, 35,
	       "/srv/prompts/en/wrong.wav: No such file");
	directory_lab_missing = "/p/de"; /* what another language lacks is heard in the first */
	jf_directory_destroy(directory_lab_parse(everything));
	assert_int_equal(directory_lab_errors.count, 0);
	directory_lab_missing = NULL;
}

static void numbers_lead_to_flows_of_their_tenant(void **state)
{
	(void)state;
	expect(BYE "numbers:\n  - {number: \"6001\", tenant: acme, flow: none}\n", 2, 42,
	       "has no flow \"none\"");
	expect(BYE "numbers:\n  - {number: \"6001\", tenant: acme, flow: main, queue: billing}\n",
	       2, 5, "either a queue, a flow or forward");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_was_written_is_found),
	        cmocka_unit_test(an_export_makes_the_same),
	        cmocka_unit_test(a_change_names_the_nodes),
	        cmocka_unit_test(mistakes_are_where_they_are),
	        cmocka_unit_test(nodes_that_none_or_too_many_ways_lead_to),
	        cmocka_unit_test(prompts_have_to_be_there),
	        cmocka_unit_test(numbers_lead_to_flows_of_their_tenant),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
