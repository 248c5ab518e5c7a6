// SPDX-License-Identifier: BSD-3-Clause
/* Every mistake in a flow is told, with the node and the field. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ivr_lab.h"

#define ASK                                                                                        \
	.says = LAB_SAYS(LAB_PROMPT("choose")),                                                    \
	.input = {                                                                                 \
	        .first_ms = 5000, .digit_ms = 2000, .tries = 3, .key = "k", .least = 1, .most = 4}

#define MENU(text, ...)                                                                            \
	{                                                                                          \
		.name = text, .kind = JF_IVR_MENU, ASK, LAB_WAYS(__VA_ARGS__)                      \
	}
#define BYE LAB_HANGUP("bye")

static void expect(const struct jf_ivr_node *nodes, size_t n, const char *mistake)
{
	struct jf_ivr_flow flow = lab_flow("main", nodes, (uint32_t)n);
	const char *found = lab_mistakes(&flow, 1);

	if (!strstr(found, mistake))
		fail_msg("\"%s\" is not in:\n%s", mistake, found);
}

#define EXPECT(mistake, ...)                                                                       \
	do {                                                                                       \
		const struct jf_ivr_node nodes_[] = {__VA_ARGS__};                                 \
		expect(nodes_, sizeof(nodes_) / sizeof(nodes_[0]), mistake);                       \
	} while (0)

static void nodes_are_there_and_reached(void **state)
{
	struct jf_ivr_flow empty = lab_flow("main", NULL, 0);

	(void)state;
	EXPECT("hello next: there is no node \"nowhere\"\n", LAB_PLAY("hello", "nowhere"), BYE);
	EXPECT("lonely : no way leads to \"lonely\"\n", LAB_PLAY("hello", "bye"), BYE,
	       LAB_PLAY("lonely", "bye"));
	EXPECT("bye name: \"bye\" is there already\n", LAB_PLAY("hello", "bye"), BYE, BYE);
	EXPECT("name: \"a b\": letters, digits", LAB_PLAY("hello", "a b"), LAB_HANGUP("a b"));
	EXPECT("menu menu.choices[1].next: there is no node \"c\"",
	       MENU("menu", LAB_WAY(KEY, "1", "bye"), LAB_WAY(KEY, "2", "c"), LAB_FAILED("bye")),
	       BYE);
	assert_non_null(strstr(lab_mistakes(&empty, 1), "main nodes: there are none"));
}

static void ways_that_are_needed_are_there_and_no_others(void **state)
{
	(void)state;
	EXPECT("menu : a menu needs \"failed\"", MENU("menu", LAB_WAY(KEY, "1", "bye")), BYE);
	EXPECT("menu : a menu needs \"key\"", MENU("menu", LAB_FAILED("bye")), BYE);
	EXPECT("bye next: a hangup has no way \"next\"",
	       {.name = "bye", .kind = JF_IVR_HANGUP, LAB_WAYS(LAB_NEXT("bye"))});
	EXPECT("menu.choices[1].next: \"1\": the key is there already",
	       MENU("menu", LAB_WAY(KEY, "1", "bye"), LAB_WAY(KEY, "1", "bye"), LAB_FAILED("bye")),
	       BYE);
	EXPECT("menu.choices[0].next: \"E\": one of 0 to 9",
	       MENU("menu", LAB_WAY(KEY, "E", "bye"), LAB_FAILED("bye")), BYE);
	EXPECT("branch.cases[0].next: \"a = b\": one of ==",
	       {.name = "b",
	        .kind = JF_IVR_BRANCH,
	        LAB_WAYS(LAB_WAY(CASE, "a = b", "bye"), LAB_NEXT("bye"))},
	       BYE);
}

static void circles_without_a_key_are_refused(void **state)
{
	(void)state;
	EXPECT("a : a loop without input: a, b\n", LAB_PLAY("a", "b"), LAB_PLAY("b", "a"));
	EXPECT("menu : its tries never end: who presses nothing goes round: menu, sorry\n",
	       MENU("menu", LAB_WAY(KEY, "1", "bye"), LAB_FAILED("sorry")),
	       LAB_PLAY("sorry", "menu"), BYE);
	EXPECT("set : a loop without input: set\n",
	       {.name = "set", .kind = JF_IVR_SET, LAB_WAYS(LAB_NEXT("set"))});
}

static void circles_by_a_key_are_not(void **state)
{
	const struct jf_ivr_node nodes[] = {
	        MENU("menu", LAB_WAY(KEY, "1", "hours"), LAB_FAILED("bye")),
	        LAB_PLAY("hours", "menu"), BYE};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);

	(void)state;
	assert_string_equal(lab_mistakes(&flow, 1), "");
}

static void circles_through_other_flows_are_found(void **state)
{
	const struct jf_ivr_node first[] = {LAB_PLAY("a", "go"),
	                                    {.name = "go", .kind = JF_IVR_FLOW, .target = "other"}};
	const struct jf_ivr_node second[] = {
	        LAB_PLAY("b", "back"), {.name = "back", .kind = JF_IVR_FLOW, .target = "main"}};
	const struct jf_ivr_node third[] = {{.name = "go", .kind = JF_IVR_FLOW, .target = "none"}};
	struct jf_ivr_flow flows[] = {LAB_FLOW("main", first), LAB_FLOW("other", second)};
	struct jf_ivr_flow alone = LAB_FLOW("main", third);

	(void)state;
	assert_non_null(strstr(lab_mistakes(flows, 2), "a loop without input: a, go, b, back"));
	assert_non_null(strstr(lab_mistakes(&alone, 1), "go flow.name: tenant \"acme\" has no "
	                                                "flow \"none\""));
}

static void what_a_node_refers_to_is_there(void **state)
{
	(void)state;
	EXPECT("missing play.prompts[0]: /prompts/en/missing.wav: No such file",
	       LAB_PLAY("missing", "bye"), BYE);
	EXPECT("q queue.name: \"sales\": there is no such queue",
	       {.name = "q", .kind = JF_IVR_QUEUE, .target = "sales"});
	EXPECT("q queue.requires[0].skills: \"a\": is no expression",
	       {.name = "q",
	        .kind = JF_IVR_QUEUE,
	        .target = "billing",
	        .queue = {.n_steps = 1, .steps = {{"a", 0}}}});
	EXPECT("c calendar.name: \"x\": there is no such calendar",
	       {.name = "c",
	        .kind = JF_IVR_CALENDAR,
	        .target = "x",
	        LAB_WAYS(LAB_WAY(OPEN, NULL, "bye"), LAB_WAY(CLOSED, NULL, "bye"))},
	       BYE);
	EXPECT("play.prompts[0]: \"../x\": the name of a sound", LAB_PLAY("../x", "bye"), BYE);
}

static void numbers_have_their_bounds(void **state)
{
	(void)state;
	EXPECT("m menu.tries: 0: from 1 to 10",
	       {.name = "m",
	        .kind = JF_IVR_MENU,
	        .says = LAB_SAYS(LAB_PROMPT("choose")),
	        .input = {.first_ms = 5000},
	        LAB_WAYS(LAB_WAY(KEY, "1", "bye"), LAB_FAILED("bye"))},
	       BYE);
	EXPECT("c collect.least: 3: from 1 to 2",
	       {.name = "c",
	        .kind = JF_IVR_COLLECT,
	        .says = LAB_SAYS(LAB_PROMPT("choose")),
	        .input = {.first_ms = 5000, .digit_ms = 10, .tries = 1, .least = 3, .most = 2},
	        LAB_WAYS(LAB_NEXT("bye"), LAB_FAILED("bye"))},
	       BYE);
	EXPECT("c collect.key: \"call.x\": a letter",
	       {.name = "c",
	        .kind = JF_IVR_COLLECT,
	        .says = LAB_SAYS(LAB_PROMPT("choose")),
	        .input = {.first_ms = 5000,
	                  .digit_ms = 500,
	                  .tries = 1,
	                  .least = 1,
	                  .most = 2,
	                  .key = "call.x"},
	        LAB_WAYS(LAB_NEXT("bye"), LAB_FAILED("bye"))},
	       BYE);
}

#define HTTP(...)                                                                                  \
	{                                                                                          \
		.name = "h", .kind = JF_IVR_HTTP, .http = {__VA_ARGS__},                           \
		LAB_WAYS(LAB_NEXT("bye"), LAB_FAILED("bye"))                                       \
	}

static void servers_are_those_that_the_flow_lists(void **state)
{
	(void)state;
	EXPECT("h http.url: \"evil.example\" is not among the flow's hosts",
	       HTTP(.method = "GET", .url = "http://evil.example/x", .deadline_ms = 500), BYE);
	EXPECT("h http.url: a host without data",
	       HTTP(.method = "GET", .url = "https://{host}/x", .deadline_ms = 500), BYE);
	EXPECT("h http.url: a host without data or user",
	       HTTP(.method = "GET", .url = "https://a@crm.example:8443/x", .deadline_ms = 500),
	       BYE);
	EXPECT("h http.url: begins with http://",
	       HTTP(.method = "GET", .url = "file:///etc/passwd", .deadline_ms = 500), BYE);
	EXPECT("h http.method: GET, POST or PUT",
	       HTTP(.method = "TRACE", .url = "https://crm.example:8443/", .deadline_ms = 500),
	       BYE);
	EXPECT("h http.deadline_ms: 60000: from 100 to 30000",
	       HTTP(.method = "GET", .url = "https://crm.example:8443/", .deadline_ms = 60000),
	       BYE);
	EXPECT("h http.headers[0]: is no header",
	       HTTP(.method = "GET", .url = "https://crm.example:8443/", .deadline_ms = 500,
	            .headers = (const struct jf_ivr_header[]){{"X", "a\r\nY: b"}}, .n_headers = 1),
	       BYE);
}

static void conditions_are_read(void **state)
{
	static const char *const good[] = {
	        "a",    "not a",     "a == b",    "a=='x y'",
	        "a<=5", "a >= -1.5", "a == \"\"", "call.caller starts +372"};
	static const char *const bad[] = {"",           "== 5",    "a ==",    "a = 5",
	                                  "not a == 5", "1a == 5", "a like b"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(jf_ivr_condition_check(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(jf_ivr_condition_check(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nodes_are_there_and_reached),
	        cmocka_unit_test(ways_that_are_needed_are_there_and_no_others),
	        cmocka_unit_test(circles_without_a_key_are_refused),
	        cmocka_unit_test(circles_by_a_key_are_not),
	        cmocka_unit_test(circles_through_other_flows_are_found),
	        cmocka_unit_test(what_a_node_refers_to_is_there),
	        cmocka_unit_test(numbers_have_their_bounds),
	        cmocka_unit_test(servers_are_those_that_the_flow_lists),
	        cmocka_unit_test(conditions_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
