// SPDX-License-Identifier: BSD-3-Clause
#include "jf_digest.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "jf_time.h"

#define MAC_BYTES 16
#define TIME_HEX  16

static uint64_t hashes;

uint64_t jf_digest_hashes(void)
{
	return hashes;
}

size_t jf_digest_size(enum jf_digest_algorithm algorithm)
{
	switch (algorithm) {
	case JF_DIGEST_MD5:
		return 16;
	case JF_DIGEST_SHA256:
		return 32;
	case JF_DIGEST_UNKNOWN:
		break;
	}
	return 0;
}

/* Fetched once: the library's search costs more than the hash. */
static const EVP_MD *method_of(enum jf_digest_algorithm algorithm)
{
	static EVP_MD *fetched[JF_DIGEST_UNKNOWN];
	static const char *const names[] = {[JF_DIGEST_MD5] = "MD5", [JF_DIGEST_SHA256] = "SHA256"};

	if (algorithm >= JF_DIGEST_UNKNOWN)
		return NULL;
	if (!fetched[algorithm])
		fetched[algorithm] = EVP_MD_fetch(NULL, names[algorithm], NULL);
	return fetched[algorithm];
}

/* H(part:part:...), in bytes. */
static int hash(enum jf_digest_algorithm algorithm, const struct jf_slice *parts, size_t n_parts,
                uint8_t ret_hash[JF_DIGEST_HA1_MAX])
{
	const EVP_MD *method = method_of(algorithm);
	EVP_MD_CTX *context = method ? EVP_MD_CTX_new() : NULL;
	bool done = context && EVP_DigestInit_ex2(context, method, NULL);

	for (size_t i = 0; i < n_parts && done; i++) {
		if (i)
			done = EVP_DigestUpdate(context, ":", 1);
		if (done && parts[i].length)
			done = EVP_DigestUpdate(context, parts[i].at, parts[i].length);
	}
	done = done && EVP_DigestFinal_ex(context, ret_hash, NULL);
	EVP_MD_CTX_free(context);
	hashes++;
	return done ? 0 : -ENOTSUP;
}

static void to_hex(const uint8_t *bytes, size_t length, char *ret_hex)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < length; i++) {
		ret_hex[2 * i] = digits[bytes[i] >> 4];
		ret_hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret_hex[2 * length] = '\0';
}

int jf_digest_ha1_make(enum jf_digest_algorithm algorithm, const char *user, const char *realm,
                       const char *password, uint8_t ret_ha1[JF_DIGEST_HA1_MAX])
{
	const struct jf_slice parts[] = {jf_slice_of(user), jf_slice_of(realm),
	                                 jf_slice_of(password)};

	return hash(algorithm, parts, 3, ret_ha1);
}

int jf_digest_response_make(const struct jf_digest_answer *answer, struct jf_slice method,
                            const uint8_t *ha1, char ret_hex[JF_DIGEST_HEX_MAX])
{
	const struct jf_slice second[] = {method, answer->uri};
	size_t size = jf_digest_size(answer->algorithm);
	char ha1_hex[JF_DIGEST_HEX_MAX], ha2_hex[JF_DIGEST_HEX_MAX];
	uint8_t bytes[JF_DIGEST_HA1_MAX];
	struct jf_slice parts[6];
	size_t n = 0;
	int err = hash(answer->algorithm, second, 2, bytes);

	if (err)
		return err;
	to_hex(bytes, size, ha2_hex);
	to_hex(ha1, size, ha1_hex);
	parts[n++] = jf_slice_of(ha1_hex);
	parts[n++] = answer->nonce;
	if (answer->qop.at) {
		parts[n++] = answer->nc;
		parts[n++] = answer->cnonce;
		parts[n++] = answer->qop;
	}
	parts[n++] = jf_slice_of(ha2_hex);
	err = hash(answer->algorithm, parts, n, bytes);
	if (!err)
		to_hex(bytes, size, ret_hex);
	OPENSSL_cleanse(ha1_hex, sizeof(ha1_hex));
	return err;
}

