// SPDX-License-Identifier: BSD-3-Clause
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jf_protocol.h"
#include "jf_tool_print.h"
#include "jf_tool_run.h"
#include "jf_tool_text.h"

static enum jf_tool_exit failed(const char *path, const char *name, const char *why)
{
	fprintf(stderr, "jf: %s%s%s: %s\n", path, name ? "/" : "", name ? name : "", why);
	return JF_TOOL_FAILED;
}

static bool is_yaml(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

static int select_yaml(const struct dirent *entry)
{
	return is_yaml(entry->d_name);
}

/* A file as {"name", "text"}; NULL, with errno, or errno 0 if it isn't UTF-8 text. */
static json_t *read_one(const char *folder, const char *name)
{
	char path[4096], *text = NULL;
	json_t *file = NULL;
	size_t length = 0;
	FILE *in;
	int err = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	in = fopen(path, "re");
	if (!in)
		return NULL;
	text = malloc(JF_PROTOCOL_LINE_MAX);
	if (text)
		length = fread(text, 1, JF_PROTOCOL_LINE_MAX, in);
	if (!text || ferror(in))
		err = errno;
	else if (length == JF_PROTOCOL_LINE_MAX)
		err = EFBIG;
	else if (!memchr(text, '\0', length))
		file = json_pack("{s:s, s:s%}", "name", name, "text", text, length);
	free(text);
	fclose(in);
	errno = err;
	return file;
}

enum jf_tool_exit jf_tool_read_folder(const char *path, json_t **ret_files)
{
	enum jf_tool_exit result = JF_TOOL_OK;
	char *folder = realpath(path, NULL);
	json_t *list = json_array();
	struct dirent **entries = NULL;
	int n = folder ? scandir(folder, &entries, select_yaml, alphasort) : -1;

	if (n < 0)
		result = failed(path, NULL, strerror(errno));
	else if (n == 0)
		result = failed(path, NULL, "there are no *.yaml files in it");
	for (int i = 0; i < n; i++) {
		json_t *file = result == JF_TOOL_OK ? read_one(folder, entries[i]->d_name) : NULL;

		if (file)
			json_array_append_new(list, file);
		else if (result == JF_TOOL_OK)
			result = failed(path, entries[i]->d_name,
			                errno ? strerror(errno) : "not UTF-8 text");
		free(entries[i]);
	}
	free(entries);
	if (result == JF_TOOL_OK)
		*ret_files = json_pack("{s:s, s:O}", "folder", folder, "list", list);
	json_decref(list);
	free(folder);
	return result;
}

static bool agreed(void)
{
	char answer[16];

	fprintf(stderr, "apply these changes? [y/N] ");
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static void print_counts(const json_t *data)
{
	static const char *const words[] = {"added", "changed", "removed"};
	size_t i;
	json_t *change;

	fputs("applied:", stdout);
	for (size_t w = 0; w < 3; w++) {
		unsigned count = 0;

		json_array_foreach(json_object_get(data, "changes"), i, change)
		{
			const char *word = json_string_value(json_object_get(change, "change"));

			count += word && strcmp(word, words[w]) == 0;
		}
		printf("%s %u %s", w ? "," : "", count, words[w]);
	}
	fputc('\n', stdout);
}

static void print_warnings(const json_t *warnings)
{
	json_t *one;
	size_t i;

	json_array_foreach(warnings, i, one)
	{
		char file[80], message[256];

		jf_tool_text(json_string_value(json_object_get(one, "file")), file, sizeof(file));
		jf_tool_text(json_string_value(json_object_get(one, "message")), message,
		             sizeof(message));
		fprintf(stderr, "warning: %s:%d:%d: %s\n", file,
		        (int)json_integer_value(json_object_get(one, "line")),
		        (int)json_integer_value(json_object_get(one, "column")), message);
	}
}

enum jf_tool_exit jf_tool_apply(struct jf_tool_client *client, struct jf_tool_line *line)
{
	bool dry_run = json_is_true(json_object_get(line->args, "dry-run"));
	json_t *rehearsal = json_copy(line->args), *data = NULL;
	enum jf_tool_exit result;

	json_object_set_new(rehearsal, "dry-run", json_true());
	result = jf_tool_client_ask(client, "apply", rehearsal, &data);
	if (result != JF_TOOL_OK)
		return result;
	if (!line->json)
		jf_tool_print_changes(stdout, json_object_get(data, "changes"));
	print_warnings(json_object_get(data, "warnings"));
	if (json_array_size(json_object_get(data, "changes")) == 0 && !line->json)
		puts("no difference");
	if (dry_run || json_array_size(json_object_get(data, "changes")) == 0)
		goto out;
	if (!line->yes && !isatty(STDIN_FILENO)) {
		fprintf(stderr, "jf: not on a terminal: --yes says that it shall be done\n");
		result = JF_TOOL_USAGE;
		goto out;
	}
	fflush(stdout);
	if (!line->yes && !agreed()) {
		fprintf(stderr, "jf: nothing was changed\n");
		result = JF_TOOL_FAILED;
		goto out;
	}
	json_decref(data);
	data = NULL;
	result = jf_tool_client_ask(client, "apply", json_incref(line->args), &data);
	if (result == JF_TOOL_OK && !line->json)
		print_counts(data);
out:
	if (result == JF_TOOL_OK && line->json)
		jf_tool_print_json(stdout, data);
	json_decref(data);
	return result;
}

/* Holds the agents' HA1: for its owner's eyes only. */
static enum jf_tool_exit write_export(const char *folder, const char *yaml)
{
	char path[4096];
	size_t length = strlen(yaml);
	int fd;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return failed(folder, NULL, strerror(errno));
	snprintf(path, sizeof(path), "%s/directory.yaml", folder);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return failed(path, NULL, strerror(errno));
	if (fchmod(fd, 0600) || write(fd, yaml, length) != (ssize_t)length || fsync(fd)) {
		close(fd);
		return failed(path, NULL, strerror(errno));
	}
	close(fd);
	printf("%s\n", path);
	return JF_TOOL_OK;
}

enum jf_tool_exit jf_tool_export(struct jf_tool_client *client, struct jf_tool_line *line)
{
	enum jf_tool_exit result;
	const char *yaml;
	json_t *data;

	result = jf_tool_client_ask(client, "export", json_incref(line->args), &data);
	if (result != JF_TOOL_OK)
		return result;
	yaml = json_string_value(json_object_get(data, "yaml"));
	if (line->json)
		jf_tool_print_json(stdout, data);
	else if (line->local_text)
		result = write_export(line->local_text, yaml ? yaml : "");
	else
		fputs(yaml ? yaml : "", stdout);
	json_decref(data);
	return result;
}
