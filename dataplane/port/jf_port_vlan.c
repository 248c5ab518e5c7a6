// SPDX-License-Identifier: BSD-3-Clause
/* Tags of VLANs (IEEE 802.1Q), off and on. */
#include <string.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#include "jf_port.h"

#define TAG_BYTES 4
#define VID_MASK  0x0fff

/* The frame's VLAN, 0 for none and for a tag that only has a priority; the tag is gone then. */
static uint16_t take_tag_off(struct rte_mbuf *mbuf)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	uint16_t vlan;

	if (mbuf->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED)
		return mbuf->vlan_tci & VID_MASK;
	if (mbuf->data_len < RTE_ETHER_HDR_LEN + TAG_BYTES ||
	    frame[12] != RTE_ETHER_TYPE_VLAN >> 8 || frame[13] != (RTE_ETHER_TYPE_VLAN & 0xff))
		return 0;
	vlan = (uint16_t)((frame[14] << 8 | frame[15]) & VID_MASK);
	memmove(frame + TAG_BYTES, frame, 2 * RTE_ETHER_ADDR_LEN);
	rte_pktmbuf_adj(mbuf, TAG_BYTES);
	return vlan;
}

uint16_t jf_device_sort(const struct jf_device *device, struct rte_mbuf **packets, uint16_t count,
                        struct jf_port_sorted *ret_sorted)
{
	uint16_t lost = 0;

	for (uint32_t p = 0; p < device->n_ports; p++)
		ret_sorted->n[p] = 0;
	for (uint16_t i = 0; i < count; i++) {
		uint16_t vlan = take_tag_off(packets[i]);
		uint32_t p = 0;

		while (p < device->n_ports && device->ports[p]->vlan != vlan)
			p++;
		if (p == device->n_ports) {
			rte_pktmbuf_free(packets[i]);
			lost++;
		} else {
			ret_sorted->mbufs[p][ret_sorted->n[p]++] = packets[i];
		}
	}
	return lost;
}

void jf_port_tag(const struct jf_port *port, struct rte_mbuf **packets, uint16_t count)
{
	for (uint16_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = packets[i];
		uint8_t *frame;

		if (port->device_tags) {
			mbuf->ol_flags |= RTE_MBUF_F_TX_VLAN;
			mbuf->vlan_tci = port->vlan;
			continue;
		}
		/* All frames here are made or received with the usual headroom. */
		frame = (uint8_t *)rte_pktmbuf_prepend(mbuf, TAG_BYTES);
		if (unlikely(!frame))
			continue;
		memmove(frame, frame + TAG_BYTES, 2 * RTE_ETHER_ADDR_LEN);
		frame[12] = RTE_ETHER_TYPE_VLAN >> 8;
		frame[13] = RTE_ETHER_TYPE_VLAN & 0xff;
		frame[14] = (uint8_t)(port->vlan >> 8);
		frame[15] = (uint8_t)port->vlan;
	}
}
