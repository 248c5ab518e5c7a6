// SPDX-License-Identifier: BSD-3-Clause
#include "jf_prompt.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const char *const codes[] = {"en", "de", "es"};

static const struct jf_prompt_language *language(const char *code)
{
	const struct jf_prompt_language *found = jf_prompt_language_find(code);

	assert_non_null(found);
	return found;
}

/* The names, without "digits/", with a blank between. */
static const char *text_of(const struct jf_prompt_list *list)
{
	static char text[JF_PROMPT_MAX * JF_PROMPT_NAME_SIZE];

	text[0] = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		const char *name = list->names[i];

		strcat(text, i ? " " : "");
		strcat(text, strncmp(name, "digits/", 7) == 0 ? name + 7 : name);
	}
	return text;
}

static const char *number(const char *code, uint32_t n, enum jf_prompt_form form)
{
	struct jf_prompt_list list = {0};

	assert_int_equal(jf_prompt_number(language(code), n, form, &list), 0);
	return text_of(&list);
}

static const char *ordinal(const char *code, uint32_t n, enum jf_prompt_form form)
{
	struct jf_prompt_list list = {0};

	assert_int_equal(jf_prompt_ordinal(language(code), n, form, &list), 0);
	return text_of(&list);
}

static const char *date(const char *code, uint32_t year, uint32_t month, uint32_t day)
{
	struct jf_prompt_list list = {0};

	assert_int_equal(jf_prompt_date(language(code), year, month, day, &list), 0);
	return text_of(&list);
}

static const char *clock_time(const char *code, uint32_t hour, uint32_t minute)
{
	struct jf_prompt_list list = {0};

	assert_int_equal(jf_prompt_time(language(code), hour, minute, &list), 0);
	return text_of(&list);
}

static const char *duration(const char *code, uint32_t seconds)
{
	struct jf_prompt_list list = {0};

	assert_int_equal(jf_prompt_duration(language(code), seconds, &list), 0);
	return text_of(&list);
}

/* What a listener makes of a cardinal: its value, by the same words whatever their order. */
static uint64_t understood(const char *said)
{
	uint64_t whole = 0, group = 0;
	char copy[1024], *word, *rest = NULL;

	strcpy(copy, said);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		if (strcmp(word, "and") == 0)
			continue;
		if (strcmp(word, "hundred") == 0) {
			group *= 100;
		} else if (strcmp(word, "thousand") == 0) {
			whole += (group ? group : 1) * 1000;
			group = 0;
		} else if (strncmp(word, "million", 7) == 0) {
			whole += group * 1000000;
			group = 0;
		} else {
			group += strtoul(word, NULL, 10); /* "1F", "100-and", "3-and" too */
		}
	}
	return whole + group;
}

static void every_number_is_understood_as_itself(void **state)
{
	(void)state;
	for (size_t c = 0; c < 3; c++) {
		for (uint32_t n = 0; n <= 999999; n++)
			if (understood(number(codes[c], n, n % 4)) != n)
				fail_msg("%s: %u is %s", codes[c], n, number(codes[c], n, n % 4));
		for (uint64_t n = 1000000; n <= JF_PROMPT_NUMBER_MAX; n = n * 5 / 4 + 1237)
			if (understood(number(codes[c], (uint32_t)n, 0)) != n)
				fail_msg("%s: %lu", codes[c], n);
	}
}

