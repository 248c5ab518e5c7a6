// SPDX-License-Identifier: BSD-3-Clause
#include "jf_directory_raw_priv.h"

#include "jf_directory.h"

#define NEEDED   CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define NAME_MAX_CHARS  40
#define PATH_MAX_CHARS  119
#define TEXT_MAX_CHARS  64
#define NETWORKS_MAX    256
#define HOST_MAX_CHARS  120
#define PREFIXES_MAX    1024
#define MEMBERSHIPS_MAX JF_DIRECTORY_MEMBERSHIPS_MAX
#define ITEMS_MAX       200000

static const cyaml_schema_value_t text_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, TEXT_MAX_CHARS)};
static const cyaml_schema_value_t host_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, HOST_MAX_CHARS)};

#define MEDIA_FIELDS(type)                                                                         \
	CYAML_FIELD_STRING_PTR("srtp", OPTIONAL, type, media.srtp, 1, NAME_MAX_CHARS),             \
	        CYAML_FIELD_STRING_PTR("nat", OPTIONAL, type, media.nat, 1, NAME_MAX_CHARS),       \
	        CYAML_FIELD_STRING_PTR("digits", OPTIONAL, type, media.digits, 1, NAME_MAX_CHARS), \
	        CYAML_FIELD_STRING_PTR("video", OPTIONAL, type, media.video, 1, NAME_MAX_CHARS),   \
	        CYAML_FIELD_SEQUENCE("codecs", OPTIONAL, type, media.codecs, &text_schema, 1, 3)

/* ---- Calls to the outside ---- */

static const cyaml_schema_field_t caps_fields[] = {
        CYAML_FIELD_UINT_PTR("calls", OPTIONAL, struct jf_raw_caps, calls),
        CYAML_FIELD_UINT_PTR("calls_per_s", OPTIONAL, struct jf_raw_caps, calls_per_s),
        CYAML_FIELD_UINT_PTR("minutes_per_day", OPTIONAL, struct jf_raw_caps, minutes_per_day),
        CYAML_FIELD_END,
};

#define PLAN_FIELDS                                                                                \
	CYAML_FIELD_STRING_PTR("country", OPTIONAL, struct jf_raw_plan, country, 0,                \
	                       NAME_MAX_CHARS),                                                    \
	        CYAML_FIELD_STRING_PTR("national_prefix", OPTIONAL, struct jf_raw_plan,            \
	                               national_prefix, 0, NAME_MAX_CHARS),                        \
	        CYAML_FIELD_STRING_PTR("international_prefix", OPTIONAL, struct jf_raw_plan,       \
	                               international_prefix, 0, NAME_MAX_CHARS),                   \
	        CYAML_FIELD_SEQUENCE("allow", OPTIONAL, struct jf_raw_plan, allow, &text_schema,   \
	                             0, PREFIXES_MAX),                                             \
	        CYAML_FIELD_SEQUENCE("deny", OPTIONAL, struct jf_raw_plan, deny, &text_schema, 0,  \
	                             PREFIXES_MAX)

