// SPDX-License-Identifier: BSD-3-Clause
/* The schema of what callers hear while they wait, and of surveys. */
#include "jf_directory_raw_priv.h"

#include "jf_directory_treatment.h"

#define NEEDED   CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

#define NAME_CHARS 40
#define PATH_CHARS 119
#define COMFORT    16

static const cyaml_schema_value_t path_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, PATH_CHARS)};

const cyaml_schema_field_t jf_raw_announce_fields[] = {
        CYAML_FIELD_BOOL_PTR("position", OPTIONAL, struct jf_raw_announce, position),
        CYAML_FIELD_BOOL_PTR("estimated_wait", OPTIONAL, struct jf_raw_announce, estimated_wait),
        CYAML_FIELD_UINT_PTR("first_s", OPTIONAL, struct jf_raw_announce, first_s),
        CYAML_FIELD_UINT_PTR("every_s", OPTIONAL, struct jf_raw_announce, every_s),
        CYAML_FIELD_SEQUENCE("comfort", OPTIONAL, struct jf_raw_announce, comfort, &path_schema, 1,
                             COMFORT),
        CYAML_FIELD_STRING_PTR("language", OPTIONAL, struct jf_raw_announce, language, 1,
                               NAME_CHARS),
        CYAML_FIELD_STRING_PTR("prompts", OPTIONAL, struct jf_raw_announce, prompts, 1, PATH_CHARS),
        CYAML_FIELD_END,
};

const cyaml_schema_field_t jf_raw_leave_fields[] = {
        CYAML_FIELD_STRING_PTR("callback_key", OPTIONAL, struct jf_raw_leave, callback_key, 1, 1),
        CYAML_FIELD_STRING_PTR("voicemail_key", OPTIONAL, struct jf_raw_leave, voicemail_key, 1, 1),
        CYAML_FIELD_END,
};

const cyaml_schema_field_t jf_raw_callback_fields[] = {
        CYAML_FIELD_STRING_PTR("first", OPTIONAL, struct jf_raw_callback, first, 1, NAME_CHARS),
        CYAML_FIELD_UINT_PTR("attempts", OPTIONAL, struct jf_raw_callback, attempts),
        CYAML_FIELD_UINT_PTR("retry_s", OPTIONAL, struct jf_raw_callback, retry_s),
        CYAML_FIELD_UINT_PTR("ring_s", OPTIONAL, struct jf_raw_callback, ring_s),
        CYAML_FIELD_BOOL_PTR("confirm", OPTIONAL, struct jf_raw_callback, confirm),
        CYAML_FIELD_STRING_PTR("closed", OPTIONAL, struct jf_raw_callback, closed, 1, NAME_CHARS),
        CYAML_FIELD_END,
};

const cyaml_schema_field_t jf_raw_voicemail_fields[] = {
        CYAML_FIELD_STRING_PTR("greeting", OPTIONAL, struct jf_raw_voicemail, greeting, 1,
                               PATH_CHARS),
        CYAML_FIELD_STRING_PTR("beep", OPTIONAL, struct jf_raw_voicemail, beep, 1, PATH_CHARS),
        CYAML_FIELD_STRING_PTR("thanks", OPTIONAL, struct jf_raw_voicemail, thanks, 1, PATH_CHARS),
        CYAML_FIELD_UINT_PTR("max_s", OPTIONAL, struct jf_raw_voicemail, max_s),
        CYAML_FIELD_UINT_PTR("silence_s", OPTIONAL, struct jf_raw_voicemail, silence_s),
        CYAML_FIELD_BOOL_PTR("offer", OPTIONAL, struct jf_raw_voicemail, offer),
        CYAML_FIELD_END,
};

static const cyaml_schema_field_t question_fields[] = {
        CYAML_FIELD_STRING_PTR("kind", NEEDED, struct jf_raw_question, kind, 1, NAME_CHARS),
        CYAML_FIELD_STRING_PTR("prompt", NEEDED, struct jf_raw_question, prompt, 1, PATH_CHARS),
        CYAML_FIELD_END,
};

static const cyaml_schema_value_t question_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_question, question_fields)};

static const cyaml_schema_field_t survey_fields[] = {
        CYAML_FIELD_STRING_PTR("name", NEEDED, struct jf_raw_survey, name, 1, NAME_CHARS),
        CYAML_FIELD_STRING_PTR("tenant", NEEDED, struct jf_raw_survey, tenant, 1, NAME_CHARS),
        CYAML_FIELD_STRING_PTR("invite", OPTIONAL, struct jf_raw_survey, invite, 1, PATH_CHARS),
        CYAML_FIELD_STRING_PTR("key", OPTIONAL, struct jf_raw_survey, key, 1, 1),
        CYAML_FIELD_SEQUENCE("questions", NEEDED, struct jf_raw_survey, questions, &question_schema,
                             1, JF_DIRECTORY_QUESTIONS_MAX),
        CYAML_FIELD_STRING_PTR("thanks", OPTIONAL, struct jf_raw_survey, thanks, 1, PATH_CHARS),
        CYAML_FIELD_UINT_PTR("answer_s", OPTIONAL, struct jf_raw_survey, answer_s),
        CYAML_FIELD_END,
};

const cyaml_schema_value_t jf_raw_survey_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_raw_survey, survey_fields)};
