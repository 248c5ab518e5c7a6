/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A REFER of the peer's and the subscription that it makes (RFC 3515 2.4): a pure step from phase
 * and input to next phase and actions. One NOTIFY is out at a time, so that they arrive in order.
 */
#ifndef JF_LEG_REFER_FSM_H
#define JF_LEG_REFER_FSM_H

#include <stdint.h>

enum jf_leg_refer_phase {
	JF_LEG_REFER_AT_IDLE,
	JF_LEG_REFER_AT_ASKED,      /* with the owner */
	JF_LEG_REFER_AT_ACTIVE,     /* accepted; nothing is out */
	JF_LEG_REFER_AT_NOTIFYING,  /* a NOTIFY is out */
	JF_LEG_REFER_AT_MORE,       /* ... and another one waits */
	JF_LEG_REFER_AT_LAST_WAITS, /* ... and the last one waits */
	JF_LEG_REFER_AT_LAST,       /* the last one is out */
	JF_LEG_REFER_PHASE_COUNT
};

enum jf_leg_refer_input {
	JF_LEG_REFER_ON_REFER,
	JF_LEG_REFER_ON_ACCEPT,       /* the owner */
	JF_LEG_REFER_ON_ACCEPT_QUIET, /* ... where no NOTIFY is wanted (RFC 4488) */
	JF_LEG_REFER_ON_REFUSE,
	JF_LEG_REFER_ON_PROGRESS,
	JF_LEG_REFER_ON_FINAL,
	JF_LEG_REFER_ON_DONE,   /* the NOTIFY was answered */
	JF_LEG_REFER_ON_FAILED, /* ... but not with 2xx: nobody listens */
	JF_LEG_REFER_INPUT_COUNT
};

enum jf_leg_refer_action {
	JF_LEG_REFER_DO_TELL = 1u << 0,      /* the owner */
	JF_LEG_REFER_DO_REPLY = 1u << 1,     /* to REFER, with the owner's code */
	JF_LEG_REFER_DO_REPLY_491 = 1u << 2, /* to a second one: one at a time */
	JF_LEG_REFER_DO_NOTIFY = 1u << 3,    /* with what is the latest */
	JF_LEG_REFER_DO_FORGET = 1u << 4,    /* it is over */
};

/* 0 with the next phase and the actions, or -EPROTO: nothing is to be done. */
int jf_leg_refer_fsm_step(enum jf_leg_refer_phase phase, enum jf_leg_refer_input input,
                          enum jf_leg_refer_phase *ret_next, uint32_t *ret_actions);

#endif
