// SPDX-License-Identifier: BSD-3-Clause
/* A call at the door: whose, where to, and whether it can be served. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "jf_call_priv.h"
#include "jf_number.h"

/* What is said when a description can't be served; the Warning's text is none of the peer's. */
const char *jf_call_warning(const struct jf_calls *calls, const char *why, char *ret_text,
                            size_t size)
{
	snprintf(ret_text, size, "Warning: 399 %s \"%s\"\r\n", calls->config.node, why);
	return ret_text;
}

void jf_call_policy_set(struct jf_call_party *party, const struct jf_directory_media *media,
                        uint8_t transport)
{
	party->transport = transport;
	party->policy = (struct jf_call_policy){.keys = transport == JF_SIP_TLS ||
	                                                party->call->calls->config.srtp_over_plain};
	if (media)
		party->policy.media = *media;
}

static uint64_t utc_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void refuse(struct jf_calls *calls, struct jf_leg *leg, uint16_t code, const char *reason,
                   const char *headers, enum jf_sip_why why)
{
	calls->totals.refused++;
	jf_sip_why_note(why);
	jf_leg_reject(leg, code, reason, headers);
	jf_leg_detach(leg);
}

/* Only a trusted trunk is believed who calls; what the caller hid is for the record alone. */
static void caller_set(struct jf_call *call, const struct jf_leg_invite *invite,
                       const struct jf_directory_trunk *trunk)
{
	const struct jf_identity *identity = invite->identity;
	bool asserted = trunk && trunk->out.trusted && identity->asserted_user[0];
	const char *user = asserted ? identity->asserted_user : invite->from_user;
	const char *name = asserted && identity->asserted_name[0] ? identity->asserted_name
	                                                          : invite->from_name;

	if (!trunk || jf_number_normalize(&trunk->out.numbers, user, call->caller_number))
		snprintf(call->caller_number, sizeof(call->caller_number), "%s", user);
	snprintf(call->caller_name, sizeof(call->caller_name), "%s", name);
	call->withheld = jf_identity_is_withheld(identity) && trunk && !trunk->out.shows_withheld;
	if (trunk && trunk->out.trusted)
		snprintf(call->diverted, sizeof(call->diverted), "%s", identity->diverted_user);
}

const char *jf_call_caller_shown(const struct jf_call *call)
{
	return call->withheld ? "anonymous" : call->caller_number;
}

const char *jf_call_caller_name_shown(const struct jf_call *call)
{
	return call->withheld ? "" : call->caller_name;
}

static void queue_set(struct jf_call *call, const struct jf_route *route)
{
	const struct jf_directory_queue *queue = route->queue;
	const char *greeting = queue->greeting;

	if (jf_call_doors_shut(call->calls, queue, NULL)) {
		greeting = queue->rules.closed.prompt;
		call->told_closed = true;
	}
	snprintf(call->greeting, sizeof(call->greeting), "%s", greeting ? greeting : "");
	jf_call_queue_set(call, queue);
}

struct jf_call *jf_call_make_now(struct jf_calls *calls)
{
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
	return call;
}

/* What the number brings along, then what is known of the caller. */
static void wants_set(struct jf_call *call, const struct jf_route *route)
{
	const struct jf_routing *routing = call->calls->routing;
	uint32_t tenant = jf_routing_tenant_number(routing, call->tenant);
	const struct jf_directory_caller *caller = NULL;

	jf_call_wants_take(&call->wants, call->calls->acd, tenant, route->wants);
	if (!call->withheld)
		caller = jf_directory_caller_find(jf_routing_directory(routing), call->tenant,
		                                  call->caller_number);
	if (!caller)
		return;
	jf_call_wants_take(&call->wants, call->calls->acd, tenant, &caller->wants);
	call->wants.vip = caller->vip;
	if (caller->agent) {
		snprintf(call->wants.agent, sizeof(call->wants.agent), "%s", caller->agent);
		call->wants.agent_ms = caller->agent_ms;
	}
}

static struct jf_call *call_arrive(struct jf_calls *calls, const struct jf_leg_invite *invite,
                                   const struct jf_route *route)
{
	const struct jf_directory_trunk *trunk = (const void *)(uintptr_t)invite->trunk;
	struct jf_call *call = jf_call_make_now(calls);

	if (!call)
		return NULL;
	snprintf(call->tenant, sizeof(call->tenant), "%s", route->tenant);
	snprintf(call->trunk, sizeof(call->trunk), "%s", trunk ? trunk->name : "");
	snprintf(call->number, sizeof(call->number), "%s", invite->number);
	caller_set(call, invite, trunk);
	wants_set(call, route);
	if (route->queue)
		queue_set(call, route);
	else if (route->flow)
		snprintf(call->flow_name, sizeof(call->flow_name), "%s", route->flow->name);
	else
		jf_call_forward_set(call, route->forward);
	jf_call_policy_set(&call->caller, trunk ? &trunk->media : NULL, invite->source.transport);
	jf_call_intake_begin(call);
	return call;
}

