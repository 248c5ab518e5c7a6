// SPDX-License-Identifier: BSD-3-Clause
/* What the sections of a directory file have in common: mistakes, pieces of items, their order. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_parse_priv.h"
#include "jf_log.h"

#define SOUND_PATH_SIZE 120u

/* ---- Mistakes ------------------------------------------------------------------------------- */

void jf_parse_error_add(struct jf_parse *p, const struct jf_yaml_error *error)
{
	struct jf_directory_error *e;

	if (p->errors->count == JF_DIRECTORY_ERRORS_MAX) {
		p->errors->more = true;
		return;
	}
	e = &p->errors->list[p->errors->count++];
	e->is_warning = false;
	e->line = error->line;
	e->column = error->column;
	jf_log_escape(error->file, strlen(error->file), e->file, sizeof(e->file));
	jf_log_escape(error->message, strlen(error->message), e->message, sizeof(e->message));
}

static void add(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                const char *message)
{
	struct jf_yaml_error error;
	char path[96];

	snprintf(path, sizeof(path), "%s[%u]%s%s", p->kind, entry->index, field ? "." : "",
	         field ? field : "");
	(void)jf_yaml_fail(p->sources[entry->source].yaml, &error, path, "%s", message);
	jf_parse_error_add(p, &error);
}

void jf_parse_fail(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *format, ...)
{
	char message[200];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	add(p, entry, field, message);
}

void jf_parse_warn(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *format, ...)
{
	char message[200];
	va_list args;

	if (p->errors->count >= JF_DIRECTORY_WARNINGS_MAX) { /* the rest is for mistakes */
		p->errors->more = true;
		return;
	}
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	add(p, entry, field, message);
	p->errors->list[p->errors->count - 1].is_warning = true;
	p->errors->warnings++;
}

/* ---- Pieces --------------------------------------------------------------------------------- */

const char *jf_parse_keep(struct jf_parse *p, const char *text)
{
	const char *copy = jf_directory_keep_text(p->directory, text);

	if (!copy)
		p->no_memory = true;
	return copy;
}

void jf_parse_name(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *name)
{
	if (!jf_directory_name_fits(name))
		jf_parse_fail(p, entry, field,
		              "\"%s\": letters, digits, and after the first also . _ -", name);
}

void jf_parse_media(struct jf_parse *p, const struct jf_parse_entry *entry,
                    const struct jf_raw_media *raw, const struct jf_directory_media *defaults,
                    struct jf_directory_media *ret_media)
{
	char field[JF_DIRECTORY_FIELD_SIZE];

	if (jf_directory_media_take(raw, defaults, ret_media, field))
		jf_parse_fail(p, entry, field, "%s can stand here",
		              jf_directory_media_choices(field));
}

const char *jf_parse_tenant(struct jf_parse *p, const struct jf_parse_entry *entry,
                            const char *name)
{
	const struct jf_directory_tenant *tenant = jf_directory_tenant_find(p->directory, name);

	if (!tenant)
		jf_parse_fail(p, entry, "tenant", "no tenant \"%s\"", name);
	/* The name stands even when it is wrong, so that one mistake does not bring others. */
	return tenant ? tenant->name : jf_parse_keep(p, name);
}

uint32_t jf_parse_seconds(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                          const uint32_t *value, const uint32_t limits[3])
{
	uint32_t s = value ? *value : limits[2];

	if (s < limits[0] || s > limits[1])
		jf_parse_fail(p, entry, field, "%u: from %u to %u seconds", s, limits[0],
		              limits[1]);
	return s * 1000;
}

const char *jf_parse_sound(struct jf_parse *p, const struct jf_parse_entry *entry,
                           const char *field, const char *path)
{
	const struct jf_directory_options *o = p->options;
	char whole[512];
	int result;

	if (!path)
		return NULL;
	if (path[0] != '/' && !o->base) {
		jf_parse_fail(p, entry, field, "\"%s\": an absolute path is needed here", path);
		return NULL;
	}
	if (path[0] == '/')
		snprintf(whole, sizeof(whole), "%s", path);
	else
		snprintf(whole, sizeof(whole), "%s/%s", o->base, path);
	if (strlen(whole) >= SOUND_PATH_SIZE) {
		jf_parse_fail(p, entry, field, "the path is longer than %u characters",
		              SOUND_PATH_SIZE - 1);
		return NULL;
	}
	result = o->sound_check ? o->sound_check(whole, o->arg) : 0;
	if (result)
		jf_parse_fail(p, entry, field, "%s: %s", whole, strerror(-result));
	return jf_parse_keep(p, whole);
}

/* ---- Sorting one kind ----------------------------------------------------------------------- */

static int entry_compare(const void *a, const void *b)
{
	const struct jf_parse_entry *x = a;
	const struct jf_parse_entry *y = b;
	int order = strcmp(x->key[0], y->key[0]);

	if (!order)
		order = strcmp(x->key[1], y->key[1]);
	if (!order)
		order = (x->source > y->source) - (x->source < y->source);
	return order ? order : (x->index > y->index) - (x->index < y->index);
}

/* Sorts, and refuses every item after the first of its name. */
void jf_parse_order(struct jf_parse *p, struct jf_parse_entry *entries, size_t count,
                    const char *field)
{
	qsort(entries, count, sizeof(entries[0]), entry_compare);
	for (size_t i = 1; i < count; i++) {
		const struct jf_parse_entry *first = &entries[i - 1];
		struct jf_yaml_error where;
		char path[64];

		if (strcmp(first->key[0], entries[i].key[0]) ||
		    strcmp(first->key[1], entries[i].key[1]))
			continue;
		snprintf(path, sizeof(path), "%s[%u]", p->kind, first->index);
		(void)jf_yaml_fail(p->sources[first->source].yaml, &where, path, "%s", "");
		jf_parse_fail(p, &entries[i], field, "\"%s\" is there already: %.60s:%u",
		              entries[i].key[1][0] ? entries[i].key[1] : entries[i].key[0],
		              where.file, where.line);
	}
}

void *jf_parse_array(struct jf_parse *p, size_t count, size_t size)
{
	void *array = jf_directory_keep(p->directory, count * size);

	if (!array)
		p->no_memory = true;
	return array;
}
