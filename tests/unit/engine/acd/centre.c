// SPDX-License-Identifier: BSD-3-Clause
#include "centre.h"

#include <stdio.h>
#include <string.h>

#include "jf_acd_skill.h"

uint32_t any(struct centre *k, uint32_t below)
{
	k->random ^= k->random << 13;
	k->random ^= k->random >> 7;
	k->random ^= k->random << 17;
	return (uint32_t)((k->random * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* ---- The beginning and the end ----------------------------------------------------------------
 */

static struct jf_acd_queue_options any_options(struct centre *k)
{
	const struct centre_plan *p = &k->plan;

	return (struct jf_acd_queue_options){
	        .wrap_up_ns = any(k, 3) * 2 * S,
	        .wrap_up_open = any(k, 8) == 0,
	        .wrap_up_extend_ns = 3 * S,
	        .short_abandon_ns = 2 * S,
	        .max_wait_ns = any(k, 3) ? 0 : 60 * S + any(k, 1000),
	        .agents_by = p->agents_by >= 0 ? (enum jf_acd_agents_by)p->agents_by
	                                       : any(k, JF_ACD_AGENTS_BY_COUNT),
	        .calls_by = p->calls_by >= 0 ? (enum jf_acd_calls_by)p->calls_by
	                                     : any(k, JF_ACD_CALLS_BY_COUNT),
	        .ageing_ns = (1 + any(k, 5)) * S + any(k, 1000),
	        .priority_cap = (uint16_t)(any(k, 2) ? 0 : 6 + any(k, 10)),
	        .age_cap_ns = any(k, 2) ? 0 : 20 * S + any(k, 1000),
	        .ring_at_once = (uint8_t)any(k, 4),
	};
}

void centre_queues_make(struct centre *k)
{
	for (uint32_t q = 0; q < QUEUES; q++)
		must(k, jf_acd_queue_add(k->acd, "q", 1, &k->options[q], &k->queues[q]) == 0);
	for (uint32_t q = 0; q + 1 < QUEUES && k->plan.overflow; q++) {
		const struct jf_acd_overflow rules[] = {
		        {JF_ACD_OVERFLOW_BY_LENGTH, 5 + q, k->queues[q + 1]},
		        {JF_ACD_OVERFLOW_BY_ESTIMATE, 90 * S, k->queues[QUEUES - 1 - q]},
		        {JF_ACD_OVERFLOW_BY_NOBODY, 0, k->queues[QUEUES - 1]},
		        {JF_ACD_OVERFLOW_BY_WAIT, (15 + 5 * q) * S + 7, k->queues[q + 1]}};
		uint32_t n = 0;
		struct jf_acd_overflow ours[4];

		for (uint32_t i = 0; i < 4; i++)
			if (rules[i].to.index != k->queues[q].index)
				ours[n++] = rules[i];
		must(k, jf_acd_overflow_set(k->acd, k->queues[q], ours, n) == 0);
	}
	for (uint32_t q = 0; q < QUEUES; q++)
		if (k->closed[q])
			must(k, jf_acd_queue_close(k->acd, k->queues[q], JF_ACD_CLOSING_SERVE,
			                           jf_acd_nobody, k->now_ns) == 0);
	for (uint32_t s = 0; s < SKILLS; s++) {
		char name[] = {'s', (char)('0' + s), '\0'};

		must(k, jf_acd_skill(k->acd, 1, name, &k->skills[s]) == 0);
	}
}

/* As they are in the model; those of a queue in the order of its list. */
void centre_agents_make(struct centre *k)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		struct agent *agent = &k->agents[a];
		struct jf_acd_skill_level has[SKILLS];
		uint32_t n = 0;

		must(k, jf_acd_agent_add(k->acd, "a", 1, a % 4 != 3, &agent->ref) == 0);
		must(k, jf_acd_agent_capacity_set(k->acd, agent->ref, agent->capacity, k->now_ns) ==
		                0);
		for (uint32_t s = 0; s < SKILLS; s++)
			if (agent->levels[s])
				has[n++] =
				        (struct jf_acd_skill_level){k->skills[s], agent->levels[s]};
		must(k, jf_acd_agent_skills_set(k->acd, agent->ref, has, n, k->now_ns) == 0);
	}
	for (uint32_t q = 0; q < QUEUES; q++)
		for (uint32_t place = 0; place < k->places[q]; place++)
			for (uint32_t a = 0; a < AGENTS; a++)
				if (k->agents[a].member[q] && k->agents[a].place[q] == place)
					must(k, jf_acd_member_add(k->acd, k->agents[a].ref,
					                          k->queues[q], k->now_ns) == 0);
}

void centre_open(struct centre *k, const struct centre_plan *plan)
{
	*k = (struct centre){.plan = *plan, .now_ns = 100 * S};
	k->random = plan->seed * 0x9e3779b97f4a7c15u + 1;
	must(k, jf_acd_create(&k->acd) == 0);
	for (uint32_t q = 0; q < QUEUES; q++)
		k->options[q] = any_options(k);
	centre_queues_make(k);
	for (uint32_t a = 0; a < AGENTS; a++) {
		struct agent *agent = &k->agents[a];

		agent->direct = -1;
		agent->capacity = 1 + any(k, plan->capacity);
		for (uint32_t s = 0; s < SKILLS; s++)
			agent->levels[s] = (uint8_t)any(k, JF_ACD_LEVEL_MAX + 1);
		for (uint32_t q = 0; q < QUEUES; q++)
			if (any(k, 2)) {
				agent->member[q] = true;
				agent->place[q] = k->places[q]++;
			}
	}
	centre_agents_make(k);
	for (uint32_t a = 0; a < AGENTS; a++) {
		k->now_ns += 1 + any(k, 1000);
		must(k, jf_acd_agent_phone(k->acd, k->agents[a].ref, JF_AGENT_PHONE_REGISTERED,
		                           k->now_ns) == 0);
		centre_hear(k);
	}
}

void centre_close(struct centre *k)
{
	jf_acd_destroy(k->acd);
	k->acd = NULL;
}

/* ---- What the engine says ---------------------------------------------------------------------
 */

static uint32_t agent_of(const struct centre *k, struct jf_acd_ref ref)
{
	for (uint32_t a = 0; a < AGENTS; a++)
		if (jf_acd_ref_equal(k->agents[a].ref, ref))
			return a;
	must(k, !"an agent that nobody made");
	return 0;
}

static uint32_t queue_of(const struct centre *k, struct jf_acd_ref ref)
{
	for (uint32_t q = 0; q < QUEUES; q++)
		if (jf_acd_ref_equal(k->queues[q], ref))
			return q;
	must(k, !"a queue that nobody made");
	return 0;
}

/* What the rule by occupancy knows of an agent that becomes ready. */
void centre_agent_weigh(struct centre *k, uint32_t a)
{
	struct jf_acd_agent seen;
	uint64_t busy_ns, ready_ns, total_us;

	must(k, jf_acd_agent_get(k->acd, k->agents[a].ref, &seen) == 0);
	busy_ns = seen.counters.talk_ns + seen.counters.hold_ns + seen.counters.wrapup_ns +
	          seen.counters.ringing_ns;
	ready_ns = seen.counters.ready_ns;
	if (seen.state == JF_AGENT_READY)
		ready_ns += k->now_ns - seen.since_ns;
	total_us = (busy_ns + ready_ns) / 1000;
	k->agents[a].occupancy = total_us ? busy_ns / 1000 * 1000000 / total_us : 0;
}

static void hear_agent(struct centre *k, const struct jf_acd_output *o)
{
	uint32_t a = agent_of(k, o->agent);

	must(k, k->agents[a].state == o->from);
	k->agents[a].state = o->to;
	/* Who rang in vain, without blame, is idle as before. */
	if (o->to == JF_AGENT_READY && o->from != JF_AGENT_RESERVED &&
	    o->from != JF_AGENT_RINGING && o->from != JF_AGENT_DIALING)
		k->agents[a].idle_since_ns = k->now_ns;
	if (o->to == JF_AGENT_DIALING && o->from != JF_AGENT_READY && o->from != o->to)
		k->agents[a].idle_since_ns = k->now_ns;
	if (o->to == JF_AGENT_READY && o->from != o->to)
		centre_agent_weigh(k, a);
	if (!jf_agent_state_engaged(o->to))
		k->agents[a].full = false;
}

/* Of the ready ones nobody was before the chosen one, and as many were asked as the rule says. */
static void judge_agent(struct centre *k, const struct call *c, uint32_t a)
{
	const struct jf_acd_queue_options *o = &k->options[c->queue];
	uint32_t at_once = 1, others = 0;

	if (o->agents_by == JF_ACD_AGENTS_BY_SIMULTANEOUS)
		at_once = o->ring_at_once ? o->ring_at_once : JF_ACD_RING_MAX;
	for (uint32_t b = 0; b < AGENTS; b++) {
		if (b == a || !may_take(k, b) || !suits(k, b, c) || passed_over(k, b, c))
			continue;
		must(k, !is_better(k, b, a, c));
		others++;
	}
	if (c->state == WAITING)
		k->ringing_n = others + 1 < at_once ? others : at_once - 1;
	else
		k->ringing_n--;
}

static void hear_offer(struct centre *k, const struct jf_acd_output *o, struct call *c)
{
	uint32_t a = agent_of(k, o->agent);

	must(k, jf_acd_ref_equal(c->entry, o->entry));
	must(k, jf_acd_ref_equal(o->decision.queue, k->queues[c->queue]));
	/* Neither lost nor served twice: it waits, or is being offered to several. */
	must(k, k->ringing_n ? c->state == OFFERED && jf_acd_ref_equal(k->ringing_entry, o->entry)
	                     : c->state == WAITING);
	must(k, calls_of(k, a) < k->agents[a].capacity && k->agents[a].direct < 0);
	must(k, suits(k, a, c));
	must(k, c->state == OFFERED || !passed_over(k, a, c));
	must(k, o->decision.retried == c->tried[a]);
	must(k, o->decision.waited_ns == k->now_ns - c->enqueued_ns);
	for (const struct call *w = k->calls; w < k->calls + CALLS; w++)
		if (w->state == WAITING && w != c && suits(k, a, w) && !passed_over(k, a, w))
			must(k, !goes_before(k, w, c));
	if (o->decision.situation != JF_ACD_AGENT_FREED)
		judge_agent(k, c, a);
	k->retried += o->decision.retried;
	if (o->decision.retried)
		memset(c->tried, 0, sizeof(c->tried));
	k->ringing_entry = o->entry;
	k->agents[a].chosen[c->queue] = ++k->choices;
	c->state = OFFERED;
	c->asked[a] = true;
	k->offers++;
}

static void hear_overflow(struct centre *k, const struct jf_acd_output *o, struct call *c)
{
	uint32_t to = queue_of(k, o->queue_to);

	must(k, c->state == WAITING && c->queue == queue_of(k, o->queue));
	must(k, to != c->queue && !k->closed[to]);
	if (!c->counted) {
		k->tally[c->queue].out++;
		k->tally[to].in++;
		k->tally[to].offered++;
	}
	c->queue = to;
	c->step = 0;
	c->expired = false;
}

static void hear_one(struct centre *k, const struct jf_acd_output *o)
{
	struct call *c = &k->calls[o->call.b[0]];
	uint64_t max_wait_ns;

	centre_relax(k);
	switch (o->type) {
	case JF_ACD_AGENT_CHANGED:
		hear_agent(k, o);
		break;
	case JF_ACD_OFFER:
		hear_offer(k, o, c);
		break;
	case JF_ACD_WAIT:
		must(k, c->state == WAITING && !k->ringing_n);
		break;
	case JF_ACD_EXPIRED:
		max_wait_ns = k->options[c->queue].max_wait_ns;
		must(k, c->state == WAITING && !c->expired && !c->counted);
		must(k, max_wait_ns && k->now_ns >= c->enqueued_ns + max_wait_ns);
		c->expired = c->may_leave = true;
		break;
	case JF_ACD_CLOSED:
		must(k, c->state == WAITING && k->closed[c->queue]);
		c->may_leave = true;
		break;
	case JF_ACD_OVERFLOWED:
		hear_overflow(k, o, c);
		break;
	case JF_ACD_WITHDRAWN:
		must(k, c->state == CONNECTED && c->asked[agent_of(k, o->agent)]);
		c->asked[agent_of(k, o->agent)] = false;
		k->tally[c->queue].withdrawn++;
		break;
	case JF_ACD_LEFT: /* nobody asked for it here */
		must(k, false);
		break;
	}
	centre_relax(k);
}

static void hear_all(struct centre *k)
{
	struct jf_acd_output o;

	while (!jf_acd_next(k->acd, &o))
		hear_one(k, &o);
	must(k, !k->ringing_n); /* all who should be asked were */
	centre_relax(k);
}

void centre_hear(struct centre *k)
{
	hear_all(k);
	for (struct call *c = k->calls; c < k->calls + CALLS; c++) {
		if (!c->may_leave)
			continue;
		c->may_leave = false;
		if (c->state != WAITING)
			continue;
		k->tally[c->queue].released += !c->counted;
		c->state = FREE;
		must(k, jf_acd_exit(k->acd, c->entry, JF_ACD_EXIT_RELEASED, k->now_ns) == 0);
		hear_all(k);
	}
}

void centre_pass(struct centre *k, uint64_t ns)
{
	uint64_t until_ns = k->now_ns + ns, due_ns;

	while ((due_ns = jf_acd_next_due_ns(k->acd)) && due_ns <= until_ns) {
		k->now_ns = due_ns > k->now_ns ? due_ns : k->now_ns;
		jf_acd_tick(k->acd, k->now_ns);
		centre_hear(k);
	}
	k->now_ns = until_ns;
	jf_acd_tick(k->acd, k->now_ns);
	centre_hear(k);
}
