/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection of `jf` to jf-control: one request, one answer, blocking.
 *
 * Every failure to reach the engine or to understand it is told on stderr here, once, in words.
 */
#ifndef JF_TOOL_CLIENT_H
#define JF_TOOL_CLIENT_H

#include <jansson.h>

/* How `jf` ends; also in its --help. */
enum jf_tool_exit {
	JF_TOOL_OK = 0,
	JF_TOOL_FAILED = 1,      /* the engine refused, or a file could not be read or written */
	JF_TOOL_USAGE = 2,       /* not a command, or not its arguments */
	JF_TOOL_UNREACHABLE = 3, /* no engine there, or it does not answer */
};

struct jf_tool_client;

/* JF_TOOL_OK or JF_TOOL_UNREACHABLE. */
enum jf_tool_exit jf_tool_client_open(const char *socket_path, struct jf_tool_client **ret_client);

/* NULL is allowed. */
void jf_tool_client_close(struct jf_tool_client *client);

/*
 * Sends a request and waits for its answer, at most 10 s. args (an object, or NULL) is taken over.
 * On JF_TOOL_OK the data is the caller's. On JF_TOOL_FAILED the engine's error has been printed,
 * the files it refuses as folder/file:line:column: message.
 */
enum jf_tool_exit jf_tool_client_ask(struct jf_tool_client *client, const char *command,
                                     json_t *args, json_t **ret_data);

/*
 * The next event line, NUL-terminated, valid until the next call. Waits for ever. NULL: the engine
 * closed the connection, or a signal came.
 */
const char *jf_tool_client_next_line(struct jf_tool_client *client);

#endif
