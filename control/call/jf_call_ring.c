// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One that rings beside the party's own. */
struct other {
	struct jf_call_party
	        party; /* first; of is the one that it rings for, the offer is its own */
	struct jf_registration contact;
	bool own_media; /* the party's cannot be had from there: endpoint and video are its own */
};

struct jf_call_ring {
	struct jf_registration contact; /* that the party's own leg calls */
	unsigned n;
	struct other *others[JF_SIP_CONTACTS_MAX];
	bool has_verdict;
	struct jf_leg_event verdict; /* of those that are over */
};

/* ---- Calling -------------------------------------------------------------------------------- */

/* What is offered is in party->offered then. user: of the leg. NULL: it could not be called. */
static struct jf_leg *invite(struct jf_call_party *party, const struct jf_registration *contact,
                             enum jf_call_security security, struct jf_call_party *user)
{
	struct jf_call *call = party->call;
	char name[JF_SIP_NAME_MAX], headers[64];
	struct jf_leg_target target = {
	        .uri = contact->contact,
	        .peer = contact->source,
	        .routes = contact->path,
	        /* An agent, or whom one called. */
	        .from_user = call->caller.name[0] ? call->caller.name : jf_call_caller_shown(call),
	        .from_name = name,
	        .to_user = party->name,
	        .headers = headers,
	};
	struct jf_leg *leg;

	/* The agent sees for whom it answers, and who calls. */
	snprintf(name, sizeof(name), "%s", party->queue[0] ? party->queue : call->queue_name);
	snprintf(headers, sizeof(headers), "X-Jackfield-Call: %s\r\n", call->id_text);
	if (jf_call_offer_make(party, security, &party->offered) ||
	    jf_leg_create(call->calls->config.sip, &target, &party->offered, user, &leg))
		return NULL;
	jf_leg_call_id_set(leg, &call->id);
	return leg;
}

static struct jf_media_address address_of(const struct jf_registration *contact)
{
	struct jf_media_address address = {.family = contact->source.family};

	memcpy(address.ip, contact->source.ip, sizeof(address.ip));
	return address;
}

/* With or without keys. */
static struct jf_leg *call_phone(struct jf_call_party *party, const struct jf_registration *contact,
                                 bool plain, struct jf_call_party *user)
{
	const struct jf_directory *directory = jf_routing_directory(party->call->calls->routing);
	const struct jf_directory_agent *agent =
	        directory ? jf_directory_agent_find(directory, party->name) : NULL;
	int security;

	jf_call_policy_set(party, agent ? &agent->media : NULL, contact->source.transport);
	security = plain ? JF_CALL_PLAIN : jf_call_policy_offer(&party->policy);
	if (security >= 0)
		return invite(party, contact, (enum jf_call_security)security, user);
	jf_log(JF_LOG_CALL, JF_LOG_WARNING, &party->call->id,
	       "agent %s must have SRTP, and its phone is not on TLS", party->name);
	return NULL;
}

/* ---- Media of those beside ------------------------------------------------------------------- */

/* Where it cannot have the party's (another address family, another of our addresses), its own. */
static int media_open(struct jf_call_party *party, struct other *other)
{
	const struct jf_media_address toward = address_of(&other->contact);
	struct jf_media *media = party->call->calls->config.media;
	int err;

	if (jf_media_serves(media, party->endpoint, &toward))
		return 0;
	err = jf_media_open(media, &party->call->id, party->side, &party->call->caller.endpoint,
	                    &toward, &other->party.endpoint);
	other->own_media = !err;
	return err;
}

static void media_close(struct jf_call_party *party, struct other *other)
{
	if (!other->own_media)
		return;
	other->party.call = party->call;
	jf_call_media_close(&other->party);
}

/* What is offered names the party's media: it has the other's while that is called. */
static void media_swap(struct jf_call_party *party, struct other *other)
{
	struct jf_media_ref endpoint = party->endpoint, video = party->video;

	if (!other->own_media)
		return;
	party->endpoint = other->party.endpoint;
	party->video = other->party.video;
	other->party.endpoint = endpoint;
	other->party.video = video;
}

static void other_free(struct other *other)
{
	explicit_bzero(other, sizeof(*other)); /* keys of SRTP */
	free(other);
}

/* It rings no longer. */
static void other_drop(struct jf_call_party *party, struct other *other)
{
	media_close(party, other);
	other_free(other);
}

/* One more. */
static void call_other(struct jf_call_party *party, const struct jf_registration *contact)
{
	struct jf_call_ring *ring = party->ring;
	struct other *other = calloc(1, sizeof(*other));

	if (!other)
		return;
	other->party.of = party;
	other->contact = *contact;
	if (!media_open(party, other)) {
		media_swap(party, other);
		other->party.leg = call_phone(party, contact, false, &other->party);
		media_swap(party, other);
	}
	if (!other->party.leg) {
		other_drop(party, other);
		return;
	}
	other->party.policy = party->policy;
	other->party.transport = party->transport;
	other->party.offered = party->offered;
	ring->others[ring->n++] = other;
}

