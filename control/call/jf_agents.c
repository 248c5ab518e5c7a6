// SPDX-License-Identifier: BSD-3-Clause
/* Agents: what the ACD says is carried out, kept and reported; registrations; commands. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_acd_skill.h"
#include "jf_call_asked.h"
#include "jf_call_row.h"
#include "jf_json.h"

#define ROW_VERSION           1
#define REGISTRATIONS_VERSION 4

static uint64_t utc_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* ---- What the ACD says ---------------------------------------------------------------------- */

static const char *agent_name(const struct jf_calls *calls, struct jf_acd_ref ref)
{
	struct jf_acd_agent agent;

	return jf_acd_agent_get(calls->acd, ref, &agent) ? NULL : agent.name;
}

/* In words: "longest idle of 3 ready (42 s): 1001; 5 talking, 2 not-ready". */
static void decision_text(const struct jf_calls *calls, const struct jf_acd_decision *d,
                          char *ret_text, size_t size)
{
	const char *name = agent_name(calls, d->agent);
	size_t n;

	if (name)
		n = (size_t)snprintf(ret_text, size, "%s: agent %s, idle %.1f s, of %u", d->rule,
		                     name, (double)d->idle_ns / (double)JF_NS_PER_S, d->candidates);
	else
		n = (size_t)snprintf(ret_text, size, "nobody is ready, %u waiting", d->waiting);
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		if (d->members_by_state[s] && n < size)
			n += (size_t)snprintf(ret_text + n, size - n, "; %u %s",
			                      d->members_by_state[s], jf_agent_state_name(s));
	if (d->requirement && n < size)
		n += (size_t)snprintf(ret_text + n, size - n, "; asks for %s, step %u",
		                      jf_acd_requirement_text(calls->acd, d->requirement),
		                      d->step + 1u);
	if (d->n_skipped && n < size)
		snprintf(ret_text + n, size - n, "; %u passed over", d->n_skipped);
}

/* Who would have been chosen otherwise: an agent, or a call when an agent was freed. */
static void put_candidate(struct jf_json_writer *w, const struct jf_calls *calls,
                          const struct jf_acd_decision *d, const struct jf_acd_candidate *candidate)
{
	const char *name;
	char text[JF_CALL_ID_TEXT];
	struct jf_call_id id;

	if (d->situation != JF_ACD_AGENT_FREED) {
		name = agent_name(calls, candidate->ref);
		if (name)
			jf_json_put_text(w, "agent", name);
		jf_json_put_integer(w, "score", (int64_t)candidate->score);
	} else if (!jf_acd_entry_call(calls->acd, candidate->ref, &id)) {
		jf_call_id_text(&id, text);
		jf_json_put_text(w, "call", text);
	}
}

/* Among whom it was chosen. */
static void put_field(struct jf_json_writer *w, const struct jf_calls *calls,
                      const struct jf_acd_decision *d)
{
	const char *name;

	jf_json_put_integer(w, "candidates", d->candidates);
	jf_json_put_object(w, "members");
	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		if (d->members_by_state[s])
			jf_json_put_integer(w, jf_agent_state_name(s), d->members_by_state[s]);
	jf_json_put_object_end(w);
	jf_json_put_array(w, "passed_over");
	for (unsigned int i = 0; i < d->n_skipped; i++) {
		name = agent_name(calls, d->skipped[i]);
		if (name)
			jf_json_add_text(w, name);
	}
	jf_json_put_array_end(w);
	jf_json_put_array(w, "next");
	for (unsigned int i = 0; i < d->n_next; i++) {
		jf_json_add_object(w);
		put_candidate(w, calls, d, &d->next[i]);
		jf_json_put_object_end(w);
	}
	jf_json_put_array_end(w);
}

static void keep_decision(struct jf_call *call, const struct jf_acd_decision *d)
{
	const struct jf_calls *calls = call->calls;
	const char *name = agent_name(calls, d->agent);
	struct jf_json_writer w;
	char text[300];

	decision_text(calls, d, text, sizeof(text));
	jf_json_write(&w);
	jf_json_put_text(&w, "situation", jf_acd_situation_name(d->situation));
	jf_json_put_text(&w, "rule", d->rule);
	jf_json_put_integer(&w, "waited_ms", (int64_t)(d->waited_ns / JF_NS_PER_MS));
	jf_json_put_integer(&w, "waiting", d->waiting);
	put_field(&w, calls, d);
	jf_json_put_bool(&w, "began_again", d->retried);
	jf_json_put_text(&w, "text", text);
	jf_json_put_integer(&w, "priority", d->priority);
	jf_json_put_integer(&w, "step", d->step + 1);
	jf_json_put_text(&w, "asked_for", jf_acd_requirement_text(calls->acd, d->requirement));
	if (d->named)
		jf_json_put_bool(&w, "named", true);
	if (name) {
		jf_json_put_integer(&w, "score", (int64_t)d->score);
		jf_json_put_text(&w, "agent", name);
		jf_json_put_integer(&w, "idle_ms", (int64_t)(d->idle_ns / JF_NS_PER_MS));
	}
	jf_call_put_utc(&w, "at_utc", call, d->at_ns);
	jf_call_notes_add(&call->decisions, &w);
}

