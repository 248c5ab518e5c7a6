// SPDX-License-Identifier: BSD-3-Clause
/* The entries of dataplane.ports. */
#include "jf_node_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t text_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, JF_NODE_TEXT_SIZE - 1)};

static const cyaml_schema_field_t port_fields[] = {
        CYAML_FIELD_STRING_PTR("device", CYAML_FLAG_POINTER, struct jf_node_raw_port, device, 1,
                               JF_NODE_TEXT_SIZE - 1),
        CYAML_FIELD_STRING_PTR("name", OPTIONAL, struct jf_node_raw_port, name, 1, 15),
        CYAML_FIELD_UINT_PTR("vlan", OPTIONAL, struct jf_node_raw_port, vlan),
        CYAML_FIELD_STRING_PTR("exception", OPTIONAL, struct jf_node_raw_port, exception, 1, 15),
        CYAML_FIELD_STRING_PTR("mac", OPTIONAL, struct jf_node_raw_port, mac, 17, 17),
        CYAML_FIELD_SEQUENCE("addresses", CYAML_FLAG_POINTER, struct jf_node_raw_port, addresses,
                             &text_schema, 1, JF_NODE_ADDRESSES_MAX),
        CYAML_FIELD_END,
};

const struct cyaml_schema_value jf_node_port_schema = {
        CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct jf_node_raw_port, port_fields)};

/* Host bits of the prefix: neither none (the network) nor, for IPv4, all (its broadcast). */
static bool is_of_a_host(const struct jf_node_address *address)
{
	uint32_t bits = address->ip.family == 6 ? 128 : 32;
	bool zeros = true, ones = true;

	for (uint32_t i = address->prefix_length; i < bits; i++) {
		bool bit = address->ip.bytes[i / 8] >> (7 - i % 8) & 1;

		zeros &= !bit;
		ones &= bit;
	}
	if (bits - address->prefix_length < 2) /* RFC 3021, RFC 6164: both are hosts */
		return true;
	return !zeros && (address->ip.family == 6 || !ones);
}

static int take_address(const struct jf_node_parse *p, const char *path, const char *raw,
                        struct jf_node_address *ret_address)
{
	const char *end;
	char *rest = NULL;
	unsigned long length, bits;

	if (jf_ip_parse(raw, &ret_address->ip, &end) || !jf_ip_is_host(&ret_address->ip))
		return FAIL(p, path, "'%s' is not the IPv4 or IPv6 address of a host", raw);
	bits = ret_address->ip.family == 6 ? 128 : 32;
	if (*end != '/' || end[1] < '0' || end[1] > '9')
		return FAIL(p, path,
		            "'%s' lacks its prefix length, as in 10.77.0.1/16 or 2001:db8::1/64",
		            raw);
	length = strtoul(end + 1, &rest, 10);
	if (*rest || length < 1 || length > bits)
		return FAIL(p, path, "'%s': the prefix length must be 1 to %lu", raw, bits);
	ret_address->prefix_length = (uint8_t)length;
	if (!is_of_a_host(ret_address))
		return FAIL(p, path, "'%s' is the address of the network, not of a host in it",
		            raw);
	for (uint32_t i = 0; i < p->node->dataplane.n_ports; i++) {
		const struct jf_node_port *port = &p->node->dataplane.ports[i];

		for (uint32_t k = 0; k < port->n_addresses; k++)
			if (jf_ip_equal(&port->addresses[k].ip, &ret_address->ip))
				return FAIL(p, path, "'%s' stands here a second time", raw);
	}
	return 0;
}

static int take_mac(const struct jf_node_parse *p, const char *path, const char *raw,
                    uint8_t ret_mac[6])
{
	static const char shape[] = "xx:xx:xx:xx:xx:xx";
	static const char hex[] = "0123456789abcdef";
	uint8_t mac[6] = {0};

	for (int i = 0; i < 17; i++) {
		const char *digit;

		if (shape[i] == ':') {
			if (raw[i] != ':')
				return FAIL(p, path, "'%s' is not a MAC address", raw);
			continue;
		}
		digit = strchr(hex, raw[i] >= 'A' && raw[i] <= 'F' ? raw[i] + 32 : raw[i]);
		if (!digit)
			return FAIL(p, path, "'%s' is not a MAC address", raw);
		mac[i / 3] = (uint8_t)(mac[i / 3] << 4 | (digit - hex));
	}
	if (mac[0] & 1 || !memcmp(mac, "\0\0\0\0\0\0", 6))
		return FAIL(p, path, "'%s' is not the MAC address of one station", raw);
	memcpy(ret_mac, mac, 6);
	return 0;
}

static bool is_pci(const char *device)
{
	unsigned domain, bus, slot, function;
	int at = 0;

	return sscanf(device, "%4x:%2x:%2x.%1x%n", &domain, &bus, &slot, &function, &at) == 4 &&
	       !device[at];
}

static int take_device(const struct jf_node_parse *p, const char *path, const char *raw,
                       struct jf_node_port *port)
{
	static const char *const drivers[] = {"net_af_packet", "net_af_xdp", "net_memif"};

