/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files that fill a directory share: one for each kind of item, the pieces between them.
 */
#ifndef JF_DIRECTORY_PARSE_PRIV_H
#define JF_DIRECTORY_PARSE_PRIV_H

#include <stdlib.h>

#include "jf_directory_priv.h"
#include "jf_directory_raw_priv.h"

struct jf_parse_source {
	struct jf_yaml *yaml;
	struct jf_raw_directory *raw;
};

/* One item of some kind, and where it stands. */
struct jf_parse_entry {
	const char *key[2]; /* by which it is sorted and unique */
	const void *raw;
	uint32_t source;
	uint32_t index;
};

struct jf_parse {
	const struct jf_directory_options *options;
	struct jf_parse_source *sources;
	size_t n_sources;
	struct jf_directory *directory;
	struct jf_directory_errors *errors;
	const char *kind;      /* the section being worked on: "agents" */
	struct jf_acd *acd;    /* compiles what is asked for; tenants by their place */
	uint8_t *skills_known; /* by number: an agent has it */
	uint32_t skills_room;
	bool no_memory;
};

/* ---- One function a kind, called in this order ---- */

void jf_parse_tenants(struct jf_parse *p);
void jf_parse_trunks(struct jf_parse *p);
void jf_parse_surveys(struct jf_parse *p);
void jf_parse_calendars(struct jf_parse *p);
void jf_parse_skills(struct jf_parse *p);
void jf_parse_teams(struct jf_parse *p);
void jf_parse_queues(struct jf_parse *p);
void jf_parse_agents(struct jf_parse *p);
void jf_parse_flows(struct jf_parse *p);
void jf_parse_numbers(struct jf_parse *p);
void jf_parse_callers(struct jf_parse *p);

/* The other direction of memberships, agents in the order of their ids. */
void jf_parse_members(struct jf_parse *p);

/* ---- jf_directory_teams.c ---- */

/* The teams of the queue in entry; when all queues have theirs: the other direction. */
void jf_parse_queue_teams(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_queue *queue);
void jf_parse_team_queues(struct jf_parse *p);

/* ---- jf_directory_pieces.c ---- */

void jf_parse_error_add(struct jf_parse *p, const struct jf_yaml_error *error);

