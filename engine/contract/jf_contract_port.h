/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports as control shows them: one for each entry of dataplane.ports in the node file, in its
 * order. Part of jf_contract.h, which tells how it works. Written by the dataplane's service thread
 * about twice a second and whenever a link changes; read by jf_contract_read_port.
 */
#ifndef JF_CONTRACT_PORT_H
#define JF_CONTRACT_PORT_H

#include <assert.h>
#include <stdint.h>

#include "jf_contract_slot.h"

#define JF_CONTRACT_PORTS_MAX   8u
#define JF_CONTRACT_DEVICE_SIZE 128u /* with the NUL */

/* How packets come to the worker that owns their UDP port: name, text, order is the layout. */
#define JF_STEERINGS(X)                                                                            \
	X(ONE, "one worker") /* nothing to steer */                                                \
	X(RULES, "rules")    /* the device sends each port to its worker: nothing is handed on */  \
	X(RSS, "rss")        /* the device spreads by destination port, workers hand on */         \
	X(QUEUES, "queues")  /* the device spreads its own way, workers hand on */                 \
	X(HANDOVER, "handover") /* fewer queues than workers: who receives hands on */

enum jf_steering {
#define X(name, text) JF_STEERING_##name,
	JF_STEERINGS(X)
#undef X
	        JF_STEERING_COUNT
};

/* "unknown" for what is none. */
const char *jf_steering_name(enum jf_steering steering);

enum jf_exception_state {
	JF_EXCEPTION_NONE, /* the port has no interface in the kernel */
	JF_EXCEPTION_UP,
	JF_EXCEPTION_DOWN, /* somebody has taken it down: nothing is resolved, no SIP */
};

struct jf_port_slot {
	_Alignas(64) jf_seq seq;
	uint16_t vlan;           /* 0: frames without a tag */
	uint8_t device_index;    /* ports with the same one share the device */
	uint8_t link_up;         /* 0 or 1 */
	uint8_t steering;        /* enum jf_steering */
	uint8_t exception_state; /* enum jf_exception_state */
	uint8_t mac[6];
	uint32_t speed_mbps; /* 0: not known, or none */
	uint16_t n_rx_queues, n_tx_queues;
	uint32_t link_changes; /* since the start */
	uint32_t pad0;
	uint64_t link_changed_ns; /* monotonic time of the latest */
	char name[16];
	char exception[16]; /* "": none */
	char driver[32];
	char device[JF_CONTRACT_DEVICE_SIZE];

	/* Of this port; its media traffic is counted by the workers. */
	uint64_t to_kernel, from_kernel;
	uint64_t exception_dropped; /* either way: in drops as exception_full */
	uint32_t neighbours_known;  /* next hops in use whose link address is known */
	uint32_t neighbours_waiting;

	/* Of the device, as its driver and the kernel's side of it count. */
	uint64_t device_rx_packets, device_rx_octets, device_rx_errors;
	uint64_t device_rx_missed;    /* no room in its rings: it was polled too late */
	uint64_t device_rx_no_buffer; /* the pool was empty */
	uint64_t device_tx_packets, device_tx_octets, device_tx_errors;

	/* Of all ports together. */
	uint32_t mbufs, mbufs_in_use;
	uint8_t pad1[48];
};
static_assert(sizeof(struct jf_port_slot) == 384, "layout");

/* What one worker moved through one port: its own frames, where several share a device. */
struct jf_port_traffic {
	_Alignas(64) uint64_t rx_packets;
	uint64_t tx_packets;
	uint64_t tx_refused; /* in drops as tx_full or link_down */
	uint8_t pad[40];
};
static_assert(sizeof(struct jf_port_traffic) == 64, "layout");

#endif
