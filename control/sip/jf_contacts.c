// SPDX-License-Identifier: BSD-3-Clause
#include "jf_contacts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "jf_heap.h"
#include "jf_siphash.h"

#define BUCKETS_FIRST 1024u /* a power of two; doubled when there are more contacts */

struct jf_contact {
	struct jf_contact *agent_next; /* in the bucket of the agent; one agent's stand in order */
	struct jf_contact *source_next, **source_at; /* who points to it: a proxy has many */
	struct jf_heap_node expiry, ask;
	struct jf_contact_life life;
	bool nat;
	uint64_t agent_hash, source_hash;
	struct jf_sip_peer source;
	uint32_t granted_s;
	uint32_t cseq;
	uint16_t q;
	uint16_t size; /* of it all */
	/* in text, each terminated, after the agent's id */
	uint16_t uri, call_id, user_agent, path;
	char text[];
};

struct jf_contacts {
	uint64_t seed[2];
	struct jf_contact **agents, **sources;
	uint32_t buckets;
	uint32_t count;
	uint64_t bytes;
	uint64_t steps;
	struct jf_heap expiries, asks;
};

/* --- one of them --- */

static uint64_t hash(const struct jf_contacts *contacts, const void *bytes, size_t length)
{
	return jf_siphash(contacts->seed, bytes, length);
}

const char *jf_contact_uri(const struct jf_contact *contact)
{
	return contact->text + contact->uri;
}

const char *jf_contact_call_id(const struct jf_contact *contact)
{
	return contact->text + contact->call_id;
}

const struct jf_sip_peer *jf_contact_source(const struct jf_contact *contact)
{
	return &contact->source;
}

uint32_t jf_contact_cseq(const struct jf_contact *contact)
{
	return contact->cseq;
}

uint64_t jf_contact_heard_ns(const struct jf_contact *contact)
{
	return contact->expiry.key - contact->granted_s * UINT64_C(1000000000);
}

struct jf_registration jf_contact_get(const struct jf_contact *contact)
{
	struct jf_registration r;

	memset(&r, 0, sizeof(r)); /* stored as bytes */
	strcpy(r.agent, contact->text);
	strcpy(r.contact, contact->text + contact->uri);
	strcpy(r.call_id, contact->text + contact->call_id);
	strcpy(r.user_agent, contact->text + contact->user_agent);
	strcpy(r.path, contact->text + contact->path);
	r.source = contact->source;
	r.expires_ns = contact->expiry.key;
	r.granted_s = contact->granted_s;
	r.cseq = contact->cseq;
	r.q = contact->q;
	r.nat = contact->nat;
	r.unreachable = contact->life.unreachable;
	return r;
}

struct jf_contact_life *jf_contact_life(struct jf_contact *contact)
{
	return &contact->life;
}

bool jf_contact_has_path(const struct jf_contact *contact)
{
	return contact->text[contact->path] != '\0';
}

bool jf_contact_is_nat(const struct jf_contact *contact)
{
	return contact->nat;
}

static uint16_t add_text(struct jf_contact *contact, uint16_t at, const char *text,
                         uint16_t *ret_offset)
{
	size_t length = strlen(text) + 1;

	memcpy(contact->text + at, text, length);
	if (ret_offset)
		*ret_offset = at;
	return (uint16_t)(at + length);
}

static struct jf_contact *make(const struct jf_contacts *contacts, const struct jf_registration *r)
{
	size_t text = strlen(r->agent) + strlen(r->contact) + strlen(r->call_id) +
	              strlen(r->user_agent) + strlen(r->path) + 5;
	struct jf_contact *contact = calloc(1, sizeof(*contact) + text);
	uint16_t at;

	if (!contact)
		return NULL;
	contact->size = (uint16_t)(sizeof(*contact) + text);
	at = add_text(contact, 0, r->agent, NULL);
	at = add_text(contact, at, r->contact, &contact->uri);
	at = add_text(contact, at, r->call_id, &contact->call_id);
	at = add_text(contact, at, r->user_agent, &contact->user_agent);
	(void)add_text(contact, at, r->path, &contact->path);
	contact->source = r->source;
	contact->granted_s = r->granted_s;
	contact->cseq = r->cseq;
	contact->q = r->q;
	contact->nat = r->nat;
	contact->agent_hash = hash(contacts, r->agent, strlen(r->agent));
	contact->source_hash = hash(contacts, &r->source, sizeof(r->source));
	return contact;
}

/* --- the tables --- */

static struct jf_contact **bucket(struct jf_contact **table, const struct jf_contacts *contacts,
                                  uint64_t key)
{
	return &table[key & (contacts->buckets - 1)];
}

static bool same_agent(const struct jf_contact *a, const struct jf_contact *b)
{
	return a->agent_hash == b->agent_hash && strcmp(a->text, b->text) == 0;
}

