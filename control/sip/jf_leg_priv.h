/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the legs share. */
#ifndef JF_LEG_PRIV_H
#define JF_LEG_PRIV_H

#include "jf_leg_fsm.h"
#include "jf_leg_prack_fsm.h"
#include "jf_leg_timer_fsm.h"
#include "jf_sip_priv.h"

/* Of a session: the least that anybody may ask for (RFC 4028 section 5). */
#define JF_LEG_SESSION_MIN_S 90u

#define JF_LEG_BRANCHES                                                                            \
	4 /* early dialogs of one INVITE; more are heard of by their answer only                   \
	   */

/*
 * A dialog. Its texts are of the library's counted memory, replaced and never changed, so that
 * copies share them; none is NULL.
 */
struct jf_dialog {
	uint8_t incoming;
	uint8_t has_remote_media;
	uint8_t peer_updates;
	uint8_t we_refresh;
	uint8_t by_contact;
	uint32_t session_s;
	uint64_t session_since_ns;
	uint64_t id;
	struct jf_sip_peer peer;
	uint32_t local_cseq;
	uint32_t remote_cseq;
	char *sip_call_id, *remote_tag;
	char *local_uri, *remote_uri, *remote_target, *routes; /* as of struct jf_leg_state */
	struct jf_media_desc local_media;
	struct jf_media_desc remote_media;
};

/* --- jf_dialog.c --- */

int jf_dialog_init(struct jf_dialog *ret_dialog); /* 0 or -ENOMEM */
void jf_dialog_copy(const struct jf_dialog *dialog, struct jf_dialog *ret_dialog);
void jf_dialog_close(struct jf_dialog *dialog);

/* 0 or -ENOMEM: it stays as it was. */
int jf_dialog_text_set(char **text, const char *value);
/* ... of visible ASCII up to size with its NUL; else -EBADMSG or -EMSGSIZE. */
int jf_dialog_text_exact(char **text, const struct pl *from, size_t size);

/* From an INVITE that arrived, into one that is new. 0, -EBADMSG, -EMSGSIZE, -ENOMEM. */
int jf_dialog_from_request(const struct sip_msg *msg, struct jf_dialog *dialog);

/* Completes a dialog of ours from a 2xx. */
int jf_dialog_from_response(const struct sip_msg *msg, struct jf_dialog *dialog);

/* What the peer says that it can, in any message of the dialog. */
void jf_dialog_capabilities(const struct sip_msg *msg, struct jf_dialog *dialog);

/* Takes the peer's Contact of msg as the target; -ENOENT or -EBADMSG: there is none that can be
 * used, and it stays. */
int jf_dialog_target(const struct sip_msg *msg, struct jf_dialog *dialog);

/* --- jf_dialog_hop.c --- */

/* Where what has this Route goes: to the first, or where that is a name, to peer. */
struct jf_sip_peer jf_dialog_route_hop(const char *routes, const struct jf_sip_peer *peer);

/* Where its next request goes; and where else, when it could not be sent there. */
struct jf_sip_peer jf_dialog_next_hop(const struct jf_sip *sip, const struct jf_dialog *d);
struct jf_sip_peer jf_dialog_other_hop(const struct jf_sip *sip, const struct jf_dialog *d);

/* A request of the peer's: where its connection is gone it is at the other end of this one. */
void jf_dialog_heard(const struct jf_sip *sip, const struct sip_msg *msg, struct jf_dialog *dialog);

/* --- jf_dialog.c: requests --- */

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
int jf_dialog_send(struct jf_sip *sip, const struct jf_dialog *dialog,
                   const struct jf_dialog_request *request, struct sip_request **ret_request,
                   sip_resp_h *handler, void *arg);

/* One of our responses, sent again until the peer acknowledges it. */
struct jf_leg_resend {
	struct jf_leg *leg;
	struct mbuf *message;
	void *sock;
	enum sip_transp transport;
	struct sa to;
	uint64_t since_ns;
	uint32_t pause_ms;
	uint32_t pause_max_ms; /* 0: it doubles for ever */
	void (*lapsed)(struct jf_leg *leg);
	struct tmr timer;
};

/* An early dialog of our INVITE: a fork has several (RFC 3261 12.1, 13.2.2.4). */
struct jf_leg_branch {
	char *tag; /* the peer's */
	char *target;
	char *routes;
	uint32_t remote_cseq;
	uint32_t rseq;  /* of the last reliable provisional response; 0: there was none */
	bool has_media; /* it described itself ... */
	bool agreed;    /* ... reliably: that was the answer */
	struct jf_media_desc media;
};

