/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call's machine: one pure step from state and event to the next state and the actions, which
 * jf_call.c carries out in the order of their bits. Private to control/call and its tests.
 *
 * A call has a caller, an agent who serves it, and at most one third party, the target: whom the
 * agent consults, or passes the caller on to. Whoever hangs up leaves; the others stay together. A
 * caller whose agent is gone before the target answered goes back to the head of the queue.
 */
#ifndef JF_CALL_FSM_H
#define JF_CALL_FSM_H

#include <stdbool.h>
#include <stdint.h>

#define JF_CALL_STATES(X)                                                                          \
	X(CONFIRMING, "confirming") /* our 200 is out, its ACK isn't in */                         \
	X(CALLING, "calling")       /* an agent's own call: whom it calls has not answered */      \
	X(GREETING, "greeting")     /* hears the greeting, whole: offered to nobody yet */         \
	X(FLOW, "in-flow")          /* hears what a flow says, and is asked */                     \
	X(QUEUED, "queued")         /* hears music, waits for an agent */                          \
	X(RINGING, "ringing")       /* an agent is claimed and called, or a number outside */      \
	X(TALKING, "talking")       /* joined */                                                   \
	X(HELD, "held")             /* the agent holds the caller */                               \
	X(CONSULTING, "consulting") /* the agent calls a third party; the caller hears music */    \
	X(CONSULT_TALKING, "consult-talking") /* and speaks with it; the caller hears music */     \
	X(CONSULT_ASIDE, "consult-aside") /* swapped: speaks with the caller, it hears music */    \
	X(CONFERENCE, "conference")       /* all three hear each other */                          \
	X(TRANSFERRING, "transferring") /* blind: the target is called, the agent waits for it */  \
	X(FORWARDING,                                                                              \
	  "forwarding") /* the target is called, the agent has left: nobody to go back to */       \
	X(VOICEMAIL, "voicemail")   /* leaves a message; no agent any more */                      \
	X(SURVEY, "survey")         /* the agent hung up; it is asked how it was */                \
	X(LEAVING, "leaving")       /* hears a last word */                                        \
	X(REACHING, "reaching")     /* a callback, customer first: the agent is kept for it */     \
	X(CONNECTING, "connecting") /* a callback, agent first: it waits for the customer */       \
	X(LISTENING, "listening")   /* an agent hears a message that was left */                   \
	X(CLOSING, "closing")       /* over; the recording is being closed */                      \
	X(WRITING, "writing")       /* the record is on its way to the disk */                     \
	X(GONE, "gone")

enum jf_call_state {
#define X(name, text) JF_CALL_##name,
	JF_CALL_STATES(X)
#undef X
	        JF_CALL_STATE_COUNT
};

#define JF_CALL_EVENTS(X)                                                                          \
	X(OWN_CALL, "own-call")               /* an agent calls somebody itself */                 \
	X(TURN, "turn")                       /* caller and agent, both agents, change places */   \
	X(CONFIRMED, "confirmed")             /* the caller's ACK */                               \
	X(GREETED, "greeted")                 /* the greeting is over, or there is none */         \
	X(TURNED_AWAY, "turned-away")         /* its queue is closed: told so, then let go */      \
	X(FLOW, "flow")                       /* into its flow, or back when a transfer failed */  \
	X(FORWARD, "forward")                 /* it goes to a number outside, not to a queue */    \
	X(OUTSIDE_FAILED, "outside-failed")   /* ... which won't answer */                         \
	X(CALLER_ENDED, "caller-ended")       /* its leg is over, by whomever */                   \
	X(CALLER_VANISHED, "caller-vanished") /* no media, no answer to OPTIONS */                 \
	X(OFFERED, "offered")                 /* the ACD claimed an agent */                       \
	X(RINGS, "rings")                     /* the agent's phone rings */                        \
	X(ANSWERED, "answered")               /* the agent answered */                             \
	X(REFUSED, "refused")                 /* the agent's leg ended before that */              \
	X(RING_TIMEOUT, "ring-timeout")                                                            \
	X(AGENT_ENDED, "agent-ended")                                                              \
	X(AGENT_VANISHED, "agent-vanished")                                                        \
	X(HOLD, "hold")                                                                            \
	X(RESUME, "resume")                                                                        \
	X(TRANSFER, "transfer") /* the agent wants the caller passed on, blind */                  \
	X(REQUEUE, "requeue")   /* the same, to a queue; also: it leaves while one is asked */     \
	X(CONSULT, "consult")   /* the agent wants to speak with a third party */                  \
	X(TARGET_OFFERED, "target-offered") /* the ACD claimed one of the queue that is asked */   \
	X(TARGET_RINGS, "target-rings")                                                            \
	X(TARGET_ANSWERED, "target-answered")                                                      \
	X(TARGET_REFUSED, "target-refused") /* of a queue: the next one may be asked */            \
	X(TARGET_FAILED, "target-failed")   /* it won't answer any more */                         \
	X(TARGET_ENDED, "target-ended")     /* after its answer */                                 \
	X(TARGET_VANISHED, "target-vanished")                                                      \
	X(SWAP, "swap")               /* the agent speaks with the other of the two */             \
	X(JOIN, "join")               /* ... with both */                                          \
	X(LEAVE, "leave")             /* the agent goes, the others stay together */               \
	X(BACK, "back")               /* the third party goes */                                   \
	X(EXPIRED, "expired")         /* waited for as long as the queue permits */                \
	X(RELEASE, "release")         /* the engine cannot go on with it */                        \
	X(VOICEMAIL, "voicemail")     /* the caller leaves a message instead */                    \
	X(CALLBACK, "callback")       /* the caller leaves its number */                           \
	X(SURVEY, "survey")           /* the agent hung up, and there is one */                    \
	X(SPOKEN, "spoken")           /* there is nothing more to say, or to hear */               \
	X(REACH, "reach")             /* an agent is kept: the customer is called first */         \
	X(AGENT_THERE, "agent-there") /* the agent answered; now the customer */                   \
	X(LISTEN, "listen")           /* the agent answered; now the message */                    \
	X(CUSTOMER_ANSWERED, "customer-answered")                                                  \
	X(CUSTOMER_FAILED, "customer-failed") /* it won't answer, or hung up meanwhile */          \
	X(RECORDED, "recorded")               /* the recording is closed, or there is none */      \
	X(WRITTEN, "written")                 /* the record is durable */

