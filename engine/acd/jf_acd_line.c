// SPDX-License-Identifier: BSD-3-Clause
/* The line of those who wait: where an entry stands, and when that changes. */
#include "jf_acd_skill_priv.h"

#include <stdlib.h>

#define KEY_MASK (((uint64_t)1 << JF_ACD_TIER_SHIFT) - 1)

static uint16_t cap_of(const struct jf_acd_queue_options *o)
{
	return o->priority_cap ? o->priority_cap : JF_ACD_PRIORITY_MAX;
}

static uint16_t base_of(const struct jf_acd_entry *e)
{
	uint16_t cap = cap_of(&e->queue->q.options);

	return e->priority < cap ? e->priority : cap;
}

/* ---- Order ----------------------------------------------------------------------------------- */

uint64_t jf_acd_order_group(const struct jf_acd_queue_options *options)
{
	return options->calls_by == JF_ACD_CALLS_BY_AGEING ? options->ageing_ns : 0;
}

static uint64_t capped_ns(const struct jf_acd_entry *e)
{
	struct jf_acd_queue_options o = e->queue->q.options;

	o.priority_cap = cap_of(&o);
	return e->queue->call_rule->capped_ns(&o, base_of(e), e->enqueued_ns);
}

static enum jf_acd_tier tier_of(const struct jf_acd_entry *e, uint64_t now_ns)
{
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	uint64_t capped;

	if (e->at_head)
		return JF_ACD_TIER_HEAD;
	if (o->age_cap_ns && now_ns >= e->enqueued_ns + o->age_cap_ns)
		return JF_ACD_TIER_OVERAGE;
	if (o->calls_by != JF_ACD_CALLS_BY_AGEING)
		return JF_ACD_TIER_ORDINARY;
	capped = capped_ns(e);
	return capped && now_ns >= capped ? JF_ACD_TIER_CAPPED : JF_ACD_TIER_ORDINARY;
}

static struct jf_acd_points points_of(const struct jf_acd_queue_node *q, uint64_t key,
                                      uint64_t now_ns)
{
	struct jf_acd_points p;

	if (key >> JF_ACD_TIER_SHIFT != JF_ACD_TIER_ORDINARY)
		return (struct jf_acd_points){cap_of(&q->q.options), 1};
	p = q->call_rule->points(&q->q.options, key & KEY_MASK, now_ns);
	/* Its due may be a moment late. */
	if (p.over / p.by >= cap_of(&q->q.options))
		p = (struct jf_acd_points){cap_of(&q->q.options), 1};
	return p;
}

uint16_t jf_acd_entry_points(const struct jf_acd_entry *e, uint64_t now_ns)
{
	struct jf_acd_points p;

	if (e->queue->q.options.calls_by == JF_ACD_CALLS_BY_AGE)
		return e->priority;
	if (e->tier == JF_ACD_TIER_CAPPED)
		return cap_of(&e->queue->q.options);
	p = points_of(
	        e->queue,
	        (uint64_t)JF_ACD_TIER_ORDINARY << JF_ACD_TIER_SHIFT |
	                e->queue->call_rule->key(&e->queue->q.options, base_of(e), e->enqueued_ns),
	        now_ns);
	return (uint16_t)(p.over / p.by);
}

struct jf_acd_head jf_acd_entry_head(const struct jf_acd_entry *e)
{
	return (struct jf_acd_head){.item = jf_acd_entry_item(e),
	                            .queue = e->queue,
	                            .group = jf_acd_order_group(&e->queue->q.options)};
}

bool jf_acd_head_before(const struct jf_acd_head *a, const struct jf_acd_head *b, uint64_t now_ns)
{
	uint64_t tier_a = a->item.hi >> JF_ACD_TIER_SHIFT, tier_b = b->item.hi >> JF_ACD_TIER_SHIFT;
	struct jf_acd_points pa, pb;
	unsigned __int128 left, right;

	if (tier_a <= JF_ACD_TIER_OVERAGE || tier_b <= JF_ACD_TIER_OVERAGE ||
	    (a->group == b->group && tier_a == JF_ACD_TIER_ORDINARY &&
	     tier_b == JF_ACD_TIER_ORDINARY))
		return jf_order_before(&a->item, &b->item);
	pa = points_of(a->queue, a->item.hi, now_ns);
	pb = points_of(b->queue, b->item.hi, now_ns);
	left = (unsigned __int128)pa.over * pb.by;
	right = (unsigned __int128)pb.over * pa.by;
	if (left != right)
		return left > right;
	return a->item.lo != b->item.lo ? a->item.lo < b->item.lo : a->item.tie < b->item.tie;
}

/* ---- What it asks for ------------------------------------------------------------------------ */

/* The preferred agent, while the entry is kept for it and it may come. */
static uint32_t kept_for(const struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, e->preferred);

	if (e->prefer_until_ns > now_ns && a && jf_acd_present(a->a.state))
		for (const struct jf_acd_member *m = a->members; m; m = m->next_queue)
			if (m->queue == e->queue)
				return a->a.ref.index;
	e->prefer_until_ns = 0;
	return JF_ACD_NONE;
}

/* The first class from the entry's step on that somebody present suits; that of the step if there
 * is none. */