/* What is negotiated, only while it is. Keys of SRTP in it. */
struct jf_leg_deal {
	struct jf_sdp_session session;
	struct jf_media_desc offer; /* the peer's, with what session it makes */
	struct jf_sdp_session offer_session;
	struct jf_media_desc reoffer; /* ours */
};

/* Our INVITE, from its first response on. */
struct jf_leg_pending {
	struct jf_leg *leg;
	char *uri, *via; /* of its request line; of its Via */
	uint32_t cseq;
	uint8_t transport;            /* enum jf_sip_transport: it may have been moved to TCP */
	bool taken_up;                /* of the process before: the library knows nothing of it */
	uint32_t pause_ms, waited_ms; /* CANCEL is repeated */
	struct tmr timer;
};

/* What only a leg that is not established yet needs. */
struct jf_leg_setup {
	/* outgoing */
	struct tmr first_timer; /* until the first response */
	bool redirects;
	uint16_t cancel_code;      /* of its CANCEL's Reason ... */
	const char *cancel_reason; /* ... and the text; NULL: it says nothing */
	struct jf_leg_branch *branches[JF_LEG_BRANCHES];
	unsigned branch_count;
	bool retried;                  /* with a longer session interval */
	struct jf_leg_branch *current; /* the one that the dialog stands for */
	/* for an INVITE that is to be sent again */
	char *from_name, *headers, *routes;

	struct jf_leg_pending *pending; /* what a later process needs of it; NULL: nothing yet */

	/* incoming */
	enum jf_leg_prack_phase prack_phase;
	bool peer_pracks;     /* it supports 100rel */
	bool pracks_required; /* nothing else but 100 may be sent unreliably */
	bool described; /* our SDP was in a provisional response: the same goes with the 2xx */
	bool described_reliably; /* ... and need not be said again */
	bool agreed;             /* ... and is acknowledged: offer and answer are over */
	uint16_t code;           /* of the latest provisional response */
	struct tmr ring_timer;   /* until it is said again */
	bool code_described;     /* it shall hold our SDP */
	uint32_t invite_cseq;
	uint32_t rseq; /* of the one that is out, or was last */
	struct jf_leg_resend *provisional;
};

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
	struct jf_dialog dialog;
	struct tmr end_timer; /* the ended event is always told from the loop */

	/* the peer's INVITE or re-INVITE in hand */
	struct sip_strans *transaction;
	const struct sip_msg *invite;
	bool has_offer;  /* it held one: offer, session, else we offer */
	bool we_offered; /* in our 2xx: the answer comes in ACK */
	const char *reject_headers;
	const char *reject_reason;

	/* our 2xx until ACK */
	struct jf_leg_resend *success;
	uint32_t success_cseq;

	/* our requests */
	struct sip_request *invite_request;
	struct sip_request *bye_request;
	struct sip_request *ping_request;
	bool bye_again; /* the usual way has failed */
	struct tmr ping_timer;
	struct tmr reinvite_timer;

	bool refreshing; /* our re-INVITE is one that changes nothing */

	struct jf_leg_deal *deal;        /* NULL while nothing is negotiated: sdp_kept */
	struct jf_sdp_session *sdp_kept; /* without the places for m= lines that it does not have */
	unsigned telling;                /* the owner's callback runs */
	struct jf_leg_setup *setup;      /* until it is established; NULL from then on */
	struct jf_leg_update *update;    /* an offer outside of INVITE is open; else NULL */

	enum jf_leg_timer_phase timer_phase;
	uint32_t session_min_s; /* the peer wants no less */
	struct tmr session_timer;
	struct sip_request *refresh_request;

	struct jf_leg_prover *prover; /* for a trunk that asks who we are; NULL: none */
	char *proof;                  /* what the last INVITE proved; NULL: it wasn't asked to */
	uint32_t proof_cseq;          /* of that INVITE */

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

/* jf_leg_cancel.c. A CANCEL leaves: what its leg says of why goes with it. arg: struct jf_sip. */
void jf_leg_cancel_explain(struct mbuf *mb, void *arg);

/* jf_leg_invite.c. Also: further header lines. 0 or a negative errno. */
int jf_leg_send_invite(struct jf_leg *leg, const char *also);

/* jf_leg_prove.c: who we are, for a trunk that asks */
void jf_leg_prover_make(struct jf_leg *leg, const struct jf_trunk_credentials *credentials);

