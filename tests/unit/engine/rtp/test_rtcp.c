// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtcp.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "jf_time.h"

#define OURS UINT32_C(0x0a0b0c0d) /* the stream that we send to the party */

static const uint8_t sample[] = {
        /* clang-format off */
        0x82, 200, 0, 18, 1, 2, 3, 4,          /* SR */
        0xe0, 0, 0, 1, 0x80, 0, 0, 2,          /* NTP */
        0, 0, 0, 160, 0, 0, 0, 5, 0, 0, 3, 32, /* RTP time, packets, octets */
        9, 9, 9, 9, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1,
        0x0a, 0x0b, 0x0c, 0x0d, 64, 0, 0, 4, 0, 1, 0x03, 0xf0, 0, 0, 0, 9, 1, 2, 3, 4, 0, 1, 0, 0,
        0x81, 202, 0, 8, 1, 2, 3, 4,           /* SDES */
        1, 10, 'm', 'e', '@', 'h', 'o', 's', 't', '.', 'c', 'z',
        2, 8, 'S', 'o', 'm', 'e', 'b', 'o', 'd', 'y', 0, 0, 0, 0, 0, 0,
        0x80, 207, 0, 4, 1, 2, 3, 4, 4, 0, 0, 2, 0xe0, 0, 0, 1, 0, 0, 0, 0, /* XR */
        0x81, 203, 0, 2, 1, 2, 3, 4, 3, 'e', 'n', 'd', /* BYE */
        0x80, 204, 0, 2, 1, 2, 3, 4, 'a', 'p', 'p', 's',
        /* clang-format on */
};
#define SR_SIZE   76u
#define SDES_SIZE 36u
#define XR_AT     (SR_SIZE + SDES_SIZE)
#define BYE_AT    (XR_AT + 20)
#define APP_AT    (BYE_AT + 12)

static uint8_t packet[256];

static int fresh(void **state)
{
	(void)state;
	memcpy(packet, sample, sizeof(sample));
	return 0;
}

/* In memory of exactly its size, so that a sanitizer sees a byte too far. */
static int read_as(size_t length, struct jf_rtcp *ret_rtcp)
{
	uint8_t *copy = malloc(length ? length : 1);
	int err;

	assert_non_null(copy);
	memcpy(copy, packet, length);
	err = jf_rtcp_read(copy, length, OURS, ret_rtcp);
	free(copy);
	return err;
}

static void refused(size_t length)
{
	struct jf_rtcp rtcp = {.ssrc = 4711};

	assert_int_equal(read_as(length, &rtcp), -EINVAL);
	assert_int_equal(rtcp.ssrc, 4711);
}

static void a_report_tells_of_both_streams(void **state)
{
	struct jf_rtcp rtcp;

	(void)state;
	assert_int_equal(read_as(sizeof(sample), &rtcp), 0);
	assert_int_equal(rtcp.ssrc, 0x01020304);
	assert_true(rtcp.has_sender);
	assert_true(rtcp.sender.ntp == UINT64_C(0xe000000180000002));
	assert_int_equal(jf_rtcp_middle(rtcp.sender.ntp), 0x00018000);
	assert_int_equal(rtcp.sender.timestamp, 160);
	assert_int_equal(rtcp.sender.packets, 5);
	assert_int_equal(rtcp.sender.octets, 800);
	assert_true(rtcp.has_block); /* the second one */
	assert_int_equal(rtcp.block.ssrc, OURS);
	assert_int_equal(rtcp.block.fraction, 64);
	assert_int_equal(rtcp.block.lost, 4);
	assert_int_equal(rtcp.block.highest, 0x103f0);
	assert_int_equal(rtcp.block.jitter_ts, 9);
	assert_int_equal(rtcp.block.last_sr_middle, 0x01020304);
	assert_int_equal(rtcp.block.since_sr_middle, 65536);
}

static void what_is_lost_may_be_negative(void **state)
{
	struct jf_rtcp rtcp;

	(void)state;
	memset(packet + 57, 0xff, 3);
	assert_int_equal(read_as(sizeof(sample), &rtcp), 0);
	assert_int_equal(rtcp.block.lost, -1);
}

static void a_report_without_names_is_taken(void **state)
{
	struct jf_rtcp rtcp;

	(void)state;
	packet[59] = 9; /* not about us */
	packet[52] = 9;
	assert_int_equal(read_as(SR_SIZE, &rtcp), 0);
	assert_true(rtcp.has_sender);
	assert_false(rtcp.has_block);
	memcpy(packet, "\x80\xc9\0\1\1\2\3\4", 8); /* an empty RR */
	assert_int_equal(read_as(8, &rtcp), 0);
	assert_false(rtcp.has_sender);
}

