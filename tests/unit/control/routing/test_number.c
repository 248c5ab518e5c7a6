// SPDX-License-Identifier: BSD-3-Clause
/* Numbers: from what was dialled to E.164 and on to what a trunk wants. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "jf_number.h"

static const char *const allow[] = {"+372", "112", "+44", "+3725000"};
static const char *const deny[] = {"+372900", "+3725", "+4470"};
static const struct jf_directory_plan estonia = {
        .country = "372",
        .national_prefix = "",
        .international_prefix = "00",
        .allow = allow,
        .n_allow = 4,
        .deny = deny,
        .n_deny = 3,
        .prepend = "",
};
static const struct jf_directory_plan britain = {
        .country = "44",
        .national_prefix = "0",
        .international_prefix = "00",
        .prepend = "",
};
static const struct jf_directory_plan nowhere = {
        .country = "", .national_prefix = "", .international_prefix = "", .prepend = ""};

static void what_people_dial_becomes_e164(void **state)
{
	static const struct {
		const struct jf_directory_plan *plan;
		const char *dialled, *number;
		int result;
	} rows[] = {
	        {&estonia, "+3726001000", "+3726001000", 0},
	        {&estonia, "+372 600-10.00", "+3726001000", 0},
	        {&estonia, "003726001000", "+3726001000", 0},
	        {&estonia, "6001000", "+3726001000", 0},
	        {&estonia, "112", "112", 0},
	        {&estonia, "+(372) 600 1000", "+3726001000", 0},
	        {&britain, "020 7946 0000", "+442079460000", 0},
	        {&britain, "00372 6001000", "+3726001000", 0},
	        {&britain, "+442079460000", "+442079460000", 0},
	        {&nowhere, "+3726001000", "+3726001000", 0},
	        {&nowhere, "6001000", "", -ENOTSUP},
	        {&estonia, "", "", -EINVAL},
	        {&estonia, "+", "", -EINVAL},
	        {&estonia, "anonymous", "", -EINVAL},
	        {&estonia, "600+1000", "", -EINVAL},
	        {&estonia, "++3726001000", "", -EINVAL},
	        {&estonia, "+0372600", "", -EINVAL},
	        {&estonia, "+12", "", -EINVAL},
	        {&estonia, "+1234567890123456", "", -EINVAL},
	        {&estonia, "12345678901234567890123456789012345678901234567890", "", -EINVAL},
	        {&estonia, "6001000;ext=1", "", -EINVAL},
	        {&estonia, "6001000\r\n", "", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char number[JF_NUMBER_MAX] = "";
		int result = jf_number_normalize(rows[i].plan, rows[i].dialled, number);

		if (result != rows[i].result || strcmp(number, rows[i].number) != 0)
			print_message("%s: %d %s\n", rows[i].dialled, result, number);
		assert_int_equal(result, rows[i].result);
		assert_string_equal(number, rows[i].number);
	}
}

static void the_longest_prefix_decides_and_deny_before_allow(void **state)
{
	(void)state;
	assert_int_equal(jf_number_check(&estonia, "+3726001000", false), JF_NUMBER_ALLOWED);
	assert_int_equal(jf_number_check(&estonia, "+3729001000", false), JF_NUMBER_DENIED);
	assert_int_equal(jf_number_check(&estonia, "+3725551000", false), JF_NUMBER_DENIED);
	assert_int_equal(jf_number_check(&estonia, "+3725000123", false), JF_NUMBER_ALLOWED);
	assert_int_equal(jf_number_check(&estonia, "+12125550100", false), JF_NUMBER_NOT_ALLOWED);
	assert_int_equal(jf_number_check(&estonia, "+12125550100", true), JF_NUMBER_NOT_ALLOWED);
	assert_int_equal(jf_number_check(&estonia, "112", false), JF_NUMBER_ALLOWED);
	assert_int_equal(jf_number_check(&estonia, "113", false), JF_NUMBER_NOT_ALLOWED);
	assert_int_equal(jf_number_check(&nowhere, "+12125550100", true), JF_NUMBER_ALLOWED);
	assert_int_equal(jf_number_check(&nowhere, "+12125550100", false), JF_NUMBER_NOT_ALLOWED);
}

static void assert_written(struct jf_directory_plan plan, const char *number, const char *expected)
{
	char text[JF_NUMBER_MAX];

	jf_number_write(&plan, number, text);
	assert_string_equal(text, expected);
}

static void a_trunk_gets_numbers_as_it_wants_them(void **state)
{
	struct jf_directory_plan plan = britain;
	char text[JF_NUMBER_MAX];

	(void)state;
	assert_written(plan, "+442079460000", "+442079460000");
	plan.form = JF_DIRECTORY_FORM_DIGITS;
	assert_written(plan, "+442079460000", "442079460000");
	plan.form = JF_DIRECTORY_FORM_NATIONAL;
	assert_written(plan, "+442079460000", "02079460000");
	assert_written(plan, "+3726001000", "003726001000");
	assert_written(plan, "112", "112");
	plan.strip = 1;
	plan.prepend = "99";
	assert_written(plan, "+442079460000", "992079460000");
	assert_written(plan, "112", "112");
	jf_number_present(&plan, "+442079460000", text);
	assert_string_equal(text, "02079460000");
	jf_number_present(&plan, "anonymous", text);
	assert_string_equal(text, "");
	plan.form = JF_DIRECTORY_FORM_PLUS;
	/* The sign goes with the first digit. */
	assert_written(plan, "+442079460000", "9942079460000");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(what_people_dial_becomes_e164),
	        cmocka_unit_test(the_longest_prefix_decides_and_deny_before_allow),
	        cmocka_unit_test(a_trunk_gets_numbers_as_it_wants_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
