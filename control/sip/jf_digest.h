/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arithmetic of digest authentication (RFC 7616 with qop=auth or none, MD5 and SHA-256,
 * RFC 8760), the same for who asks and who answers, and the nonces of who asks.
 *
 * A nonce holds its time, under an HMAC of that time, the address that it was given to, and a
 * secret made at start. So none is stored until it was used with the right password; from then on
 * its counter must rise (struct jf_digest_memory). Thread: the loop's.
 */
#ifndef JF_DIGEST_H
#define JF_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_digest_header.h"

#define JF_DIGEST_HA1_MAX       32 /* bytes: SHA-256's */
#define JF_DIGEST_HEX_MAX       65 /* a response in text, terminated */
#define JF_DIGEST_NONCE_MAX     64
#define JF_DIGEST_NONCE_LIFE_NS UINT64_C(300000000000)
#define JF_DIGEST_NONCES        8 /* remembered of each account */
#define JF_DIGEST_ADDRESS_BYTES 16

/* --- both sides --- */

/* 16 or 32; 0 for JF_DIGEST_UNKNOWN. */
size_t jf_digest_size(enum jf_digest_algorithm algorithm);

/* H(user:realm:password), that many bytes. 0 or -ENOTSUP (not to be had here, as MD5 under FIPS).
 */
int jf_digest_ha1_make(enum jf_digest_algorithm algorithm, const char *user, const char *realm,
                       const char *password, uint8_t ret_ha1[JF_DIGEST_HA1_MAX]);

/* The response that goes with an answer's algorithm, nonce, uri and, where it has a qop, nc, cnonce
 * and qop; ha1 has as many bytes as that algorithm's hash. Lower-case hex. 0 or -ENOTSUP. */
int jf_digest_response_make(const struct jf_digest_answer *answer, struct jf_slice method,
                            const uint8_t *ha1, char ret_hex[JF_DIGEST_HEX_MAX]);

/* Is the answer made with this HA1, of its algorithm's size? Takes the same time whatever it says.
 */
bool jf_digest_proven(const struct jf_digest_answer *answer, struct jf_slice method,
                      const uint8_t *ha1);

/* How many hashes this process has made: what a test compares instead of time. */
uint64_t jf_digest_hashes(void);

/* --- who asks --- */

struct jf_digest_nonces {
	uint8_t secret[32];
	uint64_t last_ns; /* no two nonces are alike */
};

/* What is remembered of an account's used nonces; zeros to begin. */
struct jf_digest_memory {
	uint64_t made_ns[JF_DIGEST_NONCES];
	uint32_t count[JF_DIGEST_NONCES];
	uint64_t floor_ns; /* nonces made until then are stale */
};

void jf_digest_nonces_init(struct jf_digest_nonces *nonces);

void jf_digest_nonce_make(struct jf_digest_nonces *nonces, uint64_t now_ns,
                          const uint8_t address[JF_DIGEST_ADDRESS_BYTES],
                          char ret_nonce[JF_DIGEST_NONCE_MAX]);

/* Is it ours, given to this address, and not too old? */
bool jf_digest_nonce_read(const struct jf_digest_nonces *nonces, struct jf_slice nonce,
                          uint64_t now_ns, const uint8_t address[JF_DIGEST_ADDRESS_BYTES],
                          uint64_t *ret_made_ns);

/* Counts a proven answer; false: it was made before (a replay), or cannot be told from one. */
bool jf_digest_count(struct jf_digest_memory *memory, uint64_t made_ns, uint32_t count);

#endif
