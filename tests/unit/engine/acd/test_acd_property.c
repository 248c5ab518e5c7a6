// SPDX-License-Identifier: BSD-3-Clause
/* Random traces under every rule, with skills, priorities, caps, relaxation and overflow, against a
 * model that knows nothing of classes: it looks through everybody. */
#include "jf_acd.h"
#include "jf_acd_flow.h"
#include "jf_acd_skill.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#define AGENTS 14
#define QUEUES 4
#define CALLS  48
#define SKILLS 3
#define EVENTS 1500
#define SEEDS  60
#define S      JF_NS_PER_S

struct call {
	enum { FREE, WAITING, OFFERED, CONNECTED } state;
	struct jf_acd_ref entry;
	unsigned int queue, agent;
	uint64_t enqueued_ns;
	unsigned int priority;
	unsigned int n_steps;
	uint8_t least[2][SKILLS]; /* levels asked for, by step */
	uint64_t relaxed_ns;
};

static struct jf_acd *acd;
static struct jf_acd_ref queues[QUEUES], agents[AGENTS];
static struct jf_acd_queue_options options[QUEUES];
static bool member[AGENTS][QUEUES];
static uint8_t levels[AGENTS][SKILLS];
static unsigned int answered_by[AGENTS];
static struct call calls[CALLS];
static uint64_t now_ns, random_state;
static uint64_t offered[QUEUES], out[QUEUES];

static uint32_t any(uint32_t below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state >> 33) % below;
}

static struct jf_acd_agent look(unsigned int a)
{
	struct jf_acd_agent agent;

	assert_int_equal(jf_acd_agent_get(acd, agents[a], &agent), 0);
	return agent;
}

/* ---- What the model says ----------------------------------------------------------------------
 */

static bool meets(unsigned int a, const struct call *c, unsigned int step)
{
	for (unsigned int s = 0; s < SKILLS; s++)
		if (levels[a][s] < c->least[step][s])
			return false;
	return member[a][c->queue];
}

static bool anybody_meets(const struct call *c, unsigned int step)
{
	for (unsigned int a = 0; a < AGENTS; a++)
		if (meets(a, c, step))
			return true;
	return false;
}

/* Everybody is logged in all the time, so a step is skipped at once or never. */
static unsigned int step_of(const struct call *c)
{
	if (c->n_steps < 2)
		return 0;
	if (now_ns >= c->enqueued_ns + c->relaxed_ns)
		return 1;
	return !anybody_meets(c, 0) && anybody_meets(c, 1);
}

static bool suits(unsigned int a, const struct call *c)
{
	return meets(a, c, step_of(c));
}

static bool overage(const struct call *c)
{
	uint64_t cap_ns = options[c->queue].age_cap_ns;

	return cap_ns && now_ns >= c->enqueued_ns + cap_ns;
}

/* Exactly, in a common unit: nobody's rate divides another's. */
static long double points(const struct call *c)
{
	const struct jf_acd_queue_options *o = &options[c->queue];
	long double cap = o->priority_cap ? o->priority_cap : JF_ACD_PRIORITY_MAX, p = c->priority;

	if (o->calls_by == JF_ACD_CALLS_BY_AGE)
		return 0;
	if (o->calls_by == JF_ACD_CALLS_BY_AGEING)
		p += (long double)(now_ns - c->enqueued_ns) / o->ageing_ns;
	return p < cap ? p : cap;
}

static bool goes_before(const struct call *a, const struct call *b)
{
	long double difference;

	if (overage(a) != overage(b))
		return overage(a);
	difference = overage(a) ? 0 : points(a) - points(b);
	if (difference > 1e-9L || difference < -1e-9L)
		return difference > 0;
	return a->enqueued_ns < b->enqueued_ns;
}

static unsigned int score(unsigned int a, const struct call *c)
{
	unsigned int sum = 0, step = step_of(c);

	for (unsigned int s = 0; s < SKILLS; s++)
		sum += c->least[step][s] ? levels[a][s] : 0;
	return sum;
}

/* Whether the queue's rule puts ready agent b before the chosen one. */
static bool better(unsigned int b, unsigned int chosen, const struct call *c, uint64_t chosen_idle)
{
	switch (options[c->queue].agents_by) {
	case JF_ACD_AGENTS_BY_IDLE:
		return look(b).idle_since_ns < chosen_idle;
	case JF_ACD_AGENTS_BY_MOST_SKILLED:
		return score(b, c) > score(chosen, c);
	case JF_ACD_AGENTS_BY_LEAST_SKILLED:
		return score(b, c) < score(chosen, c);
	case JF_ACD_AGENTS_BY_FEWEST_CALLS:
		return answered_by[b] < answered_by[chosen];
	case JF_ACD_AGENTS_BY_ORDER:
		return b < chosen;
	default:
		return false; /* by its own history: other tests */
	}
}

/* ---- What the engine says ---------------------------------------------------------------------
 */

