// SPDX-License-Identifier: BSD-3-Clause
/*
 * Ports against the real kernel: a network namespace for the engine (this process), one for a peer,
 * two veth pairs between them driven by af_packet, the second one with two VLANs. Needs root;
 * skipped otherwise.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "jf_port.h"
#include "jf_time.h"

#define ENGINE_IP "10.77.0.1"
#define PEER_IP   "10.77.0.2"
#define ENGINE_V6 "2001:db8:77::1"
#define PEER_V6   "2001:db8:77::2"

static char peer_ns[32];
static struct jf_node node;
static struct jf_ports *ports;
static struct jf_contract contract;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

/* ---- What dataplane's threads do, in two threads of the test -------------------------------- */

static _Atomic bool is_running, is_lazy;
static _Atomic uint32_t of_no_vlan;
static pthread_t service_thread, worker_thread;

static void *service(void *arg)
{
	(void)arg;
	while (is_running)
		jf_ports_serve(ports, now(), JF_PORTS_TIMEOUT_US);
	return NULL;
}

static void up(const struct jf_port *port, struct rte_mbuf **packets, uint16_t n)
{
	uint16_t taken = jf_port_to_kernel(port, packets, n);

	rte_pktmbuf_free_bulk(packets + taken, (unsigned)(n - taken));
}

static uint16_t receive(const struct jf_device *device)
{
	struct rte_mbuf *packets[JF_PORT_BURST];
	struct jf_port_sorted sorted;
	uint16_t n = jf_device_rx(device, 0, packets, JF_PORT_BURST);

	if (!device->has_vlans) {
		up(device->ports[0], packets, n);
		return n;
	}
	of_no_vlan += jf_device_sort(device, packets, n, &sorted);
	for (uint32_t i = 0; i < device->n_ports; i++)
		up(device->ports[i], sorted.mbufs[i], sorted.n[i]);
	return n;
}

static uint16_t send_back(const struct jf_port *port)
{
	struct rte_mbuf *packets[JF_PORT_BURST];
	uint16_t n = jf_port_from_kernel(port, packets, JF_PORT_BURST);
	uint16_t taken = jf_port_tx(port, 0, packets, n);

	rte_pktmbuf_free_bulk(packets + taken, (unsigned)(n - taken));
	return n;
}

static void *work(void *arg)
{
	const struct timespec nap = {.tv_nsec = 50000};

	(void)arg;
	while (is_running) {
		uint32_t found = 0;

		for (uint32_t i = 0; !is_lazy && i < jf_ports_device_count(ports); i++)
			found += receive(jf_ports_device(ports, i));
		for (uint32_t i = 0; i < jf_ports_count(ports); i++)
			found += send_back(jf_ports_get(ports, i));
		if (!found)
			nanosleep(&nap, NULL);
	}
	return NULL;
}

static int start(void)
{
	const struct jf_ports_config config = {.node = &node, .n_endpoints = 100};
	struct jf_ports_error error = {.text = ""};
	int err = jf_ports_create(&config, &ports, &error);

	if (err) {
		fprintf(stderr, "%s\n", error.text);
		return err;
	}
	is_running = true;
	pthread_create(&service_thread, NULL, service, NULL);
	pthread_create(&worker_thread, NULL, work, NULL);
	return 0;
}

static void stop(void)
{
	is_running = false;
	pthread_join(worker_thread, NULL);
	pthread_join(service_thread, NULL);
	jf_ports_destroy(ports);
	ports = NULL;
}

static void set_port(uint32_t index, const char *device, uint16_t vlan, const char *exception)
{
	struct jf_node_port *port = &node.dataplane.ports[index];

	node.dataplane.n_ports = index + 1;
	snprintf(port->device, sizeof(port->device), "%s", device);
	snprintf(port->name, sizeof(port->name), "side%u", index);
	snprintf(port->exception, sizeof(port->exception), "%s", exception);
	port->vlan = vlan;
}

static void set_address(uint32_t port, const char *text, uint8_t prefix_length)
{
	struct jf_node_port *p = &node.dataplane.ports[port];
	const char *end;

	assert_int_equal(jf_ip_parse(text, &p->addresses[p->n_addresses].ip, &end), 0);
	p->addresses[p->n_addresses++].prefix_length = prefix_length;
}

static int make_contract(void)
{
	const struct jf_contract_shape shape = {.n_workers = 1,
	                                        .n_addresses = 1,
	                                        .endpoints_per_address = 2,
	                                        .n_recordings = 1,
	                                        .track_frames = 64,
	                                        .port_first = 16384,
	                                        .n_ports = (uint16_t)node.dataplane.n_ports};
	uint64_t size;
	void *memory;

	if (jf_contract_size(&shape, &size))
		return -1;
	memory = aligned_alloc(64, size);
	memset(memory, 0, size);
	return jf_contract_create(memory, &shape, 1, 1, &contract);
}

