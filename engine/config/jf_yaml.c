// SPDX-License-Identifier: BSD-3-Clause
#include "jf_yaml_priv.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_log.h"

int jf_yaml_error_set(const struct jf_yaml *yaml, struct jf_yaml_error *ret_error,
                      const yaml_mark_t *mark, const char *format, ...)
{
	va_list args;

	snprintf(ret_error->file, sizeof(ret_error->file), "%s", yaml->file);
	ret_error->line = mark ? (unsigned)mark->line + 1 : 0;
	ret_error->column = mark ? (unsigned)mark->column + 1 : 0;
	va_start(args, format);
	vsnprintf(ret_error->message, sizeof(ret_error->message), format, args);
	va_end(args);
	return -EINVAL;
}

static int parser_error(const struct jf_yaml *yaml, const yaml_parser_t *parser,
                        struct jf_yaml_error *ret_error)
{
	const char *problem = parser->problem ? parser->problem : "not YAML";
	yaml_mark_t mark = parser->problem_mark;

	switch (parser->error) {
	case YAML_MEMORY_ERROR:
		jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
		return -ENOMEM;
	case YAML_READER_ERROR:
		/* The reader knows bytes only; the mark is where the scanner stood. */
		mark = parser->mark;
		return jf_yaml_error_set(yaml, ret_error, &mark, "%s (near byte %zu)", problem,
		                         parser->problem_offset);
	default:
		if (parser->context)
			return jf_yaml_error_set(yaml, ret_error, &mark, "%s (%s, line %zu)",
			                         problem, parser->context,
			                         parser->context_mark.line + 1);
		return jf_yaml_error_set(yaml, ret_error, &mark, "%s", problem);
	}
}

/* What YAML offers and configuration does not need, each a way to surprise the reader. */
static int check_event(const struct jf_yaml *yaml, const yaml_event_t *event, unsigned *depth,
                       unsigned *documents, struct jf_yaml_error *ret_error)
{
	const yaml_char_t *anchor = NULL;
	const yaml_char_t *tag = NULL;

	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return jf_yaml_error_set(yaml, ret_error, &event->start_mark,
			                         "a second document begins here");
		return 0;
	case YAML_ALIAS_EVENT:
		return jf_yaml_error_set(yaml, ret_error, &event->start_mark,
		                         "aliases (*name) are not accepted");
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		tag = event->data.scalar.tag;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		++*depth;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		++*depth;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		--*depth;
		return 0;
	default:
		return 0;
	}
	if (anchor)
		return jf_yaml_error_set(yaml, ret_error, &event->start_mark,
		                         "anchors (&name) are not accepted");
	if (tag)
		return jf_yaml_error_set(yaml, ret_error, &event->start_mark,
		                         "tags (!name) are not accepted");
	if (*depth > JF_YAML_DEPTH_MAX)
		return jf_yaml_error_set(yaml, ret_error, &event->start_mark,
		                         "nested deeper than %u levels", JF_YAML_DEPTH_MAX);
	return 0;
}

