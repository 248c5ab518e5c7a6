// SPDX-License-Identifier: BSD-3-Clause
/* What each kind of node does, and how a caller goes from one to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ivr_lab.h"

static void prompts_are_heard_one_node_after_the_other(void **state)
{
	const struct jf_ivr_node nodes[] = {LAB_PLAY("hello", "hours"), LAB_PLAY("hours", "bye"),
	                                    LAB_HANGUP("bye")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	assert_string_equal(lab_hears(&lab), "hello");
	lab_played(&lab);
	assert_string_equal(lab_hears(&lab), "hours");
	lab_played(&lab);
	assert_int_equal(lab.out.what, JF_IVR_DO_END);
	assert_int_equal(lab.out.end->kind, JF_IVR_HANGUP);
	assert_string_equal(lab.trail, "hello:next hours:next");
	lab_end(&lab);
}

static const struct jf_ivr_put balance[] = {{"balance", "201.50", false},
                                            {"language", "de", false}};
static const struct jf_ivr_node speaking[] = {
        {.name = "balance",
         .kind = JF_IVR_SAY,
         .says = LAB_SAYS(LAB_PROMPT("your-balance"), {JF_IVR_SAY_AMOUNT, "{balance}", "eur"},
                          {JF_IVR_SAY_DIGITS, "{account}", NULL},
                          {JF_IVR_SAY_NUMBER, "no number", NULL}),
         LAB_WAYS(LAB_NEXT("german"))},
        {.name = "german",
         .kind = JF_IVR_SET,
         .puts = balance,
         .n_puts = 2,
         LAB_WAYS(LAB_NEXT("again"))},
        {.name = "again",
         .kind = JF_IVR_SAY,
         .says = LAB_SAYS({JF_IVR_SAY_AMOUNT, "{balance}", "eur"}, {JF_IVR_SAY_TIME, "15:05", NULL},
                          {JF_IVR_SAY_DATE, "2026-11-22", NULL}),
         LAB_WAYS(LAB_NEXT("bye"))},
        LAB_HANGUP("bye"),
};

static void values_are_spoken_in_the_language_of_the_caller(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", speaking);
	struct jf_ivr_data data = {0};
	struct jf_ivr_words words;
	struct lab lab;

	(void)state;
	assert_int_equal(jf_ivr_data_set(&data, "balance", "21", false), 0);
	assert_int_equal(jf_ivr_data_set(&data, "account", "40", false), 0);
	lab_begin_with(&lab, &flow, 1, &data);
	assert_string_equal(lab_hears(&lab), "your-balance digits/20 digits/1 currency/eurs "
	                                     "digits/4 digits/0");
	lab_played(&lab);
	assert_string_equal(jf_ivr_language(lab.ivr), "de");
	assert_int_equal(jf_ivr_words(lab.ivr, 0, false, &words), 0);
	assert_string_equal(words.folder, "/prompts/de");
	assert_int_equal(jf_ivr_words(lab.ivr, 0, true, &words), 0);
	assert_string_equal(words.folder, "/prompts/en"); /* for what it lacks */
	assert_non_null(strstr(lab_hears(&lab), "currency/eur-cents"));
	jf_ivr_data_clear(&data);
	lab_end(&lab);
}

static const struct jf_ivr_node branching[] = {
        {.name = "which",
         .kind = JF_IVR_BRANCH,
         LAB_WAYS(LAB_WAY(CASE, "tier == gold", "gold"), LAB_WAY(CASE, "debt >= 100.5", "debtor"),
                  LAB_WAY(CASE, "call.caller starts +372", "estonia"),
                  LAB_WAY(CASE, "not tier", "unknown"), LAB_NEXT("other"))},
        LAB_HANGUP("gold"),
        LAB_HANGUP("debtor"),
        LAB_HANGUP("estonia"),
        LAB_HANGUP("unknown"),
        LAB_HANGUP("other"),
};

static void data_decide_where_to_go(void **state)
{
	static const struct {
		const char *key, *value, *at;
	} rows[] = {
	        {"tier", "gold", "gold"},
	        {"debt", "1000", "debtor"},
	        {"debt", "99", "estonia"},
	        {"debt", "much", "estonia"},
	};
	struct jf_ivr_flow flow = LAB_FLOW("main", branching);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct jf_ivr_data data = {0};
		struct lab lab;

		assert_int_equal(jf_ivr_data_set(&data, rows[i].key, rows[i].value, false), 0);
		lab_begin_with(&lab, &flow, 1, &data);
		assert_string_equal(lab_at(&lab), rows[i].at);
		jf_ivr_data_clear(&data);
		lab_end(&lab);
	}
}

static const struct jf_ivr_node asking[] = {
        {.name = "hours",
         .kind = JF_IVR_CALENDAR,
         .target = "hours",
         LAB_WAYS(LAB_WAY(OPEN, NULL, "who"), LAB_WAY(CLOSED, NULL, "closed"))},
        {.name = "who",
         .kind = JF_IVR_CALLER,
         LAB_WAYS(LAB_WAY(VIP, NULL, "vip"), LAB_NEXT("anybody"))},
        LAB_HANGUP("closed"),
        LAB_HANGUP("vip"),
        LAB_HANGUP("anybody"),
};

