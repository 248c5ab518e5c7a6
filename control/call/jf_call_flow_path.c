// SPDX-License-Identifier: BSD-3-Clause
/* What is kept of a caller's way through flows: the path, and the data that go on with the call.
 * What is secret is in neither. */
#include "jf_call_flow_priv.h"

#include <string.h>

#define PATH_MAX_NODES 200u

/* ---- The path -------------------------------------------------------------------------------- */

static json_t *visit_json(const struct jf_call *call, const struct jf_ivr_visit *visit)
{
	uint64_t now_ns = jf_loop_now_ns();
	json_t *json = json_pack(
	        "{s:s, s:s, s:s, s:I, s:I, s:s}", "flow", visit->flow->name, "node",
	        visit->node->name, "kind", jf_ivr_kind_name(visit->node->kind), "at_ms",
	        (json_int_t)(jf_time_since(call->arrived_ns, visit->entered_ns) / JF_NS_PER_MS),
	        "ms", (json_int_t)(jf_time_since(visit->entered_ns, now_ns) / JF_NS_PER_MS), "way",
	        visit->way);

	if (visit->input)
		json_object_set_new(json, "input", json_string(visit->input));
	if (visit->silences)
		json_object_set_new(json, "silences", json_integer(visit->silences));
	if (visit->invalids)
		json_object_set_new(json, "invalids", json_integer(visit->invalids));
	return json;
}

static void keep(struct jf_call *call, json_t *json)
{
	if (!call->path)
		call->path = json_array();
	/* Who goes round for long is remembered by how it began. */
	if (json_array_size(call->path) < PATH_MAX_NODES)
		json_array_append(call->path, json);
	jf_call_publish(call, "call.flow", json);
}

void jf_call_flow_left(const struct jf_ivr_visit *visit, void *arg)
{
	struct jf_call *call = arg;

	keep(call, visit_json(call, visit));
}

void jf_call_flow_cut(struct jf_call *call)
{
	const struct jf_ivr *ivr = call->flow->ivr;
	bool left = call->state == JF_CALL_CLOSING && call->ended_by == JF_CALL_BY_CALLER;
	struct jf_ivr_visit visit = {
	        .flow = jf_ivr_flow_of(ivr),
	        .node = jf_ivr_node_of(ivr),
	        .entered_ns = jf_ivr_entered(ivr),
	        .way = left ? "hung up" : "end",
	};

	keep(call, visit_json(call, &visit));
}

json_t *jf_call_flow_json(const struct jf_call *call)
{
	json_t *json;

	if (!call->path && !call->flow)
		return NULL;
	json = json_pack("{s:o}", "path", call->path ? json_deep_copy(call->path) : json_array());
	if (call->flow) {
		json_object_set_new(json, "name", json_string(call->flow_name));
		json_object_set_new(json, "node",
		                    json_string(jf_ivr_node_of(call->flow->ivr)->name));
		json_object_set_new(json, "language",
		                    json_string(jf_ivr_language(call->flow->ivr)));
	}
	return json;
}

/* ---- Data ------------------------------------------------------------------------------------ */

void jf_call_flow_data_take(struct jf_call *call)
{
	const struct jf_ivr_data *data = jf_ivr_data_of(call->flow->ivr);

	for (uint32_t i = 0; i < data->n; i++) {
		const struct jf_ivr_datum *datum = &data->list[i];
		const char *has = jf_call_wants_data(&call->wants, datum->key);

		if (datum->secret) /* it may have been open before */
			(void)jf_call_wants_data_set(&call->wants, datum->key, NULL);
		else if (!has || strcmp(has, datum->value) != 0)
			(void)jf_call_wants_data_set(&call->wants, datum->key, datum->value);
	}
}

void jf_call_flow_data_give(const struct jf_call *call, struct jf_ivr_data *data)
{
	const char *key;
	json_t *value;

	json_object_foreach(call->wants.data, key, value)
	{
		(void)jf_ivr_data_set(data, key, json_string_value(value), false);
	}
	if (call->wants.language[0] && !jf_ivr_data_find(data, "language"))
		(void)jf_ivr_data_set(data, "language", call->wants.language, false);
}
