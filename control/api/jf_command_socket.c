// SPDX-License-Identifier: BSD-3-Clause
#include "jf_command_socket.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "jf_command_socket_priv.h"
#include "jf_json.h"
#include "jf_log.h"
#include "jf_loop.h"

#define CLIENTS_MAX      64u
#define READ_STEP        65536u
#define EVENTS_BYTES_MAX (256u << 10) /* unread event lines of one client */

struct client {
	struct jf_command_socket *socket;
	struct client *next;
	int fd;
	struct jf_command_buffer in;
	size_t scanned; /* of in: no newline before this */
	struct jf_command_buffer out;
	struct jf_command_reading *reading; /* the request being read, or NULL */
	struct jf_reply *reply;             /* the request being answered, or NULL */
	struct jf_bus_subscription *subscription;
	const struct jf_stream_handler *stream; /* whose lines it gets, or NULL */
	void *session;
	char *topic;   /* of event lines: only those that begin with it; NULL: all */
	uint64_t lost; /* event lines since the last one that fitted */
	bool ended;    /* the peer writes no more */
	bool broken;   /* to be closed in a turn of its own */
	struct jf_loop_timer turn;
};

struct jf_command_socket {
	struct jf_command_socket_config config;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	struct client *clients;
	unsigned client_count;
};

struct jf_reply {
	struct client *client; /* NULL: has left */
};

static void client_serve(struct client *client);

/* ---- A client's life --------------------------------------------------------------------------
 */

static void client_close(struct client *client)
{
	struct client **link = &client->socket->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	client->socket->client_count--;
	jf_command_reading_drop(client->reading);
	if (client->reply)
		client->reply->client = NULL;
	jf_bus_unsubscribe(client->subscription);
	if (client->stream)
		client->stream->close(client->session);
	jf_loop_timer_cancel(&client->turn);
	jf_loop_fd_unwatch(client->fd);
	close(client->fd);
	free(client->in.bytes);
	free(client->out.bytes);
	free(client->topic);
	free(client);
}

static void client_turn_fired(void *arg)
{
	struct client *client = arg;

	jf_loop_part(JF_LOOP_COMMANDS);
	if (client->broken)
		client_close(client);
	else
		client_serve(client);
}

static void client_turn_soon(struct client *client)
{
	jf_loop_timer_start(&client->turn, 0, client_turn_fired, client);
}

/* Inside the bus or a handler of commands, who still use the client. */
static void client_close_soon(struct client *client)
{
	client->broken = true;
	client_turn_soon(client);
}

static void client_fd_fired(unsigned events, void *arg);

/* Its next request has to wait. */
static bool is_occupied(const struct client *client)
{
	return client->reading || client->reply;
}

static void client_watch(struct client *client)
{
	unsigned events = client->out.length ? JF_LOOP_WRITE : 0;

	if (!client->ended && !is_occupied(client) && !client->out.length &&
	    client->scanned == client->in.length)
		events |= JF_LOOP_READ;
	/* Nothing to wait for but the peer's going away, which is always reported. */
	if (jf_loop_fd_watch(client->fd, events ? events : JF_LOOP_EXCEPT, client_fd_fired, client))
		client_close_soon(client);
}

