// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_print.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jf_tool_text.h"

#define CELL_MAX 256

#define BOLD   "\033[1m"
#define FAINT  "\033[2m"
#define RED    "\033[31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN  "\033[0m"

/* Words whose meaning a colour can carry. */
static const struct {
	const char *word;
	const char *colour;
} word_colours[] = {
        {"ready", GREEN},    {"talking", GREEN},    {"queued", YELLOW},   {"ringing", YELLOW},
        {"wrap-up", YELLOW}, {"not-ready", YELLOW}, {"reserved", YELLOW}, {"held", YELLOW},
        {"failed", RED},     {"unreachable", RED},  {"abandoned", RED},
};

bool jf_tool_print_colours(FILE *out)
{
	const char *no_color = getenv("NO_COLOR");

	return isatty(fileno(out)) && !(no_color && *no_color);
}

static const char *colour_of(const char *cell)
{
	for (size_t i = 0; i < sizeof(word_colours) / sizeof(word_colours[0]); i++)
		if (strcasecmp(word_colours[i].word, cell) == 0)
			return word_colours[i].colour;
	return NULL;
}

/* key may lead into objects: "agents.ready". */
static const json_t *look_up(const json_t *row, const char *key)
{
	const char *dot = strchr(key, '.');
	char outer[64];

	if (!dot || (size_t)(dot - key) >= sizeof(outer))
		return json_object_get(row, key);
	memcpy(outer, key, (size_t)(dot - key));
	outer[dot - key] = '\0';
	return look_up(json_object_get(row, outer), dot + 1);
}

static bool is_number(const json_t *rows, const char *key)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
	{
		const json_t *value = look_up(row, key);

		if (value && !json_is_null(value))
			return json_is_number(value);
	}
	return false;
}

static void print_cell(FILE *out, const char *cell, int width, bool right, const char *colour)
{
	int fill = width - jf_tool_text_width(cell);

	if (fill < 0)
		fill = 0;
	if (right)
		fprintf(out, "%*s", fill, "");
	fprintf(out, "%s%s%s", colour ? colour : "", cell, colour ? PLAIN : "");
	if (!right)
		fprintf(out, "%*s", fill, "");
}

struct table {
	const struct jf_column *columns[64];
	int widths[64];
	bool right[64];
	int count;
};

/* A column that nobody fills is left out, the first one never. */
static void measure(struct table *table, const struct jf_column *columns, int n, const json_t *rows)
{
	char cell[CELL_MAX];

	table->count = 0;
	for (int c = 0; c < n && columns[c].key; c++) {
		int width = 0, place = table->count;
		size_t i;
		json_t *row;

		json_array_foreach(rows, i, row)
		{
			const char *text = jf_tool_value(
			        columns[c].key, look_up(row, columns[c].key), cell, sizeof(cell));
			int w = strcmp(text, "-") == 0 ? 0 : jf_tool_text_width(text);

			if (w > width)
				width = w;
		}
		if (width == 0 && c > 0 && json_array_size(rows) > 0)
			continue;
		if (width < (int)strlen(columns[c].title))
			width = (int)strlen(columns[c].title);
		table->columns[place] = &columns[c];
		table->widths[place] = width;
		table->right[place] = is_number(rows, columns[c].key);
		table->count++;
	}
}

static void print_rows(FILE *out, const struct jf_column *columns, int n, const json_t *rows,
                       int indent)
{
	bool colours = jf_tool_print_colours(out);
	struct table table;
	char cell[CELL_MAX];
	size_t i;
	json_t *row;

	measure(&table, columns, n, rows);
	fprintf(out, "%*s", indent, "");
	for (int c = 0; c < table.count; c++) {
		bool last = c + 1 == table.count && !table.right[c];

		print_cell(out, table.columns[c]->title, last ? 0 : table.widths[c], table.right[c],
		           colours ? BOLD : NULL);
		fputs(c + 1 < table.count ? "  " : "\n", out);
	}
	json_array_foreach(rows, i, row)
	{
		fprintf(out, "%*s", indent, "");
		for (int c = 0; c < table.count; c++) {
			const char *key = table.columns[c]->key;
			const char *text =
			        jf_tool_value(key, look_up(row, key), cell, sizeof(cell));
			bool last = c + 1 == table.count && !table.right[c];

			print_cell(out, text, last ? 0 : table.widths[c], table.right[c],
			           colours ? colour_of(text) : NULL);
			fputs(c + 1 < table.count ? "  " : "\n", out);
		}
	}
}

void jf_tool_print_table(FILE *out, const struct jf_command_spec *spec, const json_t *rows)
{
	print_rows(out, spec->columns, JF_COMMAND_COLUMNS_MAX, rows, 0);
}

