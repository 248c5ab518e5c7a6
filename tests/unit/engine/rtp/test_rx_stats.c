// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtp_worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static struct jf_rx_stats stats;
static struct jf_rx_rare rare;
static uint32_t now_ts;

static int fresh(void **state)
{
	(void)state;
	stats = (struct jf_rx_stats){0};
	rare = (struct jf_rx_rare){0};
	now_ts = 1000;
	return 0;
}

static enum jf_rx_verdict packet_of(uint32_t ssrc, uint16_t sequence)
{
	struct jf_rtp rtp = {.ssrc = ssrc,
	                     .sequence = sequence,
	                     .timestamp = 160u * sequence,
	                     .payload_length = 160};

	now_ts += 160;
	return jf_rx_stats_update(&stats, &rare, &rtp, now_ts, true);
}

static enum jf_rx_verdict packet(uint16_t sequence)
{
	return packet_of(7, sequence);
}

static void an_orderly_stream_loses_nothing_over_the_wrap(void **state)
{
	(void)state;
	assert_int_equal(packet(65000), JF_RX_FIRST);
	for (unsigned i = 1; i < 200000; i++)
		assert_int_equal(packet((uint16_t)(65000 + i)), JF_RX_AHEAD);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 200000);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 0);
	assert_int_equal(stats.octets, 200000 * 160);
	assert_int_equal(rare.reordered + rare.duplicates + rare.ssrc_changes, 0);
	assert_int_equal(stats.jitter_ts_q4, 0);
}

static void losses_reordering_and_duplicates_are_told_apart(void **state)
{
	(void)state;
	packet(65534);
	assert_int_equal(packet(1), JF_RX_AHEAD); /* 65535 and 0 are missing */
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 2);
	assert_int_equal(rare.loss_runs, 1);
	assert_int_equal(packet(65535), JF_RX_REORDERED);
	assert_int_equal(rare.loss_runs, 1); /* 0 */
	assert_int_equal(packet(65535), JF_RX_DUPLICATE);
	assert_int_equal(packet(1), JF_RX_DUPLICATE);
	assert_int_equal(packet(2), JF_RX_AHEAD);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 5);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 1);
	assert_int_equal(rare.reordered, 1);
	assert_int_equal(rare.duplicates, 2);
	assert_int_equal(stats.packets, 6);
}

static void runs_of_losses_are_counted_as_late_packets_leave_them(void **state)
{
	(void)state;
	packet(10);
	packet(16); /* 11-15 */
	assert_int_equal(rare.loss_runs, 1);
	packet(13); /* 11-12, 14-15 */
	assert_int_equal(rare.loss_runs, 2);
	packet(14);
	packet(15);
	assert_int_equal(rare.loss_runs, 1);
	packet(11);
	packet(12);
	assert_int_equal(rare.loss_runs, 0);
	packet(18);
	packet(20);
	assert_int_equal(rare.loss_runs, 2);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 2);
}

static void a_stream_that_begins_out_of_order_loses_nothing(void **state)
{
	(void)state;
	packet(2);
	assert_int_equal(packet(1), JF_RX_REORDERED);
	assert_int_equal(packet(0), JF_RX_REORDERED);
	assert_int_equal(packet(65535), JF_RX_REORDERED);
	packet(3);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 5);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 0);
}

static void another_ssrc_adds_to_the_account(void **state)
{
	(void)state;
	packet(1);
	packet(3);
	assert_int_equal(packet_of(8, 40000), JF_RX_NEW_SOURCE);
	assert_int_equal(packet_of(8, 40003), JF_RX_AHEAD);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 7);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 3);
	assert_int_equal(stats.ssrc, 8);
	assert_int_equal(rare.ssrc_changes, 1);
}

static void a_sender_that_begins_anew_has_lost_nothing(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 10; i++)
		packet(i);
	assert_int_equal(packet(30000), JF_RX_JUMP);
	assert_int_equal(packet(30001), JF_RX_AHEAD);
	assert_int_equal(packet(30002), JF_RX_AHEAD);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 13);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 0);
	/* backwards too */
	assert_int_equal(packet(20000), JF_RX_JUMP);
	assert_int_equal(packet(20001), JF_RX_AHEAD);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 0);
}

