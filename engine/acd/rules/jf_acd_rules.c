// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

#include <errno.h>
#include <string.h>

const struct jf_acd_agent_rule *const jf_acd_agent_rules[JF_ACD_AGENTS_BY_COUNT] = {
        [JF_ACD_AGENTS_BY_IDLE] = &jf_rule_longest_idle,
        [JF_ACD_AGENTS_BY_MOST_SKILLED] = &jf_rule_most_skilled,
        [JF_ACD_AGENTS_BY_LEAST_SKILLED] = &jf_rule_least_skilled,
        [JF_ACD_AGENTS_BY_LEAST_OCCUPIED] = &jf_rule_least_occupied,
        [JF_ACD_AGENTS_BY_ROUND_ROBIN] = &jf_rule_round_robin,
        [JF_ACD_AGENTS_BY_FEWEST_CALLS] = &jf_rule_fewest_calls,
        [JF_ACD_AGENTS_BY_ORDER] = &jf_rule_linear,
        [JF_ACD_AGENTS_BY_SIMULTANEOUS] = &jf_rule_simultaneous,
};

const struct jf_acd_call_rule *const jf_acd_call_rules[JF_ACD_CALLS_BY_COUNT] = {
        [JF_ACD_CALLS_BY_AGE] = &jf_rule_age,
        [JF_ACD_CALLS_BY_PRIORITY] = &jf_rule_priority,
        [JF_ACD_CALLS_BY_AGEING] = &jf_rule_ageing,
};

const char *jf_acd_agents_by_name(enum jf_acd_agents_by rule)
{
	return (unsigned int)rule < JF_ACD_AGENTS_BY_COUNT ? jf_acd_agent_rules[rule]->name : "?";
}

const char *jf_acd_calls_by_name(enum jf_acd_calls_by rule)
{
	return (unsigned int)rule < JF_ACD_CALLS_BY_COUNT ? jf_acd_call_rules[rule]->name : "?";
}

int jf_acd_agents_by_parse(const char *name, enum jf_acd_agents_by *ret_rule)
{
	for (unsigned int i = 0; i < JF_ACD_AGENTS_BY_COUNT; i++)
		if (!strcmp(name, jf_acd_agent_rules[i]->name)) {
			*ret_rule = (enum jf_acd_agents_by)i;
			return 0;
		}
	return -EINVAL;
}

int jf_acd_calls_by_parse(const char *name, enum jf_acd_calls_by *ret_rule)
{
	for (unsigned int i = 0; i < JF_ACD_CALLS_BY_COUNT; i++)
		if (!strcmp(name, jf_acd_call_rules[i]->name)) {
			*ret_rule = (enum jf_acd_calls_by)i;
			return 0;
		}
	return -EINVAL;
}
