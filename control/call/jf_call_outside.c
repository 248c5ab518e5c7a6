// SPDX-License-Identifier: BSD-3-Clause
/* The attempts at a number outside, one after the other, and what becomes of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_call_outside_priv.h"

/* ---- Begun and over ---------------------------------------------------------------------------
 */

static void outside_free(struct jf_call_outside *o)
{
	jf_loop_timer_cancel(&o->timer);
	jf_sip_query_cancel(o->query);
	json_decref(o->attempts);
	json_decref(o->passed_over);
	free(o);
}

struct jf_call_outside *jf_call_outside_make(struct jf_call_party *party)
{
	struct jf_call_outside *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	o->party = party;
	o->attempts = json_array();
	return o;
}

static void trunk_end(struct jf_call_outside *o)
{
	if (o->begun)
		jf_call_outside_count_end(o, JF_CALL_USAGE_TRUNK, jf_call_outside_trunk(o));
	o->begun = false;
}

/* ---- Attempts -------------------------------------------------------------------------------- */

static void attempt_note(struct jf_call_outside *o, const char *outcome, uint16_t code)
{
	const struct jf_directory_trunk *trunk =
	        jf_call_trunk_find(jf_call_outside_trunks(o), jf_call_outside_trunk(o));
	const struct jf_call *call = o->party->call;
	uint64_t now_ns = jf_loop_now_ns();
	json_t *json = json_pack(
	        "{s:s, s:s, s:o, s:s, s:I}", "trunk", jf_call_outside_trunk(o), "to",
	        trunk && o->uri < trunk->out.n_uris ? trunk->out.hosts[o->uri] : "", "at_utc",
	        jf_call_utc(jf_call_utc_ns(call, o->tried_ns)), "outcome", outcome, "ms",
	        (json_int_t)(jf_time_since(o->tried_ns, now_ns) / JF_NS_PER_MS));

	if (json && code)
		json_object_set_new(json, "sip_code", json_integer(code));
	json_array_append_new(o->attempts, json);
	if (code)
		o->code = code;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &call->id, "outside %s by %s: %s (%u)", o->number,
	       jf_call_outside_trunk(o), outcome, code);
}

/* "sip:host:port;transport=tcp" with the number before the host. */
static void uri_make(const char *destination, const char *number, char ret_uri[JF_SIP_URI_MAX])
{
	snprintf(ret_uri, JF_SIP_URI_MAX, "sip:%s@%s", number, destination + strlen("sip:"));
}

static void host_make(const char *text, char *ret_host, size_t size)
{
	size_t length = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":");

	snprintf(ret_host, size, "%.*s", (int)length, text);
}

static struct jf_leg *invite(struct jf_call_outside *o, const struct jf_directory_trunk *trunk,
                             const struct jf_sip_peer *peer, enum jf_call_security security)
{
	struct jf_call_party *party = o->party;
	const struct jf_calls *calls = party->call->calls;
	char uri[JF_SIP_URI_MAX], called[JF_NUMBER_MAX], caller[JF_NUMBER_MAX], host[128];
	struct jf_identity_headers who;
	struct jf_identity_told told = {
	        .number = caller,
	        .name = o->name,
	        .domain = trunk->out.domain[0] ? trunk->out.domain : host,
	        .diverted = o->diverted,
	        .called = o->number,
	        .withheld = o->withheld,
	        .trusted = trunk->out.trusted,
	};
	struct jf_leg_target target = {
	        .uri = uri,
	        .peer = *peer,
	        .to_user = called,
	        .to_host = host,
	        .first_response_ms = JF_TRUNK_FIRST_MS,
	        .by_contact = true,
	        .credentials = jf_call_trunk_credentials(jf_call_outside_trunks(o), trunk->name),
	};
	struct jf_leg *leg;

	jf_number_write(&trunk->out.numbers, o->number, called);
	jf_number_present(&trunk->out.numbers, o->caller, caller);
	host_make(trunk->out.hosts[o->uri], host, sizeof(host));
	uri_make(trunk->out.uris[o->uri], called, uri);
	jf_identity_write(&told, &who);
	target.from_user = who.from_user;
	target.from_name = who.from_name;
	/* Our own address, where nobody said otherwise. */
	if (o->withheld || trunk->out.domain[0] || trunk->out.credentials.user)
		target.from_host = who.from_host;
	target.headers = who.lines;
	if (jf_call_offer_make(party, security, &party->offered) ||
	    jf_leg_create(calls->config.sip, &target, &party->offered, party, &leg))
		return NULL;
	jf_leg_call_id_set(leg, &party->call->id);
	return leg;
}

