// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-bench-ctl: drives a dataplane through the contract as control would, without SIP, and reads
 * its counters. Prints one JSON object on one line. One instance at a time, and no control beside
 * it: the rings have one producer.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jf_bench_plan.h"
#include "jf_contract.h"
#include "jf_time.h"

#define PATIENCE_NS (30 * JF_NS_PER_S)

static const char help[] =
        "usage: jf-bench-ctl --contract FILE open N [--measured] [--taped]   joined in pairs\n"
        "       jf-bench-ctl --contract FILE close N\n"
        "       jf-bench-ctl --contract FILE counters                        of all workers\n"
        "\n"
        "  --measured       with receive statistics and energy on every stream\n"
        "  --taped          every call is recorded, both sides\n"
        "  --only K         the services above on the first K endpoints only\n"
        "  --generation G   of the endpoints; above 0, a new one to open again (default 1)\n";

struct driver {
	struct jf_contract contract;
	uint32_t generation;
	uint32_t n;
	bool measured, taped;
	uint32_t only; /* endpoints that have services */
	uint32_t posted;
	uint32_t answered;
	uint32_t refused;
	struct jf_answer first_refusal;
	uint64_t deadline_ns;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static int attach(const char *path, struct jf_contract *ret_contract)
{
	struct stat st;
	void *memory;
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0) {
		close(fd);
		return -errno;
	}
	memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (memory == MAP_FAILED)
		return -errno;
	return jf_contract_attach(memory, (uint64_t)st.st_size, ret_contract);
}

static void take_answers(struct driver *d)
{
	struct jf_answer answer;

	for (uint32_t ring = 0; ring < d->contract.header->shape.n_workers; ring++) {
		while (jf_contract_take_answer(&d->contract, ring, &answer) == 0) {
			d->answered++;
			if (answer.result != 0 && d->refused++ == 0)
				d->first_refusal = answer;
		}
	}
}

/* Waits for room where the ring is full. 0 or -ETIMEDOUT. */
static int post(struct driver *d, struct jf_command *command)
{
	uint32_t ring = jf_contract_worker_of(&d->contract, command->endpoint.index);

	command->request = d->posted + 1;
	while (jf_contract_post(&d->contract, ring, command) != 0) {
		take_answers(d);
		if (now_ns() > d->deadline_ns)
			return -ETIMEDOUT;
		usleep(100);
	}
	d->posted++;
	return 0;
}

static int await_answers(struct driver *d)
{
	while (d->answered < d->posted) {
		take_answers(d);
		if (now_ns() > d->deadline_ns)
			return -ETIMEDOUT;
		usleep(100);
	}
	return d->refused ? d->first_refusal.result : 0;
}

static struct jf_command command_for(const struct driver *d, enum jf_command_type type, uint32_t e)
{
	return (struct jf_command){.type = type,
	                           .endpoint = {.index = e, .generation = d->generation}};
}

static int post_open(struct driver *d, uint32_t e)
{
	struct jf_command command = command_for(d, JF_COMMAND_OPEN, e);
	uint32_t call = e / 2;

	memcpy(command.open.call.b, &call, sizeof(call));
	command.open.side = e & 1 ? JF_SIDE_AGENT : JF_SIDE_CALLER;
	if (!d->measured || e >= d->only)
		command.open.without = JF_SERVICE_STATISTICS | JF_SERVICE_ENERGY;
	return post(d, &command);
}

static int post_remote(struct driver *d, uint32_t e)
{
	struct jf_command command = command_for(d, JF_COMMAND_REMOTE, e);
	struct jf_bench_socket remote = jf_bench_plan_remote(e);

	command.remote = (struct jf_command_remote){
	        .ip = {(uint8_t)(remote.ip >> 24), (uint8_t)(remote.ip >> 16),
	               (uint8_t)(remote.ip >> 8), (uint8_t)remote.ip},
	        .family = 4,
	        .direction = JF_DIRECTION_SEND | JF_DIRECTION_RECV,
	        .codec = JF_CODEC_PCMU,
	        .clock_hz = 8000,
	        .rtp_port = remote.port,
	        .rtcp_port = (uint16_t)(remote.port + 1),
	        .rx_audio_type = JF_LAW_PCMU,
	        .rx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .tx_audio_type = JF_LAW_PCMU,
	        .tx_event_type = JF_PAYLOAD_TYPE_NONE,
	        .ptime_ms = 20,
	};
	return post(d, &command);
}

