// SPDX-License-Identifier: BSD-3-Clause
/* The section "agents", and who serves which queue. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"

JF_PARSE_COLLECT(agents, raw->id, "", "id")

static void ha1_make(struct jf_parse *p, const struct jf_parse_entry *entry,
                     struct jf_directory_agent *agent)
{
	struct jf_raw_agent *raw = (struct jf_raw_agent *)(uintptr_t)entry->raw;

	if (jf_directory_ha1(raw->id, p->options->realm, raw->password, agent->ha1,
	                     agent->ha1_sha256))
		jf_parse_fail(p, entry, "password", "cannot be hashed");
	explicit_bzero(raw->password, strlen(raw->password));
}

static void ha1_read(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                     const char *hex, char *ret_ha1)
{
	size_t length = strlen(hex);

	for (size_t i = 0; i < length; i++) {
		if (!isxdigit((unsigned char)hex[i])) {
			jf_parse_fail(p, entry, field, "%zu hexadecimal digits are needed", length);
			return;
		}
		ret_ha1[i] = (char)tolower((unsigned char)hex[i]);
	}
}

static void secret_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;

	if (!raw->password == !raw->ha1) {
		jf_parse_fail(p, entry, raw->ha1 ? "ha1" : NULL,
		              "either password or ha1 is needed");
	} else if (raw->password && raw->ha1_sha256) {
		jf_parse_fail(p, entry, "ha1_sha256", "goes with ha1, not with password");
	} else if (raw->password) {
		ha1_make(p, entry, agent);
	} else {
		ha1_read(p, entry, "ha1", raw->ha1, agent->ha1);
		if (raw->ha1_sha256)
			ha1_read(p, entry, "ha1_sha256", raw->ha1_sha256, agent->ha1_sha256);
	}
	agent->digest = (enum jf_directory_digest)raw->digest;
	if (agent->digest > JF_DIRECTORY_DIGEST_NODE && agent->digest != JF_DIRECTORY_DIGEST_MD5 &&
	    !agent->ha1_sha256[0])
		jf_parse_fail(p, entry, "digest", "SHA-256 needs password or ha1_sha256");
}

static bool is_among(const struct jf_directory_queue *const *queues, size_t n,
                     const struct jf_directory_queue *queue)
{
	for (size_t i = 0; i < n; i++)
		if (queues[i] == queue)
			return true;
	return false;
}

static void team_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                      struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;

	if (!raw->team)
		return;
	agent->team = jf_directory_team_find(p->directory, raw->tenant, raw->team);
	if (!agent->team)
		jf_parse_fail(p, entry, "team", "tenant \"%s\" has no team \"%s\"", raw->tenant,
		              raw->team);
}

/* Its own, then those of its team that are not among them. */
static void memberships_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                             struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;
	size_t of_team = agent->team ? agent->team->n_queues : 0;
	const struct jf_directory_queue **queues =
	        jf_parse_array(p, raw->queues_count + of_team, sizeof(queues[0]));
	size_t n = raw->queues_count;

	if (!queues)
		return;
	for (unsigned i = 0; i < raw->queues_count; i++) {
		char field[32];

		snprintf(field, sizeof(field), "queues[%u]", i);
		queues[i] = jf_directory_queue_find(p->directory, raw->tenant, raw->queues[i]);
		if (!queues[i])
			jf_parse_fail(p, entry, field, "tenant \"%s\" has no queue \"%s\"",
			              raw->tenant, raw->queues[i]);
		else if (is_among(queues, i, queues[i]))
			jf_parse_fail(p, entry, field, "queue \"%s\" is there twice",
			              raw->queues[i]);
	}
	for (size_t i = 0; i < of_team; i++)
		if (!is_among(queues, n, agent->team->queues[i]))
			queues[n++] = agent->team->queues[i];
	if (n > JF_DIRECTORY_MEMBERSHIPS_MAX)
		jf_parse_fail(p, entry, "team",
		              "with those of its team it serves %zu queues: "
		              "%u at most",
		              n, JF_DIRECTORY_MEMBERSHIPS_MAX);
	agent->queues = queues;
	agent->n_queues = n;
	agent->n_own_queues = raw->queues_count;
}

static void agent_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_agent *agent)
{
	const struct jf_raw_agent *raw = entry->raw;
	const struct jf_directory_tenant *tenant;

	jf_parse_name(p, entry, "id", raw->id);
	agent->id = jf_parse_keep(p, raw->id);
	agent->tenant = jf_parse_tenant(p, entry, raw->tenant);
	agent->name = raw->name ? jf_parse_keep(p, raw->name) : agent->id;
	for (const char *c = agent->name; c && *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			jf_parse_fail(p, entry, "name", "control characters are not accepted");
			break;
		}
	}
	agent->auto_ready = raw->auto_ready ? *raw->auto_ready : true;
	tenant = jf_directory_tenant_find(p->directory, raw->tenant);
	jf_parse_media(p, entry, &raw->media, tenant ? &tenant->media : NULL, &agent->media);
	jf_parse_abilities(p, entry, &agent->abilities);
	secret_fill(p, entry, agent);
	team_fill(p, entry, agent);
	memberships_fill(p, entry, agent);
}

JF_PARSE_KIND(agents, agent_fill)

/* The other direction of memberships, agents in the order of their ids. */
void jf_parse_members(struct jf_parse *p)
{
	struct jf_directory *d = p->directory;

	for (size_t i = 0; i < d->n_agents; i++) {
		for (size_t k = 0; k < d->agents[i].n_queues; k++)
			d->queues[d->agents[i].queues[k] - d->queues].n_agents++;
	}
	for (size_t q = 0; q < d->n_queues && !p->no_memory; q++) {
		d->queues[q].agents =
		        jf_parse_array(p, d->queues[q].n_agents, sizeof(d->queues[q].agents[0]));
		d->queues[q].n_agents = 0;
	}
	for (size_t i = 0; i < d->n_agents && !p->no_memory; i++) {
		for (size_t k = 0; k < d->agents[i].n_queues; k++) {
			struct jf_directory_queue *queue =
			        &d->queues[d->agents[i].queues[k] - d->queues];
			const struct jf_directory_agent **list =
			        (const struct jf_directory_agent **)(uintptr_t)queue->agents;

			list[queue->n_agents++] = &d->agents[i];
		}
	}
}
