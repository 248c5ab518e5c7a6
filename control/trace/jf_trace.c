// SPDX-License-Identifier: BSD-3-Clause
#include "jf_trace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "jf_sip_peek.h"
#include "jf_siphash.h"
#include "jf_trace_priv.h"

static const uint64_t no_secret[2] = {UINT64_C(0x6a66747261636531), UINT64_C(0x6b65797365656473)};

uint64_t jf_trace_key(const char *text, size_t length)
{
	return jf_siphash(no_secret, text, length);
}

int jf_trace_create(size_t bytes, struct jf_trace **ret_trace)
{
	struct jf_trace *trace;

	if (bytes < JF_TRACE_BYTES_MIN)
		return -EINVAL;
	trace = calloc(1, sizeof(*trace));
	if (!trace)
		return -ENOMEM;
	trace->size = bytes & ~(size_t)(JF_TRACE_ALIGN - 1);
	/* Pages are taken when they are first written: an idle engine keeps its memory. */
	trace->ring = malloc(trace->size);
	trace->binds = calloc(JF_TRACE_BINDS, sizeof(*trace->binds));
	if (!trace->ring || !trace->binds) {
		jf_trace_destroy(trace);
		return -ENOMEM;
	}
	*ret_trace = trace;
	return 0;
}

void jf_trace_destroy(struct jf_trace *trace)
{
	if (!trace)
		return;
	free(trace->ring);
	free(trace->binds);
	free(trace);
}

/* --- blotting out --- */

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       c == '+' || c == '/' || c == '=';
}

/* Each run of key text after "inline:", in whatever line it is. */
static void blot_keys(char *at, char *end)
{
	static const char mark[] = "inline:";
	const size_t length = sizeof(mark) - 1;
	const char *begin = at;

	while ((at = memchr(at, ':', (size_t)(end - at))) != NULL) {
		at++;
		if ((size_t)(at - begin) < length || strncasecmp(at - length, mark, length) != 0)
			continue;
		for (; at < end && is_base64(*at); at++)
			*at = 'x';
	}
}

/* The digit of INFO (application/dtmf-relay, or the digit alone) may be one of a card's number. */
static void blot_digit(char *at, char *end)
{
	static const char name[] = "signal";

	if (end - at <= 3 && at < end)
		*at = 'x';
	while (at < end) {
		char *next = memchr(at, '\n', (size_t)(end - at));

		next = next ? next + 1 : end;
		if ((size_t)(next - at) > sizeof(name) - 1 &&
		    strncasecmp(at, name, sizeof(name) - 1) == 0)
			for (at += sizeof(name) - 1; at < next; at++)
				if (*at > ' ' && *at != '=')
					*at = 'x';
		at = next;
	}
}

static void blot_out(char *bytes, size_t length, const struct jf_sip_peek *peek)
{
	size_t body = (size_t)(peek->body.at - peek->start.at);

	if (!peek->body.length)
		return;
	blot_keys(bytes + body, bytes + length);
	if (peek->request && jf_sip_span_is(peek->method, "INFO"))
		blot_digit(bytes + body, bytes + length);
}

/* --- writing --- */

static size_t record_size(size_t length)
{
	size_t size = sizeof(struct jf_trace_record) + length;

	return (size + JF_TRACE_ALIGN - 1) & ~(size_t)(JF_TRACE_ALIGN - 1);
}

struct jf_trace_record *jf_trace_record_at(const struct jf_trace *trace, uint64_t place)
{
	return (struct jf_trace_record *)(void *)(trace->ring + place % trace->size);
}

static void make_room(struct jf_trace *trace, size_t size)
{
	while (trace->head + size - trace->tail > trace->size) {
		const struct jf_trace_record *oldest = jf_trace_record_at(trace, trace->tail);

		trace->tail += oldest->size;
		if (oldest->length)
			trace->messages--;
	}
}

void jf_trace_put(struct jf_trace *trace, const struct jf_trace_message *message)
{
	size_t size = record_size(message->length);
	size_t to_end = trace->size - (size_t)(trace->head % trace->size);
	struct jf_trace_record *record;
	struct jf_sip_peek peek;

	if (size > trace->size / 16 || jf_sip_peek(message->bytes, message->length, &peek))
		return;
	if (to_end < size) { /* what is left before the end stays empty */
		make_room(trace, to_end);
		record = jf_trace_record_at(trace, trace->head);
		record->size = (uint32_t)to_end;
		record->length = 0;
		trace->head += to_end;
	}
	make_room(trace, size);
	record = jf_trace_record_at(trace, trace->head);
	*record = (struct jf_trace_record){
	        .size = (uint32_t)size,
	        .length = (uint32_t)message->length,
	        .at_ns = message->at_ns,
	        .key = jf_trace_key(peek.call_id.at, peek.call_id.at ? peek.call_id.length : 0),
	        .from = message->from,
	        .to = message->to,
	        .sent = message->sent,
	        .transport = message->transport,
	        .why = (uint8_t)message->why,
	        .begins = peek.request && !peek.to_tag.at && peek.kind != JF_SIP_METHOD_ACK &&
	                  peek.kind != JF_SIP_METHOD_CANCEL,
	};
	memcpy(record->bytes, message->bytes, message->length);
	blot_out(record->bytes, message->length, &peek);
	trace->head += size;
	trace->messages++;
	trace->put++;
}

void jf_trace_bind(struct jf_trace *trace, const char *sip_call_id, const struct jf_call_id *call)
{
	struct jf_trace_bind *bind = &trace->binds[trace->n_binds++ % JF_TRACE_BINDS];

	bind->key = jf_trace_key(sip_call_id, strlen(sip_call_id));
	bind->call = *call;
}

struct jf_trace_stats jf_trace_stats_get(const struct jf_trace *trace)
{
	struct jf_trace_stats stats = {
	        .messages = trace->messages,
	        .bytes = trace->head - trace->tail,
	        .room = trace->size,
	        .put = trace->put,
	};

	for (uint64_t at = trace->tail; at < trace->head && !stats.oldest_ns;) {
		const struct jf_trace_record *record = jf_trace_record_at(trace, at);

		if (record->length)
			stats.oldest_ns = record->at_ns;
		at += record->size;
	}
	return stats;
}
