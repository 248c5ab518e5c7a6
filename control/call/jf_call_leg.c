// SPDX-License-Identifier: BSD-3-Clause
/* What legs say, as events of the call; and what they are told. */
#include <string.h>

#include "jf_call_asked.h"
#include "jf_call_ring.h"

/* ---- Events --------------------------------------------------------------------------------- */

/* Whether the leg was lost rather than ended by its user. */
static bool is_loss(enum jf_leg_end end)
{
	return end == JF_LEG_END_GONE || end == JF_LEG_END_TRANSPORT;
}

static void caller_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	call->caller.leg = NULL;
	jf_call_outside_end(&call->caller);
	call->customer_failed = call->task != NULL;
	if (call->state == JF_CALL_REACHING || call->state == JF_CALL_CONNECTING) {
		jf_call_customer_failed(call, "the customer was not reached", event->code);
		return;
	}
	switch (event->end) {
	case JF_LEG_END_BYE_BY_PEER:
		jf_call_end_note(call, JF_CALL_BY_CALLER,
		                 call->caller.kind == JF_CALL_TO_OUTSIDE
		                         ? "the number outside hung up"
		                         : "caller hung up",
		                 0);
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

/* It refuses keys, and may do so: called again without. Whether that is under way. */
static bool called_again(struct jf_call_party *party, const struct jf_leg_event *event)
{
	if (party->joined_ns || party->kind == JF_CALL_TO_OUTSIDE ||
	    event->end != JF_LEG_END_REJECTED_BY_PEER || !party->offered.savp ||
	    !jf_call_policy_falls_back(&party->policy, event->code))
		return false;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &party->call->id, "agent %s does not take SRTP: %u",
	       party->name, event->code);
	return jf_call_ring_plain(party);
}

bool jf_call_party_unanswered(struct jf_call_party *party, const struct jf_leg_event *event)
{
	party->leg = NULL;
	party->code = event->code;
	if (called_again(party, event))
		return true;
	party->outcome = jf_call_outcome_of(event);
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &party->call->id, "agent %s: %s (%u)", party->name,
	       jf_acd_outcome_name(party->outcome), event->code);
	return false;
}

/* The number outside that serves the caller, or was to. */
static void outside_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	jf_call_outside_end(call->agent);
	if (call->state == JF_CALL_RINGING) {
		jf_call_forward_failed(call, "the number outside was not reached", event->code);
		return;
	}
	jf_call_end_note(call, JF_CALL_BY_AGENT,
	                 is_loss(event->end) ? "the number outside was lost"
	                                     : "the number outside hung up",
	                 0);
	jf_call_event(call, JF_CALL_EVENT_AGENT_ENDED);
}

/* It did not wait until the customer answered. */
static void agent_left_customer(struct jf_call *call, const struct jf_leg_event *event)
{
	call->agent->outcome =
	        is_loss(event->end) ? JF_ACD_OUTCOME_UNREACHABLE : JF_ACD_OUTCOME_REJECTED;
	if (call->task && call->task->kind == JF_CALL_TASK_CALLBACK) {
		jf_call_event(call, JF_CALL_EVENT_AGENT_ENDED);
		return;
	}
	jf_call_end_note(call, JF_CALL_BY_AGENT, "agent hung up", 0);
	jf_call_event(call, JF_CALL_EVENT_RELEASE);
}

/* Nobody said no: it was we who gave up. */
static void why_note(struct jf_call_party *party, const struct jf_leg_event *event)
{
	party->code = event->code;
	if (event->end == JF_LEG_END_BAD_ANSWER || is_loss(event->end))
		party->why = JF_SIP_WHY_NOT_REACHED;
}

static void agent_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	call->agent->leg = NULL;
	why_note(call->agent, event);
	if (call->agent->kind == JF_CALL_TO_OUTSIDE) {
		outside_ended(call, event);
		return;
	}
	if (call->state == JF_CALL_CONNECTING) {
		agent_left_customer(call, event);
		return;
	}
	if (call->state == JF_CALL_RINGING) {
		if (!jf_call_party_unanswered(call->agent, event) &&
		    !jf_call_asked_refused(call->agent))
			jf_call_event(call, JF_CALL_EVENT_REFUSED);
	} else if (is_loss(event->end)) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished",
		       call->agent->name);
		jf_call_agent_gone(call, JF_CALL_EVENT_AGENT_VANISHED);
	} else {
		if (call->state == JF_CALL_TALKING || call->state == JF_CALL_HELD)
			jf_call_end_note(call, JF_CALL_BY_AGENT, "agent hung up", 0);
		jf_call_agent_gone(call, JF_CALL_EVENT_AGENT_ENDED);
	}
}

