// SPDX-License-Identifier: BSD-3-Clause
/* From the words of a command line to a request, by the command table. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_protocol.h"
#include "jf_tool_run.h"

#define RUN_DIR_DEFAULT "/run/jackfield"

enum jf_option {
	OPTION_HELP = 'h',
	OPTION_JSON = 0x100,
	OPTION_SOCKET,
	OPTION_RUN_DIR,
	OPTION_VERSION,
	OPTION_LIMIT,
	OPTION_OF_TABLE, /* and above: a flag of the command table */
};

#define OPTIONS_MAX 64

static bool is_option(const struct jf_argument *argument)
{
	return argument->kind == JF_ARGUMENT_OPTION || argument->kind == JF_ARGUMENT_LOCAL_OPTION;
}

static bool is_flag(const struct jf_argument *argument)
{
	return argument->kind == JF_ARGUMENT_FLAG || argument->kind == JF_ARGUMENT_LOCAL_FLAG;
}

static bool is_known(const struct option *options, int n, const char *name)
{
	for (int i = 0; i < n; i++)
		if (strcmp(options[i].name, name) == 0)
			return true;
	return false;
}

static void build_options(struct option options[OPTIONS_MAX])
{
	static const struct option own[] = {
	        {"help", no_argument, NULL, OPTION_HELP},
	        {"json", no_argument, NULL, OPTION_JSON},
	        {"socket", required_argument, NULL, OPTION_SOCKET},
	        {"run-dir", required_argument, NULL, OPTION_RUN_DIR},
	        {"version", no_argument, NULL, OPTION_VERSION},
	        {"limit", required_argument, NULL, OPTION_LIMIT},
	};
	int n = sizeof(own) / sizeof(own[0]);

	memcpy(options, own, sizeof(own));
	for (size_t c = 0; c < jf_command_table_count; c++)
		for (int a = 0; a < JF_COMMAND_ARGUMENTS_MAX; a++) {
			const struct jf_argument *argument = &jf_command_table[c].arguments[a];

			if (!argument->name || (!is_flag(argument) && !is_option(argument)) ||
			    n + 1 >= OPTIONS_MAX || is_known(options, n, argument->name))
				continue;
			options[n] = (struct option){argument->name,
			                             is_option(argument) ? required_argument
			                                                 : no_argument,
			                             NULL, OPTION_OF_TABLE + n};
			n++;
		}
	options[n] = (struct option){0};
}

static enum jf_tool_exit set_limit(struct jf_tool_line *line, const char *text)
{
	char *end;
	unsigned long limit = strtoul(text, &end, 10);

	if (*end || !*text || *text == '-' || limit < 1 || limit > 1000000000) {
		fprintf(stderr, "jf: --limit wants a whole number from 1, not \"%s\"\n", text);
		return JF_TOOL_USAGE;
	}
	line->limit = (unsigned)limit;
	return JF_TOOL_OK;
}

static enum jf_tool_exit set_socket(struct jf_tool_line *line, const char *folder,
                                    const char *socket)
{
	int n = socket ? snprintf(line->socket_path, sizeof(line->socket_path), "%s", socket)
	               : snprintf(line->socket_path, sizeof(line->socket_path), "%s/%s", folder,
	                          JF_PROTOCOL_SOCKET);

	if (n > 0 && (size_t)n < sizeof(line->socket_path))
		return JF_TOOL_OK;
	fprintf(stderr, "jf: the path of the socket is too long\n");
	return JF_TOOL_USAGE;
}

struct words {
	const char *flags[OPTIONS_MAX];  /* of the table, as given */
	const char *values[OPTIONS_MAX]; /* of those that have one */
	int flag_count;
	const char *positional[OPTIONS_MAX];
	int count;
};

static enum jf_tool_exit read_options(int argc, char **argv, struct jf_tool_line *line,
                                      struct words *words)
{
	const char *folder = getenv("JF_RUN_DIR"), *socket = NULL;
	struct option options[OPTIONS_MAX];
	enum jf_tool_exit result = JF_TOOL_OK;
	int option, place = 0;

	build_options(options);
	optind = 0; /* glibc: begin anew */
	while (result == JF_TOOL_OK &&
	       (option = getopt_long(argc, argv, "h", options, &place)) != -1) {
		if (option == OPTION_HELP)
			line->help = true;
		else if (option == OPTION_JSON)
			line->json = true;
		else if (option == OPTION_SOCKET)
			socket = optarg;
		else if (option == OPTION_RUN_DIR)
			folder = optarg;
		else if (option == OPTION_VERSION)
			line->version = true;
		else if (option == OPTION_LIMIT)
			result = set_limit(line, optarg);
		else if (option >= OPTION_OF_TABLE && words->flag_count < OPTIONS_MAX) {
			words->values[words->flag_count] = optarg;
			words->flags[words->flag_count++] = options[place].name;
		} else
			result = JF_TOOL_USAGE;
	}
	while (optind < argc && words->count < OPTIONS_MAX)
		words->positional[words->count++] = argv[optind++];
	if (result == JF_TOOL_OK)
		result = set_socket(line, folder && *folder ? folder : RUN_DIR_DEFAULT, socket);
	return result;
}