/* A 401 or 407 to our INVITE. true: sent again with the answer. */
bool jf_leg_prove(struct jf_leg *leg, const struct sip_msg *msg);

/* The answer that went with our INVITE of that number, as a header line; NULL: none. Its ACK
 * repeats it (RFC 3261 13.2.2.4, 22.1). */
const char *jf_leg_proof(const struct jf_leg *leg, uint32_t cseq);
void jf_leg_proof_set(struct jf_leg *leg, const char *line, uint32_t cseq);

/* A request in the leg's dialog, said again with the answer where that is asked for; handler: with
 * the leg, NULL: nobody wants to know. As jf_dialog_send. */
int jf_leg_send(struct jf_leg *leg, const struct jf_dialog_request *request,
                struct sip_request **ret_request, sip_resp_h *handler);

/* jf_leg_deal.c */
struct jf_leg_deal *jf_leg_deal_open(struct jf_leg *leg); /* NULL: no memory */
void jf_leg_deal_rest(struct jf_leg *leg);                /* lets go of it, if nothing is open */
void jf_leg_deal_drop(struct jf_leg *leg);
const struct jf_sdp_session *jf_leg_deal_session(const struct jf_leg *leg); /* cut: see kept */
int jf_leg_deal_keep(struct jf_leg *leg, const struct jf_sdp_session *session);

struct jf_leg_setup *jf_leg_setup_make(struct jf_leg *leg); /* NULL: no memory */

/* jf_leg_resend.c. Takes the reference to message. 0 or -ENOMEM. lapsed: 32 s are over. */
int jf_leg_resend_start(struct jf_leg *leg, const struct sip_msg *request, struct mbuf *message,
                        uint32_t pause_max_ms, void (*lapsed)(struct jf_leg *leg),
                        struct jf_leg_resend **ret_resend);
void jf_leg_resend_stop(struct jf_leg_resend **resend);

/* jf_leg_branch.c: early dialogs */

/* The peer with this tag is the leg's, or one of its branches, which becomes the current one. */
bool jf_leg_peer_is(struct jf_leg *leg, const struct pl *remote_tag);
struct jf_leg_branch *jf_leg_branch_find(const struct jf_leg *leg, const struct pl *tag);
/* Of a provisional response: false when it is to be ignored (a reliable one out of its turn).
 * Sends PRACK. */
bool jf_leg_branch_provisional(struct jf_leg *leg, const struct sip_msg *msg);

/* A further one, of this tag, target and routes. There is room. NULL: no memory. */
struct jf_leg_branch *jf_leg_branch_add(struct jf_leg *leg, const struct jf_dialog *dialog);

