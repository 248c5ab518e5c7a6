// SPDX-License-Identifier: BSD-3-Clause
/* Copying flows, joining their nodes, finding them. */
#include "jf_ivr_flow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"

/* ---- Names ----------------------------------------------------------------------------------- */

const char *jf_ivr_kind_name(enum jf_ivr_kind kind)
{
	return (unsigned int)kind < JF_IVR_KIND_COUNT ? jf_ivr_rows[kind].name : "?";
}

const char *jf_ivr_way_name(enum jf_ivr_way_type type)
{
	static const char *const names[JF_IVR_WAY_TYPES] = {
	        [JF_IVR_NEXT] = "next",       [JF_IVR_FAILED] = "failed",
	        [JF_IVR_KEY] = "key",         [JF_IVR_CASE] = "case",
	        [JF_IVR_OPEN] = "open",       [JF_IVR_CLOSED] = "closed",
	        [JF_IVR_HOLIDAY] = "holiday", [JF_IVR_VIP] = "vip",
	        [JF_IVR_KNOWN] = "known",
	};

	return (unsigned int)type < JF_IVR_WAY_TYPES ? names[type] : "?";
}

const char *jf_ivr_say_name(enum jf_ivr_say_type type)
{
	static const char *const names[] = {
#define X(name, text) [JF_IVR_SAY_##name] = text,
	        JF_IVR_SAYS(X)
#undef X
	};

	return (unsigned int)type < JF_IVR_SAY_TYPES ? names[type] : "?";
}

const char *jf_ivr_way_field(const struct jf_ivr_node *node, uint32_t way, char *ret_field,
                             size_t size)
{
	const struct jf_ivr_way *w = &node->ways[way];
	uint32_t place = 0;

	for (uint32_t i = 0; i < way; i++)
		place += node->ways[i].type == w->type;
	if (w->type == JF_IVR_NEXT || w->type == JF_IVR_FAILED)
		snprintf(ret_field, size, "%s", jf_ivr_way_name(w->type));
	else if (w->type == JF_IVR_KEY)
		snprintf(ret_field, size, "menu.choices[%u].next", place);
	else if (w->type == JF_IVR_CASE)
		snprintf(ret_field, size, "branch.cases[%u].next", place);
	else
		snprintf(ret_field, size, "%s.%s", jf_ivr_kind_name(node->kind),
		         jf_ivr_way_name(w->type));
	return ret_field;
}

/* ---- Copying --------------------------------------------------------------------------------- */

struct copying {
	struct jf_ivr_flows *flows;
	bool no_memory;
};

static void *keep(struct copying *c, const void *bytes, size_t size)
{
	struct jf_ivr_block *block = calloc(1, sizeof(*block) + size + 1);

	if (!block) {
		c->no_memory = true;
		return NULL;
	}
	block->next = c->flows->blocks;
	block->size = size;
	c->flows->blocks = block;
	if (bytes)
		memcpy(block->bytes, bytes, size);
	return block->bytes;
}

static const char *text(struct copying *c, const char *from)
{
	return from ? keep(c, from, strlen(from)) : NULL;
}

#define KEEP_LIST(c, list, n) keep(c, list, (n) * sizeof((list)[0]))

static void says_copy(struct copying *c, struct jf_ivr_says *says)
{
	struct jf_ivr_say *list = KEEP_LIST(c, says->list, says->n);

	says->list = list;
	for (uint32_t i = 0; list && i < says->n; i++) {
		list[i].text = text(c, list[i].text);
		list[i].currency = text(c, list[i].currency);
	}
}

static const struct jf_ivr_put *puts_copy(struct copying *c, const struct jf_ivr_put *from,
                                          uint32_t n)
{
	struct jf_ivr_put *list = KEEP_LIST(c, from, n);

	for (uint32_t i = 0; list && i < n; i++) {
		list[i].key = text(c, list[i].key);
		list[i].text = text(c, list[i].text);
	}
	return list;
}