/* Whether a leg is out. */
static bool attempt(struct jf_call_outside *o, const struct jf_directory_trunk *trunk, bool plain)
{
	const struct jf_sip_peer *peer = &o->peers[o->peer];
	struct jf_call_party *party = o->party;
	struct jf_media_address toward = {.family = peer->family};
	int security;

	o->tried_ns = jf_loop_now_ns();
	jf_call_early_forget(party);
	memcpy(toward.ip, peer->ip, sizeof(toward.ip));
	if (jf_call_media_toward(party, &toward)) {
		o->why = JF_SIP_WHY_FAMILY;
		attempt_note(o, "no media in its family of addresses", 0);
		return false;
	}
	jf_call_policy_set(party, &trunk->media, peer->transport);
	security = plain ? JF_CALL_PLAIN : jf_call_policy_offer(&party->policy);
	if (security < 0) {
		o->why = JF_SIP_WHY_OFFER;
		attempt_note(o, "SRTP is required, and keys are given over TLS only", 0);
		return false;
	}
	party->leg = invite(o, trunk, peer, (enum jf_call_security)security);
	if (!party->leg) {
		o->why = JF_SIP_WHY_TRUNK_UNREACHABLE;
		attempt_note(o, "not sent", 503);
	}
	return party->leg != NULL;
}

/* The next address of the present destination, or the next destination. */
static void try_peers(struct jf_call_outside *o)
{
	const struct jf_directory_trunk *trunk =
	        jf_call_trunk_find(jf_call_outside_trunks(o), jf_call_outside_trunk(o));

	for (; trunk && o->peer < o->n_peers && o->peer < JF_CALL_OUTSIDE_PEERS; o->peer++)
		if (attempt(o, trunk, false))
			return;
	o->uri++;
	jf_call_outside_next(o);
}

static void resolved(int err, const struct jf_sip_peer *peers, unsigned count, void *arg)
{
	struct jf_call_outside *o = arg;

	o->query = NULL;
	o->peer = 0;
	o->n_peers = count;
	if (count)
		memcpy(o->peers, peers, count * sizeof(peers[0]));
	if (err) {
		o->why = JF_SIP_WHY_TRUNK_UNREACHABLE;
		attempt_note(o,
		             err == -ETIMEDOUT ? "its name was not resolved in time"
		                               : "its name is not known",
		             503);
	}
	try_peers(o);
}

static void nothing_left(void *arg)
{
	struct jf_call_outside *o = arg;
	struct jf_leg_event event = {
	        .type = JF_LEG_ENDED,
	        .end = JF_LEG_END_REJECTED_BY_PEER,
	        .code = o->code ? o->code : 503,
	};

	o->party->why = (uint8_t)o->why;
	jf_call_party_event(o->party, &event);
}

static bool uri_is_down(const struct jf_trunk_status *status, const char *uri)
{
	for (unsigned i = 0; i < status->n_destinations; i++)
		if (!strcmp(status->destinations[i].uri, uri))
			return status->destinations[i].health == JF_TRUNK_DOWN;
	return false;
}

/* May a call be begun at this trunk now? Counted, if so. */
static bool trunk_begin(struct jf_call_outside *o, const struct jf_directory_trunk *trunk)
{
	static const enum jf_sip_why whys[] = {
	        [JF_USAGE_FITS] = JF_SIP_WHY_NO_TRUNK,
	        [JF_USAGE_CALLS] = JF_SIP_WHY_TRUNK_CALLS,
	        [JF_USAGE_RATE] = JF_SIP_WHY_TRUNK_RATE,
	        [JF_USAGE_MINUTES] = JF_SIP_WHY_TRUNK_MINUTES,
	};
	const struct jf_usage *usage =
	        jf_call_usage(jf_call_outside_trunks(o), JF_CALL_USAGE_TRUNK, trunk->name);
	enum jf_usage_verdict verdict;

	if (o->begun)
		return true;
	verdict = usage ? jf_usage_check(usage, &trunk->out.caps, jf_loop_now_ns()) : JF_USAGE_FITS;
	if (!usage || verdict) {
		o->why = whys[verdict];
		return false;
	}
	jf_call_outside_count_begin(o, JF_CALL_USAGE_TRUNK, trunk->name);
	o->begun = true;
	return true;
}

/* Goes on from o->trunk and o->uri, until something is under way or nothing is left. */
void jf_call_outside_next(struct jf_call_outside *o)
{
	for (; o->trunk < o->n_trunks; trunk_end(o), o->trunk++, o->uri = 0) {
		const struct jf_directory_trunk *trunk =
		        jf_call_trunk_find(jf_call_outside_trunks(o), jf_call_outside_trunk(o));
		struct jf_trunk_status status;

		if (!trunk || jf_trunks_status(jf_call_trunks_sip(jf_call_outside_trunks(o)),
		                               trunk->name, &status))
			continue;
		for (; o->uri < trunk->out.n_uris; o->uri++) {
			o->tried_ns = jf_loop_now_ns();
			if (uri_is_down(&status, trunk->out.uris[o->uri])) {
				o->why = JF_SIP_WHY_TRUNK_DOWN;
				continue;
			}
			if (!trunk_begin(o, trunk))
				continue;
			if (!jf_sip_resolve(o->party->call->calls->config.sip,
			                    trunk->out.uris[o->uri], resolved, o, &o->query))
				return;
		}
	}
	jf_loop_timer_start(&o->timer, 0, nothing_left, o);
}

