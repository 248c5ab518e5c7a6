// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtp_worker.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Both ways must agree; a copy of exactly that length shows reads past it to a sanitizer. */
static int parse(const uint8_t *packet, size_t length, struct jf_rtp *ret_rtp)
{
	uint8_t *copy = malloc(length ? length : 1);
	struct jf_rtp fast = {0}, full = {0};
	int err;

	assert_non_null(copy);
	memcpy(copy, packet, length);
	err = jf_rtp_parse(copy, length, &full);
	assert_int_equal(jf_rtp_parse_fast(copy, length, &fast), err);
	assert_memory_equal(&fast, &full, sizeof(full));
	free(copy);
	if (!err)
		*ret_rtp = full;
	return err;
}

static void a_plain_header_is_read(void **state)
{
	uint8_t packet[172] = {0};
	struct jf_rtp rtp;

	(void)state;
	jf_rtp_write_header(packet, 101, true, 0xfffe, 0x89abcdef, 0x12345678);
	assert_int_equal(parse(packet, sizeof(packet), &rtp), 0);
	assert_int_equal(rtp.payload_type, 101);
	assert_true(rtp.marker);
	assert_int_equal(rtp.sequence, 0xfffe);
	assert_int_equal(rtp.timestamp, 0x89abcdef);
	assert_int_equal(rtp.ssrc, 0x12345678);
	assert_int_equal(rtp.payload_offset, 12);
	assert_int_equal(rtp.payload_length, 160);
	assert_int_equal(parse(packet, 12, &rtp), 0);
	assert_int_equal(rtp.payload_length, 0);
}

static void csrc_extension_and_padding_are_not_payload(void **state)
{
	uint8_t packet[] = {0xb2, 0, 0, 1, 0,   0,   0,   2,   0,    0,    0, 3,
	                    1,    1, 1, 1, 2,   2,   2,   2,   0xbe, 0xde, 0, 1,
	                    9,    9, 9, 9, 'v', 'o', 'i', 'c', 'e',  0,    0, 3};
	struct jf_rtp rtp;

	(void)state;
	assert_int_equal(parse(packet, sizeof(packet), &rtp), 0);
	assert_int_equal(rtp.payload_offset, 28);
	assert_int_equal(rtp.payload_length, 5);
	packet[35] = 8; /* all of it is padding */
	assert_int_equal(parse(packet, sizeof(packet), &rtp), 0);
	assert_int_equal(rtp.payload_length, 0);
}

static void what_does_not_hold_together_is_refused(void **state)
{
	uint8_t packet[40];
	struct jf_rtp rtp = {.ssrc = 77};

	(void)state;
	memset(packet, 0, sizeof(packet));
	packet[0] = 0x80;
	for (size_t length = 0; length < 12; length++)
		assert_int_equal(parse(packet, length, &rtp), -EINVAL);
	packet[0] = 0x40; /* version 1 */
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	packet[0] = 0xc0; /* version 3 */
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	packet[0] = 0x88; /* eight CSRCs in 28 bytes */
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	packet[0] = 0x90; /* an extension of 7 words in 6 */
	packet[15] = 7;
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	packet[15] = 6;
	assert_int_equal(parse(packet, 40, &rtp), 0);
	assert_int_equal(parse(packet, 14, &rtp), -EINVAL);
	packet[0] = 0xa0; /* padding of nothing, of more than there is */
	rtp.ssrc = 77;
	packet[39] = 0;
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	packet[39] = 29;
	assert_int_equal(parse(packet, 40, &rtp), -EINVAL);
	assert_int_equal(parse(packet, 12, &rtp), -EINVAL);
	assert_int_equal(rtp.ssrc, 77);
}

static void the_rtp_clock_is_eight_to_the_millisecond(void **state)
{
	(void)state;
	assert_int_equal(jf_rtp_ts_of_ns(0), 0);
	assert_int_equal(jf_rtp_ts_of_ns(124999), 0);
	assert_int_equal(jf_rtp_ts_of_ns(125000), 1);
	assert_int_equal(jf_rtp_ts_of_ns(UINT64_C(20000000)), 160);
	for (uint64_t day = 0; day < 365 * 30; day += 100) {
		uint64_t now_ns = day * 86400 * UINT64_C(1000000000) + 777;
		uint32_t exact = (uint32_t)(now_ns / 125000);

		assert_true(jf_rtp_ts_of_ns(now_ns) - exact <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_plain_header_is_read),
	        cmocka_unit_test(csrc_extension_and_padding_are_not_payload),
	        cmocka_unit_test(what_does_not_hold_together_is_refused),
	        cmocka_unit_test(the_rtp_clock_is_eight_to_the_millisecond),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
