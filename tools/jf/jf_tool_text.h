/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Text on its way to a terminal. Everything that came from the engine may hold bytes from the
 * network, so nothing but printable characters of the locale gets through; the rest becomes \xNN.
 */
#ifndef JF_TOOL_TEXT_H
#define JF_TOOL_TEXT_H

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

/* Cut to size, always terminated; NULL counts as empty. Returns ret_out. */
const char *jf_tool_text(const char *text, char *ret_out, size_t size);

/* JSON, and a new line: what a terminal would obey or be deceived by is written as JSON has it,
 * \uNNNN, so that programs read the same. */
void jf_tool_json(FILE *out, const char *json);

/* Columns that an escaped text takes on a terminal. */
int jf_tool_text_width(const char *text);

/*
 * A value for people, by its key: "..._ms" a duration ("250 ms", "0:07", "1:02:03"),
 * "..._utc" date and time, "..._share..." per cent; lists joined by commas; nothing: "-".
 */
const char *jf_tool_value(const char *key, const json_t *value, char *ret_out, size_t size);

#endif
