// SPDX-License-Identifier: BSD-3-Clause
/* What the generator sends, and whether its check notices what a broken relay would do to it. */
#include "jf_gen_check.h"
#include "jf_gen_traffic.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include <rte_byteorder.h>
#include <rte_eal.h>
#include <rte_ip.h>

#include "jf_bench_plan.h"

#define N 1000u

static struct rte_mempool *pool;
static struct jf_gen_traffic *traffic;
static struct jf_gen_check *check;
static struct jf_gen_histogram latency;

static int eal(void **state)
{
	char *argv[] = {"test", "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m",
	                "64",   "-l",        "0"};

	(void)state;
	if (rte_eal_init((int)(sizeof(argv) / sizeof(argv[0])), argv) < 0)
		return -1;
	pool = rte_pktmbuf_pool_create("test", 1023, 0, 0, RTE_PKTMBUF_HEADROOM + 384,
	                               SOCKET_ID_ANY);
	return pool ? 0 : -1;
}

static int eal_end(void **state)
{
	(void)state;
	rte_mempool_free(pool);
	return rte_eal_cleanup();
}

static int make(void **state)
{
	(void)state;
	jf_gen_histogram_reset(&latency);
	if (jf_gen_traffic_create(N, &traffic) != 0 ||
	    jf_gen_check_create(JF_GEN_RELAY, N, &check) != 0)
		return -1;
	jf_gen_check_reset(check);
	return 0;
}

static int unmake(void **state)
{
	(void)state;
	jf_gen_traffic_destroy(traffic);
	jf_gen_check_destroy(check);
	return 0;
}

/* The endpoint's next packet, as a working relay would send it on to the other leg. */
static struct rte_mbuf *relayed(uint32_t endpoint)
{
	const uint8_t gateway[6] = JF_BENCH_GATEWAY_MAC;
	uint32_t listener = jf_bench_plan_peer(endpoint);
	struct jf_bench_socket from = jf_bench_plan_local(listener);
	struct jf_bench_socket to = jf_bench_plan_remote(listener);
	uint32_t addresses[2] = {rte_cpu_to_be_32(from.ip), rte_cpu_to_be_32(to.ip)};
	uint16_t ports[2] = {rte_cpu_to_be_16(from.port), rte_cpu_to_be_16(to.port)};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *frame;

	assert_non_null(m);
	frame = rte_pktmbuf_mtod(m, uint8_t *);
	jf_gen_traffic_write(traffic, endpoint, 0, m);
	memcpy(frame, gateway, sizeof(gateway));
	memcpy(frame + JF_GEN_AT_ADDRESSES, addresses, sizeof(addresses));
	memcpy(frame + JF_GEN_AT_UDP, ports, sizeof(ports));
	return m;
}

static const struct jf_gen_counts *returned(struct rte_mbuf *m)
{
	jf_gen_check_burst(check, &m, 1, 1000, &latency);
	rte_pktmbuf_free(m);
	return jf_gen_check_counts(check);
}

static void a_pass_sends_each_endpoint_once_in_a_new_order(void **state)
{
	uint32_t first[N], second[N];
	bool seen[N] = {false};
	uint32_t same = 0;

	(void)state;
	jf_gen_traffic_pick(traffic, first, N);
	jf_gen_traffic_pick(traffic, second, N);
	for (uint32_t i = 0; i < N; i++) {
		assert_false(seen[second[i]]);
		seen[second[i]] = true;
		same += first[i] == second[i];
	}
	assert_true(same < N / 50);
}

static void frames_are_valid_ipv4(void **state)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	const struct rte_ipv4_hdr *ip;

	(void)state;
	jf_gen_traffic_write(traffic, 7, 0, m);
	ip = rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, JF_GEN_AT_IP);
	assert_int_equal(rte_pktmbuf_pkt_len(m), 214);
	assert_int_equal(rte_be_to_cpu_16(ip->total_length), 200);
	assert_int_equal(rte_be_to_cpu_32(ip->src_addr), jf_bench_plan_remote(7).ip);
	assert_int_equal(rte_be_to_cpu_32(ip->dst_addr), jf_bench_plan_local(7).ip);
	assert_true(rte_ipv4_cksum(ip) == 0xffff || rte_ipv4_cksum(ip) == 0);
	rte_pktmbuf_free(m);
}

static void a_working_relay_is_found_right(void **state)
{
	const struct jf_gen_counts *counts = NULL;

	(void)state;
	for (int pass = 0; pass < 70000 / 2; pass++) { /* the sequence number wraps */
		returned(relayed(12));
		counts = returned(relayed(13));
	}
	assert_int_equal(counts->received, 70000);
	assert_int_equal(counts->wrong + counts->ssrc + counts->gaps + counts->reordered, 0);
	assert_int_equal(counts->timestamps + counts->other, 0);
}

static void a_lost_packet_is_a_gap(void **state)
{
	(void)state;
	returned(relayed(4));
	rte_pktmbuf_free(relayed(4));
	assert_int_equal(returned(relayed(4))->gaps, 1);
	assert_int_equal(returned(relayed(4))->gaps, 1);
	assert_int_equal(jf_gen_check_counts(check)->timestamps, 0);
}

