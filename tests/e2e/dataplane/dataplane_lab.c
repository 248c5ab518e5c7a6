// SPDX-License-Identifier: BSD-3-Clause
#include "jf_dataplane_lab.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "jf_rtp.h"

#define JF_LAB_WAIT_MS 60000 /* a sanitized build on a busy machine takes long to start */

struct jf_lab jf_lab;

/* ---- The machine ---------------------------------------------------------------------------- */

uint64_t jf_lab_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec;
}

void jf_lab_sleep_ms(uint32_t ms)
{
	struct timespec t = {ms / 1000, ms % 1000 * 1000000L};

	nanosleep(&t, NULL);
}

void jf_lab_sh(const char *format, ...)
{
	char command[1000];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command))
		print_error("failed: %s\n", command);
}

static void enter(const char *netns)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", netns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(setns(fd, CLONE_NEWNET), 0);
	close(fd);
}

static void attach(void)
{
	char path[100];
	uint64_t until = jf_lab_now_ns() + JF_LAB_WAIT_MS * JF_NS_PER_MS;

	snprintf(path, sizeof(path), "%s/run/contract", jf_lab.dir);
	while (jf_lab_now_ns() < until) {
		struct stat st;
		int fd = open(path, O_RDWR | O_CLOEXEC);
		void *memory;

		if (fd >= 0 && fstat(fd, &st) == 0) {
			memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
			              fd, 0);
			close(fd);
			assert_ptr_not_equal(memory, MAP_FAILED);
			assert_int_equal(
			        jf_contract_attach(memory, (uint64_t)st.st_size, &jf_lab.contract),
			        0);
			return;
		}
		jf_lab_sleep_ms(20);
	}
	fail_msg("no contract appeared");
}

void jf_lab_start(void)
{
	char config[100];

	snprintf(config, sizeof(config), "%s/node.yaml", jf_lab.dir);
	jf_lab.pid = fork();
	if (jf_lab.pid == 0) {
		enter(jf_lab.engine);
		execl(jf_lab.binary, jf_lab.binary, "--config", config, NULL);
		_exit(127);
	}
	attach();
}

int jf_lab_stop(int signal)
{
	int status = 0;

	kill(jf_lab.pid, signal);
	waitpid(jf_lab.pid, &status, 0);
	jf_lab.pid = 0;
	munmap(jf_lab.contract.header, jf_lab.contract.header->size);
	return status;
}

static int udp_socket(uint32_t ip, uint16_t port)
{
	struct sockaddr_in at = {
	        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (void *)&at, sizeof(at)), 0);
	return fd;
}

static uint32_t phone_ip(uint32_t phone)
{
	return 0x0a4d0002 + phone;
}

static void write_node_file(void)
{
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/node.yaml", jf_lab.dir);
	file = fopen(path, "w");
	assert_non_null(file);
	fprintf(file,
	        "name: test\nstate_dir: %s/state\nrun_dir: %s/run\nrecordings_dir: %s/recordings\n"
	        "dataplane:\n  hugepages: never\n  memory_mb: 64\n  idle: sleep\n  main_core: 0\n"
	        "  worker_cores: [0]\n  endpoints_per_address: 16\n  recordings_max: 4\n"
	        "  track_frames: 256\n  ports:\n    - device: \"net_af_packet0,iface=media\"\n"
	        "      exception: jf0\n      addresses: [10.77.0.1/16]\n",
	        jf_lab.dir, jf_lab.dir, jf_lab.dir);
	fclose(file);
}

bool jf_lab_arguments(int argc, char **argv)
{
	if (argc != 2 || geteuid() != 0) {
		fprintf(stderr, "usage, as root: %s JF-DATAPLANE\n", argv[0]);
		return false;
	}
	jf_lab.binary = argv[1];
	return true;
}

int jf_lab_begin(void **state)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	(void)state;
	snprintf(jf_lab.dir, sizeof(jf_lab.dir), "/tmp/jf-it-%d", getpid());
	snprintf(jf_lab.engine, sizeof(jf_lab.engine), "jf-it-e-%d", getpid());
	snprintf(jf_lab.phones, sizeof(jf_lab.phones), "jf-it-p-%d", getpid());
	mkdir(jf_lab.dir, 0700);
	jf_lab_sh("ip netns add %s; ip netns add %s", jf_lab.engine, jf_lab.phones);
	jf_lab_sh("ip -n %s link add media type veth peer name phones netns %s", jf_lab.engine,
	          jf_lab.phones);
	jf_lab_sh("ip netns exec %s sysctl -qw net.ipv6.conf.media.disable_ipv6=1", jf_lab.engine);
	jf_lab_sh("ip -n %s link set media arp off up", jf_lab.engine);
	jf_lab_sh("ip netns exec %s ethtool -K phones tx off tso off gso off >/dev/null",
	          jf_lab.phones);
	jf_lab_sh("ip -n %s link set phones up", jf_lab.phones);
	for (uint32_t i = 0; i < JF_LAB_PHONES; i++)
		jf_lab_sh("ip -n %s addr add 10.77.0.%u/16 dev phones", jf_lab.phones, 2 + i);
	write_node_file();
	enter(jf_lab.phones);
	for (uint32_t i = 0; i < JF_LAB_PHONES; i++) {
		jf_lab.phone[i].rtp = udp_socket(phone_ip(i), 40000);
		jf_lab.phone[i].rtcp = udp_socket(phone_ip(i), 40001);
	}
	setns(home, CLONE_NEWNET);
	close(home);
	jf_lab_start();
	return 0;
}

