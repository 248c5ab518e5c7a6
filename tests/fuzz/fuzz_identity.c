// SPDX-License-Identifier: BSD-3-Clause
/* Any bytes as each of the headers that tell who calls: what comes out is printable and cut. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_identity.h"

static void check(const char *text, size_t size)
{
	JF_FUZZ_ASSERT(memchr(text, '\0', size));
	for (; *text; text++)
		JF_FUZZ_ASSERT(*text >= 0x20 && *text < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_slice value = {(const char *)bytes, length};
	struct jf_identity i = {.privacy = 0};
	struct jf_identity_headers headers;

	jf_identity_read_asserted(value, &i);
	jf_identity_read_privacy(value, &i);
	jf_identity_read_history(value, &i);
	check(i.diverted_user, sizeof(i.diverted_user));
	i.diverted_user[0] = '\0';
	jf_identity_read_diversion(value, &i);
	check(i.asserted_user, sizeof(i.asserted_user));
	check(i.asserted_name, sizeof(i.asserted_name));
	check(i.diverted_user, sizeof(i.diverted_user));
	check(i.diverted_reason, sizeof(i.diverted_reason));
	jf_identity_write(&(struct jf_identity_told){.number = i.asserted_user,
	                                             .name = i.asserted_name,
	                                             .domain = "d.example",
	                                             .diverted = i.diverted_user,
	                                             .called = i.asserted_user,
	                                             .withheld = jf_identity_is_withheld(&i),
	                                             .trusted = true},
	                  &headers);
	check(headers.from_user, sizeof(headers.from_user));
	check(headers.from_name, sizeof(headers.from_name));
	/* Nothing of it begins a header of its own. */
	for (const char *c = headers.lines; *c; c++)
		if (*c == '\n')
			JF_FUZZ_ASSERT(!c[1] || !strncmp(c + 1, "Privacy: id\r\n", 13) ||
			               !strncmp(c + 1, "Diversion: <sip:", 16) ||
			               !strncmp(c + 1, "History-Info: <sip:", 19));
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT(
	                "\"Jane \\\"J\\\" Doe\" <sip:+3726001000@c.example;user=phone>, <tel:+1>"),
	        JF_FUZZ_TEXT("<sip:%2B3721@c>;index=1,<sip:+3722@c;cause=302>;index=1.1;mp=1"),
	        JF_FUZZ_TEXT("<sip:+3722@c>;reason=\"no-answer\";counter=2;privacy=off"),
	        JF_FUZZ_TEXT("id;critical, none"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
