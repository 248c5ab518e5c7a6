// SPDX-License-Identifier: BSD-3-Clause
/* What legs say, as events of the call; and what they are told. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "jf_call_priv.h"

/* ---- The agent's leg ------------------------------------------------------------------------ */

/* NULL: it could not be called. */
static struct jf_leg *invite_agent(struct jf_call *call, const struct jf_registration *contact,
                                   enum jf_call_security security)
{
	char name[JF_SIP_NAME_MAX], headers[64];
	struct jf_leg_target target = {
	        .uri = contact->contact,
	        .peer = contact->source,
	        .from_user = call->caller_number,
	        .from_name = name,
	        .to_user = call->agent->name,
	        .headers = headers,
	};
	struct jf_leg *leg;

	/* The agent sees for whom it answers, and who calls. */
	snprintf(name, sizeof(name), "%s", call->queue_name);
	snprintf(headers, sizeof(headers), "X-Jackfield-Call: %s\r\n", call->id_text);
	if (jf_call_offer_make(call->agent, security, &call->agent->offered) ||
	    jf_leg_create(call->calls->config.sip, &target, &call->agent->offered, call->agent,
	                  &leg))
		return NULL;
	jf_leg_call_id_set(leg, &call->id);
	return leg;
}

/* Its newest contact, called with or without keys. */
static void call_agent(struct jf_call *call, bool plain)
{
	const struct jf_directory *directory = jf_routing_directory(call->calls->routing);
	const struct jf_directory_agent *agent =
	        directory ? jf_directory_agent_find(directory, call->agent->name) : NULL;
	struct jf_registration contact;
	struct jf_media_address toward;
	int security, err;

	if (!jf_sip_registrations_get(call->calls->config.sip, call->agent->name, &contact, 1))
		return;
	toward = (struct jf_media_address){.family = contact.source.family};
	memcpy(toward.ip, contact.source.ip, sizeof(toward.ip));
	err = jf_call_media_toward_agent(call, &toward);
	if (err) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "no media toward agent %s: %s",
		       call->agent->name, strerror(-err));
		return;
	}
	jf_call_policy_set(call->agent, agent ? &agent->media : NULL, contact.source.transport);
	security = plain ? JF_CALL_PLAIN : jf_call_policy_offer(&call->agent->policy);
	if (security < 0)
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id,
		       "agent %s must have SRTP, and its phone is not on TLS", call->agent->name);
	else
		call->agent->leg = invite_agent(call, &contact, (enum jf_call_security)security);
}

static void dial_failed(void *arg)
{
	struct jf_call *call = arg;

	call->agent->outcome = JF_ACD_OUTCOME_UNREACHABLE;
	jf_call_event(call, JF_CALL_EVENT_REFUSED);
}

void jf_call_dial(struct jf_call *call)
{
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "calls agent %s", call->agent->name);
	call->agent->has_desc = false;
	call->agent->pinging = false;
	call->agent->pinged_ns = 0;
	call_agent(call, false);
	if (!call->agent->leg)
		jf_loop_timer_start(&call->timer, 0, dial_failed, call);
}

void jf_call_leg_end(struct jf_call_party *party, uint16_t code, const char *reason)
{
	if (!party->leg)
		return;
	jf_leg_end(party->leg, code, reason);
	jf_leg_detach(party->leg);
	party->leg = NULL;
}

void jf_call_leg_cancel(struct jf_call *call, bool rona)
{
	struct jf_call_ghost *ghost;
	struct jf_leg *leg = call->agent->leg;

	if (!leg)
		return;
	if (rona) {
		call->agent->outcome = JF_ACD_OUTCOME_RONA;
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s does not answer",
		       call->agent->name);
	}
	call->agent->leg = NULL;
	jf_leg_end(leg, 0, NULL);
	ghost = calloc(1, sizeof(*ghost));
	if (!ghost) {
		jf_leg_detach(leg);
		return;
	}
	ghost->calls = call->calls;
	ghost->agent = call->agent->agent_ref;
	ghost->rona = rona;
	ghost->party.leg = leg;
	jf_leg_user_set(leg, &ghost->party);
	jf_list_append(&call->calls->ghosts, &ghost->link);
}

/* A cancelled leg is over. Whoever answered while we cancelled did answer. */
static void ghost_ended(struct jf_call_ghost *ghost, const struct jf_leg_event *event)
{
	struct jf_calls *calls = ghost->calls;
	struct jf_acd_agent agent;

	if (event->end == JF_LEG_END_CROSSED && ghost->rona &&
	    !jf_acd_agent_get(calls->acd, ghost->agent, &agent) &&
	    agent.state == JF_AGENT_NOT_READY && !strcmp(agent.reason, "rona"))
		jf_acd_agent_want(calls->acd, ghost->agent, JF_AGENT_WANT_READY, NULL, "call",
		                  jf_loop_now_ns());
	jf_list_remove(&ghost->link);
	free(ghost);
	jf_agents_drain(calls);
}

