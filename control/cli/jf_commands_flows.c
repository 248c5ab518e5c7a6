// SPDX-License-Identifier: BSD-3-Clause
/* flows, flow: what callers go through before they come to somebody. */
#include "jf_commands_names.h"
#include "jf_commands_priv.h"

void jf_commands_flows(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	(void)request;
	jf_reply_data(reply, jf_commands_page(jf_view_flows(commands->config.calls), NULL));
}

void jf_commands_flow(struct jf_commands *commands, const struct jf_request *request,
                      struct jf_reply *reply)
{
	const char *text = jf_request_text(request, "name", "");
	struct jf_view_name name;

	if (jf_commands_name(commands->config.calls, JF_COMMANDS_FLOW, text, &name, reply))
		jf_reply_data(reply, jf_view_flow(commands->config.calls, &name));
}
