// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

/* Equal keys are settled by idle time anyway. */
static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	(void)facts;
	return 0;
}

const struct jf_acd_agent_rule jf_rule_longest_idle = {"longest idle", key};
