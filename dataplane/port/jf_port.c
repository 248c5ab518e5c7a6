// SPDX-License-Identifier: BSD-3-Clause
#include "jf_port.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <rte_mbuf.h>

#include "jf_device_priv.h"
#include "jf_exception_priv.h"
#include "jf_log.h"
#include "jf_time.h"
#include "jf_neigh_priv.h"

#define POOL_CACHE     256u
#define WORKER_PACKETS 6144u /* in a worker's hands and in the rings between workers */
#define LINK_EVERY_NS  JF_NS_PER_S

struct jf_ports {
	const struct jf_node *node;
	struct jf_port ports[JF_NODE_PORTS_MAX];
	struct jf_exception exceptions[JF_NODE_PORTS_MAX];
	bool link_up[JF_NODE_PORTS_MAX];
	uint32_t n_ports; /* opened so far */
	struct rte_mempool *pool;
	struct jf_netlink *netlink;
	struct jf_neigh *neigh;
	int epoll_fd;
	uint64_t link_at_ns;
};

static int fail(struct jf_ports_error *ret_error, int err, const char *what)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "ports: %s: %s", what, strerror(-err));
	return err;
}

static int make_pool(struct jf_ports *p, struct jf_ports_error *ret_error)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;
	uint32_t packets = 2048;

	for (uint32_t i = 0; i < d->n_ports; i++)
		packets += (2 * d->n_workers * JF_PORT_DESCRIPTORS) + 2 * JF_PORT_RING_SIZE;
	packets += d->n_workers * (WORKER_PACKETS + POOL_CACHE);
	p->pool = rte_pktmbuf_pool_create("jf_packets", packets, POOL_CACHE, 0,
	                                  RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (!p->pool) {
		snprintf(ret_error->text, sizeof(ret_error->text),
		         "ports: no memory for %u packets of %u bytes: %s (give "
		         "dataplane.memory_mb or hugepages)",
		         packets, RTE_MBUF_DEFAULT_BUF_SIZE, rte_strerror(rte_errno));
		return -ENOMEM;
	}
	return 0;
}

/* Locally administered, the same at each start, another one for each node, port and address. */
static void derive_mac(const struct jf_node *node, uint32_t index, uint8_t ret_mac[6])
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
	const struct jf_node_port *port = &node->dataplane.ports[index];

	for (const char *c = node->name; *c; c++)
		hash = (hash ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	for (int i = 0; i < (port->addresses[0].ip.family == 6 ? 16 : 4); i++)
		hash = (hash ^ port->addresses[0].ip.bytes[i]) * UINT64_C(0x100000001b3);
	hash = (hash ^ index) * UINT64_C(0x100000001b3);
	ret_mac[0] = 0x02;
	for (int i = 1; i < 6; i++)
		ret_mac[i] = (uint8_t)(hash >> (8 * i));
}

static int make_rings(struct jf_port *port, struct jf_ports_error *ret_error)
{
	char name[RTE_RING_NAMESIZE];

	snprintf(name, sizeof(name), "jf_to_kernel%u", port->index);
	port->to_kernel = rte_ring_create(name, JF_PORT_RING_SIZE, SOCKET_ID_ANY, RING_F_SC_DEQ);
	snprintf(name, sizeof(name), "jf_from_kernel%u", port->index);
	port->from_kernel = rte_ring_create(name, JF_PORT_RING_SIZE, SOCKET_ID_ANY,
	                                    RING_F_SP_ENQ | RING_F_SC_DEQ);
	if (!port->to_kernel || !port->from_kernel)
		return fail(ret_error, -ENOMEM, "rings to the kernel");
	return 0;
}

static void free_ring(struct rte_ring *ring)
{
	struct rte_mbuf *packet;

	if (!ring)
		return;
	while (!rte_ring_dequeue(ring, (void **)&packet))
		rte_pktmbuf_free(packet);
	rte_ring_free(ring);
}

/* A port counts as opened, for jf_ports_destroy, once its device is there. */
static int open_port(struct jf_ports *p, uint32_t index, struct jf_ports_error *ret_error)
{
	const struct jf_node_port *config = &p->node->dataplane.ports[index];
	struct jf_port *port = &p->ports[index];
	uint8_t own[6];
	int err;

	port->index = (uint16_t)index;
	port->n_addresses = (uint16_t)config->n_addresses;
	if (index)
		port->first_address = (uint16_t)(port[-1].first_address + port[-1].n_addresses);
	p->exceptions[index].fd = -1;
	err = jf_device_open(config, p->node->dataplane.n_workers, port, own, ret_error);
	if (err)
		return err;
	p->n_ports = index + 1;
	if (config->has_mac)
		memcpy(port->mac, config->mac, 6);
	else if (config->is_pci || !config->exception[0])
		memcpy(port->mac, own, 6);
	else
		derive_mac(p->node, index, port->mac);
	if (config->exception[0]) {
		err = make_rings(port, ret_error);
		if (!err)
			err = jf_exception_open(&p->exceptions[index], p->netlink, config,
			                        port->mac, ret_error);
		if (err)
			return err;
	}
	return jf_device_start(port, p->pool, memcmp(port->mac, own, 6) != 0, ret_error);
}

