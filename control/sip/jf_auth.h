/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who sent a request? The agent, proven by digest (RFC 3261 22, RFC 8760), or nobody. Private to
 * control/sip; the loop's thread.
 *
 * The owner says for each agent which algorithms are offered, and taken, SHA-256 first; auth-int is
 * refused. Nothing is kept of a request before it is proven, and an unknown agent, a wrong
 * password and somebody else's address of record get the same answer after the same work.
 */
#ifndef JF_AUTH_H
#define JF_AUTH_H

#include "jf_digest.h"
#include "jf_lockout.h"
#include "jf_sip_priv.h"

struct jf_auth;

int jf_auth_create(struct jf_sip *sip, struct jf_auth **ret_auth);
void jf_auth_destroy(struct jf_auth *auth);

/*
 * True: the request is that agent's. False: the answer (401, 403, 400; 503 with Retry-After to who
 * has guessed too often) has been sent and the request is done with. To of a REGISTER must be the
 * agent's own.
 */
bool jf_auth_request(struct jf_auth *auth, const struct sip_msg *msg,
                     char ret_agent[JF_SIP_AGENT_MAX]);

struct jf_lockouts *jf_auth_lockouts(const struct jf_auth *auth);

/* The agent is gone or has another password: what is remembered of it goes. */
void jf_auth_forget(struct jf_auth *auth, const char *agent);

#endif
