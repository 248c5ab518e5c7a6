// SPDX-License-Identifier: BSD-3-Clause
/*
 * What an agent asks for by its phone.
 *
 * REFER (RFC 3515, 5589). Blind: a transfer, and the phone is told how it goes. Attended, with a
 * Replaces that names the other of its two lines: the agent leaves, the others stay together.
 *
 * A second line. An agent with a call calls somebody else: that is its consultation. The line is a
 * party of the same call, through which the agent speaks with the target; what the phone does with
 * either line (hold, resume, hang up) is followed.
 *
 * A call of its own, to a colleague, a queue or a number: the agent is the caller, and hears no
 * answer before there is one.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_acd_direct.h"
#include "jf_call_priv.h"

static uint16_t code_of(int err)
{
	switch (err) {
	case -ENOENT:
		return 404;
	case -EBUSY:
		return 486;
	case -EPROTO:
		return 491;
	case -ENOTSUP:
		return 488;
	default:
		return 503;
	}
}

enum jf_sip_why jf_call_why_of(int err)
{
	switch (err) {
	case -ENOENT:
		return JF_SIP_WHY_NUMBER;
	case -EBUSY:
		return JF_SIP_WHY_BUSY;
	case -EPROTO:
	case -EPERM:
		return JF_SIP_WHY_STATE;
	case -ENOTSUP:
		return JF_SIP_WHY_OFFER;
	case -ENOSPC:
		return JF_SIP_WHY_PORTS;
	case -ENOTCONN:
		return JF_SIP_WHY_MEDIA;
	default:
		return JF_SIP_WHY_INTERNAL;
	}
}

/* ---- REFER ----------------------------------------------------------------------------------- */

/* Whether it is one of the agent's lines that is referred, to the other one. */
static bool is_other_line(const struct jf_call *call, const struct jf_call_party *party,
                          uint64_t leg_id)
{
	const struct jf_call_party *other = party == call->agent ? call->line : call->agent;

	return call->line && other->leg && jf_leg_id(other->leg) == leg_id;
}

static void refuse_refer(struct jf_call_party *party)
{
	jf_sip_why_note(JF_SIP_WHY_STATE);
	jf_leg_refer_answer(party->leg, 603);
}

static void refer_attended(struct jf_call_party *party, const struct jf_leg_refer *refer)
{
	struct jf_call *call = party->call;

	if (!is_other_line(call, party, refer->replaces) ||
	    !jf_call_fsm_allows(call->state, JF_CALL_EVENT_LEAVE)) {
		refuse_refer(party);
		return;
	}
	jf_leg_refer_answer(party->leg, 202);
	jf_leg_refer_notify(party->leg, 200);
	jf_call_agent_gone(call, JF_CALL_EVENT_LEAVE);
}

static void refer_blind(struct jf_call_party *party, const struct jf_leg_refer *refer)
{
	struct jf_call *call = party->call;
	struct jf_call_order order = {
	        .what = JF_CALL_ORDER_TRANSFER, .target = refer->user, .actor = party->name};
	int err;

	/* Before all else: the transfer may end the leg. */
	jf_leg_refer_answer(party->leg, 202);
	party->referring = true;
	err = jf_calls_order(call->calls, &call->id, &order);
	if (err) {
		party->referring = false;
		jf_leg_refer_notify(party->leg, code_of(err));
	}
}

void jf_call_referred(struct jf_call_party *party, const struct jf_leg_refer *refer)
{
	struct jf_call *call = party->call;
	bool caller = party == &call->caller && !jf_call_party_is_agent(party);
	struct jf_call_party *agent = caller || party == call->target ? NULL : party;

	/* Callers, and those who are asked, hand nobody on. */
	if (agent && jf_call_state_is_served(call->state) && !refer->replaces_header[0])
		agent = jf_call_serve(agent);
	else
		agent = NULL;
	if (!agent)
		refuse_refer(party);
	else if (refer->replaces)
		refer_attended(agent, refer);
	else if (agent == call->agent)
		refer_blind(agent, refer);
	else
		refuse_refer(agent);
}

void jf_call_refer_tell(struct jf_call *call, uint64_t actions)
{
	struct jf_call_party *agent = call->agent;

	if (!agent->referring || !agent->leg)
		return;
	if (actions & JF_CALL_DO_TARGET_RINGS) {
		jf_leg_refer_notify(agent->leg, 180);
	} else if (actions & (JF_CALL_DO_TAKE_OVER | JF_CALL_DO_REQUEUE)) {
		agent->referring = false;
		jf_leg_refer_notify(agent->leg, 200);
	} else if (actions & JF_CALL_DO_DROP_TARGET) {
		agent->referring = false;
		jf_leg_refer_notify(agent->leg, call->target && call->target->code >= 400
		                                        ? call->target->code
		                                        : 480);
	}
}

/* ---- The second line --------------------------------------------------------------------------
 */

