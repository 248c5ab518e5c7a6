// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_offer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_acd_priv.h"

/* ---- Outcomes -------------------------------------------------------------------------------- */

static const char *const outcome_names[] = {
        [JF_ACD_OUTCOME_RONA] = "rona",
        [JF_ACD_OUTCOME_BUSY] = "busy",
        [JF_ACD_OUTCOME_REJECTED] = "rejected",
        [JF_ACD_OUTCOME_UNAVAILABLE] = "unavailable",
        [JF_ACD_OUTCOME_UNREACHABLE] = "unreachable",
        [JF_ACD_OUTCOME_FAILED] = "failed",
};

const char *jf_acd_outcome_name(enum jf_acd_outcome outcome)
{
	return (unsigned int)outcome < JF_ACD_OUTCOME_COUNT ? outcome_names[outcome] : "?";
}

enum jf_agent_event jf_acd_outcome_event(enum jf_acd_outcome outcome)
{
	static const enum jf_agent_event events[] = {
	        [JF_ACD_OUTCOME_RONA] = JF_AGENT_EVENT_RONA,
	        [JF_ACD_OUTCOME_BUSY] = JF_AGENT_EVENT_BUSY,
	        [JF_ACD_OUTCOME_REJECTED] = JF_AGENT_EVENT_REJECT,
	        [JF_ACD_OUTCOME_UNAVAILABLE] = JF_AGENT_EVENT_UNAVAILABLE,
	        [JF_ACD_OUTCOME_UNREACHABLE] = JF_AGENT_EVENT_NO_REACH,
	        [JF_ACD_OUTCOME_FAILED] = JF_AGENT_EVENT_FAIL,
	};

	return events[outcome];
}

/* Where queues and agents count them alike. */
#define BY_OUTCOME(c)                                                                              \
	{                                                                                          \
		[JF_ACD_OUTCOME_RONA] = &(c)->rona, [JF_ACD_OUTCOME_BUSY] = &(c)->busy,            \
		[JF_ACD_OUTCOME_REJECTED] = &(c)->rejected,                                        \
		[JF_ACD_OUTCOME_UNAVAILABLE] = &(c)->unavailable,                                  \
		[JF_ACD_OUTCOME_UNREACHABLE] = &(c)->unreachable,                                  \
		[JF_ACD_OUTCOME_FAILED] = &(c)->failed,                                            \
	}

void jf_acd_count_refusal(struct jf_acd_agent_counters *c, enum jf_acd_outcome outcome)
{
	uint64_t *const counters[] = BY_OUTCOME(c);

	(*counters[outcome])++;
}

static void count_refusal(struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                          enum jf_acd_outcome outcome)
{
	struct jf_acd_queue_counters *c = &e->queue->q.counters;
	uint64_t *const counters[] = BY_OUTCOME(c);

	(*counters[outcome])++;
	jf_acd_count_refusal(&a->a.counters, outcome);
}

static void remember_tried(struct jf_acd_entry *e, struct jf_acd_ref agent)
{
	if (!e->tried)
		e->tried = calloc(JF_ACD_TRIED_MAX, sizeof(*e->tried));
	/* Out of memory: it may be asked again. */
	if (!e->tried)
		return;
	/* The oldest is forgotten: after sixteen others it may be asked again. */
	if (e->n_tried == JF_ACD_TRIED_MAX)
		memmove(e->tried, e->tried + 1, --e->n_tried * sizeof(e->tried[0]));
	e->tried[e->n_tried++] = agent;
}

/* ---- Who has what ---------------------------------------------------------------------------- */

/* What others see of it. */
static void calls_show(struct jf_acd_agent_node *a)
{
	const struct jf_acd_entry *e = a->calls ? a->calls : a->offer;

	a->a.entry = e ? e->ref : jf_acd_nobody;
}

void jf_acd_offer_make(struct jf_acd_entry *e, struct jf_acd_agent_node *a)
{
	struct jf_acd_agent_node **at = &e->agent;

	while (*at)
		at = &(*at)->also;
	*at = a;
	a->also = NULL;
	a->offer = e;
	a->rings = false;
	a->a.n_calls++;
	a->a.counters.offered++;
	calls_show(a);
}

