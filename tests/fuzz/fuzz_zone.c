// SPDX-License-Identifier: BSD-3-Clause
/* Time zone files: whatever was taken answers for any moment, and local time leads back. */
#include <stdio.h>

#include "jf_fuzz.h"
#include "jf_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const int64_t moments[] = {INT32_MIN, 0, 1, 1763000000, UINT32_MAX, 95617584000};
	struct jf_zone *zone;

	if (jf_zone_parse(bytes, length, &zone))
		return 0;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		struct jf_zone_local local = jf_zone_local(zone, moments[i]);

		JF_FUZZ_ASSERT(local.second >= 0 && local.second < 86400);
		JF_FUZZ_ASSERT(local.day * 86400 + local.second - local.offset_s == moments[i]);
		JF_FUZZ_ASSERT(jf_zone_utc(zone, local.day, local.second) <= moments[i]);
		JF_FUZZ_ASSERT(jf_zone_next_change(zone, moments[i]) > moments[i]);
	}
	jf_zone_destroy(zone);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const char *const names[] = {"Europe/Tallinn", "Pacific/Apia", "Asia/Kolkata"};
	static uint8_t files[3][8192];
	static struct jf_fuzz_sample samples[3];

	for (int i = 0; i < 3; i++) {
		char path[64];
		FILE *file;

		snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", names[i]);
		file = fopen(path, "rb");
		samples[i].bytes = files[i];
		samples[i].length = file ? fread(files[i], 1, sizeof(files[i]), file) : 0;
		if (file)
			fclose(file);
	}
	*ret_count = 3;
	return samples;
}
