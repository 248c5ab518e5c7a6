// SPDX-License-Identifier: BSD-3-Clause
/* jf: the NOC's command line. */
#include <locale.h>
#include <stdio.h>

#include "jf_tool_run.h"

int main(int argc, char **argv)
{
	struct jf_tool_line line;
	enum jf_tool_exit result;

	setlocale(LC_CTYPE, "");
	result = jf_tool_line_parse(argc, argv, &line);
	if (result != JF_TOOL_OK)
		goto out;
	if (line.version)
		printf("jf (Jackfield) %s\n", JF_VERSION);
	else if (line.help)
		jf_tool_help(stdout, line.spec);
	else if (!line.word)
		result = jf_tool_interactive(&line);
	else
		result = jf_tool_run(&line);
	if (fflush(stdout) && result == JF_TOOL_OK)
		result = JF_TOOL_FAILED;
out:
	jf_tool_line_clear(&line);
	return result;
}
