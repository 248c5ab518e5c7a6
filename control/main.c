// SPDX-License-Identifier: BSD-3-Clause
/*
 * jf-control: the only place where the process is wired.
 *
 * One loop thread for everything, beside it the store's writer. What is made first is needed by
 * what follows; it goes in the reverse order. Ending the process ends no call: media goes on in the
 * dataplane, the rest stands in the store, and the next start takes it up.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jf_analytics.h"
#include "jf_kpis.h"
#include "jf_retention.h"
#include "jf_apply.h"
#include "jf_bus.h"
#include "jf_call_wire.h"
#include "jf_command_socket.h"
#include "jf_commands.h"
#include "jf_http.h"
#include "jf_json.h"
#include "jf_log.h"
#include "jf_loop.h"
#include "jf_media.h"
#include "jf_overload_json.h"
#include "jf_node.h"
#include "jf_sip.h"
#include "jf_sip_admit.h"
#include "jf_store.h"
#include "jf_time.h"
#include "jf_trace.h"
#include "jf_trace_stream.h"
#include "jf_trace_tap.h"
#include "jf_yaml.h"

#define EXIT_START     1 /* could not start; the reason is on stderr */
#define EXIT_USAGE     2
#define FILE_MAX       (1u << 20)
#define PATH_SIZE      256u
#define ADDRESS_S      30 /* for the dataplane to bring up the address that we listen on */
#define DATAPLANE_MS   2000
#define MEDIA_SHARE_NS (2 * JF_NS_PER_MS) /* of a turn */
#define FILES_MAX      65536u             /* what the loop can watch */

struct control {
	struct jf_node node;
	struct jf_store *store;
	struct jf_bus *bus;
	struct jf_media *media;
	struct jf_analytics *analytics;
	struct jf_kpis *kpis;
	struct jf_retention *retention;
	struct jf_sip *sip;
	struct jf_http *http;
	struct jf_calls *calls;
	struct jf_apply *apply;
	struct jf_commands *commands;
	struct jf_command_socket *socket;
	struct jf_trace *trace;
	struct jf_stream_handler streams[1];
	struct jf_loop_timer media_timer, analytics_timer;
	bool loop;
	int signal_fd;
	char ringback[PATH_SIZE], beep[PATH_SIZE];
};

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
	fprintf(stderr, "%s.%03ldZ jf-control %s\n", when, now.tv_nsec / 1000000, line);
}

static int fail(const char *what, int result)
{
	jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL, "%s: %s", what, strerror(-result));
	return result;
}