static int check_syntax(const struct jf_yaml *yaml, struct jf_yaml_error *ret_error)
{
	yaml_parser_t parser;
	yaml_event_t event;
	unsigned depth = 0;
	unsigned documents = 0;
	bool end = false;
	int err = 0;

	if (!yaml_parser_initialize(&parser)) {
		jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml->text, yaml->length);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	while (!err && !end) {
		if (!yaml_parser_parse(&parser, &event)) {
			err = parser_error(yaml, &parser, ret_error);
			break;
		}
		end = event.type == YAML_STREAM_END_EVENT;
		err = check_event(yaml, &event, &depth, &documents, ret_error);
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return err;
}

static int compare_keys(const void *a, const void *b)
{
	const yaml_node_t *const *na = a;
	const yaml_node_t *const *nb = b;
	int order = strcmp((const char *)(*na)->data.scalar.value,
	                   (const char *)(*nb)->data.scalar.value);

	if (order)
		return order;
	return (*na)->start_mark.index < (*nb)->start_mark.index ? -1 : 1;
}

/* Keys are plain words, and no word twice. */
static int check_keys(const struct jf_yaml *yaml, const yaml_node_t *mapping,
                      struct jf_yaml_error *ret_error)
{
	size_t count =
	        (size_t)(mapping->data.mapping.pairs.top - mapping->data.mapping.pairs.start);
	yaml_node_t **keys = NULL;
	int err = 0;

	if (!count)
		return 0;
	keys = calloc(count, sizeof(*keys));
	if (!keys) {
		jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		keys[i] = jf_yaml_node(yaml, mapping->data.mapping.pairs.start[i].key);
		if (keys[i]->type != YAML_SCALAR_NODE) {
			err = jf_yaml_error_set(yaml, ret_error, &keys[i]->start_mark,
			                        "a key must be a word");
			goto out;
		}
	}
	qsort(keys, count, sizeof(*keys), compare_keys);
	for (size_t i = 1; i < count; i++) {
		const char *name = (const char *)keys[i]->data.scalar.value;

		if (strcmp((const char *)keys[i - 1]->data.scalar.value, name))
			continue;
		err = jf_yaml_error_set(yaml, ret_error, &keys[i]->start_mark,
		                        "key '%s' stands here a second time, first in line %zu",
		                        name, keys[i - 1]->start_mark.line + 1);
		goto out;
	}
out:
	free(keys);
	return err;
}

static int load_document(struct jf_yaml *yaml, struct jf_yaml_error *ret_error)
{
	yaml_parser_t parser;
	int err = 0;

	if (!yaml_parser_initialize(&parser)) {
		jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
		return -ENOMEM;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)yaml->text, yaml->length);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	if (!yaml_parser_load(&parser, &yaml->document)) {
		err = parser_error(yaml, &parser, ret_error);
		memset(&yaml->document, 0, sizeof(yaml->document));
		goto out;
	}
	yaml->root = yaml_document_get_root_node(&yaml->document);
	for (yaml_node_t *n = yaml->document.nodes.start; !err && n < yaml->document.nodes.top; n++)
		if (n->type == YAML_MAPPING_NODE)
			err = check_keys(yaml, n, ret_error);
out:
	yaml_parser_delete(&parser);
	return err;
}

int jf_yaml_open(const char *file, const char *text, size_t length, struct jf_yaml **ret_yaml,
                 struct jf_yaml_error *ret_error)
{
	struct jf_yaml *yaml = calloc(1, sizeof(*yaml));
	int err = 0;

	if (!yaml)
		return -ENOMEM;
	snprintf(yaml->file, sizeof(yaml->file), "%s", file);
	if (length > JF_YAML_SIZE_MAX) {
		jf_yaml_error_set(yaml, ret_error, NULL, "larger than %u bytes", JF_YAML_SIZE_MAX);
		err = -EFBIG;
		goto out;
	}
	yaml->text = malloc(length + 1);
	if (!yaml->text) {
		jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
		err = -ENOMEM;
		goto out;
	}
	if (length)
		memcpy(yaml->text, text, length);
	yaml->text[length] = '\0';
	yaml->length = length;
	err = check_syntax(yaml, ret_error);
	if (!err)
		err = load_document(yaml, ret_error);
out:
	if (err)
		jf_yaml_close(yaml);
	else
		*ret_yaml = yaml;
	return err;
}

void jf_yaml_close(struct jf_yaml *yaml)
{
	if (!yaml)
		return;
	yaml_document_delete(&yaml->document);
	free(yaml->text);
	free(yaml);
}

/* The child that the first step of a path leads to; NULL: none. ret_path: what is left of it. */
static yaml_node_t *step(const struct jf_yaml *yaml, const yaml_node_t *node, const char *path,
                         const char **ret_path)
{
	char *end = NULL;
	unsigned long index;
	size_t length;

	if (*path == '[') {
		index = strtoul(path + 1, &end, 10);
		if (*end != ']' || node->type != YAML_SEQUENCE_NODE ||
		    index >= (size_t)(node->data.sequence.items.top -
		                      node->data.sequence.items.start))
			return NULL;
		*ret_path = end + 1;
		return jf_yaml_node(yaml, node->data.sequence.items.start[index]);
	}
	if (*path == '.')
		path++;
	length = strcspn(path, ".[");
	if (node->type != YAML_MAPPING_NODE)
		return NULL;
	for (yaml_node_pair_t *p = node->data.mapping.pairs.start; p < node->data.mapping.pairs.top;
	     p++) {
		const yaml_node_t *key = jf_yaml_node(yaml, p->key);

		if (key->data.scalar.length == length &&
		    !memcmp(key->data.scalar.value, path, length)) {
			*ret_path = path + length;
			return jf_yaml_node(yaml, p->value);
		}
	}
	return NULL;
}

