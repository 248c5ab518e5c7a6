// SPDX-License-Identifier: BSD-3-Clause
/* The interactive mode: libedit's line, history and Tab, on the same command table. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <histedit.h>

#include "jf_tool_run.h"

#define HISTORY_LINES 1000
#define WORDS_MAX     64

struct shell {
	EditLine *line;
	History *history;
	Tokenizer *tokens;
	const struct jf_tool_line *options;
	char history_path[512];
};

static char *prompt(EditLine *line)
{
	(void)line;
	return (char *)"jf> ";
}

/* Prints candidates, or completes what they have in common. */
static unsigned char offer(EditLine *line, const char *begin, const char *const *words, int n)
{
	size_t given = strlen(begin), common = 0;
	const char *first = NULL;
	int fitting = 0;

	for (int i = 0; i < n; i++) {
		if (strncmp(words[i], begin, given) != 0)
			continue;
		if (!first)
			common = strlen(words[i]);
		for (size_t c = 0; first && c < common; c++)
			if (first[c] != words[i][c])
				common = c;
		first = first ? first : words[i];
		fitting++;
	}
	if (!fitting)
		return CC_REFRESH_BEEP;
	if (common > given || fitting == 1) {
		char rest[128];

		snprintf(rest, sizeof(rest), "%.*s%s", (int)(common - given), first + given,
		         fitting == 1 ? " " : "");
		el_insertstr(line, rest);
		return CC_REFRESH;
	}
	fputc('\n', stdout);
	for (int i = 0; i < n; i++)
		if (strncmp(words[i], begin, given) == 0)
			printf("%s  ", words[i]);
	fputc('\n', stdout);
	return CC_REDISPLAY;
}

/* Candidates for the word at place (0: the command); the texts live in storage or in the table. */
static int candidates(const struct jf_command_spec *spec, int place, const char **words,
                      char *storage, size_t size)
{
	int n = 0, position = 0;

	if (place == 0) {
		for (size_t i = 0; i < jf_command_table_count; i++)
			words[n++] = jf_command_table[i].name;
		words[n++] = "help";
		return n;
	}
	for (int i = 0; spec && i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++) {
		const struct jf_argument *argument = &spec->arguments[i];

		if (++position != place || argument->kind != JF_ARGUMENT_CHOICE)
			continue;
		snprintf(storage, size, "%s", argument->choices);
		for (char *word = strtok(storage, "|"); word; word = strtok(NULL, "|"))
			words[n++] = word;
	}
	return n;
}

static unsigned char complete(EditLine *line, int key)
{
	const LineInfo *info = el_line(line);
	const char *words[WORDS_MAX];
	char text[512], storage[256], last[128] = "", command[64] = "";
	int place = -1;
	size_t length = (size_t)(info->cursor - info->buffer);

	(void)key;
	if (length >= sizeof(text))
		return CC_REFRESH_BEEP;
	memcpy(text, info->buffer, length);
	text[length] = '\0';
	for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
		if (++place == 0)
			snprintf(command, sizeof(command), "%s", word);
		snprintf(last, sizeof(last), "%s", word);
	}
	if (length == 0 || info->cursor[-1] == ' ') {
		place++;
		last[0] = '\0';
	}
	return offer(line, last, words,
	             candidates(jf_command_find(command), place, words, storage, sizeof(storage)));
}

static int open_shell(struct shell *shell)
{
	HistEvent event;
	const char *home = getenv("HOME");

	shell->line = el_init("jf", stdin, stdout, stderr);
	shell->history = history_init();
	shell->tokens = tok_init(NULL);
	if (!shell->line || !shell->history || !shell->tokens)
		return -1;
	el_set(shell->line, EL_PROMPT, prompt);
	el_set(shell->line, EL_EDITOR, "emacs");
	el_set(shell->line, EL_SIGNAL, 1);
	history(shell->history, &event, H_SETSIZE, HISTORY_LINES);
	history(shell->history, &event, H_SETUNIQUE, 1);
	el_set(shell->line, EL_HIST, history, shell->history);
	el_set(shell->line, EL_ADDFN, "jf-complete", "complete the word", complete);
	el_set(shell->line, EL_BIND, "^I", "jf-complete", NULL);
	el_set(shell->line, EL_BIND, "?", "jf-complete", NULL);
	if (home && *home) {
		snprintf(shell->history_path, sizeof(shell->history_path), "%s/.jf_history", home);
		history(shell->history, &event, H_LOAD, shell->history_path);
	}
	return 0;
}

static void close_shell(struct shell *shell)
{
	HistEvent event;

	if (shell->tokens)
		tok_end(shell->tokens);
	if (shell->history && shell->history_path[0])
		history(shell->history, &event, H_SAVE, shell->history_path);
	if (shell->line)
		el_end(shell->line);
	if (shell->history)
		history_end(shell->history);
}

static void run_line(struct shell *shell, int count, const char **words)
{
	char *argv[WORDS_MAX + 2] = {(char *)"jf"};
	struct jf_tool_line line;

	for (int i = 0; i < count && i < WORDS_MAX; i++)
		argv[i + 1] = (char *)words[i];
	if (jf_tool_line_parse(count < WORDS_MAX ? count + 1 : WORDS_MAX + 1, argv, &line) ==
	    JF_TOOL_OK) {
		memcpy(line.socket_path, shell->options->socket_path, sizeof(line.socket_path));
		line.json |= shell->options->json;
		if (line.help)
			jf_tool_help(stdout, line.spec);
		else if (line.word)
			jf_tool_run(&line);
	}
	jf_tool_line_clear(&line);
	fflush(stdout);
}

enum jf_tool_exit jf_tool_interactive(const struct jf_tool_line *options)
{
	struct shell shell = {.options = options};
	enum jf_tool_exit result = JF_TOOL_FAILED;
	HistEvent event;
	const char *text, **words;
	int length, count;

	if (open_shell(&shell))
		goto out;
	if (isatty(STDIN_FILENO))
		puts("Tab or ? shows what fits, help explains, Ctrl-D leaves.");
	while ((text = el_gets(shell.line, &length)) != NULL && length > 0) {
		tok_reset(shell.tokens);
		if (tok_str(shell.tokens, text, &count, &words) != 0) {
			fprintf(stderr, "jf: a quote is not closed\n");
			continue;
		}
		if (count == 0)
			continue;
		history(shell.history, &event, H_ENTER, text);
		if (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0)
			break;
		run_line(&shell, count, words);
	}
	result = JF_TOOL_OK;
out:
	close_shell(&shell);
	return result;
}