static char *saved_text(const struct jf_calls *calls, const struct jf_acd_agent_saved *s,
                        size_t *ret_length)
{
	struct jf_json_writer w;

	jf_json_write(&w);
	jf_json_put_integer(&w, "version", ROW_VERSION);
	jf_json_put_text(&w, "boot", calls->boot_id);
	jf_json_put_integer(&w, "stored_ns", (int64_t)jf_loop_now_ns());
	jf_json_put_integer(&w, "stored_utc_ns", (int64_t)utc_now_ns());
	jf_json_put_text(&w, "state", jf_agent_state_name(s->state));
	jf_json_put_text(&w, "reason", s->reason);
	jf_json_put_text(&w, "actor", s->actor);
	jf_json_put_integer(&w, "since_ns", (int64_t)s->since_ns);
	jf_json_put_integer(&w, "idle_since_ns", (int64_t)s->idle_since_ns);
	jf_json_put_integer(&w, "until_ns", (int64_t)s->until_ns);
	jf_json_put_bool(&w, "registered", s->registered);
	if (s->has_pending) {
		jf_json_put_text(&w, "pending", jf_agent_state_name(s->pending));
		jf_json_put_text(&w, "pending_reason", s->pending_reason);
	}
	return jf_json_written(&w, ret_length);
}

void jf_agent_row_put(struct jf_calls *calls, struct jf_acd_ref ref, struct jf_store_batch *batch)
{
	struct jf_acd_agent_saved saved;
	struct jf_acd_agent agent;
	size_t length;
	char *text;

	if (jf_acd_agent_get(calls->acd, ref, &agent) || jf_acd_agent_save(calls->acd, ref, &saved))
		return;
	text = saved_text(calls, &saved, &length);
	if (text)
		jf_store_batch_put(batch, JF_STORE_AGENTS, agent.name, strlen(agent.name), text,
		                   length);
	free(text);
}

static void agent_changed(struct jf_calls *calls, const struct jf_acd_output *out)
{
	struct jf_acd_agent agent;
	const char *team;
	json_t *json;

	if (jf_acd_agent_get(calls->acd, out->agent, &agent))
		return;
	jf_call_kpi_agent(calls, &agent, out->to);
	jf_agent_row_store(calls, out->agent);
	if (out->from == out->to && !agent.has_pending)
		return;
	jf_log(JF_LOG_ACD, JF_LOG_INFO, NULL, "agent %s: %s -> %s%s%s (%s)", agent.name,
	       jf_agent_state_name(out->from), jf_agent_state_name(out->to),
	       out->reason[0] ? ", " : "", out->reason, out->actor);
	if (jf_bus_skip(calls->config.bus))
		return;
	team = jf_call_agent_team(calls, agent.name);
	json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "agent", agent.name, "tenant",
	                 jf_routing_tenant(calls->routing, agent.tenant), "from",
	                 jf_agent_state_name(out->from), "state", jf_agent_state_name(out->to),
	                 "reason", out->reason, "actor", out->actor);
	if (json && team)
		json_object_set_new(json, "team", json_string(team));
	if (json && agent.has_pending)
		json_object_set_new(json, "pending",
		                    json_string(jf_agent_state_name(agent.pending)));
	jf_bus_publish(calls->config.bus, "agent.state", json);
}

