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

static int configure(const struct jf_node_port *config, const struct rte_eth_dev_info *info,
                     const struct jf_port *port, struct jf_ports_error *ret_error)
{
	struct rte_eth_conf conf = {0};
	int err;

	if (port->n_rx_queues > 1 && (info->flow_type_rss_offloads & RTE_ETH_RSS_UDP)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & RTE_ETH_RSS_UDP;
	}
	/* All packets sent are of one pool and have one owner. */
	conf.txmode.offloads = info->tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	err = rte_eth_dev_configure(port->port_id, port->n_rx_queues, port->n_tx_queues, &conf);
	if (err)
		return fail(ret_error, err, "device %s: %u receive and %u transmit queues: %s",
		            config->device, port->n_rx_queues, port->n_tx_queues, strerror(-err));
	return 0;
}

int jf_device_open(const struct jf_node_port *config, uint32_t n_workers, struct jf_port *port,
                   uint8_t ret_mac[6], struct jf_ports_error *ret_error)
{
	struct rte_eth_dev_info info;
	struct rte_ether_addr address;
	int err = probe(config, n_workers, &port->port_id, ret_error);

	if (err)
		return err;
	port->is_virtual = !config->is_pci;
	err = rte_eth_dev_info_get(port->port_id, &info);
	if (!err)
		err = rte_eth_macaddr_get(port->port_id, &address);
	if (err) {
		fail(ret_error, err, "device %s: %s", config->device, strerror(-err));
		goto out;
	}
	if (info.max_tx_queues < n_workers) {
		err = fail(ret_error, -ENOTSUP,
		           "device %s: %u transmit queues, but %u workers need one each",
		           config->device, info.max_tx_queues, n_workers);
		goto out;
	}
	port->n_tx_queues = (uint16_t)n_workers;
	port->n_rx_queues = (uint16_t)RTE_MIN(n_workers, info.max_rx_queues);
	port->is_memif = info.driver_name && strstr(info.driver_name, "memif");
	err = configure(config, &info, port, ret_error);
	if (err)
		goto out;
	memcpy(ret_mac, address.addr_bytes, 6);
out:
	if (err)
		jf_device_close(port);
	return err;
}

int jf_device_start(const struct jf_port *port, struct rte_mempool *pool, bool promiscuous,
                    struct jf_ports_error *ret_error)
{
	uint16_t rx_descriptors = JF_PORT_DESCRIPTORS;
	uint16_t tx_descriptors = JF_PORT_DESCRIPTORS;
	int err = rte_eth_dev_adjust_nb_rx_tx_desc(port->port_id, &rx_descriptors, &tx_descriptors);

	if (err == -ENOTSUP)
		err = 0;
	for (uint16_t q = 0; !err && q < port->n_rx_queues; q++)
		err = rte_eth_rx_queue_setup(port->port_id, q, rx_descriptors, SOCKET_ID_ANY, NULL,
		                             pool);
	for (uint16_t q = 0; !err && q < port->n_tx_queues; q++)
		err = rte_eth_tx_queue_setup(port->port_id, q, tx_descriptors, SOCKET_ID_ANY, NULL);
	if (err)
		return fail(ret_error, err, "port %u: queues: %s", port->index, strerror(-err));
	err = rte_eth_dev_start(port->port_id);
	if (err)
		return fail(ret_error, err, "port %u: can't be started: %s", port->index,
		            strerror(-err));
	if (promiscuous) {
		err = rte_eth_promiscuous_enable(port->port_id);
		if (err && err != -ENOTSUP) /* memif and the like: nothing is filtered there */
			return fail(ret_error, err, "port %u: promiscuous: %s", port->index,
			            strerror(-err));
	}
	return 0;
}

void jf_device_close(const struct jf_port *port)
{
	struct rte_eth_dev_info info = {0};

	(void)rte_eth_dev_info_get(port->port_id, &info);
	(void)rte_eth_dev_stop(port->port_id);
	(void)rte_eth_dev_close(port->port_id);
	if (port->is_virtual && info.device) /* made by us; a PCI device stays where it is */
		(void)rte_dev_remove(info.device);
}
