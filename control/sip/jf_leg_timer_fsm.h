/* SPDX-License-Identifier: BSD-3-Clause */
/* The session timer (RFC 4028): a pure step from phase and input to next phase and actions. */
#ifndef JF_LEG_TIMER_FSM_H
#define JF_LEG_TIMER_FSM_H

#include <stdint.h>

enum jf_leg_timer_phase {
	JF_LEG_TIMER_AT_OFF,
	JF_LEG_TIMER_AT_OURS,       /* we refresh, at half of the interval */
	JF_LEG_TIMER_AT_REFRESHING, /* a refresh of ours is out */
	JF_LEG_TIMER_AT_THEIRS,     /* the peer does */
	JF_LEG_TIMER_PHASE_COUNT
};

enum jf_leg_timer_input {
	JF_LEG_TIMER_ON_OURS, /* agreed, in whosoever's request */
	JF_LEG_TIMER_ON_THEIRS,
	JF_LEG_TIMER_ON_NONE,
	JF_LEG_TIMER_ON_DUE,
	JF_LEG_TIMER_ON_FAILED,  /* the refresh: to be tried again */
	JF_LEG_TIMER_ON_EXPIRED, /* nobody refreshed in time, or the peer is gone */
	JF_LEG_TIMER_ON_STOP,
	JF_LEG_TIMER_INPUT_COUNT
};

enum jf_leg_timer_action {
	JF_LEG_TIMER_DO_STOP = 1u << 0,
	JF_LEG_TIMER_DO_START = 1u << 1, /* for the phase that comes */
	JF_LEG_TIMER_DO_REFRESH = 1u << 2,
	JF_LEG_TIMER_DO_RETRY = 1u << 3, /* soon */
	JF_LEG_TIMER_DO_LAPSE = 1u << 4, /* BYE */
};

/* 0 with the next phase and the actions, or -EPROTO: nothing is to be done. */
int jf_leg_timer_fsm_step(enum jf_leg_timer_phase phase, enum jf_leg_timer_input input,
                          enum jf_leg_timer_phase *ret_next, uint32_t *ret_actions);

#endif
