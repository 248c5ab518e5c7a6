// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	return facts->place;
}

const struct jf_acd_agent_rule jf_rule_linear = {"linear order", key};
