// SPDX-License-Identifier: BSD-3-Clause
/* The node file's sip. */
#include "jf_node_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_value_t address_schema = {
        CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 1, JF_IP_TEXT - 1)};

static const cyaml_strval_t tls_client_names[] = {
        {"off", JF_NODE_TLS_CLIENT_OFF},
        {"request", JF_NODE_TLS_CLIENT_REQUEST},
        {"require", JF_NODE_TLS_CLIENT_REQUIRE},
};

static const cyaml_strval_t keepalive_names[] = {
        {"nat", JF_NODE_KEEPALIVE_NAT},
        {"all", JF_NODE_KEEPALIVE_ALL},
        {"none", JF_NODE_KEEPALIVE_NONE},
};

const struct cyaml_schema_field jf_node_sip_fields[] = {
        CYAML_FIELD_STRING_PTR("address", OPTIONAL, struct jf_node_raw_sip, address, 1,
                               JF_IP_TEXT - 1),
        CYAML_FIELD_SEQUENCE("addresses", OPTIONAL, struct jf_node_raw_sip, addresses,
                             &address_schema, 1, JF_NODE_SIP_ADDRESSES_MAX),
        CYAML_FIELD_UINT_PTR("udp_port", OPTIONAL, struct jf_node_raw_sip, udp_port),
        CYAML_FIELD_UINT_PTR("tcp_port", OPTIONAL, struct jf_node_raw_sip, tcp_port),
        CYAML_FIELD_UINT_PTR("tls_port", OPTIONAL, struct jf_node_raw_sip, tls_port),
        CYAML_FIELD_STRING_PTR("tls_certificate", OPTIONAL, struct jf_node_raw_sip, tls_certificate,
                               1, 4096),
        CYAML_FIELD_STRING_PTR("tls_key", OPTIONAL, struct jf_node_raw_sip, tls_key, 1, 4096),
        CYAML_FIELD_STRING_PTR("tls_ca", OPTIONAL, struct jf_node_raw_sip, tls_ca, 1, 4096),
        CYAML_FIELD_ENUM("tls_client", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                         struct jf_node_raw_sip, tls_client, tls_client_names, 3),
        CYAML_FIELD_UINT_PTR("connections_max", OPTIONAL, struct jf_node_raw_sip, connections_max),
        CYAML_FIELD_UINT_PTR("connections_per_source", OPTIONAL, struct jf_node_raw_sip,
                             connections_per_source),
        CYAML_FIELD_UINT_PTR("calls_max", OPTIONAL, struct jf_node_raw_sip, calls_max),
        CYAML_FIELD_UINT_PTR("memory_max_mb", OPTIONAL, struct jf_node_raw_sip, memory_max_mb),
        CYAML_FIELD_UINT_PTR("source_rate", OPTIONAL, struct jf_node_raw_sip, source_rate),
        CYAML_FIELD_UINT_PTR("trace_mb", OPTIONAL, struct jf_node_raw_sip, trace_mb),
        CYAML_FIELD_UINT_PTR("session_expires_s", OPTIONAL, struct jf_node_raw_sip,
                             session_expires_s),
        CYAML_FIELD_UINT_PTR("min_se_s", OPTIONAL, struct jf_node_raw_sip, min_se_s),
        CYAML_FIELD_ENUM("keepalive", CYAML_FLAG_OPTIONAL | CYAML_FLAG_STRICT,
                         struct jf_node_raw_sip, keepalive, keepalive_names, 3),
        CYAML_FIELD_UINT_PTR("keepalive_s", OPTIONAL, struct jf_node_raw_sip, keepalive_s),
        CYAML_FIELD_UINT_PTR("keepalive_rate", OPTIONAL, struct jf_node_raw_sip, keepalive_rate),
        CYAML_FIELD_SEQUENCE("dns", OPTIONAL, struct jf_node_raw_sip, dns, &address_schema, 1,
                             JF_NODE_DNS_MAX),
        CYAML_FIELD_BOOL_PTR("srtp_over_plain", OPTIONAL, struct jf_node_raw_sip, srtp_over_plain),
        CYAML_FIELD_BOOL_PTR("digest_sha256", OPTIONAL, struct jf_node_raw_sip, digest_sha256),
        CYAML_FIELD_STRING_PTR("realm", OPTIONAL, struct jf_node_raw_sip, realm, 1,
                               JF_NODE_TEXT_SIZE - 1),
        CYAML_FIELD_STRING_PTR("user_agent", OPTIONAL, struct jf_node_raw_sip, user_agent, 1,
                               JF_NODE_TEXT_SIZE - 1),
        CYAML_FIELD_END,
};

/* Header text must not be able to break out of its SIP header or quotes. */
static int take_sip_text(const struct jf_node_parse *p, const char *path, const char *raw,
                         char *ret_text)
{
	for (const char *c = raw; *c; c++)
		if ((unsigned char)*c < 0x20 || (unsigned char)*c > 0x7e || *c == '"' || *c == '\\')
			return FAIL(p, path,
			            "only printable ASCII without quotes and backslashes may "
			            "stand here");
	snprintf(ret_text, JF_NODE_TEXT_SIZE, "%s", raw);
	return 0;
}

