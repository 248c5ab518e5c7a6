/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * UDP sockets that are read in bursts, under the names of the SIP library's own (udp_listen,
 * udp_send, ...): as with the timers, its calls reach these definitions through the PLT. The
 * library reads one datagram a turn of the loop, into 16 KB that it allocates for it; here a burst
 * is one system call into memory that is there, and whoever watches a socket sees a burst before
 * anything is allocated or parsed. Loop thread only.
 *
 * What is not there: helpers (TURN), multicast, sockets without an address.
 */
#ifndef JF_UDP_H
#define JF_UDP_H

#include <stdbool.h>

#include <re/re.h>

#define JF_UDP_BURST    64u
#define JF_UDP_DATAGRAM 16384u /* longer ones are dropped: SIP wants TCP for them */

struct jf_udp_datagram {
	struct sa source;
	const char *bytes;
	size_t length;
	uint64_t waited_ns; /* in the socket: that of the burst's first */
};

/* A burst of a watched socket; the bytes are valid during the call. count 0: that was all for this
 * turn of the loop. */
typedef void jf_udp_watcher(struct udp_sock *sock, const struct jf_udp_datagram *datagrams,
                            unsigned count, void *arg);

/*
 * The next socket that listens at local gets this watcher, and its handler hears only what
 * jf_udp_deliver hands it. One expectation at a time.
 */
void jf_udp_watch_next(const struct sa *local, jf_udp_watcher *watcher, void *arg);

/* To the socket's handler, as if it had just come. */
void jf_udp_deliver(struct udp_sock *sock, const struct sa *source, struct mbuf *mb);

struct jf_udp_answer {
	struct sa to;
	const char *bytes;
	size_t length;
};

/* Sends several at once; those that can't be sent now are lost, as datagrams may be. Neighbours
 * with one address and one length are one way through the kernel (UDP_SEGMENT), which is half of
 * what they cost otherwise. */
void jf_udp_send_burst(struct udp_sock *sock, const struct jf_udp_answer *answers, unsigned count);

/*
 * Between these two calls what the library sends gathers, and leaves together: each datagram of its
 * own wakes whoever waits for it. What cannot be sent then is lost, and the library isn't told: its
 * timers find out. Without a hold an error is told at once.
 */
void jf_udp_hold(void);
void jf_udp_release(void);

/* Datagrams dropped because they were too long, all sockets. */
uint64_t jf_udp_oversized(void);

#endif
