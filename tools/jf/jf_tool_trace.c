// SPDX-License-Identifier: BSD-3-Clause
#include "jf_tool_trace.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "jf_tool_ladder.h"
#include "jf_tool_pcap.h"
#include "jf_tool_text.h"

static volatile sig_atomic_t ended;

static void on_end(int signal)
{
	ended = signal;
}

struct trace {
	const struct jf_tool_line *line;
	struct jf_tool_ladder ladder;
	struct jf_tool_pcap *pcap;
	unsigned long messages;
	unsigned long left_out; /* of the file: they came by TLS */
	char call[32];          /* the first message's */
	bool failed;
};

static void take_message(struct trace *trace, const json_t *data, const char *text)
{
	const struct jf_tool_line *line = trace->line;
	const char *call = json_string_value(json_object_get(data, "call"));
	const char *transport = json_string_value(json_object_get(data, "transport"));
	int err;

	trace->messages++;
	if (call && !trace->call[0])
		snprintf(trace->call, sizeof(trace->call), "%s", call);
	if (trace->pcap) {
		if (!line->decrypted && transport && strcmp(transport, "tls") == 0)
			trace->left_out++;
		else if ((err = jf_tool_pcap_message(trace->pcap, data)) != 0 && err != -EBADMSG)
			trace->failed = true;
	} else if (line->json) {
		jf_tool_json(stdout, text);
	} else {
		jf_tool_ladder_message(&trace->ladder, data);
	}
	fflush(stdout);
}

static void take_begin(const struct trace *trace, const json_t *data)
{
	char utc[64];

	if (trace->line->json || trace->pcap ||
	    !json_integer_value(json_object_get(data, "messages")))
		return;
	printf("%lld messages are kept, since %s\n",
	       (long long)json_integer_value(json_object_get(data, "messages")),
	       jf_tool_text(json_string_value(json_object_get(data, "oldest_utc")), utc,
	                    sizeof(utc)));
	fflush(stdout);
}

/* False: the end of what there is. */
static bool take_line(struct trace *trace, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);
	const char *name = json_string_value(json_object_get(event, "event"));
	const json_t *data = json_object_get(event, "data");
	bool more = true;

	if (name && strcmp(name, "trace.message") == 0)
		take_message(trace, data, text);
	else if (name && strcmp(name, "trace.begin") == 0)
		take_begin(trace, data);
	else if (name && strcmp(name, "trace.end") == 0)
		more = false;
	json_decref(event);
	return more && (!trace->line->count || trace->messages < trace->line->count);
}

/* One line a side: how it sounded. */
static void print_quality(struct jf_tool_client *client, const char *call)
{
	static const char *const sides[] = {"caller", "agent"};
	json_t *data = NULL;

	if (jf_tool_client_ask(client, "call", json_pack("{s:s}", "id", call), &data) != JF_TOOL_OK)
		return;
	for (size_t s = 0; s < sizeof(sides) / sizeof(*sides); s++) {
		const json_t *stream = json_object_get(json_object_get(data, "streams"), sides[s]);

		if (json_is_object(stream))
			printf("%s media: MOS %.1f, %lld packets, %lld lost, jitter %.1f ms\n",
			       sides[s], json_number_value(json_object_get(stream, "mos")),
			       (long long)json_integer_value(json_object_get(stream, "packets")),
			       (long long)json_integer_value(json_object_get(stream, "lost")),
			       json_number_value(json_object_get(stream, "jitter_ms")));
	}
	json_decref(data);
}

/* A second connection: the first one carries the stream. */
static void show_quality(const struct trace *trace)
{
	struct jf_tool_client *client;

	if (!trace->call[0] || trace->line->json || trace->pcap)
		return;
	if (jf_tool_client_open(trace->line->socket_path, &client) != JF_TOOL_OK)
		return;
	print_quality(client, trace->call);
	jf_tool_client_close(client);
}

static enum jf_tool_exit follow(struct jf_tool_client *client, struct trace *trace)
{
	struct sigaction ours = {.sa_handler = on_end}, interrupt, alarmed;
	const char *text = NULL;
	bool more = true;

	ended = 0;
	sigaction(SIGINT, &ours, &interrupt); /* without SA_RESTART: ends the wait for a line */
	sigaction(SIGALRM, &ours, &alarmed);
	alarm((unsigned)trace->line->seconds);
	while (more && !ended && !trace->failed && !ferror(stdout) &&
	       (text = jf_tool_client_next_line(client)) != NULL)
		more = take_line(trace, text);
	alarm(0);
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGALRM, &alarmed, NULL);
	if (text || ended || trace->failed || ferror(stdout))
		return trace->failed ? JF_TOOL_FAILED : JF_TOOL_OK;
	fprintf(stderr, "jf: the engine has gone\n");
	return JF_TOOL_UNREACHABLE;
}

static enum jf_tool_exit open_file(struct trace *trace)
{
	const char *path = trace->line->pcap;
	FILE *file;

	if (trace->line->decrypted && !path) {
		fprintf(stderr, "jf: --decrypted goes with --pcap\n");
		return JF_TOOL_USAGE;
	}
	if (!path)
		return JF_TOOL_OK;
	file = fopen(path, "we");
	if (file && jf_tool_pcap_open(file, &trace->pcap) == 0)
		return JF_TOOL_OK;
	if (file)
		fclose(file);
	fprintf(stderr, "jf: %s: %s\n", path, strerror(errno));
	return JF_TOOL_FAILED;
}

static enum jf_tool_exit close_file(struct trace *trace, enum jf_tool_exit result)
{
	if (!trace->pcap)
		return result;
	if (jf_tool_pcap_close(trace->pcap) || trace->failed) {
		fprintf(stderr, "jf: %s could not be written\n", trace->line->pcap);
		return JF_TOOL_FAILED;
	}
	fprintf(stderr, "%lu messages in %s", trace->messages - trace->left_out, trace->line->pcap);
	fprintf(stderr, trace->left_out ? "; %lu came by TLS: --decrypted includes them\n" : "\n",
	        trace->left_out);
	return result;
}

enum jf_tool_exit jf_tool_trace(struct jf_tool_client *client, struct jf_tool_line *line)
{
	struct trace trace = {.line = line, .ladder = {.out = stdout, .sdp = line->sdp}};
	json_t *args = json_copy(line->args), *data;
	enum jf_tool_exit result = open_file(&trace);

	trace.ladder.calls = !json_object_get(args, "what");
	if (line->pcap)
		json_object_set_new(args, "bytes", json_true());
	if (result != JF_TOOL_OK) {
		json_decref(args);
		return result;
	}
	result = jf_tool_client_ask(client, "trace", args, &data);
	if (result == JF_TOOL_OK) {
		json_decref(data);
		result = follow(client, &trace);
	}
	if (result == JF_TOOL_OK && !trace.ladder.calls)
		show_quality(&trace);
	return close_file(&trace, result);
}
