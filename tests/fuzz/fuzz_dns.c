// SPDX-License-Identifier: BSD-3-Clause
/* The time to live of a DNS answer: any bytes. */
#include "jf_fuzz.h"
#include "jf_sip_dns.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint32_t ttl_s;

	if (!jf_sip_dns_ttl(bytes, length, &ttl_s))
		JF_FUZZ_ASSERT(ttl_s <= INT32_MAX);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0\x02gw\x04test\0\0\x01\0\x01"
	                     "\xc0\x0c\0\x01\0\x01\0\0\x01\x2c\0\x04\xc0\0\x02\x07"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
