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

/* sip, as libcyaml reads it. */
struct jf_node_raw_sip {
	char *address;
	char **addresses;
	unsigned addresses_count;
	uint32_t *udp_port;
	uint32_t *tcp_port;
	uint32_t *tls_port;
	char *tls_certificate;
	char *tls_key;
	char *tls_ca;
	unsigned tls_client; /* enum jf_node_tls_client */
	uint32_t *connections_max;
	uint32_t *connections_per_source;
	uint32_t *calls_max, *memory_max_mb, *source_rate, *trace_mb;
	unsigned keepalive; /* enum jf_node_keepalive */
	uint32_t *keepalive_s, *keepalive_rate, *session_expires_s, *min_se_s;
	char **dns;
	unsigned dns_count;
	bool *srtp_over_plain;
	bool *digest_sha256;
	char *realm;
	char *user_agent;
};

extern const struct cyaml_schema_value jf_node_port_schema;
extern const struct cyaml_schema_field jf_node_sip_fields[];

struct jf_node_parse {
	const struct jf_yaml *yaml;
	struct jf_yaml_error *error;
	struct jf_node *node;
};

#define FAIL(p, path, ...) jf_yaml_fail((p)->yaml, (p)->error, (path), __VA_ARGS__)

struct jf_node_range {
	const char *path;
	uint32_t min, max, missing;
};

/* raw: NULL when it is missing. */
int jf_node_take_number(const struct jf_node_parse *p, const struct jf_node_range *range,
                        const uint32_t *raw, uint32_t *ret_value);

/* raw: NULL when there is no sip. After the dataplane, whose ports and addresses it is held
 * against. */
int jf_node_take_sip(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw);

/* Entry index, after those before it. 0 or -EINVAL with the error at its place. */
int jf_node_take_port(const struct jf_node_parse *p, uint32_t index,
                      const struct jf_node_raw_port *raw);

#endif
