/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The agent's machine: one pure step from state and event to what follows. Private to engine/acd
 * and its tests.
 */
#ifndef JF_AGENT_FSM_H
#define JF_AGENT_FSM_H

#include "jf_acd.h"

#define JF_AGENT_EVENTS(X)                                                                         \
	X(LOGIN, "login")           /* the phone registered its first contact */                   \
	X(REFRESH, "refresh")       /* the phone refreshed its registration */                     \
	X(UNREGISTER, "unregister") /* the phone took its last contact away */                     \
	X(EXPIRE, "expire")         /* the last contact ran out */                                 \
	X(WANT_READY, "want-ready")                                                                \
	X(WANT_READY_NO_PHONE, "want-ready-no-phone") /* the same, nothing registered */           \
	X(WANT_NOT_READY, "want-not-ready")                                                        \
	X(WANT_LOGOUT, "want-logout")                                                              \
	X(CLAIM, "claim") /* chosen for an entry */                                                \
	X(RING, "ring")   /* its phone rings */                                                    \
	X(ANSWER, "answer")                                                                        \
	X(RONA, "rona")                                                                            \
	X(BUSY, "busy")                                                                            \
	X(REJECT, "reject")                                                                        \
	X(UNAVAILABLE, "unavailable")                                                              \
	X(NO_REACH, "no-reach")                                                                    \
	X(FAIL, "fail")                                                                            \
	X(CALLER_LEFT, "caller-left")                                                              \
	X(WITHDRAW, "withdraw") /* a colleague answered first */                                   \
	X(HOLD, "hold")                                                                            \
	X(RESUME, "resume")                                                                        \
	X(CONSULT, "consult")           /* speaks with a colleague, the caller waits */            \
	X(CONFER, "confer")             /* speaks with caller and colleague */                     \
	X(DIAL, "dial")                 /* makes a call itself */                                  \
	X(END, "end")                   /* conversation over, wrap-up follows */                   \
	X(END_NO_WRAPUP, "end-no-wrap") /* conversation over, the queue has no wrap-up */          \
	X(NEXT, "next")                 /* conversation over, and it rings for another */          \
	X(VANISH, "vanish")             /* lost in mid-call */                                     \
	X(VANISH_ONE, "vanish-one")     /* the same, and another call goes on */                   \
	X(TIMER, "timer")               /* wrap-up or back-off is over */

enum jf_agent_event {
#define X(name, text) JF_AGENT_EVENT_##name,
	JF_AGENT_EVENTS(X)
#undef X
	        JF_AGENT_EVENT_COUNT
};

const char *jf_agent_event_name(enum jf_agent_event event);

enum {
	JF_AGENT_DO_REFUSE = 1,       /* cannot happen in this state; nothing changes */
	JF_AGENT_DO_FINISH = 2,       /* a pending state goes before next */
	JF_AGENT_DO_PEND = 4,         /* next is what will be pending, the state stays */
	JF_AGENT_DO_FORGET = 8,       /* what was pending is not any more, the state stays */
	JF_AGENT_DO_FORGET_LOST = 16, /* the same, if it was pending because the phone was lost */
	JF_AGENT_DO_AUTO = 32,        /* next is READY or NOT_READY by the agent's auto_ready */
	JF_AGENT_DO_KEEP_IDLE = 64,   /* becoming ready does not begin a new idle time */
	JF_AGENT_DO_WRAPUP = 128,     /* the wrap-up timer runs */
	JF_AGENT_DO_BACKOFF = 256,    /* the back-off timer runs */
	JF_AGENT_DO_COME_BACK = 512,  /* the state left is pending: what it is after the call */
};

struct jf_agent_step {
	enum jf_agent_state next;
	unsigned int actions;
	const char *reason; /* of next; NULL: the event's own, if it has one */
};

/* Pure; the same for ever. */
struct jf_agent_step jf_agent_fsm_step(enum jf_agent_state state, enum jf_agent_event event);

#endif
