/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The resolver behind jf_neigh.h. Service thread, except where jf_neigh.h says worker.
 *
 * Three tables: an endpoint has a remote (by its address), a remote has a next hop (by the kernel's
 * routes), a next hop has a link address (by the kernel's neighbour table). Whatever changes is
 * stamped with a running number; an endpoint whose last answer is older than its remote or hop is
 * told again. So an answer that finds its ring full is not lost, only later.
 */
#ifndef JF_NEIGH_PRIV_H
#define JF_NEIGH_PRIV_H

#include "jf_neigh.h"
#include "jf_netlink_priv.h"

struct jf_neigh_port {
	uint32_t ifindex; /* 0: no exception interface, nothing can be resolved */
	uint8_t mac[6];
	char name[16];
};

/* 0, -ENOMEM, or of netlink. Main thread. */
int jf_neigh_create(uint32_t n_workers, uint32_t n_endpoints, const struct jf_neigh_port *ports,
                    uint32_t n_ports, struct jf_neigh **ret_neigh);
void jf_neigh_destroy(struct jf_neigh *neigh);

/* Becomes readable when the kernel has news. */
int jf_neigh_fd(const struct jf_neigh *neigh);

/*
 * While a port's link is down its neighbours are left in peace; when it comes back all of them are
 * asked again. At first it is up.
 */
void jf_neigh_set_link(struct jf_neigh *neigh, uint32_t port, bool up);

/* Next hops of the port that are in use: with a link address, and still without. */
struct jf_neigh_counts {
	uint32_t known, waiting;
};
struct jf_neigh_counts jf_neigh_count(const struct jf_neigh *neigh, uint32_t port);

/* Everything that is due, bounded. */
void jf_neigh_serve(struct jf_neigh *neigh, uint64_t now_ns);

#endif
