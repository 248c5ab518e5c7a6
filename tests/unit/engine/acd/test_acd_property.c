// SPDX-License-Identifier: BSD-3-Clause
/*
 * Random lives of a small centre under every rule: nobody is lost or served twice, no agent has
 * more than it can, no ready one sits beside a caller that it suits, order and caps are kept,
 * counts add up, and a restart in the middle changes none of it. A life that goes wrong is made as
 * short as it still goes wrong, and printed. In the environment: JF_SEED=number lives one again,
 * JF_LIVES=number lives so many under each pair of rules.
 */
#include "centre.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define STEPS_MAX  400u
#define LIVES      12u
#define TRIES_MAX  3000u /* to make a life shorter */
#define MIXED_SEED 100000000u

static const char *const step_names[] = {
#define X(name, weight) #name,
        STEPS(X)
#undef X
};

static struct centre centre;
static sigjmp_buf wrong;
static char what_is_wrong[256];

void centre_wrong(const struct centre *k, const char *what, const char *file, int line)
{
	(void)k;
	snprintf(what_is_wrong, sizeof(what_is_wrong), "%s:%d: %s", file, line, what);
	siglongjmp(wrong, 1);
}

/* The engine itself gave up: as wrong as anything else. */
static void aborted(int number)
{
	(void)number;
	snprintf(what_is_wrong, sizeof(what_is_wrong), "the engine aborted");
	siglongjmp(wrong, 1);
}

/* ---- A life -----------------------------------------------------------------------------------
 */

struct life {
	struct centre_plan plan;
	struct step steps[STEPS_MAX];
	uint32_t n;
};

static uint64_t next(uint64_t *random)
{
	uint64_t z = *random += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static struct step any_step(uint64_t *random)
{
	static const uint32_t weights[] = {
#define X(name, weight) weight,
	        STEPS(X)
#undef X
	};
	uint32_t all = 0, at, kind = 0;
	uint64_t most_ns;
	struct step step;

	for (uint32_t i = 0; i < STEP_KINDS; i++)
		all += weights[i];
	at = (uint32_t)(next(random) % all);
	while (at >= weights[kind])
		at -= weights[kind++];
	step = (struct step){.kind = (enum step_kind)kind, .number = next(random)};
	most_ns = next(random) % 20 ? 900000000u : 12000000000u;
	step.after_ns = 1 + next(random) % most_ns;
	return step;
}

static void life_make(struct life *life, uint64_t seed, int agents_by, int calls_by)
{
	uint64_t random = seed;

	life->plan = (struct centre_plan){.seed = seed,
	                                  .agents_by = agents_by,
	                                  .calls_by = calls_by,
	                                  .capacity = 1 + (uint32_t)(next(&random) % 3),
	                                  .overflow = next(&random) % 2};
	life->n = STEPS_MAX;
	for (uint32_t i = 0; i < life->n; i++)
		life->steps[i] = any_step(&random);
}

/* How many steps it went well; all of them: it is a good one. */
static uint32_t live(const struct life *life)
{
	volatile uint32_t n = 0;

	if (sigsetjmp(wrong, 1) == 0) {
		centre_open(&centre, &life->plan);
		for (; n < life->n; n++)
			centre_step(&centre, &life->steps[n]);
	}
	centre_close(&centre);
	return n;
}

/* ---- Its shortest -----------------------------------------------------------------------------
 */

/* Without n of its steps from there on, if it goes wrong without them too. */
static bool cut(struct life *life, uint32_t from, uint32_t n)
{
	static struct life shorter;
	uint32_t well;

	shorter = *life;
	memmove(shorter.steps + from, shorter.steps + from + n,
	        (shorter.n - from - n) * sizeof(shorter.steps[0]));
	shorter.n -= n;
	well = live(&shorter);
	if (well == shorter.n)
		return false;
	shorter.n = well + 1;
	*life = shorter;
	return true;
}

static void shrink(struct life *life)
{
	uint32_t tries = 0, before;

	do {
		before = life->n;
		for (uint32_t n = life->n / 2 ? life->n / 2 : 1; n; n /= 2)
			for (uint32_t from = 0; from + n <= life->n && tries < TRIES_MAX; tries++)
				if (!cut(life, from, n))
					from += n;
	} while (life->n < before);
}

static void tell(struct life *life)
{
	(void)live(life);
	print_error("%s\nseed %llu, agents by %d, calls by %d, capacity up to %u%s; %u steps:\n",
	            what_is_wrong, (unsigned long long)life->plan.seed, life->plan.agents_by,
	            life->plan.calls_by, life->plan.capacity,
	            life->plan.overflow ? ", overflow" : "", life->n);
	for (uint32_t i = 0; i < life->n; i++)
		print_error("  after %.3f s %s %llu\n", (double)life->steps[i].after_ns / 1e9,
		            step_names[life->steps[i].kind],
		            (unsigned long long)life->steps[i].number);
}

static void judge(uint64_t seed, int agents_by, int calls_by)
{
	static struct life life;
	const char *only = getenv("JF_SEED");
	uint32_t n;

	if (only && strtoull(only, NULL, 10) != seed)
		return;
	life_make(&life, seed, agents_by, calls_by);
	n = live(&life);
	if (n == life.n)
		return;
	life.n = n + 1;
	shrink(&life);
	tell(&life);
	fail_msg("seed %llu: %s", (unsigned long long)seed, what_is_wrong);
}

/* ---- Tests ------------------------------------------------------------------------------------
 */

static int set_up(void **state)
{
	struct sigaction action = {.sa_handler = aborted, .sa_flags = SA_NODEFER};

	(void)state;
	return sigaction(SIGABRT, &action, NULL);
}

static int tear_down(void **state)
{
	(void)state;
	signal(SIGABRT, SIG_DFL);
	return 0;
}

static uint32_t lives(void)
{
	const char *many = getenv("JF_LIVES");

	return many ? (uint32_t)strtoul(many, NULL, 10) : LIVES;
}

static void every_agent_rule_with_every_call_rule(void **state)
{
	uint64_t seed = 0;

	(void)state;
	for (int a = 0; a < JF_ACD_AGENTS_BY_COUNT; a++)
		for (int c = 0; c < JF_ACD_CALLS_BY_COUNT; c++)
			for (uint32_t i = 0; i < lives(); i++)
				judge(++seed, a, c);
}

static void queues_of_different_rules_side_by_side(void **state)
{
	(void)state;
	for (uint64_t seed = MIXED_SEED; seed < MIXED_SEED + 12 * lives(); seed++)
		judge(seed, -1, -1);
}

/* Lives in which nothing happens prove nothing. */
static void much_happens_in_these_lives(void **state)
{
	static struct life life;
	uint64_t offers = 0, answers = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= LIVES; seed++) {
		life_make(&life, seed, JF_ACD_AGENTS_BY_IDLE, JF_ACD_CALLS_BY_AGE);
		assert_int_equal(live(&life), life.n);
		offers += centre.offers;
		answers += centre.answers;
	}
	assert_in_range(offers, LIVES * STEPS_MAX / 16, UINT32_MAX);
	assert_in_range(answers, LIVES * STEPS_MAX / 32, UINT32_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_agent_rule_with_every_call_rule),
	        cmocka_unit_test(queues_of_different_rules_side_by_side),
	        cmocka_unit_test(much_happens_in_these_lives),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
