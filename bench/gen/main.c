// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-gen: the generator. Takes EAL arguments, which name its one port, then orders as lines
 * on standard input, and answers each with one JSON object on one line of standard output:
 *
 *   plan echo|relay ENDPOINTS     what is sent and what is expected back
 *   local ENDPOINT PORT           the system has chosen that port of its own for it
 *   trial PPS SECONDS [QUIET_MS [WARM_MS]]   one trial; over when nothing has come for so long
 *                                 (20); whose first packets don't count for latency (0)
 *   quit
 *
 * While it waits for an order it doesn't touch the wire, so its peer may come or go.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#include "jf_gen_check.h"
#include "jf_gen_traffic.h"
#include "jf_gen_trial.h"

#define POOL_FRAMES  16383u
#define POOL_CACHE   512u
#define ROOM         (RTE_PKTMBUF_HEADROOM + 512u)
#define DESCRIPTORS  2048u
#define LINK_WAIT_MS 10000u
#define QUIET_MS     20u

struct generator {
	struct jf_gen_wire wire;
	struct jf_gen_traffic *traffic;
	struct jf_gen_check *check;
	uint32_t n_endpoints; /* of the plan */
	struct jf_gen_histogram latency;
};

static void payload_fill(struct rte_mempool *pool, void *arg, void *object, unsigned index)
{
	struct rte_mbuf *m = object;

	(void)pool;
	(void)arg;
	(void)index;
	memset((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM, JF_GEN_PAYLOAD_BYTE,
	       JF_GEN_FRAME_BYTES);
}

static int wire_open(struct jf_gen_wire *ret_wire)
{
	struct rte_eth_conf conf = {0};
	struct rte_mempool *received;
	struct rte_eth_link link;
	int rc;

	if (rte_eth_dev_count_avail() != 1) {
		fprintf(stderr, "jf-bench-gen: name one port with --vdev or -a\n");
		return -EINVAL;
	}
	ret_wire->port = (uint16_t)rte_eth_find_next(0);
	ret_wire->frames =
	        rte_pktmbuf_pool_create("frames", POOL_FRAMES, POOL_CACHE, 0, ROOM, SOCKET_ID_ANY);
	received = rte_pktmbuf_pool_create("received", POOL_FRAMES, POOL_CACHE, 0, ROOM,
	                                   SOCKET_ID_ANY);
	if (!ret_wire->frames || !received)
		return -ENOMEM;
	rte_mempool_obj_iter(ret_wire->frames, payload_fill, NULL);
	rc = rte_eth_dev_configure(ret_wire->port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(ret_wire->port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL,
		                            received);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(ret_wire->port, 0, DESCRIPTORS, SOCKET_ID_ANY, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(ret_wire->port);
	for (unsigned ms = 0; rc == 0; ms += 10) {
		rc = rte_eth_link_get_nowait(ret_wire->port, &link);
		if (rc == 0 && link.link_status == RTE_ETH_LINK_UP)
			return 0;
		if (ms >= LINK_WAIT_MS)
			rc = -ENOTCONN;
		rte_delay_us_sleep(10000);
	}
	return rc;
}

static int order_plan(struct generator *g, const char *what, uint32_t n_endpoints)
{
	enum jf_gen_system system = JF_GEN_ECHO;
	int rc;

	if (strcmp(what, "relay") == 0)
		system = JF_GEN_RELAY;
	else if (strcmp(what, "echo") != 0)
		return -EINVAL;
	jf_gen_traffic_destroy(g->traffic);
	jf_gen_check_destroy(g->check);
	g->traffic = NULL;
	g->check = NULL;
	rc = jf_gen_traffic_create(n_endpoints, &g->traffic);
	if (rc == 0)
		rc = jf_gen_check_create(system, n_endpoints, &g->check);
	if (rc == 0) {
		g->n_endpoints = n_endpoints;
		printf("{\"endpoints\": %u}\n", n_endpoints);
	}
	return rc;
}

static int order_local(struct generator *g, uint32_t endpoint, uint32_t port)
{
	if (!g->traffic || !g->check || endpoint >= g->n_endpoints || port == 0 || port > 65535)
		return -EINVAL;
	jf_gen_traffic_set_local(g->traffic, endpoint, (uint16_t)port);
	jf_gen_check_set_local(g->check, endpoint, (uint16_t)port);
	printf("{\"endpoint\": %u, \"port\": %u}\n", endpoint, port);
	return 0;
}

/* Of trials that are looked at together: pairs of the highest latency of a bucket, and how many. */
static void print_histogram(const struct jf_gen_histogram *h, double us)
{
	printf("\"histogram\": [");
	for (uint32_t b = 0, n = 0; b < JF_GEN_HISTOGRAM_BUCKETS; b++)
		if (h->buckets[b])
			printf("%s[%.2f, %u]", n++ ? ", " : "",
			       (double)jf_gen_histogram_upper_end(b) / us, h->buckets[b]);
	printf("]");
}

static int order_trial(struct generator *g, double pps, double seconds, uint32_t quiet_ms,
                       uint32_t warm_ms)
{
	double us = (double)rte_get_tsc_hz() / 1e6;
	struct jf_gen_result r;

	if (!g->traffic || !g->check || !(pps > 0 && pps < 1e9) ||
	    !(seconds > 0 && seconds <= 3600) || quiet_ms == 0)
		return -EINVAL;
	g->wire.quiet_ms = quiet_ms;
	g->wire.warm_ms = warm_ms;
	jf_gen_trial_run(&g->wire, g->traffic, g->check, pps, seconds, &g->latency, &r);
	printf("{\"asked_pps\": %.0f, \"seconds\": %.6f, \"sent\": %lu, \"refused\": %lu, "
	       "\"skipped\": %lu, \"away_us\": %.1f, \"busy_cycles\": %lu, ",
	       pps, (double)r.cycles / (double)rte_get_tsc_hz(), r.sent, r.refused, r.skipped,
	       (double)r.away / us, r.cycles - r.idle);
	printf("\"received\": %lu, \"other\": %lu, \"wrong\": %lu, \"ssrc\": %lu, \"gaps\": %lu, "
	       "\"reordered\": %lu, \"timestamps\": %lu, ",
	       r.counts.received, r.counts.other, r.counts.wrong, r.counts.ssrc, r.counts.gaps,
	       r.counts.reordered, r.counts.timestamps);
	printf("\"latency_us\": {\"samples\": %lu, \"p50\": %.2f, \"p99\": %.2f, \"p999\": %.2f, "
	       "\"max\": %.2f}, ",
	       g->latency.count, (double)jf_gen_histogram_at(&g->latency, 500) / us,
	       (double)jf_gen_histogram_at(&g->latency, 990) / us,
	       (double)jf_gen_histogram_at(&g->latency, 999) / us, (double)g->latency.max / us);
	print_histogram(&g->latency, us);
	printf("}\n");
	return 0;
}

static int orders(struct generator *g)
{
	char line[256], what[16];
	double pps, seconds;
	uint32_t n, port;
	int rc;

	while (fgets(line, sizeof(line), stdin)) {
		uint32_t quiet = QUIET_MS, warm = 0;

		if (strcmp(line, "quit\n") == 0)
			return 0;
		if (sscanf(line, "plan %15s %u", what, &n) == 2)
			rc = order_plan(g, what, n);
		else if (sscanf(line, "local %u %u", &n, &port) == 2)
			rc = order_local(g, n, port);
		else if (sscanf(line, "trial %lf %lf %u %u", &pps, &seconds, &quiet, &warm) >= 2)
			rc = order_trial(g, pps, seconds, quiet, warm);
		else
			rc = -EINVAL;
		if (rc != 0)
			printf("{\"error\": \"%s\"}\n", strerror(-rc));
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct generator g;
	int rc = rte_eal_init(argc, argv);

	if (rc < 0) {
		fprintf(stderr, "jf-bench-gen: EAL refused its arguments\n");
		return EXIT_FAILURE;
	}
	rc = wire_open(&g.wire);
	if (rc == 0) {
		printf("{\"ready\": true, \"tsc_hz\": %lu}\n", rte_get_tsc_hz());
		fflush(stdout);
		rc = orders(&g);
		jf_gen_traffic_destroy(g.traffic);
		jf_gen_check_destroy(g.check);
		rte_eth_dev_stop(g.wire.port);
		rte_eth_dev_close(g.wire.port);
	} else {
		fprintf(stderr, "jf-bench-gen: no wire: %s\n", strerror(-rc));
	}
	rte_eal_cleanup();
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
