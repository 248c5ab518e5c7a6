/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our answer to a server's digest challenge (RFC 7616 with qop=auth or none, RFC 8760, RFC 3261
 * 22), as a trunk's customer. Holds secrets: wipe it. Private to control/sip; pure but for the
 * random number that makes cnonce.
 */
#ifndef JF_CREDENTIALS_H
#define JF_CREDENTIALS_H

#include "jf_digest.h"
#include "jf_trunk.h"

/* The values of WWW-Authenticate or Proxy-Authenticate in one response. */
#define JF_CREDENTIALS_CHALLENGES 8u

struct jf_credentials_request {
	const char *method;
	const char *uri; /* the request-URI */
	bool proxy;      /* 407 */
	uint64_t random;
};

#define JF_CREDENTIALS_LINE_MAX 1024u

/*
 * The header line (with its CRLF) that answers the strongest of the challenges for our realm.
 * ret_stale: only our nonce was old. 0; -EACCES: none is for our realm; -ENOTSUP: what it asks for
 * we do not do (auth-int, another algorithm), or have no HA1 for; -EMSGSIZE.
 */
int jf_credentials_answer(const struct jf_trunk_credentials *credentials,
                          const struct jf_slice *challenges, unsigned count,
                          const struct jf_credentials_request *request,
                          char ret_line[JF_CREDENTIALS_LINE_MAX], bool *ret_stale);

#endif
