// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const outcome_names[] = {
        [JF_ACD_OUTCOME_RONA] = "rona",
        [JF_ACD_OUTCOME_BUSY] = "busy",
        [JF_ACD_OUTCOME_REJECTED] = "rejected",
        [JF_ACD_OUTCOME_UNAVAILABLE] = "unavailable",
        [JF_ACD_OUTCOME_UNREACHABLE] = "unreachable",
        [JF_ACD_OUTCOME_FAILED] = "failed",
};

const char *jf_acd_outcome_name(enum jf_acd_outcome outcome)
{
	return (unsigned int)outcome < JF_ACD_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

enum jf_agent_event jf_acd_outcome_event(enum jf_acd_outcome outcome)
{
	static const enum jf_agent_event events[] = {
	        [JF_ACD_OUTCOME_RONA] = JF_AGENT_EVENT_RONA,
	        [JF_ACD_OUTCOME_BUSY] = JF_AGENT_EVENT_BUSY,
	        [JF_ACD_OUTCOME_REJECTED] = JF_AGENT_EVENT_REJECT,
	        [JF_ACD_OUTCOME_UNAVAILABLE] = JF_AGENT_EVENT_UNAVAILABLE,
	        [JF_ACD_OUTCOME_UNREACHABLE] = JF_AGENT_EVENT_NO_REACH,
	        [JF_ACD_OUTCOME_FAILED] = JF_AGENT_EVENT_FAIL,
	};

	return events[outcome];
}

static struct jf_acd_agent_node *agent_get(const struct jf_acd *acd, struct jf_acd_ref ref)
{
	return jf_acd_table_get(&acd->agents, ref);
}

static struct jf_acd_entry *entry_get(const struct jf_acd *acd, struct jf_acd_ref ref)
{
	return jf_acd_table_get(&acd->entries, ref);
}

/* Somebody came whom callers may have been waiting for, or nobody need wait for it any more. */
static void presence_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	for (struct jf_acd_member *m = a->members; m; m = m->next_queue)
		if (m->queue->q.waiting)
			jf_acd_relax_queue(acd, m->queue, now_ns);
	for (uint32_t i = 0; i < a->n_links && !jf_acd_at_work(a->a.state); i++) {
		struct jf_acd_class *c = acd->classes[a->links[i].class_id];

		if (c->tried.count && c->ready.count)
			jf_acd_match_passed_over(acd, c, now_ns);
	}
}

void jf_acd_agent_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	bool arrived = a->arrived;

	a->arrived = false;
	if (a->a.state == JF_AGENT_READY && !a->listed) {
		jf_acd_match_agent(acd, a, now_ns);
		if (a->a.state == JF_AGENT_READY)
			jf_acd_agent_list(acd, a, now_ns);
	}
	if (arrived || !jf_acd_at_work(a->a.state))
		presence_settle(acd, a, now_ns);
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

/* ---- Entries ------------------------------------------------------------------------------- */

static struct jf_acd_entry *entry_alloc(struct jf_acd *acd)
{
	struct jf_acd_entry *e = acd->spare_entries;
	struct jf_acd_ref *tried;

	if (!e)
		return calloc(1, sizeof(*e));
	acd->spare_entries = e->spare;
	tried = e->tried;
	memset(e, 0, sizeof(*e));
	e->tried = tried;
	return e;
}

static void entry_spare(struct jf_acd *acd, struct jf_acd_entry *e)
{
	e->spare = acd->spare_entries;
	acd->spare_entries = e;
}

int jf_acd_entry_make(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                      const struct jf_acd_arrival *arrival, uint64_t now_ns,
                      struct jf_acd_entry **ret_entry)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_entry *e;
	uint32_t plan;
	int err;

	if (!q)
		return -ESTALE;
	if (arrival->priority > JF_ACD_PRIORITY_MAX)
		return -EINVAL;
	jf_acd_classes_sweep(acd);
	err = jf_acd_plan_intern(acd, arrival, &plan);
	if (err)
		return err;
	e = entry_alloc(acd);
	if (!e)
		return -ENOMEM;
	e->queue = q;
	e->call = *call;
	e->enqueued_ns = arrival->enqueued_ns;
	e->priority = arrival->priority;
	e->plan = plan;
	e->preferred = arrival->preferred;
	e->prefer_until_ns = arrival->prefer_ns ? e->enqueued_ns + arrival->prefer_ns : 0;
	e->at_head = arrival->at_head;
	e->counted = arrival->answered_before;
	err = jf_acd_entry_place(acd, e, now_ns);
	if (!err)
		err = jf_acd_table_take(&acd->entries, e, &e->ref);
	if (err) {
		if (e->class)
			jf_acd_class_leave(acd, e->class);
		entry_spare(acd, e);
		return err;
	}
	e->serial = acd->serial++;
	e->due.is_entry = true;
	e->due.owner = e->ref.index;
	*ret_entry = e;
	return 0;
}

