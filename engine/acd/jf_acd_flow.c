// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jf_acd_overflow_set(struct jf_acd *acd, struct jf_acd_ref queue,
                        const struct jf_acd_overflow *rules, uint32_t n)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_overflow *copy = NULL;

	if (!q)
		return -ESTALE;
	if (n > JF_ACD_OVERFLOW_MAX)
		return -E2BIG;
	for (uint32_t i = 0; i < n; i++) {
		const struct jf_acd_queue_node *to = jf_acd_table_get(&acd->queues, rules[i].to);

		if (!to || to == q || to->q.tenant != q->q.tenant)
			return -EINVAL;
	}
	if (n) {
		copy = malloc(n * sizeof(*copy));
		if (!copy)
			return -ENOMEM;
		memcpy(copy, rules, n * sizeof(*copy));
	}
	free(q->overflow);
	q->overflow = copy;
	q->n_overflow = n;
	return 0;
}

/* The queue that it may go to, or NULL. */
static struct jf_acd_queue_node *open_to(const struct jf_acd *acd, const struct jf_acd_entry *e,
                                         struct jf_acd_ref to)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, to);

	if (!q || q->q.removed || q->q.closed || q == e->queue || e->n_left == JF_ACD_HOPS_MAX)
		return NULL;
	for (unsigned int i = 0; i < e->n_left; i++)
		if (e->left[i] == q->q.ref.index)
			return NULL;
	return q;
}

/* It keeps its age; what it waited counts in the queue that it leaves. It looks for nobody yet. */
static void go(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_queue_node *to,
               uint64_t now_ns)
{
	struct jf_acd_queue_node *from = e->queue;
	struct jf_acd_output *out;

	jf_acd_waiting_remove(acd, e);
	if (!e->counted) {
		jf_acd_count_left(acd, e, JF_ACD_LEFT_OVERFLOWED, now_ns);
		from->q.counters.overflowed_out++;
		to->q.counters.overflowed_in++;
		to->q.counters.offered++;
	}
	e->left[e->n_left++] = from->q.ref.index;
	e->queue = to;
	e->step = 0; /* a step that was skipped may be met there */
	e->expired = false;
	jf_acd_waiting_insert(acd, e, now_ns);
	out = jf_acd_emit(acd, JF_ACD_OVERFLOWED);
	out->call = e->call;
	out->entry = e->ref;
	out->queue = from->q.ref;
	out->queue_to = to->q.ref;
	jf_acd_queue_reap(acd, from);
}

static bool nobody_present(const struct jf_acd_queue_node *q)
{
	return q->q.members_by_state[JF_AGENT_LOGGED_OUT] +
	               q->q.members_by_state[JF_AGENT_UNREACHABLE] ==
	       q->q.members;
}

static bool applies(struct jf_acd *acd, const struct jf_acd_overflow *rule, struct jf_acd_entry *e,
                    uint64_t now_ns)
{
	uint64_t wait_ns;
	uint32_t ahead;

	switch (rule->when) {
	case JF_ACD_OVERFLOW_BY_WAIT:
		return now_ns >= e->enqueued_ns + rule->limit;
	case JF_ACD_OVERFLOW_BY_LENGTH:
		return !jf_acd_position(acd, e->ref, &ahead) && ahead >= rule->limit;
	case JF_ACD_OVERFLOW_BY_ESTIMATE:
		return !jf_acd_guess(acd, e, now_ns, &wait_ns) && wait_ns >= rule->limit;
	default:
		return nobody_present(e->queue);
	}
}

/* Moves it if a rule says so. */
static bool overflow(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	const struct jf_acd_queue_node *q = e->queue;

	for (uint32_t i = 0; i < q->n_overflow; i++) {
		struct jf_acd_queue_node *to = open_to(acd, e, q->overflow[i].to);

		if (to && applies(acd, &q->overflow[i], e, now_ns)) {
			go(acd, e, to, now_ns);
			jf_acd_match_entry(acd, e, JF_ACD_CALL_MOVED, now_ns);
			return true;
		}
	}
	return false;
}

void jf_acd_overflow_arrived(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	while (e->state == JF_ACD_ENTRY_WAITING && overflow(acd, e, now_ns))
		;
}

uint64_t jf_acd_overflow_due_ns(const struct jf_acd_entry *e)
{
	uint64_t due_ns = 0;

	for (uint32_t i = 0; i < e->queue->n_overflow; i++) {
		const struct jf_acd_overflow *rule = &e->queue->overflow[i];
		uint64_t at_ns = e->enqueued_ns + rule->limit;

		/* Once: if it could not go then, it stays. */
		if (rule->when == JF_ACD_OVERFLOW_BY_WAIT && !e->stays &&
		    (!due_ns || at_ns < due_ns))
			due_ns = at_ns;
	}
	return due_ns;
}

bool jf_acd_overflow_waited(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	uint64_t due_ns = jf_acd_overflow_due_ns(e);

	if (!due_ns || due_ns > now_ns)
		return false;
	if (overflow(acd, e, now_ns)) {
		jf_acd_overflow_arrived(acd, e, now_ns);
		return true;
	}
	e->stays = true;
	return false;
}

/* ---- Closing --------------------------------------------------------------------------------- */

static void close_for(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_queue_node *to,
                      struct jf_acd_again *again, uint64_t now_ns)
{
	struct jf_acd_output *out;

	if (to) {
		go(acd, e, to, now_ns);
		jf_acd_again_note(again, e, JF_ACD_CALL_MOVED, false);
		return;
	}
	out = jf_acd_emit(acd, JF_ACD_CLOSED);
	out->call = e->call;
	out->entry = e->ref;
}

int jf_acd_queue_close(struct jf_acd *acd, struct jf_acd_ref queue, enum jf_acd_closing those,
                       struct jf_acd_ref to, uint64_t now_ns)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_queue_node *other = NULL;
	struct jf_acd_again again = {0};

	if (!q)
		return -ESTALE;
	if (those == JF_ACD_CLOSING_MOVE) {
		other = jf_acd_table_get(&acd->queues, to);
		if (!other || other == q || other->q.tenant != q->q.tenant || other->q.closed)
			return -EINVAL;
	}
	q->q.closed = true;
	if (those == JF_ACD_CLOSING_SERVE)
		return 0;
	for (uint32_t i = 0; i < acd->entries.n; i++) {
		struct jf_acd_entry *e = jf_acd_table_at(&acd->entries, i);

		if (e && e->queue == q && e->state == JF_ACD_ENTRY_WAITING &&
		    !(other && e->n_left == JF_ACD_HOPS_MAX))
			close_for(acd, e, other, &again, now_ns);
	}
	jf_acd_again_match(acd, &again, now_ns);
	return 0;
}

int jf_acd_queue_open(struct jf_acd *acd, struct jf_acd_ref queue)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);

	if (!q)
		return -ESTALE;
	q->q.closed = false;
	return 0;
}