static const yaml_mark_t *find(const struct jf_yaml *yaml, const char *path)
{
	const yaml_node_t *node = yaml->root;
	const yaml_node_t *next = NULL;

	while (node && *path) {
		next = step(yaml, node, path, &path);
		if (!next)
			break;
		node = next;
	}
	return node ? &node->start_mark : NULL;
}

struct jf_yaml_mark jf_yaml_where(const struct jf_yaml *yaml, const char *path)
{
	const yaml_mark_t *mark = find(yaml, path);

	if (!mark)
		return (struct jf_yaml_mark){0, 0};
	return (struct jf_yaml_mark){(unsigned)mark->line + 1, (unsigned)mark->column + 1};
}

int jf_yaml_fail(const struct jf_yaml *yaml, struct jf_yaml_error *ret_error, const char *path,
                 const char *format, ...)
{
	char message[sizeof(ret_error->message)];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return jf_yaml_error_set(yaml, ret_error, find(yaml, path), "%s", message);
}

/* The first line that libcyaml logs is the mistake; the first of its backtrace says where. */
struct capture {
	char message[200];
	unsigned line, column;
};

static void capture_log(cyaml_log_t level, void *arg, const char *format, va_list args)
{
	struct capture *c = arg;
	char line[300];
	const char *at;

	if (level < CYAML_LOG_ERROR)
		return;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = '\0';
	at = strstr(line, "(line: ");
	if (at) {
		if (!c->line && sscanf(at, "(line: %u, column: %u)", &c->line, &c->column) != 2)
			c->line = c->column = 0;
	} else if (!c->message[0]) {
		const char *text = strncmp(line, "Load: ", 6) ? line : line + 6;

		snprintf(c->message, sizeof(c->message), "%.*s", (int)sizeof(c->message) - 1, text);
	}
}

int jf_yaml_read(const struct jf_yaml *yaml, const struct cyaml_schema_value *schema,
                 void **ret_data, struct jf_yaml_error *ret_error)
{
	struct capture captured = {.message = ""};
	const cyaml_config_t config = {
	        .log_fn = capture_log,
	        .log_ctx = &captured,
	        .mem_fn = cyaml_mem,
	        .log_level = CYAML_LOG_ERROR,
	        .flags = CYAML_CFG_NO_ALIAS,
	};
	cyaml_data_t *data = NULL;
	cyaml_err_t result;
	int err = jf_yaml_check(yaml, schema, ret_error);

	if (err)
		return err;
	result = cyaml_load_data((const uint8_t *)yaml->text, yaml->length, &config, schema, &data,
	                         NULL);
	if (result != CYAML_OK) {
		jf_yaml_error_set(yaml, ret_error, NULL, "%s",
		                  captured.message[0] ? captured.message : cyaml_strerror(result));
		ret_error->line = captured.line;
		ret_error->column = captured.column;
		return result == CYAML_ERR_OOM ? -ENOMEM : -EINVAL;
	}
	if (!data) { /* a text without any key */
		data = calloc(1, schema->data_size);
		if (!data) {
			jf_yaml_error_set(yaml, ret_error, NULL, "out of memory");
			return -ENOMEM;
		}
	}
	*ret_data = data;
	return 0;
}

void jf_yaml_free(const struct cyaml_schema_value *schema, void *data)
{
	const cyaml_config_t config = {.mem_fn = cyaml_mem, .log_level = CYAML_LOG_ERROR};

	if (data)
		cyaml_free(&config, schema, data, 0);
}

const char *jf_yaml_error_text(const struct jf_yaml_error *error, char *ret_text, size_t size)
{
	char file[sizeof(error->file) * 4];
	char message[sizeof(error->message) * 4];

	jf_log_escape(error->file, strlen(error->file), file, sizeof(file));
	jf_log_escape(error->message, strlen(error->message), message, sizeof(message));
	if (!error->line)
		snprintf(ret_text, size, "%s: %s", file, message);
	else if (!error->column)
		snprintf(ret_text, size, "%s:%u: %s", file, error->line, message);
	else
		snprintf(ret_text, size, "%s:%u:%u: %s", file, error->line, error->column, message);
	return ret_text;
}
