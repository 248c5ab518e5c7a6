// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_headers.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "jf_reader.h"

/* ---- Words ----------------------------------------------------------------------------------- */

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n'; /* folded lines too */
}

static struct jf_reader trimmed(struct jf_reader r)
{
	while (jf_reader_left(&r) && blank(*r.at))
		r.at++;
	while (jf_reader_left(&r) && blank(r.end[-1]))
		r.end--;
	return r;
}

/* Up to a separator, which is taken too; without blanks around it. */
static struct jf_reader word(struct jf_reader *r, char separator)
{
	size_t left = jf_reader_left(r);
	const uint8_t *stop = left ? memchr(r->at, separator, left) : NULL;
	struct jf_reader w = jf_reader_sub(r, stop ? (size_t)(stop - r->at) : left);

	if (stop)
		jf_reader_skip(r, 1);
	return trimmed(w);
}

static bool is(const struct jf_reader *w, const char *text)
{
	size_t length = strlen(text);

	return jf_reader_left(w) == length && strncasecmp((const char *)w->at, text, length) == 0;
}

static int copy(const struct jf_reader *w, char *ret_text, size_t size)
{
	size_t length = jf_reader_left(w);

	if (!length)
		return -EBADMSG;
	if (length >= size)
		return -EMSGSIZE;
	for (size_t i = 0; i < length; i++)
		if (w->at[i] <= 0x20 || w->at[i] >= 0x7f)
			return -EBADMSG;
	memcpy(ret_text, w->at, length);
	ret_text[length] = '\0';
	return 0;
}

static int number(const struct jf_reader *w, uint64_t max, uint32_t *ret_number)
{
	size_t length = jf_reader_left(w);
	uint64_t value = 0;

	if (!length || length > 10)
		return -EBADMSG;
	for (size_t i = 0; i < length; i++) {
		if (w->at[i] < '0' || w->at[i] > '9')
			return -EBADMSG;
		value = value * 10 + (uint64_t)(w->at[i] - '0');
	}
	if (value > max)
		return -EBADMSG;
	*ret_number = (uint32_t)value;
	return 0;
}

/* ---- Replaces -------------------------------------------------------------------------------- */

int jf_sip_replaces_parse(const char *text, size_t length, struct jf_sip_replaces *ret_replaces)
{
	struct jf_reader r = jf_reader_make(text, length);
	struct jf_reader call_id = word(&r, ';');
	struct jf_sip_replaces found = {.early_only = false};
	int err = copy(&call_id, found.call_id, sizeof(found.call_id));

	while (!err && jf_reader_left(&r)) {
		struct jf_reader value = word(&r, ';');
		struct jf_reader name = word(&value, '=');

		value = trimmed(value);
		if (is(&name, "to-tag"))
			err = found.to_tag[0] ? -EBADMSG
			                      : copy(&value, found.to_tag, sizeof(found.to_tag));
		else if (is(&name, "from-tag"))
			err = found.from_tag[0]
			              ? -EBADMSG
			              : copy(&value, found.from_tag, sizeof(found.from_tag));
		else if (is(&name, "early-only"))
			found.early_only = true;
	}
	if (err)
		return err;
	if (!found.to_tag[0] || !found.from_tag[0] || strchr(found.call_id, ','))
		return -EBADMSG; /* one only (section 3) */
	*ret_replaces = found;
	return 0;
}

/* ---- Refer-To -------------------------------------------------------------------------------- */

