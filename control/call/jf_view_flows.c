// SPDX-License-Identifier: BSD-3-Clause
/* Flows with the callers inside, and one of them as a drawing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_flow_priv.h"
#include "jf_view.h"

#define DEPTH_MAX 40u

static struct jf_ivr_flows *flows_of(const struct jf_calls *calls)
{
	return jf_directory_flows(jf_routing_directory(calls->routing));
}

/* ---- Listing --------------------------------------------------------------------------------- */

static void count(json_t *object, const char *key)
{
	json_object_set_new(object, key,
	                    json_integer(json_integer_value(json_object_get(object, key)) + 1));
}

/* {"callers", "former", "at": {node: count}} of that flow; former: in a version before this. */
static json_t *inside(const struct jf_calls *calls, const struct jf_ivr_flow *flow)
{
	json_t *json = json_pack("{s:i, s:i, s:{}}", "callers", 0, "former", 0, "at");

	JF_LIST_FOR(link, &calls->calls)
	{
		const struct jf_call *call = JF_CONTAINER(link, struct jf_call, link);
		const struct jf_ivr_flow *its;

		if (call->state != JF_CALL_FLOW || !call->flow)
			continue;
		its = jf_ivr_flow_of(call->flow->ivr);
		if (strcmp(its->name, flow->name) != 0 || strcmp(call->tenant, flow->tenant) != 0)
			continue;
		count(json, "callers");
		if (its != flow)
			count(json, "former");
		count(json_object_get(json, "at"), jf_ivr_node_of(call->flow->ivr)->name);
	}
	return json;
}

json_t *jf_view_flows(const struct jf_calls *calls)
{
	const struct jf_ivr_flows *flows = flows_of(calls);
	json_t *list = json_array();

	for (size_t i = 0; i < jf_ivr_flows_count(flows); i++) {
		const struct jf_ivr_flow *flow = jf_ivr_flows_at(flows, i);
		json_t *json = inside(calls, flow);

		json_object_set_new(json, "name", json_string(flow->name));
		json_object_set_new(json, "tenant", json_string(flow->tenant));
		json_object_set_new(json, "language", json_string(flow->language));
		json_object_set_new(json, "nodes", json_integer(flow->n_nodes));
		jf_call_kpi_add(calls, JF_KPIS_FLOW, flow->tenant, flow->name, json);
		json_array_append_new(list, json);
	}
	return list;
}

/* ---- Drawing --------------------------------------------------------------------------------- */

struct drawing {
	const struct jf_ivr_flow *flow;
	const json_t *at;
	bool *drawn;
	json_t *lines;
};

/* "menu (menu: choose) [2]" */
static void node_text(const struct drawing *d, const struct jf_ivr_node *node, char *ret_text,
                      size_t size)
{
	json_int_t callers = json_integer_value(json_object_get(d->at, node->name));
	const char *about = node->target ? node->target : node->http.url;
	size_t length;

	if (!about && node->says.n && node->says.list[0].type == JF_IVR_SAY_PROMPT)
		about = node->says.list[0].text;
	snprintf(ret_text, size, "%s (%s%s%.60s)", node->name, jf_ivr_kind_name(node->kind),
	         about ? ": " : "", about ? about : "");
	length = strlen(ret_text);
	if (callers)
		snprintf(ret_text + length, size - length, " [%d inside]", (int)callers);
}

static void line_add(struct drawing *d, const char *lead, const char *way, const char *text)
{
	char line[640];

	snprintf(line, sizeof(line), "%s%s%s", lead, way, text);
	json_array_append_new(d->lines, jf_bus_text(line, strlen(line)));
}

static void node_draw(struct drawing *d, const struct jf_ivr_node *node, const char *lead);

static void way_draw(struct drawing *d, const struct jf_ivr_node *node, uint32_t w,
                     const char *lead)
{
	const struct jf_ivr_way *way = &node->ways[w];
	const struct jf_ivr_node *to = jf_ivr_node_find(d->flow, way->to);
	bool last = w + 1 == node->n_ways, again = d->drawn[to - d->flow->nodes];
	bool deep = strlen(lead) >= 3 * DEPTH_MAX;
	char label[160], text[300], below[3 * DEPTH_MAX + 8];

	snprintf(label, sizeof(label), "%s %s%s%.100s -> ", last ? "`-" : "|-",
	         way->match && way->type == JF_IVR_KEY ? "key " : "",
	         way->match ? way->match : jf_ivr_way_name(way->type), "");
	if (again || deep)
		snprintf(text, sizeof(text), "%s%s", to->name, again ? " (above)" : " (below)");
	else
		node_text(d, to, text, sizeof(text));
	line_add(d, lead, label, text);
	if (again || deep)
		return;
	snprintf(below, sizeof(below), "%s%s", lead, last ? "   " : "|  ");
	node_draw(d, to, below);
}

static void node_draw(struct drawing *d, const struct jf_ivr_node *node, const char *lead)
{
	d->drawn[node - d->flow->nodes] = true;
	for (uint32_t w = 0; w < node->n_ways; w++)
		way_draw(d, node, w, lead);
}

static json_t *draw(const struct jf_ivr_flow *flow, const json_t *at)
{
	struct drawing d = {flow, at, calloc(flow->n_nodes, sizeof(bool)), json_array()};
	const struct jf_ivr_node *start =
	        flow->start ? jf_ivr_node_find(flow, flow->start) : &flow->nodes[0];

	/* From its start; then what was too deep there. */
	for (uint32_t i = 0; d.drawn && i <= flow->n_nodes; i++) {
		const struct jf_ivr_node *node = i ? &flow->nodes[i - 1] : start;
		char text[300];

		if (d.drawn[node - flow->nodes])
			continue;
		node_text(&d, node, text, sizeof(text));
		line_add(&d, "", "", text);
		node_draw(&d, node, "");
	}
	free(d.drawn);
	return d.lines;
}

bool jf_view_flow_name(const struct jf_calls *calls, size_t *cursor, struct jf_view_name *ret_name)
{
	const struct jf_ivr_flows *flows = flows_of(calls);
	const struct jf_ivr_flow *flow;

	if (*cursor >= jf_ivr_flows_count(flows))
		return false;
	flow = jf_ivr_flows_at(flows, (*cursor)++);
	*ret_name = (struct jf_view_name){flow->tenant, flow->name};
	return true;
}

json_t *jf_view_flow(const struct jf_calls *calls, const struct jf_view_name *name)
{
	const struct jf_ivr_flow *flow =
	        jf_ivr_flow_find(flows_of(calls), name->tenant, name->name);
	json_t *json;

	if (!flow)
		return NULL;
	json = inside(calls, flow);
	json_object_set_new(json, "name", json_string(flow->name));
	json_object_set_new(json, "tenant", json_string(flow->tenant));
	json_object_set_new(json, "language", json_string(flow->language));
	json_object_set_new(json, "graph", draw(flow, json_object_get(json, "at")));
	return json;
}
