// SPDX-License-Identifier: BSD-3-Clause
#include "centre.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_acd_offer.h"
#include "jf_acd_skill.h"

/* Some call in that state, NULL: none. */
static struct call *any_call(struct centre *k, enum call_state state)
{
	uint32_t from = any(k, CALLS);

	for (uint32_t i = 0; i < CALLS; i++)
		if (k->calls[(from + i) % CALLS].state == state)
			return &k->calls[(from + i) % CALLS];
	return NULL;
}

/* Some agent who is asked for it. */
static uint32_t any_asked(struct centre *k, const struct call *c)
{
	uint32_t a = any(k, AGENTS);

	while (!c->asked[a])
		a = (a + 1) % AGENTS;
	return a;
}

static struct jf_call_id id_of(const struct centre *k, const struct call *c)
{
	return (struct jf_call_id){{(uint8_t)(c - k->calls)}};
}

/* ---- Callers ----------------------------------------------------------------------------------
 */

static uint32_t requirement_of(struct centre *k, const struct call *c, uint32_t step)
{
	struct jf_acd_skill_error error;
	uint32_t requirement;
	char text[128] = "";
	int n = 0;

	for (uint32_t s = 0; s < SKILLS; s++)
		if (c->least[step][s])
			n += snprintf(text + n, sizeof(text) - (size_t)n, "%ss%u >= %u",
			              n ? " and " : "", s, c->least[step][s]);
	must(k, jf_acd_requirement(k->acd, 1, text, &requirement, &error) == 0);
	return requirement;
}

struct jf_acd_arrival centre_arrival(struct centre *k, const struct call *c)
{
	struct jf_acd_arrival arrival = {
	        .enqueued_ns = c->enqueued_ns,
	        .priority = (uint16_t)c->priority,
	        .n_steps = (uint8_t)c->n_steps,
	        .preferred = jf_acd_nobody,
	};

	arrival.steps[1].after_ns = c->relaxed_ns;
	for (uint32_t i = 0; i < c->n_steps; i++)
		arrival.steps[i].requirement = requirement_of(k, c, i);
	if (c->kept_for < AGENTS) {
		arrival.preferred = k->agents[c->kept_for].ref;
		arrival.prefer_ns = c->kept_until_ns - c->enqueued_ns;
	}
	return arrival;
}

int centre_enter(struct centre *k, struct call *c, const struct jf_acd_arrival *arrival)
{
	struct jf_call_id id = id_of(k, c);

	c->serial = k->serial++;
	c->state = WAITING;
	if (!c->counted)
		k->tally[c->queue].offered++;
	return jf_acd_enqueue(k->acd, k->queues[c->queue], &id, arrival, k->now_ns, &c->entry);
}

static void arrives(struct centre *k)
{
	struct call *c = any_call(k, FREE);
	struct jf_acd_arrival arrival;
	int err;

	if (!c)
		return;
	*c = (struct call){.queue = any(k, QUEUES), .enqueued_ns = k->now_ns, .kept_for = AGENTS};
	c->priority = any(k, 3) ? 0 : any(k, 12);
	c->n_steps = 1 + any(k, 2);
	c->relaxed_ns = any(k, 30) * S + any(k, 1000000);
	if (any(k, 5) == 0) {
		c->kept_for = any(k, AGENTS);
		c->kept_until_ns = k->now_ns + any(k, 20) * S + 1 + any(k, 1000);
	}
	for (uint32_t s = 0; s < SKILLS; s++)
		c->least[0][s] = any(k, 3) ? 0 : (uint8_t)(1 + any(k, JF_ACD_LEVEL_MAX));
	for (uint32_t s = 0; s < SKILLS; s++)
		c->least[1][s] = any(k, 2) ? 0 : c->least[0][s];
	arrival = centre_arrival(k, c);
	err = centre_enter(k, c, &arrival);
	must(k, err == (k->closed[c->queue] ? -EPERM : 0));
	if (err) {
		k->tally[c->queue].offered--;
		c->state = FREE;
	}
}

