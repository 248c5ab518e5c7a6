// SPDX-License-Identifier: BSD-3-Clause
/* streams, stream: the legs' media, from the slots of the dataplane. */
#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jf_commands_priv.h"
#include "jf_loop.h"
#include "jf_media.h"
#include "jf_stream_json.h"
#include "jf_time.h"

#define STREAMS_PAGE_MAX 100u
#define STREAMS_OF_CALL  8u /* shown at once */

static void address_text(const struct jf_media_address *address, char *ret_text, size_t size)
{
	char ip[INET6_ADDRSTRLEN] = "?";

	inet_ntop(address->family == 6 ? AF_INET6 : AF_INET, address->ip, ip, sizeof(ip));
	if (address->port == 0)
		snprintf(ret_text, size, "-");
	else
		snprintf(ret_text, size, address->family == 6 ? "[%s]:%u" : "%s:%u", ip,
		         address->port);
}

static const char *side_name(enum jf_media_side side)
{
	return side == JF_MEDIA_CALLER ? "caller" : "agent";
}

static void set_ago(json_t *json, const char *key, uint64_t at_ns, uint64_t now_ns)
{
	if (at_ns)
		json_object_set_new(
		        json, key,
		        json_integer((json_int_t)(jf_time_since(at_ns, now_ns) / JF_NS_PER_MS)));
}

/* The figures, and before them which leg they are of. */
static json_t *stream_row(const struct jf_media_stream *stream, uint64_t now_ns)
{
	char call[JF_CALL_ID_TEXT], local[64], remote[64];
	json_t *figures = jf_stream_json(stream), *row;
	json_int_t dropped = 0;

	jf_call_id_text(&stream->call, call);
	address_text(&stream->local, local, sizeof(local));
	address_text(&stream->remote, remote, sizeof(remote));
	for (unsigned d = 0; d < JF_MEDIA_DROPS; d++)
		dropped += stream->drops[d];
	row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:I}", "call", call, "side",
	                side_name(stream->side), "local", local, "remote", remote, "hears",
	                stream->hears, "worker", (int)stream->worker, "local_port",
	                (int)stream->local.port, "dropped", dropped);
	if (row && stream->level != 255)
		json_object_set_new(row, "level_dbov", json_integer(-(int)stream->level));
	if (row && stream->learns) {
		address_text(&stream->signalled, remote, sizeof(remote));
		json_object_set_new(row, "signalled", json_string(remote));
		json_object_set_new(row, "latch",
		                    json_string(stream->learned ? "locked" : "waiting"));
	}
	set_ago(row, "quiet_ms", stream->last_ns, now_ns);
	set_ago(row, "rtcp_quiet_ms", stream->rtcp_last_ns, now_ns);
	json_object_update(row, figures);
	json_decref(figures);
	return row;
}

void jf_commands_streams(struct jf_commands *commands, const struct jf_request *request,
                         struct jf_reply *reply)
{
	uint32_t cursor = (uint32_t)strtoul(jf_request_text(request, "cursor", "0"), NULL, 10);
	unsigned limit = jf_request_limit(request);
	struct jf_media_stream *streams;
	uint64_t now_ns = jf_loop_now_ns();
	json_t *rows = json_array();
	char next[24];
	size_t n;

	if (limit > STREAMS_PAGE_MAX)
		limit = STREAMS_PAGE_MAX;
	streams = calloc(limit, sizeof(*streams));
	if (!streams || !rows) {
		free(streams);
		json_decref(rows);
		jf_reply_error(reply, JF_PROTOCOL_INTERNAL, "out of memory");
		return;
	}
	n = jf_media_streams(commands->config.media, &cursor, streams, limit);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(rows, stream_row(&streams[i], now_ns));
	free(streams);
	snprintf(next, sizeof(next), "%" PRIu32, cursor);
	jf_reply_data(reply, jf_commands_page(rows, n == limit ? next : NULL));
}

/* ---- One stream -------------------------------------------------------------------------------
 */

struct wanted {
	const char *id;   /* the beginning of a call's id, upper case, or a local address */
	const char *side; /* NULL: either */
	bool by_address;
};

static bool is_wanted(const struct wanted *wanted, const struct jf_media *media,
                      struct jf_media_ref ref, const struct jf_call_id *call)
{
	struct jf_media_address local;
	char text[64];

	if (!wanted->by_address) {
		jf_call_id_text(call, text);
		return strncmp(text, wanted->id, strlen(wanted->id)) == 0;
	}
	if (jf_media_local(media, ref, &local))
		return false;
	address_text(&local, text, sizeof(text));
	return strcmp(text, wanted->id) == 0;
}

/* How many fit; the first of them, as many as there is room for. */
static unsigned find_streams(const struct jf_media *media, const struct wanted *wanted,
                             struct jf_media_stream ret_streams[STREAMS_OF_CALL])
{
	struct jf_media_stream stream;
	struct jf_media_ref ref;
	struct jf_call_id call;
	uint32_t cursor = 0;
	unsigned count = 0;

	while (jf_media_next(media, &cursor, &ref, &call)) {
		if (!is_wanted(wanted, media, ref, &call) || jf_media_stream(media, ref, &stream))
			continue;
		if (wanted->side && strcmp(wanted->side, side_name(stream.side)) != 0)
			continue;
		if (count < STREAMS_OF_CALL)
			ret_streams[count] = stream;
		count++;
	}
	return count;
}

/* All streams of a call by their sides; a second one of a side has its address behind it. */
static json_t *by_side(const struct jf_media_stream *streams, unsigned count)
{
	json_t *all = json_object();

	for (unsigned i = 0; i < count && i < STREAMS_OF_CALL; i++) {
		const char *side = side_name(streams[i].side);
		char local[64], key[80];

		address_text(&streams[i].local, local, sizeof(local));
		snprintf(key, sizeof(key), "%s %s", side, local);
		json_object_set_new(all, json_object_get(all, side) ? key : side,
		                    stream_row(&streams[i], jf_loop_now_ns()));
	}
	return all;
}

static bool of_one_call(const struct jf_media_stream *streams, unsigned count)
{
	for (unsigned i = 1; i < count && i < STREAMS_OF_CALL; i++)
		if (!jf_call_id_equal(&streams[i].call, &streams[0].call))
			return false;
	return true;
}

void jf_commands_stream(struct jf_commands *commands, const struct jf_request *request,
                        struct jf_reply *reply)
{
	const char *id = jf_request_text(request, "id", "");
	struct wanted wanted = {.side = jf_request_text(request, "side", NULL),
	                        .by_address = strchr(id, ':') != NULL};
	struct jf_media_stream streams[STREAMS_OF_CALL];
	char upper[256];
	unsigned count;

	snprintf(upper, sizeof(upper), "%s", id);
	for (char *c = upper; *c && !wanted.by_address; c++)
		*c = (char)toupper((unsigned char)*c);
	wanted.id = upper;
	count = find_streams(commands->config.media, &wanted, streams);
	if (count == 0)
		jf_reply_error(reply, JF_PROTOCOL_NOT_FOUND, "there is no stream %s%s%s", id,
		               wanted.side ? " " : "", wanted.side ? wanted.side : "");
	else if (!of_one_call(streams, count))
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS, "%s fits several calls", id);
	else if (!wanted.side && !wanted.by_address)
		jf_reply_data(reply, by_side(streams, count));
	else if (count > 1)
		jf_reply_error(reply, JF_PROTOCOL_AMBIGUOUS,
		               "%s fits %u streams: say which by its local address", id, count);
	else
		jf_reply_data(reply, stream_row(&streams[0], jf_loop_now_ns()));
}
