/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the legs share. */
#ifndef JF_LEG_PRIV_H
#define JF_LEG_PRIV_H

#include "jf_leg_fsm.h"
#include "jf_sip_priv.h"

/* --- jf_dialog.c: dialogs as plain data --- */

/* From an INVITE that arrived; id is our tag. 0, -EBADMSG, -EMSGSIZE. */
int jf_dialog_from_request(const struct sip_msg *msg, struct jf_leg_state *ret_dialog);

/* Completes a dialog of ours from a 2xx. */
int jf_dialog_from_response(const struct sip_msg *msg, struct jf_leg_state *dialog);

/* The peer's Contact of msg, if there is one that can be used; else -ENOENT or -EBADMSG. */
int jf_dialog_target(const struct sip_msg *msg, char ret_target[JF_SIP_URI_MAX]);

/* A request in the dialog. body: NULL, or text of the type body_type ("application/sdp"). headers:
 * further lines, or NULL. */
struct jf_dialog_request {
	const char *method;
	uint32_t cseq;
	const char *body;
	const char *body_type;
	const char *headers;
	const char *from_name; /* display name, made by jf_sip_display_make; or NULL */
	bool with_contact;
	bool to_peer; /* straight to dialog->peer instead of by route and target */
	bool again;   /* the usual way has failed: by the other of peer and target */
};

/* ACK is sent outside of any transaction. */
int jf_dialog_send(struct jf_sip *sip, const struct jf_leg_state *dialog,
                   const struct jf_dialog_request *request, struct sip_request **ret_request,
                   sip_resp_h *handler, void *arg);

struct jf_leg {
	struct le he; /* in sip->legs */
	struct jf_sip *sip;
	void *user;
	enum jf_leg_phase phase;
	enum jf_leg_end end;
	uint16_t end_code;
	bool detached;
	bool has_call_id;
	struct jf_call_id call_id;
	struct jf_leg_state dialog;
	struct tmr end_timer; /* the ended event is always told from the loop */

	/* the peer's INVITE or re-INVITE in hand */
	struct sip_strans *transaction;
	const struct sip_msg *invite;
	bool has_offer;  /* it held one: offer, session, else we offer */
	bool we_offered; /* in our 2xx: the answer comes in ACK */
	struct jf_media_desc offer;
	struct jf_sdp_session offer_session;
	const char *reject_headers;
	const char *reject_reason;

	/* our 2xx until ACK */
	struct mbuf *success;
	void *success_sock;
	struct sa success_to;
	uint32_t success_cseq;
	uint64_t success_since_ns;
	uint64_t success_pause_ms;
	struct tmr success_timer;

	/* our requests */
	struct sip_request *invite_request;
	struct sip_request *bye_request;
	struct sip_request *ping_request;
	bool bye_again; /* the usual way has failed */
	struct tmr ping_timer;
	struct tmr reinvite_timer;
	struct jf_media_desc reoffer;
	struct tmr first_timer; /* until the first response to our INVITE */
	bool redirects;

	struct jf_leg_prover *prover; /* for a trunk that asks who we are; NULL: none */

	struct jf_leg_reference *reference; /* a REFER of the peer's; NULL: none */
	uint32_t first_refer_cseq;          /* of the dialog; 0: there was none */
};

/* What an input brings along. */
struct jf_leg_context {
	const struct sip_msg *msg;
	const struct jf_media_desc *media;
	uint16_t code;
};

/* jf_leg.c */
struct jf_leg *jf_leg_make(struct jf_sip *sip, uint64_t id);
struct jf_leg *jf_leg_lookup(const struct jf_sip *sip, uint64_t id); /* detached ones too */
int jf_leg_step(struct jf_leg *leg, enum jf_leg_input input, const struct jf_leg_context *context);
void jf_leg_tell(struct jf_leg *leg, enum jf_leg_event_type type, uint16_t code,
                 const struct jf_media_desc *media);
void jf_leg_tell_event(struct jf_leg *leg, const struct jf_leg_event *event);
void jf_legs_flush(struct jf_sip *sip);
struct jf_leg *jf_leg_match(const struct jf_sip *sip, const struct pl *local_tag,
                            const struct pl *call_id);

/* jf_leg_invite.c */
int jf_leg_send_invite(struct jf_leg *leg, const char *from_name, const char *headers);

/* jf_leg_prove.c: who we are, for a trunk that asks */
void jf_leg_prover_make(struct jf_leg *leg, const struct jf_trunk_credentials *credentials,
                        const char *from_name, const char *headers);

/* A 401 or 407 to our INVITE. true: sent again with the answer. */
bool jf_leg_prove(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_serve.c: the peer's requests */
void jf_leg_serve_invite(struct jf_sip *sip, const struct sip_msg *msg, uint64_t trunk,
                         const char *agent);
void jf_leg_serve_request(struct jf_leg *leg, const struct sip_msg *msg);
int jf_leg_reply(struct jf_leg *leg, uint16_t code);
int jf_leg_reply_success(struct jf_leg *leg);
void jf_leg_success_stop(struct jf_leg *leg);
void jf_leg_invite_release(struct jf_leg *leg);

/* jf_leg_info.c: key presses */
void jf_leg_serve_info(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_owner.c */
bool jf_leg_media_usable(const struct jf_media_desc *local);

/* jf_leg_invite.c: our INVITE and what comes back */
void jf_leg_send_ack(struct jf_leg *leg, const struct sip_msg *success);
void jf_leg_stray_success(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_refer.c: handing calls on */
void jf_leg_serve_refer(struct jf_leg *leg, const struct sip_msg *msg);
void jf_leg_reference_drop(struct jf_leg *leg);

/* jf_leg_replaces.c: the dialog that a Replaces names. 0 with its leg, or the refusal to send. */
struct jf_sip_replaces;
struct jf_leg *jf_leg_replaced_find(const struct jf_sip *sip,
                                    const struct jf_sip_replaces *replaces);
uint16_t jf_leg_replaced(const struct jf_sip *sip, const struct sip_msg *invite,
                         uint64_t *ret_replaced);

/* jf_leg_request.c: our requests in the dialog */
void jf_leg_send_reinvite(struct jf_leg *leg);
void jf_leg_send_reinvite_later(struct jf_leg *leg);
void jf_leg_send_bye(struct jf_leg *leg);
void jf_leg_requests_drop(struct jf_leg *leg);

#endif
