// SPDX-License-Identifier: BSD-3-Clause
/* Callers in flows: what they hear, where they come out, and what is left of it. */
#include "world.h"
#include "world_http.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_call_priv.h"

static const char flows_yaml[] =
        "tenants: [{name: acme, outgoing: {country: \"372\", allow: [\"+372\"]}}]\n"
        "trunks: [{name: carrier, tenant: acme, addresses: [\"192.0.2.1/32\"]}]\n"
        "surveys:\n"
        "  - {name: after, tenant: acme, thanks: /bye.wav,\n"
        "     questions: [{kind: csat, prompt: /ask.wav}]}\n"
        "queues:\n"
        "  - {name: billing, tenant: acme, music: /moh.wav, voicemail: {greeting: /nobody.wav}}\n"
        "  - {name: sales, tenant: acme, music: /sales.wav}\n"
        "agents:\n"
        "  - {id: \"1001\", tenant: acme, password: x, queues: [billing], skills: [gold 2]}\n"
        "  - {id: \"1002\", tenant: acme, password: x, queues: [sales]}\n"
        "callers: [{number: \"+37255500001\", tenant: acme, vip: true}]\n"
        "flows:\n"
        "  - name: main\n"
        "    tenant: acme\n"
        "    language: en\n"
        "    prompts: [{language: en, folder: /en}, {language: de, folder: /de}]\n"
        "    hosts: [crm.example]\n"
        "    nodes:\n"
        "      - {name: hello, play: {prompts: [hello]}, next: menu}\n"
        "      - name: menu\n"
        "        menu: {prompts: [choose], timeout_ms: 4000, tries: 2, key: topic,\n"
        "               choices: [{key: \"1\", next: billing}, {key: \"2\", next: card},\n"
        "                         {key: \"3\", next: lookup}, {key: \"4\", next: desk},\n"
        "                         {key: \"5\", next: german}, {key: \"6\", next: message},\n"
        "                         {key: \"7\", next: number}, {key: \"8\", next: rate}]}\n"
        "        failed: bye\n"
        "      - {name: billing, queue: {name: billing, requires: [{skills: gold}],\n"
        "                                priority: 7}}\n"
        "      - name: card\n"
        "        collect: {prompts: [card], key: card, most: 4, secret: true}\n"
        "        next: sales\n"
        "        failed: bye\n"
        "      - {name: sales, queue: {name: sales}}\n"
        "      - name: lookup\n"
        "        http: {url: \"http://crm.example/{call.caller}\", deadline_ms: 1500,\n"
        "               headers: [{name: X-Key, value: hush}],\n"
        "               take: [{key: tier, from: list.0.tier}, {key: n, from: n}]}\n"
        "        next: tier\n"
        "        failed: bye\n"
        "      - {name: tier, branch: {cases: [{when: tier == gold, next: billing}]}, next: "
        "sales}\n"
        "      - {name: desk, transfer: {to: \"agent:1002\"}, failed: busy}\n"
        "      - {name: busy, play: {prompts: [busy]}, next: bye}\n"
        "      - {name: german, set: {values: [{key: language, to: de}]}, next: hello}\n"
        "      - {name: message, voicemail: {queue: billing}, failed: bye}\n"
        "      - {name: number, callback: {queue: billing}, failed: bye}\n"
        "      - {name: rate, survey: {name: after}, failed: bye}\n"
        "      - {name: bye, hangup: true}\n"
        "numbers:\n"
        "  - {number: \"600\", tenant: acme, flow: main}\n"
        "  - {number: \"100\", tenant: acme, queue: billing}\n";

static int set_up(void **state)
{
	(void)state;
	world_begin();
	world_apply(flows_yaml);
	world_register("1001");
	world_register("1002");
	return 0;
}

static struct jf_call *only_call(void)
{
	return JF_CONTAINER(world.calls->calls.head.next, struct jf_call, link);
}

