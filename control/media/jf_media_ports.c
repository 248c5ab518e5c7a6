// SPDX-License-Identifier: BSD-3-Clause
#include "jf_media_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char *exception_name(uint8_t state)
{
	switch (state) {
	case JF_EXCEPTION_UP:
		return "up";
	case JF_EXCEPTION_DOWN:
		return "down";
	default:
		return "none";
	}
}

static void take_addresses(const struct jf_media *media, uint32_t index, struct jf_media_port *ret)
{
	for (uint32_t a = 0; a < media->shape.n_addresses; a++) {
		const struct jf_contract_address *from = &media->shape.addresses[a];
		struct jf_media_network *to = &ret->addresses[ret->n_addresses];

		if (from->port != index)
			continue;
		*to = (struct jf_media_network){
		        .address.family = from->family,
		        .prefix_length = from->prefix_length,
		};
		memcpy(to->address.ip, from->ip, sizeof(to->address.ip));
		ret->n_addresses++;
	}
}

static void take_traffic(const struct jf_media *media, uint32_t index, struct jf_media_port *ret)
{
	for (uint32_t w = 0; w < media->n_workers; w++) {
		const struct jf_port_traffic *t =
		        &media->contract.traffic[w * JF_CONTRACT_PORTS_MAX + index];

		ret->rx_packets += t->rx_packets;
		ret->tx_packets += t->tx_packets;
		ret->tx_refused += t->tx_refused;
	}
}

/* Texts of the segment end where their room ends. */
static void copy_text(char *to, size_t size, const char *from, size_t from_size)
{
	snprintf(to, size, "%.*s", (int)strnlen(from, from_size), from);
}

static void take_slot(const struct jf_port_slot *slot, struct jf_media_port *ret)
{
	copy_text(ret->name, sizeof(ret->name), slot->name, sizeof(slot->name));
	copy_text(ret->device, sizeof(ret->device), slot->device, sizeof(slot->device));
	copy_text(ret->driver, sizeof(ret->driver), slot->driver, sizeof(slot->driver));
	copy_text(ret->exception, sizeof(ret->exception), slot->exception, sizeof(slot->exception));
	memcpy(ret->mac, slot->mac, sizeof(ret->mac));
	ret->vlan = slot->vlan;
	ret->device_index = slot->device_index;
	ret->link_up = slot->link_up;
	ret->speed_mbps = slot->speed_mbps;
	ret->link_changes = slot->link_changes;
	ret->link_changed_ns = slot->link_changed_ns;
	ret->exception_state = exception_name(slot->exception_state);
	ret->steering = jf_steering_name((enum jf_steering)slot->steering);
	ret->n_rx_queues = slot->n_rx_queues;
	ret->n_tx_queues = slot->n_tx_queues;
	ret->to_kernel = slot->to_kernel;
	ret->from_kernel = slot->from_kernel;
	ret->exception_dropped = slot->exception_dropped;
	ret->neighbours_known = slot->neighbours_known;
	ret->neighbours_waiting = slot->neighbours_waiting;
	ret->rx = (struct jf_media_device_side){slot->device_rx_packets, slot->device_rx_octets,
	                                        slot->device_rx_errors};
	ret->rx_missed = slot->device_rx_missed;
	ret->rx_no_buffer = slot->device_rx_no_buffer;
	ret->tx = (struct jf_media_device_side){slot->device_tx_packets, slot->device_tx_octets,
	                                        slot->device_tx_errors};
	ret->buffers = slot->mbufs;
	ret->buffers_in_use = slot->mbufs_in_use;
}

int jf_media_port(const struct jf_media *media, uint32_t index, struct jf_media_port *ret_port)
{
	struct jf_port_slot slot;

	if (!media->memory || index >= media->shape.n_ports)
		return -ENOENT;
	jf_contract_read_port(&media->contract.ports[index], &slot);
	*ret_port = (struct jf_media_port){.index = index};
	take_slot(&slot, ret_port);
	take_addresses(media, index, ret_port);
	take_traffic(media, index, ret_port);
	return 0;
}

bool jf_media_linked(const struct jf_media *media, struct jf_media_ref endpoint,
                     uint64_t *ret_since_ns)
{
	struct jf_port_slot slot = {.link_up = 1};
	uint32_t port;

	if (media->memory && endpoint.index < media->n_endpoints) {
		port = media->shape.addresses[endpoint.index / media->shape.endpoints_per_address]
		               .port;
		if (port < media->shape.n_ports)
			jf_contract_read_port(&media->contract.ports[port], &slot);
	}
	*ret_since_ns = slot.link_changed_ns;
	return slot.link_up || !slot.name[0];
}

/* Says once what became of each device's link: by its first port. */
void jf_media_ports_look(struct jf_media *media)
{
	for (uint32_t i = 0; i < media->shape.n_ports; i++) {
		const struct jf_port_slot *slot = &media->contract.ports[i];
		bool link_up = slot->link_up; /* a byte: never torn */

		if (!slot->name[0] || link_up == !media->link_down[i])
			continue;
		media->link_down[i] = !link_up;
		jf_media_emit(media, &(struct jf_media_event){
		                             .type = JF_MEDIA_LINK,
		                             .port = i,
		                             .link_up = link_up,
		                             .at_ns = media->now_ns,
		                     });
		if (!media->memory)
			return;
	}
}
