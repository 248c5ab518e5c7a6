// SPDX-License-Identifier: BSD-3-Clause
/* Recordings, and what goes to them. */
#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include "command_priv.h"

/* What the prebuilt header says the other way round: from whom the party's packets come. */
static void flow_of(const struct jf_header *header, struct jf_tap_flow *flow)
{
	const uint8_t *ip = header->bytes + RTE_ETHER_HDR_LEN;
	struct rte_udp_hdr udp;

	*flow = (struct jf_tap_flow){.family = ip[0] >> 4};
	if (flow->family == 6) {
		memcpy(flow->local, ip + offsetof(struct rte_ipv6_hdr, src_addr), 16);
		memcpy(flow->remote, ip + offsetof(struct rte_ipv6_hdr, dst_addr), 16);
		memcpy(&udp, ip + sizeof(struct rte_ipv6_hdr), sizeof(udp));
	} else {
		memcpy(flow->local, ip + offsetof(struct rte_ipv4_hdr, src_addr), 4);
		memcpy(flow->remote, ip + offsetof(struct rte_ipv4_hdr, dst_addr), 4);
		memcpy(&udp, ip + sizeof(struct rte_ipv4_hdr), sizeof(udp));
	}
	flow->local_port = rte_be_to_cpu_16(udp.src_port);
	flow->remote_port = rte_be_to_cpu_16(udp.dst_port);
}

void jf_command_tap_flow(struct jf_path *path, uint32_t index)
{
	const struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_tap_flow flow;

	if (!(endpoint->flags & JF_ENDPOINT_TAP) || !endpoint->tap_packets)
		return;
	flow_of(&path->parties[index].header, &flow);
	jf_tap_set_flow(path->tap, endpoint->tap, endpoint->tap_side, &flow);
}

int jf_command_tap(struct jf_path *path, const struct jf_command *command)
{
	const struct jf_command_tap *tap = &command->tap;
	uint32_t index = command->endpoint.index;
	struct jf_endpoint *endpoint = &path->endpoints[index];

	if (tap->side > JF_SIDE_AGENT)
		return -EINVAL;
	if (tap->recording.index == JF_CONTRACT_NONE) {
		endpoint->flags &= ~JF_ENDPOINT_TAP;
	} else if (jf_tap_is_open(path->tap, tap->recording)) {
		endpoint->flags |= JF_ENDPOINT_TAP;
	} else {
		return -ENOENT;
	}
	endpoint->tap = tap->recording;
	endpoint->tap_side = tap->side & 1;
	endpoint->tap_packets = tap->recording.index != JF_CONTRACT_NONE &&
	                        jf_tap_format(path->tap, tap->recording) == JF_RECORD_PACKETS;
	jf_command_tap_flow(path, index);
	jf_path_publish(path, index);
	return 0;
}

int jf_command_record(struct jf_path *path, const struct jf_command *command)
{
	return jf_tap_record(path->tap, &command->record, path->now_ns);
}

int jf_command_record_end(struct jf_path *path, const struct jf_command *command)
{
	return jf_tap_record_end(path->tap, command->record_end.recording, path->now_ns);
}
