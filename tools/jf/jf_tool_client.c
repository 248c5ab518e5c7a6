// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_client.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "jf_protocol.h"
#include "jf_tool_text.h"

#define ANSWER_WAIT_S 10

struct jf_tool_client {
	int fd;
	char *bytes;
	size_t length;
	size_t room;
	size_t taken; /* of bytes: the line handed out last */
};

static void set_wait(int fd, time_t seconds)
{
	struct timeval wait = {.tv_sec = seconds};

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
}

enum jf_tool_exit jf_tool_client_open(const char *socket_path, struct jf_tool_client **ret_client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct jf_tool_client *client;
	int fd;

	if (strlen(socket_path) >= sizeof(address.sun_path)) {
		fprintf(stderr, "jf: the path of the socket is longer than %zu bytes: %s\n",
		        sizeof(address.sun_path) - 1, socket_path);
		return JF_TOOL_UNREACHABLE;
	}
	memcpy(address.sun_path, socket_path, strlen(socket_path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		fprintf(stderr, "jf: can't reach the engine at %s: %s\n%s", socket_path,
		        strerror(errno),
		        errno == EACCES
		                ? "    only root and the engine's own user may command it\n"
		                : "    is jf-control running? --run-dir says where to look\n");
		if (fd >= 0)
			close(fd);
		return JF_TOOL_UNREACHABLE;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return JF_TOOL_UNREACHABLE;
	}
	client->fd = fd;
	*ret_client = client;
	return JF_TOOL_OK;
}

void jf_tool_client_close(struct jf_tool_client *client)
{
	if (!client)
		return;
	close(client->fd);
	free(client->bytes);
	free(client);
}

static int send_all(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);

		if (n < 0)
			return -errno;
		bytes += n;
		length -= (size_t)n;
	}
	return 0;
}

/* 0, or why there is no line: -ETIMEDOUT, -ECONNRESET (closed), -EINTR, -ENOMEM. */
static int next_line(struct jf_tool_client *client, const char **ret_line)
{
	size_t scanned = 0;

	if (client->taken) {
		client->length -= client->taken;
		memmove(client->bytes, client->bytes + client->taken, client->length);
		client->taken = 0;
	}
	for (;;) {
		char *newline = NULL;
		ssize_t n;

		if (client->length > scanned)
			newline = memchr(client->bytes + scanned, '\n', client->length - scanned);

		if (newline) {
			*newline = '\0';
			client->taken = (size_t)(newline - client->bytes) + 1;
			*ret_line = client->bytes;
			return 0;
		}
		scanned = client->length;
		if (client->room - client->length < 65536) {
			char *bytes = realloc(client->bytes, client->room * 2 + 65536);

			if (!bytes)
				return -ENOMEM;
			client->bytes = bytes;
			client->room = client->room * 2 + 65536;
		}
		n = recv(client->fd, client->bytes + client->length, client->room - client->length,
		         0);
		if (n == 0)
			return -ECONNRESET;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		client->length += (size_t)n;
	}
}

const char *jf_tool_client_next_line(struct jf_tool_client *client)
{
	const char *line;

	set_wait(client->fd, 0);
	return next_line(client, &line) ? NULL : line;
}

static void print_refusal(const json_t *error, const char *folder)
{
	const json_t *details = json_object_get(error, "details");
	char text[1024];
	const json_t *one;
	size_t i;

	json_array_foreach(details, i, one)
	{
		json_int_t line = json_integer_value(json_object_get(one, "line"));

		fprintf(stderr, "%s/%s:", folder,
		        jf_tool_text(json_string_value(json_object_get(one, "file")), text,
		                     sizeof(text)));
		if (line)
			fprintf(stderr, "%lld:%lld:", (long long)line,
			        (long long)json_integer_value(json_object_get(one, "column")));
		fprintf(stderr, " %s\n",
		        jf_tool_text(json_string_value(json_object_get(one, "message")), text,
		                     sizeof(text)));
	}
	fprintf(stderr, "jf: %s\n",
	        jf_tool_text(json_string_value(json_object_get(error, "message")), text,
	                     sizeof(text)));
}

static enum jf_tool_exit read_answer(const char *line, const char *folder, json_t **ret_data)
{
	json_t *answer = json_loads(line, 0, NULL);
	enum jf_tool_exit result = JF_TOOL_FAILED;

	if (json_is_true(json_object_get(answer, "ok"))) {
		*ret_data = json_incref(json_object_get(answer, "data"));
		result = JF_TOOL_OK;
	} else if (json_is_object(json_object_get(answer, "error"))) {
		print_refusal(json_object_get(answer, "error"), folder);
	} else {
		fprintf(stderr, "jf: the engine's answer is none\n");
		result = JF_TOOL_UNREACHABLE;
	}
	json_decref(answer);
	return result;
}

enum jf_tool_exit jf_tool_client_ask(struct jf_tool_client *client, const char *command,
                                     json_t *args, json_t **ret_data)
{
	const char *folder =
	        json_string_value(json_object_get(json_object_get(args, "files"), "folder"));
	json_t *request = json_pack("{s:s, s:O*}", "command", command, "args", args);
	char *line = request ? json_dumps(request, JSON_COMPACT) : NULL;
	enum jf_tool_exit result = JF_TOOL_FAILED;
	const char *answer;
	int err;

	if (!line) {
		fprintf(stderr, "jf: out of memory\n");
		goto out;
	}
	if (strlen(line) + 1 > JF_PROTOCOL_LINE_MAX) {
		fprintf(stderr, "jf: more than 8 MiB in one request\n");
		goto out;
	}
	set_wait(client->fd, ANSWER_WAIT_S);
	err = send_all(client->fd, line, strlen(line));
	if (!err)
		err = send_all(client->fd, "\n", 1);
	if (!err)
		err = next_line(client, &answer);
	if (err) {
		fprintf(stderr, "jf: the engine did not answer: %s\n", strerror(-err));
		result = JF_TOOL_UNREACHABLE;
		goto out;
	}
	result = read_answer(answer, folder ? folder : ".", ret_data);
out:
	free(line);
	json_decref(request);
	json_decref(args);
	return result;
}
