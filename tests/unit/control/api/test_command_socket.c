// SPDX-License-Identifier: BSD-3-Clause
/* A real server on a real socket; its clients are in a thread of their own. */
#include "jf_command_socket.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "jf_loop.h"

static char folder[64];
static struct jf_bus *bus;
static struct jf_command_socket *server;
static struct jf_reply *kept; /* a request that is answered later */
static const char *volatile problem;

/* "call": as many bytes as its id says; "agent": later; "queues": as text; the others: at once. */
static void answer(const struct jf_request *request, struct jf_reply *reply, void *arg)
{
	(void)arg;
	if (strcmp(request->spec->name, "agent") == 0) {
		kept = reply;
	} else if (strcmp(request->spec->name, "call") == 0) {
		size_t n = strtoul(jf_request_text(request, "id", "0"), NULL, 10);
		char *bytes = malloc(n + 1);

		memset(bytes, 'x', n);
		bytes[n] = '\0';
		jf_reply_data(reply, json_pack("{s:s}", "bytes", bytes));
		free(bytes);
	} else if (strcmp(request->spec->name, "queues") == 0) {
		jf_reply_text(reply, "{\"command\":\"queues\"} ", 20);
	} else {
		jf_reply_data(reply, json_pack("{s:s}", "command", request->spec->name));
	}
}

static int dial(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct timeval wait = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" JF_PROTOCOL_SOCKET, folder);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return -1;
	return fd;
}