static void other_remove(struct jf_call_ring *ring, struct other *other)
{
	unsigned at = 0;

	while (ring->others[at] != other)
		at++;
	ring->n--;
	memmove(&ring->others[at], &ring->others[at + 1], (ring->n - at) * sizeof(ring->others[0]));
}

/* It is the party's own from now on. */
static void promote(struct jf_call_party *party, struct other *other)
{
	jf_call_early_forget(party);
	other_remove(party->ring, other);
	if (other->own_media)
		jf_call_media_take(party, other->party.endpoint, other->party.video);
	party->leg = other->party.leg;
	party->policy = other->party.policy;
	party->transport = other->party.transport;
	party->offered = other->party.offered;
	party->ring->contact = other->contact;
	jf_leg_user_set(party->leg, party);
	other_free(other);
}

/* Who takes the place of the party's own: one with its media, which those who share it still need.
 */
static struct other *successor(const struct jf_call_ring *ring)
{
	for (unsigned i = 0; i < ring->n; i++)
		if (!ring->others[i]->own_media)
			return ring->others[i];
	return ring->others[0];
}

/* The first n ring together; the last of the order first, so that what the party offers is said to
 * its own. */
static void call_group(struct jf_call_party *party, const struct jf_registration *contacts,
                       unsigned n)
{
	const struct jf_media_address toward = address_of(&contacts[0]);
	int err = jf_call_media_toward(party, &toward);

	if (err) {
		jf_log(JF_LOG_CALL, JF_LOG_WARNING, &party->call->id,
		       "no media toward agent %s: %s", party->name, strerror(-err));
		return;
	}
	for (unsigned i = n - 1; i > 0 && party->ring; i--)
		call_other(party, &contacts[i]);
	party->leg = call_phone(party, &contacts[0], false, party);
	if (party->ring)
		party->ring->contact = contacts[0];
	if (!party->leg && party->ring && party->ring->n)
		promote(party, successor(party->ring));
}

/* Those of the highest q below that; whoever is unreachable only where nobody else is. */
static void call_below(struct jf_call_party *party, unsigned below_q)
{
	struct jf_registration all[JF_SIP_CONTACTS_MAX];
	unsigned n = jf_sip_registrations_get(party->call->calls->config.sip, party->name, all,
	                                      JF_SIP_CONTACTS_MAX);
	unsigned first = 0, count = 1;

	while (first < n && (all[first].q >= below_q || (first && all[first].unreachable)))
		first++;
	if (first == n)
		return;
	while (first + count < n && all[first + count].q == all[first].q &&
	       all[first + count].unreachable == all[first].unreachable)
		count++;
	if (n > 1 && !party->ring)
		party->ring = calloc(1, sizeof(*party->ring)); /* without it, only one is called */
	call_group(party, &all[first], count);
}

void jf_call_ring_begin(struct jf_call_party *party)
{
	jf_call_ring_forget(party);
	party->leg = NULL;
	call_below(party, JF_SIP_Q_MAX + 1);
}

bool jf_call_ring_plain(struct jf_call_party *party)
{
	struct jf_registration contact;

	if (jf_sip_registrations_get(party->call->calls->config.sip, party->name, &contact, 1))
		party->leg = call_phone(party, &contact, true, party);
	return party->leg != NULL;
}

/* ---- No longer ------------------------------------------------------------------------------ */

void jf_call_ring_cancel(struct jf_call_party *party, enum jf_call_cancel why)
{
	struct jf_call_ring *ring = party->ring;

	if (!ring)
		return;
	for (unsigned i = 0; i < ring->n; i++) {
		jf_call_ghost_make(party, ring->others[i]->party.leg, why);
		other_drop(party, ring->others[i]);
	}
	party->ring = NULL;
	free(ring);
}

void jf_call_ring_forget(struct jf_call_party *party)
{
	struct jf_call_ring *ring = party->ring;

	if (!ring)
		return;
	for (unsigned i = 0; i < ring->n; i++) {
		jf_leg_user_set(ring->others[i]->party.leg, NULL);
		jf_leg_detach(ring->others[i]->party.leg);
		other_drop(party, ring->others[i]);
	}
	party->ring = NULL;
	free(ring);
}

unsigned jf_call_ring_others(const struct jf_call_party *party)
{
	return party->ring ? party->ring->n : 0;
}

const struct jf_leg *jf_call_ring_other_leg(const struct jf_call_party *party, unsigned i)
{
	return party->ring->others[i]->party.leg;
}

/* ---- What they say -------------------------------------------------------------------------- */

/* For all of the agent's phones (RFC 3261 21.6). */
static bool is_final(const struct jf_leg_event *event)
{
	return event->end == JF_LEG_END_REJECTED_BY_PEER && event->code >= 600;
}