/* Writes what the peer takes now. Only a broken connection is a failure. */
static int client_flush(struct client *client)
{
	size_t sent = 0;

	while (sent < client->out.length) {
		ssize_t n = send(client->fd, client->out.bytes + sent, client->out.length - sent,
		                 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			return -errno;
		sent += (size_t)n;
	}
	jf_command_buffer_drop(&client->out, sent);
	return 0;
}

/* What the peer takes of what waits for it now, and the rest when it can. */
static void client_send_on(struct client *client)
{
	if (client_flush(client))
		client_close_soon(client);
	else
		client_watch(client);
}

static void client_send(struct client *client, json_t *message)
{
	char *line = message ? jf_json_text(message, NULL) : NULL;

	json_decref(message);
	if (!line || jf_command_buffer_add_line(&client->out, line, strlen(line)))
		client_close_soon(client);
	else
		client_send_on(client);
	free(line);
}

static void client_refuse(struct client *client, enum jf_protocol_error_code code,
                          const char *message)
{
	struct jf_protocol_error error = {.code = code};

	snprintf(error.message, sizeof(error.message), "%s", message);
	client_send(client, jf_protocol_refusal(&error, NULL));
}

/* ---- Events -----------------------------------------------------------------------------------
 */

static bool topic_fits(const char *topic, const char *line)
{
	static const char begin[] = "{\"event\":\"";

	return !topic || strncmp(line + sizeof(begin) - 1, topic, strlen(topic)) == 0;
}

static int client_tell_lost(struct client *client)
{
	char line[80];
	int length = snprintf(line, sizeof(line), "{\"event\":\"lost\",\"data\":{\"count\":%llu}}",
	                      (unsigned long long)client->lost);

	client->lost = 0;
	return jf_command_buffer_add_line(&client->out, line, (size_t)length);
}

static void client_event(const char *line, size_t length, void *arg)
{
	struct client *client = arg;

	if (!topic_fits(client->topic, line))
		return;
	/* Once behind, it hears nothing more until it has read all: one gap instead of many. */
	if (client->out.length + length > EVENTS_BYTES_MAX || client->lost) {
		client->lost++;
		return;
	}
	if (jf_command_buffer_add_line(&client->out, line, length))
		client->lost++;
	else if (client_flush(client))
		client_close_soon(client);
	else if (client->out.length)
		client_watch(client);
}

/* --- streams of others: a struct jf_stream is the client --- */

bool jf_stream_has_room(const struct jf_stream *stream)
{
	const struct client *client = (const struct client *)stream;

	return !client->broken && client->out.length < READ_STEP;
}

void jf_stream_send(struct jf_stream *stream, json_t *message)
{
	struct client *client = (struct client *)stream;

	if (client->broken)
		json_decref(message);
	else
		client_send(client, message);
}

static bool client_open(struct client *client, const struct jf_request *request)
{
	const struct jf_command_socket_config *config = &client->socket->config;
	struct jf_protocol_error error = {.code = JF_PROTOCOL_INTERNAL};

	for (unsigned s = 0; s < config->n_streams; s++) {
		const struct jf_stream_handler *stream = &config->streams[s];

		if (strcmp(stream->command, request->spec->name) != 0)
			continue;
		if (stream->open(request, (struct jf_stream *)client, stream->arg, &client->session,
		                 &error)) {
			client_refuse(client, error.code, error.message);
		} else {
			client->stream = stream;
			client_send(client, jf_protocol_answer(json_object()));
		}
		return true;
	}
	return false;
}

static void client_stream(struct client *client, const struct jf_request *request)
{
	const char *topic = jf_request_text(request, "topic", NULL);

	if (client_open(client, request))
		return;
	if (strcmp(request->spec->name, "events") != 0) {
		client_refuse(client, JF_PROTOCOL_UNAVAILABLE, "the node file switches this off");
		return;
	}
	if (topic) {
		client->topic = strdup(topic);
		if (!client->topic)
			goto failed;
	}
	if (jf_bus_subscribe(client->socket->config.bus, client_event, client,
	                     &client->subscription))
		goto failed;
	client_send(client, jf_protocol_answer(json_object()));
	return;
failed:
	client_refuse(client, JF_PROTOCOL_INTERNAL, "out of memory");
}

/* ---- Requests ---------------------------------------------------------------------------------
 */

static void client_take(struct client *client, const struct jf_request *request)
{
	const struct jf_command_socket_config *config = &client->socket->config;

	if (request->spec->shape == JF_COMMAND_STREAM) {
		client_stream(client, request);
		return;
	}
	client->reply = calloc(1, sizeof(*client->reply));
	if (!client->reply) {
		client_refuse(client, JF_PROTOCOL_INTERNAL, "out of memory");
		return;
	}
	client->reply->client = client;
	config->handler(request, client->reply, config->arg);
}

static void client_read_aside(const struct jf_request *request,
                              const struct jf_protocol_error *error, void *arg)
{
	struct client *client = arg;

	jf_loop_part(JF_LOOP_COMMANDS);
	client->reading = NULL;
	if (request)
		client_take(client, request);
	else
		client_refuse(client, error->code, error->message);
	client_turn_soon(client);
}

/* A long line goes aside, buffer and all; what came behind it stays. */
static int client_line_aside(struct client *client, size_t length)
{
	struct jf_command_buffer rest = {0};
	size_t behind = client->in.length - length - 1;
	int err = jf_command_buffer_reserve(&rest, behind);

	if (!err)
		err = jf_command_reading_start(client->in.bytes, length, client_read_aside, client,
		                               &client->reading);
	if (err) {
		free(rest.bytes);
		return err;
	}
	memcpy(rest.bytes, client->in.bytes + length + 1, behind);
	rest.length = behind;
	client->in = rest;
	return 0;
}

static void client_line(struct client *client, size_t length)
{
	struct jf_protocol_error error;
	struct jf_request request;

	if (client->subscription || client->stream) {
		client_refuse(client, JF_PROTOCOL_BAD_REQUEST,
		              "this connection carries a stream: open another one");
	} else if (length > JF_COMMAND_LINE_SHORT) {
		if (client_line_aside(client, length) == 0)
			return;
		client_refuse(client, JF_PROTOCOL_INTERNAL, "out of memory");
	} else if (jf_request_parse(client->in.bytes, length, &request, &error)) {
		client_refuse(client, error.code, error.message);
	} else {
		client_take(client, &request);
		jf_request_clear(&request);
	}
	jf_command_buffer_drop(&client->in, length + 1);
}

/* At most one request a turn: others on the loop come between. */
static void client_serve(struct client *client)
{
	const char *newline = NULL;

	if (is_occupied(client) || client->out.length)
		return;
	if (client->in.length > client->scanned)
		newline = memchr(client->in.bytes + client->scanned, '\n',
		                 client->in.length - client->scanned);
	if (newline) {
		client_line(client, (size_t)(newline - client->in.bytes));
		client->scanned = 0;
		client_turn_soon(client);
	} else if (client->in.length >= JF_PROTOCOL_LINE_MAX) {
		client->ended = true;
		client->in.length = client->scanned = 0;
		client_refuse(client, JF_PROTOCOL_BAD_REQUEST, "the line is longer than 8 MiB");
		client_turn_soon(client);
	} else {
		client->scanned = client->in.length;
		if (client->ended && !client->subscription && !client->stream)
			client_close_soon(client);
	}
	client_watch(client);
}

static int client_read(struct client *client)
{
	ssize_t n;

	if (jf_command_buffer_reserve(&client->in, READ_STEP))
		return -ENOMEM;
	n = recv(client->fd, client->in.bytes + client->in.length, READ_STEP, MSG_DONTWAIT);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	client->ended = n == 0;
	client->in.length += (size_t)n;
	return 0;
}

static void client_fd_fired(unsigned events, void *arg)
{
	struct client *client = arg;

	jf_loop_part(JF_LOOP_COMMANDS);
	if ((events & JF_LOOP_EXCEPT) && !(events & JF_LOOP_READ)) {
		client_close(client);
		return;
	}
	if ((events & JF_LOOP_WRITE) && client_flush(client)) {
		client_close(client);
		return;
	}
	if (!client->out.length && client->lost && client_tell_lost(client)) {
		client_close(client);
		return;
	}
	if ((events & JF_LOOP_READ) && client_read(client)) {
		client_close(client);
		return;
	}
	client_watch(client);
	client_serve(client);
}

/* ---- Replies ----------------------------------------------------------------------------------
 */

/* Whom it is for, or NULL. */
static struct client *reply_end(struct jf_reply *reply)
{
	struct client *client = reply->client;

	free(reply);
	if (client)
		client->reply = NULL;
	return client;
}

static void reply_send(struct jf_reply *reply, json_t *message)
{
	struct client *client = reply_end(reply);

	if (!client) {
		json_decref(message);
		return;
	}
	client_send(client, message);
	client_turn_soon(client);
}

void jf_reply_data(struct jf_reply *reply, json_t *data)
{
	json_t *answer = jf_protocol_answer(data);

	if (answer)
		reply_send(reply, answer);
	else
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "out of memory");
}

