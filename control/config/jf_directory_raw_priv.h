/* SPDX-License-Identifier: BSD-3-Clause */
/* A directory file as libcyaml reads it. A NULL pointer means "not there". */
#ifndef JF_DIRECTORY_RAW_PRIV_H
#define JF_DIRECTORY_RAW_PRIV_H

#include <stdbool.h>

#include "jf_directory_raw_acd.h"
#include "jf_directory_raw_flows.h"
#include "jf_yaml.h"

struct jf_raw_media {
	char *srtp;
	char *nat;
	char *digits;
	char *video;
	char **codecs;
	unsigned codecs_count;
};

struct jf_raw_caps {
	uint32_t *calls;
	uint32_t *calls_per_s;
	uint32_t *minutes_per_day;
};

/* Of a trunk (numbers:) or a tenant (outgoing:). */
struct jf_raw_plan {
	char *country;
	char *national_prefix;
	char *international_prefix;
	char **allow;
	unsigned allow_count;
	char **deny;
	unsigned deny_count;
	char *caller; /* tenants only, the rest trunks only */
	char *form;
	uint32_t *strip;
	char *prepend;
};

struct jf_raw_register {
	char *user;
	char *realm;
	char *password;
	char *ha1;
	char *ha1_sha256;
	char *algorithm;
	uint32_t *expires_s;
};

struct jf_raw_tenant {
	char *name;
	bool *record_consult;
	struct jf_raw_caps *caps;
	struct jf_raw_plan *outgoing;
	struct jf_raw_desk desk;
	struct jf_raw_media media;
};

struct jf_raw_trunk {
	char *name;
	char *tenant;
	char **addresses;
	unsigned addresses_count;
	char **to;
	unsigned to_count;
	char *transport;
	char *domain;
	uint32_t *priority;
	uint32_t *weight;
	uint32_t *options_s;
	struct jf_raw_register *registration;
	struct jf_raw_caps *caps;
	struct jf_raw_plan *numbers;
	char *asserted;
	char *privacy;
	struct jf_raw_media media;
};

/* ---- Callers who wait, and surveys: jf_directory_raw_treatment.c ---- */

struct jf_raw_announce {
	bool *position;
	bool *estimated_wait;
	uint32_t *first_s;
	uint32_t *every_s;
	char **comfort;
	unsigned comfort_count;
	char *language;
	char *prompts;
};

struct jf_raw_leave {
	char *callback_key;
	char *voicemail_key;
};

struct jf_raw_callback {
	char *first;
	uint32_t *attempts;
	uint32_t *retry_s;
	uint32_t *ring_s;
	bool *confirm;
	char *closed;
};

struct jf_raw_voicemail {
	char *greeting;
	char *beep;
	char *thanks;
	uint32_t *max_s;
	uint32_t *silence_s;
	bool *offer;
};

struct jf_raw_treatment {
	struct jf_raw_announce *announce;
	struct jf_raw_leave *leave;
	struct jf_raw_callback *callback;
	struct jf_raw_voicemail *voicemail;
	char *survey;
	char *screen_pop;
};

struct jf_raw_question {
	char *kind;
	char *prompt;
};

struct jf_raw_survey {
	char *name;
	char *tenant;
	char *invite;
	char *key;
	struct jf_raw_question *questions;
	unsigned questions_count;
	char *thanks;
	uint32_t *answer_s;
};

extern const struct cyaml_schema_field jf_raw_announce_fields[];
extern const struct cyaml_schema_field jf_raw_leave_fields[];
extern const struct cyaml_schema_field jf_raw_callback_fields[];
extern const struct cyaml_schema_field jf_raw_voicemail_fields[];
extern const struct cyaml_schema_value jf_raw_survey_schema;

struct jf_raw_team {
	char *name;
	char *tenant;
};

struct jf_raw_queue {
	char *name;
	char *tenant;
	char **teams;
	unsigned teams_count;
	char *greeting;
	char *music;
	bool *ringback;
	uint32_t *ring_timeout_s;
	uint32_t *wrap_up_s;
	uint32_t *max_wait_s;
	struct jf_raw_treatment treatment;
	struct jf_raw_rules rules;
};

struct jf_raw_agent {
	char *id;
	char *tenant;
	char *name;
	char *password;
	char *ha1;
	char *ha1_sha256;
	unsigned digest; /* enum jf_directory_digest */
	char **queues;
	unsigned queues_count;
	char *team;
	bool *auto_ready;
	struct jf_raw_abilities abilities;
	struct jf_raw_media media;
};

struct jf_raw_number {
	char *number;
	char *tenant;
	char *queue;
	char *flow;
	char *forward;
	struct jf_raw_wants wants;
};

struct jf_raw_directory {
	struct jf_raw_survey *surveys;
	unsigned surveys_count;
	struct jf_raw_tenant *tenants;
	unsigned tenants_count;
	struct jf_raw_trunk *trunks;
	unsigned trunks_count;
	struct jf_raw_team *teams;
	unsigned teams_count;
	struct jf_raw_queue *queues;
	unsigned queues_count;
	struct jf_raw_agent *agents;
	unsigned agents_count;
	struct jf_raw_number *numbers;
	unsigned numbers_count;
	struct jf_raw_calendar *calendars;
	unsigned calendars_count;
	struct jf_raw_caller *callers;
	unsigned callers_count;
	struct jf_raw_flow *flows;
	unsigned flows_count;
};

extern const struct cyaml_schema_value jf_raw_directory_schema;

#endif
