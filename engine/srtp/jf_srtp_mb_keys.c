// SPDX-License-Identifier: BSD-3-Clause
#include <strings.h>

#include "jf_srtp_mb_wide.h"

void mb_round_keys(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *key,
                   uint8_t ret_round_keys[ROUND_KEYS_MAX])
{
	_Alignas(16) uint8_t decrypt[ROUND_KEYS_MAX]; /* made along, not needed in counter mode */

	if (is_256(suite))
		IMB_AES_KEYEXP_256(mb->mgr, key, ret_round_keys, decrypt);
	else
		IMB_AES_KEYEXP_128(mb->mgr, key, ret_round_keys, decrypt);
	explicit_bzero(decrypt, sizeof(decrypt));
}

void mb_gcm_keys(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *key,
                 struct gcm_key_data *ret_keys)
{
	if (is_256(suite))
		IMB_AES256_GCM_PRE(mb->mgr, key, ret_keys);
	else
		IMB_AES128_GCM_PRE(mb->mgr, key, ret_keys);
}

void mb_hmac_keys(struct mb *mb, const uint8_t auth[AUTH_KEY_SIZE], uint8_t ret_inner[SHA1_SIZE],
                  uint8_t ret_outer[SHA1_SIZE])
{
	uint8_t block[64];

	memset(block, 0x36, sizeof(block));
	for (uint32_t i = 0; i < AUTH_KEY_SIZE; i++)
		block[i] ^= auth[i];
	IMB_SHA1_ONE_BLOCK(mb->mgr, block, ret_inner);
	memset(block, 0x5c, sizeof(block));
	for (uint32_t i = 0; i < AUTH_KEY_SIZE; i++)
		block[i] ^= auth[i];
	IMB_SHA1_ONE_BLOCK(mb->mgr, block, ret_outer);
	explicit_bzero(block, sizeof(block));
}

void mb_cipher(struct mb *mb, bool with_256, const uint8_t *round_keys, const uint8_t iv[16],
               uint8_t *bytes, uint32_t length)
{
	IMB_JOB *job = with_256 ? mb->ciphers_256 : mb->ciphers_128;

	if (length == 0)
		return;
	cipher_job(job, round_keys, iv, bytes, length);
	mb_ciphers(mb, with_256, job, 1);
}

/* RFC 3711 section 4.3.3: the key stream under the master key that the label's counter begins. */
static void derive(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *round_keys,
                   const uint8_t *master_salt, uint8_t label, uint8_t *ret_bytes, uint32_t length)
{
	uint8_t iv[16] = {0};

	/* AES-GCM has a salt of 12 octets: zeros follow (RFC 7714 section 11) */
	memcpy(iv, master_salt, jf_srtp_suite_info(suite)->salt);
	iv[7] ^= label;
	memset(ret_bytes, 0, length);
	mb_cipher(mb, is_256(suite), round_keys, iv, ret_bytes, length);
	explicit_bzero(iv, sizeof(iv));
}

void mb_derive(struct mb *mb, enum jf_srtp_suite suite, const uint8_t *master, bool rtcp,
               struct session_keys *ret_keys)
{
	const struct jf_srtp_suite_info *info = jf_srtp_suite_info(suite);
	_Alignas(16) uint8_t round_keys[ROUND_KEYS_MAX];
	const uint8_t *salt = master + info->key;
	uint8_t first = rtcp ? 3 : 0;

	memset(ret_keys, 0, sizeof(*ret_keys));
	mb_round_keys(mb, suite, master, round_keys);
	derive(mb, suite, round_keys, salt, first, ret_keys->key, info->key);
	if (!is_gcm(suite))
		derive(mb, suite, round_keys, salt, first + 1, ret_keys->auth, AUTH_KEY_SIZE);
	derive(mb, suite, round_keys, salt, first + 2, ret_keys->salt, info->salt);
	explicit_bzero(round_keys, sizeof(round_keys));
}

void mb_stream_keys(struct mb *mb, uint32_t stream, enum jf_srtp_suite suite,
                    const struct session_keys *keys)
{
	struct stream *s = &mb->streams[stream];

	s->suite = (uint8_t)suite;
	s->tag = jf_srtp_suite_info(suite)->tag;
	memcpy(s->salt, keys->salt, sizeof(s->salt));
	if (is_library_gcm(mb, suite)) {
		mb_gcm_keys(mb, suite, keys->key, &mb->gcm[stream]);
		return;
	}
	mb_round_keys(mb, suite, keys->key, s->round_keys);
	if (is_gcm(suite))
		mb_wide_powers(s);
	else
		mb_hmac_keys(mb, keys->auth, s->inner, s->outer);
}
