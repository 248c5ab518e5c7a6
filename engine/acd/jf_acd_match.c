// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <assert.h>
#include <string.h>

/* Ready, or busy with something that ends by itself: worth waiting for. */
static bool at_work(enum jf_agent_state s)
{
	return s == JF_AGENT_READY || s == JF_AGENT_WRAPUP || jf_agent_state_engaged(s);
}

void jf_acd_ready_insert(struct jf_acd_member *m)
{
	struct jf_acd_queue_node *q = m->queue;
	struct jf_acd_member *before = q->ready_last;

	/* Whoever became ready just now goes last: at once, in all but restored states. */
	while (before && before->agent->a.idle_since_ns > m->agent->a.idle_since_ns)
		before = before->before;
	m->before = before;
	m->after = before ? before->after : q->ready_first;
	*(before ? &before->after : &q->ready_first) = m;
	*(m->after ? &m->after->before : &q->ready_last) = m;
	m->in_ready = true;
	q->n_ready++;
}

void jf_acd_ready_remove(struct jf_acd_member *m)
{
	struct jf_acd_queue_node *q = m->queue;

	if (!m->in_ready)
		return;
	*(m->before ? &m->before->after : &q->ready_first) = m->after;
	*(m->after ? &m->after->before : &q->ready_last) = m->before;
	m->in_ready = false;
	q->n_ready--;
}

static bool goes_before(const struct jf_acd_entry *a, const struct jf_acd_entry *b)
{
	if (a->at_head != b->at_head)
		return a->at_head;
	if (a->enqueued_ns != b->enqueued_ns)
		return a->enqueued_ns < b->enqueued_ns;
	return a->serial < b->serial;
}

void jf_acd_waiting_insert(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_acd_queue_node *q = e->queue;
	struct jf_acd_entry *before = q->last;
	uint64_t max_wait_ns = q->q.options.max_wait_ns;

	/* New arrivals go last at once. Who comes back looks from the side where it belongs. */
	if (e->n_tried || e->at_head) {
		struct jf_acd_entry *after = q->first;

		while (after && goes_before(after, e))
			after = after->after;
		before = after ? after->before : q->last;
	} else {
		while (before && goes_before(e, before))
			before = before->before;
	}
	e->before = before;
	e->after = before ? before->after : q->first;
	*(before ? &before->after : &q->first) = e;
	*(e->after ? &e->after->before : &q->last) = e;
	e->state = JF_ACD_ENTRY_WAITING;
	e->agent = NULL;
	q->q.waiting++;
	/* Who was answered once (its agent vanished) is not sent away for waiting. */
	if (max_wait_ns && !e->counted)
		jf_acd_due_set(acd, &e->due, e->enqueued_ns + max_wait_ns);
}

void jf_acd_waiting_remove(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_acd_queue_node *q = e->queue;

	*(e->before ? &e->before->after : &q->first) = e->after;
	*(e->after ? &e->after->before : &q->last) = e->before;
	e->before = e->after = NULL;
	q->q.waiting--;
	jf_acd_due_clear(acd, &e->due);
}

static bool was_tried(const struct jf_acd_entry *e, const struct jf_acd_agent_node *a)
{
	for (unsigned int i = 0; i < e->n_tried; i++)
		if (jf_acd_ref_equal(e->tried[i], a->a.ref))
			return true;
	return false;
}

static bool is_member(const struct jf_acd_agent_node *a, const struct jf_acd_queue_node *q)
{
	for (const struct jf_acd_member *m = a->members; m; m = m->next_queue)
		if (m->queue == q)
			return true;
	return false;
}

/* Whether the queue has somebody at work whom the entry was not offered to yet. */
static bool others_at_work(const struct jf_acd *acd, const struct jf_acd_entry *e)
{
	uint32_t others = 0;

	for (unsigned int s = 0; s < JF_AGENT_STATE_COUNT; s++)
		if (at_work((enum jf_agent_state)s))
			others += e->queue->q.members_by_state[s];
	for (unsigned int i = 0; i < e->n_tried; i++) {
		const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, e->tried[i]);

		if (a && at_work(a->a.state) && is_member(a, e->queue))
			others--;
	}
	return others > 0;
}