static void pause_ms(unsigned int ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* ---- Node file ----------------------------------------------------------------------------- */

static int read_file(const char *path, char **ret_text, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	char *text;
	int err = 0;

	if (!file)
		return -errno;
	text = malloc(FILE_MAX + 1);
	if (!text) {
		fclose(file);
		return -ENOMEM;
	}
	*ret_length = fread(text, 1, FILE_MAX + 1, file);
	if (ferror(file))
		err = -EIO;
	else if (*ret_length > FILE_MAX)
		err = -EFBIG;
	fclose(file);
	if (err)
		free(text);
	else
		*ret_text = text;
	return err;
}

static int load_node(const char *path, struct jf_node *ret_node)
{
	struct jf_yaml_error error = {0};
	char *text = NULL;
	size_t length = 0;
	int err = read_file(path, &text, &length);

	if (err) {
		fprintf(stderr, "jf-control: %s: %s\n", path, strerror(-err));
		return err;
	}
	err = jf_node_parse(path, text, length, ret_node, &error);
	if (err)
		fprintf(stderr, "%s:%u:%u: %s\n", error.file, error.line, error.column,
		        error.message);
	free(text);
	return err;
}

/* ---- Turning ------------------------------------------------------------------------------- */

static void on_media(const struct jf_media_event *event, void *arg)
{
	struct control *c = arg;

	if (event->type == JF_MEDIA_LOAD && c->sip)
		jf_sip_limit_set(c->sip, JF_SIP_WHY_MEDIA, event->load.shed == JF_MEDIA_SHED_CALLS);
	if (c->calls)
		jf_calls_media_handler(event, c->calls);
}

static void on_load(const struct jf_sip_load *load, void *arg)
{
	struct control *c = arg;

	(void)jf_bus_publish(c->bus, "sip.overload", jf_overload_json(load));
}

static void poll_media(void *arg)
{
	struct control *c = arg;
	uint32_t max = c->node.sip.calls_max, next_ms;
	uint64_t began_ns = jf_loop_now_ns();

	jf_loop_part(JF_LOOP_MEDIA);
	jf_sip_limit_set(c->sip, JF_SIP_WHY_CALLS, max && jf_calls_count(c->calls) >= max);
	do
		next_ms = jf_media_poll(c->media, jf_loop_now_ns());
	while (!next_ms && jf_time_since(began_ns, jf_loop_now_ns()) < MEDIA_SHARE_NS);
	jf_loop_timer_start(&c->media_timer, next_ms, poll_media, c);
}

static void poll_analytics(void *arg)
{
	struct control *c = arg;

	jf_analytics_poll(c->analytics, jf_loop_now_ns());
	jf_loop_timer_start(&c->analytics_timer, JF_ANALYTICS_POLL_MS, poll_analytics, c);
}

static void on_store(unsigned int events, void *arg)
{
	struct control *c = arg;

	(void)events;
	jf_loop_part(JF_LOOP_STORED);
	jf_store_deliver(c->store);
}

static void on_signal(unsigned int events, void *arg)
{
	struct control *c = arg;
	struct signalfd_siginfo info;

	(void)events;
	if (read(c->signal_fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		if (c->sip)
			(void)jf_sip_tls_reload(c->sip);
		return;
	}
	jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "stopping on %s; calls go on",
	       strsignal((int)info.ssi_signo));
	jf_loop_stop();
}

/* ---- Start --------------------------------------------------------------------------------- */

/* Connections are bounded by the node file, not by what a shell happens to allow. */
static void raise_files_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return;
	files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Before any thread is: all of them leave the signals to the loop. */
static int start_loop(struct control *c)
{
	sigset_t signals;
	int err;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	raise_files_limit();
	signal(SIGPIPE, SIG_IGN);
	c->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
	if (c->signal_fd < 0)
		return fail("signals", -errno);
	err = jf_loop_init(0);
	if (err)
		return fail("event loop", err);
	c->loop = true;
	err = jf_loop_fd_watch(c->signal_fd, JF_LOOP_READ, on_signal, c);
	return err ? fail("signals", err) : 0;
}

static int start_store(struct control *c)
{
	char path[PATH_SIZE];
	struct jf_store_options options = {.directory = path};
	int err;

	snprintf(path, sizeof(path), "%s/lmdb", c->node.state_dir);
	if (mkdir(c->node.state_dir, 0755) && errno != EEXIST)
		return fail(c->node.state_dir, -errno);
	err = jf_store_open(&options, &c->store);
	if (err == -EBUSY)
		jf_log(JF_LOG_MAIN, JF_LOG_ERROR, NULL,
		       "another jf-control is running with state_dir %s", c->node.state_dir);
	if (err)
		return fail(path, err);
	err = jf_loop_fd_watch(jf_store_fd(c->store), JF_LOOP_READ, on_store, c);
	return err ? fail("store", err) : 0;
}

static int start_media(struct control *c)
{
	char path[PATH_SIZE];
	struct jf_media_options options = {.segment = path, .handler = on_media, .arg = c};
	struct timespec utc;
	int err;

	clock_gettime(CLOCK_REALTIME, &utc);
	options.utc_ns = (uint64_t)utc.tv_sec * JF_NS_PER_S + (uint64_t)utc.tv_nsec;
	snprintf(path, sizeof(path), "%s/contract", c->node.run_dir);
	if (mkdir(c->node.run_dir, 0755) && errno != EEXIST)
		return fail(c->node.run_dir, -errno);
	snprintf(c->ringback, sizeof(c->ringback), "%s/ringback.wav", c->node.run_dir);
	err = jf_ringback_write(c->ringback);
	if (err)
		return fail(c->ringback, err);
	snprintf(c->beep, sizeof(c->beep), "%s/beep.wav", c->node.run_dir);
	err = jf_beep_write(c->beep);
	if (err)
		return fail(c->beep, err);
	err = jf_media_create(&options, jf_loop_now_ns(), &c->media);
	if (!err)
		err = jf_analytics_create(c->media, &c->analytics);
	if (err)
		return fail("media", err);
	/* Calls in progress can only be found again in a dataplane that is there. */
	for (int ms = 0; !jf_media_is_up(c->media) && ms < DATAPLANE_MS; ms += 50) {
		pause_ms(50);
		jf_media_poll(c->media, jf_loop_now_ns());
	}
	if (!jf_media_is_up(c->media))
		jf_log(JF_LOG_MAIN, JF_LOG_WARNING, NULL,
		       "no dataplane yet: calls are refused until it is there");
	return 0;
}

static int start_trace(struct control *c)
{
	int err;

	if (!c->node.sip.trace_mb)
		return 0;
	err = jf_trace_create((size_t)c->node.sip.trace_mb << 20, &c->trace);
	if (err)
		return fail("trace", err);
	jf_trace_tap(c->trace, c->sip);
	return 0;
}

/* The address may be on the dataplane's exception interface, which is made when that starts. */
static int start_sip(struct control *c)
{
	const struct jf_node_sip *sip = &c->node.sip;
	char addresses[JF_NODE_SIP_ADDRESSES_MAX][JF_IP_TEXT], dns[JF_NODE_DNS_MAX][JF_IP_TEXT];
	struct jf_sip_config config = {
	        .udp_port = sip->udp_port,
	        .tcp_port = sip->tcp_port,
	        .tls_port = sip->tls_port,
	        .tls_certificate = sip->tls_certificate,
	        .tls_key = sip->tls_key,
	        .tls_ca = sip->tls_ca,
	        .tls_client = (enum jf_sip_tls_client)sip->tls_client,
	        .connections_max = sip->connections_max,
	        .connections_per_source = sip->connections_per_source,
	        .source_rate = sip->source_rate,
	        .memory_max_mb = sip->memory_max_mb,
	        .session_s = sip->session_expires_s,
	        .session_min_s = sip->min_se_s,
	        .keepalive = (enum jf_sip_keepalive_whom)sip->keepalive,
	        .keepalive_s = sip->keepalive_s,
	        .keepalive_rate = sip->keepalive_rate,
	        .realm = sip->realm,
	        .user_agent = sip->user_agent,
	        .handler = &jf_calls_sip_handler,
	};
	int err = -EADDRNOTAVAIL;

	for (uint32_t i = 0; i < sip->n_addresses; i++)
		config.addresses[i] = jf_ip_text(&sip->addresses[i], addresses[i]);
	for (uint32_t i = 0; i < sip->n_dns; i++)
		config.dns[i] = jf_ip_text(&sip->dns[i], dns[i]);
	for (int tries = 0; err == -EADDRNOTAVAIL && tries < ADDRESS_S * 10; tries++) {
		err = jf_sip_create(&config, &c->sip);
		if (err == -EADDRNOTAVAIL && tries == 0)
			jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "waiting for address %s",
			       config.addresses[0]);
		if (err == -EADDRNOTAVAIL)
			pause_ms(100);
	}
	if (!err)
		jf_sip_load_watch(c->sip, on_load, c);
	return err ? fail("SIP", err) : start_trace(c);
}

