// SPDX-License-Identifier: BSD-3-Clause
#include "jf_directory_raw_acd.h"

#define NEEDED       CYAML_FLAG_POINTER
#define OPTIONAL     JF_RAW_OPTIONAL
#define EXPRESSION   400
#define SPANS_MAX    JF_CALENDAR_SPANS_MAX
#define HOLIDAYS_MAX 1000

#define TEXT(type, name, flags, most)                                                              \
	CYAML_FIELD_STRING_PTR(#name, flags, struct type, name, 1, most)
#define NUMBER(type, name) CYAML_FIELD_UINT_PTR(#name, OPTIONAL, struct type, name)

const cyaml_schema_value_t jf_raw_word_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, JF_RAW_WORD)};

static const cyaml_schema_field_t step_fields[] = {
        CYAML_FIELD_STRING_PTR("skills", NEEDED, struct jf_raw_step, skills, 0, EXPRESSION),
        NUMBER(jf_raw_step, after_s),
        CYAML_FIELD_END,
};
const cyaml_schema_value_t jf_raw_step_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_step, step_fields)};

static const cyaml_schema_field_t datum_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_datum, name, 1, 64),
        CYAML_FIELD_STRING_PTR("value", NEEDED, struct jf_raw_datum, value, 0, 256),
        CYAML_FIELD_END,
};
const cyaml_schema_value_t jf_raw_datum_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_datum, datum_fields)};

/* ---- Queues, tenants ---- */

static const cyaml_schema_field_t overflow_fields[] = {
        NUMBER(jf_raw_overflow, after_s),
        NUMBER(jf_raw_overflow, length),
        NUMBER(jf_raw_overflow, estimated_wait_s),
        CYAML_FIELD_BOOL_PTR("no_agents", OPTIONAL, struct jf_raw_overflow, no_agents),
        TEXT(jf_raw_overflow, to, NEEDED, JF_RAW_WORD),
        CYAML_FIELD_END,
};
const cyaml_schema_value_t jf_raw_overflow_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_overflow, overflow_fields)};

const cyaml_schema_field_t jf_raw_service_level_fields[] = {
        NUMBER(jf_raw_service_level, threshold_s),
        NUMBER(jf_raw_service_level, target),
        CYAML_FIELD_END,
};

const cyaml_schema_field_t jf_raw_closed_fields[] = {
        TEXT(jf_raw_closed, prompt, OPTIONAL, JF_RAW_PATH),
        TEXT(jf_raw_closed, queue, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_closed, forward, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_closed, waiting, OPTIONAL, JF_RAW_WORD),
        CYAML_FIELD_END,
};

const cyaml_schema_field_t jf_raw_codes_fields[] = {
        TEXT(jf_raw_codes, ready, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_codes, not_ready, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_codes, wrap_up_end, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_codes, wrap_up_extend, OPTIONAL, JF_RAW_WORD),
        TEXT(jf_raw_codes, logout, OPTIONAL, JF_RAW_WORD),
        CYAML_FIELD_END,
};

/* ---- Calendars ---- */

#define DAY(name)                                                                                  \
	CYAML_FIELD_SEQUENCE(#name, OPTIONAL, struct jf_raw_week, name.spans, &jf_raw_word_schema, \
	                     0, SPANS_MAX)

static const cyaml_schema_field_t week_fields[] = {
        DAY(mon), DAY(tue), DAY(wed), DAY(thu), DAY(fri), DAY(sat), DAY(sun), CYAML_FIELD_END,
};

static const cyaml_schema_field_t holiday_fields[] = {
        TEXT(jf_raw_holiday, date, NEEDED, JF_RAW_WORD),
        TEXT(jf_raw_holiday, name, OPTIONAL, 64),
        CYAML_FIELD_SEQUENCE("open", OPTIONAL, struct jf_raw_holiday, open, &jf_raw_word_schema, 0,
                             SPANS_MAX),
        CYAML_FIELD_END,
};
static const cyaml_schema_value_t holiday_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_holiday, holiday_fields)};

static const cyaml_schema_field_t calendar_fields[] = {
        TEXT(jf_raw_calendar, name, NEEDED, JF_RAW_WORD),
        TEXT(jf_raw_calendar, tenant, NEEDED, JF_RAW_WORD),
        TEXT(jf_raw_calendar, zone, NEEDED, JF_RAW_WORD),
        CYAML_FIELD_MAPPING_PTR("week", OPTIONAL, struct jf_raw_calendar, week, week_fields),
        CYAML_FIELD_SEQUENCE("holidays", OPTIONAL, struct jf_raw_calendar, holidays,
                             &holiday_schema, 0, HOLIDAYS_MAX),
        CYAML_FIELD_END,
};
const cyaml_schema_value_t jf_raw_calendar_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_calendar, calendar_fields)};

/* ---- Callers ---- */

static const cyaml_schema_field_t caller_fields[] = {
        TEXT(jf_raw_caller, number, NEEDED, JF_RAW_WORD),
        TEXT(jf_raw_caller, tenant, NEEDED, JF_RAW_WORD),
        TEXT(jf_raw_caller, name, OPTIONAL, 64),
        CYAML_FIELD_BOOL_PTR("vip", OPTIONAL, struct jf_raw_caller, vip),
        TEXT(jf_raw_caller, agent, OPTIONAL, JF_RAW_WORD),
        NUMBER(jf_raw_caller, agent_s),
        JF_RAW_WANTS_FIELDS(struct jf_raw_caller),
        CYAML_FIELD_END,
};
const cyaml_schema_value_t jf_raw_caller_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_caller, caller_fields)};
