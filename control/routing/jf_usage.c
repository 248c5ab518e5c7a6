// SPDX-License-Identifier: BSD-3-Clause
#include "jf_usage.h"

#include "jf_time.h"

#define DAY_NS    (UINT64_C(86400) * JF_NS_PER_S)
#define MINUTE_NS (UINT64_C(60) * JF_NS_PER_S)

uint32_t jf_usage_day(uint64_t utc_ns)
{
	return (uint32_t)(utc_ns / DAY_NS);
}

static void talked(struct jf_usage *usage, uint64_t now_ns)
{
	usage->used_ns += usage->talking * jf_time_since(usage->counted_ns, now_ns);
	if (now_ns > usage->counted_ns)
		usage->counted_ns = now_ns;
}

void jf_usage_count(struct jf_usage *usage, uint64_t now_ns, uint32_t day)
{
	talked(usage, now_ns);
	if (day == usage->day)
		return;
	usage->day = day;
	usage->used_ns = 0;
}

enum jf_usage_verdict jf_usage_check(const struct jf_usage *usage,
                                     const struct jf_directory_caps *caps, uint64_t now_ns)
{
	bool same_second =
	        usage->second_ns && jf_time_since(usage->second_ns, now_ns) < JF_NS_PER_S;

	if (caps->calls && usage->calls >= caps->calls)
		return JF_USAGE_CALLS;
	if (caps->minutes_per_day && usage->used_ns >= caps->minutes_per_day * MINUTE_NS)
		return JF_USAGE_MINUTES;
	if (caps->calls_per_s && same_second && usage->begun >= caps->calls_per_s)
		return JF_USAGE_RATE;
	return JF_USAGE_FITS;
}

void jf_usage_begin(struct jf_usage *usage, uint64_t now_ns)
{
	usage->calls++;
	if (!usage->second_ns || jf_time_since(usage->second_ns, now_ns) >= JF_NS_PER_S) {
		usage->second_ns = now_ns;
		usage->begun = 0;
	}
	usage->begun++;
}

void jf_usage_answered(struct jf_usage *usage, uint64_t now_ns)
{
	talked(usage, now_ns);
	usage->talking++;
}

void jf_usage_end(struct jf_usage *usage, uint64_t now_ns, bool answered)
{
	talked(usage, now_ns);
	if (usage->calls)
		usage->calls--;
	if (answered && usage->talking)
		usage->talking--;
}
