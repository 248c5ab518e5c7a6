// SPDX-License-Identifier: BSD-3-Clause
#include "jf_json.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX  64u
#define ROOM_FIRST 1024u

#define DECIMALS_MAX 6u
#define SCALED_MAX   1e15 /* whole numbers up to there are exact */

/* ---- Text ----------------------------------------------------------------------------------- */

/* Room for so many bytes more; false: there is none. */
static bool text_room(struct jf_json_writer *t, size_t length)
{
	size_t room = t->room ? t->room : ROOM_FIRST;
	char *bytes;

	if (t->failed)
		return false;
	while (room - t->length < length)
		room *= 2;
	if (room == t->room)
		return true;
	bytes = malloc(room);
	if (!bytes) {
		t->failed = true;
		return false;
	}
	if (t->bytes) {
		/* What is written may hold keys of SRTP: nothing of it stays behind. */
		memcpy(bytes, t->bytes, t->length);
		explicit_bzero(t->bytes, t->length);
		free(t->bytes);
	}
	t->bytes = bytes;
	t->room = room;
	return true;
}

static void text_add(struct jf_json_writer *t, const char *bytes, size_t length)
{
	if (!text_room(t, length))
		return;
	memcpy(t->bytes + t->length, bytes, length);
	t->length += length;
}

static void add_integer(struct jf_json_writer *t, json_int_t value)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	char digits[24];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest);
	if (value < 0)
		digits[--at] = '-';
	text_add(t, digits + at, sizeof(digits) - at);
}

/* In the C locale; with a point or an exponent, so that it is read as a real again. */
static void add_real(struct jf_json_writer *t, double value)
{
	char digits[40];
	int n = snprintf(digits, sizeof(digits), "%.17g", value);
	char *plus = strchr(digits, '+');

	if (plus) /* "1e+300" */
		memmove(plus, plus + 1, (size_t)(digits + n-- - plus));
	text_add(t, digits, (size_t)n);
	if (!strpbrk(digits, ".e"))
		text_add(t, ".0", 2);
}

/* A character of one byte that can't stand as it is. */
static void add_escaped(struct jf_json_writer *t, char c)
{
	static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f',
	                               ['\r'] = 'r', ['"'] = '"',  ['\\'] = '\\'};
	static const char hex[] = "0123456789ABCDEF";
	char escape[6] = {'\\', 'u', '0', '0', hex[(c >> 4) & 1], hex[c & 15]};

	if (letters[(unsigned char)c])
		text_add(t, (char[]){'\\', letters[(unsigned char)c]}, 2);
	else
		text_add(t, escape, sizeof(escape));
}

static bool stands(char c)
{
	return (unsigned char)c >= ' ' && c != '"' && c != '\\';
}

static void add_string(struct jf_json_writer *t, const char *string, size_t length)
{
	size_t from = 0;

	text_add(t, "\"", 1);
	for (size_t at = 0; at <= length; at++) {
		if (at < length && stands(string[at]))
			continue;
		text_add(t, string + from, at - from);
		if (at < length)
			add_escaped(t, string[at]);
		from = at + 1;
	}
	text_add(t, "\"", 1);
}

static void add_value(struct jf_json_writer *t, const json_t *json, unsigned int depth);

static void add_object(struct jf_json_writer *t, const json_t *json, unsigned int depth)
{
	json_t *object = (json_t *)(uintptr_t)json; /* the iterators want it so */
	bool first = true;

	text_add(t, "{", 1);
	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		const char *key = json_object_iter_key(at);

		if (!first)
			text_add(t, ",", 1);
		first = false;
		add_string(t, key, strlen(key));
		text_add(t, ":", 1);
		add_value(t, json_object_iter_value(at), depth);
	}
	text_add(t, "}", 1);
}

static void add_array(struct jf_json_writer *t, const json_t *json, unsigned int depth)
{
	size_t size = json_array_size(json);

	text_add(t, "[", 1);
	for (size_t i = 0; i < size; i++) {
		if (i)
			text_add(t, ",", 1);
		add_value(t, json_array_get(json, i), depth);
	}
	text_add(t, "]", 1);
}