static void packets_that_changed_places_are_noticed(void **state)
{
	struct rte_mbuf *second, *third;

	(void)state;
	returned(relayed(4));
	second = relayed(4);
	third = relayed(4);
	returned(third);
	assert_int_equal(returned(second)->reordered, 1);
}

static void somebody_elses_audio_is_noticed(void **state)
{
	struct rte_mbuf *m = relayed(4);
	uint16_t mark = jf_gen_traffic_mark(6);

	(void)state;
	memcpy(rte_pktmbuf_mtod(m, uint8_t *) + JF_GEN_AT_MARK, &mark, sizeof(mark));
	assert_int_equal(returned(m)->wrong, 1);
}

static void a_wrong_source_port_is_noticed(void **state)
{
	struct rte_mbuf *m = relayed(4);

	(void)state;
	rte_pktmbuf_mtod(m, uint8_t *)[JF_GEN_AT_UDP + 1] ^= 2;
	assert_int_equal(returned(m)->wrong, 1);
}

static void a_new_ssrc_is_noticed(void **state)
{
	struct rte_mbuf *m;

	(void)state;
	returned(relayed(4));
	m = relayed(4);
	rte_pktmbuf_mtod(m, uint8_t *)[JF_GEN_AT_SSRC] ^= 1;
	assert_int_equal(returned(m)->ssrc, 1);
}

static void frames_that_are_not_of_the_plan_count_apart(void **state)
{
	struct rte_mbuf *short_one = relayed(4), *stranger = relayed(4);

	(void)state;
	rte_pktmbuf_trim(short_one, 10);
	rte_pktmbuf_mtod(stranger, uint8_t *)[JF_GEN_AT_ADDRESSES + 4] = 10;
	returned(short_one);
	assert_int_equal(returned(stranger)->other, 2);
	assert_int_equal(jf_gen_check_counts(check)->received, 0);
}

static void a_stamp_gives_a_latency(void **state)
{
	struct rte_mbuf *m = relayed(4);
	uint64_t stamp = 960;

	(void)state;
	memcpy(rte_pktmbuf_mtod(m, uint8_t *) + JF_GEN_AT_STAMP, &stamp, sizeof(stamp));
	returned(m);
	returned(relayed(4));
	assert_int_equal(latency.count, 1);
	assert_int_equal(latency.max, 40);
}

/* A system that hands its ports out itself, as rtpengine does. */
static void a_port_of_the_systems_choice_replaces_the_plans(void **state)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint16_t sent_to;

	(void)state;
	jf_gen_traffic_set_local(traffic, 4, 30002);
	jf_gen_check_set_local(check, 4, 30002);
	jf_gen_traffic_write(traffic, 4, 0, m);
	memcpy(&sent_to, rte_pktmbuf_mtod(m, uint8_t *) + JF_GEN_AT_UDP + 2, sizeof(sent_to));
	assert_int_equal(rte_be_to_cpu_16(sent_to), 30002);
	rte_pktmbuf_free(m);
	assert_int_equal(returned(relayed(5))->wrong, 1); /* it still comes from the plan's */
	m = relayed(5);
	sent_to = rte_cpu_to_be_16(30002);
	memcpy(rte_pktmbuf_mtod(m, uint8_t *) + JF_GEN_AT_UDP, &sent_to, sizeof(sent_to));
	assert_int_equal(returned(m)->wrong, 1);
}

static void odd_or_outside_numbers_are_refused(void **state)
{
	struct jf_gen_traffic *t = NULL;
	struct jf_gen_check *c = NULL;

	(void)state;
	assert_int_equal(jf_gen_traffic_create(0, &t), -EINVAL);
	assert_int_equal(jf_gen_traffic_create(3, &t), -EINVAL);
	assert_int_equal(jf_gen_traffic_create(JF_BENCH_ENDPOINTS_MAX + 2, &t), -EINVAL);
	assert_int_equal(jf_gen_check_create(JF_GEN_ECHO, 3, &c), -EINVAL);
	assert_null(t);
	assert_null(c);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	        TEST(a_pass_sends_each_endpoint_once_in_a_new_order),
	        TEST(frames_are_valid_ipv4),
	        TEST(a_working_relay_is_found_right),
	        TEST(a_lost_packet_is_a_gap),
	        TEST(packets_that_changed_places_are_noticed),
	        TEST(somebody_elses_audio_is_noticed),
	        TEST(a_wrong_source_port_is_noticed),
	        TEST(a_new_ssrc_is_noticed),
	        TEST(frames_that_are_not_of_the_plan_count_apart),
	        TEST(a_stamp_gives_a_latency),
	        TEST(a_port_of_the_systems_choice_replaces_the_plans),
	        TEST(odd_or_outside_numbers_are_refused),
	};

	return cmocka_run_group_tests(tests, eal, eal_end);
}
