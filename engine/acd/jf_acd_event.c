// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include "jf_list.h"

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

void jf_acd_agent_settle(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	enum jf_agent_state s = a->a.state;

	if (s == JF_AGENT_READY)
		jf_acd_match_agent(acd, a, now_ns);
	else if (s == JF_AGENT_NOT_READY || s == JF_AGENT_LOGGED_OUT || s == JF_AGENT_UNREACHABLE)
		for (struct jf_acd_member *m = a->members; m; m = m->next_queue)
			if (m->queue->q.waiting && m->queue->n_ready)
				jf_acd_match_passed_over(acd, m->queue, now_ns);
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

static int entry_make(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                      uint64_t enqueued_ns, struct jf_acd_entry **ret_entry)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_entry *e;

	if (!q)
		return -ESTALE;
	e = calloc(1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	if (jf_acd_table_take(&acd->entries, e, &e->ref)) {
		free(e);
		return -ENOMEM;
	}
	e->queue = q;
	e->call = *call;
	e->enqueued_ns = enqueued_ns;
	e->serial = acd->serial++;
	e->due.is_entry = true;
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

	if (q && q->q.removed && !arrival->restored)
		return -EPERM;
	err = entry_make(acd, queue, call, arrival->enqueued_ns, &e);
	if (err)
		return err;
	e->at_head = arrival->at_head;
	e->counted = arrival->answered_before;
	if (!e->counted)
		q->q.counters.offered++;
	jf_acd_waiting_insert(acd, e);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_ARRIVED, now_ns);
	*ret_entry = e->ref;
	return 0;
}

/* The entry's wait is over, one way or another. */
static void count_wait(struct jf_acd_entry *e, uint64_t now_ns, bool answered)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t waited_ns = jf_time_since(e->enqueued_ns, now_ns);

	c->wait_all_ns += waited_ns;
	if (answered)
		c->wait_answered_ns += waited_ns;
	if (waited_ns > c->longest_wait_ns)
		c->longest_wait_ns = waited_ns;
}

static void entry_drop(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_acd_queue_node *q = e->queue;

	jf_acd_due_clear(acd, &e->due);
	jf_acd_table_drop(&acd->entries, e->ref);
	jf_acd_queue_reap(acd, q);
}

static void agent_free(struct jf_acd_agent_node *a)
{
	a->entry = NULL;
	a->a.entry = jf_acd_nobody;
}

int jf_acd_leave(struct jf_acd *acd, struct jf_acd_ref entry, bool abandoned, uint64_t now_ns)
{
	struct jf_acd_entry *e = entry_get(acd, entry);
	struct jf_acd_queue_counters *c;
	struct jf_acd_agent_node *a;
	bool ringing;

	if (!e)
		return -ESTALE;
	if (e->state == JF_ACD_ENTRY_CONNECTED || e->state == JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	c = &e->queue->q.counters;
	a = e->agent;
	ringing = e->state == JF_ACD_ENTRY_OFFERED;
	if (ringing)
		e->queue->q.ringing--;
	else
		jf_acd_waiting_remove(acd, e);
	if (!e->counted) {
		count_wait(e, now_ns, false);
		if (!abandoned)
			c->released++;
		else if (jf_time_since(e->enqueued_ns, now_ns) <
		         e->queue->q.options.short_abandon_ns)
			c->abandoned_short++;
		else if (ringing)
			c->abandoned_ringing++;
		else
			c->abandoned_queue++;
	}
	entry_drop(acd, e);
	if (a) {
		agent_free(a);
		a->a.counters.caller_left++;
		(void)jf_acd_agent_step(acd, a, JF_AGENT_EVENT_CALLER_LEFT, NULL, "call", now_ns);
		jf_acd_agent_settle(acd, a, now_ns);
	}
	return 0;
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
	jf_acd_waiting_insert(acd, e);
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
		count_wait(e, now_ns, true);
	}
	e->agent->a.counters.answered++;
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
	uint64_t wrap_up_ns = lost ? 0 : e->queue->q.options.wrap_up_ns;
	enum jf_agent_event event = wrap_up_ns ? JF_AGENT_EVENT_END : JF_AGENT_EVENT_END_NO_WRAPUP;

	e->agent = NULL;
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
	jf_acd_waiting_insert(acd, e);
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
	struct jf_heap_node *node;

	while ((node = jf_heap_first(&acd->due)) && node->key <= now_ns) {
		struct jf_acd_due *due = JF_CONTAINER(node, struct jf_acd_due, node);
		struct jf_acd_entry *e;

		jf_heap_remove(&acd->due, node);
		if (!due->is_entry) {
			agent_due(acd, JF_CONTAINER(due, struct jf_acd_agent_node, due), now_ns);
			continue;
		}
		e = JF_CONTAINER(due, struct jf_acd_entry, due);
		jf_acd_emit(acd, &(struct jf_acd_output){.type = JF_ACD_EXPIRED,
		                                         .call = e->call,
		                                         .agent = jf_acd_nobody,
		                                         .entry = e->ref});
	}
}

