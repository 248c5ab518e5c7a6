/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SIP stack: transports (UDP, TCP, TLS), the registrar, and what answers requests outside of
 * calls. Calls themselves are legs: jf_leg.h. Loop thread only.
 *
 * Trust comes before state: a REGISTER, and an INVITE from a source that the owner does not vouch
 * for or that an agent has registered from, is challenged (digest, jf_auth.h) before anything is
 * kept of it. An unknown agent and a wrong password get the same 403, after the same work.
 *
 * Names are looked up for those who ask for it (jf_sip_resolve.h: trunks). Where a peer's Contact
 * or Record-Route carries a name, requests go to the address that its own came from.
 */
#ifndef JF_SIP_H
#define JF_SIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jf_digest_header.h"
#include "jf_leg.h"
#include "jf_lockout.h"
#include "jf_sip_transport.h"

#define JF_SIP_AGENT_MAX    64 /* an agent's id, terminated */
#define JF_SIP_CONTACTS_MAX 4  /* registered contacts of one agent */
#define JF_SIP_Q_MAX        1000
#define JF_SIP_PATH_MAX     512 /* Path of a registration, terminated */
#define JF_SIP_HA1_MAX      32  /* H(agent:realm:password): 16 bytes of MD5, 32 of SHA-256 */

/* One registered contact of an agent. Plain data: stored, and given back after a restart. */
struct jf_registration {
	char agent[JF_SIP_AGENT_MAX];
	char contact[JF_SIP_URI_MAX]; /* the Contact URI: the request-URI of calls to it */
	struct jf_sip_peer source;    /* where the REGISTER came from: where calls are sent */
	uint64_t expires_ns;          /* monotonic */
	uint32_t granted_s;
	uint16_t q;    /* 0 .. JF_SIP_Q_MAX, thousandths; the most is called first */
	uint32_t cseq; /* of the last REGISTER in this Call-ID */
	char call_id[JF_SIP_CALL_ID_MAX];
	char user_agent[64];        /* printable ASCII */
	char path[JF_SIP_PATH_MAX]; /* RFC 3327: Route's value of what is sent to it; "": none */
	/* As it was found since; not taken from what is given back. */
	uint8_t nat;         /* its Contact is not where its REGISTER came from */
	uint8_t unreachable; /* it answers no OPTIONS: jf_sip_keepalive.h */
};

enum jf_registration_change {
	JF_REGISTRATION_ADDED,
	JF_REGISTRATION_REFRESHED,
	JF_REGISTRATION_REMOVED, /* by the phone */
	JF_REGISTRATION_EXPIRED,
	JF_REGISTRATION_UNREACHABLE, /* it is still registered */
	JF_REGISTRATION_REACHABLE,   /* again */
};

/* What the stack asks of its owner, and tells it. None may be NULL but agent_digests. */
struct jf_sip_handler {
	/* May this address send us calls? *ret_trunk: the owner's handle, given back in the invite.
	 * Asked before any state is made. */
	bool (*source_allowed)(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg);

	/* The agent's HA1 for the realm, in constant time where possible; false: no such agent.
	 * Asked only for what agent_digests names. */
	bool (*agent_ha1)(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
	                  uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg);

	/* What the agent's phone is asked for and may use: 1 << JF_DIGEST_MD5 and the like. Of one
	 * that does not exist too: what most have. NULL: MD5. */
	unsigned (*agent_digests)(const char *agent, void *arg);

	void (*registration_changed)(enum jf_registration_change change,
	                             const struct jf_registration *registration, void *arg);

	/* A call arrives; 100 is out. Before or after returning, the owner rings, answers or
	 * rejects. Set the leg's user pointer here (jf_leg_user_set). */
	void (*leg_incoming)(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg);

	/* Something happened to a leg. JF_LEG_ENDED is the last, once for each leg: the leg is gone
	 * when the handler returns. The user pointer is jf_leg_user(leg). */
	void (*leg_event)(struct jf_leg *leg, const struct jf_leg_event *event, void *arg);
};

/* Of whoever connects to us; verified against tls_ca. */
enum jf_sip_tls_client {
	JF_SIP_TLS_CLIENT_OFF,     /* not asked for one */
	JF_SIP_TLS_CLIENT_REQUEST, /* none, or a good one */
	JF_SIP_TLS_CLIENT_REQUIRE,
};

/* Which phones on UDP are asked for a sign of life (OPTIONS), which keeps their NAT open too. */
enum jf_sip_keepalive_whom {
	JF_SIP_KEEPALIVE_NAT, /* those that are behind one */
	JF_SIP_KEEPALIVE_ALL,
	JF_SIP_KEEPALIVE_NONE,
};

