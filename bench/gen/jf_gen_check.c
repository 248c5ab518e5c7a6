// SPDX-License-Identifier: BSD-3-Clause
#include "jf_gen_check.h"

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>

#include "jf_bench_plan.h"
#include "jf_gen_traffic.h"

#define BURST_MAX 64u

/* What stands in a frame to one listener. Half a cache line. */
struct expect {
	uint64_t addresses; /* as in the frame */
	uint32_t ports;     /* as in the frame */
	uint32_t ssrc;      /* as in the frame */
	uint32_t timestamp; /* the next one */
	uint16_t sequence;  /* the next one */
	uint16_t mark;
	uint32_t trial; /* in which sequence and timestamp were learnt; 0: never */
	uint32_t pad;
};
static_assert(sizeof(struct expect) == 32, "two to a cache line");

struct jf_gen_check {
	struct expect *expects; /* [n] */
	uint32_t n;
	uint32_t trial;
	/* How the destination of a frame names its listener. */
	uint32_t ip_base;
	uint32_t ip_step;
	uint16_t port_base;
	uint64_t to_gateway; /* destination MAC in the low 48 bits of the first word */
	struct jf_gen_counts counts;
};

static void expect_init(struct expect *x, enum jf_gen_system system, uint32_t endpoint)
{
	struct jf_bench_socket local = jf_bench_plan_local(endpoint);
	struct jf_bench_socket remote = jf_bench_plan_remote(endpoint);
	struct jf_bench_socket from = system == JF_GEN_RELAY ? local : remote;
	struct jf_bench_socket to = system == JF_GEN_RELAY ? remote : local;
	uint32_t addresses[2] = {rte_cpu_to_be_32(from.ip), rte_cpu_to_be_32(to.ip)};
	uint16_t ports[2] = {rte_cpu_to_be_16(from.port), rte_cpu_to_be_16(to.port)};
	uint32_t sender = system == JF_GEN_RELAY ? jf_bench_plan_peer(endpoint) : endpoint;

	memset(x, 0, sizeof(*x));
	memcpy(&x->addresses, addresses, sizeof(x->addresses));
	memcpy(&x->ports, ports, sizeof(x->ports));
	x->mark = jf_gen_traffic_mark(sender);
}

int jf_gen_check_create(enum jf_gen_system system, uint32_t n_endpoints,
                        struct jf_gen_check **ret_check)
{
	const uint8_t gateway[8] = JF_BENCH_GATEWAY_MAC;
	struct jf_gen_check *check;

	if (n_endpoints < 2 || n_endpoints > JF_BENCH_ENDPOINTS_MAX || (n_endpoints & 1))
		return -EINVAL;
	check = rte_zmalloc("gen_check", sizeof(*check), 0);
	if (!check)
		return -ENOMEM;
	check->expects = rte_malloc("gen_expects", n_endpoints * sizeof(*check->expects),
	                            RTE_CACHE_LINE_SIZE);
	if (!check->expects) {
		rte_free(check);
		return -ENOMEM;
	}
	check->n = n_endpoints;
	memcpy(&check->to_gateway, gateway, sizeof(check->to_gateway));
	if (system == JF_GEN_RELAY) {
		check->ip_base = JF_BENCH_REMOTE_BASE;
		check->ip_step = JF_BENCH_REMOTES_PER_ADDRESS;
		check->port_base = JF_BENCH_REMOTE_PORT;
	} else {
		check->ip_base = JF_BENCH_LOCAL_BASE;
		check->ip_step = JF_BENCH_ENDPOINTS_PER_ADDRESS;
		check->port_base = JF_BENCH_LOCAL_PORT;
	}
	for (uint32_t e = 0; e < n_endpoints; e++)
		expect_init(&check->expects[e], system, e);
	*ret_check = check;
	return 0;
}

void jf_gen_check_destroy(struct jf_gen_check *check)
{
	if (!check)
		return;
	rte_free(check->expects);
	rte_free(check);
}

void jf_gen_check_set_local(struct jf_gen_check *check, uint32_t endpoint, uint16_t port)
{
	uint16_t port_be = rte_cpu_to_be_16(port);

	memcpy(&check->expects[endpoint].ports, &port_be, sizeof(port_be));
}

