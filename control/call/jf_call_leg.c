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

/* ---- Our side of a description -------------------------------------------------------------- */

/* The law of the call, at our endpoint of that party. Every stream is offered both ways: what the
 * peer's direction permits is worked out by the SDP layer. */
void jf_call_local(const struct jf_call_party *party, struct jf_media_desc *ret_local)
{
	const struct jf_call *call = party->call;
	struct jf_media_address address;

	memset(ret_local, 0, sizeof(*ret_local));
	if (jf_media_local(call->calls->config.media, party->endpoint, &address))
		return;
	ret_local->family = address.family;
	memcpy(ret_local->ip, address.ip, sizeof(ret_local->ip));
	ret_local->rtp_port = address.port;
	ret_local->rtcp_port = (uint16_t)(address.port + 1);
	ret_local->direction = JF_SDP_SENDRECV;
	ret_local->ptime_ms = 20;
	ret_local->event_type = call->event_type;
	ret_local->codec_count = 1;
	ret_local->codecs[0].codec = call->law;
	/* To the caller with the number that it uses, to the agent with the static one. */
	ret_local->codecs[0].payload_type =
	        party->side == JF_MEDIA_CALLER ? call->law_type : call->law;
}

/* The payload types that a description of ours lets the peer send. */
static void receive_types(struct jf_call_party *party, const struct jf_media_desc *local)
{
	party->rx_type = local->codecs[0].payload_type;
	party->rx_event = local->event_type;
}

/* Whether the description has the call's law; its payload type then. */
static bool has_law(const struct jf_media_desc *desc, uint8_t law, uint8_t *ret_type)
{
	for (unsigned int i = 0; i < desc->codec_count; i++)
		if (desc->codecs[i].codec == law) {
			*ret_type = desc->codecs[i].payload_type;
			return true;
		}
	return false;
}

/* The first description of the caller chooses law and payload types for the whole call. */
static void choose_law(struct jf_call *call, const struct jf_media_desc *desc)
{
	for (unsigned int i = desc->codec_count; i-- > 0;)
		if (jf_codec_is_g711((enum jf_codec)desc->codecs[i].codec)) {
			call->law = desc->codecs[i].codec;
			call->law_type = desc->codecs[i].payload_type;
		}
	call->event_type = desc->event_type;
}

/* What calls are made of: plain RTP over IPv4 with G.711. */
static bool is_served(const struct jf_media_desc *desc)
{
	uint8_t type;

	return desc->family == 4 && !desc->savp &&
	       (has_law(desc, JF_LAW_PCMU, &type) || has_law(desc, JF_LAW_PCMA, &type));
}

/* ---- A call arrives ------------------------------------------------------------------------- */

static uint64_t utc_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void refuse(struct jf_calls *calls, struct jf_leg *leg, uint16_t code, const char *reason,
                   const char *headers)
{
	calls->totals.refused++;
	jf_leg_reject(leg, code, reason, headers);
	jf_leg_detach(leg);
}

static struct jf_call *call_arrive(struct jf_calls *calls, const struct jf_leg_invite *invite,
                                   const struct jf_route *route)
{
	const struct jf_directory_trunk *trunk = (const void *)(uintptr_t)invite->trunk;
	uint64_t utc_ns = utc_now_ns();
	struct jf_call_id id;
	struct jf_call *call;
	uint8_t random[10];

	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return NULL;
	id = jf_call_id_make(utc_ns, random);
	call = jf_call_make(calls, &id);
	if (!call)
		return NULL;
	call->arrived_ns = jf_loop_now_ns();
	call->arrived_utc_ns = utc_ns;
	snprintf(call->tenant, sizeof(call->tenant), "%s", route->queue->tenant);
	snprintf(call->trunk, sizeof(call->trunk), "%s", trunk ? trunk->name : "");
	snprintf(call->number, sizeof(call->number), "%s", invite->number);
	snprintf(call->caller_number, sizeof(call->caller_number), "%s",
	         invite->asserted_user[0] ? invite->asserted_user : invite->from_user);
	snprintf(call->caller_name, sizeof(call->caller_name), "%s", invite->from_name);
	snprintf(call->queue_name, sizeof(call->queue_name), "%s", route->queue->name);
	snprintf(call->greeting, sizeof(call->greeting), "%s",
	         route->queue->greeting ? route->queue->greeting : "");
	snprintf(call->music, sizeof(call->music), "%s",
	         route->queue->music ? route->queue->music : "");
	call->ring_timeout_ms = route->queue->ring_timeout_ms;
	call->queue = route->acd_queue;
	call->law = call->law_type = JF_LAW_PCMU;
	call->event_type = 101;
	if (invite->offer) {
		choose_law(call, invite->offer);
		call->caller.desc = *invite->offer;
		call->caller.has_desc = true;
	}
	return call;
}