static void what_begins_with_no_report_is_called_so(void **state)
{
	struct jf_rtcp rtcp = {.ssrc = 4711};

	(void)state;
	memmove(packet, packet + APP_AT, 12); /* what baresip opens its NAT with */
	assert_int_equal(read_as(12, &rtcp), -ENOMSG);
	memcpy(packet, sample + SR_SIZE, sizeof(sample) - SR_SIZE);
	assert_int_equal(read_as(sizeof(sample) - SR_SIZE, &rtcp), -ENOMSG);
	packet[9] = 200; /* but not when it is broken as well */
	refused(sizeof(sample) - SR_SIZE);
	assert_int_equal(rtcp.ssrc, 4711);
}

static void what_does_not_hold_together_is_refused(void **state)
{
	(void)state;
	for (size_t cut = 0; cut < sizeof(sample); cut++)
		if (cut != SR_SIZE && cut != XR_AT && cut != BYE_AT && cut != APP_AT)
			refused(cut);
	packet[0] = 0x42; /* version */
	refused(sizeof(sample));
	packet[0] = 0xa2; /* padding in the first part */
	refused(sizeof(sample));
	packet[0] = 0x83; /* more blocks than there is room for */
	refused(sizeof(sample));
	fresh(state);
	packet[SR_SIZE + 9] = 200; /* an item longer than its part */
	refused(sizeof(sample));
	fresh(state);
	packet[SR_SIZE] = 0xa1; /* padding in the middle */
	refused(sizeof(sample));
	fresh(state);
	packet[XR_AT + 11] = 3; /* a block longer than its part */
	refused(sizeof(sample));
	fresh(state);
	packet[BYE_AT] = 0x83; /* more sources than there is room for */
	refused(sizeof(sample));
	fresh(state);
	packet[BYE_AT + 8] = 4; /* a reason longer than its part */
	refused(sizeof(sample));
	fresh(state);
	packet[APP_AT + 3] = 1; /* without a name */
	refused(sizeof(sample) - 4);
}

static void padding_of_the_last_part_is_taken_off(void **state)
{
	struct jf_rtcp rtcp;

	(void)state;
	memcpy(packet + APP_AT, "\xa0\xcd\0\2\1\2\3\4\0\0\0\4", 12);
	assert_int_equal(read_as(sizeof(sample), &rtcp), 0);
	packet[sizeof(sample) - 1] = 12; /* more than the part holds */
	refused(sizeof(sample));
	packet[sizeof(sample) - 1] = 3;
	refused(sizeof(sample));
	packet[sizeof(sample) - 1] = 0;
	refused(sizeof(sample));
}

/* ---- The round trip ------------------------------------------------------------------------- */

/* Section 6.4.1, figure 2: 0xb710:8000 - 0x0005:4000 - 0xb705:2000 = 0x0006:2000, 6.125 s. */
static void the_round_trip_of_the_rfc(void **state)
{
	const struct jf_rtcp_block block = {.last_sr_middle = 0xb7052000,
	                                    .since_sr_middle = 0x00054000};
	uint32_t us;

	(void)state;
	assert_true(jf_rtcp_round_trip_us(&block, 0xb7108000, &us));
	assert_int_equal(us, 6125000);
}

static void the_round_trip_survives_the_wrap(void **state)
{
	const struct jf_rtcp_block block = {.last_sr_middle = 0xffff8000,
	                                    .since_sr_middle = 0x00010000};
	uint32_t us;

	(void)state;
	assert_true(jf_rtcp_round_trip_us(&block, 0x00010000, &us));
	assert_int_equal(us, 500000);
}

static void a_round_trip_that_cannot_be_is_none(void **state)
{
	struct jf_rtcp_block block = {.last_sr_middle = 0, .since_sr_middle = 0};
	uint32_t us = 4711;

	(void)state;
	assert_false(jf_rtcp_round_trip_us(&block, 100, &us)); /* had no SR */
	block.last_sr_middle = 0x10000;
	assert_false(jf_rtcp_round_trip_us(&block, 0x10000 - 60000, &us)); /* from the future */
	assert_false(jf_rtcp_round_trip_us(&block, 0x10000 + (61 << 16), &us));
	assert_int_equal(us, 4711);
	/* a clock that rounds up by a tick or two */
	assert_true(jf_rtcp_round_trip_us(&block, 0x10000 - 2, &us));
	assert_int_equal(us, 0);
}

/* ---- Ours ----------------------------------------------------------------------------------- */

static const struct jf_rtcp_sender sender = {
        .ntp = UINT64_C(0x0123456789abcdef), .timestamp = 160, .packets = 7, .octets = 1120};
static const struct jf_rtcp_block block = {.ssrc = 0x01020304,
                                           .lost = 5,
                                           .highest = 70000,
                                           .jitter_ts = 12,
                                           .last_sr_middle = 0x456789ab,
                                           .since_sr_middle = 77,
                                           .fraction = 3};