static void add_value(struct jf_json_writer *t, const json_t *json, unsigned int depth)
{
	if (!json || depth >= DEPTH_MAX) {
		t->failed = true;
		return;
	}
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		add_object(t, json, depth + 1);
		break;
	case JSON_ARRAY:
		add_array(t, json, depth + 1);
		break;
	case JSON_STRING:
		add_string(t, json_string_value(json), json_string_length(json));
		break;
	case JSON_INTEGER:
		add_integer(t, json_integer_value(json));
		break;
	case JSON_REAL:
		add_real(t, json_real_value(json));
		break;
	case JSON_TRUE:
		text_add(t, "true", 4);
		break;
	case JSON_FALSE:
		text_add(t, "false", 5);
		break;
	case JSON_NULL:
		text_add(t, "null", 4);
		break;
	}
}

static char *finish(struct jf_json_writer *t, size_t *ret_length)
{
	text_add(t, "", 1);
	if (t->failed) {
		if (t->bytes)
			explicit_bzero(t->bytes, t->length);
		free(t->bytes);
		return NULL;
	}
	if (ret_length)
		*ret_length = t->length - 1;
	return t->bytes;
}

char *jf_json_text(const json_t *json, size_t *ret_length)
{
	struct jf_json_writer t = {0};

	add_value(&t, json, 0);
	return finish(&t, ret_length);
}

/* ---- Text without a tree -------------------------------------------------------------------- */

static void add_comma(struct jf_json_writer *w)
{
	if (!w->first)
		text_add(w, ",", 1);
	w->first = false;
}

static void add_key(struct jf_json_writer *w, const char *key)
{
	add_comma(w);
	text_add(w, "\"", 1);
	text_add(w, key, strlen(key));
	text_add(w, "\":", 2);
}

void jf_json_write(struct jf_json_writer *w)
{
	*w = (struct jf_json_writer){.first = true};
	text_add(w, "{", 1);
}

char *jf_json_written(struct jf_json_writer *w, size_t *ret_length)
{
	text_add(w, "}", 1);
	return finish(w, ret_length);
}

json_t *jf_json_written_tree(struct jf_json_writer *w)
{
	size_t length;
	char *text = jf_json_written(w, &length);
	json_t *tree = text ? json_loadb(text, length, 0, NULL) : NULL;

	free(text);
	return tree;
}

static bool is_ascii(const char *text, size_t length)
{
	char all = 0;

	for (size_t i = 0; i < length; i++)
		all |= text[i];
	return !(all & 0x80);
}

static bool is_utf8(const char *text, size_t length)
{
	json_t *checked;

	if (is_ascii(text, length))
		return true;
	checked = json_string(text);
	json_decref(checked);
	return checked != NULL;
}

void jf_json_put_text(struct jf_json_writer *w, const char *key, const char *utf8)
{
	size_t length = strlen(utf8);

	if (!is_utf8(utf8, length))
		return;
	add_key(w, key);
	add_string(w, utf8, length);
}

void jf_json_put_plain(struct jf_json_writer *w, const char *key, const char *ascii, size_t length)
{
	add_key(w, key);
	text_add(w, "\"", 1);
	text_add(w, ascii, length);
	text_add(w, "\"", 1);
}

void jf_json_put_integer(struct jf_json_writer *w, const char *key, int64_t value)
{
	add_key(w, key);
	add_integer(w, value);
}

void jf_json_put_integers(struct jf_json_writer *w, const char *key, const int64_t *values,
                          size_t count)
{
	add_key(w, key);
	text_add(w, "[", 1);
	for (size_t i = 0; i < count; i++) {
		if (i)
			text_add(w, ",", 1);
		add_integer(w, values[i]);
	}
	text_add(w, "]", 1);
}

void jf_json_put_bool(struct jf_json_writer *w, const char *key, bool value)
{
	add_key(w, key);
	text_add(w, value ? "true" : "false", value ? 4 : 5);
}

static void add_decimal(struct jf_json_writer *w, double scaled, unsigned decimals)
{
	uint64_t rest = (uint64_t)(fabs(scaled) + 0.5);
	char digits[24];
	size_t at = sizeof(digits);
	bool shown = false; /* zeros at the end are not, but for the first digit */

	for (unsigned d = decimals; d > 0; d--, rest /= 10) {
		shown = shown || rest % 10 || d == 1;
		if (shown)
			digits[--at] = (char)('0' + rest % 10);
	}
	if (decimals)
		digits[--at] = '.';
	if (scaled <= -0.5)
		text_add(w, "-", 1);
	add_integer(w, (json_int_t)rest);
	text_add(w, digits + at, sizeof(digits) - at);
}

