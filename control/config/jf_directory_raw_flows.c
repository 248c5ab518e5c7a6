// SPDX-License-Identifier: BSD-3-Clause
/* The schema of flows. */
#include "jf_directory_raw_flows.h"

#include "jf_ivr_data.h"
#include "jf_ivr_flow.h"

#define NEEDED   CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define NAME_CHARS   JF_IVR_NAME_MAX
#define PATH_CHARS   119
#define HOST_CHARS   120
#define WHEN_CHARS   400
#define SKILLS_CHARS 400
#define LIST_MAX     JF_IVR_ITEMS_MAX

static const cyaml_schema_value_t name_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, NAME_CHARS)};
static const cyaml_schema_value_t host_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, HOST_CHARS)};

#define TEXT(type, field, flags, most)                                                             \
	CYAML_FIELD_STRING_PTR(#field, flags, struct jf_raw_flow_##type, field, 1, most)
#define UINT(type, field) CYAML_FIELD_UINT_PTR(#field, OPTIONAL, struct jf_raw_flow_##type, field)
#define BOOL(type, field) CYAML_FIELD_BOOL_PTR(#field, OPTIONAL, struct jf_raw_flow_##type, field)
#define LIST(type, field, flags, schema, least, most)                                              \
	CYAML_FIELD_SEQUENCE(#field, flags, struct jf_raw_flow_##type, field, schema, least, most)
#define ITEM(type)                                                                                 \
	{                                                                                          \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_flow_##type, type##_fields)  \
	}

/* ---- Sounds ---- */

static const cyaml_schema_field_t play_fields[] = {
        LIST(play, prompts, NEEDED, &name_schema, 1, LIST_MAX),
        BOOL(play, whole),
        CYAML_FIELD_END,
};

#define SPOKEN(field) TEXT(item, field, OPTIONAL, JF_IVR_DATA_VALUE_MAX)
static const cyaml_schema_field_t item_fields[] = {
        TEXT(item, prompt, OPTIONAL, NAME_CHARS),
        SPOKEN(number),
        SPOKEN(ordinal),
        SPOKEN(digits),
        SPOKEN(date),
        SPOKEN(time),
        SPOKEN(duration),
        SPOKEN(position),
        SPOKEN(amount),
        TEXT(item, currency, OPTIONAL, 8),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t item_schema = ITEM(item);

static const cyaml_schema_field_t say_fields[] = {
        LIST(say, prompts, NEEDED, &item_schema, 1, LIST_MAX),
        BOOL(say, whole),
        CYAML_FIELD_END,
};

/* ---- Keys ---- */

static const cyaml_schema_field_t choice_fields[] = {
        TEXT(choice, key, NEEDED, 1),
        TEXT(choice, next, NEEDED, NAME_CHARS),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t choice_schema = ITEM(choice);

#define INPUT_FIELDS                                                                               \
	LIST(input, prompts, NEEDED, &name_schema, 1, LIST_MAX),                                   \
	        LIST(input, silence, OPTIONAL, &name_schema, 0, LIST_MAX),                         \
	        LIST(input, invalid, OPTIONAL, &name_schema, 0, LIST_MAX),                         \
	        UINT(input, timeout_ms), UINT(input, tries), BOOL(input, whole),                   \
	        BOOL(input, fresh)

static const cyaml_schema_field_t menu_fields[] = {
        INPUT_FIELDS,
        TEXT(input, key, OPTIONAL, JF_IVR_DATA_KEY_MAX),
        LIST(input, choices, NEEDED, &choice_schema, 1, 16),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t collect_fields[] = {
        INPUT_FIELDS,
        TEXT(input, key, NEEDED, JF_IVR_DATA_KEY_MAX),
        UINT(input, digit_timeout_ms),
        UINT(input, least),
        UINT(input, most),
        TEXT(input, end, OPTIONAL, 1),
        BOOL(input, luhn),
        UINT(input, from),
        UINT(input, to),
        BOOL(input, secret),
        CYAML_FIELD_END,
};

/* ---- Data ---- */

static const cyaml_schema_field_t value_fields[] = {
        TEXT(value, key, NEEDED, JF_IVR_DATA_KEY_MAX),
        CYAML_FIELD_STRING_PTR("to", NEEDED, struct jf_raw_flow_value, to, 0,
                               JF_IVR_DATA_VALUE_MAX),
        BOOL(value, secret),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t value_schema = ITEM(value);

static const cyaml_schema_field_t set_fields[] = {
        LIST(set, values, NEEDED, &value_schema, 1, JF_IVR_DATA_KEYS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t case_fields[] = {
        TEXT(case, when, NEEDED, WHEN_CHARS),
        TEXT(case, next, NEEDED, NAME_CHARS),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t case_schema = ITEM(case);

static const cyaml_schema_field_t branch_fields[] = {
        LIST(branch, cases, NEEDED, &case_schema, 1, 32),
        CYAML_FIELD_END,
};

/* ---- Questions ---- */

static const cyaml_schema_field_t calendar_fields[] = {
        TEXT(ask, name, NEEDED, NAME_CHARS),
        TEXT(ask, open, NEEDED, NAME_CHARS),
        TEXT(ask, closed, NEEDED, NAME_CHARS),
        TEXT(ask, holiday, OPTIONAL, NAME_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t caller_fields[] = {
        TEXT(ask, vip, OPTIONAL, NAME_CHARS),
        TEXT(ask, known, OPTIONAL, NAME_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t header_fields[] = {
        TEXT(header, name, NEEDED, 64),
        CYAML_FIELD_STRING_PTR("value", NEEDED, struct jf_raw_flow_header, value, 0, 1024),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t header_schema = ITEM(header);

static const cyaml_schema_field_t take_fields[] = {
        TEXT(value, key, NEEDED, JF_IVR_DATA_KEY_MAX),
        TEXT(value, from, NEEDED, 200),
        BOOL(value, secret),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t take_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_flow_value, take_fields)};

static const cyaml_schema_field_t http_fields[] = {
        TEXT(http, method, OPTIONAL, 8),
        TEXT(http, url, NEEDED, JF_IVR_URL_MAX - 1),
        TEXT(http, body, OPTIONAL, JF_IVR_BODY_MAX - 1),
        UINT(http, deadline_ms),
        LIST(http, headers, OPTIONAL, &header_schema, 0, 16),
        LIST(http, take, OPTIONAL, &take_schema, 0, JF_IVR_DATA_KEYS),
        CYAML_FIELD_END,
};

/* ---- Ends ---- */

static const cyaml_schema_field_t step_fields[] = {
        TEXT(step, skills, NEEDED, SKILLS_CHARS),
        UINT(step, after_s),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t step_schema = ITEM(step);

static const cyaml_schema_field_t queue_fields[] = {
        TEXT(end, name, NEEDED, NAME_CHARS),
        TEXT(end, language, OPTIONAL, NAME_CHARS),
        UINT(end, priority),
        LIST(end, requires, OPTIONAL, &step_schema, 0, JF_IVR_STEPS_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t transfer_fields[] = {
        TEXT(end, to, NEEDED, 64),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t voicemail_fields[] = {
        TEXT(end, queue, NEEDED, NAME_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t callback_fields[] = {
        TEXT(end, queue, NEEDED, NAME_CHARS),
        TEXT(end, number, OPTIONAL, JF_IVR_DATA_VALUE_MAX),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t named_fields[] = {
        TEXT(end, name, NEEDED, NAME_CHARS),
        CYAML_FIELD_END,
};

/* ---- Nodes and flows ---- */

#define KIND(field, fields)                                                                        \
	CYAML_FIELD_MAPPING_PTR(#field, OPTIONAL, struct jf_raw_flow_node, field, fields)

static const cyaml_schema_field_t node_fields[] = {
        TEXT(node, name, NEEDED, NAME_CHARS),
        TEXT(node, next, OPTIONAL, NAME_CHARS),
        TEXT(node, failed, OPTIONAL, NAME_CHARS),
        KIND(play, play_fields),
        KIND(say, say_fields),
        KIND(menu, menu_fields),
        KIND(collect, collect_fields),
        KIND(set, set_fields),
        KIND(branch, branch_fields),
        KIND(calendar, calendar_fields),
        KIND(caller, caller_fields),
        KIND(http, http_fields),
        KIND(queue, queue_fields),
        KIND(transfer, transfer_fields),
        KIND(voicemail, voicemail_fields),
        KIND(callback, callback_fields),
        KIND(survey, named_fields),
        KIND(flow, named_fields),
        BOOL(node, hangup),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t node_schema = ITEM(node);

static const cyaml_schema_field_t prompts_fields[] = {
        TEXT(prompts, language, NEEDED, 15),
        TEXT(prompts, folder, NEEDED, PATH_CHARS),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t prompts_schema = ITEM(prompts);

static const cyaml_schema_field_t flow_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_flow, name, 1, NAME_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_flow, tenant, 1, NAME_CHARS),
        CYAML_FIELD_STRING_PTR("language", NEEDED, struct jf_raw_flow, language, 1, 15),
        CYAML_FIELD_STRING_PTR("start", OPTIONAL, struct jf_raw_flow, start, 1, NAME_CHARS),
        CYAML_FIELD_SEQUENCE("prompts", NEEDED, struct jf_raw_flow, prompts, &prompts_schema, 1,
                             32),
        CYAML_FIELD_SEQUENCE("hosts", OPTIONAL, struct jf_raw_flow, hosts, &host_schema, 0, 16),
        CYAML_FIELD_SEQUENCE("nodes", NEEDED, struct jf_raw_flow, nodes, &node_schema, 1,
                             JF_IVR_NODES_MAX),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value jf_raw_flow_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_flow, flow_fields)};
