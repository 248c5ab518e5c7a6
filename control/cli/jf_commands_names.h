/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From what somebody types to a queue, a team or a flow, whose names are unique within their tenant
 * only: "billing" where one tenant has it, "acme/billing" anywhere. Agents, trunks and tenants have
 * names of their own. Loop's thread.
 */
#ifndef JF_COMMANDS_NAMES_H
#define JF_COMMANDS_NAMES_H

#include "jf_commands.h"
#include "jf_view.h"

enum jf_commands_kind {
	JF_COMMANDS_QUEUE,
	JF_COMMANDS_TEAM,
	JF_COMMANDS_FLOW,
};

/* False: there is none, or there are several: the reply says so, with those that it may be. */
bool jf_commands_name(const struct jf_calls *calls, enum jf_commands_kind kind, const char *text,
                      struct jf_view_name *ret_name, struct jf_reply *reply);

/* How many it may be; the first of them. */
unsigned jf_commands_name_count(const struct jf_calls *calls, enum jf_commands_kind kind,
                                const char *text, struct jf_view_name *ret_name);

#endif
