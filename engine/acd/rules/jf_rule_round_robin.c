// SPDX-License-Identifier: BSD-3-Clause
#include "jf_rules_priv.h"

/* Whoever this queue chose longest ago; those never chosen first, as they stand in its list. */
static uint64_t key(const struct jf_acd_agent_facts *facts)
{
	return facts->offered_serial ? facts->offered_serial + UINT32_MAX : facts->place;
}

const struct jf_acd_agent_rule jf_rule_round_robin = {"round robin", key};
