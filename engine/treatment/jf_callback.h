/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A callback: a caller who left its number and keeps its place. When an agent is free for it,
 * either the agent is called first and then the customer, or the customer first, while the agent is
 * kept for it. A customer who isn't reached is tried again after a while, within the calendar, so
 * often as the policy has it. It is never an abandon, whoever hangs up.
 *
 * Two waits are told of it: the gross one from when the caller first came into the queue until it
 * spoke with an agent, and the net one, which it spent on the line: before it left, and after it
 * was called.
 *
 * Pure: an event in, the next state and what to do out.
 */
#ifndef JF_CALLBACK_H
#define JF_CALLBACK_H

#include <stdbool.h>
#include <stdint.h>

#define JF_CALLBACK_STATES(X)                                                                      \
	X(WAITING, "waiting") /* has its place in the queue */                                     \
	X(AGENT_RINGING, "agent-ringing")                                                          \
	X(CUSTOMER_RINGING, "customer-ringing")                                                    \
	X(ON_LINE, "on-line") /* the customer hears music: the agent did not answer */             \
	X(TALKING, "talking")                                                                      \
	X(RETRY, "retry") /* comes back to its place at next_ns */                                 \
	X(DONE, "done")                                                                            \
	X(FAILED, "failed")

enum jf_callback_state {
#define X(name, text) JF_CALLBACK_##name,
	JF_CALLBACK_STATES(X)
#undef X
	        JF_CALLBACK_STATE_COUNT
};

#define JF_CALLBACK_EVENTS(X)                                                                      \
	X(OFFERED, "offered") /* an agent is claimed for it */                                     \
	X(AGENT_ANSWERED, "agent-answered")                                                        \
	X(AGENT_FAILED, "agent-failed") /* or hung up before the customer answered */              \
	X(CUSTOMER_ANSWERED, "customer-answered")                                                  \
	X(CUSTOMER_FAILED, "customer-failed") /* or hung up before the agent answered */           \
	X(CLOSED, "closed")       /* its queue closes, or nothing can be called: nobody's fault */ \
	X(DUE, "due")             /* its time has come again */                                    \
	X(ENDED, "ended")         /* they have spoken */                                           \
	X(WITHDRAWN, "withdrawn") /* by an operator, or with its queue */

enum jf_callback_event {
#define X(name, text) JF_CALLBACK_EVENT_##name,
	JF_CALLBACK_EVENTS(X)
#undef X
	        JF_CALLBACK_EVENT_COUNT
};

enum jf_callback_do {
	JF_CALLBACK_DO_NOTHING,
	JF_CALLBACK_DO_CALL_AGENT,
	JF_CALLBACK_DO_CALL_CUSTOMER,
	JF_CALLBACK_DO_JOIN,
	JF_CALLBACK_DO_WAIT,    /* in its place, for another agent */
	JF_CALLBACK_DO_PUT_OFF, /* out of the queue, until next_ns */
	JF_CALLBACK_DO_ENTER,   /* the queue again, with its age */
	JF_CALLBACK_DO_FINISH,  /* out of the queue, for good */
};

struct jf_callback_policy {
	bool customer_first;
	uint8_t attempts_max; /* to reach the customer; at least 1 */
	uint64_t retry_ns;
};

struct jf_callback {
	enum jf_callback_state state;
	uint8_t attempts;     /* so often the customer was not reached */
	uint64_t enqueued_ns; /* when the caller came into the queue: its age */
	uint64_t left_ns;     /* when it left its number */
	uint64_t answered_ns; /* when the customer answered last; 0: not yet */
	uint64_t joined_ns;   /* 0: not yet */
	uint64_t next_ns;     /* of RETRY */
};

/* It takes its place. */
void jf_callback_begin(struct jf_callback *c, uint64_t enqueued_ns, uint64_t left_ns);

/* PUT_OFF: next_ns says until when; the owner may move it on to when the queue opens. */
enum jf_callback_do jf_callback_step(struct jf_callback *c, const struct jf_callback_policy *policy,
                                     enum jf_callback_event event, uint64_t now_ns);

/* In RETRY: not before at_ns (the queue is closed until then). */
void jf_callback_put_off(struct jf_callback *c, uint64_t at_ns);

/* After a restart: whatever was under way is not, and it waits in its place. */
void jf_callback_restore(struct jf_callback *c);

/* Until it was joined, or now. */
uint64_t jf_callback_gross_ns(const struct jf_callback *c, uint64_t now_ns);
uint64_t jf_callback_net_ns(const struct jf_callback *c, uint64_t now_ns);

static inline bool jf_callback_is_over(const struct jf_callback *c)
{
	return c->state == JF_CALLBACK_DONE || c->state == JF_CALLBACK_FAILED;
}

const char *jf_callback_state_name(enum jf_callback_state state);
int jf_callback_state_parse(const char *text, enum jf_callback_state *ret_state); /* 0, -EINVAL */

#endif