/* RFC 3261 section 21, as practice uses it: see jf_acd.h for what follows for the agent. */
static enum jf_acd_outcome outcome_of(const struct jf_leg_event *event)
{
	switch (event->end) {
	case JF_LEG_END_TIMEOUT:
	case JF_LEG_END_TRANSPORT:
	case JF_LEG_END_GONE:
		return JF_ACD_OUTCOME_UNREACHABLE;
	case JF_LEG_END_REJECTED_BY_PEER:
		break;
	default:
		return JF_ACD_OUTCOME_FAILED;
	}
	switch (event->code) {
	case 486:
	case 600:
		return JF_ACD_OUTCOME_BUSY;
	case 603:
	case 403:
		return JF_ACD_OUTCOME_REJECTED;
	case 480:
		return JF_ACD_OUTCOME_UNAVAILABLE;
	case 408:
	case 410:
	case 404:
	case 503:
		return JF_ACD_OUTCOME_UNREACHABLE;
	default:
		return JF_ACD_OUTCOME_FAILED;
	}
}

/* ---- Events --------------------------------------------------------------------------------- */

/* Whether the leg was lost rather than ended by its user. */
static bool is_loss(enum jf_leg_end end)
{
	return end == JF_LEG_END_GONE || end == JF_LEG_END_TRANSPORT;
}

static void caller_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	call->caller.leg = NULL;
	switch (event->end) {
	case JF_LEG_END_BYE_BY_PEER:
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller hung up", 0);
		break;
	case JF_LEG_END_CANCELLED_BY_PEER:
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller cancelled", 487);
		break;
	case JF_LEG_END_NO_ACK:
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "our answer was not acknowledged", 408);
		break;
	default:
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller vanished", event->code);
		break;
	}
	jf_call_event(call, JF_CALL_EVENT_CALLER_ENDED);
}

static void agent_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	call->agent->leg = NULL;
	call->agent->code = event->code;
	if (call->state == JF_CALL_RINGING && event->end == JF_LEG_END_REJECTED_BY_PEER &&
	    call->agent->offered.savp &&
	    jf_call_policy_falls_back(&call->agent->policy, event->code)) {
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s does not take SRTP: %u",
		       call->agent->name, event->code);
		call_agent(call, true);
		if (call->agent->leg)
			return;
	}
	if (call->state == JF_CALL_RINGING) {
		call->agent->outcome = outcome_of(event);
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s: %s (%u)", call->agent->name,
		       jf_acd_outcome_name(call->agent->outcome), event->code);
		jf_call_event(call, JF_CALL_EVENT_REFUSED);
	} else if (is_loss(event->end)) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished",
		       call->agent->name);
		jf_call_event(call, JF_CALL_EVENT_AGENT_VANISHED);
	} else {
		jf_call_end_note(call, JF_CALL_BY_AGENT, "agent hung up", 0);
		jf_call_event(call, JF_CALL_EVENT_AGENT_ENDED);
	}
}

static void agent_answered(struct jf_call *call, const struct jf_media_desc *media)
{
	if (!media || jf_call_agree(call->agent, &call->agent->offered, media)) {
		/* It took something that was not offered: its 200 is acknowledged and ended. */
		jf_call_leg_end(call->agent, 488, "Not Acceptable Here");
		call->agent->outcome = JF_ACD_OUTCOME_FAILED;
		call->agent->code = 488;
		jf_call_event(call, JF_CALL_EVENT_REFUSED);
		return;
	}
	jf_call_media_remote(call->agent);
	jf_call_event(call, JF_CALL_EVENT_ANSWERED);
}

/* The peer's description changed: a new address, new keys, a hold, a resume. */
static void described(struct jf_call_party *party, const struct jf_media_desc *local,
                      const struct jf_media_desc *media)
{
	struct jf_call *call = party->call;
	bool was_held = party->has_desc && party->desc.hold;

	if (jf_call_agree(party, local, media)) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id,
		       "an answer does not fit our offer: media goes on as it was");
		return;
	}
	jf_call_media_remote(party);
	if (was_held != (media->hold != 0))
		jf_call_media_hush(party, media->hold);
	if (party->side == JF_MEDIA_AGENT &&
	    (call->state == JF_CALL_TALKING || call->state == JF_CALL_HELD))
		jf_call_event(call, media->hold ? JF_CALL_EVENT_HOLD : JF_CALL_EVENT_RESUME);
	jf_call_row_store(call);
}

static void reoffered(struct jf_call_party *party, const struct jf_media_desc *media)
{
	struct jf_calls *calls = party->call->calls;
	const char *why = "";
	struct jf_media_desc local;
	char warning[160];
	int err;

	if (!media) { /* the peer wants our offer, and answers it in its ACK */
		err = jf_call_offer_make(
		        party, party->keys.suite == JF_SRTP_NONE ? JF_CALL_PLAIN : JF_CALL_SECURE,
		        &party->offered);
		if (err || jf_leg_accept(party->leg, &party->offered))
			jf_leg_refuse(party->leg, 500, "Server Internal Error", NULL);
		return;
	}
	err = jf_call_answer_make(party, media, &local, &why);
	if (err)
		jf_leg_refuse(party->leg, 488, "Not Acceptable Here",
		              jf_call_warning(calls, why, warning, sizeof(warning)));
	else if (!jf_leg_accept(party->leg, &local))
		described(party, &local, media);
	explicit_bzero(&local, sizeof(local));
}

