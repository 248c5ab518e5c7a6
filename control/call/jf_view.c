// SPDX-License-Identifier: BSD-3-Clause
#include "jf_view.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "jf_call_asked.h"

static json_int_t ms(uint64_t from_ns, uint64_t to_ns)
{
	return (json_int_t)(jf_time_since(from_ns, to_ns) / JF_NS_PER_MS);
}

static json_t *counts_json(const uint32_t counts[JF_AGENT_STATE_COUNT])
{
	json_t *json = json_object();

	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		json_object_set_new(json, jf_agent_state_name((enum jf_agent_state)s),
		                    json_integer(counts[s]));
	return json;
}

json_t *jf_view_status(const struct jf_calls *calls)
{
	const struct jf_calls_totals *t = &calls->totals;
	uint32_t counts[JF_AGENT_STATE_COUNT] = {0}, cursor = 0;
	struct jf_acd_agent agent;
	struct jf_acd_queue queue;
	json_int_t queues = 0, waiting = 0;

	while (jf_acd_agent_each(calls->acd, &cursor, &agent))
		counts[agent.state]++;
	cursor = 0;
	while (jf_acd_queue_each(calls->acd, &cursor, &queue)) {
		queues++;
		waiting += queue.waiting;
	}
	return json_pack(
	        "{s:s, s:s, s:I, s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}, s:I, s:o, s:{s:b}, s:o}",
	        "node", calls->config.node, "version", JF_VERSION, "uptime_ms",
	        ms(calls->started_ns, jf_loop_now_ns()), "calls", "now", (json_int_t)calls->n_calls,
	        "waiting", waiting, "offered", (json_int_t)t->offered, "answered",
	        (json_int_t)t->answered, "ended", (json_int_t)t->ended, "failed",
	        (json_int_t)t->failed, "refused", (json_int_t)t->refused, "queues", queues,
	        "agents", counts_json(counts), "dataplane", "attached",
	        jf_media_is_up(calls->config.media), "prompts_missing",
	        jf_calls_missing_json(calls));
}

/* ---- Calls ---------------------------------------------------------------------------------- */

static json_t *call_brief(const struct jf_call *call, uint64_t now_ns)
{
	uint64_t wait_to_ns = call->first_joined_ns ? call->first_joined_ns : now_ns;
	uint64_t talk_ns = call->talk_ns;
	bool agent = call->agent->agent_ref.index != JF_ACD_NONE;

	if (call->agent->joined_ns)
		talk_ns += jf_time_since(call->agent->joined_ns, now_ns);
	return json_pack(
	        "{s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:I, s:I, s:I}", "id", call->id_text, "state",
	        jf_call_state_name(call->state), "tenant", call->tenant, "number",
	        jf_bus_text(call->number, strlen(call->number)), "caller",
	        jf_bus_text(jf_call_caller_shown(call), strlen(jf_call_caller_shown(call))),
	        "queue", call->queue_name, "agent",
	        agent ? json_string(call->agent->name) : json_null(), "age_ms",
	        ms(call->arrived_ns, now_ns), "wait_ms",
	        call->queued_ns ? ms(call->queued_ns, wait_to_ns) : 0, "talk_ms",
	        (json_int_t)(talk_ns / JF_NS_PER_MS));
}

/* The first call behind that one, which may have ended since. */
static const struct jf_link *link_after(const struct jf_calls *calls,
                                        const struct jf_call_id *after)
{
	const struct jf_call *known = jf_call_find(calls, after);
	const struct jf_link *link = known ? known->link.next : calls->calls.head.next;

	while (!known && link != &calls->calls.head) {
		const struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		if (memcmp(call->id.b, after->b, sizeof(after->b)) > 0)
			break;
		link = link->next;
	}
	return link;
}

json_t *jf_view_calls(const struct jf_calls *calls, const struct jf_call_id *after, uint32_t limit,
                      bool *ret_more)
{
	const struct jf_link *link = after ? link_after(calls, after) : calls->calls.head.next;
	uint64_t now_ns = jf_loop_now_ns();
	json_t *list = json_array();

	for (; link != &calls->calls.head && limit; link = link->next, limit--)
		json_array_append_new(list,
		                      call_brief(JF_CONTAINER(link, struct jf_call, link), now_ns));
	if (ret_more)
		*ret_more = link != &calls->calls.head;
	return list;
}

