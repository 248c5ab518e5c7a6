// SPDX-License-Identifier: BSD-3-Clause
#include "jf_call_wants.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "jf_acd_skill.h"
#include "jf_call_row.h"

void jf_call_wants_clear(struct jf_call_wants *wants)
{
	json_decref(wants->data);
	memset(wants, 0, sizeof(*wants));
}

int jf_call_wants_require(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                          const char *expression, uint32_t after_ms)
{
	uint64_t after_ns = wants->n_steps ? after_ms * JF_NS_PER_MS : 0;
	struct jf_acd_skill_error error;
	uint32_t requirement;
	int err;

	if (wants->n_steps == JF_ACD_STEPS_MAX)
		return -E2BIG;
	if (wants->n_steps && after_ns <= wants->steps[wants->n_steps - 1].after_ns)
		return -EINVAL;
	err = jf_acd_requirement(acd, tenant, expression, &requirement, &error);
	if (err)
		return err;
	wants->steps[wants->n_steps++] = (struct jf_acd_step){requirement, after_ns};
	return 0;
}

/* ---- Data ----------------------------------------------------------------------------------- */

static size_t data_bytes(const json_t *data)
{
	size_t bytes = 0;
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)data, key, value) bytes +=
	        strlen(key) + json_string_length(value);
	return bytes;
}

int jf_call_wants_data_set(struct jf_call_wants *wants, const char *key, const char *value)
{
	size_t bytes = strlen(key) + (value ? strlen(value) : 0), has;
	const json_t *former = json_object_get(wants->data, key);

	if (!key[0])
		return -EINVAL;
	if (!value) {
		json_object_del(wants->data, key);
		return 0;
	}
	has = data_bytes(wants->data) - (former ? strlen(key) + json_string_length(former) : 0);
	if (strlen(key) > JF_CALL_DATA_KEY_MAX || strlen(value) > JF_CALL_DATA_VALUE_MAX ||
	    has + bytes > JF_CALL_DATA_MAX ||
	    (!former && json_object_size(wants->data) >= JF_CALL_DATA_KEYS_MAX))
		return -E2BIG;
	if (!wants->data)
		wants->data = json_object();
	if (!wants->data)
		return -ENOMEM;
	return json_object_set_new(wants->data, key, json_string(value)) ? -EINVAL : 0;
}

const char *jf_call_wants_data(const struct jf_call_wants *wants, const char *key)
{
	return json_string_value(json_object_get(wants->data, key));
}

/* ---- From the directory --------------------------------------------------------------------- */

void jf_call_wants_take(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                        const struct jf_directory_wants *more)
{
	if (more->has_priority)
		wants->priority = more->priority;
	if (more->n_steps)
		wants->n_steps = 0;
	for (unsigned int i = 0; i < more->n_steps; i++)
		(void)jf_call_wants_require(wants, acd, tenant, more->steps[i].skills,
		                            more->steps[i].after_ms);
	if (more->language)
		snprintf(wants->language, sizeof(wants->language), "%s", more->language);
	for (uint32_t i = 0; i < more->n_data; i++)
		(void)jf_call_wants_data_set(wants, more->data[i].name, more->data[i].value);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static json_t *steps_json(const struct jf_call_wants *wants, const struct jf_acd *acd)
{
	json_t *list = json_array();

	for (unsigned int i = 0; i < wants->n_steps; i++)
		json_array_append_new(
		        list, json_pack("{s:s, s:I}", "expression",
		                        jf_acd_requirement_text(acd, wants->steps[i].requirement),
		                        "after_ms",
		                        (json_int_t)(wants->steps[i].after_ns / JF_NS_PER_MS)));
	return list;
}

json_t *jf_call_wants_json(const struct jf_call_wants *wants, const struct jf_acd *acd)
{
	json_t *json = json_object();

	if (wants->priority)
		json_object_set_new(json, "priority", json_integer(wants->priority));
	if (wants->vip)
		json_object_set_new(json, "vip", json_true());
	if (wants->n_steps)
		json_object_set_new(json, "requires", steps_json(wants, acd));
	if (wants->agent[0]) {
		json_object_set_new(json, "agent", json_string(wants->agent));
		json_object_set_new(json, "agent_ms", json_integer(wants->agent_ms));
	}
	if (wants->language[0])
		json_object_set_new(json, "language", json_string(wants->language));
	if (json_object_size(wants->data))
		json_object_set_new(json, "data", json_copy(wants->data));
	return json;
}

void jf_call_wants_read(struct jf_call_wants *wants, struct jf_acd *acd, uint32_t tenant,
                        const json_t *json)
{
	json_int_t priority = json_integer_value(json_object_get(json, "priority"));
	json_t *step, *value;
	const char *key;
	size_t i;

	jf_call_wants_clear(wants);
	wants->priority = priority > 0 && priority <= (json_int_t)JF_ACD_PRIORITY_MAX
	                          ? (uint16_t)priority
	                          : 0;
	wants->vip = json_is_true(json_object_get(json, "vip"));
	json_array_foreach(json_object_get(json, "requires"), i, step)
	{
		const char *text = json_string_value(json_object_get(step, "expression"));

		if (text)
			(void)jf_call_wants_require(
			        wants, acd, tenant, text,
			        (uint32_t)json_integer_value(json_object_get(step, "after_ms")));
	}
	jf_call_row_text(json, "agent", wants->agent, sizeof(wants->agent));
	wants->agent_ms = (uint32_t)json_integer_value(json_object_get(json, "agent_ms"));
	jf_call_row_text(json, "language", wants->language, sizeof(wants->language));
	json_object_foreach(json_object_get(json, "data"), key, value) if (json_is_string(value))(
	        void) jf_call_wants_data_set(wants, key, json_string_value(value));
}