static void see_offer(const struct jf_acd_output *o)
{
	struct call *c = &calls[o->call.b[0]];
	unsigned int a = o->agent.index;

	assert_int_equal(c->state, WAITING); /* neither lost nor served twice */
	assert_true(jf_acd_ref_equal(agents[a], o->agent));
	assert_true(suits(a, c));
	for (unsigned int i = 0; i < CALLS; i++) {
		const struct call *w = &calls[i];

		if (w->state == OFFERED || w->state == CONNECTED)
			assert_int_not_equal(w->agent, a);
		if (w->state == WAITING && w != c && suits(a, w))
			assert_false(goes_before(w, c));
	}
	if (o->decision.situation != JF_ACD_AGENT_FREED)
		for (unsigned int b = 0; b < AGENTS; b++)
			if (b != a && look(b).state == JF_AGENT_READY && suits(b, c))
				assert_false(better(b, a, c, now_ns - o->decision.idle_ns));
	c->state = OFFERED;
	c->agent = a;
}

static void drain(void)
{
	struct jf_acd_output o;

	while (!jf_acd_next(acd, &o)) {
		struct call *c = &calls[o.call.b[0]];

		if (o.type == JF_ACD_OFFER) {
			see_offer(&o);
		} else if (o.type == JF_ACD_OVERFLOWED) {
			assert_int_equal(c->queue, o.queue.index);
			out[c->queue]++;
			c->queue = o.queue_to.index;
			offered[c->queue]++;
		}
	}
}

static void nobody_waits_for_a_ready_agent(void)
{
	for (unsigned int a = 0; a < AGENTS; a++)
		if (look(a).state == JF_AGENT_READY)
			for (unsigned int i = 0; i < CALLS; i++)
				assert_false(calls[i].state == WAITING && suits(a, &calls[i]));
}

static void counts_add_up(void)
{
	unsigned int unanswered[QUEUES] = {0};

	for (unsigned int i = 0; i < CALLS; i++)
		unanswered[calls[i].queue] +=
		        calls[i].state == WAITING || calls[i].state == OFFERED;
	for (unsigned int q = 0; q < QUEUES; q++) {
		struct jf_acd_queue v;
		const struct jf_acd_queue_counters *c = &v.counters;

		assert_int_equal(jf_acd_queue_get(acd, queues[q], &v), 0);
		assert_int_equal(c->offered, offered[q]);
		assert_int_equal(c->overflowed_out, out[q]);
		assert_int_equal(c->offered, c->answered + c->abandoned_queue +
		                                     c->abandoned_ringing + c->abandoned_short +
		                                     c->released + c->overflowed_out +
		                                     c->callbacks + c->voicemails + unanswered[q]);
	}
}

static void positions_are_those_of_the_order(void)
{
	for (unsigned int i = 0; i < CALLS; i++) {
		uint32_t ahead, seen = 0;

		if (calls[i].state != WAITING)
			continue;
		for (unsigned int k = 0; k < CALLS; k++)
			seen += k != i && calls[k].state == WAITING &&
			        calls[k].queue == calls[i].queue &&
			        goes_before(&calls[k], &calls[i]);
		assert_int_equal(jf_acd_position(acd, calls[i].entry, &ahead), 0);
		assert_int_equal(ahead, seen);
	}
}

/* ---- What happens -----------------------------------------------------------------------------
 */

static void expression_of(const struct call *c, unsigned int step, char text[128])
{
	int n = 0;

	text[0] = '\0';
	for (unsigned int s = 0; s < SKILLS; s++)
		if (c->least[step][s])
			n += snprintf(text + n, 128 - (size_t)n, "%ss%u >= %u", n ? " and " : "", s,
			              c->least[step][s]);
}

static void arrive(void)
{
	struct jf_acd_arrival arrival = {.enqueued_ns = now_ns};
	struct jf_acd_skill_error error;
	struct call *c = calls;
	struct jf_call_id id = {{0}};
	char text[128];

	while (c < calls + CALLS && c->state != FREE)
		c++;
	if (c == calls + CALLS)
		return;
	*c = (struct call){.state = WAITING, .queue = any(QUEUES), .enqueued_ns = now_ns};
	c->priority = any(3) ? 0 : any(12);
	c->n_steps = 1 + any(2);
	c->relaxed_ns = any(30) * S + any(1000000);
	for (unsigned int s = 0; s < SKILLS; s++)
		c->least[0][s] = any(3) ? 0 : (uint8_t)(1 + any(10));
	arrival.priority = (uint16_t)c->priority;
	arrival.n_steps = (uint8_t)c->n_steps;
	arrival.steps[1].after_ns = c->relaxed_ns;
	for (unsigned int i = 0; i < c->n_steps; i++) {
		expression_of(c, i, text);
		assert_int_equal(
		        jf_acd_requirement(acd, 1, text, &arrival.steps[i].requirement, &error), 0);
	}
	id.b[0] = (uint8_t)(c - calls);
	offered[c->queue]++;
	assert_int_equal(jf_acd_enqueue(acd, queues[c->queue], &id, &arrival, now_ns, &c->entry),
	                 0);
}

