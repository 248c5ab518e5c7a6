// SPDX-License-Identifier: BSD-3-Clause
#include "directory_lab.h"

#include <errno.h>
#include <string.h>

struct jf_directory_errors directory_lab_errors;
const char *directory_lab_missing;

static int sound_check(const char *path, void *arg)
{
	(void)arg;
	return directory_lab_missing && strstr(path, directory_lab_missing) ? -ENOENT : 0;
}

struct jf_directory *directory_lab_parse(const char *text)
{
	struct jf_directory_file file = {"acme.yaml", text, strlen(text)};
	struct jf_directory_options options = {
	        .realm = "test", .base = "/srv", .sound_check = sound_check};
	struct jf_directory *d = NULL;

	if (jf_directory_parse(&file, 1, &options, &d, &directory_lab_errors))
		return NULL;
	return d;
}
