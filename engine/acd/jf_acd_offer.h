/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offers one by one, where several agents are asked for one entry at once (simultaneous ring). Part
 * of jf_acd.h, with its rules for time, outputs and errors.
 *
 * An offer is an entry and an agent, from JF_ACD_OFFER until one of these:
 *
 *   jf_acd_offer_answered   the agent has the entry. All others who ring for it get
 *                           JF_ACD_WITHDRAWN: the owner cancels their legs. They are ready as
 *                           before, idle time kept, without blame
 *   jf_acd_offer_refused    as an offer in vain; the others go on ringing. After the last of them
 *                           the entry waits again, in its place, and looks for others
 *   jf_acd_offer_withdraw   the owner takes it back, as if a colleague had answered
 *   jf_acd_exit, _leave     the caller left: the owner cancels all its legs
 *
 * The claim decides: whose answer comes first, whatever was on its way. An answer after that is
 * refused with -EPROTO, and so is one after the caller left with -ESTALE; that leg gets a BYE.
 *
 * Who becomes ready while others ring for an entry is not asked for it: it is not waiting.
 */
#ifndef JF_ACD_OFFER_H
#define JF_ACD_OFFER_H

#include "jf_acd.h"

/* 0; -EPROTO: the agent is not asked for the entry, or not any more; -ESTALE. */
int jf_acd_offer_ringing(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                         uint64_t now_ns);
int jf_acd_offer_refused(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                         enum jf_acd_outcome outcome, uint64_t now_ns);
int jf_acd_offer_answered(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                          uint64_t now_ns);

/* The same errors; also -EPROTO: nobody else is asked. No output: the owner knows. */
int jf_acd_offer_withdraw(struct jf_acd *acd, struct jf_acd_ref entry, struct jf_acd_ref agent,
                          uint64_t now_ns);

/* Whether the agent is asked for the entry. */
bool jf_acd_offer_stands(const struct jf_acd *acd, struct jf_acd_ref entry,
                         struct jf_acd_ref agent);

/* Those who are asked for the entry, in the order in which they were; cursor begins at 0. */
bool jf_acd_offer_each(const struct jf_acd *acd, struct jf_acd_ref entry, uint32_t *cursor,
                       struct jf_acd_ref *ret_agent);

#endif