static void carry_out(struct jf_calls *calls, const struct jf_acd_output *out)
{
	struct jf_call *call;

	if (out->type == JF_ACD_AGENT_CHANGED) {
		agent_changed(calls, out);
		return;
	}
	if (out->type == JF_ACD_LEFT) {
		jf_call_kpi_left(calls, out);
		return;
	}
	call = jf_call_find(calls, &out->call);
	if (!call)
		return;
	if (out->type == JF_ACD_CLOSED) {
		jf_call_queue_closed(call, out);
		return;
	}
	if (out->type == JF_ACD_OVERFLOWED) {
		jf_call_overflowed(call, out);
		return;
	}
	if (out->type == JF_ACD_WITHDRAWN) {
		jf_call_asked_withdrawn(call, out->agent);
		return;
	}
	if (out->type == JF_ACD_EXPIRED) {
		if (jf_call_target_is(call, out->entry))
			jf_call_event(call, JF_CALL_EVENT_TARGET_FAILED);
		else
			jf_call_expired(call, jf_loop_now_ns());
		return;
	}
	if (out->type == JF_ACD_OFFER && jf_call_asked_add(call, out))
		return;
	keep_decision(call, &out->decision);
	if (out->type == JF_ACD_OFFER && jf_call_target_is(call, out->entry))
		jf_call_target_offered(call, out);
	else if (out->type == JF_ACD_OFFER && jf_acd_ref_equal(out->entry, call->entry))
		jf_call_offered(call, out);
}

static void acd_due(void *arg)
{
	struct jf_calls *calls = arg;

	jf_acd_tick(calls->acd, jf_loop_now_ns());
	jf_agents_drain(calls);
}

void jf_agents_drain(struct jf_calls *calls)
{
	struct jf_acd_output out;
	uint64_t due_ns, now_ns;

	/* What is carried out may bring more: whoever drains already takes that as well. */
	if (calls->draining_acd)
		return;
	calls->draining_acd = true;
	while (!jf_acd_next(calls->acd, &out))
		carry_out(calls, &out);
	calls->draining_acd = false;
	now_ns = jf_loop_now_ns();
	jf_routing_sweep(calls->routing, now_ns);
	due_ns = jf_acd_next_due_ns(calls->acd);
	if (!due_ns || calls->stopped)
		jf_loop_timer_cancel(&calls->acd_timer);
	else
		jf_loop_timer_start(&calls->acd_timer,
		                    jf_time_since(now_ns, due_ns) / JF_NS_PER_MS + 1, acd_due,
		                    calls);
}

/* ---- Registrations -------------------------------------------------------------------------- */

/* An agent's contacts in the store, of which there are n. */
struct registrations_row {
	uint32_t version, n;
	struct jf_registration list[JF_SIP_CONTACTS_MAX];
};

void jf_registrations_row_put(struct jf_calls *calls, const char *agent,
                              struct jf_store_batch *batch)
{
	struct registrations_row row;

	memset(&row, 0, sizeof(row));
	row.version = REGISTRATIONS_VERSION;
	row.n = jf_sip_registrations_get(calls->config.sip, agent, row.list, JF_SIP_CONTACTS_MAX);
	jf_store_batch_put(batch, JF_STORE_REGISTRATIONS, agent, strlen(agent), &row,
	                   offsetof(struct registrations_row, list) + row.n * sizeof(row.list[0]));
}

static void registered(struct jf_calls *calls, enum jf_registration_change change,
                       const struct jf_registration *registration)
{
	struct jf_acd_ref ref = jf_routing_agent(calls->routing, registration->agent);
	struct jf_registration list[JF_SIP_CONTACTS_MAX];
	unsigned int n = jf_sip_registrations_get(calls->config.sip, registration->agent, list,
	                                          JF_SIP_CONTACTS_MAX);
	enum jf_agent_phone phone = JF_AGENT_PHONE_REFRESHED;
	struct jf_acd_agent agent;

	jf_registrations_row_store(calls, registration->agent);
	if (jf_acd_agent_get(calls->acd, ref, &agent))
		return;
	if (n == 0)
		phone = change == JF_REGISTRATION_EXPIRED ? JF_AGENT_PHONE_EXPIRED
		                                          : JF_AGENT_PHONE_UNREGISTERED;
	else if (!agent.registered)
		phone = JF_AGENT_PHONE_REGISTERED;
	if (phone != JF_AGENT_PHONE_REFRESHED)
		jf_bus_publish(calls->config.bus, n ? "agent.registered" : "agent.unregistered",
		               json_pack("{s:s, s:i}", "agent", agent.name, "contacts", (int)n));
	jf_acd_agent_phone(calls->acd, ref, phone, jf_loop_now_ns());
	jf_agents_drain(calls);
}

/* A phone that is registered doesn't answer, or does again. */
static void reachable(struct jf_calls *calls, bool again,
                      const struct jf_registration *registration)
{
	char source[JF_SIP_PEER_TEXT];

	jf_sip_peer_text(&registration->source, source);
	jf_log(JF_LOG_REGISTRAR, again ? JF_LOG_INFO : JF_LOG_NOTICE, NULL, "%s at %s %s",
	       registration->agent, source, again ? "answers again" : "answers no OPTIONS");
	if (!jf_bus_skip(calls->config.bus))
		jf_bus_publish(calls->config.bus, again ? "phone.reachable" : "phone.unreachable",
		               json_pack("{s:s, s:s, s:s}", "agent", registration->agent, "contact",
		                         registration->contact, "source", source));
}

