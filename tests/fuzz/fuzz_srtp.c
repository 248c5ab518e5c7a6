// SPDX-License-Identifier: BSD-3-Clause
/*
 * SRTP and SRTCP: the input's first byte is the suite, the rest a packet. As it is, it arrives and
 * is refused, and the stream to which it came goes on. And what of it is RTP or long enough for
 * RTCP can be protected, damaged nowhere, and comes out as it went in, once.
 */
#include <stdbool.h>
#include <string.h>

#include "jf_fuzz.h"
#include "jf_srtp.h"

#define STREAMS 4u

static struct jf_srtp *srtp;
static uint8_t zeros[JF_SRTP_KEY_MAX];

static void set_up(void)
{
	size_t size = (jf_srtp_memory_size(JF_SRTP_IPSEC_MB, STREAMS) + 63) & ~(size_t)63;
	void *memory = aligned_alloc(64, size);

	JF_FUZZ_ASSERT(memory != NULL);
	memset(memory, 0, size);
	JF_FUZZ_ASSERT(jf_srtp_create(JF_SRTP_IPSEC_MB, STREAMS, memory, &srtp) == 0);
}

static enum jf_srtp_verdict transform(bool rtcp, bool tx, uint32_t stream, uint8_t *bytes,
                                      uint16_t *length)
{
	struct jf_srtp_packet packet = {.bytes = bytes, .stream = stream, .length = *length};

	if (rtcp && tx)
		jf_srtp_protect_rtcp(srtp, &packet);
	else if (rtcp)
		jf_srtp_unprotect_rtcp(srtp, &packet);
	else if (tx)
		jf_srtp_protect_burst(srtp, &packet, 1);
	else
		jf_srtp_unprotect_burst(srtp, &packet, 1);
	*length = packet.length;
	return packet.verdict;
}

static void run(bool rtcp, enum jf_srtp_suite suite, const uint8_t *bytes, uint16_t length)
{
	uint8_t *packet = malloc(length + JF_SRTP_TRAILER_MAX), *copy = malloc(length ? length : 1);
	uint16_t now = length, protected;
	uint32_t tx, rx;
	enum jf_srtp_verdict verdict;

	JF_FUZZ_ASSERT(packet && copy);
	JF_FUZZ_ASSERT(jf_srtp_open(srtp, JF_SRTP_TX, suite, zeros, &tx) == 0);
	JF_FUZZ_ASSERT(jf_srtp_open(srtp, JF_SRTP_RX, suite, zeros, &rx) == 0);
	memcpy(copy, bytes, length);
	JF_FUZZ_ASSERT(transform(rtcp, false, rx, copy, &now) != JF_SRTP_OK && now == length);
	memcpy(packet, bytes, length);
	verdict = transform(rtcp, true, tx, packet, &now);
	if (verdict == JF_SRTP_OK) {
		uint8_t *again = malloc(now);

		JF_FUZZ_ASSERT(again && now > length && now <= length + JF_SRTP_TRAILER_MAX);
		protected = now;
		memcpy(again, packet, now);
		JF_FUZZ_ASSERT(transform(rtcp, false, rx, packet, &now) == JF_SRTP_OK);
		JF_FUZZ_ASSERT(now == length && memcmp(packet, bytes, length) == 0);
		JF_FUZZ_ASSERT(transform(rtcp, false, rx, again, &protected) == JF_SRTP_REPLAY);
		free(again);
	} else {
		JF_FUZZ_ASSERT(verdict == JF_SRTP_MALFORMED && now == length);
	}
	jf_srtp_close(srtp, tx);
	jf_srtp_close(srtp, rx);
	free(packet);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	enum jf_srtp_suite suite;

	if (!srtp)
		set_up();
	if (length == 0 || length > 4000)
		return 0;
	suite = 1 + bytes[0] % (JF_SRTP_SUITE_COUNT - 1);
	run(false, suite, bytes + 1, (uint16_t)(length - 1));
	run(true, suite, bytes + 1, (uint16_t)(length - 1));
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const uint8_t rtp[] = {
	        /* clang-format off */
	        0, 0x80, 0, 0x12, 0x34, 0, 0, 0, 160, 1, 2, 3, 4,
	        'p', 'a', 'y', 'l', 'o', 'a', 'd', ' ', 'o', 'f', ' ', 's', 'o', 'u', 'n', 'd',
	        /* clang-format on */
	};
	static const uint8_t extended[] = {
	        /* clang-format off */
	        3, 0x92, 0x80, 0xff, 0xff, 0, 0, 0, 160, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
	        0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0,
	        'p', 'a', 'y', 'l', 'o', 'a', 'd', ' ', 'o', 'f', ' ', 's', 'o', 'u', 'n', 'd',
	        't', 'a', 'g', ' ', 'o', 'f', ' ', '1', '6', ' ', 'b', 'y', 't', 'e', 's', '.',
	        /* clang-format on */
	};
	static const uint8_t rtcp[] = {
	        /* clang-format off */
	        4, 0x81, 201, 0, 7, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9,
	        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	        0x80, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
	        /* clang-format on */
	};
	static const struct jf_fuzz_sample samples[] = {JF_FUZZ_BYTES(rtp), JF_FUZZ_BYTES(extended),
	                                                JF_FUZZ_BYTES(rtcp)};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
