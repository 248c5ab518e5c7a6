// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int jf_acd_create(struct jf_acd **ret_acd)
{
	struct jf_acd *acd = calloc(1, sizeof(*acd));

	if (!acd)
		return -ENOMEM;
	jf_heap_init(&acd->due);
	*ret_acd = acd;
	return 0;
}

void jf_acd_destroy(struct jf_acd *acd)
{
	if (!acd)
		return;
	for (uint32_t i = 0; i < acd->agents.n; i++) {
		struct jf_acd_agent_node *a = acd->agents.items[i];

		while (a && a->members) {
			struct jf_acd_member *m = a->members;

			a->members = m->next_queue;
			free(m);
		}
	}
	jf_heap_close(&acd->due);
	jf_acd_table_free(&acd->agents);
	jf_acd_table_free(&acd->queues);
	jf_acd_table_free(&acd->entries);
	free(acd->outputs);
	free(acd);
}

/* ---- Tables, outputs, what is due ---------------------------------------------------------- */

int jf_acd_table_take(struct jf_acd_table *t, void *item, struct jf_acd_ref *ret_ref)
{
	uint32_t index;

	if (t->n_free) {
		index = t->free[--t->n_free];
	} else {
		if (t->n == t->room) {
			uint32_t room = t->room ? 2 * t->room : 64;
			void **items = realloc(t->items, room * sizeof(*items));
			uint32_t *generations, *spare;

			if (items)
				t->items = items;
			generations = realloc(t->generations, room * sizeof(*generations));
			if (generations)
				t->generations = generations;
			spare = realloc(t->free, room * sizeof(*spare));
			if (spare)
				t->free = spare;
			if (!items || !generations || !spare)
				return -ENOMEM;
			t->room = room;
		}
		index = t->n++;
		t->generations[index] = 1;
	}
	t->items[index] = item;
	*ret_ref = (struct jf_acd_ref){index, t->generations[index]};
	return 0;
}

void jf_acd_table_drop(struct jf_acd_table *t, struct jf_acd_ref ref)
{
	free(t->items[ref.index]);
	t->items[ref.index] = NULL;
	if (++t->generations[ref.index] == 0)
		t->generations[ref.index] = 1;
	t->free[t->n_free++] = ref.index;
}

void jf_acd_table_free(struct jf_acd_table *t)
{
	for (uint32_t i = 0; i < t->n; i++)
		free(t->items[i]);
	free(t->items);
	free(t->generations);
	free(t->free);
}

void jf_acd_emit(struct jf_acd *acd, const struct jf_acd_output *output)
{
	if (acd->out_n == acd->out_room) {
		uint32_t room = acd->out_room ? 2 * acd->out_room : 64;
		struct jf_acd_output *outputs = malloc(room * sizeof(*outputs));

		/* An output that is lost is a caller that is lost. */
		if (!outputs)
			abort();
		for (uint32_t i = 0; i < acd->out_n; i++)
			outputs[i] = acd->outputs[(acd->out_first + i) % acd->out_room];
		free(acd->outputs);
		acd->outputs = outputs;
		acd->out_first = 0;
		acd->out_room = room;
	}
	acd->outputs[(acd->out_first + acd->out_n++) % acd->out_room] = *output;
}

int jf_acd_next(struct jf_acd *acd, struct jf_acd_output *ret_output)
{
	if (!acd->out_n)
		return -EAGAIN;
	*ret_output = acd->outputs[acd->out_first];
	acd->out_first = (acd->out_first + 1) % acd->out_room;
	acd->out_n--;
	return 0;
}

void jf_acd_due_set(struct jf_acd *acd, struct jf_acd_due *due, uint64_t at_ns)
{
	jf_acd_due_clear(acd, due);
	/* A wrap-up that never ends is an agent that is lost. */
	if (jf_heap_insert(&acd->due, &due->node, at_ns))
		abort();
}

void jf_acd_due_clear(struct jf_acd *acd, struct jf_acd_due *due)
{
	jf_heap_remove(&acd->due, &due->node);
}

uint64_t jf_acd_next_due_ns(const struct jf_acd *acd)
{
	const struct jf_heap_node *first = jf_heap_first(&acd->due);

	return first ? first->key : 0;
}

/* ---- The agent's machine, carried out ------------------------------------------------------ */