/* How much it tells of the agent. */
static unsigned rank(const struct jf_leg_event *event)
{
	switch (jf_call_outcome_of(event)) {
	case JF_ACD_OUTCOME_REJECTED:
		return 5;
	case JF_ACD_OUTCOME_BUSY:
		return 4;
	case JF_ACD_OUTCOME_UNAVAILABLE:
		return 3;
	case JF_ACD_OUTCOME_FAILED:
		return 2;
	default:
		return 1;
	}
}

static void note(struct jf_call_ring *ring, const struct jf_leg_event *event)
{
	if (ring->has_verdict && rank(event) <= rank(&ring->verdict))
		return;
	ring->has_verdict = true;
	ring->verdict =
	        (struct jf_leg_event){.type = JF_LEG_ENDED, .end = event->end, .code = event->code};
}

/* It refuses keys, and may do so: called again without. */
static struct jf_leg *called_plain(struct jf_call_party *party, const struct jf_leg_event *event,
                                   const struct jf_registration *contact,
                                   struct jf_call_party *user)
{
	if (event->end != JF_LEG_END_REJECTED_BY_PEER || !user->offered.savp ||
	    !jf_call_policy_falls_back(&user->policy, event->code))
		return NULL;
	jf_log(JF_LOG_CALL, JF_LOG_INFO, &party->call->id, "agent %s does not take SRTP: %u",
	       party->name, event->code);
	return call_phone(party, contact, true, user);
}

/* Its own leg is over, and nobody has answered. True: others go on. */
static bool goes_on(struct jf_call_party *party, const struct jf_leg_event *event)
{
	struct jf_call_ring *ring = party->ring;
	struct jf_leg_event verdict;

	party->leg = called_plain(party, event, &ring->contact, party);
	if (party->leg)
		return true;
	note(ring, event);
	if (ring->n)
		promote(party, successor(ring));
	else
		call_below(party, ring->contact.q);
	if (party->leg)
		return true;
	verdict = ring->verdict;
	jf_call_ring_cancel(party, JF_CALL_CANCEL_GIVEN_UP);
	jf_call_party_event(party, &verdict);
	return true;
}

bool jf_call_ring_event(struct jf_call_party *party, const struct jf_leg_event *event)
{
	struct jf_leg_event quiet = *event;

	switch (event->type) {
	case JF_LEG_PROVISIONAL: /* whose media would it be? */
		quiet.media = NULL;
		if (event->media && party->ring->n)
			jf_call_party_event(party, &quiet);
		return event->media && party->ring->n;
	case JF_LEG_ANSWERED:
		jf_call_ring_cancel(party, JF_CALL_CANCEL_ELSEWHERE);
		return false;
	case JF_LEG_ENDED:
		if (!is_final(event))
			return goes_on(party, event);
		jf_call_ring_cancel(party, JF_CALL_CANCEL_GIVEN_UP);
		return false;
	default:
		return false;
	}
}

static void other_ended(struct jf_call_party *party, struct other *other,
                        const struct jf_leg_event *event)
{
	struct jf_call_party own = {.policy = party->policy, .transport = party->transport};
	struct jf_media_desc offered = party->offered;

	if (is_final(event)) {
		other_remove(party->ring, other);
		other_drop(party, other);
		jf_call_ghost_make(party, party->leg, JF_CALL_CANCEL_GIVEN_UP);
		party->leg = NULL;
		jf_call_ring_cancel(party, JF_CALL_CANCEL_GIVEN_UP);
		jf_call_party_event(party, event);
		return;
	}
	/* Made by the party, which says something else to its own. */
	media_swap(party, other);
	other->party.leg = called_plain(party, event, &other->contact, &other->party);
	media_swap(party, other);
	if (other->party.leg)
		other->party.offered = party->offered;
	party->policy = own.policy;
	party->transport = own.transport;
	party->offered = offered;
	explicit_bzero(&offered, sizeof(offered));
	if (other->party.leg)
		return;
	note(party->ring, event);
	other_remove(party->ring, other);
	other_drop(party, other);
}

void jf_call_ring_other_event(struct jf_call_party *rings, const struct jf_leg_event *event)
{
	struct jf_call_party *party = rings->of;
	struct other *other = JF_CONTAINER(rings, struct other, party);
	struct jf_leg_event quiet = *event;

	switch (event->type) {
	case JF_LEG_PROVISIONAL:
		quiet.media = NULL;
		jf_call_party_event(party, &quiet);
		break;
	case JF_LEG_ANSWERED:
		jf_call_ghost_make(party, party->leg, JF_CALL_CANCEL_ELSEWHERE);
		promote(party, other);
		jf_call_party_event(party, event);
		break;
	case JF_LEG_CHANGED:
		jf_call_row_store(party->call);
		break;
	case JF_LEG_ENDED:
		other_ended(party, other, event);
		break;
	default:
		break;
	}
}
