// SPDX-License-Identifier: BSD-3-Clause
/*
 * Enters: a burst as it came from a device. Leaves: RTP and RTCP packets with their endpoint, and
 * the rest for the kernel. Packets of other workers' endpoints go to their rings.
 *
 * The local port decides everything: the address by one probe of a hash without collisions, the
 * endpoint by arithmetic. Costs no memory access beyond the packet's headers; the endpoint's lines
 * are prefetched for the stages that follow: the first one, which verify reads, into the first
 * cache, the others into the second, where more of them can be on their way at once.
 */
#include <errno.h>
#include <string.h>
#include <rte_byteorder.h>
#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

#include "jf_path.h"
#include "path_priv.h"

#define AHEAD 4 /* packets whose headers are prefetched */

static void address_map_clear(struct jf_address_map *map)
{
	for (uint32_t i = 0; i < JF_ADDRESS_SLOTS; i++)
		map->slots[i].first_endpoint = map->slots6[i].first_endpoint = JF_CONTRACT_NONE;
}

static bool address_map_add(const struct jf_contract_address *address, uint32_t first_endpoint,
                            struct jf_address_map *map)
{
	uint32_t ip_be = load32(address->ip);
	uint32_t i = ip_be * map->multiplier >> 26;

	if (map->slots[i].first_endpoint != JF_CONTRACT_NONE)
		return false;
	map->slots[i].ip_be = ip_be;
	map->slots[i].first_endpoint = first_endpoint;
	return true;
}

static bool address_map_add6(const struct jf_contract_address *address, uint32_t first_endpoint,
                             struct jf_address_map *map)
{
	uint64_t high = load64(address->ip), low = load64(address->ip + 8);
	uint32_t i = jf_address_hash6(map, high, low);

	if (map->slots6[i].first_endpoint != JF_CONTRACT_NONE)
		return false;
	map->slots6[i].high = high;
	map->slots6[i].low = low;
	map->slots6[i].first_endpoint = first_endpoint;
	return true;
}

static bool address_map_try(const struct jf_contract_shape *shape, uint8_t port,
                            struct jf_address_map *map)
{
	address_map_clear(map);
	for (uint32_t a = 0; a < shape->n_addresses; a++) {
		const struct jf_contract_address *address = &shape->addresses[a];
		uint32_t first_endpoint = a * shape->endpoints_per_address;

		if (address->port != port)
			continue;
		if (!(address->family == 6 ? address_map_add6
		                           : address_map_add)(address, first_endpoint, map))
			return false;
	}
	return true;
}

int jf_address_map_make(const struct jf_contract_shape *shape, uint8_t port,
                        struct jf_address_map *ret_map)
{
	struct jf_address_map map = {.multiplier = 0x9e3779b1,
	                             .multiplier6 = UINT64_C(0x9e3779b97f4a7c15)};

	/* 16 addresses in 64 slots: about one multiplier in eight fits, so a thousand tries are
	 * plenty. */
	for (int tries = 0; tries < 1000; tries++) {
		if (address_map_try(shape, port, &map)) {
			*ret_map = map;
			return 0;
		}
		map.multiplier = map.multiplier * 1664525u + 1013904223u;
		map.multiplier |= 1;
		map.multiplier6 =
		        map.multiplier6 * UINT64_C(6364136223846793005) + 1442695040888963407u;
		map.multiplier6 |= 1;
	}
	return -EINVAL;
}

/* Ethertype IPv4, version 4, five words of header; then not a fragment, and UDP. */
static inline bool is_plain_udp(const uint8_t *frame)
{
	const uint64_t first_mask = RTE_BE64(0xffffff0000000000);
	const uint64_t first = RTE_BE64(0x0800450000000000);
	const uint32_t second_mask = RTE_BE32(0x3fff00ff);
	const uint32_t second = RTE_BE32(IPPROTO_UDP);

	return (load64(frame + ETHERTYPE_AT) & first_mask) == first &&
	       (load32(frame + IP_FRAGMENT_AT) & second_mask) == second;
}

/* The place of a port within its address; beyond endpoints_per_address: not a media port. */
static inline uint32_t place_of(const struct jf_path *path, uint16_t port)
{
	return (uint32_t)(port - path->port_first) >> 1;
}