static void offer_drop(struct jf_acd_entry *e, struct jf_acd_agent_node *a)
{
	struct jf_acd_agent_node **at = &e->agent;

	while (*at != a)
		at = &(*at)->also;
	*at = a->also;
	a->also = NULL;
	a->offer = NULL;
	a->a.n_calls--;
	calls_show(a);
}

void jf_acd_call_begin(struct jf_acd_entry *e, struct jf_acd_agent_node *a, uint64_t now_ns)
{
	e->state = JF_ACD_ENTRY_CONNECTED;
	e->agent = a;
	e->does = JF_ACD_TALKS;
	e->answered_ns = now_ns;
	e->fellow = a->calls;
	a->calls = e;
	a->a.n_calls++;
	calls_show(a);
}

void jf_acd_call_end(struct jf_acd_entry *e)
{
	struct jf_acd_agent_node *a = e->agent;
	struct jf_acd_entry **at = &a->calls;

	while (*at != e)
		at = &(*at)->fellow;
	*at = e->fellow;
	e->agent = NULL;
	a->a.n_calls--;
	calls_show(a);
}

/* The offer is over. An agent that talks goes on talking. */
static void offer_end(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                      enum jf_agent_event event, const char *actor, uint64_t now_ns)
{
	offer_drop(e, a);
	if (event == JF_AGENT_EVENT_CALLER_LEFT)
		a->a.counters.caller_left++;
	if (!a->calls)
		(void)jf_acd_agent_step(acd, a, event, NULL, actor, now_ns);
	else if (event != JF_AGENT_EVENT_CALLER_LEFT && event != JF_AGENT_EVENT_WITHDRAW)
		a->full = true;
}

void jf_acd_offers_end(struct jf_acd *acd, struct jf_acd_entry *e, enum jf_agent_event event,
                       uint64_t now_ns)
{
	/* One after the other: whoever is free may have taken another call before the next is. */
	while (e->agent) {
		struct jf_acd_agent_node *a = e->agent;

		offer_end(acd, e, a, event, "call", now_ns);
		jf_acd_agent_settle(acd, a, now_ns);
	}
}

/* ---- What becomes of an offer ---------------------------------------------------------------- */

/* The entry and the agent who is asked for it. 0, -ESTALE, -EPROTO. */
static int find(const struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                struct jf_acd_entry **ret_e, struct jf_acd_agent_node **ret_a)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!e || !a)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_OFFERED || a->offer != e)
		return -EPROTO;
	*ret_e = e;
	*ret_a = a;
	return 0;
}

/* The only one who is asked, or the first. */
static int first_asked(const struct jf_acd *acd, struct jf_acd_ref entry,
                       struct jf_acd_ref *ret_agent)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_OFFERED)
		return -EPROTO;
	*ret_agent = e->agent->a.ref;
	return 0;
}

int jf_acd_offer_ringing(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                         uint64_t now_ns)
{
	struct jf_acd_agent_node *a;
	struct jf_acd_entry *e;
	int err = find(acd, entry, agent, &e, &a);

	if (err)
		return err;
	a->rings = true;
	return a->calls ? 0 : jf_acd_agent_step(acd, a, JF_AGENT_EVENT_RING, NULL, "phone", now_ns);
}

int jf_acd_offer_refused(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                         enum jf_acd_outcome outcome, uint64_t now_ns)
{
	struct jf_acd_agent_node *a;
	struct jf_acd_entry *e;
	int err = find(acd, entry, agent, &e, &a);

	if (err)
		return err;
	if ((unsigned int)outcome >= JF_ACD_OUTCOME_COUNT)
		return -EPROTO;
	count_refusal(e, a, outcome);
	remember_tried(e, a->a.ref);
	offer_end(acd, e, a, jf_acd_outcome_event(outcome), "phone", now_ns);
	/* Others may still ring. */
	if (!e->agent) {
		e->queue->q.ringing--;
		jf_acd_entry_back(acd, e, a, now_ns);
	} else {
		jf_acd_agent_settle(acd, a, now_ns);
	}
	return 0;
}

