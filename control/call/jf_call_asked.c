// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_asked.h"

#include <stdio.h>
#include <string.h>

#include "jf_acd_offer.h"
#include "jf_call_ring.h"

/* The one whom the machine knows. */
static struct jf_call_party **place_of(struct jf_call *call)
{
	return call->target ? &call->target : &call->agent;
}

static struct jf_acd_ref entry_of(const struct jf_call *call)
{
	return call->target ? call->target->entry : call->entry;
}

static void take_out(struct jf_call_party *party)
{
	struct jf_call_party **at = &party->call->asked;

	while (*at != party)
		at = &(*at)->also;
	*at = party->also;
	party->also = NULL;
	party->asked = false;
}

static void put_in(struct jf_call_party *party)
{
	struct jf_call_party **at = &party->call->asked;

	while (*at)
		at = &(*at)->also;
	*at = party;
	party->asked = true;
}

/* Its leg is over, or somebody else's business. */
static void let_go(struct jf_call_party *party)
{
	jf_call_media_close(party);
	jf_call_party_free(party);
}

/* ---- Asked ----------------------------------------------------------------------------------- */

/* Like the one in its place, but for who it is. */
static struct jf_call_party *make(struct jf_call *call, struct jf_acd_ref ref)
{
	const struct jf_call_party *first = *place_of(call);
	struct jf_media *media = call->calls->config.media;
	struct jf_call_party *party;
	struct jf_acd_agent agent;

	if (jf_acd_agent_get(call->calls->acd, ref, &agent) ||
	    jf_call_party_create(call, first->side, &party))
		return NULL;
	if (jf_media_open(media, &call->id, party->side, &call->caller.endpoint, NULL,
	                  &party->endpoint)) {
		jf_call_party_free(party);
		return NULL;
	}
	party->kind = first->kind;
	party->blind = first->blind;
	party->entry = first->entry;
	memcpy(party->queue, first->queue, sizeof(party->queue));
	party->agent_ref = ref;
	snprintf(party->name, sizeof(party->name), "%s", agent.name);
	party->dialed_ns = jf_loop_now_ns();
	party->outcome = JF_ACD_OUTCOME_FAILED;
	return party;
}

/* The decision is the one of the first: who else rings is said with it. */
static void decision_note(struct jf_call *call, const char *name)
{
	json_t *last = jf_call_notes_last(&call->decisions);
	const char *text = json_string_value(json_object_get(last, "text"));
	json_t *also = json_object_get(last, "also");

	if (!also) {
		also = json_array();
		json_object_set_new(last, "also", also);
	}
	json_array_append_new(also, json_string(name));
	if (text)
		json_object_set_new(last, "text", json_sprintf("%s; also %s", text, name));
	jf_call_notes_amend(&call->decisions, last);
}

static bool rings(const struct jf_call *call)
{
	return call->target ? call->target->name[0] != '\0' : call->state != JF_CALL_QUEUED;
}

bool jf_call_asked_add(struct jf_call *call, const struct jf_acd_output *output)
{
	struct jf_acd *acd = call->calls->acd;
	struct jf_call_party *party;

	if (!rings(call) || !jf_acd_ref_equal(output->entry, entry_of(call)))
		return false;
	/* Taken back since it was said. */
	if (!jf_acd_offer_stands(acd, output->entry, output->agent))
		return true;
	party = make(call, output->agent);
	if (!party) {
		(void)jf_acd_offer_withdraw(acd, output->entry, output->agent, jf_loop_now_ns());
		return true;
	}
	put_in(party);
	decision_note(call, party->name);
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "calls agent %s too", party->name);
	jf_call_ring_begin(party);
	if (!party->leg) {
		party->outcome = JF_ACD_OUTCOME_UNREACHABLE;
		(void)jf_call_asked_refused(party);
	}
	return true;
}

/* ---- What they say --------------------------------------------------------------------------- */

static void ringing(struct jf_call_party *party)
{
	struct jf_call *call = party->call;
	uint64_t now_ns = jf_loop_now_ns();

	if (party->rang_ns)
		return;
	party->rang_ns = now_ns;
	(void)jf_acd_offer_ringing(call->calls->acd, entry_of(call), party->agent_ref, now_ns);
	if (!call->target) {
		jf_call_publish(call, "call.ringing", json_pack("{s:s}", "agent", party->name));
		jf_call_pop(party);
	}
	/* Whoever waits for an answer is told that somebody's phone rings. */
	jf_call_progress(*place_of(call), NULL);
	jf_agents_drain(call->calls);
}

/* The two change places; what is asked of the call from now on is asked of this one. */
static void to_its_place(struct jf_call_party *party)
{
	struct jf_call_party **place = place_of(party->call), *first = *place;

	take_out(party);
	*place = party;
	put_in(first);
}