static void calendars_and_callers_are_asked_for(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", asking);
	struct jf_ivr_event answer = {.type = JF_IVR_EVENT_CALENDAR, .way = JF_IVR_OPEN};
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	assert_int_equal(lab.out.what, JF_IVR_DO_CALENDAR);
	assert_string_equal(lab.out.name, "hours");
	lab_event(&lab, &answer);
	assert_int_equal(lab.out.what, JF_IVR_DO_CALLER);
	answer = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALLER, .way = JF_IVR_KNOWN};
	lab_event(&lab, &answer); /* no way for those who are known but no more */
	assert_string_equal(lab_at(&lab), "anybody");
	lab_end(&lab);

	lab_begin(&lab, &flow, 1);
	answer = (struct jf_ivr_event){.type = JF_IVR_EVENT_CALENDAR, .way = JF_IVR_HOLIDAY};
	lab_event(&lab, &answer);
	assert_string_equal(lab_at(&lab), "closed");
	lab_end(&lab);
}

static const struct jf_ivr_put takes[] = {{"name", "customer.name", false},
                                          {"tier", "customer.tier", false}};
static const struct jf_ivr_node server[] = {
        {.name = "lookup",
         .kind = JF_IVR_HTTP,
         .http = {.method = "POST",
                  .url = "https://crm.example:8443/{call.caller}?a={account}",
                  .body = "{\"account\": \"{account}\"}",
                  .deadline_ms = 1500,
                  .takes = takes,
                  .n_takes = 2},
         LAB_WAYS(LAB_NEXT("found"), LAB_FAILED("fallback"))},
        LAB_HANGUP("found"),
        LAB_HANGUP("fallback"),
};

static void a_server_is_asked_with_escaped_data(void **state)
{
	static const char *const values[] = {"Desk 1", NULL};
	struct jf_ivr_flow flow = LAB_FLOW("main", server);
	struct jf_ivr_data data = {0};
	struct lab lab;

	(void)state;
	assert_int_equal(jf_ivr_data_set(&data, "account", "a b/\"1\"&\n", false), 0);
	assert_int_equal(jf_ivr_data_set(&data, "tier", "gold", false), 0);
	lab_begin_with(&lab, &flow, 1, &data);
	assert_int_equal(lab.out.what, JF_IVR_DO_HTTP);
	assert_string_equal(lab.out.url, "https://crm.example:8443/%2B3725551234?a="
	                                 "a%20b%2F%221%22%26%0A");
	assert_string_equal(lab.out.body, "{\"account\": \"a b/\\u00221\\u0022&\\u000a\"}");
	lab_event(&lab, &(struct jf_ivr_event){
	                        .type = JF_IVR_EVENT_HTTP, .ask = lab.out.ask, .values = values});
	assert_string_equal(lab_at(&lab), "found");
	assert_string_equal(lab_data(&lab, "name"), "Desk 1");
	assert_string_equal(lab_data(&lab, "tier"), ""); /* the answer says nothing of it */
	jf_ivr_data_clear(&data);
	lab_end(&lab);
}

static void a_server_that_hangs_is_left_at_the_deadline(void **state)
{
	static const char *const values[] = {"late", "late"};
	struct jf_ivr_flow flow = LAB_FLOW("main", server);
	struct lab lab;
	uint32_t ask;

	(void)state;
	lab_begin(&lab, &flow, 1);
	ask = lab.out.ask;
	lab_wait(&lab, 1499 * LAB_MS);
	assert_string_equal(lab_at(&lab), "lookup");
	lab_wait(&lab, 1 * LAB_MS);
	assert_string_equal(lab_at(&lab), "fallback");
	assert_string_equal(lab.trail, "lookup:deadline");
	lab_event(&lab,
	          &(struct jf_ivr_event){.type = JF_IVR_EVENT_HTTP, .ask = ask, .values = values});
	assert_null(lab_data(&lab, "name"));
	lab_end(&lab);

	lab_begin(&lab, &flow, 1);
	lab_event(&lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_HTTP, .ask = lab.out.ask});
	assert_string_equal(lab_at(&lab), "fallback");
	lab_end(&lab);
}

static const struct jf_ivr_put secret_copy[] = {{"copy", "x{card}", false}};
static const struct jf_ivr_node ending[] = {
        {.name = "copy",
         .kind = JF_IVR_SET,
         .puts = secret_copy,
         .n_puts = 1,
         LAB_WAYS(LAB_NEXT("queue"))},
        {.name = "queue",
         .kind = JF_IVR_QUEUE,
         .target = "billing",
         .queue = {.has_priority = true, .priority = 5, .n_steps = 1, .steps = {{"a >= 1", 0}}},
         LAB_WAYS(LAB_FAILED("sorry"))},
        LAB_PLAY("sorry", "bye"),
        LAB_HANGUP("bye"),
};

