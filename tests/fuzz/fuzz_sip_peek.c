// SPDX-License-Identifier: BSD-3-Clause
/* A look at any bytes as a SIP message; what is refused can itself be looked at again. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_sip_refuse.h"

static void inside(struct jf_sip_span span, const uint8_t *bytes, size_t length)
{
	const char *begin = (const char *)bytes;

	JF_FUZZ_ASSERT(!span.at || (span.at >= begin && span.at + span.length <= begin + length));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_sip_refusal refusal = {.code = 503,
	                                 .reason = "No",
	                                 .source_ip = "10.0.0.1",
	                                 .source_port = 5060,
	                                 .retry_after_s = 1,
	                                 .oc = {.loss_percent = 10, .validity_ms = 500}};
	const uint64_t secret[2] = {0};
	struct jf_sip_peek peek, again;
	char text[4096];
	int n;

	if (jf_sip_peek((const char *)bytes, length, &peek))
		return 0;
	inside(peek.uri, bytes, length);
	inside(peek.via, bytes, length);
	inside(peek.call_id, bytes, length);
	inside(peek.to_tag, bytes, length);
	inside(peek.body, bytes, length);
	inside(jf_sip_span_user(peek.to), bytes, length);
	(void)jf_sip_refuse_is_ack(&peek, secret);
	JF_FUZZ_ASSERT(jf_sip_transaction_key(&peek, secret));
	n = jf_sip_refuse(&peek, &refusal, text, sizeof(text));
	if (n > 0) {
		JF_FUZZ_ASSERT((size_t)n <= sizeof(text));
		JF_FUZZ_ASSERT(jf_sip_refuse_port(&peek, 5060));
		JF_FUZZ_ASSERT(!jf_sip_peek(text, (size_t)n, &again) && again.code == 503);
	}
	if (jf_sip_oc_offered(&peek)) {
		n = jf_sip_oc_write(&peek, (const char *)bytes, length, &refusal.oc, text,
		                    sizeof(text));
		JF_FUZZ_ASSERT(n < 0 || !jf_sip_peek(text, (size_t)n, &again));
	}
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("INVITE sip:1@b SIP/2.0\r\n"
	                     "Via: SIP/2.0/UDP h:5099;oc;oc-algo=\"loss\";rport;branch=b, x;y\r\n"
	                     "From: \"a\\\"<\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: abc\r\n"
	                     "CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\nv=0\r\n"),
	        JF_FUZZ_TEXT(
	                "ACK sip:x SIP/2.0\nv:x\nt:<sip:c>\n ;tag=jfr0123456789abcdef\ni:9\n\n"),
	        JF_FUZZ_TEXT("SIP/2.0 180 Ringing\r\nTo: x;tag=1\r\n\r\n"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
