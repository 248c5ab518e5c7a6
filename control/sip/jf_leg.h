/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A leg: one SIP dialog with a caller or an agent, from INVITE to BYE (RFC 3261 12 to 15). Loop
 * thread only.
 *
 * A leg belongs to the stack; its owner (the call) holds a pointer from leg_incoming or
 * jf_leg_create until the JF_LEG_ENDED event returns, or until jf_leg_detach. No function here
 * calls the owner back before it returns: events come from the loop.
 *
 * Every header we send is built from an allow-list; nothing is copied from one leg to the other.
 * Retransmission, ACK, CANCEL that crosses an answer, forked answers, lost ACK, glare, reliable
 * provisional responses (RFC 3262), UPDATE (RFC 3311) and session timers (RFC 4028) are dealt with
 * here; the machines are tables (jf_leg_fsm.c and jf_leg_*_fsm.c).
 */
#ifndef JF_LEG_H
#define JF_LEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_call_id.h"
#include "jf_identity.h"
#include "jf_sdp.h"

#define JF_SIP_URI_MAX     256 /* each with the terminating NUL */
#define JF_SIP_TAG_MAX     256
#define JF_LEG_URI_MAX     512 /* of the peer or of whom it asks for, in a dialog */
#define JF_SIP_CALL_ID_MAX 160
#define JF_SIP_NAME_MAX    64
#define JF_SIP_ROUTES_MAX  1024

enum jf_sip_transport {
	JF_SIP_UDP,
	JF_SIP_TCP,
	JF_SIP_TLS,
};

/* A transport address. Plain data. */
struct jf_sip_peer {
	uint8_t family;    /* 4 or 6 */
	uint8_t transport; /* enum jf_sip_transport */
	uint16_t port;
	uint8_t ip[16]; /* network order, IPv4 in the first four */
};

/* "udp:10.77.0.2:5060", "tls:[2001:db8::2]:5061"; returns ret_text. */
#define JF_SIP_PEER_TEXT 64
const char *jf_sip_peer_text(const struct jf_sip_peer *peer, char ret_text[JF_SIP_PEER_TEXT]);

struct jf_sip;
struct jf_leg;

/* An arriving call. All text is printable ASCII, cut to size; valid during the callback. */
struct jf_leg_invite {
	struct jf_sip_peer source;
	uint64_t trunk;        /* from source_allowed; 0 of an agent's call */
	const char *agent;     /* who calls, authenticated; "" on a trunk */
	const char *number;    /* user part of the request-URI, unescaped */
	const char *from_user; /* "anonymous" when there is none */
	const char *from_name; /* display name or "" */
	const char *to_user;
	const struct jf_identity *identity; /* what it says of who calls: for those who trust it */
	const char *sip_call_id;
	const struct jf_media_desc *offer; /* NULL: none; we offer in the answer */
	uint64_t replaces; /* id of the leg of ours that this one is to take the place of (RFC
	                      3891), 0: none. Answer this one, then end that one */
};

/* A peer wants its call, or another one, handed on (RFC 3515, 3891). All text is visible ASCII. */
struct jf_leg_refer {
	const char *uri;         /* where to: sip:, sips: or tel:, without headers */
	const char *user;        /* its user part, escapes undone */
	const char *referred_by; /* URI (RFC 3892), "" when not said */
	uint64_t replaces; /* id of the leg of ours that is to be joined with this one's other party
	                      (attended); 0: none of ours is named */
	const char
	        *replaces_header; /* a Replaces header line for the INVITE to uri, ending in CRLF,
	                             when a dialog is named that is none of ours; else "" */
};

/* Where an INVITE shall go instead (3xx), best first. */
#define JF_LEG_CONTACTS_MAX 8
struct jf_leg_redirect {
	uint8_t count;
	char contacts[JF_LEG_CONTACTS_MAX][JF_SIP_URI_MAX];
};

