/* SPDX-License-Identifier: BSD-3-Clause */
/* jf_directory_acd.h's part of a directory file as libcyaml reads it: fields that queues, agents,
 * numbers, callers and tenants have beside their own, and two sections. Private to control/config.
 */
#ifndef JF_DIRECTORY_RAW_ACD_H
#define JF_DIRECTORY_RAW_ACD_H

#include <stdbool.h>

#include "jf_directory_acd.h"
#include "jf_yaml.h"

struct jf_raw_step {
	char *skills;
	uint32_t *after_s;
};

struct jf_raw_datum {
	char *name;
	char *value;
};

/* Of a number or a caller. */
struct jf_raw_wants {
	uint32_t *priority;
	struct jf_raw_step *requires;
	unsigned requires_count;
	char *language;
	struct jf_raw_datum *data;
	unsigned data_count;
};

struct jf_raw_service_level {
	uint32_t *threshold_s;
	uint32_t *target;
};

struct jf_raw_overflow {
	uint32_t *after_s;
	uint32_t *length;
	uint32_t *estimated_wait_s;
	bool *no_agents;
	char *to;
};

struct jf_raw_closed {
	char *prompt;
	char *queue;
	char *forward;
	char *waiting;
};

/* Of a queue. */
struct jf_raw_rules {
	char *agents_by;
	uint32_t *ring_at_once;
	char *calls_by;
	uint32_t *ageing;
	uint32_t *priority_cap;
	uint32_t *age_cap_s;
	uint32_t *short_abandon_s;
	struct jf_raw_service_level *service_level;
	char *wrap_up;
	uint32_t *wrap_up_extend_s;
	uint32_t *last_agent_s;
	struct jf_raw_step *requires;
	unsigned requires_count;
	struct jf_raw_overflow *overflow;
	unsigned overflow_count;
	char *calendar;
	struct jf_raw_closed *closed;
};

/* Of an agent. */
struct jf_raw_abilities {
	char **skills;
	unsigned skills_count;
	char **idle_through;
	unsigned idle_through_count;
	uint32_t *capacity;
};

struct jf_raw_codes {
	char *ready;
	char *not_ready;
	char *wrap_up_end;
	char *wrap_up_extend;
	char *logout;
};

/* Of a tenant. */
struct jf_raw_desk {
	char *zone;
	struct jf_raw_codes *codes;
	char **reasons;
	unsigned reasons_count;
};

struct jf_raw_holiday {
	char *date;
	char *name;
	char **open;
	unsigned open_count;
};

struct jf_raw_day {
	char **spans;
	unsigned spans_count;
};

struct jf_raw_week {
	struct jf_raw_day mon, tue, wed, thu, fri, sat, sun;
};

struct jf_raw_calendar {
	char *name;
	char *tenant;
	char *zone;
	struct jf_raw_week *week;
	struct jf_raw_holiday *holidays;
	unsigned holidays_count;
};

struct jf_raw_caller {
	char *number;
	char *tenant;
	char *name;
	bool *vip;
	char *agent;
	uint32_t *agent_s;
	struct jf_raw_wants wants;
};

extern const cyaml_schema_value_t jf_raw_step_schema, jf_raw_datum_schema, jf_raw_overflow_schema,
        jf_raw_word_schema, jf_raw_calendar_schema, jf_raw_caller_schema;
extern const cyaml_schema_field_t jf_raw_service_level_fields[], jf_raw_closed_fields[],
        jf_raw_codes_fields[];

#define JF_RAW_OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define JF_RAW_WORD     40  /* characters of a name */
#define JF_RAW_PATH     119 /* ... of a path */

#define JF_RAW_WANTS_FIELDS(type)                                                                  \
	CYAML_FIELD_UINT_PTR("priority", JF_RAW_OPTIONAL, type, wants.priority),                   \
	        CYAML_FIELD_SEQUENCE("requires", JF_RAW_OPTIONAL, type, wants.requires,            \
	                             &jf_raw_step_schema, 0, JF_ACD_STEPS_MAX),                    \
	        CYAML_FIELD_STRING_PTR("language", JF_RAW_OPTIONAL, type, wants.language, 2, 15),  \
	        CYAML_FIELD_SEQUENCE("data", JF_RAW_OPTIONAL, type, wants.data,                    \
	                             &jf_raw_datum_schema, 0, JF_DIRECTORY_DATA_MAX)

