/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Digest authentication of requests (RFC 2617 with qop=auth, MD5; RFC 3261 22), server side.
 *
 * Nonces hold their time under an HMAC of a secret made at start, so none is stored until it was
 * used with the right password; from then on its counter must rise. Private to control/sip.
 */
#ifndef JF_DIGEST_H
#define JF_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_sip_priv.h"

#define JF_DIGEST_NONCE_MAX     64
#define JF_DIGEST_NONCE_LIFE_NS UINT64_C(300000000000)
#define JF_DIGEST_NONCES        8 /* remembered of each account */

struct jf_digest {
	uint8_t secret[32];
	uint8_t dummy_ha1[JF_SIP_HA1_BYTES]; /* for accounts that do not exist */
	uint64_t last_ns;                    /* no two nonces are alike */
};

/* What is remembered of an account's used nonces; zeros to begin. */
struct jf_digest_memory {
	struct {
		uint64_t made_ns;
		uint32_t count;
	} nonces[JF_DIGEST_NONCES];
	uint64_t floor_ns; /* nonces made until then are stale */
};

/* The Authorization for our realm, if there is one. Points into the message. */
struct jf_digest_claim {
	struct httpauth_digest_resp response;
	uint64_t nonce_ns;
	uint32_t count;
};

enum jf_digest_verdict {
	JF_DIGEST_NONE,      /* nothing for our realm: challenge */
	JF_DIGEST_STALE,     /* challenge with stale=true */
	JF_DIGEST_MALFORMED, /* 400 */
	JF_DIGEST_CLAIM,     /* the nonce is ours and fresh: prove it */
};

void jf_digest_init(struct jf_digest *digest);

void jf_digest_nonce_make(struct jf_digest *digest, uint64_t now_ns,
                          char ret_nonce[JF_DIGEST_NONCE_MAX]);

enum jf_digest_verdict jf_digest_read(const struct jf_digest *digest, const struct sip_msg *msg,
                                      const char *realm, uint64_t now_ns,
                                      struct jf_digest_claim *ret_claim);

/* Is the claim made with this HA1? Takes the same time for any. */
bool jf_digest_proven(const struct jf_digest_claim *claim, const struct pl *method,
                      const uint8_t ha1[JF_SIP_HA1_BYTES]);

/* Counts a proven claim; false: it was made before (a replay): challenge with stale=true. */
bool jf_digest_count(struct jf_digest_memory *memory, const struct jf_digest_claim *claim);

#endif
