// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtcp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_rtp_worker.h"

/* A party sends as 0x01020304 and hears 0x0a0b0c0d; the listener knows it as 0xa0a1a2a3. */
static const uint8_t report[] = {
        /* clang-format off */
        0x81, 200, 0, 12, 1, 2, 3, 4,          /* SR */
        0xe0, 0, 0, 1, 0, 0, 0, 2,             /* NTP */
        0, 0, 0, 160, 0, 0, 0, 5, 0, 0, 3, 32, /* RTP time, packets, octets */
        0x0a, 0x0b, 0x0c, 0x0d, 3, 0, 0, 4, 0, 0, 0x03, 0xf0, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8,
        0x81, 202, 0, 8, 1, 2, 3, 4,           /* SDES */
        1, 10, 'm', 'e', '@', 'h', 'o', 's', 't', '.', 'c', 'z',
        2, 8, 'S', 'o', 'm', 'e', 'b', 'o', 'd', 'y', 0, 0, 0, 0, 0, 0,
        0x81, 203, 0, 1, 1, 2, 3, 4,           /* BYE */
        0x80, 204, 0, 2, 1, 2, 3, 4, 'a', 'p', 'p', 's',
        /* clang-format on */
};
#define SR_SIZE   52u
#define SDES_SIZE 36u

static struct jf_continuity forward, reverse;
static uint8_t packet[256];
static size_t length;

static void flow(struct jf_continuity *c, uint32_t ssrc_out, uint32_t ssrc_in)
{
	struct jf_rtp rtp = {.ssrc = ssrc_in, .sequence = 1, .timestamp = 160};
	struct jf_rtp_out out;

	jf_continuity_init(c, ssrc_out, 1000, 5000);
	for (; rtp.sequence <= 20; rtp.sequence++, rtp.timestamp += 160)
		jf_continuity_map(c, &rtp, rtp.timestamp, &out);
}

static int fresh(void **state)
{
	(void)state;
	flow(&forward, 0xa0a1a2a3, 0x01020304);
	flow(&reverse, 0x0a0b0c0d, 0x05060708);
	memcpy(packet, report, sizeof(report));
	length = sizeof(report);
	return 0;
}

static uint32_t at(size_t offset)
{
	return jf_rtp_load32(packet + offset);
}

static void a_sender_report_speaks_of_the_listeners_stream(void **state)
{
	(void)state;
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), 0);
	assert_int_equal(packet[0], 0x81);
	assert_int_equal(packet[1], 200);
	assert_int_equal(at(4), 0xa0a1a2a3);
	assert_int_equal(at(8), 0xe0000001); /* NTP as it was */
	assert_int_equal(at(16), 5000);      /* the first packet's time, as the listener had it */
	assert_int_equal(at(20), 5);
	/* the block: the other direction's source, by its own numbers */
	assert_int_equal(at(28), 0x05060708);
	assert_int_equal(at(32), 0x03000004);
	assert_int_equal(at(36), 9); /* 1008 is its number 9 */
	assert_int_equal(at(44), 0x01020304);
	assert_int_equal(at(48), 0x05060708);
}

static void names_byes_and_the_rest_stay_behind(void **state)
{
	(void)state;
	jf_rtcp_relay(packet, length, &forward, &reverse, &length);
	assert_int_equal(length, SR_SIZE + 20);
	assert_int_equal(packet[SR_SIZE + 1], 202);
	assert_int_equal(at(SR_SIZE + 4), 0xa0a1a2a3);
	assert_memory_equal(packet + SR_SIZE + 8,
	                    "\x01\x08"
	                    "a0a1a2a3\0\0",
	                    12);
	assert_int_equal(jf_rtcp_check(packet, length), 0);
}

static void blocks_about_other_streams_are_left_out(void **state)
{
	(void)state;
	packet[28] ^= 1;
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), 0);
	assert_int_equal(packet[0], 0x80);
	assert_int_equal(length, SR_SIZE - 24 + 20);
	fresh(state);
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, NULL, &length), 0);
	assert_int_equal(packet[0], 0x80);
	/* about packets from before the source that flows now */
	fresh(state);
	packet[38] = packet[39] = 0;
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), 0);
	assert_int_equal(packet[0], 0x80);
}

static void a_report_about_another_stream_keeps_only_its_blocks(void **state)
{
	(void)state;
	packet[7] ^= 1;
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), 0);
	assert_int_equal(packet[1], 201);
	assert_int_equal(packet[0], 0x81);
	assert_int_equal(at(4), 0xa0a1a2a3);
	assert_int_equal(at(8), 0x05060708);
	assert_int_equal(length, 8 + 24 + 20);
	assert_int_equal(jf_rtcp_check(packet, length), 0);
}

static void nothing_is_said_before_something_flows(void **state)
{
	struct jf_continuity none;

	(void)state;
	jf_continuity_init(&none, 1, 1, 1);
	assert_int_equal(jf_rtcp_relay(packet, length, &none, &reverse, &length), -ENOENT);
	jf_continuity_switch(&forward);
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), -ENOENT);
}

static void refused(size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	size_t same = 4711;

	assert_non_null(copy);
	memcpy(copy, packet, n);
	assert_int_equal(jf_rtcp_check(copy, n), -EINVAL);
	assert_int_equal(jf_rtcp_relay(copy, n, &forward, &reverse, &same), -EINVAL);
	assert_int_equal(same, 4711);
	free(copy);
}

static void what_does_not_hold_together_is_refused(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(report); cut++)
		if (cut != SR_SIZE && cut != SR_SIZE + SDES_SIZE && cut != SR_SIZE + SDES_SIZE + 8)
			refused(cut);
	packet[0] = 0x41; /* version */
	refused(length);
	packet[0] = 0xa1; /* padding in the first part */
	refused(length);
	packet[0] = 0x82; /* more blocks than there is room for */
	refused(length);
	fresh(state);
	packet[1] = 202; /* SDES first */
	refused(length);
	fresh(state);
	packet[SR_SIZE + 9] = 200; /* an item longer than its part */
	refused(length);
	fresh(state);
	packet[SR_SIZE] = 0xa1; /* padding in the middle */
	refused(length);
}

static void padding_of_the_last_part_is_taken_off(void **state)
{
	(void)state;
	packet[SR_SIZE + SDES_SIZE + 8] = 0xa0;
	packet[length - 1] = 4;
	assert_int_equal(jf_rtcp_relay(packet, length, &forward, &reverse, &length), 0);
	assert_int_equal(length, SR_SIZE + 20);
	fresh(state);
	packet[SR_SIZE + SDES_SIZE + 8] = 0xa0;
	packet[length - 1] = 12; /* more than the part holds */
	refused(length);
	packet[length - 1] = 3;
	refused(length);
	packet[length - 1] = 0;
	refused(length);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(a_sender_report_speaks_of_the_listeners_stream, fresh),
	        cmocka_unit_test_setup(names_byes_and_the_rest_stay_behind, fresh),
	        cmocka_unit_test_setup(blocks_about_other_streams_are_left_out, fresh),
	        cmocka_unit_test_setup(a_report_about_another_stream_keeps_only_its_blocks, fresh),
	        cmocka_unit_test_setup(nothing_is_said_before_something_flows, fresh),
	        cmocka_unit_test_setup(what_does_not_hold_together_is_refused, fresh),
	        cmocka_unit_test_setup(padding_of_the_last_part_is_taken_off, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
