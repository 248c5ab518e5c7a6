// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sdp_crypto.h"

#include <stdio.h>
#include <string.h>

#include "jf_sdp_priv.h"

#define LIFETIME_MIN (UINT64_C(1) << 20)
#define LIFETIME_MAX (UINT64_C(1) << 48) /* RFC 3711 section 9.2 */

/* GCM costs us half of AES-CM with HMAC-SHA1; 128 bits before 256; the short tag comes last. */
static const enum jf_srtp_suite order[JF_SDP_CRYPTO_LINES] = {
        JF_SRTP_AEAD_AES_128_GCM,        JF_SRTP_AES_CM_128_HMAC_SHA1_80, JF_SRTP_AEAD_AES_256_GCM,
        JF_SRTP_AES_256_CM_HMAC_SHA1_80, JF_SRTP_AES_CM_128_HMAC_SHA1_32,
};

enum jf_srtp_suite jf_sdp_crypto_suite(size_t place)
{
	return order[place];
}

const struct jf_sdp_crypto *jf_sdp_crypto_choose(const struct jf_sdp_crypto *lines, size_t count)
{
	for (size_t place = 0; place < JF_SDP_CRYPTO_LINES; place++)
		for (size_t i = 0; i < count; i++)
			if (lines[i].suite == order[place])
				return &lines[i];
	return NULL;
}

bool jf_sdp_crypto_answers(const struct jf_sdp_crypto *offered, size_t count,
                           const struct jf_sdp_crypto *answer)
{
	for (size_t i = 0; i < count; i++)
		if (offered[i].tag == answer->tag)
			return offered[i].suite == answer->suite;
	return false;
}

/* ---- Base 64 (RFC 4648 section 4) ------------------------------------------------------------ */

static int sextet(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Exactly length octets; padding may be left out, as some phones do. */
static bool base64_read(struct jf_reader text, uint8_t *ret_bytes, size_t length)
{
	size_t digits = (length * 4 + 2) / 3, at = 0;
	uint32_t bits = 0, n_bits = 0;

	if (jf_reader_left(&text) != digits && jf_reader_left(&text) != (length + 2) / 3 * 4)
		return false;
	for (size_t i = 0; i < digits; i++) {
		int value = sextet(text.at[i]);

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			ret_bytes[at++] = (uint8_t)(bits >> n_bits);
		}
	}
	for (const uint8_t *c = text.at + digits; c < text.end; c++)
		if (*c != '=')
			return false;
	return at == length;
}

static size_t base64_write(const uint8_t *bytes, size_t length, char *ret_text)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *at = ret_text;

	for (size_t i = 0; i < length; i += 3) {
		uint32_t bits = (uint32_t)bytes[i] << 16;

		if (i + 1 < length)
			bits |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < length)
			bits |= bytes[i + 2];
		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = i + 1 < length ? digits[bits >> 6 & 63] : '=';
		*at++ = i + 2 < length ? digits[bits & 63] : '=';
	}
	*at = '\0';
	return (size_t)(at - ret_text);
}

/* ---- A line ---------------------------------------------------------------------------------- */

static enum jf_srtp_suite suite_read(const struct jf_reader *name)
{
	for (unsigned s = JF_SRTP_NONE + 1; s < JF_SRTP_SUITE_COUNT; s++)
		if (jf_sdp_is(name, jf_srtp_suite_info((enum jf_srtp_suite)s)->name))
			return (enum jf_srtp_suite)s;
	return JF_SRTP_NONE;
}

/* "2^31", or the number itself. */
static bool lifetime_read(struct jf_reader text)
{
	uint64_t packets = 0;
	uint32_t power;

	if (jf_sdp_prefix(&text, "2^")) {
		if (!jf_sdp_number(&text, 48, &power))
			return false;
		packets = UINT64_C(1) << power;
	} else {
		if (text.failed || jf_reader_left(&text) == 0 || jf_reader_left(&text) > 15)
			return false;
		for (; jf_reader_left(&text); jf_reader_skip(&text, 1)) {
			if (*text.at < '0' || *text.at > '9')
				return false;
			packets = packets * 10 + (uint64_t)(*text.at - '0');
		}
	}
	return packets >= LIFETIME_MIN && packets <= LIFETIME_MAX;
}

/* inline:<key and salt>["|" lifetime]; with "|" MKI ":" length it can't be used. */
static bool key_read(struct jf_reader text, enum jf_srtp_suite suite, uint8_t *ret_key)
{
	const struct jf_srtp_suite_info *info = jf_srtp_suite_info(suite);
	struct jf_reader key;

	if (!jf_sdp_prefix(&text, "inline:"))
		return false;
	key = jf_sdp_word(&text, '|');
	if (key.failed || !base64_read(key, ret_key, (size_t)info->key + info->salt))
		return false;
	return jf_reader_left(&text) == 0 ? key.end == text.at : lifetime_read(text);
}

/* true: it changes nothing about the packets. */
static bool parameter_harmless(struct jf_reader text)
{
	uint32_t window;

	if (jf_sdp_prefix(&text, "WSH="))
		return jf_sdp_number(&text, 999999999, &window) && window >= 64;
	return jf_reader_left(&text) > 1 && *text.at == '-';
}

bool jf_sdp_crypto_read(const char *text, size_t length, struct jf_sdp_crypto *ret_crypto)
{
	struct jf_reader line = jf_reader_make(text, length);
	struct jf_reader tag = jf_sdp_word(&line, ' ');
	struct jf_reader name = jf_sdp_word(&line, ' ');
	struct jf_reader keys = jf_sdp_word(&line, ' ');
	struct jf_sdp_crypto crypto = {0};
	bool usable = false;

	if (tag.failed || name.failed || keys.failed ||
	    !jf_sdp_number(&tag, 999999999, &crypto.tag))
		return false;
	crypto.suite = (uint8_t)suite_read(&name);
	if (crypto.suite == JF_SRTP_NONE || !crypto.tag)
		return false;
	if (!key_read(keys, (enum jf_srtp_suite)crypto.suite, crypto.key))
		goto out;
	while (jf_reader_left(&line)) {
		struct jf_reader parameter = jf_sdp_word(&line, ' ');

		if (jf_reader_left(&parameter) && !parameter_harmless(parameter))
			goto out;
	}
	*ret_crypto = crypto;
	usable = true;
out:
	explicit_bzero(&crypto, sizeof(crypto));
	return usable;
}

void jf_sdp_crypto_write(const struct jf_sdp_crypto *crypto, char ret_text[JF_SDP_CRYPTO_TEXT_MAX])
{
	const struct jf_srtp_suite_info *info =
	        jf_srtp_suite_info((enum jf_srtp_suite)crypto->suite);
	int n = snprintf(ret_text, JF_SDP_CRYPTO_TEXT_MAX, "a=crypto:%u %s inline:", crypto->tag,
	                 info->name);

	(void)base64_write(crypto->key, (size_t)info->key + info->salt, ret_text + n);
}
