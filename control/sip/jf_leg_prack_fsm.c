// SPDX-License-Identifier: BSD-3-Clause
#include "jf_leg_prack_fsm.h"

#include "jf_leg_fsm_row.h"

#define ROW(phase, input, to, what)                                                                \
	[JF_LEG_PRACK_AT_##phase][JF_LEG_PRACK_ON_##input] = {true, JF_LEG_PRACK_AT_##to, (what)}

#define STOP   JF_LEG_PRACK_DO_STOP
#define SEND   JF_LEG_PRACK_DO_SEND
#define ANSWER JF_LEG_PRACK_DO_ANSWER
#define REJECT JF_LEG_PRACK_DO_REJECT

static const struct jf_leg_fsm_row table[JF_LEG_PRACK_PHASE_COUNT][JF_LEG_PRACK_INPUT_COUNT] = {
        ROW(IDLE, PROVIDE, UNACKED, SEND),
        ROW(IDLE, ANSWER, IDLE, ANSWER),
        ROW(IDLE, ANSWER_PLAIN, IDLE, ANSWER),
        ROW(IDLE, STOP, IDLE, 0),

        ROW(UNACKED, PROVIDE, MORE, 0),
        ROW(UNACKED, ANSWER, ANSWERING, 0),
        ROW(UNACKED, ANSWER_PLAIN, IDLE, STOP | ANSWER),
        ROW(UNACKED, PRACK, IDLE, STOP),
        ROW(UNACKED, LAPSE, IDLE, STOP | REJECT),
        ROW(UNACKED, STOP, IDLE, STOP),

        ROW(MORE, PROVIDE, MORE, 0), /* the latest counts */
        ROW(MORE, ANSWER, ANSWERING, 0),
        ROW(MORE, ANSWER_PLAIN, IDLE, STOP | ANSWER),
        ROW(MORE, PRACK, UNACKED, STOP | SEND),
        ROW(MORE, LAPSE, IDLE, STOP | REJECT),
        ROW(MORE, STOP, IDLE, STOP),

        ROW(ANSWERING, PRACK, IDLE, STOP | ANSWER),
        ROW(ANSWERING, LAPSE, IDLE, STOP | REJECT),
        ROW(ANSWERING, STOP, IDLE, STOP),
};

int jf_leg_prack_fsm_step(enum jf_leg_prack_phase phase, enum jf_leg_prack_input input,
                          enum jf_leg_prack_phase *ret_next, uint32_t *ret_actions)
{
	return jf_leg_fsm_row_take(&table[phase][input], (unsigned *)ret_next, ret_actions);
}
