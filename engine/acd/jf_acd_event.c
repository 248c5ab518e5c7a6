// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_direct.h"
#include "jf_acd_priv.h"

#include <errno.h>
#include <string.h>

static struct jf_acd_agent_node *agent_get(const struct jf_acd *acd, struct jf_acd_ref ref)
{
	return jf_acd_table_get(&acd->agents, ref);
}

static struct jf_acd_entry *entry_get(const struct jf_acd *acd, struct jf_acd_ref ref)
{
	return jf_acd_table_get(&acd->entries, ref);
}

/* Somebody came whom callers may have been waiting for, or nobody need wait for it any more. */
static void presence_note(struct jf_acd *acd, const struct jf_acd_agent_node *a,
                          struct jf_acd_again *again, uint64_t now_ns)
{
	for (struct jf_acd_member *m = a->members; m; m = m->next_queue)
		jf_acd_again_relax(acd, m->queue, again, now_ns);
	for (uint32_t i = 0; i < a->n_links && !jf_acd_at_work(a->a.state); i++)
		jf_acd_again_passed_over(acd, acd->classes[a->links[i].class_id], again);
}

static void settle(struct jf_acd *acd, struct jf_acd_agent_node *a, struct jf_acd_again *again,
                   uint64_t now_ns)
{
	bool arrived = a->arrived;

	a->arrived = false;
	if (!jf_acd_may_take(a))
		jf_acd_agent_unlist(acd, a);
	/* Whoever asks for less now is in the line before the agent looks at it. */
	if (arrived || !jf_acd_at_work(a->a.state))
		presence_note(acd, a, again, now_ns);
	if (again->n)
		jf_acd_again_match(acd, again, now_ns);
	if (jf_acd_may_take(a) && !a->listed) {
		jf_acd_match_agent(acd, a, now_ns);
		if (jf_acd_may_take(a))
			jf_acd_agent_list(acd, a, now_ns);
	}
}

void jf_acd_agent_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_again again = {0};

	settle(acd, a, &again, now_ns);
}

void jf_acd_agent_settle_anew(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_again again = {0};

	a->arrived = true;
	for (struct jf_acd_member *m = a->members; m; m = m->next_queue)
		for (const struct jf_acd_class *c = m->queue->classes; c; c = c->after)
			jf_acd_again_passed_over(acd, c, &again);
	settle(acd, a, &again, now_ns);
}

void jf_acd_entry_back(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                       uint64_t now_ns)
{
	struct jf_acd_again again = {0};

	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_again_note(&again, e, JF_ACD_CALL_RETURNED, false);
	settle(acd, a, &again, now_ns);
}

/* ---- Agents -------------------------------------------------------------------------------- */

int jf_acd_agent_want(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_agent_want want,
                      const char *reason, const char *actor, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = agent_get(acd, agent);
	enum jf_agent_event event = JF_AGENT_EVENT_WANT_LOGOUT;
	bool engaged;

	if (!a)
		return -ESTALE;
	engaged = jf_agent_state_engaged(a->a.state);
	if (want == JF_AGENT_WANT_READY) {
		event = a->a.registered ? JF_AGENT_EVENT_WANT_READY
		                        : JF_AGENT_EVENT_WANT_READY_NO_PHONE;
		if (a->a.state == JF_AGENT_READY || (engaged && !a->a.has_pending))
			return -EALREADY;
	} else if (want == JF_AGENT_WANT_NOT_READY) {
		event = JF_AGENT_EVENT_WANT_NOT_READY;
		if (a->a.state == JF_AGENT_NOT_READY && !strcmp(a->a.reason, reason ? reason : ""))
			return -EALREADY;
	} else if (a->a.state == JF_AGENT_LOGGED_OUT) {
		return -EALREADY;
	}
	if (jf_acd_agent_step(acd, a, event, reason ? reason : "", actor, now_ns))
		return -EALREADY;
	jf_acd_agent_settle(acd, a, now_ns);
	if (engaged)
		return a->a.has_pending ? -EINPROGRESS : 0;
	return event == JF_AGENT_EVENT_WANT_READY_NO_PHONE ? -ENOTCONN : 0;
}

