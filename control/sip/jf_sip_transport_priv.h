/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The transport layer beneath the library's transactions (RFC 3261 18), in the place of its own:
 * the library's calls of sip_transp_send, sip_transp_laddr and the like reach the definitions in
 * jf_sip_transport.c through the PLT, as those of the timers do (test_transport.c asserts that).
 * The library's knows one listener for a family, no bound on connections, no keepalive of its own
 * but for clients, and 15 minutes of patience with a message that never ends.
 */
#ifndef JF_SIP_TRANSPORT_PRIV_H
#define JF_SIP_TRANSPORT_PRIV_H

#include <re/re.h>

#include "jf_sip_frame.h"
#include "jf_sip_transport.h"

struct jf_sip_tls;
struct jf_sip_config;

struct jf_sip_listener {
	struct jf_sip_transports *transports;
	uint8_t transport;
	struct sa local;
	void *sock; /* struct udp_sock or struct tcp_sock */
};

/* Who may be a stranger no longer without saying a word. */
typedef bool jf_sip_trusted_handler(const struct jf_sip_peer *source, void *arg);

/* What is to become of a message that has come over a stream. */
struct jf_sip_arrival {
	bool dropped;         /* the stack is not to see it */
	struct mbuf *message; /* as the stack is to see it; NULL: as it is */
	struct mbuf *answer;  /* to be sent at once; NULL: none */
};

typedef void jf_sip_arrived_handler(const char *bytes, size_t length, const struct sa *source,
                                    struct jf_sip_arrival *ret_arrival, void *arg);

/* A CANCEL of the library's is about to leave, for the first time or again: it may be added to. */
typedef void jf_sip_cancel_handler(struct mbuf *mb, void *arg);

/* One for each stack of the library. */
struct jf_sip_transports {
	struct le le; /* of all */
	struct sip *stack;
	struct list handlers; /* struct sip_lsnr, in the order of sip_listen */
	sip_trace_h *trace;
	void *trace_arg;
	unsigned n_listeners;
	struct jf_sip_listener listeners[JF_SIP_LISTENERS_MAX];
	int route_fd[2]; /* for asking the kernel which of our addresses it would use: IPv4, IPv6 */
	struct jf_sip_tls *tls;

	/* connections: jf_sip_flow.c */
	struct hash *flows;    /* by peer */
	struct hash *aliases;  /* by the peer's address and the port that it says it listens on */
	struct list all;       /* oldest first */
	struct list strangers; /* oldest first */
	struct hash *sources;  /* strangers counted by address */
	struct hash *names;    /* of TLS servers, by address */
	unsigned n_names;
	uint64_t last_id;
	uint32_t max;
	uint32_t max_per_source;
	jf_sip_trusted_handler *trusted;
	void *trusted_arg;
	jf_sip_cancel_handler *cancel; /* NULL: there is none */
	void *cancel_arg;
	bool mute;                       /* what is sent goes nowhere */
	jf_sip_arrived_handler *arrived; /* NULL: there is none */
	void *arrived_arg;
	struct jf_sip_transport_stats stats;
};

/* --- jf_sip_transport.c --- */

/* For the next stack that sip_alloc makes. 0 or -ENOMEM. */
int jf_sip_transports_create(struct jf_sip_transports **ret_transports);

/* After the library's stack is gone. NULL is harmless. */
void jf_sip_transports_destroy(struct jf_sip_transports *transports);

/* 0 or a negative errno, logged. */
int jf_sip_listener_add(struct jf_sip_transports *transports, uint8_t transport,
                        const struct sa *local);

/* The listener that speaks with this destination: of its transport and family, and where there are
 * several, the one with the address that the kernel's routes choose. NULL: none. */
const struct jf_sip_listener *jf_sip_listener_for(const struct jf_sip_transports *transports,
                                                  uint8_t transport, const struct sa *to);

/* To whoever listens. */
void jf_sip_message_deliver(struct jf_sip_transports *transports, const struct sip_msg *msg);
void jf_sip_message_trace(struct jf_sip_transports *transports, bool sent, uint8_t transport,
                          const struct sa *source, const struct sa *destination,
                          const struct mbuf *mb);

/* --- jf_sip_flow.c: connections --- */

struct jf_sip_flow; /* msg->sock of what came over TCP and TLS; counted references */

int jf_sip_flows_open(struct jf_sip_transports *transports);
void jf_sip_flows_close(struct jf_sip_transports *transports);

/* Of a listener: somebody connects. */
void jf_sip_flow_accept(struct jf_sip_listener *listener, const struct sa *peer);

/* The connection to that address that is up or coming up; NULL: none. */
struct jf_sip_flow *jf_sip_flow_find(const struct jf_sip_transports *transports, uint8_t transport,
                                     const struct sa *peer);

/* What waits for a connection. */
struct sip_connqent;
typedef void jf_sip_unsent_handler(int err, void *arg);

/* Sends on flow, or when that is NULL or gone on the one to peer, opened if need be: then unsent is
 * called if it never comes to be, and *ret_waiting is set. 0 or an errno, as the library has it. */
int jf_sip_flow_send(struct jf_sip_transports *transports, struct jf_sip_flow *flow,
                     uint8_t transport, const struct sa *peer, struct mbuf *mb,
                     struct sip_connqent **ret_waiting, jf_sip_unsent_handler *unsent, void *arg);

/* The peer behind this message is known: its connection is no stranger's. Where the message offers
 * it (RFC 5923: alias), requests to the address that it listens on go over it as well. */
void jf_sip_flow_prove(const struct sip_msg *msg);

/* The name by which a TLS peer was looked up: what its certificate must be for. */
void jf_sip_flow_name_set(struct jf_sip_transports *transports, const struct sa *peer,
                          const char *name);

/* --- the library's names that its headers do not show --- */

int sip_transp_init(struct sip *sip, uint32_t sz);
int sip_transp_send(struct sip_connqent **qentp, struct sip *sip, void *sock, enum sip_transp tp,
                    const struct sa *dst, struct mbuf *mb, jf_sip_unsent_handler *transph,
                    void *arg);
bool sip_transp_supported(struct sip *sip, enum sip_transp tp, int af);

/* --- jf_sip_tls.c --- */

/* 0 or a negative errno, logged. */
int jf_sip_tls_create(const struct jf_sip_config *config, struct jf_sip_tls **ret_tls);

/* NULL is harmless. */
void jf_sip_tls_destroy(struct jf_sip_tls *tls);

/* TLS on a connection that we have accepted or opened; name: whom we expect there, or NULL. 0 or
 * an errno. */
int jf_sip_tls_start(struct jf_sip_tls *tls, struct tcp_conn *tcp, bool outgoing, const char *name,
                     struct tls_conn **ret_tls);

struct jf_sip_tls_peer {
	uint16_t version;
	char subject[96]; /* common name of a verified certificate, or "" */
};

/* Of the handshake that has just ended, in this turn. */
struct jf_sip_tls_peer jf_sip_tls_last_peer(void);
const char *jf_sip_tls_last_error(void);

#endif
