// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sip_frame.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* What a method may consist of (RFC 3261 25.1); "SIP" of a status line fits as well. */
static bool is_token(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-.!%*_+`'~", c));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of any version: who speaks another than 2.0 is told so. */
static bool is_version(const char *at)
{
	return strncasecmp(at, "SIP/", 4) == 0 && is_digit(at[4]) && at[5] == '.' &&
	       is_digit(at[6]);
}

/* "METHOD uri SIP/2.0" or "SIP/2.0 code reason". */
static bool is_start_line(const char *line, size_t length)
{
	const size_t n = sizeof("SIP/2.0") - 1;
	size_t method = 0;

	if (length > n && is_version(line) && line[n] == ' ')
		return true;
	while (method < length && is_token(line[method]))
		method++;
	while (length && is_blank(line[length - 1]))
		length--;
	return method > 0 && method + n + 2 < length && line[method] == ' ' &&
	       line[length - n - 1] == ' ' && is_version(line + length - n);
}

/* Part of one: no byte is a control character; UTF-8 may stand in a reason phrase. */
static bool may_be_start_line(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)bytes[i] < 0x20 && bytes[i] != '\t' && bytes[i] != '\r')
			return false;
	return true;
}

/* The name of a header line, if it is Content-Length; then where its value begins, else NULL. */
static const char *content_length_value(const char *line, const char *end)
{
	static const char *const names[] = {"Content-Length", "l"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = strlen(names[i]);
		const char *at = line + n;

		if ((size_t)(end - line) <= n || strncasecmp(line, names[i], n) != 0)
			continue;
		while (at < end && is_blank(*at))
			at++;
		if (at < end && *at == ':')
			return at + 1;
	}
	return NULL;
}

/* The value, which may be folded; false unless it is one number. Cut at what is too long anyway. */
static bool read_number(const char *at, const char *head_end, size_t *ret_number)
{
	bool digits = false;
	size_t number = 0;

	for (; at < head_end; at++) {
		if (*at >= '0' && *at <= '9') {
			digits = true;
			if (number <= JF_SIP_FRAME_BODY_MAX)
				number = number * 10 + (size_t)(*at - '0');
		} else if (*at == '\r' && at + 2 < head_end && at[1] == '\n' && is_blank(at[2]) &&
		           !digits) {
			at += 2; /* folded */
		} else if (!is_blank(*at) || digits) {
			break;
		}
	}
	while (at < head_end && is_blank(*at))
		at++;
	*ret_number = number;
	return digits && at < head_end && *at == '\r';
}

/* false: there is none, or more than one and they differ, or it is no number. */
static bool find_content_length(const char *head, size_t length, size_t *ret_body)
{
	const char *end = head + length;
	bool found = false;

	for (const char *line = head; line < end;) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		const char *next = newline ? newline + 1 : end;
		const char *value = content_length_value(line, next);
		size_t number;

		if (value) {
			if (!read_number(value, end, &number) || (found && number != *ret_body))
				return false;
			*ret_body = number;
			found = true;
		}
		line = next;
	}
	return found;
}

static enum jf_sip_frame_kind keepalive(struct jf_sip_frame *frame, const char *bytes,
                                        size_t length, size_t *ret_used)
{
	if (length >= 4 && bytes[2] == '\r' && bytes[3] == '\n') {
		frame->after_crlf = false;
		*ret_used = 4;
		return JF_SIP_FRAME_PING;
	}
	*ret_used = 2;
	frame->after_crlf = !frame->after_crlf;
	return frame->after_crlf ? JF_SIP_FRAME_PONG : JF_SIP_FRAME_PING;
}

/* The end of the start line or of the header, from what has not been looked at on. */
static const char *find(const struct jf_sip_frame *frame, const char *bytes, size_t length,
                        const char *what)
{
	size_t n = strlen(what);
	size_t from = frame->scanned > n ? frame->scanned - n : 0;

	return memmem(bytes + from, length - from, what, n);
}

static enum jf_sip_frame_kind read_head(struct jf_sip_frame *frame, const char *bytes,
                                        size_t length, size_t *ret_used)
{
	const char *end;
	size_t body = 0, seen;

	if (!frame->start_line_seen) {
		end = find(frame, bytes, length, "\r\n");
		seen = end ? (size_t)(end - bytes) : length;
		if (!is_token(bytes[0]) ||
		    !may_be_start_line(bytes + frame->scanned,
		                       seen > frame->scanned ? seen - frame->scanned : 0) ||
		    (end && !is_start_line(bytes, seen)))
			return JF_SIP_FRAME_GARBAGE;
		frame->start_line_seen = end;
	}
	end = find(frame, bytes, length, "\r\n\r\n");
	frame->scanned = length;
	if (end ? (size_t)(end - bytes) + 4 > JF_SIP_FRAME_HEAD_MAX
	        : length > JF_SIP_FRAME_HEAD_MAX)
		return JF_SIP_FRAME_TOO_LONG;
	if (!end)
		return JF_SIP_FRAME_MORE;
	if (!find_content_length(bytes, (size_t)(end - bytes) + 2, &body)) {
		*ret_used = (size_t)(end - bytes) + 4;
		return JF_SIP_FRAME_ENDLESS;
	}
	if (body > JF_SIP_FRAME_BODY_MAX)
		return JF_SIP_FRAME_TOO_LONG;
	frame->length = (size_t)(end - bytes) + 4 + body;
	return JF_SIP_FRAME_MORE;
}

enum jf_sip_frame_kind jf_sip_frame_next(struct jf_sip_frame *frame, const char *bytes,
                                         size_t length, size_t *ret_used)
{
	enum jf_sip_frame_kind kind;

	*ret_used = 0;
	if (!frame->scanned && !frame->length) {
		if (length == 0 || (length == 1 && bytes[0] == '\r'))
			return JF_SIP_FRAME_MORE;
		if (bytes[0] == '\r' && bytes[1] == '\n')
			return keepalive(frame, bytes, length, ret_used);
		frame->after_crlf = false;
	}
	if (!frame->length) {
		kind = read_head(frame, bytes, length, ret_used);
		if (kind != JF_SIP_FRAME_MORE || !frame->length)
			return kind;
	}
	if (length < frame->length)
		return JF_SIP_FRAME_MORE;
	*ret_used = frame->length;
	*frame = (struct jf_sip_frame){0};
	return JF_SIP_FRAME_MESSAGE;
}
