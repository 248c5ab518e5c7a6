// SPDX-License-Identifier: BSD-3-Clause
/* RTCP: any bytes read. What is said about our stream can be written down and read again. */
#include <errno.h>
#include <string.h>

#include "jf_fuzz.h"
#include "jf_rtcp.h"

#define OURS UINT32_C(0x0a0b0c0d)

/* Written as a report of ours, it says the same. */
static void say_again(const struct jf_rtcp *rtcp)
{
	struct jf_rtcp_report report = {
	        .ssrc = rtcp->ssrc,
	        .sender = rtcp->has_sender ? &rtcp->sender : NULL,
	        .block = rtcp->has_block ? &rtcp->block : NULL,
	};
	uint8_t packet[JF_RTCP_REPORT_MAX];
	struct jf_rtcp again;
	size_t length;

	jf_rtcp_cname(rtcp->sender.ntp, rtcp->sender.ntp, report.cname);
	length = jf_rtcp_write(&report, packet);
	JF_FUZZ_ASSERT(length <= sizeof(packet));
	JF_FUZZ_ASSERT(jf_rtcp_read(packet, length, OURS, &again) == 0);
	JF_FUZZ_ASSERT(again.ssrc == rtcp->ssrc);
	JF_FUZZ_ASSERT(again.has_sender == rtcp->has_sender && again.has_block == rtcp->has_block);
	JF_FUZZ_ASSERT(again.sender.ntp == rtcp->sender.ntp &&
	               again.sender.timestamp == rtcp->sender.timestamp &&
	               again.sender.packets == rtcp->sender.packets &&
	               again.sender.octets == rtcp->sender.octets);
	JF_FUZZ_ASSERT(again.block.lost == rtcp->block.lost &&
	               again.block.fraction == rtcp->block.fraction &&
	               again.block.highest == rtcp->block.highest &&
	               again.block.jitter_ts == rtcp->block.jitter_ts &&
	               again.block.last_sr_middle == rtcp->block.last_sr_middle &&
	               again.block.since_sr_middle == rtcp->block.since_sr_middle);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t *packet = malloc(length ? length : 1);
	struct jf_rtcp rtcp = {.ssrc = 4711};
	uint32_t us;
	int err;

	JF_FUZZ_ASSERT(packet != NULL);
	memcpy(packet, bytes, length);
	err = jf_rtcp_read(packet, length, OURS, &rtcp);
	JF_FUZZ_ASSERT(err == 0 || err == -EINVAL || err == -ENOMSG);
	JF_FUZZ_ASSERT(memcmp(packet, bytes, length) == 0);
	if (err) {
		JF_FUZZ_ASSERT(rtcp.ssrc == 4711);
	} else {
		JF_FUZZ_ASSERT(length >= 8 && length % 4 == 0);
		JF_FUZZ_ASSERT(!rtcp.has_block || rtcp.block.ssrc == OURS);
		say_again(&rtcp);
		if (jf_rtcp_round_trip_us(&rtcp.block, rtcp.block.last_sr_middle + 99, &us))
			JF_FUZZ_ASSERT(us <= 60000000);
	}
	free(packet);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const uint8_t sender[] = {
	        /* clang-format off */
	        0x81, 200, 0, 12, 1, 2, 3, 4, 0xe0, 0, 0, 1, 0, 0, 0, 0,
	        0, 0, 0, 160, 0, 0, 0, 5, 0, 0, 3, 32,
	        0x0a, 0x0b, 0x0c, 0x0d, 0, 0, 0, 0, 0, 0, 0x03, 0xf0, 0, 0, 0, 9,
	        0, 0, 0, 0, 0, 0, 0, 0,
	        0x81, 202, 0, 8, 1, 2, 3, 4, 1, 10, 'm', 'e', '@', 'h', 'o', 's', 't', '.', 'c', 'z',
	        2, 8, 'S', 'o', 'm', 'e', 'b', 'o', 'd', 'y', 0, 0, 0, 0, 0, 0,
	        /* clang-format on */
	};
	static const uint8_t bye[] = {
	        /* clang-format off */
	        0x80, 201, 0, 1, 1, 2, 3, 4,
	        0x81, 202, 0, 4, 1, 2, 3, 4, 1, 8, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 0, 0,
	        0x80, 204, 0, 3, 1, 2, 3, 4, 'n', 'a', 'm', 'e', 0, 0, 0, 0,
	        0x80, 207, 0, 4, 1, 2, 3, 4, 4, 0, 0, 2, 0xe0, 0, 0, 1, 0, 0, 0, 0,
	        0x81, 203, 0, 3, 1, 2, 3, 4, 4, 'b', 'y', 'e', '!', 0, 0, 0,
	        0xa0, 206, 0, 2, 1, 2, 3, 4, 0, 0, 0, 4,
	        /* clang-format on */
	};
	static const uint8_t pictures[] = {
	        /* clang-format off */
	        0x80, 201, 0, 1, 1, 2, 3, 4,
	        0x81, 206, 0, 2, 1, 2, 3, 4, 0x0a, 0x0b, 0x0c, 0x0d, /* PLI */
	        0x84, 206, 0, 6, 1, 2, 3, 4, 0, 0, 0, 0, /* FIR of two */
	        9, 9, 9, 9, 1, 0, 0, 0, 0x0a, 0x0b, 0x0c, 0x0d, 7, 0, 0, 0,
	        /* clang-format on */
	};
	static const uint8_t lone[] = {0x80, 204, 0, 2, 1, 2, 3, 4, 'a', 'p', 'p', 's'};
	static const struct jf_fuzz_sample samples[] = {JF_FUZZ_BYTES(sender), JF_FUZZ_BYTES(bye),
	                                                JF_FUZZ_BYTES(pictures),
	                                                JF_FUZZ_BYTES(lone)};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
