/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The values of Authorization, Proxy-Authorization, WWW-Authenticate and Proxy-Authenticate with
 * the scheme Digest (RFC 7616, RFC 8760), read. Pure; slices point into the header's value.
 *
 * Quoted values come without their quotes and with backslashes as they stand. A parameter that is
 * there twice makes the header unusable: who checks one and uses the other is being lied to.
 */
#ifndef JF_DIGEST_HEADER_H
#define JF_DIGEST_HEADER_H

#include "jf_slice.h"

enum jf_digest_algorithm {
	JF_DIGEST_MD5, /* also when none is named */
	JF_DIGEST_SHA256,
	JF_DIGEST_UNKNOWN, /* -sess and SHA-512-256 too */
};

/* What a server asks for. realm and nonce are there always; at NULL: not given. */
struct jf_digest_challenge {
	struct jf_slice realm;
	struct jf_slice nonce;
	struct jf_slice opaque;
	enum jf_digest_algorithm algorithm;
	bool stale;
	bool has_qop;  /* false: the answer of RFC 2069 is wanted */
	bool qop_auth; /* among those offered; auth-int is never taken */
};

/* What a client answers. The first five are there always. */
struct jf_digest_answer {
	struct jf_slice username;
	struct jf_slice realm;
	struct jf_slice nonce;
	struct jf_slice uri;
	struct jf_slice response;
	struct jf_slice cnonce;
	struct jf_slice nc;
	struct jf_slice qop;
	struct jf_slice opaque;
	enum jf_digest_algorithm algorithm;
};

/* 0; -ENOTSUP: another scheme than Digest; -EBADMSG: malformed, or something needed is missing. */
int jf_digest_challenge_read(struct jf_slice value, struct jf_digest_challenge *ret_challenge);
int jf_digest_answer_read(struct jf_slice value, struct jf_digest_answer *ret_answer);

/* "MD5", "SHA-256"; NULL for JF_DIGEST_UNKNOWN. */
const char *jf_digest_algorithm_name(enum jf_digest_algorithm algorithm);

#endif