static void numbers_are_said_as_the_language_says_them(void **state)
{
	static const struct {
		const char *code;
		uint32_t n;
		enum jf_prompt_form form;
		const char *said;
	} cases[] = {
	        {"en", 0, JF_PROMPT_ALONE, "0"},
	        {"en", 21, JF_PROMPT_ALONE, "20 1"},
	        {"en", 100, JF_PROMPT_ALONE, "1 hundred"},
	        {"en", 342, JF_PROMPT_ALONE, "3 hundred 40 2"},
	        {"en", 1001, JF_PROMPT_FEMININE, "1 thousand 1"},
	        {"en", 999999, JF_PROMPT_ALONE, "9 hundred 90 9 thousand 9 hundred 90 9"},
	        {"en", 2000000, JF_PROMPT_ALONE, "2 million"},
	        {"de", 1, JF_PROMPT_ALONE, "1"},
	        {"de", 1, JF_PROMPT_FEMININE, "1F"},
	        {"de", 1, JF_PROMPT_NEUTER, "1N"},
	        {"de", 21, JF_PROMPT_FEMININE, "1-and 20"},
	        {"de", 101, JF_PROMPT_ALONE, "1N hundred 1"},
	        {"de", 1000, JF_PROMPT_ALONE, "1N thousand"},
	        {"de", 21721, JF_PROMPT_ALONE, "1-and 20 thousand 7 hundred 1-and 20"},
	        {"de", 101000, JF_PROMPT_ALONE, "1N hundred 1N thousand"},
	        {"de", 1000001, JF_PROMPT_ALONE, "1F million 1"},
	        {"de", 3000000, JF_PROMPT_ALONE, "3 millions"},
	        {"es", 1, JF_PROMPT_ALONE, "1"},
	        {"es", 1, JF_PROMPT_MASCULINE, "1M"},
	        {"es", 21, JF_PROMPT_FEMININE, "21F"},
	        {"es", 31, JF_PROMPT_ALONE, "30 and 1"},
	        {"es", 11, JF_PROMPT_FEMININE, "11"},
	        {"es", 100, JF_PROMPT_ALONE, "100"},
	        {"es", 101, JF_PROMPT_ALONE, "100-and 1"},
	        {"es", 555, JF_PROMPT_FEMININE, "500F 50 and 5"},
	        {"es", 1000, JF_PROMPT_ALONE, "thousand"},
	        {"es", 21000, JF_PROMPT_ALONE, "21M thousand"},
	        {"es", 31001, JF_PROMPT_ALONE, "30 and 1M thousand 1"},
	        {"es", 200200, JF_PROMPT_FEMININE, "200F thousand 200F"},
	        {"es", 1000000, JF_PROMPT_ALONE, "1M million"},
	        {"es", 21000000, JF_PROMPT_FEMININE, "21M millions"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(number(cases[i].code, cases[i].n, cases[i].form),
		                    cases[i].said);
}

static void ordinals_end_as_ordinals(void **state)
{
	(void)state;
	assert_string_equal(ordinal("en", 1, 0), "h-1");
	assert_string_equal(ordinal("en", 12, 0), "h-12");
	assert_string_equal(ordinal("en", 20, 0), "h-20");
	assert_string_equal(ordinal("en", 31, 0), "30 h-1");
	assert_string_equal(ordinal("en", 100, 0), "1 h-hundred");
	assert_string_equal(ordinal("en", 2000, 0), "2 h-thousand");
	assert_string_equal(ordinal("de", 3, JF_PROMPT_MASCULINE), "h-3");
	assert_string_equal(ordinal("de", 3, JF_PROMPT_FEMININE), "h-3F");
	assert_string_equal(ordinal("de", 21, JF_PROMPT_MASCULINE), "1-and h-20");
	assert_string_equal(ordinal("de", 101, JF_PROMPT_NEUTER), "1N hundred h-1N");
	assert_string_equal(ordinal("es", 2, JF_PROMPT_FEMININE), "h-2F");
	assert_string_equal(ordinal("es", 10, JF_PROMPT_ALONE), "h-10");
	assert_string_equal(ordinal("es", 21, JF_PROMPT_FEMININE), "21F"); /* as it is spoken */
	for (uint32_t n = 1; n < 100000; n++) {
		assert_non_null(strstr(ordinal("en", n, 0), "h-"));
		assert_non_null(strstr(ordinal("de", n, 0), "h-"));
	}
}

static void dates_have_their_order_and_their_day(void **state)
{
	(void)state;
	/* known days: 1 January 2000 was a Saturday, 29 February 2024 a Thursday */
	assert_string_equal(date("en", 2000, 1, 1), "day-6 mon-0 h-1 2 thousand");
	assert_string_equal(date("en", 2024, 2, 29), "day-4 mon-1 20 h-9 20 20 4");
	assert_string_equal(date("en", 1985, 12, 31), "day-2 mon-11 30 h-1 19 80 5");
	assert_string_equal(date("en", 1905, 7, 4), "day-2 mon-6 h-4 19 oh 5");
	assert_string_equal(date("en", 1900, 1, 1), "day-1 mon-0 h-1 19 hundred");
	assert_string_equal(date("en", 2007, 5, 20), "day-0 mon-4 h-20 2 thousand 7");
	assert_string_equal(date("de", 2024, 3, 4), "day-1 h-4 mon-2 2 thousand 4-and 20");
	assert_string_equal(date("de", 1985, 3, 21), "day-4 1-and h-20 mon-2 19 hundred 5-and 80");
	assert_string_equal(date("es", 2024, 3, 4), "day-1 4 de mon-2 de 2 thousand 24");
}

static void every_day_follows_the_one_before(void **state)
{
	uint32_t days = 0, weekday = 9;

	(void)state;
	for (uint32_t year = 1900; year < 2101; year++) {
		for (uint32_t month = 1; month <= 12; month++) {
			for (uint32_t day = 1; day <= 31; day++) {
				struct jf_prompt_list list = {0};
				uint32_t now;

				if (jf_prompt_date(language("en"), year, month, day, &list)) {
					assert_true(day > 28);
					assert_int_equal(list.count, 0);
					continue;
				}
				now = (uint32_t)(list.names[0][strlen("digits/day-")] - '0');
				if (weekday < 7)
					assert_int_equal(now, (weekday + 1) % 7);
				weekday = now;
				days++;
			}
		}
	}
	assert_int_equal(days, 201 * 365 + 49); /* 1900 and 2100 are not leap years */
}

static void times_of_day(void **state)
{
	(void)state;
	assert_string_equal(clock_time("en", 0, 0), "12 oclock a-m");
	assert_string_equal(clock_time("en", 15, 5), "3 oh 5 p-m");
	assert_string_equal(clock_time("en", 12, 30), "12 30 p-m");
	assert_string_equal(clock_time("en", 11, 59), "11 50 9 a-m");
	assert_string_equal(clock_time("de", 1, 1), "1N oclock 1");
	assert_string_equal(clock_time("de", 21, 0), "1-and 20 oclock");
	assert_string_equal(clock_time("es", 1, 1), "1F hour and 1M minute");
	assert_string_equal(clock_time("es", 21, 31), "21F hours and 30 and 1M minutes");
	for (size_t c = 0; c < 3; c++)
		for (uint32_t minute = 0; minute < 1440; minute++)
			assert_true(strlen(clock_time(codes[c], minute / 60, minute % 60)) > 0);
}

static void durations_and_places(void **state)
{
	struct jf_prompt_list list = {0};

	(void)state;
	assert_string_equal(duration("en", 0), "0 seconds");
	assert_string_equal(duration("en", 61), "1 minute 1 second");
	assert_string_equal(duration("en", 300), "5 minutes");
	assert_string_equal(duration("en", 5400), "90 minutes");
	assert_string_equal(duration("en", 7325), "2 hours 2 minutes 5 seconds");
	assert_string_equal(duration("de", 60), "1F minute");
	assert_string_equal(duration("es", 1260), "21M minutes");
	assert_string_equal(duration("es", 75600), "21F hours");
	assert_int_equal(jf_prompt_position(language("en"), 1, &list), 0);
	assert_string_equal(text_of(&list), "queue-youarenext");
	assert_int_equal(jf_prompt_position(language("en"), 12, &list), 0);
	assert_string_equal(text_of(&list),
	                    "queue-youarenext queue-thereare 12 queue-callswaiting");
}

static void digits_one_by_one(void **state)
{
	struct jf_prompt_list list = {0};

	(void)state;
	assert_int_equal(jf_prompt_digits(language("de"), "105*#", &list), 0);
	assert_string_equal(text_of(&list), "1 0 5 star pound");
	assert_int_equal(jf_prompt_digits(language("de"), "10a", &list), -EINVAL);
	assert_int_equal(list.count, 5);
	assert_int_equal(jf_prompt_digits(language("de"), "0123456789012345678901234567", &list),
	                 -ENOSPC);
	assert_int_equal(list.count, 5);
}

static void what_does_not_exist_is_refused(void **state)
{
	struct jf_prompt_list list = {0};
	const struct jf_prompt_language *en = language("en");

	(void)state;
	assert_null(jf_prompt_language_find("xx"));
	assert_null(jf_prompt_language_find("english"));
	assert_null(jf_prompt_language_find(""));
	assert_ptr_equal(jf_prompt_language_find("en-US"), en);
	assert_int_equal(jf_prompt_number(en, JF_PROMPT_NUMBER_MAX + 1, 0, &list), -EINVAL);
	assert_int_equal(jf_prompt_ordinal(en, 0, 0, &list), -EINVAL);
	assert_int_equal(jf_prompt_date(en, 2023, 2, 29, &list), -EINVAL);
	assert_int_equal(jf_prompt_date(en, 2023, 13, 1, &list), -EINVAL);
	assert_int_equal(jf_prompt_date(en, 2023, 0, 1, &list), -EINVAL);
	assert_int_equal(jf_prompt_time(en, 24, 0, &list), -EINVAL);
	assert_int_equal(jf_prompt_time(en, 0, 60, &list), -EINVAL);
	assert_int_equal(jf_prompt_position(en, 0, &list), -EINVAL);
	assert_int_equal(list.count, 0);
}

static void a_full_list_stays_what_it_was(void **state)
{
	(void)state;
	for (uint32_t room = 0; room < 12; room++) {
		struct jf_prompt_list list = {.count = JF_PROMPT_MAX - room};
		int result = jf_prompt_number(language("de"), 777777777, JF_PROMPT_ALONE, &list);

		assert_int_equal(result, -ENOSPC);
		assert_int_equal(list.count, JF_PROMPT_MAX - room);
		assert_int_equal(jf_prompt_date(language("es"), 1999, 12, 31, &list), -ENOSPC);
		assert_int_equal(list.count, JF_PROMPT_MAX - room);
	}
}

static void amounts_name_their_currency(void **state)
{
	struct jf_prompt_list list = {0};

	(void)state;
	assert_int_equal(jf_prompt_amount(language("en"), 201, 50, "eur", &list), 0);
	assert_string_equal(text_of(&list), "2 hundred 1 currency/eurs 50 currency/eur-cents");
	list.count = 0;
	assert_int_equal(jf_prompt_amount(language("en"), 0, 1, "eur", &list), 0);
	assert_string_equal(text_of(&list), "1 currency/eur-cent");
	list.count = 0;
	assert_int_equal(jf_prompt_amount(language("en"), 0, 0, "eur", &list), 0);
	assert_string_equal(text_of(&list), "0 currency/eurs");
	assert_int_equal(jf_prompt_amount(language("en"), 1, 100, "eur", &list), -EINVAL);
	assert_int_equal(jf_prompt_amount(language("en"), 1, 0, "toolongcode", &list), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(amounts_name_their_currency),
	        cmocka_unit_test(every_number_is_understood_as_itself),
	        cmocka_unit_test(numbers_are_said_as_the_language_says_them),
	        cmocka_unit_test(ordinals_end_as_ordinals),
	        cmocka_unit_test(dates_have_their_order_and_their_day),
	        cmocka_unit_test(every_day_follows_the_one_before),
	        cmocka_unit_test(times_of_day),
	        cmocka_unit_test(durations_and_places),
	        cmocka_unit_test(digits_one_by_one),
	        cmocka_unit_test(what_does_not_exist_is_refused),
	        cmocka_unit_test(a_full_list_stays_what_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