static json_t *party_json(const struct jf_call_party *party)
{
	char dump[400];
	json_t *json = json_pack("{s:i, s:i}", "endpoint", (int)party->endpoint.index, "generation",
	                         (int)party->endpoint.generation);

	if (json && party->leg) {
		json_object_set_new(json, "state", json_string(jf_leg_state_name(party->leg)));
		jf_leg_dump(party->leg, dump, sizeof(dump));
		json_object_set_new(json, "leg", jf_bus_text(dump, strlen(dump)));
	}
	return json;
}

json_t *jf_view_call(const struct jf_calls *calls, const struct jf_call_id *id)
{
	struct jf_call *call = jf_call_find(calls, id);
	uint64_t now_ns = jf_loop_now_ns();
	json_t *json = call ? jf_call_describe(call, now_ns) : NULL;
	uint32_t ahead;

	if (!json)
		return NULL;
	json_object_set_new(json, "state", json_string(jf_call_state_name(call->state)));
	json_object_set_new(json, "age_ms", json_integer(ms(call->arrived_ns, now_ns)));
	json_object_set_new(json, "legs",
	                    json_pack("{s:o, s:o, s:o*}", "caller", party_json(&call->caller),
	                              "agent", party_json(call->agent), "target",
	                              call->target ? party_json(call->target) : NULL));
	if (call->asked)
		json_object_set_new(json, "ringing", jf_call_asked_json(call));
	if (call->target)
		json_object_set_new(json, "target", json_string(call->target->name));
	if (call->in_acd && !jf_acd_position(calls->acd, call->entry, &ahead))
		json_object_set_new(json, "ahead", json_integer(ahead));
	if (call->has_recording)
		json_object_set_new(json, "recording",
		                    json_pack("{s:s}", "path", call->recording_path));
	if (call->speech)
		json_object_set_new(json, "speech", jf_call_speech_json(call, now_ns));
	return json;
}

uint32_t jf_view_calls_match(const struct jf_calls *calls, const char *prefix,
                             struct jf_call_id *ret_ids, uint32_t room)
{
	size_t length = strlen(prefix);
	uint32_t n = 0;

	for (const struct jf_link *link = calls->calls.head.next; link != &calls->calls.head;
	     link = link->next) {
		const struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);

		if (strncasecmp(call->id_text, prefix, length) != 0)
			continue;
		if (n < room)
			ret_ids[n] = call->id;
		n++;
	}
	return n;
}

/* ---- Queues and agents ---------------------------------------------------------------------- */

/* "open", or why it is not. */
static const char *door(const struct jf_calls *calls, const struct jf_acd_queue *q)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_queue *queue = NULL;
	const char *why;

	if (directory)
		queue = jf_directory_queue_find(
		        directory, jf_routing_tenant(calls->routing, q->tenant), q->name);
	why = queue ? jf_call_doors_shut(calls, queue, NULL) : "removed";
	return why ? why : "open";
}

