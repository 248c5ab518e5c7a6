// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_sip_frame.h"

#define START "OPTIONS sip:a@b SIP/2.0\r\n"

static enum jf_sip_frame_kind first(const char *text, size_t *ret_used)
{
	struct jf_sip_frame frame = {0};

	return jf_sip_frame_next(&frame, text, strlen(text), ret_used);
}

static void assert_kind(const char *text, enum jf_sip_frame_kind kind)
{
	size_t used;

	assert_int_equal(first(text, &used), kind);
	if (kind == JF_SIP_FRAME_MORE || kind >= JF_SIP_FRAME_GARBAGE)
		assert_int_equal(used, 0);
}

static void a_message_ends_where_its_content_length_says(void **state)
{
	static const char *const headers[] = {
	        "Content-Length: 4\r\n", "content-length:4\r\n",         "l: 4\r\n",
	        "L \t: 4 \r\n",          "Content-Length:\r\n \t 4\r\n", "X: y\r\nl:4\r\nl: 4\r\n"};
	char text[256];
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		snprintf(text, sizeof(text), START "%s\r\nbodyNEXT", headers[i]);
		assert_int_equal(first(text, &used), JF_SIP_FRAME_MESSAGE);
		assert_string_equal(text + used, "NEXT");
	}
	assert_int_equal(first("SIP/2.0 200 OK\r\nl: 0\r\n\r\n", &used), JF_SIP_FRAME_MESSAGE);
	assert_kind(START "l: 4\r\n\r\nbod", JF_SIP_FRAME_MORE);
}

static void pieces_of_any_size_give_the_same_messages(void **state)
{
	static const char stream[] = "\r\n\r\n" START "l: 3\r\nX: \xc3\xa4\r\n\r\nabc\r\n" START
	                             "Content-Length: 0\r\n\r\n\r\n";

	(void)state;
	for (size_t piece = 1; piece < sizeof(stream); piece++) {
		struct jf_sip_frame frame = {0};
		size_t begin = 0, end = 0, messages = 0, pings = 0, used;

		while (end < sizeof(stream) - 1) {
			end = end + piece < sizeof(stream) - 1 ? end + piece : sizeof(stream) - 1;
			for (;;) {
				enum jf_sip_frame_kind kind = jf_sip_frame_next(
				        &frame, stream + begin, end - begin, &used);

				if (kind == JF_SIP_FRAME_MORE)
					break;
				assert_true(kind < JF_SIP_FRAME_GARBAGE);
				messages += kind == JF_SIP_FRAME_MESSAGE;
				pings += kind == JF_SIP_FRAME_PING;
				begin += used;
			}
		}
		assert_int_equal(begin, sizeof(stream) - 1);
		assert_int_equal(messages, 2);
		assert_int_equal(pings, 1);
	}
}

static void what_is_no_sip_is_told_at_its_first_line(void **state)
{
	(void)state;
	assert_kind("GET / HTTP/1.1\r\n", JF_SIP_FRAME_GARBAGE);
	assert_kind("\x16\x03\x01", JF_SIP_FRAME_GARBAGE);
	assert_kind("\n", JF_SIP_FRAME_GARBAGE);
	assert_kind("OPTIONS sip:a\x01", JF_SIP_FRAME_GARBAGE);
	assert_kind("OPTIONS sip:a@b SIP/two\r\n", JF_SIP_FRAME_GARBAGE);
	assert_kind("OPTIONSSIP/2.0\r\n", JF_SIP_FRAME_GARBAGE);
	assert_kind("OPTIONS sip:a", JF_SIP_FRAME_MORE);
}

static void another_version_is_a_message_all_the_same(void **state)
{
	size_t used;

	(void)state;
	assert_int_equal(first("OPTIONS sip:a@b SIP/7.0\r\nl: 0\r\n\r\n", &used),
	                 JF_SIP_FRAME_MESSAGE);
}

static void a_length_that_is_not_clear_ends_the_stream(void **state)
{
	static const char *const headers[] = {"X: y\r\n\r\n",  "l: x\r\n\r\n",
	                                      "l: -1\r\n\r\n", "l: 4 5\r\n\r\n",
	                                      "l:\r\n\r\n",    "l: 4\r\nContent-Length: 5\r\n\r\n"};
	char text[256];
	size_t used;

	(void)state;
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
		snprintf(text, sizeof(text), START "%sbody", headers[i]);
		assert_int_equal(first(text, &used), JF_SIP_FRAME_ENDLESS);
		assert_string_equal(text + used, "body"); /* the head is there to be answered */
	}
}

static void what_is_too_long_is_told_before_it_has_come(void **state)
{
	char *text = malloc(40000);

	(void)state;
	assert_kind(START "l: 10485760\r\n\r\n", JF_SIP_FRAME_TOO_LONG);
	assert_kind(START "l: 18446744073709551617\r\n\r\n", JF_SIP_FRAME_TOO_LONG);
	assert_kind(START "l: 16384\r\n\r\n", JF_SIP_FRAME_MORE);
	memset(text, 'a', 39999);
	memcpy(text, START, strlen(START));
	text[39999] = '\0';
	assert_kind(text, JF_SIP_FRAME_TOO_LONG);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_ends_where_its_content_length_says),
	        cmocka_unit_test(pieces_of_any_size_give_the_same_messages),
	        cmocka_unit_test(what_is_no_sip_is_told_at_its_first_line),
	        cmocka_unit_test(another_version_is_a_message_all_the_same),
	        cmocka_unit_test(a_length_that_is_not_clear_ends_the_stream),
	        cmocka_unit_test(what_is_too_long_is_told_before_it_has_come),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
