// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_peek.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct jf_sip_span trim(const char *from, const char *to)
{
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	return (struct jf_sip_span){from, (size_t)(to - from)};
}

bool jf_sip_span_is(struct jf_sip_span span, const char *text)
{
	return span.at && strlen(text) == span.length &&
	       strncasecmp(span.at, text, span.length) == 0;
}

/* --- lines --- */

/* Up to and with the line's end; lines that begin with white space belong to the one before. */
static const char *line_end(const char *at, const char *end)
{
	for (;;) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			return end;
		at++;
		if (at == end || (*at != ' ' && *at != '\t'))
			return at;
	}
}

bool jf_sip_peek_header(struct jf_sip_span *header, struct jf_sip_span *ret_name,
                        struct jf_sip_span *ret_value)
{
	while (header->length) {
		const char *at = header->at, *end = line_end(at, at + header->length);
		const char *colon = memchr(at, ':', (size_t)(end - at));

		header->at = end;
		header->length -= (size_t)(end - at);
		if (!colon)
			continue;
		*ret_name = trim(at, colon);
		*ret_value = trim(colon + 1, end);
		return true;
	}
	return false;
}

/* --- parameters --- */

/* The first a or b that stands outside of quotes, or end. */
static const char *outside_quotes(const char *at, const char *end, char a, char b)
{
	bool quoted = false;

	for (; at < end; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (quoted)
			at += *at == '\\' && at + 1 < end;
		else if (*at == a || *at == b)
			return at;
	}
	return end;
}

bool jf_sip_span_parameter(struct jf_sip_span value, const char *name,
                           struct jf_sip_span *ret_value)
{
	const char *end = value.at + value.length, *at, *open;

	if (!value.at)
		return false;
	open = outside_quotes(value.at, end, '<', '<');
	at = open < end ? outside_quotes(open, end, '>', '>') : value.at;
	at = outside_quotes(at, end, ';', ',');
	while (at < end && *at == ';') {
		const char *next = outside_quotes(at + 1, end, ';', ',');
		const char *equals = memchr(at + 1, '=', (size_t)(next - at - 1));
		struct jf_sip_span found = trim(at + 1, equals ? equals : next);

		if (jf_sip_span_is(found, name)) {
			*ret_value = equals ? trim(equals + 1, next) : (struct jf_sip_span){0};
			return true;
		}
		at = next;
	}
	return false;
}

struct jf_sip_span jf_sip_span_user(struct jf_sip_span value)
{
	const char *end = value.at + value.length, *at, *stop, *colon;

	if (!value.at)
		return (struct jf_sip_span){0};
	at = outside_quotes(value.at, end, '<', '<');
	at = at < end ? at + 1 : value.at;
	end = outside_quotes(at, end, '>', '>');
	colon = memchr(at, ':', (size_t)(end - at));
	at = colon ? colon + 1 : at;
	stop = memchr(at, '@', (size_t)(end - at));
	if (!stop)
		return (struct jf_sip_span){0};
	/* A password or parameters of the user are not part of the name. */
	for (const char *c = at; c < stop; c++)
		if (*c == ':' || *c == ';')
			stop = c;
	return (struct jf_sip_span){at, (size_t)(stop - at)};
}

/* --- the message --- */

static enum jf_sip_method method_of(struct jf_sip_span name)
{
	static const struct {
		const char *name;
		enum jf_sip_method kind;
	} methods[] = {
	        {"INVITE", JF_SIP_METHOD_INVITE},     {"ACK", JF_SIP_METHOD_ACK},
	        {"BYE", JF_SIP_METHOD_BYE},           {"CANCEL", JF_SIP_METHOD_CANCEL},
	        {"REGISTER", JF_SIP_METHOD_REGISTER}, {"OPTIONS", JF_SIP_METHOD_OPTIONS},
	};

