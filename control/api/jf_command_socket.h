/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command socket's server: accepts, reads requests, has them answered, streams events.
 *
 * Loop thread only (jf_loop.h). Everything a client can hold is bounded: a line, its unsent
 * answers, the event lines it has not read, the number of clients. A request is answered by the
 * handler, at once or later; until then the next one of the same client is not read. A line of more
 * than 64 KB is made a request by a thread of its own.
 */
#ifndef JF_COMMAND_SOCKET_H
#define JF_COMMAND_SOCKET_H

#include "jf_bus.h"
#include "jf_protocol.h"

struct jf_command_socket;

/* One request's answer to come. It survives the client; answering one who has left does nothing. */
struct jf_reply;

/*
 * Each reply is ended exactly once, by one of those below, inside the handler or later. The
 * request is valid only during the call.
 */
typedef void jf_command_handler(const struct jf_request *request, struct jf_reply *reply,
                                void *arg);

/* data is taken over. */
void jf_reply_data(struct jf_reply *reply, json_t *data);
/* The same of data that is text already, for what is so long that another thread writes it. */
void jf_reply_text(struct jf_reply *reply, const char *data, size_t length);
void jf_reply_error(struct jf_reply *reply, enum jf_protocol_error_code code, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));
/* details: array of {"file", "line", "column", "message"}; taken over. */
void jf_reply_refused_files(struct jf_reply *reply, const char *message, json_t *details);

/*
 * A command whose answer goes on (JF_COMMAND_STREAM): open makes its session, and lines are sent
 * whenever there is room for them, from the loop, not from within open. close ends the session,
 * when the client has left; the stream is not to be used any more then.
 */
struct jf_stream;

struct jf_stream_handler {
	const char *command;
	/* 0, or a negative errno with ret_error. */
	int (*open)(const struct jf_request *request, struct jf_stream *stream, void *arg,
	            void **ret_session, struct jf_protocol_error *ret_error);
	void (*close)(void *session);
	void *arg;
};

/* May a line be sent now? Less than 64 KB wait for the client. */
bool jf_stream_has_room(const struct jf_stream *stream);

/* message is taken over. */
void jf_stream_send(struct jf_stream *stream, json_t *message);

struct jf_command_socket_config {
	struct jf_bus *bus;
	const char *run_dir; /* the socket is run_dir/control.sock; a stale one is replaced */
	jf_command_handler *handler;
	void *arg;
	const struct jf_stream_handler *streams; /* but events; they outlive the socket */
	unsigned n_streams;
};

/*
 * 0, -ENOMEM, -EADDRINUSE (another control answers there), -ENAMETOOLONG, or of the file system.
 */
int jf_command_socket_create(const struct jf_command_socket_config *config,
                             struct jf_command_socket **ret_socket);

/* Clients are dropped, the socket's file is removed. NULL is allowed. */
void jf_command_socket_destroy(struct jf_command_socket *socket);

#endif
