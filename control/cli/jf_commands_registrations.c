// SPDX-License-Identifier: BSD-3-Clause
/* registrations: the phones that there are. */
#include <inttypes.h>
#include <stdio.h>

#include "jf_commands_priv.h"
#include "jf_loop.h"
#include "jf_sip.h"
#include "jf_time.h"

#define PORTION 16u /* copied at once */

static json_t *registration_row(const struct jf_registration *r, uint64_t now_ns)
{
	char source[JF_SIP_PEER_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:f, s:I, s:s, s:s}", "agent", r->agent,
	                 "state", r->unreachable ? "unreachable" : "registered", "contact",
	                 r->contact, "source", jf_sip_peer_text(&r->source, source), "nat", r->nat,
	                 "q", r->q / (double)JF_SIP_Q_MAX, "expires_ms",
	                 (json_int_t)(jf_time_since(now_ns, r->expires_ns) / JF_NS_PER_MS),
	                 "user_agent", r->user_agent, "path", r->path);
}

void jf_commands_registrations(struct jf_commands *commands, const struct jf_request *request,
                               struct jf_reply *reply)
{
	const char *after = jf_request_text(request, "after", NULL);
	unsigned limit = jf_request_limit(request), n = 1;
	struct jf_registration portion[PORTION];
	uint64_t now_ns = jf_loop_now_ns();
	json_t *rows = json_array();
	uint64_t cursor = 0;
	char next[24];

	if (after)
		(void)sscanf(after, "%" SCNu64, &cursor);
	while (n && json_array_size(rows) < limit) {
		unsigned left = limit - (unsigned)json_array_size(rows);

		n = jf_sip_registrations_page(commands->config.sip, &cursor, portion,
		                              left < PORTION ? left : PORTION);
		for (unsigned i = 0; i < n; i++)
			json_array_append_new(rows, registration_row(&portion[i], now_ns));
	}
	snprintf(next, sizeof(next), "%" PRIu64, cursor);
	jf_reply_data(reply, jf_commands_page(rows, n ? next : NULL));
}
