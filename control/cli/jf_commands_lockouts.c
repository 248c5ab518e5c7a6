// SPDX-License-Identifier: BSD-3-Clause
/* lockouts and unlock: who has guessed passwords, and is not listened to for a while. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "jf_commands_priv.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_sip.h"
#include "jf_time.h"

static json_t *lockout_row(const struct jf_lockout *lockout, uint64_t now_ns)
{
	char account[4 * JF_LOCKOUT_ACCOUNT_MAX], source[INET6_ADDRSTRLEN] = "";

	jf_log_escape(lockout->account, strlen(lockout->account), account, sizeof(account));
	if (lockout->family)
		inet_ntop(lockout->family == 6 ? AF_INET6 : AF_INET, lockout->ip, source,
		          sizeof(source));
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", jf_lockout_kind_name(lockout->kind),
	                 "source", source, "account", account, "wrong", (json_int_t)lockout->wrong,
	                 "left_ms",
	                 (json_int_t)(jf_time_since(now_ns, lockout->until_ns) / JF_NS_PER_MS));
}

void jf_commands_lockouts(struct jf_commands *commands, const struct jf_request *request,
                          struct jf_reply *reply)
{
	const struct jf_lockouts *lockouts = jf_sip_lockouts(commands->config.sip);
	uint64_t now_ns = jf_loop_now_ns();
	const char *after = jf_request_text(request, "after", NULL);
	unsigned limit = jf_request_limit(request);
	json_t *rows = json_array();
	struct jf_lockout one;
	uint32_t cursor = 0;
	char next[16];

	if (after)
		(void)sscanf(after, "%" SCNu32, &cursor);
	while (json_array_size(rows) < limit && jf_lockout_next(lockouts, &cursor, now_ns, &one))
		json_array_append_new(rows, lockout_row(&one, now_ns));
	snprintf(next, sizeof(next), "%" PRIu32, cursor);
	jf_reply_data(reply, jf_commands_page(rows, json_array_size(rows) == limit ? next : NULL));
}

void jf_commands_unlock(struct jf_commands *commands, const struct jf_request *request,
                        struct jf_reply *reply)
{
	struct jf_lockouts *lockouts = jf_sip_lockouts(commands->config.sip);
	const char *who = jf_request_text(request, "who", "");
	uint8_t ip[16] = {0};
	unsigned cleared;

	if (inet_pton(AF_INET, who, ip) == 1)
		cleared = jf_lockout_clear(lockouts, NULL, 4, ip);
	else if (inet_pton(AF_INET6, who, ip) == 1)
		cleared = jf_lockout_clear(lockouts, NULL, 6, ip);
	else
		cleared = jf_lockout_clear(lockouts, who, 0, NULL);
	if (cleared)
		jf_reply_data(reply,
		              json_pack("{s:s, s:i}", "who", who, "forgotten", (int)cleared));
	else
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "nothing is held against %s", who);
}
