// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool was_tried(const struct jf_acd_entry *e, const struct jf_acd_agent_node *a)
{
	for (unsigned int i = 0; i < e->n_tried; i++)
		if (jf_acd_ref_equal(e->tried[i], a->a.ref))
			return true;
	return false;
}

/* Whether somebody at work suits the entry to whom it was not offered yet. */
static bool others_at_work(const struct jf_acd *acd, const struct jf_acd_entry *e)
{
	uint32_t others = e->class->at_work;

	for (unsigned int i = 0; i < e->n_tried; i++) {
		const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, e->tried[i]);

		if (a && jf_acd_at_work(a->a.state) && jf_acd_suits(a, e->class))
			others--;
	}
	return others > 0;
}

bool jf_acd_passed_over(const struct jf_acd *acd, const struct jf_acd_entry *e,
                        const struct jf_acd_agent_node *a)
{
	return e->n_tried && was_tried(e, a) && others_at_work(acd, e);
}

/* ---- Decisions ------------------------------------------------------------------------------- */

/* What was found, until it is written into an output. */
struct choice {
	struct jf_acd_agent_node *agent;                 /* NULL: none */
	struct jf_acd_agent_node *also[JF_ACD_RING_MAX]; /* who are asked at the same time */
	uint32_t n_also;
	uint32_t candidates;
	uint32_t n_skipped;
	uint32_t n_next;
	struct jf_acd_ref skipped[JF_ACD_TRIED_MAX];
	struct jf_acd_candidate next[JF_ACD_NEXT_MAX];
};

static struct jf_acd_output *decide(struct jf_acd *acd, const struct jf_acd_entry *e,
                                    const struct choice *choice, enum jf_acd_situation why,
                                    uint64_t now_ns)
{
	struct jf_acd_output *out = jf_acd_emit(acd, choice->agent ? JF_ACD_OFFER : JF_ACD_WAIT);
	const struct jf_acd_queue_node *q = e->queue;
	struct jf_acd_decision *d = &out->decision;

	out->call = e->call;
	out->entry = e->ref;
	out->agent = jf_acd_nobody;
	d->at_ns = now_ns;
	d->situation = why;
	d->rule = why == JF_ACD_AGENT_FREED ? q->call_rule->name : q->agent_rule->name;
	d->entry = e->ref;
	d->queue = q->q.ref;
	d->agent = jf_acd_nobody;
	d->waited_ns = jf_time_since(e->enqueued_ns, now_ns);
	d->waiting = q->q.waiting;
	memcpy(d->members_by_state, q->q.members_by_state, sizeof(d->members_by_state));
	d->candidates = choice->candidates;
	d->n_skipped = choice->n_skipped;
	memcpy(d->skipped, choice->skipped, choice->n_skipped * sizeof(d->skipped[0]));
	d->n_next = choice->n_next;
	memcpy(d->next, choice->next, choice->n_next * sizeof(d->next[0]));
	d->requirement = e->class->requirement;
	d->step = e->step;
	d->named = e->class->named != JF_ACD_NONE;
	d->priority = jf_acd_entry_points(e, now_ns);
	return out;
}

/* The link by which they found each other. */
static struct jf_acd_link *link_of(const struct jf_acd_agent_node *a, const struct jf_acd_class *c)
{
	for (uint32_t i = 0; i < a->n_links; i++)
		if (a->links[i].class_id == c->id)
			return &a->links[i];
	return NULL;
}

/* It waits no longer. */
static void served(struct jf_acd *acd, struct jf_acd_entry *e, bool retried)
{
	jf_acd_waiting_remove(acd, e);
	if (retried)
		e->n_tried = 0;
	e->state = JF_ACD_ENTRY_OFFERED;
	e->queue->q.ringing++;
}

/* The agent's change is told before the offer that it comes from. */
static void claim(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                  const struct choice *choice, enum jf_acd_situation why, uint64_t now_ns)
{
	bool ready = a->a.state == JF_AGENT_READY;
	struct jf_acd_link *l;
	uint64_t score;
	struct jf_acd_output *out;
	struct jf_acd_decision *d;
	int err = 0;

	jf_acd_links_prefetch(a);
	l = link_of(a, e->class);
	score = l && a->listed ? l->ready_hi : 0;
	/* With room for another call, it stays what it is. */
	if (ready)
		err = jf_acd_agent_step(acd, a, JF_AGENT_EVENT_CLAIM, NULL, "call", now_ns);
	else
		jf_acd_agent_unlist(acd, a);
	assert(!err);
	(void)err;
	out = decide(acd, e, choice, why, now_ns);
	out->agent = a->a.ref;
	d = &out->decision;
	/* As it was when it was decided. */
	if (ready) {
		d->members_by_state[JF_AGENT_READY]++;
		d->members_by_state[JF_AGENT_RESERVED]--;
		d->idle_ns = jf_time_since(a->a.idle_since_ns, now_ns);
	}
	d->agent = a->a.ref;
	d->score = score;
	d->retried = e->n_tried && was_tried(e, a);
	if (l)
		l->member->offered_serial = ++acd->offer_serial;
	if (e->state == JF_ACD_ENTRY_WAITING)
		served(acd, e, d->retried);
	jf_acd_offer_make(e, a);
}

