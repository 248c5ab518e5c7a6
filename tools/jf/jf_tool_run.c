// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "jf_protocol.h"
#include "jf_tool_print.h"
#include "jf_tool_text.h"
#include "jf_tool_trace.h"

/* ---- Listings ---------------------------------------------------------------------------------
 */

/* All pages as one array, or as many rows as are asked for. */
static enum jf_tool_exit ask_all(struct jf_tool_client *client, const struct jf_tool_line *line,
                                 json_t **ret_rows)
{
	json_t *rows = json_array(), *cursor = NULL;
	enum jf_tool_exit result;

	do {
		size_t have = json_array_size(rows);
		json_t *args = json_copy(line->args), *data;

		if (cursor)
			json_object_set_new(args, "cursor", cursor);
		if (line->limit)
			json_object_set_new(args, "limit",
			                    json_integer((json_int_t)(line->limit - have)));
		result = jf_tool_client_ask(client, line->spec->name, args, &data);
		cursor = NULL;
		if (result != JF_TOOL_OK)
			break;
		json_array_extend(rows, json_object_get(data, "rows"));
		cursor = json_incref(json_object_get(data, "next"));
		json_decref(data);
	} while (json_is_string(cursor) && (!line->limit || json_array_size(rows) < line->limit));
	json_decref(cursor);
	if (result == JF_TOOL_OK)
		*ret_rows = rows;
	else
		json_decref(rows);
	return result;
}

static enum jf_tool_exit run_listing(struct jf_tool_client *client, struct jf_tool_line *line)
{
	enum jf_tool_exit result;
	json_t *rows;

	result = ask_all(client, line, &rows);
	if (result != JF_TOOL_OK)
		return result;
	if (line->json)
		jf_tool_print_json(stdout, rows);
	else
		jf_tool_print_table(stdout, line->spec, rows);
	json_decref(rows);
	return JF_TOOL_OK;
}

/* ---- Events -----------------------------------------------------------------------------------
 */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	interrupted = signal;
}

static enum jf_tool_exit run_stream(struct jf_tool_client *client, struct jf_tool_line *line)
{
	struct sigaction ours = {.sa_handler = on_interrupt}, theirs;
	enum jf_tool_exit result;
	const char *text;
	json_t *data;

	result = jf_tool_client_ask(client, line->spec->name, json_incref(line->args), &data);
	if (result != JF_TOOL_OK)
		return result;
	json_decref(data);
	interrupted = 0;
	sigaction(SIGINT, &ours, &theirs); /* without SA_RESTART: ends the wait for a line */
	while (!ferror(stdout) && (text = jf_tool_client_next_line(client)) != NULL) {
		if (line->json) {
			jf_tool_json(stdout, text);
			fflush(stdout);
		} else {
			jf_tool_print_event(stdout, text);
		}
	}
	sigaction(SIGINT, &theirs, NULL);
	if (interrupted || ferror(stdout))
		return JF_TOOL_OK;
	fprintf(stderr, "jf: the engine has gone\n");
	return JF_TOOL_UNREACHABLE;
}

/* ---- Everything -------------------------------------------------------------------------------
 */

static enum jf_tool_exit run_object(struct jf_tool_client *client, struct jf_tool_line *line)
{
	enum jf_tool_exit result;
	json_t *data;

	result = jf_tool_client_ask(client, line->spec->name, json_incref(line->args), &data);
	if (result != JF_TOOL_OK)
		return result;
	if (line->json)
		jf_tool_print_json(stdout, data);
	else
		jf_tool_print_object(stdout, data);
	json_decref(data);
	return JF_TOOL_OK;
}

static enum jf_tool_exit run_own(const struct jf_tool_line *line)
{
	const struct jf_command_spec *about = line->operand ? jf_command_find(line->operand) : NULL;

	if (strcmp(line->word, "help") == 0) {
		if (line->operand && !about) {
			fprintf(stderr, "jf: there is no command %s\n", line->operand);
			return JF_TOOL_USAGE;
		}
		jf_tool_help(stdout, about);
		return JF_TOOL_OK;
	}
	if (!line->operand || strcmp(line->operand, "bash") != 0) {
		fprintf(stderr, "jf: completion is there for bash only\n"
		                "    usage: jf completion bash\n");
		return JF_TOOL_USAGE;
	}
	jf_tool_completion_bash(stdout);
	return JF_TOOL_OK;
}

static enum jf_tool_exit run_once(struct jf_tool_client *client, struct jf_tool_line *line)
{
	return line->spec->shape == JF_COMMAND_LISTING ? run_listing(client, line)
	                                               : run_object(client, line);
}

/* In place on a terminal, one answer below the other elsewhere. */
static enum jf_tool_exit run_watch(struct jf_tool_client *client, struct jf_tool_line *line)
{
	static const struct timespec pause = {.tv_sec = 1};
	struct sigaction ours = {.sa_handler = on_interrupt}, theirs;
	bool in_place = !line->json && isatty(fileno(stdout));
	enum jf_tool_exit result;

	interrupted = 0;
	sigaction(SIGINT, &ours, &theirs);
	do {
		if (in_place)
			fputs("\033[H\033[2J", stdout);
		result = run_once(client, line);
		fflush(stdout);
	} while (result == JF_TOOL_OK && !interrupted && !ferror(stdout) &&
	         nanosleep(&pause, NULL) == 0);
	sigaction(SIGINT, &theirs, NULL);
	return interrupted ? JF_TOOL_OK : result;
}

enum jf_tool_exit jf_tool_run(struct jf_tool_line *line)
{
	struct jf_tool_client *client;
	enum jf_tool_exit result;

	if (!line->spec)
		return run_own(line);
	result = jf_tool_client_open(line->socket_path, &client);
	if (result != JF_TOOL_OK)
		return result;
	if (strcmp(line->spec->name, "apply") == 0)
		result = jf_tool_apply(client, line);
	else if (strcmp(line->spec->name, "export") == 0)
		result = jf_tool_export(client, line);
	else if (strcmp(line->spec->name, "trace") == 0)
		result = jf_tool_trace(client, line);
	else if (line->spec->shape == JF_COMMAND_STREAM)
		result = run_stream(client, line);
	else if (line->watch)
		result = run_watch(client, line);
	else
		result = run_once(client, line);
	jf_tool_client_close(client);
	return result;
}