static const cyaml_schema_field_t trunk_plan_fields[] = {
        PLAN_FIELDS,
        CYAML_FIELD_STRING_PTR("form", OPTIONAL, struct jf_raw_plan, form, 1, NAME_MAX_CHARS),
        CYAML_FIELD_UINT_PTR("strip", OPTIONAL, struct jf_raw_plan, strip),
        CYAML_FIELD_STRING_PTR("prepend", OPTIONAL, struct jf_raw_plan, prepend, 0, NAME_MAX_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t tenant_plan_fields[] = {
        PLAN_FIELDS,
        CYAML_FIELD_STRING_PTR("caller", OPTIONAL, struct jf_raw_plan, caller, 1, NAME_MAX_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t register_fields[] = {
        CYAML_FIELD_STRING_PTR("user", NEEDED, struct jf_raw_register, user, 1, TEXT_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("realm", NEEDED, struct jf_raw_register, realm, 1, TEXT_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("password", OPTIONAL, struct jf_raw_register, password, 1, 256),
        CYAML_FIELD_STRING_PTR("ha1", OPTIONAL, struct jf_raw_register, ha1, 32, 32),
        CYAML_FIELD_STRING_PTR("ha1_sha256", OPTIONAL, struct jf_raw_register, ha1_sha256, 64, 64),
        CYAML_FIELD_STRING_PTR("algorithm", OPTIONAL, struct jf_raw_register, algorithm, 1,
                               NAME_MAX_CHARS),
        CYAML_FIELD_UINT_PTR("expires_s", OPTIONAL, struct jf_raw_register, expires_s),
        CYAML_FIELD_END,
};

/* ---- Items ---- */

static const cyaml_schema_field_t tenant_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_tenant, name, 1, NAME_MAX_CHARS),
        CYAML_FIELD_MAPPING_PTR("caps", OPTIONAL, struct jf_raw_tenant, caps, caps_fields),
        CYAML_FIELD_MAPPING_PTR("outgoing", OPTIONAL, struct jf_raw_tenant, outgoing,
                                tenant_plan_fields),
        JF_RAW_DESK_FIELDS(struct jf_raw_tenant),
        CYAML_FIELD_BOOL_PTR("record_consult", OPTIONAL, struct jf_raw_tenant, record_consult),
        MEDIA_FIELDS(struct jf_raw_tenant),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t trunk_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_trunk, name, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", OPTIONAL, struct jf_raw_trunk, tenant, 1, NAME_MAX_CHARS),
        CYAML_FIELD_SEQUENCE("addresses", OPTIONAL, struct jf_raw_trunk, addresses, &text_schema, 1,
                             NETWORKS_MAX),
        CYAML_FIELD_SEQUENCE("to", OPTIONAL, struct jf_raw_trunk, to, &host_schema, 1,
                             JF_DIRECTORY_HOSTS_MAX),
        CYAML_FIELD_STRING_PTR("transport", OPTIONAL, struct jf_raw_trunk, transport, 1,
                               NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("domain", OPTIONAL, struct jf_raw_trunk, domain, 1, HOST_MAX_CHARS),
        CYAML_FIELD_UINT_PTR("priority", OPTIONAL, struct jf_raw_trunk, priority),
        CYAML_FIELD_UINT_PTR("weight", OPTIONAL, struct jf_raw_trunk, weight),
        CYAML_FIELD_UINT_PTR("options_s", OPTIONAL, struct jf_raw_trunk, options_s),
        CYAML_FIELD_MAPPING_PTR("register", OPTIONAL, struct jf_raw_trunk, registration,
                                register_fields),
        CYAML_FIELD_MAPPING_PTR("caps", OPTIONAL, struct jf_raw_trunk, caps, caps_fields),
        CYAML_FIELD_MAPPING_PTR("numbers", OPTIONAL, struct jf_raw_trunk, numbers,
                                trunk_plan_fields),
        CYAML_FIELD_STRING_PTR("asserted", OPTIONAL, struct jf_raw_trunk, asserted, 1,
                               NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("privacy", OPTIONAL, struct jf_raw_trunk, privacy, 1,
                               NAME_MAX_CHARS),
        MEDIA_FIELDS(struct jf_raw_trunk),
        CYAML_FIELD_END,
};

#define TREATMENT_FIELDS(type)                                                                     \
	CYAML_FIELD_MAPPING_PTR("announce", OPTIONAL, type, treatment.announce,                    \
	                        jf_raw_announce_fields),                                           \
	        CYAML_FIELD_MAPPING_PTR("leave", OPTIONAL, type, treatment.leave,                  \
	                                jf_raw_leave_fields),                                      \
	        CYAML_FIELD_MAPPING_PTR("callback", OPTIONAL, type, treatment.callback,            \
	                                jf_raw_callback_fields),                                   \
	        CYAML_FIELD_MAPPING_PTR("voicemail", OPTIONAL, type, treatment.voicemail,          \
	                                jf_raw_voicemail_fields),                                  \
	        CYAML_FIELD_STRING_PTR("survey", OPTIONAL, type, treatment.survey, 1,              \
	                               NAME_MAX_CHARS),                                            \
	        CYAML_FIELD_STRING_PTR("screen_pop", OPTIONAL, type, treatment.screen_pop, 1, 500)

static const cyaml_schema_field_t team_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_team, name, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_team, tenant, 1, NAME_MAX_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t queue_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_queue, name, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_queue, tenant, 1, NAME_MAX_CHARS),
        CYAML_FIELD_SEQUENCE("teams", OPTIONAL, struct jf_raw_queue, teams, &text_schema, 0,
                             MEMBERSHIPS_MAX),
        CYAML_FIELD_STRING_PTR("greeting", OPTIONAL, struct jf_raw_queue, greeting, 1,
                               PATH_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("music", OPTIONAL, struct jf_raw_queue, music, 1, PATH_MAX_CHARS),
        CYAML_FIELD_BOOL_PTR("ringback", OPTIONAL, struct jf_raw_queue, ringback),
        CYAML_FIELD_UINT_PTR("ring_timeout_s", OPTIONAL, struct jf_raw_queue, ring_timeout_s),
        CYAML_FIELD_UINT_PTR("wrap_up_s", OPTIONAL, struct jf_raw_queue, wrap_up_s),
        CYAML_FIELD_UINT_PTR("max_wait_s", OPTIONAL, struct jf_raw_queue, max_wait_s),
        TREATMENT_FIELDS(struct jf_raw_queue),
        JF_RAW_RULES_FIELDS(struct jf_raw_queue),
        CYAML_FIELD_END,
};

static const cyaml_strval_t digest_names[] = {
        {"any", JF_DIRECTORY_DIGEST_ANY},
        {"MD5", JF_DIRECTORY_DIGEST_MD5},
        {"SHA-256", JF_DIRECTORY_DIGEST_SHA256},
};

static const cyaml_schema_field_t agent_fields[] = {
        CYAML_FIELD_STRING_PTR("id", NEEDED, struct jf_raw_agent, id, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_agent, tenant, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct jf_raw_agent, name, 1, TEXT_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("password", OPTIONAL, struct jf_raw_agent, password, 1, 256),
        CYAML_FIELD_STRING_PTR("ha1", OPTIONAL, struct jf_raw_agent, ha1, 32, 32),
        CYAML_FIELD_STRING_PTR("ha1_sha256", OPTIONAL, struct jf_raw_agent, ha1_sha256, 64, 64),
        CYAML_FIELD_ENUM("digest", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT, struct jf_raw_agent,
                         digest, digest_names, 3),
        CYAML_FIELD_SEQUENCE("queues", OPTIONAL, struct jf_raw_agent, queues, &text_schema, 0,
                             MEMBERSHIPS_MAX),
        CYAML_FIELD_STRING_PTR("team", OPTIONAL, struct jf_raw_agent, team, 1, NAME_MAX_CHARS),
        CYAML_FIELD_BOOL_PTR("auto_ready", OPTIONAL, struct jf_raw_agent, auto_ready),
        JF_RAW_ABILITIES_FIELDS(struct jf_raw_agent),
        MEDIA_FIELDS(struct jf_raw_agent),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t number_fields[] = {
        CYAML_FIELD_STRING_PTR("number", NEEDED, struct jf_raw_number, number, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_number, tenant, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("queue", OPTIONAL, struct jf_raw_number, queue, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("flow", OPTIONAL, struct jf_raw_number, flow, 1, NAME_MAX_CHARS),
        CYAML_FIELD_STRING_PTR("forward", OPTIONAL, struct jf_raw_number, forward, 1,
                               NAME_MAX_CHARS),
        JF_RAW_WANTS_FIELDS(struct jf_raw_number),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t tenant_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_tenant, tenant_fields)};
static const cyaml_schema_value_t trunk_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_trunk, trunk_fields)};
static const cyaml_schema_value_t team_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_team, team_fields)};
static const cyaml_schema_value_t queue_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_queue, queue_fields)};
static const cyaml_schema_value_t agent_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_agent, agent_fields)};
static const cyaml_schema_value_t number_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_number, number_fields)};

