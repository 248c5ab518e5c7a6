/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker's clock: CLOCK_MONOTONIC nanoseconds, as the contract has it, from the time stamp
 * counter, which costs a worker less and tells it the cycles that it spent as well. Set again from
 * the kernel's clock every JF_CLOCK_AGE_NS (through the vDSO, not a system call where the kernel
 * itself uses the counter), so it follows the kernel's slewing, and it never goes back.
 *
 * One thread each.
 */
#ifndef JF_CLOCK_H
#define JF_CLOCK_H

#include <stdint.h>
#include <time.h>
#include <rte_cycles.h>

#include "jf_time.h"

#define JF_CLOCK_AGE_NS (16 * JF_NS_PER_MS)

struct jf_clock {
	uint64_t set_tsc, set_ns;
	uint64_t age_tsc;        /* how long that is good for */
	uint64_t ns_per_tsc_q32; /* nanoseconds of a cycle, times 2^32 */
	uint64_t last_ns;
};

static inline void jf_clock_set(struct jf_clock *clock)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	clock->set_tsc = rte_rdtsc();
	clock->set_ns = (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
}

static inline void jf_clock_init(struct jf_clock *clock, uint64_t tsc_hz)
{
	clock->age_tsc = JF_CLOCK_AGE_NS / JF_NS_PER_MS * tsc_hz / 1000;
	clock->ns_per_tsc_q32 = (uint64_t)(((unsigned __int128)JF_NS_PER_S << 32) / tsc_hz);
	clock->last_ns = 0;
	jf_clock_set(clock);
}

static inline uint64_t jf_clock_now_ns(struct jf_clock *clock, uint64_t tsc)
{
	uint64_t now_ns;

	if (tsc - clock->set_tsc > clock->age_tsc) {
		jf_clock_set(clock);
		tsc = clock->set_tsc;
	}
	now_ns =
	        clock->set_ns +
	        (uint64_t)((unsigned __int128)(tsc - clock->set_tsc) * clock->ns_per_tsc_q32 >> 32);
	if (now_ns > clock->last_ns)
		clock->last_ns = now_ns;
	return clock->last_ns;
}

#endif
