/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON as often as calls need it: a tree as text, text without a tree, and memory for the trees'
 * many small pieces.
 * jansson's own dump keeps a table of the containers that it is in, against loops, and prints their
 * addresses for that; ours are trees. Any thread, each with trees of its own.
 */
#ifndef JF_JSON_H
#define JF_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

/*
 * The tree without spaces, as json_dumps has it: for the caller to free; its length without the NUL
 * in ret_length, which may be NULL. NULL: no memory, json NULL, or nested deeper than 64. Keys and
 * texts are UTF-8, as jansson sees to.
 */
char *jf_json_text(const json_t *json, size_t *ret_length);

/*
 * One object written straight on as text, for rows that are written many times for once that they
 * are read: a tree costs ten times as much. Keys are plain ASCII and come once each. What fails,
 * for want of memory, shows at the end.
 *
 *   struct jf_json_writer w;
 *   jf_json_write(&w);
 *   jf_json_put_text(&w, "state", "ready");
 *   text = jf_json_written(&w, &length);
 */
struct jf_json_writer {
	char *bytes;
	size_t length, room;
	bool failed;
	bool first; /* of its object */
};

void jf_json_write(struct jf_json_writer *w);

/* As jf_json_text gives it; what was written is wiped where it could not be finished. */
char *jf_json_written(struct jf_json_writer *w, size_t *ret_length);

/* The same as a tree, for who looks into it. NULL: no memory. */
json_t *jf_json_written_tree(struct jf_json_writer *w);

void jf_json_put_text(struct jf_json_writer *w, const char *key, const char *utf8);
void jf_json_put_plain(struct jf_json_writer *w, const char *key, const char *ascii, size_t length);
void jf_json_put_integer(struct jf_json_writer *w, const char *key, int64_t value);
void jf_json_put_integers(struct jf_json_writer *w, const char *key, const int64_t *values,
                          size_t count);
void jf_json_put_bool(struct jf_json_writer *w, const char *key, bool value);

/* Rounded to so many decimals, at most 6; no zeros at the end but the first. Not finite: nothing is
 * written, as with json_real. */
void jf_json_put_decimal(struct jf_json_writer *w, const char *key, double value,
                         unsigned decimals);

/* A tree, which stays the caller's; NULL: nothing is written, as with json_object_set. */
void jf_json_put_tree(struct jf_json_writer *w, const char *key, const json_t *json);

/* What a writer has written before; NULL: nothing. */
void jf_json_put_written(struct jf_json_writer *w, const char *key, const char *json);

/* The members of an object, as if each had been put. */
void jf_json_put_members(struct jf_json_writer *w, const json_t *object);

/* An object in the object: what is put until its end is in it. */
void jf_json_put_object(struct jf_json_writer *w, const char *key);
void jf_json_put_object_end(struct jf_json_writer *w);

/* An array of texts, or of objects: begun by jf_json_add_object and ended as any; or written
 * before, several with commas between them, NULL: none. */
void jf_json_put_array(struct jf_json_writer *w, const char *key);
void jf_json_add_text(struct jf_json_writer *w, const char *utf8);
void jf_json_add_object(struct jf_json_writer *w);
void jf_json_add_written(struct jf_json_writer *w, const char *objects);
void jf_json_put_array_end(struct jf_json_writer *w);

/*
 * From here on jansson's pieces of up to 240 bytes come out of blocks of 64 KB that are kept for
 * the next ones: a call's trees have hundreds. Before the first use of jansson.
 * That is for the calling thread, the loop's, where its trees must end, too. Those of other threads
 * are malloc's: they may be handed over and end anywhere.
 */
void jf_json_pool_use(void);

#endif
