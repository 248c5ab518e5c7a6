/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One command line of `jf`, from its words to what is printed: the same for the shell's argv and
 * for a line of the interactive mode.
 */
#ifndef JF_TOOL_RUN_H
#define JF_TOOL_RUN_H

#include <stdbool.h>

#include <jansson.h>

#include "jf_command_table.h"
#include "jf_tool_client.h"

/* A line, understood. */
struct jf_tool_line {
	const struct jf_command_spec *spec; /* NULL: no command was given */
	const char *word;                   /* as given: also help, completion */
	const char *operand;                /* of help and completion, or NULL */
	json_t *args;                       /* of the request */
	const char *local_text;             /* export's folder, or NULL */
	bool json, help, version, yes, watch;
	unsigned limit; /* of a listing; 0: all */
	/* trace */
	bool sdp, decrypted;
	unsigned long count, seconds; /* 0: without end */
	const char *pcap;
	char socket_path[512];
};

/*
 * Reads argv by the command table; mistakes are told on stderr. socket_path comes from --socket,
 * --run-dir, $JF_RUN_DIR, or is the default, in this order. JF_TOOL_OK or JF_TOOL_USAGE; either
 * way the caller ends it with jf_tool_line_clear.
 */
enum jf_tool_exit jf_tool_line_parse(int argc, char **argv, struct jf_tool_line *ret_line);
void jf_tool_line_clear(struct jf_tool_line *line);

/* Carries a line out. */
enum jf_tool_exit jf_tool_run(struct jf_tool_line *line);

/* Everything, or about one command. */
void jf_tool_help(FILE *out, const struct jf_command_spec *spec);

/* A bash completion script, from the table. */
void jf_tool_completion_bash(FILE *out);

/* Prompts for lines until Ctrl-D; options are those of the shell's command line. */
enum jf_tool_exit jf_tool_interactive(const struct jf_tool_line *options);

/* apply and export: files of this machine on one side, the engine's directory on the other. */
enum jf_tool_exit jf_tool_apply(struct jf_tool_client *client, struct jf_tool_line *line);
enum jf_tool_exit jf_tool_export(struct jf_tool_client *client, struct jf_tool_line *line);

/* The *.yaml and *.yml files of a folder as the request's "files"; mistakes go to stderr. */
enum jf_tool_exit jf_tool_read_folder(const char *path, json_t **ret_files);

#endif
