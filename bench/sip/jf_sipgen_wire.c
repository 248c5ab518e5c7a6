// SPDX-License-Identifier: BSD-3-Clause
#include "jf_sipgen_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jf_time.h"

/* Whatever comes while the system's host has our core; as much again for the kernel's own use. */
#define SOCKET_BUFFER (64 * 1024 * 1024)

#define BATCH 64u /* messages, sent with one call of the kernel */

/* What one read takes. Datagrams of one length that were sent together come as one run, as from the
 * network card of another machine: cutting it in pieces would be work of the sender's core, and the
 * sender is the system under test. */
#define RUNS     64u
#define RUN_MAX  65536u /* bytes */
#define RUN_OF   128u   /* datagrams, at most: the kernel's limit */
#define TOLD_MAX (CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(int)))

struct inbox {
	struct mmsghdr headers[RUNS];
	struct iovec parts[RUNS];
	struct sockaddr_in peers[RUNS];
	char told[RUNS][TOLD_MAX];
	char bytes[RUNS][RUN_MAX];
	struct jf_sipgen_received received[RUNS * RUN_OF];
};

struct outbox {
	struct mmsghdr headers[BATCH];
	struct iovec parts[BATCH];
	struct sockaddr_in peers[BATCH];
	char bytes[BATCH][JF_SIPGEN_MESSAGE_MAX];
};

struct jf_sipgen_wire {
	int fds[JF_SIPGEN_SIDES];
	char addresses[JF_SIPGEN_SIDES][INET_ADDRSTRLEN];
	struct inbox in;
	struct outbox sent; /* of one side; flushed when the other one sends */
	uint32_t n_sent;
	enum jf_sipgen_side sending;
	uint64_t unsent;
};

static void outbox_init(struct outbox *out)
{
	for (uint32_t i = 0; i < BATCH; i++) {
		out->parts[i].iov_base = out->bytes[i];
		out->headers[i].msg_hdr = (struct msghdr){
		        .msg_name = &out->peers[i],
		        .msg_namelen = sizeof(out->peers[i]),
		        .msg_iov = &out->parts[i],
		        .msg_iovlen = 1,
		};
	}
}

/* Before each read: the kernel puts the length of what it wrote in place of the room there was. */
static void inbox_clear(struct inbox *in)
{
	for (uint32_t i = 0; i < RUNS; i++) {
		in->parts[i] = (struct iovec){in->bytes[i], RUN_MAX};
		in->headers[i].msg_hdr = (struct msghdr){
		        .msg_name = &in->peers[i],
		        .msg_namelen = sizeof(in->peers[i]),
		        .msg_iov = &in->parts[i],
		        .msg_iovlen = 1,
		        .msg_control = in->told[i],
		        .msg_controllen = sizeof(in->told[i]),
		};
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
	(void)setsockopt(fd, IPPROTO_UDP, UDP_GRO, &on, sizeof(on));
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
	outbox_init(&wire->sent);
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
	if (wire->n_sent == BATCH)
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

/* Since the kernel got it, which on the loopback is when it was sent. 0: the wall clock was set. */
static uint64_t waited(const struct cmsghdr *stamp, const struct timespec *now)
{
	struct timespec came;
	int64_t ns;

	memcpy(&came, CMSG_DATA(stamp), sizeof(came));
	ns = (now->tv_sec - came.tv_sec) * (int64_t)JF_NS_PER_S + now->tv_nsec - came.tv_nsec;
	return ns > 0 && ns < (int64_t)JF_NS_PER_S ? (uint64_t)ns : 0;
}

/* A run's datagrams, after the count that there are already. Gives the count then. */
static uint32_t take_apart(struct inbox *in, uint32_t run, const struct timespec *now,
                           uint32_t count)
{
	struct msghdr *header = &in->headers[run].msg_hdr;
	size_t length = in->headers[run].msg_len, each = length;
	uint64_t waited_ns = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		int size;

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			waited_ns = waited(c, now);
		} else if (c->cmsg_level == IPPROTO_UDP && c->cmsg_type == UDP_GRO) {
			memcpy(&size, CMSG_DATA(c), sizeof(size));
			each = size > 0 ? (size_t)size : length;
		}
	}
	for (size_t at = 0; at < length && count < RUNS * RUN_OF; at += each)
		in->received[count++] = (struct jf_sipgen_received){
		        in->bytes[run] + at, length - at < each ? length - at : each,
		        &in->peers[run], waited_ns};
	return count;
}

uint32_t jf_sipgen_wire_receive(struct jf_sipgen_wire *wire, enum jf_sipgen_side side,
                                const struct jf_sipgen_received **ret_received)
{
	struct inbox *in = &wire->in;
	struct timespec now;
	uint32_t count = 0;
	int n;

	inbox_clear(in);
	n = recvmmsg(wire->fds[side], in->headers, RUNS, MSG_DONTWAIT, NULL);
	clock_gettime(CLOCK_REALTIME, &now);
	for (int i = 0; i < n; i++)
		count = take_apart(in, (uint32_t)i, &now, count);
	*ret_received = in->received;
	return count;
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