int jf_acd_agent_phone(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_agent_phone what,
                       uint64_t now_ns)
{
	static const enum jf_agent_event events[] = {
	        [JF_AGENT_PHONE_REGISTERED] = JF_AGENT_EVENT_LOGIN,
	        [JF_AGENT_PHONE_REFRESHED] = JF_AGENT_EVENT_REFRESH,
	        [JF_AGENT_PHONE_UNREGISTERED] = JF_AGENT_EVENT_UNREGISTER,
	        [JF_AGENT_PHONE_EXPIRED] = JF_AGENT_EVENT_EXPIRE,
	};
	struct jf_acd_agent_node *a = agent_get(acd, agent);

	if (!a)
		return -ESTALE;
	a->a.registered = what == JF_AGENT_PHONE_REGISTERED || what == JF_AGENT_PHONE_REFRESHED;
	(void)jf_acd_agent_step(acd, a, events[what], NULL, "phone", now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

/* ---- Conversations --------------------------------------------------------------------------- */

/* What the agent's calls make of it together: it speaks in one of them, and the others wait. */
static enum jf_agent_event together(const struct jf_acd_agent_node *a)
{
	static const struct {
		enum jf_acd_doing does;
		enum jf_agent_event event;
	} first[] = {
	        {JF_ACD_TALKS, JF_AGENT_EVENT_RESUME},
	        {JF_ACD_CONFERS, JF_AGENT_EVENT_CONFER},
	        {JF_ACD_CONSULTS, JF_AGENT_EVENT_CONSULT},
	};

	for (unsigned int i = 0; i < sizeof(first) / sizeof(first[0]); i++)
		for (const struct jf_acd_entry *e = a->calls; e; e = e->fellow)
			if (e->does == first[i].does)
				return first[i].event;
	return JF_AGENT_EVENT_HOLD;
}

int jf_acd_entry_does(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_doing what,
                      uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);
	int err;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_CONNECTED || what == JF_ACD_RINGS)
		return -EPROTO;
	e->does = (uint8_t)what;
	err = jf_acd_agent_step(acd, e->agent, together(e->agent), NULL, "phone", now_ns);
	jf_acd_agent_settle(acd, e->agent, now_ns);
	return err;
}

int jf_acd_held(struct jf_acd *acd, struct jf_acd_ref entry, bool held, uint64_t now_ns)
{
	return jf_acd_entry_does(acd, entry, held ? JF_ACD_HOLDS : JF_ACD_TALKS, now_ns);
}

/* One of several calls of the agent is over: it is what the others make of it. */
static void others_go_on(struct jf_acd *acd, struct jf_acd_agent_node *a, bool lost,
                         uint64_t now_ns)
{
	enum jf_agent_event event = JF_AGENT_EVENT_NEXT;

	jf_acd_agent_unlist(acd, a);
	if (lost) {
		a->full = true;
		(void)jf_acd_agent_step(acd, a, JF_AGENT_EVENT_VANISH_ONE, NULL, "call", now_ns);
	}
	if (a->calls)
		event = together(a);
	(void)jf_acd_agent_step(acd, a, event, NULL, "call", now_ns);
	if (!a->calls && a->rings)
		(void)jf_acd_agent_step(acd, a, JF_AGENT_EVENT_RING, NULL, "phone", now_ns);
}

/* Its part in the call is over; settling follows. */
static void part_end(struct jf_acd *acd, struct jf_acd_entry *e, bool lost, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = e->agent;
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	uint64_t wrap_up_ns = lost || o->wrap_up_open ? 0 : o->wrap_up_ns;
	enum jf_agent_event event = o->wrap_up_ns || o->wrap_up_open ? JF_AGENT_EVENT_END
	                                                             : JF_AGENT_EVENT_END_NO_WRAPUP;

	jf_acd_call_end(e);
	if (a->a.n_calls) {
		if (e->answered_ns)
			jf_acd_handled(e->queue, e->answered_ns, now_ns);
		others_go_on(acd, a, lost, now_ns);
	} else {
		if (e->answered_ns)
			a->handling = e->queue->q.ref;
		a->handling_ns = e->answered_ns;
		a->extended_ns = wrap_up_ns ? now_ns + wrap_up_ns + o->wrap_up_extend_ns : 0;
		(void)jf_acd_agent_step(acd, a, lost ? JF_AGENT_EVENT_VANISH : event, NULL, "call",
		                        now_ns);
		if (wrap_up_ns)
			jf_acd_due_set(acd, &a->due, now_ns + wrap_up_ns);
	}
}