static size_t write_of(const struct jf_rtcp_sender *s, const struct jf_rtcp_block *b)
{
	struct jf_rtcp_report report = {.ssrc = OURS, .sender = s, .block = b};
	size_t length;

	memcpy(report.cname, "0123456789abcdef", JF_RTCP_CNAME_LENGTH);
	memset(packet, 0xee, sizeof(packet));
	length = jf_rtcp_write(&report, packet);
	assert_true(length <= JF_RTCP_REPORT_MAX && length % 4 == 0);
	assert_int_equal(packet[length], 0xee);
	return length;
}

static void what_we_say_is_what_others_read(void **state)
{
	struct jf_rtcp rtcp;
	size_t length = write_of(&sender, &block);

	(void)state;
	assert_int_equal(length, JF_RTCP_REPORT_MAX - 20); /* without an FIR */
	/* read by the party, whose stream has block.ssrc */
	assert_int_equal(jf_rtcp_read(packet, length, block.ssrc, &rtcp), 0);
	assert_int_equal(rtcp.ssrc, OURS);
	assert_true(rtcp.has_sender && rtcp.has_block);
	assert_true(rtcp.sender.ntp == sender.ntp);
	assert_int_equal(rtcp.sender.timestamp, 160);
	assert_int_equal(rtcp.sender.packets, 7);
	assert_int_equal(rtcp.sender.octets, 1120);
	assert_int_equal(rtcp.block.lost, 5);
	assert_int_equal(rtcp.block.highest, 70000);
	assert_int_equal(rtcp.block.jitter_ts, 12);
	assert_int_equal(rtcp.block.last_sr_middle, 0x456789ab);
	assert_int_equal(rtcp.block.since_sr_middle, 77);
	assert_int_equal(rtcp.block.fraction, 3);
}

static void a_report_has_as_many_parts_as_there_is_to_say(void **state)
{
	struct jf_rtcp rtcp;
	size_t length = write_of(NULL, NULL);

	(void)state;
	assert_int_equal(length, 8 + 28);
	assert_memory_equal(packet, "\x80\xc9\0\1\x0a\x0b\x0c\x0d", 8);
	assert_memory_equal(packet + 8,
	                    "\x81\xca\0\6\x0a\x0b\x0c\x0d\x01\x10"
	                    "0123456789abcdef\0\0",
	                    28);
	assert_int_equal(jf_rtcp_read(packet, length, 1, &rtcp), 0);
	length = write_of(NULL, &block);
	assert_int_equal(jf_rtcp_read(packet, length, block.ssrc, &rtcp), 0);
	assert_true(rtcp.has_block && !rtcp.has_sender);
	length = write_of(&sender, NULL);
	assert_int_equal(jf_rtcp_read(packet, length, block.ssrc, &rtcp), 0);
	assert_true(!rtcp.has_block && rtcp.has_sender);
}

static void a_picture_is_asked_for_and_heard(void **state)
{
	static const enum jf_rtcp_keyframe ways[] = {JF_RTCP_KEYFRAME_PLI, JF_RTCP_KEYFRAME_FIR};
	struct jf_rtcp_report report = {.ssrc = 1, .keyframe_ssrc = OURS, .keyframe_number = 9};
	struct jf_rtcp rtcp;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		size_t plain, length;

		report.keyframe = JF_RTCP_KEYFRAME_NONE;
		plain = jf_rtcp_write(&report, packet);
		assert_int_equal(read_as(plain, &rtcp), 0);
		assert_false(rtcp.wants_keyframe);
		report.keyframe = ways[i];
		length = jf_rtcp_write(&report, packet);
		assert_int_equal(length, plain + (i ? 20 : 12));
		assert_int_equal(packet[plain], i ? 0x84 : 0x81);
		assert_int_equal(packet[plain + 1], 206);
		assert_int_equal(read_as(length, &rtcp), 0);
		assert_true(rtcp.wants_keyframe);
		/* Alone too, as some phones send it. */
		memmove(packet, packet + plain, length - plain);
		assert_int_equal(read_as(length - plain, &rtcp), 0);
		assert_true(rtcp.wants_keyframe);
		/* Cut off, or about another stream. */
		packet[3]--;
		assert_int_equal(read_as(length - plain - 4, &rtcp), -EINVAL);
		packet[3]++;
		packet[length - plain - (i ? 8 : 4)] ^= 1;
		assert_int_equal(read_as(length - plain, &rtcp), -ENOMSG);
	}
}

