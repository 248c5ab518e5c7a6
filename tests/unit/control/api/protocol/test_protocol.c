// SPDX-License-Identifier: BSD-3-Clause
#include "jf_protocol.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static int parse(const char *line, struct jf_request *request, struct jf_protocol_error *error)
{
	return jf_request_parse(line, strlen(line), request, error);
}

static void refused(const char *line, enum jf_protocol_error_code code, const char *word)
{
	struct jf_request request = {NULL, NULL};
	struct jf_protocol_error error;

	assert_int_equal(parse(line, &request, &error), -EINVAL);
	assert_null(request.args);
	assert_string_equal(jf_protocol_error_name(error.code), jf_protocol_error_name(code));
	if (!strstr(error.message, word))
		fail_msg("\"%s\" does not say \"%s\"", error.message, word);
}

static void a_request_gives_its_command_and_arguments(void **state)
{
	struct jf_request request;
	struct jf_protocol_error error;

	(void)state;
	assert_int_equal(parse("{\"command\":\"agent\",\"args\":{\"id\":\"1001\",\"state\":"
	                       "\"notready\",\"reason\":\"lunch\"}}",
	                       &request, &error),
	                 0);
	assert_string_equal(request.spec->name, "agent");
	assert_string_equal(jf_request_text(&request, "id", ""), "1001");
	assert_string_equal(jf_request_text(&request, "reason", ""), "lunch");
	assert_false(jf_request_flag(&request, "dry-run"));
	jf_request_clear(&request);
}

static void what_is_not_a_request_is_refused_in_words(void **state)
{
	(void)state;
	refused("", JF_PROTOCOL_BAD_REQUEST, "not JSON");
	refused("calls", JF_PROTOCOL_BAD_REQUEST, "not JSON");
	refused("[]", JF_PROTOCOL_BAD_REQUEST, "object");
	refused("{}", JF_PROTOCOL_BAD_REQUEST, "command");
	refused("{\"command\":7}", JF_PROTOCOL_BAD_REQUEST, "command");
	refused("{\"command\":\"calls\",\"args\":[]}", JF_PROTOCOL_BAD_REQUEST, "args");
	refused("{\"command\":\"calls\",\"arg\":{}}", JF_PROTOCOL_BAD_REQUEST,
	        "unknown member arg");
	refused("{\"command\":\"calls\",\"command\":\"calls\"}", JF_PROTOCOL_BAD_REQUEST,
	        "duplicate");
	refused("{\"command\":\"reboot\"}", JF_PROTOCOL_UNKNOWN_COMMAND, "reboot");
}

static void arguments_are_checked_by_the_table(void **state)
{
	(void)state;
	refused("{\"command\":\"call\"}", JF_PROTOCOL_BAD_ARGUMENT, "needs id");
	refused("{\"command\":\"call\",\"args\":{\"id\":7}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "id must be");
	refused("{\"command\":\"call\",\"args\":{\"id\":\"\"}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "id must be");
	refused("{\"command\":\"status\",\"args\":{\"x\":1}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "takes no argument x");
	refused("{\"command\":\"agent\",\"args\":{\"id\":\"1\",\"state\":\"asleep\"}}",
	        JF_PROTOCOL_BAD_ARGUMENT, "ready|notready|logout");
	refused("{\"command\":\"agent\",\"args\":{\"id\":\"1\",\"state\":\"not\"}}",
	        JF_PROTOCOL_BAD_ARGUMENT, "ready|notready|logout");
	refused("{\"command\":\"calls\",\"args\":{\"limit\":0}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "limit");
	refused("{\"command\":\"calls\",\"args\":{\"limit\":\"9\"}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "limit");
	refused("{\"command\":\"apply\",\"args\":{\"files\":{\"folder\":\"/\",\"list\":[]}}}",
	        JF_PROTOCOL_BAD_ARGUMENT, "files");
	refused("{\"command\":\"apply\",\"args\":{\"files\":{\"folder\":\"/\",\"list\":[1]}}}",
	        JF_PROTOCOL_BAD_ARGUMENT, "files");
	refused("{\"command\":\"apply\",\"args\":{\"yes\":true}}", JF_PROTOCOL_BAD_ARGUMENT,
	        "not part of a request");
}

static void a_page_is_never_larger_than_allowed(void **state)
{
	struct jf_request request;
	struct jf_protocol_error error;

	(void)state;
	assert_int_equal(parse("{\"command\":\"calls\"}", &request, &error), 0);
	assert_int_equal(jf_request_limit(&request), JF_PROTOCOL_PAGE_DEFAULT);
	jf_request_clear(&request);
	assert_int_equal(
	        parse("{\"command\":\"calls\",\"args\":{\"limit\":9000000000}}", &request, &error),
	        0);
	assert_int_equal(jf_request_limit(&request), JF_PROTOCOL_PAGE_MAX);
	jf_request_clear(&request);
}

static void hostile_names_come_back_escaped(void **state)
{
	struct jf_request request;
	struct jf_protocol_error error;

	(void)state;
	assert_int_equal(parse("{\"command\":\"\\u001b[2J\"}", &request, &error), -EINVAL);
	assert_string_equal(error.message, "unknown command \\x1b[2J");
}

static void the_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < jf_command_table_count; i++) {
		const struct jf_command_spec *spec = &jf_command_table[i];
		bool optional = false;

		assert_ptr_equal(jf_command_find(spec->name), spec);
		assert_non_null(strstr(spec->example, spec->name));
		assert_true(strlen(spec->summary) > 0);
		assert_int_equal(spec->columns[0].key != NULL, spec->shape == JF_COMMAND_LISTING);
		for (int a = 0; a < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[a].name; a++) {
			/* Positions would shift otherwise. */
			assert_false(optional && spec->arguments[a].required);
			optional |= !spec->arguments[a].required;
			assert_int_equal(spec->arguments[a].choices != NULL,
			                 spec->arguments[a].kind == JF_ARGUMENT_CHOICE);
		}
	}
}

static void answers_say_whether_they_are_good(void **state)
{
	struct jf_protocol_error error = {JF_PROTOCOL_NOT_FOUND, "there is no call X"};
	json_t *good = jf_protocol_answer(json_object());
	json_t *bad = jf_protocol_refusal(&error, NULL);

	(void)state;
	assert_true(json_is_true(json_object_get(good, "ok")));
	assert_true(json_is_false(json_object_get(bad, "ok")));
	assert_string_equal(
	        json_string_value(json_object_get(json_object_get(bad, "error"), "code")),
	        "not_found");
	json_decref(good);
	json_decref(bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_request_gives_its_command_and_arguments),
	        cmocka_unit_test(what_is_not_a_request_is_refused_in_words),
	        cmocka_unit_test(arguments_are_checked_by_the_table),
	        cmocka_unit_test(a_page_is_never_larger_than_allowed),
	        cmocka_unit_test(hostile_names_come_back_escaped),
	        cmocka_unit_test(the_table_is_sound),
	        cmocka_unit_test(answers_say_whether_they_are_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
