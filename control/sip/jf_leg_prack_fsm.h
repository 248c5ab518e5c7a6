/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our reliable provisional responses (RFC 3262 section 3): a pure step from phase and input to next
 * phase and actions. One is out at a time; whatever comes meanwhile waits for its PRACK.
 */
#ifndef JF_LEG_PRACK_FSM_H
#define JF_LEG_PRACK_FSM_H

#include <stdint.h>

enum jf_leg_prack_phase {
	JF_LEG_PRACK_AT_IDLE,
	JF_LEG_PRACK_AT_UNACKED,   /* one is out, sent again until PRACK */
	JF_LEG_PRACK_AT_MORE,      /* ... and another one waits */
	JF_LEG_PRACK_AT_ANSWERING, /* ... and the 2xx waits: it may not overtake our SDP */
	JF_LEG_PRACK_PHASE_COUNT
};

enum jf_leg_prack_input {
	JF_LEG_PRACK_ON_PROVIDE,      /* the owner rings */
	JF_LEG_PRACK_ON_ANSWER,       /* the owner answers; what is out holds our SDP */
	JF_LEG_PRACK_ON_ANSWER_PLAIN, /* ... holds none */
	JF_LEG_PRACK_ON_PRACK,        /* for the one that is out */
	JF_LEG_PRACK_ON_LAPSE,        /* 64 * T1 without it */
	JF_LEG_PRACK_ON_STOP,         /* the INVITE has another end */
	JF_LEG_PRACK_INPUT_COUNT
};

/* To be done in this order. */
enum jf_leg_prack_action {
	JF_LEG_PRACK_DO_STOP = 1u << 0,   /* sending it again */
	JF_LEG_PRACK_DO_SEND = 1u << 1,   /* the latest provisional response */
	JF_LEG_PRACK_DO_ANSWER = 1u << 2, /* the 2xx goes out now */
	JF_LEG_PRACK_DO_REJECT = 1u << 3, /* the INVITE, with 504 */
};

/* 0 with the next phase and the actions, or -EPROTO: nothing is to be done. */
int jf_leg_prack_fsm_step(enum jf_leg_prack_phase phase, enum jf_leg_prack_input input,
                          enum jf_leg_prack_phase *ret_next, uint32_t *ret_actions);

#endif
