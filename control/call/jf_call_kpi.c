// SPDX-License-Identifier: BSD-3-Clause
/* What the interval accounts (jf_kpis.h) are told: who left which queue how, what agents do. */
#include <string.h>
#include <time.h>

#include "jf_call_priv.h"
#include "jf_kpis.h"

uint64_t jf_call_kpi_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* A label of the wall clock on a time that is past. */
static uint64_t utc_of(uint64_t at_ns)
{
	return jf_call_kpi_now() - jf_time_since(at_ns, jf_loop_now_ns());
}

void jf_call_kpi_left(struct jf_calls *calls, const struct jf_acd_output *out)
{
	static const enum jf_kpi_end ends[] = {
	        [JF_ACD_LEFT_ANSWERED] = JF_KPI_END_ANSWERED,
	        [JF_ACD_LEFT_ABANDONED] = JF_KPI_END_ABANDONED,
	        [JF_ACD_LEFT_ABANDONED_RINGING] = JF_KPI_END_ABANDONED_RINGING,
	        [JF_ACD_LEFT_SHORT] = JF_KPI_END_SHORT,
	        [JF_ACD_LEFT_RELEASED] = JF_KPI_END_RELEASED,
	        [JF_ACD_LEFT_OVERFLOWED] = JF_KPI_END_OVERFLOWED,
	        [JF_ACD_LEFT_CALLBACK] = JF_KPI_END_CALLBACK,
	        [JF_ACD_LEFT_VOICEMAIL] = JF_KPI_END_VOICEMAIL,
	};
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_queue *known = NULL;
	uint64_t threshold_ns = JF_CALL_THRESHOLD_NS;
	struct jf_kpis_name name = {.kind = JF_KPIS_QUEUE};
	struct jf_acd_queue queue;

	if (!calls->config.kpis || jf_acd_queue_get(calls->acd, out->queue, &queue))
		return;
	name.tenant = jf_routing_tenant(calls->routing, queue.tenant);
	name.name = queue.name;
	if (directory)
		known = jf_directory_queue_find(directory, name.tenant, name.name);
	if (known)
		threshold_ns = known->rules.threshold_ms * JF_NS_PER_MS;
	jf_kpis_call(calls->config.kpis, &name, ends[out->left], utc_of(out->enqueued_ns),
	             jf_call_kpi_now(), threshold_ns);
}

/* The call that an agent is in; NULL. */
static const struct jf_call *call_of(const struct jf_calls *calls, const struct jf_acd_agent *agent)
{
	struct jf_call_id id;

	if (agent->direct || jf_acd_entry_call(calls->acd, agent->entry, &id))
		return NULL;
	return jf_call_find(calls, &id);
}

static void told(struct jf_calls *calls, const struct jf_acd_agent *agent,
                 struct jf_kpis_doing *doing)
{
	struct jf_kpis_name name = {JF_KPIS_AGENT, jf_routing_tenant(calls->routing, agent->tenant),
	                            agent->name};
	const char *serves[JF_CALL_SERVES_MAX];
	struct jf_acd_queue queue;
	struct jf_acd_ref ref;
	uint32_t cursor = 0;

	while (doing->n_serves < JF_CALL_SERVES_MAX &&
	       jf_acd_agent_queue_each(calls->acd, agent->ref, &cursor, &ref))
		if (!jf_acd_queue_get(calls->acd, ref, &queue))
			serves[doing->n_serves++] = queue.name;
	doing->serves = serves;
	doing->team = jf_call_agent_team(calls, agent->name);
	jf_kpis_agent(calls->config.kpis, &name, doing, jf_call_kpi_now());
	doing->serves = NULL;
}

void jf_call_kpi_agent(struct jf_calls *calls, const struct jf_acd_agent *agent,
                       enum jf_agent_state state)
{
	const struct jf_call *call = call_of(calls, agent);
	struct jf_kpis_doing doing = {.state = state, .queue = call ? call->queue_name : NULL};

