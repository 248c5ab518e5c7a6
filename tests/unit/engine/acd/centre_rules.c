// SPDX-License-Identifier: BSD-3-Clause
#include "centre.h"

#include "jf_acd_explain.h"

static struct jf_acd_agent look(const struct centre *k, uint32_t a)
{
	struct jf_acd_agent agent;

	must(k, jf_acd_agent_get(k->acd, k->agents[a].ref, &agent) == 0);
	return agent;
}

/* ---- Who may have whom ------------------------------------------------------------------------
 */

bool is_present(const struct centre *k, uint32_t a)
{
	enum jf_agent_state s = k->agents[a].state;

	return s != JF_AGENT_LOGGED_OUT && s != JF_AGENT_UNREACHABLE;
}

static bool at_work(const struct centre *k, uint32_t a)
{
	return is_present(k, a) && k->agents[a].state != JF_AGENT_NOT_READY;
}

static bool meets(const struct centre *k, uint32_t a, const struct call *c, uint32_t step)
{
	if (!k->agents[a].member[c->queue])
		return false;
	for (uint32_t s = 0; s < SKILLS; s++)
		if (k->agents[a].levels[s] < c->least[step][s])
			return false;
	return true;
}

static bool anybody_meets(const struct centre *k, const struct call *c, uint32_t step)
{
	for (uint32_t a = 0; a < AGENTS; a++)
		if (is_present(k, a) && meets(k, a, c, step))
			return true;
	return false;
}

void centre_relax(struct centre *k)
{
	for (struct call *c = k->calls; c < k->calls + CALLS; c++) {
		if (c->state != WAITING)
			continue;
		if (c->kept_for < AGENTS &&
		    (k->now_ns >= c->kept_until_ns || !is_present(k, c->kept_for) ||
		     !k->agents[c->kept_for].member[c->queue]))
			c->kept_for = AGENTS;
		if (c->step + 1 < c->n_steps && k->now_ns >= c->enqueued_ns + c->relaxed_ns)
			c->step++;
		if (c->kept_for == AGENTS && c->step + 1 < c->n_steps &&
		    !anybody_meets(k, c, c->step) && anybody_meets(k, c, c->step + 1))
			c->step++;
	}
}

bool suits(const struct centre *k, uint32_t a, const struct call *c)
{
	if (c->kept_for < AGENTS)
		return a == c->kept_for && k->agents[a].member[c->queue];
	return meets(k, a, c, c->step);
}

uint32_t calls_of(const struct centre *k, uint32_t a)
{
	uint32_t n = 0;

	for (const struct call *c = k->calls; c < k->calls + CALLS; c++)
		n += (c->state == CONNECTED && c->agent == a) ||
		     (c->state == OFFERED && c->asked[a]);
	return n;
}

static bool is_asked(const struct centre *k, uint32_t a)
{
	for (const struct call *c = k->calls; c < k->calls + CALLS; c++)
		if (c->state == OFFERED && c->asked[a])
			return true;
	return false;
}

bool may_take(const struct centre *k, uint32_t a)
{
	const struct agent *agent = &k->agents[a];
	uint32_t n = calls_of(k, a);

	if (agent->state == JF_AGENT_READY)
		return true;
	return (agent->state == JF_AGENT_TALKING || agent->state == JF_AGENT_HOLD) && n &&
	       n < agent->capacity && !is_asked(k, a) && !agent->full && agent->direct < 0 &&
	       !look(k, a).has_pending;
}

bool passed_over(const struct centre *k, uint32_t a, const struct call *c)
{
	if (!c->tried[a])
		return false;
	for (uint32_t b = 0; b < AGENTS; b++)
		if (at_work(k, b) && !c->tried[b] && suits(k, b, c))
			return true;
	return false;
}

/* ---- Who goes first ---------------------------------------------------------------------------
 */

static bool overage(const struct centre *k, const struct call *c)
{
	uint64_t cap_ns = k->options[c->queue].age_cap_ns;

	return cap_ns && k->now_ns >= c->enqueued_ns + cap_ns;
}

static long double points(const struct centre *k, const struct call *c)
{
	const struct jf_acd_queue_options *o = &k->options[c->queue];
	long double cap = o->priority_cap ? o->priority_cap : JF_ACD_PRIORITY_MAX, p = c->priority;

	if (o->calls_by == JF_ACD_CALLS_BY_AGE)
		return 0;
	if (o->calls_by == JF_ACD_CALLS_BY_AGEING)
		p += (long double)(k->now_ns - c->enqueued_ns) / o->ageing_ns;
	return p < cap ? p : cap;
}

