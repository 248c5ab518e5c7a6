/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Units of time. Everything measured is monotonic nanoseconds (uint64_t, suffix _ns), handed in by
 * the caller as now_ns; wall time is only ever a label (suffix _utc_ns, since the Unix epoch).
 */
#ifndef JF_TIME_H
#define JF_TIME_H

#include <stdint.h>

#define JF_NS_PER_US UINT64_C(1000)
#define JF_NS_PER_MS UINT64_C(1000000)
#define JF_NS_PER_S  UINT64_C(1000000000)

/* From a to b, 0 if b is not after a: a clock read by another core may be a little behind. */
static inline uint64_t jf_time_since(uint64_t a_ns, uint64_t b_ns)
{
	return b_ns > a_ns ? b_ns - a_ns : 0;
}

#endif
