// SPDX-License-Identifier: BSD-3-Clause
/*
 * The tree against the schema. libcyaml checks too, but says where only roughly (an unknown key is
 * reported at the key before it), takes "3x" for 3, "070" for 56 and any word for true.
 */
#include "jf_yaml_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_log.h"

struct check {
	const struct jf_yaml *yaml;
	struct jf_yaml_error *error;
};

static int check_value(const struct check *c, const yaml_node_t *node,
                       const struct cyaml_schema_value *schema, const char *name);

static const char *text_of(const yaml_node_t *node)
{
	return (const char *)node->data.scalar.value;
}

static const struct cyaml_schema_field *field_of(const struct cyaml_schema_field *fields,
                                                 const char *key)
{
	for (; fields->key; fields++)
		if (!strcmp(fields->key, key))
			return fields;
	return NULL;
}

static const yaml_node_t *value_of(const struct check *c, const yaml_node_t *mapping,
                                   const char *key)
{
	if (!mapping)
		return NULL;
	for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
	     p < mapping->data.mapping.pairs.top; p++)
		if (!strcmp(text_of(jf_yaml_node(c->yaml, p->key)), key))
			return jf_yaml_node(c->yaml, p->value);
	return NULL;
}

static const char *known_keys(const struct cyaml_schema_field *fields, char *ret_text, size_t size)
{
	size_t at = 0;

	ret_text[0] = '\0';
	for (; fields->key && at < size; fields++)
		at += (size_t)snprintf(ret_text + at, size - at, "%s%s", at ? ", " : "",
		                       fields->key);
	return ret_text;
}

/* mapping NULL: an empty text. */
static int check_mapping(const struct check *c, const yaml_node_t *mapping,
                         const struct cyaml_schema_field *fields)
{
	const yaml_mark_t *mark = mapping ? &mapping->start_mark : NULL;
	char known[200];

	if (mapping) {
		for (yaml_node_pair_t *p = mapping->data.mapping.pairs.start;
		     p < mapping->data.mapping.pairs.top; p++) {
			const yaml_node_t *key = jf_yaml_node(c->yaml, p->key);
			const struct cyaml_schema_field *field = field_of(fields, text_of(key));
			int err;

			if (!field)
				return jf_yaml_error_set(c->yaml, c->error, &key->start_mark,
				                         "unknown key '%.40s'; known here: %s",
				                         text_of(key),
				                         known_keys(fields, known, sizeof(known)));
			err = check_value(c, jf_yaml_node(c->yaml, p->value), &field->value,
			                  field->key);
			if (err)
				return err;
		}
	}
	for (; fields->key; fields++)
		if (!(fields->value.flags & CYAML_FLAG_OPTIONAL) &&
		    !value_of(c, mapping, fields->key))
			return jf_yaml_error_set(c->yaml, c->error, mark, "key '%s' is missing",
			                         fields->key);
	return 0;
}

static int check_sequence(const struct check *c, const yaml_node_t *node,
                          const struct cyaml_schema_value *schema, const char *name)
{
	size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
	bool fixed = schema->type == CYAML_SEQUENCE_FIXED;

	if (count < schema->sequence.min || (fixed && count != schema->sequence.max))
		return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                         "%s: %zu entries where at least %u are needed", name,
		                         count, schema->sequence.min);
	for (size_t i = 0; i < count; i++) {
		const yaml_node_t *item = jf_yaml_node(c->yaml, node->data.sequence.items.start[i]);
		int err;

		if (i >= schema->sequence.max)
			return jf_yaml_error_set(c->yaml, c->error, &item->start_mark,
			                         "%s: more than %u entries", name,
			                         schema->sequence.max);
		err = check_value(c, item, schema->sequence.entry, name);
		if (err)
			return err;
	}
	return 0;
}

static int check_number(const struct check *c, const yaml_node_t *node,
                        const struct cyaml_schema_value *schema, const char *name)
{
	bool is_signed = schema->type == CYAML_INT;
	unsigned bits = (unsigned)schema->data_size * 8 - is_signed;
	uint64_t max = bits >= 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
	const char *text = text_of(node);
	const char *digits = text + (is_signed && *text == '-');
	size_t length = strlen(digits);
	uint64_t value;

	if (!length || length != node->data.scalar.length - (size_t)(digits - text) ||
	    strspn(digits, "0123456789") != length || (length > 1 && *digits == '0'))
		return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                         "%s: '%.40s' is not a whole decimal number", name, text);
	errno = 0;
	value = strtoull(digits, NULL, 10);
	if (errno || value > max)
		return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                         "%s: %.40s is too large (at most %" PRIu64 ")", name, text,
		                         max);
	return 0;
}

