// SPDX-License-Identifier: BSD-3-Clause
/* Menu and collect: keys, silence, tries, keys that come too early. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "ivr_lab.h"

#define MENU(first, ...)                                                                           \
	{                                                                                          \
		.name = "menu", .kind = JF_IVR_MENU, .says = LAB_SAYS(LAB_PROMPT("choose")),       \
		.input = {.silence = LAB_SAYS(LAB_PROMPT("nothing-pressed")),                      \
		          .invalid = LAB_SAYS(LAB_PROMPT("wrong-key")),                            \
		          .first_ms = first,                                                       \
		          .tries = 3,                                                              \
		          .key = "topic"},                                                         \
		LAB_WAYS(LAB_WAY(KEY, "1", "one"), LAB_WAY(KEY, "#", "two"), LAB_FAILED("out")),   \
		__VA_ARGS__                                                                        \
	}

static const struct jf_ivr_node menu[] = {
        MENU(5000, .whole = false),
        LAB_HANGUP("one"),
        LAB_HANGUP("two"),
        LAB_HANGUP("out"),
};

#define COLLECT(...)                                                                               \
	{                                                                                          \
		.name = "account", .kind = JF_IVR_COLLECT,                                         \
		.says = LAB_SAYS(LAB_PROMPT("enter-account")),                                     \
		.input = {.invalid = LAB_SAYS(LAB_PROMPT("wrong-account")),                        \
		          .first_ms = 5000,                                                        \
		          .digit_ms = 2000,                                                        \
		          .tries = 2,                                                              \
		          .key = "account",                                                        \
		          .least = 3,                                                              \
		          .most = 6,                                                               \
		          .end = '#',                                                              \
		          __VA_ARGS__},                                                            \
		LAB_WAYS(LAB_NEXT("thanks"), LAB_FAILED("out"))                                    \
	}

static void a_key_stops_the_prompt_and_chooses(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", menu);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	assert_string_equal(lab_hears(&lab), "choose");
	lab_press(&lab, "1");
	assert_int_equal(lab.out.what, JF_IVR_DO_STOP | JF_IVR_DO_END);
	assert_string_equal(lab_at(&lab), "one");
	assert_string_equal(lab_data(&lab, "topic"), "1");
	assert_string_equal(lab.trail, "menu:key=1");
	lab_end(&lab);
}

static void silence_and_wrong_keys_are_tries(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", menu);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_wait(&lab, 60 * LAB_S); /* while it is played no time runs */
	lab_played(&lab);
	lab_wait(&lab, 4999 * LAB_MS);
	assert_int_equal(lab.out.what, 0);
	lab_wait(&lab, 1 * LAB_MS);
	assert_string_equal(lab_hears(&lab), "nothing-pressed choose");
	lab_press(&lab, "7");
	assert_string_equal(lab_hears(&lab), "wrong-key choose");
	lab_played(&lab);
	lab_wait(&lab, 5 * LAB_S);
	assert_string_equal(lab_at(&lab), "out");
	assert_string_equal(lab.trail, "menu:silence");
	assert_null(lab_data(&lab, "topic"));
	lab_end(&lab);
}

static void what_is_to_be_heard_whole_is(void **state)
{
	const struct jf_ivr_node nodes[] = {MENU(5000, .whole = true), LAB_HANGUP("one"),
	                                    LAB_HANGUP("two"), LAB_HANGUP("out")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_press(&lab, "#");
	assert_int_equal(lab.out.what, 0);
	assert_string_equal(lab_at(&lab), "menu");
	lab.out.play = 1;
	lab_played(&lab);
	assert_string_equal(lab_at(&lab), "two"); /* it counts then */
	lab_end(&lab);
}

static const struct jf_ivr_node behind[] = {
        LAB_PLAY("welcome", "menu"), MENU(5000, .whole = false), LAB_HANGUP("one"),
        LAB_HANGUP("two"),           LAB_HANGUP("out"),
};

static void typed_ahead_counts_in_the_next_menu(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", behind);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	assert_string_equal(lab_hears(&lab), "welcome");
	lab_press(&lab, "1");
	assert_string_equal(lab_at(&lab), "one");
	assert_true(lab.out.what & JF_IVR_DO_STOP);
	assert_string_equal(lab.trail, "welcome:key menu:key=1");
	lab_end(&lab);
}

static void a_fresh_menu_forgets_what_was_typed(void **state)
{
	const struct jf_ivr_node nodes[] = {
	        LAB_PLAY("welcome", "menu"), MENU(5000, .fresh = true), LAB_HANGUP("one"),
	        LAB_HANGUP("two"),           LAB_HANGUP("out"),
	};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_press(&lab, "1");
	assert_string_equal(lab_at(&lab), "menu");
	assert_string_equal(lab_hears(&lab), "choose");
	lab_end(&lab);
}

static void digits_end_with_their_key_their_number_or_time(void **state)
{
	const struct jf_ivr_node nodes[] = {COLLECT(.secret = false), LAB_HANGUP("thanks"),
	                                    LAB_HANGUP("out")};
	static const struct {
		const char *keys;
		uint64_t wait_ns;
		const char *kept;
	} rows[] = {
	        {"1234#", 0, "1234"},
	        {"123456", 0, "123456"},
	        {"123", 2 * LAB_S, "123"},
	};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab lab;

		lab_begin(&lab, &flow, 1);
		lab_press(&lab, rows[i].keys);
		lab_wait(&lab, rows[i].wait_ns);
		assert_string_equal(lab_at(&lab), "thanks");
		assert_string_equal(lab_data(&lab, "account"), rows[i].kept);
		lab_end(&lab);
	}
}