void jf_call_asked_event(struct jf_call_party *party, const struct jf_leg_event *event)
{
	switch (event->type) {
	case JF_LEG_PROVISIONAL:
		ringing(party);
		break;
	case JF_LEG_ANSWERED:
		to_its_place(party);
		jf_call_party_event(party, event);
		break;
	case JF_LEG_ENDED:
		if (!jf_call_party_unanswered(party, event))
			(void)jf_call_asked_refused(party);
		break;
	case JF_LEG_CHANGED:
		jf_call_row_store(party->call);
		break;
	default: /* nothing is agreed on with it */
		break;
	}
}

/* ---- No longer ------------------------------------------------------------------------------- */

bool jf_call_asked_refused(struct jf_call_party *party)
{
	struct jf_call *call = party->call;
	struct jf_calls *calls = call->calls;
	uint64_t now_ns = jf_loop_now_ns();

	if (!call->asked)
		return false;
	jf_call_attempt_note(party, now_ns);
	(void)jf_acd_offer_refused(calls->acd, entry_of(call), party->agent_ref, party->outcome,
	                           now_ns);
	if (!party->asked)
		to_its_place(call->asked);
	take_out(party);
	let_go(party);
	jf_call_row_store(call);
	jf_agents_drain(calls);
	return true;
}

void jf_call_asked_failed(struct jf_call_party *party)
{
	jf_call_leg_cancel(party, JF_CALL_CANCEL_GIVEN_UP);
	party->outcome = JF_ACD_OUTCOME_FAILED;
	(void)jf_call_asked_refused(party);
}

/* It is given up, and that is noted. */
static void give_up(struct jf_call_party *party, enum jf_call_cancel why, uint64_t now_ns)
{
	party->withdrawn = why != JF_CALL_CANCEL_RONA;
	party->outcome = JF_ACD_OUTCOME_RONA; /* for what is not withdrawn */
	jf_call_leg_cancel(party, why);
	jf_call_attempt_note(party, now_ns);
	take_out(party);
	let_go(party);
}

void jf_call_asked_withdrawn(struct jf_call *call, struct jf_acd_ref agent)
{
	struct jf_call_party *party = call->asked;

	while (party && !jf_acd_ref_equal(party->agent_ref, agent))
		party = party->also;
	if (party)
		give_up(party, JF_CALL_CANCEL_ELSEWHERE, jf_loop_now_ns());
}

void jf_call_asked_keep_first(struct jf_call *call)
{
	struct jf_acd_ref others[JF_ACD_RING_MAX], ref;
	uint32_t cursor = 0, n = 0;
	uint64_t now_ns = jf_loop_now_ns();

	while (n < JF_ACD_RING_MAX &&
	       jf_acd_offer_each(call->calls->acd, entry_of(call), &cursor, &ref))
		if (!jf_acd_ref_equal(ref, (*place_of(call))->agent_ref))
			others[n++] = ref;
	for (uint32_t i = 0; i < n; i++) {
		(void)jf_acd_offer_withdraw(call->calls->acd, entry_of(call), others[i], now_ns);
		jf_call_asked_withdrawn(call, others[i]);
	}
}

void jf_call_asked_end(struct jf_call *call, bool rona, uint64_t now_ns)
{
	struct jf_acd_ref entry = entry_of(call);

	while (call->asked) {
		struct jf_acd_ref agent = call->asked->agent_ref;

		give_up(call->asked, rona ? JF_CALL_CANCEL_RONA : JF_CALL_CANCEL_GIVEN_UP, now_ns);
		/* In the other case the ACD hears of all of them together. */
		if (rona)
			(void)jf_acd_offer_refused(call->calls->acd, entry, agent,
			                           JF_ACD_OUTCOME_RONA, now_ns);
	}
}

void jf_call_asked_free(struct jf_call *call)
{
	while (call->asked) {
		struct jf_call_party *party = call->asked;

		if (party->leg) {
			jf_leg_user_set(party->leg, NULL);
			jf_leg_detach(party->leg);
		}
		take_out(party);
		jf_call_party_free(party);
	}
}

/* ---- Looking ----------------------------------------------------------------------------------
 */

struct jf_call_party *jf_call_asked_at(const struct jf_call *call, struct jf_media_ref endpoint)
{
	struct jf_call_party *party = call->asked;

	while (party && party->endpoint.index != endpoint.index)
		party = party->also;
	return party;
}

json_t *jf_call_asked_json(const struct jf_call *call)
{
	json_t *list = json_array();
	struct jf_acd_agent agent;
	struct jf_acd_ref ref;
	uint32_t cursor = 0;

	while (jf_acd_offer_each(call->calls->acd, entry_of(call), &cursor, &ref))
		if (!jf_acd_agent_get(call->calls->acd, ref, &agent))
			json_array_append_new(list, json_string(agent.name));
	return list;
}