static json_t *queue_json(const struct jf_calls *calls, const struct jf_acd_queue *q,
                          uint64_t now_ns)
{
	const struct jf_acd_queue_counters *c = &q->counters;
	json_t *json = json_pack(
	        "{s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:o}", "name", q->name, "tenant",
	        jf_routing_tenant(calls->routing, q->tenant), "removed", q->removed, "waiting",
	        (json_int_t)q->waiting, "ringing", (json_int_t)q->ringing, "talking",
	        (json_int_t)q->talking, "oldest_ms", q->oldest_ns ? ms(q->oldest_ns, now_ns) : 0,
	        "members", (json_int_t)q->members, "agents", counts_json(q->members_by_state));
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
	        {"offered", c->offered},
	        {"answered", c->answered},
	        {"abandoned_queue", c->abandoned_queue},
	        {"abandoned_ringing", c->abandoned_ringing},
	        {"abandoned_short", c->abandoned_short},
	        {"released", c->released},
	        {"overflowed_out", c->overflowed_out},
	        {"overflowed_in", c->overflowed_in},
	        {"callbacks", c->callbacks},
	        {"voicemails", c->voicemails},
	        {"rona", c->rona},
	        {"busy", c->busy},
	        {"rejected", c->rejected},
	        {"unavailable", c->unavailable},
	        {"unreachable", c->unreachable},
	        {"failed", c->failed},
	        {"vanished", c->vanished},
	        {"transferred_out", c->transferred_out},
	        {"transferred_in", c->transferred_in},
	        {"longest_wait_ms", c->longest_wait_ns / JF_NS_PER_MS},
	        {"asa_ms", c->answered ? c->wait_answered_ns / c->answered / JF_NS_PER_MS : 0},
	};

	json_object_set_new(json, "door", json_string(door(calls, q)));
	jf_call_kpi_add(calls, JF_KPIS_QUEUE, jf_routing_tenant(calls->routing, q->tenant), q->name,
	                json);
	for (unsigned int i = 0; json && i < sizeof(counters) / sizeof(counters[0]); i++)
		json_object_set_new(json, counters[i].name,
		                    json_integer((json_int_t)counters[i].value));
	return json;
}

json_t *jf_view_queues(const struct jf_calls *calls)
{
	uint64_t now_ns = jf_loop_now_ns();
	json_t *list = json_array();
	struct jf_acd_queue queue;
	uint32_t cursor = 0;

	while (jf_acd_queue_each(calls->acd, &cursor, &queue))
		json_array_append_new(list, queue_json(calls, &queue, now_ns));
	return list;
}

bool jf_view_queue_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	uint32_t at = (uint32_t)*cursor;
	struct jf_acd_queue queue;

	if (!jf_acd_queue_each(calls->acd, &at, &queue))
		return false;
	*cursor = at;
	*ret_name =
	        (struct jf_view_name){jf_routing_tenant(calls->routing, queue.tenant), queue.name};
	return true;
}

static json_t *agent_queues(const struct jf_calls *calls, struct jf_acd_ref agent)
{
	json_t *list = json_array();
	struct jf_acd_queue queue;
	struct jf_acd_ref ref;
	uint32_t cursor = 0;

	while (jf_acd_agent_queue_each(calls->acd, agent, &cursor, &ref))
		if (!jf_acd_queue_get(calls->acd, ref, &queue))
			json_array_append_new(list, json_string(queue.name));
	return list;
}