static const char *hears(void)
{
	for (unsigned int i = 0; i < WORLD_ENDPOINTS; i++)
		if (world.endpoints[i].open)
			return world.endpoints[i].sound;
	return "";
}

/* In the flow, at its menu. */
static struct jf_leg *at_menu(void)
{
	struct jf_leg *caller = world_caller_greeted("600");

	assert_string_equal(hears(), "/en/hello.wav");
	world_played();
	assert_string_equal(hears(), "/en/choose.wav");
	return caller;
}

static void press(const char *keys)
{
	for (; *keys; keys++)
		world_media_digit(4000, *keys, false);
}

static const char *path_of(const json_t *call)
{
	static char text[512];
	const json_t *path = json_object_get(json_object_get(call, "flow"), "path");
	size_t i;
	json_t *step;

	text[0] = '\0';
	json_array_foreach((json_t *)(uintptr_t)path, i, step)
	{
		const char *input = json_string_value(json_object_get(step, "input"));
		size_t length = strlen(text);

		snprintf(text + length, sizeof(text) - length, "%s%s:%s%s%s", i ? " " : "",
		         json_string_value(json_object_get(step, "node")),
		         json_string_value(json_object_get(step, "way")), input ? "=" : "",
		         input ? input : "");
	}
	return text;
}

static const char *wanted(const char *key)
{
	return jf_call_wants_data(&only_call()->wants, key);
}

static void a_key_leads_to_the_queue_with_its_skills(void **state)
{
	struct jf_leg *caller = at_menu();
	const struct jf_call *call = only_call();
	json_t *json;

	(void)state;
	assert_int_equal(call->state, JF_CALL_FLOW);
	press("1");
	assert_string_equal(call->queue_name, "billing");
	assert_int_equal(call->state, JF_CALL_RINGING); /* 1001 has the skill */
	assert_string_equal(call->agent->name, "1001");
	assert_int_equal(call->wants.priority, 7);
	assert_int_equal(call->wants.n_steps, 1);
	assert_string_equal(call->wants.language, "en");
	assert_string_equal(wanted("topic"), "1");
	assert_null(call->flow);
	json = jf_view_call(world.calls, &call->id);
	assert_string_equal(path_of(json), "hello:next menu:key=1 billing:end");
	json_decref(json);
	assert_non_null(strstr(world.events, "call.flow"));
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 0);
}

static void who_says_nothing_is_let_go(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	world_played();
	world_advance(4100);
	assert_string_equal(hears(), "/en/choose.wav");
	world_played();
	world_advance(4100);
	assert_string_equal(caller->said, "end");
	world_advance(6000);
	assert_string_equal(json_string_value(json_object_get(world.last_record, "outcome")),
	                    "released");
	assert_string_equal(path_of(world.last_record), "hello:next menu:silence bye:end");
}

static void who_hangs_up_is_abandoned_in_the_flow(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(6000);
	assert_string_equal(json_string_value(json_object_get(world.last_record, "outcome")),
	                    "abandoned");
	assert_string_equal(path_of(world.last_record), "hello:next menu:hung up");
	assert_true(json_is_null(json_object_get(world.last_record, "queued_utc")) ||
	            !json_object_get(world.last_record, "queued_utc"));
}

static void card_numbers_are_nowhere(void **state)
{
	struct jf_leg *caller = at_menu();
	char *text;

	(void)state;
	press("2");
	assert_string_equal(hears(), "/en/card.wav");
	press("4711");
	assert_string_equal(only_call()->queue_name, "sales");
	assert_null(wanted("card"));
	world_advance(100);
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(6000);
	text = json_dumps(world.last_record, 0);
	assert_null(strstr(text, "4711"));
	assert_non_null(strstr(text, "****"));
	assert_null(strstr(world.events, "4711"));
	assert_null(strstr(world.events, "call.digit"));
	free(text);
}

