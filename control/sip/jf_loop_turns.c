// SPDX-License-Identifier: BSD-3-Clause
/*
 * The loop's turns, and what their time goes to.
 *
 * Two clocks: what passed is what callers wait; what the thread ran is what our own work takes. A
 * long turn that ran for little of it was kept waiting by the machine, not by a handler.
 */
#include <string.h>
#include <time.h>

#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_time.h"

static struct {
	struct jf_loop_stats stats;
	struct jf_loop_turn turn; /* this one */
	bool begun;               /* false while waiting */
	uint64_t start_ns;
	uint64_t ran_ns; /* of the thread, at its start */
	enum jf_loop_part part;
	uint64_t part_start_ns;
} turns;

static uint64_t ran_now_ns(void)
{
	struct timespec ran;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
	return (uint64_t)ran.tv_sec * JF_NS_PER_S + (uint64_t)ran.tv_nsec;
}

const char *jf_loop_part_name(enum jf_loop_part part)
{
	static const char *const names[] = {
#define X(name, text) [JF_LOOP_##name] = text,
	        JF_LOOP_PARTS(X)
#undef X
	};

	return part < JF_LOOP_PART_COUNT ? names[part] : "?";
}

enum jf_loop_part jf_loop_turn_most(const struct jf_loop_turn *turn)
{
	enum jf_loop_part most = JF_LOOP_OTHER;

	for (enum jf_loop_part p = 0; p < JF_LOOP_PART_COUNT; p++)
		if (turn->part_ns[p] > turn->part_ns[most])
			most = p;
	return most;
}

static void part_end(uint64_t now_ns)
{
	uint64_t took_ns = jf_time_since(turns.part_start_ns, now_ns);

	turns.turn.part_ns[turns.part] += took_ns;
	turns.stats.part_ns[turns.part] += took_ns;
	turns.part_start_ns = now_ns;
}

void jf_loop_part(enum jf_loop_part part)
{
	if (!turns.begun || part == turns.part)
		return;
	part_end(jf_loop_now_ns());
	turns.part = part;
}

void jf_loop_turn_begin(void)
{
	if (turns.begun)
		return;
	turns.begun = true;
	turns.turn = (struct jf_loop_turn){0};
	turns.part = JF_LOOP_OTHER;
	turns.ran_ns = ran_now_ns();
	turns.start_ns = turns.part_start_ns = jf_loop_now_ns();
}

void jf_loop_turn_end(void)
{
	struct jf_loop_turn *turn = &turns.turn;
	uint64_t now_ns;

	turns.stats.turns++;
	if (!turns.begun)
		return;
	now_ns = jf_loop_now_ns();
	part_end(now_ns);
	turns.begun = false;
	turn->length_ns = jf_time_since(turns.start_ns, now_ns);
	turns.stats.busy_ns += turn->length_ns;
	if (turn->length_ns <= turns.stats.longest.length_ns &&
	    turn->length_ns <= JF_LOOP_TURN_MAX_NS)
		return;
	turn->ran_ns = jf_time_since(turns.ran_ns, ran_now_ns());
	if (turn->length_ns > turns.stats.longest.length_ns)
		turns.stats.longest = *turn;
	if (turn->length_ns > JF_LOOP_TURN_MAX_NS) {
		turns.stats.turns_long++;
		turns.stats.turns_held += turn->ran_ns > JF_LOOP_TURN_MAX_NS;
		turns.stats.turn_last_long_ns = now_ns;
	}
}

uint64_t jf_loop_turn(void)
{
	return turns.stats.turns;
}

uint64_t jf_loop_busy_ns(void)
{
	return turns.stats.busy_ns +
	       (turns.begun ? jf_time_since(turns.start_ns, jf_loop_now_ns()) : 0);
}

struct jf_loop_stats jf_loop_stats_get(void)
{
	turns.stats.timers = jf_timer_count();
	return turns.stats;
}

void jf_loop_turns_forget(void)
{
	memset(&turns, 0, sizeof(turns));
}