static void target_ended(struct jf_call *call, const struct jf_leg_event *event)
{
	struct jf_call_party *target = call->target;

	target->leg = NULL;
	why_note(target, event);
	if (target->joined_ns) {
		jf_call_event(call, is_loss(event->end) ? JF_CALL_EVENT_TARGET_VANISHED
		                                        : JF_CALL_EVENT_TARGET_ENDED);
	} else if (!jf_call_party_unanswered(target, event) && !jf_call_asked_refused(target)) {
		jf_call_event(call, jf_call_target_failed(call));
	}
}

static void party_ended(struct jf_call_party *party, const struct jf_leg_event *event)
{
	if (party == &party->call->caller)
		caller_ended(party->call, event);
	else if (party == party->call->target)
		target_ended(party->call, event);
	else if (party == party->call->line)
		jf_call_line_ended(party->call);
	else
		agent_ended(party->call, event);
}

static void answered(struct jf_call_party *party, const struct jf_media_desc *media)
{
	struct jf_call *call = party->call;
	bool target = party == call->target;

	if (!media || jf_call_agree(party, &party->offered, media)) {
		/* It took something that was not offered: its 200 is acknowledged and ended. */
		jf_call_leg_end(party, 488, "Not Acceptable Here");
		party->outcome = JF_ACD_OUTCOME_FAILED;
		party->code = 488;
		party->why = JF_SIP_WHY_OFFER;
		if (party == &call->caller) {
			jf_call_customer_failed(call, "the customer was not reached", 488);
			return;
		}
		if (!target && party->kind == JF_CALL_TO_OUTSIDE) {
			jf_call_forward_failed(call, "the number outside was not reached", 488);
			return;
		}
		if (jf_call_asked_refused(party))
			return;
		jf_call_event(call, target ? jf_call_target_failed(call) : JF_CALL_EVENT_REFUSED);
		return;
	}
	jf_call_media_remote(party);
	if (party == &call->caller)
		jf_call_customer_answered(call);
	else
		jf_call_event(call, target ? JF_CALL_EVENT_TARGET_ANSWERED
		                           : jf_call_callback_answered(call));
}

/* The peer's description changed: a new address, new keys, a hold, a resume. */
static void described(struct jf_call_party *party, const struct jf_media_desc *local,
                      const struct jf_media_desc *media)
{
	struct jf_call *call = party->call;
	struct jf_call_party *serving;

	if (jf_call_agree(party, local, media)) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id,
		       "an answer does not fit our offer: media goes on as it was");
		return;
	}
	jf_call_media_remote(party);
	serving = media->hold ? jf_call_serve(party) : NULL;
	if (serving) /* who holds is the one who serves */
		party = serving;
	if (party == call->agent && jf_call_state_is_served(call->state))
		jf_call_event(call, media->hold ? JF_CALL_EVENT_HOLD : JF_CALL_EVENT_RESUME);
	else
		jf_call_settle(call, jf_loop_now_ns());
	jf_call_line_described(call);
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
		if (err || jf_leg_accept(party->leg, &party->offered)) {
			jf_sip_why_note(JF_SIP_WHY_INTERNAL);
			jf_leg_refuse(party->leg, 500, "Server Internal Error", NULL);
		}
		return;
	}
	err = jf_call_answer_make(party, media, &local, &why);
	if (err) {
		jf_sip_why_note(JF_SIP_WHY_OFFER);
		jf_leg_refuse(party->leg, 488, "Not Acceptable Here",
		              jf_call_warning(calls, why, warning, sizeof(warning)));
	} else if (!jf_leg_accept(party->leg, &local))
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

/* It does not send, and does not answer. */
static void vanished(struct jf_call_party *party, uint16_t code)
{
	struct jf_call *call = party->call;

	if (party == &call->caller) {
		jf_call_end_note(call, JF_CALL_BY_CALLER, "caller vanished", code);
		jf_call_event(call, JF_CALL_EVENT_CALLER_VANISHED);
		return;
	}
	if (party == call->agent && party->kind == JF_CALL_TO_OUTSIDE) {
		jf_call_end_note(call, JF_CALL_BY_AGENT, "the number outside was lost", code);
		jf_call_event(call, JF_CALL_EVENT_AGENT_ENDED);
		return;
	}
	jf_log(JF_LOG_CALL, JF_LOG_WARNING, &call->id, "agent %s vanished", party->name);
	party->code = code;
	if (party == call->target)
		jf_call_event(call, JF_CALL_EVENT_TARGET_VANISHED);
	else
		jf_call_agent_gone(call, JF_CALL_EVENT_AGENT_VANISHED);
}

