/* SPDX-License-Identifier: BSD-3-Clause */
/* The parties of a call of the process before, taken up: jf_call_adopt_party.c. Each is read from
 * its own object of the row first. */
#ifndef JF_CALL_ADOPT_PRIV_H
#define JF_CALL_ADOPT_PRIV_H

#include "jf_call_priv.h"

/* 0 or a negative errno: it did not live. */
int jf_call_endpoint_adopt(struct jf_call_party *party, const json_t *row);

/* Answered or not; -ENOENT: the row has none. */
int jf_call_leg_adopt(struct jf_call_party *party, const json_t *row);

/* Of the whole row: the third party, and the agent's second line. Whether it is still there; else
 * the line is let go of too. */
bool jf_call_target_adopt(struct jf_call *call, const json_t *row, enum jf_call_state state,
                          uint64_t now_ns);
void jf_call_target_let_go(struct jf_call *call);

/* It rings on, for the rest of the time that it has. */
void jf_call_ring_adopt(struct jf_call_party *party, uint64_t now_ns);

#endif
