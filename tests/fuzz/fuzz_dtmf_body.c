// SPDX-License-Identifier: BSD-3-Clause
/* The body of INFO: any bytes as either type; a key press that is read can be written. */
#include <string.h>

#include "jf_dtmf_body.h"
#include "jf_fuzz.h"
#include "jf_picture_body.h"

static void read_as(bool relay, const uint8_t *bytes, size_t length)
{
	char digit = '\0', again = '\0', text[JF_DTMF_BODY_MAX];
	uint32_t duration_ms = 0, duration_again_ms = 0;

	if (!jf_dtmf_body_read(relay, (const char *)bytes, length, &digit, &duration_ms)) {
		JF_FUZZ_ASSERT(!digit && !duration_ms);
		return;
	}
	JF_FUZZ_ASSERT(digit && strchr("0123456789*#ABCDF", digit));
	JF_FUZZ_ASSERT(duration_ms >= JF_DTMF_DURATION_MIN && duration_ms <= JF_DTMF_DURATION_MAX);
	jf_dtmf_body_write(digit, duration_ms, text);
	JF_FUZZ_ASSERT(jf_dtmf_body_read(true, text, strlen(text), &again, &duration_again_ms));
	JF_FUZZ_ASSERT(again == digit && duration_again_ms == duration_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	read_as(true, bytes, length);
	read_as(false, bytes, length);
	(void)jf_picture_body_asks((const char *)bytes, length);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("Signal=5\r\nDuration=160\r\n"),
	        JF_FUZZ_TEXT("Duration= 250\nSignal= *"),
	        JF_FUZZ_TEXT("11"),
	        JF_FUZZ_TEXT("<to_encoder><picture_fast_update/></to_encoder>"),
	        JF_FUZZ_TEXT("Signal=hf\r\n"),
	};

	*ret_count = sizeof(samples) / sizeof(*samples);
	return samples;
}
