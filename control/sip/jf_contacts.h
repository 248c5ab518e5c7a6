/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which contacts agents have registered, found by agent and by the address that they came from, and
 * in the order in which they lapse. Made for hundreds of thousands: one allocation of a few hundred
 * bytes for each, a hash for finding, a heap for the next to lapse; nothing is ever walked whole.
 * Pure: time is a parameter. Loop thread.
 */
#ifndef JF_CONTACTS_H
#define JF_CONTACTS_H

#include "jf_sip.h"

struct jf_contacts;
struct jf_contact;

/* 0 or -ENOMEM. */
int jf_contacts_create(struct jf_contacts **ret_contacts);
void jf_contacts_destroy(struct jf_contacts *contacts);

/* What one has said, and until when it counts. */
struct jf_registration jf_contact_get(const struct jf_contact *contact);

/* An agent's contacts in the order in which they are to be tried: by q, then the freshest first.
 * NULL: there is none, or no other. */
struct jf_contact *jf_contacts_first(const struct jf_contacts *contacts, const char *agent);
struct jf_contact *jf_contact_next(const struct jf_contact *contact);

const char *jf_contact_uri(const struct jf_contact *contact);
const char *jf_contact_call_id(const struct jf_contact *contact);
const struct jf_sip_peer *jf_contact_source(const struct jf_contact *contact);
uint32_t jf_contact_cseq(const struct jf_contact *contact);
uint64_t jf_contact_heard_ns(const struct jf_contact *contact); /* when it was last refreshed */

struct jf_contact *jf_contacts_find(const struct jf_contacts *contacts, const char *agent,
                                    const char *uri);

/* One that came from this very address, whoever's. */
struct jf_contact *jf_contacts_by_source(const struct jf_contacts *contacts,
                                         const struct jf_sip_peer *source);

/* Keeps a registration, in the place of the agent's with the same contact URI. 0; -ENOMEM: that is
 * as it was. */
int jf_contacts_put(struct jf_contacts *contacts, const struct jf_registration *registration);

void jf_contacts_remove(struct jf_contacts *contacts, struct jf_contact *contact);

/* --- signs of life (jf_sip_keepalive.h) --- */

/* What is known of a contact that is asked; goes on when it is refreshed. */
struct jf_contact_life {
	uint64_t token;      /* of the question that is out; 0: none is */
	uint8_t unanswered;  /* questions in a row */
	uint8_t unreachable; /* told so */
};

struct jf_contact_life *jf_contact_life(struct jf_contact *contact);
bool jf_contact_is_nat(const struct jf_contact *contact);
bool jf_contact_has_path(const struct jf_contact *contact);
bool jf_contact_is_asked(const struct jf_contact *contact); /* there is a time for it */

/* When it is to be asked next, in the place of what was said before; 0: never. -ENOMEM: never. */
int jf_contacts_ask_at(struct jf_contacts *contacts, struct jf_contact *contact, uint64_t at_ns);

/* The next to be asked; NULL: none is. */
struct jf_contact *jf_contacts_to_ask(const struct jf_contacts *contacts, uint64_t *ret_at_ns);

/* --- all of them --- */

/* The next in no order, which is told by *cursor, 0 to begin with; NULL: that was all. */
const struct jf_contact *jf_contacts_each(const struct jf_contacts *contacts, uint64_t *cursor);

/* The next to lapse, NULL when there are none; when: jf_contact_get(...).expires_ns. */
struct jf_contact *jf_contacts_due(const struct jf_contacts *contacts, uint64_t *ret_due_ns);

uint32_t jf_contacts_count(const struct jf_contacts *contacts);

/* Memory that they take, the tables included. */
uint64_t jf_contacts_bytes(const struct jf_contacts *contacts);

/* Links followed and places moved since the start: what a test bounds instead of time. */
uint64_t jf_contacts_steps(const struct jf_contacts *contacts);

#endif
