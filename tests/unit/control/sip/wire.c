// SPDX-License-Identifier: BSD-3-Clause
#include "wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <re/re.h>

#include "jf_loop_priv.h"
#include "jf_udp.h"

#define QUEUE 256

static struct {
	udp_recv_h *receive;
	void *arg;
	jf_udp_watcher *watcher;
	void *watcher_arg;
	struct sa local;
	void *sock;
	int error;
	char *queue[QUEUE];
	unsigned first;
	unsigned count;
	char *given;
	uint64_t now_ns, step_ns;
} wire = {.now_ns = UINT64_C(1000000000000)};

/* --- what the library would do with sockets and time --- */

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, ret_now);
	wire.now_ns += wire.step_ns;
	ret_now->tv_sec = (time_t)(wire.now_ns / 1000000000);
	ret_now->tv_nsec = (long)(wire.now_ns % 1000000000);
	return 0;
}

int udp_listen(struct udp_sock **usp, const struct sa *local, udp_recv_h *rh, void *arg)
{
	wire.receive = rh;
	wire.arg = arg;
	wire.local = *local;
	wire.sock = mem_zalloc(16, NULL);
	*usp = wire.sock;
	return wire.sock ? 0 : ENOMEM;
}

int udp_local_get(const struct udp_sock *us, struct sa *local)
{
	(void)us;
	*local = wire.local;
	return 0;
}

void udp_handler_set(struct udp_sock *us, udp_recv_h *rh, void *arg)
{
	(void)us;
	(void)rh;
	(void)arg;
	wire.receive = NULL;
}

void udp_rxsz_set(struct udp_sock *us, size_t rxsz)
{
	(void)us;
	(void)rxsz;
}

int udp_sockbuf_set(struct udp_sock *us, int size)
{
	(void)us;
	(void)size;
	return 0;
}

void jf_udp_watch_next(const struct sa *local, jf_udp_watcher *watcher, void *arg)
{
	(void)local;
	wire.watcher = watcher;
	wire.watcher_arg = arg;
}

void jf_udp_deliver(struct udp_sock *sock, const struct sa *source, struct mbuf *mb)
{
	(void)sock;
	if (wire.receive)
		wire.receive(source, mb, wire.arg);
}

/* What is sent is there at once. */
void jf_udp_hold(void)
{
}

void jf_udp_release(void)
{
}

uint64_t jf_udp_oversized(void)
{
	return 0;
}

void jf_udp_send_burst(struct udp_sock *sock, const struct jf_udp_answer *answers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct mbuf *mb = mbuf_alloc(answers[i].length);

		(void)mbuf_write_mem(mb, (const uint8_t *)answers[i].bytes, answers[i].length);
		mb->pos = 0;
		(void)udp_send(sock, &answers[i].to, mb);
		mem_deref(mb);
	}
}

int udp_send(struct udp_sock *us, const struct sa *dst, struct mbuf *mb)
{
	(void)us;
	(void)dst;
	if (wire.error)
		return wire.error;
	if (wire.count == QUEUE) { /* nobody looks: the oldest is lost */
		free(wire.queue[wire.first % QUEUE]);
		wire.first++;
		wire.count--;
	}
	wire.queue[(wire.first + wire.count++) % QUEUE] =
	        strndup((const char *)mbuf_buf(mb), mbuf_get_left(mb));
	return 0;
}

/* --- the test's side --- */

void wire_reset(void)
{
	while (wire_sent())
		;
	wire.error = 0;
	wire.step_ns = 0;
}

void wire_receive_from(const char *ip, uint16_t port, const void *bytes, size_t length)
{
	struct jf_udp_datagram datagram = {.bytes = bytes, .length = length};

	if (!wire.receive || sa_set_str(&datagram.source, ip, port))
		abort();
	wire.watcher(wire.sock, &datagram, 1, wire.watcher_arg);
	wire.watcher(wire.sock, NULL, 0, wire.watcher_arg);
	jf_loop_turn_end();
}

void wire_receive(const char *text)
{
	wire_receive_from("127.0.0.1", 5070, text, strlen(text));
}

const char *wire_sent(void)
{
	free(wire.given);
	wire.given = NULL;
	if (!wire.count)
		return NULL;
	wire.given = wire.queue[wire.first++ % QUEUE];
	wire.count--;
	return wire.given;
}

unsigned wire_count(void)
{
	return wire.count;
}

void wire_send_error(int error)
{
	wire.error = error;
}

void wire_advance_ms(uint64_t ms)
{
	uint64_t until_ns = wire.now_ns + ms * 1000000;

	for (;;) {
		uint64_t next_ms = tmr_next_timeout(NULL);

		if (!next_ms || wire.now_ns + next_ms * 1000000 > until_ns)
			break;
		wire.now_ns += next_ms * 1000000;
		tmr_poll(NULL);
	}
	wire.now_ns = until_ns;
}

unsigned wire_status(const char *message)
{
	unsigned status = 0;

	if (message)
		(void)sscanf(message, "SIP/2.0 %u", &status);
	return status;
}

void wire_clock_step_ns(uint64_t step_ns)
{
	wire.step_ns = step_ns;
}

const char *wire_header(const char *message, const char *name)
{
	static char values[16][1024];
	static unsigned next;
	char *value = values[next++ % 16];
	size_t length = strlen(name);

	value[0] = '\0';
	for (const char *line = message; line && *line; line = strstr(line, "\r\n")) {
		if (*line == '\r')
			line += 2;
		if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
			line += length + 1;
			line += strspn(line, " ");
			snprintf(value, 1024, "%.*s", (int)strcspn(line, "\r"), line);
			break;
		}
	}
	return value;
}
