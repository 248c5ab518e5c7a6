/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel dropped because a packet socket's ring was full. A driver that receives through
 * packet(7) sockets has them in this process and asks nobody how many packets they lost: here they
 * are found by what they are, and asked. Service thread.
 *
 * This also takes the place of setsockopt, by which such a driver would ask for whole datagrams.
 */
#ifndef JF_PACKET_SOCKET_PRIV_H
#define JF_PACKET_SOCKET_PRIV_H

#include <stdint.h>

#define JF_PACKET_SOCKETS_MAX 64u

struct jf_packet_sockets {
	uint32_t n;
	int fds[JF_PACKET_SOCKETS_MAX]; /* the driver's */
	uint64_t missed;                /* since they were found */
};

/* Those of this process that are bound to the interface; none where ifindex is 0. */
void jf_packet_sockets_find(struct jf_packet_sockets *sockets, uint32_t ifindex);

/* Adds up what the kernel has counted since the last time, which asking sets to zero. */
uint64_t jf_packet_sockets_missed(struct jf_packet_sockets *sockets);

#endif
