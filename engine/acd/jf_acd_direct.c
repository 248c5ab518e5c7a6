// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_direct.h"

#include <errno.h>

#include "jf_acd_priv.h"

/* ---- Agents without an entry ---------------------------------------------------------------- */

static int engage(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                  enum jf_agent_event event, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (jf_acd_agent_step(acd, a, event, NULL, "call", now_ns))
		return -EBUSY;
	a->a.direct = true;
	a->a.direct_call = *call;
	return 0;
}

int jf_acd_agent_reserve(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                         uint64_t now_ns)
{
	return engage(acd, agent, call, JF_AGENT_EVENT_CLAIM, now_ns);
}

int jf_acd_agent_dial(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                      uint64_t now_ns)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (a && a->a.state == JF_AGENT_LOGGED_OUT)
		return -EPERM;
	return engage(acd, agent, call, JF_AGENT_EVENT_DIAL, now_ns);
}

int jf_acd_agent_does(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_acd_doing what,
                      uint64_t now_ns)
{
	static const enum jf_agent_event events[] = {
	        [JF_ACD_RINGS] = JF_AGENT_EVENT_RING,
	        [JF_ACD_TALKS] = JF_AGENT_EVENT_RESUME,
	        [JF_ACD_HOLDS] = JF_AGENT_EVENT_HOLD,
	        [JF_ACD_CONSULTS] = JF_AGENT_EVENT_CONSULT,
	        [JF_ACD_CONFERS] = JF_AGENT_EVENT_CONFER,
	};
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	enum jf_agent_event event = events[what];
	int err;

	if (!a)
		return -ESTALE;
	if (what == JF_ACD_TALKS &&
	    (a->a.state == JF_AGENT_RESERVED || a->a.state == JF_AGENT_RINGING ||
	     a->a.state == JF_AGENT_DIALING))
		event = JF_AGENT_EVENT_ANSWER;
	err = jf_acd_agent_step(acd, a, event, NULL, what == JF_ACD_RINGS ? "phone" : "call",
	                        now_ns);
	if (a->calls && !a->calls->fellow && what != JF_ACD_RINGS)
		a->calls->does = (uint8_t)what;
	jf_acd_agent_settle(acd, a, now_ns);
	return err;
}

int jf_acd_agent_asks(struct jf_acd *acd, struct jf_acd_ref agent)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	a->a.counters.consults++;
	return 0;
}

/* The one that is in such a call; its part ends with event. */
static int disengage(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_agent_event event,
                     const char *actor, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (!a->a.direct)
		return -EPROTO;
	/* Its time in the state that ends still counts as of such a call. */
	if (jf_acd_agent_step(acd, a, event, NULL, actor, now_ns))
		return -EPROTO;
	a->a.direct = false;
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

int jf_acd_agent_release(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	bool talked = a && a->a.state != JF_AGENT_RESERVED && a->a.state != JF_AGENT_RINGING;

	return disengage(acd, agent,
	                 talked ? JF_AGENT_EVENT_END_NO_WRAPUP : JF_AGENT_EVENT_CALLER_LEFT, "call",
	                 now_ns);
}

int jf_acd_agent_refused(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_acd_outcome outcome,
                         uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if ((unsigned int)outcome >= JF_ACD_OUTCOME_COUNT)
		return -EPROTO;
	if (a && a->a.direct)
		jf_acd_count_refusal(&a->a.counters, outcome);
	return disengage(acd, agent, jf_acd_outcome_event(outcome), "phone", now_ns);
}

int jf_acd_agent_lost(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (a && a->a.direct)
		a->a.counters.vanished++;
	return disengage(acd, agent, JF_AGENT_EVENT_VANISH, "call", now_ns);
}

int jf_acd_agent_adopt(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                       enum jf_acd_doing doing, uint64_t now_ns)
{
	static const enum jf_agent_state states[] = {
	        [JF_ACD_RINGS] = JF_AGENT_TALKING,      [JF_ACD_TALKS] = JF_AGENT_TALKING,
	        [JF_ACD_HOLDS] = JF_AGENT_HOLD,         [JF_ACD_CONSULTS] = JF_AGENT_CONSULT,
	        [JF_ACD_CONFERS] = JF_AGENT_CONFERENCE,
	};
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	if (a->a.n_calls || a->a.direct)
		return -EBUSY;
	a->a.direct = true;
	a->a.direct_call = *call;
	jf_acd_agent_take_up(acd, a, states[doing], now_ns);
	return 0;
}

/* ---- Entries that change hands --------------------------------------------------------------- */

int jf_acd_passed_on(struct jf_acd *acd, struct jf_acd_ref entry, bool lost, uint64_t now_ns)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_CONNECTED)
		return -EPROTO;
	e->state = JF_ACD_ENTRY_PASSED_ON;
	if (lost) {
		e->agent->a.counters.vanished++;
		e->queue->q.counters.vanished++;
	} else {
		e->agent->a.counters.transferred_out++;
		e->queue->q.counters.transferred_out++;
	}
	jf_acd_agent_end(acd, e, lost, now_ns);
	return 0;
}

int jf_acd_taken_over(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                      uint64_t now_ns)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!e || !a)
		return -ESTALE;
	if (!a->a.direct || !jf_call_id_equal(&a->a.direct_call, &e->call))
		return -EPROTO;
	if (e->state == JF_ACD_ENTRY_CONNECTED)
		(void)jf_acd_passed_on(acd, entry, false, now_ns);
	if (e->state != JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	(void)jf_acd_agent_does(acd, agent, JF_ACD_TALKS, now_ns);
	a->a.direct = false;
	a->a.counters.transferred_in++;
	e->queue->q.counters.transferred_in++;
	e->state = JF_ACD_ENTRY_CONNECTED;
	jf_acd_call_begin(e, a, now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

int jf_acd_returned(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns)
{
	struct jf_acd_entry *e = jf_acd_table_get(&acd->entries, entry);

	if (!e)
		return -ESTALE;
	if (e->state != JF_ACD_ENTRY_PASSED_ON)
		return -EPROTO;
	e->queue->q.talking--;
	e->at_head = true;
	jf_acd_waiting_insert(acd, e, now_ns);
	jf_acd_match_entry(acd, e, JF_ACD_CALL_RETURNED, now_ns);
	return 0;
}