static void http_copy(struct copying *c, struct jf_ivr_http *http)
{
	struct jf_ivr_header *headers = KEEP_LIST(c, http->headers, http->n_headers);

	http->method = text(c, http->method);
	http->url = text(c, http->url);
	http->body = text(c, http->body);
	http->headers = headers;
	for (uint32_t i = 0; headers && i < http->n_headers; i++) {
		headers[i].name = text(c, headers[i].name);
		headers[i].value = text(c, headers[i].value);
	}
	http->takes = puts_copy(c, http->takes, http->n_takes);
}

static void node_copy(struct copying *c, struct jf_ivr_node *node)
{
	struct jf_ivr_way *ways = KEEP_LIST(c, node->ways, node->n_ways);

	node->name = text(c, node->name);
	node->ways = ways;
	for (uint32_t i = 0; ways && i < node->n_ways; i++) {
		ways[i].match = text(c, ways[i].match);
		ways[i].to = text(c, ways[i].to);
	}
	says_copy(c, &node->says);
	says_copy(c, &node->input.silence);
	says_copy(c, &node->input.invalid);
	node->input.key = text(c, node->input.key);
	node->puts = puts_copy(c, node->puts, node->n_puts);
	http_copy(c, &node->http);
	node->queue.language = text(c, node->queue.language);
	for (uint32_t i = 0; i < node->queue.n_steps; i++)
		node->queue.steps[i].skills = text(c, node->queue.steps[i].skills);
	node->target = text(c, node->target);
	node->number = text(c, node->number);
}

static void flow_copy(struct copying *c, struct jf_ivr_flow *flow)
{
	struct jf_ivr_prompts *prompts = KEEP_LIST(c, flow->prompts, flow->n_prompts);
	const char **hosts = KEEP_LIST(c, flow->hosts, flow->n_hosts);
	struct jf_ivr_node *nodes = KEEP_LIST(c, flow->nodes, flow->n_nodes);

	flow->name = text(c, flow->name);
	flow->tenant = text(c, flow->tenant);
	flow->start = text(c, flow->start);
	flow->language = text(c, flow->language);
	flow->prompts = prompts;
	for (uint32_t i = 0; prompts && i < flow->n_prompts; i++) {
		prompts[i].language = text(c, prompts[i].language);
		prompts[i].folder = text(c, prompts[i].folder);
	}
	flow->hosts = hosts;
	for (uint32_t i = 0; hosts && i < flow->n_hosts; i++)
		hosts[i] = text(c, hosts[i]);
	flow->nodes = nodes;
	for (uint32_t i = 0; nodes && i < flow->n_nodes; i++)
		node_copy(c, &nodes[i]);
}

/* ---- Joining --------------------------------------------------------------------------------- */

/* The first node of that name. */
static uint32_t place_of(const struct jf_ivr_flow *flow, const char *name)
{
	for (uint32_t i = 0; i < flow->n_nodes; i++)
		if (!strcmp(flow->nodes[i].name, name))
			return i;
	return JF_IVR_NOWHERE;
}

static void node_link(struct copying *c, size_t at, uint32_t n)
{
	const struct jf_ivr_flow *flow = &c->flows->list[at];
	const struct jf_ivr_node *node = &flow->nodes[n];
	struct jf_ivr_links *links = &c->flows->links[at];
	uint32_t *to = keep(c, NULL, node->n_ways * sizeof(*to));
	const struct jf_ivr_flow *other = NULL;

	links->to[n] = to;
	for (uint32_t w = 0; to && w < node->n_ways; w++)
		to[w] = place_of(flow, node->ways[w].to);
	if (node->kind == JF_IVR_FLOW && node->target)
		other = jf_ivr_flow_find(c->flows, flow->tenant, node->target);
	links->goes[n] = other ? (uint32_t)(other - c->flows->list) : JF_IVR_NOWHERE;
}

