// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sipgen_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jf_time.h"

/* Whatever comes while the system's host has our core; as much again for the kernel's own use. */
#define SOCKET_BUFFER (64 * 1024 * 1024)

struct pile {
	struct mmsghdr headers[JF_SIPGEN_BATCH];
	struct iovec parts[JF_SIPGEN_BATCH];
	struct sockaddr_in peers[JF_SIPGEN_BATCH];
	char stamps[JF_SIPGEN_BATCH][CMSG_SPACE(sizeof(struct timespec))];
	char bytes[JF_SIPGEN_BATCH][JF_SIPGEN_MESSAGE_MAX];
};

struct jf_sipgen_wire {
	int fds[JF_SIPGEN_SIDES];
	char addresses[JF_SIPGEN_SIDES][INET_ADDRSTRLEN];
	struct pile received;
	struct pile sent; /* of one side; flushed when the other one sends */
	uint32_t n_sent;
	enum jf_sipgen_side sending;
	uint64_t unsent;
};

static void pile_init(struct pile *pile)
{
	for (uint32_t i = 0; i < JF_SIPGEN_BATCH; i++) {
		pile->parts[i].iov_base = pile->bytes[i];
		pile->parts[i].iov_len = JF_SIPGEN_MESSAGE_MAX;
		pile->headers[i].msg_hdr = (struct msghdr){
		        .msg_name = &pile->peers[i],
		        .msg_namelen = sizeof(pile->peers[i]),
		        .msg_iov = &pile->parts[i],
		        .msg_iovlen = 1,
		};
	}
}

/* The kernel puts the length of what it wrote in place of the room there was. */
static void stamps_ask(struct pile *pile)
{
	for (uint32_t i = 0; i < JF_SIPGEN_BATCH; i++) {
		pile->headers[i].msg_hdr.msg_control = pile->stamps[i];
		pile->headers[i].msg_hdr.msg_controllen = sizeof(pile->stamps[i]);
	}
}

static int socket_open(const char *address, int *ret_fd)
{
	struct sockaddr_in local = {.sin_family = AF_INET, .sin_port = htons(JF_SIPGEN_PORT)};
	int size = SOCKET_BUFFER, on = 1, fd;

	if (inet_pton(AF_INET, address, &local.sin_addr) != 1)
		return -EINVAL;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* Above the system's limits, as root. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	(void)setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&local, sizeof(local))) {
		int error = -errno;

		close(fd);
		return error;
	}
	*ret_fd = fd;
	return 0;
}

int jf_sipgen_wire_open(const char *const addresses[JF_SIPGEN_SIDES],
                        struct jf_sipgen_wire **ret_wire)
{
	struct jf_sipgen_wire *wire = calloc(1, sizeof(*wire));
	int err = 0;

	if (!wire)
		return -ENOMEM;
	pile_init(&wire->received);
	pile_init(&wire->sent);
	for (unsigned int side = 0; side < JF_SIPGEN_SIDES; side++)
		wire->fds[side] = -1;
	for (unsigned int side = 0; side < JF_SIPGEN_SIDES && !err; side++) {
		if (strlen(addresses[side]) >= INET_ADDRSTRLEN)
			err = -EINVAL;
		else
			err = socket_open(strcpy(wire->addresses[side], addresses[side]),
			                  &wire->fds[side]);
	}
	if (err)
		jf_sipgen_wire_close(wire);
	else
		*ret_wire = wire;
	return err;
}

void jf_sipgen_wire_close(struct jf_sipgen_wire *wire)
{
	if (!wire)
		return;
	for (unsigned int side = 0; side < JF_SIPGEN_SIDES; side++)
		if (wire->fds[side] >= 0)
			close(wire->fds[side]);
	free(wire);
}

const char *jf_sipgen_wire_address(const struct jf_sipgen_wire *wire, enum jf_sipgen_side side)
{
	return wire->addresses[side];
}

