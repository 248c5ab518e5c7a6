/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `jf` shows: aligned tables, objects, event lines. Colours only on a terminal, and not if
 * NO_COLOR is set (no-color.org).
 */
#ifndef JF_TOOL_PRINT_H
#define JF_TOOL_PRINT_H

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "jf_command_table.h"

/* Whether colours are used on that stream. */
bool jf_tool_print_colours(FILE *out);

/* Columns where no row has a value are left out. */
void jf_tool_print_table(FILE *out, const struct jf_command_spec *spec, const json_t *rows);

/* Keys and values, objects inside indented, lists of objects as small tables. */
void jf_tool_print_object(FILE *out, const json_t *object);

/* One event line of the bus, for people. */
void jf_tool_print_event(FILE *out, const char *line);

/* The difference that apply shows: + added, ~ changed, - removed. */
void jf_tool_print_changes(FILE *out, const json_t *changes);

/* As the engine sent it; over several lines only on a terminal. */
void jf_tool_print_json(FILE *out, const json_t *value);

#endif
