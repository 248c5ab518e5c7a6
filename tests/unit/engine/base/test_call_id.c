// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_id.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void ids_sort_by_arrival(void **state)
{
	static const uint8_t high[10] = {0xff, 0xff, 0xff, 0xff, 0xff,
	                                 0xff, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t low[10] = {0};
	struct jf_call_id first = jf_call_id_make(UINT64_C(1700000000000000000), high);
	struct jf_call_id second = jf_call_id_make(UINT64_C(1700000000001000000), low);
	char first_text[JF_CALL_ID_TEXT], second_text[JF_CALL_ID_TEXT];

	(void)state;
	assert_true(memcmp(first.b, second.b, sizeof(first.b)) < 0);
	jf_call_id_text(&first, first_text);
	jf_call_id_text(&second, second_text);
	assert_true(strcmp(first_text, second_text) < 0);
	assert_int_equal(jf_call_id_utc_ms(&second), UINT64_C(1700000000001));
	assert_false(jf_call_id_equal(&first, &second));
}

static void text_and_back_is_the_same_id(void **state)
{
	(void)state;
	srand(4);
	for (int i = 0; i < 1000; i++) {
		struct jf_call_id id, again;
		char text[JF_CALL_ID_TEXT];

		for (size_t k = 0; k < sizeof(id.b); k++)
			id.b[k] = (uint8_t)rand();
		jf_call_id_text(&id, text);
		assert_int_equal(strlen(text), 26);
		assert_int_equal(jf_call_id_parse(text, &again), 0);
		assert_true(jf_call_id_equal(&id, &again));
		for (char *c = text; *c; c++)
			if (*c >= 'A')
				*c = (char)(*c - 'A' + 'a');
		assert_int_equal(jf_call_id_parse(text, &again), 0);
		assert_true(jf_call_id_equal(&id, &again));
	}
}

/* The example of the ULID's description: 1469918176385 ms is 01ARYZ6S41. */
static void the_text_is_that_of_a_ulid(void **state)
{
	static const uint8_t zeros[10] = {0};
	struct jf_call_id id = jf_call_id_make(UINT64_C(1469918176385000000), zeros);
	char text[JF_CALL_ID_TEXT];

	(void)state;
	jf_call_id_text(&id, text);
	assert_string_equal(text, "01ARYZ6S410000000000000000");
}

static void what_is_no_id_is_refused(void **state)
{
	static const char *const texts[] = {
	        "",
	        "01ARYZ6S41000000000000000",   /* short */
	        "01ARYZ6S4100000000000000000", /* long */
	        "01ARYZ6S41000000000000000U",  /* no digit */
	        "01ARYZ6S4100000000000000/0",
	        "01ARYZ6S4100000000000000\xc3\xa9",
	        "81ARYZ6S410000000000000000", /* over 128 bits */
	};
	struct jf_call_id id = {{7}};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(jf_call_id_parse(texts[i], &id), -EINVAL);
	assert_int_equal(id.b[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ids_sort_by_arrival),
	        cmocka_unit_test(text_and_back_is_the_same_id),
	        cmocka_unit_test(the_text_is_that_of_a_ulid),
	        cmocka_unit_test(what_is_no_id_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
