// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

/* Characters that print nothing or turn the line around. */
static bool deceives(wchar_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

const char *jf_tool_text(const char *text, char *ret_out, size_t size)
{
	mbstate_t state = {0};
	size_t left = text ? strlen(text) : 0;
	size_t at = 0;

	while (left) {
		wchar_t c = 0;
		size_t n = mbrtowc(&c, text, left, &state);

		if (n == 0 || n > left || !iswprint((wint_t)c) || deceives(c)) {
			if (n == 0 || n > left) {
				n = 1;
				state = (mbstate_t){0};
			}
			if (at + 4 * n >= size)
				break;
			for (size_t i = 0; i < n; i++)
				at += (size_t)sprintf(ret_out + at, "\\x%02x",
				                      (unsigned char)text[i]);
		} else {
			if (at + n >= size)
				break;
			memcpy(ret_out + at, text, n);
			at += n;
		}
		text += n;
		left -= n;
	}
	ret_out[at] = '\0';
	return ret_out;
}

/* The character of two or three bytes that begins there; 0: there is none. */
static wchar_t wide(const unsigned char *b, size_t *ret_length)
{
	if ((b[0] & 0xe0) == 0xc0 && (b[1] & 0xc0) == 0x80) {
		*ret_length = 2;
		return (b[0] & 31) << 6 | (b[1] & 63);
	}
	if ((b[0] & 0xf0) == 0xe0 && (b[1] & 0xc0) == 0x80 && (b[2] & 0xc0) == 0x80) {
		*ret_length = 3;
		return (b[0] & 15) << 12 | (b[1] & 63) << 6 | (b[2] & 63);
	}
	return 0;
}

void jf_tool_json(FILE *out, const char *json)
{
	const unsigned char *b = (const unsigned char *)json;

	while (*b) {
		size_t length = 1;
		wchar_t c = *b < 0x80 ? *b : wide(b, &length);

		if ((c >= 0x7f && c < 0xa0) || deceives(c))
			fprintf(out, "\\u%04x", (unsigned)c);
		else
			fwrite(b, 1, length, out);
		b += length;
	}
	fputc('\n', out);
}

int jf_tool_text_width(const char *text)
{
	mbstate_t state = {0};
	size_t left = strlen(text);
	int width = 0;

	while (left) {
		wchar_t c;
		size_t n = mbrtowc(&c, text, left, &state);

		if (n == 0 || n > left)
			return width + (int)left;
		width += wcwidth(c) > 0 ? wcwidth(c) : 0;
		text += n;
		left -= n;
	}
	return width;
}

static bool ends_with(const char *key, const char *suffix)
{
	size_t length = strlen(key), tail = strlen(suffix);

	return length >= tail && strcmp(key + length - tail, suffix) == 0;
}

static void duration(const char *key, double ms, char *ret_out, size_t size)
{
	unsigned long long s = (unsigned long long)(ms / 1000);

	if (strstr(key, "jitter") || strstr(key, "round_trip"))
		snprintf(ret_out, size, "%.1f ms", ms);
	else if (ms > 0 && ms < 1000)
		snprintf(ret_out, size, "%.0f ms", ms < 1 ? 1 : ms);
	else if (ms < 0)
		snprintf(ret_out, size, "-");
	else if (s >= 86400)
		snprintf(ret_out, size, "%llud %02llu:%02llu", s / 86400, s / 3600 % 24,
		         s / 60 % 60);
	else if (s >= 3600)
		snprintf(ret_out, size, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(ret_out, size, "%llu:%02llu", s / 60, s % 60);
}

static const char *text_value(const char *key, const char *text, char *ret_out, size_t size)
{
	jf_tool_text(text, ret_out, size);
	if (ends_with(key, "_utc") && strlen(ret_out) > 19 && ret_out[10] == 'T') {
		ret_out[10] = ' ';
		ret_out[19] = '\0';
	}
	return *ret_out ? ret_out : "-";
}

static const char *list_value(const char *key, const json_t *list, char *ret_out, size_t size)
{
	size_t i, at = 0;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		char one[256];

		at += (size_t)snprintf(ret_out + at, size - at, "%s%s", i ? "," : "",
		                       jf_tool_value(key, item, one, sizeof(one)));
		if (at >= size)
			break;
	}
	return at ? ret_out : "-";
}

const char *jf_tool_value(const char *key, const json_t *value, char *ret_out, size_t size)
{
	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		return text_value(key, json_string_value(value), ret_out, size);
	case JSON_INTEGER:
	case JSON_REAL:
		if (ends_with(key, "_ms"))
			duration(key, json_number_value(value), ret_out, size);
		else if (strstr(key, "_share"))
			snprintf(ret_out, size, "%.0f %%", 100 * json_number_value(value));
		else if (strcmp(key, "loss") == 0)
			snprintf(ret_out, size, "%.2f %%", 100 * json_number_value(value));
		else if (json_is_integer(value))
			snprintf(ret_out, size, "%lld", (long long)json_integer_value(value));
		else
			snprintf(ret_out, size, "%.2f", json_real_value(value));
		return ret_out;
	case JSON_TRUE:
		return "yes";
	case JSON_FALSE:
		return "no";
	case JSON_ARRAY:
		return list_value(key, value, ret_out, size);
	case JSON_OBJECT:
	case JSON_NULL:
		break;
	}
	return "-";
}