void jf_agents_registration(struct jf_calls *calls, enum jf_registration_change change,
                            const struct jf_registration *registration)
{
	if (change == JF_REGISTRATION_UNREACHABLE || change == JF_REGISTRATION_REACHABLE)
		reachable(calls, change == JF_REGISTRATION_REACHABLE, registration);
	else
		registered(calls, change, registration);
}

/* ---- Commands ------------------------------------------------------------------------------- */

static int wrap_up_extend(struct jf_calls *calls, const struct jf_acd_agent *agent,
                          const char *actor, uint64_t now_ns)
{
	int err = jf_acd_wrapup_extend(calls->acd, agent->ref, JF_CALL_EXTEND_MS * JF_NS_PER_MS,
	                               now_ns);

	if (err)
		return err;
	jf_agent_row_store(calls, agent->ref);
	jf_log(JF_LOG_ACD, JF_LOG_INFO, NULL, "agent %s: wrap-up extended (%s)", agent->name,
	       actor);
	jf_bus_publish(calls->config.bus, "agent.wrap_up_extended",
	               json_pack("{s:s, s:s, s:s}", "agent", agent->name, "tenant",
	                         jf_routing_tenant(calls->routing, agent->tenant), "actor", actor));
	return 0;
}

int jf_calls_agent_change(struct jf_calls *calls, const char *agent, enum jf_agent_change change,
                          const char *reason, const char *actor)
{
	static const enum jf_agent_want wants[] = {
	        [JF_AGENT_CHANGE_READY] = JF_AGENT_WANT_READY,
	        [JF_AGENT_CHANGE_NOT_READY] = JF_AGENT_WANT_NOT_READY,
	        [JF_AGENT_CHANGE_LOGOUT] = JF_AGENT_WANT_LOGGED_OUT,
	        [JF_AGENT_CHANGE_WRAP_UP_END] = JF_AGENT_WANT_READY,
	};
	struct jf_acd_ref ref = jf_routing_agent(calls->routing, agent);
	uint64_t now_ns = jf_loop_now_ns();
	struct jf_acd_agent seen;
	int err = jf_acd_agent_get(calls->acd, ref, &seen);

	if (!err && change == JF_AGENT_CHANGE_WRAP_UP_END && seen.state != JF_AGENT_WRAPUP)
		err = -EPROTO;
	if (!err && change == JF_AGENT_CHANGE_WRAP_UP_EXTEND)
		err = wrap_up_extend(calls, &seen, actor, now_ns);
	else if (!err)
		err = jf_acd_agent_want(calls->acd, ref, wants[change], reason, actor, now_ns);
	if (err == -ESTALE)
		return -ENOENT;
	jf_agents_drain(calls);
	return err;
}

/* ---- After a restart ------------------------------------------------------------------------ */

void jf_agents_row_stamp(const struct jf_calls *calls, json_t *row)
{
	json_object_set_new(row, "boot", json_string(calls->boot_id));
	json_object_set_new(row, "stored_ns", json_integer((json_int_t)jf_loop_now_ns()));
	json_object_set_new(row, "stored_utc_ns", json_integer((json_int_t)utc_now_ns()));
}

/* A stored monotonic time, as this boot's: a process that comes back on the same boot takes it as
 * it is; after a reboot its distance from now is kept, by the wall clock. */
uint64_t jf_agents_row_time(const struct jf_calls *calls, const json_t *row, const char *key,
                            uint64_t now_ns)
{
	uint64_t at_ns = (uint64_t)json_integer_value(json_object_get(row, key));
	uint64_t stored_ns = (uint64_t)json_integer_value(json_object_get(row, "stored_ns"));
	uint64_t stored_utc = (uint64_t)json_integer_value(json_object_get(row, "stored_utc_ns"));
	const char *boot = json_string_value(json_object_get(row, "boot"));
	uint64_t age_ns;

	if (!at_ns || (boot && !strcmp(boot, calls->boot_id)))
		return at_ns;
	if (at_ns > stored_ns) /* a wrap-up that was to end later: at once */
		return now_ns;
	age_ns = stored_ns - at_ns + jf_time_since(stored_utc, utc_now_ns());
	return now_ns > age_ns ? now_ns - age_ns : 1;
}

