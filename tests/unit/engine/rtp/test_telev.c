// SPDX-License-Identifier: BSD-3-Clause
#include "jf_telev.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct jf_telev_rx rx;

static int fresh(void **state)
{
	(void)state;
	memset(&rx, 0, sizeof(rx));
	return 0;
}

static enum jf_telev_news report(uint32_t timestamp, uint8_t event, uint16_t duration_ts, bool end)
{
	const struct jf_telev telev = {
	        .event = event, .duration_ts = duration_ts, .end = end, .volume = 10};

	return jf_telev_receive(&rx, 99, timestamp, &telev);
}

static void four_bytes_are_a_report_and_nothing_else_is(void **state)
{
	const uint8_t payload[8] = {11, 0x8a, 0x03, 0x20};
	uint8_t again[4];
	struct jf_telev telev;

	(void)state;
	assert_int_equal(jf_telev_parse(payload, 4, &telev), 0);
	assert_int_equal(telev.event, 11);
	assert_true(telev.end);
	assert_int_equal(telev.volume, 10);
	assert_int_equal(telev.duration_ts, 800);
	jf_telev_write(&telev, again);
	assert_memory_equal(again, payload, 4);
	for (size_t n = 0; n <= 8; n++)
		if (n != 4)
			assert_int_equal(jf_telev_parse(payload, n, &telev), -EINVAL);
}

static void a_key_press_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(report(1000, 5, 160, false), JF_TELEV_PRESSED);
	assert_int_equal(rx.event, 5);
	assert_int_equal(report(1000, 5, 320, false), JF_TELEV_HELD);
	assert_int_equal(report(1000, 5, 320, false), JF_TELEV_NOTHING);
	assert_int_equal(report(1000, 5, 480, true), JF_TELEV_HELD);
	assert_true(rx.ended);
	assert_int_equal(report(1000, 5, 480, true), JF_TELEV_NOTHING);
	assert_int_equal(report(1000, 5, 480, true), JF_TELEV_NOTHING);
	assert_int_equal(rx.duration_ts, 480);
}

static void packets_in_any_order_are_one_press(void **state)
{
	(void)state;
	assert_int_equal(report(1000, 5, 480, true), JF_TELEV_PRESSED);
	assert_int_equal(report(1000, 5, 320, false), JF_TELEV_NOTHING);
	assert_int_equal(report(1000, 5, 160, false), JF_TELEV_NOTHING);
	assert_int_equal(rx.duration_ts, 480);
	/* the next key, and then a late packet of the first */
	assert_int_equal(report(3000, 6, 160, false), JF_TELEV_PRESSED);
	assert_int_equal(report(1000, 5, 480, true), JF_TELEV_NOTHING);
	assert_int_equal(report(3000, 6, 320, true), JF_TELEV_HELD);
	assert_int_equal(rx.event, 6);
}

static void the_same_key_twice_is_two_presses_even_without_ends(void **state)
{
	(void)state;
	assert_int_equal(report(1000, 5, 160, false), JF_TELEV_PRESSED);
	assert_int_equal(report(2600, 5, 160, false), JF_TELEV_PRESSED);
	assert_int_equal(rx.timestamp, 2600);
}

static void a_key_held_for_ten_seconds_is_one_press(void **state)
{
	(void)state;
	assert_int_equal(report(1000, 5, 65000, false), JF_TELEV_PRESSED);
	assert_int_equal(report(1000, 5, 65535, false), JF_TELEV_HELD);
	assert_int_equal(report(1000 + 65535, 5, 160, false), JF_TELEV_HELD);
	assert_int_equal(report(1000 + 65535, 5, 14465, true), JF_TELEV_HELD);
	assert_int_equal(rx.timestamp, 1000);
	assert_int_equal(rx.duration_ts, 80000);
	assert_int_equal(report(1000, 5, 65535, false), JF_TELEV_NOTHING);
}

static void tones_that_are_no_keys_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(report(1000, 36, 160, false), JF_TELEV_IGNORED);
	assert_int_equal(report(1000, 17, 160, false), JF_TELEV_IGNORED);
	assert_int_equal(report(1000, 16, 160, false), JF_TELEV_PRESSED);
	assert_string_equal(jf_telev_name(16), "flash");
	assert_string_equal(jf_telev_name(10), "*");
	assert_string_equal(jf_telev_name(15), "D");
	assert_null(jf_telev_name(17));
}

static void a_sender_that_begins_anew_is_heard(void **state)
{
	const struct jf_telev telev = {.event = 1, .duration_ts = 160};

	(void)state;
	report(100000, 5, 160, true);
	/* with the same SSRC, its clock far back */
	assert_int_equal(report(1000, 6, 160, false), JF_TELEV_PRESSED);
	/* with another SSRC, even at the same time */
	assert_int_equal(jf_telev_receive(&rx, 100, 1000, &telev), JF_TELEV_PRESSED);
}

static void timestamps_wrap(void **state)
{
	(void)state;
	assert_int_equal(report(0xfffffff0u, 5, 160, true), JF_TELEV_PRESSED);
	assert_int_equal(report(800, 5, 160, false), JF_TELEV_PRESSED);
	assert_int_equal(report(0xfffffff0u, 5, 160, true), JF_TELEV_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(four_bytes_are_a_report_and_nothing_else_is, fresh),
	        cmocka_unit_test_setup(a_key_press_is_told_once, fresh),
	        cmocka_unit_test_setup(packets_in_any_order_are_one_press, fresh),
	        cmocka_unit_test_setup(the_same_key_twice_is_two_presses_even_without_ends, fresh),
	        cmocka_unit_test_setup(a_key_held_for_ten_seconds_is_one_press, fresh),
	        cmocka_unit_test_setup(tones_that_are_no_keys_are_ignored, fresh),
	        cmocka_unit_test_setup(a_sender_that_begins_anew_is_heard, fresh),
	        cmocka_unit_test_setup(timestamps_wrap, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