static int hex(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (uint8_t)tolower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The value of a URI's header, escapes undone. */
static int unescape(const struct jf_reader *value, char *ret_text, size_t size, size_t *ret_length)
{
	size_t at = 0;

	for (const uint8_t *p = value->at; p < value->end; p++) {
		uint8_t c = *p;

		if (c == '%') {
			int high = value->end - p > 2 ? hex(p[1]) : -1;
			int low = high < 0 ? -1 : hex(p[2]);

			if (low < 0)
				return -EBADMSG;
			c = (uint8_t)(high << 4 | low);
			p += 2;
		}
		if (at == size)
			return -EMSGSIZE;
		ret_text[at++] = (char)c;
	}
	*ret_length = at;
	return 0;
}

static int uri_headers(struct jf_reader r, struct jf_sip_refer_to *refer_to)
{
	char text[sizeof(struct jf_sip_replaces)];
	size_t length;
	int err = 0;

	while (!err && jf_reader_left(&r)) {
		struct jf_reader value = word(&r, '&');
		struct jf_reader name = word(&value, '=');

		if (!is(&name, "Replaces"))
			continue; /* what else is wished for is not taken over */
		if (refer_to->has_replaces)
			return -EBADMSG;
		err = unescape(&value, text, sizeof(text), &length);
		if (!err)
			err = jf_sip_replaces_parse(text, length, &refer_to->replaces);
		refer_to->has_replaces = true;
	}
	return err;
}

/* ";method=..." of the URI, which is cut off there: it is ours to choose. */
static int uri_method(struct jf_reader *uri, struct jf_sip_refer_to *refer_to)
{
	struct jf_reader r = *uri;

	(void)word(&r, ';');
	while (jf_reader_left(&r)) {
		const uint8_t *begin = r.at;
		struct jf_reader value = word(&r, ';');
		struct jf_reader name = word(&value, '=');

		if (!is(&name, "method"))
			continue;
		if (jf_reader_left(&r))
			return -EBADMSG; /* of use to nobody in the middle of others */
		uri->end = begin - 1;
		return copy(&value, refer_to->method, sizeof(refer_to->method));
	}
	return 0;
}

/* "Name" <uri>;parameters or uri;parameters: the URI. */
static int address_uri(struct jf_reader r, struct jf_reader *ret_uri)
{
	r = trimmed(r);
	if (jf_reader_left(&r) && *r.at == '"') {
		r.at++;
		while (jf_reader_left(&r) && *r.at != '"')
			r.at += *r.at == '\\' && jf_reader_left(&r) > 1 ? 2 : 1;
		if (!jf_reader_left(&r))
			return -EBADMSG;
		r.at++;
	}
	if (jf_reader_left(&r) && memchr(r.at, '<', jf_reader_left(&r))) {
		(void)word(&r, '<');
		if (!memchr(r.at, '>', jf_reader_left(&r)))
			return -EBADMSG;
		*ret_uri = word(&r, '>');
	} else {
		*ret_uri = word(&r, ';'); /* parameters belong to the header then */
	}
	return jf_reader_left(ret_uri) ? 0 : -EBADMSG;
}

int jf_sip_refer_to_parse(const char *text, size_t length, struct jf_sip_refer_to *ret_refer_to)
{
	struct jf_sip_refer_to found = {.method = "INVITE"};
	struct jf_reader whole, uri;
	int err = address_uri(jf_reader_make(text, length), &whole);

	if (err)
		return err;
	uri = word(&whole, '?');
	err = uri_headers(whole, &found);
	if (!err)
		err = uri_method(&uri, &found);
	if (!err)
		err = copy(&uri, found.uri, sizeof(found.uri));
	/* What would end the brackets or the line that it is written into again. */
	if (!err && strpbrk(found.uri, "<>\""))
		err = -EBADMSG;
	if (!err)
		*ret_refer_to = found;
	return err;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

int jf_sip_session_expires_parse(const char *text, size_t length,
                                 struct jf_sip_session_expires *ret_expires)
{
	struct jf_reader r = jf_reader_make(text, length);
	struct jf_reader seconds = word(&r, ';');
	struct jf_sip_session_expires found = {.refresher = JF_SIP_REFRESHER_NONE};
	int err = number(&seconds, 999999999, &found.seconds);

	while (!err && jf_reader_left(&r)) {
		struct jf_reader value = word(&r, ';');
		struct jf_reader name = word(&value, '=');

		value = trimmed(value);
		if (!is(&name, "refresher"))
			continue;
		if (is(&value, "uac"))
			found.refresher = JF_SIP_REFRESHER_UAC;
		else if (is(&value, "uas"))
			found.refresher = JF_SIP_REFRESHER_UAS;
		else
			err = -EBADMSG;
	}
	if (!err)
		*ret_expires = found;
	return err;
}

int jf_sip_rack_parse(const char *text, size_t length, struct jf_sip_rack *ret_rack)
{
	struct jf_reader r = trimmed(jf_reader_make(text, length));
	struct jf_reader rseq = word(&r, ' '), cseq;
	struct jf_sip_rack found;
	int err;

	r = trimmed(r);
	cseq = word(&r, ' ');
	r = trimmed(r);
	err = number(&rseq, UINT32_MAX, &found.rseq);
	if (!err)
		err = number(&cseq, INT32_MAX, &found.cseq);
	if (!err)
		err = copy(&r, found.method, sizeof(found.method));
	if (!err)
		*ret_rack = found;
	return err;
}

int jf_sip_number_parse(const char *text, size_t length, uint32_t *ret_number)
{
	struct jf_reader r = trimmed(jf_reader_make(text, length));

	return number(&r, UINT32_MAX, ret_number);
}