/* One recording for each call: of its two legs the first makes it. */
static int post_tap(struct driver *d, uint32_t e)
{
	struct jf_command command = command_for(d, JF_COMMAND_RECORD, e);
	struct jf_recording_ref recording = {.index = e / 2, .generation = d->generation};
	int rc = 0;

	if (!(e & 1)) {
		command.record.recording = recording;
		command.record.law = JF_LAW_PCMU;
		snprintf(command.record.path, sizeof(command.record.path), "%u/%u.wav",
		         e / 2 / 1000, e / 2);
		rc = post(d, &command);
	}
	command = command_for(d, JF_COMMAND_TAP, e);
	command.tap.recording = recording;
	command.tap.side = e & 1 ? JF_SIDE_AGENT : JF_SIDE_CALLER;
	return rc ? rc : post(d, &command);
}

static int open_all(struct driver *d)
{
	int rc = 0;

	for (uint32_t e = 0; rc == 0 && e < d->n; e++) {
		rc = post_open(d, e);
		if (rc == 0)
			rc = post_remote(d, e);
		if (rc == 0 && d->taped && e < d->only)
			rc = post_tap(d, e);
	}
	for (uint32_t e = 0; rc == 0 && e < d->n; e++) {
		struct jf_command command = command_for(d, JF_COMMAND_JOIN, e);

		command.join.source.index = jf_bench_plan_peer(e);
		command.join.source.generation = d->generation;
		rc = post(d, &command);
	}
	return rc == 0 ? await_answers(d) : rc;
}

static int close_all(struct driver *d)
{
	int rc = 0;

	for (uint32_t e = 0; rc == 0 && e < d->n; e++) {
		struct jf_command command = command_for(d, JF_COMMAND_CLOSE, e);

		rc = post(d, &command);
	}
	return rc == 0 ? await_answers(d) : rc;
}

/* The plan and the dataplane's shape must agree, or every port would be somebody else's. */
static int fits(const struct driver *d)
{
	const struct jf_contract_shape *shape = &d->contract.header->shape;

	if (d->n < 2 || (d->n & 1) || d->n > d->contract.n_endpoints ||
	    shape->endpoints_per_address != JF_BENCH_ENDPOINTS_PER_ADDRESS ||
	    shape->port_first != JF_BENCH_LOCAL_PORT)
		return -EINVAL;
	return 0;
}

static struct jf_worker_counters sum_counters(const struct jf_contract *contract)
{
	struct jf_worker_counters sum = {.tsc_hz = contract->workers[0].tsc_hz};

	for (uint32_t i = 0; i < contract->header->shape.n_workers; i++) {
		const struct jf_worker_counters *w = &contract->workers[i];

		sum.rx_packets += w->rx_packets;
		sum.tx_packets += w->tx_packets;
		sum.relayed_rtp += w->relayed_rtp;
		sum.to_kernel += w->to_kernel;
		sum.from_kernel += w->from_kernel;
		sum.taped += w->taped;
		sum.handed_over += w->handed_over;
		sum.polls += w->polls;
		sum.polls_empty += w->polls_empty;
		sum.busy_cycles += w->busy_cycles;
		sum.polls_late += w->polls_late;
		sum.late_cycles += w->late_cycles;
		if (w->late_cycles_max > sum.late_cycles_max)
			sum.late_cycles_max = w->late_cycles_max;
		sum.endpoints_open += w->endpoints_open;
		sum.invariants += w->invariants;
		for (int d = 0; d < JF_DROP_COUNT; d++)
			sum.drops[d] += w->drops[d];
	}
	return sum;
}

