// SPDX-License-Identifier: BSD-3-Clause
#include "jf_telev_tx.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void a_press_has_one_timestamp_and_three_ends(void **state)
{
	struct jf_telev_packet packet;
	struct jf_telev_tx tx;

	(void)state;
	jf_telev_tx_begin(&tx, 11, 10, 5000);
	for (uint32_t i = 1; i <= 4; i++) {
		assert_true(jf_telev_tx_next(&tx, i * 160, false, &packet));
		assert_int_equal(packet.timestamp, 5000);
		assert_int_equal(packet.marker, i == 1);
		assert_int_equal(packet.telev.event, 11);
		assert_int_equal(packet.telev.volume, 10);
		assert_int_equal(packet.telev.duration_ts, i * 160);
		assert_false(packet.telev.end);
	}
	for (int i = 0; i < 3; i++) {
		assert_true(jf_telev_tx_next(&tx, 800, true, &packet));
		assert_int_equal(packet.timestamp, 5000);
		assert_int_equal(packet.telev.duration_ts, 800);
		assert_true(packet.telev.end);
		assert_false(packet.marker);
	}
	assert_false(jf_telev_tx_next(&tx, 800, true, &packet));
}

static void a_press_of_one_packet(void **state)
{
	struct jf_telev_packet packet;
	struct jf_telev_tx tx;

	(void)state;
	jf_telev_tx_begin(&tx, 0, 0, UINT32_MAX);
	for (int i = 0; i < 3; i++) {
		assert_true(jf_telev_tx_next(&tx, 320, true, &packet));
		assert_int_equal(packet.marker, i == 0);
		assert_true(packet.telev.end);
	}
	assert_false(jf_telev_tx_next(&tx, 320, true, &packet));
}

/* Held for 20 s, as the receiver of the same house understands it: one press, as long as that. */
static void a_long_press_goes_on_in_segments(void **state)
{
	struct jf_telev_rx rx = {0};
	struct jf_telev_packet packet;
	struct jf_telev_tx tx;
	uint32_t presses = 0, segments = 0, last_ts = 700;

	(void)state;
	jf_telev_tx_begin(&tx, 9, 12, 700);
	for (uint32_t duration = 160; duration <= 160000; duration += 160) {
		assert_true(jf_telev_tx_next(&tx, duration, false, &packet));
		assert_int_equal(packet.marker, duration == 160);
		presses += jf_telev_receive(&rx, 1, packet.timestamp, &packet.telev) ==
		           JF_TELEV_PRESSED;
		segments += packet.timestamp != last_ts;
		assert_true(packet.timestamp == last_ts ||
		            packet.timestamp == last_ts + UINT16_MAX);
		last_ts = packet.timestamp;
	}
	while (jf_telev_tx_next(&tx, 160100, true, &packet))
		presses += jf_telev_receive(&rx, 1, packet.timestamp, &packet.telev) ==
		           JF_TELEV_PRESSED;
	assert_int_equal(presses, 1);
	assert_int_equal(segments, 2);
	assert_true(rx.ended);
	assert_int_equal(rx.duration_ts, 160100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_press_has_one_timestamp_and_three_ends),
	        cmocka_unit_test(a_press_of_one_packet),
	        cmocka_unit_test(a_long_press_goes_on_in_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
