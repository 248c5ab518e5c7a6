// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sipgen_message.h"

#include <string.h>
#include <strings.h>

static const char *const methods[] = {
        [JF_SIPGEN_INVITE] = "INVITE",   [JF_SIPGEN_ACK] = "ACK",
        [JF_SIPGEN_BYE] = "BYE",         [JF_SIPGEN_CANCEL] = "CANCEL",
        [JF_SIPGEN_OPTIONS] = "OPTIONS", [JF_SIPGEN_REGISTER] = "REGISTER",
};

static enum jf_sipgen_method method_of(const char *at, size_t length)
{
	for (unsigned int m = 0; m < JF_SIPGEN_OTHER; m++)
		if (strlen(methods[m]) == length && memcmp(methods[m], at, length) == 0)
			return (enum jf_sipgen_method)m;
	return JF_SIPGEN_OTHER;
}

static bool is_named(const char *line, size_t name_length, const char *name)
{
	return strlen(name) == name_length && strncasecmp(line, name, name_length) == 0;
}

/* The URI between brackets, or the whole value up to its parameters. */
static struct jf_sipgen_text uri_of(struct jf_sipgen_text value)
{
	const char *open = memchr(value.at, '<', value.length), *close;

	if (!open) {
		close = memchr(value.at, ';', value.length);
		return (struct jf_sipgen_text){value.at,
		                               close ? (uint32_t)(close - value.at) : value.length};
	}
	open++;
	close = memchr(open, '>', value.length - (size_t)(open - value.at));
	if (!close)
		return (struct jf_sipgen_text){0};
	return (struct jf_sipgen_text){open, (uint32_t)(close - open)};
}

static bool is_md5(struct jf_sipgen_text challenge)
{
	struct jf_sipgen_text algorithm = jf_sipgen_parameter(challenge, "algorithm");

	return !algorithm.at || is_named(algorithm.at, algorithm.length, "MD5");
}

/* Keeps the line of the header if it is one that matters. */
static void take_header(struct jf_sipgen_message *m, const char *line, size_t name_length,
                        struct jf_sipgen_text value)
{
	if (is_named(line, name_length, "Via")) {
		if (m->n_vias < JF_SIPGEN_LINES_MAX)
			m->vias[m->n_vias++] = value;
	} else if (is_named(line, name_length, "Record-Route")) {
		if (m->n_record_routes < JF_SIPGEN_LINES_MAX)
			m->record_routes[m->n_record_routes++] = value;
	} else if (is_named(line, name_length, "From")) {
		m->from = value;
	} else if (is_named(line, name_length, "To")) {
		m->to = value;
	} else if (is_named(line, name_length, "Call-ID")) {
		m->call_id = value;
	} else if (is_named(line, name_length, "CSeq")) {
		m->cseq = value;
	} else if (is_named(line, name_length, "Contact")) {
		m->contact = uri_of(value);
	} else if (is_named(line, name_length, "WWW-Authenticate") && !m->authenticate.at &&
	           is_md5(value)) {
		m->authenticate = value;
	}
}

static bool read_first_line(struct jf_sipgen_message *m, const char *line, size_t length)
{
	const char *space;

	if (length >= 11 && memcmp(line, "SIP/2.0 ", 8) == 0) {
		for (int i = 8; i < 11; i++) {
			if (line[i] < '0' || line[i] > '9')
				return false;
			m->code = (uint16_t)(m->code * 10 + (line[i] - '0'));
		}
		return m->code >= 100;
	}
	space = memchr(line, ' ', length);
	if (!space || length < 8 || memcmp(line + length - 8, " SIP/2.0", 8) != 0)
		return false;
	m->method = method_of(line, (size_t)(space - line));
	return true;
}

static void read_header(struct jf_sipgen_message *m, const char *line, size_t length)
{
	const char *colon = memchr(line, ':', length), *end = line + length, *value;
	size_t name_length;

	if (!colon)
		return;
	name_length = (size_t)(colon - line);
	while (name_length && (line[name_length - 1] == ' ' || line[name_length - 1] == '\t'))
		name_length--;
	for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
		;
	take_header(m, line, name_length, (struct jf_sipgen_text){value, (uint32_t)(end - value)});
}

bool jf_sipgen_message_read(const char *bytes, size_t length, struct jf_sipgen_message *ret_message)
{
	struct jf_sipgen_message m = {0};
	const char *at = bytes, *end = bytes + length, *space;
	bool first = true;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);

		if (line && at[line - 1] == '\r')
			line--;
		if (!line)
			break;
		if (!first)
			read_header(&m, at, line);
		else if (!read_first_line(&m, at, line))
			return false;
		first = false;
		at = newline ? newline + 1 : end;
	}
	if (!m.n_vias || !m.from.at || !m.to.at || !m.call_id.at || !m.cseq.at)
		return false;
	space = memchr(m.cseq.at, ' ', m.cseq.length);
	if (!space)
		return false;
	if (m.code)
		m.method = method_of(space + 1, m.cseq.length - (size_t)(space + 1 - m.cseq.at));
	*ret_message = m;
	return true;
}