#define JF_RAW_RULES_FIELDS(type)                                                                  \
	CYAML_FIELD_STRING_PTR("agents_by", JF_RAW_OPTIONAL, type, rules.agents_by, 1,             \
	                       JF_RAW_WORD),                                                       \
	        CYAML_FIELD_UINT_PTR("ring_at_once", JF_RAW_OPTIONAL, type, rules.ring_at_once),   \
	        CYAML_FIELD_STRING_PTR("calls_by", JF_RAW_OPTIONAL, type, rules.calls_by, 1,       \
	                               JF_RAW_WORD),                                               \
	        CYAML_FIELD_UINT_PTR("ageing", JF_RAW_OPTIONAL, type, rules.ageing),               \
	        CYAML_FIELD_UINT_PTR("priority_cap", JF_RAW_OPTIONAL, type, rules.priority_cap),   \
	        CYAML_FIELD_UINT_PTR("age_cap_s", JF_RAW_OPTIONAL, type, rules.age_cap_s),         \
	        CYAML_FIELD_UINT_PTR("short_abandon_s", JF_RAW_OPTIONAL, type,                     \
	                             rules.short_abandon_s),                                       \
	        CYAML_FIELD_MAPPING_PTR("service_level", JF_RAW_OPTIONAL, type,                    \
	                                rules.service_level, jf_raw_service_level_fields),         \
	        CYAML_FIELD_STRING_PTR("wrap_up", JF_RAW_OPTIONAL, type, rules.wrap_up, 1,         \
	                               JF_RAW_WORD),                                               \
	        CYAML_FIELD_UINT_PTR("wrap_up_extend_s", JF_RAW_OPTIONAL, type,                    \
	                             rules.wrap_up_extend_s),                                      \
	        CYAML_FIELD_UINT_PTR("last_agent_s", JF_RAW_OPTIONAL, type, rules.last_agent_s),   \
	        CYAML_FIELD_SEQUENCE("requires", JF_RAW_OPTIONAL, type, rules.requires,            \
	                             &jf_raw_step_schema, 0, JF_ACD_STEPS_MAX),                    \
	        CYAML_FIELD_SEQUENCE("overflow", JF_RAW_OPTIONAL, type, rules.overflow,            \
	                             &jf_raw_overflow_schema, 0, JF_ACD_OVERFLOW_MAX),             \
	        CYAML_FIELD_STRING_PTR("calendar", JF_RAW_OPTIONAL, type, rules.calendar, 1,       \
	                               JF_RAW_WORD),                                               \
	        CYAML_FIELD_MAPPING_PTR("closed", JF_RAW_OPTIONAL, type, rules.closed,             \
	                                jf_raw_closed_fields)

#define JF_RAW_ABILITIES_FIELDS(type)                                                              \
	CYAML_FIELD_SEQUENCE("skills", JF_RAW_OPTIONAL, type, abilities.skills,                    \
	                     &jf_raw_word_schema, 0, JF_ACD_AGENT_SKILLS_MAX),                     \
	        CYAML_FIELD_SEQUENCE("idle_through", JF_RAW_OPTIONAL, type,                        \
	                             abilities.idle_through, &jf_raw_word_schema, 0, 5),           \
	        CYAML_FIELD_UINT_PTR("capacity", JF_RAW_OPTIONAL, type, abilities.capacity)

#define JF_RAW_DESK_FIELDS(type)                                                                   \
	CYAML_FIELD_STRING_PTR("zone", JF_RAW_OPTIONAL, type, desk.zone, 1, JF_RAW_WORD),          \
	        CYAML_FIELD_MAPPING_PTR("codes", JF_RAW_OPTIONAL, type, desk.codes,                \
	                                jf_raw_codes_fields),                                      \
	        CYAML_FIELD_SEQUENCE("reasons", JF_RAW_OPTIONAL, type, desk.reasons,               \
	                             &jf_raw_word_schema, 0, JF_DIRECTORY_REASONS_MAX)

#endif
