// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

/* Those idle for longest ring together. */
static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	(void)facts;
	return 0;
}

const struct jf_acd_agent_rule jf_rule_simultaneous = {"simultaneous ring", key, .at_once = true};
