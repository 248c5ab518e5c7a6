// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_skill_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int jf_acd_create(struct jf_acd **ret_acd)
{
	struct jf_acd *acd = calloc(1, sizeof(*acd));

	if (!acd)
		return -ENOMEM;
	acd->skills = jf_acd_skills_create();
	if (!acd->skills) {
		free(acd);
		return -ENOMEM;
	}
	*ret_acd = acd;
	return 0;
}

void jf_acd_destroy(struct jf_acd *acd)
{
	if (!acd)
		return;
	for (uint32_t i = 0; i < acd->queues.n; i++)
		if (jf_acd_table_at(&acd->queues, i))
			jf_acd_queue_clear(acd, jf_acd_table_at(&acd->queues, i));
	for (uint32_t i = 0; i < acd->agents.n; i++)
		if (jf_acd_table_at(&acd->agents, i))
			jf_acd_agent_clear(jf_acd_table_at(&acd->agents, i));
	for (uint32_t i = 0; i < acd->entries.n; i++)
		if (jf_acd_table_at(&acd->entries, i))
			free(((struct jf_acd_entry *)jf_acd_table_at(&acd->entries, i))->tried);
	while (acd->spare_entries) {
		struct jf_acd_entry *e = acd->spare_entries;

		acd->spare_entries = e->spare;
		free(e->tried);
		free(e);
	}
	jf_order_close(&acd->due);
	jf_acd_table_free(&acd->agents);
	jf_acd_table_free(&acd->queues);
	jf_acd_table_free(&acd->entries);
	jf_acd_skills_destroy(acd->skills);
	free(acd->class_index.slots);
	free(acd->classes);
	free(acd->heads);
	free(acd->quick);
	free(acd->outputs);
	free(acd);
}

/* ---- Outputs, what is due ------------------------------------------------------------------- */

void jf_acd_leaves_report(struct jf_acd *acd)
{
	acd->reports_leaves = true;
}

struct jf_acd_output *jf_acd_emit(struct jf_acd *acd, enum jf_acd_output_type type)
{
	struct jf_acd_output *out;

	if (acd->out_n == acd->out_room) {
		uint32_t room = acd->out_room ? 2 * acd->out_room : 64;
		struct jf_acd_output *outputs = malloc(room * sizeof(*outputs));

		/* An output that is lost is a caller that is lost. */
		if (!outputs)
			abort();
		for (uint32_t i = 0; i < acd->out_n; i++)
			outputs[i] = acd->outputs[(acd->out_first + i) & (acd->out_room - 1)];
		free(acd->outputs);
		acd->outputs = outputs;
		acd->out_first = 0;
		acd->out_room = room;
	}
	out = &acd->outputs[(acd->out_first + acd->out_n++) & (acd->out_room - 1)];
	/* A decision's lists are as long as their counts say. */
	memset(out, 0,
	       type == JF_ACD_AGENT_CHANGED ? offsetof(struct jf_acd_output, decision)
	                                    : offsetof(struct jf_acd_output, decision.skipped));
	out->type = type;
	out->agent = out->entry = jf_acd_nobody;
	return out;
}

int jf_acd_next(struct jf_acd *acd, struct jf_acd_output *ret_output)
{
	const struct jf_acd_output *out;
	const struct jf_acd_decision *d;

	if (!acd->out_n)
		return -EAGAIN;
	out = &acd->outputs[acd->out_first];
	d = &out->decision;
	if (out->type == JF_ACD_AGENT_CHANGED) {
		memcpy(ret_output, out, offsetof(struct jf_acd_output, decision));
	} else {
		memcpy(ret_output, out, offsetof(struct jf_acd_output, decision.skipped));
		memcpy(ret_output->decision.skipped, d->skipped,
		       d->n_skipped * sizeof(d->skipped[0]));
		memcpy(ret_output->decision.next, d->next, d->n_next * sizeof(d->next[0]));
	}
	acd->out_first = --acd->out_n ? (acd->out_first + 1) & (acd->out_room - 1) : 0;
	return 0;
}

static struct jf_order_item due_item(const struct jf_acd_due *due)
{
	return (struct jf_order_item){due->at_ns, due->serial, due->is_entry, due->owner};
}

void jf_acd_due_set(struct jf_acd *acd, struct jf_acd_due *due, uint64_t at_ns)
{
	struct jf_order_item item;

	jf_acd_due_clear(acd, due);
	due->at_ns = at_ns;
	due->serial = acd->due_serial++;
	item = due_item(due);
	/* A wrap-up that never ends is an agent that is lost. */
	if (jf_order_insert(&acd->due, &item))
		abort();
}

void jf_acd_due_clear(struct jf_acd *acd, struct jf_acd_due *due)
{
	struct jf_order_item item;

	if (!due->at_ns)
		return;
	item = due_item(due);
	jf_order_remove(&acd->due, &item);
	due->at_ns = 0;
}

