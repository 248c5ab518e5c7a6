// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	return facts->calls_today;
}

const struct jf_acd_agent_rule jf_rule_fewest_calls = {"fewest calls today", key};