static void account(struct jf_acd_agent *a, uint64_t now_ns)
{
	uint64_t spent_ns = jf_time_since(a->since_ns, now_ns);

	switch (a->state) {
	case JF_AGENT_TALKING:
		a->counters.talk_ns += spent_ns;
		break;
	case JF_AGENT_HOLD:
		a->counters.hold_ns += spent_ns;
		break;
	case JF_AGENT_CONSULT:
		*(a->direct ? &a->counters.assist_ns : &a->counters.consult_ns) += spent_ns;
		break;
	case JF_AGENT_CONFERENCE:
		a->counters.conference_ns += spent_ns;
		break;
	case JF_AGENT_DIALING:
		a->counters.dialing_ns += spent_ns;
		break;
	case JF_AGENT_WRAPUP:
		a->counters.wrapup_ns += spent_ns;
		break;
	case JF_AGENT_RESERVED:
	case JF_AGENT_RINGING:
		a->counters.ringing_ns += spent_ns;
		break;
	case JF_AGENT_READY:
		a->counters.ready_ns += spent_ns;
		break;
	case JF_AGENT_NOT_READY:
		a->counters.not_ready_ns += spent_ns;
		break;
	default:
		break;
	}
}

static void set_text(char *to, const char *text)
{
	snprintf(to, JF_ACD_REASON_MAX, "%s", text ? text : "");
}

void jf_acd_state_set(struct jf_acd_agent_node *a, enum jf_agent_state to, uint64_t now_ns)
{
	enum jf_agent_state from = a->a.state;

	account(&a->a, now_ns);
	a->a.since_ns = now_ns;
	a->a.state = to;
	if (from == to)
		return;
	for (struct jf_acd_member *m = a->members; m; m = m->next_queue) {
		m->queue->q.members_by_state[from]--;
		m->queue->q.members_by_state[to]++;
		if (from == JF_AGENT_READY)
			jf_acd_ready_remove(m);
		if (to == JF_AGENT_READY)
			jf_acd_ready_insert(m);
	}
}

static void forget_pending(struct jf_acd_agent_node *a)
{
	a->a.has_pending = false;
	a->a.pending_reason[0] = '\0';
}

/* Only what is pending changes. */
static void step_pending(struct jf_acd_agent_node *a, const struct jf_agent_step *step,
                         const char *reason)
{
	if (step->actions & JF_AGENT_DO_PEND) {
		a->a.has_pending = true;
		a->a.pending = step->next;
		set_text(a->a.pending_reason, step->reason ? step->reason : reason);
	} else if (step->actions & JF_AGENT_DO_FORGET || a->a.pending == JF_AGENT_UNREACHABLE ||
	           !strcmp(a->a.pending_reason, "unregistered")) {
		forget_pending(a);
	}
}

int jf_acd_agent_step(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_event event,
                      const char *reason, const char *actor, uint64_t now_ns)
{
	struct jf_agent_step step = jf_agent_fsm_step(a->a.state, event);
	struct jf_acd_output out = {
	        .type = JF_ACD_AGENT_CHANGED, .agent = a->a.ref, .from = a->a.state};
	const unsigned int only_pending =
	        JF_AGENT_DO_PEND | JF_AGENT_DO_FORGET | JF_AGENT_DO_FORGET_LOST;
	enum jf_agent_state next = step.next;

	if (step.actions & JF_AGENT_DO_REFUSE)
		return -EPROTO;
	if (step.actions & only_pending) {
		step_pending(a, &step, reason);
		out.to = a->a.state;
		set_text(out.reason, reason);
		set_text(out.actor, actor);
		jf_acd_emit(acd, &out);
		return 0;
	}
	if (next == a->a.state && !(next == JF_AGENT_NOT_READY && reason))
		return 0;
	/* Not to a back-off: that ends by itself. */
	if ((step.actions & JF_AGENT_DO_COME_BACK) && !jf_acd_due_ns(&a->due)) {
		a->a.has_pending = true;
		a->a.pending = a->a.state;
		set_text(a->a.pending_reason, a->a.reason);
	}
	if (step.actions & JF_AGENT_DO_AUTO)
		next = a->a.auto_ready ? JF_AGENT_READY : JF_AGENT_NOT_READY;
	if (step.reason)
		reason = step.reason;
	set_text(a->a.reason, next == JF_AGENT_READY ? "" : reason);
	if ((step.actions & JF_AGENT_DO_FINISH) && a->a.has_pending) {
		next = a->a.pending;
		step.actions &= ~(unsigned int)JF_AGENT_DO_BACKOFF;
		set_text(a->a.reason, a->a.pending_reason);
	}
	if (!jf_agent_state_engaged(next) && next != JF_AGENT_WRAPUP)
		forget_pending(a);
	set_text(a->a.actor, actor);
	if (next == JF_AGENT_READY && !(step.actions & JF_AGENT_DO_KEEP_IDLE))
		a->a.idle_since_ns = now_ns;
	jf_acd_due_clear(acd, &a->due);
	if (step.actions & JF_AGENT_DO_BACKOFF)
		jf_acd_due_set(acd, &a->due, now_ns + JF_ACD_BUSY_BACKOFF_NS);
	jf_acd_state_set(a, next, now_ns);
	out.to = next;
	memcpy(out.reason, a->a.reason, sizeof(out.reason));
	memcpy(out.actor, a->a.actor, sizeof(out.actor));
	jf_acd_emit(acd, &out);
	return 0;
}
