// SPDX-License-Identifier: BSD-3-Clause
#include <string.h>

#include "jf_command_table.h"

const struct jf_command_spec *jf_command_find(const char *name)
{
	for (size_t i = 0; i < jf_command_table_count; i++)
		if (strcmp(jf_command_table[i].name, name) == 0)
			return &jf_command_table[i];
	return NULL;
}

const struct jf_argument *jf_command_argument(const struct jf_command_spec *spec, const char *name)
{
	for (int i = 0; i < JF_COMMAND_ARGUMENTS_MAX && spec->arguments[i].name; i++)
		if (strcmp(spec->arguments[i].name, name) == 0)
			return &spec->arguments[i];
	return NULL;
}
