// SPDX-License-Identifier: BSD-3-Clause
#include "jf_udp.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "jf_loop.h"
#include "jf_loop_priv.h"
#include "jf_udp_priv.h"
#include "jf_time.h"

#define WAITED_MAX_NS (2 * JF_NS_PER_S)
#define BURSTS_A_TURN 32u /* so that a flood leaves the loop time for the rest: some 2 ms */
#define ASIDE         64u /* bytes between datagrams, so that they don't share cache sets */

/* One burst in hand at a time, whatever the socket. */
static struct {
	char bytes[JF_UDP_BURST][JF_UDP_DATAGRAM + ASIDE];
	struct sa sources[JF_UDP_BURST];
	struct iovec vectors[JF_UDP_BURST];
	struct mmsghdr headers[JF_UDP_BURST];
	struct jf_udp_datagram datagrams[JF_UDP_BURST];
	char control[CMSG_SPACE(sizeof(struct timespec))]; /* of the first */
	unsigned used; /* by the last read; the others' headers are as they were made */
	uint64_t oversized;
} burst;

static struct {
	struct sa local;
	jf_udp_watcher *watcher;
	void *arg;
} expected;

void jf_udp_watch_next(const struct sa *local, jf_udp_watcher *watcher, void *arg)
{
	expected.local = *local;
	expected.watcher = watcher;
	expected.arg = arg;
}

uint64_t jf_udp_oversized(void)
{
	return burst.oversized;
}

/* --- reading --- */

static void dummy_handler(const struct sa *source, struct mbuf *mb, void *arg)
{
	(void)source;
	(void)mb;
	(void)arg;
}

void jf_udp_deliver(struct udp_sock *sock, const struct sa *source, struct mbuf *mb)
{
	sock->handler(source, mb, sock->arg);
}

static void header_make(unsigned at)
{
	burst.vectors[at] = (struct iovec){burst.bytes[at], JF_UDP_DATAGRAM};
	burst.headers[at].msg_hdr = (struct msghdr){
	        .msg_name = &burst.sources[at].u,
	        .msg_namelen = sizeof(burst.sources[at].u),
	        .msg_iov = &burst.vectors[at],
	        .msg_iovlen = 1,
	};
}

/* How many came, or a negative errno. */
static int receive(int fd)
{
	bool first = !burst.vectors[0].iov_base;
	int n;

	for (unsigned i = 0; i < (first ? JF_UDP_BURST : burst.used); i++)
		header_make(i);
	burst.headers[0].msg_hdr.msg_control = burst.control;
	burst.headers[0].msg_hdr.msg_controllen = sizeof(burst.control);
	n = recvmmsg(fd, burst.headers, JF_UDP_BURST, MSG_DONTWAIT, NULL);
	if (n < 0)
		return -errno;
	burst.used = (unsigned)n;
	return n;
}

/* How long the first of the burst has been in the socket. The kernel stamps by the wall clock, so
 * one burst is wrong when that is set, by WAITED_MAX_NS at most. */
static uint64_t waited(void)
{
	const struct cmsghdr *c = CMSG_FIRSTHDR(&burst.headers[0].msg_hdr);
	struct timespec came, now;
	int64_t ns;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
		return 0;
	memcpy(&came, CMSG_DATA(c), sizeof(came));
	clock_gettime(CLOCK_REALTIME, &now);
	ns = (now.tv_sec - came.tv_sec) * (int64_t)JF_NS_PER_S + now.tv_nsec - came.tv_nsec;
	if (ns < 0)
		return 0;
	return (uint64_t)ns < WAITED_MAX_NS ? (uint64_t)ns : WAITED_MAX_NS;
}

static unsigned sort_out(int received)
{
	uint64_t waited_ns = received > 0 ? waited() : 0;
	unsigned count = 0;

	for (int i = 0; i < received; i++) {
		const struct msghdr *header = &burst.headers[i].msg_hdr;
		struct jf_udp_datagram *datagram = &burst.datagrams[count];

		if (header->msg_flags & MSG_TRUNC) {
			burst.oversized++;
			continue;
		}
		datagram->source = burst.sources[i];
		datagram->source.len = header->msg_namelen;
		datagram->bytes = burst.bytes[i];
		datagram->length = burst.headers[i].msg_len;
		datagram->waited_ns = waited_ns;
		count++;
	}
	return count;
}

static void deliver_one(struct udp_sock *sock, const struct jf_udp_datagram *datagram)
{
	struct mbuf *mb = mbuf_alloc(datagram->length ? datagram->length : 1);

	if (!mb)
		return;
	(void)mbuf_write_mem(mb, (const uint8_t *)datagram->bytes, datagram->length);
	mb->pos = 0;
	jf_udp_deliver(sock, &datagram->source, mb);
	mem_deref(mb);
}

