// SPDX-License-Identifier: BSD-3-Clause
/* The section "teams", and which queues they serve. */
#include <stdio.h>
#include <stdlib.h>

#include "jf_directory_parse_priv.h"

JF_PARSE_COLLECT(teams, raw->tenant, raw->name, "name")

static void team_fill(struct jf_parse *p, const struct jf_parse_entry *entry,
                      struct jf_directory_team *team)
{
	const struct jf_raw_team *raw = entry->raw;

	jf_parse_name(p, entry, "name", raw->name);
	team->name = jf_parse_keep(p, raw->name);
	team->tenant = jf_parse_tenant(p, entry, raw->tenant);
}

JF_PARSE_KIND(teams, team_fill)

void jf_parse_queue_teams(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_queue *queue)
{
	const struct jf_raw_queue *raw = entry->raw;
	const struct jf_directory_team **teams =
	        jf_parse_array(p, raw->teams_count, sizeof(teams[0]));

	queue->teams = teams;
	for (unsigned i = 0; teams && i < raw->teams_count; i++) {
		const struct jf_directory_team *team =
		        jf_directory_team_find(p->directory, raw->tenant, raw->teams[i]);
		char field[32];

		snprintf(field, sizeof(field), "teams[%u]", i);
		if (!team)
			jf_parse_fail(p, entry, field, "tenant \"%s\" has no team \"%s\"",
			              raw->tenant, raw->teams[i]);
		for (size_t k = 0; team && k < queue->n_teams; k++)
			if (teams[k] == team)
				jf_parse_fail(p, entry, field, "team \"%s\" is there twice",
				              raw->teams[i]);
		if (team)
			teams[queue->n_teams++] = team;
	}
}

static struct jf_directory_team *own(const struct jf_directory *d,
                                     const struct jf_directory_team *team)
{
	return &d->teams[team - d->teams];
}

void jf_parse_team_queues(struct jf_parse *p)
{
	const struct jf_directory *d = p->directory;

	for (size_t q = 0; q < d->n_queues; q++)
		for (size_t i = 0; i < d->queues[q].n_teams; i++)
			own(d, d->queues[q].teams[i])->n_queues++;
	for (size_t t = 0; t < d->n_teams && !p->no_memory; t++) {
		d->teams[t].queues =
		        jf_parse_array(p, d->teams[t].n_queues, sizeof(d->teams[t].queues[0]));
		d->teams[t].n_queues = 0;
	}
	for (size_t q = 0; q < d->n_queues && !p->no_memory; q++)
		for (size_t i = 0; i < d->queues[q].n_teams; i++) {
			struct jf_directory_team *team = own(d, d->queues[q].teams[i]);
			const struct jf_directory_queue **list =
			        (const struct jf_directory_queue **)(uintptr_t)team->queues;

			list[team->n_queues++] = &d->queues[q];
		}
}