int jf_acd_enqueue(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                   const struct jf_acd_arrival *arrival, uint64_t now_ns,
                   struct jf_acd_ref *ret_entry)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_entry *e;
	int err;

	if (q && (q->q.removed || q->q.closed) && !arrival->restored)
		return -EPERM;
	err = jf_acd_entry_make(acd, queue, call, arrival, now_ns, &e);
	if (err)
		return err;
	if (!e->counted)
		q->q.counters.offered++;
	acd->seen_ns = now_ns;
	*ret_entry = e->ref;
	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_ARRIVED, now_ns);
	if (e->state == JF_ACD_ENTRY_WAITING && q->overflow)
		jf_acd_overflow_arrived(acd, e, now_ns);
	return 0;
}

/* The entry's wait is over, one way or another. */
void jf_acd_count_wait(struct jf_acd_entry *e, uint64_t now_ns, bool answered)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t waited_ns = jf_time_since(e->enqueued_ns, now_ns);

	c->wait_all_ns += waited_ns;
	if (answered)
		c->wait_answered_ns += waited_ns;
	if (waited_ns > c->longest_wait_ns)
		c->longest_wait_ns = waited_ns;
}

/* It is gone. */
static void entry_drop(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_acd_queue_node *q = e->queue;

	jf_acd_due_clear(acd, &e->due);
	jf_acd_class_leave(acd, e->class);
	(void)jf_acd_table_give(&acd->entries, e->ref);
	entry_spare(acd, e);
	jf_acd_queue_reap(acd, q);
}

static void agent_free(struct jf_acd_agent_node *a)
{
	a->entry = NULL;
	a->a.entry = jf_acd_nobody;
}

/* Whoever left without an answer, in whatever way. */
static void count_exit(struct jf_acd_entry *e, enum jf_acd_exit how, bool ringing, uint64_t now_ns)
{
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	struct jf_acd_queue_counters *c = &e->queue->q.counters;

	jf_acd_count_wait(e, now_ns, false);
	if (how == JF_ACD_EXIT_RELEASED)
		c->released++;
	else if (how == JF_ACD_EXIT_CALLBACK)
		c->callbacks++;
	else if (how == JF_ACD_EXIT_VOICEMAIL)
		c->voicemails++;
	else if (jf_time_since(e->enqueued_ns, now_ns) < o->short_abandon_ns)
		c->abandoned_short++;
	else if (ringing)
		c->abandoned_ringing++;
	else
		c->abandoned_queue++;
}

int jf_acd_exit(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_exit how, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);
	struct jf_acd_agent_node *a;
	bool ringing;

	if (!e)
		return -ESTALE;
	if (e->state == JF_ACD_ENTRY_CONNECTED || e->state == JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	a = e->agent;
	ringing = e->state == JF_ACD_ENTRY_OFFERED;
	if (ringing)
		e->queue->q.ringing--;
	else
		jf_acd_waiting_remove(acd, e);
	if (!e->counted)
		count_exit(e, how, ringing, now_ns);
	entry_drop(acd, e);
	if (a) {
		agent_free(a);
		a->a.counters.caller_left++;
		(void)jf_acd_agent_step(acd, a, JF_AGENT_EVENT_CALLER_LEFT, NULL, "call", now_ns);
		jf_acd_agent_settle(acd, a, now_ns);
	}
	return 0;
}

int jf_acd_leave(struct jf_acd *acd, struct jf_acd_ref entry, bool abandoned, uint64_t now_ns)
{
	return jf_acd_exit(acd, entry, abandoned ? JF_ACD_EXIT_ABANDONED : JF_ACD_EXIT_RELEASED,
	                   now_ns);
}

int jf_acd_ringing(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_OFFERED)
		return -EPROTO;
	return jf_acd_agent_step(acd, e->agent, JF_AGENT_EVENT_RING, NULL, "phone", now_ns);
}

void jf_acd_count_refusal(struct jf_acd_agent_counters *c, enum jf_acd_outcome outcome)
{
	uint64_t *const counters[] = {
	        [JF_ACD_OUTCOME_RONA] = &c->rona,
	        [JF_ACD_OUTCOME_BUSY] = &c->busy,
	        [JF_ACD_OUTCOME_REJECTED] = &c->rejected,
	        [JF_ACD_OUTCOME_UNAVAILABLE] = &c->unavailable,
	        [JF_ACD_OUTCOME_UNREACHABLE] = &c->unreachable,
	        [JF_ACD_OUTCOME_FAILED] = &c->failed,
	};

	(*counters[outcome])++;
}