static void print_counters(const struct jf_contract *contract)
{
	const struct jf_worker_counters sum = sum_counters(contract), *w = &sum;

	printf("{\"rx_packets\": %lu, \"tx_packets\": %lu, \"relayed_rtp\": %lu, "
	       "\"to_kernel\": %lu, \"from_kernel\": %lu, \"polls\": %lu, \"polls_empty\": %lu, "
	       "\"busy_cycles\": %lu, \"tsc_hz\": %lu, \"endpoints_open\": %lu, "
	       "\"invariants\": %lu, \"taped\": %lu, \"handed_over\": %lu, \"drops\": {",
	       w->rx_packets, w->tx_packets, w->relayed_rtp, w->to_kernel, w->from_kernel, w->polls,
	       w->polls_empty, w->busy_cycles, w->tsc_hz, w->endpoints_open, w->invariants,
	       w->taped, w->handed_over);
	for (int i = 0, n = 0; i < JF_DROP_COUNT; i++)
		if (w->drops[i])
			printf("%s\"%s\": %lu", n++ ? ", " : "", jf_drop_name(i), w->drops[i]);
	printf("}, \"polls_late\": %lu, \"late_cycles\": %lu, \"late_cycles_max\": %lu, ",
	       w->polls_late, w->late_cycles, w->late_cycles_max);
	printf("\"recorder_ring_bytes\": %lu, \"recorder_lost\": %lu}\n",
	       atomic_load(&contract->header->recorder.ring_bytes),
	       atomic_load(&contract->header->recorder.lost_packets));
}

static int run(struct driver *d, const char *what, const char *number)
{
	int rc;

	if (strcmp(what, "counters") == 0) {
		print_counters(&d->contract);
		return 0;
	}
	d->n = number ? (uint32_t)strtoul(number, NULL, 10) : 0;
	rc = fits(d);
	if (rc == 0) {
		if (strcmp(what, "open") == 0)
			rc = open_all(d);
		else
			rc = strcmp(what, "close") == 0 ? close_all(d) : -EINVAL;
	}
	if (rc == 0)
		printf("{\"endpoints\": %u, \"commands\": %u}\n", d->n, d->answered);
	else if (d->refused)
		fprintf(stderr,
		        "jf-bench-ctl: %u of %u commands refused; first: %s of endpoint %u: %s\n",
		        d->refused, d->answered, jf_command_name(d->first_refusal.type),
		        d->first_refusal.endpoint.index, strerror(-d->first_refusal.result));
	else
		fprintf(stderr, "jf-bench-ctl: %s: %s (%u of %u commands answered)\n", what,
		        strerror(-rc), d->answered, d->posted);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"contract", required_argument, NULL, 'c'},
	                                        {"measured", no_argument, NULL, 'm'},
	                                        {"taped", no_argument, NULL, 't'},
	                                        {"only", required_argument, NULL, 'o'},
	                                        {"generation", required_argument, NULL, 'g'},
	                                        {"help", no_argument, NULL, 'h'},
	                                        {0}};
	static struct driver d = {.generation = 1, .only = UINT32_MAX};
	const char *path = NULL;
	int rc, option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'm':
			d.measured = true;
			break;
		case 't':
			d.taped = true;
			break;
		case 'o':
			d.only = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'g':
			d.generation = (uint32_t)strtoul(optarg, NULL, 10);
			break;
		case 'h':
			fputs(help, stdout);
			return EXIT_SUCCESS;
		default:
			fputs(help, stderr);
			return 2;
		}
	}
	if (!path || optind >= argc) {
		fputs(help, stderr);
		return 2;
	}
	rc = attach(path, &d.contract);
	if (rc != 0) {
		fprintf(stderr, "jf-bench-ctl: %s: %s\n", path, strerror(-rc));
		return EXIT_FAILURE;
	}
	d.deadline_ns = now_ns() + PATIENCE_NS;
	rc = run(&d, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL);
	return rc == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
