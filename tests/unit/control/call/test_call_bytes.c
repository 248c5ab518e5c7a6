// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_priv.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void bytes_come_back(void **state)
{
	uint8_t bytes[3000] = {1, 2, 0, 0, 3}, back[3000];
	char *text;

	(void)state;
	bytes[2000] = 0xff;
	text = jf_call_bytes_text(bytes, sizeof(bytes));
	assert_true(strlen(text) < 40); /* the zeros are folded */
	assert_int_equal(jf_call_bytes_parse(text, back, sizeof(back)), 0);
	assert_memory_equal(bytes, back, sizeof(bytes));
	free(text);
}

static void what_was_not_written_by_us_is_refused(void **state)
{
	static const char *const bad[] = {
	        "",   "0102",   "010203040506", "0g02030405", "z6.",  "z99999999999999999.",
	        "z5", "01z-4.", "zz5.",         "010203040",  "z4.0", "Z5.",
	};
	uint8_t back[5] = {9, 9, 9, 9, 9};

	(void)state;
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(jf_call_bytes_parse(bad[i], back, sizeof(back)), -EINVAL);
		assert_int_equal(back[0], 9);
	}
	assert_int_equal(jf_call_bytes_parse("z5.", back, sizeof(back)), 0);
	assert_int_equal(back[4], 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bytes_come_back),
	        cmocka_unit_test(what_was_not_written_by_us_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
