// SPDX-License-Identifier: BSD-3-Clause
/* flows, flow: what callers go through before they come to somebody. */
#include "jf_commands_priv.h"
#include "jf_view.h"

void jf_commands_flows(struct jf_commands *commands, const struct jf_request *request,
                       struct jf_reply *reply)
{
	(void)request;
	jf_reply_data(reply, jf_commands_page(jf_view_flows(commands->config.calls), NULL));
}

void jf_commands_flow(struct jf_commands *commands, const struct jf_request *request,
                      struct jf_reply *reply)
{
	const char *name = jf_request_text(request, "name", "");
	bool ambiguous;
	json_t *flow = jf_view_flow(commands->config.calls, name, &ambiguous);

	if (flow)
		jf_reply_data(reply, flow);
	else if (ambiguous)
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS,
		               "several tenants have a flow %s: say TENANT/%s", name, name);
	else
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no flow %s", name);
}