/* Our answer, or our offer of both laws when the caller made none. */
static int answer(struct jf_call *call, bool offered)
{
	struct jf_media_desc local;

	jf_call_local(&call->caller, &local);
	if (!offered) {
		local.codecs[1].codec = local.codecs[1].payload_type = JF_LAW_PCMA;
		local.codec_count = 2;
	}
	receive_types(&call->caller, &local);
	if (call->caller.has_desc)
		jf_call_media_remote(&call->caller);
	return jf_leg_answer(call->caller.leg, &local);
}

static void leg_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	const struct jf_directory_trunk *trunk = (const void *)(uintptr_t)invite->trunk;
	struct jf_calls *calls = arg;
	struct jf_route route;
	struct jf_call *call;

	if (jf_routing_number(calls->routing, invite->number, trunk ? trunk->tenant : NULL,
	                      &route)) {
		char number[JF_CALL_TEXT_MAX];

		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, NULL, "no such number: %s from trunk %s",
		       jf_log_escape(invite->number, strlen(invite->number), number,
		                     sizeof(number)),
		       trunk ? trunk->name : "?");
		refuse(calls, leg, 404, "Not Found", NULL);
		return;
	}
	if (invite->offer && !is_served(invite->offer)) {
		refuse(calls, leg, 488, "Not Acceptable Here",
		       "Warning: 305 jackfield \"PCMU and PCMA in RTP/AVP over IPv4 are "
		       "served\"\r\n");
		return;
	}
	call = call_arrive(calls, invite, &route);
	if (!call || jf_call_media_open(call)) {
		if (!calls->full)
			jf_log(JF_LOG_CALL, JF_LOG_WARNING, NULL,
			       "calls are refused: no media for another one");
		calls->full = true;
		if (call)
			jf_call_free(call);
		refuse(calls, leg, 503, "Service Unavailable", "Retry-After: 10\r\n");
		return;
	}
	calls->full = false;
	call->caller.leg = leg;
	jf_leg_user_set(leg, &call->caller);
	jf_leg_call_id_set(leg, &call->id);
	if (answer(call, invite->offer != NULL)) {
		call->caller.leg = NULL;
		jf_media_close(calls->config.media, call->caller.endpoint);
		jf_media_close(calls->config.media, call->agent.endpoint);
		jf_call_free(call);
		refuse(calls, leg, 500, "Server Internal Error", NULL);
		return;
	}
	calls->totals.offered++;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "arrived for %s on trunk %s", call->number,
	       call->trunk);
	jf_call_publish(call, "call.arrived", NULL);
	jf_call_row_store(call);
}

static bool source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	const struct jf_calls *calls = arg;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_trunk *trunk;

	trunk = directory ? jf_directory_trunk_find(directory, source->family, source->ip) : NULL;
	*ret_trunk = (uint64_t)(uintptr_t)trunk;
	return trunk != NULL;
}

/* ---- The agent's leg ------------------------------------------------------------------------ */

static struct jf_leg *invite_agent(struct jf_call *call, const struct jf_registration *contact)
{
	char name[JF_SIP_NAME_MAX], headers[64];
	struct jf_leg_target target = {
	        .uri = contact->contact,
	        .peer = contact->source,
	        .from_user = call->caller_number,
	        .from_name = name,
	        .to_user = call->agent_id,
	        .headers = headers,
	};
	struct jf_media_desc local;
	struct jf_leg *leg;

	/* The agent sees for whom it answers, and who calls. */
	snprintf(name, sizeof(name), "%s", call->queue_name);
	snprintf(headers, sizeof(headers), "X-Jackfield-Call: %s\r\n", call->id_text);
	jf_call_local(&call->agent, &local);
	receive_types(&call->agent, &local);
	if (jf_leg_create(call->calls->config.sip, &target, &local, &call->agent, &leg))
		return NULL;
	jf_leg_call_id_set(leg, &call->id);
	return leg;
}

static void dial_failed(void *arg)
{
	struct jf_call *call = arg;

	call->outcome = JF_ACD_OUTCOME_UNREACHABLE;
	jf_call_event(call, JF_CALL_EVENT_REFUSED);
}

