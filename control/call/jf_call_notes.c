// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_notes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void jf_call_notes_clear(struct jf_call_notes *notes)
{
	free(notes->text);
	*notes = (struct jf_call_notes){0};
}

/* From at on; what stood there is gone. */
static void place(struct jf_call_notes *notes, size_t at, const char *object, size_t length)
{
	size_t begin = at ? at + 1 : 0; /* behind the comma */
	char *text = realloc(notes->text, begin + length + 1);

	if (!text)
		return;
	if (at)
		text[at] = ',';
	memcpy(text + begin, object, length + 1);
	notes->text = text;
	notes->last = begin;
}

void jf_call_notes_add(struct jf_call_notes *notes, struct jf_json_writer *written)
{
	size_t length;
	char *object = jf_json_written(written, &length);

	if (object)
		place(notes, notes->text ? strlen(notes->text) : 0, object, length);
	free(object);
}

json_t *jf_call_notes_last(const struct jf_call_notes *notes)
{
	return notes->text ? json_loads(notes->text + notes->last, 0, NULL) : NULL;
}

void jf_call_notes_amend(struct jf_call_notes *notes, json_t *last)
{
	size_t length;
	char *object = jf_json_text(last, &length);

	if (object)
		place(notes, notes->last ? notes->last - 1 : 0, object, length);
	free(object);
	json_decref(last);
}

void jf_call_notes_put(struct jf_json_writer *w, const char *key, const struct jf_call_notes *notes)
{
	jf_json_put_array(w, key);
	jf_json_add_written(w, notes->text);
	jf_json_put_array_end(w);
}

void jf_call_notes_read(struct jf_call_notes *notes, const json_t *array)
{
	json_t *list = (json_t *)(uintptr_t)array; /* the iterators want it so */
	struct jf_json_writer w;
	json_t *object;
	size_t i;

	if (!json_is_array(array))
		return;
	jf_call_notes_clear(notes);
	json_array_foreach(list, i, object)
	{
		jf_json_write(&w);
		jf_json_put_members(&w, object);
		jf_call_notes_add(notes, &w);
	}
}
