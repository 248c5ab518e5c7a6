// SPDX-License-Identifier: BSD-3-Clause
/* Neighbours, routes and VLANs, and links that come and go. */
#include "jf_port_lab.h"

#include <errno.h>
#include <unistd.h>

static void each_vlan_has_its_own_side(void **state)
{
	struct jf_neigh_request request = {.endpoint = 7, .generation = 1, .port = 1};
	struct jf_neigh_answer answer;
	uint32_t before = jf_port_lab.of_no_vlan;
	const char *end;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_ping("10.10.0.1"), 0);
	assert_int_equal(jf_port_lab_ping("10.20.0.1"), 0);
	/* VLAN 30 is nobody's, and so are frames without a tag. */
	jf_port_lab_shell("ip netns exec %s ping -c 1 -W 1 10.30.0.1 >/dev/null",
	                  jf_port_lab.peer_ns);
	assert_true(jf_port_lab.of_no_vlan > before);
	before = jf_port_lab.of_no_vlan;
	jf_port_lab_shell(
	        "ip -n %s addr add 10.10.0.3/24 dev jfp2; ip netns exec %s arping -c 2 -w 1 -I "
	        "jfp2 "
	        "10.10.0.1 >/dev/null 2>&1; ip netns exec %s ping -c 1 -W 1 -I jfp2 10.10.0.1 "
	        ">/dev/null; ip -n %s addr del 10.10.0.3/24 dev jfp2",
	        jf_port_lab.peer_ns, jf_port_lab.peer_ns, jf_port_lab.peer_ns, jf_port_lab.peer_ns);
	assert_true(jf_port_lab.of_no_vlan > before);

	/* Neighbours are found on the side of the port, too. */
	assert_int_equal(jf_ip_parse("10.10.0.2", &request.remote, &end), 0);
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(jf_port_lab.ports), 0, &request), 0);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.port, 1);
	assert_memory_equal(answer.source, jf_ports_get(jf_port_lab.ports, 1)->mac, 6);
	assert_int_equal(jf_port_lab_slot_of(1).neighbours_known, 1);
	request.remote = (struct jf_ip){0};
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(jf_port_lab.ports), 0, &request), 0);
	usleep(50000);
	assert_int_equal(jf_port_lab_slot_of(1).neighbours_known, 0);
}

static void ipv6_neighbours_and_routes(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_ping(ENGINE_V6), 0);
	assert_int_equal(jf_port_lab_shell("ip -n %s link set jfp address 02:00:00:00:00:99",
	                                   jf_port_lab.peer_ns),
	                 0);
	jf_port_lab_shell("ip -6 neigh flush dev jf0");
	jf_port_lab_ask(8, 1, PEER_V6);
	assert_true(jf_port_lab_take_answer(&answer, 3000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.remote.family, 6);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	jf_port_lab_ask(8, 2, ENGINE_V6);
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	jf_port_lab_ask(8, 3, "ff02::1");
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	jf_port_lab_ask(8, 4, "2001:db8:99::9");
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -ENETUNREACH);
	assert_int_equal(
	        jf_port_lab_shell("ip -6 route add 2001:db8:99::/48 via " PEER_V6 " dev jf0"), 0);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.generation, 4);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	assert_int_equal(jf_port_lab_shell("ip -6 route del 2001:db8:99::/48"), 0);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.result, -ENETUNREACH);
	jf_port_lab_ask(8, 5, NULL);
}

static void neighbours_are_found_by_arp(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_shell("ip -n %s link set jfp address 02:00:00:00:00:99",
	                                   jf_port_lab.peer_ns),
	                 0);
	jf_port_lab_shell("ip neigh flush dev jf0");
	jf_port_lab_ask(3, 7, PEER_IP);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.endpoint, 3);
	assert_int_equal(answer.generation, 7);
	assert_int_equal(answer.result, 0);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	assert_memory_equal(answer.source, jf_ports_get(jf_port_lab.ports, 0)->mac, 6);

	/* The peer gets another card and says so with its next ARP. */
	assert_int_equal(jf_port_lab_shell("ip -n %s link set jfp address 02:00:00:00:00:aa",
	                                   jf_port_lab.peer_ns),
	                 0);
	jf_port_lab_shell("ip -n %s neigh flush dev jfp; ip netns exec %s ping -c 1 -W 1 " ENGINE_IP
	                  " >/dev/null",
	                  jf_port_lab.peer_ns, jf_port_lab.peer_ns);
	assert_true(jf_port_lab_take_answer(&answer, 3000));
	assert_int_equal(answer.endpoint, 3);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\xaa", 6);

	/* Nobody is told about an endpoint that was forgotten. */
	jf_port_lab_ask(3, 8, NULL);
	assert_int_equal(jf_port_lab_shell("ip -n %s link set jfp address 02:00:00:00:00:99",
	                                   jf_port_lab.peer_ns),
	                 0);
	jf_port_lab_shell("ip -n %s neigh flush dev jfp; ip netns exec %s ping -c 1 -W 1 " ENGINE_IP
	                  " >/dev/null",
	                  jf_port_lab.peer_ns, jf_port_lab.peer_ns);
	assert_false(jf_port_lab_take_answer(&answer, 300));
}

