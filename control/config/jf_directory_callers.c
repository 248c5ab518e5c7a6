// SPDX-License-Identifier: BSD-3-Clause
/* The section "callers": customer records and VIPs. */
#include <string.h>

#include "jf_directory_parse_priv.h"

JF_PARSE_COLLECT(callers, raw->tenant, jf_directory_digits(raw->number), "number")

static void agent_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_caller *caller)
{
	static const uint32_t limits[3] = {1, 3600, 30};
	const struct jf_raw_caller *raw = entry->raw;
	const struct jf_directory_agent *agent;

	if (!raw->agent) {
		if (raw->agent_s)
			jf_parse_fail(p, entry, "agent_s", "for which agent?");
		return;
	}
	agent = jf_directory_agent_find(p->directory, raw->agent);
	if (!agent || strcmp(agent->tenant, raw->tenant) != 0)
		jf_parse_fail(p, entry, "agent", "tenant \"%s\" has no agent \"%s\"", raw->tenant,
		              raw->agent);
	else
		caller->agent = agent->id;
	caller->agent_ms = jf_parse_seconds(p, entry, "agent_s", raw->agent_s, limits);
}

static void caller_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_caller *caller)
{
	const struct jf_raw_caller *raw = entry->raw;
	struct jf_parse_place place = {entry, raw->tenant};
	const char *digits = jf_directory_digits(raw->number);
	size_t length = strlen(digits);

	if (length < 2 || length > 15 || strspn(digits, "0123456789") != length)
		jf_parse_fail(p, entry, "number",
		              "\"%s\": 2 to 15 digits, with or without + in front", raw->number);
	caller->number = jf_parse_keep(p, raw->number);
	caller->tenant = jf_parse_tenant(p, entry, raw->tenant);
	caller->name = raw->name ? jf_parse_keep(p, raw->name) : NULL;
	caller->vip = raw->vip && *raw->vip;
	jf_parse_wants(p, &place, &raw->wants, &caller->wants);
	if (caller->vip && !caller->wants.has_priority)
		caller->wants.priority = JF_DIRECTORY_VIP_PRIORITY;
	caller->wants.has_priority |= caller->vip;
	agent_fill(p, entry, caller);
}

JF_PARSE_KIND(callers, caller_fill)
