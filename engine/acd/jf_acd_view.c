// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <errno.h>

static const char *const situation_names[] = {
        [JF_ACD_CALL_ARRIVED] = "call arrived",
        [JF_ACD_CALL_RETURNED] = "call returned",
        [JF_ACD_AGENT_FREED] = "agent freed",
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
	/* Behind those at the head they stand by age: the oldest is the first of either kind. */
	for (const struct jf_acd_entry *e = node->first; e; e = e->after) {
		if (!ret->oldest_ns || e->enqueued_ns < ret->oldest_ns)
			ret->oldest_ns = e->enqueued_ns;
		if (!e->at_head)
			break;
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
		const struct jf_acd_agent_node *a = acd->agents.items[(*cursor)++];

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
		const struct jf_acd_queue_node *q = acd->queues.items[(*cursor)++];

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

int jf_acd_entry_call(const struct jf_acd *acd, struct jf_acd_ref entry,
                      struct jf_call_id *ret_call)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);

	if (!e)
		return -ESTALE;
	*ret_call = e->call;
	return 0;
}

int jf_acd_position(const struct jf_acd *acd, struct jf_acd_ref entry, uint32_t *ret_ahead)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	uint32_t ahead = 0;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_WAITING)
		return -EINVAL;
	for (e = e->before; e; e = e->before)
		ahead++;
	*ret_ahead = ahead;
	return 0;
}