	/* Methods are case-sensitive (RFC 3261 7.1). */
	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
		if (strlen(methods[i].name) == name.length &&
		    memcmp(methods[i].name, name.at, name.length) == 0)
			return methods[i].kind;
	return JF_SIP_METHOD_OTHER;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of any version: requests of others than 2.0 are told so by who checks them. */
static bool is_version(const char *at)
{
	return strncasecmp(at, "SIP/", 4) == 0 && is_digit(at[4]) && at[5] == '.' &&
	       is_digit(at[6]);
}

static int read_start(struct jf_sip_span line, struct jf_sip_peek *peek)
{
	static const char version[] = "SIP/2.0";
	const size_t size = sizeof(version) - 1;
	const char *end = line.at + line.length, *space, *last;

	if (line.length > size + 4 && memcmp(line.at, version, size) == 0 && line.at[size] == ' ') {
		const char *code = line.at + size + 1;

		if (code[0] < '1' || code[0] > '6' || !is_digit(code[1]) || !is_digit(code[2]))
			return -EBADMSG;
		peek->code =
		        (uint16_t)((code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0'));
		return 0;
	}
	space = memchr(line.at, ' ', line.length);
	if (!space || space == line.at || line.length < size + 4 || !is_version(end - size) ||
	    end[-(long)size - 1] != ' ')
		return -EBADMSG;
	last = end - size - 1;
	if (last <= space)
		return -EBADMSG;
	peek->request = true;
	peek->method = (struct jf_sip_span){line.at, (size_t)(space - line.at)};
	peek->uri = trim(space, last);
	peek->kind = method_of(peek->method);
	return 0;
}

static struct jf_sip_span *place_of(struct jf_sip_peek *peek, struct jf_sip_span name)
{
	switch (name.length ? name.at[0] | 0x20 : 0) {
	case 'v':
		return name.length == 1 || jf_sip_span_is(name, "via") ? &peek->via : NULL;
	case 'f':
		return name.length == 1 || jf_sip_span_is(name, "from") ? &peek->from : NULL;
	case 't':
		return name.length == 1 || jf_sip_span_is(name, "to") ? &peek->to : NULL;
	case 'i':
		return name.length == 1 ? &peek->call_id : NULL;
	case 'c':
		if (jf_sip_span_is(name, "call-id"))
			return &peek->call_id;
		return jf_sip_span_is(name, "cseq") ? &peek->cseq : NULL;
	default:
		return NULL;
	}
}

/* --- Via --- */

/* A parameter may be there twice: the first counts. */
static void take_parameter(struct jf_sip_via *via, const char *at, const char *end)
{
	const char *equals = at;
	struct jf_sip_span name, value = {0};

	while (equals < end && *equals != '=')
		equals++;
	name = trim(at, equals);
	if (equals < end)
		value = trim(equals + 1, end);
	switch (name.length ? name.at[0] | 0x20 : 0) {
	case 'b':
		if (!via->branch.at && jf_sip_span_is(name, "branch"))
			via->branch = value;
		break;
	case 'r':
		via->has_rport |= jf_sip_span_is(name, "rport");
		via->has_received |= jf_sip_span_is(name, "received");
		break;
	case 'm':
		via->has_maddr |= jf_sip_span_is(name, "maddr");
		break;
	case 'o':
		if (!via->has_oc && jf_sip_span_is(name, "oc")) {
			via->has_oc = true;
			via->oc = value;
		} else if (!via->has_oc_algo && jf_sip_span_is(name, "oc-algo")) {
			via->has_oc_algo = true;
			via->oc_algo = value;
		}
		break;
	default:
		break;
	}
}

static void read_via(struct jf_sip_span value, struct jf_sip_via *via)
{
	const char *end = value.at + value.length;
	const char *at = outside_quotes(value.at, end, ';', ',');

	while (at < end && *at == ';') {
		const char *next = outside_quotes(at + 1, end, ';', ',');

		take_parameter(via, at + 1, next);
		at = next;
	}
	via->end = at;
}

static bool is_empty_line(const char *at, const char *end)
{
	return *at == '\n' || (*at == '\r' && at + 1 < end && at[1] == '\n');
}

/* One header line, from at to next. */
static void read_line(const char *at, const char *next, struct jf_sip_peek *peek)
{
	struct jf_sip_span line = {at, (size_t)(next - at)}, name, value, *place;

	switch (*at | 0x20) {
	case 'v':
	case 'f':
	case 't':
	case 'i':
	case 'c':
	case ' ':
	case '\t' | 0x20:
		break;
	default: /* none that we keep */
		return;
	}
	if (!jf_sip_peek_header(&line, &name, &value))
		return;
	place = place_of(peek, name);
	peek->vias += place == &peek->via;
	if (place && !place->at)
		*place = value;
}

/* Up to the empty line, and what is behind it. */
static void read_header(const char *at, const char *end, struct jf_sip_peek *peek)
{
	peek->header.at = at;
	while (at < end && !is_empty_line(at, end)) {
		const char *next = line_end(at, end);

		read_line(at, next, peek);
		at = next;
	}
	if (at < end)
		at = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
	peek->header.length = (size_t)(at - peek->header.at);
	peek->body = (struct jf_sip_span){at, (size_t)(end - at)};
}

int jf_sip_peek(const char *bytes, size_t length, struct jf_sip_peek *ret_peek)
{
	const char *end = bytes + length, *line;
	struct jf_sip_peek peek = {0};
	int err;

	line = length ? memchr(bytes, '\n', length) : NULL;
	if (!line)
		return -EBADMSG;
	peek.start = trim(bytes, line);
	if (peek.start.at != bytes)
		return -EBADMSG;
	err = read_start(peek.start, &peek);
	if (err)
		return err;
	read_header(line + 1, end, &peek);
	if (peek.request && peek.via.at)
		read_via(peek.via, &peek.first);
	if (!jf_sip_span_parameter(peek.to, "tag", &peek.to_tag))
		peek.to_tag = (struct jf_sip_span){0};
	*ret_peek = peek;
	return 0;
}