static int take_sip_port(const struct jf_node_parse *p, const struct jf_node_range *range,
                         const uint32_t *raw, uint16_t *ret_port)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;
	const char *path = range->path;
	uint32_t port = 0;
	int err = jf_node_take_number(p, range, raw, &port);

	if (err)
		return err;
	if (port >= d->rtp_port_first && port < d->rtp_port_first + 2 * d->endpoints_per_address)
		return FAIL(p, path, "%u is among the RTP ports %u to %u", port, d->rtp_port_first,
		            d->rtp_port_first + 2 * d->endpoints_per_address - 1);
	*ret_port = (uint16_t)port;
	return 0;
}

/* Missing: the first address of a port, of IPv4 if there is one. */
static int take_port_address(const struct jf_node_parse *p)
{
	const struct jf_node_dataplane *d = &p->node->dataplane;
	struct jf_node_sip *sip = &p->node->sip;

	for (uint32_t i = 0; i < d->n_ports; i++) {
		for (uint32_t k = 0; k < d->ports[i].n_addresses; k++) {
			const struct jf_ip *ip = &d->ports[i].addresses[k].ip;

			if (sip->n_addresses == 0 || ip->family == 4)
				sip->addresses[0] = *ip;
			sip->n_addresses = 1;
			if (ip->family == 4)
				return 0;
		}
	}
	if (sip->n_addresses == 0)
		return FAIL(p, "sip.address", "no port has an address, and SIP needs one: give it");
	return 0;
}

static int take_address(const struct jf_node_parse *p, const char *path, const char *raw)
{
	struct jf_node_sip *sip = &p->node->sip;
	const char *end;
	struct jf_ip ip;

	if (jf_ip_parse(raw, &ip, &end) || *end || !jf_ip_is_host(&ip))
		return FAIL(p, path, "'%s' is not the address of a host", raw);
	for (uint32_t i = 0; i < sip->n_addresses; i++)
		if (jf_ip_equal(&sip->addresses[i], &ip))
			return FAIL(p, path, "%s is there already", raw);
	sip->addresses[sip->n_addresses++] = ip;
	return 0;
}

static int take_addresses(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	char path[32];
	int err = 0;

	if (raw->address && raw->addresses_count)
		return FAIL(p, "sip.addresses", "either address or addresses, not both");
	if (raw->address)
		return take_address(p, "sip.address", raw->address);
	if (!raw->addresses_count)
		return take_port_address(p);
	for (unsigned i = 0; !err && i < raw->addresses_count; i++) {
		snprintf(path, sizeof(path), "sip.addresses[%u]", i);
		err = take_address(p, path, raw->addresses[i]);
	}
	return err;
}

static int take_dns(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	struct jf_node_sip *sip = &p->node->sip;
	const char *end;
	char path[32];

	for (unsigned i = 0; i < raw->dns_count; i++) {
		snprintf(path, sizeof(path), "sip.dns[%u]", i);
		if (jf_ip_parse(raw->dns[i], &sip->dns[i], &end) || *end)
			return FAIL(p, path, "'%s' is not an IP address", raw->dns[i]);
		sip->n_dns++;
	}
	return 0;
}

static int take_connections(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	static const struct jf_node_range max = {"sip.connections_max", 10, 60000, 10000};
	static const struct jf_node_range source = {"sip.connections_per_source", 1, 60000, 100};
	struct jf_node_sip *sip = &p->node->sip;
	int err = jf_node_take_number(p, &max, raw->connections_max, &sip->connections_max);

	if (!err)
		err = jf_node_take_number(p, &source, raw->connections_per_source,
		                          &sip->connections_per_source);
	return err;
}

static int take_limits(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	static const struct jf_node_range calls = {"sip.calls_max", 0, 1000000, 0};
	static const struct jf_node_range memory = {"sip.memory_max_mb", 0, 1000000, 0};
	static const struct jf_node_range source = {"sip.source_rate", 1, 100000, 500};
	static const struct jf_node_range trace = {"sip.trace_mb", 0, 4096, 64};
	struct jf_node_sip *sip = &p->node->sip;
	int err = jf_node_take_number(p, &calls, raw->calls_max, &sip->calls_max);

	if (!err)
		err = jf_node_take_number(p, &memory, raw->memory_max_mb, &sip->memory_max_mb);
	if (!err)
		err = jf_node_take_number(p, &source, raw->source_rate, &sip->source_rate);
	return err ? err : jf_node_take_number(p, &trace, raw->trace_mb, &sip->trace_mb);
}

static int take_session(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	static const struct jf_node_range whole = {"sip.session_expires_s", 90, 86400, 1800};
	static const struct jf_node_range least = {"sip.min_se_s", 90, 86400, 90};
	struct jf_node_sip *sip = &p->node->sip;
	int err = jf_node_take_number(p, &whole, raw->session_expires_s, &sip->session_expires_s);

	if (!err)
		err = jf_node_take_number(p, &least, raw->min_se_s, &sip->min_se_s);
	if (!err && sip->min_se_s > sip->session_expires_s)
		err = FAIL(p, "sip.min_se_s", "more than session_expires_s, which is %u",
		           sip->session_expires_s);
	return err;
}

