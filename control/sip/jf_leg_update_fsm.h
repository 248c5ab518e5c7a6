/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offers outside of INVITE: in UPDATE, either way (RFC 3311 section 5), and in the peer's PRACK: a
 * pure step from phase and input to next phase and actions.
 */
#ifndef JF_LEG_UPDATE_FSM_H
#define JF_LEG_UPDATE_FSM_H

#include <stdint.h>

enum jf_leg_update_phase {
	JF_LEG_UPDATE_AT_IDLE,
	JF_LEG_UPDATE_AT_ASKED,   /* the peer's offer is with the owner */
	JF_LEG_UPDATE_AT_OFFERED, /* ours is out */
	JF_LEG_UPDATE_PHASE_COUNT
};

enum jf_leg_update_input {
	JF_LEG_UPDATE_ON_PEER_OFFER, /* at its time; what is not is refused before */
	JF_LEG_UPDATE_ON_ACCEPT,     /* the owner */
	JF_LEG_UPDATE_ON_REFUSE,
	JF_LEG_UPDATE_ON_OFFER,
	JF_LEG_UPDATE_ON_SUCCESS, /* the peer's response to ours */
	JF_LEG_UPDATE_ON_GLARE,   /* 491 */
	JF_LEG_UPDATE_ON_FAILURE,
	JF_LEG_UPDATE_ON_GONE, /* 481, or none at all */
	JF_LEG_UPDATE_INPUT_COUNT
};

enum jf_leg_update_action {
	JF_LEG_UPDATE_DO_ANSWER = 1u << 0, /* 200 with our SDP */
	JF_LEG_UPDATE_DO_REFUSE = 1u << 1, /* with the owner's code */
	JF_LEG_UPDATE_DO_SEND = 1u << 2,
	JF_LEG_UPDATE_DO_LATER = 1u << 3, /* after the pause of RFC 3261 14.1 */
	JF_LEG_UPDATE_TELL_REOFFER = 1u << 4,
	JF_LEG_UPDATE_TELL_REANSWER = 1u << 5,
	JF_LEG_UPDATE_DO_GONE = 1u << 6, /* the leg is over */
};

/* 0 with the next phase and the actions, or -EPROTO: nothing is to be done. */
int jf_leg_update_fsm_step(enum jf_leg_update_phase phase, enum jf_leg_update_input input,
                           enum jf_leg_update_phase *ret_next, uint32_t *ret_actions);

#endif
