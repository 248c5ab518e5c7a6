/* SPDX-License-Identifier: BSD-3-Clause */
/* What the ports are made of. Main thread while they are made, then the service thread. */
#ifndef JF_PORT_PRIV_H
#define JF_PORT_PRIV_H

#include "jf_device_priv.h"
#include "jf_exception_priv.h"
#include "jf_neigh_priv.h"
#include "jf_packet_socket_priv.h"
#include "jf_port.h"

struct jf_ports {
	const struct jf_node *node;
	struct jf_port ports[JF_NODE_PORTS_MAX];
	struct jf_exception exceptions[JF_NODE_PORTS_MAX];
	struct jf_device_state devices[JF_NODE_PORTS_MAX];
	struct jf_packet_sockets sockets[JF_NODE_PORTS_MAX]; /* of the devices */
	uint8_t device_of[JF_NODE_PORTS_MAX];                /* by port */
	uint32_t n_ports;                                    /* so far */
	uint32_t n_devices;                                  /* opened so far */
	struct rte_mempool *pool;
	struct jf_netlink *netlink;
	struct jf_neigh *neigh;
	int epoll_fd;
	uint64_t link_at_ns;
	bool link_changed; /* since the slots were written */
};

/* Looks at the links; tells workers, the kernel and the resolver what has changed. */
void jf_ports_watch_links(struct jf_ports *ports, uint64_t now_ns);

#endif
