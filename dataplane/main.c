// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-dataplane: the only place where the process is wired.
 *
 * Main thread: start, the service rounds, stop. One worker for each core of the node file, a
 * recorder thread. Everything is made in the order in which it is needed, control sees the segment
 * last, and all of it goes in the reverse order.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jf_eal.h"
#include "jf_dtmf.h"
#include "jf_energy.h"
#include "jf_pcm.h"
#include "jf_log.h"
#include "jf_node.h"
#include "jf_port.h"
#include "jf_recorder.h"
#include "jf_segment.h"
#include "jf_service.h"
#include "jf_sound.h"
#include "jf_tap.h"
#include "jf_worker.h"
#include "jf_yaml.h"

#define EXIT_START 1 /* could not start; the reason is on stderr */
#define EXIT_USAGE 2
#define FILE_MAX   (1u << 20)

struct dataplane {
	struct jf_node node;
	struct jf_segment *segment;
	struct jf_sounds *sounds;
	struct jf_tap *taps[JF_NODE_WORKERS_MAX];
	struct jf_recorder *recorder;
	struct jf_ports *ports;
	struct jf_workers *workers;
	bool eal;
};

static volatile sig_atomic_t stop_signal;

static void on_signal(int number)
{
	stop_signal = number;
}

static void print_line(enum jf_log_level level, const char *line, void *arg)
{
	struct timespec now;
	struct tm tm;
	char when[32];

	(void)level;
	(void)arg;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(when, sizeof(when), "%FT%T", &tm);
	fprintf(stderr, "%s.%03ldZ jf-dataplane %s\n", when, now.tv_nsec / 1000000, line);
}

static void say(enum jf_log_level level, const char *what, int result)
{
	jf_log(JF_LOG_MAIN, level, NULL, "%s: %s", what, strerror(-result));
}

/* ---- Node file ---------------------------------------------------------------------------- */

static int read_file(const char *path, char **ret_text, size_t *ret_length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text = NULL;
	ssize_t got = 0;
	size_t length = 0;
	int result = -errno;

	if (fd < 0)
		return result;
	result = -EFBIG;
	if (fstat(fd, &st) || st.st_size > FILE_MAX)
		goto out;
	result = -ENOMEM;
	text = malloc(FILE_MAX + 1);
	if (!text)
		goto out;
	while (length <= FILE_MAX && (got = read(fd, text + length, FILE_MAX + 1 - length)) > 0)
		length += (size_t)got;
	result = got < 0 ? -errno : length > FILE_MAX ? -EFBIG : 0;
out:
	close(fd);
	if (result) {
		free(text);
		return result;
	}
	*ret_text = text;
	*ret_length = length;
	return 0;
}

static int load_node(const char *path, struct jf_node *ret_node)
{
	struct jf_yaml_error error = {0};
	char *text = NULL;
	size_t length = 0;
	int result = read_file(path, &text, &length);

	if (result) {
		fprintf(stderr, "jf-dataplane: %s: %s\n", path, strerror(-result));
		return result;
	}
	result = jf_node_parse(path, text, length, ret_node, &error);
	if (result)
		fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column,
		        error.message);
	free(text);
	return result;
}

/* ---- Start and stop ----------------------------------------------------------------------- */

/* What the workers will allocate. */
static uint64_t workers_bytes(const struct dataplane *d, const struct jf_contract_shape *shape)
{
	const struct jf_node_dataplane *dataplane = &d->node.dataplane;
	uint64_t endpoints = (uint64_t)shape->n_addresses * shape->endpoints_per_address;

	return endpoints * jf_workers_endpoint_bytes() +
	       dataplane->n_workers *
	               jf_workers_pool_bytes(dataplane->mix_inputs, dataplane->transcoders);
}

