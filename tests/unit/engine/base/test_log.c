// SPDX-License-Identifier: BSD-3-Clause
#include "jf_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static char last[2048];
static int lines;

static void keep(enum jf_log_level level, const char *line, void *arg)
{
	(void)level;
	assert_ptr_equal(arg, last);
	strncpy(last, line, sizeof(last) - 1);
	lines++;
}

static int fresh(void **state)
{
	(void)state;
	memset(last, 0, sizeof(last));
	lines = 0;
	jf_log_init(keep, last, JF_LOG_INFO);
	return 0;
}

static void a_line_says_level_category_and_call(void **state)
{
	static const uint8_t zeros[10] = {0};
	struct jf_call_id id = jf_call_id_make(UINT64_C(1469918176385000000), zeros);

	(void)state;
	jf_log(JF_LOG_SIP, JF_LOG_WARNING, &id, "agent %s: %d", "1001", 486);
	assert_string_equal(last, "warning sip: 01ARYZ6S410000000000000000 agent 1001: 486");
	jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL, "no");
	assert_string_equal(last, "error main: no");
}

static void what_is_too_verbose_is_not_said(void **state)
{
	(void)state;
	jf_log(JF_LOG_ACD, JF_LOG_DEBUG, NULL, "detail");
	assert_int_equal(lines, 0);
	jf_log_init(NULL, NULL, JF_LOG_DEBUG);
	jf_log(JF_LOG_ACD, JF_LOG_ERROR, NULL, "nobody listens");
	assert_int_equal(lines, 0);
}

static void no_line_makes_two(void **state)
{
	char longest[4000];

	(void)state;
	jf_log(JF_LOG_SIP, JF_LOG_INFO, NULL, "a\r\nerror main: forged\x1b[31m\x7f");
	assert_string_equal(last, "info sip: a??error main: forged?[31m?");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	jf_log(JF_LOG_SIP, JF_LOG_INFO, NULL, "%s", longest);
	assert_true(strlen(last) > 900 && strlen(last) < 1024);
}

static void text_from_outside_is_escaped_and_cut(void **state)
{
	char out[32], small[6];

	(void)state;
	assert_string_equal(jf_log_escape("a\\b\0\xff\n", 6, out, sizeof(out)),
	                    "a\\x5cb\\x00\\xff\\x0a");
	/* never half an escape */
	assert_string_equal(jf_log_escape("ab\n", 3, small, sizeof(small)), "ab");
	assert_string_equal(jf_log_escape("abcdefgh", 8, small, sizeof(small)), "abcde");
	assert_string_equal(jf_log_escape("abc", 3, small, 1), "");
	assert_string_equal(jf_log_escape("abc", 3, NULL, 0), "");
}

static void every_category_and_level_has_a_name(void **state)
{
	(void)state;
	for (int i = 0; i < JF_LOG_CATEGORY_COUNT; i++)
		assert_true(strlen(jf_log_category_name((enum jf_log_category)i)) > 0);
	assert_string_equal(jf_log_level_name(JF_LOG_ERROR), "error");
	assert_string_equal(jf_log_level_name(JF_LOG_DEBUG), "debug");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(a_line_says_level_category_and_call, fresh),
	        cmocka_unit_test_setup(what_is_too_verbose_is_not_said, fresh),
	        cmocka_unit_test_setup(no_line_makes_two, fresh),
	        cmocka_unit_test_setup(text_from_outside_is_escaped_and_cut, fresh),
	        cmocka_unit_test_setup(every_category_and_level_has_a_name, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
