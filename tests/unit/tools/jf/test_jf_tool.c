// SPDX-License-Identifier: BSD-3-Clause
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_tool_print.h"
#include "jf_tool_run.h"
#include "jf_tool_text.h"

static const char *shown(const char *key, json_t *value)
{
	static char text[256];
	const char *result = jf_tool_value(key, value, text, sizeof(text));

	if (result != text)
		snprintf(text, sizeof(text), "%s", result);
	json_decref(value);
	return text;
}

static void values_are_shown_by_their_unit(void **state)
{
	(void)state;
	assert_string_equal(shown("wait_ms", json_integer(7400)), "0:07");
	assert_string_equal(shown("talk_ms", json_integer(3725000)), "1:02:05");
	assert_string_equal(shown("uptime_ms", json_integer(90061000)), "1d 01:01");
	assert_string_equal(shown("jitter_ms", json_real(3.14)), "3.1 ms");
	assert_string_equal(shown("talk_share_agent", json_real(0.417)), "42 %");
	assert_string_equal(shown("arrived_utc", json_string("2026-11-22T00:55:01.123Z")),
	                    "2026-11-22 00:55:01");
	assert_string_equal(shown("queues", json_pack("[s,s]", "billing", "support")),
	                    "billing,support");
	assert_string_equal(shown("queues", json_array()), "-");
	assert_string_equal(shown("agent", json_null()), "-");
	assert_string_equal(shown("registered", json_true()), "yes");
}

static void nothing_from_the_network_moves_the_cursor(void **state)
{
	char text[64];

	(void)state;
	assert_string_equal(jf_tool_text("a\033[2Jb\r\n", text, sizeof(text)),
	                    "a\\x1b[2Jb\\x0d\\x0a");
	assert_string_equal(jf_tool_text("J\xc3\xb5geva", text, sizeof(text)), "J\xc3\xb5geva");
	assert_int_equal(jf_tool_text_width("J\xc3\xb5geva"), 6);
	assert_string_equal(jf_tool_text("\xff\xc2\x9b", text, sizeof(text)), "\\xff\\xc2\\x9b");
	/* Right-to-left override. */
	assert_string_equal(jf_tool_text("\xe2\x80\xae"
	                                 "1",
	                                 text, sizeof(text)),
	                    "\\xe2\\x80\\xae1");
	assert_string_equal(jf_tool_text("abcdef", text, 4), "abc");
	assert_string_equal(jf_tool_text("ab\033", text, 5), "ab");
	assert_string_equal(jf_tool_text(NULL, text, sizeof(text)), "");
}

static void json_moves_no_cursor_either_and_means_the_same(void **state)
{
	static const char json[] = "{\"a\":\"J\xc3\xb5geva \x7f\xc2\x9b"
	                           "31m\xe2\x80\xae\xf0\x9f\x98\x80\"}";
	FILE *out = tmpfile();
	char text[128];
	json_t *said, *meant = json_loads(json, 0, NULL);

	(void)state;
	assert_non_null(out);
	jf_tool_json(out, json);
	rewind(out);
	assert_non_null(fgets(text, sizeof(text), out));
	fclose(out);
	assert_string_equal(text, "{\"a\":\"J\xc3\xb5geva \\u007f\\u009b31m\\u202e"
	                          "\xf0\x9f\x98\x80\"}\n");
	said = json_loads(text, 0, NULL);
	assert_true(meant && json_equal(said, meant));
	json_decref(said);
	json_decref(meant);
}

static void tables_are_aligned_and_leave_empty_columns_out(void **state)
{
	const struct jf_command_spec *spec = jf_command_find("queues");
	json_t *rows = json_pack("[{s:s,s:i,s:{s:i}},{s:s,s:i,s:{s:i}}]", "name", "billing",
	                         "waiting", 12, "agents", "ready", 1, "name", "support", "waiting",
	                         3, "agents", "ready", 2);
	char *text;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	jf_tool_print_table(out, spec, rows);
	fclose(out);
	assert_string_equal(text, "QUEUE    WAITING  READY\n"
	                          "billing       12      1\n"
	                          "support        3      2\n");
	free(text);
	json_decref(rows);
}