/* The call of that id, if the agent serves in it, or is served. */
static struct jf_call *served(const struct jf_calls *calls, const struct jf_call_id *id,
                              const char *agent)
{
	struct jf_call *call = jf_call_find(calls, id);

	if (!call || !jf_call_state_is_served(call->state))
		return NULL;
	return !strcmp(call->agent->name, agent) || !strcmp(call->caller.name, agent) ? call : NULL;
}

/* Of several calls, the one that the agent speaks in, or did last: its phone holds that one before
 * it calls somebody. */
static bool is_nearer(const struct jf_call *call, const struct jf_call *than)
{
	bool holds = call->state == JF_CALL_HELD;

	if (!than || holds != (than->state == JF_CALL_HELD))
		return !than || !holds;
	return call->hold_since_ns > than->hold_since_ns;
}

static struct jf_call *call_of(struct jf_calls *calls, const char *agent)
{
	struct jf_acd_ref ref = jf_routing_agent(calls->routing, agent), entry;
	struct jf_call *found = NULL;
	struct jf_acd_agent seen;
	struct jf_call_id id;
	uint32_t cursor = 0;

	if (jf_acd_agent_get(calls->acd, ref, &seen))
		return NULL;
	if (seen.direct)
		return served(calls, &seen.direct_call, agent);
	while (jf_acd_agent_entry_each(calls->acd, ref, &cursor, &entry)) {
		struct jf_call *call = jf_acd_entry_call(calls->acd, entry, &id)
		                               ? NULL
		                               : served(calls, &id, agent);

		if (call && is_nearer(call, found))
			found = call;
	}
	return found;
}

/* What is agreed with its phone: the answer waits for the target's. Where the phone makes no offer,
 * that is to be ours, and nothing is agreed yet. */
static int agree(struct jf_call_party *party, const struct jf_leg_invite *invite)
{
	const struct jf_directory *directory = jf_routing_directory(party->call->calls->routing);
	const struct jf_directory_agent *agent = jf_directory_agent_find(directory, invite->agent);
	struct jf_media_desc local;
	const char *why = "";
	int err;

	jf_call_policy_set(party, agent ? &agent->media : NULL, invite->source.transport);
	if (!invite->offer)
		return jf_call_policy_offer(&party->policy) < 0 ? -ENOTSUP : 0;
	err = jf_call_answer_make(party, invite->offer, &local, &why);
	if (!err)
		err = jf_call_agree(party, &local, invite->offer);
	explicit_bzero(&local, sizeof(local));
	return err;
}

static struct jf_media_address toward_of(const struct jf_leg_invite *invite)
{
	struct jf_media_address toward = {.family = invite->source.family};

	memcpy(toward.ip, invite->source.ip, sizeof(toward.ip));
	if (invite->offer) {
		toward.family = invite->offer->family;
		memcpy(toward.ip, invite->offer->ip, sizeof(toward.ip));
	}
	return toward;
}

static int negotiate(struct jf_call_party *line, const struct jf_leg_invite *invite)
{
	struct jf_call *call = line->call;
	struct jf_media_address toward = toward_of(invite);
	int err = jf_media_open(call->calls->config.media, &call->id, line->side,
	                        &call->caller.endpoint, &toward, &line->endpoint);

	if (err)
		return err;
	err = agree(line, invite);
	if (err)
		jf_call_media_close(line);
	return err;
}

static int line_open(struct jf_call *call, struct jf_leg *leg, const struct jf_leg_invite *invite)
{
	struct jf_call_order order = {.what = JF_CALL_ORDER_CONSULT,
	                              .target = invite->number,
	                              .agent = invite->agent,
	                              .actor = invite->agent};
	struct jf_call_party *line;
	int err;

	if (call->line || !jf_call_fsm_allows(call->state, JF_CALL_EVENT_CONSULT))
		return -EPROTO;
	if (strcmp(call->agent->name, invite->agent) != 0 && !jf_call_serve(&call->caller))
		return -EPROTO;
	err = jf_call_party_create(call, call->agent->side, &line);
	if (err)
		return err;
	err = negotiate(line, invite);
	if (err) {
		jf_call_party_free(line);
		return err;
	}
	call->line = line;
	err = jf_calls_order(call->calls, &call->id, &order);
	if (err) {
		jf_call_media_close(line);
		call->line = NULL;
		jf_call_party_free(line);
		return err;
	}
	line->leg = leg;
	jf_leg_user_set(leg, line);
	jf_leg_call_id_set(leg, &call->id);
	if (line->has_desc)
		jf_call_media_remote(line);
	return 0;
}

int jf_call_line_incoming(struct jf_calls *calls, struct jf_leg *leg,
                          const struct jf_leg_invite *invite, uint16_t *ret_code)
{
	struct jf_call *call = call_of(calls, invite->agent);
	int err = call ? line_open(call, leg, invite) : -ENOTCONN;

	*ret_code = code_of(err);
	return err;
}

void jf_call_line_answer(struct jf_call *call, uint64_t now_ns)
{
	struct jf_call_party *line = call->line;

	if (line && line->leg && !jf_call_party_answer(line))
		line->joined_ns = now_ns;
}

