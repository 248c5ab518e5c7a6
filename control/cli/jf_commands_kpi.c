// SPDX-License-Identifier: BSD-3-Clause
/* kpi: the intervals of a queue, an agent, a team, a flow or a tenant. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_apply.h"
#include "jf_commands_names.h"
#include "jf_commands_priv.h"
#include "jf_kpis.h"

#define DAY_S 86400

/* "2026-11-22", "2026-11-22T09:00", "2026-11-22T09:00:00Z": of UTC. */
static bool time_parse(const char *text, int64_t *ret_s)
{
	static const char *const forms[] = {"%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S",
	                                    "%Y-%m-%dT%H:%MZ", "%Y-%m-%dT%H:%M:%SZ"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *end = strptime(text, forms[i], &tm);

		if (end && !*end) {
			*ret_s = (int64_t)timegm(&tm);
			return true;
		}
	}
	return false;
}

/* What may stand before a name, when several have it. */
static const struct {
	const char *prefix;
	enum jf_kpis_kind kind;
} prefixes[] = {
        {"queue:", JF_KPIS_QUEUE}, {"agent:", JF_KPIS_AGENT},   {"team:", JF_KPIS_TEAM},
        {"flow:", JF_KPIS_FLOW},   {"tenant:", JF_KPIS_TENANT},
};

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* Agents and tenants are called what nobody else is. */
static bool is_known(const struct jf_commands *commands, enum jf_kpis_kind kind, const char *text,
                     struct jf_view_name *ret_name)
{
	const struct jf_directory *directory = jf_apply_directory(commands->config.apply);
	const struct jf_directory_tenant *tenant = NULL;
	const struct jf_directory_agent *agent = NULL;

	if (directory && kind == JF_KPIS_AGENT)
		agent = jf_directory_agent_find(directory, text);
	else if (directory)
		tenant = jf_directory_tenant_find(directory, text);
	if (agent)
		*ret_name = (struct jf_view_name){agent->tenant, agent->id};
	if (tenant)
		*ret_name = (struct jf_view_name){tenant->name, ""};
	return agent || tenant;
}

/* What may be called the same by several tenants. */
static bool is_shared(enum jf_kpis_kind kind, enum jf_commands_kind *ret_kind)
{
	static const enum jf_commands_kind kinds[] = {
	        [JF_KPIS_QUEUE] = JF_COMMANDS_QUEUE,
	        [JF_KPIS_TEAM] = JF_COMMANDS_TEAM,
	        [JF_KPIS_FLOW] = JF_COMMANDS_FLOW,
	};

	if (kind == JF_KPIS_AGENT || kind == JF_KPIS_TENANT)
		return false;
	*ret_kind = kinds[kind];
	return true;
}

/* One of that kind is called so; or several: then the one who wants it says so. */
static bool is_one(const struct jf_commands *commands, enum jf_kpis_kind kind, const char *text,
                   struct jf_view_name *ret_name)
{
	enum jf_commands_kind shared;

	if (!is_shared(kind, &shared))
		return is_known(commands, kind, text, ret_name);
	return jf_commands_name_count(commands->config.calls, shared, text, ret_name) > 0;
}

static bool take(const struct jf_commands *commands, enum jf_kpis_kind kind, const char *text,
                 struct jf_view_name *ret_name, struct jf_reply *reply)
{
	enum jf_commands_kind shared;

	if (is_shared(kind, &shared))
		return jf_commands_name(commands->config.calls, shared, text, ret_name, reply);
	if (is_known(commands, kind, text, ret_name))
		return true;
	jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no %s %s",
	               kind == JF_KPIS_AGENT ? "agent" : "tenant", text);
	return false;
}

/* Whose: by its prefix, else the first kind, in their order, of which one is called so. */
static bool whose(const struct jf_commands *commands, const char *text,
                  struct jf_kpis_name *ret_name, struct jf_reply *reply)
{
	struct jf_view_name name;

	for (size_t i = 0; i < PREFIXES; i++) {
		size_t length = strlen(prefixes[i].prefix);
		bool said = !strncmp(text, prefixes[i].prefix, length);

		if (!said && !is_one(commands, prefixes[i].kind, text, &name))
			continue;
		if (!take(commands, prefixes[i].kind, said ? text + length : text, &name, reply))
			return false;
		*ret_name = (struct jf_kpis_name){prefixes[i].kind, name.tenant, name.name};
		return true;
	}
	jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND,
	               "there is no queue, agent, team, flow or tenant %s", text);
	return false;
}

static int64_t day_begin(const struct jf_directory *directory, const char *tenant, int64_t now_s)
{
	const struct jf_directory_tenant *t = jf_directory_tenant_find(directory, tenant);

	if (!t || !t->desk.zone)
		return now_s / DAY_S * DAY_S;
	return jf_zone_utc(t->desk.zone, jf_zone_local(t->desk.zone, now_s).day, 0);
}

void jf_commands_kpi(struct jf_commands *commands, const struct jf_request *request,
                     struct jf_reply *reply)
{
	const struct jf_directory *directory = jf_apply_directory(commands->config.apply);
	const char *text = jf_request_text(request, "name", "");
	const char *from = jf_request_text(request, "from", NULL);
	const char *to = jf_request_text(request, "to", NULL);
	const char *minutes = jf_request_text(request, "minutes", "15");
	struct jf_kpis_span span = {.to_s = INT64_MAX};
	struct jf_kpis_name name;
	json_t *rows, *last;
	char next[24];

	if (!whose(commands, text, &name, reply))
		return;
	span.from_s = day_begin(directory, name.tenant, (int64_t)time(NULL));
	if ((from && !time_parse(from, &span.from_s)) || (to && !time_parse(to, &span.to_s))) {
		jf_reply_error(reply, JF_PROTOCOL_BAD_ARGUMENT,
		               "a time of UTC is needed, such as 2026-11-22T09:00");
		return;
	}
	span.length_s = (uint32_t)strtoul(minutes, NULL, 10) * 60;
	span.limit = (uint32_t)jf_request_limit(request);
	if (jf_request_text(request, "cursor", NULL))
		span.from_s = strtoll(jf_request_text(request, "cursor", "0"), NULL, 10);
	rows = jf_kpis_intervals(commands->config.kpis, &name, &span);
	last = json_array_get(rows, json_array_size(rows) - 1);
	next[0] = '\0';
	if (last && json_array_size(rows) == span.limit &&
	    time_parse(json_string_value(json_object_get(last, "to_utc")), &span.from_s))
		snprintf(next, sizeof(next), "%lld", (long long)span.from_s);
	jf_reply_data(reply, jf_commands_page(rows, next[0] ? next : NULL));
}
