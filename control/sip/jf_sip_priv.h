/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the stack share. */
#ifndef JF_SIP_PRIV_H
#define JF_SIP_PRIV_H

#include <re/re.h>

#include "jf_sip.h"
#include "jf_sip_trace.h"
#include "jf_sip_transport_priv.h"

#define JF_SIP_ALLOW         "INVITE, ACK, CANCEL, BYE, INFO, OPTIONS, PRACK, REFER, REGISTER, UPDATE"
#define JF_SIP_ALLOW_HDR     "Allow: " JF_SIP_ALLOW "\r\n"
#define JF_SIP_SUPPORTED     "100rel, norefersub, path, replaces, timer"
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
struct jf_sip_admit;
struct jf_sip_keepalive;

struct jf_sip_dns;

/* Who was found to have no TCP for requests too large for UDP. */
#define JF_SIP_NO_TCP_MAX 64u
struct jf_sip_no_tcp {
	uint8_t ip[16];
	uint64_t until_ns;
};

struct jf_sip {
	struct sip *stack;
	struct jf_sip_transports *transports;
	struct jf_sip_dns *dns; /* NULL: there are no servers */
	struct list moved;      /* requests on their way over TCP: jf_sip_send.c */
	struct jf_sip_no_tcp no_tcp[JF_SIP_NO_TCP_MAX];
	unsigned no_tcp_next;
	struct sip_lsnr *requests;
	struct sip_lsnr *responses;
	const struct jf_sip_handler *handler;
	void *arg;
	char realm[128];
	char user_agent[64];
	bool draining;
	uint32_t session_s, session_min_s; /* session timers: jf_leg_timer.c */
	struct jf_sip_admit *admit;
	struct hash *legs; /* struct jf_leg by id */
	struct jf_auth *auth;
	struct jf_registrar *registrar;
	struct jf_sip_keepalive *keepalive;
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

/* Contact header's URI for what we send there: the address of ours that it is sent from. */
#define JF_SIP_CONTACT_MAX 96
const char *jf_sip_contact(const struct jf_sip *sip, const struct jf_sip_peer *peer, char *ret_text,
                           size_t size);

/* The same address as the host of a URI: IPv6 in brackets. peer NULL: our first. */
const char *jf_sip_host(const struct jf_sip *sip, const struct jf_sip_peer *peer, char *ret_text,
                        size_t size);

/* Is there a listener of its transport and family? */
bool jf_sip_speaks(const struct jf_sip *sip, const struct jf_sip_peer *peer);

/* The reason phrase that goes with a code. */
const char *jf_sip_reason(uint16_t code);

/* --- jf_sip_trace.c --- */

void jf_sip_trace_bind(const char *sip_call_id, const struct jf_call_id *call);

struct jf_sip_peek;
struct jf_udp_answer;

/* What came by UDP is refused before the stack; answer NULL: without one. */
void jf_sip_trace_door(const struct udp_sock *sock, const struct sa *source,
                       const struct jf_sip_peek *peek, const struct jf_udp_answer *answer,
                       enum jf_sip_why why);

/* --- jf_sip_send.c: how every request of ours leaves --- */

struct jf_sip_sending {
	struct jf_sip_peer hop;
	const char *method;
	const char *uri;
	struct mbuf *mb; /* what follows Via, from its pos on */
	bool stateless;  /* ACK: no transaction, nobody is told */
};

/* As sip_request of the library: *ret_request may be cancelled (below) or let go as long as it is
 * not NULL. One too large for UDP goes over TCP, and over UDP after all where the peer has no TCP.
 * 0 or a negative errno. */
int jf_sip_send(struct jf_sip *sip, const struct jf_sip_sending *sending,
                struct sip_request **ret_request, sip_resp_h *handler, void *arg);

/* CANCEL, now or as soon as there is a provisional response. */
void jf_sip_send_cancel(struct jf_sip *sip, struct sip_request *request);

/* --- jf_sip_print.c: named, so that it is linked --- */

void jf_sip_print_use(void);

/* --- jf_registrar.c --- */

int jf_registrar_create(struct jf_sip *sip, const struct jf_sip_config *config,
                        struct jf_registrar **ret_registrar);
void jf_registrar_destroy(struct jf_registrar *registrar);
void jf_registrar_serve(struct jf_registrar *registrar, const struct sip_msg *msg);
struct jf_contacts;
struct jf_contacts *jf_registrar_contacts(struct jf_registrar *registrar);
uint32_t jf_registrar_count(const struct jf_registrar *registrar);

/* Has this agent a phone registered from this address, whatever its port? */
bool jf_registrar_is_home(const struct jf_registrar *registrar, const char *agent,
                          const struct jf_sip_peer *source);

/* Is there a registered phone at this address? */
bool jf_registrar_has_source(const struct jf_registrar *registrar,
                             const struct jf_sip_peer *source);

#endif