static void count_refusal(struct jf_acd_entry *e, enum jf_acd_outcome outcome)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t *const counters[] = {
	        [JF_ACD_OUTCOME_RONA] = &c->rona,
	        [JF_ACD_OUTCOME_BUSY] = &c->busy,
	        [JF_ACD_OUTCOME_REJECTED] = &c->rejected,
	        [JF_ACD_OUTCOME_UNAVAILABLE] = &c->unavailable,
	        [JF_ACD_OUTCOME_UNREACHABLE] = &c->unreachable,
	        [JF_ACD_OUTCOME_FAILED] = &c->failed,
	};

	(*counters[outcome])++;
	jf_acd_count_refusal(&e->agent->a.counters, outcome);
}

static void remember_tried(struct jf_acd_entry *e, struct jf_acd_ref agent)
{
	if (!e->tried)
		e->tried = calloc(JF_ACD_TRIED_MAX, sizeof(*e->tried));
	/* Out of memory: it may be asked again. */
	if (!e->tried)
		return;
	/* The oldest is forgotten: after sixteen others it may be asked again. */
	if (e->n_tried == JF_ACD_TRIED_MAX)
		memmove(e->tried, e->tried + 1, --e->n_tried * sizeof(e->tried[0]));
	e->tried[e->n_tried++] = agent;
}

int jf_acd_refused(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_outcome outcome,
                   uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);
	struct jf_acd_agent_node *a;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_OFFERED || (unsigned int)outcome >= JF_ACD_OUTCOME_COUNT)
		return -EPROTO;
	a = e->agent;
	count_refusal(e, outcome);
	remember_tried(e, a->a.ref);
	e->queue->q.ringing--;
	agent_free(a);
	(void)jf_acd_agent_step(acd, a, jf_acd_outcome_event(outcome), NULL, "phone", now_ns);
	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_RETURNED, now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

int jf_acd_answered(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_OFFERED)
		return -EPROTO;
	e->state = JF_ACD_ENTRY_CONNECTED;
	e->queue->q.ringing--;
	e->queue->q.talking++;
	if (!e->counted) {
		e->counted = true;
		e->queue->q.counters.answered++;
		jf_acd_count_wait(e, now_ns, true);
		jf_acd_told_check(e, now_ns);
	}
	e->agent->a.counters.answered++;
	e->agent->handling = e->queue->q.ref;
	e->agent->handling_ns = now_ns;
	e->agent->a.calls_today++;
	return jf_acd_agent_step(acd, e->agent, JF_AGENT_EVENT_ANSWER, NULL, "phone", now_ns);
}

int jf_acd_held(struct jf_acd *acd, struct jf_acd_ref entry, bool held, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_CONNECTED)
		return -EPROTO;
	return jf_acd_agent_step(acd, e->agent, held ? JF_AGENT_EVENT_HOLD : JF_AGENT_EVENT_RESUME,
	                         NULL, "phone", now_ns);
}

void jf_acd_agent_end(struct jf_acd *acd, struct jf_acd_entry *e, bool lost, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = e->agent;
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	uint64_t wrap_up_ns = lost || o->wrap_up_open ? 0 : o->wrap_up_ns;
	enum jf_agent_event event = o->wrap_up_ns || o->wrap_up_open ? JF_AGENT_EVENT_END
	                                                             : JF_AGENT_EVENT_END_NO_WRAPUP;

	e->agent = NULL;
	a->extended_ns = wrap_up_ns ? now_ns + wrap_up_ns + o->wrap_up_extend_ns : 0;
	agent_free(a);
	(void)jf_acd_agent_step(acd, a, lost ? JF_AGENT_EVENT_VANISH : event, NULL, "call", now_ns);
	if (wrap_up_ns)
		jf_acd_due_set(acd, &a->due, now_ns + wrap_up_ns);
	jf_acd_agent_settle(acd, a, now_ns);
}

int jf_acd_end(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_CONNECTED && e->state != JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	if (e->agent)
		jf_acd_agent_prefetch(e->agent);
	e->queue->q.talking--;
	if (e->agent)
		jf_acd_agent_end(acd, e, false, now_ns);
	entry_drop(acd, e);
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
	a = e->agent;
	e->queue->q.talking--;
	e->queue->q.counters.vanished++;
	a->a.counters.vanished++;
	agent_free(a);
	(void)jf_acd_agent_step(acd, a, JF_AGENT_EVENT_VANISH, NULL, "call", now_ns);
	e->at_head = true;
	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_RETURNED, now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

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
