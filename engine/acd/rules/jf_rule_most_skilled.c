// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	return UINT32_MAX - facts->score;
}

const struct jf_acd_agent_rule jf_rule_most_skilled = {"most skilled", key};