/* Before the agent's first that isn't to be tried sooner; the same q: the freshest first. */
static void link_agent(struct jf_contacts *contacts, struct jf_contact *contact)
{
	struct jf_contact **at = bucket(contacts->agents, contacts, contact->agent_hash);

	while (*at && !(same_agent(*at, contact) && (*at)->q <= contact->q)) {
		bool mine = same_agent(*at, contact);

		at = &(*at)->agent_next;
		contacts->steps++;
		if (mine && (!*at || !same_agent(*at, contact)))
			break; /* the last of its own */
	}
	contact->agent_next = *at;
	*at = contact;
}

static void link_source(struct jf_contacts *contacts, struct jf_contact *contact)
{
	struct jf_contact **at = bucket(contacts->sources, contacts, contact->source_hash);

	contact->source_next = *at;
	contact->source_at = at;
	if (*at)
		(*at)->source_at = &contact->source_next;
	*at = contact;
}

static void unlink_both(struct jf_contacts *contacts, const struct jf_contact *contact)
{
	struct jf_contact **at = bucket(contacts->agents, contacts, contact->agent_hash);

	for (; *at != contact; at = &(*at)->agent_next)
		contacts->steps++;
	*at = contact->agent_next;
	*contact->source_at = contact->source_next;
	if (contact->source_next)
		contact->source_next->source_at = contact->source_at;
}

/* Twice the buckets; each chain parts in two, its order kept. */
static void grow(struct jf_contacts *contacts)
{
	uint32_t former = contacts->buckets;
	struct jf_contact **agents = calloc(2 * (size_t)former, sizeof(struct jf_contact *));
	struct jf_contact **sources = calloc(2 * (size_t)former, sizeof(struct jf_contact *));

	if (!agents || !sources) { /* longer chains will do */
		free(agents);
		free(sources);
		return;
	}
	for (uint32_t i = 0; i < former; i++) {
		struct jf_contact **agent_end[2] = {&agents[i], &agents[i + former]};
		struct jf_contact **source_end[2] = {&sources[i], &sources[i + former]};

		for (struct jf_contact *c = contacts->agents[i]; c; c = c->agent_next) {
			unsigned half = (c->agent_hash & former) != 0;

			*agent_end[half] = c;
			agent_end[half] = &c->agent_next;
		}
		for (struct jf_contact *c = contacts->sources[i]; c; c = c->source_next) {
			unsigned half = (c->source_hash & former) != 0;

			*source_end[half] = c;
			c->source_at = source_end[half];
			source_end[half] = &c->source_next;
		}
		for (unsigned half = 0; half < 2; half++)
			*agent_end[half] = *source_end[half] = NULL;
	}
	free(contacts->agents);
	free(contacts->sources);
	contacts->agents = agents;
	contacts->sources = sources;
	contacts->buckets = 2 * former;
}

/* --- finding --- */

struct jf_contact *jf_contacts_first(const struct jf_contacts *contacts, const char *agent)
{
	uint64_t key = hash(contacts, agent, strlen(agent));
	struct jf_contact *contact = *bucket(contacts->agents, contacts, key);

	while (contact && (contact->agent_hash != key || strcmp(contact->text, agent) != 0))
		contact = contact->agent_next;
	return contact;
}

struct jf_contact *jf_contact_next(const struct jf_contact *contact)
{
	struct jf_contact *next = contact->agent_next;

	return next && same_agent(next, contact) ? next : NULL;
}

struct jf_contact *jf_contacts_find(const struct jf_contacts *contacts, const char *agent,
                                    const char *uri)
{
	struct jf_contact *contact = jf_contacts_first(contacts, agent);

	while (contact && strcmp(jf_contact_uri(contact), uri) != 0)
		contact = jf_contact_next(contact);
	return contact;
}

struct jf_contact *jf_contacts_by_source(const struct jf_contacts *contacts,
                                         const struct jf_sip_peer *source)
{
	uint64_t key = hash(contacts, source, sizeof(*source));
	struct jf_contact *contact = *bucket(contacts->sources, contacts, key);

	while (contact && (contact->source_hash != key ||
	                   memcmp(&contact->source, source, sizeof(*source)) != 0))
		contact = contact->source_next;
	return contact;
}

/* The contact whose node stands first, offset bytes into it. */
static struct jf_contact *first_of(const struct jf_heap *heap, size_t offset, uint64_t *ret_key)
{
	struct jf_heap_node *first = jf_heap_first(heap);

	if (!first)
		return NULL;
	*ret_key = first->key;
	return (struct jf_contact *)((char *)first - offset);
}