/* ---- A call looks for an agent --------------------------------------------------------------- */

static void note_next(struct choice *choice, struct jf_acd_ref ref, uint64_t score)
{
	choice->next[choice->n_next++] = (struct jf_acd_candidate){ref, score};
}

static uint32_t at_once_of(const struct jf_acd_queue_node *q)
{
	return q->q.options.ring_at_once ? q->q.options.ring_at_once : JF_ACD_RING_MAX;
}

/* The first ready one of the class whom it may go to, or the first few; those that it passes over
 * are noted. */
static void agent_choose(const struct jf_acd *acd, const struct jf_acd_entry *e,
                         struct choice *ret_choice)
{
	uint32_t at_once = e->queue->agent_rule->at_once ? at_once_of(e->queue) : 1;
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;

	ret_choice->candidates = e->class->ready.count;
	while ((item = jf_order_next(&e->class->ready, &cursor))) {
		struct jf_acd_ref ref = jf_acd_table_ref(&acd->agents, item->value);
		struct jf_acd_agent_node *a = jf_acd_table_at(&acd->agents, item->value);

		if (ret_choice->agent && ret_choice->n_next == JF_ACD_NEXT_MAX)
			break;
		if (e->n_tried && jf_acd_passed_over(acd, e, a)) {
			ret_choice->candidates--;
			if (ret_choice->n_skipped < JF_ACD_TRIED_MAX)
				ret_choice->skipped[ret_choice->n_skipped++] = ref;
		} else if (!ret_choice->agent) {
			ret_choice->agent = a;
			jf_acd_agent_prefetch(a);
		} else if (ret_choice->n_also + 1 < at_once) {
			ret_choice->also[ret_choice->n_also++] = a;
		} else {
			note_next(ret_choice, ref, item->hi);
		}
	}
}

void jf_acd_match_entry(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_situation why,
                        uint64_t now_ns)
{
	struct choice choice;

	/* The lists are only as good as their counts. */
	choice.agent = NULL;
	choice.n_skipped = choice.n_next = choice.n_also = 0;
	agent_choose(acd, e, &choice);
	if (choice.agent)
		claim(acd, e, choice.agent, &choice, why, now_ns);
	else
		(void)decide(acd, e, &choice, why, now_ns);
	for (uint32_t i = 0; i < choice.n_also; i++)
		claim(acd, e, choice.also[i], &choice, why, now_ns);
}

/* ---- An agent looks for a call --------------------------------------------------------------- */

/* The first entry of the class that may go to the agent, as a head. False: none. */
static bool head_for(const struct jf_acd *acd, const struct jf_acd_agent_node *a, uint32_t class_id,
                     struct jf_acd_head *ret_head)
{
	struct jf_order_cursor cursor = {0, 0};
	const struct jf_order_item *item;

	*ret_head = acd->heads[class_id];
	if (!ret_head->tried)
		return true;
	while ((item = jf_order_next(&acd->classes[class_id]->waiting, &cursor)))
		if (!jf_acd_passed_over(acd, jf_acd_table_at(&acd->entries, item->value), a)) {
			ret_head->item = *item;
			return true;
		}
	return false;
}

void jf_acd_match_agent(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_head best, second, head;
	unsigned int found = 0;
	struct choice choice;

	choice.agent = a;
	choice.candidates = choice.n_skipped = choice.n_next = 0;
	for (uint32_t i = 0; i < a->n_links; i++) {
		uint32_t id = a->links[i].class_id;

		if (!acd->heads[id].waiting || !head_for(acd, a, id, &head))
			continue;
		choice.candidates += head.waiting;
		if (!found || jf_acd_head_before(&head, &best, now_ns)) {
			second = best;
			best = head;
		} else if (found == 1 || jf_acd_head_before(&head, &second, now_ns)) {
			second = head;
		}
		found++;
	}
	if (!found)
		return;
	jf_acd_entry_prefetch(jf_acd_table_at(&acd->entries, best.item.value));
	if (found > 1) {
		uint32_t index = second.item.value;

		note_next(&choice, jf_acd_table_ref(&acd->entries, index), 0);
	}
	claim(acd, jf_acd_table_at(&acd->entries, best.item.value), a, &choice, JF_ACD_AGENT_FREED,
	      now_ns);
}