static void routes_decide_the_next_hop(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	jf_port_lab_needs_root();
	jf_port_lab_ask(5, 1, ENGINE_IP);
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	jf_port_lab_ask(5, 2, "10.77.255.255");
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	jf_port_lab_ask(5, 3, "192.0.2.9");
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_int_equal(answer.result, -ENETUNREACH);

	/* A route turns up: the worker is told without asking again. */
	assert_int_equal(jf_port_lab_shell("ip route add 192.0.2.0/24 via " PEER_IP " dev jf0"), 0);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.endpoint, 5);
	assert_int_equal(answer.generation, 3);
	assert_int_equal(answer.result, 0);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);

	assert_int_equal(jf_port_lab_shell("ip route del 192.0.2.0/24"), 0);
	assert_true(jf_port_lab_take_answer(&answer, 2000));
	assert_int_equal(answer.result, -ENETUNREACH);
	jf_port_lab_ask(5, 4, NULL);
}

static void entries_set_by_hand_stay(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(
	        jf_port_lab_shell("ip neigh replace 10.77.3.3 lladdr 02:00:00:00:03:03 dev jf0 "
	                          "nud permanent"),
	        0);
	jf_port_lab_ask(6, 1, "10.77.3.3");
	assert_true(jf_port_lab_take_answer(&answer, 500));
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x03\x03", 6);
	usleep(200000);
	assert_int_equal(jf_port_lab_shell("ip neigh show 10.77.3.3 dev jf0 | grep -q PERMANENT"),
	                 0);
	jf_port_lab_ask(6, 2, NULL);
}

static void every_endpoint_is_told(void **state)
{
	struct jf_neigh_answer answer;
	unsigned told = 0;

	(void)state;
	jf_port_lab_needs_root();
	for (uint32_t i = 10; i < 100; i++)
		jf_port_lab_ask(i, i, PEER_IP);
	while (told < 90 && jf_port_lab_take_answer(&answer, 1000)) {
		assert_int_equal(answer.result, 0);
		assert_int_equal(answer.generation, answer.endpoint);
		told++;
	}
	assert_int_equal(told, 90);
}

static bool wait_link(uint32_t port, bool is_up)
{
	for (int i = 0; i < 200; i++) {
		if (jf_port_lab_slot_of(port).link_up == is_up)
			return true;
		usleep(10000);
	}
	return false;
}

static void a_link_goes_and_comes_back(void **state)
{
	const struct jf_port *port = jf_ports_get(jf_port_lab.ports, 1);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(jf_ports_pool(jf_port_lab.ports));
	uint32_t changes = jf_port_lab_slot_of(1).link_changes;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_ping("10.10.0.1"), 0);
	jf_port_lab_shell("ip -n %s link set jfp2 down",
	                  jf_port_lab.peer_ns); /* the far end: the carrier goes */
	assert_true(wait_link(1, false));
	assert_int_equal(jf_port_lab_slot_of(2).link_up, 0);
	assert_int_equal(jf_port_lab_slot_of(0).link_up, 1);
	assert_int_equal(jf_port_tx(port, 0, &packet, 1), 0);
	rte_pktmbuf_free(packet);
	assert_int_equal(jf_port_lab_shell("ip link show jf10 | grep -q NO-CARRIER"), 0);
	assert_int_equal(jf_port_lab_shell("ip link show jf0 | grep -q NO-CARRIER") == 0, 0);
	jf_port_lab_shell("ip -n %s link set jfp2 up; sleep 0.2", jf_port_lab.peer_ns);
	assert_true(wait_link(1, true));
	assert_int_equal(jf_port_lab_slot_of(1).link_changes, changes + 2);
	assert_int_equal(jf_port_lab_ping("10.10.0.1"), 0);

	jf_port_lab_shell("ip link set jfm2 down"); /* and the near one */
	assert_true(wait_link(1, false));
	jf_port_lab_shell("ip link set jfm2 up");
	assert_true(wait_link(1, true));
	assert_int_equal(jf_port_lab_ping("10.10.0.1"), 0);
	assert_int_equal(jf_port_lab_ping("10.20.0.1"), 0);
}

static void an_interface_that_somebody_took_down_is_seen(void **state)
{
	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_shell("ip link set jf20 down"), 0);
	assert_int_equal(jf_port_lab_slot_of(2).exception_state, JF_EXCEPTION_DOWN);
	assert_int_equal(jf_port_lab_shell("ip link set jf20 up"), 0);
	assert_int_equal(jf_port_lab_slot_of(2).exception_state, JF_EXCEPTION_UP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_vlan_has_its_own_side),
	        cmocka_unit_test(ipv6_neighbours_and_routes),
	        cmocka_unit_test(neighbours_are_found_by_arp),
	        cmocka_unit_test(routes_decide_the_next_hop),
	        cmocka_unit_test(entries_set_by_hand_stay),
	        cmocka_unit_test(every_endpoint_is_told),
	        cmocka_unit_test(a_link_goes_and_comes_back),
	        cmocka_unit_test(an_interface_that_somebody_took_down_is_seen),
	};

	return cmocka_run_group_tests(tests, jf_port_lab_set_up, jf_port_lab_tear_down);
}
