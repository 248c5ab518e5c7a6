/* SPDX-License-Identifier: BSD-3-Clause */
/* One cell of the tables of a leg's smaller machines (jf_leg_*_fsm.c): what an input does in a
 * phase. A cell of zeros: nothing, it does not belong there. */
#ifndef JF_LEG_FSM_ROW_H
#define JF_LEG_FSM_ROW_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

struct jf_leg_fsm_row {
	bool defined;
	uint8_t next;
	uint32_t actions;
};

/* 0, or -EPROTO with both untouched. */
static inline int jf_leg_fsm_row_take(const struct jf_leg_fsm_row *row, unsigned *ret_next,
                                      uint32_t *ret_actions)
{
	if (!row->defined)
		return -EPROTO;
	*ret_next = row->next;
	*ret_actions = row->actions;
	return 0;
}

#endif
