// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-handoff: what it costs when packets arrive at a worker that doesn't own their endpoints.
 * Worker 1 receives, worker 0 owns: each on its own core, joined by the hand-over ring alone.
 *
 *   direct     the owner receives its packets itself
 *   giving     worker 1 finds out and puts them into the ring
 *   taking     worker 0 takes them out and relays them
 *
 * Takes EAL arguments (two lcores, net_null0), then the number of endpoints and of packets. Prints
 * one JSON object: cycles a packet of each, and how many were dropped because the ring was full.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_launch.h>
#include <rte_lcore.h>

#include "jf_bench_path.h"
#include "jf_time.h"

#define RING_LEEWAY 512u /* packets that the giver may be ahead of the taker */

struct side {
	uint64_t cycles, packets;
};

struct run {
	struct jf_bench_path bench;
	uint64_t packets;            /* to be moved */
	_Atomic uint64_t given;      /* giver's */
	_Atomic uint64_t taken;      /* taker's */
	_Atomic bool giver_is_ready; /* giver's: it has ended */
	struct side direct, giving, taking;
};

static void receive(struct jf_path *path, struct rte_mbuf **mbufs, uint32_t n, struct side *side)
{
	uint64_t begin = rte_rdtsc();

	path->now_ns += 64 * JF_NS_PER_MS / 1000;
	jf_path_run(path, path->out[0].port, mbufs, (uint16_t)n);
	jf_path_flush(path);
	side->cycles += rte_rdtsc() - begin;
	side->packets += n;
}

static void measure_direct(struct run *run)
{
	struct rte_mbuf *mbufs[JF_BENCH_PATH_BURST];
	uint32_t n;

	while (run->direct.packets < run->packets) {
		n = jf_bench_path_frames(&run->bench, 0, mbufs, JF_BENCH_PATH_BURST);
		receive(run->bench.paths[0], mbufs, n, &run->direct);
	}
}

/* Worker 0, on its own core, until the giver has ended and the ring is empty. */
static int take(void *arg)
{
	struct run *run = arg;
	struct jf_path *path = run->bench.paths[0];
	struct rte_mbuf *mbufs[JF_BENCH_PATH_BURST];

	for (;;) {
		bool last = atomic_load_explicit(&run->giver_is_ready, memory_order_acquire);
		uint64_t begin = rte_rdtsc();
		uint32_t n = rte_ring_dequeue_burst(path->to_worker[0], (void **)mbufs,
		                                    JF_BENCH_PATH_BURST, NULL);

		if (n) {
			run->taking.cycles += rte_rdtsc() - begin;
			receive(path, mbufs, n, &run->taking);
			atomic_store_explicit(&run->taken, run->taking.packets,
			                      memory_order_release);
		} else if (last) {
			return 0;
		}
	}
}

static void give(struct run *run)
{
	struct jf_path *path = run->bench.paths[1];
	struct rte_mbuf *mbufs[JF_BENCH_PATH_BURST];

	while (run->giving.packets < run->packets) {
		uint32_t n = jf_bench_path_frames(&run->bench, 0, mbufs, JF_BENCH_PATH_BURST);

		while (run->giving.packets - path->counters->drops[JF_DROP_NOT_MINE] >
		       atomic_load_explicit(&run->taken, memory_order_acquire) + RING_LEEWAY)
			rte_pause();
		receive(path, mbufs, n, &run->giving);
	}
	atomic_store_explicit(&run->giver_is_ready, true, memory_order_release);
}

static double per_packet(const struct side *side)
{
	return side->packets ? (double)side->cycles / (double)side->packets : 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	int used = rte_eal_init(argc, argv), rc;
	uint32_t endpoints, other;

	if (used < 0 || argc - used != 3) {
		fprintf(stderr, "usage: jf-bench-handoff EAL-ARGUMENTS -- ENDPOINTS PACKETS\n");
		return 2;
	}
	endpoints = (uint32_t)strtoul(argv[used + 1], NULL, 10);
	run.packets = strtoull(argv[used + 2], NULL, 10);
	other = rte_get_next_lcore(UINT32_MAX, 1, 0);
	rc = other < RTE_MAX_LCORE ? jf_bench_path_create(2, &run.bench) : -ENODEV;
	if (rc == 0)
		rc = jf_bench_path_open(&run.bench, endpoints);
	if (rc) {
		fprintf(stderr, "jf-bench-handoff: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	measure_direct(&run);
	rte_eal_remote_launch(take, &run, other);
	give(&run);
	rte_eal_wait_lcore(other);
	printf("{\"endpoints\": %u, \"packets\": %lu, \"direct\": %.1f, \"giving\": %.1f, "
	       "\"taking\": %.1f, \"handed_over\": %lu, \"lost\": %lu, \"relayed\": %lu}\n",
	       endpoints, run.packets, per_packet(&run.direct), per_packet(&run.giving),
	       per_packet(&run.taking), run.bench.paths[1]->counters->handed_over,
	       run.bench.paths[1]->counters->drops[JF_DROP_NOT_MINE],
	       run.bench.paths[0]->counters->relayed_rtp);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