static void pinged(struct jf_call_party *party, uint16_t code)
{
	struct jf_call *call = party->call;
	uint64_t linked_ns;

	party->pinging = false;
	if (party == call->line) /* the phone is asked on its other line */
		return;
	/* Any answer is a sign of life, but one that says that the call is unknown. */
	if (code != 408 && code != 481)
		return;
	/* No answer could come while our own link was down: asked again when it is back. */
	if (code == 408 &&
	    (!jf_media_linked(call->calls->config.media, party->endpoint, &linked_ns) ||
	     linked_ns > party->pinged_ns))
		return;
	vanished(party, code);
}

static void provisional(struct jf_call_party *party, const struct jf_media_desc *media)
{
	struct jf_call *call = party->call;

	if (party == &call->caller) { /* who is called back */
		party->rang_ns = jf_loop_now_ns();
		return;
	}
	if (!party->rang_ns) {
		party->rang_ns = jf_loop_now_ns();
		if (party == call->agent) {
			jf_call_publish(call, "call.ringing", NULL);
			jf_call_pop(party);
		}
	}
	jf_call_progress(party, media);
	jf_call_event(call,
	              party == call->target ? JF_CALL_EVENT_TARGET_RINGS : JF_CALL_EVENT_RINGS);
}

void jf_call_party_event(struct jf_call_party *party, const struct jf_leg_event *event)
{
	struct jf_call *call = party->call;
	bool caller = party == &call->caller;

	if (party->outside && jf_call_outside_event(party, event))
		return;
	if (party->ring && jf_call_ring_event(party, event))
		return;
	if (party->asked) {
		jf_call_asked_event(party, event);
		return;
	}
	switch (event->type) {
	case JF_LEG_PROVISIONAL:
		provisional(party, event->media);
		break;
	case JF_LEG_ANSWERED:
		answered(party, event->media);
		break;
	case JF_LEG_CONFIRMED:
		if (caller)
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
		jf_call_referred(party, event->refer);
		break;
	case JF_LEG_DIGIT:
		jf_call_digit_info(party, event->digit, event->duration_ms);
		break;
	case JF_LEG_PICTURE:
		jf_call_video_wanted(party);
		break;
	case JF_LEG_PING:
		pinged(party, event->code);
		break;
	case JF_LEG_CHANGED:
		jf_call_row_store(call);
		break;
	case JF_LEG_ENDED:
		party_ended(party, event);
		break;
	}
}

static void leg_event(struct jf_leg *leg, const struct jf_leg_event *event, void *arg)
{
	struct jf_call_party *party = jf_leg_user(leg);

	(void)arg;
	if (party && party->of)
		jf_call_ring_other_event(party, event);
	else if (party && party->call)
		jf_call_party_event(party, event);
	else if (party && event->type == JF_LEG_ENDED)
		jf_call_ghost_ended(JF_CONTAINER(party, struct jf_call_ghost, party), event);
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

static unsigned agent_digests(const char *agent, void *arg)
{
	const unsigned md5 = 1u << JF_DIGEST_MD5, sha256 = 1u << JF_DIGEST_SHA256;
	const struct jf_calls *calls = arg;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *found =
	        directory ? jf_directory_agent_find(directory, agent) : NULL;

	switch (found ? found->digest : JF_DIRECTORY_DIGEST_NODE) {
	case JF_DIRECTORY_DIGEST_ANY:
		return md5 | sha256;
	case JF_DIRECTORY_DIGEST_SHA256:
		return sha256;
	case JF_DIRECTORY_DIGEST_MD5:
		return md5;
	default:
		return calls->config.digest_sha256 && (!found || found->ha1_sha256[0])
		               ? md5 | sha256
		               : md5;
	}
}

static void registration_changed(enum jf_registration_change change,
                                 const struct jf_registration *registration, void *arg)
{
	jf_agents_registration(arg, change, registration);
}

const struct jf_sip_handler jf_calls_sip_handler = {
        .source_allowed = jf_call_source_allowed,
        .agent_ha1 = agent_ha1,
        .agent_digests = agent_digests,
        .registration_changed = registration_changed,
        .leg_incoming = jf_call_incoming,
        .leg_event = leg_event,
};
