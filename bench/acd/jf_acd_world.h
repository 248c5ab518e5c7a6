/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A contact centre to measure: agents, skills, queues, what callers ask for, and a trace of calls
 * and freed agents over it. The ways to decide that are measured beside ours replay the trace from
 * the same beginning and must decide the same.
 */
#ifndef JF_ACD_WORLD_H
#define JF_ACD_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#define WORLD_QUEUES_PER_AGENT 3u
#define WORLD_SKILLS_PER_QUEUE 5u
#define WORLD_ASKS_PER_QUEUE   5u /* expressions that its callers ask for */
#define WORLD_NOBODY           UINT32_MAX

struct world_size {
	uint32_t agents, skills, queues, waiting;
};

struct world_agent {
	uint32_t queues[WORLD_QUEUES_PER_AGENT]; /* ascending */
	uint32_t n_queues;
	uint8_t *levels; /* by skill */
	bool ready;
	uint64_t idle_since_ns;
};

struct world_call {
	uint32_t queue, ask;
	uint16_t priority;
	bool waiting;
	uint64_t enqueued_ns;
};

/* Something happened, and what our engine decided. */
struct world_event {
	uint64_t now_ns;
	bool freed;     /* an agent; else a call arrived */
	uint32_t agent; /* freed, or chosen for the call */
	uint32_t call;  /* arrived, or chosen for the agent; WORLD_NOBODY: none */
};

struct world {
	struct world_size size;
	struct world_agent *agents;
	struct world_call *calls;
	uint32_t n_calls, calls_room;
	uint32_t *members;      /* of all queues, one after the other */
	uint32_t *first_member; /* by queue, and one more */
	struct world_event *trace;
	uint32_t n_trace, trace_room;
	uint64_t random;
};

void world_make(struct world *w, const struct world_size *size, uint64_t seed);
void world_free(struct world *w);

uint32_t world_any(struct world *w, uint32_t below);

/* What the how manieth kind of caller of a queue asks for, as text. */
void world_ask_text(const struct world *w, uint32_t queue, uint32_t ask, char *ret_text,
                    uint32_t room);
/* The same, answered without an engine. */
bool world_suits(const struct world *w, uint32_t agent, uint32_t queue, uint32_t ask);

uint32_t world_call_add(struct world *w, const struct world_call *call);
void world_trace_add(struct world *w, const struct world_event *event);

/* Replays the trace from the state in w, which it may change. Gives nanoseconds a decision; ends
 * the program at the first decision that is another one. */
double world_scan(struct world *w);
double world_sql(struct world *w);

double world_clock_ns(void);
double world_spent_ns(void); /* by this thread: whoever else has the core costs nothing */
void world_die(const char *what);

#endif
