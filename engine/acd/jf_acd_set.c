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

static bool options_fit(const struct jf_acd_queue_options *o)
{
	return (unsigned int)o->agents_by < JF_ACD_AGENTS_BY_COUNT &&
	       (unsigned int)o->calls_by < JF_ACD_CALLS_BY_COUNT &&
	       o->priority_cap <= JF_ACD_PRIORITY_MAX && o->ring_at_once <= JF_ACD_RING_MAX &&
	       (o->calls_by != JF_ACD_CALLS_BY_AGEING ||
	        (o->ageing_ns >= JF_ACD_AGEING_MIN_NS && o->ageing_ns <= JF_ACD_AGEING_MAX_NS));
}

static void options_take(struct jf_acd_queue_node *q, const struct jf_acd_queue_options *options)
{
	q->q.options = *options;
	q->agent_rule = jf_acd_agent_rules[options->agents_by];
	q->call_rule = jf_acd_call_rules[options->calls_by];
}

int jf_acd_queue_add(struct jf_acd *acd, const char *name, uint32_t tenant,
                     const struct jf_acd_queue_options *options, struct jf_acd_ref *ret_queue)
{
	struct jf_acd_queue_node *q;

	if (!name_fits(name) || !options_fit(options))
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
	options_take(q, options);
	*ret_queue = q->q.ref;
	return 0;
}

/* The agents of the queue that are listed: out before its rule changes, in again after it. */
static void members_list(struct jf_acd *acd, struct jf_acd_queue_node *q, bool in)
{
	for (struct jf_acd_member *m = q->first_member; m; m = m->after) {
		if (!in && m->agent->listed) {
			jf_acd_agent_unlist(acd, m->agent);
			m->relist = true;
		} else if (in && m->relist) {
			m->relist = false;
			jf_acd_agent_list(acd, m->agent, m->agent->listed_ns);
		}
	}
}

/* Is everybody's place in the queue, agent's and caller's, where it was? */
static bool order_stays(const struct jf_acd_queue_options *a, const struct jf_acd_queue_options *b)
{
	return a->agents_by == b->agents_by && a->calls_by == b->calls_by &&
	       a->ageing_ns == b->ageing_ns && a->priority_cap == b->priority_cap &&
	       a->age_cap_ns == b->age_cap_ns && a->max_wait_ns == b->max_wait_ns;
}

int jf_acd_queue_set(struct jf_acd *acd, struct jf_acd_ref queue,
                     const struct jf_acd_queue_options *options)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	uint32_t n = 0;
	struct jf_acd_entry **waiting;

	if (!q)
		return -ESTALE;
	if (!options_fit(options))
		return -EINVAL;
	if (order_stays(&q->q.options, options)) {
		/* Not to go through thousands of agents and callers for it. */
		options_take(q, options);
		q->q.removed = false;
		return 0;
	}
	waiting = malloc((q->q.waiting + 1) * sizeof(struct jf_acd_entry *));
	if (!waiting)
		return -ENOMEM;
	for (uint32_t i = 0; i < acd->entries.n; i++) {
		struct jf_acd_entry *e = jf_acd_table_at(&acd->entries, i);

		if (e && e->queue == q && e->state == JF_ACD_ENTRY_WAITING)
			waiting[n++] = e;
	}
	for (uint32_t i = 0; i < n; i++)
		jf_acd_waiting_remove(acd, waiting[i]);
	members_list(acd, q, false);
	options_take(q, options);
	q->q.removed = false;
	for (struct jf_acd_class *c = q->classes; c; c = c->after)
		acd->heads[c->id].group = jf_acd_order_group(options);
	members_list(acd, q, true);
	for (uint32_t i = 0; i < n; i++)
		jf_acd_waiting_insert(acd, waiting[i], acd->seen_ns);
	free(waiting);
	return 0;
}

static void member_free(struct jf_acd *acd, struct jf_acd_member **at)
{
	struct jf_acd_member *m = *at;
	struct jf_acd_agent_node *a = m->agent;
	struct jf_acd_queue_node *q = m->queue;
	bool listed = a->listed;

	jf_acd_agent_unlist(acd, a);
	jf_acd_links_drop(acd, m);
	*at = m->next_queue;
	*(m->before ? &m->before->after : &q->first_member) = m->after;
	*(m->after ? &m->after->before : &q->last_member) = m->before;
	q->q.members--;
	q->q.members_by_state[a->a.state]--;
	a->a.n_queues--;
	for (uint32_t i = 0; i <= a->a.n_queues; i++)
		if (a->queues[i] == q) {
			a->queues[i] = a->queues[a->a.n_queues];
			break;
		}
	free(m);
	if (listed)
		jf_acd_agent_list(acd, a, a->listed_ns);
}

