// SPDX-License-Identifier: BSD-3-Clause
/* The links of the devices, and what control is shown of the ports. Service thread. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "jf_log.h"
#include "jf_port_priv.h"

/* ---- Links ----------------------------------------------------------------------------------- */

/* What the driver says; one that drives an interface of the kernel may not know: ask there too. */
static bool link_of(struct jf_ports *p, struct jf_device_state *state)
{
	struct jf_netlink_link kernel;
	struct rte_eth_link link = {0};

	if (rte_eth_link_get_nowait(state->device.port_id, &link))
		return state->link_up;
	state->speed_mbps = link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN ? 0 : link.link_speed;
	if (link.link_status != RTE_ETH_LINK_UP)
		return false;
	if (!state->ifindex)
		return true;
	return !jf_netlink_link_get(p->netlink, state->ifindex, &kernel) && kernel.is_running;
}

static void change_link(struct jf_ports *p, uint32_t device, uint64_t now_ns)
{
	struct jf_device_state *state = &p->devices[device];

	state->link_up = !state->link_up;
	state->link_changes++;
	state->link_changed_ns = now_ns;
	p->link_changed = true;
	for (uint32_t i = 0; i < p->n_ports; i++) {
		if (p->device_of[i] != device)
			continue;
		atomic_store_explicit(&p->ports[i].link_down, !state->link_up,
		                      memory_order_relaxed);
		jf_neigh_set_link(p->neigh, i, state->link_up);
		jf_exception_set_carrier(&p->exceptions[i], state->link_up);
	}
	jf_log(JF_LOG_PORT, state->link_up ? JF_LOG_NOTICE : JF_LOG_WARNING, NULL,
	       "device %s: link %s", state->config->device, state->link_up ? "up" : "down");
}

void jf_ports_watch_links(struct jf_ports *p, uint64_t now_ns)
{
	for (uint32_t i = 0; i < p->n_devices; i++)
		if (link_of(p, &p->devices[i]) != p->devices[i].link_up)
			change_link(p, i, now_ns);
}

/* ---- The slots in the contract --------------------------------------------------------------- */

static uint8_t exception_state(struct jf_ports *p, uint32_t port)
{
	struct jf_netlink_link link;

	if (p->exceptions[port].fd < 0)
		return JF_EXCEPTION_NONE;
	if (jf_netlink_link_get(p->netlink, p->exceptions[port].ifindex, &link) || !link.is_up)
		return JF_EXCEPTION_DOWN;
	return JF_EXCEPTION_UP;
}

static void write_slot(struct jf_ports *p, uint32_t port, struct jf_port_slot *slot)
{
	const struct jf_device_state *state = &p->devices[p->device_of[port]];
	const struct jf_node_port *config = &p->node->dataplane.ports[port];
	const struct jf_exception *e = &p->exceptions[port];
	struct jf_neigh_counts neighbours = jf_neigh_count(p->neigh, port);
	uint8_t exception = exception_state(p, port);
	struct rte_eth_stats stats = {0};

	(void)rte_eth_stats_get(state->device.port_id, &stats);
	jf_seq_write_begin(&slot->seq);
	slot->vlan = config->vlan;
	slot->device_index = p->device_of[port];
	slot->link_up = state->link_up;
	slot->steering = state->device.steering;
	slot->exception_state = exception;
	memcpy(slot->mac, p->ports[port].mac, 6);
	slot->speed_mbps = state->speed_mbps;
	slot->n_rx_queues = state->device.n_rx_queues;
	slot->n_tx_queues = state->device.n_tx_queues;
	slot->link_changes = state->link_changes;
	slot->link_changed_ns = state->link_changed_ns;
	snprintf(slot->name, sizeof(slot->name), "%s", config->name);
	snprintf(slot->exception, sizeof(slot->exception), "%s", config->exception);
	snprintf(slot->driver, sizeof(slot->driver), "%s", state->driver);
	snprintf(slot->device, sizeof(slot->device), "%s", config->device);
	slot->to_kernel = e->to_kernel;
	slot->from_kernel = e->from_kernel;
	slot->exception_dropped = e->tap_refused + e->from_kernel_dropped;
	slot->neighbours_known = neighbours.known;
	slot->neighbours_waiting = neighbours.waiting;
	slot->device_rx_packets = stats.ipackets;
	slot->device_rx_octets = stats.ibytes;
	slot->device_rx_errors = stats.ierrors;
	slot->device_rx_missed = stats.imissed + p->sockets[p->device_of[port]].missed;
	slot->device_rx_no_buffer = stats.rx_nombuf;
	slot->device_tx_packets = stats.opackets;
	slot->device_tx_octets = stats.obytes;
	slot->device_tx_errors = stats.oerrors;
	slot->mbufs = p->pool->size;
	slot->mbufs_in_use = rte_mempool_in_use_count(p->pool);
	jf_seq_write_end(&slot->seq);
}

void jf_ports_publish(struct jf_ports *p, struct jf_contract *contract)
{
	uint64_t *drops = contract->workers[contract->header->shape.n_workers].drops;
	uint64_t exception = 0, no_buffer = 0, missed = 0;

	for (uint32_t i = 0; i < p->n_devices; i++)
		(void)jf_packet_sockets_missed(&p->sockets[i]);
	for (uint32_t i = 0; i < p->n_ports && i < contract->header->shape.n_ports; i++) {
		struct jf_port_slot *slot = &contract->ports[i];

		write_slot(p, i, slot);
		exception += slot->exception_dropped;
		if (p->devices[slot->device_index].device.ports[0] != &p->ports[i])
			continue; /* its device has been counted */
		no_buffer += slot->device_rx_no_buffer;
		missed += slot->device_rx_missed;
	}
	drops[JF_DROP_EXCEPTION_FULL] = exception;
	drops[JF_DROP_NO_BUFFER] = no_buffer;
	drops[JF_DROP_RX_MISSED] = missed;
}
