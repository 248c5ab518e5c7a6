// SPDX-License-Identifier: BSD-3-Clause
/* How datagrams leave: in bursts, gathered for a while, or one at a time. */
#include <errno.h>
#include <netinet/udp.h>
#include <string.h>
#include <sys/socket.h>

#include "jf_udp_priv.h"

#define HELD_BYTES   (JF_UDP_BURST * 1024u)
#define SEGMENTS_MAX 60000u /* bytes of one way through the kernel */

/* --- bursts --- */

/* How many of the answers, from the first on, can go as one. */
static unsigned run_of(const struct jf_udp_answer *answers, unsigned count)
{
	size_t bytes = answers[0].length;
	unsigned n = 1;

	while (n < count && answers[n].length == answers[0].length &&
	       bytes + answers[n].length <= SEGMENTS_MAX &&
	       sa_cmp(&answers[n].to, &answers[0].to, SA_ALL))
		bytes += answers[n++].length;
	return n;
}

static struct msghdr header_of(const struct jf_udp_answer *answer, struct iovec *vectors,
                               unsigned count)
{
	return (struct msghdr){
	        .msg_name = (void *)(uintptr_t)&answer->to.u,
	        .msg_namelen = answer->to.len,
	        .msg_iov = vectors,
	        .msg_iovlen = count,
	};
}

/* false: this way to that address doesn't do it. */
static bool send_run(int fd, const struct jf_udp_answer *answers, struct iovec *vectors,
                     unsigned count)
{
	char control[CMSG_SPACE(sizeof(uint16_t))] = {0};
	struct msghdr header = header_of(answers, vectors, count);
	uint16_t size = (uint16_t)answers[0].length;
	struct cmsghdr *c;

	header.msg_control = control;
	header.msg_controllen = sizeof(control);
	c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
	return sendmsg(fd, &header, MSG_DONTWAIT) >= 0;
}

static void send_each(int fd, struct mmsghdr *headers, unsigned count)
{
	unsigned sent = 0;

	while (sent < count) {
		int n = sendmmsg(fd, headers + sent, count - sent, MSG_DONTWAIT);

		/* One that cannot go must not keep the others. */
		sent += n > 0 ? (unsigned)n : 1;
	}
}

void jf_udp_send_burst(struct udp_sock *sock, const struct jf_udp_answer *answers, unsigned count)
{
	struct mmsghdr headers[JF_UDP_BURST];
	struct iovec vectors[JF_UDP_BURST];
	unsigned single = 0;

	for (unsigned i = 0; i < count; i++)
		vectors[i] = (struct iovec){(void *)(uintptr_t)answers[i].bytes, answers[i].length};
	for (unsigned i = 0; i < count;) {
		unsigned run = run_of(answers + i, count - i);

		if (run == 1 || !send_run(sock->fd, answers + i, vectors + i, run))
			for (unsigned n = i; n < i + run; n++)
				headers[single++].msg_hdr = header_of(&answers[n], &vectors[n], 1);
		i += run;
	}
	send_each(sock->fd, headers, single);
}

/* --- held --- */

/* What gathers between hold and release: all of one socket. */
static struct {
	bool on;
	struct udp_sock *sock;
	unsigned count;
	size_t length;
	struct jf_udp_answer answers[JF_UDP_BURST];
	char bytes[HELD_BYTES];
} held;

static void held_flush(void)
{
	if (held.count && held.sock->fd >= 0)
		jf_udp_send_burst(held.sock, held.answers, held.count);
	held.sock = mem_deref(held.sock);
	held.count = 0;
	held.length = 0;
}

void jf_udp_hold(void)
{
	held.on = true;
}

void jf_udp_release(void)
{
	held_flush();
	held.on = false;
}

/* false: it has to go by itself. */
static bool held_take(struct udp_sock *us, const struct sa *to, const struct mbuf *mb)
{
	size_t length = mbuf_get_left(mb);

	if (!held.on || !us->watcher || us->connected || length > HELD_BYTES)
		return false;
	if (held.sock != us || held.count == JF_UDP_BURST || held.length + length > HELD_BYTES)
		held_flush();
	if (!held.sock)
		held.sock = mem_ref(us);
	memcpy(held.bytes + held.length, mbuf_buf(mb), length);
	held.answers[held.count++] = (struct jf_udp_answer){*to, held.bytes + held.length, length};
	held.length += length;
	return true;
}

/* --- the library's names --- */

int udp_send(struct udp_sock *us, const struct sa *dst, struct mbuf *mb)
{
	ssize_t n;

	if (!us || !dst || !mb)
		return EINVAL;
	if (held_take(us, dst, mb))
		return 0;
	n = sendto(us->fd, mbuf_buf(mb), mbuf_get_left(mb), 0, us->connected ? NULL : &dst->u.sa,
	           us->connected ? 0 : dst->len);
	return n < 0 ? errno : 0;
}

int udp_send_anon(const struct sa *dst, struct mbuf *mb)
{
	struct udp_sock *us;
	struct sa local;
	int err;

	sa_init(&local, sa_af(dst));
	err = udp_listen(&us, &local, NULL, NULL);
	if (err)
		return err;
	err = udp_send(us, dst, mb);
	mem_deref(us);
	return err;
}