static int class_find(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_class **ret_class)
{
	const struct jf_acd_plan *plan = jf_acd_plan_get(acd, e->plan);
	struct jf_acd_class *first, *c;
	int err;

	err = jf_acd_class_get(acd, e->queue, plan->steps[e->step].requirement, JF_ACD_NONE,
	                       &first);
	if (err)
		return err;
	c = first;
	for (unsigned int step = e->step; step < plan->n && !c->present;) {
		if (++step == plan->n)
			break;
		err = jf_acd_class_get(acd, e->queue, plan->steps[step].requirement, JF_ACD_NONE,
		                       &c);
		if (err)
			return err;
		if (c->present)
			e->step = (uint8_t)step;
	}
	*ret_class = c->present ? c : first;
	return 0;
}

int jf_acd_entry_place(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	const struct jf_acd_plan *plan = jf_acd_plan_get(acd, e->plan);
	struct jf_acd_class *c;
	uint32_t named;
	int err;

	while (e->step + 1 < plan->n &&
	       e->enqueued_ns + plan->steps[e->step + 1].after_ns <= now_ns)
		e->step++;
	named = e->prefer_until_ns ? kept_for(acd, e, now_ns) : JF_ACD_NONE;
	/* The usual case: nothing has changed. */
	if (e->class && e->class->queue == e->queue && e->class->named == named &&
	    (named != JF_ACD_NONE ||
	     (e->class->present && e->class->requirement == plan->steps[e->step].requirement)))
		return 0;
	if (named != JF_ACD_NONE)
		err = jf_acd_class_get(acd, e->queue, plan->steps[e->step].requirement, named, &c);
	else
		err = class_find(acd, e, &c);
	if (err || c == e->class)
		return err;
	jf_acd_class_enter(acd, c);
	if (e->class)
		jf_acd_class_leave(acd, e->class);
	e->class = c;
	return 0;
}

/* ---- In and out ------------------------------------------------------------------------------ */

static void earlier(uint64_t *at_ns, uint64_t other_ns)
{
	if (!*at_ns || other_ns < *at_ns)
		*at_ns = other_ns;
}

static void due_arm(struct jf_acd *acd, struct jf_acd_entry *e)
{
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	const struct jf_acd_plan *plan = jf_acd_plan_get(acd, e->plan);
	uint64_t at_ns = 0;

	/* Who was answered once (its agent vanished) is not sent away for waiting. */
	if (o->max_wait_ns && !e->counted && !e->expired)
		earlier(&at_ns, e->enqueued_ns + o->max_wait_ns);
	if (o->age_cap_ns && e->tier > JF_ACD_TIER_OVERAGE)
		earlier(&at_ns, e->enqueued_ns + o->age_cap_ns);
	if (e->tier == JF_ACD_TIER_ORDINARY && o->calls_by == JF_ACD_CALLS_BY_AGEING)
		earlier(&at_ns, capped_ns(e));
	if (e->prefer_until_ns)
		earlier(&at_ns, e->prefer_until_ns);
	if (jf_acd_overflow_due_ns(e))
		earlier(&at_ns, jf_acd_overflow_due_ns(e));
	if (e->step + 1 < plan->n)
		earlier(&at_ns, e->enqueued_ns + plan->steps[e->step + 1].after_ns);
	if (at_ns)
		jf_acd_due_set(acd, &e->due, at_ns);
	else
		jf_acd_due_clear(acd, &e->due);
}

static void stand(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	struct jf_acd_queue_node *q = e->queue;
	struct jf_order_item item;

	e->tier = tier_of(e, now_ns);
	e->key = (uint64_t)e->tier << JF_ACD_TIER_SHIFT;
	if (e->tier == JF_ACD_TIER_ORDINARY)
		e->key |= q->call_rule->key(&q->q.options, base_of(e), e->enqueued_ns) & KEY_MASK;
	item = jf_acd_entry_item(e);
	/* A caller whom nobody sees is a caller who is lost. */
	if (jf_order_insert(&e->class->waiting, &item) ||
	    (e->n_tried && jf_order_insert(&e->class->tried, &item)))
		abort();
	jf_acd_head_update(acd, e->class);
	due_arm(acd, e);
}

static void step_aside(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_order_item item = jf_acd_entry_item(e);

	jf_order_remove(&e->class->waiting, &item);
	if (e->n_tried)
		jf_order_remove(&e->class->tried, &item);
	jf_acd_head_update(acd, e->class);
}

void jf_acd_waiting_insert(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	/* Out of memory: it waits for those it waited for until now. */
	(void)jf_acd_entry_place(acd, e, now_ns);
	e->state = JF_ACD_ENTRY_WAITING;
	e->agent = NULL;
	e->queue->q.waiting++;
	stand(acd, e, now_ns);
}

void jf_acd_waiting_remove(struct jf_acd *acd, struct jf_acd_entry *e)
{
	step_aside(acd, e);
	e->queue->q.waiting--;
	jf_acd_due_clear(acd, &e->due);
}

/* ---- What time changes ----------------------------------------------------------------------- */

bool jf_acd_entry_move(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	const struct jf_acd_class *before = e->class;

	step_aside(acd, e);
	(void)jf_acd_entry_place(acd, e, now_ns);
	stand(acd, e, now_ns);
	return e->class != before;
}

void jf_acd_entry_due(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	uint64_t max_wait_ns = e->queue->q.options.max_wait_ns;

	if (max_wait_ns && !e->counted && !e->expired && now_ns >= e->enqueued_ns + max_wait_ns) {
		struct jf_acd_output *out = jf_acd_emit(acd, JF_ACD_EXPIRED);

		e->expired = true;
		out->call = e->call;
		out->entry = e->ref;
	}
	if (jf_acd_overflow_waited(acd, e, now_ns))
		return;
	if (jf_acd_entry_move(acd, e, now_ns))
		jf_acd_match_entry(acd, e, JF_ACD_CALL_RELAXED, now_ns);
}
