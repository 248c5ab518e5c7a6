/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is noted of a call, one JSON object after the other, for its record: kept as the text that
 * will stand there. A live row and a record copy it as it is; a tree would be walked, piece by
 * piece, each time. Only the last note can be amended. Loop thread only.
 */
#ifndef JF_CALL_NOTES_H
#define JF_CALL_NOTES_H

#include <stddef.h>

#include "jf_json.h"

/* All zeros: none. */
struct jf_call_notes {
	char *text;  /* objects with commas between them; NULL: none */
	size_t last; /* where the last one begins */
};

void jf_call_notes_clear(struct jf_call_notes *notes);

/* The object that was written, behind the others; lost where there is no memory for it. */
void jf_call_notes_add(struct jf_call_notes *notes, struct jf_json_writer *written);

/* The last one, to be changed and given back, or to be let go. NULL: there is none, or no memory.
 */
json_t *jf_call_notes_last(const struct jf_call_notes *notes);

/* In place of the last one; taken over. */
void jf_call_notes_amend(struct jf_call_notes *notes, json_t *last);

/* All of them as an array, and from one: what is none leaves them as they are. */
void jf_call_notes_put(struct jf_json_writer *w, const char *key,
                       const struct jf_call_notes *notes);
void jf_call_notes_read(struct jf_call_notes *notes, const json_t *array);

#endif