static int load_directory(struct control *c, struct jf_directory **ret_directory)
{
	struct jf_directory_errors errors = {.count = 0};
	int err = jf_apply_load(c->store, c->node.sip.realm, ret_directory, &errors);

	if (err == -ENOENT) {
		jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "no directory yet: use jf apply");
		return 0;
	}
	for (size_t i = 0; err && i < errors.count; i++)
		jf_log(JF_LOG_CONFIG, JF_LOG_ERROR, NULL, "%s:%u:%u: %s", errors.list[i].file,
		       errors.list[i].line, errors.list[i].column, errors.list[i].message);
	return err ? fail("directory in the store", err) : 0;
}

static int start_calls(struct control *c)
{
	struct jf_directory *directory = NULL;
	struct jf_calls_config config = {
	        .node = c->node.name,
	        .ringback = c->ringback,
	        .beep = c->beep,
	        .recordings = c->node.recordings_dir,
	        .srtp_over_plain = c->node.sip.srtp_over_plain,
	        .digest_sha256 = c->node.sip.digest_sha256,
	        .sip = c->sip,
	        .media = c->media,
	        .analytics = c->analytics,
	        .store = c->store,
	        .bus = c->bus,
	        .http = c->http,
	        .kpis = c->kpis,
	};
	struct jf_apply_config apply = {.store = c->store, .realm = c->node.sip.realm};
	int err = load_directory(c, &directory);

	if (err)
		return err;
	config.directory = apply.directory = directory;
	err = jf_calls_create(&config, &c->calls);
	if (err) {
		jf_directory_destroy(directory);
		return fail("calls", err);
	}
	apply.calls = c->calls;
	err = jf_apply_create(&apply, &c->apply);
	if (err) {
		jf_directory_destroy(directory);
		return fail("directory", err);
	}
	jf_sip_arg_set(c->sip, c->calls);
	err = jf_calls_start(c->calls);
	return err ? fail("calls in progress", err) : 0;
}