static void flow_link(struct copying *c, size_t at)
{
	const struct jf_ivr_flow *flow = &c->flows->list[at];
	struct jf_ivr_links *links = &c->flows->links[at];

	links->start = flow->start ? place_of(flow, flow->start) : 0;
	links->to = keep(c, NULL, flow->n_nodes * sizeof(links->to[0]));
	links->goes = keep(c, NULL, flow->n_nodes * sizeof(links->goes[0]));
	for (uint32_t n = 0; !c->no_memory && n < flow->n_nodes; n++)
		node_link(c, at, n);
}

/* ---- All of them ----------------------------------------------------------------------------- */

static int flows_check(const struct jf_ivr_flows *flows, const struct jf_ivr_checks *checks)
{
	struct jf_ivr_checking c = {.checks = checks, .flows = flows};

	for (c.flow = 0; c.flow < flows->n; c.flow++) {
		uint32_t before = c.mistakes;

		jf_ivr_check_flow(&c);
		if (c.mistakes == before)
			jf_ivr_check_reached(&c);
	}
	if (!c.mistakes && !c.no_memory)
		jf_ivr_check_loops(&c);
	if (c.no_memory)
		return -ENOMEM;
	return c.mistakes ? -EINVAL : 0;
}

int jf_ivr_flows_create(const struct jf_ivr_flow *list, size_t n,
                        const struct jf_ivr_checks *checks, struct jf_ivr_flows **ret_flows)
{
	struct jf_ivr_flows *flows = calloc(1, sizeof(*flows));
	struct copying c = {.flows = flows};
	int err = -ENOMEM;

	if (!flows)
		return -ENOMEM;
	flows->refs = 1;
	flows->n = n;
	flows->list = KEEP_LIST(&c, list, n);
	flows->links = keep(&c, NULL, n * sizeof(flows->links[0]));
	for (size_t i = 0; !c.no_memory && i < n; i++)
		flow_copy(&c, &flows->list[i]);
	for (size_t i = 0; !c.no_memory && i < n; i++)
		flow_link(&c, i);
	if (!c.no_memory)
		err = flows_check(flows, checks);
	if (err)
		jf_ivr_flows_unref(flows);
	else
		*ret_flows = flows;
	return err;
}

struct jf_ivr_flows *jf_ivr_flows_ref(struct jf_ivr_flows *flows)
{
	flows->refs++;
	return flows;
}

void jf_ivr_flows_unref(struct jf_ivr_flows *flows)
{
	if (!flows || --flows->refs)
		return;
	for (struct jf_ivr_block *block = flows->blocks; block;) {
		struct jf_ivr_block *next = block->next;

		explicit_bzero(block->bytes, block->size); /* headers of requests are secrets */
		free(block);
		block = next;
	}
	free(flows);
}

/* ---- Finding --------------------------------------------------------------------------------- */

size_t jf_ivr_flows_count(const struct jf_ivr_flows *flows)
{
	return flows ? flows->n : 0;
}

const struct jf_ivr_flow *jf_ivr_flows_at(const struct jf_ivr_flows *flows, size_t i)
{
	return &flows->list[i];
}

static int flow_compare(const void *key, const void *item)
{
	const struct jf_ivr_flow *a = key;
	const struct jf_ivr_flow *b = item;
	int order = strcmp(a->tenant, b->tenant);

	return order ? order : strcmp(a->name, b->name);
}

const struct jf_ivr_flow *jf_ivr_flow_find(const struct jf_ivr_flows *flows, const char *tenant,
                                           const char *name)
{
	struct jf_ivr_flow key = {.tenant = tenant, .name = name};

	if (!flows || !flows->n)
		return NULL;
	return bsearch(&key, flows->list, flows->n, sizeof(flows->list[0]), flow_compare);
}

const struct jf_ivr_node *jf_ivr_node_find(const struct jf_ivr_flow *flow, const char *name)
{
	uint32_t at = place_of(flow, name);

	return at == JF_IVR_NOWHERE ? NULL : &flow->nodes[at];
}
