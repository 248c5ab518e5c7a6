// SPDX-License-Identifier: BSD-3-Clause
#include "jf_directory_priv.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/evp.h>

#define MD5_BYTES    16
#define SHA256_BYTES 32

bool jf_directory_network_parse(const char *text, struct jf_directory_network *ret,
                                const char **ret_why)
{
	char address[64];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t)(slash - text) : strlen(text);
	unsigned bits, prefix;
	char *end = NULL;

	*ret_why = "an address or a network such as 10.77.0.0/24 is needed";
	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	*ret = (struct jf_directory_network){.family = strchr(address, ':') ? 6 : 4};
	bits = ret->family == 6 ? 128 : 32;
	if (inet_pton(ret->family == 6 ? AF_INET6 : AF_INET, address, ret->ip) != 1)
		return false;
	prefix = bits;
	if (slash) {
		if (!isdigit((unsigned char)slash[1]))
			return false;
		prefix = (unsigned)strtoul(slash + 1, &end, 10);
		if (*end || prefix > bits)
			return false;
	}
	ret->prefix = (uint8_t)prefix;
	*ret_why = "has bits set after its prefix";
	for (unsigned bit = prefix; bit < bits; bit++) {
		if (ret->ip[bit / 8] >> (7 - bit % 8) & 1)
			return false;
	}
	return true;
}

bool jf_directory_name_fits(const char *name)
{
	for (const char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && (c == name || !strchr("._-", *c)))
			return false;
	return true;
}

/* Lower-case hex of the hash, which has that many bytes. */
static bool hash(const EVP_MD *method, const char *text, size_t length, unsigned bytes,
                 char *ret_hex)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (!EVP_Digest(text, length, digest, &size, method, NULL) || size != bytes)
		return false;
	for (unsigned i = 0; i < size; i++)
		snprintf(ret_hex + 2 * (size_t)i, 3, "%02x", digest[i]);
	explicit_bzero(digest, sizeof(digest));
	return true;
}

int jf_directory_ha1(const char *user, const char *realm, const char *password, char ret_md5[33],
                     char ret_sha256[65])
{
	char text[1024];
	int length = snprintf(text, sizeof(text), "%s:%s:%s", user, realm, password);
	int result = -EINVAL;

	if (length > 0 && (size_t)length < sizeof(text) &&
	    hash(EVP_md5(), text, (size_t)length, MD5_BYTES, ret_md5) &&
	    hash(EVP_sha256(), text, (size_t)length, SHA256_BYTES, ret_sha256))
		result = 0;
	explicit_bzero(text, sizeof(text));
	return result;
}