/* All that it has, offered ones too. */
static json_t *agent_calls(const struct jf_calls *calls, const struct jf_acd_agent *a)
{
	json_t *list = json_array();
	char text[JF_CALL_ID_TEXT];
	struct jf_acd_ref entry;
	struct jf_call_id id;
	uint32_t cursor = 0;

	while (jf_acd_agent_entry_each(calls->acd, a->ref, &cursor, &entry))
		if (!jf_acd_entry_call(calls->acd, entry, &id)) {
			jf_call_id_text(&id, text);
			json_array_append_new(list, json_string(text));
		}
	if (a->direct) {
		jf_call_id_text(&a->direct_call, text);
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static void agent_transfers(json_t *json, const struct jf_acd_agent_counters *c)
{
	uint64_t handled = c->answered + c->transferred_in;
	const struct {
		const char *name;
		uint64_t value;
	} counters[] = {
	        {"hold_ms", c->hold_ns / JF_NS_PER_MS},
	        {"transferred_out", c->transferred_out},
	        {"transferred_in", c->transferred_in},
	        {"consults", c->consults},
	        {"consult_ms", c->consult_ns / JF_NS_PER_MS},
	        {"assist_ms", c->assist_ns / JF_NS_PER_MS},
	        {"conference_ms", c->conference_ns / JF_NS_PER_MS},
	};

	for (unsigned int i = 0; i < sizeof(counters) / sizeof(counters[0]); i++)
		json_object_set_new(json, counters[i].name,
		                    json_integer((json_int_t)counters[i].value));
	/* Segments passed on by segments handled (SEMANTICS). */
	json_object_set_new(json, "transfer_rate",
	                    handled ? json_real((double)c->transferred_out / (double)handled)
	                            : json_null());
}

/* What is registered of it, and how much of that answers no OPTIONS. */
static void agent_contacts(const struct jf_calls *calls, json_t *json, const char *agent)
{
	struct jf_registration contacts[JF_SIP_CONTACTS_MAX];
	unsigned n =
	        jf_sip_registrations_get(calls->config.sip, agent, contacts, JF_SIP_CONTACTS_MAX);
	unsigned unreachable = 0;

	for (unsigned i = 0; i < n; i++)
		unreachable += contacts[i].unreachable;
	json_object_set_new(json, "contacts", json_integer(n));
	json_object_set_new(json, "contacts_unreachable", json_integer(unreachable));
}

static json_t *agent_json(const struct jf_calls *calls, const struct jf_acd_agent *a,
                          const char *call, uint64_t now_ns)
{
	const struct jf_acd_agent_counters *c = &a->counters;
	const char *team = jf_call_agent_team(calls, a->name);
	json_t *json = json_pack(
	        "{s:s, s:s, s:s, s:s, s:s, s:o, s:o, s:b, s:I, s:I, s:I, s:I, s:I, "
	        "s:I, s:I, s:I}",
	        "id", a->name, "tenant", jf_routing_tenant(calls->routing, a->tenant), "state",
	        jf_agent_state_name(a->state), "reason", a->reason, "actor", a->actor, "since_ms",
	        a->since_ns ? json_integer(ms(a->since_ns, now_ns)) : json_null(), "queues",
	        agent_queues(calls, a->ref), "registered", a->registered, "offered",
	        (json_int_t)c->offered, "answered", (json_int_t)c->answered, "rona",
	        (json_int_t)c->rona, "busy", (json_int_t)c->busy, "rejected",
	        (json_int_t)c->rejected, "unreachable", (json_int_t)c->unreachable, "talk_ms",
	        (json_int_t)(c->talk_ns / JF_NS_PER_MS), "wrapup_ms",
	        (json_int_t)(c->wrapup_ns / JF_NS_PER_MS));

	if (!json)
		return NULL;
	json_object_set_new(json, "team", team ? json_string(team) : json_null());
	agent_contacts(calls, json, a->name);
	agent_transfers(json, c);
	jf_call_kpi_add(calls, JF_KPIS_AGENT, jf_routing_tenant(calls->routing, a->tenant), a->name,
	                json);
	json_object_set_new(json, "call", call ? json_string(call) : json_null());
	json_object_set_new(json, "capacity", json_integer(a->capacity));
	json_object_set_new(json, "calls", agent_calls(calls, a));
	json_object_set_new(json, "pending",
	                    a->has_pending ? json_string(jf_agent_state_name(a->pending))
	                                   : json_null());
	return json;
}

/* Which call it has now, or NULL. */
static const char *agent_call(const struct jf_calls *calls, const struct jf_acd_agent *agent)
{
	const struct jf_call *call;
	struct jf_call_id id;

	if (agent->direct)
		id = agent->direct_call;
	else if (jf_acd_entry_call(calls->acd, agent->entry, &id))
		return NULL;
	call = jf_call_find(calls, &id);
	return call ? call->id_text : NULL;
}

json_t *jf_view_agents(const struct jf_calls *calls, const struct jf_view_name *team,
                       uint32_t *cursor, uint32_t limit)
{
	uint64_t now_ns = jf_loop_now_ns();
	json_t *list = json_array();
	struct jf_acd_agent agent;
	uint32_t at = *cursor;

	*cursor = 0;
	while (jf_acd_agent_each(calls->acd, &at, &agent)) {
		if (team && !jf_call_agent_is_in(calls, agent.name, team->tenant, team->name))
			continue;
		if (json_array_size(list) >= limit) {
			*cursor = at - 1; /* this one's */
			break;
		}
		json_array_append_new(list,
		                      agent_json(calls, &agent, agent_call(calls, &agent), now_ns));
	}
	return list;
}

/* ---- Trunks --------------------------------------------------------------------------------- */

json_t *jf_view_trunks(const struct jf_calls *calls)
{
	return jf_call_trunks_json(calls->trunks, NULL);
}

json_t *jf_view_trunk(const struct jf_calls *calls, const char *name)
{
	return jf_call_trunks_json(calls->trunks, name);
}
