/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The leg's machine: a pure step from phase and input to next phase and actions (RFC 3261 13 to 15,
 * 14 for re-INVITE, 9 for CANCEL). No clock, no network: jf_leg.c carries the actions out.
 */
#ifndef JF_LEG_FSM_H
#define JF_LEG_FSM_H

#include <stdint.h>

#include "jf_leg.h"

/* One row a phase: JF_LEG_AT_<name>, text as `jf` shows it. */
#define JF_LEG_PHASES(X)                                                                           \
	X(IN_TRYING, "arrived")         /* INVITE came, 100 is out */                              \
	X(IN_RINGING, "ringing")        /* 180 is out */                                           \
	X(IN_ANSWERED, "answered")      /* 200 is out, ACK awaited */                              \
	X(IN_ENDING, "ending")          /* ended by us before ACK: BYE must wait for it */         \
	X(OUT_CALLING, "calling")       /* INVITE is out, nothing came back */                     \
	X(OUT_PROCEEDING, "proceeding") /* a provisional response came */                          \
	X(OUT_CANCELLING, "cancelling") /* CANCEL is out or waits for a provisional */             \
	X(ESTABLISHED, "established")                                                              \
	X(REOFFERED, "reoffered")   /* the peer's re-INVITE is with the owner */                   \
	X(REANSWERED, "reanswered") /* our 200 to it is out, ACK awaited */                        \
	X(REOFFERING, "reoffering") /* our re-INVITE is out */                                     \
	X(ENDING, "hanging up")     /* BYE is out */                                               \
	X(ENDED, "ended")

enum jf_leg_phase {
#define X(name, text) JF_LEG_AT_##name,
	JF_LEG_PHASES(X)
#undef X
	        JF_LEG_PHASE_COUNT
};

#define JF_LEG_INPUTS(X)                                                                           \
	/* the owner */                                                                            \
	X(RING)                                                                                    \
	X(RING_EARLY) /* with our SDP */                                                           \
	X(ANSWER)                                                                                  \
	X(REJECT)                                                                                  \
	X(END)                                                                                     \
	X(ACCEPT) /* the peer's re-INVITE */                                                       \
	X(REFUSE)                                                                                  \
	X(REOFFER) /* our re-INVITE */                                                             \
	/* the peer's requests */                                                                  \
	X(CANCEL)                                                                                  \
	X(ACK)                                                                                     \
	X(ACK_BAD) /* with an answer to our offer that cannot be used, or without one */           \
	X(BYE)                                                                                     \
	X(REINVITE)                                                                                \
	/* the peer's responses to our INVITE */                                                   \
	X(PROVISIONAL)                                                                             \
	X(SUCCESS)                                                                                 \
	X(SUCCESS_BAD) /* with SDP that cannot be used */                                          \
	X(FAILURE)                                                                                 \
	X(SILENT) /* none as soon as the owner wants one */                                        \
	X(NO_RESPONSE)                                                                             \
	X(UNSENT) /* a transport error */                                                          \
	/* ... to our re-INVITE */                                                                 \
	X(RE_SUCCESS)                                                                              \
	X(RE_FAILURE)                                                                              \
	X(RE_REFRESHED) /* it was one that changes nothing, and nothing changed */                 \
	X(RE_NOT_REFRESHED)                                                                        \
	X(RE_GLARE) /* 491 */                                                                      \
	/* ... to anything in the dialog */                                                        \
	X(BYE_DONE) /* answered, or given up */                                                    \
	X(GONE)     /* 481 */                                                                      \
	/* time */                                                                                 \
	X(NO_ACK)   /* 64 * T1 after our 2xx */                                                    \
	X(LAPSED)   /* the session timer */                                                        \
	X(NO_PRACK) /* ... after a reliable provisional response of ours, or one that is bad */

enum jf_leg_input {
#define X(name) JF_LEG_ON_##name,
	JF_LEG_INPUTS(X)
#undef X
	        JF_LEG_INPUT_COUNT
};

/* What is to be done, in this order. */
enum jf_leg_action {
	JF_LEG_DO_STOP_2XX = 1u << 0,  /* stop sending our 2xx again */
	JF_LEG_DO_REPLY_BYE = 1u << 1, /* 200 to the BYE in hand */
	JF_LEG_DO_REPLY_180 = 1u << 2, /* to the INVITE in hand, as all below */
	JF_LEG_DO_REPLY_183 = 1u << 21,
	JF_LEG_DO_REPLY_2XX = 1u << 3,    /* and send it again until ACK */
	JF_LEG_DO_REPLY_REJECT = 1u << 4, /* with the owner's code */
	JF_LEG_DO_REPLY_487 = 1u << 5,
	JF_LEG_DO_REPLY_491 = 1u << 6, /* to the new re-INVITE, as the next two */
	JF_LEG_DO_REPLY_500 = 1u << 7, /* with Retry-After */
	JF_LEG_DO_REPLY_481 = 1u << 8,
	JF_LEG_DO_ACK = 1u << 9,
	JF_LEG_DO_CANCEL = 1u << 10,
	JF_LEG_DO_REINVITE = 1u << 11,
	JF_LEG_DO_REINVITE_LATER = 1u << 12, /* after the pause of RFC 3261 14.1 */
	JF_LEG_DO_BYE = 1u << 13,
	JF_LEG_TELL_PROVISIONAL = 1u << 14, /* the owner's events */
	JF_LEG_TELL_ANSWERED = 1u << 15,
	JF_LEG_TELL_CONFIRMED = 1u << 16,
	JF_LEG_TELL_REOFFER = 1u << 17,
	JF_LEG_TELL_REANSWER = 1u << 18,
	JF_LEG_TELL_CHANGED = 1u << 19,
	JF_LEG_TELL_ENDED = 1u << 20, /* already now: the fate is sealed, the rest goes on alone */
};

struct jf_leg_step {
	enum jf_leg_phase next;
	uint32_t actions;    /* enum jf_leg_action */
	enum jf_leg_end end; /* why it ends, unless JF_LEG_END_NONE; a later one stands */
};

/* 0, or -EPROTO when the input has no meaning in this phase: nothing is to be done. */
int jf_leg_fsm_step(enum jf_leg_phase phase, enum jf_leg_input input, struct jf_leg_step *ret_step);

const char *jf_leg_phase_name(enum jf_leg_phase phase);
const char *jf_leg_input_name(enum jf_leg_input input);

#endif