static bool holds_objects(const json_t *value)
{
	return json_is_array(value) && json_is_object(json_array_get(value, 0));
}

static bool is_flat(const json_t *value)
{
	return !json_is_object(value) && !holds_objects(value);
}

/* The columns of a list inside an object are the keys of its first row. */
static void print_inner_list(FILE *out, const json_t *rows, int indent)
{
	struct jf_column columns[32];
	const char *key;
	json_t *value;
	int n = 0;

	json_object_foreach(json_array_get(rows, 0), key,
	                    value) if (n < 32 && !json_is_object(value)) columns[n++] =
	        (struct jf_column){key, key};
	print_rows(out, columns, n, rows, indent);
}

static void print_members(FILE *out, const json_t *object, int indent)
{
	bool colours = jf_tool_print_colours(out);
	const char *key;
	json_t *value;
	int width = 0;
	char cell[CELL_MAX], name[CELL_MAX];

	json_object_foreach((json_t *)object, key,
	                    value) if (is_flat(value) && (int)strlen(key) > width) width =
	        (int)strlen(key);
	json_object_foreach((json_t *)object, key, value)
	{
		if (!is_flat(value))
			continue;
		fprintf(out, "%*s", indent, "");
		print_cell(out, jf_tool_text(key, name, sizeof(name)), width + 2, false,
		           colours ? FAINT : NULL);
		const char *text = jf_tool_value(key, value, cell, sizeof(cell));
		print_cell(out, text, 0, false, colours ? colour_of(text) : NULL);
		fputc('\n', out);
	}
	json_object_foreach((json_t *)object, key, value)
	{
		if (is_flat(value))
			continue;
		fprintf(out, "%*s", indent, "");
		print_cell(out, jf_tool_text(key, name, sizeof(name)), 0, false,
		           colours ? BOLD : NULL);
		fputc('\n', out);
		if (json_is_object(value))
			print_members(out, value, indent + 2);
		else
			print_inner_list(out, value, indent + 2);
	}
}

void jf_tool_print_object(FILE *out, const json_t *object)
{
	print_members(out, object, 0);
}

void jf_tool_print_event(FILE *out, const char *line)
{
	bool colours = jf_tool_print_colours(out);
	json_t *event = json_loads(line, 0, NULL);
	const char *at = json_string_value(json_object_get(event, "at_utc"));
	char text[CELL_MAX];
	const char *key;
	json_t *value;

	if (!event)
		return;
	jf_tool_text(at && strlen(at) == 24 ? at + 11 : "", text, 13);
	fprintf(out, "%-12s  ", text);
	print_cell(out,
	           jf_tool_text(json_string_value(json_object_get(event, "event")), text,
	                        sizeof(text)),
	           18, false, colours ? BOLD : NULL);
	json_object_foreach(json_object_get(event, "data"), key, value)
	{
		const char *shown;
		char name[64];

		shown = is_flat(value) ? jf_tool_value(key, value, text, sizeof(text)) : "-";
		if (strcmp(shown, "-") == 0)
			continue;
		fprintf(out, "  %s=%s", jf_tool_text(key, name, sizeof(name)), shown);
	}
	fputc('\n', out);
	fflush(out);
	json_decref(event);
}

void jf_tool_print_changes(FILE *out, const json_t *changes)
{
	static const struct {
		const char *word, *sign, *colour;
	} signs[] = {{"added", "+", GREEN}, {"changed", "~", YELLOW}, {"removed", "-", RED}};
	bool colours = jf_tool_print_colours(out);
	size_t i;
	json_t *change;

	json_array_foreach(changes, i, change)
	{
		const char *word = json_string_value(json_object_get(change, "change"));
		char kind[32], name[160], fields[CELL_MAX];
		size_t s = 0;

		while (s < 2 && (!word || strcmp(signs[s].word, word) != 0))
			s++;
		jf_tool_text(json_string_value(json_object_get(change, "kind")), kind,
		             sizeof(kind));
		jf_tool_text(json_string_value(json_object_get(change, "name")), name,
		             sizeof(name));
		jf_tool_text(json_string_value(json_object_get(change, "fields")), fields,
		             sizeof(fields));
		fprintf(out, "%s%s %s %s%s%s%s\n", colours ? signs[s].colour : "", signs[s].sign,
		        kind, name, *fields ? ": " : "", fields, colours ? PLAIN : "");
	}
}

void jf_tool_print_json(FILE *out, const json_t *value)
{
	char *text = json_dumps(value, isatty(fileno(out)) ? JSON_INDENT(2) : JSON_COMPACT);

	jf_tool_json(out, text ? text : "null");
	free(text);
}
