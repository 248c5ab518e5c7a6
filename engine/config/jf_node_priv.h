/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the node file share while it is read. */
#ifndef JF_NODE_PRIV_H
#define JF_NODE_PRIV_H

#include "jf_node.h"
#include "jf_yaml.h"

/* An entry of dataplane.ports as libcyaml reads it: NULL is "not there". */
struct jf_node_raw_port {
	char *device;
	char *name;
	uint32_t *vlan;
	char *exception;
	char *mac;
	char **addresses;
	unsigned addresses_count;
};

extern const struct cyaml_schema_value jf_node_port_schema;

struct jf_node_parse {
	const struct jf_yaml *yaml;
	struct jf_yaml_error *error;
	struct jf_node *node;
};

#define FAIL(p, path, ...) jf_yaml_fail((p)->yaml, (p)->error, (path), __VA_ARGS__)

/* Entry index, after those before it. 0 or -EINVAL with the error at its place. */
int jf_node_take_port(const struct jf_node_parse *p, uint32_t index,
                      const struct jf_node_raw_port *raw);

#endif
