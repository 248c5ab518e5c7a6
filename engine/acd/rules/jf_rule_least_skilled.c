// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

/* Of those who suffice equally, the one who can do least else: experts stay free. */
static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	return (uint64_t)facts->score << 32 | facts->total;
}

const struct jf_acd_agent_rule jf_rule_least_skilled = {"least skilled that suffices", key};