/* ---- Pieces --------------------------------------------------------------------------------- */

static int64_t number_behind(struct jf_sipgen_text value, const char *mark, const char *prefix)
{
	const char *at = memmem(value.at, value.length, mark, strlen(mark));
	const char *end = value.at + value.length;
	size_t length = strlen(prefix);
	int64_t number = 0;
	unsigned int digits = 0;

	if (!at)
		return -1;
	at += strlen(mark);
	if ((size_t)(end - at) < length || memcmp(at, prefix, length) != 0)
		return -1;
	for (at += length; at < end && *at >= '0' && *at <= '9' && digits < 18; at++, digits++)
		number = number * 10 + (*at - '0');
	return digits ? number : -1;
}

int64_t jf_sipgen_user_number(struct jf_sipgen_text value, const char *prefix)
{
	return number_behind(value, "<sip:", prefix);
}

int64_t jf_sipgen_tag_number(struct jf_sipgen_text value, const char *prefix)
{
	return number_behind(value, ";tag=", prefix);
}

struct jf_sipgen_text jf_sipgen_parameter(struct jf_sipgen_text value, const char *name)
{
	const char *at = value.at, *end = value.at + value.length;
	size_t length = strlen(name);

	for (; at && (size_t)(end - at) > length; at++) {
		const char *from = at + length + 1, *to;

		if ((at > value.at && at[-1] != ' ' && at[-1] != ',' && at[-1] != ';') ||
		    strncasecmp(at, name, length) != 0 || at[length] != '=')
			continue;
		if (from < end && *from == '"') {
			from++;
			to = memchr(from, '"', (size_t)(end - from));
		} else {
			for (to = from; to < end && *to != ',' && *to != ' ' && *to != ';'; to++)
				;
		}
		if (!to)
			break;
		return (struct jf_sipgen_text){from, (uint32_t)(to - from)};
	}
	return (struct jf_sipgen_text){0};
}

/* ---- Writing -------------------------------------------------------------------------------- */

void jf_sipgen_add_text(struct jf_sipgen_buffer *buffer, struct jf_sipgen_text text)
{
	if (text.length > buffer->size - buffer->length) {
		buffer->full = true;
		return;
	}
	if (text.length)
		memcpy(buffer->bytes + buffer->length, text.at, text.length);
	buffer->length += text.length;
}

void jf_sipgen_add(struct jf_sipgen_buffer *buffer, const char *text)
{
	jf_sipgen_add_text(buffer, (struct jf_sipgen_text){text, (uint32_t)strlen(text)});
}

void jf_sipgen_add_number(struct jf_sipgen_buffer *buffer, uint64_t number)
{
	char digits[20];
	uint32_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	jf_sipgen_add_text(buffer,
	                   (struct jf_sipgen_text){digits + at, (uint32_t)sizeof(digits) - at});
}

static void add_lines(struct jf_sipgen_buffer *buffer, const char *name, uint32_t n,
                      const struct jf_sipgen_text *values)
{
	for (uint32_t i = 0; i < n; i++) {
		jf_sipgen_add(buffer, name);
		jf_sipgen_add_text(buffer, values[i]);
		jf_sipgen_add(buffer, "\r\n");
	}
}

void jf_sipgen_add_response(struct jf_sipgen_buffer *buffer,
                            const struct jf_sipgen_message *request, const char *status,
                            const char *to_tag)
{
	bool tagged = memmem(request->to.at, request->to.length, ";tag=", 5) != NULL;

	jf_sipgen_add(buffer, "SIP/2.0 ");
	jf_sipgen_add(buffer, status);
	jf_sipgen_add(buffer, "\r\n");
	add_lines(buffer, "Via: ", request->n_vias, request->vias);
	add_lines(buffer, "Record-Route: ", request->n_record_routes, request->record_routes);
	add_lines(buffer, "From: ", 1, &request->from);
	jf_sipgen_add(buffer, "To: ");
	jf_sipgen_add_text(buffer, request->to);
	if (to_tag && !tagged) {
		jf_sipgen_add(buffer, ";tag=");
		jf_sipgen_add(buffer, to_tag);
	}
	jf_sipgen_add(buffer, "\r\nCall-ID: ");
	jf_sipgen_add_text(buffer, request->call_id);
	jf_sipgen_add(buffer, "\r\nCSeq: ");
	jf_sipgen_add_text(buffer, request->cseq);
	jf_sipgen_add(buffer, "\r\n");
}
