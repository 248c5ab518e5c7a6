/* SPDX-License-Identifier: BSD-3-Clause */
/* One ethdev: made from the node file's device string, configured, started. Main thread. */
#ifndef JF_DEVICE_PRIV_H
#define JF_DEVICE_PRIV_H

#include "jf_port.h"

/*
 * Fills in port_id, the numbers of queues, is_memif and is_virtual, and gives the device's own
 * address. On failure nothing is left.
 */
int jf_device_open(const struct jf_node_port *config, uint32_t n_workers, struct jf_port *port,
                   uint8_t ret_mac[6], struct jf_ports_error *ret_error);

/* Queues from pool, then start. Promiscuous if frames come to another address than its own. */
int jf_device_start(const struct jf_port *port, struct rte_mempool *pool, bool promiscuous,
                    struct jf_ports_error *ret_error);

void jf_device_close(const struct jf_port *port);

#endif
