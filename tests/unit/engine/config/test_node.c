// SPDX-License-Identifier: BSD-3-Clause
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_node.h"
#include "jf_yaml.h"

#define HEAD  "name: jf1\nstate_dir: /s\nrun_dir: /r\n"
#define PORTS "  ports:\n    - {device: net_memif0, addresses: [10.0.0.1/24]}\n"

static void assert_fails(const char *text, const char *expected)
{
	struct jf_node node = {.name = "untouched"};
	struct jf_yaml_error error;
	char said[JF_YAML_ERROR_TEXT];

	assert_int_equal(jf_node_parse("n.yaml", text, strlen(text), &node, &error), -EINVAL);
	assert_string_equal(node.name, "untouched");
	jf_yaml_error_text(&error, said, sizeof(said));
	if (strncmp(said, expected, strlen(expected)))
		fail_msg("said '%s', expected '%s'", said, expected);
}

static struct jf_node parse(const char *text)
{
	struct jf_node node;
	struct jf_yaml_error error;
	char said[JF_YAML_ERROR_TEXT];

	if (jf_node_parse("n.yaml", text, strlen(text), &node, &error))
		fail_msg("%s", jf_yaml_error_text(&error, said, sizeof(said)));
	return node;
}

static void missing_keys_have_their_defaults(void **state)
{
	struct jf_node node = parse(HEAD "dataplane:\n" PORTS);

	(void)state;
	assert_string_equal(node.name, "jf1");
	assert_string_equal(node.recordings_dir, "/s/recordings");
	assert_int_equal(node.log_level, JF_LOG_NOTICE);
	assert_int_equal(node.keep.kpi_days, 400);
	assert_int_equal(node.keep.record_days, 0);
	assert_int_equal(node.dataplane.hugepages, JF_NODE_HUGEPAGES_AUTO);
	assert_int_equal(node.dataplane.idle, JF_NODE_IDLE_SLEEP);
	assert_int_equal(node.dataplane.n_workers, 1);
	assert_int_equal(node.dataplane.worker_cores[0], 1);
	assert_int_equal(node.dataplane.endpoints_per_address, 1000);
	assert_int_equal(node.dataplane.rtp_port_first, 16384);
	assert_int_equal(node.dataplane.track_frames, 128);
	assert_int_equal(node.dataplane.mix_inputs, 256);
	assert_int_equal(node.dataplane.transcoders, 1000);
	assert_int_equal(node.dataplane.n_ports, 1);
	assert_false(node.dataplane.ports[0].is_pci);
	assert_false(node.dataplane.ports[0].has_mac);
	assert_string_equal(node.dataplane.ports[0].exception, "");
	assert_int_equal(jf_node_address_count(&node), 1);
	assert_memory_equal(node.sip.addresses[0].bytes, "\x0a\x00\x00\x01", 4);
	assert_int_equal(node.sip.udp_port, 5060);
	assert_int_equal(node.sip.tcp_port, 5060);
	assert_string_equal(node.sip.realm, "jackfield");
}

