// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

/* Occupancy when the agent became ready, in millionths; who has not worked yet has none. */
static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	uint64_t total_us = (facts->busy_ns + facts->ready_ns) / 1000;

	return total_us ? facts->busy_ns / 1000 * 1000000 / total_us : 0;
}

const struct jf_acd_agent_rule jf_rule_least_occupied = {"least occupied", key};
