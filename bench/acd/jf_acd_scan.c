// SPDX-License-Identifier: BSD-3-Clause
/* The way of a queue that is a list: whoever waits looks through the members of its queue. */
#include "jf_acd_world.h"

#include <stdlib.h>

/* Everybody who waits, in the order in which they are served. */
struct line {
	uint32_t *calls;
	uint32_t n, room;
};

static bool goes_before(const struct world *w, uint32_t a, uint32_t b)
{
	const struct world_call *x = &w->calls[a], *y = &w->calls[b];

	return x->priority != y->priority ? x->priority > y->priority
	                                  : x->enqueued_ns < y->enqueued_ns;
}

static void join(struct line *line, const struct world *w, uint32_t call)
{
	uint32_t at;

	if (line->n == line->room) {
		line->room = line->room ? 2 * line->room : 1024;
		line->calls = realloc(line->calls, line->room * sizeof(*line->calls));
		if (!line->calls)
			world_die("out of memory");
	}
	for (at = line->n++; at && goes_before(w, call, line->calls[at - 1]); at--)
		line->calls[at] = line->calls[at - 1];
	line->calls[at] = call;
}

/* The ready member that suits the call and is idle for longest. */
static uint32_t look(const struct world *w, const struct world_call *call)
{
	uint32_t best = WORLD_NOBODY;

	for (uint32_t i = w->first_member[call->queue]; i < w->first_member[call->queue + 1]; i++) {
		uint32_t a = w->members[i];

		if (w->agents[a].ready && world_suits(w, a, call->queue, call->ask) &&
		    (best == WORLD_NOBODY ||
		     w->agents[a].idle_since_ns < w->agents[best].idle_since_ns))
			best = a;
	}
	return best;
}

static void freed(struct world *w, struct line *line, const struct world_event *e)
{
	w->agents[e->agent].ready = true;
	w->agents[e->agent].idle_since_ns = e->now_ns;
	for (uint32_t i = 0; i < line->n; i++) {
		uint32_t call = line->calls[i], agent = look(w, &w->calls[call]);

		if (agent == WORLD_NOBODY)
			continue;
		if (agent != e->agent || call != e->call)
			world_die("a scan gives a freed agent another call");
		w->agents[agent].ready = false;
		for (line->n--; i < line->n; i++)
			line->calls[i] = line->calls[i + 1];
		return;
	}
	if (e->call != WORLD_NOBODY)
		world_die("a scan gives a freed agent no call");
}

static void arrived(struct world *w, struct line *line, const struct world_event *e)
{
	uint32_t agent = look(w, &w->calls[e->call]);

	if (agent != e->agent)
		world_die("a scan gives a call another agent");
	if (agent == WORLD_NOBODY)
		join(line, w, e->call);
	else
		w->agents[agent].ready = false;
}

double world_scan(struct world *w)
{
	struct line line = {0};
	double from;

	for (uint32_t i = 0; i < w->n_calls; i++)
		if (w->calls[i].waiting)
			join(&line, w, i);
	from = world_spent_ns();
	for (uint32_t i = 0; i < w->n_trace; i++)
		(w->trace[i].freed ? freed : arrived)(w, &line, &w->trace[i]);
	from = world_spent_ns() - from;
	free(line.calls);
	return from / w->n_trace;
}
