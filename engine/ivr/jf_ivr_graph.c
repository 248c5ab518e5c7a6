// SPDX-License-Identifier: BSD-3-Clause
/*
 * What is wrong with the shape of flows: nodes that nobody comes to, and circles in which a caller
 * who presses nothing stays for ever. Flows go on to each other, so circles are looked for in all
 * of them together; both walks keep their own stack.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_ivr_priv.h"

/* ---- Nodes that nobody comes to -------------------------------------------------------------- */

void jf_ivr_check_reached(struct jf_ivr_checking *c)
{
	const struct jf_ivr_flow *flow = &c->flows->list[c->flow];
	const struct jf_ivr_links *links = &c->flows->links[c->flow];
	bool *reached = calloc(flow->n_nodes, sizeof(*reached));
	uint32_t *stack = calloc(flow->n_nodes, sizeof(*stack)), depth = 0;

	if (!reached || !stack) {
		c->no_memory = true;
		goto out;
	}
	stack[depth++] = links->start;
	reached[links->start] = true;
	while (depth) {
		uint32_t n = stack[--depth];

		for (uint32_t w = 0; w < flow->nodes[n].n_ways; w++) {
			uint32_t to = links->to[n][w];

			if (!reached[to]) {
				reached[to] = true;
				stack[depth++] = to;
			}
		}
	}
	for (uint32_t n = 0; n < flow->n_nodes; n++)
		if (!reached[n])
			jf_ivr_mistake(c, n, "", "no way leads to \"%s\"", flow->nodes[n].name);
out:
	free(reached);
	free(stack);
}

/* ---- Circles --------------------------------------------------------------------------------- */

enum colour { WHITE, ON_STACK, DONE };

struct visit {
	uint32_t flow, node, way;
};

struct search {
	struct jf_ivr_checking *c;
	uint8_t **colours;
	struct visit *stack;
	size_t depth;
};

/* The next node that a caller comes to without a key press; false: no more. */
static bool follow(const struct search *s, struct visit *at, struct visit *ret_to)
{
	const struct jf_ivr_flows *flows = s->c->flows;
	const struct jf_ivr_links *links = &flows->links[at->flow];
	const struct jf_ivr_node *node = &flows->list[at->flow].nodes[at->node];

	while (at->way < node->n_ways) {
		uint32_t w = at->way++;

		if (jf_ivr_way_is_pressed(node, &node->ways[w]))
			continue;
		*ret_to = (struct visit){at->flow, links->to[at->node][w], 0};
		return true;
	}
	if (at->way++ == node->n_ways && links->goes[at->node] != JF_IVR_NOWHERE) {
		uint32_t other = links->goes[at->node];

		*ret_to = (struct visit){other, flows->links[other].start, 0};
		return true;
	}
	return false;
}

/* The stack from that node on is a circle. */
static void tell(const struct search *s, const struct visit *first)
{
	const struct jf_ivr_flows *flows = s->c->flows;
	char text[120] = "";
	bool listens = false;
	size_t from = s->depth;

	while (from &&
	       (s->stack[from - 1].flow != first->flow || s->stack[from - 1].node != first->node))
		from--;
	for (size_t i = from ? from - 1 : 0; i < s->depth; i++) {
		const struct jf_ivr_node *node =
		        &flows->list[s->stack[i].flow].nodes[s->stack[i].node];
		size_t length = strlen(text);

		listens |= node->kind == JF_IVR_MENU || node->kind == JF_IVR_COLLECT;
		snprintf(text + length, sizeof(text) - length, "%s%s", length ? ", " : "",
		         node->name);
	}
	s->c->flow = first->flow;
	jf_ivr_mistake(s->c, first->node, "",
	               listens ? "its tries never end: who presses nothing goes round: %s"
	                       : "a loop without input: %s",
	               text);
}

static void search_from(struct search *s, uint32_t flow, uint32_t node)
{
	s->stack[s->depth++] = (struct visit){flow, node, 0};
	s->colours[flow][node] = ON_STACK;
	while (s->depth) {
		struct visit *at = &s->stack[s->depth - 1], to;

		if (!follow(s, at, &to)) {
			s->colours[at->flow][at->node] = DONE;
			s->depth--;
		} else if (s->colours[to.flow][to.node] == ON_STACK) {
			tell(s, &to);
		} else if (s->colours[to.flow][to.node] == WHITE) {
			s->colours[to.flow][to.node] = ON_STACK;
			s->stack[s->depth++] = to;
		}
	}
}

void jf_ivr_check_loops(struct jf_ivr_checking *c)
{
	const struct jf_ivr_flows *flows = c->flows;
	struct search s = {.c = c, .colours = calloc(flows->n + 1, sizeof(s.colours[0]))};
	uint8_t *colours;
	size_t nodes = 0;

	for (size_t i = 0; i < flows->n; i++)
		nodes += flows->list[i].n_nodes;
	colours = calloc(nodes + 1, 1);
	s.stack = calloc(nodes + 1, sizeof(s.stack[0]));
	if (!s.colours || !s.stack || !colours) {
		c->no_memory = true;
		goto out;
	}
	nodes = 0;
	for (size_t i = 0; i < flows->n; i++) {
		s.colours[i] = colours + nodes;
		nodes += flows->list[i].n_nodes;
	}
	for (uint32_t f = 0; f < flows->n; f++)
		for (uint32_t n = 0; n < flows->list[f].n_nodes; n++)
			if (s.colours[f][n] == WHITE)
				search_from(&s, f, n);
out:
	free(s.colours);
	free(s.stack);
	free(colours);
}