static int start_commands(struct control *c)
{
	struct jf_commands_config commands = {
	        .calls = c->calls,
	        .sip = c->sip,
	        .media = c->media,
	        .store = c->store,
	        .bus = c->bus,
	        .kpis = c->kpis,
	        .apply = c->apply,
	        .recordings_dir = c->node.recordings_dir,
	};
	struct jf_command_socket_config socket = {
	        .bus = c->bus,
	        .run_dir = c->node.run_dir,
	        .handler = jf_commands_run,
	        .streams = c->streams,
	        .n_streams = c->trace ? 1 : 0,
	};
	int err = jf_commands_create(&commands, &c->commands);

	if (c->trace)
		c->streams[0] = jf_trace_stream(c->trace);

	if (!err) {
		socket.arg = c->commands;
		err = jf_command_socket_create(&socket, &c->socket);
	}
	return err ? fail("command socket", err) : 0;
}

static int start(struct control *c)
{
	int err = start_loop(c);

	if (!err)
		err = start_store(c);
	if (!err)
		err = jf_bus_create(&c->bus);
	if (!err)
		err = jf_http_create(&c->http);
	if (!err)
		err = jf_kpis_create(c->store, c->bus, &c->kpis);
	if (!err)
		err = jf_retention_create(
		        c->store,
		        &(struct jf_retention_days){.kpi = c->node.keep.kpi_days,
		                                    .records = c->node.keep.record_days},
		        &c->retention);
	if (!err)
		err = start_media(c);
	if (!err)
		err = start_sip(c);
	if (!err)
		err = start_calls(c);
	if (!err)
		err = start_commands(c);
	if (err)
		return err;
	poll_media(c);
	poll_analytics(c);
	jf_log(JF_LOG_MAIN, JF_LOG_NOTICE, NULL, "%s: ready", c->node.name);
	return 0;
}

static uint64_t wall_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * JF_NS_PER_S + (uint64_t)t.tv_nsec;
}

static void stop(struct control *c)
{
	jf_command_socket_destroy(c->socket);
	jf_commands_destroy(c->commands);
	jf_loop_timer_cancel(&c->media_timer);
	jf_loop_timer_cancel(&c->analytics_timer);
	if (c->calls)
		jf_calls_stop(c->calls);
	jf_http_destroy(c->http);
	jf_retention_destroy(c->retention);
	if (c->kpis)
		jf_kpis_stop(c->kpis, wall_ns());
	if (c->sip) {
		jf_trace_tap(NULL, c->sip);
		jf_sip_destroy(c->sip);
	}
	if (c->store)
		jf_loop_fd_unwatch(jf_store_fd(c->store));
	jf_trace_destroy(c->trace);
	jf_store_close(c->store); /* reports what is durable now: the calls are still there */
	jf_calls_destroy(c->calls);
	jf_apply_destroy(c->apply);
	jf_kpis_destroy(c->kpis);
	jf_analytics_destroy(c->analytics);
	jf_media_destroy(c->media);
	jf_bus_destroy(c->bus);
	if (c->signal_fd >= 0) {
		if (c->loop)
			jf_loop_fd_unwatch(c->signal_fd);
		close(c->signal_fd);
	}
	if (c->loop)
		jf_loop_close();
}

/* ---- Command line -------------------------------------------------------------------------- */

static void usage(FILE *out)
{
	fputs("usage: jf-control --config FILE\n"
	      "Takes calls, queues them, rings agents; answers jf.\n\n"
	      "  -c, --config FILE  the node file (tools/demo/node.yaml explains every key)\n"
	      "      --check        read the node file, say what is wrong with it, and end\n"
	      "  -h, --help         this text\n"
	      "  -V, --version\n\n"
	      "Ends on SIGTERM or SIGINT; calls in progress go on, and are taken up by the next\n"
	      "start. Reads the certificate of TLS again on SIGHUP. Exit codes: 0 stopped, 1 could "
	      "not start, 2 usage.\n",
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
	static struct control c = {.signal_fd = -1};
	const char *config = NULL;
	bool check = false;
	int option, err;

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
			puts("jf-control " JF_VERSION);
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
	if (load_node(config, &c.node))
		return EXIT_START;
	if (check)
		return 0;
	jf_json_pool_use();
	jf_log_init(print_line, NULL, c.node.log_level);
	err = start(&c);
	if (!err) {
		err = jf_loop_run();
		if (err)
			fail("event loop", err);
	}
	stop(&c);
	return err ? EXIT_START : 0;
}
