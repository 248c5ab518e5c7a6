/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: devices, their queues and VLANs, the exception path to the kernel.
 *
 * Devices
 *   The node file names each port's device: a vdev string (net_af_packet, net_af_xdp, net_memif)
 *   or a PCI address. vdevs are made here; PCI devices must be allowed when the EAL starts (-a).
 *   Each worker has one transmit queue of each device, number w. Devices are promiscuous when
 *   frames come to an address that is not their own.
 *
 * VLANs
 *   Several ports may share a device, each with the tag of its VLAN. Tags are taken off what is
 *   received (by the device where it offers that) and tell to which port a frame belongs; frames
 *   of a VLAN that no port has are dropped (JF_DROP_WRONG_PORT). What is sent gets its port's tag
 *   in jf_port_tx. So neither the path nor the kernel's interface of a port ever sees one. A device
 *   none of whose ports has a VLAN is left alone: tagged frames go to the kernel as they came.
 *
 * Steering
 *   A UDP port belongs to a worker (jf_contract.h). Where the device can, it is told so: rules that
 *   send each range of ports to its worker's queue, else RSS on the destination port alone. It is
 *   asked what it can do; nothing here knows drivers by name. Without, its queues are polled as it
 *   fills them, and where it has fewer than there are workers, worker w < n_rx_queues receives. A
 *   worker hands on what is another one's (path_lookup.c), counted; so every mode is correct, and
 *   the better ones are faster. Each port shows its mode (enum jf_steering).
 *
 * Link
 *   Looked at ten times a second. While it is down, packets are dropped instead of queued
 *   (JF_DROP_LINK_DOWN: nobody wants to hear them later), the exception interface has no carrier
 *   either, and endpoints stay; when it is back, all neighbours are asked again.
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

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_mempool.h>
#include <rte_ring.h>

#include "jf_contract.h"
#include "jf_neigh.h"
#include "jf_node.h"

#define JF_PORT_BURST       64u
#define JF_PORT_RING_SIZE   1024u /* of to_kernel and from_kernel, packets */
#define JF_PORT_DESCRIPTORS 1024u
#define JF_PORT_FRAME_MAX   1518u

/* What a worker sees of a port. Constant between create and destroy, but for link_down. */
struct jf_port {
	uint16_t port_id;       /* DPDK's, of its device */
	uint16_t index;         /* in the node file */
	uint16_t vlan;          /* 0: frames without a tag */
	bool device_tags;       /* the device puts tags in */
	_Atomic bool link_down; /* written by the service thread */
	uint8_t mac[6];         /* source of every frame sent */
	uint16_t first_address; /* index of its first address in the contract's shape */
	uint16_t n_addresses;
	struct rte_ring *to_kernel;   /* any worker; NULL: no exception interface */
	struct rte_ring *from_kernel; /* worker 0 only */
};

/* And of a device. */
struct jf_device {
	uint16_t port_id;     /* DPDK's */
	uint16_t n_rx_queues; /* worker w receives from queue w, if w < n_rx_queues */
	uint16_t n_tx_queues; /* = workers */
	uint8_t steering;     /* enum jf_steering */
	bool has_vlans;       /* its frames are to be sorted by their tags */
	uint8_t n_ports;
	const struct jf_port *ports[JF_NODE_PORTS_MAX];
};

/* A burst by ports. */
struct jf_port_sorted {
	uint16_t n[JF_NODE_PORTS_MAX]; /* by place in the device's ports */
	struct rte_mbuf *mbufs[JF_NODE_PORTS_MAX][JF_PORT_BURST];
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

uint32_t jf_ports_device_count(const struct jf_ports *ports);
const struct jf_device *jf_ports_device(const struct jf_ports *ports, uint32_t index);

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

/*
 * Service thread, a few times a second: writes the ports' slots in the contract, and the drops that
 * no worker sees into the counters of the service thread.
 */
void jf_ports_publish(struct jf_ports *ports, struct jf_contract *contract);

/* ---- Worker ------------------------------------------------------------------------------- */

static inline uint16_t jf_device_rx(const struct jf_device *device, uint32_t worker,
                                    struct rte_mbuf **ret_packets, uint16_t room)
{
	if (worker >= device->n_rx_queues)
		return 0;
	return rte_eth_rx_burst(device->port_id, (uint16_t)worker, ret_packets, room);
}

/*
 * For devices with has_vlans: takes the tags off and tells which frame is whose; at most
 * JF_PORT_BURST of them. Those of no port are freed; gives how many.
 */
uint16_t jf_device_sort(const struct jf_device *device, struct rte_mbuf **packets, uint16_t count,
                        struct jf_port_sorted *ret_sorted);

/* Puts the port's tag in. */
void jf_port_tag(const struct jf_port *port, struct rte_mbuf **packets, uint16_t count);

static inline bool jf_port_link_is_down(const struct jf_port *port)
{
	return atomic_load_explicit(&port->link_down, memory_order_relaxed);
}

/* Gives how many the device took; the rest is still the caller's. None while the link is down. */
static inline uint16_t jf_port_tx(const struct jf_port *port, uint32_t worker,
                                  struct rte_mbuf **packets, uint16_t count)
{
	if (unlikely(jf_port_link_is_down(port)))
		return 0;
	if (unlikely(port->vlan))
		jf_port_tag(port, packets, count);
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
