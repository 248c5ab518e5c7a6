/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The phones of an agent ring together: those that it registered with the same q (RFC
 * 3261 10.2.1.2), and when none of them takes the call, those with the next lower one. The first
 * that answers has it, the others are cancelled; whoever answers at the same moment is hung up by
 * its leg. One that declines (6xx) declines for all of them. When nobody takes it, what tells most
 * of the agent counts: declined, busy, not now, failed, unreachable.
 *
 * Those whose address the party's media cannot be had from (IPv6 beside IPv4) are offered media of
 * their own; that of the one who answers stays, the rest is closed.
 *
 * The party's own leg is always one of those that ring; the others stand in party->ring, which is
 * there only while several phones are in question. Loop thread.
 */
#ifndef JF_CALL_RING_H
#define JF_CALL_RING_H

#include "jf_call_priv.h"

/* Calls the agent of that name: party->leg is NULL where nobody could be called. */
void jf_call_ring_begin(struct jf_call_party *party);

/* Its only phone is called again, without keys; whether it could be. */
bool jf_call_ring_plain(struct jf_call_party *party);

/* What the party's own leg says, before anybody else deals with it: true, and that is all. */
bool jf_call_ring_event(struct jf_call_party *party, const struct jf_leg_event *event);

/* What another of them says; of: set in its user pointer. */
void jf_call_ring_other_event(struct jf_call_party *other, const struct jf_leg_event *event);

/* All but the party's own leg are cancelled. Harmless when there is none. */
void jf_call_ring_cancel(struct jf_call_party *party, enum jf_call_cancel why);

/* The others, in any order, beside the party's own leg. */
unsigned jf_call_ring_others(const struct jf_call_party *party);
const struct jf_leg *jf_call_ring_other_leg(const struct jf_call_party *party, unsigned i);

/* Nobody will hear of them. */
void jf_call_ring_forget(struct jf_call_party *party);

#endif
