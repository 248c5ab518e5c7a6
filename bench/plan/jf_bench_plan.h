/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The addressing plan that the generator, the contract driver and the node file of a benchmark
 * share. Endpoint e and endpoint e ^ 1 are the two legs of a call.
 *
 * Local side:  address 10.77.0.1 + e / 25,000, RTP port 10,000 + 2 * (e % 25,000), as the contract
 *              lays ports out.
 * Remote side: 198.18.0.1 + e / 100 (RFC 2544 section C.2.2), RTP port 20,000 + 2 * (e % 100), all
 *              behind one gateway. RTCP is the next port on either side.
 *
 * All addresses and ports are in host order. Thread: any, nothing is kept.
 */
#ifndef JF_BENCH_PLAN_H
#define JF_BENCH_PLAN_H

#include <stdint.h>

#define JF_BENCH_ADDRESSES             4u
#define JF_BENCH_ENDPOINTS_PER_ADDRESS 25000u
#define JF_BENCH_ENDPOINTS_MAX         (JF_BENCH_ADDRESSES * JF_BENCH_ENDPOINTS_PER_ADDRESS)
#define JF_BENCH_LOCAL_BASE            UINT32_C(0x0a4d0001) /* 10.77.0.1 */
#define JF_BENCH_LOCAL_PORT            10000u
#define JF_BENCH_REMOTES_PER_ADDRESS   100u
#define JF_BENCH_REMOTE_BASE           UINT32_C(0xc6120001) /* 198.18.0.1 */
#define JF_BENCH_REMOTE_PORT           20000u
#define JF_BENCH_ENGINE_MAC                                                                        \
	{                                                                                          \
		0x02, 0x4a, 0x46, 0x00, 0x00, 0x01                                                 \
	}
#define JF_BENCH_GATEWAY_MAC                                                                       \
	{                                                                                          \
		0x02, 0x4a, 0x46, 0x00, 0x00, 0xfe                                                 \
	}

struct jf_bench_socket {
	uint32_t ip;
	uint16_t port; /* RTP */
};

static inline struct jf_bench_socket jf_bench_plan_local(uint32_t endpoint)
{
	uint32_t place = endpoint % JF_BENCH_ENDPOINTS_PER_ADDRESS;

	return (struct jf_bench_socket){
	        .ip = JF_BENCH_LOCAL_BASE + endpoint / JF_BENCH_ENDPOINTS_PER_ADDRESS,
	        .port = (uint16_t)(JF_BENCH_LOCAL_PORT + 2 * place),
	};
}

static inline struct jf_bench_socket jf_bench_plan_remote(uint32_t endpoint)
{
	uint32_t place = endpoint % JF_BENCH_REMOTES_PER_ADDRESS;

	return (struct jf_bench_socket){
	        .ip = JF_BENCH_REMOTE_BASE + endpoint / JF_BENCH_REMOTES_PER_ADDRESS,
	        .port = (uint16_t)(JF_BENCH_REMOTE_PORT + 2 * place),
	};
}

/* The other leg of the call. */
static inline uint32_t jf_bench_plan_peer(uint32_t endpoint)
{
	return endpoint ^ 1;
}

#endif
