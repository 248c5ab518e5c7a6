/* SPDX-License-Identifier: BSD-3-Clause */
/* A call from hand to hand: third parties, transfers, what phones ask for. Part of jf_call_priv.h.
 */
#ifndef JF_CALL_HANDS_PRIV_H
#define JF_CALL_HANDS_PRIV_H

#include "jf_call_priv.h"

/* jf_call_early.c: before the answer. */
/* A provisional response of a party that is called; media: what it brought, or NULL. */
void jf_call_progress(struct jf_call_party *party, const struct jf_media_desc *media);
struct jf_call_party *jf_call_early_of(struct jf_call *call); /* who sends early media; NULL */
void jf_call_early_forget(struct jf_call_party *party);
/* 200 with what was agreed, or, where its INVITE made no offer, with ours: its ACK answers that. */
int jf_call_party_answer(struct jf_call_party *party);
void jf_call_caller_answer(struct jf_call *call, uint64_t now_ns); /* if it is unanswered */

/* jf_call_rung.c: agents' phones that ring, over a kill. */
json_t *jf_call_rung_row(const struct jf_call *call);                /* of the live row */
void jf_call_rung_cancel(struct jf_calls *calls, const json_t *row); /* those of a live row */

/* jf_call_turn.c: who of two agents serves. */
/* Whether it is an agent in the ACD's eyes, caller or not. */
bool jf_call_party_is_agent(const struct jf_call_party *party);
void jf_call_turn(struct jf_call *call, uint64_t now_ns);
/* It wants to act as the agent who serves. Where the party is from now on; NULL: it can't now. */
struct jf_call_party *jf_call_serve(struct jf_call_party *party);

/* jf_call_target.c: the third party. */
int jf_call_target_make(struct jf_call *call, enum jf_call_kind kind, const char *name, bool blind);
void jf_call_target_dial(struct jf_call *call);
void jf_call_target_rings(struct jf_call *call, uint64_t now_ns);
void jf_call_target_joined(struct jf_call *call, uint64_t now_ns);
void jf_call_target_hang_up(struct jf_call *call);
void jf_call_target_refused(struct jf_call *call, uint64_t now_ns);
void jf_call_target_drop(struct jf_call *call, bool blame, uint64_t now_ns);
void jf_call_target_take_over(struct jf_call *call, uint64_t now_ns);
void jf_call_target_offered(struct jf_call *call, const struct jf_acd_output *output);
void jf_call_target_timed_out(struct jf_call *call);
enum jf_call_event jf_call_target_failed(struct jf_call *call); /* what that is */
bool jf_call_target_is(const struct jf_call *call, struct jf_acd_ref entry);

/* jf_call_phone.c: what an agent asks for by its phone. */
void jf_call_referred(struct jf_call_party *party, const struct jf_leg_refer *refer);
void jf_call_refer_tell(struct jf_call *call, uint64_t actions); /* before they are done */
/* The reason of what is refused for an errno: of jf_media_open, or of an agent's own call. */
enum jf_sip_why jf_call_why_of(int err);

/* An agent calls: 0 (its second line), or a negative errno, and how it is to be refused. */
int jf_call_line_incoming(struct jf_calls *calls, struct jf_leg *leg,
                          const struct jf_leg_invite *invite, uint16_t *ret_code);
int jf_call_own_incoming(struct jf_calls *calls, struct jf_leg *leg,
                         const struct jf_leg_invite *invite, uint16_t *ret_code);
void jf_call_line_answer(struct jf_call *call, uint64_t now_ns);
void jf_call_line_close(struct jf_call *call, uint16_t code);
void jf_call_line_ended(struct jf_call *call);
void jf_call_line_described(struct jf_call *call);

/* jf_call_transfer.c: the caller changes hands. */
/* Whom a text means, in the call's tenant. 0 or -ENOENT. */
int jf_call_aim(const struct jf_call *call, const char *text, enum jf_call_kind *ret_kind,
                char ret_name[JF_CALL_TEXT_MAX]);
void jf_call_pass_on(struct jf_call *call, uint64_t now_ns);
void jf_call_return(struct jf_call *call, uint64_t now_ns);
void jf_call_requeue(struct jf_call *call, uint64_t now_ns);
/* The agent is gone by itself: the event that this is. */
void jf_call_agent_gone(struct jf_call *call, enum jf_call_event event);

#endif