static void caller_confirmed(struct jf_call *call, const struct jf_media_desc *media)
{
	if (media && call->state == JF_CALL_CONFIRMING) {
		if (!jf_call_agree(&call->caller, &call->caller.offered, media))
			jf_call_media_remote(&call->caller);
	} else if (media) {
		described(&call->caller, &call->caller.offered, media);
	}
	if (!call->confirmed_ns)
		call->confirmed_ns = jf_loop_now_ns();
	jf_call_event(call, JF_CALL_EVENT_CONFIRMED);
}

static void pinged(struct jf_call_party *party, uint16_t code)
{
	struct jf_call *call = party->call;
	uint64_t linked_ns;

	party->pinging = false;
	/* Any answer is a sign of life, but one that says that the call is unknown. */
	if (code != 408 && code != 481)
		return;
	/* No answer could come while our own link was down: asked again when it is back. */
	if (code == 408 &&
	    (!jf_media_linked(call->calls->config.media, party->endpoint, &linked_ns) ||
	     linked_ns > party->pinged_ns))
		return;
	if (party->side == JF_MEDIA_AGENT) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished",
		       call->agent->name);
		call->agent->code = code;
		jf_call_event(call, JF_CALL_EVENT_AGENT_VANISHED);
	} else {
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller vanished", code);
		jf_call_event(call, JF_CALL_EVENT_CALLER_VANISHED);
	}
}

static void provisional(struct jf_call *call)
{
	if (!call->agent->rang_ns) {
		call->agent->rang_ns = jf_loop_now_ns();
		jf_call_publish(call, "call.ringing", NULL);
	}
	jf_call_event(call, JF_CALL_EVENT_RINGS);
}

static void party_event(struct jf_call_party *party, const struct jf_leg_event *event)
{
	struct jf_call *call = party->call;
	bool agent = party->side == JF_MEDIA_AGENT;

	switch (event->type) {
	case JF_LEG_PROVISIONAL:
		provisional(call);
		break;
	case JF_LEG_ANSWERED:
		agent_answered(call, event->media);
		break;
	case JF_LEG_CONFIRMED:
		if (!agent)
			caller_confirmed(call, event->media);
		else if (event->media)
			described(party, &party->offered, event->media);
		break;
	case JF_LEG_REOFFER:
		reoffered(party, event->media);
		break;
	case JF_LEG_REANSWER:   /* we make no offers of our own in a call */
	case JF_LEG_REDIRECTED: /* not permitted by our targets */
		break;
	case JF_LEG_REFER:
		jf_leg_refer_answer(party->leg, 603);
		break;
	case JF_LEG_DIGIT:
		jf_call_digit_info(party, event->digit, event->duration_ms);
		break;
	case JF_LEG_PING:
		pinged(party, event->code);
		break;
	case JF_LEG_CHANGED:
		jf_call_row_store(call);
		break;
	case JF_LEG_ENDED:
		if (agent)
			agent_ended(call, event);
		else
			caller_ended(call, event);
		break;
	}
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	struct jf_call_party *party = jf_leg_user(leg);

	(void)arg;
	if (party && party->call)
		party_event(party, event);
	else if (party && event->type == JF_LEG_ENDED)
		ghost_ended(JF_CONTAINER(party, struct jf_call_ghost, party), event);
}

void jf_call_ping(struct jf_call_party *party, unsigned timeout_ms, uint64_t now_ns)
{
	if (party->pinging || !party->leg)
		return;
	party->pinged_ns = now_ns;
	party->pinging = jf_leg_ping(party->leg, timeout_ms) == 0;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 0;
}

static bool agent_ha1(const char *agent, const char *realm, enum jf_digest_algorithm algorithm,
                      uint8_t ret_ha1[JF_SIP_HA1_MAX], void *arg)
{
	const struct jf_calls *calls = arg;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *found;
	const char *text;

	(void)realm; /* the directory was parsed for the only one that there is */
	found = directory ? jf_directory_agent_find(directory, agent) : NULL;
	if (!found)
		return false;
	text = algorithm == JF_DIGEST_SHA256 ? found->ha1_sha256 : found->ha1;
	for (unsigned int i = 0; text[2 * i]; i++)
		ret_ha1[i] = (uint8_t)(hex(text[2 * i]) << 4 | hex(text[2 * i + 1]));
	return text[0] != '\0';
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *registration, void *arg)
{
	jf_agents_registration(arg, change, registration);
}

const struct jf_sip_handler jf_calls_sip_handler = {
        .source_allowed = jf_call_source_allowed,
        .agent_ha1 = agent_ha1,
        .registration_changed = registration_changed,
        .leg_incoming = jf_call_incoming,
        .leg_event = leg_event,
};