static void say(int fd, const char *text)
{
	size_t length = strlen(text);

	while (length) {
		ssize_t n = send(fd, text, length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text += n;
		length -= (size_t)n;
	}
}

/* A line, without its newline; what doesn't fit is counted in the length and left out. */
static size_t hear(int fd, char *ret_line, size_t size)
{
	size_t length = 0;
	char c;

	while (recv(fd, &c, 1, 0) == 1 && c != '\n') {
		if (length + 1 < size)
			ret_line[length] = c;
		length++;
	}
	ret_line[length < size ? length : size - 1] = '\0';
	return length;
}

static void expect(int fd, const char *word)
{
	static char seen[4096];

	hear(fd, seen, sizeof(seen));
	if (!strstr(seen, word) && !problem) {
		fprintf(stderr, "# heard: %s\n# expected: %s\n", seen, word);
		problem = word;
	}
}

static void run_with(void *(*clients)(void *))
{
	pthread_t thread;

	problem = NULL;
	assert_int_equal(pthread_create(&thread, NULL, clients, NULL), 0);
	assert_int_equal(jf_loop_run(), 0);
	pthread_join(thread, NULL);
	if (problem)
		fail_msg("not heard: %s", problem);
}

static void stop(void *arg)
{
	(void)arg;
	jf_loop_stop();
}

static void *ask_in_order(void *arg)
{
	int fd = dial();
	char line[64];

	(void)arg;
	say(fd, "{\"command\":\"status\"}\nnonsense\n{\"command\":\"calls\"}\n{\"comm");
	expect(fd, "\"command\":\"status\"");
	expect(fd, "bad_request");
	expect(fd, "\"command\":\"calls\"");
	say(fd, "and\":\"queues\"}\n{\"command\":\"call\",\"args\":{\"id\":\"900000\"}}\n");
	expect(fd, "\"command\":\"queues\"");
	if (hear(fd, line, sizeof(line)) < 900000)
		problem = "900,000 bytes";
	/* A peer that writes no more is still answered. */
	say(fd, "{\"command\":\"agents\"}\n");
	shutdown(fd, SHUT_WR);
	expect(fd, "\"command\":\"agents\"");
	if (hear(fd, line, sizeof(line)) != 0)
		problem = "the end";
	close(fd);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void requests_are_answered_in_order(void **state)
{
	(void)state;
	run_with(ask_in_order);
}

static void answer_kept(void *arg)
{
	(void)arg;
	if (kept)
		jf_reply_error(kept, JF_PROTOCOL_REFUSED, "later");
	kept = NULL;
}

static void *ask_and_wait(void *arg)
{
	const char *agent = "{\"command\":\"agent\",\"args\":{\"id\":\"1\",\"state\":\"ready\"}}\n";
	int fd = dial(), other;

	(void)arg;
	say(fd, agent);
	say(fd, "{\"command\":\"status\"}\n");
	/* Somebody else is served meanwhile. */
	other = dial();
	say(other, "{\"command\":\"queues\"}\n");
	expect(other, "queues");
	jf_loop_post(answer_kept, NULL);
	expect(fd, "\"later\"");
	expect(fd, "\"command\":\"status\"");
	/* And one that leaves before its answer is there does no harm. */
	say(fd, agent);
	say(other, "{\"command\":\"queues\"}\n");
	expect(other, "queues");
	close(fd);
	say(other, "{\"command\":\"queues\"}\n");
	expect(other, "queues");
	jf_loop_post(answer_kept, NULL);
	say(other, "{\"command\":\"queues\"}\n");
	expect(other, "queues");
	close(other);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void an_answer_may_come_later_or_too_late(void **state)
{
	(void)state;
	run_with(ask_and_wait);
}

/* As a large directory's request is, 6 MB; for the caller to free. */
static char *long_line(size_t *ret_length)
{
	static const char piece[] = "  - {id: \\\"1001\\\", tenant: acme}\\n";
	size_t n = (6u << 20) / (sizeof(piece) - 1);
	char *line = malloc(n * sizeof(piece) + 200);
	size_t at = (size_t)sprintf(line, "{\"command\":\"apply\",\"args\":{\"files\":{\"folder\":"
	                                  "\"/x\",\"list\":[{\"name\":\"a\",\"text\":\"");

	for (; n; n--, at += sizeof(piece) - 1)
		memcpy(line + at, piece, sizeof(piece) - 1);
	*ret_length = at + (size_t)sprintf(line + at, "\"}]}}}\n") - 1;
	return line;
}

static uint64_t ran_ns(void)
{
	struct timespec ran;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ran);
	return (uint64_t)ran.tv_sec * UINT64_C(1000000000) + (uint64_t)ran.tv_nsec;
}

static uint64_t parsed_ns; /* what making it a tree takes */

static void *ask_at_length(void *arg)
{
	struct jf_protocol_error error;
	struct jf_request request;
	size_t length;
	char *line = long_line(&length);
	int fd = dial(), other = dial();

	(void)arg;
	parsed_ns = ran_ns();
	if (jf_request_parse(line, length, &request, &error))
		problem = "a request";
	else
		jf_request_clear(&request);
	parsed_ns = ran_ns() - parsed_ns;
	say(fd, line);
	say(fd, "{\"command\":\"status\"}\n"); /* in its turn, whatever comes before */
	expect(fd, "\"command\":\"apply\"");
	expect(fd, "\"command\":\"status\"");
	line[length - 1] = 'x'; /* no JSON at its very end */
	say(fd, line);
	say(fd, "{\"command\":\"calls\"}\n");
	expect(fd, "bad_request");
	expect(fd, "\"command\":\"calls\"");
	/* One that leaves meanwhile does no harm. */
	say(fd, line);
	close(fd);
	say(other, "{\"command\":\"queues\"}\n");
	expect(other, "\"command\":\"queues\"");
	close(other);
	free(line);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void a_long_request_is_read_beside_the_loop(void **state)
{
	(void)state;
	run_with(ask_at_length);
	assert_in_range(jf_loop_stats_get().longest.ran_ns, 0, parsed_ns / 3);
}

static void *too_long(void *arg)
{
	int fd = dial();
	char *bytes = malloc(65537), line[64];

	(void)arg;
	memset(bytes, 'x', 65536);
	bytes[65536] = '\0';
	for (int i = 0; i < 129; i++)
		say(fd, bytes);
	expect(fd, "longer than 8 MiB");
	hear(fd, line, sizeof(line));
	close(fd);
	free(bytes);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void a_line_without_end_is_refused(void **state)
{
	(void)state;
	run_with(too_long);
}

#define MANY 70

static void *crowd(void *arg)
{
	int fds[MANY], answered = 0;
	char line[256];

	(void)arg;
	for (int i = 0; i < MANY; i++)
		fds[i] = dial();
	for (int i = 0; i < MANY; i++) {
		say(fds[i], "{\"command\":\"status\"}\n");
		hear(fds[i], line, sizeof(line));
		answered += strstr(line, "\"ok\":true") != NULL;
		if (!strstr(line, "\"ok\":true") && !strstr(line, "too many clients"))
			problem = "too many clients";
	}
	if (answered != 64)
		problem = "64 of them";
	for (int i = 0; i < MANY; i++)
		close(fds[i]);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void clients_beyond_the_limit_are_told_so(void **state)
{
	(void)state;
	run_with(crowd);
}

static void publish(void *arg)
{
	int n = *(int *)arg;

	for (int i = 0; i < n; i++)
		jf_bus_publish(
		        bus, "call.digit",
		        json_pack("{s:i, s:s}", "i", i, "pad",
		                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
		                  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
	jf_bus_publish(bus, "queue.x", NULL);
}

static void *listen_slowly(void *arg)
{
	static int few = 3, many = 20000;
	int fd = dial();
	char line[512];
	long heard = 0, lost = 0;

	(void)arg;
	say(fd, "{\"command\":\"events\",\"args\":{\"topic\":\"call.\"}}\n");
	expect(fd, "\"ok\":true");
	jf_loop_post(publish, &few);
	expect(fd, "\"i\":0");
	expect(fd, "\"i\":1");
	expect(fd, "\"i\":2");
	say(fd, "{\"command\":\"status\"}\n");
	expect(fd, "carries a stream");
	/* Not read while they come: what the buffer can't hold is counted. */
	jf_loop_post(publish, &many);
	while (heard + lost < many && hear(fd, line, sizeof(line)) > 0) {
		const char *count = strstr(line, "\"lost\",\"data\":{\"count\":");

		if (count)
			lost += atol(strrchr(count, ':') + 1);
		else
			heard++;
	}
	if (lost == 0 || heard + lost != many)
		problem = "every event, or that it was lost";
	close(fd);
	jf_loop_post(stop, NULL);
	return NULL;
}

static void a_slow_listener_is_told_how_much_it_lost(void **state)
{
	(void)state;
	run_with(listen_slowly);
}

static void the_file_is_for_its_owner_only(void **state)
{
	char path[128];
	struct stat file;

	(void)state;
	snprintf(path, sizeof(path), "%s/" JF_PROTOCOL_SOCKET, folder);
	assert_int_equal(stat(path, &file), 0);
	assert_int_equal(file.st_mode & 0777, 0600);
}

static void a_second_server_is_refused_and_a_dead_one_replaced(void **state)
{
	struct jf_command_socket_config config = {.bus = bus, .run_dir = folder, .handler = answer};
	struct jf_command_socket *second;
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int dead;

	(void)state;
	assert_int_equal(jf_command_socket_create(&config, &second), -EADDRINUSE);
	jf_command_socket_destroy(server);
	dead = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/" JF_PROTOCOL_SOCKET, folder);
	assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
	close(dead);
	assert_int_equal(jf_command_socket_create(&config, &server), 0);
}

static int set_up(void **state)
{
	struct jf_command_socket_config config = {.run_dir = folder, .handler = answer};

	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/jf-test-socket-XXXXXX");
	if (!mkdtemp(folder) || jf_loop_init(0) || jf_bus_create(&bus))
		return -1;
	config.bus = bus;
	return jf_command_socket_create(&config, &server);
}

static int tear_down(void **state)
{
	(void)state;
	jf_command_socket_destroy(server);
	jf_bus_destroy(bus);
	jf_loop_close();
	return rmdir(folder); /* nothing is left in it */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_file_is_for_its_owner_only),
	        cmocka_unit_test(a_long_request_is_read_beside_the_loop),
	        cmocka_unit_test(requests_are_answered_in_order),
	        cmocka_unit_test(an_answer_may_come_later_or_too_late),
	        cmocka_unit_test(a_line_without_end_is_refused),
	        cmocka_unit_test(clients_beyond_the_limit_are_told_so),
	        cmocka_unit_test(a_slow_listener_is_told_how_much_it_lost),
	        cmocka_unit_test(a_second_server_is_refused_and_a_dead_one_replaced),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