void jf_reply_text(struct jf_reply *reply, const char *data, size_t length)
{
	static const char lead[] = "{\"ok\":true,\"data\":", end[] = "}\n";
	struct client *client = reply_end(reply);
	struct jf_command_buffer *out;

	if (!client)
		return;
	out = &client->out;
	if (jf_command_buffer_reserve(out, sizeof(lead) + length + sizeof(end))) {
		client_close_soon(client);
		return;
	}
	jf_command_buffer_add(out, lead, sizeof(lead) - 1);
	jf_command_buffer_add(out, data, length);
	jf_command_buffer_add(out, end, sizeof(end) - 1);
	client_send_on(client);
	client_turn_soon(client);
}

void jf_reply_error(struct jf_reply *reply, enum jf_protocol_error_code code, const char *format,
                    ...)
{
	char raw[JF_PROTOCOL_MESSAGE_MAX];
	struct jf_protocol_error error = {.code = code};
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	jf_log_escape(raw, strlen(raw), error.message, sizeof(error.message));
	reply_send(reply, jf_protocol_refusal(&error, NULL));
}

void jf_reply_refused_files(struct jf_reply *reply, const char *message, json_t *details)
{
	struct jf_protocol_error error = {.code = JF_PROTOCOL_INVALID};

	snprintf(error.message, sizeof(error.message), "%s", message);
	reply_send(reply, jf_protocol_refusal(&error, details));
}

