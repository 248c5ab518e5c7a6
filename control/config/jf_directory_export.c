// SPDX-License-Identifier: BSD-3-Clause
#include "jf_directory_priv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* YAML's double-quoted style, in which anything can be said. UTF-8 stays as it is. */
void jf_directory_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (const char *c = text; *c; c++) {
		if (*c == '"' || *c == '\\')
			fprintf(out, "\\%c", *c);
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*c);
		else
			fputc(*c, out);
	}
	fputc('"', out);
}

static void field(FILE *out, const char *lead, const char *name, const char *value)
{
	fprintf(out, "%s%s: ", lead, name);
	jf_directory_quoted(out, value);
	fputc('\n', out);
}

#define FIRST "  - "
#define NEXT  "    "

static void trunk_write(FILE *out, const struct jf_directory_trunk *trunk)
{
	field(out, FIRST, "name", trunk->name);
	if (trunk->tenant)
		field(out, NEXT, "tenant", trunk->tenant);
	if (trunk->n_networks)
		fprintf(out, NEXT "addresses: [");
	for (size_t i = 0; i < trunk->n_networks; i++) {
		const struct jf_directory_network *n = &trunk->networks[i];
		char ip[INET6_ADDRSTRLEN];

		inet_ntop(n->family == 6 ? AF_INET6 : AF_INET, n->ip, ip, sizeof(ip));
		fprintf(out, "%s\"%s/%u\"", i ? ", " : "", ip, n->prefix);
	}
	if (trunk->n_networks)
		fprintf(out, "]\n");
	jf_directory_outgoing_write(out, NEXT, &trunk->out);
	jf_directory_media_write(out, NEXT, &trunk->media);
}

static void team_write(FILE *out, const struct jf_directory_team *team)
{
	field(out, FIRST, "name", team->name);
	field(out, NEXT, "tenant", team->tenant);
}

static void queue_write(FILE *out, const struct jf_directory_queue *queue)
{
	field(out, FIRST, "name", queue->name);
	field(out, NEXT, "tenant", queue->tenant);
	if (queue->n_teams)
		fprintf(out, NEXT "teams: [");
	for (size_t i = 0; i < queue->n_teams; i++) {
		fprintf(out, "%s", i ? ", " : "");
		jf_directory_quoted(out, queue->teams[i]->name);
	}
	if (queue->n_teams)
		fprintf(out, "]\n");
	if (queue->greeting)
		field(out, NEXT, "greeting", queue->greeting);
	if (queue->music)
		field(out, NEXT, "music", queue->music);
	else
		fprintf(out, NEXT "ringback: true\n");
	fprintf(out, NEXT "ring_timeout_s: %u\n", queue->ring_timeout_ms / 1000);
	fprintf(out, NEXT "wrap_up_s: %u\n", queue->wrap_up_ms / 1000);
	fprintf(out, NEXT "max_wait_s: %u\n", queue->max_wait_ms / 1000);
	if (queue->treatment)
		jf_directory_treatment_write(out, NEXT, queue->treatment);
	jf_directory_rules_write(out, NEXT, &queue->rules);
}

static void agent_write(FILE *out, const struct jf_directory_agent *agent)
{
	static const char *const digests[] = {[JF_DIRECTORY_DIGEST_ANY] = "any",
	                                      [JF_DIRECTORY_DIGEST_MD5] = "MD5",
	                                      [JF_DIRECTORY_DIGEST_SHA256] = "SHA-256"};

	field(out, FIRST, "id", agent->id);
	field(out, NEXT, "tenant", agent->tenant);
	field(out, NEXT, "name", agent->name);
	field(out, NEXT, "ha1", agent->ha1);
	if (agent->ha1_sha256[0])
		field(out, NEXT, "ha1_sha256", agent->ha1_sha256);
	if (agent->digest != JF_DIRECTORY_DIGEST_NODE)
		fprintf(out, NEXT "digest: %s\n", digests[agent->digest]);
	if (agent->team)
		field(out, NEXT, "team", agent->team->name);
	fprintf(out, NEXT "queues: [");
	for (size_t i = 0; i < agent->n_own_queues; i++) {
		fprintf(out, "%s", i ? ", " : "");
		jf_directory_quoted(out, agent->queues[i]->name);
	}
	fprintf(out, "]\n" NEXT "auto_ready: %s\n", agent->auto_ready ? "true" : "false");
	jf_directory_abilities_write(out, NEXT, &agent->abilities);
	jf_directory_media_write(out, NEXT, &agent->media);
}