/* Media for the call, toward where the caller wants it. -ENOTSUP: not in that family. */
static int media_open(struct jf_call *call, const struct jf_leg_invite *invite)
{
	struct jf_media_address toward = {.family = invite->source.family};
	int err;

	memcpy(toward.ip, invite->source.ip, sizeof(toward.ip));
	if (invite->offer && jf_sdp_has_address(invite->offer)) {
		toward.family = invite->offer->family;
		memcpy(toward.ip, invite->offer->ip, sizeof(toward.ip));
	}
	err = jf_call_media_open(call, &toward);
	return err == -EAFNOSUPPORT ? -ENOTSUP : err;
}

/* Our answer, or our offer when the caller made none. An answer that waits is only agreed on. */
static int answer(struct jf_call *call, const struct jf_media_desc *offer, const char **ret_why)
{
	struct jf_call_party *caller = &call->caller;
	int security = jf_call_policy_offer(&caller->policy);
	struct jf_media_desc local;
	int err;

	*ret_why = "SRTP is required, and keys are given over TLS only";
	if (!offer && security < 0)
		return -ENOTSUP;
	if (!offer) {
		err = jf_call_offer_make(caller, (enum jf_call_security)security, &caller->offered);
		return err ? err : jf_leg_answer(caller->leg, &caller->offered);
	}
	err = jf_call_answer_make(caller, offer, &local, ret_why);
	if (!err)
		err = jf_call_agree(caller, &local, offer);
	if (!err) {
		jf_call_media_remote(caller);
		err = call->unanswered ? 0 : jf_leg_answer(caller->leg, &local);
	}
	explicit_bzero(&local, sizeof(local));
	return err;
}

/* err: of what a call needs. */
static void refuse_busy(struct jf_calls *calls, struct jf_leg *leg, int err)
{
	enum jf_sip_why why = err == -EBUSY ? JF_SIP_WHY_MEDIA : jf_call_why_of(err);

	if (!calls->full)
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, NULL,
		       "calls are refused: no media for another one (%s)", jf_sip_why_word(why));
	calls->full = true;
	refuse(calls, leg, 503, "Service Unavailable", "Retry-After: 10\r\n", why);
}

static void refuse_media(struct jf_calls *calls, struct jf_leg *leg, const char *text,
                         enum jf_sip_why why)
{
	char warning[160];

	jf_log(JF_LOG_CALL, JF_LOG_NOTICE, NULL, "a call was refused: %s (%s)", text,
	       jf_sip_why_word(why));
	refuse(calls, leg, 488, "Not Acceptable Here",
	       jf_call_warning(calls, text, warning, sizeof(warning)), why);
}

/* Answers, and it is on its way; or refuses. call NULL: there was no memory for one. */
static void take(struct jf_calls *calls, struct jf_leg *leg, const struct jf_leg_invite *invite,
                 struct jf_call *call)
{
	const char *why = "";
	int err;

	err = call ? media_open(call, invite) : -ENOMEM;
	if (err) {
		if (call)
			jf_call_free(call);
		if (err == -ENOTSUP)
			refuse_media(calls, leg, "the other family of addresses is needed",
			             JF_SIP_WHY_FAMILY);
		else
			refuse_busy(calls, leg, err);
		return;
	}
	calls->full = false;
	call->caller.leg = leg;
	jf_leg_user_set(leg, &call->caller);
	jf_leg_call_id_set(leg, &call->id);
	jf_leg_credentials_set(leg, jf_call_trunk_credentials(calls->trunks, call->trunk));
	/* Who is connected to a number outside is answered when that answers. */
	call->unanswered = call->forward[0] && invite->offer;
	err = answer(call, invite->offer, &why);
	if (err) {
		call->caller.leg = NULL;
		jf_call_media_close(&call->caller);
		jf_call_media_close(call->agent);
		jf_call_free(call);
		if (err == -ENOTSUP)
			refuse_media(calls, leg, why, JF_SIP_WHY_OFFER);
		else
			refuse(calls, leg, 500, "Server Internal Error", NULL, JF_SIP_WHY_INTERNAL);
		return;
	}
	calls->totals.offered++;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "arrived for %s on trunk %s", call->number,
	       call->trunk);
	jf_call_publish(call, "call.arrived", NULL);
	if (call->unanswered)
		jf_call_event(call, JF_CALL_EVENT_FORWARD);
	else
		jf_call_row_store(call);
}

