/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Several agents asked for one caller at once (simultaneous ring: jf_acd_offer.h). Each of them is
 * a party with an endpoint of its own, whose phones ring (jf_call_ring.h).
 *
 * One of them stands where a single agent would: call->agent, or call->target where the queue is
 * asked for a third party. The call's machine and its timer know only that one. The others stand in
 * call->asked. Who answers comes to that place; so does another, when the one there refuses. They
 * all began to ring together, so that the ring timeout is one for all.
 *
 * Whose answer counts is the ACD's word: it says JF_ACD_WITHDRAWN of each of the others, whose legs
 * are then cancelled as answered elsewhere. Loop thread.
 */
#ifndef JF_CALL_ASKED_H
#define JF_CALL_ASKED_H

#include "jf_call_priv.h"

/* The ACD's offer of a call that rings already: one more. False: it is the first. */
bool jf_call_asked_add(struct jf_call *call, const struct jf_acd_output *output);

/* What the leg of one in call->asked says. */
void jf_call_asked_event(struct jf_call_party *party, const struct jf_leg_event *event);

/* An agent who rings did not take the call, as party->outcome says; its leg is no more. True:
 * others ring on, and that is all. False: it was the only one. */
bool jf_call_asked_refused(struct jf_call_party *party);

/* One in call->asked can have no media. */
void jf_call_asked_failed(struct jf_call_party *party);

/* A colleague was quicker. */
void jf_call_asked_withdrawn(struct jf_call *call, struct jf_acd_ref agent);

/* Only the one in its place goes on, though it has not answered for good. */
void jf_call_asked_keep_first(struct jf_call *call);

/* The others are given up: rona, as nobody answered for too long; else as their caller is gone. The
 * one in its place is left to the call's machine. */
void jf_call_asked_end(struct jf_call *call, bool rona, uint64_t now_ns);

/* Nobody will hear of them. */
void jf_call_asked_free(struct jf_call *call);

/* The one with that endpoint; NULL: none of them. */
struct jf_call_party *jf_call_asked_at(const struct jf_call *call, struct jf_media_ref endpoint);

/* Who rings for the call: names, in the order in which they were asked. */
json_t *jf_call_asked_json(const struct jf_call *call);

#endif
