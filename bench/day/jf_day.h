/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A simulated day of a contact centre, on the ACD itself: callers arrive as a Poisson process whose
 * rate follows the day, wait with exponential patience, are rung, talk for an exponential time, and
 * agents wrap up. The same configuration gives the same day, to the byte.
 */
#ifndef JF_DAY_H
#define JF_DAY_H

#include <stdint.h>

#include "jf_kpi.h"

struct jf_day_config {
	uint32_t agents, queues, calls;
	uint64_t seed;
	double open_s;     /* from the first to the last call, on average */
	double swing;      /* of the rate around its mean, two humps a day; 0: none */
	double talk_s;     /* mean */
	double wrap_up_s;  /* fixed */
	double ring_s;     /* fixed */
	double patience_s; /* mean; 0: endless */
	double second;     /* part of the agents who have a second queue */
	double threshold_s, short_s;
	double warm_s; /* calls that arrive before are served but not counted */
};

/* The day of the benchmark: 5,000 agents, 1,000,000 calls. */
extern const struct jf_day_config jf_day_large;

struct jf_day_result {
	struct jf_kpi_sums sums;
	uint64_t outputs;      /* of the ACD */
	uint64_t digest;       /* over all of them, with their times */
	uint64_t estimates;    /* of waits that came to more than 30 s */
	double estimate_error; /* median of |told - waited| / waited over these */
	double service_level;  /* abandons counted against */
	double occupancy;
};

/* 0, -ENOMEM, -EINVAL. */
int jf_day_run(const struct jf_day_config *config, struct jf_day_result *ret_result);

#endif
