// SPDX-License-Identifier: BSD-3-Clause
/* What is meant by a name: several tenants may have a queue "billing". */
#include "jf_commands_names.h"

#include <stdio.h>
#include <string.h>

#define CANDIDATES_SIZE 160u /* of the answer that lists them */

static const struct {
	const char *word;
	bool (*next)(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name);
} kinds[] = {
        [JF_COMMANDS_QUEUE] = {"queue", jf_view_queue_name},
        [JF_COMMANDS_TEAM] = {"team", jf_view_team_name},
        [JF_COMMANDS_FLOW] = {"flow", jf_view_flow_name},
};

/* "billing", or "acme/billing". */
static bool means(const char *text, const struct jf_view_name *name)
{
	size_t length = strlen(name->tenant);

	return !strcmp(text, name->name) ||
	       (!strncmp(text, name->tenant, length) && text[length] == '/' &&
	        !strcmp(text + length + 1, name->name));
}

unsigned jf_commands_name_count(const struct jf_calls *calls, enum jf_commands_kind kind,
                                const char *text, struct jf_view_name *ret_name)
{
	struct jf_view_name name;
	unsigned found = 0;
	size_t cursor = 0;

	while (kinds[kind].next(calls, &cursor, &name))
		if (means(text, &name) && !found++)
			*ret_name = name;
	return found;
}

static void candidates(const struct jf_calls *calls, enum jf_commands_kind kind, const char *text,
                       char ret_list[CANDIDATES_SIZE])
{
	struct jf_view_name name;
	size_t cursor = 0, length = 0;

	ret_list[0] = '\0';
	while (kinds[kind].next(calls, &cursor, &name)) {
		size_t more = strlen(name.tenant) + strlen(name.name) + sizeof(", /");

		if (!means(text, &name))
			continue;
		if (length + more + sizeof(", ...") > CANDIDATES_SIZE) {
			snprintf(ret_list + length, CANDIDATES_SIZE - length, ", ...");
			return;
		}
		length += (size_t)snprintf(ret_list + length, CANDIDATES_SIZE - length, "%s%s/%s",
		                           length ? ", " : "", name.tenant, name.name);
	}
}

bool jf_commands_name(const struct jf_calls *calls, enum jf_commands_kind kind, const char *text,
                      struct jf_view_name *ret_name, struct jf_reply *reply)
{
	unsigned found = jf_commands_name_count(calls, kind, text, ret_name);
	char list[CANDIDATES_SIZE];

	if (found == 1)
		return true;
	if (!found) {
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no %s %s", kinds[kind].word,
		               text);
		return false;
	}
	candidates(calls, kind, text, list);
	jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS, "several tenants have a %s %s: say one of %s",
	               kinds[kind].word, text, list);
	return false;
}
