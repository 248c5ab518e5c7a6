// SPDX-License-Identifier: BSD-3-Clause
#include "jf_log.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const category_names[] = {
#define X(name, text, what) [JF_LOG_##name] = text,
        JF_LOG_CATEGORIES(X)
#undef X
};

static const char *const level_names[] = {
        [JF_LOG_ERROR] = "error", [JF_LOG_WARNING] = "warning", [JF_LOG_NOTICE] = "notice",
        [JF_LOG_INFO] = "info",   [JF_LOG_DEBUG] = "debug",
};

/* Written once by main before other threads start, read by all. */
static struct {
	jf_log_sink *sink;
	void *arg;
	enum jf_log_level most_verbose;
} log_state;

void jf_log_init(jf_log_sink *sink, void *arg, enum jf_log_level most_verbose)
{
	log_state.sink = sink;
	log_state.arg = arg;
	log_state.most_verbose = most_verbose;
}

void jf_log(enum jf_log_category category, enum jf_log_level level, const struct jf_call_id *call,
            const char *format, ...)
{
	char line[1024];
	char id[JF_CALL_ID_TEXT] = "";
	int at;
	va_list args;

	if (!log_state.sink || level > log_state.most_verbose)
		return;
	if (call)
		jf_call_id_text(call, id);
	at = snprintf(line, sizeof(line), "%s %s: %s%s", level_names[level],
	              category_names[category], id, call ? " " : "");
	va_start(args, format);
	vsnprintf(line + at, sizeof(line) - (size_t)at, format, args);
	va_end(args);
	for (char *c = line; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	log_state.sink(level, line, log_state.arg);
}

const char *jf_log_escape(const char *text, size_t length, char *ret_out, size_t size)
{
	static const char hex[] = "0123456789abcdef";
	size_t at = 0;

	if (size == 0)
		return "";
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c >= 0x20 && c < 0x7f && c != '\\') {
			if (at + 1 >= size)
				break;
			ret_out[at++] = (char)c;
		} else {
			if (at + 4 >= size)
				break;
			ret_out[at++] = '\\';
			ret_out[at++] = 'x';
			ret_out[at++] = hex[c >> 4];
			ret_out[at++] = hex[c & 15];
		}
	}
	ret_out[at] = '\0';
	return ret_out;
}

const char *jf_log_level_name(enum jf_log_level level)
{
	return level_names[level];
}

const char *jf_log_category_name(enum jf_log_category category)
{
	return category_names[category];
}