static void every_key_is_taken(void **state)
{
	struct jf_node node = parse(
	        "name: jf-2.x\nstate_dir: /s/\nrun_dir: /r\nrecordings_dir: /rec\nlog_level: "
	        "debug\nkeep: {kpi_days: 90, record_days: 30}\n"
	        "dataplane:\n  hugepages: required\n  memory_mb: 512\n  idle: spin\n"
	        "  main_core: 2\n  worker_cores: [3, 4, 5]\n  eal_args: [\"--iova-mode=va\"]\n"
	        "  endpoints_per_address: 3000\n  rtp_port_first: 20000\n  recordings_max: 7\n"
	        "  record_buffer_mb: 12\n"
	        "  track_frames: 64\n  ports:\n"
	        "    - device: 0000:3b:00.0\n      exception: jf0\n      mac: 02:00:00:00:AB:01\n"
	        "      addresses: [10.77.0.1/16, 10.78.0.1/16]\n"
	        "    - device: net_af_xdp0,iface=eth1\n      exception: jf1\n"
	        "      addresses: [192.0.2.1/24]\n"
	        "sip:\n  address: 192.0.2.1\n  udp_port: 5070\n  tcp_port: 0\n  realm: acme\n"
	        "  user_agent: Engine 1\n  tls_certificate: /etc/jf/node.pem\n"
	        "  tls_key: /etc/jf/node.key\n  srtp_over_plain: true\n");

	(void)state;
	assert_string_equal(node.state_dir, "/s");
	assert_string_equal(node.recordings_dir, "/rec");
	assert_int_equal(node.log_level, JF_LOG_DEBUG);
	assert_int_equal(node.keep.kpi_days, 90);
	assert_int_equal(node.keep.record_days, 30);
	assert_int_equal(node.dataplane.hugepages, JF_NODE_HUGEPAGES_REQUIRED);
	assert_int_equal(node.dataplane.idle, JF_NODE_IDLE_SPIN);
	assert_int_equal(node.dataplane.memory_mb, 512);
	assert_int_equal(node.dataplane.main_core, 2);
	assert_int_equal(node.dataplane.n_workers, 3);
	assert_int_equal(node.dataplane.worker_cores[2], 5);
	assert_string_equal(node.dataplane.eal_args[0], "--iova-mode=va");
	assert_int_equal(node.dataplane.recordings_max, 7);
	assert_int_equal(node.dataplane.record_buffer_mb, 12);
	assert_true(node.dataplane.ports[0].is_pci);
	assert_true(node.dataplane.ports[0].has_mac);
	assert_memory_equal(node.dataplane.ports[0].mac, "\x02\x00\x00\x00\xab\x01", 6);
	assert_int_equal(node.dataplane.ports[0].n_addresses, 2);
	assert_int_equal(node.dataplane.ports[0].addresses[1].prefix_length, 16);
	assert_string_equal(node.dataplane.ports[1].exception, "jf1");
	assert_int_equal(jf_node_address_count(&node), 3);
	assert_int_equal(node.sip.udp_port, 5070);
	assert_int_equal(node.sip.tcp_port, 0);
	assert_string_equal(node.sip.user_agent, "Engine 1");
	assert_int_equal(node.sip.tls_port, 5061);
	assert_string_equal(node.sip.tls_certificate, "/etc/jf/node.pem");
	assert_string_equal(node.sip.tls_key, "/etc/jf/node.key");
	assert_true(node.sip.srtp_over_plain);
}

static void the_default_divides_among_workers(void **state)
{
	struct jf_node node = parse(HEAD "dataplane:\n  worker_cores: [1, 2, 3]\n" PORTS);

	(void)state;
	assert_int_equal(node.dataplane.endpoints_per_address, 999);
}

static void mistakes_are_reported_where_they_stand(void **state)
{
	(void)state;
	assert_fails("", "n.yaml: key 'name' is missing");
	assert_fails("name: jf1\nstate_dir: /s\nrun_dir: /r\n", "n.yaml:1:1: key 'dataplane' is");
	assert_fails("name: a b\nstate_dir: /s\nrun_dir: /r\ndataplane:\n" PORTS,
	             "n.yaml:1:7: only letters");
	assert_fails("name: a\nstate_dir: s\nrun_dir: /r\ndataplane:\n" PORTS,
	             "n.yaml:2:12: must be an absolute path");
	assert_fails(HEAD "keep: {kpi_days: 3}\ndataplane:\n" PORTS,
	             "n.yaml:4:18: 3: 0, or from 7 on");
	assert_fails(HEAD "log_level: loud\ndataplane:\n" PORTS,
	             "n.yaml:4:12: log_level: 'loud' is none of: error, warning");
	assert_fails(HEAD "dataplane:\n  idle: nap\n" PORTS, "n.yaml:5:9: idle: 'nap'");
	assert_fails(HEAD "dataplane:\n  idles: spin\n" PORTS, "n.yaml:5:3: unknown key 'idles'");
	assert_fails(HEAD "dataplane:\n  memory_mb: 3\n" PORTS, "n.yaml:5:14: 3 is out of range");
	assert_fails(HEAD "dataplane:\n  worker_cores: [1, 1]\n" PORTS,
	             "n.yaml:5:21: core 1 has a worker already");
	assert_fails(HEAD "dataplane:\n  worker_cores: []\n" PORTS, "n.yaml:5:17: worker_cores: 0");
	assert_fails(HEAD "dataplane:\n  worker_cores: [0]\n  idle: spin\n" PORTS,
	             "n.yaml:5:18: core 0 is the main core");
	assert_fails(HEAD "dataplane:\n  worker_cores: [1, 2]\n  endpoints_per_address: 11\n" PORTS,
	             "n.yaml:6:26: 11 is not a multiple of the 2 workers");
	assert_fails(HEAD "dataplane:\n  rtp_port_first: 16385\n" PORTS,
	             "n.yaml:5:19: 16385 is odd");
	assert_fails(HEAD "dataplane:\n  rtp_port_first: 65000\n" PORTS,
	             "n.yaml:5:19: 1000 endpoints from port 65000");
	assert_fails(HEAD "dataplane:\n  track_frames: 100\n" PORTS,
	             "n.yaml:5:17: 100 is not a power of two");
	assert_fails(HEAD "dataplane:\n" PORTS "sip:\n  udp_port: 16390\n",
	             "n.yaml:8:13: 16390 is among the RTP ports");
	assert_fails(HEAD "dataplane:\n" PORTS "sip:\n  udp_port: 0\n  tcp_port: 0\n",
	             "n.yaml:8:13: UDP, TCP and TLS can't all be off");
	assert_fails(HEAD "dataplane:\n" PORTS "sip:\n  udp_port: 70000\n",
	             "n.yaml:8:13: 70000 is");
	assert_fails(HEAD "dataplane:\n" PORTS "sip:\n  realm: \"a\\\"b\"\n", "n.yaml:8:10: only");
	assert_fails(HEAD "dataplane:\n" PORTS "sip:\n  user_agent: \"a\\r\\nb\"\n",
	             "n.yaml:8:15:");
}

