// SPDX-License-Identifier: BSD-3-Clause
#include "jf_digest.h"

#include <string.h>

#include "jf_time.h"

#define MAC_BYTES  16
#define SHA1_BYTES 20

void jf_sip_ha1_make(const char *agent, const char *realm, const char *password,
                     uint8_t ret_ha1[JF_SIP_HA1_BYTES])
{
	(void)md5_printf(ret_ha1, "%s:%s:%s", agent, realm, password);
}

void jf_digest_init(struct jf_digest *digest)
{
	memset(digest, 0, sizeof(*digest));
	rand_bytes(digest->secret, sizeof(digest->secret));
	rand_bytes(digest->dummy_ha1, sizeof(digest->dummy_ha1));
}

static void mac(const struct jf_digest *digest, uint64_t made_ns, uint8_t ret_mac[MAC_BYTES])
{
	uint8_t whole[SHA1_BYTES];

	/* The library writes all of the digest, whatever length it is given. */
	hmac_sha1(digest->secret, sizeof(digest->secret), (const uint8_t *)&made_ns,
	          sizeof(made_ns), whole, sizeof(whole));
	memcpy(ret_mac, whole, MAC_BYTES);
}

static bool equal(const uint8_t *a, const uint8_t *b, size_t length)
{
	volatile uint8_t difference = 0;

	for (size_t i = 0; i < length; i++)
		difference |= (uint8_t)(a[i] ^ b[i]);
	return difference == 0;
}

void jf_digest_nonce_make(struct jf_digest *digest, uint64_t now_ns,
                          char ret_nonce[JF_DIGEST_NONCE_MAX])
{
	uint8_t code[MAC_BYTES];

	if (now_ns <= digest->last_ns)
		now_ns = digest->last_ns + 1;
	digest->last_ns = now_ns;
	mac(digest, now_ns, code);
	(void)re_snprintf(ret_nonce, JF_DIGEST_NONCE_MAX, "%016llx%w", now_ns, code, sizeof(code));
}

static bool read_nonce(const struct jf_digest *digest, const struct pl *nonce, uint64_t now_ns,
                       uint64_t *ret_made_ns)
{
	struct pl time = {.p = nonce->p, .l = 16};
	uint8_t code[MAC_BYTES], theirs[MAC_BYTES];
	uint64_t made_ns;

	if (nonce->l != 16 + 2 * MAC_BYTES)
		return false;
	made_ns = pl_x64(&time);
	for (size_t i = 0; i < MAC_BYTES; i++)
		theirs[i] =
		        (uint8_t)(ch_hex(nonce->p[16 + 2 * i]) << 4 | ch_hex(nonce->p[17 + 2 * i]));
	mac(digest, made_ns, code);
	if (!equal(code, theirs, sizeof(code)) ||
	    jf_time_since(made_ns, now_ns) > JF_DIGEST_NONCE_LIFE_NS)
		return false;
	*ret_made_ns = made_ns;
	return true;
}

struct search {
	struct httpauth_digest_resp *response;
	const char *realm;
};

static bool is_for_realm(const struct sip_hdr *header, const struct sip_msg *msg, void *arg)
{
	const struct search *search = arg;

	(void)msg;
	return !httpauth_digest_response_decode(search->response, &header->val) &&
	       !pl_strcmp(&search->response->realm, search->realm);
}

enum jf_digest_verdict jf_digest_read(const struct jf_digest *digest, const struct sip_msg *msg,
                                      const char *realm, uint64_t now_ns,
                                      struct jf_digest_claim *ret_claim)
{
	struct search search = {.response = &ret_claim->response, .realm = realm};
	const struct httpauth_digest_resp *response = &ret_claim->response;

	memset(ret_claim, 0, sizeof(*ret_claim));
	if (!sip_msg_hdr_apply(msg, true, SIP_HDR_AUTHORIZATION, is_for_realm, &search))
		return JF_DIGEST_NONE;
	if (!read_nonce(digest, &response->nonce, now_ns, &ret_claim->nonce_ns))
		return JF_DIGEST_STALE;
	if (response->response.l != 2 * MD5_SIZE)
		return JF_DIGEST_MALFORMED;
	ret_claim->count = 1; /* without qop there is no counter: good for one request */
	if (pl_isset(&response->qop)) {
		if (pl_strcasecmp(&response->qop, "auth") || response->nc.l != 8 ||
		    !pl_isset(&response->cnonce))
			return JF_DIGEST_MALFORMED;
		ret_claim->count = pl_x32(&response->nc);
	}
	return JF_DIGEST_CLAIM;
}

bool jf_digest_proven(const struct jf_digest_claim *claim, const struct pl *method,
                      const uint8_t ha1[JF_SIP_HA1_BYTES])
{
	const struct httpauth_digest_resp *r = &claim->response;
	uint8_t ha2[MD5_SIZE], ours[MD5_SIZE], theirs[MD5_SIZE];
	int err = md5_printf(ha2, "%r:%r", method, &r->uri);

	if (pl_isset(&r->qop))
		err |= md5_printf(ours, "%w:%r:%r:%r:%r:%w", ha1, (size_t)MD5_SIZE, &r->nonce,
		                  &r->nc, &r->cnonce, &r->qop, ha2, sizeof(ha2));
	else
		err |= md5_printf(ours, "%w:%r:%w", ha1, (size_t)MD5_SIZE, &r->nonce, ha2,
		                  sizeof(ha2));
	for (size_t i = 0; i < MD5_SIZE; i++)
		theirs[i] = (uint8_t)(ch_hex(r->response.p[2 * i]) << 4 |
		                      ch_hex(r->response.p[2 * i + 1]));
	return !err && equal(ours, theirs, MD5_SIZE);
}

bool jf_digest_count(struct jf_digest_memory *memory, const struct jf_digest_claim *claim)
{
	unsigned oldest = 0;

	if (claim->nonce_ns <= memory->floor_ns)
		return false;
	for (unsigned i = 0; i < JF_DIGEST_NONCES; i++) {
		if (memory->nonces[i].made_ns == claim->nonce_ns) {
			if (claim->count <= memory->nonces[i].count)
				return false;
			memory->nonces[i].count = claim->count;
			return true;
		}
		if (memory->nonces[i].made_ns < memory->nonces[oldest].made_ns)
			oldest = i;
	}
	/* What is pushed out, and anything as old, is never good again. */
	memory->floor_ns = memory->nonces[oldest].made_ns;
	memory->nonces[oldest].made_ns = claim->nonce_ns;
	memory->nonces[oldest].count = claim->count;
	return true;
}