struct jf_contact *jf_contacts_due(const struct jf_contacts *contacts, uint64_t *ret_due_ns)
{
	return first_of(&contacts->expiries, offsetof(struct jf_contact, expiry), ret_due_ns);
}

bool jf_contact_is_asked(const struct jf_contact *contact)
{
	return jf_heap_holds(&contact->ask);
}

struct jf_contact *jf_contacts_to_ask(const struct jf_contacts *contacts, uint64_t *ret_at_ns)
{
	return first_of(&contacts->asks, offsetof(struct jf_contact, ask), ret_at_ns);
}

/* The cursor: the bucket, and above it how many of that were given. */
const struct jf_contact *jf_contacts_each(const struct jf_contacts *contacts, uint64_t *cursor)
{
	uint32_t at = (uint32_t)*cursor, skip = (uint32_t)(*cursor >> 32);

	for (; at < contacts->buckets; at++, skip = 0) {
		const struct jf_contact *contact = contacts->agents[at];
		uint32_t n = 0;

		for (; contact && n < skip; n++)
			contact = contact->agent_next;
		if (contact) {
			*cursor = (uint64_t)(n + 1) << 32 | at;
			return contact;
		}
	}
	*cursor = at;
	return NULL;
}

/* --- changing --- */

void jf_contacts_remove(struct jf_contacts *contacts, struct jf_contact *contact)
{
	unlink_both(contacts, contact);
	jf_heap_remove(&contacts->expiries, &contact->expiry);
	jf_heap_remove(&contacts->asks, &contact->ask);
	contacts->count--;
	contacts->bytes -= contact->size;
	free(contact);
}

int jf_contacts_put(struct jf_contacts *contacts, const struct jf_registration *registration)
{
	struct jf_contact *former =
	        jf_contacts_find(contacts, registration->agent, registration->contact);
	struct jf_contact *contact = make(contacts, registration);

	if (!contact)
		return -ENOMEM;
	if (jf_heap_insert(&contacts->expiries, &contact->expiry, registration->expires_ns)) {
		free(contact);
		return -ENOMEM;
	}
	if (former) {
		contact->life = former->life;
		if (jf_heap_holds(&former->ask))
			(void)jf_heap_insert(&contacts->asks, &contact->ask, former->ask.key);
		jf_contacts_remove(contacts, former);
	}
	if (contacts->count >= contacts->buckets)
		grow(contacts);
	link_agent(contacts, contact);
	link_source(contacts, contact);
	contacts->count++;
	contacts->bytes += contact->size;
	return 0;
}

int jf_contacts_ask_at(struct jf_contacts *contacts, struct jf_contact *contact, uint64_t at_ns)
{
	jf_heap_remove(&contacts->asks, &contact->ask);
	return at_ns ? jf_heap_insert(&contacts->asks, &contact->ask, at_ns) : 0;
}

/* --- figures and life --- */

uint32_t jf_contacts_count(const struct jf_contacts *contacts)
{
	return contacts->count;
}

uint64_t jf_contacts_bytes(const struct jf_contacts *contacts)
{
	return sizeof(*contacts) + contacts->bytes +
	       2 * (uint64_t)contacts->buckets * sizeof(struct jf_contact *) +
	       (contacts->expiries.room + contacts->asks.room) * sizeof(struct jf_heap_node *);
}

uint64_t jf_contacts_steps(const struct jf_contacts *contacts)
{
	return contacts->steps;
}

int jf_contacts_create(struct jf_contacts **ret_contacts)
{
	struct jf_contacts *contacts = calloc(1, sizeof(*contacts));

	if (!contacts)
		return -ENOMEM;
	contacts->buckets = BUCKETS_FIRST;
	contacts->agents = calloc(BUCKETS_FIRST, sizeof(struct jf_contact *));
	contacts->sources = calloc(BUCKETS_FIRST, sizeof(struct jf_contact *));
	jf_heap_init(&contacts->expiries);
	jf_heap_init(&contacts->asks);
	if (!contacts->agents || !contacts->sources ||
	    getrandom(contacts->seed, sizeof(contacts->seed), 0) != sizeof(contacts->seed)) {
		jf_contacts_destroy(contacts);
		return -ENOMEM;
	}
	*ret_contacts = contacts;
	return 0;
}

void jf_contacts_destroy(struct jf_contacts *contacts)
{
	struct jf_contact *contact;
	uint64_t due_ns;

	if (!contacts)
		return;
	while ((contact = jf_contacts_due(contacts, &due_ns))) {
		jf_heap_remove(&contacts->expiries, &contact->expiry);
		jf_heap_remove(&contacts->asks, &contact->ask);
		free(contact);
	}
	jf_heap_close(&contacts->expiries);
	jf_heap_close(&contacts->asks);
	free(contacts->agents);
	free(contacts->sources);
	free(contacts);
}