/* A feature code: done at once; a tone says so, or the call is refused. */
static void code_incoming(struct jf_calls *calls, struct jf_leg *leg,
                          const struct jf_leg_invite *invite, const struct jf_call_code *code)
{
	int err = jf_calls_agent_change(calls, invite->agent, code->change, code->reason, "phone");
	struct jf_call *call;

	if (err && err != -EALREADY && err != -EINPROGRESS && err != -ENOTCONN) {
		refuse(calls, leg, 480, "Temporarily Unavailable", NULL, JF_SIP_WHY_STATE);
		return;
	}
	call = jf_call_make_now(calls);
	if (call) {
		snprintf(call->tenant, sizeof(call->tenant), "%s", code->tenant);
		snprintf(call->number, sizeof(call->number), "%s", invite->number);
		snprintf(call->caller_number, sizeof(call->caller_number), "%s", invite->agent);
		snprintf(call->greeting, sizeof(call->greeting), "%s",
		         calls->config.beep ? calls->config.beep : "");
		jf_call_policy_set(&call->caller, NULL, invite->source.transport);
		call->told_closed = call->turned_away = true;
		jf_call_end_note(call, JF_CALL_BY_ENGINE, "a feature code", 0);
	}
	take(calls, leg, invite, call);
}

static void agent_incoming(struct jf_calls *calls, struct jf_leg *leg,
                           const struct jf_leg_invite *invite)
{
	struct jf_call_code feature;
	uint16_t code;

	int err;

	if (jf_call_code_find(calls, invite->agent, invite->number, &feature)) {
		code_incoming(calls, leg, invite, &feature);
		return;
	}
	err = jf_call_line_incoming(calls, leg, invite, &code);

	if (err == -ENOTCONN) /* no call is in its hands: one of its own */
		err = jf_call_own_incoming(calls, leg, invite, &code);
	if (!err)
		return;
	jf_log(JF_LOG_CALL, JF_LOG_NOTICE, NULL, "a call of agent %s is refused: %u (%s)",
	       invite->agent, code, jf_sip_why_word(jf_call_why_of(err)));
	refuse(calls, leg, code, code == 404 ? "Not Found" : "Not Now", NULL, jf_call_why_of(err));
}

/* As it stands, or as the trunk's number plan reads it. Where we are registered, a call may come to
 * the user that we are there: then To says for which number. */
static int route_find(const struct jf_calls *calls, const struct jf_leg_invite *invite,
                      const struct jf_directory_trunk *trunk, struct jf_route *ret_route)
{
	const char *tenant = trunk ? trunk->tenant : NULL, *called = invite->number;
	char number[JF_NUMBER_MAX];

	if (trunk && trunk->out.credentials.user && !strcmp(called, trunk->out.credentials.user))
		called = invite->to_user;

	if (!jf_routing_number(calls->routing, called, tenant, ret_route))
		return 0;
	if (!trunk || jf_number_normalize(&trunk->out.numbers, called, number))
		return -ENOENT;
	return jf_routing_number(calls->routing, number, tenant, ret_route);
}

void jf_call_incoming(struct jf_leg *leg, const struct jf_leg_invite *invite, void *arg)
{
	const struct jf_directory_trunk *trunk = (const void *)(uintptr_t)invite->trunk;
	struct jf_calls *calls = arg;
	struct jf_route route;

	if (invite->agent[0]) {
		agent_incoming(calls, leg, invite);
		return;
	}
	if (route_find(calls, invite, trunk, &route)) {
		char number[JF_CALL_TEXT_MAX];

		jf_log(JF_LOG_CALL, JF_LOG_NOTICE, NULL, "no such number: %s from trunk %s (%s)",
		       jf_log_escape(invite->number, strlen(invite->number), number,
		                     sizeof(number)),
		       trunk ? trunk->name : "?", jf_sip_why_word(JF_SIP_WHY_NUMBER));
		refuse(calls, leg, 404, "Not Found", NULL, JF_SIP_WHY_NUMBER);
		return;
	}
	take(calls, leg, invite, call_arrive(calls, invite, &route));
}

bool jf_call_source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	const struct jf_calls *calls = arg;
	const struct jf_directory *directory = jf_routing_directory(calls->routing);
	const struct jf_directory_trunk *trunk;

	trunk = directory ? jf_directory_trunk_find(directory, source->family, source->ip) : NULL;
	if (!trunk) { /* where one is registered, its calls come from */
		const char *name = jf_trunks_source(jf_call_trunks_sip(calls->trunks), source);

		trunk = name ? jf_call_trunk_find(calls->trunks, name) : NULL;
	}
	*ret_trunk = (uint64_t)(uintptr_t)trunk;
	return trunk != NULL;
}