static struct jf_port_slot slot_of(uint32_t port)
{
	struct jf_port_slot slot;

	jf_ports_publish(ports, &contract);
	jf_contract_read_port(&contract.ports[port], &slot);
	return slot;
}

static pid_t vlans;

/* This kernel may have no VLANs of its own: a program stands for them on the peer's side. */
static int start_vlans(void)
{
	int out[2];
	char said[8] = "";

	if (pipe(out))
		return -1;
	vlans = fork();
	if (vlans == 0) {
		dup2(out[1], STDOUT_FILENO);
		execlp("ip", "ip", "netns", "exec", peer_ns, "python3",
		       JF_SOURCE_ROOT "/tests/e2e/lab/vlan.py", "jfp2", "10:v10:10.10.0.2/24",
		       "20:v20:10.20.0.2/24", "30:v30:10.30.0.2/24", NULL);
		_exit(127);
	}
	close(out[1]);
	if (read(out[0], said, sizeof(said) - 1) <= 0 || strncmp(said, "ready", 5) != 0)
		return -1;
	return close(out[0]);
}

static int make_second_wire(void)
{
	return shell("ip link add jfm2 type veth peer name jfp2 netns %s && "
	             "ip link set jfm2 arp off up && ethtool -K jfm2 tx off >/dev/null && "
	             "ip -n %s link set jfp2 up && "
	             "ip netns exec %s ethtool -K jfp2 tx off tso off gso off >/dev/null",
	             peer_ns, peer_ns, peer_ns) ||
	       start_vlans();
}

static int set_up(void **state)
{
	char *args[] = {"test",           "--no-huge",     "-m", "128", "--no-pci", "--no-shconf",
	                "--no-telemetry", "--log-level=4", "-l", "0"};

	(void)state;
	if (geteuid())
		return 0;
	snprintf(peer_ns, sizeof(peer_ns), "jfport-%d", (int)getpid());
	/* A mount namespace too: whatever becomes of this process, nothing is left behind. */
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) || shell("mkdir -p /run/netns") ||
	    mount("jf-test", "/run/netns", "tmpfs", 0, NULL) || shell("ip netns add %s", peer_ns) ||
	    shell("ip link set lo up && ip link add jfm type veth peer name jfp netns %s",
	          peer_ns) ||
	    shell("ip link set jfm arp off && ip link set jfm up && "
	          "ethtool -K jfm tx off >/dev/null") ||
	    shell("ip netns exec %s sh -c 'ip link set lo up && ip addr add " PEER_IP
	          "/16 dev jfp && ip addr add " PEER_V6 "/64 dev jfp nodad && ip link set jfp up "
	          "&& ethtool -K jfp tx off tso off gso off "
	          ">/dev/null'",
	          peer_ns) ||
	    make_second_wire())
		return -1;
	snprintf(node.name, sizeof(node.name), "test");
	node.dataplane.n_workers = 1;
	set_port(0, "net_af_packet0,iface=jfm", 0, "jf0");
	set_address(0, ENGINE_IP, 16);
	set_address(0, ENGINE_V6, 64);
	set_port(1, "net_af_packet1,iface=jfm2", 10, "jf10");
	set_address(1, "10.10.0.1", 24);
	set_port(2, "net_af_packet1,iface=jfm2", 20, "jf20");
	set_address(2, "10.20.0.1", 24);
	if (make_contract())
		return -1;
	if (rte_eal_init(10, args) < 0)
		return -1;
	return start();
}

static int tear_down(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	if (ports)
		stop();
	if (vlans > 0) {
		kill(vlans, SIGTERM);
		waitpid(vlans, NULL, 0);
	}
	return shell("ip netns del %s", peer_ns);
}

static void needs_root(void)
{
	if (geteuid())
		skip();
}

/* ---- Tests ------------------------------------------------------------------------------------
 */

