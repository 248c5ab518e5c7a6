/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of a connection share: jf_sip_flow.c (its life and the bounds), jf_sip_flow_io.c
 * (bytes). */
#ifndef JF_SIP_FLOW_PRIV_H
#define JF_SIP_FLOW_PRIV_H

#include "jf_sip_transport_priv.h"

struct jf_sip_flow_source;

/* Owned by its transports until it is closed; msg->sock holds further references. */
struct jf_sip_flow {
	struct le he;       /* in transports->flows */
	struct le alias_he; /* in transports->aliases */
	struct le le;       /* in transports->all */
	struct le stranger_le;
	struct jf_sip_transports *transports;
	struct jf_sip_flow_source *source; /* that it is counted in, while it is a stranger */
	uint64_t id;
	uint8_t transport;
	bool outgoing;
	bool up;
	bool in_message; /* the timer is for the message that has begun */
	bool answers_pings;
	bool ping_out;
	struct sa peer, local, alias;
	struct tcp_conn *tcp; /* NULL: closed */
	struct tls_conn *tls;
	struct mbuf *in; /* the unfinished message */
	struct jf_sip_frame frame;
	struct list queue; /* struct sip_connqent, until it is up */
	struct tmr timer;  /* what it must have done by then */
	struct tmr ping_timer;
	struct jf_sip_tls_peer tls_peer;
	uint64_t since_ns;
	uint64_t heard_ns;
	uint64_t messages;
};

/* Closes and forgets it; what waits for it is told err. */
void jf_sip_flow_close(struct jf_sip_flow *flow, int err);

/* From the next turn, for whoever is inside of something that uses it. */
void jf_sip_flow_close_later(struct jf_sip_flow *flow);

/* It is up, or has been silent until now: the time for its next message starts. */
void jf_sip_flow_idle_start(struct jf_sip_flow *flow);
void jf_sip_flow_message_start(struct jf_sip_flow *flow);

/* A new connection to that address. 0 or an errno. */
int jf_sip_flow_open(struct jf_sip_transports *transports, uint8_t transport, const struct sa *peer,
                     struct jf_sip_flow **ret_flow);

/* --- jf_sip_flow_io.c: handlers of the library's connections --- */

void jf_sip_flow_on_up(void *arg);
void jf_sip_flow_on_bytes(struct mbuf *mb, void *arg);
void jf_sip_flow_on_close(int err, void *arg);
void jf_sip_flow_queue_fail(struct jf_sip_flow *flow, int err);

#endif
