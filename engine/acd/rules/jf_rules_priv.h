/* SPDX-License-Identifier: BSD-3-Clause */
/* Every rule there is. */
#ifndef JF_RULES_PRIV_H
#define JF_RULES_PRIV_H

#include "jf_acd_rules.h"

extern const struct jf_acd_agent_rule jf_rule_longest_idle, jf_rule_most_skilled,
        jf_rule_least_skilled, jf_rule_least_occupied, jf_rule_round_robin, jf_rule_fewest_calls,
        jf_rule_linear, jf_rule_simultaneous;
extern const struct jf_acd_call_rule jf_rule_age, jf_rule_priority, jf_rule_ageing;

#endif
