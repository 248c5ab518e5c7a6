// SPDX-License-Identifier: BSD-3-Clause
#include "directory_lab.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct jf_directory_errors directory_lab_errors;
const char *directory_lab_missing;

static int sound_check(const char *path, void *arg)
{
	(void)arg;
	return directory_lab_missing && strstr(path, directory_lab_missing) ? -ENOENT : 0;
}

static int zone_load(const char *name, struct jf_zone **ret_zone, void *arg)
{
	static char bytes[JF_ZONE_FILE_MAX];
	char path[128];
	size_t n;
	FILE *file;

	(void)arg;
	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", name);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	n = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	return jf_zone_parse(bytes, n, ret_zone);
}

struct jf_directory *directory_lab_parse(const char *text)
{
	struct jf_directory_file file = {"acme.yaml", text, strlen(text)};
	struct jf_directory_options options = {.realm = "test",
	                                       .base = "/srv",
	                                       .sound_check = sound_check,
	                                       .zone_load = zone_load};
	struct jf_directory *d = NULL;
	int result = jf_directory_parse(&file, 1, &options, &d, &directory_lab_errors);

	assert_int_equal(result, d ? 0 : -EINVAL);
	return d;
}

struct jf_directory *directory_lab_make(const char *text)
{
	struct jf_directory *d = directory_lab_parse(text);

	for (size_t i = 0; i < directory_lab_errors.count; i++)
		print_message("%u:%u: %s\n", directory_lab_errors.list[i].line,
		              directory_lab_errors.list[i].column,
		              directory_lab_errors.list[i].message);
	if (!d)
		fail_msg("refused: %s", text);
	return d;
}

char *directory_lab_export(const struct jf_directory *directory)
{
	struct jf_directory *again;
	struct jf_directory_diff *diff;
	char *text;

	assert_int_equal(jf_directory_export(directory, &text), 0);
	again = directory_lab_make(text);
	assert_int_equal(jf_directory_compare(directory, again, &diff), 0);
	for (size_t i = 0; i < diff->count; i++)
		print_message("%s %s: %s\n", diff->list[i].kind, diff->list[i].name,
		              diff->list[i].fields);
	assert_int_equal(diff->count, 0);
	free(diff);
	jf_directory_destroy(again);
	return text;
}

void directory_lab_expect(const char *text, uint32_t line, uint32_t column, const char *message)
{
	const struct jf_directory_error *e = &directory_lab_errors.list[0];

	if (directory_lab_parse(text))
		fail_msg("taken: %s", text);
	while (e->is_warning)
		e++;
	assert_string_equal(e->file, "acme.yaml");
	assert_true(e->column > 0);
	if (e->line != line || (column && e->column != column) || !strstr(e->message, message))
		fail_msg("%s%u:%u: %s, not %u:%u: %s", text, e->line, e->column, e->message, line,
		         column, message);
}
