// SPDX-License-Identifier: BSD-3-Clause
/* Any text as a number that somebody dialled: what comes out is E.164 or a short number of the
 * plan, stays itself, and can be written for any trunk. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_number.h"

static const char *const allow[] = {"+372", "112"};

static void write_as(struct jf_directory_plan plan, const char *number)
{
	char text[JF_NUMBER_MAX];

	for (plan.strip = 0; plan.strip <= 15; plan.strip++) {
		memset(text, 'x', sizeof(text));
		jf_number_write(&plan, number, text);
		JF_FUZZ_ASSERT(memchr(text, '\0', sizeof(text)));
		JF_FUZZ_ASSERT(strspn(text, "+0123456789") == strlen(text));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_directory_plan plan = {
	        .country = length % 2 ? "372" : "",
	        .national_prefix = length % 3 ? "0" : "",
	        .international_prefix = "00",
	        .allow = allow,
	        .n_allow = 2,
	        .form = (uint8_t)(length % 2 ? length % 3 : 0),
	        .prepend = "99999999",
	};
	char dialled[128], number[JF_NUMBER_MAX], again[JF_NUMBER_MAX];

	length = length < sizeof(dialled) - 1 ? length : sizeof(dialled) - 1;
	memcpy(dialled, bytes, length);
	dialled[length] = '\0';
	jf_number_present(&plan, dialled, number);
	JF_FUZZ_ASSERT(strspn(number, "+0123456789") == strlen(number));
	if (jf_number_normalize(&plan, dialled, number))
		return 0;
	if (number[0] == '+')
		JF_FUZZ_ASSERT(strlen(number) >= 5 && strlen(number) <= 16 && number[1] != '0');
	else
		JF_FUZZ_ASSERT(strcmp(number, "112") == 0);
	JF_FUZZ_ASSERT(!jf_number_normalize(&plan, number, again) && !strcmp(number, again));
	write_as(plan, number);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("+372 600 1000"),
	        JF_FUZZ_TEXT("003726001000"),
	        JF_FUZZ_TEXT("06001000"),
	        JF_FUZZ_TEXT("112"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
