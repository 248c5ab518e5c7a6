// SPDX-License-Identifier: BSD-3-Clause
/* Those who wait: how they come in, and how they leave without an answer. */
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct jf_acd_entry *entry_alloc(struct jf_acd *acd)
{
	struct jf_acd_entry *e = acd->spare_entries;
	struct jf_acd_ref *tried;

	if (!e)
		return calloc(1, sizeof(*e));
	acd->spare_entries = e->spare;
	tried = e->tried;
	memset(e, 0, sizeof(*e));
	e->tried = tried;
	return e;
}

static void entry_spare(struct jf_acd *acd, struct jf_acd_entry *e)
{
	e->spare = acd->spare_entries;
	acd->spare_entries = e;
}

int jf_acd_entry_make(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                      const struct jf_acd_arrival *arrival, uint64_t now_ns,
                      struct jf_acd_entry **ret_entry)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_entry *e;
	uint32_t plan;
	int err;

	if (!q)
		return -ESTALE;
	if (arrival->priority > JF_ACD_PRIORITY_MAX)
		return -EINVAL;
	jf_acd_classes_sweep(acd);
	err = jf_acd_plan_intern(acd, arrival, &plan);
	if (err)
		return err;
	e = entry_alloc(acd);
	if (!e)
		return -ENOMEM;
	e->queue = q;
	e->call = *call;
	e->enqueued_ns = arrival->enqueued_ns;
	e->priority = arrival->priority;
	e->plan = plan;
	e->preferred = arrival->preferred;
	e->prefer_until_ns = arrival->prefer_ns ? e->enqueued_ns + arrival->prefer_ns : 0;
	e->at_head = arrival->at_head;
	e->counted = arrival->answered_before;
	err = jf_acd_entry_place(acd, e, now_ns);
	if (!err)
		err = jf_acd_table_take(&acd->entries, e, &e->ref);
	if (err) {
		if (e->class)
			jf_acd_class_leave(acd, e->class);
		entry_spare(acd, e);
		return err;
	}
	e->serial = acd->serial++;
	e->due.is_entry = true;
	e->due.owner = e->ref.index;
	*ret_entry = e;
	return 0;
}

int jf_acd_enqueue(struct jf_acd *acd, struct jf_acd_ref queue, const struct jf_call_id *call,
                   const struct jf_acd_arrival *arrival, uint64_t now_ns,
                   struct jf_acd_ref *ret_entry)
{
	struct jf_acd_queue_node *q = jf_acd_table_get(&acd->queues, queue);
	struct jf_acd_entry *e;
	int err;

	if (q && (q->q.removed || q->q.closed) && !arrival->restored)
		return -EPERM;
	err = jf_acd_entry_make(acd, queue, call, arrival, now_ns, &e);
	if (err)
		return err;
	if (!e->counted)
		q->q.counters.offered++;
	acd->seen_ns = now_ns;
	*ret_entry = e->ref;
	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_ARRIVED, now_ns);
	if (e->state == JF_ACD_ENTRY_WAITING && q->overflow)
		jf_acd_overflow_arrived(acd, e, now_ns);
	return 0;
}

/* The entry's wait is over, one way or another. */
void jf_acd_count_left(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_left left,
                       uint64_t now_ns)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t waited_ns = jf_time_since(e->enqueued_ns, now_ns);
	struct jf_acd_output *out;

	c->wait_all_ns += waited_ns;
	if (left == JF_ACD_LEFT_ANSWERED)
		c->wait_answered_ns += waited_ns;
	if (waited_ns > c->longest_wait_ns)
		c->longest_wait_ns = waited_ns;
	if (!acd->reports_leaves)
		return;
	out = jf_acd_emit(acd, JF_ACD_LEFT);
	out->call = e->call;
	out->entry = e->ref;
	out->queue = e->queue->q.ref;
	out->left = left;
	out->enqueued_ns = e->enqueued_ns;
}

/* It is gone. */
void jf_acd_entry_drop(struct jf_acd *acd, struct jf_acd_entry *e)
{
	struct jf_acd_queue_node *q = e->queue;

	jf_acd_due_clear(acd, &e->due);
	jf_acd_class_leave(acd, e->class);
	(void)jf_acd_table_give(&acd->entries, e->ref);
	entry_spare(acd, e);
	jf_acd_queue_reap(acd, q);
}

/* Whoever left without an answer, in whatever way. */
static void count_exit(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_acd_exit how,
                       uint64_t now_ns)
{
	const struct jf_acd_queue_options *o = &e->queue->q.options;
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	enum jf_acd_left left = JF_ACD_LEFT_ABANDONED;

	if (how == JF_ACD_EXIT_RELEASED) {
		left = JF_ACD_LEFT_RELEASED;
		c->released++;
	} else if (how == JF_ACD_EXIT_CALLBACK) {
		left = JF_ACD_LEFT_CALLBACK;
		c->callbacks++;
	} else if (how == JF_ACD_EXIT_VOICEMAIL) {
		left = JF_ACD_LEFT_VOICEMAIL;
		c->voicemails++;
	} else if (jf_time_since(e->enqueued_ns, now_ns) < o->short_abandon_ns) {
		left = JF_ACD_LEFT_SHORT;
		c->abandoned_short++;
	} else if (e->state == JF_ACD_ENTRY_OFFERED) {
		left = JF_ACD_LEFT_ABANDONED_RINGING;
		c->abandoned_ringing++;
	} else {
		c->abandoned_queue++;
	}
	jf_acd_count_left(acd, e, left, now_ns);
}

int jf_acd_exit(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_exit how, uint64_t now_ns)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	bool ringing;

	if (!e)
		return -ESTALE;
	if (e->state == JF_ACD_ENTRY_CONNECTED || e->state == JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	ringing = e->state == JF_ACD_ENTRY_OFFERED;
	if (!ringing)
		jf_acd_waiting_remove(acd, e);
	if (!e->counted)
		count_exit(acd, e, how, now_ns);
	if (ringing) {
		e->queue->q.ringing--;
		jf_acd_offers_end(acd, e, JF_AGENT_EVENT_CALLER_LEFT, now_ns);
	}
	jf_acd_entry_drop(acd, e);
	return 0;
}

int jf_acd_leave(struct jf_acd *acd, struct jf_acd_ref entry, bool abandoned, uint64_t now_ns)
{
	return jf_acd_exit(acd, entry, abandoned ? JF_ACD_EXIT_ABANDONED : JF_ACD_EXIT_RELEASED,
	                   now_ns);
}