static bool passed_over(const struct jf_acd *acd, const struct jf_acd_entry *e,
                        const struct jf_acd_agent_node *a)
{
	return e->n_tried && was_tried(e, a) && others_at_work(acd, e);
}

static struct jf_acd_decision decision_make(const struct jf_acd_entry *e, enum jf_acd_situation why,
                                            uint64_t now_ns)
{
	struct jf_acd_decision d = {
	        .at_ns = now_ns,
	        .situation = why,
	        .rule = why == JF_ACD_AGENT_FREED ? "head, then age" : "longest idle",
	        .entry = e->ref,
	        .queue = e->queue->q.ref,
	        .agent = jf_acd_nobody,
	        .waited_ns = jf_time_since(e->enqueued_ns, now_ns),
	        .waiting = e->queue->q.waiting,
	};

	memcpy(d.members_by_state, e->queue->q.members_by_state, sizeof(d.members_by_state));
	return d;
}

static void claim(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                  struct jf_acd_decision *d)
{
	uint64_t now_ns = d->at_ns;

	d->agent = a->a.ref;
	d->idle_ns = jf_time_since(a->a.idle_since_ns, now_ns);
	if (e->n_tried && was_tried(e, a)) {
		d->retried = true;
		e->n_tried = 0;
	}
	jf_acd_waiting_remove(acd, e);
	e->state = JF_ACD_ENTRY_OFFERED;
	e->agent = a;
	e->queue->q.ringing++;
	a->entry = e;
	a->a.entry = e->ref;
	a->a.counters.offered++;
	int err = jf_acd_agent_step(acd, a, JF_AGENT_EVENT_CLAIM, NULL, "call", now_ns);
	assert(!err); /* whoever is in a ready list is ready */
	(void)err;
	jf_acd_emit(acd, &(struct jf_acd_output){.type = JF_ACD_OFFER,
	                                         .call = e->call,
	                                         .agent = a->a.ref,
	                                         .entry = e->ref,
	                                         .decision = *d});
}

void jf_acd_match_entry(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_situation why,
                        uint64_t now_ns)
{
	struct jf_acd_decision d = decision_make(e, why, now_ns);

	d.candidates = e->queue->n_ready;
	for (struct jf_acd_member *m = e->queue->ready_first; m; m = m->after) {
		if (!passed_over(acd, e, m->agent)) {
			claim(acd, e, m->agent, &d);
			return;
		}
		d.candidates--;
		if (d.n_skipped < JF_ACD_TRIED_MAX)
			d.skipped[d.n_skipped++] = m->agent->a.ref;
	}
	jf_acd_emit(acd, &(struct jf_acd_output){.type = JF_ACD_WAIT,
	                                         .call = e->call,
	                                         .agent = jf_acd_nobody,
	                                         .entry = e->ref,
	                                         .decision = d});
}

void jf_acd_match_agent(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_entry *best = NULL;
	uint32_t candidates = 0;

	for (struct jf_acd_member *m = a->members; m; m = m->next_queue) {
		struct jf_acd_entry *e = m->queue->first;

		while (e && passed_over(acd, e, a))
			e = e->after;
		candidates += m->queue->q.waiting;
		if (e && (!best || goes_before(e, best)))
			best = e;
	}
	if (best) {
		struct jf_acd_decision d = decision_make(best, JF_ACD_AGENT_FREED, now_ns);

		d.candidates = candidates;
		claim(acd, best, a, &d);
	}
}

void jf_acd_match_passed_over(struct jf_acd *acd, struct jf_acd_queue_node *q, uint64_t now_ns)
{
	struct jf_acd_entry *e = q->first;

	while (e && q->n_ready) {
		struct jf_acd_entry *after = e->after;

		for (struct jf_acd_member *m = q->ready_first; m; m = m->after)
			if (!passed_over(acd, e, m->agent)) {
				jf_acd_match_entry(acd, e, JF_ACD_CALL_RETURNED, now_ns);
				break;
			}
		e = after;
	}
}
