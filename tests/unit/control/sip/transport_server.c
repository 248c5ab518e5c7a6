// SPDX-License-Identifier: BSD-3-Clause
/*
 * The SIP stack alone, for test_transports.py: addresses and ports as arguments, orders on stdin,
 * what comes of them on stdout, one line each.
 *
 * usage: transport-server KEY=VALUE...
 *   address=A (repeated)  port=N  tls_port=N  certificate=F  key=F  ca=F client=off|request|require
 *   dns=A:P (repeated)  max=N  per_source=N  trusted=A
 * orders: resolve URI | options URI BYTES | stats | reload | certificate
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jf_log.h"
#include "jf_loop.h"
#include "jf_sip_priv.h"
#include "jf_sip_resolve.h"
#include "stand_in.h"

static struct jf_sip *sip;
static char trusted[64];

static bool source_allowed(const struct jf_sip_peer *source, uint64_t *ret_trunk, void *arg)
{
	char text[JF_SIP_PEER_TEXT];

	(void)arg;
	*ret_trunk = 1;
	return trusted[0] && strstr(jf_sip_peer_text(source, text), trusted);
}

/* --- orders --- */

static void on_resolved(int err, const struct jf_sip_peer *peers, unsigned count, void *arg)
{
	char text[JF_SIP_PEER_TEXT];

	(void)arg;
	printf("resolved %s", err ? strerror(-err) : "");
	for (unsigned i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", jf_sip_peer_text(&peers[i], text));
	printf("\n");
}

static void resolve(const char *uri)
{
	static struct jf_sip_query *query;

	if (jf_sip_resolve(sip, uri, on_resolved, NULL, &query))
		printf("resolved no URI\n");
}

static void on_answer(int err, const struct sip_msg *msg, void *arg)
{
	(void)arg;
	if (msg)
		printf("answered %u over %s\n", msg->scode, sip_transp_name(msg->tp));
	else
		printf("unanswered %s\n", strerror(err));
}

static void on_resolved_options(int err, const struct jf_sip_peer *peers, unsigned count, void *arg)
{
	static struct sip_request *request;
	static char pad[8192];
	size_t bytes = (size_t)(uintptr_t)arg;
	struct mbuf *mb = mbuf_alloc(2048);
	char contact[JF_SIP_CONTACT_MAX];

	if (err || !count) {
		printf("unanswered %s\n", strerror(-err));
		mem_deref(mb);
		return;
	}
	memset(pad, 'x', sizeof(pad) - 1);
	(void)mbuf_printf(mb,
	                  "Max-Forwards: 70\r\nFrom: <sip:us@test>;tag=1\r\nTo: <sip:x@test>\r\n"
	                  "Call-ID: %016llx\r\nCSeq: 1 OPTIONS\r\nContact: <%s>\r\n"
	                  "X-Pad: %b\r\nContent-Length: 0\r\n\r\n",
	                  rand_u64(), jf_sip_contact(sip, &peers[0], contact, sizeof(contact)), pad,
	                  bytes);
	mb->pos = 0;
	err = jf_sip_send(
	        sip,
	        &(struct jf_sip_sending){
	                .hop = peers[0], .method = "OPTIONS", .uri = "sip:x@test", .mb = mb},
	        &request, on_answer, NULL);
	if (err)
		printf("unanswered %s\n", strerror(-err));
	mem_deref(mb);
}

static void options(char *order)
{
	static struct jf_sip_query *query;
	char *uri = strtok(order, " "), *bytes = strtok(NULL, " ");

	if (jf_sip_resolve(sip, uri, on_resolved_options,
	                   (void *)(uintptr_t)strtoul(bytes ? bytes : "0", NULL, 10), &query))
		printf("unanswered no URI\n");
}

static void stats(void)
{
	struct jf_sip_transport_stats s = jf_sip_transport_stats_get(sip);

	printf("stats tcp=%u tls=%u strangers=%u accepted=%" PRIu64 " opened=%" PRIu64
	       " unreachable=%" PRIu64 " refused=%" PRIu64 " evicted=%" PRIu64 " idle=%" PRIu64
	       " slow=%" PRIu64 " garbage=%" PRIu64 " too_long=%" PRIu64 " tls_failed=%" PRIu64
	       " tls_1_2=%" PRIu64 " tls_1_3=%" PRIu64 " moved=%" PRIu64 " back=%" PRIu64 "\n",
	       s.tcp, s.tls, s.strangers, s.accepted, s.opened, s.unreachable, s.refused, s.evicted,
	       s.idle, s.slow, s.garbage, s.too_long, s.tls_failed, s.tls_1_2, s.tls_1_3,
	       s.moved_to_tcp, s.moved_back);
}

static void certificate(void)
{
	struct jf_sip_tls_status tls;

	jf_sip_tls_status_get(sip, &tls);
	printf("certificate %s %s\n", tls.subject, tls.failed ? tls.error : "good");
}

static void obey(char *order)
{
	char *what = strtok(order, " "), *rest = strtok(NULL, "");

	if (!what)
		return;
	if (strcmp(what, "resolve") == 0 && rest)
		resolve(rest);
	else if (strcmp(what, "options") == 0 && rest)
		options(rest);
	else if (strcmp(what, "stats") == 0)
		stats();
	else if (strcmp(what, "reload") == 0)
		printf("reload %s\n", strerror(-jf_sip_tls_reload(sip)));
	else if (strcmp(what, "certificate") == 0)
		certificate();
}

static void on_stdin(unsigned events, void *arg)
{
	static char text[4096];
	static size_t length;
	ssize_t n = read(STDIN_FILENO, text + length, sizeof(text) - 1 - length);
	char *line = text, *end;

	(void)events;
	(void)arg;
	if (n <= 0) {
		jf_loop_stop();
		return;
	}
	length += (size_t)n;
	text[length] = '\0';
	while ((end = strchr(line, '\n'))) {
		*end = '\0';
		obey(line);
		line = end + 1;
	}
	length = strlen(line);
	memmove(text, line, length + 1);
}

/* --- start --- */

static void take(struct jf_sip_config *config, char *argument)
{
	char *value = strchr(argument, '=');
	unsigned n = 0;

	if (!value)
		exit(2);
	*value++ = '\0';
	if (strcmp(argument, "address") == 0) {
		while (config->addresses[n])
			n++;
		config->addresses[n] = value;
	} else if (strcmp(argument, "dns") == 0) {
		while (config->dns[n])
			n++;
		config->dns[n] = value;
	} else if (strcmp(argument, "port") == 0) {
		config->udp_port = config->tcp_port = (uint16_t)atoi(value);
	} else if (strcmp(argument, "tls_port") == 0) {
		config->tls_port = (uint16_t)atoi(value);
	} else if (strcmp(argument, "certificate") == 0) {
		config->tls_certificate = value;
	} else if (strcmp(argument, "key") == 0) {
		config->tls_key = value;
	} else if (strcmp(argument, "ca") == 0) {
		config->tls_ca = value;
	} else if (strcmp(argument, "client") == 0) {
		config->tls_client = strcmp(value, "require") == 0   ? JF_SIP_TLS_CLIENT_REQUIRE
		                     : strcmp(value, "request") == 0 ? JF_SIP_TLS_CLIENT_REQUEST
		                                                     : JF_SIP_TLS_CLIENT_OFF;
	} else if (strcmp(argument, "max") == 0) {
		config->connections_max = (uint32_t)atoi(value);
	} else if (strcmp(argument, "per_source") == 0) {
		config->connections_per_source = (uint32_t)atoi(value);
	} else if (strcmp(argument, "trusted") == 0) {
		snprintf(trusted, sizeof(trusted), "%s", value);
	} else {
		exit(2);
	}
}

static void log_line(enum jf_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)arg;
	printf("log %s\n", line);
}

int main(int argc, char **argv)
{
	const struct jf_sip_handler handler = stand_in_completes((struct jf_sip_handler){
	        .source_allowed = source_allowed, .leg_incoming = stand_in_leg_refused});
	struct jf_sip_config config = {.realm = "test", .handler = &handler};
	int err;

	for (int i = 1; i < argc; i++)
		take(&config, argv[i]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	jf_log_init(log_line, NULL, JF_LOG_NOTICE);
	err = jf_loop_init(0);
	if (!err)
		err = jf_sip_create(&config, &sip);
	if (!err)
		err = jf_loop_fd_watch(STDIN_FILENO, JF_LOOP_READ, on_stdin, NULL);
	if (err) {
		printf("cannot start: %s\n", strerror(-err));
		return 1;
	}
	printf("ready\n");
	(void)jf_loop_run();
	jf_sip_destroy(sip);
	jf_loop_close();
	return 0;
}
