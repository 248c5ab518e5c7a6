/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where callers go whom their queue does not get served, and how long they will wait. Part of
 * jf_acd.h, with its rules for time, outputs and errors.
 *
 * Overflow. A queue's rules are looked at in their order: on arrival of a caller who finds nobody,
 * and, for the rule by wait, when it has waited that long. The first that applies moves the caller
 * to another queue, with its age, its priority and what it asks for; both queues count it. Nobody
 * comes back to a queue that it overflowed from, or moves more than four times.
 */
#ifndef JF_ACD_FLOW_H
#define JF_ACD_FLOW_H

#include "jf_acd.h"

#define JF_ACD_OVERFLOW_MAX 8u /* rules of a queue */

enum jf_acd_overflow_when {
	JF_ACD_OVERFLOW_BY_WAIT,     /* it has waited for limit, in nanoseconds */
	JF_ACD_OVERFLOW_BY_LENGTH,   /* so many wait before it */
	JF_ACD_OVERFLOW_BY_ESTIMATE, /* it would wait for limit or longer, in nanoseconds */
	JF_ACD_OVERFLOW_BY_NOBODY,   /* no agent of the queue is logged in */
};

struct jf_acd_overflow {
	enum jf_acd_overflow_when when;
	uint64_t limit;
	struct jf_acd_ref to;
};

/* All rules of the queue, instead of those it had; for those who arrive from now on. 0, -ESTALE,
 * -EINVAL (to itself, or another tenant's queue), -E2BIG, -ENOMEM. */
int jf_acd_overflow_set(struct jf_acd *acd, struct jf_acd_ref queue,
                        const struct jf_acd_overflow *rules, uint32_t n);

/* What becomes of those who wait when a queue closes. */
enum jf_acd_closing {
	JF_ACD_CLOSING_SERVE,   /* they are served */
	JF_ACD_CLOSING_RELEASE, /* JF_ACD_CLOSED for each: the owner tells them, and ends the call
	                         */
	JF_ACD_CLOSING_MOVE,    /* they go to another queue, with their age */
};

/* From now on nobody enters (-EPERM). to: for MOVE. 0, -ESTALE, -EINVAL, -ENOMEM. */
int jf_acd_queue_close(struct jf_acd *acd, struct jf_acd_ref queue, enum jf_acd_closing those,
                       struct jf_acd_ref to, uint64_t now_ns);
int jf_acd_queue_open(struct jf_acd *acd, struct jf_acd_ref queue);

/*
 * How long the entry will still wait: from what a call takes lately, those before it and how many
 * of them give up, the agents at work who suit it, and how much of them its queue has. The first
 * answer is kept and compared with what it was (queue counters told_...). 0; -EAGAIN: nobody who
 * suits it is at work, or nothing is known yet: say nothing. -EINVAL: not waiting; -ESTALE.
 */
int jf_acd_estimate(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns,
                    uint64_t *ret_wait_ns);

#endif
