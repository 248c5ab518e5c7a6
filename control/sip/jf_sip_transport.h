/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the stack listens on and who is connected: for `jf transports`, `jf connections` and
 * `jf status`. Loop thread only.
 *
 * A connection of TCP or TLS is a stranger until it has proven itself: by a REGISTER with the right
 * password, by coming from a trunk's address, or by going on with a call whose connection is gone.
 * Strangers are bounded for each source and in whole; where there is no room for one more, the one
 * that has been there longest makes it. Whoever sends what is no SIP, begins a message and doesn't
 * end it, or is silent for too long is closed.
 */
#ifndef JF_SIP_TRANSPORT_H
#define JF_SIP_TRANSPORT_H

#include "jf_leg.h"

#define JF_SIP_ADDRESSES_MAX 8
#define JF_SIP_LISTENERS_MAX (3 * JF_SIP_ADDRESSES_MAX)

/* What is listened on; returns how many were written. */
unsigned jf_sip_listeners_get(const struct jf_sip *sip,
                              struct jf_sip_peer ret_listeners[JF_SIP_LISTENERS_MAX]);

struct jf_sip_transport_stats {
	uint32_t tcp, tls; /* connections now */
	uint32_t strangers;
	uint32_t max;         /* connections at once, in whole */
	uint64_t accepted;    /* connections, ever */
	uint64_t opened;      /* by us */
	uint64_t unreachable; /* ... that never came to be */
	uint64_t refused;     /* no room for that source, or in whole */
	uint64_t evicted;     /* strangers that made room */
	uint64_t idle;        /* closed: silent for too long */
	uint64_t slow;        /* ... a message begun and not ended */
	uint64_t dead;        /* ... our keepalive was not answered */
	uint64_t garbage;     /* ... no SIP */
	uint64_t too_long;    /* ... a message beyond the limits */
	uint64_t stuck;       /* ... the peer does not read */
	uint64_t tls_failed;  /* handshakes: version, certificate, deadline */
	uint64_t tls_1_2;     /* handshakes, ever */
	uint64_t tls_1_3;
	uint64_t undecodable;  /* messages that could not be parsed, dropped */
	uint64_t moved_to_tcp; /* requests too large for UDP */
	uint64_t moved_back;   /* ... sent over UDP after all: the peer has no TCP */
};

struct jf_sip_transport_stats jf_sip_transport_stats_get(const struct jf_sip *sip);

struct jf_sip_connection {
	uint64_t id; /* ascending with age */
	struct jf_sip_peer peer;
	struct jf_sip_peer local;
	bool outgoing; /* opened by us */
	bool up;       /* else connecting, or in the handshake */
	bool proven;
	uint16_t tls;     /* 0x0303: 1.2, 0x0304: 1.3; 0: no TLS */
	char subject[96]; /* of the peer's verified certificate: its common name; "" : none */
	uint64_t since_ns;
	uint64_t heard_ns;
	uint64_t messages;
};

/* Those with an id above after, ascending; returns how many were written. */
unsigned jf_sip_connections_get(const struct jf_sip *sip, uint64_t after,
                                struct jf_sip_connection *ret_connections, unsigned max);

/* --- TLS --- */

#define JF_SIP_TLS_TEXT_MAX  256
#define JF_SIP_TLS_WARN_DAYS 14

struct jf_sip_tls_status {
	bool on;
	bool failed;           /* the files as they are now can't be used; error says why */
	int64_t expires_utc_s; /* of our certificate */
	int64_t loaded_utc_s;
	char subject[128];
	char error[JF_SIP_TLS_TEXT_MAX];
};

void jf_sip_tls_status_get(const struct jf_sip *sip, struct jf_sip_tls_status *ret_status);

/* Reads certificate, key and CA again: for connections from now on. 0; -ENOTSUP: TLS is off;
 * -EINVAL: they can't be used, the old ones stay, ret_status->error says why. They are also read
 * again, within 20 s, when a file has changed. */
int jf_sip_tls_reload(struct jf_sip *sip);

#endif
