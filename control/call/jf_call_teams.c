// SPDX-License-Identifier: BSD-3-Clause
/* Teams: who is in which, and what they do all together. */
#include <stdlib.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_view.h"

static const struct jf_directory_team *team_of(const struct jf_calls *calls, const char *agent)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *known =
	        directory ? jf_directory_agent_find(directory, agent) : NULL;

	return known ? known->team : NULL;
}

const char *jf_call_agent_team(const struct jf_calls *calls, const char *agent)
{
	const struct jf_directory_team *team = team_of(calls, agent);

	return team ? team->name : NULL;
}

bool jf_call_agent_is_in(const struct jf_calls *calls, const char *agent, const char *tenant,
                         const char *team)
{
	const struct jf_directory_team *its = team_of(calls, agent);

	return its && !strcmp(its->name, team) && !strcmp(its->tenant, tenant);
}

bool jf_view_team_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_team *teams;
	size_t n = 0;

	teams = directory ? jf_directory_teams(directory, &n) : NULL;
	if (*cursor >= n)
		return false;
	*ret_name = (struct jf_view_name){teams[*cursor].tenant, teams[*cursor].name};
	++*cursor;
	return true;
}

struct members {
	uint32_t n, by_state[JF_AGENT_STATE_COUNT];
};

static json_t *team_json(const struct jf_calls *calls, const struct jf_directory_team *team,
                         const struct members *members)
{
	const uint32_t *in = members->by_state;
	json_t *states = json_object(), *json;

	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		json_object_set_new(states, jf_agent_state_name((enum jf_agent_state)s),
		                    json_integer(in[s]));
	json = json_pack("{s:s, s:s, s:i, s:i, s:i, s:o}", "name", team->name, "tenant",
	                 team->tenant, "members", (int)members->n, "logged_in",
	                 (int)(members->n - in[JF_AGENT_LOGGED_OUT]), "talking",
	                 (int)(in[JF_AGENT_TALKING] + in[JF_AGENT_HOLD] + in[JF_AGENT_CONSULT] +
	                       in[JF_AGENT_CONFERENCE]),
	                 "agents", states);
	jf_call_kpi_add(calls, JF_KPIS_TEAM, team->tenant, team->name, json);
	return json;
}

json_t *jf_view_teams(const struct jf_calls *calls)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_team *teams = NULL, *team;
	struct jf_acd_agent agent;
	struct members *members;
	json_t *list = json_array();
	uint32_t cursor = 0;
	size_t n = 0;

	if (directory)
		teams = jf_directory_teams(directory, &n);
	members = calloc(n + 1, sizeof(*members));
	while (members && jf_acd_agent_each(calls->acd, &cursor, &agent)) {
		team = team_of(calls, agent.name);
		if (!team)
			continue;
		members[team - teams].n++;
		members[team - teams].by_state[agent.state]++;
	}
	for (size_t i = 0; members && i < n; i++)
		json_array_append_new(list, team_json(calls, &teams[i], &members[i]));
	free(members);
	return list;
}
