// SPDX-License-Identifier: BSD-3-Clause
/* The bodies of INFO, as phones and gateways write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "jf_dtmf_body.h"
#include "jf_picture_body.h"

static void key_presses_are_read(void **state)
{
	static const struct {
		bool relay;
		const char *text;
		char digit;
		uint32_t duration_ms;
	} cases[] = {
	        {true, "Signal=5\r\nDuration=160\r\n", '5', 160},
	        {true, "Signal= 5\r\nDuration= 250\r\n", '5', 250},
	        {true, "Duration=100\nsignal=#", '#', 100},
	        {true, "Signal=*\r\n", '*', 160},
	        {true, "Signal=d\r\nDuration=x\r\n", 'D', 160},
	        {true, "Signal=10\r\nDuration=100\r\n", '*', 100},
	        {true, "Signal=11\r\nDuration=100\r\n", '#', 100},
	        {true, "Signal=16\r\n", 'F', 160},
	        {true, "Signal=hf\r\n", 'F', 160},
	        {true, "Signal=1\r\nDuration=1\r\n", '1', 40},
	        {true, "Signal=1\r\nDuration=999999\r\n", '1', 5000},
	        {false, "5", '5', 160},
	        {false, " 11\r\n", '#', 160},
	        {false, "!", 'F', 160},
	        /* nothing that could be pressed */
	        {true, "", '\0', 0},
	        {true, "5", '\0', 0},
	        {true, "Signal=\r\n", '\0', 0},
	        {true, "Signal=17\r\n", '\0', 0},
	        {true, "Signal=05\r\n", '\0', 0},
	        {true, "Signal=5\r\nSignal=6\r\n", '\0', 0},
	        {true, "Duration=100\r\n", '\0', 0},
	        {false, "", '\0', 0},
	        {false, "55", '\0', 0},
	        {false, "x", '\0', 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint32_t duration_ms = 0;
		char digit = '\0';
		bool read = jf_dtmf_body_read(cases[i].relay, cases[i].text, strlen(cases[i].text),
		                              &digit, &duration_ms);

		if (read != (cases[i].digit != '\0') || digit != cases[i].digit ||
		    duration_ms != cases[i].duration_ms)
			fail_msg("\"%s\": %d '%c' %u ms", cases[i].text, read, digit, duration_ms);
	}
}

static void what_is_written_can_be_read(void **state)
{
	char text[JF_DTMF_BODY_MAX], digit;
	uint32_t duration_ms;

	(void)state;
	for (const char *key = "0123456789*#ABCDF"; *key; key++) {
		jf_dtmf_body_write(*key, 200, text);
		assert_true(jf_dtmf_body_read(true, text, strlen(text), &digit, &duration_ms));
		assert_int_equal(digit, *key);
		assert_int_equal(duration_ms, 200);
	}
	jf_dtmf_body_write('7', 160, text);
	assert_string_equal(text, "Signal=7\r\nDuration=160\r\n");
}

static void a_picture_is_asked_for(void **state)
{
	static const struct {
		const char *text;
		bool asks;
	} cases[] = {
	        {jf_picture_body, true},
	        {"<media_control><vc_primitive><to_encoder>\n<picture_fast_update>\n"
	         "</picture_fast_update>",
	         true},
	        {"<picture_fast_update />", true},
	        {"<picture_fast_update", false},
	        {"<picture_fast_updates/>", false},
	        {"<media_control><general_error>no</general_error></media_control>", false},
	        {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (jf_picture_body_asks(cases[i].text, strlen(cases[i].text)) != cases[i].asks)
			fail_msg("%s", cases[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_picture_is_asked_for),
	        cmocka_unit_test(key_presses_are_read),
	        cmocka_unit_test(what_is_written_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
