/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Agents in calls that no queue chose them for: consulted by a colleague, the target of a transfer,
 * calling somebody themselves; and callers who pass from one agent to another. Part of jf_acd.h,
 * with its rules for time, outputs and errors.
 *
 * An agent is claimed for such a call as atomically as for an entry: from jf_acd_agent_reserve (or
 * jf_acd_agent_dial) until jf_acd_agent_release it is engaged, and no queue gets it. There is no
 * wrap-up after it: the caller's business is wrapped up by whoever has the entry at its end.
 *
 * A transfer. The entry stays, with its queue and its age, while agents change:
 *
 *   talking --jf_acd_passed_on--> nobody's --jf_acd_taken_over--> talking, with the new one
 *                                 nobody's --jf_acd_returned--> waits at the head of its queue
 *   talking --jf_acd_taken_over--> talking, with the new one
 *
 * Who passes on wraps up. jf_acd_end ends it in any of these.
 */
#ifndef JF_ACD_DIRECT_H
#define JF_ACD_DIRECT_H

#include "jf_acd.h"

/* Claims a ready agent for the call. 0; -EBUSY: not ready, its state says why; -ESTALE. */
int jf_acd_agent_reserve(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                         uint64_t now_ns);

/* The agent makes the call itself: it is Dialing, and after the call what it was before. 0; -EBUSY:
 * it is engaged already; -EPERM: it is logged out; -ESTALE. */
int jf_acd_agent_dial(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                      uint64_t now_ns);

/* What an engaged agent does now; with one call at most, entry or not. 0, -EPROTO (not in its
 * state), -ESTALE. */
enum jf_acd_doing {
	JF_ACD_RINGS,    /* a reserved one: its phone does */
	JF_ACD_TALKS,    /* also: answers, takes back from hold, from a consultation */
	JF_ACD_HOLDS,    /* the caller hears music */
	JF_ACD_CONSULTS, /* with a colleague, or with the colleague who asked */
	JF_ACD_CONFERS,  /* all three hear each other */
};
int jf_acd_agent_does(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_acd_doing what,
                      uint64_t now_ns);

/* What the agent of an entry does in that call; not JF_ACD_RINGS. Its state is that of all its
 * calls together: what it talks in goes before a conference, that before a consultation, and it
 * holds when it holds all. 0, -EPROTO (nobody has the entry), -ESTALE. */
int jf_acd_entry_does(struct jf_acd *acd, struct jf_acd_ref entry, enum jf_acd_doing what,
                      uint64_t now_ns);

/* It begins a consultation about a caller of its own: counted. 0, -ESTALE. */
int jf_acd_agent_asks(struct jf_acd *acd, struct jf_acd_ref agent);

/*
 * The agent's part in a call without an entry is over: it talked, or it is not needed any more.
 * Ready again (or what is pending), without blame. 0, -EPROTO (it has none), -ESTALE.
 */
int jf_acd_agent_release(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns);

/* A reserved one did not take the call: what follows for it is as of an offer (jf_acd.h), and it is
 * counted with its offers in vain. */
int jf_acd_agent_refused(struct jf_acd *acd, struct jf_acd_ref agent, enum jf_acd_outcome outcome,
                         uint64_t now_ns);

/* It was lost in such a call: Unreachable. */
int jf_acd_agent_lost(struct jf_acd *acd, struct jf_acd_ref agent, uint64_t now_ns);

/* The entry's agent has left the caller to a transfer, and wraps up; lost: it vanished while it
 * made one, and is Unreachable. 0, -EPROTO, -ESTALE. */
int jf_acd_passed_on(struct jf_acd *acd, struct jf_acd_ref entry, bool lost, uint64_t now_ns);

/*
 * The agent, engaged with the same call by jf_acd_agent_reserve, has the caller now, and talks: the
 * entry is its own. Who had it before, if anybody still does, wraps up. 0, -EPROTO, -ESTALE.
 */
int jf_acd_taken_over(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                      uint64_t now_ns);

/* Nobody took it: it waits at the head of its queue. 0, -EPROTO (not passed on), -ESTALE. */
int jf_acd_returned(struct jf_acd *acd, struct jf_acd_ref entry, uint64_t now_ns);

/* After a restart of the process, where jf_acd_adopt is for entries: an agent found in such a call
 * that goes on. doing: not JF_ACD_RINGS. 0, -EBUSY, -ESTALE. */
int jf_acd_agent_adopt(struct jf_acd *acd, struct jf_acd_ref agent, const struct jf_call_id *call,
                       enum jf_acd_doing doing, uint64_t now_ns);

#endif
