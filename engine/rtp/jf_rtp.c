// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rtp.h"

#include <errno.h>

#include "jf_reader.h"

#define VERSION       2u
#define PADDING_BIT   0x20u
#define EXTENSION_BIT 0x10u

int jf_rtp_parse(const uint8_t *packet, size_t length, struct jf_rtp *ret_rtp)
{
	struct jf_reader r = jf_reader_make(packet, length);
	struct jf_rtp rtp = {0};
	uint8_t first, second;
	size_t left;

	if (length > UINT16_MAX)
		return -EINVAL;
	first = jf_reader_u8(&r);
	second = jf_reader_u8(&r);
	rtp.marker = second >> 7;
	rtp.payload_type = second & 0x7f;
	rtp.sequence = jf_reader_u16be(&r);
	rtp.timestamp = jf_reader_u32be(&r);
	rtp.ssrc = jf_reader_u32be(&r);
	jf_reader_skip(&r, 4u * (first & 0x0f));
	if (first & EXTENSION_BIT) {
		jf_reader_skip(&r, 2);
		jf_reader_skip(&r, 4u * jf_reader_u16be(&r));
	}
	if (r.failed || first >> 6 != VERSION)
		return -EINVAL;
	left = jf_reader_left(&r);
	rtp.payload_offset = (uint16_t)(length - left);
	if (first & PADDING_BIT) {
		uint8_t padding = left ? packet[length - 1] : 0;

		if (!padding || padding > left)
			return -EINVAL;
		left -= padding;
	}
	rtp.payload_length = (uint16_t)left;
	*ret_rtp = rtp;
	return 0;
}
