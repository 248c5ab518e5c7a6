// SPDX-License-Identifier: BSD-3-Clause
/*
 * Agents' phones that ring when control is killed. They are called anew by the process that comes
 * then, or others are: so that nobody's phone rings for a call that nobody knows, the live row has
 * their INVITEs, and the new process cancels those first. Whoever answers meanwhile gets a BYE.
 */
#include <stdlib.h>
#include <string.h>

#include "jf_call_asked.h"
#include "jf_call_ring.h"

static void leg_put(json_t *list, const struct jf_leg *leg)
{
	struct jf_leg_early *early = calloc(1, sizeof(*early));
	char *text = NULL;

	if (early && leg && !jf_leg_early_export(leg, early))
		text = jf_call_bytes_text(early, sizeof(*early));
	if (text)
		json_array_append_new(list, json_string(text));
	free(text);
	if (early)
		explicit_bzero(early, sizeof(*early));
	free(early);
}

static void phones_put(json_t *list, const struct jf_call_party *party)
{
	if (party->kind == JF_CALL_TO_OUTSIDE || party->joined_ns)
		return;
	leg_put(list, party->leg);
	for (unsigned i = 0; i < jf_call_ring_others(party); i++)
		leg_put(list, jf_call_ring_other_leg(party, i));
}

json_t *jf_call_rung_row(const struct jf_call *call)
{
	json_t *list = json_array();

	if (!call->target && call->state != JF_CALL_RINGING)
		return list;
	phones_put(list, call->target ? call->target : call->agent);
	for (const struct jf_call_party *party = call->asked; party; party = party->also)
		phones_put(list, party);
	return list;
}

void jf_call_rung_cancel(struct jf_calls *calls, const json_t *row)
{
	struct jf_leg_early *early = calloc(1, sizeof(*early));
	struct jf_leg *leg;
	json_t *text;
	size_t i;

	json_array_foreach(json_object_get(row, "rings"), i, text)
	{
		if (!early || !json_string_value(text) ||
		    jf_call_bytes_parse(json_string_value(text), early, sizeof(*early)) ||
		    jf_leg_early_import(calls->config.sip, early, NULL, &leg))
			continue;
		jf_leg_end(leg, 0, NULL);
		jf_leg_detach(leg);
	}
	if (early)
		explicit_bzero(early, sizeof(*early));
	free(early);
}