/* jf_leg_early.c: legs that are not answered yet, over a restart */
void jf_leg_heard(struct jf_leg *leg, const struct sip_msg *msg); /* a provisional response */
void jf_leg_send_cancel(struct jf_leg *leg);
/* A response that no transaction waits for: true, if it is one to an INVITE that was taken up. */
bool jf_leg_pending_response(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_store.c */
void jf_leg_state_put(const struct jf_leg *leg, struct jf_leg_state *ret_state);
bool jf_leg_state_sound(const struct jf_leg_state *state);
int jf_leg_state_take(struct jf_leg *leg, const struct jf_leg_state *state); /* 0 or -ENOMEM */

/* jf_leg_prack.c: reliable provisional responses of ours */
int jf_leg_provide(struct jf_leg *leg, uint16_t code, bool described);
int jf_leg_prack_answer(struct jf_leg *leg); /* the 2xx, now or after PRACK */
void jf_leg_prack_stop(struct jf_leg *leg);
void jf_leg_serve_prack(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_update.c: whose offer is open, and those outside of INVITE */
enum jf_leg_offering {
	JF_LEG_OFFER_NONE,
	JF_LEG_OFFER_OURS,
	JF_LEG_OFFER_THEIRS,
};
enum jf_leg_offering jf_leg_offering(const struct jf_leg *leg);
void jf_leg_reply_retry(struct jf_leg *leg, const struct sip_msg *msg); /* 500 with Retry-After */
bool jf_leg_refuse_crossing(struct jf_leg *leg, const struct sip_msg *msg);
void jf_leg_serve_offer(struct jf_leg *leg, const struct sip_msg *msg);
void jf_leg_serve_update(struct jf_leg *leg, const struct sip_msg *msg);
bool jf_leg_update_asked(const struct jf_leg *leg);
int jf_leg_update_accept(struct jf_leg *leg);
int jf_leg_update_refuse(struct jf_leg *leg, uint16_t code);
int jf_leg_update_offer(struct jf_leg *leg); /* leg->reoffer. 0, -EBUSY, -EPROTO, -ENOMEM */
void jf_leg_update_drop(struct jf_leg *leg);

/* jf_leg_timer.c: session timers */
#define JF_LEG_TIMER_TEXT 96

/* Header lines for a request of ours that agrees on it anew. Returns ret_text. */
const char *jf_leg_timer_offer(const struct jf_leg *leg, char ret_text[JF_LEG_TIMER_TEXT]);
/* ... for our 2xx to such a request, and it is so from now on. */
void jf_leg_timer_answer(struct jf_leg *leg, const struct sip_msg *request,
                         char ret_text[JF_LEG_TIMER_TEXT]);
void jf_leg_timer_agreed(struct jf_leg *leg, const struct sip_msg *success);
bool jf_leg_timer_refuse(struct jf_sip *sip, const struct sip_msg *request); /* 422 is out */
/* From a 422: true when the request may be sent again, with more. */
bool jf_leg_timer_raise(struct jf_leg *leg, const struct sip_msg *response);
void jf_leg_timer_failed(struct jf_leg *leg); /* a refresh by re-INVITE */
void jf_leg_timer_resume(struct jf_leg *leg); /* what the dialog's state says */
void jf_leg_timer_stop(struct jf_leg *leg);

/* jf_leg_serve.c: the peer's requests */
uint16_t jf_leg_read_offer(struct jf_leg *leg, const struct sip_msg *msg,
                           struct jf_sdp_refusal *ret_refusal);
void jf_leg_refuse_offer(struct jf_sip *sip, const struct sip_msg *msg,
                         const struct jf_sdp_refusal *refusal);
void jf_leg_serve_invite(struct jf_sip *sip, const struct sip_msg *msg, uint64_t trunk,
                         const char *agent);
void jf_leg_serve_request(struct jf_leg *leg, const struct sip_msg *msg);
int jf_leg_reply(struct jf_leg *leg, uint16_t code);
int jf_leg_reply_success(struct jf_leg *leg);

void jf_leg_setup_read(struct jf_leg *leg, const struct sip_msg *invite); /* what the peer can */
void jf_leg_on_cancel(void *arg);

/* Our side of offer and answer, as text, with session going on from what the INVITE brought. The
 * length or a negative errno. */
int jf_leg_describe(const struct jf_leg *leg, struct jf_sdp_session *session, char *ret_text,
                    size_t size);
void jf_leg_invite_release(struct jf_leg *leg);

/* jf_leg_info.c: key presses */
void jf_leg_serve_info(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_owner.c */
bool jf_leg_media_usable(const struct jf_media_desc *local);

/* jf_leg_invite.c: our INVITE and what comes back */
void jf_leg_invite_response(int err, const struct sip_msg *msg, void *arg); /* sip_resp_h */
void jf_leg_send_ack(struct jf_leg *leg, const struct sip_msg *success);
void jf_leg_stray_success(struct jf_leg *leg, const struct sip_msg *msg);

/* jf_leg_refer.c: handing calls on */
void jf_leg_serve_refer(struct jf_leg *leg, const struct sip_msg *msg);
void jf_leg_reference_drop(struct jf_leg *leg);
void jf_leg_reference_put(const struct jf_leg *leg, struct jf_leg_state *ret_state);
int jf_leg_reference_take(struct jf_leg *leg, const struct jf_leg_state *state); /* 0 or -ENOMEM */
void jf_leg_reference_resume(struct jf_leg *leg); /* says the last NOTIFY again, if it was out */

/* jf_leg_replaces.c: the dialog that a Replaces names. 0 with its leg, or the refusal to send. */
struct jf_sip_replaces;
struct jf_leg *jf_leg_replaced_find(const struct jf_sip *sip,
                                    const struct jf_sip_replaces *replaces);
uint16_t jf_leg_replaced(const struct jf_sip *sip, const struct sip_msg *invite,
                         uint64_t *ret_replaced);

/* jf_leg_request.c: our requests in the dialog */
void jf_leg_send_reinvite(struct jf_leg *leg);
int jf_leg_reinvite_unchanged(struct jf_leg *leg); /* 0, or -EBUSY: another offer is open */
void jf_leg_send_reinvite_later(struct jf_leg *leg);
void jf_leg_send_bye(struct jf_leg *leg);
void jf_leg_requests_drop(struct jf_leg *leg);

#endif