enum jf_leg_event_type {
	JF_LEG_PROVISIONAL, /* outgoing: code 101..199; media is the peer's description when it
	                       sends early media, else NULL. Branches of a fork may differ: the
	                       latest counts */
	JF_LEG_ANSWERED,    /* outgoing: 2xx; media is the peer's answer; ACK is out */
	JF_LEG_REDIRECTED,  /* outgoing, where target.redirects permits it: code 3xx, redirect;
	                       JF_LEG_ENDED follows */
	JF_LEG_CONFIRMED,   /* incoming: ACK came; media is the peer's answer if we offered, else
	                       NULL */
	JF_LEG_REOFFER,     /* re-INVITE or UPDATE; media is the offer, or NULL when the peer wants
	                       ours: the     owner calls jf_leg_accept or jf_leg_refuse */
	JF_LEG_REANSWER,    /* our re-INVITE's outcome: code; media on 2xx, else NULL. Also of our
	                       offer in jf_leg_ring_early, and when a refresh of the session brought
	                       another answer than before */
	JF_LEG_REFER,       /* refer: the owner calls jf_leg_refer_answer, now or soon */
	JF_LEG_DIGIT,       /* a key press by INFO: digit, for duration_ms */
	JF_LEG_PICTURE,     /* the peer wants a whole picture of whom it sees, by INFO (RFC 5168) */
	JF_LEG_PING,        /* outcome of jf_leg_ping: code of the response, 408: none came */
	JF_LEG_CHANGED,     /* what jf_leg_export gives has changed: store it */
	JF_LEG_ENDED,       /* the last; end and code say why */
};

enum jf_leg_end {
	JF_LEG_END_NONE,
	JF_LEG_END_BYE_BY_PEER,       /* an established call, ended by the peer */
	JF_LEG_END_BYE_BY_US,         /* ... by jf_leg_end */
	JF_LEG_END_CANCELLED_BY_PEER, /* incoming, before our answer */
	JF_LEG_END_CANCELLED_BY_US,   /* outgoing, before the peer's answer */
	JF_LEG_END_CROSSED,           /* we cancelled, the peer had answered: ACK and BYE are out */
	JF_LEG_END_REJECTED_BY_US,    /* incoming */
	JF_LEG_END_REJECTED_BY_PEER,  /* outgoing: code is the final response, 300..699 */
	JF_LEG_END_TIMEOUT,           /* outgoing: no response at all; code 408 */
	JF_LEG_END_TRANSPORT,         /* a message could not be sent; code 503 */
	JF_LEG_END_NO_ACK,            /* our answer was never acknowledged */
	JF_LEG_END_GONE,       /* the peer does not know the dialog any more, or is silent; code
	                          481 or 408 */
	JF_LEG_END_BAD_ANSWER, /* outgoing: answered with SDP that cannot be used; code 488 */
};

struct jf_leg_event {
	enum jf_leg_event_type type;
	uint16_t code;
	char digit;           /* JF_LEG_DIGIT: 0-9 * # A-D, F: flash */
	uint32_t duration_ms; /* JF_LEG_DIGIT: 40 .. 5000 */
	enum jf_leg_end end;  /* JF_LEG_ENDED only */
	/* Valid during the callback. */
	const struct jf_media_desc *media;
	const struct jf_leg_refer *refer;
	const struct jf_leg_redirect *redirect;
};

/* --- both kinds --- */

void jf_leg_user_set(struct jf_leg *leg, void *user);
void *jf_leg_user(const struct jf_leg *leg);

/* For log lines. */
void jf_leg_call_id_set(struct jf_leg *leg, const struct jf_call_id *call_id);

/* Unique among all legs ever; never 0. Also finds it again: NULL if it is gone. */
uint64_t jf_leg_id(const struct jf_leg *leg);
struct jf_leg *jf_leg_find(const struct jf_sip *sip, uint64_t id);

const char *jf_leg_state_name(const struct jf_leg *leg); /* "ringing", "established", ... */
const char *jf_leg_end_name(enum jf_leg_end end);
const char *jf_leg_event_name(enum jf_leg_event_type type);

/* The peer's latest description (offer or answer); NULL before there is one. */
const struct jf_media_desc *jf_leg_remote_media(const struct jf_leg *leg);

/* One line for `jf call ID` and logs: state, peer, dialog ids. Returns ret_text. */
const char *jf_leg_dump(const struct jf_leg *leg, char *ret_text, size_t size);

/*
 * Ends it, whatever its state: incoming not answered: rejected with code (0: 480); outgoing not
 * answered: CANCEL, which says why by code and reason where there is a reason (RFC 3326);
 * established: BYE. JF_LEG_ENDED follows from the loop: at once, without waiting for the peer to
 * confirm; after CANCEL once the peer has answered it or its time is over (32 s at most), because
 * only then it is known whether an answer crossed it. Harmless on a leg that is ending already.
 * reason: static text, or NULL.
 */
void jf_leg_end(struct jf_leg *leg, uint16_t code, const char *reason);

/* The owner loses interest: no further event; the leg goes on to its end by itself (call
 * jf_leg_end first, or it will answer as an established call does). */
void jf_leg_detach(struct jf_leg *leg);

/* --- incoming --- */

/* 180. May be repeated. 0 or -EPROTO when it is not the time. */
int jf_leg_ring(struct jf_leg *leg);

