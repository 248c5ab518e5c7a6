// SPDX-License-Identifier: BSD-3-Clause
/* What was before this process began. */
#include "jf_acd_priv.h"

#include <errno.h>
#include <string.h>

int jf_acd_agent_save(const struct jf_acd *acd, struct jf_acd_ref agent,
                      struct jf_acd_agent_saved *ret_saved)
{
	const struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);

	if (!a)
		return -ESTALE;
	*ret_saved = (struct jf_acd_agent_saved){
	        .state = a->a.state,
	        .since_ns = a->a.since_ns,
	        .idle_since_ns = a->a.idle_since_ns,
	        .until_ns = jf_acd_due_ns(&a->due),
	        .registered = a->a.registered,
	        .has_pending = a->a.has_pending,
	        .pending = a->a.pending,
	};
	memcpy(ret_saved->reason, a->a.reason, sizeof(a->a.reason));
	memcpy(ret_saved->actor, a->a.actor, sizeof(a->a.actor));
	memcpy(ret_saved->pending_reason, a->a.pending_reason, sizeof(a->a.pending_reason));
	return 0;
}

int jf_acd_agent_restore(struct jf_acd *acd, struct jf_acd_ref agent,
                         const struct jf_acd_agent_saved *saved, uint64_t now_ns)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	enum jf_agent_state state;
	bool was_engaged;

	if (!a)
		return -ESTALE;
	if (a->a.n_calls || (unsigned int)saved->state >= JF_AGENT_STATE_COUNT ||
	    (unsigned int)saved->pending >= JF_AGENT_STATE_COUNT)
		return -EINVAL;
	state = saved->state;
	was_engaged = jf_agent_state_engaged(state);
	/* Its call is adopted later, or is gone. */
	if (was_engaged)
		state = saved->has_pending ? saved->pending : JF_AGENT_READY;
	if (jf_agent_state_engaged(state))
		return -EINVAL;
	a->a.registered = saved->registered;
	a->a.idle_since_ns = saved->idle_since_ns;
	jf_acd_state_set(acd, a, state, now_ns);
	a->a.since_ns = saved->since_ns;
	memcpy(a->a.reason, was_engaged ? saved->pending_reason : saved->reason,
	       sizeof(a->a.reason));
	memcpy(a->a.actor, saved->actor, sizeof(a->a.actor));
	a->a.has_pending = !was_engaged && saved->has_pending;
	a->a.pending = saved->pending;
	memcpy(a->a.pending_reason, saved->pending_reason, sizeof(a->a.pending_reason));
	a->a.reason[JF_ACD_REASON_MAX - 1] = '\0';
	a->a.actor[JF_ACD_REASON_MAX - 1] = '\0';
	a->a.pending_reason[JF_ACD_REASON_MAX - 1] = '\0';
	if (saved->until_ns && (state == JF_AGENT_WRAPUP || state == JF_AGENT_NOT_READY))
		jf_acd_due_set(acd, &a->due, saved->until_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	return 0;
}

void jf_acd_agent_take_up(struct jf_acd *acd, struct jf_acd_agent_node *a,
                          enum jf_agent_state state, uint64_t now_ns)
{
	jf_acd_due_clear(acd, &a->due);
	/* Whatever it was meant to be after the call, it was restored to. */
	a->a.has_pending = a->a.state != JF_AGENT_READY;
	a->a.pending = a->a.state == JF_AGENT_WRAPUP ? JF_AGENT_READY : a->a.state;
	memcpy(a->a.pending_reason, a->a.reason, sizeof(a->a.reason));
	a->a.reason[0] = '\0';
	jf_acd_state_set(acd, a, state, now_ns);
}

int jf_acd_adopt(struct jf_acd *acd, struct jf_acd_ref queue, struct jf_acd_ref agent,
                 const struct jf_call_id *call, const struct jf_acd_arrival *arrival,
                 uint64_t now_ns, struct jf_acd_ref *ret_entry)
{
	struct jf_acd_agent_node *a = jf_acd_table_get(&acd->agents, agent);
	struct jf_acd_entry *e;
	int err;

	if (!a)
		return -ESTALE;
	if (a->a.n_calls >= a->a.capacity || a->a.direct)
		return -EBUSY;
	err = jf_acd_entry_make(acd, queue, call, arrival, now_ns, &e);
	if (err)
		return err;
	e->state = JF_ACD_ENTRY_CONNECTED;
	e->counted = true;
	e->queue->q.talking++;
	jf_acd_agent_unlist(acd, a); /* as one with fewer calls */
	jf_acd_call_begin(e, a, now_ns);
	e->answered_ns = 0;
	if (a->a.n_calls == 1)
		jf_acd_agent_take_up(acd, a, JF_AGENT_TALKING, now_ns);
	jf_acd_agent_settle(acd, a, now_ns);
	*ret_entry = e->ref;
	return 0;
}
