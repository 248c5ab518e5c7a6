// SPDX-License-Identifier: BSD-3-Clause
/* A party outside as it is counted, told and kept. */
#include <stdio.h>
#include <string.h>

#include "jf_call_outside_priv.h"
#include "jf_call_row.h"

/* ---- Counting -------------------------------------------------------------------------------- */

void jf_call_outside_count_begin(struct jf_call_outside *o, enum jf_call_usage_of of,
                                 const char *name)
{
	struct jf_usage *usage = jf_call_usage(jf_call_outside_trunks(o), of, name);

	if (usage)
		jf_usage_begin(usage, jf_loop_now_ns());
}

void jf_call_outside_count_answered(struct jf_call_outside *o, enum jf_call_usage_of of,
                                    const char *name)
{
	struct jf_usage *usage = jf_call_usage(jf_call_outside_trunks(o), of, name);

	if (usage)
		jf_usage_answered(usage, jf_loop_now_ns());
}

void jf_call_outside_count_end(struct jf_call_outside *o, enum jf_call_usage_of of,
                               const char *name)
{
	struct jf_usage *usage = jf_call_usage(jf_call_outside_trunks(o), of, name);

	if (!usage)
		return;
	jf_usage_end(usage, jf_loop_now_ns(), o->answered);
	if (o->answered)
		jf_call_usage_store(jf_call_outside_trunks(o), of, name);
}

/* ---- Told and kept -----------------------------------------------------------------------------
 */

json_t *jf_call_outside_json(const struct jf_call_party *party)
{
	const struct jf_call_outside *o = party->outside;

	if (!o)
		return json_incref(party->outside_was);
	return json_pack("{s:s, s:s, s:b, s:O, s:O*}", "number", o->number, "trunk",
	                 jf_call_outside_trunk(o), "answered", o->answered, "attempts", o->attempts,
	                 "passed_over", o->passed_over);
}

/* What is needed to go on with the attempts: whose call it is, and the trunks that are left. */
static json_t *under_way_row(const struct jf_call_outside *o)
{
	json_t *trunks = json_array();

	for (unsigned i = o->trunk; i < o->n_trunks; i++)
		json_array_append_new(trunks, json_string(o->trunks[i]));
	return json_pack("{s:s, s:s, s:s, s:b, s:i, s:o}", "caller", o->caller, "name", o->name,
	                 "diverted", o->diverted, "withheld", o->withheld, "uri", (int)o->uri,
	                 "trunks", trunks);
}

json_t *jf_call_outside_row(const struct jf_call_party *party)
{
	json_t *row = jf_call_outside_json(party);

	if (row && party->outside && !party->outside->answered)
		json_object_set_new(row, "under_way", under_way_row(party->outside));
	return row;
}

static void under_way_take(struct jf_call_outside *o, const json_t *row)
{
	json_t *trunks = json_object_get(row, "trunks"), *trunk;
	size_t i;

	jf_call_row_text(row, "caller", o->caller, sizeof(o->caller));
	jf_call_row_text(row, "name", o->name, sizeof(o->name));
	jf_call_row_text(row, "diverted", o->diverted, sizeof(o->diverted));
	o->withheld = json_is_true(json_object_get(row, "withheld"));
	o->uri = (unsigned)json_integer_value(json_object_get(row, "uri"));
	o->tried_ns = jf_loop_now_ns();
	json_array_foreach(trunks, i, trunk)
	{
		if (i < JF_OUTBOUND_MAX && json_string_value(trunk))
			snprintf(o->trunks[i], sizeof(o->trunks[i]), "%s",
			         json_string_value(trunk));
	}
	if (i > 0 && i <= JF_OUTBOUND_MAX)
		o->n_trunks = (unsigned)i;
}

static void usage_take(struct jf_call_outside *o)
{
	const char *trunk = jf_call_outside_trunk(o), *tenant = o->party->call->tenant;

	o->begun = o->tenant_begun = true;
	jf_call_outside_count_begin(o, JF_CALL_USAGE_TRUNK, trunk);
	jf_call_outside_count_begin(o, JF_CALL_USAGE_TENANT, tenant);
	if (!o->answered)
		return;
	jf_call_outside_count_answered(o, JF_CALL_USAGE_TRUNK, trunk);
	jf_call_outside_count_answered(o, JF_CALL_USAGE_TENANT, tenant);
}

void jf_call_outside_adopt(struct jf_call_party *party, const json_t *json)
{
	const json_t *under_way = json_object_get(json, "under_way");
	json_t *attempts = json_object_get(json, "attempts");
	struct jf_call_outside *o;

	if (!json_string_value(json_object_get(json, "number")) ||
	    !json_string_value(json_object_get(json, "trunk")) || party->outside)
		return;
	o = jf_call_outside_make(party);
	if (!o)
		return;
	jf_call_row_text(json, "number", o->number, sizeof(o->number));
	jf_call_row_text(json, "trunk", o->trunks[0], sizeof(o->trunks[0]));
	o->n_trunks = 1;
	o->answered = !under_way;
	if (under_way)
		under_way_take(o, under_way);
	if (json_is_array(attempts)) {
		json_decref(o->attempts);
		o->attempts = json_incref(attempts);
	}
	o->passed_over = json_incref(json_object_get(json, "passed_over"));
	jf_leg_credentials_set(party->leg,
	                       jf_call_trunk_credentials(jf_call_outside_trunks(o), o->trunks[0]));
	party->outside = o;
	usage_take(o);
}
