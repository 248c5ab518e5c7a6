// SPDX-License-Identifier: BSD-3-Clause
#include "jf_leg_update_fsm.h"

#include "jf_leg_fsm_row.h"

#define ROW(phase, input, to, what)                                                                \
	[JF_LEG_UPDATE_AT_##phase][JF_LEG_UPDATE_ON_##input] = {true, JF_LEG_UPDATE_AT_##to, (what)}

static const struct jf_leg_fsm_row table[JF_LEG_UPDATE_PHASE_COUNT][JF_LEG_UPDATE_INPUT_COUNT] = {
        ROW(IDLE, PEER_OFFER, ASKED, JF_LEG_UPDATE_TELL_REOFFER),
        ROW(IDLE, OFFER, OFFERED, JF_LEG_UPDATE_DO_SEND),

        ROW(ASKED, ACCEPT, IDLE, JF_LEG_UPDATE_DO_ANSWER),
        ROW(ASKED, REFUSE, IDLE, JF_LEG_UPDATE_DO_REFUSE),

        ROW(OFFERED, SUCCESS, IDLE, JF_LEG_UPDATE_TELL_REANSWER),
        ROW(OFFERED, GLARE, IDLE, JF_LEG_UPDATE_DO_LATER),
        ROW(OFFERED, FAILURE, IDLE, JF_LEG_UPDATE_TELL_REANSWER),
        ROW(OFFERED, GONE, IDLE, JF_LEG_UPDATE_DO_GONE),
};

int jf_leg_update_fsm_step(enum jf_leg_update_phase phase, enum jf_leg_update_input input,
                           enum jf_leg_update_phase *ret_next, uint32_t *ret_actions)
{
	return jf_leg_fsm_row_take(&table[phase][input], (unsigned *)ret_next, ret_actions);
}
