/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Calls: caller leg, agent leg, media pair, queue entry, and the record that remains of them.
 *
 * One struct jf_calls owns every call of the process, the ACD and the routes. Everything runs on
 * the loop's thread. What a call is (legs, endpoints, age, recording) stands in the store from its
 * arrival on, so that a process that was killed finds its calls again (jf_calls_start adopts
 * them); its record is written once, under the call's id, and reported only when it is durable.
 *
 * This header has neither SIP nor JSON in it; what others look at is in jf_view.h.
 */
#ifndef JF_CALL_H
#define JF_CALL_H

#include <stdbool.h>
#include <stdint.h>

struct jf_calls;
struct jf_directory;

/*
 * Makes directory the one that routes, live: numbers change at once, queues and agents are added
 * and changed; a queue that is gone keeps its callers until they are done, an agent that is gone
 * finishes its call. The call layer uses it until the next one is set. Whoever applies has
 * validated and committed it before.
 *
 * From begin on everybody is served by the new one: who looks for an agent finds him as it has him.
 * The rest of the ACD follows by steps, of less than a millisecond each, which are taken until
 * there are no more; until then the former directory must live. begin: 0; -ENOMEM: the former one
 * stays. step: 1: there is more; 0; -ENOMEM: an agent could not be changed, which goes on all the
 * same.
 */
int jf_calls_directory_begin(struct jf_calls *calls, const struct jf_directory *directory);
int jf_calls_directory_step(struct jf_calls *calls);

/* Both, to the end. */
int jf_calls_directory_set(struct jf_calls *calls, const struct jf_directory *directory);

enum jf_agent_change {
	JF_AGENT_CHANGE_READY,
	JF_AGENT_CHANGE_NOT_READY,
	JF_AGENT_CHANGE_LOGOUT,
	JF_AGENT_CHANGE_WRAP_UP_END,    /* ready at once */
	JF_AGENT_CHANGE_WRAP_UP_EXTEND, /* by JF_CALL_EXTEND_MS, up to what the queue allows */
};

#define JF_CALL_EXTEND_MS 30000u

/*
 * Changes an agent's state for somebody. reason: for NOT_READY, may be NULL; actor: who asks, such
 * as "operator". 0 (done), -EINPROGRESS (pending: takes effect when the call in progress is over),
 * -EALREADY, -ENOENT (no such agent), -ENOTCONN (its phone is not registered: it will be ready
 * when the phone registers), -EPROTO (not in a wrap-up, or not in one that ends by itself), -EPERM
 * (no more time is allowed).
 */
int jf_calls_agent_change(struct jf_calls *calls, const char *agent, enum jf_agent_change change,
                          const char *reason, const char *actor);

/*
 * Closes a queue at once, whatever its calendar says, until somebody opens it again; a restart
 * keeps that, once done is called (0, or why it is not durable; done may be NULL). reason may be
 * NULL. 0; -EALREADY; -ENOENT; or that it could not be stored: then done is not called.
 */
struct jf_queue_order {
	const char *tenant, *name;
	bool is_shut;
	const char *reason, *actor;
};
int jf_calls_queue_shut(struct jf_calls *calls, const struct jf_queue_order *order,
                        void (*done)(int result, void *arg), void *arg);

/*
 * While on, no key press of the caller's reaches the agent, the recording, an event, the record or
 * a log: they are only counted. For card numbers. 0, -ENOENT (no such call in progress), -EALREADY.
 */
struct jf_call_id;
int jf_calls_mask(struct jf_calls *calls, const struct jf_call_id *id, bool on);

/*
 * What the agent of a call asks for, or somebody for it. A call has its caller, the agent who
 * serves it, and at most one third party: another agent, or a queue of which an agent answers.
 *
 *   TRANSFER  blind: the target is called while the agent waits (or hangs up, or LEAVEs); when it
 *             answers the agent is out. If it does not, the caller is the agent's again; if the
 *             agent has gone, the head of the queue is the caller's. A queue takes the caller at
 *             once, with its age (new_age: counted from now).
 *   CONSULT   the target is called and speaks with the agent; the caller hears music
 *   SWAP      the agent speaks with the other of the two; the one it spoke with hears music
 *   JOIN      all three hear each other
 *   LEAVE     the agent goes, the other two stay together: completes a consultation, hands over
 *             warm out of a conference; before the answer it makes a transfer of it
 *   BACK      the third party goes, the caller is the agent's again
 *
 * An agent who called a colleague, or was called by one, has the same rights: the other one is its
 * caller then.
 *
 * Whoever hangs up at any of these moments leaves, and the others stay together; when the caller
 * does, the call is over.
 */
enum jf_call_order_what {
	JF_CALL_ORDER_TRANSFER,
	JF_CALL_ORDER_CONSULT,
	JF_CALL_ORDER_SWAP,
	JF_CALL_ORDER_JOIN,
	JF_CALL_ORDER_LEAVE,
	JF_CALL_ORDER_BACK,
};

struct jf_call_order {
	enum jf_call_order_what what;
	const char *target; /* TRANSFER, CONSULT: "1002", "billing", a number that leads to a queue,
	                       a number outside that the tenant may call; "agent:1002",
	                       "queue:billing" and "outside:+372..." say which is meant */
	bool new_age;       /* TRANSFER to a queue */
	const char *agent;  /* TRANSFER, CONSULT: for which of two agents who speak with each other;
	                       NULL: who was called */
	const char *actor;  /* who asks, such as "operator" */
};

/*
 * 0: it is done or under way. -ENOENT: no such call in progress, or no such target; -EPERM: the
 * agent is not in it; -EPROTO: not at this moment of the call; -EBUSY: the target is not ready;
 * -ENOTSUP: what one of them talks can't be mixed; or what jf_media_open says.
 */
int jf_calls_order(struct jf_calls *calls, const struct jf_call_id *id,
                   const struct jf_call_order *order);
const char *jf_call_order_name(enum jf_call_order_what what);

/* How many calls are in the engine, in any state. */
uint32_t jf_calls_count(const struct jf_calls *calls);

#endif