struct jf_sip_config {
	const char *addresses[JF_SIP_ADDRESSES_MAX]; /* numeric, IPv4 and IPv6; up to a NULL */
	uint16_t udp_port;                           /* of each; 0: no UDP */
	uint16_t tcp_port;                           /* 0: no TCP */
	uint16_t tls_port;                           /* 0: no TLS; at least one of the three */
	const char *tls_certificate; /* PEM files: the chain, our own first; its key */
	const char *tls_key;
	const char *tls_ca; /* PEM: who vouches for peers; NULL: nobody is verified */
	enum jf_sip_tls_client tls_client; /* whether who connects must show a certificate */
	uint32_t connections_max;          /* of TCP and TLS; 0: 10,000 */
	uint32_t connections_per_source;   /* strangers; 0: 100 */
	const char
	        *dns[4]; /* servers, "address" or "address:port"; none: as /etc/resolv.conf says */
	const char *realm;
	const char *user_agent;  /* of User-Agent and Server; NULL: "Jackfield" */
	uint32_t register_min_s; /* 0: 60 */
	uint32_t register_max_s; /* 0: 3600 */
	uint32_t session_s;      /* of a call (RFC 4028), asked for; 0: 1,800 */
	uint32_t session_min_s;  /* less is refused; 0: 90, the least */
	enum jf_sip_keepalive_whom keepalive;
	uint32_t keepalive_s;                 /* 0: 30 */
	uint32_t keepalive_rate;              /* at most so many OPTIONS a second, then more rarely;
	                                         0: 1,000 */
	uint32_t source_rate;                 /* requests a second of an address that is no
	                                         trunk's; 0: 500 */
	uint32_t memory_max_mb;               /* of the process, then no new calls; 0: any */
	const struct jf_sip_handler *handler; /* must outlive the stack */
	void *arg;
};

struct jf_sip_stats {
	uint64_t requests;
	uint64_t malformed; /* refused with 400, or dropped because no reply was possible */
	uint64_t invites;   /* accepted as calls */
	uint64_t register_ok;
	uint64_t challenged; /* told 401: REGISTERs and agents' INVITEs */
	uint64_t denied;     /* told 403: the wrong password, or somebody else's name */
	uint64_t locked_out; /* told 503: guessed wrong too often (jf_lockout.h) */
	uint64_t stray_responses;
	uint64_t keepalives;    /* OPTIONS to phones */
	uint32_t legs;          /* now */
	uint32_t registrations; /* contacts, now */
};

struct jf_sip;

/*
 * After jf_loop_init. Strings are copied. 0, -EINVAL (address or ports), -EADDRINUSE or another
 * errno of the listeners.
 */
int jf_sip_create(const struct jf_sip_config *config, struct jf_sip **ret_sip);

/* Legs are forgotten without a word to their peers (control's restart finds them again); end them
 * first where that is wanted. */
void jf_sip_destroy(struct jf_sip *sip);

/* New INVITEs and REGISTERs are told 503 with Retry-After, calls go on. */
void jf_sip_drain(struct jf_sip *sip, bool drain);

/* The handler's arg, set again: for owners that are made after the stack. */
void jf_sip_arg_set(struct jf_sip *sip, void *arg);

struct jf_sip_stats jf_sip_stats_get(const struct jf_sip *sip);

/* --- the registrar --- */

/* The agent's contacts, by q and then the freshest first; returns how many were written, at most
 * max. */
unsigned jf_sip_registrations_get(const struct jf_sip *sip, const char *agent,
                                  struct jf_registration *ret_registrations, unsigned max);

/* All contacts, in no order: cursor 0 to begin with, then as it was left. Returns how many were
 * written, at most max; fewer: that was all. What registers in between may be missed. */
unsigned jf_sip_registrations_page(const struct jf_sip *sip, uint64_t *cursor,
                                   struct jf_registration *ret_registrations, unsigned max);

/* Puts a stored registration back, without telling the owner; -ETIME if it has expired. One that
 * claims to last longer than it was granted (the machine was rebooted) is cut to that. */
int jf_sip_registration_restore(struct jf_sip *sip, const struct jf_registration *registration);

/* Forgets an agent's contacts (deleted, password changed); told as JF_REGISTRATION_REMOVED. */
void jf_sip_registrations_drop(struct jf_sip *sip, const char *agent);

/* Who has guessed wrong too often. */
struct jf_lockouts *jf_sip_lockouts(struct jf_sip *sip);

#endif