void jf_call_dial(struct jf_call *call)
{
	struct jf_registration contact;

	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "calls agent %s", call->agent_id);
	if (jf_sip_registrations_get(call->calls->config.sip, call->agent_id, &contact, 1))
		call->agent.leg = invite_agent(call, &contact);
	call->agent.has_desc = false;
	call->agent.pinging = false;
	call->agent.pinged_ns = 0;
	if (!call->agent.leg)
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
	struct jf_leg *leg = call->agent.leg;

	if (!leg)
		return;
	if (rona) {
		call->outcome = JF_ACD_OUTCOME_RONA;
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s does not answer",
		       call->agent_id);
	}
	call->agent.leg = NULL;
	jf_leg_end(leg, 0, NULL);
	ghost = calloc(1, sizeof(*ghost));
	if (!ghost) {
		jf_leg_detach(leg);
		return;
	}
	ghost->calls = call->calls;
	ghost->agent = call->agent_ref;
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
	call->agent.leg = NULL;
	call->code = event->code;
	if (call->state == JF_CALL_RINGING) {
		call->outcome = outcome_of(event);
		jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s: %s (%u)", call->agent_id,
		       jf_acd_outcome_name(call->outcome), event->code);
		jf_call_event(call, JF_CALL_EVENT_REFUSED);
	} else if (is_loss(event->end)) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished", call->agent_id);
		jf_call_event(call, JF_CALL_EVENT_AGENT_VANISHED);
	} else {
		jf_call_end_note(call, JF_CALL_BY_AGENT, "agent hung up", 0);
		jf_call_event(call, JF_CALL_EVENT_AGENT_ENDED);
	}
}

static void agent_answered(struct jf_call *call, const struct jf_media_desc *media)
{
	uint8_t type;

	if (!media || !has_law(media, call->law, &type)) {
		/* It took something that was not offered: its 200 is acknowledged and ended. */
		jf_call_leg_end(&call->agent, 488, "Not Acceptable Here");
		call->outcome = JF_ACD_OUTCOME_FAILED;
		call->code = 488;
		jf_call_event(call, JF_CALL_EVENT_REFUSED);
		return;
	}
	call->agent.desc = *media;
	call->agent.has_desc = true;
	jf_call_media_remote(&call->agent);
	jf_call_event(call, JF_CALL_EVENT_ANSWERED);
}

/* The peer's description changed: a new address, a hold, a resume. */
static void described(struct jf_call_party *party, const struct jf_media_desc *media)
{
	struct jf_call *call = party->call;
	bool was_held = party->has_desc && party->desc.hold;

	party->desc = *media;
	party->has_desc = true;
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
	struct jf_media_desc local;
	uint8_t type;

	if (media && (!is_served(media) || !has_law(media, party->call->law, &type))) {
		/* Relayed as it comes, never transcoded: the law stays for the whole call. */
		jf_leg_refuse(party->leg, 488, "Not Acceptable Here", NULL);
		return;
	}
	jf_call_local(party, &local);
	if (media) {
		local.codecs[0].payload_type = type;
		local.event_type = media->event_type;
	}
	if (jf_leg_accept(party->leg, &local))
		return;
	receive_types(party, &local);
	if (media)
		described(party, media);
}

static void caller_confirmed(struct jf_call *call, const struct jf_media_desc *media)
{
	if (media && call->state == JF_CALL_CONFIRMING) {
		choose_law(call, media);
		call->caller.rx_type = media->codecs[0].payload_type;
		call->caller.desc = *media;
		call->caller.has_desc = true;
		jf_call_media_remote(&call->caller);
	} else if (media) {
		described(&call->caller, media);
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
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished", call->agent_id);
		call->code = code;
		jf_call_event(call, JF_CALL_EVENT_AGENT_VANISHED);
	} else {
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller vanished", code);
		jf_call_event(call, JF_CALL_EVENT_CALLER_VANISHED);
	}
}

static void provisional(struct jf_call *call)
{
	if (!call->rang_ns) {
		call->rang_ns = jf_loop_now_ns();
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
			described(party, event->media);
		break;
	case JF_LEG_REOFFER:
		reoffered(party, event->media);
		break;
	case JF_LEG_REANSWER: /* we make no offers of our own in a call */
		break;
	case JF_LEG_DIGIT:
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

static bool agent_ha1(const char *agent, const char *realm, uint8_t ret_ha1[JF_SIP_HA1_BYTES],
                      void *arg)
{
	const struct jf_calls *calls = arg;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *found;

	(void)realm; /* the directory was parsed for the only one that there is */
	found = directory ? jf_directory_agent_find(directory, agent) : NULL;
	if (!found)
		return false;
	for (unsigned int i = 0; i < JF_SIP_HA1_BYTES; i++)
		ret_ha1[i] = (uint8_t)(hex(found->ha1[2 * i]) << 4 | hex(found->ha1[2 * i + 1]));
	return true;
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *registration, void *arg)
{
	jf_agents_registration(arg, change, registration);
}

const struct jf_sip_handler jf_calls_sip_handler = {
        .source_allowed = source_allowed,
        .agent_ha1 = agent_ha1,
        .registration_changed = registration_changed,
        .leg_incoming = leg_incoming,
        .leg_event = leg_event,
};
