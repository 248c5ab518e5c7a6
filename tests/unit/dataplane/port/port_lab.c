// SPDX-License-Identifier: BSD-3-Clause
#include "jf_port_lab.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>

#include "jf_time.h"

struct jf_port_lab jf_port_lab;

uint64_t jf_port_lab_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

int jf_port_lab_shell(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

/* ---- What dataplane's threads do, in two threads of the test -------------------------------- */

static pthread_t service_thread, worker_thread;

static void *service(void *arg)
{
	(void)arg;
	while (jf_port_lab.is_running)
		jf_ports_serve(jf_port_lab.ports, jf_port_lab_now(), JF_PORTS_TIMEOUT_US);
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
	jf_port_lab.of_no_vlan += jf_device_sort(device, packets, n, &sorted);
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
	while (jf_port_lab.is_running) {
		uint32_t found = 0;

		for (uint32_t i = 0;
		     !jf_port_lab.is_lazy && i < jf_ports_device_count(jf_port_lab.ports); i++)
			found += receive(jf_ports_device(jf_port_lab.ports, i));
		for (uint32_t i = 0; i < jf_ports_count(jf_port_lab.ports); i++)
			found += send_back(jf_ports_get(jf_port_lab.ports, i));
		if (!found)
			nanosleep(&nap, NULL);
	}
	return NULL;
}

int jf_port_lab_start(void)
{
	const struct jf_ports_config config = {.node = &jf_port_lab.node, .n_endpoints = 100};
	struct jf_ports_error error = {.text = ""};
	int err = jf_ports_create(&config, &jf_port_lab.ports, &error);

	if (err) {
		fprintf(stderr, "%s\n", error.text);
		return err;
	}
	jf_port_lab.is_running = true;
	pthread_create(&service_thread, NULL, service, NULL);
	pthread_create(&worker_thread, NULL, work, NULL);
	return 0;
}

void jf_port_lab_stop(void)
{
	jf_port_lab.is_running = false;
	pthread_join(worker_thread, NULL);
	pthread_join(service_thread, NULL);
	jf_ports_destroy(jf_port_lab.ports);
	jf_port_lab.ports = NULL;
}

static void set_port(uint32_t index, const char *device, uint16_t vlan, const char *exception)
{
	struct jf_node_port *port = &jf_port_lab.node.dataplane.ports[index];

	jf_port_lab.node.dataplane.n_ports = index + 1;
	snprintf(port->device, sizeof(port->device), "%s", device);
	snprintf(port->name, sizeof(port->name), "side%u", index);
	snprintf(port->exception, sizeof(port->exception), "%s", exception);
	port->vlan = vlan;
}

static void set_address(uint32_t port, const char *text, uint8_t prefix_length)
{
	struct jf_node_port *p = &jf_port_lab.node.dataplane.ports[port];
	const char *end;

	assert_int_equal(jf_ip_parse(text, &p->addresses[p->n_addresses].ip, &end), 0);
	p->addresses[p->n_addresses++].prefix_length = prefix_length;
}

static int make_contract(void)
{
	const struct jf_contract_shape shape = {
	        .n_workers = 1,
	        .n_addresses = 1,
	        .endpoints_per_address = 2,
	        .n_recordings = 1,
	        .track_frames = 64,
	        .port_first = 16384,
	        .n_ports = (uint16_t)jf_port_lab.node.dataplane.n_ports};
	uint64_t size;
	void *memory;

	if (jf_contract_size(&shape, &size))
		return -1;
	memory = aligned_alloc(64, size);
	memset(memory, 0, size);
	return jf_contract_create(memory, &shape, 1, 1, &jf_port_lab.contract);
}

struct jf_port_slot jf_port_lab_slot_of(uint32_t port)
{
	struct jf_port_slot slot;

	jf_ports_publish(jf_port_lab.ports, &jf_port_lab.contract);
	jf_contract_read_port(&jf_port_lab.contract.ports[port], &slot);
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
		execlp("ip", "ip", "netns", "exec", jf_port_lab.peer_ns, "python3",
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
	return jf_port_lab_shell(
	               "ip link add jfm2 type veth peer name jfp2 netns %s && "
	               "ip link set jfm2 arp off up && ethtool -K jfm2 tx off >/dev/null && "
	               "ip -n %s link set jfp2 up && "
	               "ip netns exec %s ethtool -K jfp2 tx off tso off gso off >/dev/null",
	               jf_port_lab.peer_ns, jf_port_lab.peer_ns, jf_port_lab.peer_ns) ||
	       start_vlans();
}

int jf_port_lab_set_up(void **state)
{
	char *args[] = {"test",           "--no-huge",     "-m", "128", "--no-pci", "--no-shconf",
	                "--no-telemetry", "--log-level=4", "-l", "0"};

	(void)state;
	if (geteuid())
		return 0;
	snprintf(jf_port_lab.peer_ns, sizeof(jf_port_lab.peer_ns), "jfport-%d", (int)getpid());
	/* A mount namespace too: whatever becomes of this process, nothing is left behind. */
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    jf_port_lab_shell("mkdir -p /run/netns") ||
	    mount("jf-test", "/run/netns", "tmpfs", 0, NULL) ||
	    jf_port_lab_shell("ip netns add %s", jf_port_lab.peer_ns) ||
	    jf_port_lab_shell(
	            "ip link set lo up && ip link add jfm type veth peer name jfp netns %s",
	            jf_port_lab.peer_ns) ||
	    jf_port_lab_shell("ip link set jfm arp off && ip link set jfm up && "
	                      "ethtool -K jfm tx off >/dev/null") ||
	    jf_port_lab_shell("ip netns exec %s sh -c 'ip link set lo up && ip addr add " PEER_IP
	                      "/16 dev jfp && ip addr add " PEER_V6
	                      "/64 dev jfp nodad && ip link set jfp up "
	                      "&& ethtool -K jfp tx off tso off gso off "
	                      ">/dev/null'",
	                      jf_port_lab.peer_ns) ||
	    make_second_wire())
		return -1;
	snprintf(jf_port_lab.node.name, sizeof(jf_port_lab.node.name), "test");
	jf_port_lab.node.dataplane.n_workers = 1;
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
	return jf_port_lab_start();
}

int jf_port_lab_tear_down(void **state)
{
	(void)state;
	if (geteuid())
		return 0;
	if (jf_port_lab.ports)
		jf_port_lab_stop();
	if (vlans > 0) {
		kill(vlans, SIGTERM);
		waitpid(vlans, NULL, 0);
	}
	return jf_port_lab_shell("ip netns del %s", jf_port_lab.peer_ns);
}

void jf_port_lab_needs_root(void)
{
	if (geteuid())
		skip();
}

int jf_port_lab_udp_from_peer(void)
{
	char command[300];

	snprintf(command, sizeof(command),
	         "ip netns exec %s python3 -c 'import socket; "
	         "s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(0.5); "
	         "[s.sendto(b\"x\"*n,(\"" ENGINE_IP "\",7778)) for n in (1,1400)]; "
	         "a=len(s.recv(2000)); b=len(s.recv(2000)); assert (a,b)==(1,1400)' 2>/dev/null",
	         jf_port_lab.peer_ns);
	return system(command);
}

bool jf_port_lab_take_answer(struct jf_neigh_answer *ret_answer, unsigned wait_ms)
{
	uint64_t end = jf_port_lab_now() + wait_ms * JF_NS_PER_MS;

	do {
		if (jf_neigh_take(jf_ports_neigh(jf_port_lab.ports), 0, ret_answer, 1))
			return true;
		usleep(1000);
	} while (jf_port_lab_now() < end);
	return false;
}

void jf_port_lab_ask(uint32_t endpoint, uint32_t generation, const char *remote)
{
	struct jf_neigh_request request = {.endpoint = endpoint, .generation = generation};
	const char *end;

	if (remote)
		assert_int_equal(jf_ip_parse(remote, &request.remote, &end), 0);
	assert_int_equal(jf_neigh_ask(jf_ports_neigh(jf_port_lab.ports), 0, &request), 0);
}

int jf_port_lab_ping(const char *to)
{
	return jf_port_lab_shell("ip netns exec %s ping -c 5 -i 0.05 -W 2 -q %s >/dev/null",
	                         jf_port_lab.peer_ns, to);
}