bool jf_digest_proven(const struct jf_digest_answer *answer, struct jf_slice method,
                      const uint8_t *ha1)
{
	size_t length = 2 * jf_digest_size(answer->algorithm);
	char ours[JF_DIGEST_HEX_MAX], theirs[JF_DIGEST_HEX_MAX] = "";
	bool fits = length && answer->response.length == length;

	for (size_t i = 0; fits && i < length; i++)
		theirs[i] = (char)tolower((unsigned char)answer->response.at[i]);
	return !jf_digest_response_make(answer, method, ha1, ours) && fits &&
	       CRYPTO_memcmp(ours, theirs, length) == 0;
}

/* --- nonces --- */

void jf_digest_nonces_init(struct jf_digest_nonces *nonces)
{
	memset(nonces, 0, sizeof(*nonces));
	if (RAND_bytes(nonces->secret, sizeof(nonces->secret)) != 1)
		abort(); /* without a secret anybody could make them */
}

static void mac(const struct jf_digest_nonces *nonces, uint64_t made_ns,
                const uint8_t address[JF_DIGEST_ADDRESS_BYTES], uint8_t ret_mac[MAC_BYTES])
{
	uint8_t bytes[sizeof(made_ns) + JF_DIGEST_ADDRESS_BYTES], whole[EVP_MAX_MD_SIZE];

	memcpy(bytes, &made_ns, sizeof(made_ns));
	memcpy(bytes + sizeof(made_ns), address, JF_DIGEST_ADDRESS_BYTES);
	if (!HMAC(method_of(JF_DIGEST_SHA256), nonces->secret, sizeof(nonces->secret), bytes,
	          sizeof(bytes), whole, NULL))
		abort();
	memcpy(ret_mac, whole, MAC_BYTES);
}

void jf_digest_nonce_make(struct jf_digest_nonces *nonces, uint64_t now_ns,
                          const uint8_t address[JF_DIGEST_ADDRESS_BYTES],
                          char ret_nonce[JF_DIGEST_NONCE_MAX])
{
	uint8_t code[MAC_BYTES];

	if (now_ns <= nonces->last_ns)
		now_ns = nonces->last_ns + 1;
	nonces->last_ns = now_ns;
	mac(nonces, now_ns, address, code);
	snprintf(ret_nonce, JF_DIGEST_NONCE_MAX, "%016" PRIx64, now_ns);
	to_hex(code, sizeof(code), ret_nonce + TIME_HEX);
}

static bool from_hex(struct jf_slice hex, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (size_t i = 0; i < hex.length; i++) {
		char c = hex.at[i];

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*ret_value = value;
	return true;
}

bool jf_digest_nonce_read(const struct jf_digest_nonces *nonces, struct jf_slice nonce,
                          uint64_t now_ns, const uint8_t address[JF_DIGEST_ADDRESS_BYTES],
                          uint64_t *ret_made_ns)
{
	struct jf_slice time = {.at = nonce.at, .length = TIME_HEX};
	char code_hex[2 * MAC_BYTES + 1];
	uint8_t code[MAC_BYTES];
	uint64_t made_ns;

	if (nonce.length != TIME_HEX + 2 * MAC_BYTES || !from_hex(time, &made_ns))
		return false;
	mac(nonces, made_ns, address, code);
	to_hex(code, sizeof(code), code_hex);
	if (CRYPTO_memcmp(code_hex, nonce.at + TIME_HEX, 2 * sizeof(code)) != 0 ||
	    jf_time_since(made_ns, now_ns) > JF_DIGEST_NONCE_LIFE_NS)
		return false;
	*ret_made_ns = made_ns;
	return true;
}

bool jf_digest_count(struct jf_digest_memory *memory, uint64_t made_ns, uint32_t count)
{
	unsigned oldest = 0;

	if (made_ns <= memory->floor_ns)
		return false;
	for (unsigned i = 0; i < JF_DIGEST_NONCES; i++) {
		if (memory->made_ns[i] == made_ns) {
			if (count <= memory->count[i])
				return false;
			memory->count[i] = count;
			return true;
		}
		if (memory->made_ns[i] < memory->made_ns[oldest])
			oldest = i;
	}
	/* What is pushed out, and anything as old, is never good again. */
	memory->floor_ns = memory->made_ns[oldest];
	memory->made_ns[oldest] = made_ns;
	memory->count[oldest] = count;
	return true;
}