static void the_kernel_answers_ping_through_the_tap(void **state)
{
	char line[256], command[256];
	unsigned received = 0;
	double least = 0, average = 0;
	FILE *ping;

	(void)state;
	needs_root();
	snprintf(command, sizeof(command), "ip netns exec %s ping -c 50 -i 0.02 -q " ENGINE_IP,
	         peer_ns);
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

	snprintf(path, sizeof(path), "/run/netns/%s", peer_ns);
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
	needs_root();
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

/* One datagram to the engine's socket and its echo. 0: it came back. */
static int udp_from_peer(void)
{
	char command[300];

	snprintf(command, sizeof(command),
	         "ip netns exec %s python3 -c 'import socket; "
	         "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(0.5); "
	         "[s.sendto(b\"x\"*n,(\"" ENGINE_IP "\",7778)) for n in (1,1400)]; "
	         "a=len(s.recv(2000)); b=len(s.recv(2000)); assert (a,b)==(1,1400)' 2>/dev/null",
	         peer_ns);
	return system(command);
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
	needs_root();
	inet_pton(AF_INET, ENGINE_IP, &own.sin_addr);
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof(own)), 0);
	pthread_create(&thread, NULL, udp_echo, &fd);
	assert_int_equal(udp_from_peer(), 0);
	memcpy(mac, jf_ports_get(ports, 0)->mac, 6);
	stop();
	assert_int_not_equal(udp_from_peer(), 0);
	assert_int_equal(shell("ip link show jf0 >/dev/null 2>&1") == 0, 0);
	assert_int_equal(start(), 0);
	assert_memory_equal(jf_ports_get(ports, 0)->mac, mac, 6); /* the peer's ARP entry holds */
	assert_int_equal(udp_from_peer(), 0);
	shutdown(fd, SHUT_RDWR);
	pthread_join(thread, NULL);
	close(fd);
}

static bool take_answer(struct jf_neigh_answer *ret_answer, unsigned wait_ms)
{
	uint64_t end = now() + wait_ms * JF_NS_PER_MS;

	do {
		if (jf_neigh_take(jf_ports_neigh(ports), 0, ret_answer, 1))
			return true;
		usleep(1000);
	} while (now() < end);
	return false;
}

static void ask(uint32_t endpoint, uint32_t generation, const char *remote)
{
	struct jf_neigh_request request = {.endpoint = endpoint, .generation = generation};
	const char *end;

	if (remote)
		assert_int_equal(jf_ip_parse(remote, &request.remote, &end), 0);
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(ports), 0, &request), 0);
}

static void neighbours_are_found_by_arp(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	needs_root();
	assert_int_equal(shell("ip -n %s link set jfp address 02:00:00:00:00:99", peer_ns), 0);
	shell("ip neigh flush dev jf0");
	ask(3, 7, PEER_IP);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.endpoint, 3);
	assert_int_equal(answer.generation, 7);
	assert_int_equal(answer.result, 0);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	assert_memory_equal(answer.source, jf_ports_get(ports, 0)->mac, 6);

	/* The peer gets another card and says so with its next ARP. */
	assert_int_equal(shell("ip -n %s link set jfp address 02:00:00:00:00:aa", peer_ns), 0);
	shell("ip -n %s neigh flush dev jfp; ip netns exec %s ping -c 1 -W 1 " ENGINE_IP
	      " >/dev/null",
	      peer_ns, peer_ns);
	assert_true(take_answer(&answer, 3000));
	assert_int_equal(answer.endpoint, 3);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\xaa", 6);

	/* Nobody is told about an endpoint that was forgotten. */
	ask(3, 8, NULL);
	assert_int_equal(shell("ip -n %s link set jfp address 02:00:00:00:00:99", peer_ns), 0);
	shell("ip -n %s neigh flush dev jfp; ip netns exec %s ping -c 1 -W 1 " ENGINE_IP
	      " >/dev/null",
	      peer_ns, peer_ns);
	assert_false(take_answer(&answer, 300));
}

static void routes_decide_the_next_hop(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	needs_root();
	ask(5, 1, ENGINE_IP);
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	ask(5, 2, "10.77.255.255");
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	ask(5, 3, "192.0.2.9");
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -ENETUNREACH);

	/* A route turns up: the worker is told without asking again. */
	assert_int_equal(shell("ip route add 192.0.2.0/24 via " PEER_IP " dev jf0"), 0);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.endpoint, 5);
	assert_int_equal(answer.generation, 3);
	assert_int_equal(answer.result, 0);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);

	assert_int_equal(shell("ip route del 192.0.2.0/24"), 0);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.result, -ENETUNREACH);
	ask(5, 4, NULL);
}

static void entries_set_by_hand_stay(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	needs_root();
	assert_int_equal(shell("ip neigh replace 10.77.3.3 lladdr 02:00:00:00:03:03 dev jf0 "
	                       "nud permanent"),
	                 0);
	ask(6, 1, "10.77.3.3");
	assert_true(take_answer(&answer, 500));
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x03\x03", 6);
	usleep(200000);
	assert_int_equal(shell("ip neigh show 10.77.3.3 dev jf0 | grep -q PERMANENT"), 0);
	ask(6, 2, NULL);
}

