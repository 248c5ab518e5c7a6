// SPDX-License-Identifier: BSD-3-Clause
/* Help and completion, both from the command table. */
#include <stdio.h>
#include <string.h>

#include "jf_tool_run.h"

static void help_overview(FILE *out)
{
	fputs("jf: the command line of a Jackfield engine\n\n"
	      "usage: jf [OPTIONS] COMMAND [ARGUMENTS]\n"
	      "       jf [OPTIONS]               interactive: Tab completes, Ctrl-D leaves\n\n"
	      "commands:\n",
	      out);
	for (size_t i = 0; i < jf_command_table_count; i++) {
		const struct jf_command_spec *spec = &jf_command_table[i];

		fprintf(out, "  %-10s  %s\n", spec->name, spec->summary);
	}
	fputs("  help        explain a command: jf help calls\n"
	      "  completion  print a completion script: source <(jf completion bash)\n\n"
	      "options:\n"
	      "  --json          exact values as JSON, for programs\n"
	      "  --limit N       at most N rows of a listing\n"
	      "  --run-dir DIR   the engine's run directory ($JF_RUN_DIR, else /run/jackfield)\n"
	      "  --socket PATH   its command socket, instead of DIR/control.sock\n"
	      "  --help          this, or about the command that is given\n"
	      "  --version\n\n"
	      "exit codes:\n"
	      "  0  done\n"
	      "  1  the engine refused, or a file could not be read or written\n"
	      "  2  not a command, or not its arguments\n"
	      "  3  no engine there, or it does not answer\n\n"
	      "examples:\n",
	      out);
	for (size_t i = 0; i < jf_command_table_count; i++)
		fprintf(out, "  %s\n", jf_command_table[i].example);
}

/* Given as --name, with a value or without. */
static bool is_dashed(const struct jf_argument *argument)
{
	return argument->kind == JF_ARGUMENT_FLAG || argument->kind == JF_ARGUMENT_OPTION ||
	       argument->kind == JF_ARGUMENT_LOCAL_FLAG ||
	       argument->kind == JF_ARGUMENT_LOCAL_OPTION;
}

static void help_command(FILE *out, const struct jf_command_spec *spec)
{
	fprintf(out, "jf %s: %s\n\nusage: jf %s%s%s\n", spec->name, spec->summary, spec->name,
	        *spec->usage ? " " : "", spec->usage);
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++) {
		const struct jf_argument *argument = &spec->arguments[i];
		bool flag = is_dashed(argument);

		fprintf(out, "  %s%-*s  %s%s%s\n", flag ? "--" : "", flag ? 10 : 12, argument->name,
		        argument->help, argument->choices ? ": " : "",
		        argument->choices ? argument->choices : "");
	}
	if (spec->shape == JF_COMMAND_LISTING) {
		fputs("\ncolumns, and their keys with --json:\n", out);
		for (int i = 0; i < JF_COMMAND_COLUMNS_MAX && spec->columns[i].key; i++)
			fprintf(out, "  %-12s  %s\n", spec->columns[i].title, spec->columns[i].key);
	}
	fprintf(out, "\nexample: %s\n", spec->example);
}

void jf_tool_help(FILE *out, const struct jf_command_spec *spec)
{
	if (spec)
		help_command(out, spec);
	else
		help_overview(out);
}

/* The words that may follow a command: flags, choices, or names from a listing. */
static void completion_case(FILE *out, const struct jf_command_spec *spec)
{
	int place = 1;

	fprintf(out, "\t%s)\n\t\tflags=\"$common", spec->name);
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++)
		if (is_dashed(&spec->arguments[i]))
			fprintf(out, " --%s", spec->arguments[i].name);
	fputs("\"\n\t\tcase $place in\n", out);
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++) {
		const struct jf_argument *argument = &spec->arguments[i];

		if (argument->kind == JF_ARGUMENT_CHOICE) {
			fprintf(out, "\t\t%d) words=\"", place);
			for (const char *c = argument->choices; *c; c++)
				fputc(*c == '|' ? ' ' : *c, out);
			fputs("\" ;;\n", out);
		} else if (argument->kind == JF_ARGUMENT_TEXT && argument->complete) {
			fprintf(out,
			        "\t\t%d) words=$(jf %s 2>/dev/null | awk 'NR > 1 { print $1 }') "
			        ";;\n",
			        place, argument->complete);
		} else if (argument->kind == JF_ARGUMENT_FILES ||
		           argument->kind == JF_ARGUMENT_LOCAL_TEXT) {
			fprintf(out,
			        "\t\t%d) mapfile -t COMPREPLY < <(compgen -d -- \"$word\"); return "
			        ";;\n",
			        place);
		}
		place++;
	}
	fputs("\t\tesac ;;\n", out);
}

void jf_tool_completion_bash(FILE *out)
{
	fputs("# bash completion of jf: source <(jf completion bash)\n"
	      "_jf()\n{\n"
	      "\tlocal word=${COMP_WORDS[COMP_CWORD]} command= words= place=0 i\n"
	      "\tlocal common=\"--json --limit --run-dir --socket --help\" flags=\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tcase ${COMP_WORDS[i]} in\n"
	      "\t\t--limit | --run-dir | --socket) ((i++)) ;;\n"
	      "\t\t-*) ;;\n"
	      "\t\t*)\n"
	      "\t\t\tif [ -z \"$command\" ]; then command=${COMP_WORDS[i]}; fi\n"
	      "\t\t\t((place++)) ;;\n"
	      "\t\tesac\n"
	      "\tdone\n"
	      "\tcase $command in\n"
	      "\t'') flags=\"$common --version\" words=\"help completion",
	      out);
	for (size_t i = 0; i < jf_command_table_count; i++)
		fprintf(out, " %s", jf_command_table[i].name);
	fputs("\" ;;\n\tcompletion) words=bash ;;\n", out);
	for (size_t i = 0; i < jf_command_table_count; i++)
		completion_case(out, &jf_command_table[i]);
	fputs("\tesac\n"
	      "\tcase $word in -*) words=$flags ;; esac\n"
	      "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$word\")\n"
	      "}\n"
	      "complete -F _jf jf\n",
	      out);
}
