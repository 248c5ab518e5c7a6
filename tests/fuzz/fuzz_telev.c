// SPDX-License-Identifier: BSD-3-Clause
/*
 * telephone-event: an input is a payload to parse, and a sequence of reports, each timestamp (4
 * bytes) and payload (4), through one receiver. One timestamp never yields two presses in a row.
 */
#include "jf_fuzz.h"
#include "jf_reader.h"
#include "jf_telev.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_reader r = jf_reader_make(bytes, length);
	struct jf_telev_rx rx = {0};
	struct jf_telev telev;
	uint32_t pressed_at = 0;
	bool pressed = false;

	JF_FUZZ_ASSERT((jf_telev_parse(bytes, length, &telev) == 0) == (length == JF_TELEV_SIZE));
	while (jf_reader_left(&r) >= 4 + JF_TELEV_SIZE) {
		uint32_t timestamp = jf_reader_u32be(&r);
		const uint8_t *payload = jf_reader_take(&r, JF_TELEV_SIZE);
		uint8_t again[JF_TELEV_SIZE];
		enum jf_telev_news news;

		JF_FUZZ_ASSERT(jf_telev_parse(payload, JF_TELEV_SIZE, &telev) == 0);
		jf_telev_write(&telev, again);
		JF_FUZZ_ASSERT(again[0] == payload[0] && again[2] == payload[2] &&
		               again[3] == payload[3] && again[1] == (payload[1] & 0xbf));
		news = jf_telev_receive(&rx, 1, timestamp, &telev);
		if (news == JF_TELEV_PRESSED) {
			JF_FUZZ_ASSERT(!pressed || timestamp != pressed_at);
			JF_FUZZ_ASSERT(rx.event <= JF_TELEV_EVENT_MAX && rx.known);
			JF_FUZZ_ASSERT(jf_telev_name(rx.event) != NULL);
			pressed = true;
			pressed_at = timestamp;
		}
	}
	return 0;
}

#define REPORT(ts, event, flags, duration)                                                         \
	0, 0, (ts) >> 8, (ts)&255, event, flags, (duration) >> 8, (duration)&255

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const uint8_t presses[] = {
	        /* clang-format off */
	        REPORT(1000, 5, 10, 160), REPORT(1000, 5, 10, 320), REPORT(1000, 5, 10, 480),
	        REPORT(1000, 5, 0x8a, 640), REPORT(1000, 5, 0x8a, 640), REPORT(1000, 5, 0x8a, 640),
	        REPORT(3000, 11, 10, 160), REPORT(1000, 5, 0x8a, 640), REPORT(3000, 11, 0x8a, 800),
	        REPORT(5000, 70, 10, 160), REPORT(6000, 0, 10, 160),
	        /* clang-format on */
	};
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_BYTES(presses), {presses, 4}, {presses + 4, JF_TELEV_SIZE}};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
