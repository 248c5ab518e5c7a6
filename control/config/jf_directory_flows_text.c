// SPDX-License-Identifier: BSD-3-Clause
/* Flows as they are written in a directory, and what of two of them differs. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_directory_priv.h"

/* ---- Pieces: a node is written in YAML's flow style, in one line -------------------------------
 */

static void text(FILE *out, const char *name, const char *value)
{
	if (!value)
		return;
	fprintf(out, ", %s: ", name);
	jf_directory_quoted(out, value);
}

static void number(FILE *out, const char *name, uint64_t value)
{
	fprintf(out, ", %s: %" PRIu64, name, value);
}

static void yes(FILE *out, const char *name, bool value)
{
	if (value)
		fprintf(out, ", %s: true", name);
}

/* Names alone, but for a say: items. */
static void prompts(FILE *out, const char *name, const struct jf_ivr_says *says, bool items)
{
	fprintf(out, "%s: [", name);
	for (uint32_t i = 0; i < says->n; i++) {
		const struct jf_ivr_say *say = &says->list[i];

		fprintf(out, "%s", i ? ", " : "");
		if (items)
			fprintf(out, "{%s: ", jf_ivr_say_name(say->type));
		jf_directory_quoted(out, say->text);
		if (items)
			text(out, "currency", say->currency);
		if (items)
			fprintf(out, "}");
	}
	fprintf(out, "]");
}

static const char *way_to(const struct jf_ivr_node *node, enum jf_ivr_way_type type)
{
	for (uint32_t w = 0; w < node->n_ways; w++)
		if (node->ways[w].type == type)
			return node->ways[w].to;
	return NULL;
}

/* Choices or cases. */
static void ways(FILE *out, const struct jf_ivr_node *node, enum jf_ivr_way_type type,
                 const char *match)
{
	bool any = false;

	for (uint32_t w = 0; w < node->n_ways; w++) {
		if (node->ways[w].type != type)
			continue;
		fprintf(out, "%s{%s: ", any ? ", " : "", match);
		jf_directory_quoted(out, node->ways[w].match);
		text(out, "next", node->ways[w].to);
		fprintf(out, "}");
		any = true;
	}
	fprintf(out, "]");
}

static void values(FILE *out, const struct jf_ivr_put *list, uint32_t n, const char *of)
{
	for (uint32_t i = 0; i < n; i++) {
		fprintf(out, "%s{key: ", i ? ", " : "");
		jf_directory_quoted(out, list[i].key);
		text(out, of, list[i].text);
		yes(out, "secret", list[i].secret);
		fprintf(out, "}");
	}
	fprintf(out, "]");
}

/* ---- Kinds ----------------------------------------------------------------------------------- */

static void input_write(FILE *out, const struct jf_ivr_node *node)
{
	const struct jf_ivr_input *in = &node->input;
	bool collect = node->kind == JF_IVR_COLLECT;
	char end[2] = {in->end, '\0'};

	prompts(out, "prompts", &node->says, false);
	prompts(out, ", silence", &in->silence, false);
	prompts(out, ", invalid", &in->invalid, false);
	number(out, "timeout_ms", in->first_ms);
	number(out, "tries", in->tries);
	text(out, "key", in->key);
	yes(out, "whole", node->whole);
	yes(out, "fresh", node->fresh);
	if (!collect) {
		fprintf(out, ", choices: [");
		ways(out, node, JF_IVR_KEY, "key");
		return;
	}
	number(out, "digit_timeout_ms", in->digit_ms);
	number(out, "least", in->least);
	number(out, "most", in->most);
	text(out, "end", in->end ? end : NULL);
	yes(out, "luhn", in->luhn);
	if (in->has_range)
		number(out, "from", in->from);
	if (in->has_range)
		number(out, "to", in->to);
	yes(out, "secret", in->secret);
}

static void http_write(FILE *out, const struct jf_ivr_http *http)
{
	fprintf(out, "method: %s", http->method);
	text(out, "url", http->url);
	text(out, "body", http->body);
	number(out, "deadline_ms", http->deadline_ms);
	fprintf(out, ", headers: [");
	for (uint32_t i = 0; i < http->n_headers; i++) {
		fprintf(out, "%s{name: ", i ? ", " : "");
		jf_directory_quoted(out, http->headers[i].name);
		text(out, "value", http->headers[i].value);
		fprintf(out, "}");
	}
	fprintf(out, "], take: [");
	values(out, http->takes, http->n_takes, "from");
}

static void queue_write(FILE *out, const struct jf_ivr_node *node)
{
	const struct jf_ivr_queue *queue = &node->queue;

	fprintf(out, "name: ");
	jf_directory_quoted(out, node->target);
	text(out, "language", queue->language);
	if (queue->has_priority)
		number(out, "priority", (uint64_t)queue->priority);
	fprintf(out, ", requires: [");
	for (uint32_t i = 0; i < queue->n_steps; i++) {
		fprintf(out, "%s{skills: ", i ? ", " : "");
		jf_directory_quoted(out, queue->steps[i].skills);
		number(out, "after_s", queue->steps[i].after_ms / 1000);
		fprintf(out, "}");
	}
	fprintf(out, "]");
}

/* A mapping's first entry has no comma in front. */
static void first(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s: ", name);
	jf_directory_quoted(out, value);
}

