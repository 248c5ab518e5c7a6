// SPDX-License-Identifier: BSD-3-Clause
/* Why the first caller of a queue waits. */
#include <string.h>

#include "jf_acd_explain.h"
#include "jf_acd_skill.h"
#include "jf_call_priv.h"
#include "jf_view.h"

static json_int_t ms(uint64_t ns)
{
	return (json_int_t)(ns / JF_NS_PER_MS);
}

static json_t *agents_json(const struct jf_calls *calls, const struct jf_acd_explanation *x,
                           uint64_t now_ns)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < x->n; i++) {
		const struct jf_acd_explained *one = &x->agents[i];
		struct jf_acd_agent agent;

		if (jf_acd_agent_get(calls->acd, one->agent, &agent))
			continue;
		json_array_append_new(list,
		                      json_pack("{s:s, s:s, s:s, s:I, s:i}", "agent", agent.name,
		                                "why", jf_acd_why_not_name(one->why), "state",
		                                jf_agent_state_name(one->state), "since_ms",
		                                ms(jf_time_since(one->since_ns, now_ns)), "score",
		                                (int)one->score));
	}
	return list;
}

static json_t *counts_json(const struct jf_acd_explanation *x)
{
	json_t *json = json_object();

	for (unsigned int i = 0; i < JF_ACD_WHY_NOT_COUNT; i++)
		if (x->counts[i])
			json_object_set_new(json, jf_acd_why_not_name((enum jf_acd_why_not)i),
			                    json_integer(x->counts[i]));
	return json;
}

static json_t *entry_json(const struct jf_calls *calls, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_explanation x;
	char text[JF_CALL_ID_TEXT];
	struct jf_call_id id;

	if (jf_acd_explain(calls->acd, entry, now_ns, &x) ||
	    jf_acd_entry_call(calls->acd, entry, &id))
		return NULL;
	jf_call_id_text(&id, text);
	return json_pack("{s:s, s:I, s:i, s:b, s:s, s:i, s:i, s:i, s:o, s:o}", "call", text,
	                 "waited_ms", ms(x.waited_ns), "priority", (int)x.priority,
	                 "over_the_cap_on_age", x.overage, "asks_for",
	                 jf_acd_requirement_text(calls->acd, x.requirement), "step", x.step + 1,
	                 "steps", (int)x.n_steps, "members", (int)x.members, "why", counts_json(&x),
	                 "agents", agents_json(calls, &x, now_ns));
}

json_t *jf_view_explain(const struct jf_calls *calls, const struct jf_view_name *name)
{
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_acd_queue queue;
	struct jf_acd_ref entry;
	uint32_t cursor = 0;

	while (jf_acd_queue_each(calls->acd, &cursor, &queue)) {
		const char *tenant = jf_routing_tenant(calls->routing, queue.tenant);
		json_t *json, *first = NULL;

		if (strcmp(queue.name, name->name) != 0 || strcmp(tenant, name->tenant) != 0)
			continue;
		json = json_pack("{s:s, s:s, s:s, s:s, s:i}", "queue", queue.name, "tenant", tenant,
		                 "agents_by", jf_acd_agents_by_name(queue.options.agents_by),
		                 "calls_by", jf_acd_calls_by_name(queue.options.calls_by),
		                 "waiting", (int)queue.waiting);
		if (json && queue.options.agents_by == JF_ACD_AGENTS_BY_SIMULTANEOUS)
			json_object_set_new(json, "ring_at_once",
			                    json_integer(queue.options.ring_at_once));
		if (!jf_acd_queue_first(calls->acd, queue.ref, now_ns, &entry))
			first = entry_json(calls, entry, now_ns);
		if (json && first)
			json_object_set_new(json, "first", first);
		return json;
	}
	return NULL;
}