static void every_endpoint_is_told(void **state)
{
	struct jf_neigh_answer answer;
	unsigned told = 0;

	(void)state;
	needs_root();
	for (uint32_t i = 10; i < 100; i++)
		ask(i, i, PEER_IP);
	while (told < 90 && take_answer(&answer, 1000)) {
		assert_int_equal(answer.result, 0);
		assert_int_equal(answer.generation, answer.endpoint);
		told++;
	}
	assert_int_equal(told, 90);
}

static void what_cant_be_opened_is_said_plainly(void **state)
{
	struct jf_node other = node;
	const struct jf_ports_config config = {.node = &other, .n_endpoints = 1};
	struct jf_ports_error error = {.text = ""};
	struct jf_ports *p = NULL;

	(void)state;
	needs_root();
	stop();
	snprintf(other.dataplane.ports[0].device, JF_NODE_TEXT_SIZE, "net_af_packet0,iface=nosuch");
	assert_int_not_equal(jf_ports_create(&config, &p, &error), 0);
	assert_non_null(strstr(error.text, "iface=nosuch"));
	assert_null(p);

	other = node;
	snprintf(other.dataplane.ports[0].exception, 16, "lo");
	assert_int_not_equal(jf_ports_create(&config, &p, &error), 0);
	assert_non_null(strstr(error.text, "exception interface lo"));
	assert_int_equal(start(), 0); /* nothing was left behind that is in the way */
}

static void the_statistics_say_what_was_moved(void **state)
{
	struct jf_port_slot slot;

	(void)state;
	needs_root();
	assert_int_equal(udp_from_peer() == 0, 0); /* nobody listens any more: ICMP comes back */
	slot = slot_of(0);
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
	assert_int_equal(slot_of(1).device_index, slot_of(2).device_index);
	assert_int_equal(slot_of(2).vlan, 20);
}

static int ping(const char *to)
{
	return shell("ip netns exec %s ping -c 5 -i 0.05 -W 2 -q %s >/dev/null", peer_ns, to);
}

static void each_vlan_has_its_own_side(void **state)
{
	struct jf_neigh_request request = {.endpoint = 7, .generation = 1, .port = 1};
	struct jf_neigh_answer answer;
	uint32_t before = of_no_vlan;
	const char *end;

	(void)state;
	needs_root();
	assert_int_equal(ping("10.10.0.1"), 0);
	assert_int_equal(ping("10.20.0.1"), 0);
	/* VLAN 30 is nobody's, and so are frames without a tag. */
	shell("ip netns exec %s ping -c 1 -W 1 10.30.0.1 >/dev/null", peer_ns);
	assert_true(of_no_vlan > before);
	before = of_no_vlan;
	shell("ip -n %s addr add 10.10.0.3/24 dev jfp2; ip netns exec %s arping -c 2 -w 1 -I jfp2 "
	      "10.10.0.1 >/dev/null 2>&1; ip netns exec %s ping -c 1 -W 1 -I jfp2 10.10.0.1 "
	      ">/dev/null; ip -n %s addr del 10.10.0.3/24 dev jfp2",
	      peer_ns, peer_ns, peer_ns, peer_ns);
	assert_true(of_no_vlan > before);

	/* Neighbours are found on the side of the port, too. */
	assert_int_equal(jf_ip_parse("10.10.0.2", &request.remote, &end), 0);
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(ports), 0, &request), 0);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.port, 1);
	assert_memory_equal(answer.source, jf_ports_get(ports, 1)->mac, 6);
	assert_int_equal(slot_of(1).neighbours_known, 1);
	request.remote = (struct jf_ip){0};
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(ports), 0, &request), 0);
	usleep(50000);
	assert_int_equal(slot_of(1).neighbours_known, 0);
}

static void ipv6_neighbours_and_routes(void **state)
{
	struct jf_neigh_answer answer;

	(void)state;
	needs_root();
	assert_int_equal(ping(ENGINE_V6), 0);
	assert_int_equal(shell("ip -n %s link set jfp address 02:00:00:00:00:99", peer_ns), 0);
	shell("ip -6 neigh flush dev jf0");
	ask(8, 1, PEER_V6);
	assert_true(take_answer(&answer, 3000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.remote.family, 6);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	ask(8, 2, ENGINE_V6);
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	ask(8, 3, "ff02::1");
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -EINVAL);
	ask(8, 4, "2001:db8:99::9");
	assert_true(take_answer(&answer, 500));
	assert_int_equal(answer.result, -ENETUNREACH);
	assert_int_equal(shell("ip -6 route add 2001:db8:99::/48 via " PEER_V6 " dev jf0"), 0);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.result, 0);
	assert_int_equal(answer.generation, 4);
	assert_memory_equal(answer.destination, "\x02\x00\x00\x00\x00\x99", 6);
	assert_int_equal(shell("ip -6 route del 2001:db8:99::/48"), 0);
	assert_true(take_answer(&answer, 2000));
	assert_int_equal(answer.result, -ENETUNREACH);
	ask(8, 5, NULL);
}