static int check_name(const struct check *c, const yaml_node_t *node,
                      const struct cyaml_schema_value *schema, const char *name)
{
	char known[160];
	size_t at = 0;

	known[0] = '\0';
	for (uint32_t i = 0; i < schema->enumeration.count; i++) {
		const char *word = schema->enumeration.strings[i].str;

		if (!strcmp(word, text_of(node)))
			return 0;
		if (at < sizeof(known))
			at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s",
			                       at ? ", " : "", word);
	}
	return jf_yaml_error_set(c->yaml, c->error, &node->start_mark, "%s: '%.40s' is none of: %s",
	                         name, text_of(node), known);
}

static int check_string(const struct check *c, const yaml_node_t *node,
                        const struct cyaml_schema_value *schema, const char *name)
{
	size_t length = node->data.scalar.length;
	size_t max = schema->string.max;

	if (strlen(text_of(node)) != length)
		return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                         "%s: contains a NUL character", name);
	if (length < schema->string.min)
		return length ? jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                                  "%s: shorter than %u bytes", name,
		                                  schema->string.min)
		              : jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                                  "%s: has no value", name);
	/* For an array the schema's max counts the NUL unless given, libcyaml checks that. */
	if (length > max)
		return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
		                         "%s: longer than %zu bytes", name, max);
	return 0;
}

static int check_boolean(const struct check *c, const yaml_node_t *node, const char *name)
{
	static const char *const words[] = {"true", "false", "yes", "no"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(text_of(node), words[i]))
			return 0;
	return jf_yaml_error_set(c->yaml, c->error, &node->start_mark,
	                         "%s: '%.40s' is neither true nor false", name, text_of(node));
}

static int check_kind(const struct check *c, const yaml_node_t *node, yaml_node_type_t wanted,
                      const char *name)
{
	static const char *const kinds[] = {
	        [YAML_SCALAR_NODE] = "a single value",
	        [YAML_SEQUENCE_NODE] = "a list",
	        [YAML_MAPPING_NODE] = "a mapping (key: value)",
	};

	if (node->type == wanted)
		return 0;
	return jf_yaml_error_set(c->yaml, c->error, &node->start_mark, "%s: must be %s, is %s",
	                         name, kinds[wanted],
	                         node->type == YAML_NO_NODE ? "nothing" : kinds[node->type]);
}

static int check_value(const struct check *c, const yaml_node_t *node,
                       const struct cyaml_schema_value *schema, const char *name)
{
	int err;

	switch (schema->type) {
	case CYAML_MAPPING:
		err = check_kind(c, node, YAML_MAPPING_NODE, name);
		return err ? err : check_mapping(c, node, schema->mapping.fields);
	case CYAML_SEQUENCE:
	case CYAML_SEQUENCE_FIXED:
		err = check_kind(c, node, YAML_SEQUENCE_NODE, name);
		return err ? err : check_sequence(c, node, schema, name);
	case CYAML_INT:
	case CYAML_UINT:
		err = check_kind(c, node, YAML_SCALAR_NODE, name);
		return err ? err : check_number(c, node, schema, name);
	case CYAML_BOOL:
		err = check_kind(c, node, YAML_SCALAR_NODE, name);
		return err ? err : check_boolean(c, node, name);
	case CYAML_ENUM:
		err = check_kind(c, node, YAML_SCALAR_NODE, name);
		return err ? err : check_name(c, node, schema, name);
	case CYAML_STRING:
		err = check_kind(c, node, YAML_SCALAR_NODE, name);
		return err ? err : check_string(c, node, schema, name);
	default:
		return 0; /* libcyaml's to check */
	}
}

int jf_yaml_check(const struct jf_yaml *yaml, const struct cyaml_schema_value *schema,
                  struct jf_yaml_error *ret_error)
{
	const struct check c = {.yaml = yaml, .error = ret_error};

	if (!yaml->root)
		return check_mapping(&c, NULL, schema->mapping.fields);
	return check_value(&c, yaml->root, schema, "the file");
}
