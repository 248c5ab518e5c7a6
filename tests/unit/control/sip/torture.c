// SPDX-License-Identifier: BSD-3-Clause
#include "torture.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH JF_SOURCE_ROOT "/tests/torture/rfc4475.txt"

static void must(bool well)
{
	if (!well) {
		fprintf(stderr, "%s cannot be read\n", PATH);
		abort();
	}
}

static void put(struct torture *message, char byte)
{
	must(message->length < sizeof(message->bytes));
	message->bytes[message->length++] = byte;
}

/* One escape after its backslash; where it goes on. */
static const char *unescape(struct torture *message, const char *at)
{
	unsigned value;
	char text[64];
	int used = 0;

	if (*at == 'x' && sscanf(at + 1, "%2x%n", &value, &used) == 1) {
		put(message, (char)value);
	} else if (*at == '{' && sscanf(at + 1, "%u:%63[^}]}%n", &value, text, &used) == 2) {
		for (unsigned i = 0; i < value; i++)
			for (const char *c = text; *c; c++)
				put(message, *c);
	} else {
		must(*at == '\\');
		put(message, '\\');
	}
	return at + 1 + used;
}

static void add_line(struct torture *message, const char *line)
{
	while (*line && *line != '\n') {
		if (*line == '\\')
			line = unescape(message, line + 1);
		else
			put(message, *line++);
	}
	put(message, '\r');
	put(message, '\n');
}

unsigned torture_read(struct torture *ret_list, unsigned max)
{
	FILE *file = fopen(PATH, "r");
	unsigned count = 0;
	char line[1024];

	must(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "== ", 3) == 0) {
			struct torture *message = &ret_list[count];

			must(count++ < max);
			memset(message, 0, sizeof(*message));
			must(sscanf(line, "== %31s | %*s | %7s | %7s | %7s", message->name,
			            message->verdict, message->stranger, message->trunk) == 4);
		} else if (count) {
			add_line(&ret_list[count - 1], line);
		}
	}
	fclose(file);
	return count;
}