bool goes_before(const struct centre *k, const struct call *a, const struct call *b)
{
	long double more;

	if (a->at_head != b->at_head)
		return a->at_head;
	if (!a->at_head && overage(k, a) != overage(k, b))
		return overage(k, a);
	more = a->at_head || overage(k, a) ? 0 : points(k, a) - points(k, b);
	if (more > 1e-9L || more < -1e-9L)
		return more > 0;
	return a->enqueued_ns != b->enqueued_ns ? a->enqueued_ns < b->enqueued_ns
	                                        : a->serial < b->serial;
}

static uint64_t score(const struct centre *k, uint32_t a, const struct call *c)
{
	uint64_t sum = 0;

	for (uint32_t s = 0; s < SKILLS; s++)
		sum += c->least[c->step][s] ? k->agents[a].levels[s] : 0;
	return sum;
}

static uint64_t total(const struct centre *k, uint32_t a)
{
	uint64_t sum = 0;

	for (uint32_t s = 0; s < SKILLS; s++)
		sum += k->agents[a].levels[s];
	return sum;
}

/* By the queue's rule; the least goes first. */
static uint64_t rank(const struct centre *k, uint32_t a, const struct call *c)
{
	const struct agent *agent = &k->agents[a];
	uint32_t q = c->queue;

	switch (k->options[q].agents_by) {
	case JF_ACD_AGENTS_BY_MOST_SKILLED:
		return 1000 - score(k, a, c);
	case JF_ACD_AGENTS_BY_LEAST_SKILLED:
		return score(k, a, c) * 1000 + total(k, a);
	case JF_ACD_AGENTS_BY_LEAST_OCCUPIED:
		return agent->occupancy;
	case JF_ACD_AGENTS_BY_ROUND_ROBIN:
		return agent->chosen[q] ? 1000000 + agent->chosen[q] : agent->place[q];
	case JF_ACD_AGENTS_BY_FEWEST_CALLS:
		return agent->answered_today;
	case JF_ACD_AGENTS_BY_ORDER:
		return agent->place[q];
	default:
		return 0;
	}
}

bool is_better(const struct centre *k, uint32_t a, uint32_t than, const struct call *c)
{
	bool ready = k->agents[a].state == JF_AGENT_READY;
	uint64_t x, y;

	/* Than was chosen, and is no longer what it was: how it became ready is what counts. */
	if (calls_of(k, a) != calls_of(k, than))
		return calls_of(k, a) < calls_of(k, than);
	/* What an agent in a call was when it had room is its own affair. */
	if (!ready && k->options[c->queue].agents_by == JF_ACD_AGENTS_BY_LEAST_OCCUPIED)
		return false;
	x = rank(k, a, c);
	y = rank(k, than, c);
	return x != y ? x < y : look(k, a).idle_since_ns < look(k, than).idle_since_ns;
}

/* ---- At any time ------------------------------------------------------------------------------
 */

static void nobody_waits_in_vain(const struct centre *k)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		if (!may_take(k, a))
			continue;
		for (const struct call *c = k->calls; c < k->calls + CALLS; c++)
			if (c->state == WAITING && suits(k, a, c))
				must(k, passed_over(k, a, c));
	}
}

static void nobody_is_lost(const struct centre *k)
{
	for (const struct call *c = k->calls; c < k->calls + CALLS; c++) {
		struct jf_call_id id;

		if (c->state == FREE)
			continue;
		must(k, jf_acd_entry_call(k->acd, c->entry, &id) == 0);
		must(k, id.b[0] == c - k->calls);
	}
}

/* What the agent is in, by its calls together. */
static enum jf_agent_state state_together(const struct centre *k, uint32_t a)
{
	bool does[JF_ACD_CONFERS + 1] = {false};

	for (const struct call *c = k->calls; c < k->calls + CALLS; c++)
		if (c->state == CONNECTED && c->agent == a)
			does[c->does] = true;
	return does[JF_ACD_TALKS]      ? JF_AGENT_TALKING
	       : does[JF_ACD_CONFERS]  ? JF_AGENT_CONFERENCE
	       : does[JF_ACD_CONSULTS] ? JF_AGENT_CONSULT
	                               : JF_AGENT_HOLD;
}

static void agents_have_what_they_can(const struct centre *k)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		struct jf_acd_agent seen = look(k, a);
		uint32_t n = 0, cursor = 0;
		struct jf_acd_ref entry;

		must(k, seen.state == k->agents[a].state);
		must(k, seen.n_calls == calls_of(k, a));
		must(k, seen.n_calls <= k->agents[a].capacity);
		must(k, seen.n_calls == is_asked(k, a) || seen.state == state_together(k, a));
		must(k, seen.direct == (k->agents[a].direct >= 0));
		must(k, !seen.direct || !seen.n_calls);
		must(k, seen.state != JF_AGENT_READY ||
		                seen.idle_since_ns == k->agents[a].idle_since_ns);
		must(k, jf_agent_state_engaged(seen.state) == (seen.n_calls || seen.direct));
		while (jf_acd_agent_entry_each(k->acd, k->agents[a].ref, &cursor, &entry))
			n++;
		must(k, n == seen.n_calls);
	}
}

