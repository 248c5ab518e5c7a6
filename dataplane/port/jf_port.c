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

#include "jf_log.h"
#include "jf_port_priv.h"
#include "jf_steering_priv.h"
#include "jf_time.h"

#define POOL_CACHE     256u
#define WORKER_PACKETS 6144u /* in a worker's hands and in the rings between workers */
#define LINK_EVERY_NS  (100 * JF_NS_PER_MS)

static int fail(struct jf_ports_error *ret_error, int err, const char *what)
{
	snprintf(ret_error->text, sizeof(ret_error->text), "ports: %s: %s", what, strerror(-err));
	return err;
}

static int make_pool(struct jf_ports *p, struct jf_ports_error *ret_error)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;
	uint32_t packets = 2048;

	packets += p->n_devices * 2 * d->n_workers * JF_PORT_DESCRIPTORS;
	packets += d->n_ports * 2 * JF_PORT_RING_SIZE;
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

/* ---- Devices --------------------------------------------------------------------------------- */

static bool is_same_device(const char *a, const char *b)
{
	size_t length = strcspn(a, ",");

	return strcspn(b, ",") == length && !strncmp(a, b, length);
}

/* Which entries of the node file share a device, and whether by VLAN. Makes nothing yet. */
static void find_devices(struct jf_ports *p)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;

	for (uint32_t i = 0; i < d->n_ports; i++) {
		struct jf_device_state *state;
		uint32_t k = 0;

		while (k < p->n_devices &&
		       !is_same_device(p->devices[k].config->device, d->ports[i].device))
			k++;
		state = &p->devices[k];
		if (k == p->n_devices) {
			*state = (struct jf_device_state){.config = &d->ports[i], .link_up = true};
			p->n_devices++;
		}
		state->device.ports[state->device.n_ports++] = &p->ports[i];
		state->device.has_vlans |= d->ports[i].vlan != 0;
		p->device_of[i] = (uint8_t)k;
	}
}

static int open_devices(struct jf_ports *p, struct jf_ports_error *ret_error)
{
	uint32_t n = p->n_devices;
	int err = 0;

	p->n_devices = 0;
	while (!err && p->n_devices < n) {
		err = jf_device_open(&p->devices[p->n_devices], p->node->dataplane.n_workers,
		                     ret_error);
		p->n_devices += !err;
	}
	return err;
}

static void steer(struct jf_ports *p, struct jf_device_state *state)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;
	struct jf_device *device = &state->device;
	struct jf_steering_shape shape = {
	        .n_workers = d->n_workers,
	        .endpoints_per_address = d->endpoints_per_address,
	        .port_first = d->rtp_port_first,
	};

	for (uint32_t i = 0; i < device->n_ports; i++) {
		const struct jf_node_port *port = &d->ports[device->ports[i]->index];

		shape.tagged |= port->vlan != 0;
		shape.untagged |= port->vlan == 0;
		for (uint32_t a = 0; a < port->n_addresses; a++) {
			shape.v4 |= port->addresses[a].ip.family == 4;
			shape.v6 |= port->addresses[a].ip.family == 6;
		}
	}
	if (d->n_workers == 1)
		device->steering = JF_STEERING_ONE;
	else if (device->n_rx_queues == d->n_workers &&
	         !jf_steering_set_rules(device->port_id, &shape))
		device->steering = JF_STEERING_RULES;
	else if (state->spreads_by_port)
		device->steering = JF_STEERING_RSS;
	else
		device->steering =
		        device->n_rx_queues > 1 ? JF_STEERING_QUEUES : JF_STEERING_HANDOVER;
}

static int start_devices(struct jf_ports *p, struct jf_ports_error *ret_error)
{
	for (uint32_t i = 0; i < p->n_devices; i++) {
		struct jf_device_state *state = &p->devices[i];
		struct jf_device_needs needs = {0};
		int err;

		for (uint32_t k = 0; k < state->device.n_ports; k++) {
			const struct jf_port *port = state->device.ports[k];
			const struct jf_node_port *config = &p->node->dataplane.ports[port->index];

			needs.promiscuous |= memcmp(port->mac, state->mac, 6) != 0;
			for (uint32_t a = 0; a < config->n_addresses; a++)
				needs.multicast |= config->addresses[a].ip.family == 6;
		}
		err = jf_device_start(state, p->pool, needs, ret_error);
		if (err)
			return err;
		steer(p, state);
		jf_packet_sockets_find(&p->sockets[i], state->ifindex);
		jf_log(JF_LOG_PORT, JF_LOG_NOTICE, NULL,
		       "device %s (%s): %u receive queues for %u workers, steering: %s",
		       state->config->device, state->driver, state->device.n_rx_queues,
		       p->node->dataplane.n_workers, jf_steering_name(state->device.steering));
	}
	return 0;
}

/* ---- Ports ----------------------------------------------------------------------------------- */

/* A port counts as opened, for jf_ports_destroy, from here on. */
static int open_port(struct jf_ports *p, uint32_t index, struct jf_ports_error *ret_error)
{
	const struct jf_node_port *config = &p->node->dataplane.ports[index];
	const struct jf_device_state *state = &p->devices[p->device_of[index]];
	struct jf_port *port = &p->ports[index];
	int err;

	p->n_ports = index + 1;
	p->exceptions[index].fd = -1;
	port->index = (uint16_t)index;
	port->port_id = state->device.port_id;
	port->vlan = config->vlan;
	port->device_tags = state->puts_tags_in;
	port->n_addresses = (uint16_t)config->n_addresses;
	if (index)
		port->first_address = (uint16_t)(port[-1].first_address + port[-1].n_addresses);
	if (config->has_mac)
		memcpy(port->mac, config->mac, 6);
	else if (config->is_pci || !config->exception[0])
		memcpy(port->mac, state->mac, 6);
	else
		derive_mac(p->node, index, port->mac);
	if (!config->exception[0])
		return 0;
	err = make_rings(port, ret_error);
	if (err)
		return err;
	return jf_exception_open(&p->exceptions[index], p->netlink, config, port->mac, ret_error);
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
	find_devices(p);
	err = open_devices(p, ret_error);
	if (!err && (err = jf_netlink_open(&p->netlink)))
		fail(ret_error, err, "netlink");
	if (!err)
		err = make_pool(p, ret_error);
	for (uint32_t i = 0; !err && i < config->node->dataplane.n_ports; i++)
		err = open_port(p, i, ret_error);
	if (!err)
		err = start_devices(p, ret_error);
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
	for (uint32_t i = 0; i < p->n_devices; i++)
		jf_device_close(&p->devices[i]);
	for (uint32_t i = 0; i < p->n_ports; i++) {
		jf_exception_close(&p->exceptions[i]);
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

uint32_t jf_ports_device_count(const struct jf_ports *p)
{
	return p->n_devices;
}

const struct jf_device *jf_ports_device(const struct jf_ports *p, uint32_t index)
{
	return &p->devices[index].device;
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
		jf_ports_watch_links(p, now_ns);
	}
}
