// SPDX-License-Identifier: BSD-3-Clause
/*
 * How long an entry will wait. Before it stand n others; the agents who may serve it finish
 * servers / handling calls a second, and each of those before it gives up at some rate. So the
 * place is reached after the sum of 1 / (finished a second + i * given up a second), i from 0 to n:
 * the mean of the virtual wait in a queue with impatience (M/M/N+M).
 */
#include "jf_acd_priv.h"

#include <errno.h>
#include <math.h>

/* What is counted lately: the last few hundred calls. */
#define LATELY      200.0
#define SERVERS_NS  (5 * JF_NS_PER_S)
#define RATES_NS    (60 * JF_NS_PER_S)
#define SECONDS(ns) ((double)(ns) / 1e9)

void jf_acd_handled_last(struct jf_acd *acd, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, a->handling);

	a->handling = (struct jf_acd_ref){0, 0};
	if (q)
		jf_acd_handled(q, a->handling_ns, now_ns);
}

void jf_acd_handled(struct jf_acd_queue_node *q, uint64_t since_ns, uint64_t now_ns)
{
	uint64_t took_ns = jf_time_since(since_ns, now_ns);
	double n;

	q->q.counters.handled++;
	q->q.counters.handled_ns += took_ns;
	n = (double)q->q.counters.handled;
	q->handling_ns += ((double)took_ns - q->handling_ns) / (n < LATELY ? n : LATELY);
}

/* Each minute: how many it had answered lately, and how many of those who wait give up. */
static void rates_update(struct jf_acd_queue_node *q, uint64_t now_ns)
{
	const struct jf_acd_queue_counters *c = &q->q.counters;
	uint64_t abandoned = c->abandoned_queue + c->abandoned_short + c->abandoned_ringing;
	double waited_s, weight = 0.2;

	if (q->rate_ns && now_ns - q->rate_ns < RATES_NS)
		return;
	if (!q->answered_per_s)
		weight = 1;
	if (q->rate_ns && c->answered > q->rate_answered)
		q->answered_per_s += weight * ((double)(c->answered - q->rate_answered) /
		                                       SECONDS(now_ns - q->rate_ns) -
		                               q->answered_per_s);
	waited_s = SECONDS(c->wait_all_ns - q->rate_wait_ns);
	if (waited_s > 60)
		q->abandoned_per_s += weight * ((double)(abandoned - q->rate_abandoned) / waited_s -
		                                q->abandoned_per_s);
	q->rate_ns = now_ns;
	q->rate_answered = c->answered;
	q->rate_abandoned = abandoned;
	q->rate_wait_ns = c->wait_all_ns;
}

/* The work that a queue brings, for the share of agents who have several. */
static double load_of(const struct jf_acd_queue_node *q)
{
	double load = q->answered_per_s * SECONDS(q->handling_ns);

	return load > 0.01 ? load : 0.01;
}

/* The class's agents at work, each as far as the queue has it. Looks through them every few
 * seconds at most. */
static double servers_of(const struct jf_acd *acd, struct jf_acd_class *c, uint64_t now_ns)
{
	double servers = 0;

	if (c->servers_ns && now_ns - c->servers_ns < SERVERS_NS)
		return c->servers;
	for (const struct jf_acd_member *m = c->queue->first_member; m; m = m->after) {
		const struct jf_acd_agent_node *a = m->agent;
		double all = 0;

		if (!jf_acd_at_work(a->a.state) || !jf_acd_suits(a, c))
			continue;
		for (uint32_t i = 0; i < a->a.n_queues; i++)
			all += load_of(a->queues[i]);
		servers += a->a.capacity * load_of(c->queue) / all;
	}
	(void)acd;
	c->servers = servers;
	c->servers_ns = now_ns;
	return servers;
}

int jf_acd_guess(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns, uint64_t *ret_wait_ns)
{
	double servers, finished, given_up, wait_s;
	uint32_t ahead;

	if (!e->class->present || !e->class->at_work || !e->queue->handling_ns)
		return -EAGAIN;
	rates_update(e->queue, now_ns);
	servers = servers_of(acd, e->class, now_ns);
	if (servers <= 0 || jf_acd_position(acd, e->ref, &ahead))
		return -EAGAIN;
	finished = servers / SECONDS(e->queue->handling_ns);
	given_up = e->queue->abandoned_per_s;
	wait_s = (ahead + 1) / finished;
	if (given_up * wait_s > 1e-6)
		wait_s = log1p(given_up * (ahead + 1) / finished) / given_up;
	*ret_wait_ns = (uint64_t)(wait_s * 1e9);
	return 0;
}

int jf_acd_estimate(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns,
                    uint64_t *ret_wait_ns)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	int err;

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_WAITING)
		return -EINVAL;
	err = jf_acd_guess(acd, e, now_ns, ret_wait_ns);
	if (!err && !e->told_ns && !e->counted)
		e->told_ns = jf_time_since(e->enqueued_ns, now_ns) + *ret_wait_ns;
	return err;
}

void jf_acd_told_check(struct jf_acd_entry *e, uint64_t now_ns)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t waited_ns = jf_time_since(e->enqueued_ns, now_ns);

	if (!e->told_ns)
		return;
	c->told++;
	c->told_ns += e->told_ns;
	c->told_actual_ns += waited_ns;
	c->told_error_ns +=
	        e->told_ns > waited_ns ? e->told_ns - waited_ns : waited_ns - e->told_ns;
}
