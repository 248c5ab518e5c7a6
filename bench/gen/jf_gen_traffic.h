/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the generator sends: G.711 RTP of 20 ms (214-byte frames), one valid stream for each
 * endpoint of the plan, endpoints in random order: a pass sends one packet of each, and each pass
 * has its own permutation, so that no prefetcher learns it.
 *
 * A stream costs one cache line here: its Ethernet, IPv4, UDP and RTP headers, then a mark that
 * names the sender, and the place for a time stamp, which fill the frame's first 64 bytes. The rest
 * of the payload stays in the packet buffers from the start.
 *
 * Owner and thread: the generator's one thread.
 */
#ifndef JF_GEN_TRAFFIC_H
#define JF_GEN_TRAFFIC_H

#include <stdint.h>

#include <rte_mbuf.h>

#define JF_GEN_FRAME_BYTES  214u
#define JF_GEN_LINE_BYTES   64u
#define JF_GEN_PAYLOAD_BYTE 0xd5 /* of the payload past the line */

/* Offsets in the frame. */
#define JF_GEN_AT_IP        14u
#define JF_GEN_AT_ADDRESSES 26u /* source, destination */
#define JF_GEN_AT_UDP       34u
#define JF_GEN_AT_RTP       42u
#define JF_GEN_AT_SEQUENCE  44u
#define JF_GEN_AT_TIMESTAMP 46u
#define JF_GEN_AT_SSRC      50u
#define JF_GEN_AT_MARK      54u
#define JF_GEN_AT_STAMP     56u

/* What stands in the payload at JF_GEN_AT_MARK, native order. */
static inline uint16_t jf_gen_traffic_mark(uint32_t endpoint)
{
	return (uint16_t)(endpoint ^ 0x4a46);
}

struct jf_gen_traffic;

/* -ENOMEM, -EINVAL (an odd number, or outside 2 .. JF_BENCH_ENDPOINTS_MAX). Memory from DPDK. */
int jf_gen_traffic_create(uint32_t n_endpoints, struct jf_gen_traffic **ret_traffic);
void jf_gen_traffic_destroy(struct jf_gen_traffic *traffic);

/* Sends to that port of the system instead of the plan's. endpoint: of the plan; port: host order.
 */
void jf_gen_traffic_set_local(struct jf_gen_traffic *traffic, uint32_t endpoint, uint16_t port);

/* Picks the next endpoints of the order and begins to load their lines. */
void jf_gen_traffic_pick(struct jf_gen_traffic *traffic, uint32_t *ret_endpoints, uint32_t n);

/* Writes the next packet of the endpoint to a buffer whose payload is in place. stamp 0: none. */
void jf_gen_traffic_write(struct jf_gen_traffic *traffic, uint32_t endpoint, uint64_t stamp,
                          struct rte_mbuf *m);

#endif
