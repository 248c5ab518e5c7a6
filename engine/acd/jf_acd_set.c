// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool name_fits(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < JF_ACD_NAME_MAX;
}

/* ---- Queues -------------------------------------------------------------------------------- */

int jf_acd_queue_add(struct jf_acd *acd, const char *name, uint32_t tenant,
                     const struct jf_acd_queue_options *options, struct jf_acd_ref *ret_queue)
{
	struct jf_acd_queue_node *q;

	if (!name_fits(name))
		return -EINVAL;
	q = calloc(1, sizeof(*q));
	if (!q)
		return -ENOMEM;
	if (jf_acd_table_take(&acd->queues, q, &q->q.ref)) {
		free(q);
		return -ENOMEM;
	}
	memcpy(q->name, name, strlen(name) + 1);
	q->q.name = q->name;
	q->q.tenant = tenant;
	q->q.options = *options;
	*ret_queue = q->q.ref;
	return 0;
}

int jf_acd_queue_set(struct jf_acd *acd, struct jf_acd_ref queue,
                     const struct jf_acd_queue_options *options)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);

	if (!q)
		return -ESTALE;
	q->q.options = *options;
	q->q.removed = false;
	for (struct jf_acd_entry *e = q->first; e; e = e->after) {
		jf_acd_due_clear(acd, &e->due);
		if (options->max_wait_ns && !e->counted)
			jf_acd_due_set(acd, &e->due, e->enqueued_ns + options->max_wait_ns);
	}
	return 0;
}

static void member_free(struct jf_acd_member **at)
{
	struct jf_acd_member *m = *at;

	jf_acd_ready_remove(m);
	m->queue->q.members--;
	m->queue->q.members_by_state[m->agent->a.state]--;
	m->agent->a.n_queues--;
	*at = m->next_queue;
	free(m);
}

static struct jf_acd_member **member_find(struct jf_acd_agent_node *a,
                                          const struct jf_acd_queue_node *q)
{
	struct jf_acd_member **at = &a->members;

	while (*at && (*at)->queue != q)
		at = &(*at)->next_queue;
	return at;
}

void jf_acd_queue_reap(struct jf_acd *acd, struct jf_acd_queue_node *q)
{
	if (!q->q.removed || q->q.waiting || q->q.ringing || q->q.talking)
		return;
	for (uint32_t i = 0; i < acd->agents.n; i++) {
		struct jf_acd_agent_node *a = acd->agents.items[i];
		struct jf_acd_member **at = a ? member_find(a, q) : NULL;

		if (at && *at)
			member_free(at);
	}
	jf_acd_table_drop(&acd->queues, q->q.ref);
}

int jf_acd_queue_remove(struct jf_acd *acd, struct jf_acd_ref queue)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);

	if (!q)
		return -ESTALE;
	q->q.removed = true;
	jf_acd_queue_reap(acd, q);
	return 0;
}

/* ---- Agents -------------------------------------------------------------------------------- */

int jf_acd_agent_add(struct jf_acd *acd, const char *name, uint32_t tenant, bool auto_ready,
                     struct jf_acd_ref *ret_agent)
{
	struct jf_acd_agent_node *a;

	if (!name_fits(name))
		return -EINVAL;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	if (jf_acd_table_take(&acd->agents, a, &a->a.ref)) {
		free(a);
		return -ENOMEM;
	}
	memcpy(a->name, name, strlen(name) + 1);
	a->a.name = a->name;
	a->a.tenant = tenant;
	a->a.auto_ready = auto_ready;
	a->a.entry = jf_acd_nobody;
	*ret_agent = a->a.ref;
	return 0;
}

int jf_acd_agent_set(struct jf_acd *acd, struct jf_acd_ref agent, bool auto_ready)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	a->a.auto_ready = auto_ready;
	return 0;
}

int jf_acd_agent_remove(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (a->entry || a->a.direct)
		return -EBUSY;
	jf_acd_due_clear(acd, &a->due);
	while (a->members) {
		struct jf_acd_queue_node *q = a->members->queue;

		member_free(&a->members);
		if (q->q.waiting && q->n_ready)
			jf_acd_match_passed_over(acd, q, now_ns);
	}
	jf_acd_table_drop(&acd->agents, agent);
	return 0;
}

int jf_acd_member_add(struct jf_acd *acd, struct jf_acd_ref agent, struct jf_acd_ref queue,
                      uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_member **at, *m;

	if (!a || !q)
		return -ESTALE;
	if (a->a.tenant != q->q.tenant)
		return -EINVAL;
	at = member_find(a, q);
	if (*at)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->agent = a;
	m->queue = q;
	*at = m;
	a->a.n_queues++;
	q->q.members++;
	q->q.members_by_state[a->a.state]++;
	if (a->a.state == JF_AGENT_READY) {
		jf_acd_ready_insert(m);
		jf_acd_match_agent(acd, a, now_ns);
	}
	return 0;
}

int jf_acd_member_remove(struct jf_acd *acd, struct jf_acd_ref agent, struct jf_acd_ref queue,
                         uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_member **at;

	if (!a || !q)
		return -ESTALE;
	at = member_find(a, q);
	if (*at)
		member_free(at);
	if (q->q.waiting && q->n_ready)
		jf_acd_match_passed_over(acd, q, now_ns);
	return 0;
}
