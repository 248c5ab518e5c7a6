/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Neighbours: to which link address, and out of which port, a remote address is sent.
 *
 * The kernel knows: its routes on the exception interface give the next hop, its neighbour table
 * the link address, its ARP and NDP (through the exception interface) find it. A worker asks
 * through a ring of fixed-size messages and goes on; the service thread answers, and answers again
 * by itself whenever the address changes, until the worker forgets the endpoint or asks for another
 * remote. Next hops in use are used towards the kernel every few seconds too, so that it notices
 * when one goes stale and asks again. A next hop that stops answering keeps its last address: media
 * goes on, and the change is logged.
 *
 * Until the kernel has answered, a worker may send back to the link address from which the remote's
 * own packets come, so that a call need not wait for ARP: only from packets that passed the check
 * of their source (and, under SRTP, of their tag). The kernel's answer replaces it and wins from
 * then on, -ENETUNREACH included.
 *
 * An answer carries the endpoint's index and generation, and the remote it is about: the worker
 * drops answers that are not about the present one.
 */
#ifndef JF_NEIGH_H
#define JF_NEIGH_H

#include <stdint.h>

#include "jf_ip.h"

struct jf_neigh;

struct jf_neigh_request {
	uint32_t endpoint;
	uint32_t generation;
	struct jf_ip remote; /* family 0: forget the endpoint */
	uint32_t port;       /* index of the port with the endpoint's address (jf_port.h) */
};

struct jf_neigh_answer {
	uint32_t endpoint;
	uint32_t generation;
	struct jf_ip remote;
	int32_t result; /* 0; -ENETUNREACH: no route on that port; -EINVAL: not a unicast
	                   address of another host. Nothing comes while ARP or NDP is under way; a
	                   later answer replaces an earlier one. */
	uint32_t port;  /* send from here */
	uint8_t destination[6];
	uint8_t source[6];
};

/* Worker. 0, or -EAGAIN when the ring is full: ask again later. */
int jf_neigh_ask(struct jf_neigh *neigh, uint32_t worker, const struct jf_neigh_request *request);

/* Worker. Takes up to room answers, gives how many. */
uint32_t jf_neigh_take(struct jf_neigh *neigh, uint32_t worker, struct jf_neigh_answer *ret_answers,
                       uint32_t room);

#endif
