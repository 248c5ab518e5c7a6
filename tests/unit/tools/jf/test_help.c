// SPDX-License-Identifier: BSD-3-Clause
/* What jf says of its commands, and what a shell makes of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_tool_run.h"

static char *help_of(const char *command)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	jf_tool_help(out, command ? jf_command_find(command) : NULL);
	fclose(out);
	return text;
}

static void assert_says(const char *text, const char *words)
{
	if (!text || !words || !strstr(text, words))
		fail_msg("'%s' is not in:\n%s", words ? words : "", text ? text : "");
}

static void help_lists_every_command_with_an_example(void **state)
{
	char *text = help_of(NULL);

	(void)state;
	for (size_t i = 0; i < jf_command_table_count; i++) {
		assert_says(text, jf_command_table[i].summary);
		assert_says(text, jf_command_table[i].example);
	}
	free(text);
}

static void help_of_a_command_explains_each_argument(void **state)
{
	(void)state;
	for (size_t i = 0; i < jf_command_table_count; i++) {
		const struct jf_command_spec *spec = &jf_command_table[i];
		char *text = help_of(spec->name), start[64];

		assert_says(text, spec->summary);
		for (int a = 0; a < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[a].name; a++) {
			assert_says(text, spec->arguments[a].help);
			if (spec->arguments[a].choices)
				assert_says(spec->usage, spec->arguments[a].choices);
		}
		snprintf(start, sizeof(start), "jf %s", spec->name);
		assert_int_equal(strncmp(spec->example, start, strlen(start)), 0);
		free(text);
	}
}

static void help_tells_how_to_look_at_media(void **state)
{
	char *text = help_of("stream");

	(void)state;
	assert_says(text, "usage: jf stream ID [caller|agent] [--watch]");
	assert_says(text, "example: jf stream 01JD9 caller --watch");
	free(text);
	text = help_of("streams");
	assert_says(text, "round_trip_ms");
	assert_says(text, "reported.mos");
	free(text);
	text = help_of("ports");
	assert_says(text, "steering");
	free(text);
	text = help_of("mask");
	assert_says(text, "usage: jf mask ID on|off");
	free(text);
}

/* What bash offers for the last of words, in the order of the table. */
static void assert_completes(const char *script, const char *words, const char *offered)
{
	char command[512], found[512];
	size_t length;
	FILE *bash;

	snprintf(command, sizeof(command),
	         "bash -c 'jf() { printf \"CALL SIDE\\n01ABC caller\\n\"; }; . %s; "
	         "COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _jf; "
	         "echo \"${COMPREPLY[*]}\"'",
	         script, words);
	bash = popen(command, "r");
	assert_non_null(bash);
	length = fread(found, 1, sizeof(found) - 1, bash);
	found[length] = '\0';
	assert_int_equal(pclose(bash), 0);
	found[strcspn(found, "\n")] = '\0';
	assert_string_equal(found, offered);
}

static void bash_completes_commands_arguments_and_ids(void **state)
{
	char script[] = "/tmp/jf-test-completion-XXXXXX";
	int fd = mkstemp(script);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	(void)state;
	assert_non_null(out);
	jf_tool_completion_bash(out);
	fclose(out);
	assert_completes(script, "jf str", "streams stream");
	assert_completes(script, "jf stream \"\"", "01ABC");
	assert_completes(script, "jf stream 01ABC a", "agent");
	assert_completes(script, "jf stream 01ABC --w", "--watch");
	assert_completes(script, "jf mask \"\"", "01ABC");
	assert_completes(script, "jf mask 01ABC o", "on off");
	assert_completes(script, "jf --run-dir /x po", "ports");
	assert_completes(script, "jf completion \"\"", "bash");
	unlink(script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(help_lists_every_command_with_an_example),
	        cmocka_unit_test(help_of_a_command_explains_each_argument),
	        cmocka_unit_test(help_tells_how_to_look_at_media),
	        cmocka_unit_test(bash_completes_commands_arguments_and_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