void jf_call_line_close(struct jf_call *call, uint16_t code)
{
	struct jf_call_party *line = call->line;

	if (!line)
		return;
	if (line->leg && !line->joined_ns) {
		jf_sip_why_note(code < 400 || !call->target ? JF_SIP_WHY_NOT_REACHED
		                                            : call->target->why);
		jf_leg_reject(line->leg, code >= 400 ? code : 480, "Temporarily Unavailable", NULL);
		jf_leg_detach(line->leg);
		line->leg = NULL;
	}
	jf_call_leg_end(line, 0, NULL);
	jf_call_media_close(line);
	call->line = NULL;
	jf_call_party_free(line);
}

void jf_call_line_ended(struct jf_call *call)
{
	call->line->leg = NULL;
	if (call->state != JF_CALL_CONFERENCE &&
	    jf_call_fsm_allows(call->state, JF_CALL_EVENT_BACK)) {
		jf_call_event(call, JF_CALL_EVENT_BACK);
		return;
	}
	jf_call_line_close(call, 0);
	jf_call_settle(call, jf_loop_now_ns());
}

/* The phone holds one line and speaks on the other: with whom the agent is follows from that. */
void jf_call_line_described(struct jf_call *call)
{
	bool aside = call->state == JF_CALL_CONSULT_ASIDE;

	if (!call->line || !call->line->joined_ns ||
	    (call->state != JF_CALL_CONSULT_TALKING && !aside))
		return;
	if (aside ? call->agent->desc.hold && !call->line->desc.hold
	          : !call->agent->desc.hold && call->line->desc.hold)
		jf_call_event(call, JF_CALL_EVENT_SWAP);
}

/* ---- A call of its own ------------------------------------------------------------------------
 */

#define OWN_RING_MS 60000u /* for whom it calls to answer; queues have their own time */

static int own_claim(struct jf_call *call, const struct jf_leg_invite *invite,
                     enum jf_call_kind kind, const char *name)
{
	struct jf_calls *calls = call->calls;
	struct jf_acd_ref agent = jf_routing_agent(calls->routing, invite->agent);
	uint64_t now_ns = jf_loop_now_ns();
	int err = jf_acd_agent_dial(calls->acd, agent, &call->id, now_ns);

	if (err)
		return err;
	err = jf_call_target_make(call, kind, name, true);
	if (err)
		(void)jf_acd_agent_release(calls->acd, agent, now_ns);
	else
		call->caller.agent_ref = agent;
	return err;
}

static int own_open(struct jf_call *call, const struct jf_leg_invite *invite)
{
	struct jf_media_address toward = toward_of(invite);
	char name[JF_CALL_TEXT_MAX];
	enum jf_call_kind kind;
	int err = jf_call_aim(call, invite->number, &kind, name);

	if (err)
		return err;
	/* On the right of the recording is an agent; of two, who was called. */
	if (kind == JF_CALL_TO_OUTSIDE) {
		call->caller.side = JF_MEDIA_AGENT;
		call->agent->side = JF_MEDIA_CALLER;
	}
	err = jf_call_media_open(call, &toward);
	if (err)
		return err;
	err = agree(&call->caller, invite);
	if (!err)
		err = own_claim(call, invite, kind, name);
	if (err) {
		jf_call_media_close(&call->caller);
		jf_call_media_close(call->agent);
	}
	return err;
}

int jf_call_own_incoming(struct jf_calls *calls, struct jf_leg *leg,
                         const struct jf_leg_invite *invite, uint16_t *ret_code)
{
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_agent *agent = jf_directory_agent_find(directory, invite->agent);
	struct jf_call *call = agent ? jf_call_make_now(calls) : NULL;
	int err = -ENOTSUP;

	*ret_code = 503;
	if (!call)
		return err;
	snprintf(call->tenant, sizeof(call->tenant), "%s", agent->tenant);
	snprintf(call->number, sizeof(call->number), "%s", invite->number);
	snprintf(call->caller_number, sizeof(call->caller_number), "%s", invite->agent);
	snprintf(call->caller_name, sizeof(call->caller_name), "%s", agent->name);
	snprintf(call->caller.name, sizeof(call->caller.name), "%s", invite->agent);
	snprintf(call->placed_by, sizeof(call->placed_by), "%s", invite->agent);
	call->ring_timeout_ms = OWN_RING_MS;
	err = own_open(call, invite);
	if (err) {
		*ret_code = err == -EPERM ? 403 : code_of(err);
		jf_call_free(call);
		return err;
	}
	call->unanswered = true;
	call->caller.leg = leg;
	jf_leg_user_set(leg, &call->caller);
	jf_leg_call_id_set(leg, &call->id);
	if (invite->offer)
		jf_call_media_remote(&call->caller);
	calls->totals.offered++;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "agent %s calls %s", invite->agent,
	       call->target->name[0] ? call->target->name : call->target->queue);
	jf_call_publish(call, "call.arrived", NULL);
	jf_call_event(call, JF_CALL_EVENT_OWN_CALL);
	return 0;
}
