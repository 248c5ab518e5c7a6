// SPDX-License-Identifier: BSD-3-Clause
/* Lines on the command socket: a request as the table wants it, or a reason in printable words. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_protocol.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_request request = {NULL, NULL};
	struct jf_protocol_error error = {JF_PROTOCOL_OK, ""};

	if (jf_request_parse((const char *)bytes, length, &request, &error) == 0) {
		JF_FUZZ_ASSERT(request.spec && json_is_object(request.args));
		JF_FUZZ_ASSERT(jf_request_limit(&request) <= JF_PROTOCOL_PAGE_MAX);
		jf_request_clear(&request);
		return 0;
	}
	JF_FUZZ_ASSERT(!request.args && error.code != JF_PROTOCOL_OK && error.message[0]);
	for (const char *c = error.message; *c; c++)
		JF_FUZZ_ASSERT(*c >= 0x20 && *c < 0x7f);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("{\"command\":\"status\"}"),
	        JF_FUZZ_TEXT("{\"command\":\"calls\",\"args\":{\"limit\":10,\"cursor\":\"x\"}}"),
	        JF_FUZZ_TEXT("{\"command\":\"call\",\"args\":{\"id\":\"01JD9ZK3M5\"}}"),
	        JF_FUZZ_TEXT("{\"command\":\"agent\",\"args\":{\"id\":\"1001\",\"state\":"
	                     "\"notready\",\"reason\":\"lunch\"}}"),
	        JF_FUZZ_TEXT("{\"command\":\"events\",\"args\":{\"topic\":\"call.\"}}"),
	        JF_FUZZ_TEXT("{\"command\":\"apply\",\"args\":{\"dry-run\":true,\"files\":{"
	                     "\"folder\":\"/d\",\"list\":[{\"name\":\"a.yaml\",\"text\":"
	                     "\"queues: []\\n\"}]}}}"),
	};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
