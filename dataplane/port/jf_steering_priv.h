/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Telling a device which worker's queue a UDP port belongs to: one rule for each block of ports
 * that one mask covers, so that a worker's range takes a handful. Main thread.
 */
#ifndef JF_STEERING_PRIV_H
#define JF_STEERING_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "jf_contract.h"
#include "jf_port.h"

/* Ports p with (p & mask) == first; host order. */
struct jf_steering_block {
	uint16_t first, mask;
};

#define JF_STEERING_BLOCKS_MAX 32u

/* The fewest blocks that make up the ports first .. last; gives how many. */
uint32_t jf_steering_blocks(uint16_t first, uint16_t last,
                            struct jf_steering_block ret_blocks[JF_STEERING_BLOCKS_MAX]);

struct jf_steering_shape {
	uint32_t n_workers;
	uint32_t endpoints_per_address;
	uint16_t port_first;
	bool v4, v6;           /* families of the device's addresses */
	bool tagged, untagged; /* whether its ports have VLANs */
};

/*
 * Puts rules into the started device. 0; or what it says to the first one that it does not take,
 * and then none is left.
 */
int jf_steering_set_rules(uint16_t port_id, const struct jf_steering_shape *shape);

#endif
