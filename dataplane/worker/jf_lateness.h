/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Was the worker kept from its core? A poll moves at most a burst of each device and takes some
 * 20 microseconds. One that begins more than JF_POLL_LATE_NS after the one before means that the
 * kernel, an interrupt or a hypervisor had the core meanwhile, or that a poll of ours took far too
 * long: either is counted, with how long. A sleep that the worker chose is not. Pure; the worker's.
 */
#ifndef JF_LATENESS_H
#define JF_LATENESS_H

#include <stdint.h>

#include "jf_contract.h"
#include "jf_time.h"

struct jf_lateness {
	uint64_t last_tsc; /* when the last poll began, or a sleep ended */
	uint64_t late_tsc; /* later than that after it is late */
};

static inline void jf_lateness_init(struct jf_lateness *lateness, uint64_t tsc, uint64_t tsc_hz)
{
	lateness->last_tsc = tsc;
	lateness->late_tsc = tsc_hz / (JF_NS_PER_S / JF_POLL_LATE_NS);
}

/* A poll begins. */
static inline void jf_lateness_poll(struct jf_lateness *lateness, uint64_t tsc,
                                    struct jf_worker_counters *counters)
{
	uint64_t since = tsc - lateness->last_tsc;

	lateness->last_tsc = tsc;
	if (__builtin_expect(since <= lateness->late_tsc, 1))
		return;
	counters->polls_late++;
	counters->late_cycles += since;
	if (since > counters->late_cycles_max)
		counters->late_cycles_max = since;
}

/* A sleep that was meant has ended. */
static inline void jf_lateness_slept(struct jf_lateness *lateness, uint64_t tsc)
{
	lateness->last_tsc = tsc;
}

#endif
