/* SPDX-License-Identifier: BSD-3-Clause */
/* An ethdev: made from the node file's device string, configured, started. Main thread. */
#ifndef JF_DEVICE_PRIV_H
#define JF_DEVICE_PRIV_H

#include "jf_port.h"

struct jf_device_state {
	struct jf_device device; /* what workers see; ports and has_vlans are the caller's */
	const struct jf_node_port *config; /* the first entry that names it */
	bool is_virtual;                   /* a vdev, made at start */
	bool takes_tags_off, puts_tags_in; /* it does, for has_vlans */
	bool spreads_by_port;              /* RSS on the destination port alone */
	uint8_t mac[6];                    /* its own */
	uint32_t ifindex;                  /* of the kernel's interface that it drives; 0: none */
	char driver[32];
	bool link_up;
	uint32_t speed_mbps;
	uint32_t link_changes;
	uint64_t link_changed_ns;
};

/*
 * Queues for that many workers; has_vlans and config are set. On failure nothing is left. Fills in
 * everything but the ports.
 */
int jf_device_open(struct jf_device_state *state, uint32_t n_workers,
                   struct jf_ports_error *ret_error);

struct jf_device_needs {
	bool promiscuous; /* frames come to another address than its own */
	bool multicast;   /* IPv6: its neighbours ask by multicast */
};

/* Queues from pool, then start. */
int jf_device_start(const struct jf_device_state *state, struct rte_mempool *pool,
                    struct jf_device_needs needs, struct jf_ports_error *ret_error);

void jf_device_close(const struct jf_device_state *state);

#endif
