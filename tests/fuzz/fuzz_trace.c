// SPDX-License-Identifier: BSD-3-Clause
/* The trace: any messages, 0x1e between them, and a reader that must get to its end. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_trace.h"

static void read_all(const struct jf_trace *trace, const char *what)
{
	struct jf_trace_reader reader;
	struct jf_trace_found found;
	unsigned budget = 100000;
	unsigned told = 0;

	jf_trace_reader_init(trace, &reader, what, true);
	for (;;) {
		enum jf_trace_read read = jf_trace_next(trace, &reader, &budget, &found);

		JF_FUZZ_ASSERT(read != JF_TRACE_MORE);
		if (read == JF_TRACE_END)
			break;
		JF_FUZZ_ASSERT(found.message.length && ++told <= 10000);
	}
	if (!what)
		JF_FUZZ_ASSERT(told == jf_trace_stats_get(trace).messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *at = (const char *)bytes, *end = at + length;
	struct jf_trace *trace;
	uint64_t now_ns = 1;

	JF_FUZZ_ASSERT(!jf_trace_create(JF_TRACE_BYTES_MIN, &trace));
	while (at < end) {
		const char *next = memchr(at, 0x1e, (size_t)(end - at));
		struct jf_call_id call = {{1}};

		next = next ? next : end;
		jf_trace_put(trace, &(struct jf_trace_message){.at_ns = now_ns++,
		                                               .bytes = at,
		                                               .length = (size_t)(next - at)});
		jf_trace_bind(trace, "abc", &call);
		at = next + 1;
	}
	read_all(trace, NULL);
	read_all(trace, "6100");
	jf_trace_destroy(trace);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT(
	                "INVITE sip:6100@b SIP/2.0\r\nFrom: \"\033[2J\" <sip:a@b>;tag=1\r\n"
	                "To: <sip:6100@d>\r\nCall-ID: abc\r\n\r\n"
	                "a=crypto:1 X inline:AAAA|2^20\r\n\x1e"
	                "INFO sip:x SIP/2.0\r\nTo: x;tag=1\r\nCall-ID: abc\r\n\r\nSignal=1\r\n"),
	        JF_FUZZ_TEXT("SIP/2.0 180 Ringing\r\nTo: x;tag=1\r\nCall-ID: abc\r\n\r\n\x1e\x1e"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
