// SPDX-License-Identifier: BSD-3-Clause
/*
 * What comes before any queue: the greeting, the flow, and those who are connected elsewhere
 * without one. Each caller of a number goes through it and leaves it once, in one of the ways of
 * jf_kpi.h. Whoever hangs up before an agent answered has done so in the IVR (here), in the queue,
 * or while a phone rang for it; the record says which.
 */
#include <stdio.h>
#include <string.h>

#include "jf_call_priv.h"
#include "jf_kpis.h"

void jf_call_intake_begin(struct jf_call *call)
{
	call->intake.is_open = true;
	snprintf(call->intake.flow, sizeof(call->intake.flow), "%s", call->flow_name);
}

/* Whether it still is in it: what becomes of a call that is in no queue comes with the next
 * event. */
static bool goes_on(const struct jf_call *call)
{
	switch (call->state) {
	case JF_CALL_CONFIRMING:
	case JF_CALL_GREETING:
	case JF_CALL_FLOW:
	case JF_CALL_FORWARDING:
		return true;
	case JF_CALL_QUEUED:
	case JF_CALL_RINGING: /* a number outside */
		return !call->in_acd;
	default:
		return false;
	}
}

static bool a_phone_rang(enum jf_call_state was)
{
	return was == JF_CALL_RINGING || was == JF_CALL_FORWARDING;
}

static enum jf_kpi_way end_way(const struct jf_call *call, enum jf_call_state was)
{
	if (call->ended_by == JF_CALL_BY_CALLER)
		return a_phone_rang(was) ? JF_KPI_WAY_ABANDONED_RINGING : JF_KPI_WAY_ABANDONED;
	return call->end_reason && !strcmp(call->end_reason, "the flow ended")
	               ? JF_KPI_WAY_CONTAINED
	               : JF_KPI_WAY_RELEASED;
}

static enum jf_kpi_way way_of(const struct jf_call *call, enum jf_call_state was)
{
	switch (call->state) {
	case JF_CALL_VOICEMAIL:
		return JF_KPI_WAY_VOICEMAIL;
	case JF_CALL_LEAVING:
		return JF_KPI_WAY_CALLBACK;
	case JF_CALL_SURVEY:
		return JF_KPI_WAY_CONTAINED;
	case JF_CALL_CLOSING:
	case JF_CALL_WRITING:
		return end_way(call, was);
	default:
		return call->in_acd ? JF_KPI_WAY_QUEUED : JF_KPI_WAY_TRANSFERRED;
	}
}

/* Where a caller was who hung up; NULL: an agent had answered, or it had left something. */
static const char *where(const struct jf_call *call, enum jf_call_state was)
{
	if (call->ended_by != JF_CALL_BY_CALLER || call->answered || call->placed_by[0])
		return NULL;
	if (a_phone_rang(was))
		return "ringing";
	if (was == JF_CALL_QUEUED)
		return "queue";
	return was <= JF_CALL_FLOW ? "ivr" : NULL;
}

void jf_call_intake_moved(struct jf_call *call, enum jf_call_state was)
{
	struct jf_kpis *kpis = call->calls->config.kpis;

	if (call->state == JF_CALL_CLOSING && was != JF_CALL_CLOSING)
		call->abandoned_in = where(call, was);
	if (!call->intake.is_open || goes_on(call))
		return;
	call->intake.is_open = false;
	if (call->state < JF_CALL_CLOSING) /* a restart is not to count it again */
		jf_call_row_store(call);
	if (kpis)
		jf_kpis_left_intake(kpis, call->tenant, call->intake.flow, way_of(call, was),
		                    jf_call_kpi_now());
}

/* ---- The row ----------------------------------------------------------------------------------
 */

void jf_call_intake_describe(const struct jf_call *call, json_t *json)
{
	if (call->abandoned_in)
		json_object_set_new(json, "abandoned_in", json_string(call->abandoned_in));
}

void jf_call_intake_store(const struct jf_call *call, json_t *row)
{
	if (call->intake.is_open)
		json_object_set_new(row, "intake", json_string(call->intake.flow));
}

void jf_call_intake_read(struct jf_call *call, const json_t *row)
{
	static const char *const places[] = {"ivr", "queue", "ringing"};
	const char *flow = json_string_value(json_object_get(row, "intake"));
	const char *place = json_string_value(json_object_get(row, "abandoned_in"));

	call->intake.is_open = flow != NULL;
	snprintf(call->intake.flow, sizeof(call->intake.flow), "%s", flow ? flow : "");
	for (size_t i = 0; place && i < sizeof(places) / sizeof(places[0]); i++)
		if (!strcmp(place, places[i]))
			call->abandoned_in = places[i];
}
