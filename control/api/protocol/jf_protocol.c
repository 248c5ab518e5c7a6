// SPDX-License-Identifier: BSD-3-Clause
#include "jf_protocol.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "jf_log.h"

#define TEXT_MAX 255u

static const char *const error_names[] = {[JF_PROTOCOL_OK] = "ok",
#define X(name, text) [JF_PROTOCOL_##name] = text,
                                          JF_PROTOCOL_ERRORS(X)
#undef X
};

const char *jf_protocol_error_name(enum jf_protocol_error_code code)
{
	return error_names[code];
}

__attribute__((format(printf, 3, 4))) static int
refuse(struct jf_protocol_error *error, enum jf_protocol_error_code code, const char *format, ...)
{
	char raw[JF_PROTOCOL_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	error->code = code;
	jf_log_escape(raw, strlen(raw), error->message, sizeof(error->message));
	return -EINVAL;
}

static bool choice_fits(const char *choices, const char *value)
{
	size_t length = strlen(value);

	for (const char *at = choices; length && at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
			return true;
	}
	return false;
}

static bool files_fit(const json_t *value)
{
	const json_t *list = json_object_get(value, "list");
	size_t i;
	json_t *file;

	if (json_object_size(value) != 2 || !json_is_string(json_object_get(value, "folder")) ||
	    json_array_size(list) == 0)
		return false;
	json_array_foreach(list, i, file)
	{
		if (json_object_size(file) != 2 || !json_is_string(json_object_get(file, "name")) ||
		    !json_is_string(json_object_get(file, "text")))
			return false;
	}
	return true;
}

static int check_value(const struct jf_argument *argument, const json_t *value,
                       struct jf_protocol_error *error)
{
	const char *name = argument->name;

	switch (argument->kind) {
	case JF_ARGUMENT_TEXT:
	case JF_ARGUMENT_OPTION:
		if (!json_is_string(value) || json_string_length(value) == 0 ||
		    json_string_length(value) > TEXT_MAX)
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT,
			              "%s must be a text of 1 to %u bytes", name, TEXT_MAX);
		return 0;
	case JF_ARGUMENT_CHOICE:
		if (!json_is_string(value) ||
		    !choice_fits(argument->choices, json_string_value(value)))
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT, "%s must be one of %s", name,
			              argument->choices);
		return 0;
	case JF_ARGUMENT_FLAG:
		if (!json_is_boolean(value))
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT, "%s must be true or false",
			              name);
		return 0;
	case JF_ARGUMENT_NUMBER:
		if (!json_is_integer(value) || json_integer_value(value) < 1)
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT,
			              "%s must be a whole number from 1", name);
		return 0;
	case JF_ARGUMENT_FILES:
		if (!files_fit(value))
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT,
			              "%s must be {\"folder\", \"list\": [{\"name\", "
			              "\"text\"}]}",
			              name);
		return 0;
	case JF_ARGUMENT_LOCAL_TEXT:
	case JF_ARGUMENT_LOCAL_FLAG:
	case JF_ARGUMENT_LOCAL_OPTION:
		break;
	}
	return refuse(error, JF_PROTOCOL_BAD_ARGUMENT, "%s is not part of a request", name);
}

/* What every listing takes, beside the arguments of its own. */
static const struct jf_argument page_arguments[] = {
        {"cursor", JF_ARGUMENT_TEXT, false, NULL, NULL, "where the page before ended"},
        {"limit", JF_ARGUMENT_NUMBER, false, NULL, NULL, "rows in this page"},
};

static const struct jf_argument *find_argument(const struct jf_command_spec *spec, const char *name)
{
	const struct jf_argument *own = jf_command_argument(spec, name);

	if (own || spec->shape != JF_COMMAND_LISTING)
		return own;
	for (size_t i = 0; i < sizeof(page_arguments) / sizeof(page_arguments[0]); i++)
		if (strcmp(page_arguments[i].name, name) == 0)
			return &page_arguments[i];
	return NULL;
}