/* Gathers it for its worker, which is to know from which port it came. */
static void hand_over(struct jf_path *path, const struct jf_port *from, struct rte_mbuf *mbuf,
                      uint32_t place)
{
	struct jf_handover *handover;
	uint32_t worker = 0;

	while (place >= path->endpoints_per_worker) {
		place -= path->endpoints_per_worker;
		worker++;
	}
	mbuf->port = from->index;
	handover = &path->handover[worker];
	handover->mbufs[handover->n++] = mbuf;
	path->handover_to |= 1u << worker;
}

/* One burst into each worker's ring instead of one packet at a time. */
static void flush_handover(struct jf_path *path)
{
	while (path->handover_to) {
		uint32_t worker = (uint32_t)__builtin_ctz(path->handover_to);
		struct jf_handover *handover = &path->handover[worker];
		uint32_t taken = rte_ring_enqueue_burst(
		        path->to_worker[worker], (void **)handover->mbufs, handover->n, NULL);

		path->counters->handed_over += taken;
		path->counters->drops[JF_DROP_NOT_MINE] += handover->n - taken;
		rte_pktmbuf_free_bulk(handover->mbufs + taken, handover->n - taken);
		handover->n = 0;
		path->handover_to &= path->handover_to - 1;
	}
}

/* The address is the engine's, but on another port's side. */
static bool is_elsewhere(const struct jf_path *path, uint32_t ip_be)
{
	for (uint32_t p = 0; p < JF_NODE_PORTS_MAX; p++)
		if (jf_address_map_find(&path->addresses[p], ip_be) != JF_CONTRACT_NONE)
			return true;
	return false;
}

static bool is_elsewhere6(const struct jf_path *path, const uint8_t *ip)
{
	for (uint32_t p = 0; p < JF_NODE_PORTS_MAX; p++)
		if (jf_address_map_find6(&path->addresses[p], ip) != JF_CONTRACT_NONE)
			return true;
	return false;
}

/*
 * What did not take the short way and is no IPv6: what is for the kernel, other workers' packets,
 * and packets to media ports with something wrong about them.
 */
static void look_closer(struct jf_path *path, const struct jf_port *from, struct rte_mbuf *mbuf,
                        struct jf_burst *burst)
{
	const uint8_t *frame = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	uint32_t first, place;
	uint16_t port;

	if (mbuf->data_len < JF_HEADER_BYTES_V4 ||
	    load16be(frame + ETHERTYPE_AT) != RTE_ETHER_TYPE_IPV4 || frame[IP_AT] != 0x45 ||
	    frame[IP_AT + 9] != IPPROTO_UDP)
		goto kernel;
	if (load16be(frame + IP_FRAGMENT_AT) & 0x1fff)
		goto kernel;
	port = load16be(frame + UDP_TARGET_AT);
	place = place_of(path, port);
	if (place >= path->endpoints_per_address)
		goto kernel;
	first = jf_address_map_find(&path->addresses[from->index], load32(frame + IP_TARGET_AT));
	if (first == JF_CONTRACT_NONE) {
		if (!is_elsewhere(path, load32(frame + IP_TARGET_AT)))
			goto kernel;
		jf_path_drop(path, mbuf, JF_CONTRACT_NONE, JF_DROP_WRONG_PORT);
		return;
	}
	if (load16be(frame + IP_FRAGMENT_AT) & 0x2000)
		jf_path_drop(path, mbuf, JF_CONTRACT_NONE, JF_DROP_FRAGMENT);
	else if (place - path->place_first >= path->place_count)
		hand_over(path, from, mbuf, place);
	else
		jf_path_drop(path, mbuf, first + place,
		             port & 1 ? JF_DROP_MALFORMED_RTCP : JF_DROP_MALFORMED_RTP);
	return;
kernel:
	burst->kernel[burst->n_kernel++] = mbuf;
}

static inline void keep(struct jf_path *path, struct jf_burst *burst,
                        const struct jf_packet *packet, uint16_t port)
{
	struct jf_packet *kept =
	        likely(!(port & 1)) ? &burst->rtp[burst->n_rtp++] : &burst->rtcp[burst->n_rtcp++];

	kept->mbuf = packet->mbuf;
	kept->index = packet->index;
	kept->endpoint = &path->endpoints[packet->index];
	kept->udp = packet->udp;
	kept->length = packet->length;
	rte_prefetch0(kept->endpoint);
	rte_prefetch1(&kept->endpoint->header);
	if (path->fetches_slots)
		rte_prefetch1(&path->slots[packet->index].rx);
}