int jf_lab_end(void **state)
{
	(void)state;
	if (jf_lab.pid > 0) { /* a test failed */
		kill(jf_lab.pid, SIGKILL);
		waitpid(jf_lab.pid, NULL, 0);
	}
	for (uint32_t i = 0; i < JF_LAB_PHONES; i++) {
		close(jf_lab.phone[i].rtp);
		close(jf_lab.phone[i].rtcp);
	}
	jf_lab_sh("ip netns del %s; ip netns del %s; rm -rf %s", jf_lab.engine, jf_lab.phones,
	          jf_lab.dir);
	return 0;
}

/* ---- Control -------------------------------------------------------------------------------- */

int jf_lab_ask(uint32_t ring, struct jf_command command)
{
	uint64_t until = jf_lab_now_ns() + JF_LAB_WAIT_MS * JF_NS_PER_MS;
	struct jf_answer answer;

	command.request = ++jf_lab.requests;
	assert_int_equal(jf_contract_post(&jf_lab.contract, ring, &command), 0);
	while (jf_lab_now_ns() < until) {
		if (jf_contract_take_answer(&jf_lab.contract, ring, &answer) == 0) {
			assert_int_equal(answer.request, command.request);
			return answer.result;
		}
		jf_lab_sleep_ms(1);
	}
	fail_msg("command %s was not answered", jf_command_name(command.type));
	return -1;
}

int jf_lab_command(struct jf_command c)
{
	return jf_lab_ask(0, c);
}

void jf_lab_open(uint32_t phone, uint32_t generation, uint8_t codec)
{
	uint32_t ip_be = htonl(phone_ip(phone));
	struct jf_command remote = {.type = JF_COMMAND_REMOTE,
	                            .endpoint = {phone, generation},
	                            .remote = {.family = 4,
	                                       .direction = 3,
	                                       .codec = codec,
	                                       .clock_hz = 8000,
	                                       .rtp_port = 40000,
	                                       .rtcp_port = 40001,
	                                       .rx_audio_type = codec,
	                                       .tx_audio_type = codec,
	                                       .rx_event_type = 101,
	                                       .tx_event_type = 101,
	                                       .ptime_ms = 20}};

	memcpy(remote.remote.ip, &ip_be, 4);
	assert_int_equal(jf_lab_command((struct jf_command){.type = JF_COMMAND_OPEN,
	                                                    .endpoint = {phone, generation},
	                                                    .open = {.side = phone & 1}}),
	                 0);
	assert_int_equal(jf_lab_command(remote), 0);
}

void jf_lab_open_call(uint32_t generation)
{
	for (uint32_t i = 0; i < 2; i++)
		jf_lab_open(i, generation, JF_CODEC_PCMU);
}

void jf_lab_join_call(uint32_t generation)
{
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(jf_lab_command((struct jf_command){
		                         .type = JF_COMMAND_JOIN,
		                         .endpoint = {i, generation},
		                         .join = {.source = {1 - i, generation}}}),
		                 0);
}

bool jf_lab_wait_event(uint32_t ring, enum jf_event_type type, uint32_t ms, struct jf_event *ret)
{
	uint64_t until = jf_lab_now_ns() + ms * JF_NS_PER_MS;

	while (jf_lab_now_ns() < until) {
		while (jf_contract_take_event(&jf_lab.contract, ring, ret) == 0)
			if (ret->type == type)
				return true;
		jf_lab_sleep_ms(1);
	}
	return false;
}

/* ---- Phones --------------------------------------------------------------------------------- */

void jf_lab_send_packet(uint32_t phone, const uint8_t *packet, size_t length)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons((uint16_t)(16384 + 2 * phone)),
	                         .sin_addr.s_addr = htonl(0x0a4d0001)};

	assert_int_equal(
	        sendto(jf_lab.phone[phone].rtp, packet, length, 0, (void *)&to, sizeof(to)),
	        length);
}

void jf_lab_send(uint32_t phone, uint16_t sequence, uint8_t code)
{
	uint8_t packet[12 + 160];

	jf_rtp_write_header(packet, 0, false, sequence, sequence * 160u, 0x100 + phone);
	memset(packet + 12, code, 160);
	jf_lab_send_packet(phone, packet, sizeof(packet));
}

size_t jf_lab_receive(uint32_t phone, uint32_t ms, uint8_t packet[1500])
{
	struct pollfd fd = {.fd = jf_lab.phone[phone].rtp, .events = POLLIN};
	ssize_t n;

	if (poll(&fd, 1, (int)ms) <= 0)
		return 0;
	n = recv(jf_lab.phone[phone].rtp, packet, 1500, 0);
	return n > 0 ? (size_t)n : 0;
}

void jf_lab_drain(void)
{
	uint8_t packet[1500];

	for (uint32_t i = 0; i < JF_LAB_PHONES; i++)
		while (jf_lab_receive(i, 0, packet))
			;
}

uint16_t jf_lab_until_heard(uint32_t from)
{
	uint8_t packet[1500];

	for (uint16_t sequence = 1; sequence < 500; sequence++) {
		jf_lab_send(from, sequence, 0xff);
		if (jf_lab_receive(1 - from, 20, packet))
			return sequence;
	}
	fail_msg("nothing came through");
	return 0;
}