static void mistakes_in_ports_are_reported_where_they_stand(void **state)
{
	static const struct {
		const char *port, *expected;
	} rows[] = {
	        {"{device: eth0, addresses: [10.0.0.1/8]}", "n.yaml:6:16: 'eth0' is neither"},
	        {"{device: net_memif0, addresses: []}", "n.yaml:6:39: addresses: 0 entries"},
	        {"{device: net_memif0}", "n.yaml:6:7: key 'addresses' is missing"},
	        {"{device: net_memif0, addresses: [10.0.0.1]}", "n.yaml:6:40: '10.0.0.1' lacks"},
	        {"{device: net_memif0, addresses: [10.0.0.256/8]}", "n.yaml:6:40: '10.0.0.256/8'"},
	        {"{device: net_memif0, addresses: [127.0.0.1/8]}", "n.yaml:6:40: "},
	        {"{device: net_memif0, addresses: [224.0.0.1/8]}", "n.yaml:6:40: "},
	        {"{device: net_memif0, addresses: [10.0.0.1/33]}", "n.yaml:6:40: "},
	        {"{device: net_memif0, addresses: [10.0.0.0/8]}",
	         "n.yaml:6:40: '10.0.0.0/8' is the"},
	        {"{device: net_memif0, addresses: [10.255.255.255/8]}", "n.yaml:6:40: "},
	        {"{device: net_memif0, addresses: [\"2001:db8::/64\"]}", "n.yaml:6:40: "},
	        {"{device: net_memif0, addresses: [\"ff02::1/64\"]}",
	         "n.yaml:6:40: 'ff02::1/64' is"},
	        {"{device: net_memif0, addresses: [\"2001:db8::1\"]}",
	         "n.yaml:6:40: '2001:db8::1' lacks"},
	        {"{device: net_memif0, addresses: [\"2001:db8::1/129\"]}",
	         "n.yaml:6:40: '2001:db8::1/129': the prefix length must be 1 to 128"},
	        {"{device: net_memif0, addresses: [\"2001:db8::1/64\", \"2001:DB8:0::1/48\"]}",
	         "n.yaml:6:58: '2001:DB8:0::1/48' stands here a second time"},
	        {"{device: net_memif0, vlan: 0, addresses: [10.0.0.1/8]}",
	         "n.yaml:6:34: 0 is not a VLAN"},
	        {"{device: net_memif0, vlan: 4095, addresses: [10.0.0.1/8]}",
	         "n.yaml:6:34: 4095 is not a VLAN"},
	        {"{device: net_memif0, name: \"a b\", addresses: [10.0.0.1/8]}",
	         "n.yaml:6:34: only"},
	        {"{device: net_memif0, addresses: [10.0.0.1/8, 10.0.0.1/16]}",
	         "n.yaml:6:52: '10.0.0.1/16' stands here a second time"},
	        {"{device: net_memif0, exception: a/b, addresses: [10.0.0.1/8]}",
	         "n.yaml:6:39: 'a/b' is not"},
	        {"{device: net_memif0, exception: abcdefghijklmnop, addresses: [10.0.0.1/8]}",
	         "n.yaml:6:39: exception: longer than 15 bytes"},
	        {"{device: net_memif0, mac: \"01:00:5e:00:00:01\", addresses: [10.0.0.1/8]}",
	         "n.yaml:6:33: '01:00:5e:00:00:01' is not the MAC address of one station"},
	        {"{device: net_memif0, mac: \"02-00-5e-00-00-01\", addresses: [10.0.0.1/8]}",
	         "n.yaml:6:33: "},
	        {"{device: net_memif0, mac: \"02:00:5e:00:00:0g\", addresses: [10.0.0.1/8]}",
	         "n.yaml:6:33: "},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(text, sizeof(text), HEAD "dataplane:\n  ports:\n    - %s\n", rows[i].port);
		assert_fails(text, rows[i].expected);
	}
}