	snprintf(port->device, sizeof(port->device), "%s", raw);
	port->is_pci = is_pci(raw);
	if (port->is_pci)
		return 0;
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++)
		if (!strncmp(raw, drivers[i], strlen(drivers[i])))
			return 0;
	return FAIL(p, path,
	            "'%s' is neither a PCI address (0000:3b:00.0) nor a device of net_af_packet, "
	            "net_af_xdp or net_memif",
	            raw);
}

static int take_exception(const struct jf_node_parse *p, const char *path, const char *raw,
                          struct jf_node_port *port)
{
	if (!strcmp(raw, ".") || !strcmp(raw, ".."))
		return FAIL(p, path, "'%s' is not the name of an interface", raw);
	for (const char *c = raw; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("/:%", *c))
			return FAIL(p, path, "'%s' is not the name of an interface", raw);
	for (uint32_t i = 0; i + 1 < p->node->dataplane.n_ports; i++)
		if (!strcmp(p->node->dataplane.ports[i].exception, raw))
			return FAIL(p, path, "'%s' stands here a second time", raw);
	snprintf(port->exception, sizeof(port->exception), "%s", raw);
	return 0;
}

/* What the operator calls it; "port N" if it has no name. */
static int take_port_name(const struct jf_node_parse *p, const char *path, uint32_t index,
                          const char *raw)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	                              "0123456789-_.";
	struct jf_node_port *ports = p->node->dataplane.ports;

	if (!raw) {
		snprintf(ports[index].name, sizeof(ports[index].name), "port%u", index);
		return 0;
	}
	if (raw[strspn(raw, allowed)])
		return FAIL(p, path, "only letters, digits, '-', '_' and '.' may stand here");
	for (uint32_t i = 0; i < index; i++)
		if (!strcmp(ports[i].name, raw))
			return FAIL(p, path, "'%s' stands here a second time", raw);
	snprintf(ports[index].name, sizeof(ports[index].name), "%s", raw);
	return 0;
}

static size_t device_name_length(const char *device)
{
	return strcspn(device, ",");
}

/* Entries of one device differ in their VLAN, and in nothing that is said about the device. */
static int check_device(const struct jf_node_parse *p, const char *path, const char *vlan_path,
                        uint32_t index)
{
	const struct jf_node_port *ports = p->node->dataplane.ports;
	const struct jf_node_port *port = &ports[index];
	size_t length = device_name_length(port->device);

	for (uint32_t i = 0; i < index; i++) {
		if (length != device_name_length(ports[i].device) ||
		    strncmp(ports[i].device, port->device, length) != 0)
			continue;
		if (strcmp(ports[i].device, port->device) != 0)
			return FAIL(p, path, "'%s' stands above with other arguments",
			            port->device);
		if (ports[i].vlan == port->vlan && !port->vlan)
			return FAIL(p, path, "'%s' stands here a second time: give each its vlan",
			            port->device);
		if (ports[i].vlan == port->vlan)
			return FAIL(p, vlan_path, "VLAN %u of '%s' stands here a second time",
			            port->vlan, port->device);
	}
	return 0;
}

static int take_addresses(const struct jf_node_parse *p, uint32_t index,
                          const struct jf_node_raw_port *raw)
{
	struct jf_node_port *port = &p->node->dataplane.ports[index];
	char path[64];

	for (unsigned i = 0; i < raw->addresses_count; i++) {
		struct jf_node_address address = {0};
		int err;

		snprintf(path, sizeof(path), "dataplane.ports[%u].addresses[%u]", index, i);
		if (jf_node_address_count(p->node) == JF_NODE_ADDRESSES_MAX)
			return FAIL(p, path, "more than %u addresses", JF_NODE_ADDRESSES_MAX);
		err = take_address(p, path, raw->addresses[i], &address);
		if (err)
			return err;
		port->addresses[port->n_addresses++] = address;
	}
	return 0;
}

int jf_node_take_port(const struct jf_node_parse *p, uint32_t index,
                      const struct jf_node_raw_port *raw)
{
	struct jf_node_port *port = &p->node->dataplane.ports[index];
	char path[64], vlan_path[64];
	int err;

	p->node->dataplane.n_ports = index + 1;
	snprintf(path, sizeof(path), "dataplane.ports[%u].device", index);
	snprintf(vlan_path, sizeof(vlan_path), "dataplane.ports[%u].vlan", index);
	err = take_device(p, path, raw->device, port);
	if (err)
		return err;
	if (raw->vlan && (*raw->vlan < 1 || *raw->vlan > 4094))
		return FAIL(p, vlan_path, "%u is not a VLAN: 1 to 4094", *raw->vlan);
	port->vlan = raw->vlan ? (uint16_t)*raw->vlan : 0;
	err = check_device(p, path, vlan_path, index);
	if (err)
		return err;
	snprintf(path, sizeof(path), "dataplane.ports[%u].name", index);
	err = take_port_name(p, path, index, raw->name);
	if (!err && raw->exception) {
		snprintf(path, sizeof(path), "dataplane.ports[%u].exception", index);
		err = take_exception(p, path, raw->exception, port);
	}
	if (!err && raw->mac) {
		snprintf(path, sizeof(path), "dataplane.ports[%u].mac", index);
		err = take_mac(p, path, raw->mac, port->mac);
		port->has_mac = true;
	}
	return err ? err : take_addresses(p, index, raw);
}
