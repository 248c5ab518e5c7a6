/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A small contact centre for tests: the ACD, and beside it a model that only remembers and looks
 * through everybody. What happens comes as steps; each step makes its own choices from its own
 * number, so that a step means the same whatever is left out before it. After each step the model
 * is held against the engine; the first thing that is not so ends the life with centre_wrong.
 */
#ifndef CENTRE_H
#define CENTRE_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_acd.h"
#include "jf_acd_direct.h"
#include "jf_acd_flow.h"

#define AGENTS 10u
#define QUEUES 4u
#define CALLS  28u
#define SKILLS 3u
#define S      JF_NS_PER_S

/* Every kind of step: how often, and what it does. */
#define STEPS(X)                                                                                   \
	X(ARRIVES, 16)                                                                             \
	X(ANSWERS, 16)                                                                             \
	X(ENDS, 12)                                                                                \
	X(LEAVES, 4) /* hangs up, is released, for a callback or a message */                      \
	X(RINGS, 4)                                                                                \
	X(REFUSES, 6)                                                                              \
	X(WITHDRAWS, 2) /* one of several who ring need not */                                     \
	X(HOLDS, 3)                                                                                \
	X(VANISHES, 1)                                                                             \
	X(WANTS, 6)                                                                                \
	X(PHONE, 3)                                                                                \
	X(EXTENDS, 1)                                                                              \
	X(DIALS, 1)                                                                                \
	X(RESERVED, 2) /* for a transfer */                                                        \
	X(PASSES_ON, 2)                                                                            \
	X(TAKES_OVER, 2)                                                                           \
	X(COMES_BACK, 1)                                                                           \
	X(RELEASED, 3)                                                                             \
	X(JOINS, 1)                                                                                \
	X(PARTS, 1)                                                                                \
	X(LEARNS, 1)                                                                               \
	X(CLOSES, 1)                                                                               \
	X(OPENS, 1)                                                                                \
	X(NEW_DAY, 1)                                                                              \
	X(RESTARTS, 1)

enum step_kind {
#define X(name, weight) STEP_##name,
	STEPS(X)
#undef X
	        STEP_KINDS
};

struct step {
	enum step_kind kind;
	uint64_t after_ns; /* the step before */
	uint64_t number;   /* all choices come from it */
};

/* What kind of centre. */
struct centre_plan {
	uint64_t seed;
	int agents_by, calls_by; /* of all queues; -1: each has its own */
	uint32_t capacity;       /* of agents, up to */
	bool overflow;
};

struct call {
	enum call_state { FREE, WAITING, OFFERED, CONNECTED, PASSED_ON } state;
	struct jf_acd_ref entry;
	uint32_t queue, serial, priority;
	uint32_t agent;     /* when connected */
	bool asked[AGENTS]; /* when offered */
	bool tried[AGENTS];
	uint64_t enqueued_ns, told_ns;
	uint32_t n_steps, step;
	uint8_t least[2][SKILLS]; /* levels asked for, by step */
	uint64_t relaxed_ns;
	uint32_t kept_for; /* AGENTS: nobody */
	uint64_t kept_until_ns;
	bool at_head, counted, expired, may_leave;
	enum jf_acd_doing does; /* its agent, once it is connected */
};

struct agent {
	struct jf_acd_ref ref;
	enum jf_agent_state state;
	uint8_t levels[SKILLS];
	bool member[QUEUES];
	uint32_t place[QUEUES];
	uint64_t chosen[QUEUES]; /* when, in choices; 0: never */
	uint32_t answered_today, capacity;
	uint64_t idle_since_ns;
	uint64_t occupancy; /* in millionths, when it became ready */
	int direct;         /* the call it is reserved for or dials, -1: none */
	bool full;
};

struct tally {
	uint64_t offered, answered, short_abandons, abandoned, ringing_abandons, released,
	        callbacks, voicemails, out, in, refused, vanished, withdrawn, told, told_error_ns;
};

struct centre {
	struct centre_plan plan;
	struct jf_acd *acd;
	struct jf_acd_ref queues[QUEUES];
	struct jf_acd_queue_options options[QUEUES];
	bool closed[QUEUES];
	uint32_t places[QUEUES];
	struct tally tally[QUEUES];
	struct agent agents[AGENTS];
	struct call calls[CALLS];
	uint32_t skills[SKILLS], serial;
	uint64_t choices, now_ns;
	uint64_t random;
	uint64_t offers, retried, answers; /* how much happened at all */
	struct jf_acd_ref ringing_entry;   /* of the offers seen last, and how many there were */
	uint32_t ringing_n;
};

/* Ends this life, and says why. */
_Noreturn void centre_wrong(const struct centre *k, const char *what, const char *file, int line);
#define must(k, what) ((what) ? (void)0 : centre_wrong(k, #what, __FILE__, __LINE__))

/* centre.c: a life. */
void centre_open(struct centre *k, const struct centre_plan *plan);
void centre_queues_make(struct centre *k);
void centre_agents_make(struct centre *k);
void centre_close(struct centre *k);
uint32_t any(struct centre *k, uint32_t below);
/* Time passes, and what is due meanwhile happens at its time. */
void centre_pass(struct centre *k, uint64_t ns);
/* Hears all that the engine says, and judges each decision. */
void centre_hear(struct centre *k);

/* What the rule by occupancy knows of an agent, from now on. */
void centre_agent_weigh(struct centre *k, uint32_t a);

/* centre_steps.c */
void centre_step(struct centre *k, const struct step *step);
/* What the call asks for, and its way into its queue. */
struct jf_acd_arrival centre_arrival(struct centre *k, const struct call *c);
int centre_enter(struct centre *k, struct call *c, const struct jf_acd_arrival *arrival);

/* centre_restart.c */
void centre_restart(struct centre *k);
void centre_wants(struct centre *k);
void centre_phone(struct centre *k);
void centre_extends(struct centre *k);

/* centre_rules.c: what is right. */
bool suits(const struct centre *k, uint32_t a, const struct call *c);
bool may_take(const struct centre *k, uint32_t a);
bool passed_over(const struct centre *k, uint32_t a, const struct call *c);
bool goes_before(const struct centre *k, const struct call *a, const struct call *b);
bool is_better(const struct centre *k, uint32_t a, uint32_t than, const struct call *c);
uint32_t calls_of(const struct centre *k, uint32_t a);
bool is_present(const struct centre *k, uint32_t a);
/* Everybody who waits asks for what he should by now. */
void centre_relax(struct centre *k);
/* Everything that is so at any time. */
void centre_check(struct centre *k);

#endif