void jf_acd_agent_end(struct jf_acd *acd, struct jf_acd_entry *e, bool lost, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = e->agent;

	part_end(acd, e, lost, now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
}

int jf_acd_end(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);

	if (!e)
		return -ESTALE;
	jf_acd_entry_prefetch(e);
	if (e->agent)
		jf_acd_agent_prefetch(e->agent);
	if (e->state != JF_ACD_ENTRY_CONNECTED && e->state != JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	if (e->agent)
		jf_acd_links_prefetch(e->agent);
	e->queue->q.talking--;
	if (e->agent)
		jf_acd_agent_end(acd, e, false, now_ns);
	jf_acd_entry_drop(acd, e);
	return 0;
}

int jf_acd_vanished(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);
	struct jf_acd_agent_node *a;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_CONNECTED)
		return -EPROTO;
	e->queue->q.talking--;
	e->queue->q.counters.vanished++;
	a = e->agent;
	a->a.counters.vanished++;
	part_end(acd, e, true, now_ns);
	e->at_head = true;
	jf_acd_entry_back(acd, e, a, now_ns);
	return 0;
}

/* ---- Time ------------------------------------------------------------------------------------ */

static void agent_due(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	enum jf_agent_event event = JF_AGENT_EVENT_TIMER;

	if (!a->a.registered && !a->a.has_pending)
		event = JF_AGENT_EVENT_WANT_READY_NO_PHONE;
	(void)jf_acd_agent_step(acd, a, event, NULL, "timer", now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
}

void jf_acd_tick(struct jf_acd *acd, uint64_t now_ns)
{
	const struct jf_order_item *first;

	acd->seen_ns = now_ns;
	while ((first = jf_order_first(&acd->due)) && first->hi <= now_ns) {
		uint32_t owner = first->value;

		if (first->tie) {
			struct jf_acd_entry *e = jf_acd_table_at(&acd->entries, owner);

			jf_acd_due_clear(acd, &e->due);
			jf_acd_entry_due(acd, e, now_ns);
		} else {
			struct jf_acd_agent_node *a = jf_acd_table_at(&acd->agents, owner);

			jf_acd_due_clear(acd, &a->due);
			agent_due(acd, a, now_ns);
		}
	}
}

int jf_acd_wrapup_extend(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t by_ns,
                         uint64_t now_ns)
{
	struct jf_acd_agent_node *a = agent_get(acd, agent);
	uint64_t until_ns;

	if (!a)
		return -ESTALE;
	if (a->a.state != JF_AGENT_WRAPUP || !a->due.at_ns)
		return -EPROTO;
	until_ns = a->due.at_ns + by_ns;
	if (until_ns > a->extended_ns)
		until_ns = a->extended_ns;
	if (until_ns <= a->due.at_ns)
		return -EPERM;
	(void)now_ns;
	jf_acd_due_set(acd, &a->due, until_ns);
	return 0;
}

void jf_acd_day_begin(struct jf_acd *acd, uint32_t tenant, uint64_t now_ns)
{
	for (uint32_t i = 0; i < acd->agents.n; i++) {
		struct jf_acd_agent_node *a = jf_acd_table_at(&acd->agents, i);

		if (!a || a->a.tenant != tenant)
			continue;
		a->a.calls_today = 0;
		if (a->listed) {
			jf_acd_agent_unlist(acd, a);
			jf_acd_agent_list(acd, a, now_ns);
		}
	}
}