static void the_time_between_keys_starts_anew_with_each(void **state)
{
	const struct jf_ivr_node nodes[] = {COLLECT(.secret = false), LAB_HANGUP("thanks"),
	                                    LAB_HANGUP("out")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_played(&lab);
	for (const char *key = "12345"; *key; key++) {
		lab_wait(&lab, 1900 * LAB_MS);
		lab_press(&lab, (const char[]){*key, '\0'});
	}
	assert_string_equal(lab_at(&lab), "account");
	lab_wait(&lab, 2 * LAB_S);
	assert_string_equal(lab_data(&lab, "account"), "12345");
	lab_end(&lab);
}

static void too_few_digits_are_asked_for_again(void **state)
{
	const struct jf_ivr_node nodes[] = {COLLECT(.secret = false), LAB_HANGUP("thanks"),
	                                    LAB_HANGUP("out")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_press(&lab, "12#");
	assert_string_equal(lab_hears(&lab), "wrong-account enter-account");
	lab_press(&lab, "#");
	assert_string_equal(lab_at(&lab), "out");
	assert_string_equal(lab.trail, "account:invalid");
	assert_null(lab_data(&lab, "account"));
	lab_end(&lab);
}

static void check_digits_and_ranges_are_looked_at(void **state)
{
	const struct jf_ivr_node card[] = {COLLECT(.luhn = true, .secret = true),
	                                   LAB_HANGUP("thanks"), LAB_HANGUP("out")};
	const struct jf_ivr_node range[] = {COLLECT(.has_range = true, .from = 100, .to = 500),
	                                    LAB_HANGUP("thanks"), LAB_HANGUP("out")};
	struct jf_ivr_flow flow = LAB_FLOW("main", card);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	assert_true(jf_ivr_is_secret(lab.ivr));
	lab_press(&lab, "79927#"); /* 79927398713 is the known good one */
	assert_string_equal(lab_at(&lab), "account");
	lab_press(&lab, "18#*"); /* too short, then not a number */
	lab_end(&lab);
	lab_begin(&lab, &flow, 1);
	lab_press(&lab, "18\x33#"); /* 1 + 7 (2 x 8) + 3: no; */
	assert_string_equal(lab_at(&lab), "account");
	lab_press(&lab, "182#"); /* 1 + 7 + 2 = 10 */
	assert_string_equal(lab_at(&lab), "thanks");
	assert_string_equal(lab.trail, "account:next=****");
	assert_true(jf_ivr_data_find(jf_ivr_data_of(lab.ivr), "account")->secret);
	lab_end(&lab);

	flow = LAB_FLOW("main", range);
	lab_begin(&lab, &flow, 1);
	lab_press(&lab, "501#");
	assert_string_equal(lab_at(&lab), "account");
	lab_press(&lab, "0500#");
	assert_string_equal(lab_at(&lab), "thanks");
	lab_end(&lab);
}

static void an_answer_to_a_former_prompt_says_nothing(void **state)
{
	struct jf_ivr_flow flow = LAB_FLOW("main", menu);
	struct lab lab;

	(void)state;
	lab_begin(&lab, &flow, 1);
	lab_event(&lab, &(struct jf_ivr_event){.type = JF_IVR_EVENT_PLAYED, .play = 99});
	assert_int_equal(jf_ivr_due(lab.ivr), 0);
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_key_stops_the_prompt_and_chooses),
	        cmocka_unit_test(silence_and_wrong_keys_are_tries),
	        cmocka_unit_test(what_is_to_be_heard_whole_is),
	        cmocka_unit_test(typed_ahead_counts_in_the_next_menu),
	        cmocka_unit_test(a_fresh_menu_forgets_what_was_typed),
	        cmocka_unit_test(digits_end_with_their_key_their_number_or_time),
	        cmocka_unit_test(the_time_between_keys_starts_anew_with_each),
	        cmocka_unit_test(too_few_digits_are_asked_for_again),
	        cmocka_unit_test(check_digits_and_ranges_are_looked_at),
	        cmocka_unit_test(an_answer_to_a_former_prompt_says_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
