// SPDX-License-Identifier: BSD-3-Clause
#include "jf_trace_stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "jf_loop.h"
#include "jf_sip_peek.h"
#include "jf_time.h"
#include "jf_trace.h"

#define LOOKS_A_TURN    2000u
#define MESSAGES_A_TURN 50u
#define FOLLOW_MS       50u

struct session {
	struct jf_trace *trace;
	struct jf_stream *stream;
	struct jf_trace_reader reader;
	struct jf_loop_timer timer;
	bool past, bytes, begun;
};

/* --- a message as JSON --- */

/* Wall time of a monotonic one, as it is now: a label. */
static void utc_text(uint64_t at_ns, char *ret_text, size_t size)
{
	struct timespec now;
	struct tm tm;
	uint64_t utc_ns;
	time_t seconds;
	char date[32];

	clock_gettime(CLOCK_REALTIME, &now);
	utc_ns = (uint64_t)now.tv_sec * JF_NS_PER_S + (uint64_t)now.tv_nsec -
	         jf_time_since(at_ns, jf_loop_now_ns());
	seconds = (time_t)(utc_ns / JF_NS_PER_S);
	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%FT%T", &tm);
	snprintf(ret_text, size, "%s.%06uZ", date, (unsigned)(utc_ns % JF_NS_PER_S / JF_NS_PER_US));
}

static const char *address_text(const struct jf_trace_address *a, char *ret_text, size_t size)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(a->family == 6 ? AF_INET6 : AF_INET, a->ip, ip, sizeof(ip));
	snprintf(ret_text, size, a->family == 6 ? "[%s]:%u" : "%s:%u", ip, a->port);
	return ret_text;
}

static json_t *span_json(struct jf_sip_span span)
{
	return span.at ? jf_bus_text(span.at, span.length) : NULL;
}

static void set(json_t *json, const char *key, json_t *value)
{
	if (value)
		json_object_set_new(json, key, value);
}

static json_t *base64_json(const char *bytes, size_t length)
{
	static const char digits[] =
	        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *text = malloc((length + 2) / 3 * 4 + 1), *at = text;
	json_t *json;

	if (!text)
		return NULL;
	for (size_t i = 0; i < length; i += 3) {
		uint32_t word = (uint32_t)(uint8_t)bytes[i] << 16;

		if (i + 1 < length)
			word |= (uint32_t)(uint8_t)bytes[i + 1] << 8;
		if (i + 2 < length)
			word |= (uint8_t)bytes[i + 2];
		*at++ = digits[word >> 18];
		*at++ = digits[word >> 12 & 63];
		*at++ = i + 1 < length ? digits[word >> 6 & 63] : '=';
		*at++ = i + 2 < length ? digits[word & 63] : '=';
	}
	json = json_stringn(text, (size_t)(at - text));
	free(text);
	return json;
}

static json_t *message_json(const struct session *session, const struct jf_trace_found *found)
{
	static const char *const transports[] = {"udp", "tcp", "tls"};
	const struct jf_trace_message *message = &found->message;
	char utc[64], from[64], to[64], call[JF_CALL_ID_TEXT];
	struct jf_sip_peek peek;
	json_t *json;

	utc_text(message->at_ns, utc, sizeof(utc));
	json = json_pack("{s:I, s:s, s:f, s:b, s:s, s:s, s:s, s:b}", "number",
	                 (json_int_t)found->number, "at_utc", utc, "at_ms",
	                 (double)message->at_ns / (double)JF_NS_PER_MS, "sent", message->sent,
	                 "transport", message->transport < 3 ? transports[message->transport] : "?",
	                 "from", address_text(&message->from, from, sizeof(from)), "to",
	                 address_text(&message->to, to, sizeof(to)), "again", found->again);
	if (!json || jf_sip_peek(message->bytes, message->length, &peek))
		return json;
	set(json, "start", span_json(peek.start));
	if (peek.request)
		set(json, "method", span_json(peek.method));
	else
		set(json, "code", json_integer(peek.code));
	if (message->why)
		set(json, "why", json_string(jf_sip_why_word(message->why)));
	set(json, "cseq", span_json(peek.cseq));
	set(json, "from_user", span_json(jf_sip_span_user(peek.from)));
	set(json, "to_user", span_json(jf_sip_span_user(peek.to)));
	set(json, "sip_call_id", span_json(peek.call_id));
	if (found->has_call) {
		jf_call_id_text(&found->call, call);
		set(json, "call", json_string(call));
	}
	set(json, "text", jf_bus_text(message->bytes, message->length));
	if (session->bytes)
		set(json, "bytes", base64_json(message->bytes, message->length));
	return json;
}

