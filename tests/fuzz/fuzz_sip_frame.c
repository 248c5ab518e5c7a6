// SPDX-License-Identifier: BSD-3-Clause
/* A stream cut into messages: any bytes, and the same messages whether they come at once or one by
 * one. */
#include "jf_fuzz.h"
#include "jf_sip_frame.h"

/* How far the stream is good, and how many messages and pings were in it. */
struct outcome {
	size_t used;
	unsigned messages;
	enum jf_sip_frame_kind end;
};

static struct outcome cut(const char *bytes, size_t length, size_t piece)
{
	struct jf_sip_frame frame = {0};
	struct outcome outcome = {.end = JF_SIP_FRAME_MORE};
	size_t there = 0, used;

	while (there < length && outcome.end == JF_SIP_FRAME_MORE) {
		there = length - there > piece ? there + piece : length;
		do {
			outcome.end = jf_sip_frame_next(&frame, bytes + outcome.used,
			                                there - outcome.used, &used);
			JF_FUZZ_ASSERT(used <= there - outcome.used);
			JF_FUZZ_ASSERT(used <= JF_SIP_FRAME_HEAD_MAX + JF_SIP_FRAME_BODY_MAX);
			outcome.used += used;
			outcome.messages += outcome.end == JF_SIP_FRAME_MESSAGE;
		} while (used && outcome.end != JF_SIP_FRAME_ENDLESS);
	}
	return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct outcome whole, single;

	if (length > 4096)
		length = 4096;
	whole = cut((const char *)bytes, length, length ? length : 1);
	single = cut((const char *)bytes, length, 1);
	JF_FUZZ_ASSERT(whole.messages == single.messages);
	JF_FUZZ_ASSERT(whole.end == single.end);
	JF_FUZZ_ASSERT(whole.used == single.used);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\nl: 3\r\n\r\nabc\r\n"
	                     "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
	        JF_FUZZ_TEXT(
	                "INVITE sip:a@b SIP/2.0\r\nContent-Length :\r\n 4\r\nX: y\r\n\r\nbody"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