static struct jf_acd_member **member_find(struct jf_acd_agent_node *a,
                                          const struct jf_acd_queue_node *q)
{
	struct jf_acd_member **at = &a->members;

	while (*at && (*at)->queue != q)
		at = &(*at)->next_queue;
	return at;
}

void jf_acd_queue_clear(struct jf_acd *acd, struct jf_acd_queue_node *q)
{
	while (q->first_member)
		member_free(acd, member_find(q->first_member->agent, q));
	while (q->classes)
		jf_acd_class_drop(acd, q->classes);
	free(q->overflow);
	q->overflow = NULL;
}

void jf_acd_queue_reap(struct jf_acd *acd, struct jf_acd_queue_node *q)
{
	if (!q->q.removed || q->q.waiting || q->q.ringing || q->q.talking)
		return;
	jf_acd_queue_clear(acd, q);
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
	a->a.capacity = 1;
	a->due.owner = a->a.ref.index;
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

int jf_acd_agent_idle_set(struct jf_acd *acd, struct jf_acd_ref agent, unsigned int through)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	a->idle_through = through;
	return 0;
}

int jf_acd_agent_capacity_set(struct jf_acd *acd, struct jf_acd_ref agent, uint32_t capacity,
                              uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (!capacity || capacity > JF_ACD_CAPACITY_MAX)
		return -EINVAL;
	if (a->a.capacity == capacity)
		return 0;
	a->a.capacity = capacity;
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

void jf_acd_agent_clear(struct jf_acd_agent_node *a)
{
	free(a->links);
	free(a->queues);
	free(a->skills);
}

/* Nobody need wait for it any more. */
static void member_gone(struct jf_acd *acd, struct jf_acd_queue_node *q, uint64_t now_ns)
{
	struct jf_acd_again again = {0};

	if (!q->q.waiting)
		return;
	jf_acd_again_relax(acd, q, &again, now_ns);
	for (const struct jf_acd_class *c = q->classes; c; c = c->after)
		jf_acd_again_passed_over(acd, c, &again);
	jf_acd_again_match(acd, &again, now_ns);
}

int jf_acd_agent_remove(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (a->a.n_calls || a->a.direct)
		return -EBUSY;
	jf_acd_due_clear(acd, &a->due);
	while (a->members) {
		struct jf_acd_queue_node *q = a->members->queue;

		member_free(acd, &a->members);
		member_gone(acd, q, now_ns);
	}
	jf_acd_agent_clear(a);
	jf_acd_table_drop(&acd->agents, agent);
	return 0;
}

int jf_acd_member_add(struct jf_acd *acd, struct jf_acd_ref agent, struct jf_acd_ref queue,
                      uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_queue_node **queues;
	struct jf_acd_member **at, *m;
	int err;

	if (!a || !q)
		return -ESTALE;
	if (a->a.tenant != q->q.tenant)
		return -EINVAL;
	at = member_find(a, q);
	if (*at)
		return 0;
	queues = realloc(a->queues, (a->a.n_queues + 1) * sizeof(struct jf_acd_queue_node *));
	if (queues)
		a->queues = queues;
	m = calloc(1, sizeof(*m));
	if (!m || !queues) {
		free(m);
		return -ENOMEM;
	}
	m->agent = a;
	m->queue = q;
	m->place = q->places++;
	*at = m;
	m->before = q->last_member;
	*(m->before ? &m->before->after : &q->first_member) = m;
	q->last_member = m;
	a->queues[a->a.n_queues++] = q;
	q->q.members++;
	q->q.members_by_state[a->a.state]++;
	jf_acd_agent_unlist(acd, a);
	err = jf_acd_links_make(acd, m);
	/* It looks again, and whoever waits for somebody like it. */
	a->arrived = jf_acd_present(a->a.state);
	jf_acd_agent_settle(acd, a, now_ns);
	return err;
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
		member_free(acd, at);
	member_gone(acd, q, now_ns);
	return 0;
}