/* field: below the item, or NULL for the item itself. */
void jf_parse_fail(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The same, for what stands in nobody's way. */
void jf_parse_warn(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

static inline bool jf_parse_failed(const struct jf_parse *p)
{
	return p->errors->count > p->errors->warnings;
}

/* Kept with the directory, zeroed; NULL without memory, and p->no_memory is set. */
void *jf_parse_array(struct jf_parse *p, size_t count, size_t size);
const char *jf_parse_keep(struct jf_parse *p, const char *text);

/* Each states what is wrong with the value; what they return can be gone on with. */
void jf_parse_name(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                   const char *name);
void jf_parse_media(struct jf_parse *p, const struct jf_parse_entry *entry,
                    const struct jf_raw_media *raw, const struct jf_directory_media *defaults,
                    struct jf_directory_media *ret_media);
const char *jf_parse_tenant(struct jf_parse *p, const struct jf_parse_entry *entry,
                            const char *name);

/* limits: least, most, default. In milliseconds. */
uint32_t jf_parse_seconds(struct jf_parse *p, const struct jf_parse_entry *entry, const char *field,
                          const uint32_t *value, const uint32_t limits[3]);
const char *jf_parse_sound(struct jf_parse *p, const struct jf_parse_entry *entry,
                           const char *field, const char *path);

/* ---- jf_directory_skills.c ---- */

/* Where skills are asked for. */
struct jf_parse_place {
	const struct jf_parse_entry *entry;
	const char *tenant;
};

void jf_parse_abilities(struct jf_parse *p, const struct jf_parse_entry *entry,
                        struct jf_directory_abilities *ret_abilities);
/* Of the field "requires"; how many there are. */
uint8_t jf_parse_steps(struct jf_parse *p, const struct jf_parse_place *place,
                       const struct jf_raw_step *raw, unsigned n,
                       const struct jf_directory_step **ret_steps);
void jf_parse_wants(struct jf_parse *p, const struct jf_parse_place *place,
                    const struct jf_raw_wants *raw, struct jf_directory_wants *ret_wants);

/* ---- jf_directory_rules.c: of the queue in entry ---- */

void jf_parse_rules(struct jf_parse *p, const struct jf_parse_entry *entry,
                    struct jf_directory_rules *rules);
/* When all queues are known. */
void jf_parse_rules_links(struct jf_parse *p, const struct jf_parse_entry *entry,
                          struct jf_directory_rules *rules);
/* When all of these are; entries: of all queues, in their order. */
void jf_parse_circles(struct jf_parse *p, const struct jf_parse_entry *entries);

/* ---- jf_directory_calendars.c: of the tenant in entry ---- */

void jf_parse_desk(struct jf_parse *p, const struct jf_parse_entry *entry,
                   struct jf_directory_desk *desk);

/* ---- jf_directory_outgoing.c: of the trunk or tenant in entry ---- */

void jf_parse_outgoing(struct jf_parse *p, const struct jf_parse_entry *entry,
                       struct jf_directory_outgoing *ret_outgoing);
void jf_parse_tenant_outgoing(struct jf_parse *p, const struct jf_parse_entry *entry,
                              struct jf_directory_tenant_outgoing *ret_outgoing);

bool jf_parse_is_outside(const char *number);

/* A number outside, in E.164 with its plus sign. */
const char *jf_parse_outside(struct jf_parse *p, const struct jf_parse_entry *entry,
                             const char *field, const char *number);

/* ---- jf_directory_treatment.c: of the queue in entry; NULL: it says nothing ---- */

const struct jf_directory_treatment *jf_parse_treatment(struct jf_parse *p,
                                                        const struct jf_parse_entry *entry,
                                                        const struct jf_directory_queue *queue);

/* Sorts, and refuses every item after the first of its name. */
void jf_parse_order(struct jf_parse *p, struct jf_parse_entry *entries, size_t count,
                    const char *field);

/*
 * For each kind: how many there are, and an entry for each. The section's name in the raw struct,
 * the two keys of an item, and the field to blame when it is there twice.
 */
#define JF_PARSE_COLLECT(section, key_0, key_1, field)                                             \
	static struct jf_parse_entry *section##_collect(struct jf_parse *p, size_t *ret_count)     \
	{                                                                                          \
		struct jf_parse_entry *entries;                                                    \
		size_t count = 0;                                                                  \
                                                                                                   \
		p->kind = #section;                                                                \
		for (size_t s = 0; s < p->n_sources; s++)                                          \
			count += p->sources[s].raw->section##_count;                               \
		entries = calloc(count + 1, sizeof(entries[0]));                                   \
		if (!entries) {                                                                    \
			p->no_memory = true;                                                       \
			return NULL;                                                               \
		}                                                                                  \
		*ret_count = 0;                                                                    \
		for (size_t s = 0; s < p->n_sources; s++) {                                        \
			for (unsigned i = 0; i < p->sources[s].raw->section##_count; i++) {        \
				const __typeof__(p->sources[s].raw->section[0]) *raw =             \
				        &p->sources[s].raw->section[i];                            \
				entries[(*ret_count)++] = (struct jf_parse_entry){                 \
				        {key_0, key_1}, raw, (uint32_t)s, i};                      \
			}                                                                          \
		}                                                                                  \
		jf_parse_order(p, entries, count, field);                                          \
		return entries;                                                                    \
	}

/*
 * The items of such a kind, each by fill(p, entry, item), which may look at those before it. The
 * entries are for the caller to free.
 */
#define JF_PARSE_FILL(section, fill)                                                               \
	static struct jf_parse_entry *section##_fill(struct jf_parse *p)                           \
	{                                                                                          \
		struct jf_directory *d = p->directory;                                             \
		size_t count = 0;                                                                  \
		struct jf_parse_entry *entries = section##_collect(p, &count);                     \
                                                                                                   \
		d->section = jf_parse_array(p, count, sizeof(d->section[0]));                      \
		for (size_t i = 0; i < count && !p->no_memory; i++) {                              \
			fill(p, &entries[i], &d->section[i]);                                      \
			d->n_##section = i + 1;                                                    \
		}                                                                                  \
		return entries;                                                                    \
	}

/* A kind of which nothing else is to be done. */
#define JF_PARSE_KIND(section, fill)                                                               \
	JF_PARSE_FILL(section, fill)                                                               \
	void jf_parse_##section(struct jf_parse *p)                                                \
	{                                                                                          \
		free(section##_fill(p));                                                           \
	}

#endif