struct jf_sipgen_buffer jf_sipgen_wire_buffer(struct jf_sipgen_wire *wire)
{
	if (wire->n_sent == JF_SIPGEN_BATCH)
		jf_sipgen_wire_flush(wire);
	return (struct jf_sipgen_buffer){.bytes = wire->sent.bytes[wire->n_sent],
	                                 .size = JF_SIPGEN_MESSAGE_MAX};
}

void jf_sipgen_wire_send(struct jf_sipgen_wire *wire, enum jf_sipgen_side side,
                         const struct jf_sipgen_buffer *buffer, const struct sockaddr_in *to)
{
	uint32_t at = wire->n_sent;

	if (buffer->full) {
		wire->unsent++;
		return;
	}
	if (at && side != wire->sending) {
		jf_sipgen_wire_flush(wire);
		memcpy(wire->sent.bytes[0], buffer->bytes, buffer->length);
		at = 0;
	} else if (buffer->bytes != wire->sent.bytes[at]) {
		memcpy(wire->sent.bytes[at], buffer->bytes, buffer->length);
	}
	wire->sending = side;
	wire->sent.peers[at] = *to;
	wire->sent.parts[at].iov_len = buffer->length;
	wire->n_sent = at + 1;
}

void jf_sipgen_wire_flush(struct jf_sipgen_wire *wire)
{
	uint32_t done = 0;

	while (done < wire->n_sent) {
		int n = sendmmsg(wire->fds[wire->sending], wire->sent.headers + done,
		                 wire->n_sent - done, 0);

		if (n < 0 && errno == EINTR)
			continue;
		/* One that can't go is one that was lost: what it was sent for is told by timers.
		 */
		wire->unsent += n <= 0;
		done += n > 0 ? (uint32_t)n : 1;
	}
	wire->n_sent = 0;
}

/* Since the kernel got it, which on the loopback is when it was sent. 0: not told, or the wall
 * clock was set. */
static uint64_t waited(struct msghdr *header, const struct timespec *now)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(header);
	struct timespec came;
	int64_t ns;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
		return 0;
	memcpy(&came, CMSG_DATA(c), sizeof(came));
	ns = (now->tv_sec - came.tv_sec) * (int64_t)JF_NS_PER_S + now->tv_nsec - came.tv_nsec;
	return ns > 0 && ns < (int64_t)JF_NS_PER_S ? (uint64_t)ns : 0;
}

uint32_t jf_sipgen_wire_receive(struct jf_sipgen_wire *wire, enum jf_sipgen_side side,
                                struct jf_sipgen_received ret_received[JF_SIPGEN_BATCH])
{
	struct pile *pile = &wire->received;
	struct timespec now;
	int n;

	stamps_ask(pile);
	n = recvmmsg(wire->fds[side], pile->headers, JF_SIPGEN_BATCH, MSG_DONTWAIT, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < n; i++)
		ret_received[i] = (struct jf_sipgen_received){
		        pile->bytes[i], pile->headers[i].msg_len, &pile->peers[i],
		        waited(&pile->headers[i].msg_hdr, &now)};
	return n > 0 ? (uint32_t)n : 0;
}

bool jf_sipgen_wire_wait(struct jf_sipgen_wire *wire, int other, uint64_t timeout_ns)
{
	struct pollfd fds[] = {
	        {.fd = wire->fds[JF_SIPGEN_CALLERS], .events = POLLIN},
	        {.fd = wire->fds[JF_SIPGEN_AGENTS], .events = POLLIN},
	        {.fd = other, .events = POLLIN},
	};
	struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / JF_NS_PER_S),
	                           .tv_nsec = (long)(timeout_ns % JF_NS_PER_S)};

	return ppoll(fds, 3, &timeout, NULL) > 0 && fds[2].revents;
}

uint64_t jf_sipgen_wire_unsent(const struct jf_sipgen_wire *wire)
{
	return wire->unsent;
}
