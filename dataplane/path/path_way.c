// SPDX-License-Identifier: BSD-3-Clause
/*
 * The way to a party: where it is, the header that leads there, and the neighbour that takes it.
 * The remote is told by commands, or learned (path_latch.c); its address stands in the party's
 * header, and for IPv4 also in the endpoint, where every packet's is compared with it.
 */
#include <string.h>
#include <rte_ether.h>

#include "jf_path.h"
#include "path_priv.h"

#define DSCP_EF_TOS 0xb8 /* RFC 4594: telephony */

/* RFC 1071 over so many bytes, an even number. */
static uint32_t sum_of(const uint8_t *bytes, uint32_t n)
{
	uint32_t sum = 0;

	for (uint32_t at = 0; at < n; at += 2)
		sum += load16(bytes + at);
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

/* Sum: of the header as it stands, where length and checksum are zero. */
static void write_v4(struct jf_header *header, const uint8_t *from, const uint8_t *to)
{
	static const uint8_t fixed[] = {
	        0x08, 0x00,                                           /* IPv4 */
	        0x45, DSCP_EF_TOS, 0, 0, 0, 0, 0x40, 0, 64, 17, 0, 0, /* DF, TTL 64, UDP */
	};

	memcpy(header->bytes + ETHERTYPE_AT, fixed, sizeof(fixed));
	memcpy(header->bytes + IP_SOURCE_AT, from, 4);
	memcpy(header->bytes + IP_TARGET_AT, to, 4);
	header->sum = fold(sum_of(header->bytes + IP_AT, UDP_AT - IP_AT));
}

/* Sum: of the pseudo-header (RFC 8200 section 8.1) without the length. */
static void write_v6(struct jf_header *header, const uint8_t *from, const uint8_t *to)
{
	static const uint8_t fixed[] = {
	        0x86,
	        0xdd, /* IPv6 */
	        0x60 | DSCP_EF_TOS >> 4,
	        (DSCP_EF_TOS & 15) << 4,
	        0,
	        0,
	        0,
	        0,
	        17,
	        64, /* UDP, hops */
	};
	static const uint8_t next_header[] = {0, 17};

	memcpy(header->bytes + ETHERTYPE_AT, fixed, sizeof(fixed));
	memcpy(header->bytes + IP6_SOURCE_AT, from, 16);
	memcpy(header->bytes + IP6_TARGET_AT, to, 16);
	header->sum = fold(sum_of(header->bytes + IP6_SOURCE_AT, 32) + sum_of(next_header, 2));
}

uint8_t jf_path_family(const struct jf_path *path, uint32_t index)
{
	return path->contract->header->shape.addresses[index / path->endpoints_per_address].family;
}

void jf_path_set_remote(struct jf_path *path, uint32_t index, const struct jf_ip *ip,
                        uint16_t port_be)
{
	struct jf_endpoint *endpoint = &path->endpoints[index];
	struct jf_party *party = &path->parties[index];
	struct jf_header *header = &party->header;
	const uint8_t *from =
	        path->contract->header->shape.addresses[index / path->endpoints_per_address].ip;
	uint16_t from_be = __builtin_bswap16(jf_contract_port_of(path->contract, index));
	uint8_t *udp = header->bytes + (ip->family == 6 ? UDP6_AT : UDP_AT);

	memset(header, 0, sizeof(*header));
	if (ip->family == 6)
		write_v6(header, from, ip->bytes);
	else
		write_v4(header, from, ip->bytes);
	memcpy(udp, &from_be, 2);
	memcpy(udp + 2, &port_be, 2);
	endpoint->remote_ip_be = ip->family == 4 ? load32(ip->bytes) : 0;
	endpoint->rtp_port_be = port_be;
	endpoint->flags &= ~(JF_ENDPOINT_REMOTE | JF_ENDPOINT_V6 | JF_ENDPOINT_HEARD);
	endpoint->flags |= ip->family ? JF_ENDPOINT_REMOTE : 0;
	endpoint->flags |= ip->family == 6 ? JF_ENDPOINT_V6 : 0;
	party->has_neighbour = false;
	jf_path_ask_neighbour(path, index);
}

void jf_path_set_rtcp_port(struct jf_path *path, uint32_t index, uint16_t port_be)
{
	path->endpoints[index].rtcp_port_be = port_be;
	if (port_be)
		jf_path_round_enter(path, index);
	else
		jf_path_round_leave(path, index);
}

struct jf_ip jf_path_remote(const struct jf_path *path, uint32_t index)
{
	const struct jf_endpoint *endpoint = &path->endpoints[index];
	const uint8_t *header = path->parties[index].header.bytes;

	if (!(endpoint->flags & JF_ENDPOINT_REMOTE))
		return (struct jf_ip){0};
	return endpoint->flags & JF_ENDPOINT_V6 ? jf_ip_of(6, header + IP6_TARGET_AT)
	                                        : jf_ip_of(4, header + IP_TARGET_AT);
}

struct jf_ip jf_path_source_of(const struct jf_packet *packet)
{
	return packet->endpoint->flags & JF_ENDPOINT_V6
	               ? jf_ip_of(6, packet->udp - JF_HEADER_BYTES_V6 + IP6_SOURCE_AT)
	               : jf_ip_of(4, packet->udp - JF_HEADER_BYTES_V4 + IP_SOURCE_AT);
}

void jf_path_ask_neighbour(struct jf_path *path, uint32_t index)
{
	struct jf_party *party = &path->parties[index];
	const struct jf_neigh_request request = {
	        .endpoint = index,
	        .generation = path->slots[index].identity.generation,
	        .remote = jf_path_remote(path, index),
	        .port = party->port,
	};

	if (party->wants_neighbour || jf_neigh_ask(path->neigh, path->worker, &request) == 0)
		return;
	party->wants_neighbour = true;
	party->asking_next = path->asking;
	path->asking = index;
}

void jf_path_set_neighbour(struct jf_path *path, const struct jf_neigh_answer *answer)
{
	struct jf_party *party = &path->parties[answer->endpoint];
	const struct jf_ip remote = jf_path_remote(path, answer->endpoint);

	if (!party->open ||
	    path->slots[answer->endpoint].identity.generation != answer->generation ||
	    !jf_ip_equal(&remote, &answer->remote))
		return; /* about an earlier remote */
	party->has_neighbour = answer->result == 0 && answer->port < path->n_out;
	if (party->has_neighbour) {
		party->out_port = (uint8_t)answer->port;
		memcpy(party->header.bytes, answer->destination, RTE_ETHER_ADDR_LEN);
		memcpy(party->header.bytes + RTE_ETHER_ADDR_LEN, answer->source,
		       RTE_ETHER_ADDR_LEN);
	}
	jf_path_way_changed(path, answer->endpoint);
}

void jf_path_learn_neighbour(struct jf_path *path, const struct jf_packet *packet)
{
	struct jf_party *party = &path->parties[packet->index];
	const struct jf_port *port = path->out[party->port].port;
	uint32_t header =
	        packet->endpoint->flags & JF_ENDPOINT_V6 ? JF_HEADER_BYTES_V6 : JF_HEADER_BYTES_V4;
	const uint8_t *from = packet->udp - header + RTE_ETHER_ADDR_LEN;

	if (from[0] & 1) /* of no station */
		return;
	party->has_neighbour = true;
	party->out_port = party->port;
	memcpy(party->header.bytes, from, RTE_ETHER_ADDR_LEN);
	memcpy(party->header.bytes + RTE_ETHER_ADDR_LEN, port->mac, RTE_ETHER_ADDR_LEN);
	jf_path_way_changed(path, packet->index);
}