/* ---- After a restart ----------------------------------------------------------------------- */

int jf_acd_agent_save(const struct jf_acd *acd, struct jf_acd_ref agent,
                      struct jf_acd_agent_saved *ret_saved)
{
	const struct jf_acd_agent_node *a = agent_get(acd, agent);

	if (!a)
		return -ESTALE;
	*ret_saved = (struct jf_acd_agent_saved){
	        .state = a->a.state,
	        .since_ns = a->a.since_ns,
	        .idle_since_ns = a->a.idle_since_ns,
	        .until_ns = jf_acd_due_ns(&a->due),
	        .registered = a->a.registered,
	        .has_pending = a->a.has_pending,
	        .pending = a->a.pending,
	};
	memcpy(ret_saved->reason, a->a.reason, sizeof(a->a.reason));
	memcpy(ret_saved->actor, a->a.actor, sizeof(a->a.actor));
	memcpy(ret_saved->pending_reason, a->a.pending_reason, sizeof(a->a.pending_reason));
	return 0;
}

int jf_acd_agent_restore(struct jf_acd *acd, struct jf_acd_ref agent,
                         const struct jf_acd_agent_saved *saved, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = agent_get(acd, agent);
	enum jf_agent_state state;
	bool was_engaged;

	if (!a)
		return -ESTALE;
	if (a->entry || (unsigned int)saved->state >= JF_AGENT_STATE_COUNT ||
	    (unsigned int)saved->pending >= JF_AGENT_STATE_COUNT)
		return -EINVAL;
	state = saved->state;
	was_engaged = jf_agent_state_engaged(state);
	/* Its call is adopted later, or is gone. */
	if (was_engaged)
		state = saved->has_pending ? saved->pending : JF_AGENT_READY;
	if (jf_agent_state_engaged(state))
		return -EINVAL;
	a->a.registered = saved->registered;
	a->a.idle_since_ns = saved->idle_since_ns;
	jf_acd_state_set(a, state, now_ns);
	a->a.since_ns = saved->since_ns;
	memcpy(a->a.reason, was_engaged ? saved->pending_reason : saved->reason,
	       sizeof(a->a.reason));
	memcpy(a->a.actor, saved->actor, sizeof(a->a.actor));
	a->a.has_pending = !was_engaged && saved->has_pending;
	a->a.pending = saved->pending;
	memcpy(a->a.pending_reason, saved->pending_reason, sizeof(a->a.pending_reason));
	a->a.reason[JF_ACD_REASON_MAX - 1] = '\0';
	a->a.actor[JF_ACD_REASON_MAX - 1] = '\0';
	a->a.pending_reason[JF_ACD_REASON_MAX - 1] = '\0';
	if (saved->until_ns && (state == JF_AGENT_WRAPUP || state == JF_AGENT_NOT_READY))
		jf_acd_due_set(acd, &a->due, saved->until_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

void jf_acd_agent_take_up(struct jf_acd *acd, struct jf_acd_agent_node *a,
                          enum jf_agent_state state, uint64_t now_ns)
{
	jf_acd_due_clear(acd, &a->due);
	/* Whatever it was meant to be after the call, it was restored to. */
	a->a.has_pending = a->a.state != JF_AGENT_READY;
	a->a.pending = a->a.state == JF_AGENT_WRAPUP ? JF_AGENT_READY : a->a.state;
	memcpy(a->a.pending_reason, a->a.reason, sizeof(a->a.reason));
	a->a.reason[0] = '\0';
	jf_acd_state_set(a, state, now_ns);
}

int jf_acd_adopt(struct jf_acd *acd, struct jf_acd_ref queue, struct jf_acd_ref agent,
                 const struct jf_call_id *call, uint64_t enqueued_ns, uint64_t now_ns,
                 struct jf_acd_ref *ret_entry)
{
	struct jf_acd_agent_node *a = agent_get(acd, agent);
	struct jf_acd_entry *e;
	int err;

	if (!a)
		return -ESTALE;
	if (a->entry || a->a.direct)
		return -EBUSY;
	err = entry_make(acd, queue, call, enqueued_ns, &e);
	if (err)
		return err;
	e->state = JF_ACD_ENTRY_CONNECTED;
	e->counted = true;
	e->agent = a;
	e->queue->q.talking++;
	a->entry = e;
	a->a.entry = e->ref;
	jf_acd_agent_take_up(acd, a, JF_AGENT_TALKING, now_ns);
	*ret_entry = e->ref;
	return 0;
}