static void an_end_that_cannot_be_is_left_by_its_own_way(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", ending);
	struct jf_ivr_data data = {0};
	struct lab lab;

	(void)state;
	assert_int_equal(jf_ivr_data_set(&data, "card", "4111", true), 0);
	lab_begin_with(&lab, &flow, 1, &data);
	assert_int_equal(lab.out.what, JF_IVR_DO_END);
	assert_string_equal(lab.out.end->target, "billing");
	assert_string_equal(lab.out.number, "+3725551234");
	assert_string_equal(lab.out.language, "en");
	assert_true(jf_ivr_data_find(jf_ivr_data_of(lab.ivr), "copy")->secret);
	lab_event(&lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_REFUSED});
	assert_string_equal(lab_hears(&lab), "sorry");
	lab_played(&lab);
	assert_int_equal(lab.out.end->kind, JF_IVR_HANGUP);
	lab_event(&lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_REFUSED}); /* no way left */
	assert_int_equal(lab.out.end->kind, JF_IVR_HANGUP);
	jf_ivr_data_clear(&data);
	lab_end(&lab);
}

static void flows_go_on_to_each_other_and_keep_the_data(void **state)
{
	static const struct jf_ivr_put put[] = {{"topic", "card", false}};
	const struct jf_ivr_node first[] = {{.name = "set",
	                                     .kind = JF_IVR_SET,
	                                     .puts = put,
	                                     .n_puts = 1,
	                                     LAB_WAYS(LAB_NEXT("go"))},
	                                    {.name = "go", .kind = JF_IVR_FLOW, .target = "other"}};
	const struct jf_ivr_node second[] = {LAB_PLAY("there", "bye"), LAB_HANGUP("bye")};
	struct jf_ivr_flow flows[] = {LAB_FLOW("main", first), LAB_FLOW("other", second)};
	struct lab lab;

	(void)state;
	lab_begin(&lab, flows, 2);
	assert_string_equal(jf_ivr_flow_of(lab.ivr)->name, "other");
	assert_string_equal(lab_hears(&lab), "there");
	assert_string_equal(lab_data(&lab, "topic"), "card");
	assert_string_equal(jf_ivr_resume_of(lab.ivr)->name, "there");
	lab_end(&lab);
}

static void a_caller_keeps_the_flow_it_is_in(void **state)
{
	const struct jf_ivr_node nodes[] = {LAB_PLAY("hello", "bye"), LAB_HANGUP("bye")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	jf_ivr_flows_unref(lab.flows); /* the directory has another one */
	lab.flows = NULL;
	lab_played(&lab);
	assert_int_equal(lab.out.what, JF_IVR_DO_END);
	lab_end(&lab);
}

static void data_are_bounded(void **state)
{
	struct jf_ivr_data data = {0};
	char long_value[400], key[8];

	(void)state;
	memset(long_value, 'x', sizeof(long_value) - 1);
	long_value[sizeof(long_value) - 1] = '\0';
	assert_int_equal(jf_ivr_data_set(&data, "a", long_value, false), 0);
	assert_int_equal(strlen(jf_ivr_data_find(&data, "a")->value), JF_IVR_DATA_VALUE_MAX);
	memcpy(long_value + 255, "\xc3\xa4", 2); /* a character over the edge */
	assert_int_equal(jf_ivr_data_set(&data, "a", long_value, false), 0);
	assert_int_equal(strlen(jf_ivr_data_find(&data, "a")->value), 255);
	for (int i = 0; i < 40; i++) {
		key[0] = 'k';
		key[1] = (char)('0' + i / 10);
		key[2] = (char)('0' + i % 10);
		key[3] = '\0';
		assert_true((jf_ivr_data_set(&data, key, "v", false) == 0) == (i < 31));
	}
	assert_true(jf_ivr_data_set(&data, "call.caller", "x", false) < 0);
	assert_true(jf_ivr_data_set(&data, "1a", "x", false) < 0);
	assert_int_equal(jf_ivr_data_set(&data, "a", "short", false), 0);
	assert_int_equal(data.n, JF_IVR_DATA_KEYS);
	jf_ivr_data_clear(&data);
	assert_int_equal(data.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(prompts_are_heard_one_node_after_the_other),
	        cmocka_unit_test(values_are_spoken_in_the_language_of_the_caller),
	        cmocka_unit_test(data_decide_where_to_go),
	        cmocka_unit_test(calendars_and_callers_are_asked_for),
	        cmocka_unit_test(a_server_is_asked_with_escaped_data),
	        cmocka_unit_test(a_server_that_hangs_is_left_at_the_deadline),
	        cmocka_unit_test(an_end_that_cannot_be_is_left_by_its_own_way),
	        cmocka_unit_test(flows_go_on_to_each_other_and_keep_the_data),
	        cmocka_unit_test(a_caller_keeps_the_flow_it_is_in),
	        cmocka_unit_test(data_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
