// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-stages: cycles a packet in each stage of the path, without a device.
 *
 * Takes EAL arguments (one lcore, net_null0), then ENDPOINTS PACKETS SERVICES: plain, measured,
 * full (and taped), lossy (measured, each packet after a lost one), or a suite of SRTP by its name
 * in SDP, which both legs then have. Prints one JSON object: by stage the median over batches of
 * bursts, so that a core that was taken away meanwhile doesn't count. A timer between stages costs
 * some cycles of its own: "timer".
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>

#include "jf_bench_path.h"
#include "jf_energy.h"
#include "jf_time.h"

#define BATCH_BURSTS 64u /* 4,096 packets */
#define BATCHES_MAX  4096u
#define TAP_LEEWAY   100000u /* packets that the recorder may be behind: a third of its ring */

static struct jf_bench_path bench;
static double batches[JF_STAGE_COUNT][BATCHES_MAX];

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *values, uint32_t n)
{
	qsort(values, n, sizeof(*values), by_value);
	return n ? values[n / 2] : 0;
}

/* Not measured: what has been taped is far from filling the ring, or the recorder takes a rest. */
static void await_recorder(const struct jf_path *path)
{
	static uint64_t rested_at;
	struct jf_recorder_stats stats = {0};
	uint64_t before;

	if (!bench.recorder || path->counters->taped - rested_at < TAP_LEEWAY)
		return;
	do {
		before = stats.pieces;
		usleep(20000);
		jf_recorder_read_stats(bench.recorder, &stats);
	} while (stats.pieces != before);
	rested_at = path->counters->taped;
}

static void run_batch(struct jf_path *path, uint32_t batch)
{
	struct rte_mbuf *mbufs[JF_BENCH_PATH_BURST];
	struct jf_stage_clock clock = {0};
	uint32_t packets = 0;

	for (uint32_t i = 0; i < BATCH_BURSTS; i++) {
		uint32_t n = jf_bench_path_frames(&bench, 0, mbufs, JF_BENCH_PATH_BURST);

		if (path->tap)
			jf_tap_publish(path->tap);
		path->now_ns += n * JF_NS_PER_MS * 20 / bench.n_endpoints;
		jf_path_run_timed(path, path->out[0].port, mbufs, (uint16_t)n, &clock);
		packets += n;
	}
	for (int s = 0; s < JF_STAGE_COUNT; s++)
		batches[s][batch] = (double)clock.cycles[s] / packets;
}

static double timer_cycles(void)
{
	uint64_t begin = rte_rdtsc();

	for (int i = 0; i < 10000; i++)
		(void)rte_rdtsc();
	return (double)(rte_rdtsc() - begin) / 10000 / JF_BENCH_PATH_BURST;
}

static void print(const struct jf_path *path, uint32_t n)
{
	static const char *const names[] = {
#define X(name, text) text,
	        JF_STAGES(X)
#undef X
	};
	double sum = 0;

	printf("{\"stages\": {");
	for (int s = 0; s < JF_STAGE_COUNT; s++) {
		double cycles = median(batches[s], n);

		sum += cycles;
		printf("%s\"%s\": %.1f", s ? ", " : "", names[s], cycles);
	}
	printf("}, \"cycles\": %.1f, \"timer\": %.1f, \"relayed\": %lu, \"taped\": %lu, "
	       "\"tap_full\": %lu, \"bytes_per_endpoint\": %zu}\n",
	       sum, timer_cycles(), path->counters->relayed_rtp, path->counters->taped,
	       path->counters->drops[JF_DROP_TAP_FULL],
	       sizeof(struct jf_endpoint) + sizeof(struct jf_party) + sizeof(struct jf_slot) +
	               bench.contract.header->shape.track_frames);
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv), rc;
	uint32_t endpoints, n;
	const char *services;

	if (used < 0 || argc - used != 4) {
		fprintf(stderr, "usage: jf-bench-stages EAL-ARGUMENTS -- ENDPOINTS PACKETS "
		                "plain|measured|full|lossy|SUITE\n");
		return 2;
	}
	endpoints = (uint32_t)strtoul(argv[used + 1], NULL, 10);
	n = (uint32_t)(strtoul(argv[used + 2], NULL, 10) / (BATCH_BURSTS * JF_BENCH_PATH_BURST));
	n = RTE_MIN(n, BATCHES_MAX);
	services = argv[used + 3];
	jf_energy_init();
	rc = jf_bench_path_create(1, &bench);
	bench.taped = strcmp(services, "full") == 0;
	bench.lossy = strcmp(services, "lossy") == 0;
	bench.measured = bench.taped || bench.lossy || strcmp(services, "measured") == 0;
	for (int s = JF_SRTP_NONE + 1; s < JF_SRTP_SUITE_COUNT; s++)
		if (strcmp(services, jf_srtp_suite_info((enum jf_srtp_suite)s)->name) == 0)
			bench.suite = (enum jf_srtp_suite)s;
	if (rc == 0)
		rc = jf_bench_path_open(&bench, endpoints);
	if (rc) {
		fprintf(stderr, "jf-bench-stages: %s\n", strerror(-rc));
		return EXIT_FAILURE;
	}
	for (uint32_t i = 0; i < n + n / 4; i++) { /* the first ones warm up */
		await_recorder(bench.paths[0]);
		run_batch(bench.paths[0], i < n / 4 ? 0 : i - n / 4);
	}
	print(bench.paths[0], n);
	if (bench.recorder)
		jf_recorder_destroy(bench.recorder);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