static void leaves(struct centre *k)
{
	struct call *c = any_call(k, any(k, 2) ? WAITING : OFFERED);
	enum jf_acd_exit how = any(k, 4);
	bool ringing = c && c->state == OFFERED;
	struct tally *t;

	if (!c)
		return;
	t = &k->tally[c->queue];
	c->state = FREE;
	if (!c->counted && how == JF_ACD_EXIT_ABANDONED) {
		bool soon = k->now_ns - c->enqueued_ns < k->options[c->queue].short_abandon_ns;

		++*(soon ? &t->short_abandons : ringing ? &t->ringing_abandons : &t->abandoned);
	} else if (!c->counted) {
		++*(how == JF_ACD_EXIT_RELEASED   ? &t->released
		    : how == JF_ACD_EXIT_CALLBACK ? &t->callbacks
		                                  : &t->voicemails);
	}
	must(k, jf_acd_exit(k->acd, c->entry, how, k->now_ns) == 0);
}

/* ---- Offers -----------------------------------------------------------------------------------
 */

static void answers(struct centre *k)
{
	struct call *c = any_call(k, OFFERED);
	uint32_t a, late;

	if (!c)
		return;
	a = any_asked(k, c);
	c->state = CONNECTED;
	c->agent = a;
	c->asked[a] = false;
	c->does = JF_ACD_TALKS;
	k->agents[a].answered_today++;
	k->answers++;
	if (!c->counted) {
		uint64_t waited_ns = k->now_ns - c->enqueued_ns;

		k->tally[c->queue].answered++;
		k->tally[c->queue].told += c->told_ns > 0;
		if (c->told_ns)
			k->tally[c->queue].told_error_ns += c->told_ns > waited_ns
			                                            ? c->told_ns - waited_ns
			                                            : waited_ns - c->told_ns;
	}
	c->counted = true;
	must(k, jf_acd_offer_answered(k->acd, c->entry, k->agents[a].ref, k->now_ns) == 0);
	/* Whoever answers after that is too late. */
	late = any(k, AGENTS);
	must(k, jf_acd_offer_answered(k->acd, c->entry, k->agents[late].ref, k->now_ns) == -EPROTO);
	centre_hear(k);
	for (uint32_t b = 0; b < AGENTS; b++)
		must(k, !c->asked[b]);
}

static void rings(struct centre *k)
{
	const struct call *c = any_call(k, OFFERED);

	if (c)
		must(k, jf_acd_offer_ringing(k->acd, c->entry, k->agents[any_asked(k, c)].ref,
		                             k->now_ns) == 0);
}

static void refuses(struct centre *k)
{
	struct call *c = any_call(k, OFFERED);
	bool others = false;
	uint32_t a;

	if (!c)
		return;
	a = any_asked(k, c);
	c->asked[a] = false;
	c->tried[a] = true;
	for (uint32_t b = 0; b < AGENTS; b++)
		others = others || c->asked[b];
	if (!others)
		c->state = WAITING;
	if (calls_of(k, a))
		k->agents[a].full = true;
	k->tally[c->queue].refused++;
	must(k, jf_acd_offer_refused(k->acd, c->entry, k->agents[a].ref,
	                             any(k, JF_ACD_OUTCOME_COUNT), k->now_ns) == 0);
}

static void withdraws(struct centre *k)
{
	struct call *c = any_call(k, OFFERED);
	uint32_t a, asked = 0;

	if (!c)
		return;
	a = any_asked(k, c);
	for (uint32_t b = 0; b < AGENTS; b++)
		asked += c->asked[b];
	c->asked[a] = asked < 2;
	k->tally[c->queue].withdrawn += asked > 1;
	must(k, jf_acd_offer_withdraw(k->acd, c->entry, k->agents[a].ref, k->now_ns) ==
	                (asked < 2 ? -EPROTO : 0));
	must(k, jf_acd_offer_stands(k->acd, c->entry, k->agents[a].ref) == c->asked[a]);
}

/* ---- Conversations ----------------------------------------------------------------------------
 */

