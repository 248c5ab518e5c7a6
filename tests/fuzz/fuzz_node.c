// SPDX-License-Identifier: BSD-3-Clause
/* Node files: whole and in range, or an error with its place; never both. */
#include <string.h>

#include "jf_fuzz.h"
#include "jf_node.h"
#include "jf_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct jf_yaml_error error = {.message = ""};
	struct jf_node node = {.name = ""};
	const struct jf_node_dataplane *d = &node.dataplane;
	char text[JF_YAML_ERROR_TEXT];
	unsigned lines = 1;

	if (jf_node_parse("node.yaml", (const char *)bytes, length, &node, &error)) {
		for (size_t i = 0; i < length; i++)
			lines += bytes[i] == '\n' || bytes[i] == '\r' ||
			         bytes[i] >= 0x80; /* YAML knows more line ends than these */
		JF_FUZZ_ASSERT(error.message[0]);
		JF_FUZZ_ASSERT(error.line <= lines + 1);
		JF_FUZZ_ASSERT(!node.name[0]);
		for (const char *c = jf_yaml_error_text(&error, text, sizeof(text)); *c; c++)
			JF_FUZZ_ASSERT(*c >= 0x20 && *c < 0x7f);
		return 0;
	}
	JF_FUZZ_ASSERT(node.name[0] && node.state_dir[0] == '/' && node.run_dir[0] == '/');
	JF_FUZZ_ASSERT(d->n_workers >= 1 && d->n_workers <= JF_NODE_WORKERS_MAX);
	JF_FUZZ_ASSERT(d->endpoints_per_address % d->n_workers == 0);
	JF_FUZZ_ASSERT(d->rtp_port_first + 2 * d->endpoints_per_address <= 65536);
	JF_FUZZ_ASSERT((d->track_frames & (d->track_frames - 1)) == 0);
	JF_FUZZ_ASSERT(d->n_ports >= 1 && d->n_ports <= JF_NODE_PORTS_MAX);
	JF_FUZZ_ASSERT(jf_node_address_count(&node) <= JF_NODE_ADDRESSES_MAX);
	return 0;
}

const struct jf_fuzz_sample *jf_fuzz_samples(size_t *ret_count)
{
	static const struct jf_fuzz_sample samples[] = {
	        JF_FUZZ_TEXT("name: a\nstate_dir: /s\nrun_dir: /r\ndataplane:\n  ports:\n"
	                     "    - {device: net_memif0, addresses: [10.0.0.1/24]}\n"),
	        JF_FUZZ_TEXT(
	                "name: jf1\nstate_dir: /s\nrun_dir: /r\nlog_level: debug\n"
	                "dataplane:\n  idle: spin\n  worker_cores: [1, 2]\n"
	                "  endpoints_per_address: 100\n  track_frames: 64\n  ports:\n"
	                "    - device: \"0000:3b:00.0\"\n      exception: jf0\n"
	                "      mac: 02:00:00:00:00:01\n"
	                "      addresses: [10.77.0.1/16, 192.0.2.1/32, \"2001:db8::1/64\"]\n"
	                "    - {device: net_memif0, name: a, vlan: 7, addresses: [10.0.0.1/8]}\n"
	                "sip: {udp_port: 5070, realm: \"acme\"}\n"),
	};

	*ret_count = sizeof(samples) / sizeof(samples[0]);
	return samples;
}