/*
 * 183 with our SDP, so that the caller hears us before the answer (early media): as the answer to
 * its offer, or as our offer when it made none. Sent reliably where the peer can (RFC 3262), and
 * repeated until it is acknowledged. local as of jf_leg_answer, which must name the same then. 0,
 * -EPROTO (not the time, or no offer was made and the peer has no 100rel), or -EINVAL.
 */
int jf_leg_ring_early(struct jf_leg *leg, const struct jf_media_desc *local);

/* 200 with our SDP: the answer, or our offer when the INVITE had none. local: address, port,
 * codecs (first: the one chosen), event type. 0, -EPROTO, or -EINVAL. */
int jf_leg_answer(struct jf_leg *leg, const struct jf_media_desc *local);

/* A final refusal, 300..699; headers: further header lines, each ending in CRLF, or NULL. */
int jf_leg_reject(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers);

/* --- outgoing --- */

struct jf_trunk_credentials; /* jf_trunk.h */

struct jf_leg_target {
	const char *uri;            /* the request-URI (jf_registration.contact) */
	struct jf_sip_peer peer;    /* where it is sent (jf_registration.source) */
	const char *routes;         /* Route's value (jf_registration.path), NULL or "": none */
	const char *from_user;      /* shown to the peer; sanitised here */
	const char *from_name;      /* or NULL */
	const char *to_user;        /* the agent */
	const char *headers;        /* our own further header lines, each ending in CRLF, or NULL */
	uint32_t first_response_ms; /* no response at all within it: JF_LEG_END_TIMEOUT; 0: within
	                               32 s (timer B, RFC 3261 17.1.1.2) */
	bool redirects;             /* a 3xx is told as JF_LEG_REDIRECTED before the end */
	bool by_contact;            /* later requests go where its Contact says (RFC 3261
	                               12.2.1.1): no phone that may be behind a NAT */
	const char *from_host;      /* of our address; NULL: our own */
	const char *to_host;        /* of the peer's; NULL: our own */
	/* Who we are at a trunk that asks (401, 407), now and in the dialog; copied, NULL: it ends
	 * the leg. Answered once each. */
	const struct jf_trunk_credentials *credentials;
};

/* The same of a leg that the trunk called, or that was taken up again; a NULL changes nothing. */
void jf_leg_credentials_set(struct jf_leg *leg, const struct jf_trunk_credentials *credentials);

/* Sends INVITE with the offer local. 0 (events follow), or a negative errno (no leg is made):
 * -EINVAL for a target that is no sip: URI, -EHOSTUNREACH and the like from the transport. */
int jf_leg_create(struct jf_sip *sip, const struct jf_leg_target *target,
                  const struct jf_media_desc *local, void *user, struct jf_leg **ret_leg);

/* --- established --- */

/* Answers JF_LEG_REOFFER with 200 and our SDP. */
int jf_leg_accept(struct jf_leg *leg, const struct jf_media_desc *local);

/* Refuses JF_LEG_REOFFER; the call goes on as it was. code 0: 488; headers as of jf_leg_reject. */
int jf_leg_refuse(struct jf_leg *leg, uint16_t code, const char *reason, const char *headers);

/* A new offer, by re-INVITE, or by UPDATE before the answer (when early media was agreed on
 * reliably); JF_LEG_REANSWER follows. Glare (491) is tried again by itself
 * (RFC 3261 14.1). -EBUSY while another is under way, -EPROTO before it is established. */
int jf_leg_reoffer(struct jf_leg *leg, const struct jf_media_desc *local);

/* OPTIONS in the dialog; JF_LEG_PING follows within timeout_ms, or JF_LEG_ENDED (481: the peer has
 * forgotten the call). A peer that does not answer is the owner's to judge. -EBUSY while one is
 * out, -EPROTO before it is established. */
int jf_leg_ping(struct jf_leg *leg, unsigned timeout_ms);

/* A key press by INFO (application/dtmf-relay), not told what became of it. -EPROTO before the
 * dialog is established, -EINVAL (digit). */
int jf_leg_send_digit(struct jf_leg *leg, char digit, uint32_t duration_ms);

/* Asks the peer for a whole picture, by INFO (RFC 5168), not told what became of it. -EPROTO before
 * the dialog is established. */
int jf_leg_ask_picture(struct jf_leg *leg);

/* Answers JF_LEG_REFER: 202, or a refusal, 300..699. 0 or -EPROTO (there is none). */
int jf_leg_refer_answer(struct jf_leg *leg, uint16_t code);

/* How far the reference has come, after 202: NOTIFY with the status of the INVITE that it led to
 * (RFC 3515 2.4.5). 1xx may come often, a final code once, and it is the last. 0 or -EPROTO (no
 * reference, or the peer did not want to know). */
