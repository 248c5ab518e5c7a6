/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * YAML text to a typed struct, with every mistake at its file, line and column.
 *
 * Used for the node file (jf_node.h) and for the directory's files (control/config). Pure: text in,
 * structs out; reading the file is the caller's business. Any thread, no shared state.
 *
 * Three steps:
 *   jf_yaml_open  checks the text itself with libyaml alone (libcyaml's messages about bad
 *                 indentation mislead): syntax, UTF-8, one document, no anchors, aliases or tags,
 *                 no key twice in a mapping, nesting at most JF_YAML_DEPTH_MAX. It keeps the
 *                 position of every node.
 *   jf_yaml_read  checks it against a libcyaml schema (unknown keys, missing keys, types, lengths)
 *                 and gives the struct. In schemas mark what may be missing CYAML_FLAG_OPTIONAL
 *                 and use the _PTR forms where "missing" and "zero" differ: libcyaml knows no
 *                 defaults.
 *   jf_yaml_fail  states what only the caller can check (ranges, references), at the position of
 *                 the value it names by its path: "dataplane.ports[0].addresses[1]".
 *
 * Lines and columns count from 1, in characters.
 */
#ifndef JF_YAML_H
#define JF_YAML_H

#include <stdarg.h>
#include <stddef.h>

#include <cyaml/cyaml.h>

#define JF_YAML_DEPTH_MAX 32u
#define JF_YAML_SIZE_MAX  (16u << 20) /* bytes of text */

struct jf_yaml_error {
	char file[256];
	unsigned line;   /* 0: about the whole file */
	unsigned column; /* 0: about the whole line */
	char message[256];
};

struct jf_yaml_mark {
	unsigned line;
	unsigned column;
};

struct jf_yaml;

/*
 * file: its name, only for messages. text is copied. 0, -EINVAL (ret_error says what), -EFBIG,
 * -ENOMEM (ret_error is filled in too).
 */
int jf_yaml_open(const char *file, const char *text, size_t length, struct jf_yaml **ret_yaml,
                 struct jf_yaml_error *ret_error);
void jf_yaml_close(struct jf_yaml *yaml);

/*
 * schema: a mapping, CYAML_FLAG_POINTER. The struct is the caller's, to be freed by jf_yaml_free
 * with the same schema; it does not depend on yaml. An empty text is an empty mapping. 0, -EINVAL
 * or -ENOMEM, both with ret_error.
 */
int jf_yaml_read(const struct jf_yaml *yaml, const struct cyaml_schema_value *schema,
                 void **ret_data, struct jf_yaml_error *ret_error);
void jf_yaml_free(const struct cyaml_schema_value *schema, void *data);

/*
 * Where the value at path stands. Of a path that is not in the text: the mark of its nearest
 * ancestor, so that "missing" points at the mapping in which something is missing.
 */
struct jf_yaml_mark jf_yaml_where(const struct jf_yaml *yaml, const char *path);

/* Fills ret_error with the position of path and the message. Always gives -EINVAL. */
int jf_yaml_fail(const struct jf_yaml *yaml, struct jf_yaml_error *ret_error, const char *path,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * "file:line:column: message", printable ASCII, cut to size (JF_YAML_ERROR_TEXT is enough for
 * almost any). Returns ret_text.
 */
#define JF_YAML_ERROR_TEXT 640u
const char *jf_yaml_error_text(const struct jf_yaml_error *error, char *ret_text, size_t size);

#endif
