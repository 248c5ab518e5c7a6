// SPDX-License-Identifier: BSD-3-Clause
#include "jf_leg_timer_fsm.h"

#include "jf_leg_fsm_row.h"

#define ROW(phase, input, to, what)                                                                \
	[JF_LEG_TIMER_AT_##phase][JF_LEG_TIMER_ON_##input] = {true, JF_LEG_TIMER_AT_##to, (what)}

#define STOP    JF_LEG_TIMER_DO_STOP
#define START   JF_LEG_TIMER_DO_START
#define REFRESH JF_LEG_TIMER_DO_REFRESH
#define RETRY   JF_LEG_TIMER_DO_RETRY
#define LAPSE   JF_LEG_TIMER_DO_LAPSE

static const struct jf_leg_fsm_row table[JF_LEG_TIMER_PHASE_COUNT][JF_LEG_TIMER_INPUT_COUNT] = {
        ROW(OFF, OURS, OURS, START),
        ROW(OFF, THEIRS, THEIRS, START),
        ROW(OFF, NONE, OFF, 0),
        ROW(OFF, STOP, OFF, 0),

        ROW(OURS, OURS, OURS, START),
        ROW(OURS, THEIRS, THEIRS, START),
        ROW(OURS, NONE, OFF, STOP),
        ROW(OURS, DUE, REFRESHING, START | REFRESH),
        ROW(OURS, EXPIRED, OFF, STOP | LAPSE),
        ROW(OURS, STOP, OFF, STOP),

        ROW(REFRESHING, OURS, OURS, START),
        ROW(REFRESHING, THEIRS, THEIRS, START),
        ROW(REFRESHING, NONE, OFF, STOP),
        ROW(REFRESHING, FAILED, OURS, RETRY),
        ROW(REFRESHING, EXPIRED, OFF, STOP | LAPSE),
        ROW(REFRESHING, STOP, OFF, STOP),

        ROW(THEIRS, OURS, OURS, START),
        ROW(THEIRS, THEIRS, THEIRS, START),
        ROW(THEIRS, NONE, OFF, STOP),
        ROW(THEIRS, EXPIRED, OFF, STOP | LAPSE),
        ROW(THEIRS, STOP, OFF, STOP),
};

int jf_leg_timer_fsm_step(enum jf_leg_timer_phase phase, enum jf_leg_timer_input input,
                          enum jf_leg_timer_phase *ret_next, uint32_t *ret_actions)
{
	return jf_leg_fsm_row_take(&table[phase][input], (unsigned *)ret_next, ret_actions);
}