static void ends(struct centre *k)
{
	struct call *c = any_call(k, any(k, 4) ? CONNECTED : PASSED_ON);

	if (!c)
		return;
	c->state = FREE;
	must(k, jf_acd_end(k->acd, c->entry, k->now_ns) == 0);
}

static void holds(struct centre *k)
{
	struct call *c = any_call(k, CONNECTED);

	if (!c)
		return;
	c->does = JF_ACD_TALKS + any(k, JF_ACD_CONFERS);
	must(k, jf_acd_entry_does(k->acd, c->entry, c->does, k->now_ns) == 0);
}

static void vanishes(struct centre *k)
{
	struct call *c = any_call(k, CONNECTED);

	if (!c)
		return;
	c->state = WAITING;
	c->at_head = true;
	k->agents[c->agent].full = calls_of(k, c->agent) > 0;
	k->tally[c->queue].vanished++;
	must(k, jf_acd_vanished(k->acd, c->entry, k->now_ns) == 0);
}

static void is_reserved(struct centre *k)
{
	const struct call *c = any_call(k, CONNECTED);
	uint32_t a = any(k, AGENTS);
	struct jf_call_id id;
	int err;

	if (!c)
		return;
	id = id_of(k, c);
	err = jf_acd_agent_reserve(k->acd, k->agents[a].ref, &id, k->now_ns);
	must(k, err == (k->agents[a].state == JF_AGENT_READY ? 0 : -EBUSY));
	if (!err)
		k->agents[a].direct = (int)(c - k->calls);
}

static void dials(struct centre *k)
{
	uint32_t a = any(k, AGENTS);
	bool engaged = jf_agent_state_engaged(k->agents[a].state);
	int err = jf_acd_agent_dial(k->acd, k->agents[a].ref, &(struct jf_call_id){{CALLS}},
	                            k->now_ns);

	must(k, err == (k->agents[a].state == JF_AGENT_LOGGED_OUT ? -EPERM : engaged ? -EBUSY : 0));
	if (!err)
		k->agents[a].direct = CALLS;
}

static void passes_on(struct centre *k)
{
	struct call *c = any_call(k, CONNECTED);
	bool lost = any(k, 6) == 0;

	if (!c)
		return;
	c->state = PASSED_ON;
	if (lost && calls_of(k, c->agent))
		k->agents[c->agent].full = true;
	k->tally[c->queue].vanished += lost;
	must(k, jf_acd_passed_on(k->acd, c->entry, lost, k->now_ns) == 0);
}

static void takes_over(struct centre *k)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		struct agent *agent = &k->agents[a];
		struct call *c = &k->calls[agent->direct < 0 ? 0 : agent->direct];

		if (agent->direct < 0 || agent->direct == CALLS ||
		    (c->state != CONNECTED && c->state != PASSED_ON))
			continue;
		c->state = CONNECTED;
		c->agent = a;
		c->does = JF_ACD_TALKS;
		agent->direct = -1;
		must(k, jf_acd_taken_over(k->acd, c->entry, agent->ref, k->now_ns) == 0);
		return;
	}
}

static void comes_back(struct centre *k)
{
	struct call *c = any_call(k, PASSED_ON);

	if (!c)
		return;
	c->state = WAITING;
	c->at_head = true;
	must(k, jf_acd_returned(k->acd, c->entry, k->now_ns) == 0);
}

static void is_released(struct centre *k)
{
	uint32_t a = any(k, AGENTS), how = any(k, 6);
	struct agent *agent = &k->agents[a];
	int err;

	if (how == 0)
		err = jf_acd_agent_refused(k->acd, agent->ref, any(k, JF_ACD_OUTCOME_COUNT),
		                           k->now_ns);
	else if (how == 1)
		err = jf_acd_agent_lost(k->acd, agent->ref, k->now_ns);
	else
		err = jf_acd_agent_release(k->acd, agent->ref, k->now_ns);
	must(k, err == -EPROTO || agent->direct >= 0);
	if (!err)
		agent->direct = -1;
}