/* ---- What becomes of an attempt ----------------------------------------------------------------
 */

/* Another trunk may do better: RFC 3261 section 21, RFC 3263 section 4.3. */
static bool is_trunks_fault(const struct jf_leg_event *event)
{
	switch (event->end) {
	case JF_LEG_END_TIMEOUT:
	case JF_LEG_END_TRANSPORT:
	case JF_LEG_END_BAD_ANSWER:
		return true;
	case JF_LEG_END_REJECTED_BY_PEER:
		break;
	default:
		return false;
	}
	switch (event->code) {
	case 401: /* it does not know us */
	case 407:
	case 408:
	case 500:
	case 502:
	case 503:
	case 504:
		return true;
	default:
		return false;
	}
}

static const char *outcome_of(enum jf_leg_end end)
{
	switch (end) {
	case JF_LEG_END_TIMEOUT:
		return "no answer";
	case JF_LEG_END_TRANSPORT:
		return "not sent";
	case JF_LEG_END_BAD_ANSWER:
		return "its answer cannot be used";
	default:
		return "refused";
	}
}

static void called(struct jf_call_outside *o, bool answered)
{
	const struct jf_directory_trunk *trunk =
	        jf_call_trunk_find(jf_call_outside_trunks(o), jf_call_outside_trunk(o));

	if (trunk && o->uri < trunk->out.n_uris)
		jf_trunks_called(jf_call_trunks_sip(jf_call_outside_trunks(o)), trunk->name,
		                 trunk->out.uris[o->uri], answered);
}

/* true: something else is under way. */
static bool attempt_ended(struct jf_call_outside *o, const struct jf_leg_event *event)
{
	const struct jf_directory_trunk *trunk =
	        jf_call_trunk_find(jf_call_outside_trunks(o), jf_call_outside_trunk(o));
	struct jf_call_party *party = o->party;
	bool silent = event->end == JF_LEG_END_TIMEOUT || event->end == JF_LEG_END_TRANSPORT;

	o->why = event->end == JF_LEG_END_REJECTED_BY_PEER ? JF_SIP_WHY_NONE
	                                                   : JF_SIP_WHY_TRUNK_UNREACHABLE;
	attempt_note(o, outcome_of(event->end), event->code);
	called(o, !silent);
	if (trunk && event->end == JF_LEG_END_REJECTED_BY_PEER && party->offered.savp &&
	    jf_call_policy_falls_back(&party->policy, event->code)) {
		party->leg = NULL;
		return attempt(o, trunk, true);
	}
	if (!is_trunks_fault(event))
		return false;
	party->leg = NULL;
	o->peer++;
	try_peers(o);
	return true; /* the end is told from the loop, if nothing was left */
}

bool jf_call_outside_event(struct jf_call_party *party, const struct jf_leg_event *event)
{
	struct jf_call_outside *o = party->outside;

	if (!o || o->answered)
		return false;
	switch (event->type) {
	case JF_LEG_PROVISIONAL:
		called(o, true);
		return false;
	case JF_LEG_ANSWERED:
		attempt_note(o, "answered", 200);
		called(o, true);
		jf_call_outside_count_answered(o, JF_CALL_USAGE_TRUNK, jf_call_outside_trunk(o));
		jf_call_outside_count_answered(o, JF_CALL_USAGE_TENANT, party->call->tenant);
		o->answered = true;
		return false;
	case JF_LEG_ENDED:
		/* Told by ourselves, when nothing was left: nothing else is tried. */
		return party->leg && o->trunk < o->n_trunks && attempt_ended(o, event);
	default:
		return false;
	}
}

void jf_call_outside_end(struct jf_call_party *party)
{
	struct jf_call_outside *o = party->outside;

	if (!o)
		return;
	json_decref(party->outside_was);
	party->outside_was = jf_call_outside_json(party);
	trunk_end(o);
	if (o->tenant_begun)
		jf_call_outside_count_end(o, JF_CALL_USAGE_TENANT, party->call->tenant);
	party->outside = NULL;
	outside_free(o);
}

void jf_call_outside_moved(struct jf_call_party *party)
{
	if (party->outside)
		party->outside->party = party;
}