static void tenant_write(FILE *out, const struct jf_directory_tenant *tenant)
{
	field(out, FIRST, "name", tenant->name);
	jf_directory_desk_write(out, NEXT, &tenant->desk);
	jf_directory_tenant_outgoing_write(out, NEXT, &tenant->outgoing);
	if (!tenant->record_consult)
		fprintf(out, NEXT "record_consult: false\n");
	jf_directory_media_write(out, NEXT, &tenant->media);
}

static void directory_write(FILE *out, const struct jf_directory *d)
{
	if (d->n_tenants)
		fprintf(out, "tenants:\n");
	for (size_t i = 0; i < d->n_tenants; i++)
		tenant_write(out, &d->tenants[i]);
	if (d->n_trunks)
		fprintf(out, "trunks:\n");
	for (size_t i = 0; i < d->n_trunks; i++)
		trunk_write(out, &d->trunks[i]);
	if (d->n_surveys)
		fprintf(out, "surveys:\n");
	for (size_t i = 0; i < d->n_surveys; i++)
		jf_directory_survey_write(out, &d->surveys[i]);
	if (d->n_teams)
		fprintf(out, "teams:\n");
	for (size_t i = 0; i < d->n_teams; i++)
		team_write(out, &d->teams[i]);
	if (d->n_queues)
		fprintf(out, "queues:\n");
	for (size_t i = 0; i < d->n_queues; i++)
		queue_write(out, &d->queues[i]);
	if (d->n_agents)
		fprintf(out, "agents:\n");
	for (size_t i = 0; i < d->n_agents; i++)
		agent_write(out, &d->agents[i]);
	if (jf_ivr_flows_count(d->flows))
		fprintf(out, "flows:\n");
	for (size_t i = 0; i < jf_ivr_flows_count(d->flows); i++)
		jf_directory_flow_write(out, jf_ivr_flows_at(d->flows, i));
	if (d->n_numbers)
		fprintf(out, "numbers:\n");
	for (size_t i = 0; i < d->n_numbers; i++) {
		field(out, FIRST, "number", d->numbers[i].number);
		field(out, NEXT, "tenant", d->numbers[i].tenant);
		if (d->numbers[i].queue)
			field(out, NEXT, "queue", d->numbers[i].queue->name);
		else if (d->numbers[i].flow)
			field(out, NEXT, "flow", d->numbers[i].flow->name);
		else
			field(out, NEXT, "forward", d->numbers[i].forward);
		jf_directory_wants_write(out, NEXT, &d->numbers[i].wants);
	}
	if (d->n_calendars)
		fprintf(out, "calendars:\n");
	for (size_t i = 0; i < d->n_calendars; i++)
		jf_directory_calendar_write(out, &d->calendars[i]);
	if (d->n_callers)
		fprintf(out, "callers:\n");
	for (size_t i = 0; i < d->n_callers; i++)
		jf_directory_caller_write(out, &d->callers[i]);
}

int jf_directory_export(const struct jf_directory *directory, char **ret_yaml)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return -ENOMEM;
	directory_write(out, directory);
	failed = ferror(out);
	failed = fclose(out) || failed;
	if (failed) {
		free(text);
		return -ENOMEM;
	}
	*ret_yaml = text;
	return 0;
}
