// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtp_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct jf_continuity c;
static struct jf_rtp_out out;

static int fresh(void **state)
{
	(void)state;
	jf_continuity_init(&c, 0xcafe, 65530, 0xffffff00u);
	return 0;
}

static bool packet(uint32_t ssrc, uint16_t sequence, uint32_t timestamp, uint32_t now_ts)
{
	struct jf_rtp rtp = {.ssrc = ssrc, .sequence = sequence, .timestamp = timestamp};

	return jf_continuity_map(&c, &rtp, now_ts, &out);
}

static void assert_out(uint16_t sequence, uint32_t timestamp, bool marker)
{
	assert_int_equal(out.ssrc, 0xcafe);
	assert_int_equal(out.sequence, sequence);
	assert_int_equal(out.timestamp, timestamp);
	assert_int_equal(out.marker, marker);
}

static void one_source_keeps_its_steps(void **state)
{
	(void)state;
	assert_true(packet(1, 500, 8000, 100));
	assert_out(65530, 0xffffff00u, true);
	assert_true(packet(1, 501, 8160, 260));
	assert_out(65531, 0xffffff00u + 160, false);
	/* a loss and a reordering stay what they are */
	assert_true(packet(1, 504, 8640, 740));
	assert_out(65534, 0xffffff00u + 640, false);
	assert_true(packet(1, 503, 8480, 741));
	assert_out(65533, 0xffffff00u + 480, false);
	assert_true(packet(1, 506, 8960, 1060));
	assert_out(0, 0xffffff00u + 960, false);
}

static void another_source_goes_on_where_the_last_one_was(void **state)
{
	(void)state;
	packet(1, 500, 0, 1000);
	packet(1, 501, 160, 1160);
	jf_continuity_switch(&c);
	jf_continuity_switch(&c);
	/* two seconds later, even with the numbers of the first */
	assert_true(packet(1, 501, 160, 17160));
	assert_out(65532, 0xffffff00u + 160 + 16000, true);
	assert_true(packet(1, 502, 320, 17320));
	assert_out(65533, 0xffffff00u + 320 + 16000, false);
}

static void a_changed_ssrc_is_another_source(void **state)
{
	(void)state;
	packet(1, 500, 0, 1000);
	assert_true(packet(2, 40000, 777, 1010));
	/* at least one packet further, however soon it comes */
	assert_out(65531, 0xffffff00u + 160, true);
	assert_true(packet(2, 40001, 937, 1170));
	assert_out(65532, 0xffffff00u + 320, false);
}

static void a_late_packet_takes_no_number_of_another_source(void **state)
{
	(void)state;
	packet(1, 500, 0, 1000);
	packet(1, 501, 160, 1160);
	jf_continuity_switch(&c);
	packet(1, 900, 0, 1320);
	assert_int_equal(out.sequence, 65532);
	out.sequence = 4711;
	assert_false(packet(1, 899, 0, 1330));
	assert_false(packet(1, 850, 0, 1330));
	assert_int_equal(out.sequence, 4711);
	packet(1, 903, 480, 1800);
	assert_int_equal(out.sequence, 65535);
	assert_true(packet(1, 901, 160, 1810));
	assert_int_equal(out.sequence, 65533);
	assert_false(packet(1, 899, 0, 1820));
}

static void a_jump_of_the_source_is_not_heard(void **state)
{
	(void)state;
	packet(1, 500, 0, 1000);
	assert_false(packet(1, 30000, 5000000, 1160));
	assert_true(packet(1, 30001, 5000160, 1320));
	assert_out(65531, 0xffffff00u + 320, true);
	assert_false(packet(1, 100, 9, 1480));
	assert_true(packet(1, 101, 169, 1640));
	assert_out(65532, 0xffffff00u + 640, true);
	assert_true(packet(1, 102, 329, 1800));
	assert_out(65533, 0xffffff00u + 800, false);
}

static void strays_from_far_away_change_nothing(void **state)
{
	(void)state;
	packet(1, 500, 80000, 1000);
	assert_false(packet(1, 350, 56000, 1001));
	assert_false(packet(1, 20000, 7, 1002));
	assert_true(packet(1, 501, 80160, 1160));
	assert_out(65531, 0xffffff00u + 160, false);
}

static void time_goes_on_after_an_event_whose_timestamp_stood_still(void **state)
{
	(void)state;
	packet(1, 1, 0, 0);
	for (uint16_t i = 0; i < 10; i++)
		packet(1, (uint16_t)(2 + i), 160, 160u + 160u * i);
	jf_continuity_switch(&c);
	packet(2, 1, 0, 1760);
	assert_int_equal(out.timestamp, 0xffffff00u + 1760);
}

/* A number goes out twice only if the source itself sent the packet twice. */
static void no_number_stands_for_two_packets(void **state)
{
	static uint64_t used[1 << 20];
	struct jf_rtp rtp = {.ssrc = 1};
	uint32_t now_ts = 0, sent = 0;

	(void)state;
	srand(11);
	for (int i = 0; i < 300000; i++) {
		struct jf_rtp sent_rtp = rtp;
		uint32_t extended;
		uint64_t from;

		rtp.sequence++;
		rtp.timestamp += 160;
		now_ts += 160;
		if (rand() % 1000 == 0)
			jf_continuity_switch(&c);
		if (rand() % 1000 == 0)
			rtp.ssrc++;
		if (rand() % 1000 == 0)
			rtp.sequence = (uint16_t)rand();
		if (rand() % 20 == 0)
			sent_rtp.sequence = (uint16_t)(sent_rtp.sequence - rand() % 6);
		if (!jf_continuity_map(&c, &sent_rtp, now_ts, &out))
			continue;
		extended = c.seq_high + (uint32_t)(int16_t)(uint16_t)(out.sequence - c.seq_high);
		from = (uint64_t)sent_rtp.ssrc << 16 | sent_rtp.sequence;
		assert_true(extended < sizeof(used) / sizeof(used[0]));
		assert_true(!used[extended] || used[extended] == from);
		used[extended] = from;
		sent++;
	}
	assert_true(sent > 250000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(one_source_keeps_its_steps, fresh),
	        cmocka_unit_test_setup(another_source_goes_on_where_the_last_one_was, fresh),
	        cmocka_unit_test_setup(a_changed_ssrc_is_another_source, fresh),
	        cmocka_unit_test_setup(a_late_packet_takes_no_number_of_another_source, fresh),
	        cmocka_unit_test_setup(a_jump_of_the_source_is_not_heard, fresh),
	        cmocka_unit_test_setup(strays_from_far_away_change_nothing, fresh),
	        cmocka_unit_test_setup(time_goes_on_after_an_event_whose_timestamp_stood_still,
	                               fresh),
	        cmocka_unit_test_setup(no_number_stands_for_two_packets, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
