// SPDX-License-Identifier: BSD-3-Clause
/* kpi: the intervals of a queue or an agent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_apply.h"
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

/* Whose: a queue by its name, or tenant/name; else an agent. The tenant's zone says when its day
 * began. */
static bool whose(const struct jf_directory *directory, const char *text,
                  struct jf_kpis_name *ret_name)
{
	const struct jf_directory_agent *agent;
	const struct jf_directory_queue *queues;
	size_t n = 0, found = 0;

	if (!directory)
		return false;
	queues = jf_directory_queues(directory, &n);
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(queues[i].tenant);

		if (strcmp(queues[i].name, text) != 0 &&
		    (strncmp(text, queues[i].tenant, length) != 0 || text[length] != '/' ||
		     strcmp(text + length + 1, queues[i].name) != 0))
			continue;
		*ret_name = (struct jf_kpis_name){JF_KPIS_QUEUE, queues[i].tenant, queues[i].name};
		found++;
	}
	if (found)
		return found == 1;
	agent = jf_directory_agent_find(directory, text);
	if (agent)
		*ret_name = (struct jf_kpis_name){JF_KPIS_AGENT, agent->tenant, agent->id};
	return agent != NULL;
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

	if (!whose(directory, text, &name)) {
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND,
		               "there is no queue or agent %s, or several: say tenant/queue", text);
		return;
	}
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