/* On hugepages if they can be had: workers write to it with each packet. */
static int start_segment(struct dataplane *d, const struct jf_contract_shape *shape)
{
	char name[JF_EAL_PREFIX_SIZE], folder[JF_NODE_PATH_SIZE];
	struct jf_segment_place place = {.name = name};
	uint64_t size;
	int result = jf_contract_size(shape, &size);

	jf_eal_file_prefix(d->node.run_dir, name);
	if (result == 0 &&
	    jf_eal_huge_dir(&d->node, workers_bytes(d, shape), size, folder, sizeof(folder)) == 0)
		place.folder = folder;
	if (result == 0)
		result = jf_segment_create(d->node.run_dir, shape, &place, &d->segment);
	if (result == -EBUSY)
		jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL,
		       "another jf-dataplane is running with run_dir %s", d->node.run_dir);
	else if (result == -ENOSPC)
		jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL,
		       "no room in %s for the contract; fewer endpoints_per_address or "
		       "track_frames, or a larger tmpfs",
		       d->node.run_dir);
	else if (result)
		say(JF_LOG_ERROR, d->node.run_dir, result);
	else
		jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "the contract: %" PRIu64 " MB of %s",
		       size >> 20, place.folder ? "hugepages" : "ordinary pages");
	return result;
}

static int start_memory(struct dataplane *d, const char *program)
{
	struct jf_contract_shape shape = jf_segment_shape(&d->node);
	struct jf_eal_memory memory;
	char error[512];
	int result = start_segment(d, &shape);

	if (result)
		return result;
	result = jf_eal_start(program, &d->node, workers_bytes(d, &shape), &memory, error,
	                      sizeof(error));
	if (result) {
		jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL, "%s", error);
		return result;
	}
	d->eal = true;
	jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "packet memory: %s",
	       memory.hugepages ? "hugepages" : "ordinary pages, no hugepages");
	return 0;
}

static uint64_t record_buffer_bytes(const struct jf_node_dataplane *dataplane)
{
	const uint64_t mb = 1u << 20, most = JF_NODE_RECORD_BUFFER_MB * mb;
	uint64_t wanted = jf_recorder_buffer_bytes(dataplane->recordings_max);

	if (dataplane->record_buffer_mb)
		return dataplane->record_buffer_mb * mb;
	return wanted < most ? wanted : most;
}

static int start_recorder(struct dataplane *d)
{
	struct jf_contract *contract = jf_segment_contract(d->segment);
	const struct jf_node_dataplane *dataplane = &d->node.dataplane;
	const struct jf_recorder_config config = {
	        .dir = d->node.recordings_dir,
	        .slots = contract->recordings,
	        .n_recordings = dataplane->recordings_max,
	        .n_taps = dataplane->n_workers,
	        .taps = d->taps,
	        .buffer_bytes = record_buffer_bytes(dataplane),
	};
	int result = jf_sounds_create(&d->sounds);

	for (uint32_t w = 0; result == 0 && w < dataplane->n_workers; w++)
		result = jf_tap_create(dataplane->recordings_max,
		                       jf_tap_ring_bytes(dataplane->recordings_max), &d->taps[w]);
	if (result) {
		say(JF_LOG_ERROR, "sounds and taps", result);
		return result;
	}
	result = jf_recorder_create(&config, &d->recorder);
	if (result)
		say(JF_LOG_ERROR, d->node.recordings_dir, result);
	return result;
}

static int start_workers(struct dataplane *d)
{
	struct jf_contract *contract = jf_segment_contract(d->segment);
	const struct jf_ports_config ports = {.node = &d->node,
	                                      .n_endpoints = contract->n_endpoints};
	struct jf_workers_config workers = {
	        .contract = contract,
	        .sounds = d->sounds,
	        .taps = d->taps,
	        .mix_inputs = d->node.dataplane.mix_inputs,
	        .transcoders = d->node.dataplane.transcoders,
	        .idle_sleeps = d->node.dataplane.idle == JF_NODE_IDLE_SLEEP,
	        .srtp_backend = d->node.dataplane.srtp_backend,
	};
	struct jf_ports_error error;
	int result = jf_ports_create(&ports, &d->ports, &error);

	if (result) {
		jf_log(JF_LOG_PORT, JF_LOG_ERROR, NULL, "%s", error.text);
		return result;
	}
	if (getrandom(&workers.seed, sizeof(workers.seed), 0) != sizeof(workers.seed))
		return -EIO;
	workers.ports = d->ports;
	result = jf_workers_create(&workers, &d->workers);
	if (result) {
		say(JF_LOG_ERROR, "memory for endpoints", result);
		return result;
	}
	result = jf_workers_start(d->workers);
	if (result)
		say(JF_LOG_ERROR, "worker cores", result);
	return result;
}