static enum jf_tool_exit wrong_use(const struct jf_command_spec *spec, const char *what,
                                   const char *word)
{
	fprintf(stderr, "jf: %s%s%s\n    usage: jf %s%s%s\n", what, word ? " " : "",
	        word ? word : "", spec->name, *spec->usage ? " " : "", spec->usage);
	return JF_TOOL_USAGE;
}

static bool choice_given(const char *choices, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = choices; length && at; at = strchr(at, '|')) {
		at += *at == '|';
		if (strncmp(at, word, length) == 0 && (at[length] == '|' || !at[length]))
			return true;
	}
	return false;
}

static enum jf_tool_exit take_positional(struct jf_tool_line *line,
                                         const struct jf_argument *argument, const char *word)
{
	if (argument->kind == JF_ARGUMENT_FILES) {
		json_t *files;
		enum jf_tool_exit result = jf_tool_read_folder(word, &files);

		if (result == JF_TOOL_OK)
			json_object_set_new(line->args, argument->name, files);
		return result;
	}
	if (argument->kind == JF_ARGUMENT_LOCAL_TEXT) {
		line->local_text = word;
		return JF_TOOL_OK;
	}
	if (argument->kind == JF_ARGUMENT_CHOICE && !choice_given(argument->choices, word))
		return wrong_use(line->spec, "not one of its choices:", word);
	if (json_object_set_new(line->args, argument->name, json_string(word)))
		return wrong_use(line->spec, "not a text:", argument->name);
	return JF_TOOL_OK;
}

static bool take_number(const char *text, unsigned long *ret_number)
{
	char *end;

	*ret_number = strtoul(text, &end, 10);
	return *text && !*end && *text != '-' && *ret_number;
}

static bool take_local(struct jf_tool_line *line, const char *name, const char *value)
{
	if (strcmp(name, "count") == 0)
		return take_number(value, &line->count);
	if (strcmp(name, "seconds") == 0)
		return take_number(value, &line->seconds);
	if (strcmp(name, "pcap") == 0)
		line->pcap = value;
	else if (strcmp(name, "watch") == 0)
		line->watch = true;
	else if (strcmp(name, "sdp") == 0)
		line->sdp = true;
	else if (strcmp(name, "decrypted") == 0)
		line->decrypted = true;
	else
		line->yes = true;
	return true;
}

static enum jf_tool_exit take_arguments(struct jf_tool_line *line, const struct words *words)
{
	int at = 1;

	for (int a = 0; a < JF_COMMAND_ARGUMENTS_MAX; a++) {
		const struct jf_argument *argument = &line->spec->arguments[a];
		enum jf_tool_exit result;

		if (!argument->name || is_flag(argument) || is_option(argument) ||
		    argument->kind == JF_ARGUMENT_NUMBER)
			continue;
		if (at >= words->count) {
			if (argument->required)
				return wrong_use(line->spec, "missing:", argument->help);
			continue;
		}
		result = take_positional(line, argument, words->positional[at++]);
		if (result != JF_TOOL_OK)
			return result;
	}
	if (at < words->count)
		return wrong_use(line->spec, "one word too many:", words->positional[at]);
	for (int i = 0; i < words->flag_count; i++) {
		const struct jf_argument *argument =
		        jf_command_argument(line->spec, words->flags[i]);

		if (!argument)
			return wrong_use(line->spec, "not its option:", words->flags[i]);
		if (argument->kind == JF_ARGUMENT_FLAG)
			json_object_set_new(line->args, argument->name, json_true());
		else if (argument->kind == JF_ARGUMENT_OPTION) {
			if (json_object_set_new(line->args, argument->name,
			                        json_string(words->values[i])))
				return wrong_use(line->spec, "not a text:", argument->name);
		} else if (!take_local(line, argument->name, words->values[i]))
			return wrong_use(line->spec, "not a number from 1:", words->values[i]);
	}
	if (line->limit && line->spec->shape != JF_COMMAND_LISTING)
		return wrong_use(line->spec, "not its option:", "--limit");
	return JF_TOOL_OK;
}

enum jf_tool_exit jf_tool_line_parse(int argc, char **argv, struct jf_tool_line *ret_line)
{
	struct words words = {0};
	enum jf_tool_exit result;

	*ret_line = (struct jf_tool_line){.args = json_object()};
	result = read_options(argc, argv, ret_line, &words);
	if (result != JF_TOOL_OK || words.count == 0)
		return result;
	ret_line->word = words.positional[0];
	if (strcmp(ret_line->word, "help") == 0 || strcmp(ret_line->word, "completion") == 0) {
		ret_line->operand = words.count > 1 ? words.positional[1] : NULL;
		return JF_TOOL_OK;
	}
	ret_line->spec = jf_command_find(ret_line->word);
	if (!ret_line->spec) {
		fprintf(stderr, "jf: there is no command %s: jf --help says what there is\n",
		        ret_line->word);
		return JF_TOOL_USAGE;
	}
	return ret_line->help ? JF_TOOL_OK : take_arguments(ret_line, &words);
}

void jf_tool_line_clear(struct jf_tool_line *line)
{
	json_decref(line->args);
	line->args = NULL;
}
