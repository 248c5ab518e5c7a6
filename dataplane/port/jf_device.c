// SPDX-License-Identifier: BSD-3-Clause
#include "jf_device_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>
#include <rte_version.h>

static int fail(struct jf_ports_error *ret_error, int err, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

static int fail(struct jf_ports_error *ret_error, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret_error->text, sizeof(ret_error->text), format, args);
	va_end(args);
	return err;
}

/*
 * The device string with what the number of workers asks for and a practitioner would forget:
 * af_packet has one queue pair and room for 512 frames unless told.
 */
static void device_string(const struct jf_node_port *config, uint32_t n_workers, char *ret_text,
                          size_t size)
{
	size_t at = (size_t)snprintf(ret_text, size, "%s", config->device);

	if (strncmp(config->device, "net_af_packet", 13))
		return;
	if (n_workers > 1 && !strstr(config->device, "qpairs="))
		at += (size_t)snprintf(ret_text + at, size - at, ",qpairs=%u", n_workers);
	if (!strstr(config->device, "framecnt="))
		snprintf(ret_text + at, size - at, ",framecnt=2048");
}

static int probe(const struct jf_node_port *config, uint32_t n_workers, uint16_t *ret_port_id,
                 struct jf_ports_error *ret_error)
{
	char text[JF_NODE_TEXT_SIZE + 64];
	char name[JF_NODE_TEXT_SIZE];
	int err;

	snprintf(name, sizeof(name), "%s", config->device);
	name[strcspn(name, ",")] = '\0';
	if (!config->is_pci) {
		device_string(config, n_workers, text, sizeof(text));
		err = rte_dev_probe(text);
		if (err)
			return fail(ret_error, err,
			            "device %s: the driver refuses it: %s (does the interface "
			            "exist, in this network namespace?)",
			            text, strerror(-err));
	}
	err = rte_eth_dev_get_port_by_name(name, ret_port_id);
	if (err)
		return fail(ret_error, -ENODEV,
		            "device %s: not found (PCI devices must be bound to vfio-pci)", name);
	return 0;
}

/* Whether the device can spread by destination port alone, and what else it can hash. */
static uint64_t rss_of(const struct rte_eth_dev_info *info, bool *ret_by_port)
{
	const uint64_t udp = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;
	uint64_t can = info->flow_type_rss_offloads;

	*ret_by_port = (can & RTE_ETH_RSS_L4_DST_ONLY) && (can & udp);
	return *ret_by_port ? (can & udp) | RTE_ETH_RSS_L4_DST_ONLY : can & RTE_ETH_RSS_UDP;
}

static int configure(struct jf_device_state *state, const struct rte_eth_dev_info *info,
                     struct jf_ports_error *ret_error)
{
	const struct jf_device *device = &state->device;
	struct rte_eth_conf conf = {0};
	uint64_t rss = rss_of(info, &state->spreads_by_port);
	int err;

	state->spreads_by_port &= device->n_rx_queues > 1;
	if (device->n_rx_queues > 1 && rss) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = rss;
	}
	/* All packets sent are of one pool and have one owner. */
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	if (device->has_vlans) {
		conf.rxmode.offloads |= info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
		conf.txmode.offloads |= info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	}
	state->takes_tags_off = conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP;
	state->puts_tags_in = conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_VLAN_INSERT;
	err = rte_eth_dev_configure(device->port_id, device->n_rx_queues, device->n_tx_queues,
	                            &conf);
	if (err)
		return fail(ret_error, err, "device %s: %u receive and %u transmit queues: %s",
		            state->config->device, device->n_rx_queues, device->n_tx_queues,
		            strerror(-err));
	return 0;
}

int jf_device_open(struct jf_device_state *state, uint32_t n_workers,
                   struct jf_ports_error *ret_error)
{
	struct jf_device *device = &state->device;
	struct rte_eth_dev_info info;
	struct rte_ether_addr address;
	int err = probe(state->config, n_workers, &device->port_id, ret_error);

	if (err)
		return err;
	state->is_virtual = !state->config->is_pci;
	err = rte_eth_dev_info_get(device->port_id, &info);
	if (!err)
		err = rte_eth_macaddr_get(device->port_id, &address);
	if (err) {
		fail(ret_error, err, "device %s: %s", state->config->device, strerror(-err));
		goto out;
	}
	if (info.max_tx_queues < n_workers) {
		err = fail(ret_error, -ENOTSUP,
		           "device %s: %u transmit queues, but %u workers need one each",
		           state->config->device, info.max_tx_queues, n_workers);
		goto out;
	}
	device->n_tx_queues = (uint16_t)n_workers;
	device->n_rx_queues = (uint16_t)RTE_MIN(n_workers, info.max_rx_queues);
	state->ifindex = info.if_index;
	snprintf(state->driver, sizeof(state->driver), "%s",
	         info.driver_name ? info.driver_name : "");
	memcpy(state->mac, address.addr_bytes, 6);
	err = configure(state, &info, ret_error);
out:
	if (err)
		jf_device_close(state);
	return err;
}

static int set_up_queues(const struct jf_device *device, struct rte_mempool *pool)
{
	uint16_t rx_descriptors = JF_PORT_DESCRIPTORS;
	uint16_t tx_descriptors = JF_PORT_DESCRIPTORS;
	int err =
	        rte_eth_dev_adjust_nb_rx_tx_desc(device->port_id, &rx_descriptors, &tx_descriptors);

	if (err == -ENOTSUP)
		err = 0;
	for (uint16_t q = 0; !err && q < device->n_rx_queues; q++)
		err = rte_eth_rx_queue_setup(device->port_id, q, rx_descriptors, SOCKET_ID_ANY,
		                             NULL, pool);
	for (uint16_t q = 0; !err && q < device->n_tx_queues; q++)
		err = rte_eth_tx_queue_setup(device->port_id, q, tx_descriptors, SOCKET_ID_ANY,
		                             NULL);
	return err;
}

int jf_device_start(const struct jf_device_state *state, struct rte_mempool *pool,
                    struct jf_device_needs needs, struct jf_ports_error *ret_error)
{
	const struct jf_device *device = &state->device;
	const char *name = state->config->device;
	int err = set_up_queues(device, pool);

	if (err)
		return fail(ret_error, err, "device %s: queues: %s", name, strerror(-err));
	err = rte_eth_dev_start(device->port_id);
	if (err)
		return fail(ret_error, err, "device %s: can't be started: %s", name,
		            strerror(-err));
	if (needs.promiscuous) {
		err = rte_eth_promiscuous_enable(device->port_id);
		if (err && err != -ENOTSUP) /* memif and the like: nothing is filtered there */
			return fail(ret_error, err, "device %s: promiscuous: %s", name,
			            strerror(-err));
	} else if (needs.multicast) {
		err = rte_eth_allmulticast_enable(device->port_id);
		if (err && err != -ENOTSUP)
			return fail(ret_error, err, "device %s: multicast: %s", name,
			            strerror(-err));
	}
	return 0;
}

void jf_device_close(const struct jf_device_state *state)
{
	struct rte_eth_dev_info info = {0};

	(void)rte_eth_dev_info_get(state->device.port_id, &info);
	(void)rte_eth_dev_stop(state->device.port_id);
	(void)rte_eth_dev_close(state->device.port_id);
	if (state->is_virtual && info.device) /* made by us; a PCI device stays where it is */
		(void)rte_dev_remove(info.device);
}
