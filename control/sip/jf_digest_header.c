// SPDX-License-Identifier: BSD-3-Clause
#include "jf_digest_header.h"

#include <ctype.h>
#include <errno.h>

/* Parameters beyond this make a header unusable. */
#define PARAMETERS_MAX 24

const char *jf_digest_algorithm_name(enum jf_digest_algorithm algorithm)
{
	switch (algorithm) {
	case JF_DIGEST_MD5:
		return "MD5";
	case JF_DIGEST_SHA256:
		return "SHA-256";
	case JF_DIGEST_UNKNOWN:
		break;
	}
	return NULL;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* RFC 3261 25.1 */
static bool is_token(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-.!%*_+`'~", c));
}

static void skip_space(struct jf_slice *rest)
{
	while (rest->length && is_space(rest->at[0])) {
		rest->at++;
		rest->length--;
	}
}

static struct jf_slice take(struct jf_slice *rest, size_t length)
{
	struct jf_slice taken = {.at = rest->at, .length = length};

	rest->at += length;
	rest->length -= length;
	return taken;
}

static struct jf_slice take_token(struct jf_slice *rest)
{
	size_t length = 0;

	while (length < rest->length && is_token(rest->at[length]))
		length++;
	return take(rest, length);
}

/* After the opening quote; without the closing one. */
static bool take_quoted(struct jf_slice *rest, struct jf_slice *ret_value)
{
	size_t length = 0;

	while (length < rest->length && rest->at[length] != '"') {
		unsigned char c = (unsigned char)rest->at[length];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
		length += c == '\\' ? 2 : 1;
	}
	if (length >= rest->length)
		return false;
	*ret_value = take(rest, length);
	(void)take(rest, 1);
	return true;
}

/* name = value, up to the comma or the end. */
static bool take_parameter(struct jf_slice *rest, struct jf_slice *ret_name,
                           struct jf_slice *ret_value)
{
	*ret_name = take_token(rest);
	skip_space(rest);
	if (!ret_name->length || !rest->length || rest->at[0] != '=')
		return false;
	(void)take(rest, 1);
	skip_space(rest);
	if (rest->length && rest->at[0] == '"') {
		(void)take(rest, 1);
		if (!take_quoted(rest, ret_value))
			return false;
	} else {
		*ret_value = take_token(rest);
		if (!ret_value->length)
			return false;
	}
	skip_space(rest);
	return !rest->length || rest->at[0] == ',';
}

/* A place for each parameter that is known. */
struct place {
	const char *name;
	struct jf_slice *value;
};

static int read_parameters(struct jf_slice rest, const struct place *places, size_t n_places)
{
	struct jf_slice scheme, name, value;
	unsigned count = 0;

	skip_space(&rest);
	scheme = take_token(&rest);
	if (!jf_slice_is_nocase(scheme, "Digest"))
		return scheme.length ? -ENOTSUP : -EBADMSG;
	if (!rest.length || !is_space(rest.at[0]))
		return -EBADMSG;
	for (;;) {
		skip_space(&rest);
		if (rest.length && rest.at[0] == ',') { /* RFC 3261 7.3.1: empty elements */
			(void)take(&rest, 1);
			if (++count > PARAMETERS_MAX)
				return -EBADMSG;
			continue;
		}
		if (!rest.length)
			return 0;
		if (++count > PARAMETERS_MAX || !take_parameter(&rest, &name, &value))
			return -EBADMSG;
		for (size_t i = 0; i < n_places; i++) {
			if (!jf_slice_is_nocase(name, places[i].name))
				continue;
			if (places[i].value->at)
				return -EBADMSG;
			*places[i].value = value;
		}
	}
}

static enum jf_digest_algorithm algorithm_of(struct jf_slice name)
{
	if (!name.at || jf_slice_is_nocase(name, "MD5"))
		return JF_DIGEST_MD5;
	return jf_slice_is_nocase(name, "SHA-256") ? JF_DIGEST_SHA256 : JF_DIGEST_UNKNOWN;
}

/* Is "auth" one of the list? */
static bool offers_auth(struct jf_slice list)
{
	while (list.length) {
		size_t length = 0;
		struct jf_slice one;

		while (length < list.length && list.at[length] != ',')
			length++;
		one = jf_slice_trim(take(&list, length));
		if (list.length)
			(void)take(&list, 1);
		if (jf_slice_is_nocase(one, "auth"))
			return true;
	}
	return false;
}

int jf_digest_challenge_read(struct jf_slice value, struct jf_digest_challenge *ret_challenge)
{
	struct jf_digest_challenge c = {0};
	struct jf_slice algorithm = {0}, stale = {0}, qop = {0};
	const struct place places[] = {
	        {"realm", &c.realm},       {"nonce", &c.nonce}, {"opaque", &c.opaque},
	        {"algorithm", &algorithm}, {"stale", &stale},   {"qop", &qop},
	};
	int err = read_parameters(value, places, sizeof(places) / sizeof(*places));

	if (err)
		return err;
	if (!c.realm.at || !c.nonce.at || !c.nonce.length)
		return -EBADMSG;
	c.algorithm = algorithm_of(algorithm);
	c.stale = jf_slice_is_nocase(stale, "true");
	c.has_qop = qop.at != NULL;
	c.qop_auth = offers_auth(qop);
	*ret_challenge = c;
	return 0;
}

int jf_digest_answer_read(struct jf_slice value, struct jf_digest_answer *ret_answer)
{
	struct jf_digest_answer a = {0};
	struct jf_slice algorithm = {0};
	const struct place places[] = {
	        {"username", &a.username},
	        {"realm", &a.realm},
	        {"nonce", &a.nonce},
	        {"uri", &a.uri},
	        {"response", &a.response},
	        {"cnonce", &a.cnonce},
	        {"nc", &a.nc},
	        {"qop", &a.qop},
	        {"opaque", &a.opaque},
	        {"algorithm", &algorithm},
	};
	int err = read_parameters(value, places, sizeof(places) / sizeof(*places));

	if (err)
		return err;
	if (!a.username.at || !a.realm.at || !a.nonce.at || !a.uri.at || !a.response.at)
		return -EBADMSG;
	a.algorithm = algorithm_of(algorithm);
	*ret_answer = a;
	return 0;
}
