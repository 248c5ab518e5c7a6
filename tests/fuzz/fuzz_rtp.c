// SPDX-License-Identifier: BSD-3-Clause
/*
 * RTP: any bytes through parsing, statistics and continuity. An input is a sequence of packets,
 * each behind its length in two bytes, so that histories are fuzzed, not only headers.
 */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_reader.h"
#include "jf_rtp_worker.h"

static void parse_alike(const uint8_t *packet, size_t length, struct jf_rtp *ret_rtp, int *ret_err)
{
	struct jf_rtp fast = {0}, full = {0};
	int err = jf_rtp_parse(packet, length, &full);

	JF_FUZZ_ASSERT(jf_rtp_parse_fast(packet, length, &fast) == err);
	JF_FUZZ_ASSERT(memcmp(&fast, &full, sizeof(full)) == 0);
	if (!err)
		JF_FUZZ_ASSERT((size_t)full.payload_offset + full.payload_length <= length);
	*ret_rtp = full;
	*ret_err = err;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_reader r = jf_reader_make(bytes, length);
	struct jf_rx_stats stats = {0};
	struct jf_rx_rare rare = {0};
	struct jf_continuity continuity;
	uint32_t now_ts = 0, sent = 0;
	uint16_t highest = 0;

	jf_continuity_init(&continuity, 0x11223344, 100, 5000);
	while (jf_reader_left(&r) >= 2) {
		size_t size = jf_reader_u16be(&r);
		const uint8_t *packet;
		struct jf_rtp_out out;
		struct jf_rtp rtp;
		int err;

		if (size > jf_reader_left(&r))
			size = jf_reader_left(&r);
		packet = jf_reader_take(&r, size);
		now_ts += 160;
		parse_alike(packet, size, &rtp, &err);
		if (err) {
			jf_continuity_switch(&continuity);
			continue;
		}
		jf_rx_stats_update(&stats, &rare, &rtp, now_ts, rtp.payload_type != 101);
		JF_FUZZ_ASSERT(rare.duplicates < stats.packets);
		JF_FUZZ_ASSERT(jf_rx_stats_lost(&stats, &rare) <=
		               jf_rx_stats_expected(&stats, &rare));
		JF_FUZZ_ASSERT(rare.loss_runs <= jf_rx_stats_expected(&stats, &rare));
		if (!jf_continuity_map(&continuity, &rtp, now_ts, &out))
			continue;
		JF_FUZZ_ASSERT(out.ssrc == 0x11223344);
		/* whatever comes, what goes out never jumps */
		if (sent++) {
			int16_t ahead = (int16_t)(uint16_t)(out.sequence - highest);

			JF_FUZZ_ASSERT(ahead <= JF_RX_DROPOUT_MAX && ahead >= -JF_RX_MISORDER_MAX);
			highest = ahead > 0 ? out.sequence : highest;
		} else {
			JF_FUZZ_ASSERT(out.sequence == 100 && out.timestamp == 5000);
			highest = out.sequence;
		}
	}
	return 0;
}

#define PACKET(flags, type, sequence, ...) 0, 16, flags, type, sequence, __VA_ARGS__, 1, 2, 3, 4

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const uint8_t flow[] = {
	        /* clang-format off */
	        PACKET(0x80, 0x80, 0, 1, 0, 0, 0, 160, 9, 9, 9, 9),
	        PACKET(0x80, 0x00, 0, 2, 0, 0, 1, 64, 9, 9, 9, 9),
	        PACKET(0x80, 0x00, 0, 4, 0, 0, 2, 128, 9, 9, 9, 9),
	        PACKET(0x80, 0x00, 0, 3, 0, 0, 1, 224, 9, 9, 9, 9),
	        PACKET(0x80, 0x00, 0, 3, 0, 0, 1, 224, 9, 9, 9, 9),
	        PACKET(0x80, 0x65, 0, 5, 0, 0, 3, 32, 9, 9, 9, 9),
	        PACKET(0x80, 0x00, 0xff, 0xff, 0, 0, 3, 32, 8, 8, 8, 8),
	        PACKET(0x80, 0x00, 0, 0, 0, 0, 3, 192, 8, 8, 8, 8),
	        /* clang-format on */
	};
	/* CSRC list, extension and padding at once */
	static const uint8_t full[] = {0,    40,   0xb1, 8, 0,   7,   0,   0,    0,    1,   5,
	                               5,    5,    5,    6, 6,   6,   6,   0xbe, 0xde, 0,   1,
	                               0x10, 0xff, 0,    0, 'a', 'b', 'c', 'd',  'e',  'f', 'g',
	                               'h',  0,    0,    0, 0,   0,   0,   0,    8};
	static const struct jf_fuzz_sample samples[] = {JF_FUZZ_BYTES(flow), JF_FUZZ_BYTES(full)};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