static int check_args(const struct jf_command_spec *spec, json_t *args,
                      struct jf_protocol_error *error)
{
	const char *name;
	json_t *value;

	json_object_foreach(args, name, value)
	{
		const struct jf_argument *argument = find_argument(spec, name);
		int err;

		if (!argument)
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT, "%s takes no argument %s",
			              spec->name, name);
		err = check_value(argument, value, error);
		if (err)
			return err;
	}
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++)
		if (spec->arguments[i].required && !json_object_get(args, spec->arguments[i].name))
			return refuse(error, JF_PROTOCOL_BAD_ARGUMENT, "%s needs %s", spec->name,
			              spec->arguments[i].name);
	return 0;
}

static int read_request(json_t *root, struct jf_request *request, struct jf_protocol_error *error)
{
	const char *name;
	json_t *value;

	if (!json_is_object(root))
		return refuse(error, JF_PROTOCOL_BAD_REQUEST, "a request is a JSON object");
	json_object_foreach(root, name,
	                    value) if (strcmp(name, "command") != 0 &&
	                               strcmp(name, "args") !=
	                                       0) return refuse(error, JF_PROTOCOL_BAD_REQUEST,
	                                                        "unknown member %s", name);
	value = json_object_get(root, "command");
	if (!json_is_string(value))
		return refuse(error, JF_PROTOCOL_BAD_REQUEST, "command is missing or not a text");
	request->spec = jf_command_find(json_string_value(value));
	if (!request->spec)
		return refuse(error, JF_PROTOCOL_UNKNOWN_COMMAND, "unknown command %s",
		              json_string_value(value));
	value = json_object_get(root, "args");
	if (value && !json_is_object(value))
		return refuse(error, JF_PROTOCOL_BAD_REQUEST, "args is not an object");
	request->args = value ? json_incref(value) : json_object();
	if (!request->args)
		return refuse(error, JF_PROTOCOL_INTERNAL, "out of memory");
	return check_args(request->spec, request->args, error);
}

int jf_request_parse(const char *line, size_t length, struct jf_request *ret_request,
                     struct jf_protocol_error *ret_error)
{
	struct jf_request request = {NULL, NULL};
	json_error_t why;
	json_t *root = json_loadb(line, length, JSON_REJECT_DUPLICATES, &why);
	int err;

	if (!root)
		return refuse(ret_error, JF_PROTOCOL_BAD_REQUEST, "not JSON: %s at byte %d",
		              why.text, why.position);
	err = read_request(root, &request, ret_error);
	json_decref(root);
	if (err)
		jf_request_clear(&request);
	else
		*ret_request = request;
	return err;
}

void jf_request_clear(struct jf_request *request)
{
	json_decref(request->args);
	request->args = NULL;
}

const char *jf_request_text(const struct jf_request *request, const char *name,
                            const char *otherwise)
{
	const char *value = json_string_value(json_object_get(request->args, name));

	return value ? value : otherwise;
}

bool jf_request_flag(const struct jf_request *request, const char *name)
{
	return json_is_true(json_object_get(request->args, name));
}

unsigned jf_request_limit(const struct jf_request *request)
{
	json_int_t limit = json_integer_value(json_object_get(request->args, "limit"));

	if (limit < 1)
		return JF_PROTOCOL_PAGE_DEFAULT;
	return limit < (json_int_t)JF_PROTOCOL_PAGE_MAX ? (unsigned)limit : JF_PROTOCOL_PAGE_MAX;
}

json_t *jf_protocol_answer(json_t *data)
{
	return json_pack("{s:b, s:o}", "ok", 1, "data", data);
}

json_t *jf_protocol_refusal(const struct jf_protocol_error *error, json_t *details)
{
	return json_pack("{s:b, s:{s:s, s:s, s:o*}}", "ok", 0, "error", "code",
	                 jf_protocol_error_name(error->code), "message", error->message, "details",
	                 details);
}