static void kind_write(FILE *out, const struct jf_ivr_node *node)
{
	switch (node->kind) {
	case JF_IVR_PLAY:
	case JF_IVR_SAY:
		prompts(out, "prompts", &node->says, node->kind == JF_IVR_SAY);
		yes(out, "whole", node->whole);
		break;
	case JF_IVR_MENU:
	case JF_IVR_COLLECT:
		input_write(out, node);
		break;
	case JF_IVR_SET:
		fprintf(out, "values: [");
		values(out, node->puts, node->n_puts, "to");
		break;
	case JF_IVR_BRANCH:
		fprintf(out, "cases: [");
		ways(out, node, JF_IVR_CASE, "when");
		break;
	case JF_IVR_CALENDAR:
		first(out, "name", node->target);
		text(out, "open", way_to(node, JF_IVR_OPEN));
		text(out, "closed", way_to(node, JF_IVR_CLOSED));
		text(out, "holiday", way_to(node, JF_IVR_HOLIDAY));
		break;
	case JF_IVR_CALLER:
		if (way_to(node, JF_IVR_VIP))
			first(out, "vip", way_to(node, JF_IVR_VIP));
		if (way_to(node, JF_IVR_VIP) && way_to(node, JF_IVR_KNOWN))
			fprintf(out, ", ");
		if (way_to(node, JF_IVR_KNOWN))
			first(out, "known", way_to(node, JF_IVR_KNOWN));
		break;
	case JF_IVR_HTTP:
		http_write(out, &node->http);
		break;
	case JF_IVR_QUEUE:
		queue_write(out, node);
		break;
	case JF_IVR_TRANSFER:
		first(out, "to", node->target);
		break;
	case JF_IVR_VOICEMAIL:
	case JF_IVR_CALLBACK:
		first(out, "queue", node->target);
		text(out, "number", node->number);
		break;
	default:
		first(out, "name", node->target);
		break;
	}
}

static void node_write(FILE *out, const struct jf_ivr_node *node)
{
	fprintf(out, "      - {name: ");
	jf_directory_quoted(out, node->name);
	if (node->kind == JF_IVR_HANGUP) {
		fprintf(out, ", hangup: true");
	} else {
		fprintf(out, ", %s: {", jf_ivr_kind_name(node->kind));
		kind_write(out, node);
		fprintf(out, "}");
	}
	text(out, "next", way_to(node, JF_IVR_NEXT));
	text(out, "failed", way_to(node, JF_IVR_FAILED));
	fprintf(out, "}\n");
}

/* ---- Flows ----------------------------------------------------------------------------------- */

static void head_write(FILE *out, const struct jf_ivr_flow *flow)
{
	fprintf(out, "    language: ");
	jf_directory_quoted(out, flow->language);
	if (flow->start) {
		fprintf(out, "\n    start: ");
		jf_directory_quoted(out, flow->start);
	}
	fprintf(out, "\n    prompts: [");
	for (uint32_t i = 0; i < flow->n_prompts; i++) {
		fprintf(out, "%s{language: ", i ? ", " : "");
		jf_directory_quoted(out, flow->prompts[i].language);
		text(out, "folder", flow->prompts[i].folder);
		fprintf(out, "}");
	}
	fprintf(out, "]\n    hosts: [");
	for (uint32_t i = 0; i < flow->n_hosts; i++) {
		fprintf(out, "%s", i ? ", " : "");
		jf_directory_quoted(out, flow->hosts[i]);
	}
	fprintf(out, "]\n");
}

void jf_directory_flow_write(FILE *out, const struct jf_ivr_flow *flow)
{
	fprintf(out, "  - name: ");
	jf_directory_quoted(out, flow->name);
	fprintf(out, "\n    tenant: ");
	jf_directory_quoted(out, flow->tenant);
	fputc('\n', out);
	head_write(out, flow);
	fprintf(out, "    nodes:\n");
	for (uint32_t i = 0; i < flow->n_nodes; i++)
		node_write(out, &flow->nodes[i]);
}

/* ---- Difference ------------------------------------------------------------------------------ */

typedef void writer(FILE *out, const void *item);

static void head_writer(FILE *out, const void *item)
{
	head_write(out, item);
}

static void node_writer(FILE *out, const void *item)
{
	node_write(out, item);
}

static char *written(writer *write, const void *item)
{
	char *bytes = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&bytes, &size);

	if (!out)
		return NULL;
	write(out, item);
	if (fclose(out) == 0)
		return bytes;
	free(bytes);
	return NULL;
}

/* What is written alike is alike. */
static bool differs(writer *write, const void *a, const void *b)
{
	char *x = written(write, a), *y = written(write, b);
	bool differ = !x || !y || strcmp(x, y) != 0;

	if (x)
		explicit_bzero(x, strlen(x)); /* headers of requests */
	if (y)
		explicit_bzero(y, strlen(y));
	free(x);
	free(y);
	return differ;
}

static void name_add(char *names, size_t size, const char *name)
{
	size_t length = strlen(names);

	snprintf(names + length, size - length, "%s%s", length ? ", " : "", name);
}

void jf_directory_flow_differ(const struct jf_ivr_flow *a, const struct jf_ivr_flow *b,
                              char *ret_names, size_t size)
{
	bool order = a->n_nodes != b->n_nodes;

	ret_names[0] = '\0';
	if (differs(head_writer, a, b))
		name_add(ret_names, size, "prompts, hosts or start");
	for (uint32_t i = 0; i < b->n_nodes; i++) {
		const struct jf_ivr_node *former = jf_ivr_node_find(a, b->nodes[i].name);

		order |= !former || (uint32_t)(former - a->nodes) != i;
		if (!former || differs(node_writer, former, &b->nodes[i]))
			name_add(ret_names, size, b->nodes[i].name);
	}
	for (uint32_t i = 0; i < a->n_nodes; i++)
		if (!jf_ivr_node_find(b, a->nodes[i].name))
			name_add(ret_names, size, a->nodes[i].name);
	if (order && !ret_names[0])
		name_add(ret_names, size, "order of nodes");
}
