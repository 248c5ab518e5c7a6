/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the stack share. */
#ifndef JF_SIP_PRIV_H
#define JF_SIP_PRIV_H

#include <re/re.h>

#include "jf_leg_fsm.h"
#include "jf_sip.h"

#define JF_SIP_ALLOW         "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, REFER, REGISTER"
#define JF_SIP_ALLOW_HDR     "Allow: " JF_SIP_ALLOW "\r\n"
#define JF_SIP_SUPPORTED     "norefersub, replaces"
#define JF_SIP_SUPPORTED_HDR "Supported: " JF_SIP_SUPPORTED "\r\n"
/* What OPTIONS is told (RFC 3261 11.2). */
#define JF_SIP_CAPABILITIES                                                                        \
	JF_SIP_ALLOW_HDR JF_SIP_SUPPORTED_HDR                                                      \
	        "Accept: application/sdp, application/dtmf-relay\r\n"                              \
	        "Accept-Encoding: identity\r\nAccept-Language: en\r\n"
#define JF_SIP_EMPTY    "Content-Length: 0\r\n\r\n"
#define JF_SIP_BODY_MAX 16384

struct jf_auth;
struct jf_registrar;

struct jf_sip {
	struct sip *stack;
	struct sip_lsnr *requests;
	struct sip_lsnr *responses;
	const struct jf_sip_handler *handler;
	void *arg;
	char address[64];
	char realm[128];
	char user_agent[64];
	uint16_t port[3]; /* by enum jf_sip_transport; 0: not listened on */
	bool draining;
	bool udp_tuned;    /* its buffers are as large as they must be */
	struct hash *legs; /* struct jf_leg by id */
	struct jf_auth *auth;
	struct jf_registrar *registrar;
	struct jf_sip_stats stats;
};

/* --- jf_sip_text.c --- */

/* Printable ASCII, anything else as '?', cut to size. */
void jf_sip_text_copy(const struct pl *from, char *ret_text, size_t size);

/* The user part of a URI without its parameters, escapes undone; as above. */
void jf_sip_user_copy(const struct pl *user, char *ret_text, size_t size);

/* Unchanged, or -EMSGSIZE, or -EBADMSG when it holds anything but visible ASCII. */
int jf_sip_exact_copy(const struct pl *from, char *ret_text, size_t size);

/* What may stand in a quoted display name or as a URI's user without escapes; the rest is left
 * out. */
void jf_sip_display_make(const char *from, char *ret_text, size_t size);
void jf_sip_user_make(const char *from, char *ret_text, size_t size);

void jf_sip_peer_make(const struct sa *sa, enum sip_transp transport, struct jf_sip_peer *ret_peer);
enum sip_transp jf_sip_transp(uint8_t transport);
const char *jf_sip_transport_name(uint8_t transport); /* "udp", "tcp", "tls" */

/* sip:, and over TLS sips: as well. */
bool jf_sip_scheme_fits(const struct pl *scheme, enum sip_transp transport);
void jf_sip_peer_sa(const struct jf_sip_peer *peer, struct sa *ret_sa);

/* The body, cut to Content-Length. */
struct pl jf_sip_body(const struct sip_msg *msg);
bool jf_sip_is_sdp(const struct sip_msg *msg);

/* --- jf_sip.c --- */

/* Contact header's URI for what we send over this transport. */
const char *jf_sip_contact(const struct jf_sip *sip, uint8_t transport, char *ret_text,
                           size_t size);

/* The reason phrase that goes with a code. */
const char *jf_sip_reason(uint16_t code);

/* --- jf_sip_print.c: named, so that it is linked --- */

void jf_sip_print_use(void);

/* --- jf_sip_tls.c --- */

/* Of two PEM files; TLS 1.2 and newer. 0 or a negative errno, logged. */
int jf_sip_tls_create(const char *certificate, const char *key, struct tls **ret_tls);

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

/* --- legs --- */

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

/* --- jf_registrar.c --- */

int jf_registrar_create(struct jf_sip *sip, const struct jf_sip_config *config,
                        struct jf_registrar **ret_registrar);
void jf_registrar_destroy(struct jf_registrar *registrar);
void jf_registrar_serve(struct jf_registrar *registrar, const struct sip_msg *msg);
uint32_t jf_registrar_count(const struct jf_registrar *registrar);

/* Is there a registered phone at this address? */
bool jf_registrar_has_source(const struct jf_registrar *registrar,
                             const struct jf_sip_peer *source);

#endif
