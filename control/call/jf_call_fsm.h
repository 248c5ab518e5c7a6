/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The call's machine: one pure step from state and event to the next state and the actions, which
 * jf_call.c carries out in the order of their bits. Private to control/call and its tests.
 */
#ifndef JF_CALL_FSM_H
#define JF_CALL_FSM_H

#define JF_CALL_STATES(X)                                                                          \
	X(CONFIRMING, "confirming") /* our 200 is out, its ACK isn't in */                         \
	X(GREETING, "greeting")     /* hears the greeting, whole: offered to nobody yet */         \
	X(QUEUED, "queued")         /* hears music, waits for an agent */                          \
	X(RINGING, "ringing")       /* an agent is claimed and called */                           \
	X(TALKING, "talking")       /* joined */                                                   \
	X(HELD, "held")             /* the agent holds the caller */                               \
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
	X(CONFIRMED, "confirmed")             /* the caller's ACK */                               \
	X(GREETED, "greeted")                 /* the greeting is over, or there is none */         \
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
	X(EXPIRED, "expired")   /* waited for as long as the queue permits */                      \
	X(RELEASE, "release")   /* the engine cannot go on with it */                              \
	X(RECORDED, "recorded") /* the recording is closed, or there is none */                    \
	X(WRITTEN, "written")   /* the record is durable */

enum jf_call_event {
#define X(name, text) JF_CALL_EVENT_##name,
	JF_CALL_EVENTS(X)
#undef X
	        JF_CALL_EVENT_COUNT
};

/* In the order in which they are carried out. */
enum {
	JF_CALL_DO_HANG_UP_CALLER = 1 << 0,
	JF_CALL_DO_HANG_UP_AGENT = 1 << 1, /* BYE; the leg is left to its end */
	JF_CALL_DO_CANCEL_AGENT = 1 << 2,  /* CANCEL; its 200 may still cross it */
	JF_CALL_DO_NOTE_ATTEMPT = 1 << 3,  /* what became of the agent's leg, for the record */
	JF_CALL_DO_GREET = 1 << 4,         /* the greeting, once */
	JF_CALL_DO_MUSIC = 1 << 5,
	JF_CALL_DO_ENQUEUE = 1 << 6,
	JF_CALL_DO_DIAL = 1 << 7, /* INVITE to the claimed agent */
	JF_CALL_DO_ACD_RINGS = 1 << 8,
	JF_CALL_DO_JOIN = 1 << 9, /* media both ways, recording, analytics */
	JF_CALL_DO_ACD_ANSWERED = 1 << 10,
	JF_CALL_DO_ACD_REFUSED = 1 << 11,
	JF_CALL_DO_ACD_HELD = 1 << 12,
	JF_CALL_DO_ACD_RESUMED = 1 << 13,
	JF_CALL_DO_PART = 1 << 14, /* media apart, the agent's endpoint is renewed */
	JF_CALL_DO_ACD_VANISHED = 1 << 15,
	JF_CALL_DO_ACD_ABANDONED = 1 << 16, /* the caller left the queue */
	JF_CALL_DO_ACD_RELEASED = 1 << 17,  /* we took it out of the queue */
	JF_CALL_DO_ACD_END = 1 << 18,
	JF_CALL_DO_FINISH = 1 << 19, /* last figures, endpoints closed, recording ended */
	JF_CALL_DO_STORE = 1 << 20,  /* the live row */
	JF_CALL_DO_WRITE = 1 << 21,  /* the record */
	JF_CALL_DO_FREE = 1 << 22,
	JF_CALL_DO_WONDER = 1 << 23, /* cannot happen: logged, nothing changes */
};

struct jf_call_step {
	enum jf_call_state next;
	unsigned int actions;
};

struct jf_call_step jf_call_fsm_step(enum jf_call_state state, enum jf_call_event event);

const char *jf_call_state_name(enum jf_call_state state);
const char *jf_call_event_name(enum jf_call_event event);

#endif