/* ---- Agents -----------------------------------------------------------------------------------
 */

static void joins(struct centre *k)
{
	uint32_t a = any(k, AGENTS), q = any(k, QUEUES);
	bool already = k->agents[a].member[q];

	if (!already) {
		k->agents[a].member[q] = true;
		k->agents[a].place[q] = k->places[q]++;
		k->agents[a].chosen[q] = 0;
	}
	must(k, jf_acd_member_add(k->acd, k->agents[a].ref, k->queues[q], k->now_ns) == 0);
	if (!already)
		centre_agent_weigh(k, a);
}

static void parts(struct centre *k)
{
	uint32_t a = any(k, AGENTS), q = any(k, QUEUES);

	k->agents[a].member[q] = false;
	must(k, jf_acd_member_remove(k->acd, k->agents[a].ref, k->queues[q], k->now_ns) == 0);
}

static void learns(struct centre *k)
{
	struct jf_acd_skill_level has[SKILLS];
	uint32_t a = any(k, AGENTS), n = 0;

	for (uint32_t s = 0; s < SKILLS; s++) {
		uint8_t level = (uint8_t)any(k, JF_ACD_LEVEL_MAX + 1);

		k->agents[a].levels[s] = level;
		if (level)
			has[n++] = (struct jf_acd_skill_level){k->skills[s], level};
	}
	must(k, jf_acd_agent_skills_set(k->acd, k->agents[a].ref, has, n, k->now_ns) == 0);
	centre_agent_weigh(k, a);
}

static void closes(struct centre *k)
{
	uint32_t q = any(k, QUEUES), to = any(k, QUEUES);
	enum jf_acd_closing those = any(k, 3);
	bool wrong = those == JF_ACD_CLOSING_MOVE && (to == q || k->closed[to]);
	int err = jf_acd_queue_close(k->acd, k->queues[q], those, k->queues[to], k->now_ns);

	must(k, err == (wrong ? -EINVAL : 0));
	k->closed[q] = k->closed[q] || !err;
}

static void opens(struct centre *k)
{
	for (uint32_t q = 0; q < QUEUES; q++) {
		must(k, jf_acd_queue_open(k->acd, k->queues[q]) == 0);
		k->closed[q] = false;
	}
}

static void new_day(struct centre *k)
{
	jf_acd_day_begin(k->acd, 1, k->now_ns);
	for (uint32_t a = 0; a < AGENTS; a++) {
		k->agents[a].answered_today = 0;
		centre_agent_weigh(k, a);
	}
}

void centre_step(struct centre *k, const struct step *step)
{
	static void (*const steps[STEP_KINDS])(struct centre *) = {
	        [STEP_ARRIVES] = arrives,
	        [STEP_ANSWERS] = answers,
	        [STEP_ENDS] = ends,
	        [STEP_LEAVES] = leaves,
	        [STEP_RINGS] = rings,
	        [STEP_REFUSES] = refuses,
	        [STEP_WITHDRAWS] = withdraws,
	        [STEP_HOLDS] = holds,
	        [STEP_VANISHES] = vanishes,
	        [STEP_WANTS] = centre_wants,
	        [STEP_PHONE] = centre_phone,
	        [STEP_EXTENDS] = centre_extends,
	        [STEP_DIALS] = dials,
	        [STEP_RESERVED] = is_reserved,
	        [STEP_PASSES_ON] = passes_on,
	        [STEP_TAKES_OVER] = takes_over,
	        [STEP_COMES_BACK] = comes_back,
	        [STEP_RELEASED] = is_released,
	        [STEP_JOINS] = joins,
	        [STEP_PARTS] = parts,
	        [STEP_LEARNS] = learns,
	        [STEP_CLOSES] = closes,
	        [STEP_OPENS] = opens,
	        [STEP_NEW_DAY] = new_day,
	        [STEP_RESTARTS] = centre_restart,
	};

	k->random = step->number | 1;
	centre_pass(k, step->after_ns);
	steps[step->kind](k);
	centre_hear(k);
	centre_check(k);
}