	if (calls->config.kpis)
		told(calls, agent, &doing);
}

void jf_call_kpi_restored(struct jf_calls *calls)
{
	struct jf_acd_agent agent;
	uint32_t cursor = 0;

	if (!calls->config.kpis)
		return;
	while (jf_acd_agent_each(calls->acd, &cursor, &agent)) {
		const struct jf_call *call = call_of(calls, &agent);
		struct jf_kpis_doing doing = {.state = agent.state,
		                              .queue = call ? call->queue_name : NULL};
		uint64_t since_ns = agent.since_ns;

		if (agent.state == JF_AGENT_LOGGED_OUT)
			continue;
		if (call && call->agent->segment.mode_since_ns)
			since_ns = call->agent->segment.mode_since_ns;
		doing.since_utc_ns = since_ns ? utc_of(since_ns) : 0;
		told(calls, &agent, &doing);
	}
}

/* Its own and its team's: both lists are in the order of the files. */
static bool serves_alike(const struct jf_directory_agent *a, const struct jf_directory_agent *b)
{
	const char *team_a = a->team ? a->team->name : "", *team_b = b->team ? b->team->name : "";

	if (strcmp(team_a, team_b) != 0 || a->n_queues != b->n_queues)
		return false;
	for (size_t i = 0; i < a->n_queues; i++)
		if (strcmp(a->queues[i]->name, b->queues[i]->name) != 0)
			return false;
	return true;
}

void jf_call_kpi_agent_set(struct jf_calls *calls, const struct jf_directory_agent *was,
                           const struct jf_directory_agent *now)
{
	struct jf_acd_agent agent;

	if (calls->config.kpis && !serves_alike(was, now) &&
	    !jf_acd_agent_get(calls->acd, jf_routing_agent(calls->routing, now->id), &agent))
		jf_call_kpi_agent(calls, &agent, agent.state);
}

void jf_call_kpi_transferred(const struct jf_call_party *party)
{
	struct jf_kpis_name name = {JF_KPIS_AGENT, party->call->tenant, party->name};

	if (party->call->calls->config.kpis && party->call->in_acd)
		jf_kpis_transferred(party->call->calls->config.kpis, &name, party->call->queue_name,
		                    jf_call_kpi_now());
}

void jf_call_kpi_survey(const struct jf_call *call, const struct jf_kpi_sums *more)
{
	bool served = call->answered && call->agent->kind != JF_CALL_TO_OUTSIDE;
	const char *agent = served ? call->agent->name : NULL;
	const struct jf_kpis_name whom[] = {
	        {JF_KPIS_QUEUE, call->tenant, call->queue_name},
	        {JF_KPIS_AGENT, call->tenant, agent},
	        {JF_KPIS_TEAM, call->tenant, agent ? jf_call_agent_team(call->calls, agent) : NULL},
	};

	for (size_t i = 0; call->calls->config.kpis && i < sizeof(whom) / sizeof(whom[0]); i++)
		if (whom[i].name && whom[i].name[0])
			jf_kpis_add(call->calls->config.kpis, &whom[i], more, jf_call_kpi_now());
}

void jf_call_kpi_day(struct jf_calls *calls, const char *tenant, int64_t begin_s)
{
	if (calls->config.kpis)
		jf_kpis_day(calls->config.kpis, tenant, (uint64_t)begin_s * JF_NS_PER_S);
}

void jf_call_kpi_add(const struct jf_calls *calls, enum jf_kpis_kind kind, const char *tenant,
                     const char *name, json_t *json)
{
	struct jf_kpis_name whom = {kind, tenant, name};
	struct jf_kpi_sums sums;
	json_t *figures;

	if (!calls->config.kpis)
		return;
	jf_kpis_today(calls->config.kpis, &whom, jf_call_kpi_now(), &sums);
	figures = jf_kpis_figures(kind, &sums);
	json_object_set_new(json, "today", figures);
}
