/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_YAML_PRIV_H
#define JF_YAML_PRIV_H

#include <yaml.h>

#include "jf_yaml.h"

struct jf_yaml {
	char file[sizeof(((struct jf_yaml_error *)0)->file)];
	char *text;
	size_t length;
	yaml_document_t document; /* no aliases: a tree */
	yaml_node_t *root;        /* NULL: no document in the text */
};

/* Fills ret_error; mark NULL: about the whole file. Always gives -EINVAL. */
int jf_yaml_error_set(const struct jf_yaml *yaml, struct jf_yaml_error *ret_error,
                      const yaml_mark_t *mark, const char *format, ...)
        __attribute__((format(printf, 4, 5)));

static inline yaml_node_t *jf_yaml_node(const struct jf_yaml *yaml, int index)
{
	return yaml_document_get_node((yaml_document_t *)&yaml->document, index);
}

/*
 * Compares the tree with the schema: unknown and missing keys, kinds, whole numbers and their
 * ranges, booleans, names, lengths. 0 or -EINVAL with ret_error.
 */
int jf_yaml_check(const struct jf_yaml *yaml, const struct cyaml_schema_value *schema,
                  struct jf_yaml_error *ret_error);

#endif
