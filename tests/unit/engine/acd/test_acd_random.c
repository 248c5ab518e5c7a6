// SPDX-License-Identifier: BSD-3-Clause
/* A random trace against a model that only remembers; the rules are asked of it after each event.
 */
#include "jf_acd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define AGENTS 24
#define QUEUES 5
#define CALLS  64
#define EVENTS 100000

enum call_state { FREE, WAITING, OFFERED, CONNECTED };

struct call {
	enum call_state state;
	struct jf_acd_ref entry;
	unsigned int queue;
	uint64_t enqueued_ns;
	bool at_head, counted;
	int agent;
	bool tried[AGENTS];
	unsigned int n_tried;
};

static struct jf_acd *acd;
static struct jf_acd_ref queues[QUEUES], agents[AGENTS];
static bool member[AGENTS][QUEUES];
static struct call calls[CALLS];
static uint64_t now_ns, random_state = 88172645463325252u;
static uint64_t offered, answered, left;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

static enum jf_agent_state state_of(unsigned int a)
{
	struct jf_acd_agent agent;

	assert_int_equal(jf_acd_agent_get(acd, agents[a], &agent), 0);
	return agent.state;
}

static bool at_work(enum jf_agent_state s)
{
	return s == JF_AGENT_READY || s == JF_AGENT_WRAPUP || jf_agent_state_engaged(s);
}

static unsigned int agent_by_ref(struct jf_acd_ref ref)
{
	for (unsigned int a = 0; a < AGENTS; a++)
		if (jf_acd_ref_equal(agents[a], ref))
			return a;
	fail_msg("an agent that nobody made");
	return 0;
}

/* The entry of an offer may be new: its arrival is still inside jf_acd_enqueue. */
static struct call *call_by_ref(struct jf_acd_ref entry)
{
	for (unsigned int i = 0; i < CALLS; i++)
		if (calls[i].state != FREE && jf_acd_ref_equal(calls[i].entry, entry))
			return &calls[i];
	return NULL;
}

static bool goes_before(const struct call *a, const struct call *b)
{
	return a->at_head != b->at_head ? a->at_head : a->enqueued_ns < b->enqueued_ns;
}

static void see_offer(const struct jf_acd_output *out)
{
	unsigned int a = agent_by_ref(out->agent);
	struct call *c = call_by_ref(out->entry);

	assert_non_null(c);
	assert_int_equal(c->state, WAITING);
	for (unsigned int i = 0; i < CALLS; i++) {
		const struct call *w = &calls[i];

		/* One agent, one call. */
		if (w->state == OFFERED || w->state == CONNECTED)
			assert_int_not_equal(w->agent, a);
		/* Nobody overtakes, but those who had this agent before. */
		if (w->state == WAITING && w != c && member[a][w->queue] && goes_before(w, c))
			assert_true(w->tried[a]);
	}
	assert_true(member[a][c->queue]);
	c->state = OFFERED;
	c->agent = (int)a;
	if (out->decision.retried) {
		memset(c->tried, 0, sizeof(c->tried));
		c->n_tried = 0;
	}
}

static void drain(void)
{
	struct jf_acd_output out;

	while (!jf_acd_next(acd, &out))
		if (out.type == JF_ACD_OFFER)
			see_offer(&out);
}

static void nobody_waits_for_a_ready_agent(void)
{
	enum jf_agent_state states[AGENTS];

	for (unsigned int a = 0; a < AGENTS; a++)
		states[a] = state_of(a);
	for (unsigned int i = 0; i < CALLS; i++) {
		const struct call *c = &calls[i];
		bool ready = false, untried = false;

		if (c->state != WAITING)
			continue;
		for (unsigned int a = 0; a < AGENTS; a++) {
			if (!member[a][c->queue])
				continue;
			if (states[a] == JF_AGENT_READY) {
				ready = true;
				assert_true(c->tried[a]);
			}
			if (at_work(states[a]) && !c->tried[a])
				untried = true;
		}
		assert_true(!ready || untried);
	}
}

static void everybody_is_accounted_for(void)
{
	uint64_t o = 0, done = 0;
	unsigned int waiting[QUEUES] = {0}, ringing[QUEUES] = {0}, talking[QUEUES] = {0};
	unsigned int uncounted = 0;

	for (unsigned int i = 0; i < CALLS; i++) {
		waiting[calls[i].queue] += calls[i].state == WAITING;
		ringing[calls[i].queue] += calls[i].state == OFFERED;
		talking[calls[i].queue] += calls[i].state == CONNECTED;
		uncounted += calls[i].state != FREE && !calls[i].counted;
		if (calls[i].state == OFFERED || calls[i].state == CONNECTED)
			assert_true(jf_agent_state_engaged(state_of((unsigned int)calls[i].agent)));
	}
	for (unsigned int q = 0; q < QUEUES; q++) {
		struct jf_acd_queue v;
		const struct jf_acd_queue_counters *c = &v.counters;

		assert_int_equal(jf_acd_queue_get(acd, queues[q], &v), 0);
		assert_int_equal(v.waiting, waiting[q]);
		assert_int_equal(v.ringing, ringing[q]);
		assert_int_equal(v.talking, talking[q]);
		o += c->offered;
		done += c->answered + c->abandoned_queue + c->abandoned_ringing +
		        c->abandoned_short + c->released;
	}
	assert_int_equal(o, offered);
	assert_int_equal(o, done + uncounted);
	assert_int_equal(done, answered + left);
}

