// SPDX-License-Identifier: BSD-3-Clause
#include "jf_gen_traffic.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

#include "jf_bench_plan.h"

struct line {
	_Alignas(JF_GEN_LINE_BYTES) uint8_t frame[JF_GEN_LINE_BYTES];
};

struct jf_gen_traffic {
	struct line *lines; /* [n] */
	uint32_t *order;    /* [n]; [0, at) is what this pass has sent */
	uint32_t n;
	uint32_t at;
	uint64_t random;
};

static uint64_t random_next(uint64_t *state)
{
	/* xorshift64* (Vigna, 2016): enough to keep an order unpredictable to a prefetcher. */
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static void line_init(struct line *line, uint32_t endpoint)
{
	const struct rte_ether_addr engine = {JF_BENCH_ENGINE_MAC};
	const struct rte_ether_addr gateway = {JF_BENCH_GATEWAY_MAC};
	struct jf_bench_socket local = jf_bench_plan_local(endpoint);
	struct jf_bench_socket remote = jf_bench_plan_remote(endpoint);
	struct rte_ether_hdr eth = {.dst_addr = engine,
	                            .src_addr = gateway,
	                            .ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4)};
	struct rte_ipv4_hdr ip = {
	        .version_ihl = RTE_IPV4_VHL_DEF,
	        .total_length = rte_cpu_to_be_16(JF_GEN_FRAME_BYTES - JF_GEN_AT_IP),
	        .fragment_offset = rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG),
	        .time_to_live = 64,
	        .next_proto_id = IPPROTO_UDP,
	        .src_addr = rte_cpu_to_be_32(remote.ip),
	        .dst_addr = rte_cpu_to_be_32(local.ip),
	};
	/* RFC 768: an IPv4 sender may leave the checksum out, as 0. */
	struct rte_udp_hdr udp = {
	        .src_port = rte_cpu_to_be_16(remote.port),
	        .dst_port = rte_cpu_to_be_16(local.port),
	        .dgram_len = rte_cpu_to_be_16(JF_GEN_FRAME_BYTES - JF_GEN_AT_UDP),
	};
	const uint8_t rtp[2] = {0x80, 0}; /* version 2, PCMU */
	uint16_t sequence = rte_cpu_to_be_16((uint16_t)(endpoint * 7919));
	uint32_t timestamp = rte_cpu_to_be_32(endpoint * 104729);
	uint32_t ssrc = rte_cpu_to_be_32(UINT32_C(0x4a000000) + endpoint);
	uint16_t mark = jf_gen_traffic_mark(endpoint);

	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memset(line->frame, 0, sizeof(line->frame));
	memcpy(line->frame, &eth, sizeof(eth));
	memcpy(line->frame + JF_GEN_AT_IP, &ip, sizeof(ip));
	memcpy(line->frame + JF_GEN_AT_UDP, &udp, sizeof(udp));
	memcpy(line->frame + JF_GEN_AT_RTP, rtp, sizeof(rtp));
	memcpy(line->frame + JF_GEN_AT_SEQUENCE, &sequence, sizeof(sequence));
	memcpy(line->frame + JF_GEN_AT_TIMESTAMP, &timestamp, sizeof(timestamp));
	memcpy(line->frame + JF_GEN_AT_SSRC, &ssrc, sizeof(ssrc));
	memcpy(line->frame + JF_GEN_AT_MARK, &mark, sizeof(mark));
}

int jf_gen_traffic_create(uint32_t n_endpoints, struct jf_gen_traffic **ret_traffic)
{
	struct jf_gen_traffic *traffic;

	if (n_endpoints < 2 || n_endpoints > JF_BENCH_ENDPOINTS_MAX || (n_endpoints & 1))
		return -EINVAL;
	traffic = rte_zmalloc("gen_traffic", sizeof(*traffic), 0);
	if (!traffic)
		return -ENOMEM;
	traffic->n = n_endpoints;
	traffic->random = UINT64_C(0x9e3779b97f4a7c15);
	traffic->lines =
	        rte_malloc("gen_lines", n_endpoints * sizeof(*traffic->lines), RTE_CACHE_LINE_SIZE);
	traffic->order = rte_malloc("gen_order", n_endpoints * sizeof(*traffic->order), 0);
	if (!traffic->lines || !traffic->order) {
		jf_gen_traffic_destroy(traffic);
		return -ENOMEM;
	}
	for (uint32_t e = 0; e < n_endpoints; e++) {
		line_init(&traffic->lines[e], e);
		traffic->order[e] = e;
	}
	*ret_traffic = traffic;
	return 0;
}

void jf_gen_traffic_destroy(struct jf_gen_traffic *traffic)
{
	if (!traffic)
		return;
	rte_free(traffic->lines);
	rte_free(traffic->order);
	rte_free(traffic);
}

void jf_gen_traffic_set_local(struct jf_gen_traffic *traffic, uint32_t endpoint, uint16_t port)
{
	uint16_t port_be = rte_cpu_to_be_16(port);

	memcpy(traffic->lines[endpoint].frame + JF_GEN_AT_UDP + 2, &port_be, sizeof(port_be));
}

/* One step of a Fisher-Yates shuffle for each pick: the order is made while it is used. */
void jf_gen_traffic_pick(struct jf_gen_traffic *traffic, uint32_t *ret_endpoints, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t left = traffic->n - traffic->at;
		uint64_t r = random_next(&traffic->random) >> 32;
		uint32_t other = traffic->at + (uint32_t)((r * left) >> 32);
		uint32_t picked = traffic->order[other];

		traffic->order[other] = traffic->order[traffic->at];
		traffic->order[traffic->at] = picked;
		if (++traffic->at == traffic->n)
			traffic->at = 0;
		rte_prefetch0(&traffic->lines[picked]);
		ret_endpoints[i] = picked;
	}
}

void jf_gen_traffic_write(struct jf_gen_traffic *traffic, uint32_t endpoint, uint64_t stamp,
                          struct rte_mbuf *m)
{
	uint8_t *line = traffic->lines[endpoint].frame;
	uint8_t *out = rte_pktmbuf_mtod(m, uint8_t *);
	uint16_t sequence;
	uint32_t timestamp;

	memcpy(&sequence, line + JF_GEN_AT_SEQUENCE, sizeof(sequence));
	memcpy(&timestamp, line + JF_GEN_AT_TIMESTAMP, sizeof(timestamp));
	sequence = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(sequence) + 1));
	timestamp = rte_cpu_to_be_32(rte_be_to_cpu_32(timestamp) + 160);
	memcpy(line + JF_GEN_AT_SEQUENCE, &sequence, sizeof(sequence));
	memcpy(line + JF_GEN_AT_TIMESTAMP, &timestamp, sizeof(timestamp));
	memcpy(out, line, JF_GEN_LINE_BYTES);
	memcpy(out + JF_GEN_AT_STAMP, &stamp, sizeof(stamp));
	m->data_len = JF_GEN_FRAME_BYTES;
	m->pkt_len = JF_GEN_FRAME_BYTES;
}
