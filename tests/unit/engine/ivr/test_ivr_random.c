// SPDX-License-Identifier: BSD-3-Clause
/*
 * Random callers in random flows that pass the check: nobody goes round without time passing, and
 * whoever presses nothing gets out within what the flow's tries and prompts take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ivr_lab.h"

#define NODES 12u
#define FLOWS 300u

static uint32_t seed;

static uint32_t random_below(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const struct jf_ivr_say prompt[] = {LAB_PROMPT("p")};
static const struct jf_ivr_put put[] = {{"x", "1", false}};

struct made {
	struct jf_ivr_node nodes[NODES];
	struct jf_ivr_way ways[NODES][4];
	char names[NODES][8];
};

/* The first way of each leads to the next one, so that all are reached; keys lead anywhere, the
 * rest ahead as a rule: what doesn't may be a circle, which the check is to find. */
static void way(struct made *m, uint32_t n, enum jf_ivr_way_type type, const char *match)
{
	struct jf_ivr_node *node = &m->nodes[n];
	bool anywhere = type == JF_IVR_KEY || random_below(16) == 0;
	uint32_t to = anywhere ? random_below(NODES) : n + 1 + random_below(NODES - n - 1);

	if (!node->n_ways)
		to = n + 1;
	m->ways[n][node->n_ways++] = (struct jf_ivr_way){type, match, m->names[to]};
	node->ways = m->ways[n];
}

static void node_make(struct made *m, uint32_t n)
{
	static const enum jf_ivr_kind kinds[] = {JF_IVR_PLAY,    JF_IVR_MENU, JF_IVR_MENU,
	                                         JF_IVR_COLLECT, JF_IVR_SET,  JF_IVR_BRANCH};
	struct jf_ivr_node *node = &m->nodes[n];

	node->name = m->names[n];
	node->kind = n + 1 == NODES ? JF_IVR_HANGUP
	                            : kinds[random_below(sizeof(kinds) / sizeof(kinds[0]))];
	node->whole = random_below(4) == 0;
	node->fresh = random_below(4) == 0;
	node->says = (struct jf_ivr_says){prompt, 1};
	node->input = (struct jf_ivr_input){.first_ms = 1000,
	                                    .digit_ms = 1000,
	                                    .tries = 2,
	                                    .key = "k",
	                                    .least = 1,
	                                    .most = 3,
	                                    .end = '#'};
	if (node->kind == JF_IVR_SET) {
		node->puts = put;
		node->n_puts = 1;
	}
	if (node->kind == JF_IVR_MENU) {
		way(m, n, JF_IVR_KEY, "1");
		way(m, n, JF_IVR_KEY, "2");
	}
	if (node->kind == JF_IVR_BRANCH)
		way(m, n, JF_IVR_CASE, "k > 5");
	if (node->kind == JF_IVR_MENU || node->kind == JF_IVR_COLLECT)
		way(m, n, JF_IVR_FAILED, NULL);
	if (node->kind != JF_IVR_MENU && node->kind != JF_IVR_HANGUP)
		way(m, n, JF_IVR_NEXT, NULL);
}

static void flow_make(struct made *m, struct jf_ivr_flow *ret_flow)
{
	*m = (struct made){0};
	for (uint32_t n = 0; n < NODES; n++)
		snprintf(m->names[n], sizeof(m->names[n]), "n%u", n);
	for (uint32_t n = 0; n < NODES; n++)
		node_make(m, n);
	*ret_flow = lab_flow("main", m->nodes, NODES);
}

static uint32_t visits;

static void counted(const struct jf_ivr_visit *visit, void *arg)
{
	(void)visit;
	(void)arg;
	visits++;
}

/* Whether it came to its end. */
static bool caller_walk(struct jf_ivr_flows *flows, bool silent)
{
	static const char keys[] = "0123456789*#";
	struct jf_ivr_start start = {
	        .flows = flows, .flow = jf_ivr_flows_at(flows, 0), .left = counted};
	struct jf_ivr_event event = {.type = JF_IVR_EVENT_BEGIN};
	uint64_t now_ns = 1;
	struct jf_ivr *ivr;
	struct jf_ivr_do out;
	uint32_t play = 0;
	bool ended = false;

	assert_int_equal(jf_ivr_create(&start, &ivr), 0);
	for (uint32_t i = 0; i < 400 && !ended; i++) {
		visits = 0;
		jf_ivr_step(ivr, &event, now_ns, &out);
		assert_true(visits <= JF_IVR_WALK_MAX + 1);
		ended = out.what & JF_IVR_DO_END;
		if (out.what & JF_IVR_DO_PLAY)
			play = out.play;
		/* Something is under way: a prompt, or a time that is running. */
		assert_true(ended || play || jf_ivr_due(ivr));
		event = (struct jf_ivr_event){.type = JF_IVR_EVENT_PLAYED, .play = play};
		if (jf_ivr_due(ivr)) {
			event.type = JF_IVR_EVENT_TIMER;
			now_ns = jf_ivr_due(ivr);
		}
		if (!silent && random_below(2)) {
			event.type = JF_IVR_EVENT_DIGIT;
			event.digit = keys[random_below(12)];
		}
	}
	jf_ivr_destroy(ivr);
	return ended;
}

static void nobody_goes_round_without_time(void **state)
{
	uint32_t passed = 0, refused = 0;
	struct jf_ivr_flow flow;
	struct made made;

	(void)state;
	seed = 1;
	while (passed < FLOWS) {
		struct jf_ivr_flows *flows;

		flow_make(&made, &flow);
		if (jf_ivr_flows_create(&flow, 1, NULL, &flows)) {
			refused++;
			continue;
		}
		passed++;
		for (uint32_t i = 0; i < 100; i++)
			caller_walk(flows, false);
		assert_true(caller_walk(flows, true)); /* in the end it is out */
		jf_ivr_flows_unref(flows);
	}
	assert_true(refused > 0);
}

/* A sound that is missing takes no time: who goes round by typing ahead is held. */
static void missing_prompts_do_not_spin(void **state)
{
	const struct jf_ivr_node nodes[] = {LAB_PLAY("p", "menu"),
	                                    {.name = "menu",
	                                     .kind = JF_IVR_MENU,
	                                     .says = {prompt, 1},
	                                     .input = {.first_ms = 1000, .tries = 1},
	                                     LAB_WAYS(LAB_WAY(KEY, "1", "p"), LAB_FAILED("bye"))},
	                                    LAB_HANGUP("bye")};
	struct jf_ivr_flow flow = LAB_FLOW("main", nodes);
	struct lab lab;
	uint32_t spins = 0;

	(void)state;
	lab_begin(&lab, &flow, 1);
	/* All at once: each prompt is over in the turn in which it began. */
	while (!jf_ivr_due(lab.ivr) && spins < 1000) {
		lab_press(&lab, "1");
		spins++;
	}
	assert_true(spins <= JF_IVR_WALK_MAX);
	lab_wait(&lab, LAB_S);
	assert_string_equal(lab_hears(&lab), "p");
	lab_end(&lab);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nobody_goes_round_without_time),
	        cmocka_unit_test(missing_prompts_do_not_spin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
