/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Why an entry waits: every member of its queue, and why it is not with that one. Made when it is
 * asked for, from what is so now; it looks through all members and changes nothing. What was so
 * when a decision fell stands in that decision (jf_acd.h).
 */
#ifndef JF_ACD_EXPLAIN_H
#define JF_ACD_EXPLAIN_H

#include "jf_acd.h"

#define JF_ACD_EXPLAINED_MAX 16u /* agents told by name */

/* Why an agent has not got the entry. The nearest to getting it first. */
#define JF_ACD_WHY_NOT(X)                                                                          \
	X(NOTHING, "may have it") /* it is offered to that one, or will be within this turn */     \
	X(PASSED_OVER, "did not take it before")                                                   \
	X(BUSY, "busy")                                                                            \
	X(NOT_READY, "not ready")                                                                  \
	X(KEPT, "kept for another agent")                                                          \
	X(LACKS_SKILL, "lacks what it asks for")                                                   \
	X(UNREACHABLE, "unreachable")                                                              \
	X(LOGGED_OUT, "logged out")

enum jf_acd_why_not {
#define X(name, text) JF_ACD_WHY_NOT_##name,
	JF_ACD_WHY_NOT(X)
#undef X
	        JF_ACD_WHY_NOT_COUNT
};

const char *jf_acd_why_not_name(enum jf_acd_why_not why);

struct jf_acd_explanation {
	struct jf_acd_ref queue;
	bool waiting; /* false: an agent rings or talks */
	uint64_t waited_ns;
	uint32_t ahead;                   /* of it in its queue */
	uint16_t priority;                /* now, whole points */
	bool overage;                     /* it goes before any priority */
	uint32_t requirement;             /* of its step: jf_acd_requirement_text */
	uint8_t step, n_steps;            /* of what it asks for, one after the other */
	struct jf_acd_ref kept_for;       /* the agent it is kept for, or jf_acd_nobody */
	const char *agents_by, *calls_by; /* the queue's rules */
	uint32_t members;
	uint32_t counts[JF_ACD_WHY_NOT_COUNT]; /* members by reason; adds up to members */
	/* The first of them, nearest first; equal ones as they stand in the queue's list. */
	uint32_t n;
	struct jf_acd_explained {
		struct jf_acd_ref agent;
		enum jf_acd_why_not why;
		enum jf_agent_state state;
		uint64_t since_ns; /* in that state */
		uint32_t score;    /* sum of its levels in the skills asked for */
	} agents[JF_ACD_EXPLAINED_MAX];
};

/* 0 or -ESTALE. */
int jf_acd_explain(const struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns,
                   struct jf_acd_explanation *ret_explanation);

/* The entry that the queue serves first. 0; -ENOENT: nobody waits; -ESTALE. */
int jf_acd_queue_first(const struct jf_acd *acd, struct jf_acd_ref queue, uint64_t now_ns,
                       struct jf_acd_ref *ret_entry);

#endif