static void count_withdrawn(struct jf_acd_entry *e, struct jf_acd_agent_node *a)
{
	a->a.counters.withdrawn++;
	e->queue->q.counters.withdrawn++;
}

/* Whoever else rings for the entry need not. */
static void withdraw(struct jf_acd *acd, struct jf_acd_entry *e, uint64_t now_ns)
{
	for (struct jf_acd_agent_node *a = e->agent; a; a = a->also) {
		struct jf_acd_output *out = jf_acd_emit(acd, JF_ACD_WITHDRAWN);

		out->call = e->call;
		out->entry = e->ref;
		out->agent = a->a.ref;
		count_withdrawn(e, a);
	}
	jf_acd_offers_end(acd, e, JF_AGENT_EVENT_WITHDRAW, now_ns);
}

int jf_acd_offer_withdraw(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                          uint64_t now_ns)
{
	struct jf_acd_agent_node *a;
	struct jf_acd_entry *e;
	int err = find(acd, entry, agent, &e, &a);

	if (err)
		return err;
	if (e->agent == a && !a->also)
		return -EPROTO;
	count_withdrawn(e, a);
	offer_end(acd, e, a, JF_AGENT_EVENT_WITHDRAW, "call", now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

bool jf_acd_offer_stands(const struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent)
{
	struct jf_acd_agent_node *a;
	struct jf_acd_entry *e;

	return !find(acd, entry, agent, &e, &a);
}

static void count_answer(struct jf_acd *acd, struct jf_acd_entry *e, struct jf_acd_agent_node *a,
                         uint64_t now_ns)
{
	e->queue->q.ringing--;
	e->queue->q.talking++;
	if (!e->counted) {
		e->counted = true;
		e->queue->q.counters.answered++;
		jf_acd_count_left(acd, e, JF_ACD_LEFT_ANSWERED, now_ns);
		jf_acd_told_check(e, now_ns);
	}
	a->a.counters.answered++;
	a->a.calls_today++;
}

int jf_acd_offer_answered(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                          uint64_t now_ns)
{
	struct jf_acd_agent_node *a;
	struct jf_acd_entry *e;
	int err = find(acd, entry, agent, &e, &a);
	bool talks;

	if (err)
		return err;
	talks = a->calls;
	count_answer(acd, e, a, now_ns);
	offer_drop(e, a);
	if (e->agent)
		withdraw(acd, e, now_ns);
	jf_acd_call_begin(e, a, now_ns);
	(void)jf_acd_agent_step(acd, a, talks ? JF_AGENT_EVENT_RESUME : JF_AGENT_EVENT_ANSWER, NULL,
	                        "phone", now_ns);
	if (a->a.capacity > 1)
		jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

/* ---- The only offer of an entry -------------------------------------------------------------- */

int jf_acd_ringing(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_ref agent;
	int err = first_asked(acd, entry, &agent);

	return err ? err : jf_acd_offer_ringing(acd, entry, agent, now_ns);
}

int jf_acd_refused(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_outcome outcome,
                   uint64_t now_ns)
{
	struct jf_acd_ref agent;
	int err = first_asked(acd, entry, &agent);

	return err ? err : jf_acd_offer_refused(acd, entry, agent, outcome, now_ns);
}

int jf_acd_answered(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_ref agent;
	int err = first_asked(acd, entry, &agent);

	return err ? err : jf_acd_offer_answered(acd, entry, agent, now_ns);
}

bool jf_acd_offer_each(const struct jf_acd *acd, struct jf_acd_ref entry, uint32_t *cursor,
                       struct jf_acd_ref *ret_agent)
{
	const struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	const struct jf_acd_agent_node *a = NULL;

	if (e && e->state == JF_ACD_ENTRY_OFFERED)
		a = e->agent;
	for (uint32_t i = 0; a && i < *cursor; i++)
		a = a->also;
	if (!a)
		return false;
	(*cursor)++;
	*ret_agent = a->a.ref;
	return true;
}
