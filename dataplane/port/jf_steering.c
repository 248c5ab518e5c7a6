// SPDX-License-Identifier: BSD-3-Clause
#include "jf_steering_priv.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_flow.h>

uint32_t jf_steering_blocks(uint16_t first, uint16_t last,
                            struct jf_steering_block ret_blocks[JF_STEERING_BLOCKS_MAX])
{
	uint32_t at = first, n = 0;

	while (at <= last) {
		uint32_t size = 1;

		while (at % (2 * size) == 0 && at + 2 * size - 1 <= last)
			size *= 2;
		ret_blocks[n++] = (struct jf_steering_block){
		        .first = (uint16_t)at,
		        .mask = (uint16_t) ~(size - 1),
		};
		at += size;
	}
	return n;
}

static int set_rule(uint16_t port_id, const struct jf_steering_block *block, uint16_t queue,
                    bool v6, bool tagged)
{
	const struct rte_flow_attr attr = {.ingress = 1};
	const struct rte_flow_item_udp spec = {.hdr.dst_port = rte_cpu_to_be_16(block->first)};
	const struct rte_flow_item_udp mask = {.hdr.dst_port = rte_cpu_to_be_16(block->mask)};
	const struct rte_flow_action_queue to = {.index = queue};
	const struct rte_flow_action actions[] = {
	        {.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &to},
	        {.type = RTE_FLOW_ACTION_TYPE_END},
	};
	struct rte_flow_item pattern[5] = {{.type = RTE_FLOW_ITEM_TYPE_ETH}};
	struct rte_flow_error error = {0};
	uint32_t n = 1;
	int err;

	if (tagged)
		pattern[n++].type = RTE_FLOW_ITEM_TYPE_VLAN;
	pattern[n++].type = v6 ? RTE_FLOW_ITEM_TYPE_IPV6 : RTE_FLOW_ITEM_TYPE_IPV4;
	pattern[n++] = (struct rte_flow_item){
	        .type = RTE_FLOW_ITEM_TYPE_UDP, .spec = &spec, .mask = &mask};
	pattern[n].type = RTE_FLOW_ITEM_TYPE_END;
	err = rte_flow_validate(port_id, &attr, pattern, actions, &error);
	if (err)
		return err;
	return rte_flow_create(port_id, &attr, pattern, actions, &error) ? 0 : -ENOSPC;
}

/* For one family, with or without a tag. */
static int set_kind(uint16_t port_id, const struct jf_steering_shape *shape, bool v6, bool tagged)
{
	uint32_t ports = 2 * (shape->endpoints_per_address / shape->n_workers);
	struct jf_steering_block blocks[JF_STEERING_BLOCKS_MAX];
	int err = 0;

	for (uint32_t w = 0; !err && w < shape->n_workers; w++) {
		uint32_t first = shape->port_first + w * ports;
		uint32_t n =
		        jf_steering_blocks((uint16_t)first, (uint16_t)(first + ports - 1), blocks);

		for (uint32_t i = 0; !err && i < n; i++)
			err = set_rule(port_id, &blocks[i], (uint16_t)w, v6, tagged);
	}
	return err;
}

int jf_steering_set_rules(uint16_t port_id, const struct jf_steering_shape *shape)
{
	struct rte_flow_error error = {0};
	int err = 0;

	for (int kind = 0; !err && kind < 4; kind++) {
		bool v6 = kind & 1, tagged = kind & 2;

		if ((v6 ? shape->v6 : shape->v4) && (tagged ? shape->tagged : shape->untagged))
			err = set_kind(port_id, shape, v6, tagged);
	}
	if (err)
		(void)rte_flow_flush(port_id, &error);
	return err;
}
