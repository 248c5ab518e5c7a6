// SPDX-License-Identifier: BSD-3-Clause
/* RTCP: any bytes through checking and relaying. What comes out is valid and of our SSRCs only. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_rtcp.h"
#include "jf_rtp_worker.h"

#define MINE   UINT32_C(0xa0a1a2a3) /* the SSRC that the listener knows */
#define SOURCE UINT32_C(0x01020304)
#define THEIRS UINT32_C(0x0a0b0c0d) /* the SSRC that the source knows of the listener */
#define OTHER  UINT32_C(0x05060708)

static struct jf_continuity flow(uint32_t ssrc_out, uint32_t ssrc_in)
{
	struct jf_rtp rtp = {.ssrc = ssrc_in, .sequence = 1, .timestamp = 160};
	struct jf_continuity c;
	struct jf_rtp_out out;

	jf_continuity_init(&c, ssrc_out, 1000, 77);
	for (; rtp.sequence < 20; rtp.sequence++, rtp.timestamp += 160)
		jf_continuity_map(&c, &rtp, rtp.timestamp, &out);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct jf_continuity forward = flow(MINE, SOURCE), reverse = flow(THEIRS, OTHER);
	uint8_t *packet = malloc(length ? length : 1);
	size_t relayed = length + 1;
	int err;

	JF_FUZZ_ASSERT(packet != NULL);
	memcpy(packet, bytes, length);
	err = jf_rtcp_relay(packet, length, &forward, &reverse, &relayed);
	JF_FUZZ_ASSERT(err == (length <= 65535 ? jf_rtcp_check(bytes, length) : -22));
	if (!err) {
		JF_FUZZ_ASSERT(relayed <= length && relayed >= 8);
		JF_FUZZ_ASSERT(jf_rtcp_check(packet, relayed) == 0);
		for (size_t at = 0; at < relayed; at += 4u + 4u * jf_rtp_load16(packet + at + 2)) {
			JF_FUZZ_ASSERT(packet[at + 1] >= 200 && packet[at + 1] <= 202);
			JF_FUZZ_ASSERT(jf_rtp_load32(packet + at + 4) == MINE);
		}
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
	        0x81, 203, 0, 3, 1, 2, 3, 4, 4, 'b', 'y', 'e', '!', 0, 0, 0,
	        0xa0, 207, 0, 2, 1, 2, 3, 4, 0, 0, 0, 4,
	        /* clang-format on */
	};
	static const struct jf_fuzz_sample samples[] = {JF_FUZZ_BYTES(sender), JF_FUZZ_BYTES(bye)};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