static int open_neigh(struct jf_ports *p, uint32_t n_endpoints, struct jf_ports_error *ret_error)
{
	struct jf_neigh_port ports[JF_NODE_PORTS_MAX] = {0};
	int err;

	for (uint32_t i = 0; i < p->n_ports; i++) {
		memcpy(ports[i].mac, p->ports[i].mac, 6);
		if (p->exceptions[i].fd < 0)
			continue;
		ports[i].ifindex = p->exceptions[i].ifindex;
		snprintf(ports[i].name, sizeof(ports[i].name), "%s",
		         p->node->dataplane.ports[i].exception);
	}
	err = jf_neigh_create(p->node->dataplane.n_workers, n_endpoints, ports, p->n_ports,
	                      &p->neigh);
	return err ? fail(ret_error, err, "neighbours") : 0;
}

static int open_epoll(struct jf_ports *p, struct jf_ports_error *ret_error)
{
	struct epoll_event event = {.events = EPOLLIN};

	p->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll_fd < 0)
		return fail(ret_error, -errno, "epoll");
	if (epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, jf_neigh_fd(p->neigh), &event) < 0)
		return fail(ret_error, -errno, "epoll");
	for (uint32_t i = 0; i < p->n_ports; i++)
		if (p->exceptions[i].fd >= 0 &&
		    epoll_ctl(p->epoll_fd, EPOLL_CTL_ADD, p->exceptions[i].fd, &event) < 0)
			return fail(ret_error, -errno, "epoll");
	return 0;
}

int jf_ports_create(const struct jf_ports_config *config, struct jf_ports **ret_ports,
                    struct jf_ports_error *ret_error)
{
	struct jf_ports *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return fail(ret_error, -ENOMEM, "memory");
	p->node = config->node;
	p->epoll_fd = -1;
	err = jf_netlink_open(&p->netlink);
	if (err)
		fail(ret_error, err, "netlink");
	else
		err = make_pool(p, ret_error);
	for (uint32_t i = 0; !err && i < config->node->dataplane.n_ports; i++)
		err = open_port(p, i, ret_error);
	if (!err)
		err = open_neigh(p, config->n_endpoints, ret_error);
	if (!err)
		err = open_epoll(p, ret_error);
	if (err)
		jf_ports_destroy(p);
	else
		*ret_ports = p;
	return err;
}

void jf_ports_destroy(struct jf_ports *p)
{
	if (!p)
		return;
	if (p->epoll_fd >= 0)
		close(p->epoll_fd);
	jf_neigh_destroy(p->neigh);
	for (uint32_t i = 0; i < p->n_ports; i++) {
		jf_exception_close(&p->exceptions[i]);
		jf_device_close(&p->ports[i]);
		free_ring(p->ports[i].to_kernel);
		free_ring(p->ports[i].from_kernel);
	}
	rte_mempool_free(p->pool);
	jf_netlink_close(p->netlink);
	free(p);
}

uint32_t jf_ports_count(const struct jf_ports *p)
{
	return p->n_ports;
}

const struct jf_port *jf_ports_get(const struct jf_ports *p, uint32_t index)
{
	return &p->ports[index];
}

struct rte_mempool *jf_ports_pool(const struct jf_ports *p)
{
	return p->pool;
}

struct jf_neigh *jf_ports_neigh(const struct jf_ports *p)
{
	return p->neigh;
}

static void watch_links(struct jf_ports *p)
{
	for (uint32_t i = 0; i < p->n_ports; i++) {
		struct rte_eth_link link = {0};

		if (rte_eth_link_get_nowait(p->ports[i].port_id, &link))
			continue;
		if ((link.link_status == RTE_ETH_LINK_UP) != p->link_up[i]) {
			p->link_up[i] = !p->link_up[i];
			jf_log(JF_LOG_PORT, p->link_up[i] ? JF_LOG_NOTICE : JF_LOG_WARNING, NULL,
			       "port %u (%s): link %s", i, p->node->dataplane.ports[i].device,
			       p->link_up[i] ? "up" : "down");
		}
	}
}

void jf_ports_serve(struct jf_ports *p, uint64_t now_ns, uint32_t timeout_us)
{
	const struct timespec timeout = {.tv_sec = timeout_us / 1000000,
	                                 .tv_nsec = timeout_us % 1000000 * 1000L};
	struct epoll_event events[JF_NODE_PORTS_MAX + 1];

	(void)epoll_pwait2(p->epoll_fd, events, JF_NODE_PORTS_MAX + 1, &timeout, NULL);
	for (uint32_t i = 0; i < p->n_ports; i++)
		jf_exception_pump(&p->exceptions[i], &p->ports[i], p->pool);
	jf_neigh_serve(p->neigh, now_ns);
	if (now_ns >= p->link_at_ns) {
		p->link_at_ns = now_ns + LINK_EVERY_NS;
		watch_links(p);
	}
}

void jf_ports_read_stats(struct jf_ports *p, uint32_t index, struct jf_port_stats *ret_stats)
{
	const struct jf_exception *e = &p->exceptions[index];
	struct rte_eth_stats device = {0};

	(void)rte_eth_stats_get(p->ports[index].port_id, &device);
	*ret_stats = (struct jf_port_stats){
	        .to_kernel = e->to_kernel,
	        .from_kernel = e->from_kernel,
	        .tap_refused = e->tap_refused,
	        .from_kernel_dropped = e->from_kernel_dropped,
	        .rx_missed = device.imissed,
	        .rx_errors = device.ierrors,
	        .rx_nombuf = device.rx_nombuf,
	        .tx_errors = device.oerrors,
	        .link_up = p->link_up[index],
	};
}