void jf_gen_check_reset(struct jf_gen_check *check)
{
	memset(&check->counts, 0, sizeof(check->counts));
	check->trial++;
}

const struct jf_gen_counts *jf_gen_check_counts(const struct jf_gen_check *check)
{
	return &check->counts;
}

/* The listener that a frame is for, or n for a frame that isn't one of the plan. */
static uint32_t listener_of(const struct jf_gen_check *check, const struct rte_mbuf *m)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	uint64_t begin;
	uint32_t ip;
	uint16_t port;
	uint32_t listener;

	if (m->data_len != JF_GEN_FRAME_BYTES)
		return check->n;
	memcpy(&begin, frame, sizeof(begin));
	memcpy(&ip, frame + JF_GEN_AT_ADDRESSES + 4, sizeof(ip));
	memcpy(&port, frame + JF_GEN_AT_UDP + 2, sizeof(port));
	if (((begin ^ check->to_gateway) & UINT64_C(0xffffffffffff)) != 0)
		return check->n;
	listener = (rte_be_to_cpu_32(ip) - check->ip_base) * check->ip_step +
	           (uint16_t)(rte_be_to_cpu_16(port) - check->port_base) / 2;
	return listener < check->n ? listener : check->n;
}

static void continuity(struct jf_gen_check *check, struct expect *x, const uint8_t *frame)
{
	struct jf_gen_counts *counts = &check->counts;
	uint16_t sequence;
	uint32_t timestamp, ssrc;

	memcpy(&sequence, frame + JF_GEN_AT_SEQUENCE, sizeof(sequence));
	memcpy(&timestamp, frame + JF_GEN_AT_TIMESTAMP, sizeof(timestamp));
	memcpy(&ssrc, frame + JF_GEN_AT_SSRC, sizeof(ssrc));
	sequence = rte_be_to_cpu_16(sequence);
	timestamp = rte_be_to_cpu_32(timestamp);
	if (ssrc != x->ssrc) {
		counts->ssrc += x->trial != 0;
		x->ssrc = ssrc;
	}
	if (x->trial == check->trial && sequence != x->sequence) {
		int16_t ahead = (int16_t)(sequence - x->sequence);

		if (ahead < 0) {
			counts->reordered++;
			return;
		}
		counts->gaps++;
		x->timestamp += (uint32_t)ahead * 160;
	}
	counts->timestamps += x->trial == check->trial && timestamp != x->timestamp;
	x->trial = check->trial;
	x->sequence = (uint16_t)(sequence + 1);
	x->timestamp = timestamp + 160;
}

void jf_gen_check_burst(struct jf_gen_check *check, struct rte_mbuf **frames, uint32_t n,
                        uint64_t now, struct jf_gen_histogram *latency)
{
	uint32_t listeners[BURST_MAX];

	for (uint32_t i = 0; i < n; i++)
		rte_prefetch0(rte_pktmbuf_mtod(frames[i], void *));
	for (uint32_t i = 0; i < n; i++) {
		listeners[i] = listener_of(check, frames[i]);
		rte_prefetch0(&check->expects[listeners[i]]);
	}
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *frame = rte_pktmbuf_mtod(frames[i], const uint8_t *);
		struct expect *x;
		uint64_t addresses, stamp;
		uint32_t ports;
		uint16_t mark;

		if (listeners[i] == check->n) {
			check->counts.other++;
			continue;
		}
		x = &check->expects[listeners[i]];
		memcpy(&addresses, frame + JF_GEN_AT_ADDRESSES, sizeof(addresses));
		memcpy(&ports, frame + JF_GEN_AT_UDP, sizeof(ports));
		memcpy(&mark, frame + JF_GEN_AT_MARK, sizeof(mark));
		memcpy(&stamp, frame + JF_GEN_AT_STAMP, sizeof(stamp));
		check->counts.received++;
		check->counts.wrong +=
		        addresses != x->addresses || ports != x->ports || mark != x->mark;
		continuity(check, x, frame);
		if (stamp)
			jf_gen_histogram_add(latency, now - stamp);
	}
}
