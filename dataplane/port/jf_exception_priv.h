/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's interface on a port: a tap that this process holds open. A file descriptor of our
 * own instead of DPDK's tap driver: the service thread can wait for it, nothing polls it, and
 * several instances in one network namespace need no more than different names.
 */
#ifndef JF_EXCEPTION_PRIV_H
#define JF_EXCEPTION_PRIV_H

#include "jf_port.h"
#include "jf_netlink_priv.h"

struct jf_exception {
	int fd; /* -1: none */
	uint32_t ifindex;
	uint64_t to_kernel, from_kernel;
	uint64_t tap_refused, from_kernel_dropped;
};

/* Makes the tap with its addresses and brings it up. On failure nothing is left. */
int jf_exception_open(struct jf_exception *e, struct jf_netlink *netlink,
                      const struct jf_node_port *config, const uint8_t mac[6],
                      struct jf_ports_error *ret_error);
void jf_exception_close(struct jf_exception *e);

/* The carrier that the kernel sees on it: the link of the port. */
void jf_exception_set_carrier(const struct jf_exception *e, bool up);

/* Moves what is there, bounded, both ways. Service thread. */
void jf_exception_pump(struct jf_exception *e, const struct jf_port *port,
                       struct rte_mempool *pool);

#endif
