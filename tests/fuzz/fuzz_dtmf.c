// SPDX-License-Identifier: BSD-3-Clause
/*
 * DTMF: an input is a sequence of packets for two streams, each a byte of law and stream, a step of
 * the timestamp (2 bytes), a length (2), and codes, of which a long packet takes what is there.
 * Whatever comes, every press is released before the next one, and both hold whole blocks.
 */
#include <stdbool.h>
#include <string.h>

#include "jf_dtmf.h"
#include "jf_fuzz.h"
#include "jf_reader.h"

static void heard(void *user, uint32_t token, const struct jf_dtmf_news *news)
{
	bool *pressed = (bool *)user + token;

	JF_FUZZ_ASSERT(token < 2 && news->event < 16 && news->volume < 64);
	JF_FUZZ_ASSERT(news->duration_ts >= JF_DTMF_BLOCK);
	switch (news->kind) {
	case JF_DTMF_PRESSED:
		JF_FUZZ_ASSERT(!*pressed);
		*pressed = true;
		break;
	case JF_DTMF_HELD:
		JF_FUZZ_ASSERT(*pressed);
		break;
	case JF_DTMF_RELEASED:
		JF_FUZZ_ASSERT(*pressed);
		*pressed = false;
		break;
	default:
		JF_FUZZ_ASSERT(news->kind == JF_DTMF_HEARD);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_reader r = jf_reader_make(bytes, length);
	struct jf_dtmf streams[2] = {0};
	bool pressed[2] = {false, false};
	struct jf_dtmf_batch batch;
	uint32_t timestamp = 0;

	jf_dtmf_init();
	jf_dtmf_batch_init(&batch, heard, pressed);
	while (jf_reader_left(&r) >= 5) {
		uint8_t which = jf_reader_u8(&r);
		uint16_t forward = jf_reader_u16be(&r);
		size_t n = jf_reader_u16be(&r);

		n = n < jf_reader_left(&r) ? n : jf_reader_left(&r);
		timestamp += (uint32_t)(int16_t)forward;
		jf_dtmf_feed(&batch, &streams[which & 1], which & 1, timestamp,
		             which & 2 ? JF_LAW_PCMA : JF_LAW_PCMU, jf_reader_take(&r, n), n);
		timestamp += which & 4 ? (uint32_t)n : 0;
		JF_FUZZ_ASSERT(streams[which & 1].fill < JF_DTMF_BLOCK);
		if (which & 8)
			jf_dtmf_flush(&batch);
	}
	jf_dtmf_flush(&batch);
	JF_FUZZ_ASSERT(batch.count == 0);
	return 0;
}

/* Two packets of a key 1, in mu-law, cut from a period that 697 and 1209 Hz nearly share. */
#define PERIOD                                                                                     \
	0xff, 0x9a, 0x8f, 0x93, 0x20, 0x10, 0x13, 0x9d, 0x8d, 0x92, 0x2a, 0x0f, 0x13, 0xa9, 0x90,  \
	        0xae, 0x1f, 0x1c, 0x9d, 0x9f, 0x41, 0x2d, 0xb0, 0x3e
#define PERIODS PERIOD, PERIOD, PERIOD, PERIOD, PERIOD, PERIOD

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const uint8_t packets[] = {
	        4, 0, 0, 0, 144, PERIODS, 4, 0, 0, 0, 144, PERIODS, 12, 0, 0, 0, 144, PERIODS,
	        7, 0, 0, 0, 144, PERIODS, 6, 1, 0, 0, 144, PERIODS,
	};
	static const struct jf_fuzz_sample samples[] = {JF_FUZZ_BYTES(packets), {packets, 149}};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