void jf_json_put_decimal(struct jf_json_writer *w, const char *key, double value, unsigned decimals)
{
	static const double scales[DECIMALS_MAX + 1] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
	double scaled;

	if (!isfinite(value))
		return;
	decimals = decimals < DECIMALS_MAX ? decimals : DECIMALS_MAX;
	scaled = value * scales[decimals];
	add_key(w, key);
	if (fabs(scaled) < SCALED_MAX)
		add_decimal(w, scaled, decimals);
	else
		add_real(w, value);
}

void jf_json_put_written(struct jf_json_writer *w, const char *key, const char *json)
{
	if (!json)
		return;
	add_key(w, key);
	text_add(w, json, strlen(json));
}

void jf_json_put_tree(struct jf_json_writer *w, const char *key, const json_t *json)
{
	if (!json)
		return;
	add_key(w, key);
	add_value(w, json, 0);
}

void jf_json_put_members(struct jf_json_writer *w, const json_t *object)
{
	json_t *members = (json_t *)(uintptr_t)object; /* the iterators want it so */

	for (void *at = json_object_iter(members); at; at = json_object_iter_next(members, at))
		jf_json_put_tree(w, json_object_iter_key(at), json_object_iter_value(at));
}

void jf_json_put_object(struct jf_json_writer *w, const char *key)
{
	add_key(w, key);
	text_add(w, "{", 1);
	w->first = true;
}

void jf_json_put_object_end(struct jf_json_writer *w)
{
	text_add(w, "}", 1);
	w->first = false;
}

void jf_json_put_array(struct jf_json_writer *w, const char *key)
{
	add_key(w, key);
	text_add(w, "[", 1);
	w->first = true;
}

void jf_json_add_text(struct jf_json_writer *w, const char *utf8)
{
	size_t length = strlen(utf8);

	if (!is_utf8(utf8, length))
		return;
	add_comma(w);
	add_string(w, utf8, length);
}

void jf_json_add_object(struct jf_json_writer *w)
{
	add_comma(w);
	text_add(w, "{", 1);
	w->first = true;
}

void jf_json_add_written(struct jf_json_writer *w, const char *objects)
{
	if (!objects)
		return;
	add_comma(w);
	text_add(w, objects, strlen(objects));
}

void jf_json_put_array_end(struct jf_json_writer *w)
{
	text_add(w, "]", 1);
	w->first = false;
}

/* ---- Memory --------------------------------------------------------------------------------- */

#define STEP      16u
#define SMALL_MAX 256u /* with its head */
#define CLASSES   (SMALL_MAX / STEP + 1)
#define BLOCK     65536u
#define LARGE     UINT64_MAX

/* Before each piece; keeps it aligned to 16. */
struct head {
	uint64_t class_of; /* LARGE: malloc's */
	struct head *next; /* while it is free */
};

_Static_assert(sizeof(struct head) == STEP, "a head is one step");

static struct head *spare[CLASSES];
static _Thread_local bool pooled; /* the thread that the pool is for */

/* Cuts a block up. false: no memory. */
static bool spare_make(size_t class_of)
{
	size_t size = class_of * STEP;
	char *block = malloc(BLOCK);

	if (!block)
		return false;
	for (size_t at = 0; at + size <= BLOCK; at += size) {
		struct head *head = (struct head *)(void *)(block + at);

		*head = (struct head){class_of, spare[class_of]};
		spare[class_of] = head;
	}
	return true;
}

static void *piece_take(size_t size)
{
	size_t class_of = (size + sizeof(struct head) + STEP - 1) / STEP;
	struct head *head;

	if (!pooled || size > SMALL_MAX - sizeof(*head)) {
		head = size < SIZE_MAX - sizeof(*head) ? malloc(size + sizeof(*head)) : NULL;
		if (!head)
			return NULL;
		head->class_of = LARGE;
		return head + 1;
	}
	if (!spare[class_of] && !spare_make(class_of))
		return NULL;
	head = spare[class_of];
	spare[class_of] = head->next;
	return head + 1;
}

static void piece_give(void *piece)
{
	struct head *head = piece ? (struct head *)piece - 1 : NULL;

	if (!head)
		return;
	if (head->class_of == LARGE) {
		free(head);
		return;
	}
	if (!pooled)
		abort(); /* a tree of the loop's in another thread's hands */
	head->next = spare[head->class_of];
	spare[head->class_of] = head;
}

void jf_json_pool_use(void)
{
	pooled = true;
	json_set_alloc_funcs(piece_take, piece_give);
}