static enum jf_tool_exit parse(struct jf_tool_line *line, ...)
{
	char *argv[16] = {(char *)"jf"};
	int argc = 1;
	va_list args;

	va_start(args, line);
	while (argc < 15 && (argv[argc] = va_arg(args, char *)) != NULL)
		argc++;
	va_end(args);
	return jf_tool_line_parse(argc, argv, line);
}

static void a_line_becomes_a_request(void **state)
{
	struct jf_tool_line line;

	(void)state;
	assert_int_equal(parse(&line, "--json", "agent", "1001", "notready", "lunch", "--run-dir",
	                       "/tmp/x", NULL),
	                 JF_TOOL_OK);
	assert_true(line.json);
	assert_string_equal(line.socket_path, "/tmp/x/control.sock");
	assert_string_equal(json_string_value(json_object_get(line.args, "reason")), "lunch");
	jf_tool_line_clear(&line);
	assert_int_equal(parse(&line, "calls", "--limit", "5", "--socket", "/s", NULL), JF_TOOL_OK);
	assert_int_equal(line.limit, 5);
	assert_string_equal(line.socket_path, "/s");
	jf_tool_line_clear(&line);
	assert_int_equal(parse(&line, "agents", "--team", "acme/day", NULL), JF_TOOL_OK);
	assert_string_equal(json_string_value(json_object_get(line.args, "team")), "acme/day");
	jf_tool_line_clear(&line);
}

static void mistakes_are_usage_errors(void **state)
{
	static const char *const lines[][5] = {
	        {"reboot"},
	        {"call"},
	        {"calls", "1"},
	        {"agent", "1001", "asleep"},
	        {"calls", "--dry-run"},
	        {"calls", "--team", "day"},
	        {"agents", "--team"},
	        {"agents", "--team", "\xff"},
	        {"status", "--limit", "5"},
	        {"calls", "--limit", "0"},
	        {"calls", "--limit", "-1"},
	        {"calls", "--colour"},
	};

	(void)state;
	assert_non_null(freopen("/dev/null", "w", stderr));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct jf_tool_line line;

		assert_int_equal(
		        parse(&line, lines[i][0], lines[i][1], lines[i][2], lines[i][3], NULL),
		        JF_TOOL_USAGE);
		jf_tool_line_clear(&line);
	}
}

static void a_folder_is_read_whole_or_not_at_all(void **state)
{
	char folder[] = "/tmp/jf-test-tool-XXXXXX", path[64];
	json_t *files;
	FILE *out;

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_int_equal(jf_tool_read_folder(folder, &files), JF_TOOL_FAILED);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%c.yaml", folder, 'b' - i);
		out = fopen(path, "w");
		fprintf(out, "queues: []\n");
		fclose(out);
	}
	assert_int_equal(jf_tool_read_folder(folder, &files), JF_TOOL_OK);
	assert_string_equal(json_string_value(json_object_get(files, "folder")), folder);
	assert_int_equal(json_array_size(json_object_get(files, "list")), 2);
	assert_string_equal(json_string_value(json_object_get(
	                            json_array_get(json_object_get(files, "list"), 0), "name")),
	                    "a.yaml");
	json_decref(files);
	out = fopen(path, "w");
	fputs("name: \xff\n", out);
	fclose(out);
	assert_int_equal(jf_tool_read_folder(folder, &files), JF_TOOL_FAILED);
	unlink(path);
	snprintf(path, sizeof(path), "%s/b.yaml", folder);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(values_are_shown_by_their_unit),
	        cmocka_unit_test(nothing_from_the_network_moves_the_cursor),
	        cmocka_unit_test(json_moves_no_cursor_either_and_means_the_same),
	        cmocka_unit_test(tables_are_aligned_and_leave_empty_columns_out),
	        cmocka_unit_test(a_line_becomes_a_request),
	        cmocka_unit_test(a_folder_is_read_whole_or_not_at_all),
	        cmocka_unit_test(mistakes_are_usage_errors),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	unsetenv("JF_RUN_DIR");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
