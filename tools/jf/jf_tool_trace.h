/* SPDX-License-Identifier: BSD-3-Clause */
/* `jf trace`: the ladder on the terminal, one message a line with --json, or a capture file. */
#ifndef JF_TOOL_TRACE_H
#define JF_TOOL_TRACE_H

#include "jf_tool_client.h"
#include "jf_tool_run.h"

enum jf_tool_exit jf_tool_trace(struct jf_tool_client *client, struct jf_tool_line *line);

#endif
