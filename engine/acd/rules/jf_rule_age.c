// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

static uint64_t key(const struct jf_acd_queue_options *options, uint16_t base, uint64_t enqueued_ns)
{
	(void)options, (void)base, (void)enqueued_ns;
	return JF_ACD_PRIORITY_MAX; /* as base 0 of the rule by priority */
}

static struct jf_acd_points points(const struct jf_acd_queue_options *options, uint64_t k,
                                   uint64_t now_ns)
{
	(void)options, (void)k, (void)now_ns;
	return (struct jf_acd_points){0, 1};
}

static uint64_t capped_ns(const struct jf_acd_queue_options *options, uint16_t base,
                          uint64_t enqueued_ns)
{
	(void)options, (void)base, (void)enqueued_ns;
	return 0;
}

const struct jf_acd_call_rule jf_rule_age = {"head, then age", key, points, capped_ns};
