// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <errno.h>

static const char *const situation_names[] = {
        [JF_ACD_CALL_ARRIVED] = "call arrived",
        [JF_ACD_CALL_RETURNED] = "call returned",
        [JF_ACD_AGENT_FREED] = "agent freed",
        [JF_ACD_CALL_RELAXED] = "call asks for something else",
        [JF_ACD_CALL_MOVED] = "call came from another queue",
};

const char *jf_acd_situation_name(enum jf_acd_situation situation)
{
	return (unsigned int)situation < JF_ACD_SITUATION_COUNT ? situation_names[situation] : "?";
}

static void agent_copy(const struct jf_acd_agent_node *node, struct jf_acd_agent *ret)
{
	*ret = node->a;
	ret->until_ns = jf_acd_due_ns(&node->due);
}

static void queue_copy(const struct jf_acd_queue_node *node, struct jf_acd_queue *ret)
{
	*ret = node->q;
	/* Whatever order they stand in, their ages stand in their keys. */
	for (const struct jf_acd_class *c = node->classes; c; c = c->after) {
		struct jf_order_cursor cursor = {0, 0};
		const struct jf_order_item *item;

		while ((item = jf_order_next(&c->waiting, &cursor)))
			if (!ret->oldest_ns || item->lo < ret->oldest_ns)
				ret->oldest_ns = item->lo;
	}
}

int jf_acd_agent_get(const struct jf_acd *acd, struct jf_acd_ref agent,
                     struct jf_acd_agent *ret_agent)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	agent_copy(a, ret_agent);
	return 0;
}

int jf_acd_queue_get(const struct jf_acd *acd, struct jf_acd_ref queue,
                     struct jf_acd_queue *ret_queue)
{
	const struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);

	if (!q)
		return -ESTALE;
	queue_copy(q, ret_queue);
	return 0;
}

bool jf_acd_agent_each(const struct jf_acd *acd, uint32_t *cursor, struct jf_acd_agent *ret_agent)
{
	while (*cursor < acd->agents.n) {
		const struct jf_acd_agent_node *a = jf_acd_table_at(&acd->agents, (*cursor)++);

		if (a) {
			agent_copy(a, ret_agent);
			return true;
		}
	}
	return false;
}

bool jf_acd_queue_each(const struct jf_acd *acd, uint32_t *cursor, struct jf_acd_queue *ret_queue)
{
	while (*cursor < acd->queues.n) {
		const struct jf_acd_queue_node *q = jf_acd_table_at(&acd->queues, (*cursor)++);

		if (q) {
			queue_copy(q, ret_queue);
			return true;
		}
	}
	return false;
}

bool jf_acd_agent_queue_each(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t *cursor,
                             struct jf_acd_ref *ret_queue)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	const struct jf_acd_member *m = a ? a->members : NULL;

	for (uint32_t i = 0; m && i < *cursor; i++)
		m = m->next_queue;
	if (!m)
		return false;
	(*cursor)++;
	*ret_queue = m->queue->q.ref;
	return true;
}

bool jf_acd_agent_entry_each(const struct jf_acd *acd, struct jf_acd_ref agent, uint32_t *cursor,
                             struct jf_acd_ref *ret_entry)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	const struct jf_acd_entry *e = a ? a->calls : NULL;
	uint32_t i = 0;

	if (!a || *cursor >= a->a.n_calls)
		return false;
	while (e && i++ < *cursor)
		e = e->fellow;
	(*cursor)++;
	*ret_entry = (e ? e : a->offer)->ref;
	return true;
}

int jf_acd_entry_call(const struct jf_acd *acd, struct jf_acd_ref entry,
                      struct jf_call_id *ret_call)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);

	if (!e)
		return -ESTALE;
	*ret_call = e->call;
	return 0;
}

struct place {
	struct jf_acd_head head;
	uint64_t now_ns;
};

static bool goes_before(const struct jf_order_item *item, const void *arg)
{
	const struct place *me = arg;
	struct jf_acd_head other = {
	        .item = *item, .queue = me->head.queue, .group = me->head.group};

	return jf_acd_head_before(&other, &me->head, me->now_ns);
}

int jf_acd_position(const struct jf_acd *acd, struct jf_acd_ref entry, uint32_t *ret_ahead)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	struct place me = {.now_ns = acd->seen_ns};
	uint32_t ahead = 0;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_WAITING)
		return -EINVAL;
	me.head = jf_acd_entry_head(e);
	for (const struct jf_acd_class *c = e->queue->classes; c; c = c->after)
		ahead += jf_order_count(&c->waiting, goes_before, &me);
	*ret_ahead = ahead;
	return 0;
}