static bool wait_link(uint32_t port, bool is_up)
{
	for (int i = 0; i < 200; i++) {
		if (slot_of(port).link_up == is_up)
			return true;
		usleep(10000);
	}
	return false;
}

static void a_link_goes_and_comes_back(void **state)
{
	const struct jf_port *port = jf_ports_get(ports, 1);
	struct rte_mbuf *packet = rte_pktmbuf_alloc(jf_ports_pool(ports));
	uint32_t changes = slot_of(1).link_changes;

	(void)state;
	needs_root();
	assert_int_equal(ping("10.10.0.1"), 0);
	shell("ip -n %s link set jfp2 down", peer_ns); /* the far end: the carrier goes */
	assert_true(wait_link(1, false));
	assert_int_equal(slot_of(2).link_up, 0);
	assert_int_equal(slot_of(0).link_up, 1);
	assert_int_equal(jf_port_tx(port, 0, &packet, 1), 0);
	rte_pktmbuf_free(packet);
	assert_int_equal(shell("ip link show jf10 | grep -q NO-CARRIER"), 0);
	assert_int_equal(shell("ip link show jf0 | grep -q NO-CARRIER") == 0, 0);
	shell("ip -n %s link set jfp2 up; sleep 0.2", peer_ns);
	assert_true(wait_link(1, true));
	assert_int_equal(slot_of(1).link_changes, changes + 2);
	assert_int_equal(ping("10.10.0.1"), 0);

	shell("ip link set jfm2 down"); /* and the near one */
	assert_true(wait_link(1, false));
	shell("ip link set jfm2 up");
	assert_true(wait_link(1, true));
	assert_int_equal(ping("10.10.0.1"), 0);
	assert_int_equal(ping("10.20.0.1"), 0);
}

static void an_interface_that_somebody_took_down_is_seen(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(shell("ip link set jf20 down"), 0);
	assert_int_equal(slot_of(2).exception_state, JF_EXCEPTION_DOWN);
	assert_int_equal(shell("ip link set jf20 up"), 0);
	assert_int_equal(slot_of(2).exception_state, JF_EXCEPTION_UP);
}

/* A receive ring that nobody empties runs over, and the kernel tells how many it threw away. */
static void what_the_ring_had_no_room_for_is_counted(void **state)
{
	uint64_t before;

	(void)state;
	needs_root();
	assert_int_equal(ping(ENGINE_IP), 0); /* the peer knows where to send */
	before = slot_of(0).device_rx_missed;
	is_lazy = true;
	usleep(20000);
	assert_int_equal(shell("ip netns exec %s python3 -c 'import socket; "
	                       "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); "
	                       "[s.sendto(b\"x\",(\"" ENGINE_IP "\",9)) for n in range(4000)]'",
	                       peer_ns),
	                 0);
	usleep(20000);
	assert_true(slot_of(0).device_rx_missed > before + 500);
	assert_true(contract.workers[1].drops[JF_DROP_RX_MISSED] > before + 500);
	is_lazy = false;
	assert_int_equal(ping(ENGINE_IP), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_kernel_answers_ping_through_the_tap),
	        cmocka_unit_test(tcp_with_large_segments_arrives_whole),
	        cmocka_unit_test(neighbours_are_found_by_arp),
	        cmocka_unit_test(routes_decide_the_next_hop),
	        cmocka_unit_test(entries_set_by_hand_stay),
	        cmocka_unit_test(every_endpoint_is_told),
	        cmocka_unit_test(sockets_go_on_when_the_ports_come_back),
	        cmocka_unit_test(what_cant_be_opened_is_said_plainly),
	        cmocka_unit_test(the_statistics_say_what_was_moved),
	        cmocka_unit_test(each_vlan_has_its_own_side),
	        cmocka_unit_test(ipv6_neighbours_and_routes),
	        cmocka_unit_test(a_link_goes_and_comes_back),
	        cmocka_unit_test(an_interface_that_somebody_took_down_is_seen),
	        cmocka_unit_test(what_the_ring_had_no_room_for_is_counted),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