static int start(struct dataplane *d, const char *program)
{
	int result = start_memory(d, program);

	if (result == 0)
		result = start_recorder(d);
	if (result == 0)
		result = start_workers(d);
	if (result)
		return result;
	result = jf_segment_publish(d->segment);
	if (result)
		say(JF_LOG_ERROR, "publishing the contract", result);
	return result;
}

static void stop(struct dataplane *d)
{
	if (d->workers)
		jf_workers_stop(d->workers);
	if (d->recorder)
		jf_recorder_destroy(d->recorder);
	jf_workers_destroy(d->workers);
	if (d->ports)
		jf_ports_destroy(d->ports);
	for (uint32_t w = 0; w < JF_NODE_WORKERS_MAX; w++)
		if (d->taps[w])
			jf_tap_destroy(d->taps[w]);
	if (d->sounds)
		jf_sounds_destroy(d->sounds);
	jf_segment_destroy(d->segment);
	if (d->eal)
		jf_eal_stop();
}

static void serve(struct dataplane *d)
{
	struct jf_service service = {
	        .contract = jf_segment_contract(d->segment),
	        .ports = d->ports,
	        .sounds = d->sounds,
	        .recorder = d->recorder,
	};

	jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "%s: %u workers, %" PRIu32 " endpoints, ready",
	       d->node.name, d->node.dataplane.n_workers, service.contract->n_endpoints);
	while (!stop_signal)
		jf_service_round(&service);
	jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "stopping on %s", strsignal(stop_signal));
}

/* ---- Command line ------------------------------------------------------------------------- */

static void usage(FILE *out)
{
	fputs("usage: jf-dataplane --config FILE\n"
	      "Moves, plays, measures and records the media of calls, as jf-control asks.\n\n"
	      "  -c, --config FILE  the node file (tools/demo/node.yaml explains every key)\n"
	      "      --check        read the node file, say what is wrong with it, and end\n"
	      "  -h, --help         this text\n"
	      "  -V, --version\n\n"
	      "Ends on SIGTERM or SIGINT. Exit codes: 0 stopped, 1 could not start, 2 usage.\n",
	      out);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
	        {"config", required_argument, NULL, 'c'},
	        {"check", no_argument, NULL, 'k'},
	        {"help", no_argument, NULL, 'h'},
	        {"version", no_argument, NULL, 'V'},
	        {0},
	};
	static struct dataplane d;
	struct sigaction action = {.sa_handler = on_signal};
	const char *config = NULL;
	bool check = false;
	int option, result;

	while ((option = getopt_long(argc, argv, "c:hV", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			config = optarg;
			break;
		case 'k':
			check = true;
			break;
		case 'h':
			usage(stdout);
			return 0;
		case 'V':
			puts("jf-dataplane " JF_VERSION);
			return 0;
		default:
			usage(stderr);
			return EXIT_USAGE;
		}
	}
	if (!config || optind != argc) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (load_node(config, &d.node))
		return EXIT_START;
	if (check)
		return 0;
	jf_log_init(print_line, NULL, d.node.log_level);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	jf_energy_init();
	jf_pcm_init();
	jf_dtmf_init();
	result = start(&d, argv[0]);
	if (result == 0)
		serve(&d);
	stop(&d);
	return result ? EXIT_START : 0;
}
