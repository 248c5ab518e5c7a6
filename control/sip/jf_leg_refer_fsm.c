// SPDX-License-Identifier: BSD-3-Clause
#include "jf_leg_refer_fsm.h"

#include "jf_leg_fsm_row.h"

#define ROW(phase, input, to, what)                                                                \
	[JF_LEG_REFER_AT_##phase][JF_LEG_REFER_ON_##input] = {true, JF_LEG_REFER_AT_##to, (what)}

#define TELL    JF_LEG_REFER_DO_TELL
#define REPLY   JF_LEG_REFER_DO_REPLY
#define SAY_491 JF_LEG_REFER_DO_REPLY_491
#define NOTIFY  JF_LEG_REFER_DO_NOTIFY
#define FORGET  JF_LEG_REFER_DO_FORGET

static const struct jf_leg_fsm_row table[JF_LEG_REFER_PHASE_COUNT][JF_LEG_REFER_INPUT_COUNT] = {
        ROW(IDLE, REFER, ASKED, TELL),

        ROW(ASKED, REFER, ASKED, SAY_491),
        ROW(ASKED, ACCEPT, NOTIFYING, REPLY | NOTIFY), /* at once: 100 Trying (2.4.4) */
        ROW(ASKED, ACCEPT_QUIET, IDLE, REPLY | FORGET),
        ROW(ASKED, REFUSE, IDLE, REPLY | FORGET),

        ROW(ACTIVE, REFER, ACTIVE, SAY_491),
        ROW(ACTIVE, PROGRESS, NOTIFYING, NOTIFY),
        ROW(ACTIVE, FINAL, LAST, NOTIFY),

        ROW(NOTIFYING, REFER, NOTIFYING, SAY_491),
        ROW(NOTIFYING, PROGRESS, MORE, 0),
        ROW(NOTIFYING, FINAL, LAST_WAITS, 0),
        ROW(NOTIFYING, DONE, ACTIVE, 0),
        ROW(NOTIFYING, FAILED, IDLE, FORGET),

        ROW(MORE, REFER, MORE, SAY_491),
        ROW(MORE, PROGRESS, MORE, 0), /* the latest counts */
        ROW(MORE, FINAL, LAST_WAITS, 0),
        ROW(MORE, DONE, NOTIFYING, NOTIFY),
        ROW(MORE, FAILED, IDLE, FORGET),

        ROW(LAST_WAITS, REFER, LAST_WAITS, SAY_491),
        ROW(LAST_WAITS, DONE, LAST, NOTIFY),
        ROW(LAST_WAITS, FAILED, IDLE, FORGET),

        ROW(LAST, REFER, LAST, SAY_491),
        ROW(LAST, DONE, IDLE, FORGET),
        ROW(LAST, FAILED, IDLE, FORGET),
};

int jf_leg_refer_fsm_step(enum jf_leg_refer_phase phase, enum jf_leg_refer_input input,
                          enum jf_leg_refer_phase *ret_next, uint32_t *ret_actions)
{
	return jf_leg_fsm_row_take(&table[phase][input], (unsigned *)ret_next, ret_actions);
}