static void arrive(void)
{
	for (unsigned int i = 0; i < CALLS; i++) {
		struct call *c = &calls[i];
		struct jf_acd_arrival how = {.enqueued_ns = now_ns};

		if (c->state != FREE)
			continue;
		*c = (struct call){.state = WAITING, .queue = any(QUEUES), .enqueued_ns = now_ns};
		assert_int_equal(jf_acd_enqueue(acd, queues[c->queue], &(struct jf_call_id){{0}},
		                                &how, now_ns, &c->entry),
		                 0);
		offered++;
		return;
	}
}

static void refuse(struct call *c)
{
	/* Beyond sixteen the engine forgets the oldest; stay below, so that the model is exact. */
	if (c->n_tried >= JF_ACD_TRIED_MAX)
		return;
	assert_int_equal(jf_acd_refused(acd, c->entry, any(JF_ACD_OUTCOME_COUNT), now_ns), 0);
	c->n_tried += !c->tried[c->agent];
	c->tried[c->agent] = true;
	c->state = WAITING;
}

static void leave(struct call *c)
{
	assert_int_equal(jf_acd_leave(acd, c->entry, any(2), now_ns), 0);
	left += !c->counted;
	c->state = FREE;
}

static void touch_call(struct call *c)
{
	if (c->state == OFFERED && any(3) == 0) {
		refuse(c);
	} else if (c->state == OFFERED && any(8)) {
		assert_int_equal(jf_acd_answered(acd, c->entry, now_ns), 0);
		answered += !c->counted;
		c->counted = true;
		c->state = CONNECTED;
	} else if (c->state == CONNECTED && any(10) == 0) {
		assert_int_equal(jf_acd_vanished(acd, c->entry, now_ns), 0);
		c->at_head = true;
		c->state = WAITING;
	} else if (c->state == CONNECTED && any(4) == 0) {
		assert_int_equal(jf_acd_held(acd, c->entry, any(2), now_ns), 0);
	} else if (c->state == CONNECTED) {
		assert_int_equal(jf_acd_end(acd, c->entry, now_ns), 0);
		c->state = FREE;
	} else if ((c->state == WAITING || c->state == OFFERED) && any(6) == 0) {
		leave(c);
	}
}

static void touch_agent(unsigned int a)
{
	switch (any(8)) {
	case 0:
		jf_acd_agent_want(acd, agents[a], JF_AGENT_WANT_NOT_READY, "break", "model",
		                  now_ns);
		break;
	case 1:
		jf_acd_agent_want(acd, agents[a], JF_AGENT_WANT_LOGGED_OUT, "", "model", now_ns);
		break;
	case 2:
		jf_acd_agent_phone(acd, agents[a], any(4), now_ns);
		break;
	default:
		jf_acd_agent_phone(acd, agents[a], JF_AGENT_PHONE_REFRESHED, now_ns);
		jf_acd_agent_want(acd, agents[a], JF_AGENT_WANT_READY, "", "model", now_ns);
		break;
	}
}

static void invariants_hold_over_a_random_trace(void **state)
{
	(void)state;
	assert_int_equal(jf_acd_create(&acd), 0);
	for (unsigned int q = 0; q < QUEUES; q++)
		assert_int_equal(jf_acd_queue_add(acd, "q", 1,
		                                  &(struct jf_acd_queue_options){
		                                          .wrap_up_ns = q * JF_NS_PER_S,
		                                          .short_abandon_ns = JF_NS_PER_S},
		                                  &queues[q]),
		                 0);
	for (unsigned int a = 0; a < AGENTS; a++) {
		assert_int_equal(jf_acd_agent_add(acd, "a", 1, any(4) != 0, &agents[a]), 0);
		for (unsigned int q = 0; q < QUEUES; q++)
			if (any(3) == 0) {
				member[a][q] = true;
				assert_int_equal(jf_acd_member_add(acd, agents[a], queues[q], 0),
				                 0);
			}
	}
	for (unsigned int i = 0; i < EVENTS; i++) {
		now_ns += any(200) * JF_NS_PER_MS + 1;
		jf_acd_tick(acd, now_ns);
		drain();
		switch (any(8)) {
		case 0:
		case 1:
			arrive();
			break;
		case 2:
			touch_agent(any(AGENTS));
			break;
		default:
			touch_call(&calls[any(CALLS)]);
			break;
		}
		drain();
		nobody_waits_for_a_ready_agent();
		everybody_is_accounted_for();
	}
	assert_true(answered > EVENTS / 50); /* the trace was not an idle one */
	jf_acd_destroy(acd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(invariants_hold_over_a_random_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
