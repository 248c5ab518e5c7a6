// SPDX-License-Identifier: BSD-3-Clause
/* The process ends and begins again: what was saved of the agents, the calls that live on. */
#include "centre.h"

#include <string.h>

static void agents_restore(struct centre *k, const struct jf_acd_agent_saved *saved)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		struct agent *agent = &k->agents[a];

		must(k, jf_acd_agent_restore(k->acd, agent->ref, &saved[a], k->now_ns) == 0);
		memset(agent->chosen, 0, sizeof(agent->chosen));
		agent->answered_today = 0;
		agent->direct = -1;
		agent->full = false;
	}
}

/* Those who talk go on talking, and wait for the end of it with what they asked for. */
static void calls_adopt(struct centre *k)
{
	for (struct call *c = k->calls; c < k->calls + CALLS; c++) {
		struct jf_call_id id = {{(uint8_t)(c - k->calls)}};
		struct jf_acd_arrival arrival;

		memset(c->asked, 0, sizeof(c->asked));
		memset(c->tried, 0, sizeof(c->tried));
		c->told_ns = 0;
		c->step = 0;
		c->expired = false;
		c->does = JF_ACD_TALKS;
		if (c->state != CONNECTED)
			continue;
		arrival = centre_arrival(k, c);
		must(k, jf_acd_adopt(k->acd, k->queues[c->queue], k->agents[c->agent].ref, &id,
		                     &arrival, k->now_ns, &c->entry) == 0);
		c->counted = true;
	}
}

/* An agent is what it was; one who rang or was on its way to a call of nobody's is as after it. */
static void agents_compare(struct centre *k, const struct jf_acd_agent_saved *saved)
{
	for (uint32_t a = 0; a < AGENTS; a++) {
		enum jf_agent_state was = saved[a].state;
		struct jf_acd_agent seen;

		must(k, jf_acd_agent_get(k->acd, k->agents[a].ref, &seen) == 0);
		if (calls_of(k, a)) {
			must(k, seen.state == JF_AGENT_TALKING);
			must(k, !saved[a].has_pending || seen.has_pending);
		} else if (jf_agent_state_engaged(was)) {
			must(k, seen.state ==
			                (saved[a].has_pending ? saved[a].pending : JF_AGENT_READY));
		} else {
			must(k, seen.state == was && !strcmp(seen.reason, saved[a].reason));
			must(k, seen.until_ns == saved[a].until_ns);
		}
		must(k, seen.idle_since_ns == saved[a].idle_since_ns);
		k->agents[a].state = seen.state;
		k->agents[a].idle_since_ns = seen.idle_since_ns;
		centre_agent_weigh(k, a);
	}
}

static void those_who_wait_enter(struct centre *k)
{
	for (;;) {
		struct jf_acd_arrival arrival;
		struct call *next = NULL;

		for (struct call *c = k->calls; c < k->calls + CALLS; c++)
			if (c->state == PASSED_ON && (!next || c->serial < next->serial))
				next = c;
		if (!next)
			return;
		arrival = centre_arrival(k, next);
		arrival.restored = true;
		arrival.at_head = next->at_head;
		arrival.answered_before = next->counted;
		must(k, centre_enter(k, next, &arrival) == 0);
		centre_hear(k);
	}
}

void centre_restart(struct centre *k)
{
	struct jf_acd_agent_saved saved[AGENTS];
	struct jf_acd_output o;

	for (uint32_t a = 0; a < AGENTS; a++)
		must(k, jf_acd_agent_save(k->acd, k->agents[a].ref, &saved[a]) == 0);
	/* All who have no agent, or only rang at one, look again; who was transferred, first. */
	for (struct call *c = k->calls; c < k->calls + CALLS; c++) {
		if (c->state == PASSED_ON)
			c->at_head = c->counted = true;
		if (c->state == WAITING || c->state == OFFERED)
			c->state = PASSED_ON;
	}
	centre_close(k);
	memset(k->tally, 0, sizeof(k->tally));
	must(k, jf_acd_create(&k->acd) == 0);
	centre_queues_make(k);
	centre_agents_make(k);
	agents_restore(k, saved);
	calls_adopt(k);
	while (!jf_acd_next(k->acd, &o))
		must(k, o.type == JF_ACD_AGENT_CHANGED); /* nobody waits yet */
	agents_compare(k, saved);
	those_who_wait_enter(k);
}

/* ---- What agents ask for ----------------------------------------------------------------------
 */

void centre_wants(struct centre *k)
{
	static const enum jf_agent_want wants[] = {JF_AGENT_WANT_READY, JF_AGENT_WANT_READY,
	                                           JF_AGENT_WANT_NOT_READY,
	                                           JF_AGENT_WANT_LOGGED_OUT};

	(void)jf_acd_agent_want(k->acd, k->agents[any(k, AGENTS)].ref, wants[any(k, 4)], "break",
	                        "test", k->now_ns);
}

void centre_phone(struct centre *k)
{
	static const enum jf_agent_phone whats[] = {
	        JF_AGENT_PHONE_REGISTERED, JF_AGENT_PHONE_REFRESHED, JF_AGENT_PHONE_REFRESHED,
	        JF_AGENT_PHONE_UNREGISTERED, JF_AGENT_PHONE_EXPIRED};

	must(k, jf_acd_agent_phone(k->acd, k->agents[any(k, AGENTS)].ref, whats[any(k, 5)],
	                           k->now_ns) == 0);
}

void centre_extends(struct centre *k)
{
	(void)jf_acd_wrapup_extend(k->acd, k->agents[any(k, AGENTS)].ref, S, k->now_ns);
}