static void touch_call(struct call *c)
{
	if (c->state == OFFERED && any(6)) {
		assert_int_equal(jf_acd_answered(acd, c->entry, now_ns), 0);
		answered_by[c->agent]++;
		c->state = CONNECTED;
	} else if (c->state == CONNECTED) {
		c->state = FREE;
		assert_int_equal(jf_acd_end(acd, c->entry, now_ns), 0);
	} else if (c->state != FREE && any(10) == 0) {
		c->state = FREE;
		assert_int_equal(jf_acd_exit(acd, c->entry, any(4), now_ns), 0);
	}
}

static void touch_agent(unsigned int a)
{
	(void)jf_acd_agent_want(acd, agents[a],
	                        any(3) ? JF_AGENT_WANT_READY : JF_AGENT_WANT_NOT_READY, "break",
	                        "model", now_ns);
}

/* Everything that is due happens at its time. */
static void pass(uint64_t ns)
{
	uint64_t until_ns = now_ns + ns, due_ns;

	while ((due_ns = jf_acd_next_due_ns(acd)) && due_ns <= until_ns) {
		now_ns = due_ns > now_ns ? due_ns : now_ns;
		jf_acd_tick(acd, now_ns);
		drain();
	}
	now_ns = until_ns;
	jf_acd_tick(acd, now_ns);
	drain();
}

static void set_up_queues(void)
{
	for (unsigned int q = 0; q < QUEUES; q++) {
		options[q] = (struct jf_acd_queue_options){
		        .wrap_up_ns = any(2) * 3 * S,
		        .short_abandon_ns = S,
		        .agents_by = any(JF_ACD_AGENTS_BY_SIMULTANEOUS),
		        .calls_by = any(JF_ACD_CALLS_BY_COUNT),
		        .ageing_ns = (1 + any(5)) * S + any(1000),
		        .priority_cap = (uint16_t)(any(2) ? 0 : 6 + any(10)),
		        .age_cap_ns = any(2) ? 0 : 20 * S + any(1000),
		};
		assert_int_equal(jf_acd_queue_add(acd, "q", 1, &options[q], &queues[q]), 0);
	}
	assert_int_equal(
	        jf_acd_overflow_set(acd, queues[0],
	                            (struct jf_acd_overflow[]){
	                                    {JF_ACD_OVERFLOW_BY_LENGTH, 4, queues[1]},
	                                    {JF_ACD_OVERFLOW_BY_WAIT, 15 * S + 7, queues[2]}},
	                            2),
	        0);
	assert_int_equal(jf_acd_overflow_set(acd, queues[2],
	                                     &(struct jf_acd_overflow){JF_ACD_OVERFLOW_BY_WAIT,
	                                                               25 * S + 3, queues[3]},
	                                     1),
	                 0);
}

static void set_up_agents(void)
{
	uint32_t skills[SKILLS];

	for (unsigned int s = 0; s < SKILLS; s++) {
		char name[8];

		snprintf(name, sizeof(name), "s%u", s);
		assert_int_equal(jf_acd_skill(acd, 1, name, &skills[s]), 0);
	}
	for (unsigned int a = 0; a < AGENTS; a++) {
		struct jf_acd_skill_level has[SKILLS];
		uint32_t n = 0;

		assert_int_equal(jf_acd_agent_add(acd, "a", 1, true, &agents[a]), 0);
		for (unsigned int s = 0; s < SKILLS; s++) {
			levels[a][s] = (uint8_t)any(11);
			if (levels[a][s])
				has[n++] = (struct jf_acd_skill_level){skills[s], levels[a][s]};
		}
		for (unsigned int q = 0; q < QUEUES; q++) {
			member[a][q] = any(2);
			if (member[a][q])
				assert_int_equal(
				        jf_acd_member_add(acd, agents[a], queues[q], now_ns), 0);
		}
		assert_int_equal(jf_acd_agent_skills_set(acd, agents[a], has, n, now_ns), 0);
		now_ns += 1 + any(1000);
		assert_int_equal(
		        jf_acd_agent_phone(acd, agents[a], JF_AGENT_PHONE_REGISTERED, now_ns), 0);
		answered_by[a] = 0;
	}
}

static void run(uint64_t seed)
{
	random_state = seed * 0x9e3779b97f4a7c15u + 1;
	now_ns = 100 * S;
	memset(calls, 0, sizeof(calls));
	memset(offered, 0, sizeof(offered));
	memset(out, 0, sizeof(out));
	assert_int_equal(jf_acd_create(&acd), 0);
	set_up_queues();
	set_up_agents();
	drain();
	for (unsigned int i = 0; i < EVENTS; i++) {
		pass(1 + any(600000000));
		switch (any(7)) {
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
		counts_add_up();
		if (i % 16 == 0)
			positions_are_those_of_the_order();
	}
	jf_acd_destroy(acd);
}

static void rules_hold_over_random_traces(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(rules_hold_over_random_traces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