static void a_server_is_asked_and_its_answer_decides(void **state)
{
	(void)state;
	at_menu();
	press("3");
	assert_string_equal(world_http_url, "GET http://crm.example/37255500001 ");
	assert_string_equal(world_http_header, "X-Key: hush");
	assert_true(world_http_answer(200, "{\"list\": [{\"tier\": \"gold\"}], \"n\": 3}"));
	assert_string_equal(only_call()->queue_name, "billing");
	assert_string_equal(wanted("tier"), "gold");
	assert_string_equal(wanted("n"), "3");
}

static void a_server_that_hangs_is_left(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	press("3");
	world_advance(1400);
	assert_string_equal(caller->said, "answer");
	world_advance(200);
	assert_string_equal(caller->said, "end");
	assert_false(world_http_answer(200, "{}")); /* nobody waits any more */
}

static void an_answer_that_is_none_is_a_failure(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	press("3");
	assert_true(world_http_answer(200, "<html>"));
	assert_string_equal(caller->said, "end");
}

static void an_agent_is_called_by_name_and_answers(void **state)
{
	struct jf_media_desc desc = world_desc(JF_LAW_PCMA, 5000);
	struct jf_leg *agent;

	(void)state;
	at_menu();
	press("4");
	assert_int_equal(only_call()->state, JF_CALL_FORWARDING);
	agent = world_leg_to("1002");
	world_leg(agent, JF_LEG_ANSWERED, 200, &desc);
	assert_int_equal(only_call()->state, JF_CALL_TALKING);
	assert_string_equal(only_call()->agent->name, "1002");
	assert_true(only_call()->answered);
	world_leg_ended(agent, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(6000);
	assert_string_equal(json_string_value(json_object_get(world.last_record, "outcome")),
	                    "answered");
}

static void who_does_not_answer_leads_back_into_the_flow(void **state)
{
	(void)state;
	at_menu();
	press("4");
	world_leg_ended(world_leg_to("1002"), JF_LEG_END_REJECTED_BY_PEER, 486);
	assert_int_equal(only_call()->state, JF_CALL_FLOW);
	assert_string_equal(hears(), "/en/busy.wav");
	world_played();
	world_advance(6000);
	assert_string_equal(path_of(world.last_record),
	                    "hello:next menu:key=4 desk:refused busy:next bye:end");
}

static void what_a_language_lacks_is_heard_in_the_first(void **state)
{
	(void)state;
	world.missing = "/de/choose";
	at_menu();
	press("5");
	assert_string_equal(hears(), "/de/hello.wav");
	world_played();
	assert_string_equal(hears(), "/en/choose.wav");
	assert_non_null(strstr(world.events, "prompt.missing"));
}

static void a_prompt_that_is_gone_is_passed_over(void **state)
{
	(void)state;
	world.missing = "hello";
	world_caller_greeted("600");
	world_advance(1);
	assert_string_equal(hears(), "/en/choose.wav");
	assert_non_null(strstr(world.events, "prompt.missing"));
}

static void callers_inside_keep_their_flow(void **state)
{
	static char other[sizeof(flows_yaml)];
	struct jf_leg *caller = at_menu();
	char *at;

	(void)state;
	memcpy(other, flows_yaml, sizeof(flows_yaml));
	at = strstr(other, "[choose]");
	memcpy(at, "[chosen]", 8);
	world_apply(other);
	world_played();
	world_advance(4100);
	assert_string_equal(hears(), "/en/choose.wav");
	press("1");
	assert_string_equal(only_call()->queue_name, "billing");
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(6000);
	world_caller_greeted("600");
	world_played();
	assert_string_equal(hears(), "/en/chosen.wav");
}

static void after_a_restart_the_caller_is_at_its_menu(void **state)
{
	(void)state;
	at_menu();
	press("2");
	world_advance(100);
	world_restart();
	assert_int_equal(only_call()->state, JF_CALL_FLOW);
	assert_string_equal(hears(), "/en/card.wav");
	assert_string_equal(wanted("topic"), "2");
	press("4711");
	assert_string_equal(only_call()->queue_name, "sales");
}

static const char *outcome(void)
{
	return json_string_value(json_object_get(world.last_record, "outcome"));
}

/* By INFO it need not wait whether the media bring the same press. */
static void a_key_by_info_is_taken_at_once_and_once(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	world_leg_digit(caller, '5');
	assert_string_equal(hears(), "/de/hello.wav");
	assert_int_equal(json_array_size(only_call()->path), 3); /* hello, menu, german */
	world_advance(30);
	world_media_digit(4000, '5', false); /* the same: it does not stop this one */
	assert_int_equal(json_array_size(only_call()->path), 3);
	world_media_digit(4000, '5', false); /* another one */
	assert_int_equal(json_array_size(only_call()->path), 6);
	world_advance(200);
	/* In the media first: the INFO is the same. */
	world_media_digit(4000, '5', false);
	world_leg_digit(caller, '5');
	world_advance(200);
	world_leg_digit(caller, '2');
	assert_string_equal(hears(), "/de/card.wav");
}

static void a_message_is_asked_for_after_the_flow(void **state)
{
	struct jf_leg *caller = at_menu();

	(void)state;
	press("6");
	assert_string_equal(world_call_state(), "voicemail");
	assert_string_equal(hears(), "/nobody.wav");
	world_played();
	assert_string_equal(hears(), "/beep.wav");
	world_played();
	assert_non_null(strstr(world.events, "voicemail.recording"));
	world_leg_ended(caller, JF_LEG_END_BYE_BY_PEER, 0);
	world_advance(6000);
	assert_string_equal(outcome(), "voicemail");
	assert_string_equal(path_of(world.last_record), "hello:next menu:key=6 message:end");
}

static void whoever_left_its_number_in_a_flow_is_let_go(void **state)
{
	(void)state;
	at_menu();
	press("7");
	assert_string_equal(world_call_state(), "leaving");
	world_advance(1); /* nothing to be said */
	world_advance(6000);
	assert_string_equal(outcome(), "callback");
	assert_string_equal(path_of(world.last_record), "hello:next menu:key=7 number:end");
}

static void a_survey_at_the_end_of_a_flow_is_answered(void **state)
{
	const json_t *answers;

	(void)state;
	at_menu();
	press("8");
	assert_string_equal(world_call_state(), "survey");
	assert_string_equal(hears(), "/ask.wav");
	world_played();
	press("5");
	assert_string_equal(hears(), "/bye.wav");
	world_played();
	world_advance(6000);
	assert_string_equal(outcome(), "released");
	answers = json_object_get(json_object_get(world.last_record, "survey"), "answers");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(answers, 0), "answer")),
	                 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, world_tear_down)
	        TEST(a_key_leads_to_the_queue_with_its_skills),
	        TEST(who_says_nothing_is_let_go),
	        TEST(who_hangs_up_is_abandoned_in_the_flow),
	        TEST(card_numbers_are_nowhere),
	        TEST(a_server_is_asked_and_its_answer_decides),
	        TEST(a_server_that_hangs_is_left),
	        TEST(an_answer_that_is_none_is_a_failure),
	        TEST(an_agent_is_called_by_name_and_answers),
	        TEST(who_does_not_answer_leads_back_into_the_flow),
	        TEST(what_a_language_lacks_is_heard_in_the_first),
	        TEST(a_prompt_that_is_gone_is_passed_over),
	        TEST(callers_inside_keep_their_flow),
	        TEST(a_key_by_info_is_taken_at_once_and_once),
	        TEST(a_message_is_asked_for_after_the_flow),
	        TEST(whoever_left_its_number_in_a_flow_is_let_go),
	        TEST(a_survey_at_the_end_of_a_flow_is_answered),
	        TEST(after_a_restart_the_caller_is_at_its_menu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
