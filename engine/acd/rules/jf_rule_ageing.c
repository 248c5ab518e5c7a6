// SPDX-License-Identifier: BSD-3-Clause
/* Priority = base + wait / ageing_ns, up to a cap. While two entries of a queue grow, their order
 * stays: it is that of the times at which entries of base 0 would have had to come. */
#include "jf_rules_priv.h"

/* Those times may lie before the clock's beginning. */
#define BIAS ((uint64_t)1 << 61)

static uint64_t key(const struct jf_acd_queue_options *options, uint16_t base, uint64_t enqueued_ns)
{
	return BIAS + enqueued_ns - base * options->ageing_ns;
}

static struct jf_acd_points points(const struct jf_acd_queue_options *options, uint64_t k,
                                   uint64_t now_ns)
{
	uint64_t now = BIAS + now_ns;

	return (struct jf_acd_points){now > k ? now - k : 0, options->ageing_ns};
}

static uint64_t capped_ns(const struct jf_acd_queue_options *options, uint16_t base,
                          uint64_t enqueued_ns)
{
	uint64_t points_left = options->priority_cap > base ? options->priority_cap - base : 0;

	return enqueued_ns + points_left * options->ageing_ns;
}

const struct jf_acd_call_rule jf_rule_ageing = {"ageing priority, then age", key, points,
                                                capped_ns};