/*
 * IPv6. Extension headers, and so fragments, are the kernel's. Without a UDP checksum it is not
 * taken (RFC 8200 section 8.1); the checksum itself is the link's to check, as with IPv4.
 */
static void look_v6(struct jf_path *path, const struct jf_port *from, struct rte_mbuf *mbuf,
                    struct jf_burst *burst)
{
	uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
	struct jf_packet packet = {.mbuf = mbuf, .udp = frame + JF_HEADER_BYTES_V6};
	uint32_t first = JF_CONTRACT_NONE, place = 0, total, udp;
	uint16_t port = 0;

	if (mbuf->data_len >= JF_HEADER_BYTES_V6 && frame[IP_AT] >> 4 == 6 &&
	    frame[IP6_NEXT_AT] == IPPROTO_UDP) {
		first = jf_address_map_find6(&path->addresses[from->index], frame + IP6_TARGET_AT);
		port = load16be(frame + UDP6_TARGET_AT);
		place = place_of(path, port);
		if (first == JF_CONTRACT_NONE && place < path->endpoints_per_address &&
		    is_elsewhere6(path, frame + IP6_TARGET_AT)) {
			jf_path_drop(path, mbuf, JF_CONTRACT_NONE, JF_DROP_WRONG_PORT);
			return;
		}
	}
	if (first == JF_CONTRACT_NONE || place >= path->endpoints_per_address) {
		burst->kernel[burst->n_kernel++] = mbuf;
		return;
	}
	if (place - path->place_first >= path->place_count) {
		hand_over(path, from, mbuf, place);
		return;
	}
	packet.index = first + place;
	total = load16be(frame + IP6_LENGTH_AT);
	udp = load16be(frame + UDP6_LENGTH_AT);
	if (UDP6_AT + total > mbuf->data_len || udp < 8 || udp > total ||
	    load16(frame + UDP6_SUM_AT) == 0) {
		jf_path_drop(path, mbuf, packet.index,
		             port & 1 ? JF_DROP_MALFORMED_RTCP : JF_DROP_MALFORMED_RTP);
		return;
	}
	packet.length = (uint16_t)(udp - 8);
	rte_prefetch0(&path->parties[packet.index].header); /* has the remote's address */
	keep(path, burst, &packet, port);
}

void jf_path_lookup(struct jf_path *path, const struct jf_port *from, struct rte_mbuf **mbufs,
                    uint16_t n, struct jf_burst *burst)
{
	const struct jf_address_map *addresses = &path->addresses[from->index];

	burst->n_rtp = burst->n_rtcp = burst->n_kernel = burst->n_served = 0;
	burst->any_event = burst->any_first = false;
	burst->any_flags = 0;
	for (uint16_t i = 0; i < n && i < AHEAD; i++)
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = mbufs[i];
		uint8_t *frame = rte_pktmbuf_mtod(mbuf, uint8_t *);
		uint32_t first, place, total, udp;
		uint16_t port;

		if (i + AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + AHEAD], void *));
		port = load16be(frame + UDP_TARGET_AT);
		place = place_of(path, port);
		total = load16be(frame + IP_TOTAL_AT);
		udp = load16be(frame + UDP_LENGTH_AT);
		first = jf_address_map_find(addresses, load32(frame + IP_TARGET_AT));
		if (unlikely(!is_plain_udp(frame) || first == JF_CONTRACT_NONE ||
		             place - path->place_first >= path->place_count ||
		             IP_AT + total > mbuf->data_len || udp < 8 || 20 + udp > total)) {
			if (load16be(frame + ETHERTYPE_AT) == RTE_ETHER_TYPE_IPV6)
				look_v6(path, from, mbuf, burst);
			else
				look_closer(path, from, mbuf, burst);
			continue;
		}
		keep(path, burst,
		     &(struct jf_packet){.mbuf = mbuf,
		                         .index = first + place,
		                         .udp = frame + JF_HEADER_BYTES_V4,
		                         .length = (uint16_t)(udp - 8)},
		     port);
	}
	if (unlikely(path->handover_to))
		flush_handover(path);
}