static void entries_of_one_device_differ_in_their_vlan(void **state)
{
	struct jf_node node =
	        parse(HEAD "dataplane:\n  ports:\n"
	                   "    - {device: net_memif0, name: carrier, vlan: 10, "
	                   "addresses: [10.0.0.1/24, \"2001:db8::1/64\"]}\n"
	                   "    - {device: net_memif0, vlan: 20, addresses: [10.0.0.2/24]}\n"
	                   "    - {device: net_memif0, addresses: [10.0.0.3/24]}\n");

	(void)state;
	assert_string_equal(node.dataplane.ports[0].name, "carrier");
	assert_string_equal(node.dataplane.ports[1].name, "port1");
	assert_int_equal(node.dataplane.ports[0].vlan, 10);
	assert_int_equal(node.dataplane.ports[1].vlan, 20);
	assert_int_equal(node.dataplane.ports[2].vlan, 0);
	assert_int_equal(node.dataplane.ports[0].addresses[1].ip.family, 6);
	assert_int_equal(node.dataplane.ports[0].addresses[1].prefix_length, 64);
	assert_memory_equal(node.dataplane.ports[0].addresses[1].ip.bytes,
	                    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	assert_fails(HEAD "dataplane:\n" PORTS
	                  "    - {device: net_memif0, addresses: [10.0.0.2/8]}\n",
	             "n.yaml:7:16: 'net_memif0' stands here a second time: give each its vlan");
	assert_fails(HEAD "dataplane:\n  ports:\n"
	                  "    - {device: net_memif0, vlan: 7, addresses: [10.0.0.1/8]}\n"
	                  "    - {device: net_memif0, vlan: 7, addresses: [10.0.0.2/8]}\n",
	             "n.yaml:7:34: VLAN 7 of 'net_memif0' stands here a second time");
	assert_fails(HEAD "dataplane:\n  ports:\n"
	                  "    - {device: \"net_memif0,id=1\", vlan: 7, addresses: [10.0.0.1/8]}\n"
	                  "    - {device: net_memif0, vlan: 8, addresses: [10.0.0.2/8]}\n",
	             "n.yaml:7:16: 'net_memif0' stands above with other arguments");
	assert_fails(HEAD "dataplane:\n  ports:\n"
	                  "    - {device: net_memif0, name: a, addresses: [10.0.0.1/8]}\n"
	                  "    - {device: net_memif1, name: a, addresses: [10.0.0.2/8]}\n",
	             "n.yaml:7:34: 'a' stands here a second time");
}

static void sip_takes_the_first_ipv4_address(void **state)
{
	struct jf_node node =
	        parse(HEAD "dataplane:\n  ports:\n"
	                   "    - {device: net_memif0, addresses: [\"2001:db8::1/64\"]}\n"
	                   "    - {device: net_memif1, addresses: [10.0.0.2/8]}\n");

	(void)state;
	assert_memory_equal(node.sip.addresses[0].bytes, "\x0a\x00\x00\x02", 4);
	assert_int_equal(node.sip.n_addresses, 1);
	node = parse(HEAD "dataplane:\n  ports:\n"
	                  "    - {device: net_memif0, addresses: [\"2001:db8::1/64\"]}\n");
	assert_int_equal(node.sip.addresses[0].family, 6);
}

#define PORT HEAD "dataplane:\n" PORTS
#define TLS  PORT "sip:\n  tls_certificate: /c\n  tls_key: /k\n"

static void sip_takes_addresses_peers_and_bounds(void **state)
{
	struct jf_node node = parse(TLS "  addresses: [10.0.0.2, \"2001:db8::1\"]\n"
	                                "  tls_ca: /ca\n  tls_client: require\n"
	                                "  connections_max: 500\n  connections_per_source: 7\n"
	                                "  dns: [127.0.0.53, \"::1\"]\n");

	(void)state;
	assert_int_equal(node.sip.n_addresses, 2);
	assert_int_equal(node.sip.addresses[1].family, 6);
	assert_string_equal(node.sip.tls_ca, "/ca");
	assert_int_equal(node.sip.tls_client, JF_NODE_TLS_CLIENT_REQUIRE);
	assert_int_equal(node.sip.connections_max, 500);
	assert_int_equal(node.sip.connections_per_source, 7);
	assert_int_equal(node.sip.source_rate, 500);
	assert_int_equal(node.sip.trace_mb, 64);
	assert_int_equal(node.sip.keepalive, JF_NODE_KEEPALIVE_NAT);
	assert_int_equal(node.sip.keepalive_s, 30);
	assert_int_equal(node.sip.keepalive_rate, 1000);
	assert_int_equal(node.sip.session_expires_s, 1800);
	assert_int_equal(node.sip.min_se_s, 90);
	assert_int_equal(node.sip.calls_max, 0);
	assert_int_equal(node.sip.n_dns, 2);
	assert_int_equal(node.sip.dns[1].family, 6);

	node = parse(TLS "  tls_client: off\n  keepalive: all\n");
	assert_int_equal(node.sip.tls_client, JF_NODE_TLS_CLIENT_OFF);
	assert_int_equal(node.sip.keepalive, JF_NODE_KEEPALIVE_ALL);
	assert_int_equal(node.sip.connections_max, 10000);
	assert_int_equal(node.sip.n_dns, 0);

	assert_fails(PORT "sip: {min_se_s: 600, session_expires_s: 300}\n",
	             "n.yaml:7:17: more than session_expires_s, which is 300");
	assert_fails(TLS "  tls_client: require\n",
	             "n.yaml:10:15: who vouches for the certificates?");
	assert_fails(PORT "sip: {tls_ca: /ca}\n",
	             "n.yaml:7:15: TLS needs tls_certificate and tls_key");
	assert_fails(TLS "  tls_client: maybe\n", "n.yaml:10:15: ");
	assert_fails(TLS "  address: 10.0.0.2\n  addresses: [10.0.0.3]\n",
	             "n.yaml:11:14: either address or addresses");
	assert_fails(TLS "  addresses: [10.0.0.3, 10.0.0.3]\n",
	             "n.yaml:10:25: 10.0.0.3 is there already");
	assert_fails(TLS "  dns: [resolver]\n", "n.yaml:10:9: 'resolver' is not an IP address");
	assert_fails(TLS "  connections_max: 5\n", "n.yaml:10:20: 5 is out of range");
}

static void the_embedded_default_is_good(void **state)
{
	static char text[16384];
	struct jf_node node;
	FILE *f = fopen(JF_SOURCE_ROOT "/tools/demo/node.yaml", "r");

	(void)state;
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	node = parse(text);
	assert_string_equal(node.dataplane.ports[0].device, "net_af_packet0,iface=jf-media");
	assert_string_equal(node.dataplane.ports[0].exception, "jf0");
	assert_memory_equal(node.sip.addresses[0].bytes, "\x0a\x4d\x00\x01", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(missing_keys_have_their_defaults),
	        cmocka_unit_test(every_key_is_taken),
	        cmocka_unit_test(the_default_divides_among_workers),
	        cmocka_unit_test(mistakes_are_reported_where_they_stand),
	        cmocka_unit_test(mistakes_in_ports_are_reported_where_they_stand),
	        cmocka_unit_test(entries_of_one_device_differ_in_their_vlan),
	        cmocka_unit_test(sip_takes_the_first_ipv4_address),
	        cmocka_unit_test(sip_takes_addresses_peers_and_bounds),
	        cmocka_unit_test(the_embedded_default_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
