// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_explain.h"

#include <errno.h>

#include "jf_acd_skill_priv.h"

static const char *const why_not_names[] = {
#define X(name, text) [JF_ACD_WHY_NOT_##name] = text,
        JF_ACD_WHY_NOT(X)
#undef X
};

const char *jf_acd_why_not_name(enum jf_acd_why_not why)
{
	return (unsigned int)why < JF_ACD_WHY_NOT_COUNT ? why_not_names[why] : "?";
}

/* What cannot be changed by waiting goes before what can. */
static enum jf_acd_why_not why_not(const struct jf_acd *acd, const struct jf_acd_entry *e,
                                   const struct jf_acd_agent_node *a)
{
	const struct jf_acd_requirement *r = jf_acd_requirement_get(acd, e->class->requirement);

	if (a->a.state == JF_AGENT_LOGGED_OUT)
		return JF_ACD_WHY_NOT_LOGGED_OUT;
	if (a->a.state == JF_AGENT_UNREACHABLE)
		return JF_ACD_WHY_NOT_UNREACHABLE;
	if (e->class->named != JF_ACD_NONE && e->class->named != a->a.ref.index)
		return JF_ACD_WHY_NOT_KEPT;
	if (e->class->named == JF_ACD_NONE && r && !jf_acd_requirement_met(r, a))
		return JF_ACD_WHY_NOT_LACKS_SKILL;
	if (a->a.state == JF_AGENT_NOT_READY)
		return JF_ACD_WHY_NOT_NOT_READY;
	if (!jf_acd_may_take(a))
		return JF_ACD_WHY_NOT_BUSY;
	return jf_acd_passed_over(acd, e, a) ? JF_ACD_WHY_NOT_PASSED_OVER : JF_ACD_WHY_NOT_NOTHING;
}

/* Into its place among those told by name, which are few. */
static void tell(struct jf_acd_explanation *x, const struct jf_acd_explained *one)
{
	uint32_t at = x->n;

	if (x->n == JF_ACD_EXPLAINED_MAX) {
		if (one->why >= x->agents[x->n - 1].why)
			return;
		at--;
	} else {
		x->n++;
	}
	for (; at && one->why < x->agents[at - 1].why; at--)
		x->agents[at] = x->agents[at - 1];
	x->agents[at] = *one;
}

int jf_acd_explain(const struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns,
                   struct jf_acd_explanation *ret_explanation)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	struct jf_acd_explanation x = {.kept_for = jf_acd_nobody};
	const struct jf_acd_requirement *r;

	if (!e)
		return -ESTALE;
	r = jf_acd_requirement_get(acd, e->class->requirement);
	x.queue = e->queue->q.ref;
	x.waiting = !jf_acd_position(acd, entry, &x.ahead);
	x.waited_ns = jf_time_since(e->enqueued_ns, now_ns);
	x.priority = jf_acd_entry_points(e, now_ns);
	x.overage = e->tier == JF_ACD_TIER_OVERAGE;
	x.requirement = e->class->requirement;
	x.step = e->step;
	x.n_steps = jf_acd_plan_get(acd, e->plan)->n;
	if (e->class->named != JF_ACD_NONE)
		x.kept_for = jf_acd_table_ref(&acd->agents, e->class->named);
	x.agents_by = e->queue->agent_rule->name;
	x.calls_by = e->queue->call_rule->name;
	for (const struct jf_acd_member *m = e->queue->first_member; m; m = m->after) {
		const struct jf_acd_agent_node *a = m->agent;
		struct jf_acd_explained one = {
		        .agent = a->a.ref,
		        .why = why_not(acd, e, a),
		        .state = a->a.state,
		        .since_ns = a->a.since_ns,
		        .score = r ? jf_acd_requirement_score(r, a) : 0,
		};

		x.members++;
		x.counts[one.why]++;
		tell(&x, &one);
	}
	*ret_explanation = x;
	return 0;
}

int jf_acd_queue_first(const struct jf_acd *acd, struct jf_acd_ref queue, uint64_t now_ns,
                       struct jf_acd_ref *ret_entry)
{
	const struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	const struct jf_acd_head *best = NULL;

	if (!q)
		return -ESTALE;
	for (const struct jf_acd_class *c = q->classes; c; c = c->after) {
		const struct jf_acd_head *head = &acd->heads[c->id];

		if (head->waiting && (!best || jf_acd_head_before(head, best, now_ns)))
			best = head;
	}
	if (!best)
		return -ENOENT;
	*ret_entry = jf_acd_table_ref(&acd->entries, best->item.value);
	return 0;
}
