// SPDX-License-Identifier: BSD-3-Clause
/* What ports move between devices and the kernel, and what they tell of it. */
#include "jf_port_lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_kernel_answers_ping_through_the_tap(void **state)
{
	char line[256], command[256];
	unsigned received = 0;
	double least = 0, average = 0;
	FILE *ping;

	(void)state;
	jf_port_lab_needs_root();
	snprintf(command, sizeof(command), "ip netns exec %s ping -c 50 -i 0.02 -q " ENGINE_IP,
	         jf_port_lab.peer_ns);
	ping = popen(command, "r");
	assert_non_null(ping);
	while (fgets(line, sizeof(line), ping)) {
		const char *at = strstr(line, "transmitted, ");

		if (at)
			sscanf(at, "transmitted, %u received", &received);
		sscanf(line, "rtt min/avg/max/mdev = %lf/%lf/", &least, &average);
	}
	pclose(ping);
	print_message(
	        "# ping through the exception path: %u of 50, %.3f ms least, %.3f ms average\n",
	        received, least, average);
	assert_int_equal(received, 50);
	assert_true(least < 2.0); /* the average is that of the machine's other work too */
}

/* Sends n bytes over TCP to an echo in the engine's namespace and compares. */
static int tcp_from_peer(size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7777)};
	char path[64];
	uint8_t *sent = malloc(n), *got = malloc(n);
	size_t out = 0, in = 0;
	int fd, ns;

	snprintf(path, sizeof(path), "/run/netns/%s", jf_port_lab.peer_ns);
	ns = open(path, O_RDONLY);
	if (ns < 0 || setns(ns, CLONE_NEWNET))
		return 2;
	inet_pton(AF_INET, ENGINE_IP, &to.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return 3;
	for (size_t i = 0; i < n; i++)
		sent[i] = (uint8_t)(i * 31 + i / 251);
	while (in < n) {
		size_t part = n - out > 8192 ? 8192 : n - out;
		ssize_t w = part ? send(fd, sent + out, part, 0) : 0;
		ssize_t r = 0;

		if (w < 0)
			return 4;
		out += (size_t)w;
		while (in < out && (r = recv(fd, got + in, out - in, 0)) > 0)
			in += (size_t)r;
		if (r < 0)
			return 5;
	}
	return memcmp(sent, got, n) ? 6 : 0;
}

static void *echo(void *arg)
{
	int fd = accept(*(int *)arg, NULL, NULL);
	uint8_t bytes[16384];
	ssize_t n;

	while ((n = recv(fd, bytes, sizeof(bytes), 0)) > 0)
		if (send(fd, bytes, (size_t)n, 0) != n)
			break;
	close(fd);
	return NULL;
}

static void tcp_with_large_segments_arrives_whole(void **state)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(7777)};
	int one = 1, status = -1;
	pthread_t thread;
	pid_t child;
	int fd;

	(void)state;
	jf_port_lab_needs_root();
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof(any)), 0);
	assert_int_equal(listen(fd, 1), 0);
	pthread_create(&thread, NULL, echo, &fd);
	child = fork();
	if (!child)
		_exit(tcp_from_peer(1 << 20));
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	pthread_join(thread, NULL);
	close(fd);
}

static void *udp_echo(void *arg)
{
	uint8_t bytes[2048];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	ssize_t n;

	while ((n = recvfrom(*(int *)arg, bytes, sizeof(bytes), 0, (struct sockaddr *)&from,
	                     &size)) > 0)
		sendto(*(int *)arg, bytes, (size_t)n, 0, (struct sockaddr *)&from, size);
	return NULL;
}