static const cyaml_schema_field_t directory_fields[] = {
        CYAML_FIELD_SEQUENCE("tenants", OPTIONAL, struct jf_raw_directory, tenants, &tenant_schema,
                             0, ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("trunks", OPTIONAL, struct jf_raw_directory, trunks, &trunk_schema, 0,
                             ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("surveys", OPTIONAL, struct jf_raw_directory, surveys,
                             &jf_raw_survey_schema, 0, ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("teams", OPTIONAL, struct jf_raw_directory, teams, &team_schema, 0,
                             ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("queues", OPTIONAL, struct jf_raw_directory, queues, &queue_schema, 0,
                             ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("agents", OPTIONAL, struct jf_raw_directory, agents, &agent_schema, 0,
                             ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("numbers", OPTIONAL, struct jf_raw_directory, numbers, &number_schema,
                             0, ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("calendars", OPTIONAL, struct jf_raw_directory, calendars,
                             &jf_raw_calendar_schema, 0, ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("flows", OPTIONAL, struct jf_raw_directory, flows, &jf_raw_flow_schema,
                             0, ITEMS_MAX),
        CYAML_FIELD_SEQUENCE("callers", OPTIONAL, struct jf_raw_directory, callers,
                             &jf_raw_caller_schema, 0, ITEMS_MAX),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value jf_raw_directory_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct jf_raw_directory, directory_fields)};