static uint64_t known(const struct jf_acd_queue_counters *c)
{
	return c->answered + c->abandoned_queue + c->abandoned_ringing + c->abandoned_short +
	       c->released + c->overflowed_out + c->callbacks + c->voicemails;
}

static void counts_add_up(const struct centre *k, uint32_t q)
{
	uint32_t waiting = 0, ringing = 0, talking = 0, unanswered = 0;
	const struct tally *t = &k->tally[q];
	struct jf_acd_queue v;
	const struct jf_acd_queue_counters *c = &v.counters;

	must(k, jf_acd_queue_get(k->acd, k->queues[q], &v) == 0);
	for (const struct call *w = k->calls; w < k->calls + CALLS; w++) {
		bool here = w->queue == q;

		waiting += here && w->state == WAITING;
		ringing += here && w->state == OFFERED;
		talking += here && (w->state == CONNECTED || w->state == PASSED_ON);
		unanswered += here && !w->counted && (w->state == WAITING || w->state == OFFERED);
	}
	must(k, v.waiting == waiting && v.ringing == ringing && v.talking == talking);
	must(k, c->offered == known(c) + unanswered);
	must(k, c->offered == t->offered && c->answered == t->answered);
	must(k, c->abandoned_short == t->short_abandons);
	must(k, c->abandoned_queue == t->abandoned);
	must(k, c->abandoned_ringing == t->ringing_abandons);
	must(k, c->released == t->released && c->callbacks == t->callbacks);
	must(k, c->voicemails == t->voicemails && c->vanished == t->vanished);
	must(k, c->overflowed_out == t->out && c->overflowed_in == t->in);
	must(k, c->rona + c->busy + c->rejected + c->unavailable + c->unreachable + c->failed ==
	                t->refused);
	must(k, c->withdrawn == t->withdrawn);
	must(k, c->told == t->told && c->told_error_ns == t->told_error_ns);
}

static void places_are_those_of_the_order(const struct centre *k)
{
	for (const struct call *c = k->calls; c < k->calls + CALLS; c++) {
		uint32_t ahead, seen = 0;

		if (c->state != WAITING)
			continue;
		for (const struct call *w = k->calls; w < k->calls + CALLS; w++)
			seen += w != c && w->state == WAITING && w->queue == c->queue &&
			        goes_before(k, w, c);
		must(k, jf_acd_position(k->acd, c->entry, &ahead) == 0);
		must(k, ahead == seen);
	}
}

/* Nothing is said while nobody is at work who could serve the caller; what was said first is kept.
 */
static void waits_are_told(struct centre *k)
{
	for (struct call *c = k->calls; c < k->calls + CALLS; c++) {
		uint64_t wait_ns;
		bool anybody = false;

		if (c->state != WAITING)
			continue;
		for (uint32_t a = 0; a < AGENTS; a++)
			anybody = anybody || (at_work(k, a) && suits(k, a, c));
		if (jf_acd_estimate(k->acd, c->entry, k->now_ns, &wait_ns))
			continue;
		must(k, anybody);
		if (!c->told_ns && !c->counted)
			c->told_ns = k->now_ns - c->enqueued_ns + wait_ns;
	}
}

static void it_can_be_explained(const struct centre *k)
{
	for (const struct call *c = k->calls; c < k->calls + CALLS; c++) {
		struct jf_acd_explanation x;
		uint32_t n = 0;

		if (c->state == FREE)
			continue;
		must(k, jf_acd_explain(k->acd, c->entry, k->now_ns, &x) == 0);
		for (uint32_t i = 0; i < JF_ACD_WHY_NOT_COUNT; i++)
			n += x.counts[i];
		must(k, n == x.members);
		must(k, x.waiting == (c->state == WAITING));
		must(k, c->state != WAITING || !x.counts[JF_ACD_WHY_NOT_NOTHING]);
	}
}

void centre_check(struct centre *k)
{
	nobody_waits_in_vain(k);
	nobody_is_lost(k);
	agents_have_what_they_can(k);
	for (uint32_t q = 0; q < QUEUES; q++)
		counts_add_up(k, q);
	if (any(k, 8) == 0) {
		places_are_those_of_the_order(k);
		it_can_be_explained(k);
	}
	if (any(k, 8) == 0)
		waits_are_told(k);
}
