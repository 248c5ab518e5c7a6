/* SPDX-License-Identifier: BSD-3-Clause */
/* What the command socket's server is made of, beside its clients. */
#ifndef JF_COMMAND_SOCKET_PRIV_H
#define JF_COMMAND_SOCKET_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "jf_protocol.h"

/* ---- jf_command_buffer.c ---- */

/* Bytes that came in and are not used yet, or that are to go out. All zero: empty. */
struct jf_command_buffer {
	char *bytes;
	size_t length;
	size_t room;
};

/* 0, or -ENOMEM and nothing is added. */
int jf_command_buffer_reserve(struct jf_command_buffer *buffer, size_t more);
int jf_command_buffer_add(struct jf_command_buffer *buffer, const char *bytes, size_t length);
int jf_command_buffer_add_line(struct jf_command_buffer *buffer, const char *line, size_t length);

/* The first bytes of it. */
void jf_command_buffer_drop(struct jf_command_buffer *buffer, size_t length);

/* ---- jf_command_listen.c ---- */

/* A socket listening at path, for its owner only; a stale one is replaced, one that answers isn't:
 * -EADDRINUSE. */
int jf_command_listen(const char *path, int *ret_fd);

/* Root, or our own user? */
bool jf_command_peer_fits(int fd);

/* ---- jf_command_reading.c ---- */

/* Longer lines hold the loop for too long while they are made a tree: 10 ns a byte. */
#define JF_COMMAND_LINE_SHORT (64u << 10)

/* A request's line being made a tree by a thread of its own. */
struct jf_command_reading;

/* In the loop: the request, valid during the call, or NULL and the error. */
typedef void jf_command_read(const struct jf_request *request,
                             const struct jf_protocol_error *error, void *arg);

/* line is taken over, on success. 0, -ENOMEM, -EAGAIN. */
int jf_command_reading_start(char *line, size_t length, jf_command_read *read, void *arg,
                             struct jf_command_reading **ret_reading);

/* Nobody waits for it any more. */
void jf_command_reading_drop(struct jf_command_reading *reading);

#endif
