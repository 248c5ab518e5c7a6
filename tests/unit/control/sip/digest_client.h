/* SPDX-License-Identifier: BSD-3-Clause */
/* What a phone does with a challenge. */
#ifndef DIGEST_CLIENT_H
#define DIGEST_CLIENT_H

#include "jf_digest.h"

struct digest_client {
	const char *user;
	const char *password;
	enum jf_digest_algorithm algorithm; /* the one it takes of those offered */
	/* to lie with; NULL: as it was told, or is right */
	const char *realm;
	const char *qop;
	const char *uri;
	/* of the challenge */
	char told_realm[64];
	char nonce[64];
	bool stale;
	uint32_t count;
};

/* Takes the challenge with its algorithm from a 401; false: there is none. */
bool digest_client_take(struct digest_client *client, const char *response);

/* "Authorization: ...\r\n", counted up; valid until the next call. */
const char *digest_client_answer(struct digest_client *client, const char *method, const char *uri);

#endif
