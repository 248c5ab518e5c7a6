// SPDX-License-Identifier: BSD-3-Clause
#include "jf_acd_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void world_die(const char *what)
{
	fprintf(stderr, "jf-bench-acd: %s\n", what);
	exit(1);
}

double world_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double world_spent_ns(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return (double)spent.tv_sec * 1e9 + (double)spent.tv_nsec;
}

uint32_t world_any(struct world *w, uint32_t below)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)((w->random >> 32) * below >> 32);
}

static void *room_for(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size);

	if (!memory)
		world_die("out of memory");
	return memory;
}

/* ---- What callers ask for ------------------------------------------------------------------- */

static uint32_t skill_of(const struct world *w, uint32_t queue, uint32_t which)
{
	return (queue * WORLD_SKILLS_PER_QUEUE / 2 + which) % w->size.skills;
}

void world_ask_text(const struct world *w, uint32_t queue, uint32_t ask, char *ret_text,
                    uint32_t room)
{
	static const char *const forms[WORLD_ASKS_PER_QUEUE] = {
	        "s%1$u >= 3",
	        "s%1$u >= 5 and s%2$u >= 2",
	        "s%2$u >= 4 or s%3$u >= 6",
	        "s%3$u >= 2 and not s%4$u >= 8",
	        "s%1$u >= 2 and (s%2$u >= 2 or s%5$u >= 5)",
	};

	snprintf(ret_text, room, forms[ask], skill_of(w, queue, 0), skill_of(w, queue, 1),
	         skill_of(w, queue, 2), skill_of(w, queue, 3), skill_of(w, queue, 4));
}

bool world_suits(const struct world *w, uint32_t agent, uint32_t queue, uint32_t ask)
{
	const uint8_t *l = w->agents[agent].levels;

	switch (ask) {
	case 0:
		return l[skill_of(w, queue, 0)] >= 3;
	case 1:
		return l[skill_of(w, queue, 0)] >= 5 && l[skill_of(w, queue, 1)] >= 2;
	case 2:
		return l[skill_of(w, queue, 1)] >= 4 || l[skill_of(w, queue, 2)] >= 6;
	case 3:
		return l[skill_of(w, queue, 2)] >= 2 && l[skill_of(w, queue, 3)] < 8;
	default:
		return l[skill_of(w, queue, 0)] >= 2 &&
		       (l[skill_of(w, queue, 1)] >= 2 || l[skill_of(w, queue, 4)] >= 5);
	}
}

/* ---- Life ------------------------------------------------------------------------------------ */

static void agent_make(struct world *w, uint32_t agent)
{
	struct world_agent *a = &w->agents[agent];
	uint32_t queue = world_any(w, w->size.queues);

	a->levels = room_for(w->size.skills, 1);
	a->n_queues =
	        w->size.queues < WORLD_QUEUES_PER_AGENT ? w->size.queues : WORLD_QUEUES_PER_AGENT;
	for (uint32_t i = 0; i < a->n_queues; i++) {
		a->queues[i] = queue;
		for (uint32_t s = 0; s < WORLD_SKILLS_PER_QUEUE; s++)
			if (world_any(w, 10) < 7)
				a->levels[skill_of(w, queue, s)] = 1 + (uint8_t)world_any(w, 10);
		/* Another one, and never once around. */
		queue = (queue + 1 + world_any(w, w->size.queues / WORLD_QUEUES_PER_AGENT)) %
		        w->size.queues;
	}
}

static void members_make(struct world *w)
{
	uint32_t n = 0;

	w->members = room_for((size_t)w->size.agents * WORLD_QUEUES_PER_AGENT, sizeof(uint32_t));
	w->first_member = room_for(w->size.queues + 1, sizeof(uint32_t));
	for (uint32_t a = 0; a < w->size.agents; a++)
		for (uint32_t i = 0; i < w->agents[a].n_queues; i++)
			w->first_member[w->agents[a].queues[i] + 1]++;
	for (uint32_t q = 0; q < w->size.queues; q++)
		w->first_member[q + 1] += w->first_member[q];
	uint32_t *at = room_for(w->size.queues, sizeof(uint32_t));

	for (uint32_t a = 0; a < w->size.agents; a++)
		for (uint32_t i = 0; i < w->agents[a].n_queues; i++, n++) {
			uint32_t q = w->agents[a].queues[i];

			w->members[w->first_member[q] + at[q]++] = a;
		}
	free(at);
}

void world_make(struct world *w, const struct world_size *size, uint64_t seed)
{
	*w = (struct world){.size = *size, .random = seed * 0x9e3779b97f4a7c15u + 1};
	w->agents = room_for(size->agents, sizeof(*w->agents));
	for (uint32_t a = 0; a < size->agents; a++)
		agent_make(w, a);
	members_make(w);
}

void world_free(struct world *w)
{
	for (uint32_t a = 0; a < w->size.agents; a++)
		free(w->agents[a].levels);
	free(w->agents);
	free(w->calls);
	free(w->members);
	free(w->first_member);
	free(w->trace);
}

uint32_t world_call_add(struct world *w, const struct world_call *call)
{
	if (w->n_calls == w->calls_room) {
		w->calls_room = w->calls_room ? 2 * w->calls_room : 1024;
		w->calls = realloc(w->calls, w->calls_room * sizeof(*w->calls));
		if (!w->calls)
			world_die("out of memory");
	}
	w->calls[w->n_calls] = *call;
	return w->n_calls++;
}

void world_trace_add(struct world *w, const struct world_event *event)
{
	if (w->n_trace == w->trace_room) {
		w->trace_room = w->trace_room ? 2 * w->trace_room : 1024;
		w->trace = realloc(w->trace, w->trace_room * sizeof(*w->trace));
		if (!w->trace)
			world_die("out of memory");
	}
	w->trace[w->n_trace++] = *event;
}