static void on_readable(int flags, void *arg)
{
	struct udp_sock *sock = mem_ref(arg); /* a handler may give it up */
	int received = JF_UDP_BURST;

	(void)flags;
	jf_loop_turn_begin();
	jf_loop_part(JF_LOOP_READING);
	for (unsigned b = 0; b < BURSTS_A_TURN && received == JF_UDP_BURST && sock->fd >= 0; b++) {
		unsigned count;

		received = receive(sock->fd);
		if (received < 0) {
			if (received != -EAGAIN && received != -EINTR && sock->error_handler)
				sock->error_handler(-received, sock->arg);
			break;
		}
		count = sort_out(received);
		if (sock->watcher && count)
			sock->watcher(sock, burst.datagrams, count, sock->watcher_arg);
		else
			for (unsigned i = 0; i < count; i++)
				deliver_one(sock, &burst.datagrams[i]);
	}
	if (sock->watcher)
		sock->watcher(sock, NULL, 0, sock->watcher_arg);
	mem_deref(sock);
}

/* --- life --- */

static void destroy(void *arg)
{
	struct udp_sock *us = arg;

	if (us->fd < 0)
		return;
	fd_close(us->fd);
	(void)close(us->fd);
	us->fd = -1;
}

static int open_at(const struct sa *local, int *ret_fd)
{
	int on = 1, fd = socket(sa_af(local), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return errno;
	if (sa_af(local) == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)))
		err = errno;
	if (!err && bind(fd, &local->u.sa, local->len))
		err = errno;
	if (err)
		(void)close(fd);
	else
		*ret_fd = fd;
	return err;
}

int udp_listen(struct udp_sock **usp, const struct sa *local, udp_recv_h *rh, void *arg)
{
	struct udp_sock *us;
	struct sa any;
	int on = 1, err;

	if (!usp)
		return EINVAL;
	if (!local) {
		sa_init(&any, AF_INET);
		local = &any;
	}
	us = mem_zalloc(sizeof(*us), destroy);
	if (!us)
		return ENOMEM;
	us->fd = -1;
	err = open_at(local, &us->fd);
	if (!err)
		err = udp_local_get(us, &us->local);
	if (!err)
		err = udp_thread_attach(us);
	if (err) {
		mem_deref(us);
		return err;
	}
	udp_handler_set(us, rh, arg);
	(void)udp_setsockopt(us, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	if (expected.watcher && sa_cmp(&expected.local, local, SA_ALL)) {
		us->watcher = expected.watcher;
		us->watcher_arg = expected.arg;
		expected.watcher = NULL;
	}
	*usp = us;
	return 0;
}

int udp_connect(struct udp_sock *us, const struct sa *peer)
{
	if (!us || !peer)
		return EINVAL;
	if (connect(us->fd, &peer->u.sa, peer->len))
		return errno;
	us->connected = true;
	return 0;
}

int udp_local_get(const struct udp_sock *us, struct sa *local)
{
	if (!us || !local)
		return EINVAL;
	if (sa_isset(&us->local, SA_ALL)) {
		*local = us->local;
		return 0;
	}
	local->len = sizeof(local->u);
	return getsockname(us->fd, &local->u.sa, &local->len) ? errno : 0;
}

int udp_setsockopt(struct udp_sock *us, int level, int optname, const void *optval, uint32_t optlen)
{
	if (!us)
		return EINVAL;
	return setsockopt(us->fd, level, optname, optval, optlen) ? errno : 0;
}

/* Beyond the system's limit where we may: what doesn't fit during a turn has to be sent again. */
int udp_sockbuf_set(struct udp_sock *us, int size)
{
	int err = udp_setsockopt(us, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));

	if (err)
		err = udp_setsockopt(us, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return err ? err : udp_setsockopt(us, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
}

/* The size is that of a burst's datagrams, and there is no room before them. */
void udp_rxsz_set(struct udp_sock *us, size_t rxsz)
{
	(void)us;
	(void)rxsz;
}

void udp_rxbuf_presz_set(struct udp_sock *us, size_t rx_presz)
{
	(void)us;
	(void)rx_presz;
}

void udp_handler_set(struct udp_sock *us, udp_recv_h *rh, void *arg)
{
	if (!us)
		return;
	us->handler = rh ? rh : dummy_handler;
	us->arg = arg;
	if (!rh)
		us->watcher = NULL;
}

void udp_error_handler_set(struct udp_sock *us, udp_error_h *eh)
{
	if (us)
		us->error_handler = eh;
}

int udp_thread_attach(struct udp_sock *us)
{
	return us ? fd_listen(us->fd, FD_READ, on_readable, us) : EINVAL;
}

void udp_thread_detach(struct udp_sock *us)
{
	if (us)
		fd_close(us->fd);
}

int udp_sock_fd(const struct udp_sock *us, int af)
{
	(void)af;
	return us ? us->fd : -1;
}

int udp_register_helper(struct udp_helper **uhp, struct udp_sock *us, int layer,
                        udp_helper_send_h *sh, udp_helper_recv_h *rh, void *arg)
{
	(void)uhp;
	(void)us;
	(void)layer;
	(void)sh;
	(void)rh;
	(void)arg;
	return ENOSYS;
}

int udp_send_helper(struct udp_sock *us, const struct sa *dst, struct mbuf *mb,
                    struct udp_helper *uh)
{
	(void)us;
	(void)dst;
	(void)mb;
	(void)uh;
	return ENOSYS;
}

struct udp_helper *udp_helper_find(const struct udp_sock *us, int layer)
{
	(void)us;
	(void)layer;
	return NULL;
}