/* ---- Listening --------------------------------------------------------------------------------
 */

/* One short line to someone who gets no client of its own; what doesn't fit at once is lost. */
static void turn_away(int fd, enum jf_protocol_error_code code, const char *message)
{
	struct jf_protocol_error error = {.code = code};
	json_t *refusal;
	char *line;

	snprintf(error.message, sizeof(error.message), "%s", message);
	refusal = jf_protocol_refusal(&error, NULL);
	line = refusal ? jf_json_text(refusal, NULL) : NULL;
	if (line) {
		(void)!send(fd, line, strlen(line), MSG_NOSIGNAL | MSG_DONTWAIT);
		(void)!send(fd, "\n", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	free(line);
	json_decref(refusal);
	close(fd);
}

static void accept_fired(unsigned events, void *arg)
{
	struct jf_command_socket *socket = arg;
	struct client *client;
	int fd = accept4(socket->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (!jf_command_peer_fits(fd)) {
		turn_away(fd, JF_PROTOCOL_REFUSED, "only root and the engine's own user");
		return;
	}
	client = socket->client_count < CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		turn_away(fd, JF_PROTOCOL_BUSY, "too many clients");
		return;
	}
	client->socket = socket;
	client->fd = fd;
	client->next = socket->clients;
	socket->clients = client;
	socket->client_count++;
	client_watch(client);
}

int jf_command_socket_create(const struct jf_command_socket_config *config,
                             struct jf_command_socket **ret_socket)
{
	struct jf_command_socket *socket = calloc(1, sizeof(*socket));
	int length, err;

	if (!socket)
		return -ENOMEM;
	socket->config = *config;
	length = snprintf(socket->path, sizeof(socket->path), "%s/" JF_PROTOCOL_SOCKET,
	                  config->run_dir);
	if (length < 0 || (size_t)length >= sizeof(socket->path)) {
		err = -ENAMETOOLONG;
		goto out;
	}
	err = jf_command_listen(socket->path, &socket->fd);
	if (err)
		goto out;
	err = jf_loop_fd_watch(socket->fd, JF_LOOP_READ, accept_fired, socket);
	if (err) {
		close(socket->fd);
		unlink(socket->path);
		goto out;
	}
	*ret_socket = socket;
	socket = NULL;
out:
	free(socket);
	return err;
}

void jf_command_socket_destroy(struct jf_command_socket *socket)
{
	if (!socket)
		return;
	while (socket->clients)
		client_close(socket->clients);
	jf_loop_fd_unwatch(socket->fd);
	close(socket->fd);
	unlink(socket->path);
	free(socket);
}