int jf_leg_refer_notify(struct jf_leg *leg, uint16_t code);

/* The peer waits to be told how its reference ends. */
bool jf_leg_is_referring(const struct jf_leg *leg);

/* --- storing and restoring --- */

#define JF_LEG_STATE_VERSION 6

/* All that an established dialog is. Plain data of fixed size, stored as bytes; version first. */
struct jf_leg_state {
	uint32_t version;
	uint8_t incoming;
	uint8_t has_remote_media;
	uint8_t peer_updates;    /* the peer takes UPDATE */
	uint8_t we_refresh;      /* the session timer: we do, else the peer */
	uint64_t id;             /* also our tag */
	struct jf_sip_peer peer; /* where the peer's messages come from */
	uint32_t local_cseq;
	uint32_t remote_cseq;
	char sip_call_id[JF_SIP_CALL_ID_MAX];
	char remote_tag[JF_SIP_TAG_MAX];
	char local_uri[JF_LEG_URI_MAX]; /* From/To value without tag */
	char remote_uri[JF_LEG_URI_MAX];
	char remote_target[JF_LEG_URI_MAX]; /* the peer's Contact */
	char routes[JF_SIP_ROUTES_MAX];     /* Route header's value, in the order we send it */
	struct jf_sdp_session sdp;
	struct jf_media_desc local_media;
	struct jf_media_desc remote_media;
	uint64_t session_since_ns; /* monotonic: when it was agreed last */
	uint32_t session_s;        /* its interval (RFC 4028); 0: there is none */
	uint8_t by_contact;        /* as of the target */
	uint8_t reserved;
	uint16_t refer_code;       /* of the REFER that the peer waits to be told of, what is the
	                              latest to tell; 0: there is none */
	uint32_t refer_cseq;       /* ... its number ... */
	uint32_t first_refer_cseq; /* ... and that of the dialog's first; 0: there was none */
};

/* 0, or -EPROTO while it is not established (an incoming one counts from our 200 on). */
int jf_leg_export(const struct jf_leg *leg, struct jf_leg_state *ret_state);

/* Takes up a stored dialog, of this version. Either side can then hang up, hold,
 * be pinged; the session timer goes on. So does the subscription of a REFER: the owner tells the
 * end of it (jf_leg_is_referring), or it is told already and goes out again. 0, -EINVAL (another
 * version, broken), -EEXIST. */
int jf_leg_import(struct jf_sip *sip, const struct jf_leg_state *state, void *user,
                  struct jf_leg **ret_leg);

/* --- ... before its answer --- */

#define JF_LEG_EARLY_VERSION 2
#define JF_SIP_PROOF_MAX     1024
#define JF_LEG_INVITE_MAX    8192 /* bytes; one that is larger isn't kept */

/* An INVITE that waits for its final response. Plain data as above; holds keys of SRTP. */
struct jf_leg_early {
	uint32_t version;
	uint32_t cseq;            /* of the INVITE */
	uint32_t rseq;            /* of the last reliable provisional response */
	uint16_t code;            /* incoming: of ours, 0: none but 100 */
	uint8_t described;        /* incoming: it held our SDP */
	uint8_t agreed;           /* ... and the other side is sure to have got it */
	char via[JF_SIP_URI_MAX]; /* outgoing: of the INVITE, with its request-URI */
	char uri[JF_SIP_URI_MAX];
	char from_name[JF_SIP_NAME_MAX];
	char proof[JF_SIP_PROOF_MAX]; /* ... and its ACK: an answer to a challenge, or "" */
	char routes[JF_SIP_ROUTES_MAX];
	uint8_t transport; /* enum jf_sip_transport */
	uint8_t reserved;
	uint16_t invite_length;
	char invite[JF_LEG_INVITE_MAX]; /* incoming: as it came */
	struct jf_leg_state dialog;
};

/* 0, or -EPROTO (answered, or an outgoing one that nothing was heard of), -EMSGSIZE. JF_LEG_CHANGED
 * tells when there is something new to store. */
int jf_leg_early_export(const struct jf_leg *leg, struct jf_leg_early *ret_early);

/* Takes it up: the caller is told again that it rings, and whom we called rings on; answer, refusal
 * and CANCEL go their usual ways. Over a connection that was lost: as far as the peer can be
 * reached (RFC 3261 18.2.2). 0, -EINVAL (another version, broken), -EEXIST, -ENOMEM or another
 * errno of the transport. */
int jf_leg_early_import(struct jf_sip *sip, const struct jf_leg_early *early, void *user,
                        struct jf_leg **ret_leg);

#endif