static void a_stray_does_not_upset_the_account(void **state)
{
	(void)state;
	packet(1);
	assert_int_equal(packet(30000), JF_RX_JUMP);
	packet(2);
	packet(4);
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), 5);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), 1);
}

static void random_loss_is_counted_exactly(void **state)
{
	uint32_t sent = 0, lost = 0;

	(void)state;
	srand(3);
	packet(0);
	for (uint32_t i = 1; i < 100000; i++) {
		sent++;
		if (i < 99999 && rand() % 20 == 0)
			lost++;
		else
			packet((uint16_t)i);
	}
	assert_int_equal(jf_rx_stats_expected(&stats, &rare), sent + 1);
	assert_int_equal(jf_rx_stats_lost(&stats, &rare), lost);
}

/* RFC 3550 A.8 with floating point, beside ours. */
static void jitter_follows_the_formula(void **state)
{
	double jitter = 0, transit = 0;

	(void)state;
	srand(5);
	for (uint32_t i = 0; i < 5000; i++) {
		uint32_t delay = (uint32_t)rand() % 80;
		struct jf_rtp rtp = {.ssrc = 7, .sequence = (uint16_t)i, .timestamp = 160 * i};

		jf_rx_stats_update(&stats, &rare, &rtp, 90000 + 160 * i + delay, true);
		if (i)
			jitter += ((delay > transit ? delay - transit : transit - delay) - jitter) /
			          16;
		transit = delay;
	}
	assert_true(stats.jitter_ts_q4 / 16.0 > jitter - 1.5 &&
	            stats.jitter_ts_q4 / 16.0 < jitter + 1.5);
}

static void clock_jumps_and_events_are_no_jitter(void **state)
{
	struct jf_rtp rtp = {.ssrc = 7};

	(void)state;
	for (uint32_t i = 0; i < 100; i++, rtp.sequence++) {
		/* a telephone-event: five packets of one timestamp */
		bool event = i % 10 >= 5;

		rtp.timestamp = event ? 160 * (i - i % 10 + 5) : 160 * i;
		if (i >= 50)
			rtp.timestamp += 1000000;
		jf_rx_stats_update(&stats, &rare, &rtp, 160 * i, !event);
	}
	assert_int_equal(stats.jitter_ts_q4, 0);
}

static void sums_go_on_past_32_bits(void **state)
{
	(void)state;
	packet(1);
	stats.packets = UINT32_MAX;
	stats.octets = UINT32_MAX - 100;
	packet(2);
	packet(3);
	assert_int_equal(jf_rx_stats_packets(&stats, &rare), (UINT64_C(1) << 32) + 1);
	assert_int_equal(jf_rx_stats_octets(&stats, &rare), UINT32_MAX - 100 + UINT64_C(320));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(an_orderly_stream_loses_nothing_over_the_wrap, fresh),
	        cmocka_unit_test_setup(losses_reordering_and_duplicates_are_told_apart, fresh),
	        cmocka_unit_test_setup(runs_of_losses_are_counted_as_late_packets_leave_them,
	                               fresh),
	        cmocka_unit_test_setup(a_stream_that_begins_out_of_order_loses_nothing, fresh),
	        cmocka_unit_test_setup(another_ssrc_adds_to_the_account, fresh),
	        cmocka_unit_test_setup(a_sender_that_begins_anew_has_lost_nothing, fresh),
	        cmocka_unit_test_setup(a_stray_does_not_upset_the_account, fresh),
	        cmocka_unit_test_setup(random_loss_is_counted_exactly, fresh),
	        cmocka_unit_test_setup(jitter_follows_the_formula, fresh),
	        cmocka_unit_test_setup(clock_jumps_and_events_are_no_jitter, fresh),
	        cmocka_unit_test_setup(sums_go_on_past_32_bits, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