static int take_keepalive(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	static const struct jf_node_range seconds = {"sip.keepalive_s", 5, 3600, 30};
	static const struct jf_node_range rate = {"sip.keepalive_rate", 50, 10000, 1000};
	struct jf_node_sip *sip = &p->node->sip;
	int err = jf_node_take_number(p, &seconds, raw->keepalive_s, &sip->keepalive_s);

	sip->keepalive = (enum jf_node_keepalive)raw->keepalive;
	return err ? err : jf_node_take_number(p, &rate, raw->keepalive_rate, &sip->keepalive_rate);
}

static int take_file(const struct jf_node_parse *p, const char *path, const char *raw,
                     char ret_path[JF_NODE_PATH_SIZE])
{
	if (raw[0] != '/' || strlen(raw) >= JF_NODE_PATH_SIZE)
		return FAIL(p, path, "an absolute path of at most %u characters is needed",
		            JF_NODE_PATH_SIZE - 1);
	snprintf(ret_path, JF_NODE_PATH_SIZE, "%s", raw);
	return 0;
}

static int take_tls_peers(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw,
                          bool tls)
{
	struct jf_node_sip *sip = &p->node->sip;

	if (raw->tls_ca && !tls)
		return FAIL(p, "sip.tls_ca", "TLS needs tls_certificate and tls_key");
	if (raw->tls_client != JF_NODE_TLS_CLIENT_OFF && !raw->tls_ca)
		return FAIL(p, "sip.tls_client",
		            "who vouches for the certificates? tls_ca is missing");
	sip->tls_client = (enum jf_node_tls_client)raw->tls_client;
	return raw->tls_ca ? take_file(p, "sip.tls_ca", raw->tls_ca, sip->tls_ca) : 0;
}

static int take_sip_tls(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw,
                        struct jf_node_sip *sip)
{
	static const struct jf_node_range off = {"sip.tls_port", 0, 0, 0};
	static const struct jf_node_range on = {"sip.tls_port", 0, 65535, 5061};
	bool tls = raw->tls_certificate && raw->tls_key;
	int err = 0;

	sip->digest_sha256 = raw->digest_sha256 && *raw->digest_sha256;
	sip->srtp_over_plain = raw->srtp_over_plain && *raw->srtp_over_plain;
	if (raw->tls_certificate && !raw->tls_key)
		return FAIL(p, "sip.tls_certificate", "the certificate needs its tls_key");
	if (raw->tls_key && !raw->tls_certificate)
		return FAIL(p, "sip.tls_key", "the key needs its tls_certificate");
	if (!tls && raw->tls_port && *raw->tls_port)
		return FAIL(p, "sip.tls_port", "TLS needs tls_certificate and tls_key");
	if (tls)
		err = take_file(p, "sip.tls_certificate", raw->tls_certificate,
		                sip->tls_certificate);
	if (tls && !err)
		err = take_file(p, "sip.tls_key", raw->tls_key, sip->tls_key);
	if (!err)
		err = take_tls_peers(p, raw, tls);
	if (!err)
		err = take_sip_port(p, tls ? &on : &off, raw->tls_port, &sip->tls_port);
	if (!err && sip->tls_port && sip->tls_port == sip->tcp_port)
		err = FAIL(p, "sip.tls_port", "%u is TCP's", sip->tls_port);
	return err;
}

int jf_node_take_sip(const struct jf_node_parse *p, const struct jf_node_raw_sip *raw)
{
	static const struct jf_node_raw_sip nothing = {0};
	static const struct jf_node_range udp = {"sip.udp_port", 0, 65535, 5060};
	static const struct jf_node_range tcp = {"sip.tcp_port", 0, 65535, 5060};
	struct jf_node_sip *sip = &p->node->sip;
	int err;

	if (!raw)
		raw = &nothing;
	err = take_addresses(p, raw);
	if (!err)
		err = take_sip_port(p, &udp, raw->udp_port, &sip->udp_port);
	if (!err)
		err = take_sip_port(p, &tcp, raw->tcp_port, &sip->tcp_port);
	if (!err)
		err = take_sip_tls(p, raw, sip);
	if (!err && !sip->udp_port && !sip->tcp_port && !sip->tls_port)
		err = FAIL(p, "sip.udp_port", "UDP, TCP and TLS can't all be off");
	if (!err)
		err = take_connections(p, raw);
	if (!err)
		err = take_limits(p, raw);
	if (!err)
		err = take_session(p, raw);
	if (!err)
		err = take_keepalive(p, raw);
	if (!err)
		err = take_dns(p, raw);
	if (!err)
		err = take_sip_text(p, "sip.realm", raw->realm ? raw->realm : "jackfield",
		                    sip->realm);
	if (!err)
		err = take_sip_text(p, "sip.user_agent",
		                    raw->user_agent ? raw->user_agent : "Jackfield",
		                    sip->user_agent);
	return err;
}