/* --- the session --- */

static void send_line(struct session *session, const char *event, json_t *data)
{
	jf_stream_send(session->stream, json_pack("{s:s, s:o}", "event", event, "data", data));
}

static void begin(struct session *session)
{
	struct jf_trace_stats stats = jf_trace_stats_get(session->trace);
	char utc[64] = "";

	session->begun = true;
	if (stats.oldest_ns)
		utc_text(stats.oldest_ns, utc, sizeof(utc));
	send_line(session, "trace.begin",
	          json_pack("{s:I, s:I, s:I, s:s}", "messages", (json_int_t)stats.messages, "bytes",
	                    (json_int_t)stats.bytes, "room", (json_int_t)stats.room, "oldest_utc",
	                    utc));
}

static void turn(void *arg)
{
	struct session *session = arg;
	unsigned looks = LOOKS_A_TURN, messages = 0;
	enum jf_trace_read read = JF_TRACE_MORE;
	struct jf_trace_found found;

	if (!session->begun)
		begin(session);
	while (messages < MESSAGES_A_TURN && jf_stream_has_room(session->stream)) {
		read = jf_trace_next(session->trace, &session->reader, &looks, &found);
		if (read != JF_TRACE_MESSAGE)
			break;
		send_line(session, "trace.message", message_json(session, &found));
		messages++;
	}
	if (read == JF_TRACE_END && session->past) {
		send_line(session, "trace.end",
		          json_pack("{s:I}", "lost", (json_int_t)session->reader.lost));
		return;
	}
	jf_loop_timer_start(&session->timer, read == JF_TRACE_END ? FOLLOW_MS : 1, turn, session);
}

static int open_session(const struct jf_request *request, struct jf_stream *stream, void *arg,
                        void **ret_session, struct jf_protocol_error *ret_error)
{
	const char *what = jf_request_text(request, "what", NULL);
	struct session *session;

	if (what && strlen(what) >= JF_TRACE_WHAT_MAX) {
		ret_error->code = JF_PROTOCOL_BAD_ARGUMENT;
		snprintf(ret_error->message, sizeof(ret_error->message),
		         "no call, number or agent has a name of so many bytes");
		return -EINVAL;
	}
	session = calloc(1, sizeof(*session));
	if (!session) {
		snprintf(ret_error->message, sizeof(ret_error->message), "out of memory");
		return -ENOMEM;
	}
	session->trace = arg;
	session->stream = stream;
	session->past = jf_request_flag(request, "past");
	session->bytes = jf_request_flag(request, "bytes");
	/* Everything at once would be a flood: without a name it is what comes. */
	jf_trace_reader_init(session->trace, &session->reader, what, what || session->past);
	jf_loop_timer_start(&session->timer, 1, turn, session);
	*ret_session = session;
	return 0;
}

static void close_session(void *arg)
{
	struct session *session = arg;

	jf_loop_timer_cancel(&session->timer);
	free(session);
}

struct jf_stream_handler jf_trace_stream(struct jf_trace *trace)
{
	return (struct jf_stream_handler){
	        .command = "trace", .open = open_session, .close = close_session, .arg = trace};
}
