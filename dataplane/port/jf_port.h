/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: devices, their queues, the exception path to the kernel.
 *
 * Devices
 *   The node file names each port's device: a vdev string (net_af_packet, net_af_xdp, net_memif)
 *   or a PCI address. vdevs are made here; PCI devices must be allowed when the EAL starts (-a).
 *   Each worker has one transmit queue of each port, number w. Where a device has fewer receive
 *   queues than there are workers, worker w < n_rx_queues receives and hands packets on. Ports are
 *   promiscuous when frames come to an address that is not the device's own.
 *
 * The exception path
 *   A port may have an interface in the kernel (a tap, "jf0"), with the engine's addresses, in the
 *   network namespace of the process. What is not media (ARP, ICMP, SIP) goes to it and comes back:
 *   workers put packets into to_kernel, the service thread writes them to the tap; what the kernel
 *   sends, the service thread puts into from_kernel and worker 0 sends it on the device. Frames
 *   leave with complete checksums. All frames of the port, media too, have the interface's link
 *   address: from the node file, else the device's own for PCI, else derived from node name and
 *   address, so that it stays the same over restarts. The interface goes away with the process;
 *   sockets bound to its addresses work again when it is back.
 *
 * The kernel's interface under af_packet or AF_XDP must keep still: no address, IFF_NOARP, IPv6
 * off; and the far end of a veth must not leave checksums or segmentation to us (ethtool -K DEV tx
 * off tso off gso off), since there is no hardware behind it that would complete them.
 *
 * Threads: main for create and destroy, service for jf_ports_serve, workers for what takes a
 * struct jf_port.
 */
#ifndef JF_PORT_H
#define JF_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "jf_neigh.h"
#include "jf_node.h"

#define JF_PORT_BURST       32u
#define JF_PORT_RING_SIZE   1024u /* of to_kernel and from_kernel, packets */
#define JF_PORT_DESCRIPTORS 1024u
#define JF_PORT_FRAME_MAX   1518u

/* What a worker sees. Constant between create and destroy. */
struct jf_port {
	uint16_t port_id;       /* DPDK's */
	uint16_t index;         /* in the node file */
	uint16_t n_rx_queues;   /* worker w receives from queue w, if w < n_rx_queues */
	uint16_t n_tx_queues;   /* = workers */
	uint16_t first_address; /* index of its first address in the contract's shape */
	uint16_t n_addresses;
	uint8_t mac[6]; /* source of every frame sent */
	bool is_memif;
	bool is_virtual;              /* a vdev, made at start */
	struct rte_ring *to_kernel;   /* any worker; NULL: no exception interface */
	struct rte_ring *from_kernel; /* worker 0 only */
};

struct jf_ports;

struct jf_ports_config {
	const struct jf_node *node; /* must live longer than the ports */
	uint32_t n_endpoints;       /* over all addresses */
};

struct jf_ports_error {
	char text[256]; /* what to tell the operator: which port, what failed, what to do */
};

/*
 * After rte_eal_init. Makes, configures and starts the devices, makes the interfaces, sets their
 * addresses and brings them up. 0 or a negative errno with ret_error; then nothing is left behind.
 */
int jf_ports_create(const struct jf_ports_config *config, struct jf_ports **ret_ports,
                    struct jf_ports_error *ret_error);

/* After the workers have stopped. */
void jf_ports_destroy(struct jf_ports *ports);

uint32_t jf_ports_count(const struct jf_ports *ports);
const struct jf_port *jf_ports_get(const struct jf_ports *ports, uint32_t index);

/* Packets for the workers' own frames (player) and the exception path; 2 KB of room each. */
struct rte_mempool *jf_ports_pool(const struct jf_ports *ports);

struct jf_neigh *jf_ports_neigh(const struct jf_ports *ports);

/*
 * Service thread, again and again: waits for at most timeout_us until the kernel has something,
 * then moves packets both ways, answers workers' questions about neighbours, watches links. The
 * workers can't wake it without calling the kernel, so it looks at their rings by itself: keep
 * timeout_us at or below JF_PORTS_TIMEOUT_US, and SIP through the tap takes less than 1 ms more.
 */
#define JF_PORTS_TIMEOUT_US 300u
void jf_ports_serve(struct jf_ports *ports, uint64_t now_ns, uint32_t timeout_us);

struct jf_port_stats {
	uint64_t to_kernel, from_kernel; /* packets moved */
	uint64_t tap_refused;            /* the kernel did not take the packet */
	uint64_t from_kernel_dropped;    /* no buffer, or worker 0 was behind */
	uint64_t rx_missed, rx_errors, rx_nombuf, tx_errors; /* of the device */
	bool link_up;
};

/* Service thread. */
void jf_ports_read_stats(struct jf_ports *ports, uint32_t index, struct jf_port_stats *ret_stats);

/* ---- Worker ------------------------------------------------------------------------------- */

static inline uint16_t jf_port_rx(const struct jf_port *port, uint32_t worker,
                                  struct rte_mbuf **ret_packets, uint16_t room)
{
	if (worker >= port->n_rx_queues)
		return 0;
	return rte_eth_rx_burst(port->port_id, (uint16_t)worker, ret_packets, room);
}

/* Gives how many the device took; the rest is still the caller's. */
static inline uint16_t jf_port_tx(const struct jf_port *port, uint32_t worker,
                                  struct rte_mbuf **packets, uint16_t count)
{
	return rte_eth_tx_burst(port->port_id, (uint16_t)worker, packets, count);
}

/* Gives how many were taken; the rest is still the caller's (JF_DROP_EXCEPTION_FULL). */
static inline uint16_t jf_port_to_kernel(const struct jf_port *port, struct rte_mbuf **packets,
                                         uint16_t count)
{
	if (!port->to_kernel)
		return 0;
	return (uint16_t)rte_ring_enqueue_burst(port->to_kernel, (void **)packets, count, NULL);
}

/* Worker 0. */
static inline uint16_t jf_port_from_kernel(const struct jf_port *port,
                                           struct rte_mbuf **ret_packets, uint16_t room)
{
	if (!port->from_kernel)
		return 0;
	return (uint16_t)rte_ring_dequeue_burst(port->from_kernel, (void **)ret_packets, room,
	                                        NULL);
}

#endif