static void sockets_go_on_when_the_ports_come_back(void **state)
{
	struct sockaddr_in own = {.sin_family = AF_INET, .sin_port = htons(7778)};
	uint8_t mac[6];
	pthread_t thread;
	int fd;

	(void)state;
	jf_port_lab_needs_root();
	inet_pton(AF_INET, ENGINE_IP, &own.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	pthread_create(&thread, NULL, udp_echo, &fd);
	assert_int_equal(jf_port_lab_udp_from_peer(), 0);
	memcpy(mac, jf_ports_get(jf_port_lab.ports, 0)->mac, 6);
	jf_port_lab_stop();
	assert_int_not_equal(jf_port_lab_udp_from_peer(), 0);
	assert_int_equal(jf_port_lab_shell("ip link show jf0 >/dev/null 2>&1") == 0, 0);
	assert_int_equal(jf_port_lab_start(), 0);
	assert_memory_equal(jf_ports_get(jf_port_lab.ports, 0)->mac, mac,
	                    6); /* the peer's ARP entry holds */
	assert_int_equal(jf_port_lab_udp_from_peer(), 0);
	shutdown(fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(fd);
}

static void what_cant_be_opened_is_said_plainly(void **state)
{
	struct jf_node other = jf_port_lab.node;
	const struct jf_ports_config config = {.node = &other, .n_endpoints = 1};
	struct jf_ports_error error = {.text = ""};
	struct jf_ports *p = NULL;

	(void)state;
	jf_port_lab_needs_root();
	jf_port_lab_stop();
	snprintf(other.dataplane.ports[0].device, JF_NODE_TEXT_SIZE, "net_af_packet0,iface=nosuch");
	assert_int_not_equal(jf_ports_create(&config, &p, &error), 0);
	assert_non_null(strstr(error.text, "iface=nosuch"));
	assert_null(p);

	other = jf_port_lab.node;
	snprintf(other.dataplane.ports[0].exception, 16, "lo");
	assert_int_not_equal(jf_ports_create(&config, &p, &error), 0);
	assert_non_null(strstr(error.text, "exception interface lo"));
	assert_int_equal(jf_port_lab_start(), 0); /* nothing was left behind that is in the way */
}

static void the_statistics_say_what_was_moved(void **state)
{
	struct jf_port_slot slot;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_udp_from_peer() == 0,
	                 0); /* nobody listens any more: ICMP comes back */
	slot = jf_port_lab_slot_of(0);
	assert_true(slot.to_kernel >= 2);
	assert_true(slot.from_kernel >= 1);
	assert_int_equal(slot.exception_dropped, 0);
	assert_string_equal(slot.name, "side0");
	assert_string_equal(slot.driver, "net_af_packet");
	assert_string_equal(slot.exception, "jf0");
	assert_int_equal(slot.link_up, 1);
	assert_int_equal(slot.exception_state, JF_EXCEPTION_UP);
	assert_int_equal(slot.steering, JF_STEERING_ONE);
	assert_true(slot.device_rx_packets >= 2 && slot.device_rx_octets >= 120);
	assert_true(slot.mbufs > 0 && slot.mbufs_in_use < slot.mbufs);
	assert_int_equal(jf_port_lab_slot_of(1).device_index, jf_port_lab_slot_of(2).device_index);
	assert_int_equal(jf_port_lab_slot_of(2).vlan, 20);
}

/* A receive ring that nobody empties runs over, and the kernel tells how many it threw away. */
static void what_the_ring_had_no_room_for_is_counted(void **state)
{
	uint64_t before;

	(void)state;
	jf_port_lab_needs_root();
	assert_int_equal(jf_port_lab_ping(ENGINE_IP), 0); /* the peer knows where to send */
	before = jf_port_lab_slot_of(0).device_rx_missed;
	jf_port_lab.is_lazy = true;
	usleep(20000);
	assert_int_equal(jf_port_lab_shell("ip netns exec %s python3 -c 'import socket; "
	                                   "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
	                                   "[s.sendto(b\"x\",(\"" ENGINE_IP
	                                   "\",9)) for n in range(4000)]'",
	                                   jf_port_lab.peer_ns),
	                 0);
	usleep(20000);
	assert_true(jf_port_lab_slot_of(0).device_rx_missed > before + 500);
	assert_true(jf_port_lab.contract.workers[1].drops[JF_DROP_RX_MISSED] > before + 500);
	jf_port_lab.is_lazy = false;
	assert_int_equal(jf_port_lab_ping(ENGINE_IP), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_kernel_answers_ping_through_the_tap),
	        cmocka_unit_test(tcp_with_large_segments_arrives_whole),
	        cmocka_unit_test(sockets_go_on_when_the_ports_come_back),
	        cmocka_unit_test(what_cant_be_opened_is_said_plainly),
	        cmocka_unit_test(the_statistics_say_what_was_moved),
	        cmocka_unit_test(what_the_ring_had_no_room_for_is_counted),
	};

	return cmocka_run_group_tests(tests, jf_port_lab_set_up, jf_port_lab_tear_down);
}
