/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef JF_DIRECTORY_PRIV_H
#define JF_DIRECTORY_PRIV_H

#include <stdio.h>

#include "jf_directory.h"

/* One allocation that lives as long as the directory. */
struct jf_directory_block {
	struct jf_directory_block *next;
	_Alignas(max_align_t) char bytes[];
};

/* A time zone that something refers to. */
struct jf_directory_zone {
	struct jf_directory_zone *next;
	const char *name;
	struct jf_zone *zone;
};

/* Arrays are sorted: tenants, trunks, agents by name, queues by tenant and name, numbers by digits.
 */
struct jf_directory {
	struct jf_directory_block *blocks;
	struct jf_directory_tenant *tenants;
	struct jf_directory_trunk *trunks;
	struct jf_directory_survey *surveys;
	struct jf_directory_team *teams;
	struct jf_directory_queue *queues;
	struct jf_directory_agent *agents;
	struct jf_directory_number *numbers;
	struct jf_directory_calendar *calendars;
	struct jf_directory_caller *callers;
	struct jf_ivr_flows *flows; /* NULL: there are none */
	struct jf_directory_zone *zones;
	size_t n_tenants, n_trunks, n_surveys, n_teams, n_queues, n_agents, n_numbers, n_calendars,
	        n_callers;
};

/* What teams, queues, surveys, calendars and flows begin with, and are sorted by: tenant, then
 * name. */
struct jf_directory_named {
	const char *name;
	const char *tenant;
};
int jf_directory_named_compare(const void *a, const void *b);

/* Zeroed, owned by the directory. NULL without memory; size 0 gives something not NULL. */
void *jf_directory_keep(struct jf_directory *directory, size_t size);
char *jf_directory_keep_text(struct jf_directory *directory, const char *text);

/* The number without its plus sign. */
const char *jf_directory_digits(const char *number);

/* An address or a network in text. false, and ret_why says what is wrong with it. */
bool jf_directory_network_parse(const char *text, struct jf_directory_network *ret,
                                const char **ret_why);

/* A name goes into SIP addresses, file names and tables: letters, digits, and after the first also
 * . _ - */
bool jf_directory_name_fits(const char *name);

/* ---- jf_directory_media.c ---- */

#define JF_DIRECTORY_FIELD_SIZE 32u

struct jf_raw_media;

/* What is said on top of the defaults (NULL: none). -EINVAL: what stands in ret_field is none of
 * its choices. */
int jf_directory_media_take(const struct jf_raw_media *raw,
                            const struct jf_directory_media *defaults,
                            struct jf_directory_media *ret_media,
                            char ret_field[JF_DIRECTORY_FIELD_SIZE]);
const char *jf_directory_media_choices(const char *field);
void jf_directory_media_write(FILE *out, const char *lead, const struct jf_directory_media *media);

/* JF_DIRECTORY_HAS_ bits of what is said differently. */
unsigned jf_directory_media_differ(const struct jf_directory_media *a,
                                   const struct jf_directory_media *b);

/* ---- jf_directory_outgoing_text.c ---- */

void jf_directory_outgoing_write(FILE *out, const char *lead,
                                 const struct jf_directory_outgoing *outgoing);
void jf_directory_tenant_outgoing_write(FILE *out, const char *lead,
                                        const struct jf_directory_tenant_outgoing *outgoing);

/* Names of the fields that differ: at most so many, each told once. Returns how many. */
#define JF_DIRECTORY_OUTGOING_FIELDS 16u
unsigned jf_directory_outgoing_differ(const struct jf_directory_outgoing *a,
                                      const struct jf_directory_outgoing *b,
                                      const char *ret_names[JF_DIRECTORY_OUTGOING_FIELDS]);
bool jf_directory_caps_differ(const struct jf_directory_caps *a, const struct jf_directory_caps *b);
bool jf_directory_plan_differ(const struct jf_directory_plan *a, const struct jf_directory_plan *b);

/* ---- jf_directory_treatment_text.c ---- */

void jf_directory_treatment_write(FILE *out, const char *lead,
                                  const struct jf_directory_treatment *treatment);
void jf_directory_survey_write(FILE *out, const struct jf_directory_survey *survey);

/* Names of the fields that differ, either may be NULL. Returns how many. */
#define JF_DIRECTORY_TREATMENT_FIELDS 6u
unsigned jf_directory_treatment_differ(const struct jf_directory_treatment *a,
                                       const struct jf_directory_treatment *b,
                                       const char *ret_names[JF_DIRECTORY_TREATMENT_FIELDS]);
bool jf_directory_survey_differ(const struct jf_directory_survey *a,
                                const struct jf_directory_survey *b);

/* ---- jf_directory_acd_text.c ---- */

void jf_directory_wants_write(FILE *out, const char *lead, const struct jf_directory_wants *wants);
void jf_directory_rules_write(FILE *out, const char *lead, const struct jf_directory_rules *rules);
void jf_directory_abilities_write(FILE *out, const char *lead,
                                  const struct jf_directory_abilities *abilities);
void jf_directory_desk_write(FILE *out, const char *lead, const struct jf_directory_desk *desk);
void jf_directory_calendar_write(FILE *out, const struct jf_directory_calendar *calendar);
void jf_directory_caller_write(FILE *out, const struct jf_directory_caller *caller);
void jf_directory_idle_write(FILE *out, unsigned int through); /* "wrap-up, login" */

/* ---- jf_directory_acd_compare.c ---- */

/* Names of the fields that differ; returns how many. */
#define JF_DIRECTORY_ACD_FIELDS 16u
unsigned jf_directory_wants_differ(const struct jf_directory_wants *a,
                                   const struct jf_directory_wants *b,
                                   const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);
unsigned jf_directory_rules_differ(const struct jf_directory_rules *a,
                                   const struct jf_directory_rules *b,
                                   const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);
unsigned jf_directory_abilities_differ(const struct jf_directory_abilities *a,
                                       const struct jf_directory_abilities *b,
                                       const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);
unsigned jf_directory_desk_differ(const struct jf_directory_desk *a,
                                  const struct jf_directory_desk *b,
                                  const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);
unsigned jf_directory_calendar_differ(const struct jf_directory_calendar *a,
                                      const struct jf_directory_calendar *b,
                                      const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);
unsigned jf_directory_caller_differ(const struct jf_directory_caller *a,
                                    const struct jf_directory_caller *b,
                                    const char *ret_names[JF_DIRECTORY_ACD_FIELDS]);

/* ---- jf_directory_calendars.c ---- */

/* A name that can be a file of the database: letters, digits, and within it _ + - / */
bool jf_directory_zone_fits(const char *name);

/* ---- jf_directory_flows_text.c ---- */

void jf_directory_flow_write(FILE *out, const struct jf_ivr_flow *flow);

/* Names of nodes that differ; "": none, and nothing else does. */
void jf_directory_flow_differ(const struct jf_ivr_flow *a, const struct jf_ivr_flow *b,
                              char *ret_names, size_t size);

/* YAML's double-quoted style. */
void jf_directory_quoted(FILE *out, const char *text);

/* RFC 7616 section 3.4.2, in lower-case hex. 0, or -EINVAL (too long, not to be hashed here). */
int jf_directory_ha1(const char *user, const char *realm, const char *password, char ret_md5[33],
                     char ret_sha256[65]);

#endif