uint64_t jf_acd_next_due_ns(const struct jf_acd *acd)
{
	const struct jf_order_item *first = jf_order_first(&acd->due);

	return first ? first->hi : 0;
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

/* Cut to its room; most are empty. */
static void set_text(char *to, const char *text)
{
	size_t n = text ? strnlen(text, JF_ACD_REASON_MAX - 1) : 0;

	if (n)
		memcpy(to, text, n);
	to[n] = '\0';
}

/* Its classes count who may come. */
static void presence_count(struct jf_acd *acd, struct jf_acd_agent_node *a,
                           enum jf_agent_state from, enum jf_agent_state to)
{
	uint32_t present = (uint32_t)jf_acd_present(to) - (uint32_t)jf_acd_present(from);
	uint32_t at_work = (uint32_t)jf_acd_at_work(to) - (uint32_t)jf_acd_at_work(from);

	if (!present && !at_work)
		return;
	for (uint32_t i = 0; i < a->n_links; i++) {
		struct jf_acd_class *c = acd->classes[a->links[i].class_id];

		c->present += present;
		c->at_work += at_work;
	}
	if (present == 1)
		a->arrived = true;
}

void jf_acd_state_set(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_state to,
                      uint64_t now_ns)
{
	enum jf_agent_state from = a->a.state;

	account(&a->a, now_ns);
	a->a.since_ns = now_ns;
	a->a.state = to;
	if (from == to)
		return;
	for (uint32_t i = 0; i < a->a.n_queues; i++) {
		a->queues[i]->q.members_by_state[from]--;
		a->queues[i]->q.members_by_state[to]++;
	}
	presence_count(acd, a, from, to);
	if (a->handling.generation && !jf_agent_state_engaged(to) && to != JF_AGENT_WRAPUP)
		jf_acd_handled_last(acd, a, now_ns);
	if (!jf_agent_state_engaged(to))
		a->full = false;
	/* It is listed when it has looked for an entry: jf_acd_agent_settle. */
	jf_acd_agent_unlist(acd, a);
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

/* It becomes ready: a new idle time, unless what it did just now does not count. */
static void idle_begin(struct jf_acd_agent_node *a, enum jf_agent_state from, uint64_t now_ns)
{
	unsigned int through = 0;

	if (a->dialed)
		through = JF_ACD_IDLE_THROUGH_OUTBOUND;
	else if (from == JF_AGENT_NOT_READY)
		through = a->blamed ? JF_ACD_IDLE_THROUGH_REFUSALS : JF_ACD_IDLE_THROUGH_BREAK;
	else if (!jf_acd_present(from))
		through = JF_ACD_IDLE_THROUGH_LOGIN;
	if (from == JF_AGENT_WRAPUP && !a->dialed)
		a->a.idle_since_ns =
		        a->idle_through & JF_ACD_IDLE_THROUGH_WRAPUP ? a->wrap_up_from_ns : now_ns;
	else if (!(through & a->idle_through) || !a->a.idle_since_ns)
		a->a.idle_since_ns = now_ns;
}

/* What idle_begin has to know of what came before. */
static void idle_note(struct jf_acd_agent_node *a, enum jf_agent_event event,
                      enum jf_agent_state next, uint64_t now_ns)
{
	/* Idle since the end of what it did before, unless that was waiting already. */
	if (event == JF_AGENT_EVENT_DIAL && a->a.state != JF_AGENT_READY)
		a->a.idle_since_ns = now_ns;
	if (event == JF_AGENT_EVENT_DIAL)
		a->dialed = true;
	else if (next == JF_AGENT_READY || event == JF_AGENT_EVENT_CLAIM)
		a->dialed = false;
	if (next == JF_AGENT_WRAPUP)
		a->wrap_up_from_ns = now_ns;
	if (next == JF_AGENT_NOT_READY)
		a->blamed = event >= JF_AGENT_EVENT_RONA && event <= JF_AGENT_EVENT_FAIL;
}

int jf_acd_agent_step(struct jf_acd *acd, struct jf_acd_agent_node *a, enum jf_agent_event event,
                      const char *reason, const char *actor, uint64_t now_ns)
{
	struct jf_agent_step step = jf_agent_fsm_step(a->a.state, event);
	struct jf_acd_output *out;
	enum jf_agent_state from = a->a.state;
	const unsigned int only_pending =
	        JF_AGENT_DO_PEND | JF_AGENT_DO_FORGET | JF_AGENT_DO_FORGET_LOST;
	enum jf_agent_state next = step.next;

	if (step.actions & JF_AGENT_DO_REFUSE)
		return -EPROTO;
	if (step.actions & only_pending) {
		step_pending(a, &step, reason);
		out = jf_acd_emit(acd, JF_ACD_AGENT_CHANGED);
		out->agent = a->a.ref;
		out->from = out->to = from;
		set_text(out->reason, reason);
		set_text(out->actor, actor);
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
		idle_begin(a, from, now_ns);
	idle_note(a, event, next, now_ns);
	jf_acd_due_clear(acd, &a->due);
	if (step.actions & JF_AGENT_DO_BACKOFF)
		jf_acd_due_set(acd, &a->due, now_ns + JF_ACD_BUSY_BACKOFF_NS);
	jf_acd_state_set(acd, a, next, now_ns);
	out = jf_acd_emit(acd, JF_ACD_AGENT_CHANGED);
	out->agent = a->a.ref;
	out->from = from;
	out->to = next;
	memcpy(out->reason, a->a.reason, sizeof(out->reason));
	memcpy(out->actor, a->a.actor, sizeof(out->actor));
	return 0;
}