enum jf_call_event {
#define X(name, text) JF_CALL_EVENT_##name,
	JF_CALL_EVENTS(X)
#undef X
	        JF_CALL_EVENT_COUNT
};

/* In the order in which they are carried out. What follows from the state alone (who hears whom,
 * what the agents are shown to do, whose clocks run) is not among them: see jf_call_settle.c. */
enum {
	JF_CALL_DO_HANG_UP_CALLER = 1ull << 0,
	JF_CALL_DO_HANG_UP_AGENT = 1ull << 1,  /* BYE; the leg is left to its end */
	JF_CALL_DO_CANCEL_AGENT = 1ull << 2,   /* CANCEL; its 200 may still cross it */
	JF_CALL_DO_HANG_UP_TARGET = 1ull << 3, /* BYE or CANCEL */
	JF_CALL_DO_NOTE_ATTEMPT = 1ull << 4,   /* what became of the agent's leg, for the record */
	JF_CALL_DO_PASS_ON = 1ull << 5,      /* the agent's part is over, the caller is nobody's */
	JF_CALL_DO_PART = 1ull << 6,         /* the agent's endpoint is renewed */
	JF_CALL_DO_BLAME_TARGET = 1ull << 7, /* it didn't answer, or was lost: for what drops it */
	JF_CALL_DO_DROP_TARGET = 1ull << 8,  /* it is noted, and nobody's any more */
	JF_CALL_DO_TAKE_OVER = 1ull << 9,    /* the target is the agent now */
	JF_CALL_DO_RETURN = 1ull << 10,      /* to the head of the queue */
	JF_CALL_DO_REQUEUE = 1ull << 11,     /* to another queue */
	JF_CALL_DO_GREET = 1ull << 12,       /* the greeting, once */
	JF_CALL_DO_ENQUEUE = 1ull << 13,
	JF_CALL_DO_DIAL = 1ull << 14, /* INVITE to the claimed agent */
	JF_CALL_DO_DIAL_TARGET = 1ull << 15,
	JF_CALL_DO_JOIN = 1ull << 16, /* in conversation: recording and analytics are on */
	JF_CALL_DO_TARGET_JOINED = 1ull << 17,
	JF_CALL_DO_ACD_RINGS = 1ull << 18,
	JF_CALL_DO_ACD_ANSWERED = 1ull << 19,
	JF_CALL_DO_ACD_REFUSED = 1ull << 20,
	JF_CALL_DO_ACD_VANISHED = 1ull << 21,
	JF_CALL_DO_ACD_ABANDONED = 1ull << 22, /* the caller left the queue */
	JF_CALL_DO_ACD_RELEASED = 1ull << 23,  /* we took it out of the queue */
	JF_CALL_DO_ACD_END = 1ull << 24,
	JF_CALL_DO_TARGET_RINGS = 1ull << 25,
	JF_CALL_DO_FINISH = 1ull << 26, /* last figures, endpoints closed, recording ended */
	JF_CALL_DO_STORE = 1ull << 27,  /* the live row */
	JF_CALL_DO_WRITE = 1ull << 28,  /* the record */
	JF_CALL_DO_FREE = 1ull << 29,
	JF_CALL_DO_ACD_VOICEMAIL = 1ull << 30, /* it left the queue by its own choice */
	JF_CALL_DO_ACD_CALLBACK = 1ull << 31,
	JF_CALL_DO_VOICEMAIL = 1ull << 32, /* the greeting, the beep, the recording */
	JF_CALL_DO_SURVEY = 1ull << 33,    /* the first question; the agent is gone */
	JF_CALL_DO_LAST_WORD = 1ull << 34,
	JF_CALL_DO_REACH = 1ull << 35,  /* the customer is called */
	JF_CALL_DO_LISTEN = 1ull << 36, /* the message is played to the agent */
	JF_CALL_DO_FLOW = 1ull << 37,   /* it begins, or goes on */
	JF_CALL_DO_WONDER = 1ull << 62, /* cannot happen: logged, nothing changes */
};

struct jf_call_step {
	enum jf_call_state next;
	uint64_t actions;
};

struct jf_call_step jf_call_fsm_step(enum jf_call_state state, enum jf_call_event event);

/* Whether the event can happen in that state: asked before somebody's order is taken. */
bool jf_call_fsm_allows(enum jf_call_state state, enum jf_call_event event);

/* In conversation with an agent, whatever the two do. */
static inline bool jf_call_state_is_served(enum jf_call_state s)
{
	return s >= JF_CALL_TALKING && s <= JF_CALL_TRANSFERRING;
}

const char *jf_call_state_name(enum jf_call_state state);
const char *jf_call_event_name(enum jf_call_event event);

#endif