static void agent_restore(struct jf_calls *calls, struct jf_acd_ref ref, const json_t *row,
                          bool registered)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	const char *pending = json_string_value(json_object_get(row, "pending"));
	struct jf_acd_agent_saved saved = {.registered = registered};
	uint64_t now_ns = jf_loop_now_ns();

	if (!state || jf_agent_state_parse(state, &saved.state))
		return;
	saved.has_pending = pending && !jf_agent_state_parse(pending, &saved.pending);
	jf_call_row_text(row, "reason", saved.reason, JF_ACD_REASON_MAX);
	jf_call_row_text(row, "actor", saved.actor, JF_ACD_REASON_MAX);
	jf_call_row_text(row, "pending_reason", saved.pending_reason, JF_ACD_REASON_MAX);
	saved.since_ns = jf_agents_row_time(calls, row, "since_ns", now_ns);
	saved.idle_since_ns = jf_agents_row_time(calls, row, "idle_since_ns", now_ns);
	saved.until_ns = jf_agents_row_time(calls, row, "until_ns", now_ns);
	/* Its registration ran out while nobody was here. */
	if (!registered && saved.state == JF_AGENT_READY)
		saved.state = JF_AGENT_UNREACHABLE;
	jf_acd_agent_restore(calls->acd, ref, &saved, now_ns);
}

struct restoring {
	struct jf_calls *calls;
	uint32_t count; /* registrations, or agents' states, taken up */
	char last[JF_SIP_AGENT_MAX];
	size_t last_length;
};

static bool registration_row(const void *key, size_t key_length, const void *value,
                             size_t value_length, void *arg)
{
	struct restoring *r = arg;
	struct registrations_row row;
	const size_t head = offsetof(struct registrations_row, list);

	r->last_length = key_length < sizeof(r->last) ? key_length : sizeof(r->last);
	memcpy(r->last, key, r->last_length);
	if (value_length < head || value_length > sizeof(row))
		return true;
	memcpy(&row, value, value_length);
	if (row.version != REGISTRATIONS_VERSION || row.n > JF_SIP_CONTACTS_MAX ||
	    value_length != head + row.n * sizeof(row.list[0]))
		return true;
	for (uint32_t i = 0; i < row.n; i++)
		r->count += !jf_sip_registration_restore(r->calls->config.sip, &row.list[i]);
	return true;
}

static bool agent_row(const void *key, size_t key_length, const void *value, size_t value_length,
                      void *arg)
{
	struct restoring *r = arg;
	struct jf_registration one;
	struct jf_acd_ref ref;
	char id[JF_SIP_AGENT_MAX];
	json_t *row;

	r->last_length = key_length < sizeof(r->last) ? key_length : sizeof(r->last);
	memcpy(r->last, key, r->last_length);
	if (key_length >= sizeof(id))
		return true;
	memcpy(id, key, key_length);
	id[key_length] = '\0';
	ref = jf_routing_agent(r->calls->routing, id);
	if (ref.index == JF_ACD_NONE)
		return true;
	row = json_loadb(value, value_length, 0, NULL);
	if (row) {
		agent_restore(r->calls, ref, row,
		              jf_sip_registrations_get(r->calls->config.sip, id, &one, 1) > 0);
		r->count++;
	}
	json_decref(row);
	return true;
}

/* How many were taken up, or a negative errno. */
static int scan_all(struct jf_calls *calls, enum jf_store_table table, jf_store_row *row)
{
	struct restoring r = {.calls = calls};
	struct jf_store_page page = {.limit = 500};
	int n;

	do {
		n = jf_store_scan(calls->config.store, table, &page, row, &r);
		page.after = r.last;
		page.after_length = r.last_length;
	} while (n == (int)page.limit);
	return n < 0 ? n : (int)r.count;
}

/* Whole, before the loop turns: nobody is looked for who is not there yet. */
int jf_agents_restore(struct jf_calls *calls)
{
	uint64_t began_ns = jf_loop_now_ns(), between_ns;
	int registrations = scan_all(calls, JF_STORE_REGISTRATIONS, registration_row), agents;

	if (registrations < 0)
		return registrations;
	between_ns = jf_loop_now_ns();
	agents = scan_all(calls, JF_STORE_AGENTS, agent_row);
	if (agents < 0)
		return agents;
	if (registrations || agents)
		jf_log(JF_LOG_REGISTRAR, JF_LOG_NOTICE, NULL,
		       "%d registrations are back after %" PRIu64 " ms, %d agents after %" PRIu64
		       " more",
		       registrations, (between_ns - began_ns) / JF_NS_PER_MS, agents,
		       jf_time_since(between_ns, jf_loop_now_ns()) / JF_NS_PER_MS);
	return 0;
}