static void losses_stay_within_their_24_bits(void **state)
{
	struct jf_rtcp_block b = block;
	struct jf_rtcp rtcp;

	(void)state;
	b.lost = 1 << 25;
	assert_int_equal(jf_rtcp_read(packet, write_of(NULL, &b), b.ssrc, &rtcp), 0);
	assert_int_equal(rtcp.block.lost, 0x7fffff);
	assert_int_equal(rtcp.block.fraction, 3);
	b.lost = -(1 << 25);
	assert_int_equal(jf_rtcp_read(packet, write_of(NULL, &b), b.ssrc, &rtcp), 0);
	assert_int_equal(rtcp.block.lost, -0x800000);
	assert_int_equal(rtcp.block.fraction, 3);
}

static void fractions_are_of_256(void **state)
{
	(void)state;
	assert_int_equal(jf_rtcp_fraction(0, 0), 0);
	assert_int_equal(jf_rtcp_fraction(250, 0), 0);
	assert_int_equal(jf_rtcp_fraction(250, -3), 0); /* duplicates */
	assert_int_equal(jf_rtcp_fraction(256, 1), 1);
	assert_int_equal(jf_rtcp_fraction(100, 25), 64);
	assert_int_equal(jf_rtcp_fraction(100, 100), 255);
	assert_int_equal(jf_rtcp_fraction(100, 2000000000), 255);
}

static void cnames_are_96_bits_of_base_64(void **state)
{
	char name[JF_RTCP_CNAME_LENGTH], other[JF_RTCP_CNAME_LENGTH];

	(void)state;
	jf_rtcp_cname(0, 0, name);
	assert_memory_equal(name, "AAAAAAAAAAAAAAAA", sizeof(name));
	jf_rtcp_cname(UINT32_MAX, UINT64_MAX, name);
	assert_memory_equal(name, "////////////////", sizeof(name));
	for (unsigned bit = 0; bit < 96; bit++) {
		jf_rtcp_cname(bit < 64 ? 0 : UINT64_C(1) << (bit - 64),
		              bit < 64 ? UINT64_C(1) << bit : 0, other);
		assert_int_not_equal(memcmp(other, "AAAAAAAAAAAAAAAA", sizeof(other)), 0);
	}
}

static void reports_keep_their_distance(void **state)
{
	(void)state;
	assert_true(jf_rtcp_interval_ns(0, false) == 2500 * JF_NS_PER_MS);
	assert_true(jf_rtcp_interval_ns(UINT32_C(1) << 31, false) == 5000 * JF_NS_PER_MS);
	assert_true(jf_rtcp_interval_ns(UINT32_MAX, false) > 7499 * JF_NS_PER_MS);
	assert_true(jf_rtcp_interval_ns(UINT32_MAX, false) <= 7500 * JF_NS_PER_MS);
	assert_true(jf_rtcp_interval_ns(0, true) == 1250 * JF_NS_PER_MS);
	assert_true(jf_rtcp_interval_ns(UINT32_MAX, true) <= 3750 * JF_NS_PER_MS);
}

static void ntp_counts_from_1900(void **state)
{
	(void)state;
	assert_true(jf_rtcp_ntp(0) == UINT64_C(2208988800) << 32);
	assert_true(jf_rtcp_ntp(JF_NS_PER_S / 2) == (UINT64_C(2208988800) << 32 | 0x80000000));
	/* 2036-02-07 06:28:16 UTC: the seconds wrap (RFC 5905 figure 4) */
	assert_true(jf_rtcp_ntp(UINT64_C(2085978496) * JF_NS_PER_S) == 0);
	for (uint64_t ns = 1; ns < JF_NS_PER_S; ns += 999983)
		assert_true(jf_rtcp_ntp(ns) > jf_rtcp_ntp(ns - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(a_report_tells_of_both_streams, fresh),
	        cmocka_unit_test_setup(what_is_lost_may_be_negative, fresh),
	        cmocka_unit_test_setup(a_report_without_names_is_taken, fresh),
	        cmocka_unit_test_setup(what_begins_with_no_report_is_called_so, fresh),
	        cmocka_unit_test_setup(what_does_not_hold_together_is_refused, fresh),
	        cmocka_unit_test_setup(padding_of_the_last_part_is_taken_off, fresh),
	        cmocka_unit_test(the_round_trip_of_the_rfc),
	        cmocka_unit_test(the_round_trip_survives_the_wrap),
	        cmocka_unit_test(a_round_trip_that_cannot_be_is_none),
	        cmocka_unit_test(what_we_say_is_what_others_read),
	        cmocka_unit_test(a_report_has_as_many_parts_as_there_is_to_say),
	        cmocka_unit_test(losses_stay_within_their_24_bits),
	        cmocka_unit_test(a_picture_is_asked_for_and_heard),
	        cmocka_unit_test(fractions_are_of_256),
	        cmocka_unit_test(cnames_are_96_bits_of_base_64),
	        cmocka_unit_test(reports_keep_their_distance),
	        cmocka_unit_test(ntp_counts_from_1900),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
