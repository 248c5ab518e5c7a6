/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One trial (RFC 2544 section 24): a constant rate for a time, then a wait for what is still under
 * way, then the counts. One thread sends and receives on one port, and never sleeps during a trial.
 *
 * A generator that falls behind (its core was taken away, or it is slower than the rate asked for)
 * does not catch up with a burst: what it could not send in time is skipped, and said.
 */
#ifndef JF_GEN_TRIAL_H
#define JF_GEN_TRIAL_H

#include <stdint.h>

#include <rte_mempool.h>

#include "jf_gen_check.h"
#include "jf_gen_histogram.h"
#include "jf_gen_traffic.h"

struct jf_gen_wire {
	uint16_t port;              /* DPDK port */
	struct rte_mempool *frames; /* buffers of frames with their payload in place */
	uint32_t quiet_ms;          /* without a frame: nothing is under way any more */
	uint32_t warm_ms;           /* of a trial, without stamps: caches are cold at first */
};

struct jf_gen_result {
	uint64_t cycles;  /* TSC, of the sending */
	uint64_t sent;    /* frames offered to the wire */
	uint64_t refused; /* of these, the wire was full: lost */
	uint64_t skipped; /* frames the generator was too late for; not among sent */
	uint64_t idle;    /* TSC, of turns in which nothing was to be sent and nothing had come */
	uint64_t away;    /* TSC, the longest time between two looks at the wire */
	struct jf_gen_counts counts;
};

/* pps > 0, seconds > 0. Only packets of this trial are in latency. */
void jf_gen_trial_run(const struct jf_gen_wire *wire, struct jf_gen_traffic *traffic,
                      struct jf_gen_check *check, double pps, double seconds,
                      struct jf_gen_histogram *latency, struct jf_gen_result *ret_result);

#endif
